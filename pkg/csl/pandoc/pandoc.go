// Package pandoc reads citations in the syntax of Pandoc's Markdown
// (https://pandoc.org/MANUAL.html#citation-syntax), such as
// "[see @doe99, pp. 33-35; -@smith04]".
package pandoc

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/csl"
)

// MaxCites is the most cites of one citation.
const MaxCites = 100

// Errors of [Parse].
var (
	ErrNoKey    = errors.New("a cite has no @key")
	ErrTwoKeys  = errors.New("a cite has two keys; a semicolon separates cites")
	ErrTooMany  = fmt.Errorf("more than %d cites", MaxCites)
	ErrNotClose = errors.New("a brace is not closed")
)

// Parse reads one citation, with or without its brackets. The IDs of the cites
// are the keys as written, without "@" and braces. Texts before a key are its
// prefix. After it comes a locator, which a label such as "chap." or a digit
// begins, or which stands in braces; the rest is the suffix. "-" before "@"
// suppresses the author.
func Parse(citation string) (csl.Cluster, error) {
	s := strings.TrimSpace(citation)
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		s = s[1 : len(s)-1]
	}
	parts, err := split(s)
	if err != nil {
		return csl.Cluster{}, err
	}
	if len(parts) > MaxCites {
		return csl.Cluster{}, ErrTooMany
	}
	var c csl.Cluster
	for _, part := range parts {
		cite, err := parseCite(part)
		if err != nil {
			return csl.Cluster{}, err
		}
		c.Cites = append(c.Cites, cite)
	}
	return c, nil
}

// split returns the cites of a citation: what semicolons outside braces
// separate.
func split(s string) ([]string, error) {
	var parts []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			depth++
		case '}':
			depth = max(depth-1, 0)
		case ';':
			if depth == 0 {
				parts = append(parts, s[from:i])
				from = i + 1
			}
		}
	}
	if depth > 0 {
		return nil, ErrNotClose
	}
	return append(parts, s[from:]), nil
}

// parseCite reads one cite.
func parseCite(s string) (csl.Cite, error) {
	at, suppress := findKey(s)
	if at < 0 {
		return csl.Cite{}, ErrNoKey
	}
	before := s[:at]
	if suppress {
		before = before[:len(before)-1]
	}
	key, rest := scanKey(s[at+1:])
	if key == "" {
		return csl.Cite{}, ErrNoKey
	}
	if again, _ := findKey(rest); again >= 0 {
		return csl.Cite{}, ErrTwoKeys
	}
	c := csl.Cite{ID: key, SuppressAuthor: suppress, Prefix: withSpace(strings.TrimLeftFunc(before, unicode.IsSpace))}
	c.Label, c.Locator, c.Suffix = parseLocator(rest)
	return c, nil
}

// withSpace returns a prefix that a space, or an opening parenthesis, separates
// from its cite.
func withSpace(prefix string) string {
	if prefix == "" || strings.HasSuffix(prefix, " ") || strings.HasSuffix(prefix, "(") {
		return prefix
	}
	return prefix + " "
}

// findKey returns the position of the "@" that begins a key, or -1, and whether
// a "-" before it suppresses the author. An "@" inside a word, as in an e-mail
// address, begins none.
func findKey(s string) (at int, suppress bool) {
	for i := range len(s) {
		if s[i] != '@' || i+1 == len(s) {
			continue
		}
		if next, _ := utf8.DecodeRuneInString(s[i+1:]); next != '{' && !isKeyStart(next) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		switch {
		case i == 0 || unicode.IsSpace(before) || before == '(':
			return i, false
		case before == '-' && (i == 1 || isBoundary(s[:i-1])):
			return i, true
		}
	}
	return -1, false
}

// isBoundary reports whether a word may begin after s.
func isBoundary(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsSpace(last) || last == '('
}

// isKeyStart reports whether a key may begin with r.
func isKeyStart(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// inner are the characters that a key may have between letters and digits.
const inner = ":.#$%&-+?<>~/_"

// scanKey returns the key at the beginning of s, which follows the "@", and what
// follows the key. Punctuation at its end is not part of it unless the key
// stands in braces.
func scanKey(s string) (key, rest string) {
	if strings.HasPrefix(s, "{") {
		if end := strings.IndexByte(s, '}'); end > 0 {
			return strings.TrimSpace(s[1:end]), s[end+1:]
		}
		return "", s
	}
	end := 0
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			end = i + utf8.RuneLen(r)
		case r < utf8.RuneSelf && strings.ContainsRune(inner, r):
		default:
			return s[:end], s[end:]
		}
	}
	return s[:end], s[end:]
}
