package manuscript

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/stackroom-mcp/stackroom/pkg/csl/pandoc"
)

// newMarkdownParser returns a parser of Pandoc's Markdown, as far as goldmark
// and this file have it.
func newMarkdownParser() parser.Parser {
	return goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList, extension.Footnote, extension.DefinitionList,
			extension.NewTypographer(extension.WithTypographicSubstitutions(typography))),
		goldmark.WithParserOptions(parser.WithHeadingAttribute(), parser.WithAutoHeadingID(),
			parser.WithBlockParsers(util.Prioritized(fenceParser{}, 650), util.Prioritized(mathBlockParser{}, 650)),
			parser.WithInlineParsers(util.Prioritized(citationParser{}, 150), util.Prioritized(mathParser{}, 90), util.Prioritized(scriptParser{}, 90), util.Prioritized(attributeParser{}, 90))),
	).Parser()
}

// typography is what quotation marks, dashes and dots become.
var typography = map[extension.TypographicPunctuation]string{
	extension.LeftSingleQuote: "‘", extension.RightSingleQuote: "’", extension.LeftDoubleQuote: "“", extension.RightDoubleQuote: "”",
	extension.EnDash: "–", extension.EmDash: "—", extension.Ellipsis: "…", extension.Apostrophe: "’",
	extension.LeftAngleQuote: "<<", extension.RightAngleQuote: ">>",
}

// syntax is an inline or a block that goldmark does not know.
type syntax struct {
	ast.BaseInline
	node     kind
	text     string
	on       bool
	citation pandoc.Citation // its Start and End are in the source
	inner    span            // of a note or a span: what stands inside
}

var kindSyntax = ast.NewNodeKind("ManuscriptSyntax") //nolint:gochecknoglobals // goldmark numbers its kinds once

// Kind implements [ast.Node].
func (s *syntax) Kind() ast.NodeKind { return kindSyntax }

// Dump implements [ast.Node].
func (s *syntax) Dump(source []byte, level int) { ast.DumpHelper(s, source, level, nil, nil) }

// window is the beginning of the text that a block still has at a position, and
// where its lines stand in the source.
type window struct {
	text   string
	starts []int // in the source, of each line
	ends   []int // in text, of each line
	cut    bool  // the first line is longer than the window
}

// maxWindow bounds a window, in bytes, so that the time to read a line grows with
// its length alone.
const maxWindow = 4096

// newWindow returns the rest of the line.
func newWindow(block text.Reader) *window {
	line, segment := block.PeekLine()
	n := min(len(line), maxWindow)
	return &window{text: string(line[:n]), starts: []int{segment.Start}, ends: []int{n}, cut: n < len(line)}
}

// extend adds the lines that follow.
func (w *window) extend(block text.Reader) {
	if w.cut {
		return
	}
	at, position := block.Position()
	defer block.SetPosition(at, position)
	var b strings.Builder
	b.WriteString(w.text)
	for b.Len() < maxWindow {
		block.AdvanceLine()
		line, segment := block.PeekLine()
		if line == nil {
			break
		}
		b.Write(line)
		w.starts = append(w.starts, segment.Start)
		w.ends = append(w.ends, b.Len())
	}
	w.text = b.String()
}

// position returns where byte n of the text stands in the source.
func (w *window) position(n int) int {
	begin := 0
	for i, end := range w.ends {
		if n < end || i == len(w.ends)-1 {
			return w.starts[i] + n - begin
		}
		begin = end
	}
	return n
}

// advance moves the block over n bytes of the text.
func (w *window) advance(block text.Reader, n int) {
	if w.cut {
		block.Advance(n)
		return
	}
	begin := 0
	for _, end := range w.ends {
		if n < end {
			break
		}
		if end > begin {
			block.AdvanceLine()
		}
		begin = end
	}
	if n > begin {
		block.Advance(n - begin)
	}
}

// citationParser reads citations, notes of the form "^[text]" and spans of the
// form "[text]{.smallcaps}".
type citationParser struct{}

// Trigger implements [parser.InlineParser].
func (citationParser) Trigger() []byte { return []byte{'[', '@', '-', '^'} }

// Parse implements [parser.InlineParser].
func (citationParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	w := newWindow(block)
	switch {
	case strings.HasPrefix(w.text, "^["):
		return fragment(block, w, 1)
	case strings.HasPrefix(w.text, "["):
		if _, more := pandoc.Closing(w.text); more {
			w.extend(block)
		}
		if s := scanned(block, w); s != nil {
			return s
		}
		return fragment(block, w, 0)
	case strings.HasPrefix(w.text, "@") || strings.HasPrefix(w.text, "-@"):
		if strings.HasPrefix(strings.TrimLeft(unkeyed(w.text), " \n"), "[") || !strings.ContainsAny(w.text, " ") {
			w.extend(block)
		}
		return scanned(block, w)
	}
	return nil
}

// unkeyed returns what follows the first word of s.
func unkeyed(s string) string {
	if i := strings.IndexAny(s, " \n["); i >= 0 {
		return s[i:]
	}
	return ""
}

