package replica

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// What the upstream itself answered is kept for quickFresh, of at most quickPages
// questions.
const (
	quickFresh = 30 * time.Second
	quickPages = 64
)

// quick answers from the upstream until the replica is complete, and keeps the
// last answers for a moment.
type quick struct {
	mu   sync.Mutex
	kept map[string]kept
}

// kept is an answer of the upstream.
type kept struct {
	at    time.Time
	value any
}

func newQuick() *quick { return &quick{kept: map[string]kept{}} }

// answer returns the kept answer of a key, or asks.
func answer[T any](q *quick, key string, ask func() (T, error)) (T, error) {
	now := time.Now()
	q.mu.Lock()
	k, ok := q.kept[key]
	q.mu.Unlock()
	if v, is := k.value.(T); ok && is && now.Sub(k.at) < quickFresh {
		return v, nil
	}
	v, err := ask()
	if err != nil {
		return v, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.kept) >= quickPages {
		oldest := ""
		for key, k := range q.kept {
			if oldest == "" || k.at.Before(q.kept[oldest].at) {
				oldest = key
			}
		}
		delete(q.kept, oldest)
	}
	q.kept[key] = kept{at: now, value: v}
	return v, nil
}

// noticePlain says what the upstream's own search leaves out of a query.
const noticePlain = "until the library has been read, only the words and phrases of a query are searched: operators, fields and years do not count"

// asked returns a query with the words and phrases of its text alone, and what of
// the text is not done.
func asked(query library.Query) (library.Query, []string) {
	q := question.Parse(query.Text)
	text, exact := q.Plain()
	if exact {
		return query, q.Notices
	}
	query.Text = text
	return query, append(q.Notices, noticePlain)
}

// search returns the first page of the upstream's own search.
func (q *quick) search(ctx context.Context, src Source, id library.ID, query library.Query) (library.Page[library.Hit], error) {
	page, err := answer(q, "search "+query.Key(), func() (library.Page[library.Hit], error) {
		plain, notices := asked(query)
		found, err := src.Search(ctx, plain)
		if err != nil {
			return library.Page[library.Hit]{}, err
		}
		page := library.Page[library.Hit]{
			Items: []library.Hit{}, Total: max(found.Total, len(found.Works)), Version: found.Head.Version,
			Notice: joined(found.Notice, found.Head.Notice), QueryNotices: notices,
		}
		for i, o := range found.Works {
			if o.Work == nil {
				continue
			}
			it := ownItem(o)
			it.ID.Library = id
			page.Items = append(page.Items, library.Hit{Item: it, Score: 1 / float64(i+1)})
		}
		return page, nil
	})
	page.Items = slices.Clone(page.Items) // the caller's own
	return page, err
}

// head returns what the upstream says of the library.
func (q *quick) head(ctx context.Context, src Source) (Head, error) {
	return answer(q, "head", func() (Head, error) { return src.Head(ctx) })
}

// collections returns the upstream's collections, sorted by name.
func (q *quick) collections(ctx context.Context, src Source) ([]library.Collection, error) {
	all, err := answer(q, "collections", func() ([]library.Collection, error) {
		all, err := src.Collections(ctx)
		all = append([]library.Collection{}, all...)
		slices.SortFunc(all, func(a, b library.Collection) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Key, b.Key))
		})
		return all, err
	})
	return slices.Clone(all), err
}
