package index

import (
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
)

// workAccount is what a search knows of a work so far.
type workAccount struct {
	lanes   uint64 // a byte for each kind: how much of the query that part covers
	mask    uint64 // the query's words that it has
	score   float32
	best    float32 // score of its best passage
	passage uint32  // document of that passage, or 0
}

func (a *workAccount) untouched() bool { return a.score == 0 && a.passage == 0 }

// passageAccount is the same of a passage.
type passageAccount struct {
	mask  uint64
	score float32
}

// fullCoverage is the share of a work's score that depends on how much of the
// query it has, so that a work with every word comes before one with a word
// repeated.
const fullCoverage = 0.2

// coverageFactor returns the factor of a score for the share of the query's
// weight that a work or passage has.
func coverageFactor(share float32) float32 { return 1 - fullCoverage + fullCoverage*share }

// identifierScore puts a work that the query names before all others.
const identifierScore = 10_000

// rankSegment scores the works of a segment.
func (s *search) rankSegment(i int, f *filter, t *top) error {
	seg := s.view.segments[i]
	allowed, err := s.allowed(i, f)
	if err != nil {
		return err
	}
	required, err := s.phrases(i)
	if err != nil {
		return err
	}
	s.works = resize(s.works, len(seg.root))
	s.touched = s.touched[:0]
	defer s.forget()
	if len(seg.root) < len(seg.work) {
		if err := s.countPassages(i); err != nil {
			return err
		}
	}
	if err := s.countWords(i); err != nil {
		return err
	}
	if err := s.countIdentifiers(i); err != nil {
		return err
	}
	for _, work := range s.touched {
		doc, r := seg.root[work], &seg.records[work]
		if !allowed.has(doc) || !f.passes(r) || !required.has(work) {
			continue
		}
		a := &s.works[work]
		c := candidate{score: s.total(a), lanes: a.lanes, passage: a.passage, segment: uint32(i), work: work}
		if !t.follows(&c) || t.hopeless(c.score) {
			continue
		}
		if a.passage != 0 {
			c.covered = s.covers.lane(s.passages[a.passage].mask)
		}
		t.add(c)
	}
	return nil
}

// total returns the score of a work.
func (s *search) total(a *workAccount) float32 {
	mask := a.mask
	if a.passage != 0 {
		mask |= s.passages[a.passage].mask
	}
	coverage := coverageFactor(s.covers.share(mask))
	score := a.score
	identified := score >= identifierScore
	score = score*coverage + passageShare*a.best
	if identified {
		score += identifierScore
	}
	return score
}

// forget clears the accounts for the next segment.
func (s *search) forget() {
	for _, work := range s.touched {
		s.works[work] = workAccount{}
	}
	for _, doc := range s.reached {
		s.passages[doc] = passageAccount{}
	}
	s.touched, s.reached = s.touched[:0], s.reached[:0]
}

// resize returns a slice of n zero accounts; old ones are zero already.
func resize[T any](old []T, n int) []T {
	if n <= cap(old) {
		return old[:n]
	}
	return make([]T, n)
}

// lanesOf spreads a posting's mask of kinds over the bytes of lanes.
var lanesOf = laneTable()

func laneTable() (t [1 << kinds]uint64) {
	for mask := range t {
		for k := range kinds {
			if mask>>k&1 == 1 {
				t[mask] |= 1 << (8 * k)
			}
		}
	}
	return t
}

// countWords adds the postings of works.
func (s *search) countWords(seg int) error {
	work := s.view.segments[seg].work
	n := len(s.view.segments)
	for i := range s.lookups {
		l := &s.lookups[i]
		if l.found.Works == 0 {
			continue
		}
		bit, lane := uint64(1)<<l.word, uint64(s.covers.lanes[l.word])
		s.iterator = s.lists[2*(i*n+seg)].Iterator(false, s.iterator)
		for {
			doc, weight, ok, err := s.iterator.Next()
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			place := work[doc]
			a := &s.works[place]
			if a.mask&bit != 0 {
				continue // a term that begins with a word the work has
			}
			if a.untouched() {
				s.touched = append(s.touched, place)
			}
			a.mask |= bit
			a.lanes += lane * lanesOf[weight>>levelBits%(1<<kinds)]
			a.score += l.workFrequency * saturations[weight%impactLevels]
		}
	}
	return nil
}

// countPassages scores the passages and gives each work its best one.
func (s *search) countPassages(seg int) error {
	sv := s.view.segments[seg]
	s.passages = resize(s.passages, len(sv.work))
	s.reached = s.reached[:0]
	n := len(s.view.segments)
	for i := range s.lookups {
		if l := &s.lookups[i]; l.found.Passages > 0 {
			s.iterator = s.lists[2*(i*n+seg)+1].Iterator(false, s.iterator)
			if err := s.addPassages(l, s.iterator); err != nil {
				return err
			}
		}
	}
	for _, doc := range s.reached {
		p := &s.passages[doc]
		score := p.score * coverageFactor(s.covers.share(p.mask))
		a := &s.works[sv.work[doc]]
		if a.untouched() {
			s.touched = append(s.touched, sv.work[doc])
		}
		if score > a.best || score == a.best && doc < a.passage {
			a.best, a.passage = score, doc
		}
	}
	return nil
}

// addPassages adds the postings of a term to the accounts of passages.
func (s *search) addPassages(l *lookup, it *segment.Iterator) error {
	bit := uint64(1) << l.word
	for {
		doc, weight, ok, err := it.Next()
		if !ok || err != nil {
			return err
		}
		a := &s.passages[doc]
		if a.mask&bit != 0 {
			continue
		}
		if a.mask == 0 {
			s.reached = append(s.reached, doc)
		}
		a.mask |= bit
		a.score += l.passageFrequency * saturations[weight%impactLevels]
	}
}

// countIdentifiers adds the works that the query names.
func (s *search) countIdentifiers(seg int) error {
	work := s.view.segments[seg].work
	for _, id := range s.query.identifiers {
		list, err := s.postings(seg, exactField, exactIdentifier+id, nil)
		if err != nil {
			return err
		}
		s.iterator = list.Iterator(false, s.iterator)
		for {
			doc, _, ok, err := s.iterator.Next()
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
			a.score += identifierScore
		}
	}
	return nil
}
