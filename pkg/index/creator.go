package index

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/index/internal/segment"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// letterTag is what the term of a name begins with that has a letter in place of a
// digraph: it stands for no word, so nothing else is to find it.
const letterTag = "\x1f"

// appendLetterForms appends the terms of the current word, part of a name, with
// a letter in place of its digraph: a work by "Mueller" is found for "Muller".
func (b *analysis) appendLetterForms(into []string) []string {
	if name, ok := plaintext.WithoutDigraphs(string(b.Word)); ok {
		return append(into, letterTag+b.stemmer(b.language).Term([]byte(name)))
	}
	return into
}

// initialTag is what the term of an initial begins with, in the field of names.
// The name "Bruno" has its initial, the name "B." is one.
const initialTag = "."

// longestInitials is how many initials may stand without a space: "Watson JD".
const longestInitials = 3

// areInitials reports whether a word as written is initials without a space.
func areInitials(written string) bool {
	return len(written) >= 2 && len(written) <= longestInitials &&
		strings.IndexFunc(written, func(r rune) bool { return r < 'A' || r > 'Z' }) < 0
}

// nameForms returns the terms by which the current word of a creator's name is
// found.
func (b *analysis) nameForms() []string {
	forms := b.appendNames(b.forms[:0])
	if areInitials(b.Written()) {
		for _, c := range b.Word {
			initial := string(rune(c))
			forms = append(forms, initial, initialTag+initial)
		}
	} else if initial := b.initial(); initial != "" {
		forms = append(forms, initialTag+initial)
	}
	b.forms = forms
	return forms
}

// initial returns the first letter of the current word, "" in scripts that write
// no initials.
func (a *analyzer) initial() string {
	first, size := utf8.DecodeRune(a.Word)
	if !unicode.In(first, unicode.Latin, unicode.Cyrillic, unicode.Greek) {
		return ""
	}
	return string(a.Word[:size])
}

// appendNames appends the current word of a name, with digraphs in place of
// letters with diacritics, and without digraphs.
func (a *analyzer) appendNames(into []string) []string {
	into = append(into, string(a.Word))
	if name, ok := plaintext.FoldDigraphs(a.Written()); ok {
		into = append(into, name)
	}
	if name, ok := plaintext.WithoutDigraphs(string(a.Word)); ok {
		into = append(into, name)
	}
	return into
}

// nameTerms returns the words of the creators' names, folded but not stemmed, and
// their initials. The position of a word is the place of its creator.
func (b *analysis) nameTerms(creators []library.Creator) []segment.Term {
	b.begin()
	for i, c := range creators {
		// Each part of a name by itself too: in scripts without spaces the
		// whole name has other pairs of characters.
		for _, text := range [...]string{c.Display(), c.Family, c.Given} {
			b.addName(text, uint32(i))
		}
	}
	return b.take(func(*entry) int { return 1 })
}

// addName adds the words of a name of the creator at that place.
func (b *analysis) addName(name string, place uint32) {
	b.Reset(plaintext.Shown(name))
	for b.Next() {
		for _, term := range b.nameForms() {
			b.addNameTerm(term, place)
		}
	}
}

func (b *analysis) addNameTerm(term string, place uint32) {
	j, ok := b.terms[term]
	if !ok {
		j = b.newEntry(term)
	}
	if at := &b.entries[j].positions; len(*at) == 0 || (*at)[len(*at)-1] != place {
		*at = append(*at, place)
	}
}

var (
	// others is what stands for the names that a citation leaves out.
	others = regexp.MustCompile(`(?i)[\s,;]+(?:et\.?\s+al(?:ii|ia|\.)?|et\s+coll\.?|and\s+others|u\.\s?a\.)[\s,;.]*$`)
	// between stands between the names of two creators.
	between = regexp.MustCompile(`(?i)\s*;\s*|\s*&\s*|\s+and\s+`)
)

// maxNames bounds the creators that one filter names.
const maxNames = 8

// creatorsIn reads a filter by creator: for each name that it has, the terms of
// which the name's words must have one each. "et al." is left out.
func (a *analyzer) creatorsIn(text string) [][][]string {
	text = plaintext.Shown(cutText(text, maxQueryBytes))
	text = others.ReplaceAllString(" "+text, "")
	var names [][][]string
	for _, name := range between.Split(text, maxNames) {
		if words := a.nameIn(name); len(words) > 0 {
			names = append(names, words)
		}
	}
	return names
}

// nameIn reads one name. A word but the family's also stands for its initial, and
// an initial for every word that begins with it.
func (a *analyzer) nameIn(name string) [][]string {
	comma := strings.IndexByte(name, ',')
	var full []bool // words that are no initials
	family, n := -1, 0
	a.Reset(name)
	for a.Next() && n < maxPhraseWords {
		full = append(full, utf8.RuneCount(a.Word) > 1 && !areInitials(a.Written()) || a.initial() == "")
		if full[n] && (comma < 0 || a.Start < comma || family < 0) {
			family = n
		}
		n++
	}
	var words [][]string
	a.Reset(name)
	for i := 0; i < n && a.Next(); i++ {
		switch {
		case family >= 0 && !full[i]:
			for _, initial := range string(a.Word) {
				words = append(words, []string{initialTag + string(initial)})
			}
		default:
			forms := a.appendNames(nil)
			given := i != family && (comma < 0 || a.Start > comma)
			if initial := a.initial(); family >= 0 && given && initial != "" {
				forms = append(forms, initial)
			}
			words = append(words, forms)
		}
	}
	return words
}
