package index

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/vellum/levenshtein"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// Bounds of corrections. Shorter words have too many neighbours.
const (
	leastCorrected   = 4 // letters; of so few, only swapped ones are corrected
	longestCorrected = 32
	longWord         = 8 // letters from which a word may have two errors
	// maxSteps is how many bytes of terms are read for a word, 1 ms or so. What lies
	// beyond is not found.
	maxSteps = 1 << 15
	// maxNeighbours is how many of the words at one distance count, the first in
	// alphabetical order, so that the choice does not depend on how works are
	// spread over libraries.
	maxNeighbours = 256
)

// correctable reports whether a word, folded, may be corrected, and correct
// others: a word of letters.
func correctable(word []byte) bool {
	letters := 0
	for len(word) > 0 {
		r, size := utf8.DecodeRune(word)
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return false
		}
		word = word[size:]
		letters++
	}
	return letters >= leastCorrected && letters <= longestCorrected
}

// errorsOf returns how many errors a word may have.
func errorsOf(word string) uint8 {
	if utf8.RuneCountInString(word) >= longWord {
		return 2
	}
	return 1
}

// oneError and twoErrors build Damerau-Levenshtein automata (Schulz,
// Mihov 2002). A builder takes milliseconds to make and serves all words.
//
//nolint:gochecknoglobals // tables, computed when they are first needed
var (
	oneError  = sync.OnceValues(func() (*builder, error) { return levenshtein.NewLevenshteinAutomatonBuilder(1, true) })
	twoErrors = sync.OnceValues(func() (*builder, error) { return levenshtein.NewLevenshteinAutomatonBuilder(2, true) })
)

type builder = levenshtein.LevenshteinAutomatonBuilder

// neighbours accepts the words that are near one, as long as the steps last.
type neighbours struct {
	*levenshtein.DFA
	steps *int // bytes of terms that may still be read
}

var _ segment.Automaton = neighbours{}

func neighboursOf(word string, steps *int) (neighbours, error) {
	errors, table := errorsOf(word), oneError
	if errors > 1 {
		table = twoErrors
	}
	b, err := table()
	if err != nil {
		return neighbours{}, err
	}
	dfa, err := b.BuildDfa(word, errors)
	return neighbours{dfa, steps}, err
}

// Accept returns the state after another byte.
func (n neighbours) Accept(state int, b byte) int {
	*n.steps--
	return n.DFA.Accept(state, b)
}

// CanMatch reports whether a word may still follow from a state.
func (n neighbours) CanMatch(state int) bool { return *n.steps > 0 && n.DFA.CanMatch(state) }

// spellings returns likely spellings of the query's unknown words. Words that
// begin others are not corrected, nor are abbreviations.
func (s *search) spellings() ([]library.Spelling, error) {
	if s.exact {
		return nil, nil
	}
	var out []library.Spelling
	words := 0
	for i := range s.query.words {
		w := &s.query.words[i]
		if words == library.MaxCorrected || s.counted[i] != (library.Frequency{}) || !s.mayCorrect(i, w) {
			continue
		}
		completions := make(map[library.Candidate]library.Frequency)
		if err := s.complete(i, completions); err != nil {
			return nil, err
		}
		if len(completions) > 0 {
			continue
		}
		words++
		near, err := s.neighbours(w.text)
		if err != nil {
			return nil, err
		}
		for _, n := range near {
			n.Word = i
			if n.Frequency, err = s.frequencyIn(n.Text, w.in); err != nil {
				return nil, err
			}
			if n.Frequency != (library.Frequency{}) {
				out = append(out, n)
			}
		}
	}
	return out, nil
}

// isAbbreviation reports whether a word is written in capitals and short.
func isAbbreviation(typed string) bool {
	const longest = 5
	return len(typed) <= longest && strings.ToUpper(typed) == typed
}

