package snapshot_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/snapshot"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

var errKilled = errors.New("killed")

// maxRequests bounds the requests of one call in these tests.
const maxRequests = 60

// hasty lets a store's clock go on by an hour each time that it is read, so that
// its second look at a lease finds it unchanged for an hour.
func hasty() func(*snapshot.Options) {
	var hours atomic.Int64
	return func(o *snapshot.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(hours.Add(1)) * time.Hour) }
	}
}

// takeOver takes the lease of a process that does not renew it.
func takeOver(t testing.TB, p *process, name replica.Name) (release func()) {
	t.Helper()
	for range 3 {
		release, held, err := p.Lease(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if held {
			return release
		}
	}
	t.Fatal("the lease is not taken over")
	return nil
}

// afterwards counts requests and fails those from number n on. The last one
// before may reach the bucket and have its response lost.
func afterwards(p *process, n int64, lost bool) func(*http.Request) (*http.Response, error) {
	var count atomic.Int64
	return func(r *http.Request) (*http.Response, error) {
		switch c := count.Add(1); {
		case c < n:
			return nil, nil
		case c == n && lost:
			p.serve(r)
		}
		return nil, errKilled
	}
}

// TestSave_KilledAtEachStep kills a process at each request of a saving, be it
// before or after the bucket has served it: the next one finds the former
// snapshot or the new one.
func TestSave_KilledAtEachStep(t *testing.T) {
	former := replicaOf(t, t.TempDir(), group.Library, 30)
	same := t.TempDir()
	f := buckettest.NewFake()
	p := start(t, f)
	save(t, p, group, former)
	if found, err := p.Restore(t.Context(), group, same); err != nil || !found {
		t.Fatalf("%v, %v", found, err)
	}
	longer := open(t, same, group.Library)
	add(t, longer, 30)
	for what, changed := range map[string]*shelf.Shelf{"a longer log": longer, "a new base": replicaOf(t, t.TempDir(), group.Library, 31)} {
		t.Run(what, func(t *testing.T) {
			for n := int64(1); n < maxRequests; n++ {
				if !killAt(t, former, changed, n, false) || !killAt(t, former, changed, n, true) {
					return
				}
			}
			t.Error("a saving without end")
		})
	}
}

// killAt kills a saving at request n, and reports whether there was one.
func killAt(t *testing.T, former, changed *shelf.Shelf, n int64, lost bool) bool {
	f := buckettest.NewFake()
	save(t, start(t, f), group, former)
	killed := start(t, f)
	killed.set(afterwards(killed, n, lost))
	release, held, err := killed.Lease(t.Context(), group)
	if held {
		err = killed.Save(t.Context(), group, changed)
		release()
	}
	got, found := restored(t, start(t, f), group)
	if !found || len(got) != 30 && len(got) != 31 || held && err == nil && len(got) != 31 {
		t.Errorf("killed at request %d: %v, %d works, %v", n, found, len(got), err)
	}
	next := start(t, f, hasty())
	release = takeOver(t, next, group)
	defer release()
	if err := next.Save(t.Context(), group, changed); err != nil {
		t.Errorf("saved after request %d: %v", n, err)
	}
	return int64(len(killed.requests())) >= n
}

// TestFaults_EachCallOnce fails each request of a whole round once. The round
// ends with an error or without; the next round succeeds.
func TestFaults_EachCallOnce(t *testing.T) {
	for n := int64(1); n < maxRequests; n++ {
		f := buckettest.NewFake()
		p := start(t, f, hasty())
		s := replicaOf(t, t.TempDir(), group.Library, 20)
		save(t, p, group, s)
		add(t, s, 20)
		var count atomic.Int64
		p.set(func(r *http.Request) (*http.Response, error) {
			if count.Add(1) == n {
				return answer(http.StatusServiceUnavailable), nil
			}
			return nil, nil
		})
		round := func() error {
			release, held, err := p.Lease(t.Context(), group)
			if err != nil || !held {
				return err
			}
			err = p.Save(t.Context(), group, s)
			release()
			_, restoring := p.Restore(t.Context(), group, filepath.Join(t.TempDir(), "shelf"))
			return errors.Join(err, restoring)
		}
		if err := round(); err != nil && library.CodeOf(err) != library.Unavailable {
			t.Errorf("request %d: %v", n, err)
		}
		failed := count.Load() >= n
		p.set(nil)
		takeOver(t, p, group)()
		if err := round(); err != nil {
			t.Fatalf("after a failure of request %d: %v", n, err)
		}
		if got, _ := restored(t, p, group); len(got) != 21 {
			t.Fatalf("after a failure of request %d: %d works", n, len(got))
		}
		if !failed {
			return
		}
	}
	t.Error("a round without end")
}

func answer(status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
}

func TestStore_OfABucketThatIsDown(t *testing.T) {
	f := buckettest.NewFake()
	p := start(t, f)
	s := replicaOf(t, t.TempDir(), group.Library, 20)
	release := lease(t, p, group)
	f.Down.Store(true)
	dir := filepath.Join(t.TempDir(), "shelf")
	if found, err := p.Restore(t.Context(), group, dir); found || library.CodeOf(err) != library.Unavailable || shelf.Exists(dir) {
		t.Errorf("restore: %v, %v", found, err)
	}
	if err := p.Save(t.Context(), group, s); library.CodeOf(err) != library.Unavailable {
		t.Errorf("save: %v", err)
	}
	release()
	if _, held, err := p.Lease(t.Context(), group); held || library.CodeOf(err) != library.Unavailable {
		t.Errorf("lease: %v, %v", held, err)
	}
	if err := p.Delete(t.Context(), group); library.CodeOf(err) != library.Unavailable {
		t.Errorf("delete: %v", err)
	}
}

// TestRestore_IgnoresDamage damages each object in turn.
func TestRestore_IgnoresDamage(t *testing.T) {
	for what, options := range map[string]func(*snapshot.Options){"sealed": sealedBy(t, 1), "plain": func(*snapshot.Options) {}} {
		f := buckettest.NewFake()
		p := start(t, f, options)
		s := replicaOf(t, t.TempDir(), group.Library, 30)
		add(t, s, 30)
		save(t, p, group, s)
		b := plainBucket(t, f)
		names := objects(f)
		for i, name := range names {
			good := f.Objects()[name]
			another := f.Objects()[names[(i+1)%len(names)]].Data
			for how, bad := range map[string][]byte{
				"empty": nil, "cut": good.Data[:len(good.Data)-1], "longer": append(bytes.Clone(good.Data), 0),
				"a flipped bit": flipped(good.Data), "another object": another,
			} {
				g := f.Objects()[name].Generation
				if _, err := b.Put(t.Context(), name, bad, good.Expires, g); err != nil {
					t.Fatal(err)
				}
				if _, found := restored(t, start(t, f, options), group); found {
					t.Errorf("%s: object %d of %d, %s: restored", what, i, len(names), how)
				}
			}
			if _, err := b.Put(t.Context(), name, good.Data, good.Expires, f.Objects()[name].Generation); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := restored(t, p, group); len(got) != 31 {
			t.Errorf("%s: %d works when all is well again", what, len(got))
		}
	}
}

func flipped(data []byte) []byte {
	out := bytes.Clone(data)
	out[len(out)/2] ^= 1
	return out
}

// TestRestore_OfAnotherName plants the snapshot of one library under the name of
// another one, and under that of another view.
func TestRestore_OfAnotherName(t *testing.T) {
	for what, options := range map[string]func(*snapshot.Options){"sealed": sealedBy(t, 1), "plain": func(*snapshot.Options) {}} {
		for _, victim := range []replica.Name{{Library: "group:4712", View: group.View}, {Library: group.Library, View: ""}} {
			f := buckettest.NewFake()
			p := start(t, f, options)
			save(t, p, group, replicaOf(t, t.TempDir(), group.Library, 30))
			from := objects(f)
			save(t, p, victim, replicaOf(t, t.TempDir(), victim.Library, 3))
			b := plainBucket(t, f)
			var to string
			for _, name := range objects(f) {
				if !slices.Contains(from, name) {
					to = name[:strings.LastIndex(name, "/")]
				}
			}
			for _, name := range from {
				planted := to + name[strings.LastIndex(name, "/"):]
				if _, err := b.Put(t.Context(), planted, f.Objects()[name].Data, time.Time{}, f.Objects()[planted].Generation); err != nil {
					t.Fatal(err)
				}
			}
			q := start(t, f, options)
			if got, found := restored(t, q, victim); found {
				t.Errorf("%s: %d works of another library as %+v", what, len(got), victim)
			}
			if !strings.Contains(q.log.String(), "can't be used") || strings.Contains(q.log.String(), "group:") {
				t.Errorf("%s: log:\n%s", what, q.log)
			}
			// It is made again.
			h := start(t, f, options, hasty())
			release := takeOver(t, h, victim)
			if err := h.Save(t.Context(), victim, replicaOf(t, t.TempDir(), victim.Library, 4)); err != nil {
				t.Error(err)
			}
			release()
			if got, _ := restored(t, q, victim); len(got) != 4 {
				t.Errorf("%s: %d works when it was made again", what, len(got))
			}
		}
	}
}

func TestRestore_AfterARotation(t *testing.T) {
	f := buckettest.NewFake()
	save(t, start(t, f, sealedBy(t, 1)), group, replicaOf(t, t.TempDir(), group.Library, 3))
	for what, c := range map[string]struct {
		options func(*snapshot.Options)
		found   bool
	}{
		"the same key": {sealedBy(t, 1), true}, "the former key": {sealedBy(t, 2, 1), true},
		"a key that was rotated out": {sealedBy(t, 2), false}, "no key": {func(*snapshot.Options) {}, false},
	} {
		if _, found := restored(t, start(t, f, c.options), group); found != c.found {
			t.Errorf("%s: %v", what, found)
		}
	}
	plain := buckettest.NewFake()
	save(t, start(t, plain), group, replicaOf(t, t.TempDir(), group.Library, 3))
	if _, found := restored(t, start(t, plain, sealedBy(t, 1)), group); found {
		t.Error("a snapshot that is not sealed, where there is a key")
	}
}

// TestRestore_OfOldGenerations tests a bucket that goes on answering with a head
// that was replaced.
func TestRestore_OfOldGenerations(t *testing.T) {
	f := buckettest.NewFake()
	p := start(t, f)
	dir := t.TempDir()
	save(t, p, group, replicaOf(t, dir, group.Library, 30))
	var old *http.Response
	var body []byte
	p.set(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/head") {
			old = p.serve(r)
			body, _ = io.ReadAll(old.Body)
			return answer(http.StatusServiceUnavailable), nil
		}
		return nil, nil
	})
	_, _, _ = p.Lease(t.Context(), group)
	stale := func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/head") {
			return &http.Response{StatusCode: http.StatusOK, Header: old.Header, Body: io.NopCloser(bytes.NewReader(body))}, nil
		}
		return nil, nil
	}
	p.set(nil)
	s := replicaOf(t, dir, group.Library, 31)
	save(t, p, group, s)
	p.set(stale)
	if _, found := restored(t, p, group); found {
		t.Error("an old snapshot, where a newer one is known")
	}
	if _, held, err := p.Lease(t.Context(), group); held || err != nil {
		t.Errorf("a lease on an old head: %v, %v", held, err)
	}
	// A process that knows nothing gets one that is whole; the next saving
	// deletes what only that one had.
	q := start(t, f, hasty())
	q.set(stale)
	if got, found := restored(t, q, group); !found || len(got) != 30 {
		t.Errorf("the former snapshot: %v, %d works", found, len(got))
	}
	for range 3 {
		if _, held, err := q.Lease(t.Context(), group); held || err != nil {
			t.Errorf("a lease on an old head: %v, %v", held, err)
		}
	}
	p.set(nil)
	s = replicaOf(t, dir, group.Library, 32)
	save(t, p, group, s)
	if _, found := restored(t, q, group); found {
		t.Error("a snapshot without its pieces")
	}
	if got, _ := restored(t, start(t, f), group); len(got) != 32 {
		t.Errorf("%d works", len(got))
	}
}

