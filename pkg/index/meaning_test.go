package index_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// meaning is a source whose works have given cosines with any question.
type meaning struct {
	shelf
	near []index.Near
}

func (m meaning) Near(context.Context, string) ([]index.Near, string, error) { return m.near, "", nil }

// TestSearch_WhichWorksAreNearInMeaning checks the bounds of what counts as near: by the
// cosine, by that of the nearest work, and by number.
func TestSearch_WhichWorksAreNearInMeaning(t *testing.T) {
	s := shelf{}
	for i := range 200 {
		s.put(index.Document{Item: work(i, "title", fmt.Sprintf("harvest %d", i))})
	}
	cosines := func(all ...float64) (near []index.Near) {
		for i, c := range all {
			near = append(near, index.Near{Key: keyOf(i), Cosine: c})
		}
		return near
	}
	many := make([]float64, 120)
	for i := range many {
		many[i] = 0.9 - float64(i)/1000
	}
	for _, tc := range []struct {
		about string
		near  []index.Near
		want  int
	}{
		{"none", nil, 0},
		{"far", cosines(0.07), 0},
		{"near enough", cosines(0.2, 0.09, 0.07), 2},
		{"far behind the nearest", cosines(0.9, 0.28, 0.26), 2},
		{"many", cosines(many...), 50},
	} {
		m := meaning{s, tc.near}
		x, err := index.New(m).With(t.Context(), m, s.documents(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Search(t.Context(), library.Query{Text: "gletscher", Limit: 100}, nil)
		if err != nil || len(r.Hits) != tc.want || r.Total != 0 {
			t.Errorf("%s: %d works, %d count, %v, want %d", tc.about, len(r.Hits), r.Total, err, tc.want)
		}
		for i, h := range r.Hits {
			if h.Key != keyOf(i) || !h.Similar {
				t.Errorf("%s: work %d is %s, similar %v", tc.about, i, h.Key, h.Similar)
			}
		}
	}
}
