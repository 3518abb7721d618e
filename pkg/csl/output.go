package csl

import (
	"html"
	"slices"
	"strings"
	"unicode"
)

// Text is a rendered citation or bibliography entry. Its methods write it in the
// formats of this package.
type Text struct {
	tokens []token
}

// token is a piece of text, or the start or end of a format.
type token struct {
	kind tokenKind
	fmt  format // of starts and ends: one attribute is set
	text string
}

type tokenKind uint8

const (
	tokenText tokenKind = iota
	tokenOpen
	tokenClose
)

// emitter turns a tree of blobs into tokens.
type emitter struct {
	tokens []token
	quotes *quoteTerms
	bare   bool // without formats
	// How many of the formats around are not "normal".
	styled, varied, weighted int
}

func (e *emitter) text(s string) {
	if s == "" {
		return
	}
	s = widenSpaces(s)
	if n := len(e.tokens); n > 0 && e.tokens[n-1].kind == tokenText {
		e.tokens[n-1].text += s
		return
	}
	e.tokens = append(e.tokens, token{text: s})
}

// blob emits b; measure must have been called on it.
func (e *emitter) blob(b *blob) {
	if !b.content {
		return
	}
	if b.fmt == (format{}) || e.bare {
		e.text(b.prefix)
		e.inside(b)
		e.text(b.suffix)
		return
	}
	if b.fmt.display != 0 {
		e.tokens = append(e.tokens, token{kind: tokenOpen, fmt: format{display: b.fmt.display}})
	}
	e.text(b.prefix)
	e.formatted(b)
	e.text(b.suffix)
	if b.fmt.display != 0 {
		e.tokens = append(e.tokens, token{kind: tokenClose, fmt: format{display: b.fmt.display}})
	}
}

func (e *emitter) inside(b *blob) {
	if b.leaf {
		e.text(b.text)
		return
	}
	first := true
	for _, k := range b.kids {
		if !k.content {
			continue
		}
		if !first && b.delim != "" && !k.glued {
			e.text(b.delim)
		}
		first = false
		e.blob(k)
	}
}

// formatted emits b's content within its formats, font style innermost and
// quotation marks outermost.
func (e *emitter) formatted(b *blob) {
	parts := e.effective(&b.fmt)
	for _, part := range slices.Backward(parts) {
		e.tokens = append(e.tokens, token{kind: tokenOpen, fmt: part})
		if q := part.quotes; q != 0 {
			e.tokens = e.tokens[:len(e.tokens)-1]
			e.text(e.quote(q, true))
		}
	}
	e.count(&b.fmt, 1)
	e.inside(b)
	e.count(&b.fmt, -1)
	for i := range parts {
		if q := parts[i].quotes; q != 0 {
			e.text(e.quote(q, false))
			continue
		}
		e.tokens = append(e.tokens, token{kind: tokenClose, fmt: parts[i]})
	}
}

func (e *emitter) quote(q quoteLevel, open bool) string {
	switch {
	case q == quoteOuter && open:
		return e.quotes.open
	case q == quoteOuter:
		return e.quotes.close
	case open:
		return e.quotes.openInner
	}
	return e.quotes.closeInner
}

// effective splits a format into its attributes. "normal" has an effect only
// where something around is not.
func (e *emitter) effective(f *format) []format {
	parts := make([]format, 0, 2)
	if f.style != 0 && (f.style != styleNormal || e.styled > 0) {
		parts = append(parts, format{style: f.style})
	}
	if f.variant != 0 && (f.variant != variantNormal || e.varied > 0) {
		parts = append(parts, format{variant: f.variant})
	}
	if f.weight != 0 && f.weight != weightLight && (f.weight != weightNormal || e.weighted > 0) {
		parts = append(parts, format{weight: f.weight})
	}
	if f.line != 0 {
		parts = append(parts, format{line: f.line})
	}
	if f.align != 0 {
		parts = append(parts, format{align: f.align})
	}
	if f.quotes == quoteOuter || f.quotes == quoteInner {
		parts = append(parts, format{quotes: f.quotes})
	}
	return parts
}

