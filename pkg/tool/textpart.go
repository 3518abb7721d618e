package tool

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// span says which part of a work's text to read.
type span struct {
	attachment  string // key; "" is the first with text
	first, last int    // pages from 1; first 0 starts at offset, last 0 has no end
	offset      int    // characters
	room        int    // how many characters of JSON the part may take
}

// part is a stretch of text that was read, clean, and where it stands.
type part struct {
	attachment string
	status     library.TextStatus
	pages      []pageLine
	offset     int // character of the whole text where the part begins
	end        int // just past the last character that was read
	next       int // character where to go on; -1 at the end of what was asked for
	last       int // the last page asked for, 0 if there is no such bound
}

type pageLine struct {
	Page   int    `json:"page,omitempty"`
	Label  string `json:"label,omitempty"`
	Offset int    `json:"offset"`
	Text   string `json:"text"`
}

// Bounds of one question to a library for text.
const (
	maxPagesAtOnce = 100
	pageOverhead   = 60 // characters of JSON around the text of one page
)

// readFrom reads a part of a work's text that takes no more than its room. It
// stops between words where it can; nothing is passed over.
func (c *call) readFrom(ctx context.Context, h holding, s span) (part, error) {
	q := library.TextQuery{Attachment: s.attachment, Offset: s.offset, Limit: s.room}
	if s.first > 0 {
		q = library.TextQuery{Attachment: s.attachment, FirstPage: s.first, LastPage: s.first + maxPagesAtOnce - 1}
		if s.last > 0 {
			q.LastPage = min(q.LastPage, s.last)
		}
	}
	text, err := h.reader.Text(ctx, h.item.ID.Key, q)
	if err != nil {
		return part{}, err
	}
	p := part{
		attachment: text.Attachment, status: text.Status, offset: text.Offset, next: text.Next,
		last: s.last,
	}
	c.hear(h.lib.ID, text.Notice)
	if s.last > 0 && s.last == q.LastPage {
		p.next = -1
	}
	p.take(text.Pages, s)
	return p, nil
}

// take adds the pages, or what of them has room.
func (p *part) take(pages []library.TextPage, s span) {
	room := s.room
	for _, page := range pages {
		if s.last > 0 && page.Number > s.last {
			p.next = -1
			return
		}
		room -= pageOverhead
		keep := fitting(page.Text, room)
		if keep > 0 {
			clean := neutral(page.Text[:keep])
			p.pages = append(p.pages, pageLine{page.Number, ours(page.Label), page.Offset, clean})
			room -= jsonChars(clean)
			p.end = page.Offset + utf8.RuneCountInString(page.Text[:keep])
		}
		if keep < len(page.Text) {
			p.next = page.Offset + utf8.RuneCountInString(page.Text[:keep])
			return
		}
	}
}

// fitting returns how many bytes of s take at most room characters of JSON. A
// cut falls between words if there is a gap in the last part of the room.
func fitting(s string, room int) int {
	gap := 0
	for i, r := range s {
		if room -= jsonWidth(r); r == ']' {
			room-- // neutral may put a space after it
		}
		if room < 0 {
			if gap > i*3/4 {
				return gap
			}
			return i
		}
		if unicode.IsSpace(r) {
			gap = i + utf8.RuneLen(r)
		}
	}
	return len(s)
}

// joined returns the text of the part in one piece.
func (p *part) joined() string {
	texts := make([]string, len(p.pages))
	for i, page := range p.pages {
		texts[i] = strings.TrimRight(page.Text, "\n")
	}
	return strings.Join(texts, "\n")
}

// pageSpan returns the pages that the part has text of, "3-5", or "".
func (p *part) pageSpan() string {
	if len(p.pages) == 0 || p.pages[0].Page == 0 {
		return ""
	}
	first, last := p.pages[0].Page, p.pages[len(p.pages)-1].Page
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, last)
}

// where returns the pages that the part shows and their total, for a heading.
func (p *part) where() string {
	s := p.pageSpan()
	if s == "" {
		return ""
	}
	return fmt.Sprintf(", pages %s of %d", s, p.status.Pages)
}

// chars returns how many characters of the text the part covers.
func (p *part) chars() int { return max(0, p.end-p.offset) }
