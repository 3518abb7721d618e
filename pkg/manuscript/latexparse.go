package manuscript

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// latexParser reads LaTeX into nodes. The reader of citations has been over the
// source before: a citation stands where it found one.
type latexParser struct {
	m       *Manuscript
	reports *reports
	s       string
	cites   map[int][]int  // the citations by where their command begins
	removed map[int]int    // where commands begin that are left out, and where they end
	closes  map[int]int    // the closing bracket of each opening one
	last    map[string]int // the last place of the mark that ends a formula
	top     int            // the level of "\section"
	depth   int
}

// newLaTeXParser returns a parser of a source.
func newLaTeXParser(m *Manuscript, s string, reports *reports) *latexParser {
	return &latexParser{m: m, reports: reports, s: s, closes: closingBrackets(s), top: 1,
		last: map[string]int{`\)`: strings.LastIndex(s, `\)`), `\]`: strings.LastIndex(s, `\]`)}}
}

// parseLaTeX returns the document of a manuscript in LaTeX. What is not carried
// over is reported.
func (m *Manuscript) parseLaTeX(reports *reports) *node {
	p := newLaTeXParser(m, string(m.source), reports)
	p.cites, p.removed = map[int][]int{}, map[int]int{}
	if strings.Contains(p.s, `\chapter`) {
		p.top = 2
	}
	begin := 0
	for i := range m.Citations {
		c := &m.Citations[i]
		if c.lead == "" {
			begin = c.span.start
		}
		p.cites[begin] = append(p.cites[begin], i)
	}
	for _, r := range m.removed {
		p.removed[r.start] = r.end
	}
	body := p.body()
	root := &node{kind: kindDocument, kids: p.blocks(body.start, body.end)}
	m.settle(root, reports)
	return root
}

// body returns the part of the source between the commands that begin and end the
// document, or all of it.
func (p *latexParser) body() span {
	if i := strings.Index(p.s, `\begin{document}`); i >= 0 {
		from := i + len(`\begin{document}`)
		return span{from, p.endOf("document", from, len(p.s))}
	}
	return span{0, len(p.s)}
}

// latexInlines reads a short text in LaTeX, such as a title.
func latexInlines(s string, reports *reports) []*node {
	p := newLaTeXParser(&Manuscript{}, s, reports)
	return p.inlines(0, len(s))
}

// readLaTeXMetadata reads the commands for title, authors and date, which stand
// before the text or at its beginning, and an abstract that cites nothing.
func (m *Manuscript) readLaTeXMetadata() {
	p := newLaTeXParser(m, string(m.source), nil)
	data := &m.Metadata
	found := p.first("title", "author", "date")
	data.Title, data.Subtitle, _ = strings.Cut(found["title"], `\\ \large `)
	data.Date = found["date"]
	if data.Date == `\today` {
		data.Date = ""
	}
	for author := range strings.SplitSeq(found["author"], `\and`) {
		if author = strings.TrimSpace(author); author != "" {
			data.Authors = append(data.Authors, author)
		}
	}
	const abstract = `\begin{abstract}`
	if i := strings.Index(p.s, abstract); i >= 0 {
		at := span{i + len(abstract), p.endOf("abstract", i+len(abstract), len(p.s))}
		text := strings.TrimSpace(p.s[at.start:at.end])
		if !m.cites(at) && !strings.Contains(text, "\n\n") {
			data.Abstract = text
		}
	}
}

// first returns the argument of the first of each command that has one.
func (p *latexParser) first(commands ...string) map[string]string {
	found := map[string]string{}
	r := &latexReader{s: p.s}
	for r.at < len(r.s) {
		switch r.s[r.at] {
		case '%':
			r.skipTo("\n")
		case '\\':
			name, end := p.name(r.at, len(p.s))
			r.skipCommand(nil)
			if !slices.Contains(commands, name) {
				continue
			}
			if _, after, ok := p.optional(end); ok {
				end = after
			}
			inside, ok := p.argument(end)
			if _, before := found[name]; ok && !before {
				found[name] = strings.TrimSpace(p.s[inside.start:inside.end])
			}
		default:
			r.at++
		}
	}
	return found
}

// cites reports whether a citation begins in a part of the source.
func (m *Manuscript) cites(at span) bool {
	return slices.ContainsFunc(m.Citations, func(c Citation) bool { return c.span.start >= at.start && c.span.start < at.end })
}

// flow is what has been read of a stretch: blocks, and the inlines of the paragraph
// that is not at its end yet.
type flow struct {
	blocks, line []*node
}

