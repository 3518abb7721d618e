package resolve

import (
	"context"
	"net/url"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/webpage"
)

// PageAnswer is what is known of a web page.
type PageAnswer struct {
	// Work is the work that the page describes, by [Translation] or by its own
	// metadata, as [WebPage]; nil after an error.
	*Work
	// Untranslated is why the translation server did not describe the page; nil if it
	// did, or if there is none.
	Untranslated error
}

// Page returns the work that a web page describes: as the translation server reads
// it, or else by its own metadata. Only a resolver that asks [WebPage] has pages. The
// errors are those of [webpage.Fetcher.Item]. An answer is kept for some hours, except
// an error and what is known without a translation server that may answer later.
func (r *Resolver) Page(ctx context.Context, address string) (PageAnswer, error) {
	u, err := webpage.Parse(address)
	if err != nil {
		return PageAnswer{}, err
	}
	if works, ok := r.kept.get(WebPage, u.String()); ok {
		answer := PageAnswer{Work: works[0]}
		if r.Asks(Translation) && works[0].Service == WebPage {
			answer.Untranslated = noTranslator()
		}
		return answer, nil
	}
	answer := PageAnswer{}
	if r.Asks(Translation) {
		it, err := r.translatedInTime(ctx, u)
		if err == nil {
			answer.Work = pageWork(it, Translation)
			r.kept.put(WebPage, u.String(), answer.Work)
			return answer, nil
		}
		answer.Untranslated = err
	}
	it, err := r.pages.Item(ctx, u.String())
	if err != nil {
		return answer, err
	}
	answer.Work = pageWork(it, WebPage)
	if answer.Untranslated == nil || library.CodeOf(answer.Untranslated) == library.Invalid {
		r.kept.put(WebPage, u.String(), answer.Work)
	}
	return answer, nil
}

// translatedInTime asks the translation server, and leaves half of the time for the
// page itself.
func (r *Resolver) translatedInTime(ctx context.Context, page *url.URL) (*library.Item, error) {
	if deadline, ok := ctx.Deadline(); ok {
		half, cancel := context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
		ctx = half
	}
	return r.translatedPage(ctx, page)
}

func pageWork(it *library.Item, by Service) *Work {
	w := &Work{Known: reference.Known{Item: it}, Service: by}
	if doi := library.ParseDOI(it.Field("DOI")); doi != "" {
		w.ID = reference.Identifier{Kind: reference.DOI, Value: doi}
	}
	return w
}
