package replica_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/replica/replicatest"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// memoryStore keeps snapshots in memory.
type memoryStore struct {
	mu     sync.Mutex
	kept   map[replica.Name]copied
	leased map[replica.Name]bool
	saves  int
	err    error // of every call, if set
}

type copied struct {
	manifest *shelf.Manifest
	files    map[string][]byte
	log      []byte
}

func newStore() *memoryStore {
	return &memoryStore{kept: map[replica.Name]copied{}, leased: map[replica.Name]bool{}}
}

func (m *memoryStore) Restore(ctx context.Context, name replica.Name, dir string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.kept[name]
	if m.err != nil || !ok {
		return false, m.err
	}
	err := shelf.Restore(ctx, dir, c.manifest, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(c.files[name])), nil
	}, bytes.NewReader(c.log), shelf.WithLibrary(name.Library))
	return err == nil, err
}

func (m *memoryStore) Save(ctx context.Context, name replica.Name, s *shelf.Shelf) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saves++
	if m.err != nil {
		return m.err
	}
	snap, err := s.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snap.Close()
	c := copied{manifest: &snap.Manifest, files: map[string][]byte{}}
	for _, f := range snap.Manifest.Files {
		r, err := snap.File(f.Name)
		if err != nil {
			return err
		}
		if c.files[f.Name], err = io.ReadAll(r); err != nil {
			return err
		}
	}
	c.log, err = io.ReadAll(snap.Log(0))
	m.kept[name] = c
	return err
}

func (m *memoryStore) Delete(_ context.Context, name replica.Name) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, name)
	return m.err
}

func (m *memoryStore) Lease(_ context.Context, name replica.Name) (func(), bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil || m.leased[name] {
		return nil, false, m.err
	}
	m.leased[name] = true
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.leased[name] = false
	}, true, nil
}

func (m *memoryStore) saved() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.saves
}

// A large library answers before its index is merged, unless a snapshot is kept of it,
// which has the index whole.
func TestReading_MergesTheIndexLater(t *testing.T) {
	t.Parallel()
	up := replicatest.New()
	const works = 20 // of two parts
	var abstract strings.Builder
	for i := range 8000 {
		fmt.Fprintf(&abstract, "w%x ", i)
	}
	for i := range works {
		it := work("A harvest")
		it.Fields["abstractNote"] = abstract.String()
		up.PutWork(fmt.Sprintf("WORK%04d", i+2222), it)
	}
	store := newStore()
	for base, opts := range map[string]replica.Options{"gen-000002": {}, "gen-000001": {Store: store}} {
		t.Run(base, func(t *testing.T) {
			opts.Dir, opts.Patience = t.TempDir(), time.Minute
			r := newReplicas(t, opts).Open(opening(&replicatest.Source{Library: up}))
			complete(t, r)
			if page, err := r.Search(t.Context(), library.Query{Text: "harvest", Limit: 1}); err != nil || page.Total != works || page.Notice != "" {
				t.Errorf("%d works, %q, %v", page.Total, page.Notice, err)
			}
			one := func(base string) func() bool {
				return func() bool {
					names, err := filepath.Glob(filepath.Join(opts.Dir, "*", "shelf", "gen-*", "*.zap"))
					return err == nil && len(names) == 1 && strings.HasSuffix(names[0], filepath.Join(base, "words.zap"))
				}
			}
			eventually(t, "one index", one(base))
			if opts.Store != nil {
				return
			}
			up.Reset()
			if page, err := r.Search(t.Context(), library.Query{Limit: 1}); err != nil || page.Total != works {
				t.Errorf("%d works, %v", page.Total, err)
			}
			eventually(t, "a reading that does not hurry", one("gen-000003"))
		})
	}
	store.mu.Lock()
	defer store.mu.Unlock()
	for _, c := range store.kept {
		if !slices.Equal(c.manifest.Index, []string{"words.zap"}) {
			t.Errorf("the snapshot has the index files %q", c.manifest.Index)
		}
	}
	if len(store.kept) != 1 {
		t.Errorf("%d snapshots", len(store.kept))
	}
}

// A process without a folder begins with the snapshot.
func TestStore_BeginsWithTheSnapshot(t *testing.T) {
	t.Parallel()
	store, up := newStore(), small()
	first := newReplicas(t, replica.Options{Store: store})
	complete(t, first.Open(opening(&replicatest.Source{Library: up})))
	eventually(t, "the reading is saved at once", func() bool { return store.saved() == 1 })
	up.PutNote("NOTENEWW", "WORKAAAA", library.Note{Text: "later"})
	src := &replicatest.Source{Library: up}
	r := newReplicas(t, replica.Options{Store: store}).Open(opening(src))
	complete(t, r)
	equal(t, up, r)
	if n := src.Calls("All") + src.Calls("Keys"); n > 0 {
		t.Errorf("%d requests of a whole reading", n)
	}
}

// A second process waits for the snapshot of the one that reads.
func TestStore_OneProcessReads(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		store, up := newStore(), small()
		slow := &replicatest.Source{Library: up, PageSize: 3, Hook: func(_ context.Context, request string) error {
			if request == "All" {
				time.Sleep(10 * time.Second)
			}
			return nil
		}}
		other := &replicatest.Source{Library: up}
		opts := replica.Options{Store: store, Patience: time.Second}
		a, b := newReplicas(t, opts).Open(opening(slow)), newReplicas(t, opts)
		if _, err := a.Search(t.Context(), library.Query{Limit: 1}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		r := b.Open(opening(other))
		if page, err := r.Search(t.Context(), library.Query{Text: "harvest", Limit: 5}); err != nil || page.Total != 3 {
			t.Fatalf("meanwhile: %+v, %v", page, err)
		}
		eventuallyIn(t, "the snapshot is there", func() bool {
			_, err := r.Tags(t.Context(), library.TagQuery{Limit: 1})
			return err == nil
		})
		if n := other.Calls("All"); n > 0 {
			t.Errorf("the second process read %d pages", n)
		}
		equal(t, up, r)
	})
}

