package shelf

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestReadersFollowImportsUnderLoad(t *testing.T) {
	t.Parallel()
	const step, imports = 5, 8
	dir := t.TempDir()
	s := mustOpen(t, dir) // before there is anything
	if info, err := s.Info(t.Context()); err != nil || info.Items != 0 || info.Version != 0 {
		t.Fatalf("an empty folder: %+v, %v", info, err)
	}
	var done atomic.Bool
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := int64(0)
			for !done.Load() {
				page, err := s.Search(t.Context(), library.Query{Text: "harvest", Limit: 3})
				if err != nil || page.Total != step*int(page.Version) || page.Version < last || page.Notice != "" && !strings.Contains(page.Notice, "just changed") {
					t.Errorf("version %d after %d: %d works, %q, %v", page.Version, last, page.Total, page.Notice, err)
					return
				}
				last = page.Version
				for _, h := range page.Items {
					if items, err := s.Items(t.Context(), []string{h.Item.ID.Key}); err != nil || len(items.Items) != 1 {
						t.Errorf("item: %d, %v", len(items.Items), err)
					}
				}
			}
		})
	}
	for i := range imports {
		mustImport(t, dir, books(i*step, (i+1)*step)...)
		// The next call sees the import, or says that it is being read.
		if info, err := s.Info(t.Context()); err != nil || info.Items != (i+1)*step && !strings.Contains(info.Notice, "just changed") {
			t.Errorf("after import %d: %+v, %v", i, info, err)
		}
	}
	done.Store(true)
	wg.Wait()
	if info, err := s.Info(t.Context()); err != nil || info.Version != imports || info.Items != imports*step {
		t.Errorf("in the end: %+v, %v", info, err)
	}
}

// A call waits for another one that makes the new state, for a moment, and says
// so where it goes on without it.
func TestReader_WaitsForTheCallThatReadsTheNewState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	s := mustOpen(t, dir)
	read := func(release time.Duration) library.Info {
		t.Helper()
		s.reopen <- struct{}{}
		timer := time.AfterFunc(release, func() { <-s.reopen })
		defer timer.Stop()
		info, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	mustImport(t, dir, books(3, 5)...)
	if info := read(followWait / 10); info.Items != 5 || info.Notice != "" {
		t.Errorf("the other call took a moment: %+v", info)
	}
	mustImport(t, dir, books(5, 6)...)
	begin := time.Now()
	s.reopen <- struct{}{}
	info, err := s.Info(t.Context())
	if took := time.Since(begin); err != nil || info.Items != 5 || !strings.Contains(info.Notice, "just changed") || took < followWait || took > 20*followWait {
		t.Errorf("the other call goes on: %+v, %v after %v", info, err, took)
	}
	<-s.reopen
	if info, err := s.Info(t.Context()); err != nil || info.Items != 6 || info.Notice != "" {
		t.Errorf("afterwards: %+v, %v", info, err)
	}
}

func TestANewStateThatCannotBeReadLeavesTheOldOne(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	s := mustOpen(t, dir)
	for _, content := range []string{"nonsense\n", "gen-000099\n", "../../etc\n", ""} {
		if err := os.WriteFile(filepath.Join(dir, currentFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s.failed.Store(0) // do not wait
		page, err := s.Search(t.Context(), library.Query{Text: "harvest", Limit: 5})
		if err != nil || page.Total != 3 || page.Notice == "" {
			t.Errorf("CURRENT %q: %d works, notice %q, %v", content, page.Total, page.Notice, err)
		}
	}
	if err := publish(dir, "gen-000001"); err != nil {
		t.Fatal(err)
	}
	s.failed.Store(0)
	if page, err := s.Search(t.Context(), library.Query{Limit: 5}); err != nil || page.Total != 3 || page.Notice != "" {
		t.Errorf("readable again: %+v, %v", page, err)
	}
}

func TestAClosedShelfSaysSo(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Info(t.Context()); library.CodeOf(err) != library.Unavailable {
		t.Errorf("Info: %v", err)
	}
}

func TestEqualSearchesAreMadeOnce(t *testing.T) {
	s, err := FromWorks(t.Context(), "Memory", books(0, 20), WithCacheBytes(1<<20))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	q := library.Query{Text: "harvest", TagsAll: []string{"farming"}, Limit: 5}
	first, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	first.Items[0] = library.Hit{} // the page belongs to the caller
	again, err := s.Search(t.Context(), q)
	if err != nil || again.Items[0].Item == nil || again.Total != 20 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if n := s.current.base.results.values.Len(); n != 1 {
		t.Errorf("%d results are kept, want 1", n)
	}
}

func TestOpeningAndClosingLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	cycle := func() {
		s, err := Open(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			if _, err := s.Search(t.Context(), library.Query{Text: "harvest", Limit: 5}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	before := runtime.NumGoroutine()
	for range 20 {
		cycle()
	}
	// Those that are just ending are given the chance to.
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	if after := runtime.NumGoroutine(); after > before+2 {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}
