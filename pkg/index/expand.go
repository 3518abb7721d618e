package index

import (
	"context"
	"math"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// addedShare is what all terms that a search adds are worth together, against
// all words of the query.
const addedShare = 0.5

// leastSimilar is the part of all that a search adds which a work without the
// words of the query has at least to be listed as similar.
const leastSimilar = 0.25

// addedTerm is a term that is added to the query.
type addedTerm struct {
	frequency float32             // what it adds to the score of a work
	lists     []*segment.Postings // by segment
}

// broaden adds to the statistics of the view the terms by which the query is
// expanded, and how much its subject counts.
func (s *search) broaden(ctx context.Context, mode library.Mode, st *library.Statistics) error {
	expand := st.Expandable(mode)
	if !expand && !st.HasMeaning(mode) {
		return nil
	}
	works, err := s.feedback(ctx, mode)
	if err != nil {
		return err
	}
	st.Meaning = library.MeaningOf(mode, works)
	if !expand {
		return nil
	}
	proposals := st.Propose(mode, works)
	if len(proposals) == 0 {
		return nil
	}
	if err := s.countAddedTerms(proposals); err != nil {
		return err
	}
	st.Add(proposals)
	st.Near = math.Round(1000*nearShare*works[0].Score) / 1000
	return nil
}

// countAddedTerms sets the number of works of the view that have each term.
func (s *search) countAddedTerms(added []library.AddedTerm) error {
	var list *segment.Postings
	for i := range added {
		added[i].Works = 0
		for seg := range s.view.segments {
			var err error
			if list, err = s.postings(seg, wordField, added[i].Term, list); err != nil {
				return err
			}
			added[i].Works += list.Len()
		}
	}
	return nil
}

// add finds the postings of the terms that the statistics add to the query, and
// the works on its subject.
func (s *search) add(st *library.Statistics) error {
	scale := float32(0)
	for i := range s.lookups {
		l, first := &s.lookups[i], i == 0 || s.lookups[i-1].word != s.lookups[i].word
		if first && l.source == ownForm && st.Words[l.counted] != (library.Frequency{}) {
			scale += addedShare * l.weight
		}
	}
	for _, a := range st.Added {
		t := addedTerm{frequency: scale * float32(a.Weight) * inverseFrequency(st.Works, a.Works)}
		for seg := range s.view.segments {
			list, err := s.postings(seg, wordField, a.Term, nil)
			if err != nil {
				return err
			}
			t.lists = append(t.lists, list)
		}
		s.added = append(s.added, t)
		s.leastAdded += leastSimilar * t.frequency
	}
	s.findNear(st)
	return nil
}

// countAdded adds the postings of the added terms to the accounts of works. They
// don't count as a part of the query that a work has.
func (s *search) countAdded(seg int) error {
	work := s.view.segments[seg].work
	for i := range s.added {
		t := &s.added[i]
		s.iterator = t.lists[seg].Iterator(false, s.iterator)
		for {
			doc, weight, ok, err := s.iterator.Next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			a := &s.works[work[doc]]
			if a.untouched() {
				s.touched = append(s.touched, work[doc])
			}
			a.added += t.frequency * saturations[weight%impactLevels]
		}
	}
	return nil
}

// yearTerm returns a year as a term.
func yearTerm(year int) string { return strconv.Itoa(year) }
