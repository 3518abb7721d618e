package reference

import (
	"slices"
	"strings"
)

// Found is where a quoted passage stands in a text.
type Found struct {
	From, To int     // bytes of the text
	Exact    bool    // all words are there, in order, with no other between them
	Share    float64 // the part of the quoted words that is there in order, 0 to 1
}

// Find returns the place of a text that is nearest to a quoted passage. Case,
// accents and punctuation do not matter, nor does how words are hyphenated. An
// ellipsis in the passage leaves out words: its parts must stand there in order.
func Find(passage, text string) Found {
	words := scan(text)
	if len(words) == 0 {
		return Found{}
	}
	var pattern []string
	exact, from, at := true, -1, 0
	for _, part := range ellipses(passage) {
		var folded []string
		for _, w := range scan(part) {
			folded = append(folded, w.fold)
		}
		pattern = append(pattern, folded...)
		if !exact || len(folded) == 0 {
			continue
		}
		start, end := index(words[at:], folded)
		if start < 0 {
			exact = false
			continue
		}
		if from < 0 {
			from = at + start
		}
		at += end
	}
	if exact && from >= 0 {
		return Found{words[from].from, words[at-1].to, true, 1}
	}
	a := align(pattern, words)
	if a.equal == 0 {
		return Found{}
	}
	return Found{words[a.from].from, words[a.to-1].to, false, float64(a.equal) / float64(len(pattern))}
}

// ellipses divides a passage at its ellipses and at words that the writer put
// in brackets.
func ellipses(passage string) []string {
	s := strings.NewReplacer("[...]", "…", "[…]", "…", "(...)", "…", "(…)", "…", ". . .", "…", "...", "…").Replace(passage)
	return strings.Split(bracketedWord.ReplaceAllString(s, "…"), "…")
}

// index returns where words stand one after the other in a text, and where they
// end; -1 if they don't. Words that are joined or hyphenated are equal.
func index(text []word, pattern []string) (from, to int) {
	whole := strings.Join(pattern, "")
	for i := range text {
		if !strings.HasPrefix(whole, text[i].fold) {
			continue
		}
		rest := whole
		for j := i; j < len(text); j++ {
			left, ok := strings.CutPrefix(rest, text[j].fold)
			if !ok {
				break
			}
			if rest = left; rest == "" {
				return i, j + 1
			}
		}
	}
	return -1, -1
}

// Change is a stretch of words in which a quotation differs from its source.
type Change struct {
	Quoted, Source string
}

// Changes returns the stretches of words in which a quoted passage differs from
// the text of its source.
func Changes(passage, source string) []Change {
	a, b := scan(passage), scan(source)
	same := func(i, j int) bool { return a[i].fold == b[j].fold }
	lengths := make([][]int, len(a)+1) // of the longest common subsequence
	for i := range lengths {
		lengths[i] = make([]int, len(b)+1)
	}
	for i := range slices.Backward(a) {
		for j := range slices.Backward(b) {
			if same(i, j) {
				lengths[i][j] = lengths[i+1][j+1] + 1
			} else {
				lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			}
		}
	}
	var out []Change
	for i, j := 0, 0; i < len(a) || j < len(b); {
		if i < len(a) && j < len(b) && same(i, j) {
			i, j = i+1, j+1
			continue
		}
		fromA, fromB := i, j
		for (i < len(a) || j < len(b)) && (i == len(a) || j == len(b) || !same(i, j)) {
			if j == len(b) || i < len(a) && lengths[i+1][j] >= lengths[i][j+1] {
				i++
			} else {
				j++
			}
		}
		out = append(out, Change{stretch(passage, a[fromA:i]), stretch(source, b[fromB:j])})
	}
	return out
}

// stretch returns the text of some words.
func stretch(text string, words []word) string {
	if len(words) == 0 {
		return ""
	}
	return text[words[0].from:words[len(words)-1].to]
}