// end ends the paragraph.
func (f *flow) end() {
	line := trimEnd(f.line)
	for len(line) > 0 && line[len(line)-1].kind == kindBreak {
		line = trimEnd(line[:len(line)-1])
	}
	if len(line) > 0 {
		f.blocks = append(f.blocks, &node{kind: kindParagraph, kids: line})
	}
	f.line = nil
}

func (f *flow) block(blocks ...*node) {
	f.end()
	f.blocks = append(f.blocks, blocks...)
}

// splice adds what a group has: to the paragraph if it is a part of one.
func (f *flow) splice(blocks []*node) {
	if len(blocks) == 1 && blocks[0].kind == kindParagraph {
		f.line = append(f.line, blocks[0].kids...)
		return
	}
	if len(blocks) > 0 {
		f.block(blocks...)
	}
}

// text adds a text. White space at the beginning of a paragraph is none.
func (f *flow) text(s string) {
	if n := len(f.line); n == 0 {
		s = strings.TrimLeft(s, " ")
	} else if f.line[n-1].kind == kindBreak || f.line[n-1].kind == kindSoftBreak {
		s = strings.TrimLeft(s, " ")
	}
	if n := len(f.line); n > 0 && f.line[n-1].kind == kindText && len(f.line[n-1].text) > maxArgument {
		f.line = append(f.line, textNode(s)) // a longer text is copied with each addition
		return
	}
	f.line = addText(f.line, s)
}

// blocks reads a stretch of the source.
func (p *latexParser) blocks(from, to int) []*node {
	if p.depth++; p.depth > maxDepth {
		p.depth--
		p.reports.add("what is nested deeper than %d levels: it is left out", maxDepth)
		return nil
	}
	defer func() { p.depth-- }()
	f := &flow{}
	for at := from; at < to; {
		at = max(p.step(f, at, to), at+1)
	}
	f.end()
	return f.blocks
}

// inlines reads a stretch of the source whose paragraphs become one.
func (p *latexParser) inlines(from, to int) []*node {
	var all []*node
	for i, b := range p.blocks(from, to) {
		if i > 0 {
			all = append(all, textNode(" "))
		}
		if b.kind == kindParagraph || b.kind == kindHeading {
			all = append(all, b.kids...)
		} else {
			p.reports.add("lists, tables and pictures inside a line: their text stays")
			all = append(all, textNode(b.plain()))
		}
	}
	return all
}

// latexSpecial are the characters that are no plain text.
const latexSpecial = "\\{}$%~`'-\n\t &"

// step reads what stands at a position, and returns where the next begins.
func (p *latexParser) step(f *flow, at, to int) int {
	s := p.s[at:to]
	switch s[0] {
	case '%':
		return p.comment(at, to)
	case '\n', ' ', '\t':
		return p.space(f, at, to)
	case '{':
		inside, ok := p.argument(at)
		if !ok || inside.end >= to {
			return at + 1
		}
		f.splice(p.blocks(inside.start, inside.end))
		return inside.end + 1
	case '}':
		return at + 1
	case '$':
		return p.dollars(f, at, to)
	case '\\':
		return p.command(f, at, to)
	case '~':
		f.text("\u00a0")
		return at + 1
	case '`', '\'', '-', '&':
		for _, pair := range [][2]string{{"```", "“‘"}, {"``", "“"}, {"'''", "’”"}, {"''", "”"}, {"`", "‘"}, {"'", "’"}, {"---", "—"}, {"--", "–"}} {
			if strings.HasPrefix(s, pair[0]) {
				f.text(pair[1])
				return at + len(pair[0])
			}
		}
		f.text(s[:1])
		return at + 1
	}
	n := strings.IndexAny(s, latexSpecial)
	if n < 0 {
		n = len(s)
	}
	f.text(s[:n])
	return at + n
}

// comment skips a comment with its line end and the white space that begins the next
// line. An empty line behind it still ends the paragraph.
func (p *latexParser) comment(at, to int) int {
	n := strings.IndexByte(p.s[at:to], '\n')
	if n < 0 {
		return to
	}
	rest := p.s[at+n+1 : to]
	blank := len(rest) - len(strings.TrimLeft(rest, " \t"))
	if strings.HasPrefix(rest[blank:], "\n") {
		return at + n
	}
	return at + n + 1 + blank
}

// space reads white space. An empty line ends the paragraph.
func (p *latexParser) space(f *flow, at, to int) int {
	s := p.s[at:to]
	n := len(s) - len(strings.TrimLeft(s, " \t\n"))
	switch strings.Count(s[:n], "\n") {
	case 0:
		f.text(" ")
	case 1:
		if k := len(f.line); k > 0 && f.line[k-1].kind != kindBreak && f.line[k-1].kind != kindSoftBreak {
			f.line = append(f.line, &node{kind: kindSoftBreak})
		}
	default:
		f.end()
	}
	return at + n
}

