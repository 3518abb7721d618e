package index_test

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// everyThird returns works of which every third has a text.
func everyThird(works int) shelf {
	s := shelf{}
	for n := 1; n <= works; n++ {
		d := index.Document{Item: work(n, "title", "Common words")}
		if n%3 == 0 {
			d = withPages(n, "Words of a text.")
		}
		d.Item.ParsedDate = []string{"1901", "1902"}[n%2]
		s.put(d)
	}
	return s
}

// TestHasText_LeavesOutWorksWithoutText compares totals, pages and counts, of files
// and of segments in memory.
func TestHasText_LeavesOutWorksWithoutText(t *testing.T) {
	s := everyThird(90)
	dir := t.TempDir()
	for name, x := range map[string]*index.Index{"in memory": memory(t, s), "of files": opened(t, dir, onDisk(t, dir, s), s)} {
		for _, q := range []library.Query{{}, {Text: "words"}, {Sort: library.SortTitle}, {Text: "words", Sort: library.SortDate}, {Text: "has:text"}, {Text: "has:text words"}} {
			if q.HasText, q.Limit = q.Text == "" || q.Text == "words", 7; q.HasText {
				if all := search(t, x, library.Query{Text: q.Text}); all.Total != 90 {
					t.Errorf("%s: %d works without the filter", name, all.Total)
				}
			}
			seen := map[string]bool{}
			for more := true; more && len(seen) <= 30; {
				r := search(t, x, q)
				if r.Total != 30 || len(r.Hits) == 0 {
					t.Fatalf("%s: %+v: %d hits of %d", name, q, len(r.Hits), r.Total)
				}
				for _, n := range numbers(r) {
					if n%3 != 0 {
						t.Errorf("%s: %+v: work %d has no text", name, q, n)
					}
				}
				for _, h := range r.Hits {
					seen[h.Key] = true
				}
				last := r.Hits[len(r.Hits)-1]
				q.After, more = &library.Position{Score: last.Score, Value: last.Value, Key: last.Key}, r.More
			}
			if len(seen) != 30 {
				t.Errorf("%s: %+v: %d works on all pages", name, q, len(seen))
			}
			q.After = nil
			counts, err := x.Counts(t.Context(), q, nil)
			if err != nil || counts.Works != 30 || !slices.Equal(counts.Years, []library.YearCount{{Year: 1902, Works: 15}, {Year: 1901, Works: 15}}) {
				t.Errorf("%s: %+v: %+v, %v", name, q, counts, err)
			}
		}
	}
}

// TestHasText_FollowsUpdates gives a text to a work, and takes it away.
func TestHasText_FollowsUpdates(t *testing.T) {
	s := shelves()
	x := memory(t, s)
	for _, step := range []struct {
		put  index.Document
		want []int
	}{
		{withPages(3, "", "Words."), []int{1, 3}},
		{withPages(5, " \n", "\t"), []int{1, 3}},
		{index.Document{Item: work(1, "title", "Without its text")}, []int{3}},
		{withPages(1, "And with one."), []int{1, 3}},
	} {
		s.put(step.put)
		x = update(t, x, s, []index.Document{step.put})
		for _, q := range []library.Query{{HasText: true}, {Text: "has:text"}} {
			if got := numbers(search(t, x, q)); !slices.Equal(got, step.want) {
				t.Errorf("%+v: works %v, want %v", q, got, step.want)
			}
		}
	}
	if got := numbers(search(t, x, library.Query{Text: "Untitled", HasText: true, YearFrom: 1})); len(got) != 0 {
		t.Errorf("with a year that they lack: works %v", got)
	}
	x = update(t, x, s, nil, keyOf(1), keyOf(3))
	if r := search(t, x, library.Query{HasText: true}); r.Total != 0 {
		t.Errorf("%d works, all of them removed", r.Total)
	}
	if r := search(t, x, library.Query{Text: "NOT has:text"}); r.Total != 3 {
		t.Errorf("%d works without text, want 3", r.Total)
	}
}

// BenchmarkHasText searches works of which every third has text. The same without the
// filter is its yardstick.
func BenchmarkHasText(b *testing.B) {
	s := everyThird(scaled(30_000))
	x := memory(b, s)
	for name, q := range map[string]library.Query{
		"words": {Text: "words", Limit: 20}, "words with text": {Text: "words", HasText: true, Limit: 20}, "words and has:text": {Text: "has:text words", Limit: 20},
		"all": {Limit: 20}, "all with text": {HasText: true, Limit: 20},
	} {
		b.Run(name, func(b *testing.B) { measure(b, x, []library.Query{q}) })
	}
}
