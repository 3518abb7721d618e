package change_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestJournal_LatestFirst(t *testing.T) {
	now := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	l, j := shelf(8), change.NewJournal(changetest.NewStore(), nil, clock)
	var ids []string
	for i := range 8 {
		now = now.Add(time.Minute)
		e, _ := change.Set(l.Object(library.ItemObject, key(i)), library.Data{"title": "x"})
		by := alice
		if i == 7 {
			by.Subject = "token:bob"
		}
		p, err := change.New(group, "update_items", "t", by, []change.Edit{e}, now)
		if err != nil {
			t.Fatal(err)
		}
		r, err := j.Run(t.Context(), l, p, by)
		if err != nil {
			t.Fatal(err)
		}
		ids = append([]string{r.ID}, ids...)
	}
	testPages(t, j, ids, now)
	now = now.Add(time.Minute) // a run that changed nothing is none to take back
	stale := change.Edit{Kind: library.ItemObject, Key: key(1), Version: 1, After: library.Data{"title": "y"}}
	p, err := change.New(group, "update_items", "t", alice, []change.Edit{stale}, now)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := j.Run(t.Context(), l, p, alice); err != nil || r.Count(library.EditRefused) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	libs := []library.ID{library.Local, group}
	for want := 1; want < 4; want++ { // each undo takes back the one before
		last, err := j.LastOf(t.Context(), libs, alice.Subject)
		if err != nil || last.ID != ids[want] {
			t.Fatalf("last %v, %v; want %s", last, err, ids[want])
		}
		now = now.Add(time.Minute)
		p, err := change.Back(t.Context(), l, last, alice, now)
		if err != nil {
			t.Fatal(err)
		}
		undo, err := j.Run(t.Context(), l, p, alice)
		if err != nil {
			t.Fatal(err)
		}
		if want == 3 { // the undo is taken back: the change counts again
			now = now.Add(time.Minute)
			if p, err = change.Back(t.Context(), l, undo, alice, now); err != nil {
				t.Fatal(err)
			}
			if _, err := j.Run(t.Context(), l, p, alice); err != nil {
				t.Fatal(err)
			}
			if again, err := j.LastOf(t.Context(), libs, alice.Subject); err != nil || again.ID != last.ID {
				t.Errorf("last %v, %v; want %s again", again, err, last.ID)
			}
		}
	}
	if _, err := j.LastOf(t.Context(), libs, "token:carol"); library.CodeOf(err) != library.NotFound {
		t.Errorf("%v", err)
	}
}

// testPages lists receipts, which are a minute apart, with offsets and times.
func testPages(t *testing.T, j *change.Journal, ids []string, now time.Time) {
	t.Helper()
	for _, c := range []struct {
		since         time.Time
		offset, limit int
		want          []string
		total         int
	}{
		{time.Time{}, 0, 5, ids[:5], 8}, {time.Time{}, 5, 5, ids[5:], 8}, {time.Time{}, 8, 5, nil, 8}, {time.Time{}, 0, 0, nil, 8},
		{now.Add(-2 * time.Minute), 0, 9, ids[:3], 3}, {now.Add(-2 * time.Minute), 1, 1, ids[1:2], 3}, {now.Add(time.Millisecond), 0, 9, nil, 0},
	} {
		p, err := j.List(t.Context(), group, c.since, c.offset, c.limit)
		var got []string
		for _, r := range p.Receipts {
			got = append(got, r.ID)
		}
		if err != nil || p.Total != c.total || p.More || !cmp.Equal(got, c.want) || !p.Last.Equal(now) {
			t.Errorf("%+v: %q of %d, last %s, %v", c, got, p.Total, p.Last, err)
		}
	}
}

// countingStore counts the objects that are read.
type countingStore struct {
	change.Store
	reads int
}

func (s *countingStore) Get(ctx context.Context, name string) ([]byte, error) {
	s.reads++
	return s.Store.Get(ctx, name)
}

