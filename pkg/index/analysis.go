package index

import (
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/language"
	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/question"
)

// The fields of the segments.
const (
	wordField    = "w" // words of a work with their impacts and positions
	passageField = "p" // the same of a passage
	exactField   = "x" // what filters and identifiers are compared with
	nameField    = "n" // words of creators' names; the position says whose
	surfaceField = "s" // words of works as people write them, folded (see surfaces)
)

// analysis turns works into documents of segments. It is not safe for
// concurrent use.
type analysis struct {
	*analyzer
	language language.Language // of the work at hand
	surfaces surfaces
	forms    []string       // of the word at hand
	terms    map[string]int // place in entries, for the text at hand
	entries  []entry
	next     uint32 // position of the next word
	words    [kinds]int
}

// entry is a term of the text at hand.
type entry struct {
	term      string
	counts    [kinds]int
	positions []uint32
}

// partGap lies between the positions of two parts, so that no phrase runs
// from one into the other.
const partGap = 8

func newAnalysis() *analysis {
	return &analysis{
		analyzer: newAnalyzer(),
		surfaces: newSurfaces(), terms: make(map[string]int),
	}
}

// documents returns a work and its passages, which follow it.
func (b *analysis) documents(d *Document) []*segment.Document {
	it := d.Item
	b.language = b.languageOf(it)
	b.surfaces.collect = true
	b.begin()
	parts(it, func(p part) bool {
		b.addText(p.kind, p.text)
		return true
	})
	r := recordOf(it)
	r.language = b.language
	work := &segment.Document{ID: it.ID.Key, Stored: r.encode()}
	work.Fields = append(work.Fields,
		segment.Field{Name: wordField, Terms: b.take(b.workImpact)},
		segment.Field{Name: exactField, Terms: b.exactTerms(it)},
		segment.Field{Name: surfaceField, Terms: b.surfaces.take()},
		segment.Field{Name: nameField, Terms: b.nameTerms(it.Creators)})
	b.surfaces.collect = false
	docs := []*segment.Document{work}
	for i := range d.Texts {
		docs = b.addPassages(docs, &d.Texts[i])
	}
	return docs
}

// languageOf returns the language by which a work's words are stemmed: that of
// its field, or else the one in which title and abstract seem to be written.
func (b *analysis) languageOf(it *library.Item) language.Language {
	if l, ok := languages().names.Parse(it.Field("language")); ok {
		return l
	}
	return languages().guesser.Guess(plaintext.Shown(it.Title()) + "\n" + plaintext.Shown(it.Abstract()))
}

// addPassages adds the passages of a text.
func (b *analysis) addPassages(docs []*segment.Document, t *Text) []*segment.Document {
	for i := range t.Pages {
		text := t.Pages[i].Text
		for c := range func(yield func(chunk) bool) { chunks(text, yield) } {
			if len(docs) > MaxPassages {
				return docs
			}
			b.begin()
			b.addText(0, text[c.start:c.tail])
			docs = append(docs, &segment.Document{
				Stored: place{t.Attachment, i, c}.encode(),
				Fields: []segment.Field{{Name: passageField, Terms: b.take(b.passageImpact)}},
			})
		}
	}
	return docs
}

func (b *analysis) begin() {
	clear(b.terms)
	b.entries = b.entries[:0]
	b.words = [kinds]int{}
	b.next = 0
}

// addText adds the words of a text to the document at hand.
func (b *analysis) addText(k kind, text string) {
	b.Reset(text)
	for b.Next() {
		b.surfaces.add(b.Word)
		b.forms = b.appendForms(b.forms[:0], b.language)
		if k == kindCreators {
			b.forms = b.appendLetterForms(b.forms)
		}
		for _, term := range b.forms {
			b.addTerm(k, term)
		}
		b.next++
		b.words[k]++
		if tail := b.Tail(); tail != nil {
			b.addTerm(k, b.stemmer(b.language).Term(tail))
		}
	}
	b.next += partGap
}

// addTerm adds a term at the next position.
func (b *analysis) addTerm(k kind, term string) {
	i, ok := b.terms[term]
	if !ok {
		i = b.newEntry(term)
	}
	e := &b.entries[i]
	e.counts[k]++
	if n := len(e.positions); n == 0 || e.positions[n-1] < b.next {
		e.positions = append(e.positions, b.next)
	}
}

// newEntry adds a term; it takes over the memory of an earlier document's.
func (b *analysis) newEntry(term string) int {
	n := len(b.entries)
	b.terms[term] = n
	b.entries = slices.Grow(b.entries, 1)[:n+1]
	e := &b.entries[n]
	e.term, e.counts, e.positions = term, [kinds]int{}, e.positions[:0]
	return n
}

// workImpact returns the weight of a work's posting: mask and level.
func (b *analysis) workImpact(e *entry) int {
	sum, mask := 0.0, 0
	for k, n := range e.counts {
		if n > 0 {
			sum += fieldWeights[k].impact(n, b.words[k])
			mask |= 1 << k
		}
	}
	return mask<<levelBits | level(sum)
}

// passageImpact does the same for a passage.
func (b *analysis) passageImpact(e *entry) int {
	return level(passageWeight.impact(e.counts[0], b.words[0]))
}

// take returns the terms of the text at hand.
func (b *analysis) take(impact func(*entry) int) []segment.Term {
	total := 0
	for i := range b.entries {
		total += len(b.entries[i].positions)
	}
	terms := make([]segment.Term, len(b.entries))
	positions := make([]uint32, 0, total)
	for i := range b.entries {
		e := &b.entries[i]
		from := len(positions)
		positions = append(positions, e.positions...)
		terms[i] = segment.Term{Text: e.term, Weight: impact(e), Positions: positions[from:len(positions):len(positions)]}
	}
	return terms
}

// The first byte of a term in the exact field says what it is.
const (
	exactTag        = "t"
	exactTagForm    = "f" // of a tag with diacritics, without them and with digraphs
	exactCollection = "c"
	exactType       = "k"
	exactIdentifier = "i"
	exactPage       = "p" // volume and first page
	exactContainer  = "j" // a word of the name of a journal, book or series
	exactCreator    = "a" // a creator's whole name
)

// exactTerms returns what filters and identifiers are compared with.
func (b *analysis) exactTerms(it *library.Item) []segment.Term {
	terms := []string{exactType + it.Type}
	for _, tag := range it.AllTags() {
		forms := tagForms(tag)
		terms = append(terms, exactTag+forms[0])
		for _, form := range forms[1:] {
			terms = append(terms, exactTagForm+form)
		}
	}
	for _, c := range it.Creators {
		if name := creatorTerm(c); name != "" {
			terms = append(terms, exactCreator+name)
		}
	}
	for _, c := range it.Collections {
		terms = append(terms, exactCollection+c)
	}
	for _, id := range identifiersOf(it) {
		terms = append(terms, exactIdentifier+id.String())
	}
	if volume, page := question.VolumePage(it.Field("volume"), it.Field("pages")); volume != "" && page != "" {
		terms = append(terms, exactPage+volume+":"+page)
	}
	for _, word := range containerWords(b.analyzer, it) {
		terms = append(terms, exactContainer+word)
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	out := make([]segment.Term, len(terms))
	for i, t := range terms {
		out[i] = segment.Term{Text: t, Weight: 1}
	}
	return out
}
