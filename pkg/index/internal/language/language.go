// Package language tells in which language a work is written, and stems words
// by the Snowball algorithm of that language.
package language

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Language is a language with a stemmer. Its number is stored in indexes:
// languages are added at the end.
type Language uint8

// The languages. [English] stands for every language without a stemmer: the
// English one changes few of their words.
const (
	English Language = iota
	German
	French
	Spanish
	Italian
	Portuguese
	Dutch
	Russian
	Swedish
	Danish
	Norwegian
	Finnish
	Hungarian
	Romanian
	Turkish
	Count // number of languages
)

// codes are the names of each language, folded: ISO 639-1 and 639-2, BibTeX's
// (babel), English and its own.
func codes() [Count]string {
	return [Count]string{
		English:    "en eng english american british ukenglish usenglish australian canadian newzealand",
		German:     "de ger deu german ngerman deutsch austrian naustrian swissgerman nswissgerman allemand",
		French:     "fr fre fra french francais acadian canadien frenchb",
		Spanish:    "es spa spanish espanol castellano castilian",
		Italian:    "it ita italian italiano",
		Portuguese: "pt por portuguese portugues portuges brazilian brazil brasileiro",
		Dutch:      "nl dut nld dutch nederlands flemish vlaams",
		Russian:    "ru rus russian русскии russkii russkij",
		Swedish:    "sv swe swedish svenska",
		Danish:     "da dan danish dansk",
		Norwegian:  "no nb nn nor nob nno norwegian norsk bokmal nynorsk",
		Finnish:    "fi fin finnish suomi",
		Hungarian:  "hu hun hungarian magyar",
		Romanian:   "ro rum ron romanian romana",
		Turkish:    "tr tur turkish turkce",
	}
}

// Names maps the names of languages to languages.
type Names map[string]Language

// NewNames returns the names that [Names.Parse] knows.
func NewNames() Names {
	names := Names{}
	for l, list := range codes() {
		for name := range strings.FieldsSeq(list) {
			names[name] = Language(l)
		}
	}
	return names
}

// maxNameBytes bounds the part of a language field that is read.
const maxNameBytes = 64

// Parse reads a work's field "language" in any spelling: "de", "ger", "de-DE",
// "German", "Deutsch". Of several languages the first counts. It reports false
// for a field that is empty or names no language, so that the text decides. A
// language without a stemmer is [English].
func (n Names) Parse(field string) (Language, bool) {
	field = plaintext.Fold(field[:min(len(field), maxNameBytes)])
	first, _, _ := strings.Cut(field, " ")
	if l, ok := n[first]; ok {
		return l, true
	}
	for word := range strings.FieldsSeq(field) { // "Brazilian Portuguese", "auf Deutsch"
		if l, ok := n[word]; ok && len(word) > 3 {
			return l, true
		}
	}
	switch first {
	case "", "und", "mul", "zxx", "mis", "unknown", "multiple", "various":
		return English, false
	}
	return English, len(first) == 2 || len(first) == 3
}
