package pages

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// textBox returns the checkbox of the filter, and whether it is checked.
func textBox(t *testing.T, root *html.Node) (box *html.Node, checked bool) {
	t.Helper()
	for _, in := range all(root, "input") {
		if attribute(in, "name") == "text" {
			return in, slices.ContainsFunc(in.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
		}
	}
	t.Fatal("the form has no field text")
	return nil, false
}

func TestSearch_LimitsToWorksWithText(t *testing.T) {
	s := newSite(t, librarytest.Works())
	for address, want := range map[string]string{
		"/search?text=yes": "1 work.", "/search?text=yes&type=book": "1 work.", "/search?type=book": "2 works.", "/search?type=book&text=no": "2 works.",
		"/search?q=experiments": "2 works.", "/search?q=experiments&text=yes": "1 work.",
		"/search?q=@lovelace1843sketch&text=yes": "No work was found.",
	} {
		root, status := s.get(address)
		box, checked := textBox(t, root)
		if attribute(box, "value") != "yes" || checked != strings.Contains(address, "text=yes") {
			t.Errorf("%s: the box is checked: %v", address, checked)
		}
		if found := all(root, "strong"); status != 200 || len(found) != 1 || textOf(found[0]) != want {
			t.Errorf("%s: status %d, %s", address, status, mainText(root))
		}
	}
	root, _ := s.get("/search?q=heredity&text=yes")
	contains(t, mainText(root), "No work that meets the rest has a text that can be read")
	root, _ = s.get("/search")
	if _, checked := textBox(t, root); checked {
		t.Error("the box is checked before it was")
	}
}

// TestSearch_KeepsTheLimitToText follows the links to further works and to a narrower
// search.
func TestSearch_KeepsTheLimitToText(t *testing.T) {
	works := librarytest.Many(2 * searchResults * 2)
	for i := range works {
		if i%2 == 0 {
			works[i].Item.Attachments = []library.Attachment{{Filename: "a.txt", Text: library.TextStatus{Available: true}}}
			works[i].Texts = [][]library.TextPage{{{Text: fmt.Sprintf("The text of work %d.", i)}}}
		}
	}
	s := newSite(t, works)
	start := SearchPath + "?" + url.Values{"q": {"study"}, "text": {"yes"}}.Encode()
	root, _ := s.get(start)
	contains(t, mainText(root), fmt.Sprintf("%d works.", 2*searchResults))
	narrow := 0
	for _, a := range all(root, "a") {
		to, err := url.Parse(attribute(a, "href"))
		if err == nil && to.Query().Get("creator") != "" {
			narrow++
			if to.Query().Get("text") != "yes" {
				t.Errorf("%s forgets the limit", to)
			}
		}
	}
	if narrow == 0 {
		t.Error("no link narrows the search")
	}
	seen := 0
	for address := start; address != ""; address = linked(root, "More works") {
		root, _ = s.get(address)
		for _, h := range all(root, "h2") {
			for _, a := range all(h, "a") {
				var n int
				if _, err := fmt.Sscanf(textOf(a), "Study %d of", &n); err != nil || n%2 != 0 {
					t.Errorf("%q has no text", textOf(a))
				}
				seen++
			}
		}
		if _, checked := textBox(t, root); !checked {
			t.Errorf("%s: the box is not checked", address)
		}
	}
	if seen != 2*searchResults {
		t.Errorf("%d works on all pages", seen)
	}
}
