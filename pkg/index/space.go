package index

import (
	"cmp"
	"context"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/latent"
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
)

// spaceFile is the name of the file that holds the latent space of the works in
// indexFile. A library of less than [latent.LeastWorks] works has none.
const spaceFile = "subjects.lsa"

// space is the latent space of a view. Points of works are with the segments.
type space struct {
	model  *latent.Model
	fitted int // number of works of the library to which it was fitted
}

// outgrown reports whether a library of that many works needs a new space: it
// has grown by half, or lost half of its works. Without a space it does.
func (s *space) outgrown(works int) bool {
	return s == nil || 2*works >= 3*s.fitted || 2*works <= s.fitted
}

// corpus is the works of an index whose segments are still parts, in the order that
// they have once the parts are merged.
type corpus struct {
	parts []*segmentView
	place [][]int // by part and work: where the work stands among keys, or -1 if it is deleted
	keys  []string
}

// corpusOf returns the works of segments, of which it reads the columns that they lack.
func corpusOf(parts []*segmentView) (*corpus, error) {
	c := &corpus{}
	for _, p := range parts {
		part := *p
		if part.columns == nil {
			var err error
			if part.columns, err = readColumns(p.Segment); err != nil {
				return nil, err
			}
		}
		place := make([]int, len(part.root))
		for work, doc := range part.root {
			place[work] = -1
			if part.live(doc) {
				place[work] = len(c.keys)
				c.keys = append(c.keys, part.keys[work])
			}
		}
		c.parts, c.place = append(c.parts, &part), append(c.place, place)
	}
	return c, nil
}

// writeSpace writes the space of the works of an index's segments into a directory,
// durably, and returns the names of the files: none for few works. It keeps the
// model of an earlier space that the library has not outgrown.
func writeSpace(ctx context.Context, dir string, parts []*segmentView, before *space) ([]string, error) {
	c, err := corpusOf(parts)
	if err != nil || len(c.keys) < latent.LeastWorks {
		return nil, err
	}
	if before.outgrown(len(c.keys)) {
		before, err = fitSpace(ctx, c)
		if err != nil {
			return nil, err
		}
	}
	whole := latent.Space{Model: before.model, Fitted: before.fitted, Works: make([]latent.Point, len(c.keys))}
	if err := c.fold(ctx, before.model, whole.Works); err != nil {
		return nil, err
	}
	return []string{spaceFile}, writeDurably(filepath.Join(dir, spaceFile), whole.Encode())
}

// fold sets the points of all works, of two parts at the same time unless there are more
// than besideDocuments.
func (c *corpus) fold(ctx context.Context, m *latent.Model, into []latent.Point) error {
	folding, ctx := errgroup.WithContext(ctx)
	folding.SetLimit(2)
	if documents(c.parts) > besideDocuments {
		folding.SetLimit(1)
	}
	for i, p := range c.parts {
		folding.Go(func() error {
			return guard(func() error {
				points, err := foldWorks(ctx, m, p.Segment, p.columns)
				for work, at := range c.place[i] {
					if at >= 0 && err == nil {
						into[at] = points[work]
					}
				}
				return err
			})
		})
	}
	return folding.Wait()
}

// writeDurably writes a file that is on disk when it returns.
func writeDurably(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return cmp.Or(err, f.Close())
}

// openSpace reads the space of the view's one segment.
func (v *view) openSpace(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	whole, err := latent.Decode(content)
	if err != nil {
		return err
	}
	if len(v.segments) != 1 || len(v.segments[0].root) != len(whole.Works) {
		return errSpace
	}
	v.space = &space{model: whole.Model, fitted: whole.Fitted}
	v.segments[0].points, v.segments[0].signs = whole.Works, latent.SignsOf(whole.Works)
	return nil
}

// fitSpace returns the space of works or, of many, of a sample.
func fitSpace(ctx context.Context, c *corpus) (*space, error) {
	terms, err := vocabulary(c)
	if err != nil {
		return nil, err
	}
	number := make(map[string]int, len(terms))
	for i, t := range terms {
		number[t.Text] = i
	}
	row := make([]int, len(c.keys)) // of the works that are not in the sample: -1
	for i := range row {
		row[i] = -1
	}
	sample := sampled(c.keys)
	for i, work := range sample {
		row[work] = i
	}
	works := make([][]latent.Entry, len(sample))
	for i := range c.parts {
		if err := c.entries(i, number, row, works); err != nil {
			return nil, err
		}
	}
	m, err := latent.Fit(ctx, terms, works)
	return &space{model: m, fitted: len(c.keys)}, err
}

// entries adds the terms of a part's works to their rows in works.
func (c *corpus) entries(part int, number map[string]int, row []int, works [][]latent.Entry) error {
	p := c.parts[part]
	r := reader{segment: p.Segment}
	var failed error
	d, err := p.Dictionary(wordField)
	if err != nil {
		return err
	}
	err = d.Terms("", func(term string) bool {
		i, ok := number[term]
		if !ok {
			return true
		}
		failed = r.each(term, 0, func(doc uint32, weight float32) bool {
			if at := c.place[part][p.columns.work[doc]]; at >= 0 && row[at] >= 0 {
				works[row[at]] = append(works[row[at]], latent.Entry{Term: i, Weight: weight})
			}
			return true
		})
		return failed == nil
	})
	return cmp.Or(failed, err)
}

