package manuscript

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// blockSyntax is a block that goldmark does not know: math on lines of its own,
// or the line that begins or ends a div.
type blockSyntax struct {
	ast.BaseBlock
	node  kind
	place bool // the line begins the div of the bibliography
	end   int  // of the line, in the source
	close string
}

var kindBlockSyntax = ast.NewNodeKind("ManuscriptBlock") //nolint:gochecknoglobals // goldmark numbers its kinds once

// Kind implements [ast.Node].
func (b *blockSyntax) Kind() ast.NodeKind { return kindBlockSyntax }

// Dump implements [ast.Node].
func (b *blockSyntax) Dump(source []byte, level int) { ast.DumpHelper(b, source, level, nil, nil) }

// fenceParser reads the lines around a div, such as "::: {#refs}" and ":::".
type fenceParser struct{}

// Trigger implements [parser.BlockParser].
func (fenceParser) Trigger() []byte { return []byte{':'} }

// Open implements [parser.BlockParser].
func (fenceParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	at := pc.BlockOffset()
	if at < 0 || !strings.HasPrefix(string(line[at:]), ":::") {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return &blockSyntax{node: kindBibliography, place: strings.Contains(string(line), "#refs"), end: segment.Stop}, parser.NoChildren
}

// Continue implements [parser.BlockParser].
func (fenceParser) Continue(ast.Node, text.Reader, parser.Context) parser.State { return parser.Close }

// Close implements [parser.BlockParser].
func (fenceParser) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements [parser.BlockParser].
func (fenceParser) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements [parser.BlockParser].
func (fenceParser) CanAcceptIndentedLine() bool { return false }

// mathBlockParser reads "$$" and LaTeX environments on lines of their own.
type mathBlockParser struct{}

// Trigger implements [parser.BlockParser].
func (mathBlockParser) Trigger() []byte { return []byte{'$', '\\'} }

// Open implements [parser.BlockParser].
func (mathBlockParser) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	at := pc.BlockOffset()
	if at < 0 {
		return nil, parser.NoChildren
	}
	b := &blockSyntax{node: kindMath}
	body := strings.TrimSpace(string(line[at:]))
	switch {
	case strings.HasPrefix(body, "$$") && !strings.Contains(body[2:], "$$"):
		b.close = "$$"
	case strings.HasPrefix(body, `\begin{`) && strings.IndexByte(body, '}') > 0:
		b.close = `\end` + body[len(`\begin`):strings.IndexByte(body, '}')+1]
		if strings.Contains(body, b.close) {
			b.close = ""
		}
	default:
		return nil, parser.NoChildren
	}
	b.Lines().Append(segment)
	reader.AdvanceToEOL()
	return b, parser.NoChildren
}

// Continue implements [parser.BlockParser].
func (mathBlockParser) Continue(n ast.Node, reader text.Reader, _ parser.Context) parser.State {
	b, ok := n.(*blockSyntax)
	if !ok || b.close == "" {
		return parser.Close
	}
	line, segment := reader.PeekLine()
	b.Lines().Append(segment)
	reader.AdvanceToEOL()
	if strings.Contains(string(line), b.close) {
		b.close = ""
	}
	return parser.Continue | parser.NoChildren
}

// Close implements [parser.BlockParser].
func (mathBlockParser) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements [parser.BlockParser].
func (mathBlockParser) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements [parser.BlockParser].
func (mathBlockParser) CanAcceptIndentedLine() bool { return false }

// formula returns the formula of a block, without dollars.
func (b *blockSyntax) formula(source []byte) string {
	s := strings.TrimSpace(string(b.Lines().Value(source)))
	if inside, ok := strings.CutPrefix(s, "$$"); ok {
		inside, _, _ = strings.Cut(inside, "$$")
		return strings.TrimSpace(inside)
	}
	return s
}
