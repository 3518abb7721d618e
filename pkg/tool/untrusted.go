package tool

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Longest texts that an answer carries in one field, in characters.
const (
	maxTitle    = 500
	maxName     = 200
	maxCreators = 200
	maxSnippet  = 400
)

// ellipsis marks a text that was shortened.
const ellipsis = "…"

// tidy makes text from a library fit to hand on, and counts what it shortened
// so that the answer can say so.
type tidy struct{ shortened int }

// line returns s harmless, on one line, of at most limit characters.
func (t *tidy) line(s string, limit int) string {
	return t.cut(plaintext.Line(neutral(s)), limit)
}

// block returns s harmless, with its lines, of at most limit characters.
func (t *tidy) block(s string, limit int) string {
	return t.cut(strings.TrimSpace(neutral(s)), limit)
}

func (t *tidy) cut(s string, limit int) string {
	head, cut := plaintext.Cut(s, limit-1)
	if !cut || utf8.RuneCountInString(s) <= limit {
		return s
	}
	t.shortened++
	return strings.TrimSpace(head) + ellipsis
}

// notice says that texts were shortened; "" if none was.
func (t *tidy) notice() string {
	if t.shortened == 0 {
		return ""
	}
	return fmt.Sprintf("%d long texts were shortened; each ends with %s", t.shortened, ellipsis)
}

// ours returns words of our own, or of an upstream, as one short line.
func ours(s string) string { return new(tidy).line(s, maxTitle) }

// neutral returns s without anything that acts on a reader rather than being
// read: invisible characters, HTML, and Markdown that a client would follow or
// load, which is how text from a library could send a conversation elsewhere.
// Addresses stay, as plain text.
func neutral(s string) string {
	return withoutLinks(plaintext.Shown(s))
}

// withoutLinks returns s with Markdown's links and images taken apart by a
// space in each: they read the same and lead nowhere.
func withoutLinks(s string) string {
	if strings.IndexByte(s, ']') >= 0 {
		s = strings.ReplaceAll(s, "](", "] (")
		s = linkReference.ReplaceAllString(s, "] :$1")
	}
	return s
}

// linkReference is what makes a Markdown reference definition of a line.
var linkReference = regexp.MustCompile(`\]:(\s*<?(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//|[&\\]))`)

// jsonChars returns how many characters s takes inside a JSON string as encode
// writes it.
func jsonChars(s string) int {
	n := 0
	for _, r := range s {
		n += jsonWidth(r)
	}
	return n
}

func jsonWidth(r rune) int {
	switch {
	case r == '"' || r == '\\' || r == '\n' || r == '\t' || r == '\r':
		return 2
	case r < ' ' || r == '\u2028' || r == '\u2029':
		return 6
	}
	return 1
}
