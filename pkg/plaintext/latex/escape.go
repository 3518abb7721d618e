package latex

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// FromUnicode returns LaTeX that typesets s, and from which [ToUnicode]
// returns s again but for white space and the markup that only protects a
// word's case (class "nocase"). A tag of Zotero's rich text becomes formatting
// if it has its counterpart; it is text otherwise, as any other tag is.
//
// The result is safe as a value in braces: its braces balance under every
// reading of backslashes, and it has no newline. Control characters are left
// out.
func FromUnicode(s string) string { return escape(s, escaping{rich: true}) }

// FromTitle is [FromUnicode] for titles: words with capitals, but for that of
// the first word, are put in braces, so that no style changes their case.
func FromTitle(s string) string { return escape(s, escaping{rich: true, protect: true}) }

// FromText is [FromUnicode] without rich text: tags are text. Blank lines
// become \par. [ToText] and [ToParagraphs] return s again.
func FromText(s string) string { return escape(s, escaping{paragraphs: true}) }

// escaping says what of a text means something.
type escaping struct {
	rich       bool // Zotero's rich text
	protect    bool // capitals
	paragraphs bool // blank lines
}

func escape(s string, as escaping) string {
	s = strings.TrimSpace(strings.Map(printable, strings.ToValidUTF8(s, "\uFFFD")))
	var b strings.Builder
	b.Grow(len(s) + len(s)/8)
	if !as.paragraphs {
		s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < 0x80 && isSpace(byte(r)) }), " ")
	}
	var tags []tagAt
	if as.rich {
		tags = matchedTags(s)
	}
	protected, closing := 0, 0 // where braces end: any, and those of a word
	for i := 0; i < len(s); {
		if len(tags) > 0 && tags[0].at == i {
			b.WriteString(tags[0].latex)
			i += tags[0].length
			protected = max(protected, tags[0].protects)
			tags = tags[1:]
			continue
		}
		if as.protect && i >= protected && (i == 0 || isWordBreak(s[i-1])) {
			end := i + wordLength(s[i:])
			if hasCapital(s[i:end], i == 0) {
				protected, closing = end, end
				b.WriteByte('{')
			}
		}
		i += escapeNext(&b, s[i:])
		if i == closing {
			b.WriteByte('}')
			closing = 0
		}
	}
	return b.String()
}

// isWordBreak reports whether c can stand before a word.
func isWordBreak(c byte) bool { return isSpace(c) || c == '>' || c == '(' }

// wordLength returns the length of the word at the start of s: up to white
// space or what may be a tag, without the punctuation at its end.
func wordLength(s string) int {
	if end := strings.IndexAny(s, " \t\r\n<()"); end >= 0 {
		s = s[:end]
	}
	return len(strings.TrimRight(s, ".,;:!?"))
}

// hasCapital reports whether word has a capital; that of the first word's
// first letter doesn't count.
func hasCapital(word string, first bool) bool {
	for i, c := range word {
		if unicode.IsUpper(c) && !(first && i == 0) {
			return true
		}
	}
	return false
}

// escapeNext writes the first character of s, or the white space it begins
// with, and returns the length of what it took.
func escapeNext(b *strings.Builder, s string) int {
	switch c := s[0]; c {
	case '&', '%', '$', '#', '_':
		b.WriteByte('\\')
		b.WriteByte(c)
	case '\\':
		b.WriteString(`{\textbackslash}`)
	case '{':
		b.WriteString(`{\textbraceleft}`)
	case '}':
		b.WriteString(`{\textbraceright}`)
	case '~':
		b.WriteString(`{\textasciitilde}`)
	case '^':
		b.WriteString(`{\textasciicircum}`)
	case '<':
		b.WriteString(`{\textless}`)
	case '>':
		b.WriteString(`{\textgreater}`)
	case '`':
		b.WriteString(`{\textasciigrave}`)
	case '-', '\'':
		// An empty group keeps two of them from becoming a dash or a quote.
		b.WriteByte(c)
		if len(s) > 1 && s[1] == c {
			b.WriteString("{}")
		}
	default:
		return copyNext(b, s)
	}
	return 1
}

// copyNext writes a character that needs no escape, or white space as LaTeX
// wants it.
func copyNext(b *strings.Builder, s string) int {
	space := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	if space > 0 {
		if strings.Count(strings.ReplaceAll(s[:space], "\r\n", "\n"), "\n") > 1 {
			b.WriteString(`\par `)
		} else {
			b.WriteByte(' ')
		}
		return space
	}
	_, size := utf8.DecodeRuneInString(s)
	b.WriteString(s[:size])
	return size
}

// printable drops control characters that are no white space.
func printable(c rune) rune {
	if unicode.IsControl(c) && !strings.ContainsRune(" \t\r\n", c) {
		return -1
	}
	return c
}

// Verbatim returns what an address or identifier says that LaTeX sources keep
// nearly as it is: white space and braces go, and the backslash of an escaped
// sign; nothing else changes.
func Verbatim(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsAny(s, "\\{} \n\t\r") {
		return s
	}
	for _, command := range [...]struct{ from, to string }{
		{`\textasciitilde`, "~"}, {`\textunderscore`, "_"}, {`\textless`, "<"}, {`\textgreater`, ">"},
		{`\textasciicircum`, "^"}, {`\%7E`, "~"}, {`$\sim$`, "~"}, {`\sim`, "~"}, {`\slash`, "/"},
		{`\url`, ""}, {`\path`, ""}, {`\nolinkurl`, ""},
	} {
		s = strings.ReplaceAll(s, command.from, command.to)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '{', '}':
		case '\n', '\r', '\t':
			for i+1 < len(s) && isSpace(s[i+1]) {
				i++
			}
		case '\\':
			if i+1 < len(s) && isLetter(s[i+1]) {
				b.WriteByte(c)
			}
		default:
			b.WriteByte(c)
		}
	}
	return strings.TrimSpace(b.String())
}
