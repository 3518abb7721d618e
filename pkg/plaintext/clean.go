// Package plaintext turns text from outside into what a reader sees and a search
// finds: without control, invisible or direction-changing characters and without
// markup, folded, and split into words.
package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean returns s without characters that a reader can't see but a program or
// a terminal acts on: control characters (newline and tab stay; CR becomes
// newline), ANSI escape sequences, bidirectional controls, zero-width and
// other format characters, tag characters (U+E0000–E007F), variation
// selectors beyond emoji style, private use, noncharacters, and invalid
// UTF-8 (which becomes U+FFFD). The zero-width joiner and non-joiner stay
// between letters, where scripts need them.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	b.Grow(len(s))
	var prev rune
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\x1b' || r == '\u009b':
			i += escapeLen(s[i:])
			continue
		case r == '\r':
			if !strings.HasPrefix(s[i+n:], "\n") {
				b.WriteByte('\n')
				prev = '\n'
			}
		case r == '\u200c' || r == '\u200d':
			next, _ := utf8.DecodeRuneInString(s[i+n:])
			if joins(prev) && joins(next) {
				b.WriteRune(r)
				prev = r
			}
		case visible(r):
			b.WriteRune(r)
			prev = r
		}
		i += n
	}
	return b.String()
}

// Line returns s cleaned and on one line: every run of white space is one
// space, none at the ends.
func Line(s string) string {
	if isLine(s) {
		return s
	}
	return strings.Join(strings.Fields(Clean(s)), " ")
}

// isLine reports whether s surely is one clean line: the common case.
func isLine(s string) bool {
	space := true // before the first character there can be none
	for _, r := range s {
		if r == ' ' && space || r != ' ' && unicode.IsSpace(r) {
			return false
		}
		space = r == ' '
	}
	return (!space || s == "") && isClean(s)
}

// Cut returns at most limit characters (runes) of s, and whether it cut.
func Cut(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	n := 0
	for i := range s {
		if n == limit {
			return s[:i], true
		}
		n++
	}
	return s, false
}

// isClean reports whether s surely needs no cleaning: the common case.
func isClean(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || !visible(r) {
			return false
		}
		i += n
	}
	return true
}

// visible reports whether r may stay wherever it stands.
func visible(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return true
	case r == '\ufe0e' || r == '\ufe0f': // text and emoji style
		return true
	case r >= 0xfe00 && r <= 0xfe0d, r >= 0xe0100 && r <= 0xe01ef: // variation selectors
		return false
	case r == '\u2028' || r == '\u2029', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u034f', r == '\u2800':
		return false // line separators, Hangul fillers, grapheme joiner, blank braille
	case r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef: // noncharacters
		return false
	}
	return !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// joins reports whether a joiner beside r can have a meaning.
func joins(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || r == '\ufe0f' || unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r)
}

// escapeLen returns the length of the terminal escape sequence at the start
// of s (ECMA-48: CSI, OSC and the other string sequences, two-character ones).
func escapeLen(s string) int {
	_, first := utf8.DecodeRuneInString(s)
	rest := s[first:]
	if s[0] == '\x1b' {
		if rest == "" {
			return first
		}
		switch rest[0] {
		case '[':
			rest = rest[1:]
		case ']', 'P', 'X', '^', '_':
			if end := strings.IndexAny(rest, "\a\x1b\n"); end >= 0 {
				if rest[end] == '\a' {
					end++
				}
				return len(s) - len(rest) + end
			}
			return first
		default:
			if rest[0] >= ' ' && rest[0] <= '~' {
				return first + 1
			}
			return first
		}
	}
	for i := range len(rest) {
		switch c := rest[i]; {
		case c >= '@' && c <= '~':
			return len(s) - len(rest) + i + 1
		case c < ' ' || c > '?':
			return len(s) - len(rest) + i
		}
	}
	return len(s)
}
