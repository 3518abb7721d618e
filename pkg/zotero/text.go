package zotero

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// Reasons for a file without text.
const (
	noText       = "Zotero has no text of this file: it isn't indexed yet, or it has none"
	scanned      = "Zotero found no text in this file: it may be a scan"
	withoutFiles = "this key may not read files; https://www.zotero.org/settings/keys can allow it"
	largeText    = "the text of this file is larger than this server reads"
)

// TextVersions implements [replica.Source]. The desktop app lists texts since
// version 7.1.
func (s *source) TextVersions(ctx context.Context, since int64) (map[string]int64, error) {
	changed, _, err := versions(ctx, s.ask, s.path+"/fulltext", url.Values{"since": {strconv.FormatInt(since, 10)}})
	switch {
	case isCode(err, library.NotFound) && s.local:
		return nil, nil
	case isCode(err, library.Forbidden) && !s.files:
		return map[string]int64{}, nil
	}
	return changed, lost(err)
}

// Text implements [replica.Source].
func (s *source) Text(ctx context.Context, attachment string) (replica.Text, error) {
	none := func(reason string) replica.Text { return replica.Text{Status: library.TextStatus{Reason: reason}} }
	if !validKey(attachment) {
		return none(noText), nil
	}
	full, version, err := getOne[fullText](ctx, s.ask, s.path+"/items/"+attachment+"/fulltext", nil, direct)
	switch {
	case isCode(err, library.NotFound):
		return none(noText), s.verify(ctx)
	case isCode(err, library.TooLarge):
		return none(largeText), nil
	case isCode(err, library.Forbidden) && !s.files:
		return none(withoutFiles), nil
	case err != nil:
		return replica.Text{}, err
	}
	t := textOf(full)
	t.Version = version
	return t, nil
}

// textOf divides a text into its pages. Zotero ends each with a form feed. Where
// their number is not the number of pages that Zotero says it read, the pages
// are not known, and the text has none.
func textOf(full fullText) replica.Text {
	t := replica.Text{Status: library.TextStatus{Pages: max(full.totalPages, full.indexedPages), PagesRead: full.indexedPages}}
	parts := strings.Split(strings.TrimSuffix(full.content, "\f"), "\f")
	if full.indexedPages == 0 || len(parts) != full.indexedPages {
		parts = []string{strings.ReplaceAll(full.content, "\f", "\n")}
		t.Status.Pages, t.Status.PagesRead = 0, 0
	}
	if strings.TrimSpace(full.content) == "" {
		t.Status.PagesRead, t.Status.Reason = 0, scanned
		return t
	}
	for i, part := range parts {
		if len(parts) > 1 && !strings.HasSuffix(part, "\n") {
			part += "\n"
		}
		p := library.TextPage{Offset: t.Status.Chars, Text: part}
		if t.Status.Pages > 0 {
			p.Number = i + 1
		}
		t.Pages = append(t.Pages, p)
		t.Status.Chars += utf8.RuneCountInString(part)
	}
	t.Status.Available = true
	switch {
	case full.indexedPages < full.totalPages:
		t.Status.Reason = fmt.Sprintf("Zotero read %d of %d pages; its settings say how many it reads", full.indexedPages, full.totalPages)
	case full.indexedChars < full.totalChars:
		t.Status.Reason = fmt.Sprintf("Zotero read %d of %d characters; its settings say how many it reads", full.indexedChars, full.totalChars)
	}
	return t
}
