package index

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Counts counts the works that meet a query by what they have. Collections are as in
// [Index.Search], and so are the errors.
func (x *Index) Counts(ctx context.Context, q library.Query, collections []string) (library.Counts, error) {
	if err := q.Validate(); err != nil {
		return library.Counts{}, err
	}
	exact := q.Mode == library.ModeExact
	q.Sort, q.Mode, q.After, q.Statistics = library.SortRelevance, library.ModeExact, nil, nil // similar works don't count
	return ask(ctx, x, x.counted(q.Text), "index counts", func(ctx context.Context, s *search) (library.Counts, error) {
		s.exact = exact
		met, err := s.met(ctx, &q, collections)
		if err != nil {
			return library.Counts{}, err
		}
		return s.counts(ctx, met)
	}, func(c library.Counts) int { return c.Works })
}

// met returns the documents of the works that meet a query, by segment.
func (s *search) met(ctx context.Context, q *library.Query, collections []string) ([]*roaring.Bitmap, error) {
	f, err := s.filter(q, collections)
	if err != nil {
		return nil, err
	}
	t := &top{view: s.view, order: library.SortRelevance, limit: 1, met: make([]*roaring.Bitmap, len(s.view.segments))}
	for i := range t.met {
		t.met[i] = roaring.New()
	}
	if q.Text == "" {
		t.order = library.SortAdded
		err = s.browse(ctx, f, t)
	} else {
		_, err = s.rank(ctx, f, t, q)
	}
	return t.met, err
}

// counts counts what works have. For each value that the index has, it intersects the
// value's postings with the works.
func (s *search) counts(ctx context.Context, met []*roaring.Bitmap) (library.Counts, error) {
	out := library.Counts{}
	years := map[int]int{}
	for i, docs := range met {
		out.Works += int(docs.GetCardinality())
		seg := s.view.segments[i]
		for it := docs.Iterator(); it.HasNext(); {
			if r := &seg.records[seg.columns.work[it.Next()]]; r.date != undated {
				years[sortYear(r.date)]++
			}
		}
	}
	for year, n := range years {
		out.Years = append(out.Years, library.YearCount{Year: year, Works: n})
	}
	slices.SortFunc(out.Years, func(a, b library.YearCount) int { return b.Year - a.Year })
	for _, kind := range []struct {
		prefix string
		facet  *library.Facet
		shown  func(it *library.Item, term string) string
	}{
		{exactType, &out.Types, func(_ *library.Item, term string) string { return term }},
		{exactCreator, &out.Creators, shownCreator},
		{exactTag, &out.Tags, shownTag},
	} {
		if err := ctx.Err(); err != nil {
			return library.Counts{}, err
		}
		all, err := s.valuesOf(kind.prefix, met)
		if err != nil {
			return library.Counts{}, err
		}
		*kind.facet = s.facet(all, kind.prefix, kind.shown)
	}
	return out, nil
}

// value is a term of the exact field and how many works have it.
type value struct {
	term  string
	works int
	// segment and doc are of one of these works.
	segment int
	doc     uint32
}

// valuesOf counts the works that have each term of a prefix.
func (s *search) valuesOf(prefix string, met []*roaring.Bitmap) ([]value, error) {
	counted := map[string]*value{}
	docs := roaring.New()
	for i := range met {
		if met[i].IsEmpty() {
			continue
		}
		d, err := s.dictionary(i, exactField)
		if err != nil {
			return nil, err
		}
		var terms []string
		if err := d.Terms(prefix, func(term string) bool { terms = append(terms, term); return true }); err != nil {
			return nil, err
		}
		for _, term := range terms {
			list, err := s.postings(i, exactField, term, nil)
			if err != nil {
				return nil, err
			}
			docs.Clear()
			list.AddTo(docs)
			docs.And(met[i])
			if docs.IsEmpty() {
				continue
			}
			v := counted[term]
			if v == nil {
				v = &value{term: term, segment: i, doc: docs.Minimum()}
				counted[term] = v
			}
			v.works += int(docs.GetCardinality())
		}
	}
	all := make([]value, 0, len(counted))
	for _, v := range counted {
		all = append(all, *v)
	}
	slices.SortFunc(all, func(a, b value) int { return cmp.Or(b.works-a.works, strings.Compare(a.term, b.term)) })
	return all, nil
}

// facet returns the values with the most works as a work of each shows them: the
// index keeps them folded.
func (s *search) facet(all []value, prefix string, shown func(*library.Item, string) string) library.Facet {
	out := library.Facet{More: max(0, len(all)-library.MaxCounts)}
	for _, v := range all[:len(all)-out.More] {
		term := strings.TrimPrefix(v.term, prefix)
		name := term
		seg := s.view.segments[v.segment]
		if it, ok := s.source.Item(seg.keys[seg.columns.work[v.doc]]); ok && it != nil {
			name = cmp.Or(shown(it, term), term)
		}
		out.Values = append(out.Values, library.Count{Value: name, Works: v.works})
	}
	slices.SortStableFunc(out.Values, func(a, b library.Count) int { return cmp.Or(b.Works-a.Works, strings.Compare(a.Value, b.Value)) })
	return out
}

// maxNameBytes bounds the part of a name by which works are counted.
const maxNameBytes = 256

// creatorTerm returns the name by which the works of a creator are counted, or "".
func creatorTerm(c library.Creator) string {
	return cutText(plaintext.Fold(c.Sortable()), maxNameBytes)
}

func shownCreator(it *library.Item, term string) string {
	for _, c := range it.Creators {
		if creatorTerm(c) == term {
			return c.Display()
		}
	}
	return ""
}

func shownTag(it *library.Item, term string) string {
	for _, tag := range it.AllTags() {
		if plaintext.FoldName(tag) == term {
			return tag
		}
	}
	return ""
}
