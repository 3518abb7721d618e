// Package markup reduces the HTML that bibliography files carry to plain text.
package markup

import (
	"html"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// Inline returns s without tags and entities, for a field of one line.
func Inline(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	return strings.Join(strings.Fields(html.UnescapeString(plaintext.WithoutTags(s))), " ")
}

// Note returns s as Markdown-like text if it has tags, and as it is if not.
func Note(s string) string {
	if !plaintext.HasTags(s) {
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
