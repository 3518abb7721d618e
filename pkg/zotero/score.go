package zotero

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// part is a text of a work and where it stands. A library has some hundred
// thousand of them.
type part struct {
	text        string
	folded      string // its words, folded, with a space before and after each
	source      library.Source
	child, page string
	start       int // the character at which it begins, in a full text
	weight      float64
}

// passage returns the part as a passage of a work.
func (p *part) passage(id library.ItemID, score float64) library.Passage {
	return library.Passage{
		Item: id, Source: p.source, Child: p.child, Page: p.page, Text: p.text, Score: score,
		Start: p.start, End: p.start + utf8.RuneCountInString(p.text),
	}
}

// What a word is worth by where it stands.
const (
	titleWeight    = 5
	creatorWeight  = 4
	tagWeight      = 3
	abstractWeight = 2
	noteWeight     = 1.5
	fulltextWeight = 1
	fieldWeight    = 0.8
)

// partsOf returns the texts of a work, the weightiest first.
func partsOf(it *library.Item) []part {
	parts := make([]part, 0, 3+len(it.Creators)+len(it.Notes)+len(it.Fields)+len(it.Attachments))
	add := func(weight float64, source library.Source, child, page, text string) {
		folded := fold(text)
		if folded == "" {
			return
		}
		parts = append(parts, part{weight: weight, folded: " " + folded + " ", source: source, child: child, page: page, text: text})
	}
	title, abstract := it.Title(), it.Abstract()
	add(titleWeight, library.SourceTitle, "", "", title)
	for _, c := range it.Creators {
		add(creatorWeight, library.SourceCreators, "", "", c.Display())
	}
	add(tagWeight, library.SourceTags, "", "", strings.Join(it.Tags, ", "))
	add(abstractWeight, library.SourceAbstract, "", "", abstract)
	for _, n := range it.Notes {
		add(noteWeight, library.SourceNote, n.Key, "", n.Text)
	}
	for _, a := range it.Attachments {
		for _, x := range a.Annotations {
			add(noteWeight, library.SourceAnnotation, x.Key, x.Page, strings.TrimSpace(x.Text+"\n"+x.Comment))
		}
	}
	for name, value := range it.Fields {
		if value != title && name != "abstractNote" {
			add(fieldWeight, library.SourceMetadata, "", "", value)
		}
	}
	for _, a := range it.Attachments {
		add(fieldWeight, library.SourceMetadata, a.Key, "", strings.TrimSpace(a.Title+" "+a.Filename))
	}
	return parts
}

// worth is what the parts of one work are worth to a question.
type worth struct {
	words []float64 // by word: the weight of the best part that has it
	best  *part     // the part that is worth most by itself
	// all says whether every phrase is in some part.
	all     bool
	phrases float64
}

// worthOf looks for padded terms in the parts of a work.
func worthOf(parts []part, words, phrases []string) worth {
	w := worth{words: make([]float64, len(words))}
	found := make([]bool, len(phrases))
	most := 0.0
	for i := range parts {
		p := &parts[i]
		sum := 0.0
		for n, word := range words {
			if p.has(word) {
				sum += p.weight
				w.words[n] = max(w.words[n], p.weight)
			}
		}
		for n, phrase := range phrases {
			if p.has(phrase) {
				sum += 2 * p.weight
				w.phrases += p.weight
				found[n] = true
			}
		}
		if sum > most {
			most, w.best = sum, p
		}
	}
	w.all = true
	for _, ok := range found {
		w.all = w.all && ok
	}
	return w
}

// padded returns the terms as [part.has] wants them.
func (t *terms) padded() (words, phrases []string) {
	for i, word := range t.words {
		if i < len(t.words)-1 || !t.prefix {
			word += " "
		}
		words = append(words, " "+word)
	}
	for _, phrase := range t.phrases {
		phrases = append(phrases, " "+phrase+" ")
	}
	return words, phrases
}

// has reports whether the part has a word or phrase that begins with a space
// and, unless the beginning of a word will do, ends with one.
func (p *part) has(term string) bool { return strings.Contains(p.folded, term) }

// rarity returns how much a word tells that so many of all works have.
func rarity(works, with int) float64 {
	return math.Log(1 + (float64(works)-float64(with)+0.5)/(float64(with)+0.5))
}
