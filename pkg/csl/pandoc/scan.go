package pandoc

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// Citation is a citation in running text.
type Citation struct {
	csl.Cluster
	// InText is set for "@key [p. 3]": the author is part of the sentence. The
	// first cite is that of the key.
	InText bool
	// Start and End are where the citation stands, in bytes.
	Start, End int
}

// Bounds of a citation in brackets, so that the time to read a text grows with
// its length alone.
const (
	maxBytes   = 4096
	maxNesting = 3
)

// Find returns the citations of a text in order. A backslash before "@" or "["
// hides it.
func Find(s string) []Citation {
	var found []Citation
	before := rune(0)
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+1 < len(s) {
			before = '\\'
			i += 2
			continue
		}
		if c, n := Scan(s[i:], before); n > 0 {
			c.Start, c.End = i, i+n
			found = append(found, c)
			i += n
			before = ']'
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		before = r
		i += n
	}
	return found
}

// Scan reads the citation at the beginning of s: "[see @key]", "@key",
// "@key [p. 3]" or "-@key". It returns its length in bytes, 0 if there is none.
// The rune before s, or 0, tells a key from the "@" inside a word.
func Scan(s string, before rune) (c Citation, n int) {
	switch {
	case strings.HasPrefix(s, "["):
		return scanBracket(s)
	case strings.HasPrefix(s, "@"):
		return scanInText(s, before)
	case strings.HasPrefix(s, "-@") && !isWord(before):
		key, rest := scanKey(s[2:])
		if key == "" {
			return c, 0
		}
		c.Cites = []csl.Cite{{ID: key, SuppressAuthor: true}}
		return c, len(s) - len(rest)
	}
	return c, 0
}

// Closing returns the position of the bracket that closes the one at the
// beginning of s, or -1. more reports whether text after s could have it.
func Closing(s string) (at int, more bool) {
	depth := 0
	for i := 0; i < min(len(s), maxBytes); i++ {
		switch s[i] {
		case '\\':
			i++
		case '[':
			if depth++; depth > maxNesting {
				return -1, false
			}
		case ']':
			if depth--; depth == 0 {
				return i, false
			}
		}
	}
	return -1, len(s) < maxBytes
}

// scanBracket reads a citation in brackets. The text of a link is none.
func scanBracket(s string) (c Citation, n int) {
	end, _ := Closing(s)
	if end < 0 || !strings.Contains(s[:end], "@") || isLink(s[end+1:]) {
		return c, 0
	}
	cluster, err := Parse(s[:end+1])
	if err != nil {
		return c, 0
	}
	c.Cluster = cluster
	return c, end + 1
}

// isLink reports whether what follows a text in brackets makes it a link or a
// span.
func isLink(after string) bool { return strings.HasPrefix(after, "(") || strings.HasPrefix(after, "{") }

// scanInText reads "@key", and the locator and further cites in brackets behind
// it.
func scanInText(s string, before rune) (c Citation, n int) {
	first, _ := utf8.DecodeRuneInString(s[1:])
	if isWord(before) || before == '/' || first != '{' && !isKeyStart(first) {
		return c, 0
	}
	key, rest := scanKey(s[1:])
	if key == "" {
		return c, 0
	}
	c.InText = true
	c.Cites = []csl.Cite{{ID: key}}
	n = len(s) - len(rest)
	more := strings.TrimPrefix(strings.TrimPrefix(rest, " "), "\n")
	if end, _ := Closing(more); strings.HasPrefix(more, "[") && end > 0 && !isLink(more[end+1:]) {
		if cites, ok := behindKey(key, more[1:end]); ok {
			c.Cites = cites
			n = len(s) - len(more) + end + 1
		}
	}
	return c, n
}

// behindKey reads what stands in brackets behind a key in the text. A citation
// of another work, and a footnote, are no part of it.
func behindKey(key, inside string) ([]csl.Cite, bool) {
	parts, err := split(inside)
	if err != nil || len(parts) > MaxCites || strings.HasPrefix(inside, "^") {
		return nil, false
	}
	if at, _ := findKey(parts[0]); at >= 0 {
		return nil, false
	}
	first := csl.Cite{ID: key}
	first.Label, first.Locator, first.Suffix = parseLocator(parts[0])
	if first.Suffix != "" && !unicode.IsSpace(rune(first.Suffix[0])) && first.Suffix[0] != ',' {
		first.Suffix = " " + first.Suffix
	}
	cites := []csl.Cite{first}
	for _, part := range parts[1:] {
		cite, err := parseCite(part)
		if err != nil {
			return nil, false
		}
		cites = append(cites, cite)
	}
	return cites, true
}

// isWord reports whether r is part of a word, so that an "@" after it begins no
// key.
func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '\\' }
