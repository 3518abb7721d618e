package index

import (
	"cmp"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// dictionaries are the term dictionaries of a segment, opened when first
// used. They are not safe for concurrent use.
type dictionaries struct {
	words, passages, exact, names *segment.Dictionary
}

func (d *dictionaries) of(field string) **segment.Dictionary {
	switch field {
	case wordField:
		return &d.words
	case passageField:
		return &d.passages
	case nameField:
		return &d.names
	}
	return &d.exact
}

// dictionary returns a segment's dictionary of a field.
func (s *search) dictionary(seg int, field string) (*segment.Dictionary, error) {
	at := s.dicts[seg].of(field)
	if *at == nil {
		opened, err := s.view.segments[seg].Dictionary(field)
		if err != nil {
			return nil, err
		}
		*at = opened
	}
	return *at, nil
}

// lookup is a term whose postings count for a word of the query: the word's
// own, or one that begins with it.
type lookup struct {
	term       string
	word       int  // place in the query's words
	counted    int  // place of the word in s.counted
	slot       int  // place in s.lists
	completion bool // the term begins with the word
	in         question.Part
	weight     float32 // against the word's own term
	// found is the number of works and passages of the view that have the
	// term, and the frequencies are what it adds to the score of one.
	found                           library.Frequency
	workFrequency, passageFrequency float32
}

// prefixWeight is what a word that only begins with a word of the query is
// worth against that word itself.
const prefixWeight = 0.5

// count reads a query's text and finds the postings of its words and the works
// of its phrases, unless [Index.Statistics] has just done so.
func (s *search) count(text string) error {
	if s.ready {
		s.ready = false
		return nil
	}
	s.query = parse(s.analyzer, text)
	s.lookups, s.counted, s.phrased = s.lookups[:0], s.counted[:0], s.phrased[:0]
	if err := s.countNamed(); err != nil {
		return err
	}
	for i, w := range s.query.words {
		s.lookups = append(s.lookups, lookup{term: w.term, word: i, counted: i, slot: i, in: w.in, weight: repetition(w.count)})
		if err := s.find(i); err != nil {
			return err
		}
		s.counted = append(s.counted, s.lookups[i].found)
	}
	return s.countPhrases()
}

// prepare finds the postings of the words that the query's unfinished words
// begin, and weighs all words by the statistics given, or by those of the view.
// The words themselves have been counted.
func (s *search) prepare(given *library.Statistics) error {
	if given != nil && (len(given.Words) != len(s.query.words) || len(given.Phrases) != len(s.query.phrases)) {
		return library.Errorf(library.Invalid, "the statistics belong to another query").WithHint("start again without a cursor")
	}
	s.added, s.near, s.leastAdded = s.added[:0], s.near[:0], 0
	s.name(given)
	s.relax(given)
	var completions []library.Completion
	if given != nil {
		completions = given.Completions
	} else {
		candidates, err := s.candidates()
		if err != nil {
			return err
		}
		completions = library.MostFrequent(candidates)
	}
	for _, c := range completions {
		if c.Word >= len(s.query.words) {
			continue
		}
		n := len(s.lookups)
		s.lookups = append(s.lookups, lookup{
			term: c.Term, word: c.Word, counted: c.Word, slot: n, completion: true, in: s.query.words[c.Word].in, weight: prefixWeight,
		})
		if err := s.find(n); err != nil {
			return err
		}
	}
	s.choose(given)
	s.weigh(given)
	return nil
}

// choose keeps the weightiest words of a long query.
func (s *search) choose(given *library.Statistics) {
	words := s.query.words
	if len(words) <= maxScored {
		return
	}
	s.query.note(noticeManyWords)
	weights := make([]float32, len(words))
	order := make([]int, len(words))
	total := s.total(given)
	for i := range words {
		f := s.frequency(&s.lookups[i], given)
		if f.Works > 0 {
			weights[i] = s.lookups[i].weight * inverseFrequency(total.Works, f.Works)
		}
		if f.Passages > 0 {
			weights[i] = max(weights[i], s.lookups[i].weight*inverseFrequency(total.Passages, f.Passages))
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weights[b], weights[a]) })
	kept := order[:maxScored]
	slices.Sort(kept)
	place := make(map[int]int, maxScored)
	chosen := make([]queryWord, maxScored)
	for i, word := range kept {
		place[word], chosen[i] = i, words[word]
	}
	s.query.words = chosen
	s.lookups = slices.DeleteFunc(s.lookups, func(l lookup) bool {
		_, ok := place[l.word]
		return !ok
	})
	for i := range s.lookups {
		s.lookups[i].word = place[s.lookups[i].word]
	}
}

