package library

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"
)

// Ranked is a [Reader] whose hits can be ranked together with the hits of other
// libraries.
type Ranked interface {
	Reader
	// Statistics returns the library's statistics for the text of a query. It
	// returns nil if the library can't rank by statistics at present.
	//
	// If the query has statistics, these are proposals of [GatherStatistics]: the
	// result is their Added, in order, with the library's works that have each.
	Statistics(ctx context.Context, q Query) (*Statistics, error)
	// Feedback returns the library's best works by the query's statistics, at
	// most [FeedbackWorks]: none if q.Mode adds no words to its text.
	Feedback(ctx context.Context, q Query) ([]Feedback, error)
}

// Statistics are the numbers by which a library scores the works that a query
// finds. Libraries that score by the same statistics give comparable scores: see
// [SumStatistics]. Field lengths are not part of them, because the index
// compares each length with a constant.
type Statistics struct {
	Works    int // works of the library
	Passages int // passages of their texts
	Named    int // works that the text of the query names as a whole
	// Words are the frequencies of the query's words, in the order in which
	// the index reads them.
	Words []Frequency
	// Phrases are the numbers of works that have each of the query's phrases.
	Phrases []int
	// Completions are the terms that the query's unfinished words begin: its
	// last word, and those with "*".
	Completions []Completion
	// Added are the terms that the search adds, in the order in which they
	// count; see [Mode].
	Added []AddedTerm
	// Near is what being on the query's subject adds to the score of a work, a
	// whole number of thousandths; 0 in statistics of several libraries, which
	// don't agree on what a subject is.
	Near float64
	// Meaning is what being near the question in meaning adds to the score of a work
	// at most, a whole number of thousandths; 0 if meanings are not compared.
	Meaning float64
	// Spellings are likely spellings of the query's words that no work has.
	Spellings []Spelling
}

// Frequency is the number of works, and of passages of their texts, that have a
// word.
type Frequency struct{ Works, Passages int }

// Candidate is a term that a word of a query begins.
type Candidate struct {
	Word int    // place of the word in [Statistics].Words
	Term string // at most MaxCompletionBytes long
}

// Completion is a candidate and how frequent it is.
type Completion struct {
	Candidate
	Frequency
}

// Bounds of [Statistics].
const (
	MaxQueryWords      = 512 // words of a query that are counted
	MaxQueryPhrases    = 8
	MaxCandidates      = 256 // completions that a library gives of a word
	MaxCompletions     = 32  // completions that count, of all words together
	MaxCompletionBytes = 64
)

// SumStatistics returns the statistics of several libraries together: those
// that one library with all their works would have. At most [MaxCompletions]
// completions stay, and the most plausible spellings of the words that no library
// has (see [MostPlausible]).
func SumStatistics(parts []*Statistics) *Statistics {
	sum := &Statistics{}
	completions := make(map[Candidate]Frequency)
	var spellings [][]Spelling
	for _, p := range parts {
		sum.Works += p.Works
		sum.Passages += p.Passages
		sum.Named += p.Named
		for len(sum.Words) < len(p.Words) {
			sum.Words = append(sum.Words, Frequency{})
		}
		for i, f := range p.Words {
			sum.Words[i].add(f)
		}
		for len(sum.Phrases) < len(p.Phrases) {
			sum.Phrases = append(sum.Phrases, 0)
		}
		for i, n := range p.Phrases {
			sum.Phrases[i] += n
		}
		for _, c := range p.Completions {
			f := completions[c.Candidate]
			f.add(c.Frequency)
			completions[c.Candidate] = f
		}
	}
	for _, p := range parts {
		spellings = append(spellings, slices.DeleteFunc(slices.Clone(p.Spellings), func(s Spelling) bool {
			return s.Word >= len(sum.Words) || sum.Words[s.Word] != Frequency{}
		}))
	}
	sum.Completions, sum.Spellings = MostFrequent(completions), MostPlausible(spellings...)
	return sum
}

// MostFrequent returns the completions that count, those of a word together, the
// most frequent first: of each word at most its share of [MaxCompletions] among
// the first [MaxCandidates] in alphabetical order. Every library gives at least
// that many, so the result does not depend on how works are spread over libraries.
func MostFrequent(candidates map[Candidate]Frequency) []Completion {
	if len(candidates) == 0 {
		return nil
	}
	byWord := make(map[int][]Completion)
	for c, f := range candidates {
		byWord[c.Word] = append(byWord[c.Word], Completion{c, f})
	}
	words := slices.Sorted(maps.Keys(byWord))
	share := max(1, MaxCompletions/len(words))
	var out []Completion
	for _, w := range words[:min(len(words), MaxCompletions)] {
		all := byWord[w]
		if len(all) > MaxCandidates {
			slices.SortFunc(all, func(a, b Completion) int { return strings.Compare(a.Term, b.Term) })
			all = all[:MaxCandidates]
		}
		slices.SortFunc(all, func(a, b Completion) int {
			return cmp.Or(cmp.Compare(b.Works+b.Passages, a.Works+a.Passages), strings.Compare(a.Term, b.Term))
		})
		out = append(out, all[:min(len(all), share)]...)
	}
	return out
}

