package manuscript

import "strings"

// node is a part of a document: a block or an inline.
type node struct {
	kind kind
	kids []*node
	// text is that of kindText, kindCode, kindCodeBlock and kindMath.
	text string
	// level is that of a heading, from 1, the first number of an ordered list, or
	// the width of an image in percent of the line, 0 if it has none.
	level int
	// target is the address of a link or an image, the language of a code block,
	// or the identifier of a heading.
	target string
	// cite is the position in [Manuscript].Citations of kindCitation.
	cite int
	// on is set for an ordered list, a header row, math on a line of its own, and
	// a checked task.
	on bool
	// align has the alignment of each column of a table.
	align []alignment
}

type kind uint8

// Blocks.
const (
	kindDocument kind = iota
	kindHeading
	kindParagraph
	kindCodeBlock
	kindQuote
	kindList
	kindItem
	kindTable
	kindRow
	kindCell
	kindRule
	kindFigure // an image and its caption
	kindBibliography
	kindEntry // of a bibliography: kindMargin, if the style has one, and text
	kindMargin
	kindTerm // of a definition list
	kindDefinition
)

// Inlines.
const (
	kindText kind = iota + 100
	kindEmphasis
	kindStrong
	kindStrike
	kindSuperscript
	kindSubscript
	kindSmallCaps
	kindUnderline
	kindCode
	kindMath
	kindLink
	kindImage
	kindNote // its kids are blocks
	kindSoftBreak
	kindBreak
	kindTask
	kindCitation
)

type alignment uint8

const (
	alignNone alignment = iota
	alignLeft
	alignCenter
	alignRight
)

func (n *node) add(kids ...*node) { n.kids = append(n.kids, kids...) }

// textNode returns a text.
func textNode(s string) *node { return &node{kind: kindText, text: s} }

// plain returns the text below a node without formats and notes.
func (n *node) plain() string {
	switch n.kind {
	case kindText, kindCode, kindMath, kindCodeBlock:
		return n.text
	case kindSoftBreak, kindBreak:
		return " "
	case kindNote:
		return ""
	}
	var b strings.Builder
	for _, k := range n.kids {
		b.WriteString(k.plain())
	}
	return b.String()
}

// plainOf returns the text of several nodes.
func plainOf(nodes []*node) string { return (&node{kids: nodes}).plain() }

// walk calls f for n and every node below it, in the order of the text.
func (n *node) walk(f func(*node)) {
	f(n)
	for _, k := range n.kids {
		k.walk(f)
	}
}
