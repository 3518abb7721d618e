package librarytest

import (
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// found is a promise of Search: a query and what it finds.
type found struct {
	promise string
	q       library.Query
	first   string   // title of the first hit; "" if any order will do
	only    []string // titles of the hits that meet the query
	source  library.Source
	page    string
}

// wordSearches returns what words find in [Works].
func wordSearches(string) []found {
	return []found{
		{promise: "a word of the title", q: library.Query{Text: "analytical"}, first: TitleEngine, source: library.SourceTitle},
		{promise: "letter case does not matter", q: library.Query{Text: "ANALYTICAL"}, first: TitleEngine},
		{promise: "marks do not matter", q: library.Query{Text: "uber"}, first: TitleOperators, source: library.SourceTitle},
		{promise: "marks in the query do not matter", q: library.Query{Text: "Ünbeschränkter"}, first: TitleOperators, source: library.SourceAbstract},
		{promise: "a creator", q: library.Query{Text: "Mendel"}, first: TitleHeredity, source: library.SourceCreators},
		{promise: "an institution", q: library.Query{Text: "royal society"}, first: TitleSociety},
		{promise: "a tag", q: library.Query{Text: "biology"}, first: TitleHeredity},
		{promise: "the abstract", q: library.Query{Text: "prisms"}, first: TitleLight, source: library.SourceAbstract},
		{promise: "a note", q: library.Query{Text: "jacquard"}, first: TitleEngine, source: library.SourceNote},
		{promise: "an annotation", q: library.Query{Text: "experimentum"}, first: TitleLight, source: library.SourceAnnotation},
		{promise: "the full text, with its page", q: library.Query{Text: "compounded"}, first: TitleLight, source: library.SourceFulltext, page: "3"},
		{promise: "the last word is a prefix", q: library.Query{Text: "plant hered"}, first: TitleHeredity},
		{promise: "all words", q: library.Query{Text: "experiments plant heredity"}, only: []string{TitleHeredity}},
		{promise: "a phrase that a work has is required", q: library.Query{Text: `"learned society"`}, only: []string{TitleSociety}},
		{promise: "a phrase's order is required", q: library.Query{Text: `"society learned"`}, only: []string{}},
		{promise: "words that no work has", q: library.Query{Text: "zxqvwy"}, only: []string{}},
		{promise: "no words find all", q: library.Query{}, only: []string{TitleUndated, TitleSociety, TitleHeredity, TitleOperators, TitleLight, TitleEngine}, first: TitleUndated},
	}
}

// filterSearches returns what filters find in [Works]; reading is the key of the
// collection "Reading".
func filterSearches(reading string) []found {
	return []found{
		{promise: "a collection with those below it", q: library.Query{Collection: reading}, only: []string{TitleEngine, TitleLight, TitleHeredity}},
		{promise: "all tags", q: library.Query{TagsAll: []string{"history", "physics"}}, only: []string{TitleLight}},
		{promise: "tags in another letter case", q: library.Query{TagsAll: []string{"Physics"}}, only: []string{TitleLight}},
		{promise: "any tag", q: library.Query{TagsAny: []string{"letters", "physics"}}, only: []string{TitleLight, TitleSociety}},
		{promise: "no such tag", q: library.Query{TagsNone: []string{"history"}}, only: []string{TitleOperators, TitleUndated}},
		{promise: "an item type", q: library.Query{ItemTypes: []string{"book"}}, only: []string{TitleLight, TitleSociety}},
		{promise: "a creator's name, folded", q: library.Query{Creator: "muller"}, only: []string{TitleOperators}},
		{promise: "all words of one creator's name", q: library.Query{Creator: "Ada Menabrea"}, only: []string{}},
		{promise: "years from", q: library.Query{YearFrom: 1932}, only: []string{TitleOperators, TitleSociety}},
		{promise: "years to", q: library.Query{YearTo: 1843}, only: []string{TitleEngine, TitleLight}},
		{promise: "one year", q: library.Query{YearFrom: 1866, YearTo: 1866}, only: []string{TitleHeredity}},
		{promise: "added since", q: library.Query{AddedSince: time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)}, only: []string{TitleSociety, TitleUndated}},
		{promise: "added since, with words", q: library.Query{Text: "experiments", AddedSince: time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)}, only: []string{TitleHeredity}},
		{promise: "added since before our time", q: library.Query{AddedSince: time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), ItemTypes: []string{"thesis"}}, only: []string{TitleOperators}},
		{promise: "with text", q: library.Query{HasText: true}, only: []string{TitleLight}},
		{promise: "with text, and words of a text", q: library.Query{Text: "compounded", HasText: true}, only: []string{TitleLight}, source: library.SourceFulltext},
		{promise: "with text, and words of a work without", q: library.Query{Text: "heredity", HasText: true}, only: []string{}},
		{promise: "with text, and filters", q: library.Query{HasText: true, ItemTypes: []string{"book"}, YearFrom: 1705}, only: []string{}},
		{promise: "words and filters", q: library.Query{Text: "experiments", ItemTypes: []string{"journalArticle"}}, only: []string{TitleHeredity}},
	}
}

