package latex

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mozillazg/go-unidecode"
	"golang.org/x/text/unicode/norm"
)

// Writer turns LaTeX sources in Unicode into sources that pdflatex sets with
// no packages but inputenc for UTF-8 and fontenc for T1.
type Writer struct{ symbols map[rune]string }

// NewWriter returns a Writer.
func NewWriter() *Writer {
	w := &Writer{symbols: map[rune]string{}}
	add := func(table string, source func(command string) string) {
		words := strings.Fields(table)
		for i := 0; i+1 < len(words); i += 2 {
			r, _ := utf8.DecodeRuneInString(words[i])
			w.symbols[r] = source(words[i+1])
		}
	}
	add(mathSymbols, func(command string) string {
		if command != strings.ToLower(command) {
			return "{$" + command + "$}" // BibTeX lowers the case of what isn't in braces
		}
		return "$" + command + "$"
	})
	add(textSymbols, func(command string) string { return "{" + command + "}" })
	return w
}

// TeX returns source, which [FromUnicode] or its sisters wrote, with every
// character that pdflatex can't set as commands. With names set, Latin letters
// and quotes become commands too: BibTeX cuts and abbreviates names by bytes.
//
// It is exact if [ToText] reads the same text from both sources. Otherwise a
// character had to be replaced by another one like it, by its transliteration
// or, if it has none, by a question mark. (Kinds of spaces and hyphens, and
// characters that don't show, don't count.)
func (w *Writer) TeX(source string, names bool) (tex string, exact bool) {
	exact = true
	if tex = source; !isASCII(source) {
		tex, exact = w.convert(source, names)
	}
	if names {
		tex = braceSigns(tex)
	}
	return tex, exact
}

// braceSigns puts escaped signs in braces, which make one letter of them:
// BibTeX would cut a name between the backslash and the sign.
func braceSigns(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		opened := i > 0 && s[i-1] == '{'
		switch {
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case strings.IndexByte("&%$#_", s[i+1]) < 0 || opened:
			b.WriteString(s[i : i+2])
			i++
		default:
			b.WriteString("{" + s[i:i+2] + "}")
			i++
		}
	}
	return b.String()
}

// convert is [Writer.TeX] for a source that isn't ASCII alone.
func (w *Writer) convert(source string, names bool) (tex string, exact bool) {
	var b strings.Builder
	b.Grow(len(source) + len(source)/4)
	exact = true
	for i := 0; i < len(source); {
		n := clusterLength(source[i:])
		cluster := source[i : i+n]
		i += n
		if n == 1 {
			b.WriteString(cluster)
			continue
		}
		tex, same := w.cluster(cluster, names)
		b.WriteString(tex)
		exact = exact && same
	}
	return b.String(), exact
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// clusterLength returns the length in bytes of the first character of s and
// the marks that combine with it. A sign of LaTeX takes no marks.
func clusterLength(s string) int {
	first, n := utf8.DecodeRuneInString(s)
	if first < utf8.RuneSelf && !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return n
	}
	for marks := 0; n < len(s) && marks < 8; marks++ {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !unicode.Is(unicode.Mn, r) {
			break
		}
		n += size
	}
	return n
}

// cluster returns the source of a character with its marks.
func (w *Writer) cluster(cluster string, names bool) (tex string, exact bool) {
	composed := norm.NFC.String(cluster)
	r, size := utf8.DecodeRuneInString(composed)
	alone := size == len(composed)
	if alone && isT1(r) && !names {
		return composed, true
	}
	if tex, ok := w.symbols[r]; ok && alone {
		return inName(tex, names), true
	}
	if tex, ok := approximations[r]; ok && alone {
		return inName(tex, names), true
	}
	if tex, ok := w.accented(norm.NFD.String(cluster)); ok {
		return inName(tex, names), true
	}
	if tex, ok := lookalikes[r]; ok && alone {
		return inName(tex, names), false
	}
	if plain := norm.NFKC.String(cluster); plain != composed {
		tex, _ := w.convert(escapeSigns(plain), names)
		if names && strings.ContainsAny(tex, ", ") {
			tex = "{" + tex + "}"
		}
		return tex, false
	}
	if plain := escapeSigns(strings.TrimSpace(unidecode.Unidecode(composed))); plain != "" {
		if names && strings.ContainsAny(plain, ", ") {
			plain = "{" + plain + "}" // it must not split the name
		}
		return plain, false
	}
	if unicode.Is(unicode.Mn, r) && alone {
		return "", false
	}
	return "?", false
}

// inName returns the source of one character as BibTeX can abbreviate it in a
// name: braces around a command make one letter, dollar signs don't.
func inName(tex string, names bool) string {
	math, ok := strings.CutPrefix(strings.Trim(tex, "{}"), "$")
	if !names || !ok {
		return tex
	}
	math, _, _ = strings.Cut(math, "$")
	return `{\ensuremath{` + math + "}}"
}

// escapeSigns escapes signs that may come out of a transliteration.
func escapeSigns(s string) string {
	var b strings.Builder
	for s != "" {
		s = s[escapeNext(&b, s):]
	}
	return b.String()
}

// accented returns the source of a letter and the marks after it, each mark a
// command: "{\'{\^o}}". It is false where there is no command.
func (w *Writer) accented(decomposed string) (string, bool) {
	base, size := utf8.DecodeRuneInString(decomposed)
	marks := []rune(decomposed[size:])
	if len(marks) == 0 {
		return "", false
	}
	if tex, ok := strings.CutPrefix(strings.Trim(w.symbols[base], "{}"), `$\`); ok && unicode.IsLetter(base) {
		command, ok := mathAccents[marks[0]]
		if !ok || len(marks) > 1 {
			return "", false
		}
		return `{$\` + command + `{\` + strings.TrimSuffix(tex, "$") + "}$}", true
	}
	source := string(base)
	if base >= utf8.RuneSelf {
		command, ok := strings.CutPrefix(strings.Trim(w.symbols[base], "{}"), `\`)
		if !ok || !unicode.Is(unicode.Latin, base) {
			return "", false
		}
		source = `\` + command
	}
	for i, mark := range marks {
		command, ok := combiningCommands[mark]
		if !ok {
			return "", false
		}
		if i == 0 && (source == "i" || source == "j") && !isBelow(mark) {
			source = `\` + source
		}
		source = `\` + command + "{" + source + "}"
	}
	return "{" + source + "}", true
}

// isBelow reports whether a mark stands below its letter, which keeps its dot.
func isBelow(mark rune) bool {
	return mark == '\u0323' || mark >= '\u0326' && mark <= '\u0328' || mark == '\u0331'
}

// isT1 reports whether pdflatex sets the character itself, with inputenc for
// UTF-8 and fontenc for T1, in every LaTeX of the last ten years.
func isT1(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return true
	case r >= 0xc0 && r <= 0x17f:
		return r != 0xd7 && r != 0xf7 && !strings.ContainsRune("ĦħĸĿŀŉŦŧſ", r)
	}
	return strings.ContainsRune("¡£«»¿ȘșȚț–—‘’‚“”„‹›", r)
}
