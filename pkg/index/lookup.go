package index

import (
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
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
	term   string
	word   int     // index in the query's words
	weight float32 // against the word's own term
	// found is the number of works and passages of the view that have the
	// term, and the frequencies are what it adds to the score of one.
	found                           library.Frequency
	workFrequency, passageFrequency float32
}

// prefixWeight is what a word that only begins with the query's last word is
// worth against that word itself.
const prefixWeight = 0.5

// count reads a query's text and finds the postings of its words, unless
// [Index.Statistics] has just done so.
func (s *search) count(text string) error {
	if s.ready {
		s.ready = false
		return nil
	}
	s.query = parse(s.analyzer, text)
	s.lookups = s.lookups[:0]
	for i, w := range s.query.words {
		s.lookups = append(s.lookups, lookup{term: w.term, word: i, weight: repetition(w.count)})
		if err := s.find(i); err != nil {
			return err
		}
	}
	return nil
}

// prepare finds the postings of the words that the query's last word begins, and
// weighs all words by the statistics given, or by those of the view. The words
// themselves have been counted.
func (s *search) prepare(given *library.Statistics) error {
	var completions []library.Completion
	if given != nil {
		if len(given.Words) != len(s.query.words) {
			return library.Errorf(library.Invalid, "the statistics belong to another query").WithHint("start again without a cursor")
		}
		completions = given.Completions
	} else {
		candidates, err := s.candidates()
		if err != nil {
			return err
		}
		completions = library.MostFrequent(candidates)
	}
	for _, c := range completions {
		s.lookups = append(s.lookups, lookup{term: c.Term, word: s.query.prefixWord, weight: prefixWeight})
		if err := s.find(len(s.lookups) - 1); err != nil {
			return err
		}
	}
	s.weigh(given)
	return nil
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
	for len(s.lists) < 2*n*len(s.lookups) {
		s.lists = append(s.lists, nil)
	}
	for seg, sv := range s.view.segments {
		at := 2 * (i*n + seg)
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

// weigh computes what each term is worth. Words that only begin with the
// query's last word are worth no more than that word and all of them together.
func (s *search) weigh(given *library.Statistics) {
	s.covers.reset(len(s.query.words))
	total := library.Frequency{Works: s.view.works, Passages: s.view.passages}
	if given != nil {
		total = atLeast(total, library.Frequency{Works: given.Works, Passages: given.Passages})
	}
	group := library.Frequency{}
	for i := range s.lookups {
		if s.query.prefix != "" && s.lookups[i].word == s.query.prefixWord {
			f := s.frequency(i, given)
			group.Works += f.Works
			group.Passages += f.Passages
		}
	}
	for i := range s.lookups {
		l, has := &s.lookups[i], s.frequency(i, given)
		n := has
		if i >= len(s.query.words) {
			n = group
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
}

// frequency returns how frequent a term is: as given, but at least as in the
// view, which may be newer than what is given.
func (s *search) frequency(i int, given *library.Statistics) library.Frequency {
	found := s.lookups[i].found
	switch words := len(s.query.words); {
	case given == nil:
		return found
	case i < words:
		return atLeast(found, given.Words[i])
	default:
		return atLeast(found, given.Completions[i-words].Frequency)
	}
}

func atLeast(a, b library.Frequency) library.Frequency {
	return library.Frequency{Works: max(a.Works, b.Works), Passages: max(a.Passages, b.Passages)}
}
