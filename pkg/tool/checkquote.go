package tool

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// checkedQuote is where a quotation stands.
type checkedQuote struct {
	Quote   string         `json:"quote"`
	Verdict string         `json:"verdict"`
	Reason  string         `json:"reason,omitempty"`
	ID      string         `json:"id,omitempty"`
	Page    string         `json:"page,omitempty"`
	Nearest string         `json:"nearest,omitempty"`
	Changes []checkedField `json:"changes,omitempty"`
}

// The verdicts of quotations, beside not_found and not_checked.
const (
	quoteExact  = "exact"
	quoteNearly = "differs"
)

// Bounds of the search for one quotation.
const (
	nearQuote       = 0.5 // the part of the words that makes a passage the nearest
	worksOfQuote    = 5
	passagesOfQuote = 5
	quoteQueryWords = 40
)

// quotes checks quotations against the works of the libraries.
func (c *checking) quotes(ctx context.Context, t *tidy, list []reference.Quote) ([]checkedQuote, error) {
	out := make([]checkedQuote, len(list))
	places := make([]place, len(list))
	failed := make([]error, len(list))
	each(len(list), func(i int) {
		places[i], failed[i] = c.locate(ctx, list[i])
		c.progress.step(c.steps, "looked for a quotation")
	})
	for i, p := range places {
		out[i] = checkedQuote{Quote: t.line(list[i].Text, maxSnippet), Verdict: verdictNotFound}
		switch {
		case failed[i] != nil:
			out[i].Verdict, out[i].Reason = verdictNotChecked, c.tolerate(ctx, failed[i])
		case p.exact:
			out[i].Verdict, out[i].ID, out[i].Page = quoteExact, p.work.ID.String(), t.line(p.page, maxName)
		case p.share >= nearQuote:
			out[i].Verdict, out[i].ID, out[i].Page = quoteNearly, p.work.ID.String(), t.line(p.page, maxName)
			out[i].Nearest = t.line(p.text, maxSnippet)
			for _, change := range reference.Changes(list[i].Text, p.text) {
				out[i].Changes = append(out[i].Changes, checkedField{Field: "words", Stated: t.line(change.Quoted, maxName), Known: t.line(change.Source, maxName)})
			}
		case p.unread:
			out[i].Verdict, out[i].Reason = verdictNotChecked, "the cited work is not in your libraries, or its text can't be read"
		}
		if p.cited != nil && p.work != nil && out[i].ID != "" && p.cited.ID != p.work.ID {
			out[i].Reason = "it stands in another work than the one cited, " + p.cited.ID.String()
		}
	}
	return out, ctx.Err()
}

// place is the place of a text that is nearest to a quotation.
type place struct {
	work  *library.Item
	page  string
	text  string
	exact bool
	share float64
	// cited is the cited work, if it is in a library. Unread says that a work is
	// cited whose text can't be read.
	cited  *library.Item
	unread bool
}

// locate looks for a quotation in the work that is cited for it, then in all.
func (c *checking) locate(ctx context.Context, q reference.Quote) (place, error) {
	best := place{}
	cites := len(q.Keys)+len(q.Names) > 0
	for _, r := range c.citedBy(q) {
		if err := c.lookUp(ctx, r); err != nil {
			return best, err
		}
		if r.work == nil {
			continue
		}
		best.cited = r.work
		if err := c.within(ctx, r.work, q.Text, &best); err != nil || best.exact {
			return best, err
		}
	}
	best.unread = cites && (best.cited == nil || best.cited.BestText() < 0)
	words := strings.Fields(strings.ReplaceAll(q.Text, `"`, " "))
	query := library.Query{Text: strings.Join(words[:min(len(words), quoteQueryWords)], " "), Limit: worksOfQuote}
	var failed error
	for _, lib := range c.among {
		if err := c.throughout(ctx, lib.ID, query, q.Text, &best); err != nil {
			failed = err
		}
		if best.exact {
			return best, nil
		}
	}
	return best, failed
}

// throughout looks for a quotation in the works of a library that a query finds.
func (c *checking) throughout(ctx context.Context, lib library.ID, query library.Query, quote string, best *place) error {
	reader, err := c.reader(ctx, lib)
	if err != nil {
		return err
	}
	page, err := reader.Search(ctx, query)
	if err != nil {
		return err
	}
	for _, h := range page.Items {
		if err := c.within(ctx, h.Item, quote, best); err != nil || best.exact {
			return err
		}
	}
	return nil
}

// citedBy returns the references that are cited beside a quotation.
func (c *checking) citedBy(q reference.Quote) []*checkedOne {
	var out []*checkedOne
	for _, key := range q.Keys {
		if r := c.all.labelled(key); r != nil {
			out = append(out, r)
		}
	}
	for _, name := range q.Names {
		for _, r := range c.all.references {
			if r.Cites(name) {
				out = append(out, r)
			}
		}
	}
	return out
}

// within looks for a quotation in a work, and keeps the nearest place.
func (c *checking) within(ctx context.Context, it *library.Item, quote string, best *place) error {
	reader, err := c.reader(ctx, it.ID.Library)
	if err != nil {
		return err
	}
	page, err := reader.Passages(ctx, it.ID.Key, library.PassageQuery{Question: strings.ReplaceAll(quote, `"`, " "), Limit: passagesOfQuote})
	if err != nil {
		return err
	}
	c.hear(it.ID.Library, page.Notice)
	for _, p := range page.Items {
		pages := []library.TextPage{{Label: p.Page, Text: p.Text}}
		if p.Source == library.SourceFulltext {
			around := utf8.RuneCountInString(quote) + 200
			text, err := reader.Text(ctx, it.ID.Key, library.TextQuery{Attachment: p.Child, Offset: max(p.Start-around, 0), Limit: p.End - p.Start + 2*around})
			if err != nil {
				return err
			}
			pages = text.Pages
		}
		if best.nearer(it, pages, quote); best.exact {
			return nil
		}
	}
	return nil
}

// nearer takes the place in some pages that is nearest to a quotation, if it is
// nearer than the one before.
func (p *place) nearer(it *library.Item, pages []library.TextPage, quote string) {
	var all strings.Builder
	starts := make([]int, len(pages))
	for i, page := range pages {
		starts[i] = all.Len()
		all.WriteString(page.Text + "\n")
	}
	text := all.String()
	found := reference.Find(quote, text)
	if !found.Exact && found.Share <= p.share {
		return
	}
	p.work, p.text, p.exact, p.share, p.page = it, text[found.From:found.To], found.Exact, found.Share, ""
	for i, page := range pages {
		if starts[i] <= found.From {
			p.page = page.Label
			if p.page == "" && page.Number > 0 {
				p.page = strconv.Itoa(page.Number)
			}
		}
	}
}
