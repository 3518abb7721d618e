package index_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// TestSearch_CreatorFilter compares names as people write them.
func TestSearch_CreatorFilter(t *testing.T) {
	s := shelf{}
	for i, c := range []library.Creator{
		{Given: "Bruno", Family: "Latour"}, {Given: "B.", Family: "Latour"}, {Given: "J. D.", Family: "Watson"}, {Given: "JD", Family: "Watson"},
		{Given: "James Dewey", Family: "Watson"}, {Given: "Beatrice", Family: "Latimer"}, {Given: "Jean-Paul", Family: "Sartre"},
		{Name: "Department of Health and Human Services"}, {Name: "UN Women"},
		{Given: "JRR", Family: "Tolkien"},
	} {
		it := work(i + 1)
		it.Creators = []library.Creator{c, {Given: "Ludwig", Family: "Other"}}
		s.put(index.Document{Item: it})
	}
	x := memory(t, s)
	for creator, want := range map[string]int{
		"Latour": 2, "latour": 2, "Bruno Latour": 2, "Latour, Bruno": 2, "B. Latour": 2, "Latour, B.": 2, "Latour B": 2, "B Latour": 2,
		"Latour et al.": 2, "Latour et al": 2, "B. Latour, et al.": 2, "Latour and others": 2, "Latour u. a.": 2,
		"Carl Latour": 0, "C. Latour": 0, "Bruno": 1, "B. L.": 0, "Latour & Other": 2, "Latour and Other": 2, "Latour; Other, L.": 2,
		"Latour and Watson": 0, "Watson JD": 3, "J. D. Watson": 3, "J.D. Watson": 3, "James Watson": 3, "James D. Watson": 3, "Watson, James Dewey": 3,
		"J.-P. Sartre": 1, "Sartre JP": 1, "Department of Health and Human Services": 1, "UN Women": 1, "J. R. R. Tolkien": 1, "Tolkien JRR": 1, "Tolkien JRX": 0, "Tolkien, John": 1,
		"et al.": 0, "...": 0, "Ludwig Latour": 0,
	} {
		r := search(t, x, library.Query{Creator: creator})
		if r.Total != want {
			t.Errorf("%q: %d works %s, want %d", creator, r.Total, keys(r), want)
		}
	}
}