// sortSearches returns what comes first in [Works].
func sortSearches(string) []found {
	return []found{
		{promise: "newest first, undated last", q: library.Query{Sort: library.SortDate, TagsNone: []string{"biology"}}, first: TitleSociety},
		{promise: "oldest first", q: library.Query{Sort: library.SortDateAsc}, first: TitleLight},
		{promise: "first added first", q: library.Query{Sort: library.SortAddedAsc}, first: TitleEngine},
		{promise: "words, oldest first", q: library.Query{Text: "experiments", Sort: library.SortDateAsc}, first: TitleLight},
		{promise: "by title", q: library.Query{Sort: library.SortTitle}, first: TitleLight},
		{promise: "last added first", q: library.Query{Sort: library.SortAdded, TagsAll: []string{"history"}}, first: TitleSociety},
	}
}

// testUnknownLast checks that a work without a date is the last in both orders.
func testUnknownLast(t *testing.T, r library.Reader) {
	for _, sort := range []library.Sort{library.SortDate, library.SortDateAsc} {
		all := titlesOf(walk(t, r, library.Query{Sort: sort, Limit: 4}))
		if all[len(all)-1] != TitleUndated {
			t.Errorf("%s: %q", sort, all)
		}
	}
}

// testSearch returns a test of what searches find; they are given the key of the
// collection "Reading", or "" if the library has none.
func testSearch(searches func(reading string) []found) func(*testing.T, library.Reader) {
	return func(t *testing.T, r library.Reader) {
		for _, c := range searches(readingKey(t, r)) {
			checkFound(t, r, c)
		}
	}
}

// checkFound checks one search.
func checkFound(t *testing.T, r library.Reader, c found) {
	t.Helper()
	c.q.Limit = 50
	got, err := r.Search(t.Context(), c.q)
	if err != nil {
		t.Errorf("%s: %v", c.promise, err)
		return
	}
	met := meeting(got.Items)
	if c.only != nil && len(c.only) == 0 && len(got.Corrections) > 0 {
		return // no work has the word; these have others like it
	}
	titles := titlesOf(met)
	if c.first != "" && (len(titles) == 0 || titles[0] != c.first) {
		t.Errorf("%s: %+v found %q, want %q first", c.promise, c.q, titles, c.first)
		return
	}
	if c.only != nil && !sameSet(titles, c.only) {
		t.Errorf("%s: %+v found %q, want %q", c.promise, c.q, titles, c.only)
		return
	}
	if got.Total != len(met) {
		t.Errorf("%s: total %d of %d hits", c.promise, got.Total, len(met))
	}
	if c.source != "" {
		checkMatch(t, got.Items[0], c.source)
	}
	if c.page != "" && got.Items[0].Match.Page != c.page {
		t.Errorf("%s: matched on page %q, want %q", c.promise, got.Items[0].Match.Page, c.page)
	}
}

func checkMatch(t *testing.T, h library.Hit, source library.Source) {
	t.Helper()
	m := h.Match
	if m == nil {
		t.Errorf("the hit of %q does not say what matched", h.Item.Title())
		return
	}
	if m.Source != source {
		t.Errorf("matched in %q (%q), want %q", m.Source, m.Text, source)
	}
	if m.Item != h.Item.ID {
		t.Errorf("the passage is of %v, the hit of %v", m.Item, h.Item.ID)
	}
	if m.Text == "" || m.End-m.Start < 1 {
		t.Errorf("passage %q from %d to %d", m.Text, m.Start, m.End)
	}
	switch source {
	case library.SourceNote, library.SourceAnnotation, library.SourceFulltext:
		if !validKey(m.Child) {
			t.Errorf("child %q", m.Child)
		}
	}
}

func testRefused(t *testing.T, r library.Reader) {
	for _, c := range []struct {
		promise string
		q       library.Query
		want    library.Code
	}{
		{"no limit", library.Query{}, library.Invalid},
		{"a negative limit", library.Query{Limit: -1}, library.Invalid},
		{"a limit past the most", library.Query{Limit: library.MaxLimit + 1}, library.Invalid},
		{"a page before the first", misplaced(), library.Invalid},
		{"an unknown order", library.Query{Limit: 1, Sort: "price"}, library.Invalid},
		{"an unknown collection", library.Query{Limit: 1, Collection: "NNNNNNNN"}, library.NotFound},
		{"a collection key that is none", library.Query{Limit: 1, Collection: "../etc"}, library.NotFound},
	} {
		if _, err := r.Search(t.Context(), c.q); library.CodeOf(err) != c.want {
			t.Errorf("%s: error %v, want code %s", c.promise, err, c.want)
		}
	}
}

func testHostile(t *testing.T, r library.Reader) {
	for _, text := range []string{
		`"`, `"""`, `"unbalanced`, `+ - * ~ ^ : / \ ( ) [ ] { } < > | & !`, "title:engine AND (NOT *)", "/.*/", "*", "?",
		"\x00\x1b[31m", "\xff\xfe", strings.Repeat("a", 20_000), strings.Repeat("word ", 5_000), "'; DROP TABLE items; --", "\u202e\U000E0041",
	} {
		if _, err := r.Search(t.Context(), library.Query{Text: text, Limit: 5}); err != nil && library.CodeOf(err) != library.Invalid {
			t.Errorf("query %.40q: %v", text, err)
		}
	}
}

// validKey reports whether a key can stand in an item ID.
func validKey(key string) bool {
	_, err := library.ParseItemID(library.ItemID{Library: library.Local, Key: key}.String())
	return err == nil
}
