package index

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/language"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// analyzer turns text into terms. It is not safe for concurrent use.
type analyzer struct {
	plaintext.Scanner
	stemmers  [language.Count]*language.Stemmer   // nil until first used
	languages []language.Language                 // of the works that are searched, English first
	written   [language.Count]map[string][]string // forms of words with diacritics
	stop      map[string]bool                     // stop words of the question's language
}

// maxWritten bounds the words with diacritics whose forms an analyzer remembers.
const maxWritten = 1 << 14

func newAnalyzer() *analyzer { return &analyzer{} }

// term returns the English term of the current word.
func (a *analyzer) term() string { return a.stemmer(language.English).Term(a.Word) }

// form returns the current word with its terms in all languages of the works.
func (a *analyzer) form() form {
	f := form{term: a.term(), text: string(a.Word), terms: make([]string, 0, len(a.languages)+1)}
	f.terms = append(f.terms, f.term)
	var buf [4]string
	for _, l := range a.languages {
		f.add(a.appendForms(buf[:0], l))
	}
	return f
}

// formOf returns a word that works have, folded, as form does.
func (a *analyzer) formOf(word string) form {
	a.Reset(word)
	if !a.Next() {
		return form{term: word, text: word, terms: []string{word}}
	}
	return a.form()
}

// add adds terms of another form of the word.
func (f *form) add(terms []string) {
	for _, t := range terms {
		f.terms = appendNew(f.terms, t)
	}
}

func (a *analyzer) stemmer(l language.Language) *language.Stemmer {
	if a.stemmers[l] == nil {
		a.stemmers[l] = language.NewStemmer(l)
	}
	return a.stemmers[l]
}

// appendForms appends the terms by which works of a language are found for the
// current word, each once. A word with diacritics has several: by its stem as
// written, by that of the word without diacritics, and by that of the word with
// digraphs, so that "Müller", "Muller" and "Mueller" find each other.
func (a *analyzer) appendForms(into []string, l language.Language) []string {
	written := a.Written()
	if plaintext.IsASCII(written) || len(written) > plaintext.MaxWordBytes {
		return append(into, a.stemmer(l).Term(a.Word))
	}
	forms, ok := a.written[l][written]
	if !ok {
		if len(a.written[l]) >= maxWritten || a.written[l] == nil {
			a.written[l] = make(map[string][]string)
		}
		forms = a.formsOf(written, l)
		a.written[l][strings.Clone(written)] = forms
	}
	return append(into, forms...)
}

// formsOf returns the terms of the current word, which has letters outside ASCII.
func (a *analyzer) formsOf(written string, l language.Language) []string {
	stemmer := a.stemmer(l)
	first, _ := utf8.DecodeRune(a.Word)
	switch {
	case l == language.Russian && unicode.Is(unicode.Cyrillic, first):
		// й is no и with a diacritic in its rules, and all write it.
		return []string{stemmer.Term(lower(written))}
	case !unicode.Is(unicode.Latin, first):
		return []string{stemmer.Term(a.Word)}
	}
	var forms []string
	if l != language.English { // whose stemmer knows no diacritics
		forms = append(forms, stemmer.Term(lower(written)))
	}
	forms = appendNew(forms, stemmer.Term(a.Word))
	if digraphs, ok := plaintext.FoldDigraphs(written); ok {
		forms = appendNew(forms, stemmer.Term([]byte(digraphs)))
	}
	return forms
}

func lower(word string) []byte { return []byte(strings.ToLower(norm.NFC.String(word))) }

// appendNew appends a term unless it stands there.
func appendNew(terms []string, term string) []string {
	if slices.Contains(terms, term) {
		return terms
	}
	return append(terms, term)
}
