package zotero

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// page is one page of a list.
type page[T any] struct {
	items []T
	start int // position of the first entry
	count int // entries that the server sent, unreadable ones included
	// total is how many entries the list has, or -1 if the server does not say.
	total   int
	version int64 // of the library
	res     *upstream.Response
}

// known returns how many entries the list has as far as the page tells.
func (p *page[T]) known() int { return max(p.total, p.start+p.count) }

// last reports whether no page comes after this one, of which size entries were
// requested.
func (p *page[T]) last(size int) bool {
	if p.total < 0 {
		return p.count < size
	}
	return p.count == 0 || p.start+p.count >= p.total
}

// getPage requests one page of a list. Entries that are no objects are left out;
// a response that is no array is an error.
func getPage[T any](ctx context.Context, ask requester, path string, query url.Values, use caching) (*page[T], error) {
	res, err := ask(ctx, path, query, use)
	if err != nil {
		return nil, err
	}
	p := &page[T]{total: -1, version: versionOf(res.Header), res: res}
	var raws []json.RawMessage
	if err := json.Unmarshal(res.Body, &raws); err != nil {
		return nil, unreadable(err)
	}
	p.items, p.count = make([]T, 0, len(raws)), len(raws)
	for _, raw := range raws {
		var one T
		if json.Unmarshal(raw, &one) == nil {
			p.items = append(p.items, one)
		}
	}
	p.start, _ = strconv.Atoi(query.Get("start"))
	if n, err := strconv.Atoi(res.Header.Get("Total-Results")); err == nil && n >= 0 {
		p.total = n
	}
	return p, nil
}

// eachPage requests the pages of a list one after the other, until yield returns
// false.
func eachPage[T any](ctx context.Context, ask requester, path string, query url.Values, use caching, yield func(*page[T]) bool) error {
	for start := 0; ; {
		p, err := getPage[T](ctx, ask, path, paged(query, start, maxPage), use)
		if err != nil {
			return err
		}
		if !yield(p) || p.last(maxPage) {
			return nil
		}
		start += p.count
	}
}

// getAll requests all pages of a list. The version is that of the first page;
// moved says that a later page had another one, so that entries may be missing.
func getAll[T any](ctx context.Context, ask requester, path string, query url.Values, use caching) (all []T, version int64, moved bool, err error) {
	first := true
	err = eachPage(ctx, ask, path, query, use, func(p *page[T]) bool {
		if first {
			first, version = false, p.version
		}
		moved = moved || p.version != version
		all = append(all, p.items...)
		return true
	})
	return all, version, moved, err
}

// paged returns a copy of query for one page.
func paged(query url.Values, start, limit int) url.Values {
	q := url.Values{}
	maps.Copy(q, query)
	if start > 0 {
		q.Set("start", strconv.Itoa(start))
	}
	q.Set("limit", strconv.Itoa(limit))
	return q
}

// versionOf returns the version in a response's header, or 0.
func versionOf(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("Last-Modified-Version"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
