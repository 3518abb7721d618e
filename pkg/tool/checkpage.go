package tool

import (
	"context"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
)

// askPages asks the web pages that references name which no registry was found to
// have, at most [resolve.MaxCalls] of them: the translation server where there is
// one, or the page itself. It returns how these two answered. A page that states the
// reference's title shows that it exists; any other page says nothing, since hosts
// answer with pages of their own for what they no longer have.
func (c *checking) askPages(ctx context.Context, list []*checkedOne, step func()) (translation, page resolve.Asked) {
	translation.Service, page.Service = resolve.Translation, resolve.WebPage
	if !c.registries.Asks(resolve.WebPage) {
		return translation, page
	}
	var chosen []*checkedOne
	for _, r := range list {
		if r.record != nil || r.URL() == "" {
			continue
		}
		if len(chosen) < resolve.MaxCalls {
			chosen = append(chosen, r)
		} else {
			page.Unanswered++
		}
	}
	answers, errs := make([]resolve.PageAnswer, len(chosen)), make([]error, len(chosen))
	each(len(chosen), func(i int) {
		answers[i], errs[i] = chosen[i].askPage(ctx, c.registries)
		step()
	})
	for i, a := range answers {
		if a.Work != nil && a.Service == resolve.Translation {
			count(&translation, nil)
			continue
		}
		if a.Untranslated != nil {
			count(&translation, a.Untranslated)
		}
		count(&page, errs[i])
	}
	return translation, page
}

// count counts a call of a service, and keeps the first error.
func count(a *resolve.Asked, err error) {
	a.Calls++
	if err == nil {
		a.Answered++
		return
	}
	a.Unanswered++
	if a.Err == nil {
		a.Err = err
	}
}

// askPage asks the page that the reference names.
func (r *checkedOne) askPage(ctx context.Context, registries *resolve.Resolver) (resolve.PageAnswer, error) {
	w, err := registries.Page(ctx, r.URL())
	if err != nil {
		r.reason += "; the page at its address: " + words(library.AsError(err))
		return w, err
	}
	if !reference.StatesTitle(&r.Reference, w.Known) {
		r.reason += "; the page at its address has another title"
		return w, nil
	}
	r.record, r.by, r.reason, r.absent = w.Work, string(w.Service), "", false
	if w.Service == resolve.Translation {
		r.by += ", for the web page"
	}
	if u, err := url.Parse(r.URL()); err == nil {
		r.by += " at " + u.Hostname()
	}
	return w, nil
}