// counts calls yield with the segment's terms, in their order, and the number of live
// documents that have each, until yield returns false.
func (s *segmentView) counts(yield func(term string, docs int) bool) error {
	d, err := s.Dictionary(wordField)
	if err != nil {
		return err
	}
	var list *segment.Postings
	var failed error
	err = d.Counts("", func(term string, docs int) bool {
		if s.deleted != nil {
			if list, failed = d.Postings(term, s.deleted, list); failed != nil {
				return false
			}
			docs = list.Len()
		}
		return yield(term, docs)
	})
	return cmp.Or(failed, err)
}

// vocabulary returns the terms of a space, in their order: those of at least two
// works and of at most half of all, the most frequent ones if they are many.
func vocabulary(c *corpus) ([]latent.Term, error) {
	docs := map[string]int{}
	for _, p := range c.parts {
		err := p.counts(func(term string, n int) bool {
			if !strings.HasPrefix(term, letterTag) {
				docs[term] += n
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	works := len(c.keys)
	maps.DeleteFunc(docs, func(_ string, n int) bool { return n < 2 || n > works/2 })
	all := slices.SortedFunc(maps.Keys(docs), func(a, b string) int {
		return cmp.Or(cmp.Compare(docs[b], docs[a]), strings.Compare(a, b))
	})
	all = all[:min(len(all), latent.MostTerms)]
	slices.Sort(all)
	terms := make([]latent.Term, len(all))
	for i, text := range all {
		terms[i] = latent.Term{Text: text, Weight: inverseFrequency(works, docs[text])}
	}
	return terms, nil
}

// sampled returns the places of works to which a space is fitted, in the order of
// their keys. Which works these are depends on the keys alone, so that the order
// in which works were added does not matter.
func sampled(keys []string) []int {
	works := make([]int, len(keys))
	for i := range works {
		works[i] = i
	}
	if len(works) > latent.MostWorks {
		sums := make([]uint64, len(keys))
		for i, key := range keys {
			h := fnv.New64a()
			_, _ = h.Write([]byte(key))
			sums[i] = h.Sum64()
		}
		slices.SortFunc(works, func(a, b int) int { return cmp.Or(cmp.Compare(sums[a], sums[b]), strings.Compare(keys[a], keys[b])) })
		works = works[:latent.MostWorks]
	}
	slices.SortFunc(works, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	return works
}

// foldedTogether is how many works are folded into a space at a time: it bounds
// memory to some 13 MB.
const foldedTogether = 1 << 15

// foldWorks returns the points of a segment's works in a space.
func foldWorks(ctx context.Context, m *latent.Model, seg *segment.Segment, c *columns) ([]latent.Point, error) {
	points := make([]latent.Point, len(c.root))
	vectors := make([]latent.Vector, min(foldedTogether, len(points)))
	for from := 0; from < len(points); from += len(vectors) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		clear(vectors)
		to := min(from+len(vectors), len(points))
		if err := foldRange(m, seg, c, from, vectors[:to-from]); err != nil {
			return nil, err
		}
		for i := range to - from {
			points[from+i] = vectors[i].Point()
		}
	}
	return points, nil
}

// foldRange adds the terms of the works from from on to their vectors.
func foldRange(m *latent.Model, seg *segment.Segment, c *columns, from int, into []latent.Vector) error {
	d, err := seg.Dictionary(wordField)
	if err != nil {
		return err
	}
	r := reader{segment: seg}
	var failed error
	err = d.Terms("", func(term string) bool {
		at, ok := m.Find(term)
		if !ok {
			return true
		}
		failed = r.each(term, c.root[from], func(doc uint32, weight float32) bool {
			work := int(c.work[doc]) - from
			if work >= len(into) {
				return false
			}
			m.Add(&into[work], at, weight)
			return true
		})
		return failed == nil
	})
	return cmp.Or(failed, err)
}

// reader reads the postings of works.
type reader struct {
	segment    *segment.Segment
	dictionary *segment.Dictionary
	list       *segment.Postings
	iterator   *segment.Iterator
}

// each calls yield with the documents from first on that have a term, and its
// weight there, until yield returns false.
func (r *reader) each(term string, first uint32, yield func(doc uint32, weight float32) bool) (err error) {
	if r.dictionary == nil {
		if r.dictionary, err = r.segment.Dictionary(wordField); err != nil {
			return err
		}
	}
	if r.list, err = r.dictionary.Postings(term, nil, r.list); err != nil {
		return err
	}
	r.iterator = r.list.Iterator(false, r.iterator)
	doc, weight, ok, err := r.iterator.Advance(first)
	for ; ok && err == nil; doc, weight, ok, err = r.iterator.Next() {
		if !yield(doc, saturations[weight%impactLevels]) {
			return nil
		}
	}
	return err
}
