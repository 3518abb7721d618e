package library

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// Mode says whether a search adds words to its query: words that the best works
// for the query have in common. They bring up works that say the same in other
// words.
type Mode string

// The modes.
const (
	// ModeAuto adds words unless the query's own answer is clear: it names a
	// work, has operators or phrases, is one rare word, an author and a year,
	// or one work is far ahead with all words in title and creators.
	ModeAuto  Mode = "auto"
	ModeExact Mode = "exact" // adds none, and corrects none
	ModeBroad Mode = "broad" // adds words to any query that has words
)

// Bounds of an expansion.
const (
	// FeedbackWorks is the number of works whose terms are proposed.
	FeedbackWorks = 10
	// MaxProposals is the number of terms whose frequencies are counted.
	MaxProposals = 100
	// MaxAdded is the number of terms that are added to a query.
	MaxAdded = 30
	// MaxAddedWorks is the number of works that the added terms have together,
	// each work counted once for each of its terms. A term costs the reading of
	// its works; rare terms come first.
	MaxAddedWorks = 120_000
	// RareWorks is the number of works up to which a single word is rare.
	RareWorks = FeedbackWorks
)

// AddedTerm is a term that a search adds to its query.
type AddedTerm struct {
	Term string // at most MaxCompletionBytes long
	// Word is the term as a work writes it, at most MaxCompletionBytes long; ""
	// if it is one of the query's own terms, which counts for more.
	Word string
	// Weight is the term's share of all that is added, a whole number of
	// thousandths. A proposal's weight compares with that of others only.
	Weight float64
	Works  int // that have the term
}

// Feedback is one of the best works for a query and what it proposes.
type Feedback struct {
	Key   string
	Score float64 // of the work for the query alone
	// Covered is the part of the query's words that the work has, by their weight,
	// 0 to 1.
	Covered float64
	// Named says that all words of the query stand in title, creators or year,
	// and Authored that a year and names of creators are all that it has.
	Named, Authored bool
	Terms           []Proposal // in no order
}

// Proposal is a term of a work.
type Proposal struct {
	Term, Word string  // as in [AddedTerm]
	Weight     float64 // of the term in the work
}

// smallShare is the part of a library that feedback comes from at most: a
// larger part does not tell a subject from the rest.
const smallShare = 10

// Propose returns the terms that the best of some works have in common, at
// most [MaxProposals], the weightiest first, without their frequencies: none if
// the answer is clear and the mode does not add to clear answers. A work's terms
// count less with each rank, like the chance that it answers the query.
func (s *Statistics) Propose(mode Mode, works []Feedback) []AddedTerm {
	works = byScore(works)
	if mode != ModeBroad && clearAnswer(works) {
		return nil
	}
	works = works[:min(len(works), FeedbackWorks, s.Works/smallShare)]
	weights, words := map[string]float64{}, map[string]string{}
	for rank, w := range works {
		for _, p := range w.Terms {
			weights[p.Term] += p.Weight / float64(rank+2)
			if _, ok := words[p.Term]; !ok {
				words[p.Term] = p.Word
			}
		}
	}
	out := make([]AddedTerm, 0, len(weights))
	for _, term := range heaviest(weights, MaxProposals) {
		out = append(out, AddedTerm{Term: term, Word: words[term], Weight: weights[term]})
	}
	return out
}

// heaviest returns the first n terms by weight.
func heaviest(weights map[string]float64, n int) []string {
	terms := slices.SortedFunc(maps.Keys(weights), func(a, b string) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), strings.Compare(a, b))
	})
	return terms[:min(len(terms), n)]
}

// farAhead is how much higher than the next work's the score of a clear answer
// is.
const farAhead = 1.25

// clearAnswer reports whether the first work is the evident answer: it is named by
// author and year, or it is far ahead and named by words of title and creators.
func clearAnswer(works []Feedback) bool {
	if len(works) == 0 {
		return true
	}
	first := works[0]
	return first.Authored || first.Named && (len(works) == 1 || first.Score >= farAhead*works[1].Score)
}

// Add adds the proposals that count, with the frequencies that Works says, to
// the statistics: at most [MaxAdded] by weight and rarity, and of these the
// rarest that have at most [MaxAddedWorks] works together. A term of one work
// alone brings no other work and is left out.
func (s *Statistics) Add(proposals []AddedTerm) {
	s.Added = nil
	weights, by := map[string]float64{}, map[string]AddedTerm{}
	for _, p := range proposals {
		if p.Works > 1 {
			by[p.Term] = p
			weights[p.Term] = p.Weight * InverseFrequency(s.Works, p.Works)
		}
	}
	sum := 0.0
	for _, term := range heaviest(weights, MaxAdded) {
		sum += weights[term]
		s.Added = append(s.Added, by[term])
	}
	for i := range s.Added {
		a := &s.Added[i]
		a.Weight = math.Round(1000*weights[a.Term]/sum) / 1000
	}
	s.Added = rarest(s.Added)
}