// TestRestore_DuringSavings tests a reader that has read the head when other
// snapshots are saved: after one it goes on, after two it begins again.
func TestRestore_DuringSavings(t *testing.T) {
	for savings, want := range map[int]int{1: 30, 2: 32} {
		f := buckettest.NewFake()
		writer, reader := start(t, f), start(t, f)
		dir := t.TempDir()
		save(t, writer, group, replicaOf(t, dir, group.Library, 30))
		var once atomic.Bool
		reader.set(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodGet && r.URL.Query().Get("alt") == "media" && !strings.HasSuffix(r.URL.Path, "/head") && once.CompareAndSwap(false, true) {
				for n := range savings {
					save(t, writer, group, replicaOf(t, dir, group.Library, 31+n))
				}
			}
			return nil, nil
		})
		if got, found := restored(t, reader, group); !found || len(got) != want {
			t.Errorf("after %d savings: %v, %d works, want %d", savings, found, len(got), want)
		}
	}
}

// TestRestore_LeavesTheShelf tests that a shelf stays as it is when the snapshot
// can't be used, or the restoring is given up.
func TestRestore_LeavesTheShelf(t *testing.T) {
	f := buckettest.NewFake()
	p := start(t, f)
	save(t, p, group, replicaOf(t, t.TempDir(), group.Library, 30))
	dir := t.TempDir()
	s := replicaOf(t, dir, group.Library, 5)
	ctx, cancel := context.WithCancel(t.Context())
	var pieces atomic.Int64
	p.set(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(r.URL.Path, "/head") && pieces.Add(1) == 4 {
			cancel()
		}
		return nil, nil
	})
	if found, err := p.Restore(ctx, group, dir); found || err == nil {
		t.Errorf("given up: %v, %v", found, err)
	}
	p.set(nil)
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if found, err := p.Restore(t.Context(), group, dir); found || library.CodeOf(err) != library.Conflict {
		t.Errorf("while it is written: %v, %v", found, err)
	}
	tx.Rollback()
	if got := works(t, s); len(got) != 5 {
		t.Errorf("%d works", len(got))
	}
	if found, err := p.Restore(t.Context(), group, dir); !found || err != nil || len(works(t, s)) != 30 {
		t.Errorf("at last: %v, %v", found, err)
	}
}
