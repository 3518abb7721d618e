package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// shelves returns the small library of these tests. The comments name the
// works by their number.
func shelves() shelf {
	s := shelf{}
	add := func(it *library.Item, texts ...index.Text) { s.put(index.Document{Item: it, Texts: texts}) }

	w := work(1, "title", "On the Origin of Species", "abstractNote", "Natural selection explains the diversity of life.",
		"date", "1859", "citationKey", "Darwin1859")
	w.Type, w.ParsedDate = "book", "1859-11-24"
	w.Creators = []library.Creator{{Role: "author", Given: "Charles", Family: "Darwin"}}
	w.Tags, w.Collections = []string{"Evolution", "classics"}, []string{"COLLBIQ2"}
	w.Fields["ISBN"] = "978-0-14-043205-3"
	w.Added = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	add(w, index.Text{Attachment: "TEXTDRW2", Pages: []library.TextPage{
		{Number: 1, Label: "i", Text: "When on board H.M.S. Beagle, as naturalist, I was much struck with certain facts."},
		{Number: 2, Label: "ii", Offset: 82, Text: strings.Repeat("Filler about pigeons and their breeders. ", 60) +
			"As many more individuals of each species are born than can possibly survive, there is a frequently recurring struggle for existence. " +
			strings.Repeat("More on pigeons follows here. ", 60)},
	}})

	w = work(2, "title", "A Mathematical Theory of Communication", "abstractNote", "Entropy measures information. Channels have a capacity.",
		"publicationTitle", "Bell System Technical Journal", "DOI", "10.1002/j.1538-7305.1948.tb01338.x")
	w.ParsedDate = "1948-07"
	w.Creators = []library.Creator{{Role: "author", Given: "Claude E.", Family: "Shannon"}}
	w.Tags, w.Collections = []string{"information theory", "Classics"}, []string{"COLLMATH"}
	w.Notes = []library.Note{{Key: "NTESHNN2", Text: "Compare with thermodynamic entropy as Boltzmann had it."}}
	w.Added = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	add(w)

	w = work(3, "title", "Über die Entwicklung der Größe bei Łódź", "abstractNote", "Ein Aufsatz. Ærø og Œuvre.")
	w.Creators = []library.Creator{{Role: "author", Given: "Søren", Family: "Müller"}, {Role: "author", Given: "Ada", Family: "King"}}
	w.ParsedDate = "2001"
	add(w)

	w = work(4, "title", "机器学习与数据挖掘", "extra", "arXiv: 2301.00001v2 [cs.LG]\nCitation Key: zhou2023")
	w.Type, w.ParsedDate = "preprint", "2023-01-05"
	w.Creators = []library.Creator{{Role: "author", Name: "周志华"}}
	w.Added = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	w.Attachments = []library.Attachment{{Key: "ATTCHM22", Annotations: []library.Annotation{
		{Key: "ANNTTN22", Type: "highlight", Text: "gradient descent converges", Comment: "check the proof", Page: "12"}}}}
	add(w)

	w = work(5, "title", "Computational Organization of Libraries", "abstractNote", strings.Repeat("Nothing to see in this sentence at all. ", 30)+
		"The zebra crossed the library quickly. "+strings.Repeat("Again nothing to see in here. ", 30))
	w.Creators = []library.Creator{{Role: "author", Given: "Ada", Family: "Lovelace"}, {Role: "editor", Given: "William", Family: "King"}}
	w.ParsedDate = "-0044-03-15"
	w.Tags = []string{"Évolution"}
	add(w)
	return s
}

