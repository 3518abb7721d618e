package index

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Result is a part of the works that answer a query.
type Result struct {
	Total int // works on all pages
	Hits  []Hit
}

// Hit is a work that answers a query.
type Hit struct {
	Key   string
	Score float64 // comparable within one index only; 0 if the query had no words
	// Match is the passage that shows best why; nil if the query had no
	// words, or if the source no longer has the work.
	Match *library.Passage
}

// Search returns the works that answer a query, in its order. Collections are
// the keys of q.Collection and of all collections below it; nil means no such
// condition, and an empty list that no work fulfils it. A limit or an offset
// out of bounds and an unknown sort are [library.Invalid].
//
// A text without a single letter or digit matches nothing. At most 64
// different words and 8 phrases of 16 words count; a last word stands for at
// most 32 words that it begins.
func (x *Index) Search(ctx context.Context, q library.Query, collections []string) (Result, error) {
	if err := q.Validate(); err != nil {
		return Result{}, err
	}
	if q.Sort == "" {
		q.Sort = library.SortRelevance
	}
	return ask(ctx, x, "index search", func(ctx context.Context, s *search) (Result, error) {
		return s.run(ctx, &q, collections)
	}, func(r Result) int { return r.Total })
}

// search is one search at work. It is used again for others, one at a time.
type search struct {
	*analyzer
	source Source
	view   *view
	dicts  []dictionaries // by segment of the view

	query   parsed
	lookups []lookup
	lists   []*segment.Postings // two for each lookup and segment
	covers  cover

	works    []workAccount // of the segment at hand
	touched  []uint32
	passages []passageAccount
	reached  []uint32 // passages with an account
	iterator *segment.Iterator
	cursors  []cursor
	heap     []candidate
	finder   finder
	spans    []span
}

// begin returns a search.
func (x *Index) begin() *search {
	s, ok := x.pool.Get().(*search)
	if !ok {
		s = &search{analyzer: newAnalyzer()}
	}
	s.source = x.source
	if s.view != x.view {
		// What was read from other segments may be gone with their files.
		s.view, s.dicts = x.view, make([]dictionaries, len(x.view.segments))
		s.lists, s.iterator, s.cursors = nil, nil, nil
	}
	return s
}

// run answers a query.
func (s *search) run(ctx context.Context, q *library.Query, collections []string) (Result, error) {
	f, err := s.filter(q, collections)
	if err != nil {
		return Result{}, err
	}
	s.query = parse(s.analyzer, q.Text)
	order := q.Sort
	if q.Text == "" && order == library.SortRelevance {
		order = library.SortAdded
	}
	t := &top{view: s.view, order: order, limit: min(q.Offset+q.Limit, s.view.works), heap: s.heap[:0]}
	switch {
	case q.Text == "":
		err = s.browse(ctx, f, t)
	case !s.query.empty():
		err = s.rank(ctx, f, t)
	}
	if err != nil {
		return Result{}, err
	}
	r := Result{Total: t.total}
	s.heap = t.heap
	r.Hits = s.hits(t.sorted(q.Offset), q.Text != "")
	return r, nil
}

// hits describes candidates, with what matched if there were words.
func (s *search) hits(best []candidate, words bool) []Hit {
	if len(best) == 0 {
		return nil
	}
	if words {
		s.finder.begin(s.analyzer, &s.query, s.covers.weights[:s.covers.words])
	}
	out := make([]Hit, len(best))
	for i := range best {
		c := &best[i]
		out[i] = Hit{Key: s.view.segments[c.segment].keys[c.work], Score: float64(c.score)}
		if words {
			out[i].Match = s.match(out[i].Key, c)
		}
	}
	return out
}

// browse goes through every work that passes the filter.
func (s *search) browse(ctx context.Context, f *filter, t *top) error {
	for i, seg := range s.view.segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		allowed, err := s.allowed(i, f)
		if err != nil {
			return err
		}
		for work, doc := range seg.root {
			if seg.live(doc) && allowed.has(doc) && f.passes(&seg.records[work]) {
				t.total++
				t.add(candidate{segment: uint32(i), work: uint32(work)})
			}
		}
	}
	return nil
}

// rank goes through every work that has a word of the query.
func (s *search) rank(ctx context.Context, f *filter, t *top) error {
	if err := s.prepare(); err != nil {
		return err
	}
	for i := range s.view.segments {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.rankSegment(i, f, t); err != nil {
			return err
		}
	}
	return nil
}
