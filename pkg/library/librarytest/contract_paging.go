package librarytest

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// following returns the query of the page after got, and whether there is one.
// It is the one place of the contract that knows how pages follow each other.
func following(q library.Query, got library.Page[library.Hit]) (library.Query, bool) {
	if len(got.Items) == 0 {
		return q, false
	}
	last, taken := got.Items[len(got.Items)-1], len(got.Items)
	if q.After != nil {
		taken += q.After.Taken
	}
	q.After = &library.Position{Score: last.Score, Value: last.Value, Key: last.Item.ID.Key, Taken: taken}
	if got.Statistics != nil {
		q.Statistics = got.Statistics
	}
	return q, got.More
}

// misplaced returns the query of a page before the first.
func misplaced() library.Query {
	return library.Query{After: &library.Position{Taken: -1}, Limit: 1}
}

// walk returns every hit of a query, in pages of q.Limit, and checks that each
// page gives the same total and that all pages together hold that many works that
// meet the query.
func walk(t *testing.T, r library.Reader, q library.Query) []library.Hit {
	t.Helper()
	var all []library.Hit
	seen := map[library.ItemID]bool{}
	total := 0
	for more := true; more; {
		got, err := r.Search(t.Context(), q)
		if err != nil {
			t.Fatalf("%+v: %v", q, err)
		}
		if len(all) > 0 && got.Total != total {
			t.Errorf("%+v: total %d after %d", q, got.Total, total)
		}
		total = got.Total
		for _, h := range got.Items {
			if seen[h.Item.ID] {
				t.Errorf("%+v: %v is on two pages", q, h.Item.ID)
			}
			seen[h.Item.ID] = true
		}
		all = append(all, got.Items...)
		q, more = following(q, got)
	}
	if n := len(meeting(all)); n != total {
		t.Errorf("%+v: pages hold %d works of %d", q, n, total)
	}
	return all
}

func testPaging(t *testing.T, r library.Reader) {
	for _, sort := range library.Sorts() {
		for _, text := range []string{"", "study"} {
			for _, limit := range []int{35, 100} {
				if got := walk(t, r, library.Query{Text: text, Sort: sort, Limit: limit}); len(got) != 130 {
					t.Errorf("%s %q in pages of %d: %d works, want 130", sort, text, limit, len(got))
				}
			}
		}
	}
	testDateOrders(t, r)
	filtered := library.Query{Text: "study", TagsAny: []string{"tag-03", "tag-04"}, YearFrom: 1900, Limit: 4}
	if got := walk(t, r, filtered); len(got) != 12 {
		t.Errorf("words and filters: %d works, want 12", len(got))
	}
	testTagPaging(t, r)
	testChangePaging(t, r)
}

// testDateOrders checks that works come in the order of their dates, either way.
func testDateOrders(t *testing.T, r library.Reader) {
	for sort, sign := range map[library.Sort]int{library.SortDate: -1, library.SortDateAsc: 1} {
		all := walk(t, r, library.Query{Sort: sort, Limit: 40})
		for i := 1; i < len(all); i++ {
			if a, b := all[i-1].Item.ParsedDate, all[i].Item.ParsedDate; a != b && (a < b) != (sign > 0) {
				t.Errorf("%s: %s before %s", sort, a, b)
			}
		}
	}
}

// testTagPaging checks that pages of tags are complete and disjoint.
func testTagPaging(t *testing.T, r library.Reader) {
	var names []string
	for offset := 0; offset < 40; offset += 7 {
		got, err := r.Tags(t.Context(), library.TagQuery{Offset: offset, Limit: 7})
		if err != nil || got.Total != 25 {
			t.Errorf("tags at %d: total %d, want 25, %v", offset, got.Total, err)
		}
		for _, tag := range got.Items {
			names = append(names, tag.Name)
		}
	}
	slices.Sort(names)
	if n := len(slices.Compact(names)); n != 25 || len(names) != 25 {
		t.Errorf("%d tags, %d of them different, want 25", len(names), n)
	}
}

// testChangePaging checks that pages of changes are complete and disjoint.
func testChangePaging(t *testing.T, r library.Reader) {
	seen := map[string]bool{}
	for offset := 0; offset < 200; offset += 40 {
		got, err := r.Changes(t.Context(), library.ChangeQuery{Offset: offset, Limit: 40})
		if err != nil || got.Total != 130 {
			t.Errorf("changes at %d: total %d, want 130, %v", offset, got.Total, err)
		}
		for _, c := range got.Items {
			if seen[c.Key] {
				t.Errorf("the change of %s is on two pages", c.Key)
			}
			seen[c.Key] = true
		}
	}
	if len(seen) != 130 {
		t.Errorf("%d works changed, want 130", len(seen))
	}
}