func TestJournal_BoundsWhatItReads(t *testing.T) {
	s := &countingStore{Store: changetest.NewStore()}
	l, j := shelf(1), change.NewJournal(s, nil, nil)
	oldest := ""
	e := change.Make(library.ItemObject, "BOOK9999", library.Data{"title": "x"})
	for i := range 201 {
		p, err := change.New(group, "update_items", "t", alice, []change.Edit{e}, time.Now().Add(time.Duration(i)*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			oldest = p.ID
		}
		if _, err := j.Run(t.Context(), l, p, alice); err != nil {
			t.Fatal(err)
		}
	}
	p, err := j.List(t.Context(), group, time.Time{}, change.MaxLatest-1, 10)
	if err != nil || len(p.Receipts) != 1 || p.Total != change.MaxLatest || !p.More {
		t.Errorf("%d of %d, more %v, %v", len(p.Receipts), p.Total, p.More, err)
	}
	s.reads = 0
	if found, err := j.Find(t.Context(), group, oldest); err != nil || found.ID != oldest || s.reads > 2*change.MaxLatest+2 {
		t.Errorf("%+v after %d reads, %v", found, s.reads, err)
	}
	s.reads = 0
	if found, err := j.Find(t.Context(), group, p.Receipts[0].ID); err != nil || found.Receipt == nil || s.reads > 2*change.MaxLatest+2 {
		t.Errorf("%+v after %d reads, %v", found, s.reads, err)
	}
	if _, err := j.Find(t.Context(), group, strings.Repeat("0", 26)); library.CodeOf(err) != library.NotFound {
		t.Errorf("no receipt: %v", err)
	}
	if _, err := j.LastOf(t.Context(), []library.ID{group}, alice.Subject); library.CodeOf(err) != library.NotFound {
		t.Errorf("the change before the last %d is looked at: %v", change.MaxLatest, err)
	}
}

func TestJournal_SaysWhatIsUndone(t *testing.T) {
	l, j := shelf(1), change.NewJournal(changetest.NewStore(), nil, nil)
	undone := func() (all []bool) {
		p, err := j.List(t.Context(), group, time.Time{}, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Receipts {
			all = append(all, r.Undone)
			if found, err := j.Find(t.Context(), group, r.ID); err != nil || found.ID != r.ID || found.Undone != r.Undone {
				t.Errorf("found %+v, %v", found, err)
			}
		}
		return all
	}
	r, err := j.Run(t.Context(), l, retitle(t, l, 1), alice)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]bool{{false}, {false, true}, {false, true, false}} {
		if got := undone(); !cmp.Equal(got, want) {
			t.Errorf("undone %v, want %v", got, want)
		}
		time.Sleep(2 * time.Millisecond) // another ID
		r = takeBack(t, j, l, r)
	}
}

func TestJournal_SealsReceipts(t *testing.T) {
	s := changetest.NewStore()
	l, j := shelf(1), change.NewJournal(s, newSealer(1), nil)
	r, err := j.Run(t.Context(), l, retitle(t, l, 1), alice)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := j.Get(t.Context(), group, r.ID); err != nil || !got.Complete || got.By != alice || got.Outcomes[0].Status != library.EditDone {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := change.NewJournal(s, newSealer(2), nil).Get(t.Context(), group, r.ID); library.CodeOf(err) != library.Unavailable {
		t.Errorf("under another key: %v", err)
	}
	if _, err := j.Get(t.Context(), library.Local, r.ID); library.CodeOf(err) != library.NotFound {
		t.Errorf("in another library: %v", err)
	}
	lib, id, err := change.ParseName(r.Name())
	if err != nil || lib != group || id != r.ID {
		t.Errorf("%s %s %v", lib, id, err)
	}
	for _, s := range []string{"", r.ID, "group:4711/BOOK0001", r.Name() + "0", "group:4711/../" + r.ID} {
		if _, _, err := change.ParseName(s); library.CodeOf(err) != library.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	}
}
