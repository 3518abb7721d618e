package index

import "github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"

// maxCarriers is how many works of a segment carry a word as people write it. A
// posting for every work would make the index half as large again; with one alone
// the word would be lost with its work. Words of page texts alone are not carried:
// scanned texts are full of errors.
const maxCarriers = 2

// surfaces collects the words of works as people write them, which terms don't
// show: corrections are taken from them.
type surfaces struct {
	collect  bool            // the text at hand is one of a work itself
	carriers map[string]int  // by word, in the segment at hand
	work     map[string]bool // words that the work at hand has
	terms    []segment.Term  // those that it carries
}

func newSurfaces() surfaces {
	return surfaces{carriers: make(map[string]int), work: make(map[string]bool)}
}

// reset begins another segment.
func (s *surfaces) reset() { clear(s.carriers) }

// add adds a word, folded, of the work at hand.
func (s *surfaces) add(word []byte) {
	if !s.collect || s.carriers[string(word)] >= maxCarriers || s.work[string(word)] || !correctable(word) {
		return
	}
	w := string(word)
	s.work[w] = true
	s.carriers[w]++
	s.terms = append(s.terms, segment.Term{Text: w, Weight: 1})
}

// take returns the words that the work at hand carries, and begins another work.
func (s *surfaces) take() []segment.Term {
	terms := s.terms
	clear(s.work)
	s.terms = nil
	return terms
}
