package zotero

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// fullText is the text of one attachment.
type fullText struct {
	status  library.TextStatus
	pages   []library.TextPage
	version int64
}

// readText reads an attachment's text. That there is none is no error.
func (r *Reader) readText(ctx context.Context, key string) (fullText, error) {
	full, err := r.client.FullText(ctx, r.scope, key)
	if isMissing(err) {
		return fullText{status: library.TextStatus{Reason: "Zotero has no text of this file: it isn't indexed yet, or it has none"}}, nil
	}
	if err != nil {
		return fullText{}, err
	}
	return paged(full), nil
}

// paged divides a text into its pages. Zotero ends each with a form feed;
// where their number isn't the number of pages that it says it read, nobody
// knows which page is which, and the text has none.
func paged(full FullText) fullText {
	t := fullText{version: full.Version, status: library.TextStatus{Pages: max(full.TotalPages, full.IndexedPages), PagesRead: full.IndexedPages}}
	parts := strings.Split(strings.TrimSuffix(full.Content, "\f"), "\f")
	if full.IndexedPages == 0 || len(parts) != full.IndexedPages {
		parts = []string{strings.ReplaceAll(full.Content, "\f", "\n")}
		t.status.Pages, t.status.PagesRead = 0, 0
	}
	for i, part := range parts {
		if len(parts) > 1 && !strings.HasSuffix(part, "\n") {
			part += "\n"
		}
		page := library.TextPage{Offset: t.status.Chars, Text: part}
		if t.status.Pages > 0 {
			page.Number = i + 1
		}
		t.pages = append(t.pages, page)
		t.status.Chars += utf8.RuneCountInString(part)
	}
	if strings.TrimSpace(full.Content) == "" {
		t.status.Chars, t.status.PagesRead, t.pages = 0, 0, nil
		t.status.Reason = "Zotero found no text in this file: it may be a scan"
		return t
	}
	t.status.Available = true
	switch {
	case full.IndexedPages < full.TotalPages:
		t.status.Reason = fmt.Sprintf("Zotero read %d of %d pages; its settings say how many it reads", full.IndexedPages, full.TotalPages)
	case full.IndexedChars < full.TotalChars:
		t.status.Reason = fmt.Sprintf("Zotero read %d of %d characters; its settings say how many it reads", full.IndexedChars, full.TotalChars)
	}
	return t
}

// Text implements [library.Reader]. The whole text is the texts of the pages
// one after the other.
func (r *Reader) Text(ctx context.Context, key string, q library.TextQuery) (library.Text, error) {
	it, err := r.item(ctx, key)
	if err != nil {
		return library.Text{}, err
	}
	if err := checkTextQuery(q); err != nil {
		return library.Text{}, err
	}
	wanted, err := candidatesFor(it, key, q.Attachment)
	if err != nil {
		return library.Text{}, err
	}
	out := library.Text{Item: it.ID, Next: -1}
	if len(wanted) == 0 {
		out.Status.Reason = "the work has no attachment"
		return out, nil
	}
	var t fullText
	for _, a := range wanted {
		out.Attachment, t = a.Key, fullText{status: a.Text}
		if a.Text.Available {
			if t, err = r.readText(ctx, a.Key); err != nil {
				return library.Text{}, err
			}
		}
		if t.status.Available {
			break
		}
	}
	out.Status, out.Version = t.status, t.version
	if !t.status.Available {
		return out, nil
	}
	from, to, err := t.span(q)
	if err != nil {
		return library.Text{}, err
	}
	out.Offset = from
	if to < t.status.Chars {
		out.Next = to
	}
	out.Pages = t.between(from, to)
	return out, nil
}

func checkTextQuery(q library.TextQuery) error {
	switch {
	case q.FirstPage < 0 || q.LastPage < 0:
		return library.Errorf(library.Invalid, "pages are counted from 1")
	case q.LastPage > 0 && q.LastPage < q.FirstPage:
		return library.Errorf(library.Invalid, "the last page, %d, is before the first one, %d", q.LastPage, q.FirstPage)
	case q.Offset < 0:
		return library.Errorf(library.Invalid, "offset must not be negative")
	case q.Limit < 0:
		return library.Errorf(library.Invalid, "limit must not be negative")
	}
	return nil
}

// candidatesFor returns the attachments to try for a text, the likeliest
// first: the one asked for, by its own key or as the work's, else those with
// text, else the first.
func candidatesFor(it *library.Item, key, attachment string) ([]library.Attachment, error) {
	named := func(key string) int {
		return slices.IndexFunc(it.Attachments, func(a library.Attachment) bool { return a.Key == key })
	}
	if attachment != "" {
		at := named(attachment)
		if at < 0 {
			return nil, library.Errorf(library.NotFound, "the item has no attachment of that key").WithHint("fetch the item to see its attachments")
		}
		return it.Attachments[at : at+1], nil
	}
	if at := named(key); at >= 0 {
		return it.Attachments[at : at+1], nil
	}
	with := []library.Attachment{}
	for _, a := range it.Attachments {
		if a.Text.Available {
			with = append(with, a)
		}
	}
	if len(with) == 0 {
		return it.Attachments[:min(1, len(it.Attachments))], nil
	}
	return with, nil
}

// span returns which characters of the text q asks for.
func (t *fullText) span(q library.TextQuery) (from, to int, err error) {
	if q.FirstPage == 0 && q.LastPage == 0 {
		if q.Offset > t.status.Chars {
			return 0, 0, library.Errorf(library.Invalid, "offset %d is past the end: the text has %d characters", q.Offset, t.status.Chars)
		}
		if q.Limit > 0 && q.Limit < t.status.Chars-q.Offset {
			return q.Offset, q.Offset + q.Limit, nil
		}
		return q.Offset, t.status.Chars, nil
	}
	if t.status.Pages == 0 {
		return 0, 0, library.Errorf(library.Invalid, "it isn't known where the pages of this text begin").WithHint("read it by characters, with a cursor")
	}
	first := max(q.FirstPage, 1)
	if first > len(t.pages) {
		return 0, 0, library.Errorf(library.Invalid, "page %d is past the end: %d of %d pages can be read", first, len(t.pages), t.status.Pages)
	}
	to = t.status.Chars
	if q.LastPage > 0 && q.LastPage < len(t.pages) {
		to = t.pages[q.LastPage].Offset
	}
	return t.pages[first-1].Offset, to, nil
}

// between returns the pages, or parts of pages, from one character to just
// before another.
func (t *fullText) between(from, to int) []library.TextPage {
	out := []library.TextPage{}
	for i, p := range t.pages {
		end := t.status.Chars
		if i+1 < len(t.pages) {
			end = t.pages[i+1].Offset
		}
		if end <= from || p.Offset >= to {
			continue
		}
		lo, hi := max(from-p.Offset, 0), min(to, end)-p.Offset
		if p.Text = runes(p.Text, lo, hi); p.Text != "" {
			p.Offset += lo
			out = append(out, p)
		}
	}
	return out
}

// runes returns the characters of s from lo to just before hi.
func runes(s string, lo, hi int) string {
	from, to, n := len(s), len(s), 0
	for i := range s {
		if n == lo {
			from = i
		}
		if n == hi {
			to = i
			break
		}
		n++
	}
	return s[from:max(from, to)]
}
