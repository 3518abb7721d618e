package index

import (
	"cmp"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// dictionaries are the term dictionaries of a segment, opened when first
// used. They are not safe for concurrent use.
type dictionaries struct {
	words, passages, exact, names, surfaces *segment.Dictionary
}

func (d *dictionaries) of(field string) **segment.Dictionary {
	switch field {
	case wordField:
		return &d.words
	case passageField:
		return &d.passages
	case nameField:
		return &d.names
	case surfaceField:
		return &d.surfaces
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

// lookup is a term whose postings count for a word of the query: a form of the
// word itself, of a word that it begins, or of a likely spelling.
type lookup struct {
	term    string
	word    int // place in the query's words
	counted int // place of the word in s.counted
	slot    int // place in s.lists
	source  lookupSource
	in      question.Part
	weight  float32 // against the word itself
	bit     uint64  // what a work with the term has: the word, or guessed
	// found is the number of works and passages of the view that have the
	// term, and the frequencies are what it adds to the score of one.
	found                           library.Frequency
	workFrequency, passageFrequency float32
}

// lookupSource says why a term is looked up.
type lookupSource uint8

const (
	ownForm    lookupSource = iota // a form of the word itself
	nameForm                       // the same in names of creators alone
	completion                     // the word begins a word of that term
	spelling                       // a likely spelling of the word has that term
	lookupSources
)

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
	s.completed, s.spelled, s.corrections = nil, nil, nil
	if err := s.countNamed(); err != nil {
		return err
	}
	for i := range s.query.words {
		total := library.Frequency{}
		for _, term := range s.query.words[i].terms {
			found, err := s.lookUp(term, i, ownForm, 1)
			if err != nil {
				return err
			}
			total = sum(total, found)
		}
		s.counted = append(s.counted, total)
	}
	return s.countPhrases()
}

// lookUp finds the postings of a term for a word of the query, and returns how
// many works and passages have it. Terms that the view lacks are left out.
func (s *search) lookUp(term string, word int, source lookupSource, weight float32) (library.Frequency, error) {
	w, n := &s.query.words[word], len(s.lookups)
	in := w.in
	if source == nameForm {
		in &= question.Creators
	}
	if source != completion {
		weight *= repetition(w.count)
	}
	s.lookups = append(s.lookups, lookup{term: term, word: word, counted: word, slot: n, source: source, in: in, weight: weight})
	err := s.find(n)
	found := s.lookups[n].found
	again := n > 0 && s.lookups[n-1].word == word && s.lookups[n-1].source == source
	if found == (library.Frequency{}) && (again || source == nameForm) {
		s.lookups = s.lookups[:n] // one of each other source is kept, to weigh the word by
	}
	return found, err
}

// prepare finds the postings of the words that the query's words begin and of their
// likely spellings, and weighs all words by the statistics given, or by those of the
// view. The words themselves have been counted.
func (s *search) prepare(given *library.Statistics) error {
	if given != nil && (len(given.Words) != len(s.query.words) || len(given.Phrases) != len(s.query.phrases)) {
		return library.Errorf(library.Invalid, "the statistics belong to another query").WithHint("start again without a cursor")
	}
	s.added, s.near, s.leastAdded = s.added[:0], s.near[:0], 0
	s.meant, s.incomplete = s.meant[:0], false
	s.name(given)
	if s.naming {
		s.weigh(given)
		return nil
	}
	s.relax(given)
	if err := s.propose(given); err != nil {
		return err
	}
	if err := s.lookUpCompletions(given); err != nil {
		return err
	}
	if err := s.lookUpNames(); err != nil {
		return err
	}
	if err := s.lookUpSpellings(given); err != nil {
		return err
	}
	s.choose(given)
	s.weigh(given)
	return nil
}

// propose sets the completions and spellings that count: those given, or those of
// the view.
func (s *search) propose(given *library.Statistics) error {
	if given != nil {
		words := len(s.query.words)
		s.completed = slices.DeleteFunc(slices.Clone(given.Completions), func(c library.Completion) bool { return c.Word >= words })
		s.spelled = slices.DeleteFunc(slices.Clone(given.Spellings), func(w library.Spelling) bool {
			return w.Word >= words || s.completes(w.Word)
		})
		return nil
	}
	candidates, err := s.candidates()
	if err != nil {
		return err
	}
	s.completed = library.MostFrequent(candidates)
	spellings, err := s.spellings()
	s.spelled = library.MostPlausible(spellings)
	return err
}

// lookUpCompletions finds the postings of the words that the query's words begin. A
// word that no work has is told as corrected: "mathem → mathem*".
func (s *search) lookUpCompletions(given *library.Statistics) error {
	for i, c := range s.completed {
		if _, err := s.lookUp(c.Term, c.Word, completion, prefixWeight); err != nil {
			return err
		}
		first := i == 0 || s.completed[i-1].Word != c.Word
		if w := &s.query.words[c.Word]; first && !w.open && !s.known(c.Word, given) {
			s.corrections = append(s.corrections, library.Correction{From: w.typed, To: w.prefix + "*"})
			s.query.note(noticeCorrected)
		}
	}
	return nil
}

// known reports whether a work of the view or of the statistics has a word of the
// query.
func (s *search) known(word int, given *library.Statistics) bool {
	none := library.Frequency{}
	return s.counted[word] != none || given != nil && given.Words[word] != none
}

// completes reports whether a word of the query begins others.
func (s *search) completes(word int) bool {
	return slices.ContainsFunc(s.completed, func(c library.Completion) bool { return c.Word == word })
}

// lookUpNames finds the postings of names with a letter in place of a digraph: of
// "Muller" for "Mueller", and the other way round.
func (s *search) lookUpNames() error {
	for i := range s.query.words {
		w := &s.query.words[i]
		if w.in&question.Creators == 0 || s.counted[i] == (library.Frequency{}) {
			continue
		}
		if name, ok := plaintext.WithoutDigraphs(w.text); ok {
			w.also = s.formOf(name).terms
		}
		for _, term := range slices.Concat(w.terms, w.also) {
			w.also = append(w.also, letterTag+term)
		}
		for _, term := range w.also {
			if _, err := s.lookUp(term, i, nameForm, 1); err != nil {
				return err
			}
		}
	}
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
		f, weight := s.counted[i], repetition(words[i].count)
		if given != nil {
			f = atLeast(f, given.Words[i])
		}
		if f.Works > 0 {
			weights[i] = weight * inverseFrequency(total.Works, f.Works)
		}
		if f.Passages > 0 {
			weights[i] = max(weights[i], weight*inverseFrequency(total.Passages, f.Passages))
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

// weigh computes what each term is worth. All forms of a word are worth the same.
// Words that begin with a word of the query, and its likely spellings, are worth no
// more than that word and all of them together.
func (s *search) weigh(given *library.Statistics) {
	s.covers.reset(len(s.query.words))
	total, groups := s.total(given), s.groups(given)
	for i := range s.lookups {
		l := &s.lookups[i]
		n := groups[l.word][ownForm]
		if l.source > nameForm {
			n = sum(n, groups[l.word][l.source])
		}
		if n.Works > 0 {
			l.workFrequency = l.weight * inverseFrequency(total.Works, n.Works)
		}
		if n.Passages > 0 {
			l.passageFrequency = l.weight * inverseFrequency(total.Passages, n.Passages)
		}
		if l.bit = 1 << l.word; l.source == completion && groups[l.word][ownForm] != (library.Frequency{}) && !s.query.words[l.word].open {
			l.bit = guessed
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

// groups returns how frequent the terms of each word are, by their source: as
// given, but at least as in the view, which may be newer than what is given.
func (s *search) groups(given *library.Statistics) (found [maxScored][lookupSources]library.Frequency) {
	var told [maxScored][lookupSources]library.Frequency
	place := make(map[int]int, len(s.query.words)) // of counted words among those that are scored
	for i := range s.lookups {
		l := &s.lookups[i]
		place[l.counted] = l.word
		found[l.word][l.source] = sum(found[l.word][l.source], l.found)
	}
	if given == nil {
		return found
	}
	for counted, word := range place {
		told[word][ownForm] = given.Words[counted]
	}
	add := func(counted int, source lookupSource, f library.Frequency) {
		if word, ok := place[counted]; ok {
			told[word][source] = sum(told[word][source], f)
		}
	}
	for _, c := range given.Completions {
		add(c.Word, completion, c.Frequency)
	}
	for _, w := range given.Spellings {
		add(w.Word, spelling, w.Frequency)
	}
	for word := range found {
		for source := range found[word] {
			found[word][source] = atLeast(found[word][source], told[word][source])
		}
	}
	return found
}

func sum(a, b library.Frequency) library.Frequency {
	return library.Frequency{Works: a.Works + b.Works, Passages: a.Passages + b.Passages}
}

func atLeast(a, b library.Frequency) library.Frequency {
	return library.Frequency{Works: max(a.Works, b.Works), Passages: max(a.Passages, b.Passages)}
}