// Changes are saved every few minutes, and nothing is saved where nothing changed.
func TestStore_SavesChanges(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		store, up := newStore(), small()
		rs := newReplicas(t, replica.Options{Store: store})
		r := rs.Open(opening(&replicatest.Source{Library: up}))
		complete(t, r)
		time.Sleep(10 * time.Minute) // texts are saved too
		synctest.Wait()
		saves := store.saved()
		if saves < 1 || saves > 3 {
			t.Errorf("%d snapshots after the reading", saves)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if n := store.saved() - saves; n != 0 {
			t.Errorf("%d snapshots of nothing new", n)
		}
		for i := range 30 {
			up.PutWork("WORKAAAA", work(time.Duration(i).String()))
			if _, err := r.Search(t.Context(), library.Query{Limit: 1}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Second)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := store.saved() - saves; n < 3 || n > 5 {
			t.Errorf("%d snapshots of ten minutes of changes", n)
		}
		fresh := newReplicas(t, replica.Options{Store: store}).Open(opening(&replicatest.Source{Library: up}))
		complete(t, fresh)
		equal(t, up, fresh)
	})
}

// Texts are read soon after another process has ended reading them.
func TestStore_TextsFollowALeaseThatEnds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		store, up := newStore(), replicatest.New()
		up.PutWork("WORK0001", work("Volume"))
		rs := newReplicas(t, replica.Options{Store: store})
		r := rs.Open(opening(&replicatest.Source{Library: up}))
		complete(t, r)
		time.Sleep(time.Minute)
		name := rs.State()[0].Name
		release, held, err := store.Lease(t.Context(), name)
		if err != nil || !held {
			t.Fatal(held, err)
		}
		up.PutAttachment("FILE0001", "WORK0001", library.Attachment{Title: "PDF"})
		up.PutText("FILE0001", pages("word"))
		if _, err := r.Search(t.Context(), library.Query{Limit: 1}); err != nil { // asks what changed
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		page, err := r.Search(t.Context(), library.Query{Text: "volume", Limit: 5})
		if err != nil || rs.State()[0].Texts != 0 {
			t.Fatalf("%d texts while another process reads them, %v", rs.State()[0].Texts, err)
		}
		contains(t, "notice", page.Notice, "the texts of 0 of 1 files")
		release()
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if n := rs.State()[0].Texts; n != 1 {
			t.Errorf("%d texts after the other process ended", n)
		}
	})
}

// A store that is down costs nothing but the snapshot.
func TestStore_MayBeDown(t *testing.T) {
	t.Parallel()
	store, up := newStore(), small()
	store.err = errors.New("no bucket")
	rs := newReplicas(t, replica.Options{Store: store})
	r := rs.Open(opening(&replicatest.Source{Library: up}))
	complete(t, r)
	withTexts(t, rs, 4)
	for _, step := range steps()[:6] {
		step.do(up)
		equal(t, up, r)
	}
	if store.saved() == 0 {
		t.Error("it was never tried")
	}
}

// A snapshot of another view is not opened.
func TestStore_DoesNotOpenAnotherView(t *testing.T) {
	t.Parallel()
	store, up := newStore(), small()
	complete(t, newReplicas(t, replica.Options{Store: store}).Open(opening(&replicatest.Source{Library: up})))
	eventually(t, "saved", func() bool { return store.saved() == 1 })
	bare := replicatest.New()
	bare.PutWork("WORKAAAA", work("Bare"))
	store.mu.Lock()
	store.kept[replica.Name{Library: id, View: "bare"}] = store.kept[replica.Name{Library: id, View: "notes,files"}]
	store.mu.Unlock()
	o := opening(&replicatest.Source{Library: bare})
	o.View = "bare"
	r := newReplicas(t, replica.Options{Store: store}).Open(o)
	complete(t, r)
	equal(t, bare, r)
}

// What is kept of a library that the upstream has no longer is removed: at once, but
// not because of one answer.
func TestDiscard_LibraryThatIsGone(t *testing.T) {
	for _, c := range []struct {
		what    string
		answers int // that say so
		kept    bool
	}{{"two answers, one to the background", 2, true}, {"three answers", 3, false}} {
		t.Run(c.what, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				store, dir := newStore(), t.TempDir()
				said := 0
				gone := false
				src := &replicatest.Source{Library: shelfful(3, 10)}
				src.Hook = func(context.Context, string) error {
					if gone && said < c.answers {
						said++
						return library.Errorf(library.NotFound, "no such group")
					}
					return nil
				}
				rs := newReplicas(t, replica.Options{Dir: dir, Store: store})
				r := rs.Open(opening(src))
				complete(t, r)
				eventuallyIn(t, "texts", func() bool { return rs.State()[0].Texts == 3 })
				time.Sleep(time.Second) // so that the next call asks what changed
				synctest.Wait()
				gone = true
				if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 1}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				entries, err := os.ReadDir(dir)
				if err != nil || (len(entries) == 1) != c.kept || (len(store.kept) == 1) != c.kept || (len(rs.State()) == 1) != c.kept {
					t.Errorf("%d folders, %d snapshots, %d replicas, %v after %d answers", len(entries), len(store.kept), len(rs.State()), err, said)
				}
			})
		})
	}
}