func (e *emitter) count(f *format, by int) {
	if f.style != 0 && f.style != styleNormal {
		e.styled += by
	}
	if f.variant != 0 && f.variant != variantNormal {
		e.varied += by
	}
	if f.weight != 0 && f.weight != weightNormal {
		e.weighted += by
	}
}

// Plain returns the text without formats.
func (t Text) Plain() string {
	var b strings.Builder
	for i := range t.tokens {
		switch k := &t.tokens[i]; {
		case k.kind == tokenText:
			b.WriteString(k.text)
		case k.fmt.display != 0 && k.kind == tokenOpen && b.Len() > 0:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// HTML returns the text as HTML, with <i>, <b>, <sup>, <sub>, spans for the other
// formats, and divs for the blocks of an entry.
func (t Text) HTML() string {
	var b strings.Builder
	for i := range t.tokens {
		k := &t.tokens[i]
		switch k.kind {
		case tokenText:
			writeHTMLText(&b, k.text)
		case tokenOpen:
			b.WriteString(htmlOpen(&k.fmt))
		case tokenClose:
			b.WriteString(htmlClose(&k.fmt))
		}
	}
	return b.String()
}

func htmlOpen(f *format) string {
	switch {
	case f.style == styleItalic:
		return "<i>"
	case f.style == styleOblique:
		return "<em>"
	case f.style == styleNormal:
		return `<span style="font-style:normal;">`
	case f.variant == variantSmallCaps:
		return `<span style="font-variant:small-caps;">`
	case f.variant == variantNormal:
		return `<span style="font-variant:normal;">`
	case f.weight == weightBold:
		return "<b>"
	case f.weight == weightNormal:
		return `<span style="font-weight:normal;">`
	case f.line == lineUnder:
		return `<span style="text-decoration:underline;">`
	case f.line == lineNone:
		return `<span style="text-decoration:none;">`
	case f.align == alignSup:
		return "<sup>"
	case f.align == alignSub:
		return "<sub>"
	case f.align == alignBaseline:
		return `<span style="baseline">`
	case f.display == displayBlock:
		return "\n\n    <div class=\"csl-block\">"
	case f.display == displayLeftMargin:
		return "\n    <div class=\"csl-left-margin\">"
	case f.display == displayRightInline:
		return `<div class="csl-right-inline">`
	case f.display == displayIndent:
		return `<div class="csl-indent">`
	}
	return ""
}

func htmlClose(f *format) string {
	switch {
	case f.style == styleItalic:
		return "</i>"
	case f.style == styleOblique:
		return "</em>"
	case f.weight == weightBold:
		return "</b>"
	case f.align == alignSup:
		return "</sup>"
	case f.align == alignSub:
		return "</sub>"
	case f.display == displayBlock:
		return "</div>\n"
	case f.display == displayLeftMargin:
		return "</div>"
	case f.display != 0:
		return "</div>\n  "
	}
	return "</span>"
}

// writeHTMLText escapes text and makes <sup> elements of superscript characters.
func writeHTMLText(b *strings.Builder, s string) {
	if isASCII(s) {
		b.WriteString(html.EscapeString(s))
		return
	}
	start := 0
	for i, r := range s {
		plain, ok := superscripts[r]
		if !ok {
			continue
		}
		b.WriteString(html.EscapeString(s[start:i]))
		b.WriteString("<sup>" + plain + "</sup>")
		start = i + len(string(r))
	}
	b.WriteString(html.EscapeString(s[start:]))
}

// widenSpaces makes the first of two spaces of any kind non-breaking and the
// second a plain one.
func widenSpaces(s string) string {
	last := false
	double := false
	for _, r := range s {
		space := unicode.IsSpace(r)
		double = double || space && last
		last = space
	}
	if !double {
		return s
	}
	var b strings.Builder
	rest := []rune(s)
	for i := 0; i < len(rest); i++ {
		if i+1 < len(rest) && unicode.IsSpace(rest[i]) && unicode.IsSpace(rest[i+1]) {
			b.WriteString("\u00a0 ")
			i++
			continue
		}
		b.WriteRune(rest[i])
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
