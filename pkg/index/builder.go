package index

import (
	"slices"

	bleveindex "github.com/blevesearch/bleve_index_api"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// builder turns works into documents. It is not safe for concurrent use.
type builder struct {
	*analyzer
	terms   map[string]int // place in entries, for the text at hand
	entries []entry
	next    int // position of the next word
	words   [kinds]int
}

// entry is a term of the text at hand.
type entry struct {
	term      string
	counts    [kinds]int
	positions []int
}

// partGap lies between the positions of two parts, so that no phrase runs
// from one into the other.
const partGap = 8

func newBuilder() *builder {
	return &builder{analyzer: newAnalyzer(), terms: make(map[string]int)}
}

// document returns a work with its passages.
func (b *builder) document(d *Document) *document {
	it := d.Item
	doc := newDocument(it.ID.Key, recordOf(it).encode())
	b.begin()
	parts(it, func(p part) bool {
		b.addText(p.kind, p.text)
		return true
	})
	doc.add(wordField, b.frequencies(b.workImpact))
	doc.add(exactField, exactTerms(exactTermsOf(it)))
	doc.add(nameField, b.names(it.Creators))
	for i := range d.Texts {
		b.addPassages(doc, &d.Texts[i])
	}
	return doc
}

// addPassages nests the passages of a text under its work.
func (b *builder) addPassages(doc *document, t *Text) {
	for i := range t.Pages {
		text := t.Pages[i].Text
		for c := range func(yield func(chunk) bool) { chunks(text, yield) } {
			if len(doc.passages) == MaxPassages {
				return
			}
			p := newDocument(passageID(doc.id, len(doc.passages)), place{t.Attachment, i, c}.encode())
			b.begin()
			b.addText(0, text[c.start:c.tail])
			p.add(passageField, b.frequencies(b.passageImpact))
			doc.passages = append(doc.passages, p)
			doc.size += p.size
		}
	}
}

func (b *builder) begin() {
	clear(b.terms)
	b.entries = b.entries[:0]
	b.words = [kinds]int{}
	b.next = 0
}

// addText adds the words of a text to the document at hand.
func (b *builder) addText(k kind, text string) {
	b.reset(text)
	for b.scanner.next() {
		term := b.term()
		i, ok := b.terms[term]
		if !ok {
			i = b.newEntry(term)
		}
		e := &b.entries[i]
		e.counts[k]++
		e.positions = append(e.positions, b.next)
		b.next++
		b.words[k]++
	}
	b.next += partGap
}

// newEntry adds a term; it takes over the memory of an earlier document's.
func (b *builder) newEntry(term string) int {
	n := len(b.entries)
	b.terms[term] = n
	b.entries = slices.Grow(b.entries, 1)[:n+1]
	e := &b.entries[n]
	e.term, e.counts, e.positions = term, [kinds]int{}, e.positions[:0]
	return n
}

// workImpact returns the frequency under which a work's posting is stored.
func (b *builder) workImpact(e *entry) int {
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
func (b *builder) passageImpact(e *entry) int {
	return level(passageWeight.impact(e.counts[0], b.words[0]))
}

// frequencies returns the terms of the text at hand as a segment takes them.
func (b *builder) frequencies(impact func(*entry) int) bleveindex.TokenFrequencies {
	freqs := make(bleveindex.TokenFrequencies, len(b.entries))
	slab := make([]bleveindex.TokenFreq, len(b.entries))
	total := 0
	for i := range b.entries {
		total += len(b.entries[i].positions)
	}
	locations := make([]bleveindex.TokenLocation, total)
	pointers := make([]*bleveindex.TokenLocation, total)
	for i := range b.entries {
		e, n := &b.entries[i], len(b.entries[i].positions)
		for j, position := range e.positions {
			locations[j].Position = position
			pointers[j] = &locations[j]
		}
		f := &slab[i]
		f.Term = []byte(e.term)
		f.Locations = pointers[:n:n]
		f.SetFrequency(impact(e))
		freqs[e.term] = f
		locations, pointers = locations[n:], pointers[n:]
	}
	return freqs
}

// names returns the words of the creators' names, folded but not stemmed. The
// position of a word is the place of its creator.
func (b *builder) names(creators []library.Creator) bleveindex.TokenFrequencies {
	b.begin()
	for i, c := range creators {
		b.reset(c.Display())
		for b.scanner.next() {
			word := string(b.word)
			j, ok := b.terms[word]
			if !ok {
				j = b.newEntry(word)
			}
			b.entries[j].positions = append(b.entries[j].positions, i)
		}
	}
	return b.frequencies(func(*entry) int { return 1 })
}

// The first byte of a term in the exact field says what it is.
const (
	exactTag        = "t"
	exactCollection = "c"
	exactType       = "k"
	exactIdentifier = "i"
)

// exactTermsOf returns what filters and identifiers are compared with.
func exactTermsOf(it *library.Item) []string {
	terms := []string{exactType + it.Type}
	for _, tag := range it.Tags {
		terms = append(terms, exactTag+foldCase(tag))
	}
	for _, c := range it.Collections {
		terms = append(terms, exactCollection+c)
	}
	for _, id := range identifiersOf(it) {
		terms = append(terms, exactIdentifier+id)
	}
	return terms
}
