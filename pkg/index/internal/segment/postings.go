package segment

import (
	"github.com/RoaringBitmap/roaring/v2"
	bleveindex "github.com/blevesearch/bleve_index_api"
	segmentapi "github.com/blevesearch/scorch_segment_api/v2"
)

// Dictionary holds the terms of one field. It is not safe for concurrent use.
type Dictionary struct{ dictionary segmentapi.TermDictionary }

// Dictionary returns the terms of a field; none if the segment lacks it.
func (s *Segment) Dictionary(field string) (*Dictionary, error) {
	d, err := s.segment.Dictionary(field)
	if err != nil {
		return nil, err
	}
	return &Dictionary{d}, nil
}

// Postings are the documents that have a term.
type Postings struct{ list segmentapi.PostingsList }

// Postings returns the documents that have a term, but for the deleted ones.
// It may use the memory of an earlier list, into, which may be nil.
func (d *Dictionary) Postings(term string, deleted *roaring.Bitmap, into *Postings) (*Postings, error) {
	if into == nil {
		into = &Postings{}
	}
	list, err := d.dictionary.PostingsList([]byte(term), deleted, into.list)
	if err != nil {
		return nil, err
	}
	into.list = list
	return into, nil
}

// Len returns the number of documents.
func (p *Postings) Len() int { return int(p.list.Count()) }

// AddTo adds all documents to a set, the deleted ones too.
func (p *Postings) AddTo(set *roaring.Bitmap) {
	if all, ok := p.list.(interface{ OrInto(*roaring.Bitmap) }); ok {
		all.OrInto(set)
	}
}

// Iterator goes over postings.
type Iterator struct {
	iterator segmentapi.PostingsIterator
	posting  segmentapi.Posting
}

// Iterator returns an iterator before the first document. It may use the memory
// of an earlier one, into, which may be nil. Positions are read only if asked
// for.
func (p *Postings) Iterator(positions bool, into *Iterator) *Iterator {
	if into == nil {
		into = &Iterator{}
	}
	into.iterator = p.list.Iterator(true, false, positions, into.iterator)
	return into
}

// Next goes to the next document; ok is false at the end.
func (i *Iterator) Next() (doc uint32, weight int, ok bool, err error) {
	return i.at(i.iterator.Next())
}

// Advance goes to the first document from doc on, which must be after the
// present one.
func (i *Iterator) Advance(doc uint32) (at uint32, weight int, ok bool, err error) {
	return i.at(i.iterator.Advance(uint64(doc)))
}

func (i *Iterator) at(p segmentapi.Posting, err error) (doc uint32, weight int, ok bool, _ error) {
	if p == nil || err != nil {
		return 0, 0, false, err
	}
	i.posting = p
	return uint32(p.Number()), weightOf(p.Frequency()), true, nil
}

// Positions appends the term's positions in the present document to into.
func (i *Iterator) Positions(into []uint64) []uint64 {
	into, ok := unpack(i.posting.Frequency(), into)
	if ok {
		return into
	}
	for _, l := range i.posting.Locations() {
		position := l.Pos()
		into = append(into, position)
		for _, distance := range l.ArrayPositions() {
			position += distance
			into = append(into, position)
		}
	}
	return into
}

// Terms calls yield with the terms that begin with prefix, in their order, until yield
// returns false.
func (d *Dictionary) Terms(prefix string, yield func(term string) bool) error {
	entries := d.dictionary.AutomatonIterator
	uncounted, ok := d.dictionary.(interface {
		AutomatonIteratorOmitCount(a segmentapi.Automaton, start, end []byte) segmentapi.DictionaryIterator
	})
	if ok {
		entries = uncounted.AutomatonIteratorOmitCount
	}
	start, end := beginning(prefix)
	return each(entries(nil, start, end), func(e *bleveindex.DictEntry) bool { return yield(e.Term) })
}

// Counts is like [Dictionary.Terms], with the number of documents that have each term,
// the deleted ones too. It reads a part of each term's postings for that.
func (d *Dictionary) Counts(prefix string, yield func(term string, docs int) bool) error {
	start, end := beginning(prefix)
	return each(d.dictionary.AutomatonIterator(nil, start, end), func(e *bleveindex.DictEntry) bool { return yield(e.Term, int(e.Count)) })
}

// beginning returns the range of the terms that begin with prefix; end is not in it.
func beginning(prefix string) (start, end []byte) {
	if prefix == "" {
		return nil, nil
	}
	return []byte(prefix), append([]byte(prefix), 0xff)
}

func each(entries segmentapi.DictionaryIterator, yield func(*bleveindex.DictEntry) bool) error {
	for {
		e, err := entries.Next()
		if err != nil || e == nil || !yield(e) {
			return err
		}
	}
}

// Automaton decides which terms [Dictionary.Match] finds, byte by byte, and how
// far each is from what is looked for.
type Automaton interface {
	segmentapi.Automaton
	EditDistance(state int) uint8
	MatchAndDistance(term string) (bool, uint8)
}

// Match calls yield with the terms that the automaton accepts, in their order, and
// the distance of each, until yield returns false.
func (d *Dictionary) Match(a Automaton, yield func(term string, distance int) bool) error {
	it := d.dictionary.AutomatonIterator(a, nil, nil)
	for {
		e, err := it.Next()
		if err != nil || e == nil || !yield(e.Term, int(e.EditDistance)) {
			return err
		}
	}
}
