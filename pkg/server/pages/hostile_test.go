package pages

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// hostileText tries to become markup, script, style or a template.
const hostileText = `hostilemark"><script>alert(1)</script><img src=x onerror=alert(2)> [a](javascript:alert(3)) </title></textarea> {{.Title}} ' onmouseover='alert(4)`

func hostileWork() librarytest.Work {
	return librarytest.Work{
		Item: library.Item{
			Type: "journalArticle", ParsedDate: "2021", Tags: []string{hostileText},
			Fields: map[string]string{
				"title": hostileText, "abstractNote": hostileText, "publicationTitle": hostileText, "extra": hostileText,
				"url": "javascript:alert(5)", "date": hostileText,
			},
			Creators: []library.Creator{{Role: hostileText, Family: hostileText}},
			Notes:    []library.Note{{Text: hostileText, Tags: []string{hostileText}}},
			Attachments: []library.Attachment{{
				Title: hostileText, Filename: hostileText, ContentType: hostileText, URL: "javascript:alert(6)",
				Text: library.TextStatus{Available: true, Pages: 1, PagesRead: 1},
				Annotations: []library.Annotation{{
					Type: hostileText, Text: hostileText, Comment: hostileText, Color: `#ffd400" onload="alert(7)`, Page: hostileText, Tags: []string{hostileText},
				}},
			}},
		},
		Collections: [][]string{{hostileText}},
		Texts:       [][]library.TextPage{{{Number: 1, Label: hostileText, Text: hostileText}}},
	}
}

func TestPages_ShowLibraryTextAsText(t *testing.T) {
	s := newSite(t, []librarytest.Work{hostileWork(), librarytest.Works()[0]})
	root, _ := s.get("/search?q=hostilemark")
	work := ""
	for _, h := range all(root, "h2") {
		if links := all(h, "a"); len(links) == 1 {
			work, _, _ = strings.Cut(attribute(links[0], "href"), "?")
		}
	}
	if !strings.HasPrefix(work, "/works/") {
		t.Fatalf("the work was not found: %s", mainText(root))
	}
	for _, address := range []string{
		"/search?q=hostilemark", "/search?q=" + url.QueryEscape(hostileText), "/search?tag=" + url.QueryEscape(hostileText), "/search?from=1", work,
		work + "?q=hostilemark", work + "?page=1", work + "?q=" + url.QueryEscape(hostileText), work + "?style=" + url.QueryEscape(hostileText), "/changes", "/collections", "/tags",
		"/tags?prefix=" + url.QueryEscape(hostileText), "/libraries",
	} {
		root, _ := s.get(address)
		contains(t, textOf(all(root, "html")[0]), "Stackroom")
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if slices.Contains([]string{"img", "iframe", "object", "embed", "base", "math", "video"}, n.Data) || n.Data == "script" && len(n.Attr) > 0 {
				t.Errorf("%s: library text became <%s>", address, n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
					t.Errorf("%s: library text became the attribute %s", address, a.Key)
				}
				if (a.Key == "href" || a.Key == "src" || a.Key == "action") && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "https://") {
					t.Errorf("%s: a link to %q", address, a.Val)
				}
			}
		}
		if scripts := all(root, "script"); len(scripts) > 1 {
			t.Errorf("%s: %d scripts", address, len(scripts))
		}
	}
}
