package duplicate

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Numbers returns the numbers in a folded title, Roman ones too: all that tells one
// part of a series from the next.
func Numbers(title string) string {
	var found []string
	for word := range strings.FieldsSeq(title) {
		if strings.ContainsFunc(word, unicode.IsNumber) || strings.Trim(word, "ivx") == "" {
			found = append(found, word)
		}
	}
	return strings.Join(found, " ")
}

// About returns the word with which a folded title says that the work is about
// another one, such as "erratum" or "reply", or "".
func About(title string) string {
	first, rest, _ := strings.Cut(title, " ")
	switch first {
	case "erratum", "errata", "corrigendum", "corrigenda", "correction", "corrections", "retraction", "retracted", "addendum":
		return first
	case "reply", "response", "comment", "comments", "review":
		if second, _, _ := strings.Cut(rest, " "); second == "to" || second == "on" || second == "of" {
			return first
		}
	}
	return ""
}

// title is a title in the forms in which titles are compared.
type title struct {
	whole string // folded, without an article at its beginning
	main  string // the part before a subtitle, or whole
}

func titleOf(s string) title {
	shown := plaintext.Shown(s)
	t := title{whole: bare(shown)}
	t.main = t.whole
	if at := strings.IndexAny(shown, ":?—–"); at > 0 {
		if main := bare(shown[:at]); strings.Contains(main, " ") {
			t.main = main
		}
	}
	return t
}

// bare returns a title folded, "&" as a word, without an article before it.
func bare(s string) string {
	s = plaintext.Fold(strings.ReplaceAll(s, "&", " and "))
	for _, article := range [...]string{"the ", "a ", "an "} {
		if rest, ok := strings.CutPrefix(s, article); ok {
			return rest
		}
	}
	return s
}

// The number of words that a title has at least: without further evidence a shorter
// one is too common, and in a shorter one a wrong letter tells too much.
const (
	fewWords  = 3
	manyWords = 4
)

func words(s string) int { return strings.Count(s, " ") + 1 }

// equal reports whether two titles are the same but for spaces and an article.
func (t title) equal(o title) bool {
	return t.whole == o.whole || strings.ReplaceAll(t.whole, " ", "") == strings.ReplaceAll(o.whole, " ", "")
}

// near reports whether two titles that are not equal may be of one work: one lacks the
// subtitle of the other, or at most two words have one wrong letter each.
func (t title) near(o title) bool {
	if About(t.whole) != About(o.whole) {
		return false
	}
	if t.main == o.whole {
		return plainSubtitle(t)
	}
	if t.whole == o.main {
		return plainSubtitle(o)
	}
	return Numbers(t.whole) == Numbers(o.whole) && misspelt(t.whole, o.whole)
}

// plainSubtitle reports whether a subtitle can be left out: it does not make the work
// another one, such as a part, a review or a reply.
func plainSubtitle(t title) bool {
	sub := strings.TrimPrefix(t.whole, t.main)
	if Numbers(sub) != "" {
		return false
	}
	for word := range strings.FieldsSeq(sub) {
		switch word {
		case "review", "reply", "response", "comment", "commentary", "comments", "erratum", "corrigendum", "correction", "retraction",
			"addendum", "supplement", "appendix", "introduction", "editorial", "abstract", "part", "volume", "solutions", "workbook":
			return false
		}
	}
	return true
}

// misspelt reports whether two folded titles of several words differ in one letter of
// one or two words, which are long enough that it is likely an error.
func misspelt(a, b string) bool {
	const most, longWord = 2, 5
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) != len(y) || len(x) < fewWords {
		return false
	}
	wrong := 0
	for i := range x {
		if x[i] == y[i] {
			continue
		}
		if wrong++; wrong > most || min(utf8.RuneCountInString(x[i]), utf8.RuneCountInString(y[i])) < longWord || !oneEdit(x[i], y[i]) {
			return false
		}
	}
	return true
}

// oneEdit reports whether two words that differ become equal by one letter that is
// added, removed or replaced, or by two neighbours that change places.
func oneEdit(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return string(x[i:]) == string(y[i+1:])
	}
	if string(x[i+1:]) == string(y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && string(x[i+2:]) == string(y[i+2:])
}
