package librarytest

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// nameSearches returns how creators are named in [Works].
func nameSearches(string) []found {
	light, operators := []string{TitleLight}, []string{TitleOperators}
	return []found{
		{promise: "a name and others", q: library.Query{Creator: "Newton et al."}, only: light},
		{promise: "an initial first", q: library.Query{Creator: "I. Newton"}, only: light},
		{promise: "an initial last", q: library.Query{Creator: "Newton, I."}, only: light},
		{promise: "an initial without a point", q: library.Query{Creator: "Newton I"}, only: light},
		{promise: "another initial", q: library.Query{Creator: "J. Newton"}, only: []string{}},
		{promise: "an umlaut as two letters", q: library.Query{Creator: "Mueller"}, only: operators},
		{promise: "an umlaut as a letter", q: library.Query{Creator: "Muller, J."}, only: operators},
		{promise: "an umlaut in words, as two letters", q: library.Query{Text: "mueller operators"}, only: operators},
		{promise: "two names", q: library.Query{Creator: "Lovelace and Menabrea"}, only: []string{TitleEngine}},
		{promise: "two names of two works", q: library.Query{Creator: "Lovelace & Newton"}, only: []string{}},
	}
}

// testCorrected checks what is found for words that no work has.
func testCorrected(t *testing.T, r library.Reader) {
	for _, c := range []struct{ promise, text, title, from, to string }{
		{"a wrong letter", "heridity.", TitleHeredity, "heridity", "heredity"},
		{"two errors in a long word", "exprimnts heredity.", TitleHeredity, "exprimnts", "experiments"},
		{"beside a good word", "analytical enigne.", TitleEngine, "enigne", "engine"},
		{"a creator", "Lovelcae", TitleEngine, "Lovelcae", "lovelace"},
		{"in quotes", `"plant heridity"`, TitleHeredity, "heridity", "heredity"},
		{"a word that is there", "heredity.", TitleHeredity, "", ""},
	} {
		got, err := r.Search(t.Context(), library.Query{Text: c.text, Limit: 50})
		if err != nil {
			t.Errorf("%s: %v", c.promise, err)
			continue
		}
		if c.title != "" && (len(got.Items) == 0 || got.Items[0].Item.Title() != c.title) {
			t.Errorf("%s: found %q, want %q first", c.promise, titlesOf(got.Items), c.title)
		}
		want := library.Correction{From: c.from, To: c.to}
		if c.from != "" && !slices.Contains(got.Corrections, want) || c.from == "" && len(got.Corrections) > 0 && c.title != "" {
			t.Errorf("%s: corrections %v, want %v", c.promise, got.Corrections, want)
		}
	}
}