// repetition returns the weight of a word that a query has n times: BM25's
// third factor.
func repetition(n int) float32 {
	const k3 = 8
	return float32(n) * (k3 + 1) / (float32(n) + k3)
}

// find reads the postings of a lookup in every segment and counts them.
func (s *search) find(i int) error {
	l := &s.lookups[i]
	n := len(s.view.segments)
	for len(s.lists) < 2*n*(l.slot+1) {
		s.lists = append(s.lists, nil)
	}
	for seg, sv := range s.view.segments {
		at := 2 * (l.slot*n + seg)
		words, err := s.postings(seg, wordField, l.term, s.lists[at])
		if err != nil {
			return err
		}
		s.lists[at] = words
		l.found.Works += words.Len()
		if len(sv.root) == len(sv.work) {
			continue // no passages
		}
		passages, err := s.postings(seg, passageField, l.term, s.lists[at+1])
		if err != nil {
			return err
		}
		s.lists[at+1] = passages
		l.found.Passages += passages.Len()
	}
	return nil
}

// postings returns the live postings of a term; it may use the memory of an
// earlier list.
func (s *search) postings(seg int, field, term string, into *segment.Postings) (*segment.Postings, error) {
	d, err := s.dictionary(seg, field)
	if err != nil {
		return nil, err
	}
	return d.Postings(term, s.view.segments[seg].deleted, into)
}

// total returns the number of works and passages by which words are weighed.
func (s *search) total(given *library.Statistics) library.Frequency {
	total := library.Frequency{Works: s.view.works, Passages: s.view.passages}
	if given != nil {
		total = atLeast(total, library.Frequency{Works: given.Works, Passages: given.Passages})
	}
	return total
}

// weigh computes what each term is worth. Words that only begin with a word of
// the query are worth no more than that word and all of them together.
func (s *search) weigh(given *library.Statistics) {
	s.covers.reset(len(s.query.words))
	total := s.total(given)
	var groups [maxScored]library.Frequency
	for i := range s.lookups {
		f := s.frequency(&s.lookups[i], given)
		group := &groups[s.lookups[i].word]
		group.Works += f.Works
		group.Passages += f.Passages
	}
	for i := range s.lookups {
		l := &s.lookups[i]
		has := s.frequency(l, given)
		n := has
		if l.completion {
			n = groups[l.word]
		}
		if has.Works > 0 {
			l.workFrequency = l.weight * inverseFrequency(total.Works, n.Works)
		}
		if has.Passages > 0 {
			l.passageFrequency = l.weight * inverseFrequency(total.Passages, n.Passages)
		}
		s.covers.weigh(l.word, max(l.workFrequency, l.passageFrequency))
	}
	s.covers.finish()
	s.require(inverseFrequency(total.Works, 1))
}

// require sets what works must have of the words. A word that is in no work
// weighs absent, and one that is only in texts what it does there, absent at most.
func (s *search) require(absent float32) {
	var weights [maxScored]float32
	for i := range s.lookups {
		l := &s.lookups[i]
		weight := l.workFrequency
		if weight == 0 {
			weight = min(l.passageFrequency, absent)
		}
		weights[l.word] = max(weights[l.word], weight)
	}
	s.demand.set(s.query.words, weights[:], absent)
}

// frequency returns how frequent a term is: as given, but at least as in the
// view, which may be newer than what is given.
func (s *search) frequency(l *lookup, given *library.Statistics) library.Frequency {
	if given == nil {
		return l.found
	}
	if !l.completion {
		return atLeast(l.found, given.Words[l.counted])
	}
	for _, c := range given.Completions {
		if c.Word == l.counted && c.Term == l.term {
			return atLeast(l.found, c.Frequency)
		}
	}
	return l.found
}

func atLeast(a, b library.Frequency) library.Frequency {
	return library.Frequency{Works: max(a.Works, b.Works), Passages: max(a.Passages, b.Passages)}
}
