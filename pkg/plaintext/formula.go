package plaintext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
)

// maxFormula bounds the TeX that one pair of delimiters encloses, in bytes: what
// is longer is text between two unrelated signs.
const maxFormula = 500

// withoutTeX returns s with its TeX formulas and commands as Unicode text:
// "$\alpha$-decay of \ce{H2O}" is "α-decay of H2O". Signs that only look like
// TeX ("$5 and $10", a single backslash) stay.
func withoutTeX(s string) string {
	var b strings.Builder
	done := 0 // bytes of s that are in b
	for i := 0; i < len(s); {
		next := strings.IndexAny(s[i:], `$\`)
		if next < 0 {
			break
		}
		i += next
		start := i
		if s[i] == '\\' && i > done && s[i-1] == '{' {
			start-- // a group that begins with a command: {\"o}
		}
		switch n := texLen(s, start); {
		case n > 0:
			b.WriteString(s[done:start])
			b.WriteString(Clean(latex.ToText(inDollars(s[start : start+n]))))
			i = start + n
			done = i
		case s[i] == '\\':
			i += 2 // what a backslash escapes begins nothing
		default:
			i++
		}
	}
	return b.String() + s[done:]
}

// texLen returns the number of bytes of the TeX that begins at s[at], or 0.
func texLen(s string, at int) int {
	rest := s[at:]
	switch {
	case strings.HasPrefix(rest, "$$"):
		return delimitedLen(rest, "$$", "$$")
	case rest[0] == '$':
		return dollarLen(s, at)
	case strings.HasPrefix(rest, `\(`):
		return delimitedLen(rest, `\(`, `\)`)
	case strings.HasPrefix(rest, `\[`):
		return delimitedLen(rest, `\[`, `\]`)
	case rest[0] == '{':
		return groupLen(rest)
	}
	name := 1
	for name < len(rest) && isASCIILetter(rest[name]) {
		name++
	}
	if name == 1 || name == len(rest) || rest[name] != '{' {
		return 0
	}
	if n := groupLen(rest[name:]); n > 0 {
		return name + n
	}
	return 0
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// delimitedLen returns the number of bytes from one delimiter to just past the
// other one, or 0.
func delimitedLen(s, start, end string) int {
	inner := s[len(start):]
	n := strings.Index(inner[:min(len(inner), maxFormula)], end)
	if n < 1 {
		return 0
	}
	return len(start) + n + len(end)
}

// dollarLen returns the number of bytes of a formula between single dollar
// signs, or 0 where they are amounts of money or parts of names. As in Pandoc,
// no space stands inside the signs and no digit follows them; a formula without
// any TeX in it has no letter or digit beside the signs either.
func dollarLen(s string, at int) int {
	inner := s[at+1:]
	n := closingDollar(inner[:min(len(inner), maxFormula)])
	if n < 1 {
		return 0
	}
	formula, after := inner[:n], inner[n+1:]
	if isTeXSpace(formula[0]) || isTeXSpace(formula[n-1]) || after != "" && after[0] >= '0' && after[0] <= '9' {
		return 0
	}
	if !strings.ContainsAny(formula, `\^_{`) {
		before, _ := utf8.DecodeLastRuneInString(s[:at])
		next, _ := utf8.DecodeRuneInString(after)
		if isWordRune(before) || isWordRune(next) || strings.ContainsAny(formula, " \n\t") && formula[0] >= '0' && formula[0] <= '9' {
			return 0
		}
	}
	return n + 2
}

// closingDollar returns where the first dollar sign stands that no backslash
// escapes, or -1.
func closingDollar(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '$':
			return i
		}
	}
	return -1
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func isTeXSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' }

// groupLen returns the number of bytes of the group in braces that s begins
// with, or 0 if it does not end.
func groupLen(s string) int {
	open := 0
	for i := 0; i < min(len(s), maxFormula); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// inDollars returns a formula with the delimiters that package latex knows.
func inDollars(s string) string {
	if strings.HasPrefix(s, `\(`) || strings.HasPrefix(s, `\[`) {
		return "$" + s[2:len(s)-2] + "$"
	}
	return s
}
