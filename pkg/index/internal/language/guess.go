package language

import (
	"math"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Guesser tells the language of texts by their short, frequent words, by the
// ends of their other words and by letters that few languages have. It is safe
// for concurrent use.
type Guesser struct {
	words, endings map[string][]evidence
}

// evidence is what a word says for a language.
type evidence struct {
	language Language
	weight   float64
}

// The weights of what a text has, and what a language needs against English.
const (
	endingWeight = 0.6 // against a frequent word's
	letterWeight = 1.0
	// leastEvidence is what a text must have for another language than English:
	// one word that only this language has, or more that others share.
	leastEvidence = 0.9
	// overEnglish is how many times the evidence for English another language
	// needs: libraries have more English works, and English titles quote others.
	overEnglish = 1.5
	// maxGuessBytes bounds the text that is looked at.
	maxGuessBytes = 4096
	// endingLetters are the letters that a word has before a telling ending.
	endingLetters = 3
)

// NewGuesser returns a guesser.
func NewGuesser() *Guesser {
	g := &Guesser{words: evidenceOf(joined(frequentWords(), titleWords()), 1), endings: evidenceOf(endings(), endingWeight)}
	for word := range strings.FieldsSeq(particles) {
		for i := range g.words[word] {
			g.words[word][i].weight *= particleWeight
		}
	}
	return g
}

func joined(a, b [Count]string) [Count]string {
	for l := range a {
		a[l] += " " + b[l]
	}
	return a
}

// StopWords returns the frequent words of each language but English, folded.
func StopWords() (out [Count]map[string]bool) {
	for l, list := range frequentWords() {
		out[l] = make(map[string]bool)
		for word := range strings.FieldsSeq(list) {
			out[l][plaintext.FoldWord(word)] = Language(l) != English
		}
	}
	return out
}

// particleWeight is what a particle of names tells, against a frequent word.
const particleWeight = 0.4

// evidenceOf weighs each word: one that several languages share tells less.
func evidenceOf(lists [Count]string, weight float64) map[string][]evidence {
	out := make(map[string][]evidence)
	for l, list := range lists {
		for word := range strings.FieldsSeq(list) {
			out[word] = append(out[word], evidence{language: Language(l)})
		}
	}
	for _, e := range out {
		for i := range e {
			e[i].weight = weight / math.Sqrt(float64(len(e)))
		}
	}
	return out
}

// Guess returns the language of a text; [English] if it does not tell.
func (g *Guesser) Guess(text string) Language {
	text = norm.NFC.String(text[:min(len(text), maxGuessBytes)])
	var scores [Count]float64
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		g.weigh(strings.ToLower(word), &scores)
	}
	best := English
	for l := English + 1; l < Count; l++ {
		if scores[l] > scores[best] {
			best = l
		}
	}
	if best == English || scores[best] < leastEvidence || scores[best] < overEnglish*scores[English] {
		return English
	}
	return best
}

// weigh adds what a word in lower case says.
func (g *Guesser) weigh(word string, scores *[Count]float64) {
	if len(word) == 1 {
		return // an initial, or a sign of a formula
	}
	if found, ok := g.words[word]; ok {
		add(scores, found)
		return
	}
	runes := []rune(word)
	for n := min(6, len(runes)-endingLetters); n >= 2; n-- {
		if found, ok := g.endings[string(runes[len(runes)-n:])]; ok {
			add(scores, found)
			break
		}
	}
	for _, r := range runes {
		if r >= 0x80 {
			weighLetter(r, scores)
			return // the first tells; a word counts once
		}
	}
}

func add(scores *[Count]float64, found []evidence) {
	for _, e := range found {
		scores[e.language] += e.weight
	}
}

// weighLetter adds what a letter outside ASCII says. Names have such letters
// too, so those that several languages share say little.
func weighLetter(r rune, scores *[Count]float64) {
	if unicode.Is(unicode.Cyrillic, r) {
		scores[Russian] += letterWeight
		return
	}
	for _, l := range lettersOf(r) {
		scores[l] += letterWeight / float64(len(lettersOf(r))) / 2
	}
}

func lettersOf(r rune) []Language {
	switch r {
	case 'ß':
		return []Language{German}
	case 'ñ':
		return []Language{Spanish}
	case 'ã', 'õ':
		return []Language{Portuguese}
	case 'ø', 'æ':
		return []Language{Danish, Norwegian}
	case 'å':
		return []Language{Swedish, Danish, Norwegian}
	case 'ő', 'ű':
		return []Language{Hungarian}
	case 'ğ', 'ş', 'ı':
		return []Language{Turkish}
	case 'ă', 'ș', 'ț', 'ţ':
		return []Language{Romanian}
	case 'ä':
		return []Language{German, Swedish, Finnish}
	case 'ö':
		return []Language{German, Swedish, Finnish, Hungarian, Turkish}
	case 'ü':
		return []Language{German, Hungarian, Turkish}
	case 'è', 'ê', 'ë', 'î', 'û':
		return []Language{French, Italian}
	case 'ò', 'ì', 'ù':
		return []Language{Italian}
	}
	return nil
}
