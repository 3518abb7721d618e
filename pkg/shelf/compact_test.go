package shelf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestReader_KeepsItsStateDuringACompaction(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 20)...)
	s := mustOpen(t, dir)
	st, err := s.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer st.release()
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("NEW22222", "A harvest later")) })
	compactNow(t, s)
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("NEW22223", "A harvest even later")) })
	if got := found(t, s, library.Query{Text: "later"}); len(got) != 2 {
		t.Errorf("after all: %q", got)
	}
	r, err := st.search(t.Context(), library.Query{Text: "harvest", Limit: 30})
	if err != nil || r.Total != 20 {
		t.Errorf("the state from before has %d works, %v, want 20", r.Total, err)
	}
	for _, h := range r.Hits {
		if it, err := st.item(h.Key); it == nil || err != nil {
			t.Errorf("%s: %v, %v", h.Key, it, err)
		}
	}
}

func TestCompaction_TakesTheLogIn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	s := mustOpen(t, dir)
	for i := range leastLogged - 1 {
		commit(t, s, func(tx *Tx) { mustPut(t, tx, item(fmt.Sprintf("WORK%04d", i), "Volume of harvest")) })
	}
	s.compact.done.Wait()
	if now, _ := currentGeneration(dir); now != "gen-000001" {
		t.Errorf("%d works in the log make a new base", leastLogged-1)
	}
	saw := whole(t, s)
	saw = append(saw, item("LAST2222", "Z"))
	commit(t, s, func(tx *Tx) { mustPut(t, tx, saw[len(saw)-1]) })
	s.compact.done.Wait()
	if now, _ := currentGeneration(dir); now != "gen-000002" {
		t.Errorf("%d works in the log make no new base", leastLogged)
	}
	if left, err := generations(dir); err != nil || len(left) != 1 {
		t.Errorf("generations %d, %v", left, err)
	}
	for _, s := range []*Shelf{s, mustOpen(t, dir)} {
		got := whole(t, s)
		if diff := cmp.Diff(saw[:len(saw)-1], got[:len(got)-1]); diff != "" || len(got) != len(saw) {
			t.Errorf("works:\n%s", diff)
		}
	}
	// The same work again and again makes a base when the log is long.
	long := item("LONG2222", "Long")
	for i := 0; ; i++ {
		long.Fields["abstractNote"] = randomText(i, 200<<10)
		commit(t, s, func(tx *Tx) { mustPut(t, tx, long) })
		s.compact.done.Wait()
		if now, _ := currentGeneration(dir); now == "gen-000003" {
			break
		}
		if i > 50 {
			t.Fatal("a long log makes no new base")
		}
	}
}

// randomText returns text that does not compress well.
func randomText(seed, n int) string {
	var b strings.Builder
	for x := uint64(seed) + 1; b.Len() < n; {
		x = x*6364136223846793005 + 1442695040888963407
		fmt.Fprintf(&b, "%x ", x>>20)
	}
	return b.String()
}

func TestCompaction_KeepsTransactionsThatComeMeanwhile(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("FIRST222", "First later")) })
	s.fault = func(at step) error {
		if at == stepManifest {
			commit(t, s, func(tx *Tx) {
				mustPut(t, tx, item("MEAN2222", "Meanwhile later"), item("FIRST222", "First again later"))
				if err := tx.Remove(whole(t, s)[5].ID.Key); err != nil {
					t.Error(err)
				}
			})
		}
		return nil
	}
	compactNow(t, s)
	s.fault = nil
	for _, s := range []*Shelf{s, mustOpen(t, dir)} {
		if now, _ := currentGeneration(dir); now != "gen-000002" {
			t.Errorf("current generation %s", now)
		}
		if got := found(t, s, library.Query{Text: "later"}); !slices.Equal(got, []string{"First again later", "Meanwhile later"}) {
			t.Errorf("works %q", got)
		}
		if info, err := s.Info(t.Context()); err != nil || info.Items != 11 || info.Version != 3 {
			t.Errorf("%+v, %v", info, err)
		}
	}
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("AFTER222", "After later")) })
	if got := found(t, mustOpen(t, dir), library.Query{Text: "later"}); len(got) != 3 {
		t.Errorf("works %q", got)
	}
}

func TestCompaction_GivesUpForAnImport(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	s := mustOpen(t, dir)
	s.fault = func(at step) error {
		if at == stepManifest { // as if an import had been faster
			if err := os.Mkdir(filepath.Join(dir, "gen-000009"), 0o700); err != nil {
				t.Error(err)
			}
			if err := os.CopyFS(filepath.Join(dir, "gen-000009"), os.DirFS(filepath.Join(dir, "gen-000001"))); err != nil {
				t.Error(err)
			}
			return publish(dir, "gen-000009")
		}
		return nil
	}
	compactNow(t, s)
	if now, _ := currentGeneration(dir); now != "gen-000009" {
		t.Errorf("current generation %s", now)
	}
	checkWorks(t, s, 10, 1)
}

func TestClose_StopsACompaction(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 10)...)
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	s.fault = func(at step) error {
		if at == stepRows {
			close(started)
			<-s.compact.ctx.Done()
		}
		return nil
	}
	commit(t, s, func(tx *Tx) {
		for i := range leastLogged {
			mustPut(t, tx, item(fmt.Sprintf("WORK%04d", i), "Volume of harvest"))
		}
	})
	<-started
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := generations(dir); len(left) != 1 {
		t.Errorf("generations %d", left)
	}
	checkWorks(t, mustOpen(t, dir), 10+leastLogged, 2)
}

func TestState_IsLong(t *testing.T) {
	for _, c := range []struct {
		items    int   // of the base
		bytes    int64 // of its files
		logged   int   // works in the log
		logBytes int64
		want     bool
	}{
		{0, 0, 63, 1000, false},
		{0, 0, 64, 1000, true},
		{10_000, 0, 499, 1000, false},
		{10_000, 0, 500, 1000, true},
		{100_000, 0, 1999, 1000, false},
		{100_000, 0, 2000, 1000, true},
		{10, 100, 1, 1<<20 - 1, false},
		{10, 100, 1, 1 << 20, true},
		{10, 40 << 20, 1, 10<<20 - 1, false},
		{10, 40 << 20, 1, 10 << 20, true},
		{10, 1 << 40, 1, 64<<20 - 1, false},
		{10, 1 << 40, 1, 64 << 20, true},
	} {
		r := newRows()
		for i := range c.logged {
			r.put(itemTable, fmt.Sprint(i), nil)
			r.put(tagTable, fmt.Sprint(i), nil) // does not count
			r.put(childTable, fmt.Sprint(i), nil)
		}
		b := newBase(1 << 20)
		b.manifest = &Manifest{Items: c.items, Files: []File{{Size: c.bytes / 2}, {Size: c.bytes - c.bytes/2}}}
		if got := newState(b, library.Local, r, meta{}, c.logBytes, &health{}).isDue(); got != c.want {
			t.Errorf("%+v: %t", c, got)
		}
	}
}
