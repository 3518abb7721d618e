package index

import (
	"cmp"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
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
	word   int     // place in the query's words
	weight float32 // against the word's own term
	// How many works and passages have it, and what that makes it worth.
	works, passages                 int
	workFrequency, passageFrequency float32
}

// prefixWeight is what a word that only begins with the query's last word is
// worth against that word itself, and maxExpansions how many such words
// count. maxScanned bounds the dictionary entries looked at in each segment.
const (
	prefixWeight  = 0.5
	maxExpansions = 32
	maxScanned    = 256
)

// prepare finds the postings of the query's words and weighs the words.
func (s *search) prepare() error {
	s.lookups = s.lookups[:0]
	for i, w := range s.query.words {
		s.lookups = append(s.lookups, lookup{term: w.term, word: i, weight: repetition(w.count)})
	}
	if err := s.expand(); err != nil {
		return err
	}
	for i := range s.lookups {
		if err := s.find(i); err != nil {
			return err
		}
	}
	s.weigh()
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
		l.works += words.Len()
		if len(sv.root) == len(sv.work) {
			continue // no passages
		}
		passages, err := s.postings(seg, passageField, l.term, s.lists[at+1])
		if err != nil {
			return err
		}
		s.lists[at+1] = passages
		l.passages += passages.Len()
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
func (s *search) weigh() {
	s.covers.reset(len(s.query.words))
	group := lookup{}
	for i := range s.lookups {
		if l := &s.lookups[i]; s.query.prefix != "" && l.word == s.query.prefixWord {
			group.works += l.works
			group.passages += l.passages
		}
	}
	for i := range s.lookups {
		l := &s.lookups[i]
		works, passages := l.works, l.passages
		if i >= len(s.query.words) {
			works, passages = group.works, group.passages
		}
		if l.works > 0 {
			l.workFrequency = l.weight * inverseFrequency(s.view.works, works)
		}
		if l.passages > 0 {
			l.passageFrequency = l.weight * inverseFrequency(s.view.passages, passages)
		}
		s.covers.weigh(l.word, max(l.workFrequency, l.passageFrequency))
	}
	s.covers.finish()
}

// expand adds the terms that begin with the query's last word, those that
// most works have.
func (s *search) expand() error {
	prefix := s.query.prefix
	if prefix == "" || len(prefix) < 2 {
		return nil
	}
	counts := make(map[string]int)
	for seg, sv := range s.view.segments {
		if err := s.scan(seg, wordField, prefix, counts); err != nil {
			return err
		}
		if len(sv.root) < len(sv.work) {
			if err := s.scan(seg, passageField, prefix, counts); err != nil {
				return err
			}
		}
	}
	for _, t := range s.unfinished(prefix) {
		counts[t] = max(counts[t], 1)
	}
	own := s.query.words[s.query.prefixWord].term
	delete(counts, own)
	terms := make([]string, 0, len(counts))
	for t := range counts {
		terms = append(terms, t)
	}
	slices.SortFunc(terms, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	for _, t := range terms[:min(len(terms), maxExpansions)] {
		s.lookups = append(s.lookups, lookup{term: t, word: s.query.prefixWord, weight: prefixWeight})
	}
	return nil
}

// scan counts the terms of a field that begin with prefix.
func (s *search) scan(seg int, field, prefix string, counts map[string]int) error {
	d, err := s.dictionary(seg, field)
	if err != nil {
		return err
	}
	scanned := 0
	return d.Terms(prefix, func(term string, docs int) bool {
		counts[term] += docs
		scanned++
		return scanned < maxScanned
	})
}

// endings are English endings that the stemmer takes off.
var endings = []string{
	"ation", "ations", "ational", "ization", "izations", "izing", "ized", "izer", "izes", "ize", "ing", "ings", "ingly",
	"ed", "edly", "es", "er", "ers", "ment", "ments", "ness", "ities", "ity", "ive", "ively", "iveness", "ible", "able", "ably",
	"ance", "ances", "ence", "ences", "ional", "ionally", "ion", "ions", "ical", "ically", "ally", "al", "ous", "ously", "ful", "fulness", "ly", "ate", "ates", "ated", "ating",
}

// unfinished returns the stems of English words that an unfinished word may
// become: "computati" will be "computation", whose stem is "comput" and so
// does not begin with what was typed.
func (s *search) unfinished(prefix string) []string {
	if !stemmable(prefix) || len(prefix) < 5 {
		return nil
	}
	var stems []string
	for n := len(prefix) - 1; n >= 4 && n >= len(prefix)-6; n-- {
		stem, rest := prefix[:n], prefix[n:]
		for _, e := range endings {
			if len(e) > len(rest) && e[:len(rest)] == rest && s.stem([]byte(stem+e)) == stem {
				stems = append(stems, stem)
				break
			}
		}
	}
	return stems
}
