package reference

import (
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// word is a word of a text, as it is compared, and where it stands in bytes.
type word struct {
	fold     string
	from, to int
}

// greek are the names of the Greek letters that titles write either way.
var greek = strings.NewReplacer(
	"α", "alpha", "β", "beta", "γ", "gamma", "δ", "delta", "ε", "epsilon", "ζ", "zeta", "η", "eta", "θ", "theta", "κ", "kappa", "λ", "lambda",
	"μ", "mu", "ν", "nu", "ξ", "xi", "π", "pi", "ρ", "rho", "σ", "sigma", "τ", "tau", "φ", "phi", "χ", "chi", "ψ", "psi", "ω", "omega")

// spelling makes words equal that are written in several ways: British and
// American, with a ligature or without. It need not be a spelling of anything.
var spelling = strings.NewReplacer("our", "or", "is", "iz", "ys", "yz", "ae", "e", "oe", "e", "ll", "l", "tre", "ter", "ogue", "og")

// foldWord returns a word as it is compared.
func foldWord(s string) string { return spelling.Replace(greek.Replace(plaintext.Fold(s))) }

// scan returns the words of a text, and where they stand. Words that a title
// may have or lack ("and" for "&") are left out.
func scan(text string) []word {
	var words []word
	from := -1
	end := func(to int) {
		if from < 0 {
			return
		}
		for fold := range strings.FieldsSeq(foldWord(text[from:to])) {
			if fold != "and" {
				words = append(words, word{fold, from, to})
			}
		}
		from = -1
	}
	for i, r := range text {
		inner := unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r == '\'' || r == '’'
		switch {
		case inner && from < 0:
			from = i
		case !inner:
			end(i)
		}
	}
	end(len(text))
	return words
}

// wordsOf returns the words of a field.
func wordsOf(s string) []string {
	var words []string
	for _, w := range scan(plaintext.Shown(s)) {
		words = append(words, w.fold)
	}
	return words
}

// foldAll returns the letters of a text as they are compared: how words are
// joined or hyphenated does not matter.
func foldAll(s string) string { return strings.Join(wordsOf(s), "") }

// isLatin reports whether most letters of a text are Latin or Greek.
func isLatin(s string) bool {
	latin := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Latin, unicode.Greek):
			latin++
		case unicode.IsLetter(r):
			latin--
		}
	}
	return latin >= 0
}

// sameWords reports whether two texts have the same words.
func sameWords(a, b string) bool { return foldAll(a) == foldAll(b) }

// alignment is how a pattern stands in a text.
type alignment struct {
	from, to int // words of the text
	equal    int // words of the pattern that stand there in order
}

// align finds where the words of a pattern stand best in a text, with words
// added, left out or replaced (local alignment after Smith and Waterman: an
// equal word counts 2, any other step -1).
func align(pattern []string, text []word) alignment {
	type cell struct{ score, from, equal int }
	best, at := alignment{}, 0
	row := make([]cell, len(text)+1)
	for _, p := range pattern {
		diagonal := cell{from: 0}
		for j := range text {
			above, left := row[j+1], row[j]
			if diagonal.score == 0 {
				diagonal = cell{from: j}
			}
			next := cell{diagonal.score - 1, diagonal.from, diagonal.equal}
			if p == text[j].fold {
				next = cell{diagonal.score + 2, diagonal.from, diagonal.equal + 1}
			}
			for _, other := range [2]cell{above, left} {
				if other.score-1 > next.score {
					next = cell{other.score - 1, other.from, other.equal}
				}
			}
			if next.score <= 0 {
				next = cell{from: j + 1}
			}
			if next.score > at {
				at, best = next.score, alignment{next.from, j + 1, next.equal}
			}
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return best
}

// similarity returns which part of the words of two titles is common to both in
// order, 0 to 1.
func similarity(a, b string) float64 {
	if foldAll(a) == foldAll(b) && a != "" {
		return 1
	}
	pattern := wordsOf(a)
	text := scan(plaintext.Shown(b))
	if len(pattern) == 0 || len(text) == 0 {
		return 0
	}
	return 2 * float64(align(pattern, text).equal) / float64(len(pattern)+len(text))
}
