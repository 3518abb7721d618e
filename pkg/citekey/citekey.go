// Package citekey makes the citation keys of works, which are the same in every
// format. The shelf that holds a work keeps its key ([library.Item.CitationKey]);
// for a work of no shelf, a key is made at each call.
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

// Of returns the work's citation key: the one that its library has given it, or
// else its own, or else the one that [Make] returns.
func Of(item *library.Item) string {
	if item.CitationKey != "" {
		return item.CitationKey
	}
	return Proposed(item)
}

// Proposed returns the key that a work would have if no other work had it: its
// own, or else the one that [Make] returns.
func Proposed(item *library.Item) string {
	if key := Own(item); key != "" {
		return key
	}
	return Make(item)
}

// Own returns the key that the work itself states, as [Clean] leaves it: in the
// field citationKey or in a line "Citation Key: …" of extra, where Better BibTeX
// keeps it for versions of Zotero that have no such field. It is "" if there is
// none.
func Own(item *library.Item) string {
	if key := Clean(item.Fields["citationKey"]); key != "" {
		return key
	}
	for line := range strings.Lines(item.Fields["extra"]) {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "citation key", "citation-key", "citationkey":
			if words := strings.Fields(value); len(words) > 0 {
				return Clean(words[0])
			}
		}
	}
	return ""
}

// Former returns the further keys by which a work has been known, those of the
// line "ids: …" of extra. BibLaTeX calls its field for them so.
func Former(item *library.Item) []string {
	var keys []string
	for line := range strings.Lines(item.Fields["extra"]) {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(strings.TrimSpace(name), "ids") {
			keys = append(keys, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })...)
		}
	}
	return keys
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
// tell upper from lower case, and biber ignores apostrophes. Keys that a library
// has given go before the works' own, and these before made ones. Of works with
// the same key the one added first keeps it and the others get letters. The
// order of items doesn't matter where they have IDs.
func Assign(items []*library.Item) []string {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := items[a], items[b]
		return cmp.Or(
			boolCompare(y.CitationKey != "", x.CitationKey != ""), boolCompare(Own(y) != "", Own(x) != ""),
			x.Added.Compare(y.Added), cmp.Compare(x.ID.String(), y.ID.String()))
	})
	keys := make([]string, len(items))
	taken := map[string]bool{} // as Fold returns them
	given := NewUnique(func(key string) (bool, error) { return taken[key], nil })
	for _, i := range order {
		keys[i], _ = given.Key(Of(items[i])) // a map does not fail
		taken[Fold(keys[i])] = true
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

// Unique makes keys that no other work has.
type Unique struct {
	taken func(folded string) (bool, error)
	// suffixes counts the keys derived from a base, so that a thousand equal
	// keys don't take a million attempts.
	suffixes map[string]int
}

// NewUnique returns a Unique. taken reports whether a work has a key, given as
// [Fold] returns it.
func NewUnique(taken func(folded string) (bool, error)) *Unique {
	return &Unique{taken: taken, suffixes: map[string]int{}}
}

// Key returns base, with letters after it if it is taken. Its error is that of
// taken.
func (u *Unique) Key(base string) (string, error) {
	for key := base; ; {
		if used, err := u.taken(Fold(key)); err != nil || !used {
			return key, err
		}
		key = base + letters(u.suffixes[Fold(base)])
		u.suffixes[Fold(base)]++
	}
}

// Fold returns the form in which keys are compared: BibTeX does not tell upper
// from lower case, and biber refuses apostrophes.
func Fold(key string) string { return strings.ToLower(ForBiber(key)) }

// letters returns "a" for 0 to "z" for 25, then "aa", "ab", ….
func letters(n int) string {
	s := ""
	for ; n >= 0; n = n/26 - 1 {
		s = string(rune('a'+n%26)) + s
	}
	return s
}
