package resolve

import "context"

// PDF returns the PDF file at an address, of at most most bytes. Only a resolver that
// asks [WebPage] fetches files. The errors are those of [webpage.Fetcher.PDF]. Nothing
// is kept.
func (r *Resolver) PDF(ctx context.Context, address string, most int64) ([]byte, error) {
	return r.pages.PDF(ctx, address, most)
}
