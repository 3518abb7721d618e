package index

import (
	"context"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Result is a part of the works that answer a query.
type Result struct {
	Total int // works that meet the query, on all pages
	Hits  []Hit
	More  bool // works follow after the hits
	// Notices say what of the query was not done as it says.
	Notices []string
	// Unmet says what no work of the index is, if Total is 0; see
	// [library.Page].
	Unmet string
	// Corrections are as in [library.Page].
	Corrections []library.Correction
	// Statistics are those of the index for the query's text; nil if the query
	// gave others, or had no words.
	Statistics *library.Statistics
	Expanded   []string // as in [library.Page]
	// Incomplete says that asked again, the index may compare what it did not now.
	Incomplete bool
}

// Hit is a work that answers a query.
type Hit struct {
	Key   string
	Score float64 // as in [library.Hit]
	Value string  // as in [library.Hit]
	// Match is the passage that shows best why; nil if the query had no
	// words, or if the source no longer has the work.
	Match   *library.Passage
	Lacks   []string // as in [library.Hit]
	Similar bool     // as in [library.Hit]
}

// Search returns the works that answer a query, in its order. Collections are
// the keys of q.Collection and of all collections below it; nil means no such
// condition, and an empty list that no work fulfils it. A limit out of bounds,
// an unknown sort, and a position or statistics of another query are
// [library.Invalid].
//
// Package question says what a text may ask for. A text without a single letter
// or digit matches nothing. Of more than 40 different words the weightiest count;
// a last word, and one with "*", stands for at most 32 words that it begins.
func (x *Index) Search(ctx context.Context, q library.Query, collections []string) (Result, error) {
	if err := q.Validate(); err != nil {
		return Result{}, err
	}
	if q.Sort == "" {
		q.Sort = library.SortRelevance
	}
	return ask(ctx, x, x.counted(q.Text), "index search", func(ctx context.Context, s *search) (Result, error) {
		s.exact = q.Mode == library.ModeExact
		return s.run(ctx, &q, collections)
	}, func(r Result) int { return r.Total })
}

// search is one search at work. It is used again for others, one at a time.
type search struct {
	*analyzer
	source Source
	view   *view
	dicts  []dictionaries // by segment of the view

	exact   bool   // no word is corrected
	text    string // of the query whose words are counted, if ready
	ready   bool
	query   parsed
	lookups []lookup
	counted []library.Frequency // of each word of the text
	// completed are the terms that the query's words begin, and spelled the likely
	// spellings of its unknown words: all that count.
	completed   []library.Completion
	spelled     []library.Spelling
	corrections []library.Correction
	lists       []*segment.Postings // two for each lookup and segment
	phrased     []*roaring.Bitmap   // works, for each phrase and segment
	relaxed     []int               // phrases that are not required
	preferred   bool                // because the text is long, not because no work has them
	// adjacent is, by work of the segment at hand, the share of the pairs of words
	// of relaxed phrases that it has.
	adjacent map[uint32]float32
	named    []*roaring.Bitmap // works that the query names, for each segment
	naming   bool              // only those are meant
	covers   cover
	demand   demand
	added    []addedTerm
	// leastAdded is what a work without words of the query gains at least if it
	// is listed.
	leastAdded float32
	near       []nearWork // what they gain, in place of the cosine
	spaceless  bool       // none are known before the parts are merged
	meant      []nearWork // the same by their meaning
	incomplete bool       // some meaning was not compared
	feeder     *feeder    // nil until it is used

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

// run answers a query.
func (s *search) run(ctx context.Context, q *library.Query, collections []string) (Result, error) {
	s.spaceless = false
	f, err := s.filter(q, collections)
	if err != nil {
		return Result{}, err
	}
	order := q.Sort
	if q.Text == "" && order == library.SortRelevance {
		order = library.SortAdded
	}
	t := &top{view: s.view, order: order, limit: min(q.Limit, s.view.works), heap: s.heap[:0]}
	if t.after, err = markOf(order, q.After); err != nil {
		return Result{}, err
	}
	r := Result{}
	if q.Text == "" {
		err = s.browse(ctx, f, t)
	} else {
		var by *library.Statistics
		by, err = s.rank(ctx, f, t, q)
		r.Expanded = by.AddedWords()
		if q.Statistics == nil {
			r.Statistics = by
		}
	}
	if err != nil {
		return Result{}, err
	}
	s.heap = t.heap
	r.Incomplete = s.incomplete
	r.Total, r.Hits = t.total, s.hits(t, q.Text != "")
	r.More = t.following > len(r.Hits)
	if q.Text != "" {
		r.Notices, r.Unmet, r.Corrections = s.notices(), s.unmet(t), slices.Clone(s.corrections)
	}
	return r, nil
}

// notices says what of the query was not done as it says.
func (s *search) notices() []string {
	if !s.spaceless {
		return s.query.notices
	}
	return append(slices.Clone(s.query.notices), noticeSpaceless)
}

// hits describes the candidates of a page, with what matched if there were
// words.
func (s *search) hits(t *top, words bool) []Hit {
	best := t.sorted()
	if len(best) == 0 {
		return nil
	}
	naming := words && s.naming
	if words = words && len(s.query.words) > 0; words {
		s.finder.begin(s.analyzer, &s.query, s.covers.weights[:s.covers.words])
	}
	out := make([]Hit, len(best))
	for i := range best {
		c := &best[i]
		out[i] = Hit{Key: s.view.segments[c.segment].keys[c.work], Score: float64(c.score), Value: t.value(c), Similar: c.grade == similar}
		if words {
			s.finder.language = s.view.segments[c.segment].records[c.work].language
			out[i].Match = s.match(out[i].Key, c)
			out[i].Lacks = s.lacks(c)
		}
		if naming {
			out[i].Match = s.matchNamed(out[i].Key)
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
			if !seg.live(doc) || !allowed.has(doc) || !f.passes(seg, uint32(work)) {
				continue
			}
			if c := (candidate{segment: uint32(i), work: uint32(work), grade: complete}); t.follows(&c) {
				t.add(c)
			}
		}
	}
	return nil
}

// rank goes through every work that has a word of the query or one that is
// added to it. It returns the statistics by which it scores: those of the query,
// or those of the view; nil if the query asks for nothing.
func (s *search) rank(ctx context.Context, f *filter, t *top, q *library.Query) (*library.Statistics, error) {
	if err := s.count(q.Text); err != nil {
		return nil, err
	}
	if s.query.empty() {
		return nil, nil
	}
	if err := s.prepare(q.Statistics); err != nil {
		return nil, err
	}
	by := q.Statistics
	if by == nil {
		by = s.statistics()
		if t.order == library.SortRelevance {
			if err := s.broaden(ctx, q.Mode, by); err != nil {
				return nil, err
			}
			if by.Near != 0 && s.view.lacksSpace() {
				s.spaceless, by.Near = true, 0 // the next pages have the order of the first one
			}
		}
	}
	if err := s.add(by); err != nil {
		return nil, err
	}
	if t.order == library.SortRelevance {
		if err := s.findMeant(ctx, by, q); err != nil {
			return nil, err
		}
	}
	t.heap = s.heap[:0]
	for i := range s.view.segments {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.rankSegment(i, f, t); err != nil {
			return nil, err
		}
	}
	return by, nil
}
