package change_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

const group = library.ID("group:4711")

var alice = change.Caller{Subject: "token:alice", Client: "test"}

// shelf returns a library of n books, each with the tag "old".
func shelf(n int) *changetest.Library {
	l := changetest.New(group, nil)
	for i := range n {
		l.Put(library.Object{Kind: library.ItemObject, Key: key(i), Data: library.Data{
			"itemType": "book", "title": fmt.Sprint("Title ", i), "tags": []any{map[string]any{"tag": "old"}},
		}})
	}
	return l
}

func key(i int) string { return fmt.Sprintf("BOOK%04d", i) }

func titleOf(l *changetest.Library, i int) string {
	s, _ := l.Object(library.ItemObject, key(i)).Data["title"].(string)
	return s
}

// retitle returns the plan that gives n books new titles.
func retitle(t *testing.T, l *changetest.Library, n int) *change.Plan {
	t.Helper()
	var edits []change.Edit
	for i := range n {
		e, ok := change.Set(l.Object(library.ItemObject, key(i)), library.Data{"title": fmt.Sprint("New ", i)})
		if !ok {
			t.Fatal("nothing to change")
		}
		edits = append(edits, e)
	}
	p, err := change.New(group, "update_items", "Change titles", alice, edits, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRun_IsTakenBack(t *testing.T) {
	l, j := shelf(3), change.NewJournal(changetest.NewStore(), nil, nil)
	before := snapshot(l, 3)
	r, err := j.Run(t.Context(), l, retitle(t, l, 3), alice)
	if err != nil || !r.Complete || r.Count(library.EditDone) != 3 || titleOf(l, 2) != "New 2" {
		t.Fatalf("%+v, %v", r, err)
	}
	undo := takeBack(t, j, l, r)
	if diff := cmp.Diff(before, snapshot(l, 3)); diff != "" {
		t.Error(diff)
	}
	if undo.Undoes != r.ID {
		t.Errorf("the receipt undoes %q", undo.Undoes)
	}
	if takeBack(t, j, l, undo); titleOf(l, 1) != "New 1" {
		t.Errorf("taking an undo back gives %q", titleOf(l, 1))
	}
}

func snapshot(l *changetest.Library, n int) (all []library.Data) {
	for i := range n {
		all = append(all, l.Object(library.ItemObject, key(i)).Data)
	}
	return all
}

func takeBack(t *testing.T, j *change.Journal, l *changetest.Library, r *change.Receipt) *change.Receipt {
	t.Helper()
	// As a later process does: from the journal.
	stored, err := j.Get(t.Context(), r.Library, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	p, err := change.Back(t.Context(), l, stored, alice, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	undo, err := j.Run(t.Context(), l, p, alice)
	if err != nil || !undo.Complete {
		t.Fatalf("%+v, %v", undo, err)
	}
	return undo
}

func TestBack_TrashesWhatWasMade(t *testing.T) {
	l, j := shelf(0), change.NewJournal(changetest.NewStore(), nil, nil)
	folder, work := l.NewKey(), l.NewKey()
	p, err := change.New(group, "add_items", "Add", alice, []change.Edit{
		change.Make(library.CollectionObject, folder, library.Data{"name": "New"}),
		change.Make(library.ItemObject, work, library.Data{"itemType": "book", "title": "A", "collections": []any{folder}}),
	}, time.Now())
	if err != nil || !p.Adds() {
		t.Fatalf("%v, adds %v", err, p.Adds())
	}
	r, err := j.Run(t.Context(), l, p, alice)
	if err != nil {
		t.Fatal(err)
	}
	undo := takeBack(t, j, l, r)
	for _, o := range []library.Object{l.Object(library.ItemObject, work), l.Object(library.CollectionObject, folder)} {
		if o.Data["deleted"] != true {
			t.Errorf("%s %s: %v", o.Kind, o.Key, o.Data)
		}
	}
	if undo.Edits[0].Kind != library.ItemObject {
		t.Error("the collection goes before the work in it")
	}
	if takeBack(t, j, l, undo); l.Object(library.ItemObject, work).Data["deleted"] != nil {
		t.Error("the work stays in the trash")
	}
}

func TestBack_RefusesWhatChangedSince(t *testing.T) {
	l, j := shelf(3), change.NewJournal(changetest.NewStore(), nil, nil)
	r, err := j.Run(t.Context(), l, retitle(t, l, 3), alice)
	if err != nil {
		t.Fatal(err)
	}
	o := l.Object(library.ItemObject, key(1))
	o.Data["title"], o.Version = "By another", 0
	l.Put(o)
	_, err = change.Back(t.Context(), l, r, alice, time.Now())
	if e := library.AsError(err); e.Code != library.Conflict || !strings.Contains(e.Message, key(1)) || strings.Contains(e.Message, key(0)) {
		t.Errorf("%v", err)
	}
	o = l.Object(library.ItemObject, key(1))
	o.Data["title"], o.Data["date"], o.Version = "New 1", "1999", 0
	l.Put(o)
	if takeBack(t, j, l, r); titleOf(l, 1) != "Title 1" || l.Object(library.ItemObject, key(1)).Data["date"] != "1999" {
		t.Errorf("a change of another field: %v", l.Object(library.ItemObject, key(1)).Data)
	}
	if _, err := change.Back(t.Context(), l, r, alice, time.Now()); library.CodeOf(err) != library.NotFound {
		t.Errorf("a second time: %v", err)
	}
}

// TestRun_SurvivesEachFault fails every step of a run of three batches. Each work is
// as before or as after, running the plan again completes it, and taking it back
// restores what was done.
func TestRun_SurvivesEachFault(t *testing.T) {
	const n = 120
	unavailable := library.Errorf(library.Unavailable, "no connection")
	limited := library.Errorf(library.RateLimited, "too fast").WithRetryAfter(time.Second)
	unknown := func(outcomes []library.Outcome) []library.Outcome {
		for i := range outcomes {
			outcomes[i] = library.Outcome{Status: library.EditUnknown, Err: unavailable}
		}
		return outcomes
	}
	for _, c := range []struct {
		fault string
		set   func(*changetest.Library, *changetest.Store, context.CancelFunc)
		stops bool // the first run does not settle all
		done  int  // works changed by the first run
	}{
		{"none", func(*changetest.Library, *changetest.Store, context.CancelFunc) {}, false, n},
		{"no record of the intent", func(_ *changetest.Library, s *changetest.Store, _ context.CancelFunc) {
			s.Fail = func(name string) error { return failOnce(s, name, "intent", unavailable) }
		}, true, 0},
		{"no connection, second batch", func(l *changetest.Library, _ *changetest.Store, _ context.CancelFunc) {
			l.Before = nth(2, unavailable)
		}, true, 50},
		{"rate limited, third batch", func(l *changetest.Library, _ *changetest.Store, _ context.CancelFunc) {
			l.Before = nth(3, limited)
		}, true, 100},
		{"reset after it was carried out", func(l *changetest.Library, _ *changetest.Store, _ context.CancelFunc) {
			l.After = func(k int, o []library.Outcome) ([]library.Outcome, error) {
				if k == 2 {
					return unknown(o), nil
				}
				return o, nil
			}
		}, false, n},
		{"outcome never known", func(l *changetest.Library, _ *changetest.Store, _ context.CancelFunc) {
			l.After = func(k int, o []library.Outcome) ([]library.Outcome, error) {
				if k == 2 || k == 3 {
					return unknown(o), nil
				}
				return o, nil
			}
		}, true, 100},
		{"outcomes beside an error", func(l *changetest.Library, _ *changetest.Store, _ context.CancelFunc) {
			l.After = func(k int, o []library.Outcome) ([]library.Outcome, error) {
				if k == 1 {
					return unknown(o), unavailable
				}
				return o, nil
			}
		}, true, 50},
		{"cancelled during the first batch", func(l *changetest.Library, _ *changetest.Store, cancel context.CancelFunc) {
			l.After = func(k int, o []library.Outcome) ([]library.Outcome, error) {
				if k == 1 {
					cancel()
				}
				return o, nil
			}
		}, true, 50},
		{"process killed: intent only", func(_ *changetest.Library, s *changetest.Store, _ context.CancelFunc) {
			s.Fail = func(name string) error { return failOnce(s, name, "outcomes", unavailable) }
		}, true, n},
	} {
		t.Run(c.fault, func(t *testing.T) {
			for _, then := range []string{"run again", "take back"} {
				l, s := shelf(n), changetest.NewStore()
				j := change.NewJournal(s, nil, nil)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c.set(l, s, cancel)
				before, p := snapshot(l, n), retitle(t, l, n)
				r, err := j.Run(ctx, l, p, alice)
				if (err != nil) != c.stops || err == nil && !r.Complete {
					t.Fatalf("first run: %v", err)
				}
				changed := countNew(l, n)
				if changed != c.done {
					t.Errorf("%d works changed, want %d", changed, c.done)
				}
				if r != nil && r.Count(library.EditDone)+r.Count(library.EditUnknown) < changed {
					t.Errorf("the receipt says that %d are done", r.Count(library.EditDone))
				}
				t.Logf("%-35s first run: %3d of %d, %v; then %s", c.fault, changed, n, library.CodeOf(err), then)
				if then == "run again" {
					again, err := j.Run(t.Context(), l, p, alice)
					if err != nil || !again.Complete || again.Count(library.EditDone) != n || countNew(l, n) != n {
						t.Fatalf("again: %v", err)
					}
					writes := l.Writes
					if third, err := j.Run(t.Context(), l, p, alice); err != nil || !third.Repeated || l.Writes != writes {
						t.Errorf("a third time: %v, %d calls", err, l.Writes-writes)
					}
					r = again
				}
				if r == nil {
					continue // nothing was recorded, and nothing done
				}
				l.Before, l.After = nil, nil
				takeBack(t, j, l, r)
				if diff := cmp.Diff(before, snapshot(l, n)); diff != "" {
					t.Errorf("taken back: %s", diff)
				}
			}
		})
	}
}

func nth(n int, err error) func(int) error {
	return func(k int) error {
		if k == n {
			return err
		}
		return nil
	}
}

func failOnce(s *changetest.Store, name, suffix string, err error) error {
	if strings.HasSuffix(name, suffix) {
		s.Fail = nil
		return err
	}
	return nil
}

func countNew(l *changetest.Library, n int) (changed int) {
	for i := range n {
		switch titleOf(l, i) {
		case fmt.Sprint("New ", i):
			changed++
		case fmt.Sprint("Title ", i):
		default:
			changed = -1_000_000
		}
	}
	return changed
}

func TestRun_RefusalsAreSettled(t *testing.T) {
	for _, code := range []library.Code{library.Invalid, library.NotFound, library.Forbidden, library.TooLarge} {
		l, j := shelf(2), change.NewJournal(changetest.NewStore(), nil, nil)
		p := retitle(t, l, 2)
		l.Before = func(int) error { return library.Errorf(code, "no") }
		r, err := j.Run(t.Context(), l, p, alice)
		if err != nil || !r.Complete || r.Count(library.EditRefused) != 2 || r.Outcomes[1].Code != code {
			t.Errorf("%s: %+v, %v", code, r, err)
		}
	}
	for _, code := range []library.Code{library.RateLimited, library.Unavailable, library.Internal, library.Unauthenticated} {
		l, j := shelf(2), change.NewJournal(changetest.NewStore(), nil, nil)
		p := retitle(t, l, 2)
		l.Refuse = func(e library.Edit) *library.Error {
			if e.Key == key(0) {
				return library.Errorf(code, "not now")
			}
			return nil
		}
		r, err := j.Run(t.Context(), l, p, alice)
		if library.CodeOf(err) != code || r == nil || r.Complete || r.Count(library.EditDone) != 1 {
			t.Errorf("%s: %+v, %v", code, r, err)
		}
	}
}

func TestAgain_PlansForWhatChangedMeanwhile(t *testing.T) {
	l, j := shelf(3), change.NewJournal(changetest.NewStore(), nil, nil)
	var edits []change.Edit
	for i := range 3 {
		e, _ := change.Set(l.Object(library.ItemObject, key(i)), library.Data{"tags": []any{map[string]any{"tag": "new"}}, "title": "T"})
		edits = append(edits, e)
	}
	p, err := change.New(group, "organize", "Rename a tag", alice, edits, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	o := l.Object(library.ItemObject, key(1))
	o.Data["tags"], o.Version = []any{map[string]any{"tag": "old"}, map[string]any{"tag": "hers", "type": 1}}, 0
	l.Put(o)
	r, err := j.Run(t.Context(), l, p, alice)
	if err != nil || r.Count(library.EditDone) != 2 || r.Outcomes[1].Code != library.Conflict || titleOf(l, 1) != "Title 1" {
		t.Fatalf("%+v, %v", r, err)
	}
	fresh, changed, err := change.Again(t.Context(), l, r, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]change.Meanwhile{{Kind: library.ItemObject, Key: key(1), Fields: []string{"tags"}}}, changed); diff != "" {
		t.Error(diff)
	}
	if r, err = j.Run(t.Context(), l, fresh, alice); err != nil || r.Count(library.EditDone) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := []any{map[string]any{"tag": "hers", "type": 1.0}, map[string]any{"tag": "new"}}
	if diff := cmp.Diff(want, l.Object(library.ItemObject, key(1)).Data["tags"]); diff != "" {
		t.Error(diff)
	}
}

func TestNew_Bounds(t *testing.T) {
	edits := make([]change.Edit, change.MaxEdits+1)
	for i := range edits {
		edits[i] = change.Make(library.ItemObject, key(i), library.Data{"itemType": "book"})
	}
	for _, c := range []struct {
		edits []change.Edit
		code  library.Code
	}{
		{nil, library.Invalid}, {edits, library.TooLarge}, {edits[:change.MaxEdits], ""},
		{[]change.Edit{edits[0], edits[0]}, library.Invalid},
	} {
		if _, err := change.New(group, "t", "t", alice, c.edits, time.Now()); library.CodeOf(err) != c.code {
			t.Errorf("%d edits: %v", len(c.edits), err)
		}
	}
}

// TestRun_RenamesATagInBatches holds that a plan for 1,000 works costs 20 calls.
func TestRun_RenamesATagInBatches(t *testing.T) {
	l, j := shelf(1_000), change.NewJournal(changetest.NewStore(), nil, nil)
	r, err := j.Run(t.Context(), l, retitle(t, l, 1_000), alice)
	if err != nil || r.Count(library.EditDone) != 1_000 || l.Writes != 20 || l.Reads != 0 {
		t.Errorf("%d writes, %d reads, %v", l.Writes, l.Reads, err)
	}
}
