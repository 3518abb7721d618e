package tool

import (
	"context"
	"net/url"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
)

// askPages asks the web pages that references name which no registry was found to
// have, at most [resolve.MaxCalls] of them. A page that states the reference's title
// shows that it exists; any other page says nothing, since hosts answer with pages of
// their own for what they no longer have.
func (c *checking) askPages(ctx context.Context, list []*checkedOne, step func()) resolve.Asked {
	asked := resolve.Asked{Service: resolve.WebPage}
	if !c.registries.Asks(resolve.WebPage) {
		return asked
	}
	var chosen []*checkedOne
	for _, r := range list {
		if r.record != nil || r.URL() == "" {
			continue
		}
		if len(chosen) < resolve.MaxCalls {
			chosen = append(chosen, r)
		} else {
			asked.Unanswered++
		}
	}
	errs := make([]error, len(chosen))
	each(len(chosen), func(i int) {
		errs[i] = chosen[i].askPage(ctx, c.registries)
		step()
	})
	asked.Calls = len(chosen)
	for _, err := range errs {
		if err == nil {
			asked.Answered++
			continue
		}
		asked.Unanswered++
		if asked.Err == nil {
			asked.Err = err
		}
	}
	return asked
}

// askPage asks the page that the reference names.
func (r *checkedOne) askPage(ctx context.Context, registries *resolve.Resolver) error {
	w, err := registries.Page(ctx, r.URL())
	if err != nil {
		r.reason += "; the page at its address: " + words(library.AsError(err))
		return err
	}
	if !reference.StatesTitle(&r.Reference, w.Known) {
		r.reason += "; the page at its address has another title"
		return nil
	}
	r.record, r.by, r.reason, r.absent = w, string(resolve.WebPage), "", false
	if u, err := url.Parse(r.URL()); err == nil {
		r.by += " at " + u.Hostname()
	}
	return nil
}
