package index

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
)

// phrases returns the works of a segment that have every phrase of the query,
// each in the work itself or in one of its passages.
func (s *search) phrases(seg int) (set, error) {
	out := set{}
	sv := s.view.segments[seg]
	for _, terms := range s.query.phrases {
		works := roaring.New()
		for _, field := range []string{wordField, passageField} {
			docs, err := s.aligned(seg, field, terms, 1)
			if err != nil {
				return set{}, err
			}
			for it := docs.Iterator(); it.HasNext(); {
				works.Add(sv.work[it.Next()])
			}
		}
		out = out.and(works)
	}
	return out, nil
}

// aligned returns the documents that have all terms at positions that step up
// by step from one term to the next: 1 finds phrases, 0 words of the same
// name.
func (s *search) aligned(seg int, field string, terms []string, step uint64) (*roaring.Bitmap, error) {
	var docs set
	lists := make([]*segment.Postings, len(terms))
	for i, term := range terms {
		bits, list, err := s.having(seg, field, term)
		if err != nil {
			return nil, err
		}
		lists[i], docs = list, docs.and(bits)
		if docs.bits.IsEmpty() || len(terms) == 1 {
			return docs.bits, nil
		}
	}
	for len(s.cursors) < len(terms) {
		s.cursors = append(s.cursors, cursor{})
	}
	cursors := s.cursors[:len(terms)]
	for i := range cursors {
		cursors[i].postings = lists[i].Iterator(true, cursors[i].postings)
	}
	out := roaring.New()
	for it := docs.bits.Iterator(); it.HasNext(); {
		doc := it.Next()
		for i := range cursors {
			if err := cursors[i].read(doc, uint64(i)*step); err != nil {
				return nil, err
			}
		}
		if inLine(cursors) {
			out.Add(doc)
		}
	}
	return out, nil
}

// having returns the live documents that have a term, and its postings.
func (s *search) having(seg int, field, term string) (*roaring.Bitmap, *segment.Postings, error) {
	list, err := s.postings(seg, field, term, nil)
	if err != nil {
		return nil, nil, err
	}
	bits := roaring.New()
	list.AddTo(bits)
	if deleted := s.view.segments[seg].deleted; deleted != nil {
		bits.AndNot(deleted)
	}
	return bits, list, nil
}

// cursor reads the positions of one term. Its memory is used again.
type cursor struct {
	postings  *segment.Iterator
	positions []uint64
	starts    []uint64 // where the phrase would begin in the document
}

// read takes the term's positions in a document past the last one; shift is
// how far the term stands behind the phrase's begin.
func (c *cursor) read(doc uint32, shift uint64) error {
	c.starts = c.starts[:0]
	at, _, ok, err := c.postings.Advance(doc)
	if err != nil || !ok || at != doc {
		return err
	}
	c.positions = c.postings.Positions(c.positions[:0])
	for _, p := range c.positions {
		if p >= shift {
			c.starts = append(c.starts, p-shift)
		}
	}
	return nil
}

// inLine reports whether the phrase begins somewhere for every term.
func inLine(cursors []cursor) bool {
	for _, start := range cursors[0].starts {
		if !slices.ContainsFunc(cursors[1:], func(c cursor) bool { return !slices.Contains(c.starts, start) }) {
			return true
		}
	}
	return false
}
