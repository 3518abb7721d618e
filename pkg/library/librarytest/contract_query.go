package librarytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// meeting returns the hits that meet their query: those that a total counts.
func meeting(hits []library.Hit) []library.Hit {
	return slices.DeleteFunc(slices.Clone(hits), func(h library.Hit) bool { return len(h.Lacks) > 0 || h.Similar })
}

// testPartial checks that a work that lacks words of a query is marked, and not
// counted.
func testPartial(t *testing.T, r library.Reader) {
	for _, c := range []struct {
		promise, text string
		total         int
		lacks         []string // of the first hit
		none          bool     // there are no hits
	}{
		{promise: "a work with all words lacks none", text: "analytical engine", total: 1},
		{promise: "stop words are not required", text: "what is the analytical engine of the", total: 1},
		{promise: "a work that lacks a word says which, as typed", text: "Analytical Zxqvwy engine", lacks: []string{"Zxqvwy"}},
		{promise: "two words of two works", text: "analytical refrangibility", lacks: []string{"*"}},
		{promise: "a word that no work has", text: "zxqvwy", none: true},
	} {
		got, err := r.Search(t.Context(), library.Query{Text: c.text, Limit: 50})
		if err != nil {
			t.Errorf("%s: %v", c.promise, err)
			continue
		}
		if got.Total != c.total || len(meeting(got.Items)) != c.total || (len(got.Items) == 0) != c.none {
			t.Errorf("%s: total %d of %q", c.promise, got.Total, titlesOf(got.Items))
			continue
		}
		if (got.Unmet != "") != (c.total == 0) {
			t.Errorf("%s: no work is said to be %q, total %d", c.promise, got.Unmet, c.total)
		}
		if c.none {
			continue
		}
		if lacks := got.Items[0].Lacks; !slices.Equal(lacks, c.lacks) && (len(lacks) != 1 || !slices.Equal(c.lacks, []string{"*"})) {
			t.Errorf("%s: the first hit lacks %q, want %q", c.promise, lacks, c.lacks)
		}
	}
}

// operatorSearches returns what operators and fields find in [Works].
func operatorSearches(string) []found {
	return []found{
		{promise: "NOT", q: library.Query{Text: "experiments NOT heredity"}, only: []string{TitleLight}},
		{promise: "a minus", q: library.Query{Text: "experiments -heredity"}, only: []string{TitleLight}},
		{promise: "nothing but NOT", q: library.Query{Text: "NOT experiments", TagsAll: []string{"history"}}, only: []string{TitleEngine, TitleSociety}, first: TitleSociety},
		{promise: "OR", q: library.Query{Text: "heredity OR jacquard"}, only: []string{TitleHeredity, TitleEngine}},
		{promise: "AND", q: library.Query{Text: "experiments AND prisms"}, only: []string{TitleLight}},
		{promise: "brackets", q: library.Query{Text: "(jacquard OR prisms) AND NOT patterns"}, only: []string{TitleLight}},
		{promise: "a beginning", q: library.Query{Text: "experim* NOT prism*"}, only: []string{TitleHeredity}},
		{promise: "an author", q: library.Query{Text: "author:Lovelace"}, only: []string{TitleEngine}},
		{promise: "a title", q: library.Query{Text: "title:experiments"}, only: []string{TitleHeredity}},
		{promise: "a tag", q: library.Query{Text: "tag:physics"}, only: []string{TitleLight}},
		{promise: "a journal", q: library.Query{Text: `journal:"Scientific Memoirs"`}, only: []string{TitleEngine}},
		{promise: "years", q: library.Query{Text: "experiments 1700-1800"}, only: []string{TitleLight}},
		{promise: "from a year", q: library.Query{Text: "year:>1900"}, only: []string{TitleOperators, TitleSociety}},
		{promise: "a type", q: library.Query{Text: "type:book NOT letters"}, only: []string{TitleLight}},
		{promise: "in notes", q: library.Query{Text: "in:notes jacquard"}, only: []string{TitleEngine}},
		{promise: "with text", q: library.Query{Text: "has:text experiments OR heredity"}, only: []string{TitleLight}},
		{promise: "without text", q: library.Query{Text: "experiments -has:text"}, only: []string{TitleHeredity}},
		{promise: "with text or of a type", q: library.Query{Text: "has:text OR type:thesis"}, only: []string{TitleLight, TitleOperators}},
		{promise: "not in titles", q: library.Query{Text: "title:jacquard"}, only: []string{}},
		{promise: "in full texts", q: library.Query{Text: "in:fulltext refrangibility"}, only: []string{TitleLight}},
	}
}

// namedSearches returns the works of [Works] that a query names as a whole.
func namedSearches(string) []found {
	engine := []string{TitleEngine}
	return []found{
		{promise: "a DOI", q: library.Query{Text: "10.5555/engine.1843"}, only: engine, source: library.SourceIdentifier},
		{promise: "a DOI as an address", q: library.Query{Text: "https://doi.org/10.5555/ENGINE.1843"}, only: engine},
		{promise: "a DOI of no work", q: library.Query{Text: "10.5555/engine.1844"}, only: []string{}},
		{promise: "a DOI outside a filter", q: library.Query{Text: "10.5555/engine.1843", ItemTypes: []string{"book"}}, only: []string{}},
		{promise: "a citation key", q: library.Query{Text: "@lovelace1843sketch"}, only: engine},
		{promise: "a citation key as a word", q: library.Query{Text: "lovelace1843sketch"}, only: engine},
		{promise: "a citation key of no work", q: library.Query{Text: "@lovelace1842sketch"}, only: []string{}},
		{promise: "journal, volume and page", q: library.Query{Text: "Scientific Memoirs 3, 666"}, only: engine},
		{promise: "a journal for short, volume and page", q: library.Query{Text: "Sci. Mem. 3 (1843), 666-731"}, only: engine},
	}
}

// testSaysWhatItDid checks that a query with what is no operator says so.
func testSaysWhatItDid(t *testing.T, r library.Reader) {
	for text, notice := range map[string]string{
		"(engine": "bracket", `"engine`: "quotation mark", "engine OR": "OR", "color:red engine": "field", "*": "*", `"society learned"`: "phrase",
		"engine": "", "10.5555/none": "",
	} {
		got, err := r.Search(t.Context(), library.Query{Text: text, Limit: 5})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if all := strings.Join(got.QueryNotices, "; "); (all == "") != (notice == "") || !strings.Contains(all, notice) {
			t.Errorf("%q: notices %q, want %q", text, got.QueryNotices, notice)
		}
	}
}

// testRelaxed checks that works with the words of a phrase that no work has are
// listed, marked.
func testRelaxed(t *testing.T, r library.Reader) {
	got, err := r.Search(t.Context(), library.Query{Text: `"society learned"`, Limit: 5})
	if err != nil || got.Total != 0 || len(got.Items) == 0 || got.Items[0].Item.Title() != TitleSociety || !slices.Equal(got.Items[0].Lacks, []string{`"society learned"`}) {
		t.Errorf("total %d of %q, %v", got.Total, titlesOf(got.Items), err)
	}
}
