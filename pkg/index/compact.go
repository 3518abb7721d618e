package index

import (
	"cmp"
	"context"
	"slices"

	bleveindex "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// In memory, where scorch merges nothing, an update that leaves more than
// maxSegments makes one of the smallest, so that searches stay fast however
// small the updates are. It does so only for leastMerged segments or more that
// have no more than mostMerged documents together: that bounds what an update
// costs in time and memory.
const (
	maxSegments = 16
	leastMerged = 8
	mostMerged  = 8_000
)

// compact merges small segments of an index in memory.
func (x *Index) compact(ctx context.Context) error {
	if x.store.dir != "" {
		return nil
	}
	v, err := x.acquire()
	if err != nil {
		return err
	}
	defer func() { _ = v.snap.Close() }()
	if len(v.segments) <= maxSegments {
		return nil
	}
	bySize := slices.SortedFunc(slices.Values(v.segments), func(a, b *segmentView) int { return cmp.Compare(len(a.work), len(b.work)) })
	batch := bleveindex.NewBatch()
	n, size := 0, 0
	for n < len(bySize) && size+len(bySize[n].work) <= mostMerged {
		size += len(bySize[n].work)
		n++
	}
	if n < leastMerged {
		return nil
	}
	for _, s := range bySize[:n] {
		docs, err := documentsOf(s)
		if err != nil {
			return err
		}
		for _, d := range docs {
			batch.Update(d)
		}
	}
	return x.store.write(ctx, batch)
}

// documentsOf puts the live works of a segment together again from its
// postings.
func documentsOf(s *segmentView) ([]*document, error) {
	all := make([]*document, len(s.work))
	var works []*document
	for doc := range uint32(len(all)) {
		if !s.live(doc) {
			continue
		}
		id, err := s.DocID(uint64(doc))
		if err != nil {
			return nil, err
		}
		d := newDocument(string(id), storedRecord(s.Segment, uint64(doc)))
		all[doc] = d
		if root := s.root[s.work[doc]]; root != doc {
			all[root].passages = append(all[root].passages, d)
		} else {
			works = append(works, d)
		}
	}
	for _, field := range []string{wordField, passageField, exactField, nameField} {
		if err := addTerms(s, field, all); err != nil {
			return nil, err
		}
	}
	return works, nil
}

// addTerms adds the terms of one field to the documents of a segment.
func addTerms(s *segmentView, field string, docs []*document) error {
	dict, err := s.Dictionary(field)
	if err != nil {
		return err
	}
	terms := make([]bleveindex.TokenFrequencies, len(docs))
	var list segment.PostingsList
	var postings segment.PostingsIterator
	entries := dict.AutomatonIterator(nil, nil, nil)
	for {
		e, err := entries.Next()
		if err != nil {
			return err
		}
		if e == nil {
			break
		}
		if list, err = dict.PostingsList([]byte(e.Term), s.deleted, list); err != nil {
			return err
		}
		postings = list.Iterator(true, true, true, postings)
		if err := addPostings(postings, e.Term, terms); err != nil {
			return err
		}
	}
	for doc, d := range docs {
		if d != nil {
			d.add(field, terms[doc])
		}
	}
	return nil
}

// addPostings adds one term to the terms of its documents.
func addPostings(postings segment.PostingsIterator, term string, terms []bleveindex.TokenFrequencies) error {
	for {
		p, err := postings.Next()
		if p == nil || err != nil {
			return err
		}
		f := &bleveindex.TokenFreq{Term: []byte(term)}
		f.SetFrequency(int(p.Frequency()))
		for _, l := range p.Locations() {
			f.Locations = append(f.Locations, &bleveindex.TokenLocation{Position: int(l.Pos())})
		}
		if terms[p.Number()] == nil {
			terms[p.Number()] = make(bleveindex.TokenFrequencies)
		}
		terms[p.Number()][term] = f
	}
}
