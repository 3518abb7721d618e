package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// faultyWriter is a library with faults around its batches, which count from 1.
type faultyWriter struct {
	library.Writer
	batches int
	before  func(n int) error // returned in place of carrying the batch out
	after   func(n int, outcomes []library.Outcome) ([]library.Outcome, error)
}

func (w *faultyWriter) Write(ctx context.Context, b library.Batch) ([]library.Outcome, error) {
	w.batches++
	if w.before != nil {
		if err := w.before(w.batches); err != nil {
			return nil, err
		}
	}
	outcomes, err := w.Writer.Write(ctx, b)
	if err == nil && w.after != nil {
		return w.after(w.batches, outcomes)
	}
	return outcomes, err
}

// embeddedBooks opens an embedded library of n works that may be changed.
func embeddedBooks(t *testing.T, n int) (dir string, w library.Writer) {
	t.Helper()
	dir = t.TempDir()
	_, err := shelf.Import(t.Context(), dir, []*shelf.Input{{ID: "refs.bib", Tell: func(take func(shelf.Work) error) (bool, error) {
		for i := range n {
			it := library.Item{Type: "book", Fields: map[string]string{"title": fmt.Sprintf("Volume %c%c of the realm", 'A'+i/26, 'A'+i%26), "volume": fmt.Sprint(i)}}
			if err := take(shelf.Work{Item: it}); err != nil {
				return false, err
			}
		}
		return true, nil
	}}}, shelf.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := shelf.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return dir, shelf.NewWriter(s)
}

// places returns the place of publication of each work, by key.
func places(t *testing.T, r library.Reader) map[string]string {
	t.Helper()
	all := map[string]string{}
	_, err := r.(library.Whole).Each(t.Context(), func(it *library.Item) error {
		all[it.ID.Key] = it.Field("place")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// placing returns the plan that gives all works a place.
func placing(t *testing.T, w library.Writer) *change.Plan {
	t.Helper()
	var keys []string
	for key := range places(t, w) {
		keys = append(keys, key)
	}
	var edits []change.Edit
	for len(keys) > 0 {
		n := min(len(keys), library.MaxEdits)
		objects, err := w.Objects(t.Context(), library.ItemObject, keys[:n])
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			e, _ := change.Set(o, library.Data{"place": "Lund"})
			edits = append(edits, e)
		}
		keys = keys[n:]
	}
	p, err := change.New(library.Local, "update_items", "Set the place", change.Caller{Subject: "test"}, edits, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEmbeddedWrites_SurviveEachFault fails each step of a run of two batches over the
// embedded library. Each work is as before or as after, running the plan again completes
// it, and taking it back restores what was done.
func TestEmbeddedWrites_SurviveEachFault(t *testing.T) {
	const n = 60
	unavailable := library.Errorf(library.Unavailable, "no connection")
	second := func(b int) error {
		if b == 2 {
			return unavailable
		}
		return nil
	}
	lost := func(from int) func(int, []library.Outcome) ([]library.Outcome, error) {
		return func(b int, outcomes []library.Outcome) ([]library.Outcome, error) {
			if b < from || b > 2 {
				return outcomes, nil
			}
			for i := range outcomes {
				outcomes[i] = library.Outcome{Status: library.EditUnknown, Err: unavailable}
			}
			return outcomes, nil
		}
	}
	failed := func(store *changetest.Store, suffix string) {
		store.Fail = func(name string) error {
			if strings.HasSuffix(name, suffix) {
				store.Fail = nil
				return unavailable
			}
			return nil
		}
	}
	for _, c := range []struct {
		fault string
		set   func(*faultyWriter, *changetest.Store, context.CancelFunc)
		stops bool // the first run does not settle all
		done  int  // works changed by the first run
	}{
		{"none", func(*faultyWriter, *changetest.Store, context.CancelFunc) {}, false, n},
		{"no record of the intent", func(_ *faultyWriter, s *changetest.Store, _ context.CancelFunc) { failed(s, "intent") }, true, 0},
		{"before the second batch", func(w *faultyWriter, _ *changetest.Store, _ context.CancelFunc) { w.before = second }, true, 50},
		{"after the second batch", func(w *faultyWriter, _ *changetest.Store, _ context.CancelFunc) { w.after = lost(2) }, false, n},
		{"outcomes never known", func(w *faultyWriter, _ *changetest.Store, _ context.CancelFunc) { w.after = lost(1) }, true, 50},
		{"cancelled after the first batch", func(w *faultyWriter, _ *changetest.Store, cancel context.CancelFunc) {
			w.after = func(_ int, outcomes []library.Outcome) ([]library.Outcome, error) {
				cancel()
				return outcomes, nil
			}
		}, true, 50},
		{"no record of the outcomes", func(_ *faultyWriter, s *changetest.Store, _ context.CancelFunc) { failed(s, "outcomes") }, true, n},
	} {
		for _, then := range []string{"run again", "take back"} {
			t.Run(c.fault+", then "+then, func(t *testing.T) {
				_, w := embeddedBooks(t, n)
				before, p := places(t, w), placing(t, w)
				store := changetest.NewStore()
				j, faulty := change.NewJournal(store, nil, nil), &faultyWriter{Writer: w}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c.set(faulty, store, cancel)
				r, err := j.Run(ctx, faulty, p, p.By)
				done := placed(t, w)
				t.Logf("%-35s first run: %2d of %d, %v; then %s", c.fault, done, n, library.CodeOf(err), then)
				if (err != nil) != c.stops || done != c.done {
					t.Fatalf("%d works changed, want %d, %v", done, c.done, err)
				}
				if then == "run again" {
					r, err = j.Run(t.Context(), w, p, p.By)
					if err != nil || !r.Complete || placed(t, w) != n {
						t.Fatalf("again: %d works, %v", placed(t, w), err)
					}
				}
				if r != nil {
					takeAllBack(t, j, w, r, before)
				}
			})
		}
	}
}

// placed returns how many works have the place of placing, and fails if one has another.
func placed(t *testing.T, r library.Reader) (n int) {
	t.Helper()
	for key, place := range places(t, r) {
		switch place {
		case "Lund":
			n++
		case "":
		default:
			t.Errorf("%s has the place %q", key, place)
		}
	}
	return n
}

// takeAllBack takes a receipt back, after which the works must be as before.
func takeAllBack(t *testing.T, j *change.Journal, w library.Writer, r *change.Receipt, before map[string]string) {
	t.Helper()
	back, err := change.Back(t.Context(), w, r, r.Plan.By, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Run(t.Context(), w, back, r.Plan.By); err != nil {
		t.Fatal(err)
	}
	for key, place := range places(t, w) {
		if place != before[key] {
			t.Errorf("taken back, %s has the place %q", key, place)
		}
	}
}

// TestEmbeddedWrites_WaitForAnImport holds that a change during another process's
// transaction is put off, not refused for good.
func TestEmbeddedWrites_WaitForAnImport(t *testing.T) {
	dir, w := embeddedBooks(t, 3)
	p, j := placing(t, w), change.NewJournal(changetest.NewStore(), nil, nil)
	other, err := shelf.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	tx, err := other.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = j.Run(t.Context(), w, p, p.By)
	if e := library.AsError(err); e == nil || e.Code != library.Unavailable || e.RetryAfter == 0 || placed(t, w) != 0 {
		t.Errorf("%v, %d works changed", err, placed(t, w))
	}
	tx.Rollback()
	if r, err := j.Run(t.Context(), w, p, p.By); err != nil || !r.Complete || placed(t, w) != 3 {
		t.Errorf("afterwards: %v, %d works changed", err, placed(t, w))
	}
}
