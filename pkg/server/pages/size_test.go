package pages

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// maxPage bounds a page, in bytes.
const maxPage = 60_000

// size returns the length of the page at an address.
func (s *site) size(address string) int {
	s.t.Helper()
	address, _, _ = strings.Cut(address, "#")
	r, w := httptest.NewRequestWithContext(s.t.Context(), "GET", address, nil), httptest.NewRecorder()
	show := s.pages.Search
	if r.URL.Path == TagsPath {
		show = s.pages.Tags
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, WorksPath); ok {
		lib, key, _ := strings.Cut(rest, "/")
		show = func(w http.ResponseWriter, r *http.Request) error { return s.pages.Work(w, r, lib, key) }
	}
	if err := show(w, r); err != nil {
		s.t.Fatalf("%s: %v", address, err)
	}
	return w.Body.Len()
}

// scripts are words of one, three and four bytes a character.
var scripts = map[string]string{"Latin": "literature", "Chinese": "圖書館的藏書", "emoji": "😀😁😂"}

// bigWork returns a work whose every part is long, in words of a script.
func bigWork(word string) []librarytest.Work {
	works := librarytest.Works()[1:2]
	text := func(chars int) string { return strings.Repeat(word+" ", chars/len([]rune(word+" "))) }
	it := &works[0].Item
	it.Fields["abstractNote"] = text(3_000)
	for i := range 40 {
		it.Notes = append(it.Notes, library.Note{Text: fmt.Sprintf("note%d. ", i) + text(2_000)})
	}
	for i := range 60 {
		it.Tags = append(it.Tags, fmt.Sprintf("%s %d", text(60), i))
	}
	long := "light " + text(2_900) + "\n\n" + text(20_000) + " end0."
	works[0].Texts[0] = []library.TextPage{{Number: 1, Text: long}}
	it.Attachments[0].Text = library.TextStatus{Available: true, Pages: 1, PagesRead: 1}
	return works
}

func TestWork_PagesStaySmallInEveryScript(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	for name, word := range scripts {
		s := newSite(t, bigWork(word))
		start := s.workOf(librarytest.TitleLight)
		read := s.follow(start+"?q=light", "More notes and annotations")
		for i := range 40 {
			if !strings.Contains(read, fmt.Sprintf("note%d.", i)) {
				t.Errorf("%s: note%d is not shown", name, i)
			}
		}
		if read = s.follow(start+"?page=1", "Read on"); !strings.Contains(read, "end0.") {
			t.Errorf("%s: the end of the text is not shown", name)
		}
	}
}

// follow reads a page and those that a link leads to, each of at most maxPage bytes.
func (s *site) follow(address, link string) string {
	s.t.Helper()
	var read strings.Builder
	for range 60 {
		if n := s.size(address); n > maxPage {
			s.t.Errorf("%.60s has %d bytes", address, n)
		}
		root, _ := s.get(address)
		read.WriteString(mainText(root))
		if address = linked(root, link); address == "" {
			break
		}
	}
	return read.String()
}

func TestSearch_PagesStaySmallInEveryScript(t *testing.T) {
	for name, word := range scripts {
		works := librarytest.Many(30)
		for i := range works {
			it := &works[i].Item
			it.Fields["title"] += " " + strings.Repeat(word+" ", 40)
			it.Fields["abstractNote"] = "survey " + strings.Repeat(word+" ", 200)
			it.Creators = []library.Creator{{Role: "author", Name: strings.Repeat(word, 10)}}
		}
		s := newSite(t, works)
		read := s.follow(SearchPath+"?"+url.Values{"q": {"survey"}}.Encode(), "More works")
		for i := range works {
			if !strings.Contains(read, fmt.Sprintf("Study %04d", i)) {
				t.Errorf("%s: work %d is not listed", name, i)
			}
		}
	}
}

func TestTags_PagesStaySmallInEveryScript(t *testing.T) {
	for name, word := range scripts {
		works := librarytest.Many(300)
		for i := range works {
			works[i].Item.Tags = []string{fmt.Sprintf("tag%d. %s", i, strings.Repeat(word, 20/len([]rune(word))))}
		}
		s := newSite(t, works)
		read := s.follow(TagsPath, "More tags")
		for i := range works {
			if !strings.Contains(read, fmt.Sprintf("tag%d. ", i)) {
				t.Errorf("%s: tag %d is not listed", name, i)
			}
		}
	}
}
