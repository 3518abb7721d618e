package index

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// noticePhrase says that a phrase is not required.
const noticePhrase = "no work has a phrase of the query; works that have its words side by side come first"

// noticePreferred says the same of a long text.
const noticePreferred = "in a long text a phrase is not required; works that have its words side by side come first"

// countPhrases finds the works that have each phrase of the query.
func (s *search) countPhrases() error {
	s.phrased = s.phrased[:0]
	for i := range s.query.phrases {
		for seg := range s.view.segments {
			p := &s.query.phrases[i]
			works, err := s.phraseIn(seg, p.words, p.in)
			if err != nil {
				return err
			}
			s.phrased = append(s.phrased, works)
		}
	}
	return nil
}

// havingPhrase returns the works of a segment that have a phrase of the query.
func (s *search) havingPhrase(phrase, seg int) *roaring.Bitmap {
	return s.phrased[phrase*len(s.view.segments)+seg]
}

// phraseWorks returns the number of works that have a phrase.
func (s *search) phraseWorks(phrase int) int {
	n := 0
	for seg := range s.view.segments {
		n += int(s.havingPhrase(phrase, seg).GetCardinality())
	}
	return n
}

// relax finds the phrases that are not required: those that no work has, and all of
// a text of more than strictWords other words. Their words are loose, and pairs of
// them that stand side by side raise the score.
func (s *search) relax(given *library.Statistics) {
	s.relaxed = s.relaxed[:0]
	loose := 0
	for _, w := range s.query.words {
		if w.loose {
			loose++
		}
	}
	s.preferred = loose > strictWords
	for i := range s.query.phrases {
		n := s.phraseWorks(i)
		if given != nil {
			n = max(n, given.Phrases[i])
		}
		if n > 0 && !s.preferred {
			continue
		}
		s.relaxed = append(s.relaxed, i)
		for _, place := range s.query.phrases[i].places {
			s.query.words[place].loose = true
		}
	}
	switch {
	case len(s.relaxed) == 0:
	case s.preferred:
		s.query.note(noticePreferred)
	default:
		s.query.note(noticePhrase)
	}
}

// adjacentIn returns, for works of a segment, the share of the pairs of words of
// relaxed phrases that they have side by side.
func (s *search) adjacentIn(seg int) (map[uint32]float32, error) {
	pairs := 0
	for _, i := range s.relaxed {
		pairs += len(s.query.phrases[i].words) - 1
	}
	if pairs == 0 {
		return nil, nil
	}
	shares := make(map[uint32]float32)
	for _, i := range s.relaxed {
		p := &s.query.phrases[i]
		for j := range len(p.words) - 1 {
			works, err := s.phraseIn(seg, p.words[j:j+2], p.in)
			if err != nil {
				return nil, err
			}
			for it := works.Iterator(); it.HasNext(); {
				shares[it.Next()] += 1 / float32(pairs)
			}
		}
	}
	return shares, nil
}

// phraseIn returns the works of a segment that have words side by side, in one of
// the parts.
func (s *search) phraseIn(seg int, words []form, in question.Part) (*roaring.Bitmap, error) {
	sv := s.view.segments[seg]
	works := roaring.New()
	terms := make([][]string, len(words))
	for i := range words {
		terms[i] = s.alternatives(&words[i])
	}
	if in&^question.Fulltext != 0 {
		docs, err := s.aligned(seg, wordField, terms, 1)
		if err != nil {
			return nil, err
		}
		addWorks(works, sv, docs)
		if in != anywhere {
			for i := range terms {
				parts, err := s.termsIn(seg, terms[i], in&^question.Fulltext)
				if err != nil {
					return nil, err
				}
				works.And(parts)
			}
		}
	}
	if in&question.Fulltext != 0 && len(sv.root) < len(sv.work) {
		docs, err := s.aligned(seg, passageField, terms, 1)
		if err != nil {
			return nil, err
		}
		addWorks(works, sv, docs)
	}
	return works, nil
}

// addWorks adds the works that documents belong to.
func addWorks(works *roaring.Bitmap, sv *segmentView, docs *roaring.Bitmap) {
	for it := docs.Iterator(); it.HasNext(); {
		works.Add(sv.work[it.Next()])
	}
}

// aligned returns the documents that have one term of each word, at positions that
// step up by step from one word to the next: 1 finds phrases, 0 words of the same
// name.
func (s *search) aligned(seg int, field string, words [][]string, step uint64) (*roaring.Bitmap, error) {
	var docs set
	lists := make([][]*segment.Postings, len(words))
	for i, terms := range words {
		bits := roaring.New()
		var list *segment.Postings
		for _, term := range terms {
			var err error
			if list, err = s.postings(seg, field, term, list); err != nil {
				return nil, err
			}
			if list.Len() > 0 {
				list.AddTo(bits)
				lists[i] = append(lists[i], list)
				list = nil // it is kept
			}
		}
		if deleted := s.view.segments[seg].deleted; deleted != nil {
			bits.AndNot(deleted)
		}
		docs = docs.and(bits)
		if docs.bits.IsEmpty() || len(words) == 1 {
			return docs.bits, nil
		}
	}
	for len(s.cursors) < len(words) {
		s.cursors = append(s.cursors, cursor{})
	}
	cursors := s.cursors[:len(words)]
	for i := range cursors {
		cursors[i].open(lists[i])
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

// cursor reads the positions of the terms of one word. Its memory is used again.
type cursor struct {
	terms     []termCursor
	positions []uint64
	starts    []uint64 // where the phrase would begin in the document
}

// termCursor goes through the postings of one term.
type termCursor struct {
	postings *segment.Iterator
	doc      int64 // the present one; -1 before the first
	ended    bool
}

// open makes the cursor read postings from their beginning.
func (c *cursor) open(lists []*segment.Postings) {
	for len(c.terms) < len(lists) {
		c.terms = append(c.terms, termCursor{})
	}
	c.terms = c.terms[:len(lists)]
	for i, list := range lists {
		c.terms[i] = termCursor{postings: list.Iterator(true, c.terms[i].postings), doc: -1}
	}
}

// read takes the word's positions in a document past the last one; shift is
// how far the word stands behind the phrase's begin.
func (c *cursor) read(doc uint32, shift uint64) error {
	c.starts = c.starts[:0]
	for i := range c.terms {
		t := &c.terms[i]
		has, err := t.advance(doc)
		if err != nil {
			return err
		}
		if !has {
			continue
		}
		c.positions = t.postings.Positions(c.positions[:0])
		for _, p := range c.positions {
			if p >= shift {
				c.starts = append(c.starts, p-shift)
			}
		}
	}
	return nil
}

// advance goes to a document and reports whether it has the term.
func (t *termCursor) advance(doc uint32) (bool, error) {
	if t.ended || t.doc >= int64(doc) {
		return t.doc == int64(doc), nil
	}
	at, _, ok, err := t.postings.Advance(doc)
	if err != nil || !ok {
		t.ended = true
		return false, err
	}
	t.doc = int64(at)
	return at == doc, nil
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
