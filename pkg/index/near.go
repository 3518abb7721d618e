package index

import (
	"cmp"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/latent"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// nearShare is what a work exactly on the query's subject gains, against the
// score of the best work.
const nearShare = 0.4

// Of the works, the mostNear nearest to the query's subject gain. Of more than
// allCompared works, only some comparedNear are compared exactly: those whose
// directions have the most signs in common with the query's.
const (
	mostNear     = 300
	allCompared  = 4_000
	comparedNear = 3_000
)

// leastNear is the cosine from which a work is on the query's subject at all.
const leastNear = 0.1

// noticeSpaceless says what a search lacks until the parts of an index are merged.
const noticeSpaceless = "for some seconds, until the search index is merged, works are ranked by words alone, and those on the subject without words of the query are not found"

// nearWork is a work near the query's subject.
type nearWork struct {
	segment, work int
	cosine        float32
}

// findNear finds the works nearest to the query's subject, if the statistics let
// them gain.
func (s *search) findNear(st *library.Statistics) {
	s.near = s.near[:0]
	s.spaceless = s.spaceless || st.Near != 0 && s.view.lacksSpace()
	subject, ok := s.point()
	if !ok || st.Near == 0 {
		return
	}
	// A work on the subject need not have added words, nor the other way.
	if least := leastNear * float32(st.Near); len(s.added) == 0 || least < s.leastAdded {
		s.leastAdded = least
	}
	most := latent.Dimensions
	if s.view.works > allCompared {
		most = s.signsApart(&subject)
	}
	signs := subject.Signs()
	for i, seg := range s.view.segments {
		for work, doc := range seg.root {
			if most < latent.Dimensions && signs.Apart(seg.signs[work]) > most || !seg.live(doc) {
				continue
			}
			if cosine := latent.Near(&subject, &seg.points[work]); cosine > 0 {
				s.near = append(s.near, nearWork{i, work, float32(cosine)})
			}
		}
	}
	slices.SortFunc(s.near, func(a, b nearWork) int {
		return cmp.Or(cmp.Compare(b.cosine, a.cosine), cmp.Compare(s.view.segments[a.segment].keys[a.work], s.view.segments[b.segment].keys[b.work]))
	})
	s.near = s.near[:min(len(s.near), mostNear)]
	for i := range s.near {
		s.near[i].cosine *= float32(st.Near)
	}
}

// point returns the direction of the query in the view's space; ok is false if
// the space knows none of its words, or if there is no space.
func (s *search) point() (p latent.Point, ok bool) {
	if s.view.space == nil {
		return p, false
	}
	m := s.view.space.model
	var v latent.Vector
	for i := range s.lookups {
		l := &s.lookups[i]
		if at, known := m.Find(l.term); known && l.source != completion {
			m.Add(&v, at, l.weight)
			ok = true
		}
	}
	return v.Point(), ok
}

// signsApart returns the number of signs by which the nearest comparedNear works
// differ from a subject at most.
func (s *search) signsApart(subject *latent.Point) int {
	var counts [latent.Dimensions + 1]int
	signs := subject.Signs()
	for _, seg := range s.view.segments {
		for _, other := range seg.signs {
			counts[signs.Apart(other)]++
		}
	}
	works := 0
	for apart, n := range counts {
		if works += n; works >= comparedNear {
			return apart
		}
	}
	return latent.Dimensions
}

// countNear adds what the works of a segment gain by their subject.
func (s *search) countNear(seg int) {
	for _, n := range s.near {
		if n.segment != seg {
			continue
		}
		a := &s.works[n.work]
		if a.untouched() {
			s.touched = append(s.touched, uint32(n.work))
		}
		a.added += n.cosine
	}
}
