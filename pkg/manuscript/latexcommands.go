package manuscript

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// latexFormats are the commands whose argument has a format.
var latexFormats = map[string]kind{
	"emph": kindEmphasis, "textit": kindEmphasis, "textsl": kindEmphasis, "textbf": kindStrong, "textsc": kindSmallCaps, "underline": kindUnderline, "uline": kindUnderline,
	"textsuperscript": kindSuperscript, "textsubscript": kindSubscript, "sout": kindStrike, "st": kindStrike,
}

// latexSwitches are the commands that change all that follows in their group.
var latexSwitches = map[string]kind{
	"em": kindEmphasis, "it": kindEmphasis, "itshape": kindEmphasis, "sl": kindEmphasis, "slshape": kindEmphasis,
	"bf": kindStrong, "bfseries": kindStrong, "sc": kindSmallCaps, "scshape": kindSmallCaps,
}

// latexCharacters are the commands that stand for a text.
var latexCharacters = map[string]string{
	"%": "%", "&": "&", "#": "#", "_": "_", "{": "{", "}": "}", "$": "$", " ": " ", "\n": " ", ",": "\u202f", ";": " ", ":": " ", "!": "", "-": "\u00ad", "/": "", "@": "",
	"ldots": "…", "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”",
	"ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ",
	"S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€", "texteuro": "€", "textdegree": "°", "textbackslash": `\`, "textasciitilde": "~", "textasciicircum": "^",
	"textless": "<", "textgreater": ">", "textbar": "|", "slash": "/", "guillemotleft": "«", "guillemotright": "»", "LaTeX": "LaTeX", "TeX": "TeX", "quad": "\u2003", "qquad": "\u2003\u2003",
	"textregistered": "®", "texttrademark": "™", "dag": "†", "ddag": "‡", "nobreakspace": "\u00a0", "hfill": " ", "space": " ",
}

// latexAccents are the combining marks of the commands for accents.
var latexAccents = map[string]string{
	"`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307", `"`: "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "c": "\u0327", "k": "\u0328", "d": "\u0323", "b": "\u0331",
}

// latexLayout are the commands that only change the layout, and how many arguments
// they take.
var latexLayout = map[string]int{
	"maketitle": 0, "tableofcontents": 0, "listoffigures": 0, "listoftables": 0, "newpage": 0, "clearpage": 0, "cleardoublepage": 0, "pagebreak": 0, "noindent": 0, "indent": 0, "centering": 0, "raggedright": 0,
	"raggedleft": 0, "tiny": 0, "scriptsize": 0, "footnotesize": 0, "small": 0, "normalsize": 0, "large": 0, "Large": 0, "LARGE": 0, "huge": 0, "Huge": 0, "medskip": 0, "bigskip": 0, "smallskip": 0, "vfill": 0,
	"protect": 0, "relax": 0, "appendix": 0, "sloppy": 0, "frontmatter": 0, "mainmatter": 0, "backmatter": 0, "onehalfspacing": 0, "doublespacing": 0, "singlespacing": 0, "rm": 0, "sf": 0, "tt": 0, "ttfamily": 0, "sffamily": 0,
	"rmfamily": 0, "upshape": 0, "mdseries": 0, "normalfont": 0, "footnotemark": 0, "balance": 0, "hline": 0, "toprule": 0, "midrule": 0, "bottomrule": 0, "makeatletter": 0, "makeatother": 0,
	"vspace": 1, "hspace": 1, "pagestyle": 1, "thispagestyle": 1, "pagenumbering": 1, "label": 1, "usepackage": 1, "title": 1, "author": 1, "date": 1, "bibliographystyle": 1, "addbibresource": 1, "selectlanguage": 1, "index": 1, "hypersetup": 1,
	"cline": 1, "cmidrule": 1, "graphicspath": 1, "phantom": 1, "setlength": 2, "addtolength": 2, "setcounter": 2, "addtocounter": 2,
}

// latexTransparent are the commands whose argument stands as it is.
var latexTransparent = map[string]bool{
	"text": true, "textrm": true, "textsf": true, "textup": true, "textmd": true, "textnormal": true, "mbox": true, "hbox": true, "fbox": true, "MakeUppercase": true, "uppercase": true, "ensuremath": true,
}

// latexLevels are the levels of headings below "\section".
var latexLevels = map[string]int{"part": -1, "chapter": -1, "section": 0, "subsection": 1, "subsubsection": 2, "paragraph": 3, "subparagraph": 4}

// command reads a command, and returns where what follows begins.
func (p *latexParser) command(f *flow, at, to int) int {
	if end, ok := p.ours(f, at); ok {
		return end
	}
	name, end := p.name(at, to)
	letters := isASCIILetter(p.s[min(at+1, to-1)])
	if s, ok := latexCharacters[name]; ok {
		f.text(s)
		return p.afterWord(end, letters)
	}
	if mark, ok := latexAccents[name]; ok {
		if letters {
			end = p.afterWord(end, true)
		}
		return p.accent(f, mark, end, to)
	}
	if !letters {
		return p.symbol(f, name, end, to)
	}
	if end < to && p.s[end] == '*' {
		end++
	}
	if k, ok := latexFormats[name]; ok {
		return p.formatted(f, k, end)
	}
	if k, ok := latexSwitches[name]; ok {
		return p.switched(f, k, p.afterWord(end, true), to)
	}
	if level, ok := latexLevels[name]; ok {
		return p.heading(f, max(p.top+level, 1), end)
	}
	if arguments, ok := latexLayout[name]; ok {
		return p.afterWord(p.skipArguments(end, arguments), true)
	}
	if latexTransparent[name] {
		return end
	}
	return p.named(f, name, end, to)
}

// ours reads a citation, the place of the bibliography, and what the output does not
// need.
func (p *latexParser) ours(f *flow, at int) (end int, ok bool) {
	if list := p.cites[at]; len(list) > 0 {
		for _, i := range list {
			f.line = append(f.line, &node{kind: kindCitation, cite: i})
			end = max(end, p.m.Citations[i].span.end)
		}
		return end, true
	}
	if end, ok := p.removed[at]; ok {
		return end, true
	}
	if place := p.m.place; place.start == at && place.end > at {
		f.block(&node{kind: kindBibliography})
		return place.end, true
	}
	return 0, false
}

// afterWord returns the position behind the white space that ends the name of a
// command of letters. An empty pair of braces ends it too.
func (p *latexParser) afterWord(end int, letters bool) int {
	if !letters {
		return end
	}
	if strings.HasPrefix(p.s[end:], "{}") {
		return end + 2
	}
	return (&latexReader{s: p.s}).skipSpace(end)
}

// accent reads the letter under an accent.
func (p *latexParser) accent(f *flow, mark string, end, to int) int {
	letter := ""
	if inside, ok := p.argument(end); ok && inside.end < to {
		letter, end = plainOf(p.inlines(inside.start, inside.end)), inside.end+1
	} else if end < to {
		n := &flow{}
		begin := end
		end = p.step(n, begin, min(begin+1+strings.IndexAny(p.s[begin+1:min(begin+9, to)]+" ", latexSpecial+"()[],.;:"), to))
		n.end()
		letter = plainOf(n.blocks)
	}
	letter = strings.NewReplacer("ı", "i", "ȷ", "j").Replace(letter)
	if first, rest := 0, letter; letter != "" {
		for i := range rest {
			if i > 0 {
				first = i
				break
			}
		}
		if first == 0 {
			first = len(rest)
		}
		letter = norm.NFC.String(rest[:first]+mark) + rest[first:]
	}
	f.text(letter)
	return end
}

// symbol reads a command of one character.
func (p *latexParser) symbol(f *flow, name string, end, to int) int {
	closing := map[string]string{"(": `\)`, "[": `\]`}[name]
	if closing != "" && end <= p.last[closing] {
		if i := strings.Index(p.s[end:to], closing); i >= 0 {
			p.formula(f, p.s[end:end+i], name == "[")
			return end + i + len(closing)
		}
	}
	if name != `\` {
		return end
	}
	if end < to && p.s[end] == '*' {
		end++
	}
	if _, after, ok := p.optional(end); ok && after <= to && end < to && p.s[end] == '[' {
		end = after
	}
	f.line = append(trimEnd(f.line), &node{kind: kindBreak})
	return end
}

// formatted reads an argument with a format.
func (p *latexParser) formatted(f *flow, k kind, end int) int {
	inside, ok := p.argument(end)
	if !ok {
		return end
	}
	f.line = append(f.line, &node{kind: k, kids: p.inlines(inside.start, inside.end)})
	return inside.end + 1
}

// switched reads the rest of a group in a format.
func (p *latexParser) switched(f *flow, k kind, end, to int) int {
	rest := p.blocks(end, to)
	for _, b := range rest {
		if b.kind == kindParagraph {
			b.kids = []*node{{kind: k, kids: b.kids}}
		}
	}
	f.splice(rest)
	return to
}

// heading reads a heading and the label behind it.
func (p *latexParser) heading(f *flow, level, end int) int {
	if _, after, ok := p.optional(end); ok {
		end = after
	}
	inside, ok := p.argument(end)
	if !ok {
		return end
	}
	n := &node{kind: kindHeading, level: min(level, 6), kids: trimEnd(p.inlines(inside.start, inside.end))}
	end = (&latexReader{s: p.s}).skipSpace(inside.end + 1)
	if rest, ok := strings.CutPrefix(p.s[end:], `\label`); ok {
		if label, ok := p.argument(len(p.s) - len(rest)); ok {
			n.target, end = p.s[label.start:label.end], label.end+1
		}
	}
	f.block(n)
	return end
}

// skipArguments returns the position behind a number of arguments and the optional
// ones before each.
func (p *latexParser) skipArguments(end, count int) int {
	for range count {
		if _, after, ok := p.optional(end); ok {
			end = after
		}
		inside, ok := p.argument(end)
		if !ok {
			return end
		}
		end = inside.end + 1
	}
	return end
}

// named reads the commands that have a meaning of their own, and those that are not
// known.
func (p *latexParser) named(f *flow, name string, end, to int) int {
	switch name {
	case "par":
		f.end()
		return p.afterWord(end, true)
	case "newline", "linebreak":
		f.line = append(trimEnd(f.line), &node{kind: kindBreak})
		return p.afterWord(end, true)
	case "begin":
		return p.environment(f, end, to)
	case "end":
		return p.skipArguments(end, 1)
	case "footnote", "footnotetext", "thanks":
		return p.note(f, end)
	case "texttt", "url", "nolinkurl", "path":
		return p.verbatimArgument(f, name, end)
	case "href":
		return p.link(f, end)
	case "hyperref":
		return p.crossLink(f, end)
	case "enquote":
		f.text("“")
		return p.closing(f, "”", end)
	case "verb", "lstinline":
		return p.verb(f, end, to)
	case "includegraphics":
		return p.image(f, end, nil)
	case "ref", "pageref", "autoref", "cref", "Cref", "vref", "nameref", "eqref":
		p.reports.add("references to numbers of sections, figures and formulas: the labels stand")
		return p.verbatimArgument(f, "ref", end)
	case "input", "include", "subfile":
		p.reports.add("files that the manuscript includes with \\%s: they are left out", name)
		return p.skipArguments(end, 1)
	case "newcommand", "renewcommand", "providecommand", "newtheorem", "newenvironment", "def", "let", "DeclareMathOperator":
		return p.definition(name, end)
	}
	p.reports.add("the command \\%s: the text of its arguments stays", name)
	if end < to && p.s[end] == '[' {
		if _, after, ok := p.optional(end); ok && after <= to {
			end = after
		}
	}
	return end
}

// definition skips the definition of a command, whose uses are not known.
func (p *latexParser) definition(name string, end int) int {
	p.reports.add("commands that the manuscript defines: the text of their arguments stays")
	if after := p.afterWord(end, true); after < len(p.s) && p.s[after] == '\\' {
		_, end = p.name(after, len(p.s))
		if name == "let" {
			return end
		}
		return p.skipArguments(end, 1)
	}
	end = p.skipArguments(end, 1)
	for {
		_, after, ok := p.optional(end)
		if !ok {
			break
		}
		end = after
	}
	if end = p.skipArguments(end, 1); name == "newenvironment" {
		end = p.skipArguments(end, 1)
	}
	return end
}

// closing reads an argument and adds what ends it.
func (p *latexParser) closing(f *flow, mark string, end int) int {
	if inside, ok := p.argument(end); ok {
		f.splice(p.blocks(inside.start, inside.end))
		end = inside.end + 1
	}
	f.text(mark)
	return end
}

// note reads a footnote.
func (p *latexParser) note(f *flow, end int) int {
	if _, after, ok := p.optional(end); ok {
		end = after
	}
	inside, ok := p.argument(end)
	if !ok {
		return end
	}
	f.line = append(trimEnd(f.line), &node{kind: kindNote, kids: p.blocks(inside.start, inside.end)})
	return inside.end + 1
}

// verbatimArgument reads code, an address or a label.
func (p *latexParser) verbatimArgument(f *flow, name string, end int) int {
	inside, ok := p.argument(end)
	if !ok {
		return end
	}
	raw := p.s[inside.start:inside.end]
	switch name {
	case "texttt":
		f.line = append(f.line, &node{kind: kindCode, text: plainOf(p.inlines(inside.start, inside.end))})
	case "url":
		raw = latexAddress(raw)
		f.line = append(f.line, &node{kind: kindLink, target: raw, kids: []*node{textNode(raw)}})
	case "ref":
		f.line = append(f.line, &node{kind: kindLink, target: "#" + raw, kids: []*node{textNode(raw)}})
	default:
		f.text(latexAddress(raw))
	}
	return inside.end + 1
}

// latexAddress returns an address without the escapes that commands for addresses
// take.
func latexAddress(s string) string {
	return strings.NewReplacer(`\%`, "%", `\#`, "#", `\&`, "&", `\_`, "_", `\~`, "~", "\n", "").Replace(strings.TrimSpace(s))
}

