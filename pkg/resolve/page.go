package resolve

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/webpage"
)

// Page returns the work that a web page describes by its own metadata. Only a
// resolver that asks [WebPage] has pages. The errors are those of
// [webpage.Fetcher.Item]. What a page states is kept for some hours; an error is not.
func (r *Resolver) Page(ctx context.Context, address string) (*Work, error) {
	u, err := webpage.Parse(address)
	if err != nil {
		return nil, err
	}
	if works, ok := r.kept.get(WebPage, u.String()); ok {
		return works[0], nil
	}
	it, err := r.pages.Item(ctx, u.String())
	if err != nil {
		return nil, err
	}
	w := &Work{Known: reference.Known{Item: it}, Service: WebPage}
	if doi := library.ParseDOI(it.Field("DOI")); doi != "" {
		w.ID = reference.Identifier{Kind: reference.DOI, Value: doi}
	}
	r.kept.put(WebPage, u.String(), w)
	return w, nil
}
