package pages

import (
	"strings"
	"testing"
)

// show writes segments with brackets around the marked ones.
func show(segments []segment) string {
	var b strings.Builder
	for _, s := range segments {
		if s.Mark {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestMarked(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"light", "White light, Lights and lightning.", "White [light], [Lights] and [lightning]."},
		{"light", "A slight delight.", "A slight delight."},
		{"operator AND tag:naïve -other NOT", "naive operators, other AND", "[naive] [operators], other AND"},
		{`"random walk" in:notes`, "Random walks in notes", "[Random] [walks] in notes"},
		{"has:text walk", "A walk in the text", "A [walk] in the text"},
		{"of", "of it", "of it"},
		{"光学", "光学 について", "[光学] について"},
		{"cat", "category cat", "category [cat]"},
		{"cell", "cellular-cells celluloses", "[cellular]-[cells] celluloses"},
		{"", "nothing", "nothing"},
		{"x", "", ""},
	} {
		if got := show(marked(c.text, queryWords(c.query))); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.query, c.text, got, c.want)
		}
	}
}

func TestMarkedPassage(t *testing.T) {
	for _, c := range []struct{ text, passage, want string }{
		{"One two\n three. Four", "two three.", "One [two\n three.] Four"},
		{"One two three", "…two three…", "One [two three]"},
		{"a b c d e f g", "b c d e f g h i", "a [b c d e f g]"},
		{"a b c", "b c d e", "a b c"},
		{"a b c d e", "a b c d e f", "a b c d e"},
		{"light here", "not there", "[light] here"},
		{"light", "", "[light]"},
		{"two one two", "one two", "two [one two]"},
	} {
		if got := show(markedPassage(c.text, c.passage, []string{"light"})); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.passage, c.text, got, c.want)
		}
	}
}

func FuzzMarked(f *testing.F) {
	f.Add("White light", "light of", "light")
	f.Add("光学 について\n", "について", "光学")
	f.Fuzz(func(t *testing.T, text, passage, query string) {
		for _, segments := range [][]segment{marked(text, queryWords(query)), markedPassage(text, passage, queryWords(query))} {
			var whole strings.Builder
			for _, s := range segments {
				whole.WriteString(s.Text)
			}
			if whole.String() != text {
				t.Errorf("%q became %q", text, whole.String())
			}
		}
	})
}

func TestNewChart(t *testing.T) {
	c := newChart(&searchCounts{Year: map[string]int{"2000-2009": 4, "1990-1999": 2, "-10": 1}})
	var names []string
	for _, b := range c.Bars {
		names = append(names, b.Name)
	}
	if strings.Join(names, " ") != "-10 1990-1999 2000-2009" || c.Width != 180 || !strings.Contains(c.Label, "1990-1999: 2") {
		t.Errorf("chart: %+v", c)
	}
	if c.Bars[2].Height != barMost || c.Bars[1].Height != barMost/2 || c.Bars[2].Y != barTop || c.Bars[1].Y+c.Bars[1].Height != barTop+barMost {
		t.Errorf("bars: %+v", c.Bars)
	}
	if newChart(nil) != nil || newChart(&searchCounts{Year: map[string]int{"2000": 9}}) != nil {
		t.Error("a chart of one bar")
	}
	if c := newChart(&searchCounts{Year: map[string]int{"1": 1, "2": 1000}}); c.Bars[0].Height != 1 {
		t.Errorf("a bar that is not seen: %+v", c.Bars[0])
	}
}

func TestYears(t *testing.T) {
	for name, want := range map[string][2]int{"1990": {1990, 1990}, "1990-1999": {1990, 1999}, "-44": {-44, -44}} {
		if from, to := years(name); [2]int{from, to} != want {
			t.Errorf("%s: %d to %d", name, from, to)
		}
	}
}
