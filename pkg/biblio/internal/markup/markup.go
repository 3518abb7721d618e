// Package markup reduces the HTML that bibliography files carry to plain text.
package markup

import (
	"html"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// tagPattern returns the pattern of the tags that text in bibliographies has.
// Anything else in angle brackets ("x<y and z>2") is text.
func tagPattern() *regexp.Regexp {
	return regexp.MustCompile(`(?i)</?(?:i|b|u|s|em|strong|sub|sup|sc|small|big|span|div|font|tt|code|a|p|br|h[1-6]|ul|ol|li|blockquote|table|tbody|tr|td|th|pre|cite|q|title|sec|jats:[a-z-]+)(?:\s+[a-z:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*/?>`)
}

// Reducer reduces HTML.
type Reducer struct{ tags *regexp.Regexp }

// NewReducer returns a reducer.
func NewReducer() *Reducer { return &Reducer{tags: tagPattern()} }

// Inline returns s without tags and entities, for a field of one line.
func (r *Reducer) Inline(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	if strings.Contains(s, "<") {
		s = r.tags.ReplaceAllString(s, "")
	}
	s = strings.ReplaceAll(html.UnescapeString(s), "\u00a0", " ")
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

// Note returns s as Markdown-like text if it has tags, and as it is if not.
func (r *Reducer) Note(s string) string {
	if !strings.Contains(s, "<") || !r.tags.MatchString(s) {
		return strings.TrimSpace(s)
	}
	return plaintext.FromHTML(s)
}

// Paragraphs returns plain text as HTML on one line: a paragraph for each run
// of lines, a break for each line in it.
func Paragraphs(text string) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		if paragraph == "" {
			continue
		}
		b.WriteString("<p>")
		for i, line := range strings.FieldsFunc(paragraph, func(r rune) bool { return r == '\n' || r == '\r' }) {
			if i > 0 {
				b.WriteString("<br/>")
			}
			b.WriteString(html.EscapeString(strings.TrimSpace(line)))
		}
		b.WriteString("</p>")
	}
	return b.String()
}
