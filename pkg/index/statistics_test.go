package index_test

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// gather returns the statistics of several indexes together.
func gather(t testing.TB, indexes []*index.Index, q library.Query) *library.Statistics {
	t.Helper()
	return library.GatherStatistics(q, func(q library.Query) (all []*library.Statistics) {
		for _, x := range indexes {
			st, err := x.Statistics(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, st)
		}
		return all
	}, func(q library.Query) (all []library.Feedback) {
		for _, x := range indexes {
			works, err := x.Feedback(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, works...)
		}
		return all
	})
}

// TestStatistics_SplitIndexes splits works over indexes: scored by the sum of
// their statistics, they have the order and scores of one index.
func TestStatistics_SplitIndexes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	all := sample(300, 20_000)
	one := memory(t, all)
	parts := []shelf{{}, {}, {}}
	for i, d := range all.documents() {
		parts[i*7%3].put(d)
	}
	var indexes []*index.Index
	for _, p := range parts {
		indexes = append(indexes, memory(t, p))
	}
	title := all[keyOf(7)].Item.Title()
	long, expanded := strings.Join(queriesFrom(all, 80), " "), 0
	for _, text := range append(queriesFrom(all, 60), "ba", "ce da", `"ba" ce`, `"`+title+`"`, `"`+title+` xx"`, "ba* ce* xx", long, "title:"+title, keyOf(7), "@"+keyOf(7), "-ba", "@none") {
		sum := gather(t, indexes, library.Query{Text: text})
		var got []index.Hit
		total, notices := 0, []string(nil)
		for _, x := range indexes {
			r := search(t, x, library.Query{Text: text, Limit: 20, Statistics: sum})
			got, total, notices = append(got, r.Hits...), total+r.Total, r.Notices
		}
		slices.SortFunc(got, func(a, b index.Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Key, b.Key)) })
		want := search(t, one, library.Query{Text: text, Limit: 20})
		if total != want.Total || !slices.Equal(notices, want.Notices) {
			t.Errorf("%.40q: total %d, want %d; notices %q, want %q", text, total, want.Total, notices, want.Notices)
		}
		if !reflect.DeepEqual(sum.Added, want.Statistics.Added) {
			t.Errorf("%q: %v are added, want %v", text, sum.Added, want.Statistics.Added)
		}
		expanded += min(len(sum.Added), 1)
		for i, h := range want.Hits {
			if !slices.Equal(got[i].Lacks, h.Lacks) {
				t.Errorf("%.40q: %s lacks %q, want %q", text, h.Key, got[i].Lacks, h.Lacks)
			}
			if got[i].Key != h.Key || got[i].Score != h.Score {
				t.Fatalf("%q: hit %d is %s with %v, want %s with %v", text, i, got[i].Key, got[i].Score, h.Key, h.Score)
			}
		}
	}
	if expanded < 10 {
		t.Errorf("words are added to %d queries", expanded)
	}
}
