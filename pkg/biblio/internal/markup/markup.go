// Package markup reduces the HTML that bibliography files carry to plain text.
package markup

import (
	"html"
	"regexp"
	"strings"

	"github.com/JohannesKaufmann/html-to-markdown/v2/converter"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/base"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/commonmark"
	"github.com/JohannesKaufmann/html-to-markdown/v2/plugin/table"
)

// maxHTML is the length in bytes up to which HTML is parsed; beyond it tags
// are only taken out.
const maxHTML = 256 << 10

// tagPattern returns the pattern of the tags that text in bibliographies has.
// Anything else in angle brackets ("x<y and z>2") is text.
func tagPattern() *regexp.Regexp {
	return regexp.MustCompile(`(?i)</?(?:i|b|u|s|em|strong|sub|sup|sc|small|big|span|div|font|tt|code|a|p|br|h[1-6]|ul|ol|li|blockquote|table|tbody|tr|td|th|pre|cite|q|title|sec|jats:[a-z-]+)(?:\s+[a-z:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*\s*/?>`)
}

// Reducer reduces HTML. It may be used by one goroutine at a time.
type Reducer struct {
	tags     *regexp.Regexp
	markdown *converter.Converter
}

// NewReducer returns a reducer.
func NewReducer() *Reducer {
	return &Reducer{
		tags: tagPattern(),
		// The text is for reading and searching, not for rendering: a star
		// that was a star needs no backslash.
		markdown: converter.NewConverter(
			converter.WithPlugins(base.NewBasePlugin(), commonmark.NewCommonmarkPlugin(), table.NewTablePlugin()),
			converter.WithEscapeMode(converter.EscapeModeDisabled),
		),
	}
}

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
	if len(s) <= maxHTML {
		if text, err := r.markdown.ConvertString(s); err == nil {
			// A break is two spaces in Markdown, and "<" an entity.
			text = strings.ReplaceAll(text, "  \n", "\n")
			return strings.TrimSpace(html.UnescapeString(text))
		}
	}
	return strings.TrimSpace(html.UnescapeString(r.tags.ReplaceAllString(s, "\n")))
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
