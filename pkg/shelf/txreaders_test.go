package shelf

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestReaders_SeeOneVersionBesideTransactions(t *testing.T) {
	t.Parallel()
	const transactions, perTransaction = 40, 3
	dir := t.TempDir()
	mustImport(t, dir, books(0, perTransaction)...)
	s, other := mustOpen(t, dir), mustOpen(t, dir)
	var done atomic.Bool
	var wg sync.WaitGroup
	for _, r := range []*Shelf{s, s, other, other} {
		wg.Go(func() {
			last := int64(0)
			for !done.Load() {
				page, err := r.Search(t.Context(), library.Query{Text: "harvest", Limit: 100})
				if err != nil || page.Total != perTransaction*int(page.Version) || page.Version < last || page.Notice != "" || len(page.Items) != min(page.Total, 100) {
					t.Errorf("version %d after %d: %d works, %q, %v", page.Version, last, page.Total, page.Notice, err)
					return
				}
				last = page.Version
			}
		})
	}
	for i := 1; i < transactions; i++ {
		commit(t, s, func(tx *Tx) {
			for k := range perTransaction {
				mustPut(t, tx, item(fmt.Sprintf("WORK%d-%d", i, k), "Volume of harvest"))
			}
		})
		if i%15 == 0 {
			compactNow(t, s)
		}
	}
	done.Store(true)
	wg.Wait()
	for _, r := range []*Shelf{s, other, mustOpen(t, dir)} {
		if info, err := r.Info(t.Context()); err != nil || info.Version != transactions || info.Items != transactions*perTransaction {
			t.Errorf("in the end: %+v, %v", info, err)
		}
	}
}

func TestChanges_SurviveCompaction(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("A", "A"), item("B", "B"), item("C", "C")) })
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("B", "B again")) })
	commit(t, s, func(tx *Tx) {
		if err := tx.Remove("A"); err != nil {
			t.Fatal(err)
		}
	})
	want := []string{"3 removed A", "2 changed B", "1 added C"}
	for range 2 {
		if got := changesOf(t, s, 0); !slices.Equal(got, want) {
			t.Errorf("changes %q, want %q", got, want)
		}
		compactNow(t, s)
	}
	commit(t, s, func(tx *Tx) { mustPut(t, tx, item("A", "A is back")) })
	want = []string{"4 added A", "2 changed B"}
	if got := changesOf(t, mustOpen(t, dir), 1); !slices.Equal(got, want) {
		t.Errorf("changes %q, want %q", got, want)
	}
}

func TestForgetRemovals_SaysWhatIsForgotten(t *testing.T) {
	r := newRows()
	const removed = maxRemovals + 3
	for i := range removed {
		key := fmt.Sprintf("K%d", i)
		r.put(changeTable, changeKey(int64(i+1), key), change{kind: library.Removed}.encode())
		r.put(removalTable, key, versionBytes(int64(i+1)))
	}
	r.put(changeTable, changeKey(1, "HERE"), change{kind: library.Added}.encode())
	m, err := forgetRemovals(r, meta{Version: removed, Items: 1})
	if err != nil || m.Forgotten != 3 {
		t.Errorf("meta %+v, %v, want 3 forgotten", m, err)
	}
	if events, err := readEvents(r); err != nil || len(events) != maxRemovals+1 {
		t.Errorf("%d changes, %v, want %d", len(events), err, maxRemovals+1)
	}
	b := newBase(1 << 20)
	s := newShelf("", "Memory", nil)
	s.current = newState(b, library.Local, r, m, 0, &s.health)
	for since, told := range map[int64]bool{0: true, 2: true, 3: false, 9: false} {
		page, err := s.Changes(t.Context(), library.ChangeQuery{SinceVersion: since, Limit: 1})
		if err != nil || (page.Notice != "") != told {
			t.Errorf("since %d: notice %q, %v", since, page.Notice, err)
		}
	}
}

// A child that moves to another work is found below it, with its text, in
// any order of writing the two works.
func TestPut_MovesChildren(t *testing.T) {
	const child = "FILE2222"
	without := func(key string) *library.Item { return item(key, "Another") }
	with := func(key string) *library.Item {
		it := without(key)
		it.Attachments = []library.Attachment{{Key: child, Title: "PDF"}}
		return it
	}
	for name, write := range map[string]func(*Tx){
		"the new one first": func(tx *Tx) { mustPut(t, tx, with("WORKNEW2")); mustPut(t, tx, without("WORK2222")) },
		"the old one first": func(tx *Tx) { mustPut(t, tx, without("WORK2222")); mustPut(t, tx, with("WORKNEW2")) },
		"the old one goes": func(tx *Tx) {
			mustPut(t, tx, with("WORKNEW2"))
			if err := tx.Remove("WORK2222"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, t.TempDir())
			commit(t, s, func(tx *Tx) {
				mustPut(t, tx, with("WORK2222"))
				if err := tx.PutText("WORK2222", child, []library.TextPage{{Number: 1, Text: "moved"}}, library.TextStatus{Pages: 1}); err != nil {
					t.Fatal(err)
				}
			})
			commit(t, s, write)
			items, err := s.Items(t.Context(), []string{child})
			if err != nil || len(items.Items) != 1 || items.Items[0].ID.Key != "WORKNEW2" {
				t.Fatalf("the child is in %v, %v", items, err)
			}
			text, err := s.Text(t.Context(), child, library.TextQuery{Attachment: child})
			if err != nil || (name != "the old one first") != (len(text.Pages) == 1) {
				t.Errorf("text %+v, %v", text, err)
			}
		})
	}
}
