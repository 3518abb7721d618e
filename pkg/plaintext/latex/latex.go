// Package latex turns the LaTeX of bibliography files and titles into Unicode text and
// back.
package latex

import (
	"slices"
	"strings"
)

// maxDepth is how deep groups may nest before their braces are passed over:
// deeper ones carry no meaning, only an attack on the stack.
const maxDepth = 48

// ToUnicode returns the text that s typesets. Accents and symbol commands
// become characters, braces go, math keeps its letters and signs, and italic,
// bold, small capitals, sub- and superscript become Zotero's rich text
// (https://www.zotero.org/support/kb/rich_text_bibliography). White space
// runs become single spaces. Commands it doesn't know keep their argument, or
// without one their name. It takes time linear in the length of s.
func ToUnicode(s string) string { return convert(s, true, false) }

// ToText is [ToUnicode] without rich text: for names, tags and other plain
// fields.
func ToText(s string) string { return convert(s, false, false) }

// ToParagraphs is [ToText] for longer texts: blank lines and \par stay, as
// one blank line each.
func ToParagraphs(s string) string { return convert(s, false, true) }

func convert(s string, rich, paragraphs bool) string {
	if !strings.ContainsAny(s, "\\{}$~`'-!?\n\r\t\v\f") && !strings.Contains(s, "  ") {
		return strings.Trim(s, " ")
	}
	r := &reader{s: s, rich: rich}
	return tidy(r.text(0, 0), paragraphs)
}

// paragraph stands for a paragraph's end until the text is tidied. A form
// feed in the source is white space, so none gets in by another way.
const paragraph = '\f'

// tidy makes runs of white space one space, or one blank line if there was a
// paragraph's end among it and paragraphs are wanted.
func tidy(s string, paragraphs bool) string {
	var b strings.Builder
	b.Grow(len(s))
	space, end := false, false
	for i := range len(s) {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r', '\v':
			space = true
		case paragraph:
			space, end = true, true
		default:
			if space && b.Len() > 0 {
				if end && paragraphs {
					b.WriteString("\n\n")
				} else {
					b.WriteByte(' ')
				}
			}
			space, end = false, false
			b.WriteByte(c)
		}
	}
	return b.String()
}

// reader walks through LaTeX source once, from left to right.
type reader struct {
	s    string
	pos  int
	rich bool
	// lastDollar is the position of the last "$" in s plus one, 0 if not
	// looked up yet: it tells in constant time that a "$" stays alone.
	lastDollar int
}

// text converts up to stop (0 is the end of the source), which it consumes,
// or to a brace that belongs to a group around it, which it doesn't. Formats
// that a declaration switches on end with it.
func (r *reader) text(stop byte, depth int) string {
	var b strings.Builder
	var ends []string
	for r.pos < len(r.s) {
		c := r.s[r.pos]
		if c == stop {
			r.pos++
			break
		}
		if c == '}' && stop != 0 {
			break
		}
		switch c {
		case '{':
			b.WriteString(r.group(depth))
		case '}':
			r.pos++
		case '$':
			b.WriteString(r.dollar(stop, depth))
		case '\\':
			if open, end, ok := r.declaration(); ok {
				b.WriteString(open)
				if end != "" {
					ends = append(ends, end)
				}
				continue
			}
			b.WriteString(r.command(depth))
		case '^', '_':
			if stop == '$' {
				b.WriteString(r.script(depth))
				continue
			}
			b.WriteByte(c)
			r.pos++
		default:
			b.WriteString(r.plain(stop == '$'))
		}
	}
	for _, end := range slices.Backward(ends) {
		b.WriteString(end)
	}
	return b.String()
}

// group converts a group in braces, the reader standing at its opening brace.
func (r *reader) group(depth int) string {
	r.pos++
	if depth < maxDepth {
		s := r.text('}', depth+1)
		return s
	}
	// Too deep: braces are passed over, up to the one that closes this group.
	var b strings.Builder
	for open := 1; r.pos < len(r.s); r.pos++ {
		switch c := r.s[r.pos]; c {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				r.pos++
				return b.String()
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// ligatures are the input sequences that TeX's fonts join, longest first.
var ligatures = [...]struct{ from, to string }{
	{"---", "—"}, {"--", "–"}, {"``", "“"}, {"''", "”"}, {"!`", "¡"}, {"?`", "¿"},
}

// plain converts one character or ligature that is no markup.
func (r *reader) plain(math bool) string {
	c := r.s[r.pos]
	switch c {
	case '~':
		r.pos++
		return " "
	case '-', '`', '\'', '!', '?':
		if math {
			break
		}
		for _, l := range ligatures {
			if strings.HasPrefix(r.s[r.pos:], l.from) {
				r.pos += len(l.from)
				return l.to
			}
		}
	case '\n', '\r':
		return r.newline()
	case '\f', '\v':
		r.pos++
		return " "
	}
	start := r.pos
	r.pos++
	for r.pos < len(r.s) && !isSpecial(r.s[r.pos]) {
		r.pos++
	}
	return r.s[start:r.pos]
}

// newline converts white space that begins with a newline: a blank line ends
// a paragraph.
func (r *reader) newline() string {
	lines := 0
	for ; r.pos < len(r.s); r.pos++ {
		switch r.s[r.pos] {
		case '\n':
			lines++
		case '\r':
			if r.pos+1 < len(r.s) && r.s[r.pos+1] == '\n' {
				continue
			}
			lines++
		case ' ', '\t':
		default:
			if lines > 1 {
				return string(paragraph)
			}
			return "\n"
		}
	}
	return "\n"
}

// isSpecial reports whether c can be more than itself.
func isSpecial(c byte) bool {
	switch c {
	case '{', '}', '$', '\\', '^', '_', '~', '-', '`', '\'', '!', '?', '\n', '\r', '\f', '\v':
		return true
	}
	return false
}

// dollar converts "$…$" or "$$…$$", the reader standing at the first "$". A
// "$" that nothing closes, or one of two prices ("$5 and $10"), is itself.
func (r *reader) dollar(stop byte, depth int) string {
	if r.lastDollar == 0 {
		r.lastDollar = strings.LastIndexByte(r.s, '$') + 1
	}
	if stop == '$' || r.pos+1 >= r.lastDollar || depth >= maxDepth || r.isPrice() {
		r.pos++
		return "$"
	}
	display := strings.HasPrefix(r.s[r.pos:], "$$")
	r.pos++
	if display {
		r.pos++
	}
	s := r.text('$', depth+1)
	if display && strings.HasPrefix(r.s[r.pos:], "$") {
		r.pos++
	}
	return s
}

// isPrice reports whether the "$" at the reader stands before an amount: a
// digit follows, and the next "$" nearby has a space before it.
func (r *reader) isPrice() bool {
	rest := r.s[r.pos+1:]
	if rest[0] < '0' || rest[0] > '9' {
		return false
	}
	rest = rest[:min(len(rest), 200)]
	next := strings.IndexByte(rest, '$')
	return next < 0 || rest[next-1] == ' '
}
