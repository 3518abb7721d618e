package index_test

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// TestSearch_DoesNotCountBegunWords asks for words that begin others.
func TestSearch_DoesNotCountBegunWords(t *testing.T) {
	s := vocabulary("The art of painting", "Artefacts of bronze", "Articles on painting", "A mathematical theory", "Mathematics of bronze")
	x := memory(t, s)
	for _, c := range []struct {
		text    string
		mode    library.Mode
		total   int
		similar int
		to      []string
	}{
		{text: "art", total: 1, similar: 2},
		{text: "art", mode: library.ModeExact, total: 1},
		{text: "art*", total: 3},
		{text: "art.", total: 1},
		{text: "the", total: 1},
		{text: "painting art", total: 1, similar: 0},
		{text: "bronze art", total: 0},
		{text: "mathem", total: 2, to: []string{"mathem*"}},
		{text: "mathem", mode: library.ModeExact, total: 0},
		{text: "mathem*", mode: library.ModeExact, total: 2},
		{text: "bronze mathem", total: 1, to: []string{"mathem*"}},
	} {
		r := search(t, x, library.Query{Text: c.text, Mode: c.mode})
		similar := 0
		for _, h := range r.Hits {
			if h.Similar {
				similar++
			}
		}
		var to []string
		for _, w := range r.Corrections {
			to = append(to, w.To)
		}
		if r.Total != c.total || similar != c.similar || !slices.Equal(to, c.to) {
			t.Errorf("%q %s: %d works and %d similar ones, corrected to %q, want %d, %d, %q", c.text, c.mode, r.Total, similar, to, c.total, c.similar, c.to)
		}
	}
}
