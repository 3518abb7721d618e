package shelf

import (
	"context"
	"encoding/binary"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// searchTimeout bounds a search that several calls wait for, whichever of them
// gives up.
const searchTimeout = 30 * time.Second

// Search implements [library.Reader]. Equal queries are answered from memory
// as long as the library does not change, and asked at the same time they are
// searched for once.
func (s *Shelf) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	var none library.Page[library.Hit]
	st, err := s.begin(ctx)
	if err != nil {
		return none, err
	}
	defer st.release()
	if q.Sort == "" {
		q.Sort = library.SortRelevance
	}
	if err := checkQuery(q); err != nil {
		return none, err
	}
	result, err := st.search(ctx, q)
	if err != nil {
		return none, err
	}
	page := library.Page[library.Hit]{
		Items: make([]library.Hit, 0, len(result.Hits)), Total: result.Total, Version: st.meta.Version, Notice: st.notice(),
	}
	for _, h := range result.Hits {
		it, err := st.item(h.Key)
		if err != nil {
			return none, err
		}
		if it != nil {
			page.Items = append(page.Items, library.Hit{Item: it, Score: h.Score, Match: h.Match})
		}
	}
	return page, nil
}

func checkQuery(q library.Query) error {
	if err := checkPage(q.Offset, q.Limit); err != nil {
		return err
	}
	switch q.Sort {
	case library.SortRelevance, library.SortDate, library.SortTitle, library.SortAdded:
		return nil
	}
	return library.Errorf(library.Invalid, "sort must be %q, %q, %q or %q",
		library.SortRelevance, library.SortDate, library.SortTitle, library.SortAdded)
}

// search returns the result of a query that has been checked.
func (s *state) search(ctx context.Context, q library.Query) (index.Result, error) {
	var collections []string
	if q.Collection != "" {
		t, err := s.tree()
		if err != nil {
			return index.Result{}, err
		}
		if collections, err = t.subtree(q.Collection); err != nil {
			return index.Result{}, err
		}
	}
	key := queryKey(q)
	if r, ok := s.results.GetIfPresent(key); ok {
		decided(ctx, "hit")
		return *r, nil
	}
	decided(ctx, "miss")
	s.hold() // for the search, which may outlive this call
	flight := s.flight.DoChan(key, func() (any, error) {
		s.hold()
		defer s.release()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), searchTimeout)
		defer cancel()
		r, err := s.index.Search(ctx, q, collections)
		if err == nil {
			s.results.Set(key, &r)
		}
		return r, err
	})
	defer s.release()
	select {
	case <-ctx.Done():
		return index.Result{}, ctx.Err()
	case done := <-flight:
		if done.Err != nil {
			return index.Result{}, done.Err
		}
		return done.Val.(index.Result), nil
	}
}

// queryKey writes a query as a key that no other query has.
func queryKey(q library.Query) string {
	b := make([]byte, 0, 64+len(q.Text))
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	text(q.Text)
	text(q.Collection)
	text(q.Creator)
	text(string(q.Sort))
	for _, list := range [...][]string{q.TagsAll, q.TagsAny, q.TagsNone, q.ItemTypes} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, s := range list {
			text(s)
		}
	}
	for _, n := range [...]int{q.YearFrom, q.YearTo, q.Offset, q.Limit} {
		b = binary.AppendVarint(b, int64(n))
	}
	return string(b)
}
