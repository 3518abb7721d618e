package zotero

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Reader reads one library of an [Account]. It keeps nothing of its own: two
// readers of one library are as good as one.
type Reader struct {
	client *Client
	scope  Scope
	about  library.Info // without size and version
	others bool         // as in Account
}

var _ library.Reader = (*Reader)(nil)

// head is the least that tells the state of a library.
type head struct {
	version int64
	items   int // works
	notice  string
}

// head asks for the library's size and version. It is the one call that every
// question makes, always the same, so that the upstream's cache answers it.
func (r *Reader) head(ctx context.Context) (head, error) {
	if err := ctx.Err(); err != nil {
		return head{}, err
	}
	list, err := listOf[json.RawMessage](ctx, r.client, r.scope, "/items/top", Parameters{Limit: 1})
	if err != nil {
		return head{}, err
	}
	return head{version: list.Version, items: list.Total, notice: staleness(list)}, nil
}

// staleness says how old an answer is that could not be renewed.
func staleness[T any](list *List[T]) string {
	if !list.Stale {
		return ""
	}
	return fmt.Sprintf("Zotero can't be reached; this is as of %s ago", list.Age.Round(time.Second))
}

// notices joins what is to be said of an answer.
func notices(all ...string) string {
	said := []string{}
	for _, s := range all {
		if s != "" {
			said = append(said, s)
		}
	}
	return strings.Join(said, "; ")
}

// Info implements [library.Reader].
func (r *Reader) Info(ctx context.Context) (library.Info, error) {
	h, err := r.head(ctx)
	if err != nil {
		return library.Info{}, err
	}
	info := r.about
	// A library in which nothing was ever saved has version 0.
	info.Items, info.Version, info.Notice = h.items, max(h.version, 1), h.notice
	return info, nil
}

// offsetOf returns where the page that a query asks for begins.
func offsetOf(q library.Query) int {
	if q.After == nil {
		return 0
	}
	return q.After.Taken
}

// cut returns the part of all from offset on, at most limit of them.
func cut[T any](all []T, offset, limit int) []T {
	from := min(offset, len(all))
	return all[from:min(from+limit, len(all))]
}