// scanned reads a citation. Its result is untyped nil if there is none.
func scanned(block text.Reader, w *window) ast.Node {
	c, n := pandoc.Scan(w.text, block.PrecendingCharacter())
	if n == 0 {
		return nil
	}
	c.Start, c.End = w.starts[0], w.position(n-1)+1
	w.advance(block, n)
	return &syntax{node: kindCitation, citation: c}
}

// fragment reads a note or a span whose bracket stands at a position of the
// window. What is inside is read later.
func fragment(block text.Reader, w *window, at int) ast.Node {
	end, more := pandoc.Closing(w.text[at:])
	if more && len(w.ends) == 1 {
		w.extend(block)
		end, _ = pandoc.Closing(w.text[at:])
	}
	if end < 0 {
		return nil
	}
	s := &syntax{node: kindNote, inner: span{w.position(at + 1), w.position(at+end-1) + 1}}
	n := at + end + 1
	if at == 0 {
		var attributes int
		if s.node, attributes = spanKind(w.text[n:]); attributes == 0 {
			return nil
		}
		n += attributes
	}
	if end < 2 {
		s.inner.end = s.inner.start
	}
	w.advance(block, n)
	return s
}

// maxAttributes bounds the attributes of a span, and a raised text, in bytes.
const maxAttributes = 256

// spanKind reads the attributes behind a span and returns their length, 0 if
// there are none.
func spanKind(s string) (k kind, length int) {
	s = s[:min(len(s), maxAttributes)]
	end := strings.IndexByte(s, '}')
	if !strings.HasPrefix(s, "{") || end < 0 || strings.Contains(s[:end], "\n") {
		return 0, 0
	}
	for class := range strings.FieldsSeq(s[1:end]) {
		switch class {
		case ".smallcaps":
			return kindSmallCaps, end + 1
		case ".underline", ".ul":
			return kindUnderline, end + 1
		}
	}
	return kindDocument, end + 1
}

// mathParser reads "$x$" and "$$x$$" as Pandoc does: no space follows the first
// dollar or precedes the last one, and no digit follows it.
type mathParser struct{}

// Trigger implements [parser.InlineParser].
func (mathParser) Trigger() []byte { return []byte{'$'} }

// Parse implements [parser.InlineParser].
func (mathParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	w := newWindow(block)
	mark := "$"
	if strings.HasPrefix(w.text, "$$") {
		mark = "$$"
	}
	length := mathLength(w.text, mark)
	if length == 0 {
		w.extend(block)
		length = mathLength(w.text, mark)
	}
	if length == 0 {
		return nil
	}
	w.advance(block, length)
	inside := strings.Join(strings.Fields(w.text[len(mark):length-len(mark)]), " ")
	return &syntax{node: kindMath, text: inside, on: mark == "$$"}
}

// mathLength returns the length of the formula at the beginning of s, or 0.
func mathLength(s, mark string) int {
	if len(s) <= len(mark) || mark == "$" && strings.ContainsRune(" \t\n", rune(s[1])) {
		return 0
	}
	for i := len(mark); i < min(len(s), maxWindow); i++ {
		if s[i] == '\\' {
			i++
			continue
		}
		if !strings.HasPrefix(s[i:], mark) || i == len(mark) {
			continue
		}
		end := i + len(mark)
		if mark == "$" && (strings.ContainsRune(" \t\n", rune(s[i-1])) || end < len(s) && s[end] >= '0' && s[end] <= '9') {
			continue
		}
		return end
	}
	return 0
}

// scriptParser reads "^x^" and "~x~". A space in it ends the attempt.
type scriptParser struct{}

// Trigger implements [parser.InlineParser].
func (scriptParser) Trigger() []byte { return []byte{'^', '~'} }

// Parse implements [parser.InlineParser].
func (scriptParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	line = line[:min(len(line), maxAttributes)]
	end := bytes.IndexByte(line[1:], line[0])
	if end < 1 || bytes.ContainsAny(bytes.ReplaceAll(line[1:end+1], []byte(`\ `), nil), " \t\n[]") {
		return nil
	}
	s := &syntax{node: kindSuperscript, text: strings.ReplaceAll(string(line[1:end+1]), `\ `, "\u00a0")}
	if line[0] == '~' {
		s.node = kindSubscript
	}
	block.Advance(end + 2)
	return s
}

// attributeParser reads the attributes behind an image, a link or code.
type attributeParser struct{}

// Trigger implements [parser.InlineParser].
func (attributeParser) Trigger() []byte { return []byte{'{'} }

// Parse implements [parser.InlineParser].
func (attributeParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); before != ')' && before != '`' && before != '>' {
		return nil
	}
	line, _ := block.PeekLine()
	end := bytes.IndexByte(line[:min(len(line), maxAttributes)], '}')
	if end < 2 {
		return nil
	}
	block.Advance(end + 1)
	return &syntax{node: kindText, text: string(line[1:end])}
}
