package index_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// withPages returns a work with one attachment that has these pages.
func withPages(n int, pages ...string) index.Document {
	text := index.Text{Attachment: "TEXT2222"}
	for i, page := range pages {
		text.Pages = append(text.Pages, library.TextPage{Number: i + 1, Text: page})
	}
	return index.Document{Item: work(n, "title", "Untitled"), Texts: []index.Text{text}}
}

// TestSearch_MatchesAcrossPassages has one word at the end of a passage and one
// in the hundred bytes after it.
func TestSearch_MatchesAcrossPassages(t *testing.T) {
	filler := strings.Repeat("some words of text ", 60)
	s := shelf{}
	s.put(withPages(1, filler+"zebra.\n\n"+filler[:95]+"lion "+filler+filler))
	m := search(t, memory(t, s), library.Query{Text: "zebra lion."}).Hits[0].Match
	if m == nil || !strings.Contains(m.Text, "zebra") || !strings.Contains(m.Text, "lion") {
		t.Errorf("got %+v, want both words", m)
	}
}

func TestSearch_MatchesTheFirstOfEqualPassages(t *testing.T) {
	s := shelf{}
	s.put(withPages(1, "The zebra crossed.", "The zebra crossed.", "The zebra crossed."))
	if m := search(t, memory(t, s), library.Query{Text: "zebra."}).Hits[0].Match; m == nil || m.Page != "1" {
		t.Errorf("got %+v, want page 1", m)
	}
}

func TestSearch_SnippetPrefersDifferentWords(t *testing.T) {
	filler := strings.Repeat("some words of text ", 30)
	s := shelf{}
	s.put(index.Document{Item: work(1, "title", "Untitled", "abstractNote", strings.Repeat("zebra ", 12)+filler+"zebra and lion "+filler)})
	if m := search(t, memory(t, s), library.Query{Text: "zebra lion."}).Hits[0].Match; m == nil || !strings.Contains(m.Text, "zebra and lion") {
		t.Errorf("got %+v, want the place with both words", m)
	}
}

func TestSearch_YearsExcludeUndatedWorks(t *testing.T) {
	s := shelf{}
	for n, date := range []string{"", "1990", "2010"} {
		it := work(n+1, "title", "zebra")
		it.ParsedDate = date
		s.put(index.Document{Item: it})
	}
	x := memory(t, s)
	for _, tc := range []struct{ from, to, want int }{{0, 0, 3}, {0, 2000, 1}, {2000, 0, 1}, {0, 2010, 2}, {1990, 1990, 1}, {1991, 2009, 0}} {
		if n := search(t, x, library.Query{Text: "zebra.", YearFrom: tc.from, YearTo: tc.to}).Total; n != tc.want {
			t.Errorf("from %d to %d: %d works, want %d", tc.from, tc.to, n, tc.want)
		}
	}
}

// TestWith_MergesUpTo512Works puts eight segments of 64 works and of 65.
func TestWith_MergesUpTo512Works(t *testing.T) {
	for size, want := range map[int]int{64: 1, 65: 8} {
		s := shelf{}
		x := index.New(s)
		for n := range 8 {
			var put []index.Document
			for i := range size {
				d := index.Document{Item: work(n*size+i+1, "title", fmt.Sprintf("work %d", i))}
				s.put(d)
				put = append(put, d)
			}
			x = update(t, x, s, put)
		}
		if got := index.Segments(x); got != want {
			t.Errorf("%d segments of eight with %d works each, want %d", got, size, want)
		}
	}
}
