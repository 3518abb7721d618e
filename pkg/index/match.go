package index

import (
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// match returns the passage that shows best why a work answers the query:
// from the part that covers most of it, the weightier part if two cover the
// same.
func (s *search) match(key string, c *candidate) *library.Passage {
	it, ok := s.source.Item(key)
	if !ok || it == nil {
		return nil
	}
	best, covered := kindTitle, uint8(0)
	for k := range kinds {
		if lane := uint8(c.lanes >> (8 * k)); lane > covered {
			best, covered = k, lane
		}
	}
	var p *library.Passage
	if c.covered > covered {
		p = s.matchText(it, c)
	}
	if p == nil {
		p = s.matchPart(it, best)
	}
	if p != nil {
		p.Score = float64(c.score)
	}
	return p
}

// matchPart returns the best snippet of a work's texts of one kind; of its
// title, whole if need be, when there is none.
func (s *search) matchPart(it *library.Item, k kind) *library.Passage {
	var best window
	var in part
	partsOf(it, k, func(p part) bool {
		s.spans = s.finder.find(p.text, s.spans[:0])
		w := s.finder.densest(s.spans, snippetBytes(p.text))
		if in.text == "" || w.score > best.score {
			best, in = w, p
		}
		return true
	})
	if in.text == "" {
		if k == kindTitle {
			return nil
		}
		return s.matchPart(it, kindTitle)
	}
	start, end := snippet(in.text, best)
	runes := utf8.RuneCountInString(in.text[:start])
	return &library.Passage{
		Item: it.ID, Source: sources[in.kind], Child: in.child, Page: in.page, Text: in.text[start:end],
		Start: runes, End: runes + utf8.RuneCountInString(in.text[start:end]),
	}
}

// matchText returns the best snippet of the passage that a work was found by,
// or nil if the text is no longer there.
func (s *search) matchText(it *library.Item, c *candidate) *library.Passage {
	at, ok := s.view.segments[c.segment].place(c.passage)
	if !ok {
		return nil
	}
	pages, err := s.source.Pages(it.ID.Key, at.attachment)
	if err != nil || !at.in(pages) {
		return nil
	}
	page := &pages[at.page]
	text := page.Text[at.start:at.tail]
	s.spans = s.finder.find(text, s.spans[:0])
	start, end := snippet(text, s.finder.densest(s.spans, snippetBytes(text)))
	return at.passage(it, page, at.start+start, at.start+end)
}

// snippetBytes returns about how many bytes of a text make a snippet.
func snippetBytes(text string) int {
	if len(text) <= maxSnippet {
		return maxSnippet
	}
	const sample = 200
	head := cutText(text, sample)
	return maxSnippet * len(head) / max(1, utf8.RuneCountInString(head))
}

// in reports whether the place is within the pages, at edges of characters:
// the text may have changed since it was indexed.
func (p *place) in(pages []library.TextPage) bool {
	if p.page >= len(pages) {
		return false
	}
	text := pages[p.page].Text
	return p.start <= p.end && p.end <= p.tail && p.tail <= len(text) && atEdge(text, p.start) && atEdge(text, p.end) && atEdge(text, p.tail)
}

func atEdge(text string, i int) bool { return i == len(text) || utf8.RuneStart(text[i]) }

// passage returns the stretch of a page between two bytes as a passage.
func (p *place) passage(it *library.Item, page *library.TextPage, start, end int) *library.Passage {
	runes := page.Offset + p.rune + utf8.RuneCountInString(page.Text[p.start:start])
	text := page.Text[start:end]
	return &library.Passage{
		Item: it.ID, Source: library.SourceFulltext, Child: p.attachment, Page: pageLabel(page), Text: text,
		Start: runes, End: runes + utf8.RuneCountInString(text),
	}
}
