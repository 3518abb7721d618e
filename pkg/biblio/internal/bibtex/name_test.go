package bibtex

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestParseNames(t *testing.T) {
	one := func(given, family string) []library.Creator { return []library.Creator{{Given: given, Family: family}} }
	alone := func(name string) []library.Creator { return []library.Creator{{Name: name}} }
	tests := []struct {
		name, in string
		want     []library.Creator
	}{
		{"natural order", "Donald E. Knuth", one("Donald E.", "Knuth")},
		{"family name first", "Knuth, Donald E.", one("Donald E.", "Knuth")},
		{"ties and newlines between words", "Donald~E.\n  Knuth", one("Donald E.", "Knuth")},
		{"a suffix", "von Hicks, III, Michael", one("Michael, III", "von Hicks")},
		{"a suffix without first name, as BibTeX reads it", "Henry E. Kyburg, Jr.", one("Jr.", "Henry E. Kyburg")},
		{"particles", "Ludwig van Beethoven", one("Ludwig", "van Beethoven")},
		{"several particles", "Ron van der Meyden", one("Ron", "van der Meyden")},
		{"particles before two words", "Frederico dos Santos Liporace", one("Frederico", "dos Santos Liporace")},
		{"particles before the comma", "de la Vallée Poussin, Charles", one("Charles", "de la Vallée Poussin")},
		{"a family name in braces", "Charles {de la Vallée Poussin}", one("Charles", "de la Vallée Poussin")},
		{"words in lower case that are no particles", "American Rights at Work", one("American Rights at", "Work")},
		{"an institution", "{Barnes and Noble, Inc.}", alone("Barnes and Noble, Inc.")},
		{"one word", "Aristotle", alone("Aristotle")},
		{"two people", "A B and C D", []library.Creator{{Given: "A", Family: "B"}, {Given: "C", Family: "D"}}},
		{"AND in any case, on any line", "A B\n AND\tC D", []library.Creator{{Given: "A", Family: "B"}, {Given: "C", Family: "D"}}},
		{"and others", "A B and others", []library.Creator{{Given: "A", Family: "B"}, {Name: "others"}}},
		{"empty names", " and A B and and ", []library.Creator{{Given: "A", Family: "B"}}},
		{"accents", `Erd{\H o}s, P{\'a}l`, one("Pál", "Erdős")},
		{"initials run together", "KC Wright", one("K. C.", "Wright")},
		{"initials with periods stay", "D.H.D. Warren", one("D.H.D.", "Warren")},
		{"a number that DBLP adds", "Wei Wang 0001", one("Wei", "Wang 0001")},
		{"the extended format", "family=Beethoven, given=Ludwig, prefix=van, useprefix=true", one("Ludwig", "van Beethoven")},
		{"the extended format with a dropped particle", "given=Charles, prefix=de, family=Gaulle, useprefix=false", one("Charles de", "Gaulle")},
		{"the extended format with quotes and suffix", `given={Sammy}, family=Davis, suffix="Jr."`, one("Sammy, Jr.", "Davis")},
		{"nothing", "  ", nil},
		{"empty braces", "{}", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, parseNames(tt.in)); diff != "" {
			t.Errorf("%s: %q (-want +got)\n%s", tt.name, tt.in, diff)
		}
	}
}

func TestNamesRoundTrip(t *testing.T) {
	for _, c := range []library.Creator{
		{Given: "Ada", Family: "Lovelace"}, {Given: "Michael, III", Family: "von Hicks"}, {Name: "Barnes and Noble, Inc."},
		{Name: "Aristotle"}, {Given: "a, b, c", Family: "d"}, {Given: "x and y", Family: "z"}, {Given: "given=x", Family: "family=y"},
		{Given: "}", Family: "{"}, {Name: `\`}, {Given: "~", Family: "_%#"}, {Name: "others"},
	} {
		got := parseNames((&writer{dialect: BibLaTeX}).nameSource(c))
		if diff := cmp.Diff([]library.Creator{c}, got); diff != "" {
			t.Errorf("%+v written as %q (-want +got)\n%s", c, (&writer{dialect: BibLaTeX}).nameSource(c), diff)
		}
	}
}

func FuzzParseNames(f *testing.F) {
	for _, s := range []string{"von Last, Jr, First and {A and B}", "family=a, given=b", "a, b, c, d", "{", `\`, "and and and", "~", "A{B}C D"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range parseNames(s) {
			if c == (library.Creator{}) || c.Name != "" && c.Given+c.Family != "" {
				t.Errorf("%q gives %+v", s, c)
			}
			if utf8.ValidString(s) && !utf8.ValidString(c.Name+c.Given+c.Family) {
				t.Errorf("%q gives invalid text", s)
			}
			again := parseNames((&writer{dialect: BibLaTeX}).nameSource(c))
			if len(again) > 1 {
				t.Errorf("%+v written as %q becomes %d names", c, (&writer{dialect: BibLaTeX}).nameSource(c), len(again))
			}
		}
	})
}

func TestLongNameListsTakeLinearWork(t *testing.T) {
	if got := len(parseNames(strings.Repeat("A B and ", 200_000))); got != 200_000 {
		t.Errorf("%d names", got)
	}
}
