package index

import (
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// workAccount is what a search knows of a work so far.
type workAccount struct {
	lanes   uint64 // a byte for each kind: how much of the query that part covers
	mask    uint64 // the query's words that it has
	score   float32
	added   float32 // score by terms that were added to the query and by its subject
	best    float32 // score of its best passage
	passage uint32  // document of that passage, or 0
	texts   uint64  // the query's words that its passages have
	meant   float32 // score by its meaning
}

func (a *workAccount) untouched() bool {
	return a.mask|a.texts == 0 && a.score == 0 && a.added == 0 && a.meant == 0
}

// guessed is the bit of a mask that says that a work has a word that begins with
// the query's last word, which other works have as it is. The question "art" lists
// articles as similar and does not count them. The bits of words are below maxScored.
const guessed = 1 << 63

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
	required, err := s.required(i)
	if err != nil {
		return err
	}
	s.works = resize(s.works, len(seg.root))
	s.touched = s.touched[:0]
	defer s.forget()
	if err := s.countAll(i); err != nil {
		return err
	}
	if s.adjacent, err = s.adjacentIn(i); err != nil {
		return err
	}
	if required.bits != nil && s.demand.loose == 0 {
		// What is required is all that is asked for.
		for it := required.bits.Iterator(); it.HasNext(); {
			if work := it.Next(); s.works[work].untouched() && seg.live(seg.root[work]) {
				s.touched = append(s.touched, work)
			}
		}
	}
	for _, work := range s.touched {
		if doc := seg.root[work]; allowed.has(doc) && f.passes(seg, work) && required.has(work) {
			s.offer(t, uint32(i), work)
		}
	}
	return nil
}

// countAll counts what the works of a segment have of the query.
func (s *search) countAll(i int) error {
	seg := s.view.segments[i]
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
	s.countNear(i)
	s.countMeant(i)
	return s.countAdded(i)
}

// offer offers a work that passes filters and conditions.
func (s *search) offer(t *top, seg, work uint32) {
	a := &s.works[work]
	c := candidate{lanes: a.lanes, passage: a.passage, segment: seg, work: work, has: a.mask | a.texts, grade: complete}
	if a.score < identifierScore {
		switch c.grade = s.demand.grade(c.has); {
		case c.grade == unrelated && a.meant == 0 && a.added <= s.leastAdded && (c.has&guessed == 0 || len(s.query.words) > 1):
			return
		case c.grade == unrelated:
			c.grade = similar
		case len(s.relaxed) > 0 && !s.preferred:
			c.grade = partial
		}
	}
	switch {
	case s.naming:
		c.score = identifierScore
	case len(s.query.words) == 0 && a.untouched():
		c.score = recency(s.view.segments[seg].records[work].added)
	case c.grade == similar && a.meant > 0:
		c.score = a.meant // a common word, or one that its like has, says less
	default:
		c.score = s.score(a)*(1+s.adjacent[work]) + a.added + a.meant
	}
	if !t.follows(&c) || t.hopeless(c.score) {
		return
	}
	if a.passage != 0 {
		c.covered = s.covers.lane(s.passages[a.passage].mask)
	}
	t.add(c)
}

// recency returns the score of a work that meets a query without words: the last
// added comes first. It is less than 1 until the year 2242.
func recency(added int64) float32 { return float32(float64(max(added, 0)) / (1 << 33 * 1e9)) }

// score returns the score of a work.
func (s *search) score(a *workAccount) float32 {
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
		if l.found.Works == 0 || l.in&^question.Fulltext == 0 {
			continue
		}
		had, lane := l.bit|1<<l.word, uint64(s.covers.lanes[l.word])
		s.iterator = s.lists[2*(l.slot*n+seg)].Iterator(false, s.iterator)
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
			if a.mask&had != 0 {
				continue // a term that begins with a word the work has
			}
			parts := partsOfWeight(weight) & l.in
			if parts == 0 {
				continue
			}
			if a.untouched() {
				s.touched = append(s.touched, place)
			}
			a.mask |= l.bit
			a.lanes += lane * lanesOf[parts]
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
		if l := &s.lookups[i]; l.found.Passages > 0 && l.in&question.Fulltext != 0 {
			s.iterator = s.lists[2*(l.slot*n+seg)+1].Iterator(false, s.iterator)
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
		a.texts |= p.mask
		if score > a.best || score == a.best && doc < a.passage {
			a.best, a.passage = score, doc
		}
	}
	return nil
}

// addPassages adds the postings of a term to the accounts of passages.
func (s *search) addPassages(l *lookup, it *segment.Iterator) error {
	had := l.bit | 1<<l.word
	for {
		doc, weight, ok, err := it.Next()
		if !ok || err != nil {
			return err
		}
		a := &s.passages[doc]
		if a.mask&had != 0 {
			continue
		}
		if a.mask == 0 {
			s.reached = append(s.reached, doc)
		}
		a.mask |= l.bit
		a.score += l.passageFrequency * saturations[weight%impactLevels]
	}
}

// countIdentifiers adds the works that the query names.
func (s *search) countIdentifiers(seg int) error {
	work := s.view.segments[seg].work
	for _, id := range s.query.identifiers {
		list, err := s.postings(seg, exactField, exactIdentifier+id.String(), nil)
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
