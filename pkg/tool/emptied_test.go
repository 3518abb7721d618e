package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// nearer is a library that knows names.
type nearer struct{ library.Reader }

func (nearer) Nearest(_ context.Context, kind library.NameKind, name string) ([]library.Name, error) {
	if kind == library.TagName && name == "histroy" {
		return []library.Name{{Text: "history <b>\u202e", Works: 3, Distance: 1}}, nil
	}
	if kind == library.CreatorName && name == "Newtno" {
		return []library.Name{{Text: "Isaac Newton", Works: 1, Distance: 1}}, nil
	}
	return nil, nil
}

// corrector is a library that corrects words.
type corrector struct{ library.Reader }

func (r corrector) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	page, err := r.Reader.Search(ctx, q)
	page.Corrections = []library.Correction{{From: "enigne", To: "engine"}}
	return page, err
}

func TestSearch_NamesTheFilterThatEmptiesIt(t *testing.T) {
	c := connect(t, fleet{nearer{memory(library.Local, "Home", librarytest.Works())}})
	for promise, k := range map[string]struct {
		arguments string
		notices   []string // a part of each, in order
	}{
		"a tag of no work":             {`{"query":"","tags":["histroy"]}`, []string{`no work has the tag "histroy"; nearest tags: "history"`}},
		"a tag like nothing":           {`{"query":"","tags":["zzz"]}`, []string{`no work has the tag "zzz"`}},
		"one tag of two":               {`{"query":"","tags":["history","zzz"]}`, []string{`no work has the tag "zzz"`}},
		"a creator":                    {`{"query":"","creator":"Newtno"}`, []string{`no work has the creator "Newtno"; nearest creators: "Isaac Newton"`}},
		"a year":                       {`{"query":"","year_from":2090}`, []string{"no work has a year from 2090 on"}},
		"years":                        {`{"query":"newton","year_from":1900,"year_to":1901}`, []string{"no work has a year from 1900 to 1901"}},
		"a year up to":                 {`{"query":"newton","year_to":1500}`, []string{"a year up to 1500"}},
		"a type":                       {`{"query":"","item_type":["podcast"]}`, []string{"no work has the item type podcast"}},
		"a filter that others meet":    {`{"query":"","creator":"newton","item_type":["thesis"]}`, []string{`no work that meets the rest has the creator "newton"`, "no work that meets the rest has the item type thesis"}},
		"any of some tags":             {`{"query":"","tags_any":["zzz","yyy"]}`, []string{"no work has any of the tags in tags_any"}},
		"tags that all have":           {`{"query":"newton","tags_none":["physics"]}`, []string{"no work that meets the rest has none of the tags in tags_none"}},
		"words and a filter":           {`{"query":"newton","tags":["letters"]}`, []string{`no work that meets the rest has the tag "letters"`}},
		"two filters that none meets":  {`{"query":"","tags":["zzz"],"year_from":2090}`, []string{"leave out two or more"}},
		"words of no work":             {`{"query":"zxqvwy"}`, []string{"no work has all the words"}},
		"words of no work, and filter": {`{"query":"zxqvwy","tags":["history"]}`, []string{"no work has all the words"}},
		"words of a work without text": {`{"query":"heredity has:text"}`, []string{"no work that meets the rest has a text that can be read; leave it out"}},
		"a filter and a creator":       {`{"query":"newton","creator":"Newtno"}`, []string{`no work has the creator "Newtno"`}},
	} {
		t.Run(promise, func(t *testing.T) {
			var out searchOutput
			c.ask(t, "search", k.arguments, &out)
			said := slices.DeleteFunc(out.Notices, func(n string) bool { return !strings.Contains(n, "no work") })
			if len(out.Results) > 0 || len(said) != len(k.notices) {
				t.Fatalf("%d works, notices %q", len(out.Results), said)
			}
			for i, want := range k.notices {
				if !strings.Contains(said[i], want) {
					t.Errorf("notice %q, want %q", said[i], want)
				}
			}
		})
	}
	var out searchOutput
	without := connect(t, fleet{memory(library.Local, "Home", librarytest.Many(3))})
	if without.ask(t, "search", `{"query":"has:text study"}`, &out); !slices.Equal(out.Notices, []string{"no work has a text that can be read"}) {
		t.Errorf("a library without texts: %q", out.Notices)
	}
	out = searchOutput{}
	if c.ask(t, "search", `{"query":"newton","tags":["physics"]}`, &out); len(out.Results) == 0 || strings.Contains(fmt.Sprint(out.Notices), "leave it out") {
		t.Errorf("a search that finds works: %q", out.Notices)
	}
}

func TestSearch_SaysWhatWasCorrected(t *testing.T) {
	works := librarytest.Works()
	c := connect(t, fleet{corrector{memory(library.Local, "Home", works)}, corrector{memory(library.GroupID(9), "Group", works)}})
	var out searchOutput
	c.ask(t, "search", `{"query":"enigne"}`, &out)
	if !slices.Equal(out.Corrected, []string{"enigne → engine"}) {
		t.Errorf("corrected %v", out.Corrected)
	}
}
