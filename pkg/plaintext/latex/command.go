package latex

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// style is how a piece of text is set; its markup is Zotero's.
type style struct{ open, end string }

var (
	italic      = style{"<i>", "</i>"}
	bold        = style{"<b>", "</b>"}
	smallCaps   = style{`<span style="small-caps">`, "</span>"}
	subscript   = style{"<sub>", "</sub>"}
	superscript = style{"<sup>", "</sup>"}
)

// styleCommands set their argument in a style.
var styleCommands = map[string]style{
	"emph": italic, "textit": italic, "textsl": italic, "mkbibemph": italic, "mkbibitalic": italic,
	"textbf": bold, "mkbibbold": bold, "textsc": smallCaps,
	"textsubscript": subscript, "mkbibsubscript": subscript,
	"textsuperscript": superscript, "mkbibsuperscript": superscript,
}

// declarations set the rest of their group in a style; an empty style is one
// that plain text doesn't show.
var declarations = map[string]style{
	"em": italic, "it": italic, "itshape": italic, "sl": italic, "slshape": italic,
	"bf": bold, "bfseries": bold, "sc": smallCaps, "scshape": smallCaps,
	"rm": {}, "rmfamily": {}, "tt": {}, "ttfamily": {}, "sf": {}, "sffamily": {}, "up": {}, "upshape": {},
	"normalfont": {}, "mdseries": {}, "tiny": {}, "scriptsize": {}, "footnotesize": {}, "small": {},
	"normalsize": {}, "large": {}, "Large": {}, "LARGE": {}, "huge": {}, "Huge": {},
	"relax": {}, "protect": {}, "left": {}, "right": {}, "displaystyle": {}, "textstyle": {},
	"limits": {}, "nolimits": {}, "noindent": {}, "centering": {}, "sloppy": {}, "boldmath": {},
	"allowbreak": {}, "linebreak": {}, "nobreak": {}, "xspace": {}, "hfill": {},
}

// declaration consumes a declaration at the reader, if there is one.
func (r *reader) declaration() (open, end string, ok bool) {
	name := r.name()
	s, ok := declarations[name]
	if !ok {
		return "", "", false
	}
	r.pos += 1 + len(name)
	r.skipSpace()
	if !r.rich {
		return "", "", true
	}
	return s.open, s.end, true
}

// name returns the letters of the command at the reader, which stays there.
func (r *reader) name() string {
	start := r.pos + 1
	end := start
	for end < len(r.s) && isLetter(r.s[end]) {
		end++
	}
	return r.s[start:end]
}

// command converts the command at the reader and what it takes.
func (r *reader) command(depth int) string {
	name := r.name()
	if name == "" {
		return r.sign(depth)
	}
	if symbol, ok := symbols[name]; ok {
		r.pos += 1 + len(name)
		r.skipEmpty()
		if len(symbol) > 2 && symbol[0] >= 'a' && symbol[0] <= 'z' && r.pos < len(r.s) && isLetter(r.s[r.pos]) {
			return symbol + " " // a function: \log n
		}
		return symbol
	}
	if accent, ok := letterAccents[name]; ok {
		r.pos += 1 + len(name)
		return combined(accent, r.argument(depth))
	}
	r.pos += 1 + len(name)
	if strings.HasPrefix(r.s[r.pos:], "*") {
		r.pos++
	}
	if s, ok := styleCommands[name]; ok {
		return r.styled(s, depth)
	}
	switch name {
	case "enquote", "mkbibquote":
		return "“" + r.argument(depth) + "”"
	case "mathbb", "mathbbm", "Bbb":
		arg := r.argument(depth)
		if letter, ok := doubleStruck[arg]; ok {
			return letter
		}
		return arg
	case "frac", "tfrac", "dfrac", "nicefrac", "sfrac":
		return r.argument(depth) + "/" + r.argument(depth)
	case "sqrt":
		return "√" + r.argument(depth)
	case "href":
		link := r.verbatim()
		if text := r.argument(depth); text != link {
			return text + " (" + link + ")"
		}
		return link
	case "url", "nolinkurl", "path":
		return r.verbatim()
	case "ensuremath":
		return r.math(depth)
	case "par", "newline":
		r.skipSpace()
		return string(paragraph)
	case "noopsort", "hspace", "vspace", "vphantom", "hphantom", "phantom":
		r.argument(depth)
		return ""
	}
	return r.unknown(name, depth)
}

