package pandoc

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// found is a citation as tests compare it: its text, whether it is in the text,
// and its cites.
type found struct {
	Text   string
	InText bool
	Cites  []csl.Cite
}

func TestFind(t *testing.T) {
	page := func(id, page string) csl.Cite { return csl.Cite{ID: id, Label: "page", Locator: page} }
	for text, want := range map[string][]found{
		"As seen [see @a, p. 3; -@b].": {{"[see @a, p. 3; -@b]", false, []csl.Cite{{ID: "a", Prefix: "see ", Label: "page", Locator: "3"}, {ID: "b", SuppressAuthor: true}}}},
		"@a says":                      {{"@a", true, []csl.Cite{{ID: "a"}}}},
		"@a [p. 3] says":               {{"@a [p. 3]", true, []csl.Cite{page("a", "3")}}},
		"@a\n[33; @b] says":            {{"@a\n[33; @b]", true, []csl.Cite{page("a", "33"), {ID: "b"}}}},
		"@a [sic] says":                {{"@a [sic]", true, []csl.Cite{{ID: "a", Suffix: " sic"}}}},
		"@a [@b] says":                 {{"@a", true, []csl.Cite{{ID: "a"}}}, {"[@b]", false, []csl.Cite{{ID: "b"}}}},
		"@a [^1] and @b [x](y)":        {{"@a", true, []csl.Cite{{ID: "a"}}}, {"@b", true, []csl.Cite{{ID: "b"}}}},
		"In -@a, (@b), @{c d}.":        {{"-@a", false, []csl.Cite{{ID: "a", SuppressAuthor: true}}}, {"@b", true, []csl.Cite{{ID: "b"}}}, {"@{c d}", true, []csl.Cite{{ID: "c d"}}}},
		"[a [b] @c]":                   {{"[a [b] @c]", false, []csl.Cite{{ID: "c", Prefix: "a [b] "}}}},
		"[@a][@b]":                     {{"[@a]", false, []csl.Cite{{ID: "a"}}}, {"[@b]", false, []csl.Cite{{ID: "b"}}}},
		`me@x.org, \@a, \[@a\], x-@a, https://x.org/@a, @ a, [@a](b), [@a]{.b}`: {{"@a", true, []csl.Cite{{ID: "a"}}}, {"@a", true, []csl.Cite{{ID: "a"}}}, {"@a", true, []csl.Cite{{ID: "a"}}}},
		"[no key] [open @a": {{"@a", true, []csl.Cite{{ID: "a"}}}},
	} {
		var got []found
		for _, c := range Find(text) {
			got = append(got, found{text[c.Start:c.End], c.InText, c.Cites})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestFind_TakesTimeInProportion(t *testing.T) {
	for _, unit := range []string{"[", "[@", "[[[@a ", "@a [", "[@a] ", "[\n"} {
		text := strings.Repeat(unit, 200_000/len(unit))
		began := time.Now()
		Find(text)
		single := time.Since(began)
		began = time.Now()
		Find(strings.Repeat(text, 4))
		if took := time.Since(began); took > 40*single+time.Second {
			t.Errorf("%q: four times the text takes %v instead of %v", unit, took, single)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"As [see @a, p. 3; -@b] and @c [p. 4].", "[@", "@{", "-@a[", "\\@a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		end := 0
		for _, c := range Find(s) {
			if c.Start < end || c.End <= c.Start || c.End > len(s) || len(c.Cites) == 0 {
				t.Fatalf("%q: %+v after %d", s, c, end)
			}
			end = c.End
		}
	})
}
