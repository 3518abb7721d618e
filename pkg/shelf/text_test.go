package shelf

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// scanned returns a work whose file has six pages, of which the third and the
// last could not be read, and a file without pages.
func scanned() Work {
	w := work("report", "Writer", "title", "On Lanterns", "citationKey", "lanterns")
	w.Item.Attachments = []library.Attachment{
		{Title: "Cover", Filename: "cover.png"},
		{Title: "Scan", Filename: "scan.pdf", Text: library.TextStatus{Pages: 6, Reason: "two pages are images"}},
		{Title: "Notes", Filename: "notes.txt"},
	}
	w.Texts = [][]library.TextPage{
		nil,
		{{Number: 1, Text: "Ünder "}, {Number: 2, Label: "ii", Text: "glass. "}, {Number: 4, Text: "Öl. "}, {Number: 5, Text: "Wick"}},
		{{Text: "No pages here."}},
	}
	return w
}

func TestTextSaysExactlyWhatThereIs(t *testing.T) {
	s, err := FromWorks(t.Context(), "Memory", []Work{scanned()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	it := whole(t, s)[0]
	key, notes, cover := it.ID.Key, it.Attachments[2].Key, it.Attachments[0].Key
	for _, c := range []struct {
		promise string
		q       library.TextQuery
		want    string // offset, pages, next
	}{
		{"all", library.TextQuery{}, "0 [1:Ünder 2:glass. 4:Öl. 5:Wick] -1"},
		{"from a page", library.TextQuery{FirstPage: 4}, "13 [4:Öl. 5:Wick] -1"},
		{"up to a page", library.TextQuery{LastPage: 1}, "0 [1:Ünder] 6"},
		{"a page that could not be read", library.TextQuery{FirstPage: 3, LastPage: 3}, "13 [] 13"},
		{"the last page, which could not be read", library.TextQuery{FirstPage: 6, LastPage: 6}, "21 [] -1"},
		{"pages past the end", library.TextQuery{FirstPage: 5, LastPage: 1 << 40}, "17 [5:Wick] -1"},
		{"characters over a page's end", library.TextQuery{Offset: 3, Limit: 5}, "3 [1:er 2:gl] 8"},
		{"characters to the end", library.TextQuery{Offset: 19, Limit: 1 << 60}, "19 [5:ck] -1"},
		{"no characters, at the end", library.TextQuery{Offset: 21, Limit: 5}, "21 [] -1"},
		{"a text without pages", library.TextQuery{Attachment: notes, Offset: 3, Limit: 5}, "3 [0:pages] 8"},
		{"an attachment without text", library.TextQuery{Attachment: cover}, "0 [] -1"},
	} {
		got, err := s.Text(t.Context(), key, c.q)
		if err != nil {
			t.Errorf("%s: %v", c.promise, err)
			continue
		}
		var pages []string
		for _, p := range got.Pages {
			pages = append(pages, fmt.Sprintf("%d:%s", p.Number, strings.TrimSpace(p.Text)))
		}
		if line := fmt.Sprintf("%d %s %d", got.Offset, pages, got.Next); line != c.want {
			t.Errorf("%s: %s, want %s", c.promise, line, c.want)
		}
	}
	want := library.TextStatus{Available: true, Pages: 6, PagesRead: 4, Chars: 21, Reason: "two pages are images"}
	if got, _ := s.Text(t.Context(), key, library.TextQuery{}); got.Status != want || got.Status.Complete() {
		t.Errorf("status %+v, want %+v", got.Status, want)
	}
	if got, _ := s.Text(t.Context(), key, library.TextQuery{Attachment: cover}); got.Status.Available || got.Status.Reason == "" {
		t.Errorf("status without text %+v", got.Status)
	}
	for promise, q := range map[string]library.TextQuery{
		"a page past the end":             {FirstPage: 7},
		"a page below 1":                  {FirstPage: -1},
		"pages in the wrong order":        {FirstPage: 3, LastPage: 2},
		"pages of a text that has none":   {Attachment: notes, FirstPage: 1},
		"a limit below zero":              {Limit: -1},
		"characters past the end":         {Offset: 22},
		"characters of a text with fewer": {Attachment: notes, Offset: 15},
	} {
		if _, err := s.Text(t.Context(), key, q); library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", promise, err)
		}
	}
}

func FuzzBetween(f *testing.F) {
	f.Add("Ünder\fglass\f\fÖl", 3, 8)
	f.Add("", 0, 0)
	f.Fuzz(func(t *testing.T, text string, from, to int) {
		var raw []library.TextPage
		for i, s := range strings.Split(text, "\f") {
			raw = append(raw, library.TextPage{Number: i + 1, Text: s})
		}
		pages := withOffsets(raw)
		var all strings.Builder
		for _, p := range pages {
			all.WriteString(p.Text)
		}
		runes := []rune(all.String())
		if from < 0 || to < from || to > len(runes) {
			t.Skip("not a span that the text has")
		}
		got, at := "", from
		for _, p := range between(pages, from, to) {
			if p.Offset != at {
				t.Errorf("a page begins at %d, want %d", p.Offset, at)
			}
			got += p.Text
			at += len([]rune(p.Text))
		}
		if want := string(runes[from:to]); got != want {
			t.Errorf("%d to %d: %q, want %q", from, to, got, want)
		}
	})
}

func TestTagsAreFoundByPrefix(t *testing.T) {
	w := work("book", "A", "title", "Tagged")
	w.Item.Tags = []string{"Über-Mensch", "#read", "ubermensch", "machine learning"}
	s, err := FromWorks(t.Context(), "Memory", []Work{w})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for prefix, want := range map[string]int{"": 4, "uber": 2, "ÜBER M": 1, "#": 1, "machine-l": 1, "learning": 0, "%": 0} {
		if got, err := s.Tags(t.Context(), library.TagQuery{Prefix: prefix, Limit: 10}); err != nil || got.Total != want || len(got.Items) != want {
			t.Errorf("%q: %+v, %v, want %d", prefix, got, err, want)
		}
	}
}

func TestTags_OfChildrenAndInEveryComposition(t *testing.T) {
	a, b := work("book", "A", "title", "One"), work("book", "B", "title", "Two")
	a.Item.Tags = []string{"café"}
	a.Item.Notes = []library.Note{{Text: "A note.", Tags: []string{"to read", "café"}}}
	b.Item.Tags = []string{"cafe\u0301"}
	s, err := FromWorks(t.Context(), "Memory", []Work{a, b})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	tags, err := s.Tags(t.Context(), library.TagQuery{Limit: 10})
	if want := []library.Tag{{Name: "café", Items: 2}, {Name: "to read", Items: 1}}; err != nil || !slices.Equal(tags.Items, want) {
		t.Errorf("tags %+v, %v, want %+v", tags.Items, err, want)
	}
	for tag, want := range map[string]int{"café": 2, "cafe\u0301": 2, "TO READ": 1, "read": 0} {
		if got := found(t, s, library.Query{TagsAll: []string{tag}}); len(got) != want {
			t.Errorf("%q: %q, want %d", tag, got, want)
		}
	}
}