func (f *Frequency) add(g Frequency) {
	f.Works += g.Works
	f.Passages += g.Passages
}

// AppendBinary appends the statistics as [ParseStatistics] reads them. A
// completion shares the beginning of the one before it, a spelling's term that of
// its text.
func (s *Statistics) AppendBinary(b []byte) []byte {
	number := func(n int) { b = binary.AppendUvarint(b, uint64(max(n, 0))) }
	number(s.Works)
	number(s.Passages)
	number(s.Named)
	number(len(s.Words))
	for _, f := range s.Words {
		number(f.Works)
		number(f.Passages)
	}
	number(len(s.Phrases))
	for _, n := range s.Phrases {
		number(n)
	}
	number(len(s.Completions))
	before := ""
	for _, c := range s.Completions {
		shared := sharedBytes(before, c.Term)
		number(c.Word)
		number(shared)
		number(len(c.Term) - shared)
		b = append(b, c.Term[shared:]...)
		number(c.Works)
		number(c.Passages)
		before = c.Term
	}
	number(len(s.Added))
	text := func(s string) {
		number(len(s))
		b = append(b, s...)
	}
	for _, a := range s.Added {
		text(a.Term)
		text(a.Word)
		number(int(math.Round(1000 * a.Weight)))
		number(a.Works)
	}
	number(int(math.Round(1000 * s.Near)))
	number(int(math.Round(1000 * s.Meaning)))
	number(len(s.Spellings))
	for _, w := range s.Spellings {
		number(w.Word)
		number(len(w.Text))
		b = append(b, w.Text...)
		shared := sharedBytes(w.Text, w.Term)
		number(shared)
		number(len(w.Term) - shared)
		b = append(b, w.Term[shared:]...)
		number(w.Distance)
		number(w.Works)
		number(w.Passages)
	}
	return b
}

// sharedBytes returns the length of the beginning that two texts share.
func sharedBytes(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// ParseStatistics reads what [Statistics.AppendBinary] wrote. Anything else, and
// anything out of bounds, is [Invalid].
func ParseStatistics(b []byte) (*Statistics, error) {
	p := statisticsParser{b: b}
	s := &Statistics{Works: p.number(math.MaxInt32), Passages: p.number(math.MaxInt32), Named: p.number(math.MaxInt32)}
	s.Words = make([]Frequency, p.number(MaxQueryWords))
	for i := range s.Words {
		s.Words[i] = p.frequency()
	}
	s.Phrases = make([]int, p.number(MaxQueryPhrases))
	for i := range s.Phrases {
		s.Phrases[i] = p.number(math.MaxInt32)
	}
	s.Completions = make([]Completion, p.number(MaxCompletions))
	before := ""
	for i := range s.Completions {
		word := p.number(max(len(s.Words)-1, 0))
		shared := p.number(len(before))
		before = before[:shared] + p.text(MaxCompletionBytes-shared)
		s.Completions[i] = Completion{Candidate{word, before}, p.frequency()}
	}
	for range p.number(MaxAdded) {
		s.Added = append(s.Added, p.added())
	}
	s.Near = float64(p.number(math.MaxInt32)) / 1000
	s.Meaning = float64(p.number(math.MaxInt32)) / 1000
	for range p.number(MaxCorrected * MaxSpellings) {
		s.Spellings = append(s.Spellings, p.spelling(len(s.Words)))
	}
	if p.failed || len(p.b) > 0 {
		return nil, Errorf(Invalid, "the statistics of the query can't be read")
	}
	return s, nil
}

// statisticsParser takes numbers and texts off the front of b. After a failure
// it returns zeros.
type statisticsParser struct {
	b      []byte
	failed bool
}

func (p *statisticsParser) number(most int) int {
	n, size := binary.Uvarint(p.b)
	if size <= 0 || n > uint64(most) {
		p.b, p.failed = nil, true
		return 0
	}
	p.b = p.b[size:]
	return int(n)
}

func (p *statisticsParser) text(most int) string {
	n := p.number(most)
	if n > len(p.b) {
		p.b, p.failed = nil, true
		return ""
	}
	s := string(p.b[:n])
	p.b = p.b[n:]
	return s
}

func (p *statisticsParser) frequency() Frequency {
	return Frequency{Works: p.number(math.MaxInt32), Passages: p.number(math.MaxInt32)}
}

func (p *statisticsParser) added() AddedTerm {
	return AddedTerm{p.text(MaxCompletionBytes), p.text(MaxCompletionBytes), float64(p.number(1000)) / 1000, p.number(math.MaxInt32)}
}

// spelling reads one of a query of that many words.
func (p *statisticsParser) spelling(words int) Spelling {
	s := Spelling{Word: p.number(max(words-1, 0)), Text: p.text(MaxCompletionBytes)}
	shared := p.number(len(s.Text))
	s.Term = s.Text[:shared] + p.text(MaxCompletionBytes-shared)
	s.Distance = p.number(maxDistance)
	s.Frequency = p.frequency()
	return s
}