// dollars reads a formula in dollars.
func (p *latexParser) dollars(f *flow, at, to int) int {
	mark := "$"
	if strings.HasPrefix(p.s[at:to], "$$") {
		mark = "$$"
	}
	from := at + len(mark)
	for i := from; i < to; i++ {
		switch {
		case p.s[i] == '\\':
			i++
		case strings.HasPrefix(p.s[i:to], mark):
			p.formula(f, p.s[from:i], mark == "$$")
			return i + len(mark)
		}
	}
	f.text("$")
	return at + 1
}

// formula adds a formula. One on a line of its own is a paragraph.
func (p *latexParser) formula(f *flow, text string, display bool) {
	n := &node{kind: kindMath, text: strings.TrimSpace(text), on: display}
	if display {
		f.block(&node{kind: kindParagraph, kids: []*node{n}})
		return
	}
	f.line = append(f.line, n)
}

// argument returns the inside of the braces that follow at a position.
func (p *latexParser) argument(at int) (span, bool) { return p.bracketed(at, '{') }

// optional returns the inside of the square brackets that follow at a position, and
// where what follows begins.
func (p *latexParser) optional(at int) (inside span, end int, ok bool) {
	inside, ok = p.bracketed(at, '[')
	if !ok {
		return span{}, at, false
	}
	return inside, inside.end + 1, true
}

// bracketed returns the inside of brackets that follow at a position, behind white
// space without an empty line.
func (p *latexParser) bracketed(at int, open byte) (span, bool) {
	at = (&latexReader{s: p.s}).skipSpace(at)
	if at >= len(p.s) || p.s[at] != open {
		return span{}, false
	}
	end, ok := p.closes[at]
	return span{at + 1, end}, ok
}

// closingBrackets returns where the brackets close that open at each position. A
// bracket within braces closes there or not at all.
func closingBrackets(s string) map[int]int {
	closes := map[int]int{}
	r := &latexReader{s: s}
	var open []int
	for r.at < len(s) {
		at := r.at
		r.at++
		switch s[at] {
		case '\\':
			r.at = at
			r.skipCommand(closes)
		case '%':
			r.skipTo("\n")
		case '{', '[':
			open = append(open, at)
		case ']':
			if n := len(open); n > 0 && s[open[n-1]] == '[' {
				closes[open[n-1]] = at
				open = open[:n-1]
			}
		case '}':
			n := len(open)
			for n > 0 && s[open[n-1]] == '[' {
				n--
			}
			if n > 0 {
				n--
				closes[open[n]] = at
			}
			open = open[:n]
		}
	}
	return closes
}

// skipCommand moves behind the name of a command, and behind the text of a command
// or an environment that is no LaTeX. closes gets the braces of such an environment;
// it may be nil.
func (r *latexReader) skipCommand(closes map[int]int) {
	end := r.at + 1
	for end < len(r.s) && isASCIILetter(r.s[end]) {
		end++
	}
	name := r.s[r.at+1 : end]
	if name == "" {
		r.at = min(r.at+2, len(r.s))
		return
	}
	r.at = end
	switch {
	case name == "begin":
		environment, after, ok := r.group('{', '}', r.at)
		if ok && verbatims[environment] && closes != nil {
			closes[after-len(environment)-2] = after - 1
		}
		r.begin()
	case name == "verb" || name == "lstinline":
		r.verb(end, end < len(r.s) && r.s[end] == '*')
	}
}

// endOf returns where the environment that was begun before a position ends: at its
// "\end", or at to.
func (p *latexParser) endOf(name string, from, to int) int {
	begin, end := `\begin{`+name+`}`, `\end{`+name+`}`
	depth := 1
	for at := from; at < to; {
		i := strings.IndexByte(p.s[at:to], '\\')
		if i < 0 {
			break
		}
		at += i
		switch {
		case strings.HasPrefix(p.s[at:], begin) && !verbatims[name]:
			depth++
			at += len(begin)
		case strings.HasPrefix(p.s[at:to], end):
			if depth--; depth == 0 {
				return at
			}
			at += len(end)
		default:
			at += 2
		}
	}
	return to
}

// name returns the name of the command at a position, and where what follows begins: a
// word of letters with its star, or one other character.
func (p *latexParser) name(at, to int) (name string, end int) {
	end = at + 1
	for end < to && isASCIILetter(p.s[end]) {
		end++
	}
	if end > at+1 || end >= to {
		return p.s[at+1 : end], end
	}
	_, n := utf8.DecodeRuneInString(p.s[end:to])
	return p.s[end : end+n], end + n
}
