package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// misspeltItems returns the rows of [TestKnownItems] in which a word has an error.
func misspeltItems() []known {
	return []known{
		{"a misspelt word alone", 0.5, queryMisspelt(), first},
		{"a misspelt author and the year", 0.8, queryMisspeltAuthor, within(5)},
		{"a misspelt and a good word", 0.9, queryMisspeltPair, within(5)},
		{"a quoted title with an error", 0.95, queryMisspeltTitle, within(5)},
		{"umlauts as two letters", 0.9, queryUmlauts(strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe", "æ", "ae")), within(5)},
	}
}

// queryMisspelt returns a query for the longest word of a title, each word once:
// one that many titles have is no name for a work.
func queryMisspelt() func(*rand.Rand, *library.Item) (library.Query, bool) {
	asked := map[string]bool{}
	return func(r *rand.Rand, it *library.Item) (library.Query, bool) {
		w := longWords(it.Title(), 8)
		if len(w) == 0 {
			return library.Query{}, false
		}
		longest := slices.MaxFunc(w, func(a, b string) int { return len(a) - len(b) })
		again := asked[strings.ToLower(longest)]
		asked[strings.ToLower(longest)] = true
		return library.Query{Text: misspell(r, longest)}, !again
	}
}

func queryMisspeltAuthor(r *rand.Rand, it *library.Item) (library.Query, bool) {
	year, known := it.Year()
	name := firstAuthor(it)
	if !known || utf8.RuneCountInString(name) < 4 {
		return library.Query{}, false
	}
	return library.Query{Text: fmt.Sprintf("%s %d", misspell(r, name), year)}, true
}

func queryMisspeltPair(r *rand.Rand, it *library.Item) (library.Query, bool) {
	w := longWords(it.Title(), 5)
	if len(w) < 2 {
		return library.Query{}, false
	}
	i := r.IntN(len(w) - 1)
	return library.Query{Text: misspell(r, w[i]) + " " + w[i+1]}, true
}

func queryMisspeltTitle(r *rand.Rand, it *library.Item) (library.Query, bool) {
	title := strings.ReplaceAll(it.Title(), `"`, "")
	w := longWords(title, 5)
	if len(w) < 2 || len(strings.Fields(title)) > 16 {
		return library.Query{}, false
	}
	word := w[r.IntN(len(w))]
	return library.Query{Text: `"` + strings.Replace(title, word, misspell(r, word), 1) + `"`}, true
}

// longWords returns the words of a text that have so many letters.
func longWords(text string, least int) []string {
	return slices.DeleteFunc(strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }), func(w string) bool {
		return utf8.RuneCountInString(w) < least
	})
}

// misspell returns a word with one error: a letter missing, added, wrong or
// swapped with the next.
func misspell(r *rand.Rand, word string) string {
	letters := []rune(word)
	other, i := rune('a'+r.IntN(26)), r.IntN(len(letters)-1)
	switch r.IntN(4) {
	case 0:
		letters = slices.Delete(letters, i, i+1)
	case 1:
		letters = slices.Insert(letters, i, other)
	case 2:
		letters[i] = other
	default:
		letters[i], letters[i+1] = letters[i+1], letters[i]
	}
	return string(letters)
}