// math converts the group at the reader as math.
func (r *reader) math(depth int) string {
	r.skipSpace()
	if r.pos == len(r.s) || r.s[r.pos] != '{' || depth >= maxDepth {
		return r.argument(depth)
	}
	start := r.pos + 1
	for open := 0; r.pos < len(r.s); r.pos++ {
		switch r.s[r.pos] {
		case '\\':
			r.pos++
		case '{':
			open++
		case '}':
			open--
		}
		if open == 0 {
			break
		}
	}
	end := min(r.pos, len(r.s))
	r.pos = min(r.pos+1, len(r.s))
	inner := &reader{s: r.s[start:max(start, end)] + "$", rich: r.rich}
	return inner.text('$', depth+1)
}

// unknown converts a command that has no entry: its argument stands for it,
// or without one its name, so that nothing is lost.
func (r *reader) unknown(name string, depth int) string {
	if r.pos < len(r.s) && r.s[r.pos] == '{' {
		return r.group(depth)
	}
	return `\` + name
}

// styled converts the argument of a style command.
func (r *reader) styled(s style, depth int) string {
	arg := r.argument(depth)
	if !r.rich || arg == "" {
		return arg
	}
	return s.open + arg + s.end
}

// sign converts a command of one character that is no letter: an accent, an
// escaped character, a space or a hint for the line break.
func (r *reader) sign(depth int) string {
	r.pos++
	if r.pos == len(r.s) {
		return `\`
	}
	c, size := utf8.DecodeRuneInString(r.s[r.pos:])
	r.pos += size
	if accent, ok := signAccents[c]; ok {
		return accented(accent, r.argument(depth))
	}
	switch c {
	case '\\':
		return r.doubleBackslash(depth)
	case ' ', '\n', '\t', '\r', ',', ';', ':', '>':
		return " "
	case '/', '-', '!', '@', '(', ')', '[', ']', '*', '+', '<':
		return ""
	}
	return string(c)
}

// doubleBackslash converts what follows "\\". With white space after it, it is
// a line break. Otherwise it is what exporters make of a backslash by escaping
// once too often, and the second one is read again if it begins something.
func (r *reader) doubleBackslash(depth int) string {
	if r.pos == len(r.s) || isSpace(r.s[r.pos]) || r.s[r.pos] == '}' {
		return " "
	}
	next := rune(r.s[r.pos])
	_, sign := signAccents[next]
	r.pos--
	name := r.name()
	_, symbol := symbols[name]
	_, letter := letterAccents[name]
	if sign || symbol || letter && len(r.s) > r.pos+2 && r.s[r.pos+2] == '{' {
		return `\` + r.command(depth)
	}
	r.pos++
	return `\`
}

// argument converts what a command takes: a group, a command, or one
// character, after white space.
func (r *reader) argument(depth int) string {
	r.skipSpace()
	if r.pos == len(r.s) || depth >= maxDepth {
		return ""
	}
	switch r.s[r.pos] {
	case '{':
		return r.group(depth)
	case '}', '$':
		return ""
	case '\\':
		if _, _, ok := r.declaration(); ok {
			return ""
		}
		return r.command(depth + 1)
	}
	_, size := utf8.DecodeRuneInString(r.s[r.pos:])
	r.pos += size
	return r.s[r.pos-size : r.pos]
}

// verbatim returns the group at the reader as it stands, without the
// backslashes that escape signs: for addresses.
func (r *reader) verbatim() string {
	if r.pos == len(r.s) || r.s[r.pos] != '{' {
		return ""
	}
	start := r.pos + 1
	for open := 0; r.pos < len(r.s); r.pos++ {
		switch r.s[r.pos] {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				s := r.s[start:r.pos]
				r.pos++
				return Verbatim(s)
			}
		}
	}
	return Verbatim(r.s[start:])
}

// script converts "^" or "_" in math: to characters that Unicode has raised or
// lowered, if it has them all, as Better BibTeX does; else to markup.
func (r *reader) script(depth int) string {
	s, table := superscript, superscripts
	if r.s[r.pos] == '_' {
		s, table = subscript, subscripts
	}
	r.pos++
	arg := strings.TrimSpace(r.argument(depth))
	var b strings.Builder
	for _, c := range strings.NewReplacer("<i>", "", "</i>", "").Replace(arg) {
		raised, ok := table[string(c)]
		if !ok && r.rich {
			return s.open + arg + s.end
		}
		if !ok {
			return arg
		}
		b.WriteString(raised)
	}
	return b.String()
}

// skipEmpty passes over what ends a symbol command: an empty group, or white
// space, which TeX swallows.
func (r *reader) skipEmpty() {
	if strings.HasPrefix(r.s[r.pos:], "{}") {
		r.pos += 2
		return
	}
	r.skipSpace()
}

func (r *reader) skipSpace() {
	for r.pos < len(r.s) && isSpace(r.s[r.pos]) {
		r.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isLetter(c byte) bool { return c < utf8.RuneSelf && unicode.IsLetter(rune(c)) }