// neighbours returns the words of the view that are near one.
func (s *search) neighbours(word string) ([]library.Spelling, error) {
	steps := maxSteps
	automaton, err := neighboursOf(word, &steps)
	if err != nil {
		return nil, err
	}
	distances := make(map[string]int)
	for seg := range s.view.segments {
		d, err := s.dictionary(seg, surfaceField)
		if err != nil {
			return nil, err
		}
		err = d.Match(automaton, func(text string, distance int) bool {
			distances[text] = distance
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	if steps <= 0 {
		s.query.note(noticeManyLike)
	}
	out := make([]library.Spelling, 0, len(distances))
	for text, distance := range distances {
		if utf8.RuneCountInString(word) == leastCorrected && !sameLetters(text, word) {
			continue // too many words of four letters are alike
		}
		out = append(out, library.Spelling{Text: text, Term: s.formOf(text).term, Distance: distance})
	}
	slices.SortFunc(out, func(a, b library.Spelling) int {
		return cmp.Or(a.Distance-b.Distance, strings.Compare(a.Text, b.Text))
	})
	return firstOfEach(out), nil
}

// sameLetters reports whether two words have the same letters, in any order.
func sameLetters(a, b string) bool {
	return slices.Equal(slices.Sorted(slices.Values([]rune(a))), slices.Sorted(slices.Values([]rune(b))))
}

// firstOfEach keeps the first maxNeighbours of each distance.
func firstOfEach(sorted []library.Spelling) []library.Spelling {
	seen := map[int]int{}
	return slices.DeleteFunc(sorted, func(n library.Spelling) bool {
		seen[n.Distance]++
		return seen[n.Distance] > maxNeighbours
	})
}

// frequencyIn returns the number of works and passages that have a form of a word.
// Of names, it is zero if no creator has the word.
func (s *search) frequencyIn(word string, in question.Part) (total library.Frequency, err error) {
	if in == question.Creators {
		if has, err := s.has(nameField, word); err != nil || !has {
			return total, err
		}
	}
	for _, term := range s.formOf(word).terms {
		f, err := s.live(term)
		if err != nil {
			return total, err
		}
		total = sum(total, f)
	}
	return total, nil
}

// has reports whether a live document has a term.
func (s *search) has(field, term string) (bool, error) {
	for seg := range s.view.segments {
		if list, err := s.postings(seg, field, term, nil); err != nil || list.Len() > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// spellingWeights are the weights of spellings of a word against the word itself, by
// distance.
var spellingWeights = [...]float32{1: 0.8, 2: 0.5}

// Notices of corrections: that there are some, that other words were not corrected,
// and that the vocabulary was not read to its end.
const (
	noticeCorrected   = "words that no work has were searched as the words most like them, which are listed as corrected"
	noticeUncorrected = "of the words that no work has, only the first 8 were corrected"
	noticeManyLike    = "the library has many words like one that no work has; not all of them were looked at"
)

// lookUpSpellings finds the postings of the spellings of unknown words, the nearest
// first: of several that a work has, the first counts.
func (s *search) lookUpSpellings(given *library.Statistics) error {
	if len(s.spelled) == 0 {
		return nil
	}
	sorted := slices.Clone(s.spelled)
	slices.SortStableFunc(sorted, func(a, b library.Spelling) int { return a.Distance - b.Distance })
	words := make(map[int]bool)
	for _, n := range sorted {
		words[n.Word] = true
		w := &s.query.words[n.Word]
		terms := s.formOf(n.Text).terms
		w.spelled = append(w.spelled, terms...)
		w.spellings = append(w.spellings, n.Text)
		s.corrections = append(s.corrections, library.Correction{From: w.typed, To: n.Text})
		for _, term := range terms {
			if _, err := s.lookUp(term, n.Word, spelling, spellingWeights[min(n.Distance, len(spellingWeights)-1)]); err != nil {
				return err
			}
		}
	}
	s.query.note(noticeCorrected)
	if len(words) == library.MaxCorrected && s.unknownWords(given) > library.MaxCorrected {
		s.query.note(noticeUncorrected)
	}
	return nil
}

// unknownWords returns the number of words of the query that could be corrected
// and that no work has.
func (s *search) unknownWords(given *library.Statistics) int {
	n := 0
	for i := range s.query.words {
		w := &s.query.words[i]
		if s.counted[i] == (library.Frequency{}) && (given == nil || given.Words[i] == library.Frequency{}) && s.mayCorrect(i, w) {
			n++
		}
	}
	return n
}

func (s *search) mayCorrect(word int, w *queryWord) bool {
	return correctable([]byte(w.text)) && !isAbbreviation(w.typed) && !s.completes(word)
}

// alternatives returns the terms by which works have a word of the query, and those
// of its spellings.
func (s *search) alternatives(f *form) []string {
	terms := f.terms
	for i := range s.query.words {
		if w := &s.query.words[i]; len(w.spelled) > 0 && w.term == f.term {
			terms = slices.Concat(terms, w.spelled)
		}
	}
	return terms
}

// spelledNames adds their spellings to the words of a name.
func (s *search) spelledNames(name [][]string) [][]string {
	out := slices.Clone(name)
	for i := range out {
		for j := range s.query.words {
			if w := &s.query.words[j]; len(w.spellings) > 0 && slices.Contains(out[i], w.text) {
				out[i] = slices.Concat(out[i], w.spellings)
			}
		}
	}
	return out
}
