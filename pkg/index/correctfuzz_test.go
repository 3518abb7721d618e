package index

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// FuzzCorrect corrects words of a query by a title, and checks that what it says
// is in the title and as near as it says.
func FuzzCorrect(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s)
	}
	for _, pair := range [][2]string{
		{"The experiments of Galvani", "experimnets galvnai"}, {"Müller über Größen", "Mueler ubre Grossen"}, {"История городов", "Историа горлдов"},
		{"bbbbbbbbbbbb", strings.Repeat("b", 40)}, {"aaaa bbbb cccc dddd", "aaax bbbx cccx dddx eeee ffff gggg hhhh iiii jjjj"}, {"café", "cafè"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, title, query string) {
		it := &library.Item{ID: library.ItemID{Key: "KEY22222"}, Fields: map[string]string{"title": title}}
		src := fixed{it, nil}
		x, err := New(src).With(t.Context(), src, []Document{{Item: it}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Search(t.Context(), library.Query{Text: query, Limit: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Corrections) > library.MaxCorrected*library.MaxSpellings {
			t.Errorf("%d corrections", len(r.Corrections))
		}
		a := newAnalyzer()
		for _, c := range r.Corrections {
			if !correctable([]byte(c.To)) || a.formOf(c.To).term == a.formOf(c.From).term {
				t.Errorf("%q is corrected to %q", c.From, c.To)
			}
			from := a.formOf(c.From).text
			if d := damerau([]rune(from), []rune(c.To)); d < 1 || d > int(errorsOf(from)) {
				t.Errorf("%q and %q have the distance %d", from, c.To, d)
			}
		}
		if st := r.Statistics; st != nil {
			again, err := x.Search(t.Context(), library.Query{Text: query, Limit: 1, Statistics: st}, nil)
			if err != nil || again.Total != r.Total || len(again.Corrections) != len(r.Corrections) {
				t.Errorf("total %d, then %d, %v", r.Total, again.Total, err)
			}
			if _, err := library.ParseStatistics(st.AppendBinary(nil)); err != nil {
				t.Error(err)
			}
		}
		if _, err := x.Nearest(t.Context(), library.TagName, query); err != nil {
			t.Error(err)
		}
		if _, err := x.Nearest(t.Context(), library.CreatorName, query); err != nil {
			t.Error(err)
		}
	})
}

// damerau returns the number of letters missing, added, wrong or swapped between
// two words (optimal string alignment).
func damerau(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			wrong := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				wrong++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

// TestNeighbours compares the automaton with the plain computation.
func TestNeighbours(t *testing.T) {
	words := []string{"latour", "latuor", "latoru", "altour", "latur", "lattour", "latoux", "batour", "latours", "lotuar", "katoor", "mueller", "müler", "experiment", "experimnet", "exprimnet", "xperimnetn", "история", "исторяи"}
	for _, word := range words {
		steps := maxSteps
		near, err := neighboursOf(word, &steps)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range words {
			want := damerau([]rune(word), []rune(other))
			ok, distance := near.MatchAndDistance(other)
			if ok != (want <= int(errorsOf(word))) || ok && int(distance) != want {
				t.Errorf("%q, %q: %v, distance %d, want %d", word, other, ok, distance, want)
			}
		}
	}
}
