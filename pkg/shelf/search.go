package shelf

import (
	"context"
	"fmt"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// searchTimeout bounds a search that several calls wait for and that goes on
// when some of them give up.
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
	if err := q.Validate(); err != nil {
		return none, err
	}
	result, err := st.search(ctx, q)
	if err != nil {
		return none, err
	}
	page := library.Page[library.Hit]{
		Items: make([]library.Hit, 0, len(result.Hits)), Total: result.Total, Version: st.meta.Version, Notice: st.notice(),
		More: result.More, Statistics: result.Statistics, QueryNotices: result.Notices, Unmet: result.Unmet,
		Expanded:    result.Expanded,
		Corrections: result.Corrections,
	}
	for _, h := range result.Hits {
		it, err := st.item(h.Key)
		if err != nil {
			return none, err
		}
		if it != nil {
			page.Items = append(page.Items, library.Hit{Item: it, Score: h.Score, Value: h.Value, Match: h.Match, Lacks: h.Lacks, Similar: h.Similar})
		}
	}
	return page, nil
}

var _ library.Ranked = (*Shelf)(nil)

// Statistics implements [library.Ranked]. Like results, the frequencies of a
// text's words are kept as long as the library does not change.
func (s *Shelf) Statistics(ctx context.Context, q library.Query) (*library.Statistics, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer st.release()
	if q.Statistics != nil {
		return st.index.Statistics(ctx, q)
	}
	text := library.Query{Text: q.Text, Mode: q.Mode} // no limit: the key of no search
	key := text.Key()
	if r, ok := st.base.results.get(key, st.end); ok {
		return r.Statistics, nil
	}
	found, err := st.index.Statistics(ctx, q)
	if err == nil {
		st.base.results.set(key, st.end, &index.Result{Statistics: found})
	}
	return found, err
}

// Feedback implements [library.Ranked].
func (s *Shelf) Feedback(ctx context.Context, q library.Query) ([]library.Feedback, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer st.release()
	return st.index.Feedback(ctx, q)
}

var _ library.Counted = (*Shelf)(nil)

// Counts implements [library.Counted].
func (s *Shelf) Counts(ctx context.Context, q library.Query) (library.Counts, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return library.Counts{}, err
	}
	defer st.release()
	if err := q.Validate(); err != nil {
		return library.Counts{}, err
	}
	collections, err := st.collectionsOf(q)
	if err != nil {
		return library.Counts{}, err
	}
	counts, err := st.index.Counts(ctx, q, collections)
	counts.Version, counts.Notice = st.meta.Version, st.notice()
	return counts, err
}

// collectionsOf returns the keys of a query's collection and of those below it; nil
// without one.
func (s *state) collectionsOf(q library.Query) ([]string, error) {
	if q.Collection == "" {
		return nil, nil
	}
	t, err := s.tree()
	if err != nil {
		return nil, err
	}
	return t.subtree(q.Collection)
}

var _ library.Nearer = (*Shelf)(nil)

// Nearest implements [library.Nearer].
func (s *Shelf) Nearest(ctx context.Context, kind library.NameKind, name string) ([]library.Name, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer st.release()
	return st.index.Nearest(ctx, kind, name)
}

// search returns the result of a query that has been checked.
func (s *state) search(ctx context.Context, q library.Query) (index.Result, error) {
	collections, err := s.collectionsOf(q)
	if err != nil {
		return index.Result{}, err
	}
	key := q.Key()
	if r, ok := s.base.results.get(key, s.end); ok {
		decided(ctx, "hit")
		return *r, nil
	}
	decided(ctx, "miss")
	s.hold() // for the search, which may outlive this call
	flight := s.base.flight.DoChan(fmt.Sprintf("%d %s", s.end, key), func() (any, error) {
		s.hold()
		defer func() { _ = s.release() }()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), searchTimeout)
		defer cancel()
		r, err := s.index.Search(ctx, q, collections)
		if err == nil && !r.Incomplete {
			s.base.results.set(key, s.end, &r)
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
