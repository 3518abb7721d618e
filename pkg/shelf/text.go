package shelf

import (
	"context"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Text implements [library.Reader]. The whole text is the texts of the pages
// one after the other, with nothing between them. A first page without a last
// one means to the end, and so does an offset without a limit.
func (s *Shelf) Text(ctx context.Context, key string, q library.TextQuery) (library.Text, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return library.Text{}, err
	}
	defer st.release()
	it, err := st.mustWork(key)
	if err != nil {
		return library.Text{}, err
	}
	if err := checkTextQuery(q); err != nil {
		return library.Text{}, err
	}
	out := library.Text{Item: it.ID, Next: -1, Version: st.meta.Version, Notice: st.notice()}
	a, err := attachmentOf(it, q.Attachment)
	if err != nil {
		return library.Text{}, err
	}
	if a == nil {
		out.Status.Reason = "the work has no attachment"
		return out, nil
	}
	out.Attachment, out.Status = a.Key, a.Text
	if !a.Text.Available {
		return out, nil
	}
	pages, err := st.pages(a.Key)
	if err != nil {
		return library.Text{}, err
	}
	from, to, err := span(pages, a.Text, q)
	if err != nil {
		return library.Text{}, err
	}
	out.Offset = from
	if to < a.Text.Chars {
		out.Next = to
	}
	out.Pages = between(pages, from, to)
	return out, nil
}

func checkTextQuery(q library.TextQuery) error {
	switch {
	case q.FirstPage < 0 || q.LastPage < 0:
		return library.Errorf(library.Invalid, "pages are counted from 1")
	case q.LastPage > 0 && q.LastPage < q.FirstPage:
		return library.Errorf(library.Invalid, "the last page, %d, is before the first one, %d", q.LastPage, q.FirstPage)
	case q.Offset < 0:
		return library.Errorf(library.Invalid, "offset must be 0 or more, not %d", q.Offset)
	case q.Limit < 0:
		return library.Errorf(library.Invalid, "limit must be 0 or more, not %d", q.Limit)
	}
	return nil
}

// attachmentOf returns the attachment of that key; without a key the one that
// stands for the work (see [library.Item.BestText]), failing that the first one,
// failing that nil.
func attachmentOf(it *library.Item, key string) (*library.Attachment, error) {
	at := it.BestText()
	if key != "" {
		at = slices.IndexFunc(it.Attachments, func(a library.Attachment) bool { return a.Key == key })
	}
	switch {
	case at >= 0:
		return &it.Attachments[at], nil
	case key != "":
		return nil, library.Errorf(library.NotFound, "the item has no attachment of that key").WithHint("fetch the item to see its attachments")
	case len(it.Attachments) > 0:
		return &it.Attachments[0], nil
	}
	return nil, nil
}

// span returns which characters of the whole text q asks for.
func span(pages []library.TextPage, status library.TextStatus, q library.TextQuery) (from, to int, err error) {
	if q.FirstPage == 0 && q.LastPage == 0 {
		if q.Offset > status.Chars {
			return 0, 0, library.Errorf(library.Invalid, "offset %d is past the end: the text has %d characters", q.Offset, status.Chars)
		}
		to = status.Chars
		if q.Limit > 0 {
			to = min(to, q.Offset+min(q.Limit, status.Chars))
		}
		return q.Offset, to, nil
	}
	if status.Pages == 0 {
		return 0, 0, library.Errorf(library.Invalid, "the text has no pages").WithHint("read it by characters, with a cursor")
	}
	if q.FirstPage > status.Pages {
		return 0, 0, library.Errorf(library.Invalid, "page %d is past the end: the text has %d pages", q.FirstPage, status.Pages)
	}
	return startOf(pages, q.FirstPage, status), startOf(pages, pageAfter(q.LastPage), status), nil
}

// pageAfter returns the page after last, and a page past every end for 0.
func pageAfter(last int) int {
	if last == 0 || last > maxPages {
		return maxPages + 1
	}
	return last + 1
}

// startOf returns where page n begins or, if it could not be read, the next
// one that could.
func startOf(pages []library.TextPage, n int, status library.TextStatus) int {
	for _, p := range pages {
		if p.Number >= n {
			return p.Offset
		}
	}
	return status.Chars
}

// between returns the pages, or parts of pages, from one character to just
// before another.
func between(pages []library.TextPage, from, to int) []library.TextPage {
	out := []library.TextPage{}
	at, _ := slices.BinarySearchFunc(pages, from, func(p library.TextPage, from int) int {
		if p.Offset <= from {
			return -1
		}
		return 1
	})
	for _, p := range pages[max(at-1, 0):] {
		if p.Offset >= to {
			break
		}
		lo, hi := max(from-p.Offset, 0), to-p.Offset
		text := runes(p.Text, lo, hi)
		if text != "" {
			p.Offset += lo
			p.Text = text
			out = append(out, p)
		}
	}
	return out
}

// runes returns the characters of s from lo to just before hi.
func runes(s string, lo, hi int) string {
	start, n := len(s), 0
	for i := range s {
		if n == lo {
			start = i
		}
		if n == hi {
			return s[min(start, i):i]
		}
		n++
	}
	return s[start:]
}
