package index

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Meaning is a [Source] that compares works with a question by what they mean, as
// the vectors of an embedding model do, in any language.
type Meaning interface {
	Source
	// Near returns the works nearest to a question, the nearest first. The notice says
	// which works are not compared, in our own words; "" if all are. The message of the
	// error says why none were, this time.
	Near(ctx context.Context, question string) (works []Near, notice string, err error)
}

// Near is a work near a question.
type Near struct {
	Key string
	// Cosine is that of the directions of work and question as seen from the mean of
	// the works: a work on any other subject has about 0.
	Cosine float64
}

// Of the works, the mostMeant nearest to the question gain: the nearest one all that
// [library.Statistics].Meaning says, if its cosine is at least fullMeant, and each in
// proportion to its cosine. A work with less than leastMeant, or less than meantShare
// of the nearest one's, is on another subject. Models differ in how near they put what
// belongs together.
const (
	mostMeant  = 50
	fullMeant  = 0.25
	leastMeant = 0.08
	meantShare = 0.3
)

// notMeant begins the notice of a search that compared no work by meaning.
const notMeant = "works were not compared by meaning: "

// findMeant finds the works nearest to the question in meaning, if the statistics
// let them gain and the question is words alone.
func (s *search) findMeant(ctx context.Context, st *library.Statistics, q *library.Query) error {
	m, ok := s.source.(Meaning)
	if !ok || st.Meaning == 0 || s.naming || s.exact || q.Mode != library.ModeBroad && !s.plain() {
		return nil
	}
	near, notice, err := m.Near(ctx, q.Text)
	if err != nil {
		notice, s.incomplete = notMeant+library.AsError(err).Message, true
	}
	if notice != "" {
		s.query.notices = append(s.query.notices, notice)
	}
	near = near[:min(len(near), mostMeant)]
	for _, n := range near {
		if n.Cosine < max(leastMeant, meantShare*near[0].Cosine) {
			break
		}
		for i, seg := range s.view.segments {
			work, ok, err := seg.locate(n.Key)
			if err != nil {
				return err
			}
			if ok {
				gain := float32(st.Meaning * n.Cosine / max(fullMeant, near[0].Cosine))
				s.meant = append(s.meant, nearWork{i, int(work), gain})
			}
		}
	}
	return nil
}

// countMeant adds what the works of a segment gain by their meaning.
func (s *search) countMeant(seg int) {
	for _, n := range s.meant {
		if n.segment != seg {
			continue
		}
		a := &s.works[n.work]
		if a.untouched() {
			s.touched = append(s.touched, uint32(n.work))
		}
		a.meant = n.cosine
	}
}
