package library

import (
	"cmp"
	"slices"
	"strings"
)

// Spelling is a word that a word of the query, which no work has, may be a wrong
// spelling of.
type Spelling struct {
	Word int // its place in [Statistics].Words
	// Text is how works write it, folded, and Term what the index calls it: two
	// texts with one term are forms of one word. Each has at most
	// MaxCompletionBytes.
	Text, Term string
	Distance   int // errors, 1 or 2: letters missing, added, wrong or swapped
	Frequency      // of all its forms
}

// Bounds of corrections.
const (
	MaxCorrected = 8 // words of a query that are corrected
	MaxSpellings = 3 // that count for a word
)

// maxDistance is the most errors of a word that is corrected.
const maxDistance = 2

// distanceRatio is how many times less likely a word is for one error more.
const distanceRatio = 32

// plausibility says how likely the spelling is what was meant: its frequency
// times its closeness.
func (s *Spelling) plausibility() int {
	n := s.Works + s.Passages
	if s.Distance == 1 {
		n *= distanceRatio
	}
	return n
}

// MostPlausible returns the spellings that count of those given: for each word
// the MaxSpellings most plausible terms, each with its nearest text, in the order
// of words. Frequencies of equal terms are added up unless they are of one
// library, whose spellings have all frequencies of their term.
func MostPlausible(lists ...[]Spelling) []Spelling {
	type place struct {
		word int
		term string
	}
	sums := make(map[place]*Spelling)
	for _, list := range lists {
		counted := make(map[place]bool, len(list))
		for _, s := range list {
			at := place{s.Word, s.Term}
			sum := sums[at]
			switch {
			case sum == nil:
				sums[at] = &s
			case counted[at]:
				sum.nearer(&s)
			default:
				sum.nearer(&s)
				sum.add(s.Frequency)
			}
			counted[at] = true
		}
	}
	all := make([]Spelling, 0, len(sums))
	for _, s := range sums {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Spelling) int {
		return cmp.Or(a.Word-b.Word, cmp.Compare(b.plausibility(), a.plausibility()), strings.Compare(a.Term, b.Term))
	})
	return mostOfEach(all)
}

// nearer takes over the text of another spelling of the same term if that is
// nearer.
func (s *Spelling) nearer(other *Spelling) {
	if cmp.Or(other.Distance-s.Distance, strings.Compare(other.Text, s.Text)) < 0 {
		s.Text, s.Distance = other.Text, other.Distance
	}
}

// mostOfEach keeps the first MaxSpellings of each word, and MaxCorrected words.
func mostOfEach(sorted []Spelling) []Spelling {
	var out []Spelling
	words, ofWord := 0, 0
	for i, s := range sorted {
		if i == 0 || s.Word != sorted[i-1].Word {
			words, ofWord = words+1, 0
		}
		if ofWord++; ofWord <= MaxSpellings && words <= MaxCorrected {
			out = append(out, s)
		}
	}
	return out
}
