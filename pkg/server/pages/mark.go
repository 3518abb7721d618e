package pages

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// segment is a part of a text, marked or not.
type segment struct {
	Text    string
	Mark    bool
	Passage bool // the mark is of a passage, not of a word
}

// leastStem is the number of characters that two words must share at their start to
// be marked as forms of one word.
const leastStem = 4

// queryWords returns the words of a query that are marked in texts: folded, and
// without operators and the names of fields.
func queryWords(query string) []string {
	var words []string
	for field := range strings.FieldsSeq(query) {
		if field == "AND" || field == "OR" || field == "NOT" || strings.HasPrefix(field, "-") || strings.HasPrefix(field, "in:") || strings.HasPrefix(field, "has:") {
			continue
		}
		if _, value, named := strings.Cut(field, ":"); named {
			field = value
		}
		for word := range strings.FieldsFuncSeq(field, func(r rune) bool { return !isWordRune(r) }) {
			if folded := plaintext.FoldWord(word); utf8.RuneCountInString(folded) > 2 || !plaintext.IsASCII(folded) {
				words = append(words, folded)
			}
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// marked returns a text with the words marked that a query has, or forms of them.
func marked(text string, words []string) []segment {
	var out []segment
	if text == "" {
		return nil
	}
	last := 0
	for start := 0; start < len(text); {
		r, size := utf8.DecodeRuneInString(text[start:])
		if !isWordRune(r) {
			start += size
			continue
		}
		end := len(text)
		if i := strings.IndexFunc(text[start:], func(r rune) bool { return !isWordRune(r) }); i >= 0 {
			end = start + i
		}
		if hasForm(words, plaintext.FoldWord(text[start:end])) {
			if last < start {
				out = append(out, segment{Text: text[last:start]})
			}
			out = append(out, segment{Text: text[start:end], Mark: true})
			last = end
		}
		start = end
	}
	if last < len(text) {
		out = append(out, segment{Text: text[last:]})
	}
	return out
}

// hasForm reports whether a folded word is one of words or a longer or shorter form.
func hasForm(words []string, word string) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		if w == word {
			return true
		}
		short := min(len(w), len(word))
		return short >= leastStem && w[:short] == word[:short] && max(len(w), len(word))-short <= leastStem
	})
}

// markedPassage returns a text with a passage of it marked, wherever white space
// differs. Without the passage, words are marked.
func markedPassage(text, passage string, words []string) []segment {
	start, end := findPassage(text, passage)
	if start < 0 {
		return marked(text, words)
	}
	var out []segment
	for i, part := range []string{text[:start], text[start:end], text[end:]} {
		if part != "" {
			out = append(out, segment{Text: part, Mark: i == 1, Passage: i == 1})
		}
	}
	return out
}

// findPassage returns where a passage stands in a text, in bytes, or -1. A passage
// that goes on after the end of the text stands there as far as the text goes.
func findPassage(text, passage string) (start, end int) {
	want := strings.Fields(strings.TrimSuffix(strings.TrimPrefix(passage, "…"), "…"))
	if len(want) == 0 {
		return -1, -1
	}
	type word struct{ start, end int }
	var have []word
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			i += size
			continue
		}
		end := len(text)
		if n := strings.IndexFunc(text[i:], unicode.IsSpace); n >= 0 {
			end = i + n
		}
		have = append(have, word{i, end})
		i = end
	}
	for i := range have {
		n := 0
		for n < len(want) && i+n < len(have) && text[have[i+n].start:have[i+n].end] == want[n] {
			n++
		}
		if n == len(want) || n > leastOverlap && i+n == len(have) {
			return have[i].start, have[i+n-1].end
		}
	}
	return -1, -1
}

// leastOverlap is the number of words that the end of a page must share with the
// start of a passage to be taken for it.
const leastOverlap = 5
