package bibtex

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxKey is the length in bytes up to which a citation key is kept.
const maxKey = 200

// keys gives each item of one output a citation key of its own.
type keys struct {
	taken map[string]bool // in lower case: BibTeX doesn't tell cases apart
	// suffixes are how many keys a base has given, so that a thousand equal
	// ones don't take a million tries.
	suffixes map[string]int
	given    []string // by the item's position
}

// newKeys gives the items their keys: first those that have one.
func newKeys(items []*library.Item) *keys {
	k := &keys{taken: map[string]bool{}, suffixes: map[string]int{}, given: make([]string, len(items))}
	for _, own := range []bool{true, false} {
		for i, item := range items {
			key := cleanKey(item.Fields["citationKey"])
			if (key != "") != own || k.given[i] != "" {
				continue
			}
			if !own {
				key = makeKey(item)
			}
			k.given[i] = k.unique(key)
		}
	}
	return k
}

// unique returns base, with letters after it if it is taken.
func (k *keys) unique(base string) string {
	lower := strings.ToLower(base)
	for key := base; ; {
		if !k.taken[strings.ToLower(key)] {
			k.taken[strings.ToLower(key)] = true
			return key
		}
		key = base + letters(k.suffixes[lower])
		k.suffixes[lower]++
	}
}

// letters returns "a" for 0 to "z" for 25, then "aa", "ab", ….
func letters(n int) string {
	s := ""
	for ; n >= 0; n = n/26 - 1 {
		s = string(rune('a'+n%26)) + s
	}
	return s
}

// cleanKey returns what of a key any reader takes for one.
func cleanKey(key string) string {
	key = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`,{}()"#%'=\~@&$^<>`, r) {
			return -1
		}
		return r
	}, key)
	if len(key) > maxKey {
		key = strings.ToValidUTF8(key[:maxKey], "")
	}
	return key
}

// makeKey makes a key of the first creator's name, the year, and the title's
// first word of meaning: "lovelace1843notes".
func makeKey(item *library.Item) string {
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
	for word := range strings.FieldsSeq(strings.ToLower(item.Title())) {
		if word = asciiWord(word); word != "" && !strings.Contains(functionWords, " "+word+" ") {
			return author + year + word
		}
	}
	return author + year
}

// functionWords say little about a title.
const functionWords = " a an the on of in at to for and or from by with der die das ein eine le la les l un une des du el los las de een het den il lo "

// asciiWord returns the letters and digits of s in lower case, without
// diacritics, at most 30.
func asciiWord(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		r = unicode.ToLower(r)
		if (r >= 'a' && r <= 'z' || r >= '0' && r <= '9') && b.Len() < 30 {
			b.WriteRune(r)
		}
	}
	return b.String()
}
