package zotero

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// List is one page of a list.
type List[T any] struct {
	Items []T
	// Total is how many there are on all pages.
	Total int
	// Version is the library's version that the page shows.
	Version int64
	// Stale says that the upstream can't be reached and the page is Age old.
	Stale bool
	Age   time.Duration
	// Reindexing says that the server is rebuilding its full-text index, so
	// that hits in full texts are missing.
	Reindexing bool

	next func(ctx context.Context) (*List[T], error) // nil on the last page
}

// All returns the entries of a list from its first page on, fetching each
// further page when it is reached, by the server's own link. An error ends it.
func All[T any](ctx context.Context, first *List[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page := first; page != nil; {
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.next == nil || len(page.Items) == 0 {
				return
			}
			next, err := page.next(ctx)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			page = next
		}
	}
}

// getList fetches one page of a list.
func getList[T any](ctx context.Context, c *Client, cred upstream.Credential, path string, query url.Values) (*List[T], error) {
	res, err := c.get(ctx, cred, path, query, jsonType)
	if err != nil {
		return nil, err
	}
	list := &List[T]{Version: versionOf(res.Header), Stale: res.Stale, Age: res.Age, Reindexing: res.Header.Get("Zotero-Full-Text-Reindexing") != ""}
	if list.Items, err = decodeList[T](res.Body); err != nil {
		return nil, err
	}
	start, _ := strconv.Atoi(query.Get("start"))
	list.Total = start + len(list.Items)
	if n, err := strconv.Atoi(res.Header.Get("Total-Results")); err == nil && n >= 0 {
		list.Total = n
	}
	link := nextLink(res.Header)
	if link == "" {
		return list, nil
	}
	list.next = func(ctx context.Context) (*List[T], error) {
		path, query, err := c.up.CheckLink(link)
		if err != nil {
			return nil, library.AsError(err)
		}
		return getList[T](ctx, c, cred, path, query)
	}
	return list, nil
}

// decodeList reads a JSON array. Entries that are no objects are passed over;
// an answer that is no array is an error.
func decodeList[T any](body []byte) ([]T, error) {
	var raws []json.RawMessage
	if err := json.Unmarshal(body, &raws); err != nil {
		return nil, unreadable(err)
	}
	items := make([]T, 0, len(raws))
	for _, raw := range raws {
		var item T
		if json.Unmarshal(raw, &item) == nil {
			items = append(items, item)
		}
	}
	return items, nil
}

// nextPattern finds the address of the next page in a Link header (RFC 8288).
var nextPattern = regexp.MustCompile(`<([^<>]*)>\s*;\s*rel="?next"?(?:\s*[;,]|\s*$)`)

func nextLink(h http.Header) string {
	m := nextPattern.FindStringSubmatch(strings.Join(h.Values("Link"), ", "))
	if m == nil {
		return ""
	}
	return m[1]
}

func versionOf(h http.Header) int64 {
	n, err := strconv.ParseInt(h.Get("Last-Modified-Version"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
