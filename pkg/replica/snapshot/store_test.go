package snapshot_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/snapshot"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

var group = replica.Name{Library: "group:4711", View: "notes,files"}

// transport carries requests to a fake in this process without a connection, so
// that a test can run in a bubble of synctest. fault, if it returns an error or
// a response, takes the place of the fake.
type transport struct {
	fake *buckettest.Fake

	mu    sync.Mutex
	fault func(r *http.Request) (*http.Response, error)
	seen  []string // method and last part of the path of each request
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.seen = append(t.seen, r.Method+" "+r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:])
	fault := t.fault
	t.mu.Unlock()
	if fault != nil {
		if res, err := fault(r); res != nil || err != nil {
			return res, err
		}
	}
	return t.serve(r), nil
}

func (t *transport) serve(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	t.fake.ServeHTTP(w, r)
	return w.Result()
}

// set changes the fault.
func (t *transport) set(fault func(*http.Request) (*http.Response, error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault, t.seen = fault, nil
}

func (t *transport) requests() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.seen)
}

// process is a store with a bucket of its own, as a process has it.
type process struct {
	*snapshot.Store
	*transport
	log *bytes.Buffer
}

// start returns a process over a fake. Its pieces are small and it does not
// repeat requests.
func start(t testing.TB, f *buckettest.Fake, change ...func(*snapshot.Options)) *process {
	t.Helper()
	p := &process{transport: &transport{fake: f}, log: &bytes.Buffer{}}
	b, err := bucket.Open(t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: "http://storage.test", Transport: p.transport, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	o := snapshot.Options{Bucket: b, PieceBytes: 1 << 10, Logger: slog.New(slog.NewTextHandler(p.log, nil))}
	for _, c := range change {
		c(&o)
	}
	p.Store = snapshot.New(o)
	return p
}

func sealedBy(t testing.TB, masters ...byte) func(*snapshot.Options) {
	t.Helper()
	var secrets [][]byte
	for _, m := range masters {
		secrets = append(secrets, bytes.Repeat([]byte{m}, seal.MasterSize))
	}
	ring, err := seal.New(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *snapshot.Options) { o.Sealer = ring.Sealer("snapshot") }
}

func work(n int) *library.Item {
	return &library.Item{
		ID: library.ItemID{Key: fmt.Sprintf("WORK%04d", n+2222)}, Type: "book", Version: int64(n + 1),
		Fields: map[string]string{"title": fmt.Sprintf("Harvest number %d", n)},
	}
}

// replicaOf makes the shelf of a library with n works in a folder.
func replicaOf(t testing.TB, dir string, id library.ID, n int) *shelf.Shelf {
	t.Helper()
	err := shelf.Rebuild(t.Context(), dir, func(b *shelf.Rebuilding) (int64, error) {
		for i := range n {
			if err := b.Put(work(i)); err != nil {
				return 0, err
			}
		}
		return int64(n), nil
	}, shelf.WithLibrary(id))
	if err != nil {
		t.Fatal(err)
	}
	return open(t, dir, id)
}

func open(t testing.TB, dir string, id library.ID) *shelf.Shelf {
	t.Helper()
	s, err := shelf.Open(t.Context(), dir, shelf.WithLibrary(id))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// add puts work n into a shelf.
func add(t testing.TB, s *shelf.Shelf, n int) {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := tx.Put(work(n)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), int64(n+1)); err != nil {
		t.Fatal(err)
	}
}

// works returns the keys of the works of a shelf.
func works(t testing.TB, s *shelf.Shelf) []string {
	t.Helper()
	page, err := s.Search(t.Context(), library.Query{Text: "harvest", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, hit := range page.Items {
		keys = append(keys, hit.Item.ID.Key)
	}
	slices.Sort(keys)
	return keys
}

// lease takes the lease, which must be free.
func lease(t testing.TB, p *process, name replica.Name) (release func()) {
	t.Helper()
	release, held, err := p.Lease(t.Context(), name)
	if err != nil || !held {
		t.Fatalf("lease: %v, %v", held, err)
	}
	return release
}

// save saves a shelf under a lease of its own.
func save(t testing.TB, p *process, name replica.Name, s *shelf.Shelf) {
	t.Helper()
	defer lease(t, p, name)()
	if err := p.Save(t.Context(), name, s); err != nil {
		t.Fatal(err)
	}
}

// restored returns the works of the snapshot, and whether there is one.
func restored(t testing.TB, p *process, name replica.Name) ([]string, bool) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shelf")
	found, err := p.Restore(t.Context(), name, dir)
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		if shelf.Exists(dir) {
			t.Error("a shelf without a snapshot")
		}
		return nil, false
	}
	return works(t, open(t, dir, name.Library)), true
}

// objects returns the names of the objects of a fake.
func objects(f *buckettest.Fake) []string { return slices.Sorted(maps.Keys(f.Objects())) }

func TestRestore_GivesWhatWasSaved(t *testing.T) {
	for what, options := range map[string]func(*snapshot.Options){"sealed": sealedBy(t, 1), "plain": func(*snapshot.Options) {}} {
		t.Run(what, func(t *testing.T) {
			f := buckettest.NewFake()
			p := start(t, f, options)
			if _, found := restored(t, p, group); found {
				t.Error("a snapshot of an empty bucket")
			}
			s := replicaOf(t, t.TempDir(), group.Library, 40)
			save(t, p, group, s)
			for n := 40; n < 44; n++ {
				add(t, s, n)
				save(t, p, group, s)
				got, found := restored(t, start(t, f, options), group)
				if want := works(t, s); !found || !slices.Equal(got, want) || len(got) != n+1 {
					t.Fatalf("%d works, want %d", len(got), len(want))
				}
			}
			if strings.Contains(p.log.String(), "group:") || strings.Contains(p.log.String(), "Harvest") {
				t.Errorf("the log names what it is about:\n%s", p.log)
			}
			for name, o := range f.Objects() {
				if strings.Contains(name, "4711") || strings.Contains(name, "notes") {
					t.Errorf("the object's name %q tells the library", name)
				}
				if sealed := what == "sealed"; sealed && bytes.Contains(o.Data, []byte("4711")) {
					t.Errorf("object %q is not sealed", name)
				}
			}
		})
	}
}

func TestSave_WritesTheBaseOnce(t *testing.T) {
	f := buckettest.NewFake()
	p := start(t, f)
	s := replicaOf(t, t.TempDir(), group.Library, 40)
	save(t, p, group, s)
	before := objects(f)
	release := lease(t, p, group)
	defer release()
	p.set(nil)
	if err := p.Save(t.Context(), group, s); err != nil {
		t.Error(err)
	}
	if r := p.requests(); len(r) != 0 {
		t.Errorf("a shelf that was saved already costs %q", r)
	}
	for n := 40; n < 60; n++ {
		add(t, s, n)
		p.set(nil)
		if err := p.Save(t.Context(), group, s); err != nil {
			t.Fatal(err)
		}
		puts := 0
		for _, r := range p.requests() {
			if strings.HasPrefix(r, http.MethodPost) {
				puts++
			}
		}
		if puts > 6 { // head, and the log's last pieces, which are small
			t.Errorf("%d writes for one work", puts)
		}
	}
	after := objects(f)
	kept := 0
	for _, name := range before {
		if slices.Contains(after, name) {
			kept++
		}
	}
	if kept < len(before)-1 { // all but the first piece of the log
		t.Errorf("%d of %d objects were kept", kept, len(before))
	}
	if more := len(after) - len(before); more > 12 {
		t.Errorf("twenty savings leave %d more objects", more)
	}
}

func TestSave_NeedsTheLease(t *testing.T) {
	f := buckettest.NewFake()
	p := start(t, f)
	s := replicaOf(t, t.TempDir(), group.Library, 3)
	if err := p.Save(t.Context(), group, s); library.CodeOf(err) != library.Conflict {
		t.Errorf("before: %v", err)
	}
	release := lease(t, p, group)
	other := group
	other.View = ""
	if err := p.Save(t.Context(), other, s); library.CodeOf(err) != library.Conflict {
		t.Errorf("of another view: %v", err)
	}
	release()
	release()
	if err := p.Save(t.Context(), group, s); library.CodeOf(err) != library.Conflict {
		t.Errorf("after: %v", err)
	}
	if names := objects(f); len(names) != 0 {
		t.Errorf("objects are left: %q", names)
	}
}

func TestSave_RefusesWhatIsTooLarge(t *testing.T) {
	p := start(t, buckettest.NewFake(), func(o *snapshot.Options) { o.MaxBytes = 1000 })
	s := replicaOf(t, t.TempDir(), group.Library, 40)
	defer lease(t, p, group)()
	if err := p.Save(t.Context(), group, s); library.CodeOf(err) != library.TooLarge {
		t.Error(err)
	}
	if err := p.Save(t.Context(), group, replicaOf(t, t.TempDir(), group.Library, 0)); err != nil {
		t.Errorf("a smaller one: %v", err)
	}
}

// TestSave_OfAnotherLog tests two processes with the same base: each has a log
// of its own, and no snapshot mixes them.
func TestSave_OfAnotherLog(t *testing.T) {
	f := buckettest.NewFake()
	a, b := start(t, f), start(t, f)
	first := replicaOf(t, t.TempDir(), group.Library, 40)
	save(t, a, group, first)
	dir := t.TempDir()
	if found, err := b.Restore(t.Context(), group, dir); err != nil || !found {
		t.Fatalf("%v, %v", found, err)
	}
	second := open(t, dir, group.Library)
	add(t, first, 41)
	save(t, a, group, first)
	add(t, second, 42)
	add(t, second, 43)
	save(t, b, group, second)
	got, _ := restored(t, start(t, f), group)
	if want := works(t, second); !slices.Equal(got, want) || slices.Contains(got, work(41).ID.Key) {
		t.Errorf("works %q", got[38:])
	}
}

func TestSave_ReplacesABase(t *testing.T) {
	f := buckettest.NewFake()
	p := start(t, f)
	dir := t.TempDir()
	counts := []int{}
	for n := range 4 {
		s := replicaOf(t, dir, group.Library, 40+n)
		save(t, p, group, s)
		if got, _ := restored(t, p, group); len(got) != 40+n {
			t.Errorf("%d works, want %d", len(got), 40+n)
		}
		counts = append(counts, len(objects(f)))
	}
	if one := counts[0]; counts[1] < 2*one-3 || counts[3] > counts[1]+3 {
		t.Errorf("objects after each base: %d: one former snapshot is kept, and no more", counts)
	}
}

// TestSave_UploadsWhatIsGone tests a bucket that lost an object that the head
// names.
func TestSave_UploadsWhatIsGone(t *testing.T) {
	f := buckettest.NewFake()
	p := start(t, f)
	s := replicaOf(t, t.TempDir(), group.Library, 40)
	save(t, p, group, s)
	b := plainBucket(t, f)
	for name, o := range f.Objects() {
		if !strings.HasSuffix(name, "/head") {
			if err := b.Delete(t.Context(), name, o.Generation); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if _, found := restored(t, p, group); found {
		t.Error("a snapshot with a piece missing")
	}
	add(t, s, 40)
	save(t, p, group, s)
	if got, _ := restored(t, p, group); len(got) != 41 {
		t.Errorf("%d works", len(got))
	}
}

func plainBucket(t *testing.T, f *buckettest.Fake) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: "http://storage.test", Transport: &transport{fake: f}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDelete(t *testing.T) {
	f := buckettest.NewFake()
	f.PageSize = 3
	p := start(t, f)
	s := replicaOf(t, t.TempDir(), group.Library, 40)
	other := replica.Name{Library: "group:4712", View: group.View}
	save(t, p, other, replicaOf(t, t.TempDir(), other.Library, 4))
	kept := objects(f)
	save(t, p, group, s)
	release := lease(t, p, group)
	defer release()
	if err := start(t, f).Delete(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	if after := objects(f); !slices.Equal(kept, after) {
		t.Errorf("objects %q, want %q", after, kept)
	}
	add(t, s, 40)
	if err := p.Save(t.Context(), group, s); library.CodeOf(err) != library.Conflict {
		t.Errorf("a saving under way: %v", err)
	}
	if _, found := restored(t, p, group); found {
		t.Error("a snapshot after delete")
	}
}
