package pandoc

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]csl.Cite{
		"@doe99":                     {{ID: "doe99"}},
		"[@doe99]":                   {{ID: "doe99"}},
		"[see @doe99, pp. 33-35]":    {{ID: "doe99", Prefix: "see ", Label: "page", Locator: "33-35"}},
		"[@doe99, 33-35, 38-39]":     {{ID: "doe99", Label: "page", Locator: "33-35, 38-39"}},
		"[@doe99 chap. 1]":           {{ID: "doe99", Label: "chapter", Locator: "1"}},
		"[@doe99, iv]":               {{ID: "doe99", Label: "page", Locator: "iv"}},
		"[@doe99, p. 3 and 5]":       {{ID: "doe99", Label: "page", Locator: "3 and 5"}},
		"[@doe99, p.3 and passim]":   {{ID: "doe99", Label: "page", Locator: "3", Suffix: " and passim"}},
		"[@doe99 and others]":        {{ID: "doe99", Suffix: " and others"}},
		"[@doe99, and others]":       {{ID: "doe99", Suffix: ", and others"}},
		"[-@doe99]":                  {{ID: "doe99", SuppressAuthor: true}},
		"[see also -@doe99, § 4]":    {{ID: "doe99", Prefix: "see also ", SuppressAuthor: true, Label: "section", Locator: "4"}},
		"[@a; see @b, fig. 2; @c.]":  {{ID: "a"}, {ID: "b", Prefix: "see ", Label: "figure", Locator: "2"}, {ID: "c", Suffix: "."}},
		"[@{a b; c}, vol. 2]":        {{ID: "a b; c", Label: "volume", Locator: "2"}},
		"[@doe99{ii, A, D-Z}]":       {{ID: "doe99", Label: "page", Locator: "ii, A, D-Z"}},
		"[@doe99, {pp. iv, vi}; @b]": {{ID: "doe99", Label: "page", Locator: "iv, vi"}, {ID: "b"}},
		"[@doe99{}, 99 years later]": {{ID: "doe99", Label: "page", Suffix: ", 99 years later"}},
		"@local/ABCD2345, p. 7":      {{ID: "local/ABCD2345", Label: "page", Locator: "7"}},
		"@group:4711/ABCD2345":       {{ID: "group:4711/ABCD2345"}},
		"@10.1000/xyz.123, p. 7":     {{ID: "10.1000/xyz.123", Label: "page", Locator: "7"}},
		"[write to a@b.c or @doe99]": {{ID: "doe99", Prefix: "write to a@b.c or "}},
		"[(see @doe99)]":             {{ID: "doe99", Prefix: "(see ", Suffix: ")"}},
		"[(@doe99)]":                 {{ID: "doe99", Prefix: "(", Suffix: ")"}},
		"[@müller2003, S. 5]":        {{ID: "müller2003", Suffix: ", S. 5"}},
	} {
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got.Cites); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestParse_Refuses(t *testing.T) {
	many := "@a" + strings.Repeat("; @a", 100)
	for text, want := range map[string]error{
		"": ErrNoKey, "[see]": ErrNoKey, "[@]": ErrNoKey, "@a;": ErrNoKey, "[@a @b]": ErrTwoKeys, "[@{a]": ErrNotClose, "a@b": ErrNoKey, "@{}": ErrNoKey, many: ErrTooMany,
	} {
		if got, err := Parse(text); !errors.Is(err, want) {
			t.Errorf("%.20s: %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestParse_TakesHundredCites(t *testing.T) {
	if c, err := Parse("@a" + strings.Repeat("; @a", 99)); err != nil || len(c.Cites) != 100 {
		t.Errorf("%d cites, %v", len(c.Cites), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"[see @doe99, pp. 33-35; -@smith04]", "@{a b}{}", "[@a, {x}", "@a, 3 and", "§"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Parse(s)
		if err != nil {
			return
		}
		for _, cite := range c.Cites {
			if cite.ID == "" {
				t.Errorf("%q: a cite without an ID", s)
			}
		}
	})
}
