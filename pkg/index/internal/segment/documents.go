package segment

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Documents puts the documents of a segment together again, but for the
// deleted ones.
func (s *Segment) Documents(deleted *roaring.Bitmap) ([]*Document, error) {
	all := make([]*Document, s.Len())
	for doc := range all {
		if deleted != nil && deleted.ContainsInt(doc) {
			continue
		}
		id, stored, err := s.Stored(uint32(doc))
		if err != nil {
			return nil, err
		}
		all[doc] = &Document{ID: id, Stored: stored}
	}
	for _, field := range s.segment.Fields() {
		if field == idField || field == storedField {
			continue
		}
		if err := s.addField(field, deleted, all); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(all, func(d *Document) bool { return d == nil }), nil
}

// addField adds the terms of one field to the documents that are not nil.
func (s *Segment) addField(field string, deleted *roaring.Bitmap, docs []*Document) error {
	dictionary, err := s.Dictionary(field)
	if err != nil {
		return err
	}
	terms := make([][]Term, len(docs))
	var failed error
	var list *Postings
	var it *Iterator
	err = dictionary.Terms("", func(term string) bool {
		if list, failed = dictionary.Postings(term, deleted, list); failed != nil {
			return false
		}
		it = list.Iterator(true, it)
		for {
			doc, weight, ok, err := it.Next()
			if !ok || err != nil {
				failed = err
				return err == nil
			}
			t := Term{Text: term, Weight: weight}
			for _, p := range it.Positions(nil) {
				t.Positions = append(t.Positions, uint32(p))
			}
			terms[doc] = append(terms[doc], t)
		}
	})
	if err != nil || failed != nil {
		return firstError(failed, err)
	}
	for doc, d := range docs {
		if d != nil && len(terms[doc]) > 0 {
			d.Fields = append(d.Fields, Field{Name: field, Terms: terms[doc]})
		}
	}
	return nil
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
