package index_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// numbers returns the works of an answer by their number, in order of number.
func numbers(r index.Result) []int {
	out := []int{}
	for _, h := range r.Hits {
		for n := 1; n < 100; n++ {
			if keyOf(n) == h.Key {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestSearch_Operators(t *testing.T) {
	x := memory(t, shelves())
	tests := []struct {
		text string
		want []int
	}{
		{"species OR entropy", []int{1, 2}},
		{"species | entropy | xylophone", []int{1, 2}},
		{"classics NOT Shannon", []int{1}},
		{"classics -Shannon", []int{1}},
		{"classics -darwin -shannon", []int{}},
		{`classics -"natural selection"`, []int{2}},
		{"classics NOT (shannon entropy)", []int{1}},
		{"classics NOT (darwin entropy)", []int{1, 2}},
		{"theory AND entropy", []int{2}},
		{"theory AND species", []int{}},
		{"(species OR entropy) AND classics AND NOT darwin", []int{2}},
		{"natural selection OR mathematical theory", []int{1, 2}},
		{"evolut*", []int{1, 5}},
		{"evolut* AND species", []int{1}},
		{"mathem* theory", []int{2}},
		{"author:Darwin", []int{1}},
		{"author:King", []int{3, 5}},
		{`author:"Ada King"`, []int{3}},
		{"author:(Darwin OR Müller)", []int{1, 3}},
		{"author:Lovel*", []int{5}},
		{"author:Darwin title:science", []int{}},
		{"author:Darwin title:species", []int{1}},
		{"title:selection", []int{}},
		{"abstract:selection", []int{1}},
		{"note:boltzmann", []int{2}},
		{"annotation:gradient", []int{4}},
		{"fulltext:naturalist", []int{1}},
		{"title:naturalist", []int{}},
		{"fulltext:species", []int{1}},
		{"fulltext:entropy", []int{}},
		{`title:"mathematical theory"`, []int{2}},
		{`abstract:"mathematical theory"`, []int{}},
		{"tag:classics", []int{1, 2}},
		{`tag:"information theory"`, []int{2}},
		{"tag:information", []int{2}},
		{"journal:bell", []int{2}},
		{`journal:"Bell System Technical Journal"`, []int{2}},
		{"journal:species", []int{}},
		{"year:1948", []int{2}},
		{"year:1850-1950", []int{1, 2}},
		{"year:>=1948", []int{2, 3, 4}},
		{"year:<1948", []int{1, 5}},
		{"classics 1900-1950", []int{2}},
		{"type:book", []int{1}},
		{"type:article", []int{2, 3, 5}},
		{"type:JournalArticle -entropy", []int{3, 5}},
		{"doi:10.1002/j.1538-7305.1948.tb01338.x", []int{2}},
		{"isbn:0-14-043205-1", []int{1}},
		{"key:Darwin1859", []int{1}},
		{"key:darwin1859 OR key:zhou2023", []int{1, 4}},
		{"in:notes entropy", []int{2}},
		{"in:notes capacity", []int{}},
		{"in:notes,abstract capacity entropy", []int{2}},
		{"has:text", []int{1}},
		{"has:text classics", []int{1}},
		{"has:text entropy", []int{}},
		{"classics -has:text", []int{2}},
		{"NOT has:text", []int{2, 3, 4, 5}},
		{"has:text OR type:preprint", []int{1, 4}},
		{"entropy OR species has:text", []int{1}},
		{"entropy OR (species has:text)", []int{1, 2}},
		{"NOT classics", []int{3, 4, 5}},
		{"-classics -type:preprint", []int{3, 5}},
		{"NOT NOT classics", []int{1, 2}},
		{"author:机器 OR 周志华", []int{4}},
	}
	for _, tc := range tests {
		t.Run(tc.text, func(t *testing.T) {
			r := search(t, x, library.Query{Text: tc.text})
			if got := numbers(r); !slices.Equal(got, tc.want) || r.Total != len(got) {
				t.Errorf("total %d of %v, want %v", r.Total, got, tc.want)
			}
			if len(r.Notices) > 0 {
				t.Errorf("notices %q", r.Notices)
			}
			if (r.Unmet != "") != (len(tc.want) == 0) {
				t.Errorf("unmet %q", r.Unmet)
			}
			for _, h := range r.Hits {
				if h.Lacks != nil {
					t.Errorf("%s lacks %q", h.Key, h.Lacks)
				}
			}
		})
	}
}

func TestSearch_RangeOfYearsIsAlsoWords(t *testing.T) {
	s := shelves()
	it := work(10, "title", "The Great War, 1914-1918")
	it.ParsedDate = "1990"
	s.put(index.Document{Item: it})
	it = work(11, "title", "A war poem")
	it.ParsedDate = "1916"
	s.put(index.Document{Item: it})
	if got := numbers(search(t, memory(t, s), library.Query{Text: "war 1914-1918"})); !slices.Equal(got, []int{10, 11}) {
		t.Errorf("got %v", got)
	}
}

// TestSearch_WithoutWordsLastAddedFirst has queries that no word can order.
func TestSearch_WithoutWordsLastAddedFirst(t *testing.T) {
	x := memory(t, shelves())
	r := search(t, x, library.Query{Text: "NOT xylophone"})
	if got, want := keys(r), fmt.Sprint([]string{keyOf(4), keyOf(2), keyOf(1), keyOf(3), keyOf(5)}); got != want || r.Total != 5 {
		t.Errorf("got %v, want %v", got, want)
	}
	for i, h := range r.Hits {
		if h.Score >= 1 || i > 0 && h.Score > r.Hits[i-1].Score {
			t.Errorf("score %v", h.Score)
		}
	}
}

func TestSearch_MarksWhatWorksLack(t *testing.T) {
	x := memory(t, shelves())
	tests := []struct {
		text  string
		total int
		lacks map[int][]string // of the works listed; nil if the work meets the query
	}{
		{"species entropy", 0, map[int][]string{1: {"entropy"}, 2: {"species"}}},
		{"Natural Selection Entropy", 0, map[int][]string{1: {"Entropy"}, 2: {"Natural", "Selection"}}},
		{"mathem* zebra", 0, map[int][]string{5: {"mathem*"}}},
		{"natural selection diversity", 1, map[int][]string{1: nil}},
		{"the origin of the species", 1, map[int][]string{1: nil}},
		{"origins of explaining", 1, map[int][]string{1: nil}},
		{"naturalist struggle", 1, map[int][]string{1: nil}}, // of two passages
		{"xylophone", 0, map[int][]string{}},
		{"shannon xylophone", 0, map[int][]string{2: {"xylophone"}}},
		{"classics xylophone marimba vibraphone", 0, map[int][]string{}},
		{`"natural selection" entropy`, 0, map[int][]string{1: {"entropy"}}},
		{`"species of origin"`, 0, map[int][]string{1: {`"species of origin"`}}},
	}
	for _, tc := range tests {
		t.Run(tc.text, func(t *testing.T) {
			r := search(t, x, library.Query{Text: tc.text + "."})
			if r.Total != tc.total || len(r.Hits) != len(tc.lacks) {
				t.Errorf("total %d of %v, want %d", r.Total, numbers(r), tc.total)
			}
			for _, h := range r.Hits {
				for n, lacks := range tc.lacks {
					if h.Key == keyOf(n) && !slices.Equal(h.Lacks, lacks) {
						t.Errorf("%d lacks %q, want %q", n, h.Lacks, lacks)
					}
				}
			}
			if (r.Unmet != "") != (tc.total == 0) {
				t.Errorf("unmet %q", r.Unmet)
			}
		})
	}
}

// TestSearch_ListsByTheWeightOfWhatIsThere asks for two words of which no work has
// both: zebra (2 of 40 works) weighs .57 of zebra and lion (4 works), and river
// (18 works) less than two fifths of either pair.
func TestSearch_ListsByTheWeightOfWhatIsThere(t *testing.T) {
	s := shelf{}
	for n := 1; n <= 40; n++ {
		title := "filler"
		switch {
		case n <= 2:
			title = "zebra"
		case n <= 6:
			title = "lion"
		case n <= 24:
			title = "river"
		}
		s.put(index.Document{Item: work(n, "title", title)})
	}
	x := memory(t, s)
	for text, want := range map[string]int{"zebra lion.": 6, "zebra river.": 2, "lion river.": 4} {
		if r := search(t, x, library.Query{Text: text, Limit: 100}); r.Total != 0 || len(r.Hits) != want {
			t.Errorf("%q: %d works listed, want %d", text, len(r.Hits), want)
		}
	}
}

// TestSearch_OtherOrdersListWhatMeetsTheQuery sorts by date: works that lack words
// would stand among the others.
func TestSearch_OtherOrdersListWhatMeetsTheQuery(t *testing.T) {
	x := memory(t, shelves())
	for _, sort := range []library.Sort{library.SortDate, library.SortTitle, library.SortAdded} {
		if r := search(t, x, library.Query{Text: "species entropy.", Sort: sort}); len(r.Hits) != 0 || r.Total != 0 || r.More {
			t.Errorf("%s: %+v", sort, r)
		}
		if r := search(t, x, library.Query{Text: "natural selection.", Sort: sort}); len(r.Hits) != 1 || r.Total != 1 {
			t.Errorf("%s: %+v", sort, r)
		}
	}
}

// TestSearch_LongTextNeedsMostOfItsWeight has a text of more than twelve words.
func TestSearch_LongTextNeedsMostOfItsWeight(t *testing.T) {
	x := memory(t, shelves())
	text := "origin species natural selection explains diversity life Darwin classics evolution board Beagle naturalist"
	for words, want := range map[string]int{"": 1, " xylophone marimba": 1, " xylophone marimba vibraphone glockenspiel celesta carillon": 0} {
		r := search(t, x, library.Query{Text: text + words + "."})
		if r.Total != want || len(r.Hits) != 1 || (r.Hits[0].Lacks == nil) != (want == 1) {
			t.Errorf("%q: total %d, %+v", words, r.Total, r.Hits)
		}
	}
	twelve := strings.Join(strings.Fields(text)[:11], " ") + " xylophone."
	if r := search(t, x, library.Query{Text: twelve}); r.Total != 0 || len(r.Hits) != 1 {
		t.Errorf("of twelve words one is lacking: total %d", r.Total)
	}
}

func TestSearch_RelaxesPhrases(t *testing.T) {
	s := shelf{}
	s.put(index.Document{Item: work(1, "title", "Actor network theory")})
	s.put(index.Document{Item: work(2, "title", "Theory of the network of an actor", "abstractNote", "actor theory network theory")})
	s.put(index.Document{Item: work(3, "title", "Networks")})
	x := memory(t, s)
	for _, tc := range []struct {
		text    string
		want    []int
		total   int
		relaxed bool
	}{
		{`"actor network theory"`, []int{1}, 1, false},
		{`"actor network theories"`, []int{1}, 1, false},
		{`"actor network teory"`, []int{1, 2}, 0, true},
		{`"xylophone marimba"`, []int{}, 0, true},
		{`"actor network" "theory of the"`, []int{}, 0, false},
	} {
		r := search(t, x, library.Query{Text: tc.text})
		if got := numbers(r); !slices.Equal(got, tc.want) || r.Total != tc.total {
			t.Errorf("%s: total %d of %v, want %d of %v", tc.text, r.Total, got, tc.total, tc.want)
		}
		notices := slices.DeleteFunc(r.Notices, func(n string) bool { return strings.Contains(n, "corrected") })
		if relaxed := len(notices) == 1 && strings.Contains(notices[0], "no work has a phrase"); relaxed != tc.relaxed || len(notices) > 1 {
			t.Errorf("%s: notices %q", tc.text, r.Notices)
		}
		if tc.relaxed && len(r.Hits) > 0 && (r.Hits[0].Key != keyOf(1) || !slices.Contains(r.Hits[0].Lacks, tc.text)) {
			t.Errorf("%s: %s first, lacks %q", tc.text, r.Hits[0].Key, r.Hits[0].Lacks)
		}
	}
	// What another library has is required here too.
	st := &library.Statistics{Works: 10, Words: make([]library.Frequency, 3), Phrases: []int{1}}
	if r := search(t, x, library.Query{Text: `"actor network teory"`, Statistics: st}); len(r.Hits) > 0 || len(r.Notices) > 0 {
		t.Errorf("%+v", r)
	}
}

// TestSearch_PrefersPhrasesInLongTexts asks a phrase beside twelve words, and beside
// thirteen.
func TestSearch_PrefersPhrasesInLongTexts(t *testing.T) {
	words := "river delta marsh tide shore dune reef cliff cave inlet lagoon estuary"
	s := shelf{}
	s.put(index.Document{Item: work(1, "title", words+" fjord actor network theory")})
	s.put(index.Document{Item: work(2, "title", words+" fjord theory of the network of an actor")})
	x := memory(t, s)
	required := search(t, x, library.Query{Text: words + ` "actor network theory"`})
	if numbers := numbers(required); !slices.Equal(numbers, []int{1}) || len(required.Notices) > 0 {
		t.Errorf("beside twelve words: %v, notices %q", numbers, required.Notices)
	}
	preferred := search(t, x, library.Query{Text: words + ` fjord "actor network theory"`})
	if numbers := numbers(preferred); !slices.Equal(numbers, []int{1, 2}) || preferred.Total != 2 {
		t.Errorf("beside thirteen words: total %d of %v", preferred.Total, numbers)
	}
	if len(preferred.Notices) != 1 || !strings.Contains(preferred.Notices[0], "in a long text") || len(preferred.Hits[1].Lacks) > 0 {
		t.Errorf("notices %q, the second lacks %q", preferred.Notices, preferred.Hits[1].Lacks)
	}
}

func TestSearch_CountsTheWeightiestWords(t *testing.T) {
	s := shelf{}
	for n := 1; n <= 60; n++ {
		title := []string{"zebra"}
		for i := range n {
			title = append(title, fmt.Sprintf("common%d", i))
		}
		s.put(index.Document{Item: work(n, "title", strings.Join(title, " "))})
	}
	x := memory(t, s)
	var words []string
	for i := range 59 {
		words = append(words, fmt.Sprintf("common%d", i))
	}
	r := search(t, x, library.Query{Text: strings.Join(words, " ") + ".", Limit: 100})
	if len(r.Notices) != 1 || !strings.Contains(r.Notices[0], "forty") {
		t.Errorf("notices %q", r.Notices)
	}
	// Work 30 has the 30 most common words, of which the last eleven are scored.
	if r.Hits[0].Key != keyOf(59) || slices.Contains(numbers(r), 15) {
		t.Errorf("%v", numbers(r))
	}
	if r := search(t, x, library.Query{Text: strings.Join(words[:40], " ") + "."}); len(r.Notices) != 0 {
		t.Errorf("of forty words: %q", r.Notices)
	}
	if r := search(t, x, library.Query{Text: strings.Repeat("wort ", 8_001)}); len(r.Notices) != 1 || !strings.Contains(r.Notices[0], "8,000 characters") {
		t.Errorf("of a text that is too long: %q", r.Notices)
	}
}