// link reads "\href{address}{text}".
func (p *latexParser) link(f *flow, end int) int {
	target, ok := p.argument(end)
	if !ok {
		return end
	}
	text, ok := p.argument(target.end + 1)
	if !ok {
		return target.end + 1
	}
	f.line = append(f.line, &node{kind: kindLink, target: latexAddress(p.s[target.start:target.end]), kids: p.inlines(text.start, text.end)})
	return text.end + 1
}

// crossLink reads "\hyperref[label]{text}".
func (p *latexParser) crossLink(f *flow, end int) int {
	label, after, ok := p.optional(end)
	text, found := p.argument(after)
	if !ok || !found {
		return end
	}
	f.line = append(f.line, &node{kind: kindLink, target: "#" + p.s[label.start:label.end], kids: p.inlines(text.start, text.end)})
	return text.end + 1
}

// verb reads "\verb|text|".
func (p *latexParser) verb(f *flow, end, to int) int {
	if end >= to {
		return end
	}
	line, _, _ := strings.Cut(p.s[end+1:to], "\n")
	n := strings.IndexByte(line, p.s[end])
	if n < 0 {
		return end
	}
	f.line = append(f.line, &node{kind: kindCode, text: p.s[end+1 : end+1+n]})
	return end + n + 2
}

// relativeWidth is a width in parts of a line.
var relativeWidth = regexp.MustCompile(`width\s*=\s*([0-9]*\.?[0-9]*)\s*\\(?:text|line|column)width`)

// image reads a picture with a caption.
func (p *latexParser) image(f *flow, end int, caption []*node) int {
	n := &node{kind: kindImage, kids: caption}
	if options, after, ok := p.optional(end); ok {
		if m := relativeWidth.FindStringSubmatch(p.s[options.start:options.end]); m != nil {
			if width, err := strconv.ParseFloat(m[1], 64); err == nil && width > 0 && width <= 1 {
				n.level = int(100 * width)
			}
		}
		end = after
	}
	inside, ok := p.argument(end)
	if !ok {
		return end
	}
	n.target = strings.TrimSpace(p.s[inside.start:inside.end])
	if path.Ext(n.target) == "" {
		p.reports.add("pictures whose name has no ending, such as %s: add the ending", n.target)
	}
	f.line = append(f.line, n)
	return inside.end + 1
}