func TestWordsFind(t *testing.T) {
	x := memory(t, shelves())
	tests := []struct {
		name, text string
		first      int // number of the first work; 0 if none may be found
		total      int // -1 if it doesn't matter
	}{
		{"a word of the title", "species", 1, 1},
		{"the stem", "explained", 1, 1},
		{"the last word unfinished", "mathem", 2, 1},
		{"the last word unfinished past its stem", "computati", 5, 1},
		{"the last word unfinished inside an ending", "organiza", 5, 1},
		{"only the last word unfinished", "mathem zzzz", 0, 0},
		{"no unfinished word before a full stop", "mathem.", 0, 0},
		{"without diacritics", "uber grosse lodz", 3, 1},
		{"with diacritics", "ÜBER GRÖSSE ŁÓDŹ", 3, 1},
		{"composed otherwise", "U\u0308ber", 3, 1},
		{"ligatures", "aero oeuvre", 3, 1},
		{"o with stroke in a name", "soren muller", 3, 1},
		{"Chinese inside a title", "学习", 4, 1},
		{"one Chinese character as a beginning", "数", 4, 1},
		{"a Chinese name", "周志华", 4, 1},
		{"a tag", "classics", -1, 2},
		{"a journal", "bell technical", 2, 1},
		{"a year", "1859", 1, 1},
		{"a note", "boltzmann", 2, 1},
		{"an annotation", "gradient", 4, 1},
		{"an annotation's comment", "proof", 4, 1},
		{"the full text", "naturalist", 1, 1},
		{"the full text deep inside", "struggle", 1, 1},
		{"the full text, unfinished", "natural", 1, 1},
		{"a possessive", "Shannon's", 2, 1},
		{"stop words alone", "on the", -1, -1},
		{"a question", "what is the capacity of a channel?", 2, 1},
		{"nothing", "xylophone", 0, 0},
		{"no word at all", "+ - * ~ ?! ()", 0, 0},
		{"blank", "   ", 0, 0},
		{"signs as plain text", "+species /./ ~^!&", 1, 1},
		{"an unbalanced quote", `"species`, 1, 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := search(t, x, library.Query{Text: tc.text})
			if tc.total >= 0 && r.Total != tc.total {
				t.Errorf("total = %d, want %d", r.Total, tc.total)
			}
			if tc.first > 0 && (len(r.Hits) == 0 || r.Hits[0].Key != keyOf(tc.first)) {
				t.Errorf("hits = %v, want %s first", keys(r), keyOf(tc.first))
			}
			if len(r.Hits) != r.Total {
				t.Errorf("%d hits of %d", len(r.Hits), r.Total)
			}
		})
	}
}

