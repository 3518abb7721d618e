package index

import (
	"context"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Statistics returns the statistics of the index for the text of a query, as
// [library.Ranked] has it. A search for the same text that follows the counting
// of its words does not count them again.
func (x *Index) Statistics(ctx context.Context, q library.Query) (*library.Statistics, error) {
	return ask(ctx, x, x.begin(), "index statistics", func(_ context.Context, s *search) (*library.Statistics, error) {
		s.exact = q.Mode == library.ModeExact
		if q.Statistics == nil {
			return s.countText(q.Text)
		}
		added := slices.Clone(q.Statistics.Added)
		err := s.countAddedTerms(added)
		return &library.Statistics{Added: added}, err
	}, func(st *library.Statistics) int {
		return len(st.Words) + len(st.Completions) + len(st.Spellings) + len(st.Added)
	})
}

// countText returns the frequencies of a text's words.
func (s *search) countText(text string) (*library.Statistics, error) {
	if err := s.count(text); err != nil {
		return nil, err
	}
	out := s.statistics()
	completions, err := s.completions()
	if err != nil {
		return nil, err
	}
	out.Completions = completions
	if out.Spellings, err = s.spellings(); err != nil {
		return nil, err
	}
	s.text, s.ready = text, true
	return out, nil
}

// statistics returns the statistics of the view for the terms that have been
// looked up.
func (s *search) statistics() *library.Statistics {
	out := &library.Statistics{Works: s.view.works, Passages: s.view.passages, Named: s.namedWorks(), Words: slices.Clone(s.counted)}
	for i := range s.query.phrases {
		out.Phrases = append(out.Phrases, s.phraseWorks(i))
	}
	for _, l := range s.lookups {
		if l.source == completion {
			out.Completions = append(out.Completions, library.Completion{Candidate: library.Candidate{Word: l.counted, Term: l.term}, Frequency: l.found})
		}
	}
	out.Spellings = s.spelled
	return out
}

// completions returns all candidates, counted without deleted works.
func (s *search) completions() ([]library.Completion, error) {
	candidates, err := s.candidates()
	if err != nil {
		return nil, err
	}
	deleted := false
	for _, sv := range s.view.segments {
		deleted = deleted || sv.deleted != nil
	}
	out := make([]library.Completion, 0, len(candidates))
	for c, f := range candidates {
		if deleted {
			if f, err = s.live(c.Term); err != nil {
				return nil, err
			}
		}
		out = append(out, library.Completion{Candidate: c, Frequency: f})
	}
	return out, nil
}