// rarest returns the terms that have at most [MaxAddedWorks] works together, the
// rarest first taken, in their order.
func rarest(added []AddedTerm) []AddedTerm {
	byWorks := slices.Clone(added)
	slices.SortStableFunc(byWorks, func(a, b AddedTerm) int { return cmp.Compare(a.Works, b.Works) })
	works, taken := 0, map[string]bool{}
	for _, a := range byWorks {
		if works += a.Works; works <= MaxAddedWorks {
			taken[a.Term] = true
		}
	}
	return slices.DeleteFunc(added, func(a AddedTerm) bool { return !taken[a.Term] || a.Weight == 0 })
}

// AddedWords returns the words that the statistics add to the query, as works
// write them, the weightiest first.
func (s *Statistics) AddedWords() []string {
	if s == nil {
		return nil
	}
	added := slices.Clone(s.Added)
	slices.SortStableFunc(added, func(a, b AddedTerm) int { return cmp.Compare(b.Weight, a.Weight) })
	var words []string
	for _, a := range added {
		if a.Word != "" {
			words = append(words, a.Word)
		}
	}
	return words
}

// Expandable reports whether words may be added to a query of these statistics:
// it has words, and the mode adds to such a query.
func (s *Statistics) Expandable(mode Mode) bool {
	switch {
	case mode == ModeExact || len(s.Words) == 0:
		return false
	case mode == ModeBroad:
		return true
	}
	return len(s.Words) > 1 || s.Words[0].Works > RareWorks
}

// HasMeaning reports whether works may be compared with a query of these statistics
// by meaning: as [Statistics.Expandable], and a single word that no work has.
func (s *Statistics) HasMeaning(mode Mode) bool {
	return s.Expandable(mode) || mode != ModeExact && len(s.Words) == 1 && s.Words[0].Works == 0
}

// leastCovered is the part of the query that the best work has at least when the
// score of a work with all of it is estimated.
const leastCovered = 0.1

// MeaningOf returns [Statistics].Meaning for the best works for a query, in any
// order: about the score of a work with all words of the query; 0 if the works are a
// clear answer and the mode does not add to such, 1 if there are none.
func MeaningOf(mode Mode, works []Feedback) float64 {
	if len(works) == 0 {
		return 1
	}
	works = byScore(works)
	if mode != ModeBroad && clearAnswer(works) {
		return 0
	}
	return math.Round(1000*works[0].Score/max(works[0].Covered, leastCovered)) / 1000
}

// byScore returns works, the best first.
func byScore(works []Feedback) []Feedback {
	return slices.SortedFunc(slices.Values(works), func(a, b Feedback) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Key, b.Key))
	})
}

// InverseFrequency is BM25's weight of a term that n of some works have, in the
// form that is never negative.
func InverseFrequency(works, n int) float64 {
	n = min(n, works)
	return math.Log(1 + (float64(works-n)+0.5)/(float64(n)+0.5))
}

// GatherStatistics returns the statistics for a query of several libraries
// together. It asks all of them in up to three rounds: for the frequencies of the
// query's words, for the best works by these, and for the frequencies of the terms
// that these propose. The functions return what the libraries answer to
// [Ranked.Statistics], in an order that does not matter, without nil, and to
// [Ranked.Feedback]. If no library has statistics, the result is nil.
func GatherStatistics(q Query, statistics func(q Query) []*Statistics, feedback func(q Query) []Feedback) *Statistics {
	parts := statistics(q)
	if len(parts) == 0 {
		return nil
	}
	sum := SumStatistics(parts)
	expand := sum.Expandable(q.Mode)
	if !expand && !sum.HasMeaning(q.Mode) {
		return sum
	}
	q.Statistics = sum
	works := feedback(q)
	sum.Meaning = MeaningOf(q.Mode, works)
	if !expand {
		return sum
	}
	proposals := sum.Propose(q.Mode, works)
	if len(proposals) == 0 {
		return sum
	}
	asking := *sum
	asking.Added = proposals
	q.Statistics = &asking
	sum.Add(sumAdded(proposals, statistics(q)))
	return sum
}

// sumAdded returns the proposals with the works that all libraries have. Each
// library answers with all of them in their order.
func sumAdded(proposals []AddedTerm, parts []*Statistics) []AddedTerm {
	out := slices.Clone(proposals)
	for _, p := range parts {
		for i := range min(len(p.Added), len(out)) {
			out[i].Works += p.Added[i].Works
		}
	}
	return out
}