func TestPhrasesAreRequired(t *testing.T) {
	x := memory(t, shelves())
	tests := []struct {
		name, text string
		want       []int
	}{
		{"in a title", `"origin of species"`, []int{1}},
		{"of other forms of the words", `"mathematical theories"`, []int{2}},
		{"with a word that the work lacks", `"natural selection" entropy`, []int{1}},
		{"two, both required", `"natural selection" "a capacity"`, nil},
		{"two of one work", `"natural selection" "origin of"`, []int{1}},
		{"across names", `"muller ada"`, []int{3}}, // names of a work are one text
		{"in the full text", `"struggle for existence"`, []int{1}},
		{"across passages of a page", `"pigeons and their breeders filler about pigeons"`, []int{1}},
		{"in a note", `"thermodynamic entropy"`, []int{2}},
		{"one word", `"entropy"`, []int{2}},
		{"typographic quotes", "“origin of species”", []int{1}},
		{"guillemets", "«origin of species»", []int{1}},
		{"of stop words", `"on the"`, []int{1}},
		{"Chinese", `"机器学习"`, []int{4}},
		{"empty", `""`, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := search(t, x, library.Query{Text: tc.text})
			var want []string
			for _, n := range tc.want {
				want = append(want, keyOf(n))
			}
			if got := keys(r); got != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestIdentifiersComeFirst(t *testing.T) {
	s := shelves()
	// Works full of the identifiers' words, which are not theirs.
	for n := 10; n < 30; n++ {
		s.put(index.Document{Item: work(n, "title", "10 1002 j 1538 7305 1948 tb01338 x 2301 00001 978 0 14 043205 3 darwin1859 zhou2023 "+keyOf(1))})
	}
	x := memory(t, s)
	tests := []struct {
		text string
		want int
	}{
		{"10.1002/j.1538-7305.1948.tb01338.x", 2},
		{"10.1002/J.1538-7305.1948.TB01338.X", 2},
		{"https://doi.org/10.1002/j.1538-7305.1948.tb01338.x", 2},
		{"doi: 10.1002/j.1538-7305.1948.tb01338.x.", 2},
		{"find 10.1002/j.1538-7305.1948.tb01338.x please", 2},
		{"9780140432053", 1},
		{"978-0-14-043205-3", 1},
		{"978 0 14 043205 3", 1},
		{"ISBN 0-14-043205-1", 1},
		{"0140432051", 1},
		{"2301.00001", 4},
		{"arXiv:2301.00001v1", 4},
		{"https://arxiv.org/abs/2301.00001", 4},
		{"darwin1859", 1},
		{"@Darwin1859", 1},
		{"zhou2023", 4},
		{keyOf(1), 1},
	}
	for _, tc := range tests {
		t.Run(tc.text, func(t *testing.T) {
			r := search(t, x, library.Query{Text: tc.text})
			if len(r.Hits) == 0 || r.Hits[0].Key != keyOf(tc.want) {
				t.Errorf("got %v, want %s first", keys(r), keyOf(tc.want))
			}
			if among := strings.Contains(tc.text, "please"); !among && (r.Total != 1 || len(r.Hits) != 1 || r.More || r.Hits[0].Match.Source != library.SourceIdentifier) {
				t.Errorf("total %d of %v, matched by %+v; want it alone", r.Total, keys(r), r.Hits[0].Match)
			}
		})
	}
}

// TestSearch_NamesNoWork has identifiers that no work has, and the words of which
// many works have.
func TestSearch_NamesNoWork(t *testing.T) {
	s := shelves()
	for n := 10; n < 30; n++ {
		s.put(index.Document{Item: work(n, "title", "10 1002 j 1538 7305 1948 tb01339 x 2301 00002 978 0 14 043206 0 darwin 1858 http example org pmid 5")})
	}
	x := memory(t, s)
	for text, kind := range map[string]string{
		"10.1002/j.1538-7305.1948.tb01339.x": "DOI", "https://doi.org/10.1002/j.1538-7305.1948": "DOI", "978-0-14-043206-0": "ISBN",
		"arXiv:2301.00002": "arXiv ID", "2301.00002": "arXiv ID", "pmid:5": "PubMed ID", "@darwin": "citation key", "http://example.org/j": "URL",
	} {
		r := search(t, x, library.Query{Text: text})
		if r.Total != 0 || len(r.Hits) != 0 || r.More || !strings.HasPrefix(r.Unmet, "no work has this "+kind) || len(r.Notices) != 0 {
			t.Errorf("%s: %+v", text, r)
		}
		// What another library has is no work of this one.
		r = search(t, x, library.Query{Text: text, Statistics: &library.Statistics{Works: 9, Named: 2}})
		if r.Total != 0 || len(r.Hits) != 0 {
			t.Errorf("%s, which another library has: %+v", text, r)
		}
	}
	// A word that is a key in another library is one in all of them.
	st := &library.Statistics{Works: 30, Named: 1, Words: make([]library.Frequency, 1)}
	if r := search(t, x, library.Query{Text: "darwin", Statistics: st}); r.Total != 0 {
		t.Errorf("a key of another library: %+v", r)
	}
	if r := search(t, x, library.Query{Text: "darwin"}); r.Total != 21 || len(r.Notices) != 0 {
		t.Errorf("a word that is no key: total %d, %q", r.Total, r.Notices)
	}
	if r := search(t, x, library.Query{Text: "Darwin1859"}); r.Total != 1 || len(r.Notices) != 1 {
		t.Errorf("a word that is a key: total %d, %q", r.Total, r.Notices)
	}
	if r := search(t, x, library.Query{Text: "darwin1859", YearFrom: 1900}); r.Total != 0 || r.Unmet == "" {
		t.Errorf("a key outside a filter: %+v", r)
	}
}

func TestSearch_NamesWorksByPage(t *testing.T) {
	s := shelves()
	put := func(n int, journal, short, volume, pages string) {
		s.put(index.Document{Item: work(n, "title", "Untitled", "publicationTitle", journal, "journalAbbreviation", short, "volume", volume, "pages", pages)})
	}
	put(10, "Nature", "", "171", "737–738")
	put(11, "Physical Review", "Phys. Rev.", "171", "737")
	put(12, "Proceedings of the National Academy of Sciences", "", "12", "L34")
	put(13, "Nature", "", "171", "7371")
	x := memory(t, s)
	for text, want := range map[string][]int{
		"Nature 171 737": {10}, "Nature 171 (4356), 737-738 (1953).": {10}, "Phys. Rev. 171, 737": {11}, "Phys Rev 0171 0737": {11},
		"PNAS 12, l34": {12}, "Proc. Natl. Acad. Sci. 12 L34": {12}, "Nature 171 7371": {13},
	} {
		r := search(t, x, library.Query{Text: text})
		if got := numbers(r); !slices.Equal(got, want) || r.Total != 1 || r.Hits[0].Match == nil || r.Hits[0].Match.Source != library.SourceIdentifier {
			t.Errorf("%s: total %d of %v, want %v", text, r.Total, got, want)
		}
	}
	// Without such a work these are words.
	if r := search(t, x, library.Query{Text: "Nature 172 737"}); r.Unmet != "no work has all the words" {
		t.Errorf("%+v", r)
	}
	if x = update(t, x, s, nil, keyOf(10)); search(t, x, library.Query{Text: "Nature 171 737"}).Total != 0 {
		t.Error("a removed work is named")
	}
}

func TestFilters(t *testing.T) {
	x := memory(t, shelves())
	tests := []struct {
		name        string
		q           library.Query
		collections []string
		want        []int
	}{
		{"nothing asked", library.Query{}, nil, []int{1, 2, 3, 4, 5}},
		{"a collection", library.Query{}, []string{"COLLBIQ2"}, []int{1}},
		{"a collection and one below", library.Query{}, []string{"COLLBIQ2", "COLLMATH"}, []int{1, 2}},
		{"no collection left", library.Query{}, []string{}, nil},
		{"a tag without regard to case", library.Query{TagsAll: []string{"CLASSICS"}}, nil, []int{1, 2}},
		{"a tag with its accent", library.Query{TagsAll: []string{"évolution"}}, nil, []int{5}},
		{"a part of a tag", library.Query{TagsAll: []string{"information"}}, nil, nil},
		{"all tags", library.Query{TagsAll: []string{"classics", "evolution"}}, nil, []int{1}},
		{"any tag", library.Query{TagsAny: []string{"evolution", "information theory"}}, nil, []int{1, 2}},
		{"no tag", library.Query{TagsNone: []string{"classics"}}, nil, []int{3, 4, 5}},
		{"a type", library.Query{ItemTypes: []string{"book", "preprint"}}, nil, []int{1, 4}},
		{"a creator", library.Query{Creator: "muller"}, nil, []int{3}},
		{"a creator, two words in any order", library.Query{Creator: "King Ada"}, nil, []int{3}},
		{"words of two creators", library.Query{Creator: "Lovelace William"}, nil, nil},
		{"a creator without letters", library.Query{Creator: "--"}, nil, nil},
		{"from a year", library.Query{YearFrom: 1948}, nil, []int{2, 3, 4}},
		{"to a year", library.Query{YearTo: 1859}, nil, []int{1, 5}},
		{"years", library.Query{YearFrom: 1859, YearTo: 1948}, nil, []int{1, 2}},
		{"before our era", library.Query{YearFrom: -50, YearTo: -44}, nil, []int{5}},
		{"with text", library.Query{HasText: true}, nil, []int{1}},
		{"with text, in a collection", library.Query{HasText: true}, []string{"COLLMATH"}, nil},
		{"a phrase of a text", library.Query{Text: `"struggle for existence"`, HasText: true}, nil, []int{1}},
		{"a name of a work without text", library.Query{Text: "@zhou2023", HasText: true}, nil, nil},
		{"a name of a work with text", library.Query{Text: "@Darwin1859", HasText: true}, nil, []int{1}},
		{"words and a filter", library.Query{Text: "origin species", TagsAll: []string{"evolution"}}, nil, []int{1}},
		{"a phrase and a filter", library.Query{Text: `"origin of species"`, YearFrom: 1900}, nil, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			tc.q.Limit = 20
			r, err := x.Search(t.Context(), tc.q, tc.collections)
			if err != nil {
				t.Fatal(err)
			}
			want, got := []string{}, []string{}
			for _, n := range tc.want {
				want = append(want, keyOf(n))
			}
			for _, h := range r.Hits {
				got = append(got, h.Key)
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" || r.Total != len(want) {
				t.Errorf("total %d, (-want +got):\n%s", r.Total, diff)
			}
		})
	}
}

func TestOrders(t *testing.T) {
	x := memory(t, shelves())
	tests := []struct {
		sort library.Sort
		want []int
	}{
		{library.SortDate, []int{4, 3, 2, 1, 5}},
		{library.SortTitle, []int{2, 5, 1, 3, 4}},
		{library.SortAdded, []int{4, 2, 1, 3, 5}},
		{library.SortDateAsc, []int{5, 1, 2, 3, 4}},
		{library.SortAddedAsc, []int{1, 2, 4, 3, 5}},
		{library.SortRelevance, []int{4, 2, 1, 3, 5}},
		{"", []int{4, 2, 1, 3, 5}},
	}
	for _, tc := range tests {
		t.Run(string(tc.sort), func(t *testing.T) {
			var want []string
			for _, n := range tc.want {
				want = append(want, keyOf(n))
			}
			if got := keys(search(t, x, library.Query{Sort: tc.sort})); got != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

func TestPagesNeverOverlap(t *testing.T) {
	s := shelf{}
	for n := 1; n <= 250; n++ {
		s.put(index.Document{Item: work(n, "title", "the same title "+strings.Repeat("word ", n%3+1))})
	}
	x := memory(t, s)
	for _, q := range []library.Query{{Text: "word"}, {}, {Sort: library.SortTitle}, {Text: "same", Sort: library.SortDate}} {
		seen := map[string]bool{}
		q.Limit = 30
		for more := true; more; {
			r := search(t, x, q)
			if r.Total != 250 || len(r.Hits) == 0 || r.More != (len(seen)+len(r.Hits) < 250) {
				t.Fatalf("%+v: %d hits of %d after %d, more: %v", q, len(r.Hits), r.Total, len(seen), r.More)
			}
			last := r.Hits[len(r.Hits)-1]
			q.After, more = &library.Position{Score: last.Score, Value: last.Value, Key: last.Key}, r.More
			for _, h := range r.Hits {
				if seen[h.Key] {
					t.Fatalf("%+v: %s twice", q, h.Key)
				}
				seen[h.Key] = true
			}
		}
		if len(seen) != 250 {
			t.Errorf("%+v: %d works on all pages", q, len(seen))
		}
	}
}

func TestQueriesOutOfBounds(t *testing.T) {
	x := memory(t, shelves())
	for _, q := range []library.Query{{Limit: 0}, {Limit: library.MaxLimit + 1}, {Limit: 1, After: &library.Position{Taken: -1}}, {Limit: 1, Sort: "color"}} {
		if _, err := x.Search(t.Context(), q, nil); library.CodeOf(err) != library.Invalid {
			t.Errorf("Search(%+v): %v, want invalid", q, err)
		}
	}
	for _, limit := range []int{0, 21} {
		if _, err := x.Passages(t.Context(), keyOf(1), library.PassageQuery{Question: "x", Limit: limit}); library.CodeOf(err) != library.Invalid {
			t.Errorf("Passages with limit %d: %v, want invalid", limit, err)
		}
	}
	if r := search(t, x, library.Query{Text: "species", After: &library.Position{Score: -1}}); r.Total != 1 || len(r.Hits) != 0 || r.More {
		t.Errorf("past the end: %+v", r)
	}
	for _, sort := range []library.Sort{library.SortDate, library.SortDateAsc, library.SortAdded, library.SortAddedAsc} {
		if _, err := x.Search(t.Context(), library.Query{Sort: sort, After: &library.Position{Value: "x"}, Limit: 1}, nil); library.CodeOf(err) != library.Invalid {
			t.Errorf("a position of another order than %s: %v", sort, err)
		}
	}
	if _, err := x.Search(t.Context(), library.Query{Text: "species", Limit: 1, Statistics: &library.Statistics{}}, nil); library.CodeOf(err) != library.Invalid {
		t.Errorf("statistics of another query: %v", err)
	}
}

func TestACancelledSearchEnds(t *testing.T) {
	x := memory(t, shelves())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, text := range []string{"", "species"} {
		if _, err := x.Search(ctx, library.Query{Text: text, Limit: 1}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestHugeQueriesCostLittle(t *testing.T) {
	x := memory(t, shelves())
	var b strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&b, "w%d ", i)
	}
	for _, text := range []string{b.String() + " species", "species " + b.String(), strings.Repeat(`"a b" `, 2_000), strings.Repeat("species ", 2_000), strings.Repeat("x", 100_000), strings.Repeat(`"`, 9_999)} {
		search(t, x, library.Query{Text: text})
	}
}

// TestAddedSince_LeavesOutUnknownTimes asks for works added since times at both ends
// of what the index can tell.
func TestAddedSince_LeavesOutUnknownTimes(t *testing.T) {
	x := memory(t, shelves())
	for year, want := range map[int][]string{2: {keyOf(4), keyOf(2), keyOf(1)}, 2022: {keyOf(4), keyOf(2)}, 9999: {}} {
		q := library.Query{AddedSince: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
		if got := keys(search(t, x, q)); got != fmt.Sprint(want) {
			t.Errorf("since %d: %v, want %v", year, got, want)
		}
	}
}
