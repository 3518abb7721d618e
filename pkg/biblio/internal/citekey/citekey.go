// Package citekey gives works their citation keys: one key for one work, the
// same in every format.
package citekey

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// maxLength is the length in bytes to which a key is cut.
const maxLength = 200

// Of returns the work's own key or, if it has none, the one [Make] returns.
func Of(item *library.Item) string {
	if key := Clean(item.Fields["citationKey"]); key != "" {
		return key
	}
	return Make(item)
}

// Clean returns key without the characters that BibTeX or LaTeX can't hold in
// a key: white space, control characters, and any of "#%(),={}\~.
func Clean(key string) string {
	key = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`"#%(),={}\~`, r) {
			return -1
		}
		return r
	}, key)
	if len(key) > maxLength {
		key = strings.ToValidUTF8(key[:maxLength], "")
	}
	return key
}

// ForBiber returns key without apostrophes, with which biber refuses the whole
// file.
func ForBiber(key string) string { return strings.ReplaceAll(key, "'", "") }

// Make makes a key of the first creator's name, the year, and the title's
// first significant word: "lovelace1843notes". It depends on nothing else, so
// that it is the same in every call.
func Make(item *library.Item) string {
	author := "anonymous"
	if len(item.Creators) > 0 {
		if name := asciiWord(item.Creators[0].Family + item.Creators[0].Name); name != "" {
			author = name
		}
	}
	year := ""
	if n, ok := item.Year(); ok {
		year = strconv.Itoa(n)
	}
	for word := range strings.FieldsSeq(plaintext.Shown(item.Title())) {
		if word = asciiWord(word); word != "" && !strings.Contains(functionWords, " "+word+" ") {
			return author + year + word
		}
	}
	return author + year
}

// functionWords are words that don't identify a title.
const functionWords = " a an the on of in at to for and or from by with der die das ein eine le la les l un une des du el los las de een het den il lo "

// asciiWord returns the ASCII letters and digits of s as [plaintext.Fold]
// writes them, at most 30.
func asciiWord(s string) string {
	var b strings.Builder
	for _, r := range plaintext.Fold(s) {
		if (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') && b.Len() < 30 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Assign returns the keys of items, by position, each once: BibTeX doesn't
// tell upper from lower case, and biber ignores apostrophes. Of works with the
// same key the one added first keeps it and the others get a letter; own keys
// go before made ones. The order of items doesn't matter where they have IDs.
func Assign(items []*library.Item) []string {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := items[a], items[b]
		return cmp.Or(
			boolCompare(Clean(y.Fields["citationKey"]) != "", Clean(x.Fields["citationKey"]) != ""),
			x.Added.Compare(y.Added), cmp.Compare(x.ID.String(), y.ID.String()))
	})
	keys := make([]string, len(items))
	given := register{taken: map[string]bool{}, suffixes: map[string]int{}}
	for _, i := range order {
		keys[i] = given.unique(Of(items[i]))
	}
	return keys
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// register holds the keys that are given away.
type register struct {
	taken map[string]bool // as fold returns them
	// suffixes counts the keys derived from a base, so that a thousand equal
	// keys don't take a million attempts.
	suffixes map[string]int
}

// unique returns base, with letters after it if it is taken.
func (r *register) unique(base string) string {
	for key := base; ; {
		if !r.taken[fold(key)] {
			r.taken[fold(key)] = true
			return key
		}
		key = base + letters(r.suffixes[fold(base)])
		r.suffixes[fold(base)]++
	}
}

func fold(key string) string { return strings.ToLower(ForBiber(key)) }

// letters returns "a" for 0 to "z" for 25, then "aa", "ab", ….
func letters(n int) string {
	s := ""
	for ; n >= 0; n = n/26 - 1 {
		s = string(rune('a'+n%26)) + s
	}
	return s
}
