package manuscript

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// maxDepth bounds how deep a document nests.
const maxDepth = 200

// markdownReader turns goldmark's tree into nodes.
type markdownReader struct {
	m      *Manuscript
	parser parser.Parser
	source []byte // what is read: the manuscript, or a part of it
	base   int    // where source stands in the manuscript
	lines  *lines
	notes  map[int]*extast.Footnote
	within []int // the notes that are being read
	count  *int  // notes of the manuscript so far
	note   int   // the number of the note that is being read, or 0
	depth  int
	err    error
}

// readMarkdown reads a manuscript in Markdown.
func (m *Manuscript) readMarkdown() error {
	yaml, rest := frontMatter(m.source)
	if rest > 0 {
		var err error
		if m.Metadata, err = readMetadata(yaml); err != nil {
			return err
		}
	}
	if err := checkQuotes(m.source); err != nil {
		return err
	}
	m.place = span{len(m.source), len(m.source)}
	count := 0
	r := &markdownReader{m: m, parser: newMarkdownParser(), source: m.source[rest:], base: rest, lines: &lines{source: m.source}, count: &count}
	m.root = &node{kind: kindDocument, kids: r.read()}
	return r.err
}

// checkQuotes refuses block quotes that nest deeper than a document does.
func checkQuotes(source []byte) error {
	for line := range bytes.Lines(source) {
		marks := 0
		for _, c := range line {
			if c == '>' {
				marks++
			} else if c != ' ' {
				break
			}
		}
		if marks > maxDepth {
			return tooDeep()
		}
	}
	return nil
}

func tooDeep() error {
	return library.Errorf(library.TooLarge, "the manuscript nests deeper than %d levels", maxDepth)
}

// markdownInlinesOf reads a short text in Markdown, such as a title.
func (m *Manuscript) markdownInlinesOf(s string) []*node {
	count := 0
	part := &Manuscript{format: Markdown, reports: m.reports}
	r := &markdownReader{m: part, parser: newMarkdownParser(), source: []byte(s), lines: &lines{source: []byte(s)}, count: &count}
	var all []*node
	for _, b := range r.read() {
		b.walk(func(n *node) {
			if n.kind == kindCitation { // titles cite nothing
				*n = *textNode("@" + part.Citations[n.cite].Cites[0].ID)
			}
		})
		if len(all) > 0 {
			all = append(all, textNode(" "))
		}
		all = append(all, b.kids...)
	}
	return all
}

// read reads the source.
func (r *markdownReader) read() []*node {
	doc := r.parser.Parse(text.NewReader(r.source))
	r.notes = map[int]*extast.Footnote{}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if list, ok := n.(*extast.FootnoteList); ok {
			for f := list.FirstChild(); f != nil; f = f.NextSibling() {
				if note, ok := f.(*extast.Footnote); ok {
					r.notes[note.Index] = note
				}
			}
		}
	}
	return r.children(doc)
}

// children reads the nodes below n.
func (r *markdownReader) children(n ast.Node) []*node {
	if r.depth++; r.depth > maxDepth && r.err == nil {
		r.err = tooDeep()
	}
	defer func() { r.depth-- }()
	var kids []*node
	for c := n.FirstChild(); c != nil && r.err == nil; c = c.NextSibling() {
		if c.Type() == ast.TypeInline {
			kids = r.inline(kids, c)
		} else {
			kids = append(kids, r.block(c)...)
		}
	}
	return kids
}

// block reads a block, which may become several or none.
func (r *markdownReader) block(n ast.Node) []*node {
	switch n := n.(type) {
	case *ast.Heading:
		h := &node{kind: kindHeading, level: n.Level, kids: r.children(n)}
		if id, ok := n.AttributeString("id"); ok {
			h.target = asText(id)
		}
		return []*node{h}
	case *ast.Paragraph, *ast.TextBlock:
		return r.paragraph(n)
	case *ast.CodeBlock:
		return []*node{{kind: kindCodeBlock, text: string(n.Lines().Value(r.source))}}
	case *ast.FencedCodeBlock:
		return []*node{{kind: kindCodeBlock, text: string(n.Lines().Value(r.source)), target: string(n.Language(r.source))}}
	case *ast.Blockquote:
		return []*node{{kind: kindQuote, kids: r.children(n)}}
	case *ast.List:
		return []*node{{kind: kindList, on: n.IsOrdered(), level: n.Start, kids: r.children(n)}}
	case *ast.ListItem:
		return []*node{{kind: kindItem, kids: r.children(n)}}
	case *ast.ThematicBreak:
		return []*node{{kind: kindRule}}
	case *ast.HTMLBlock:
		return r.htmlBlock(n)
	case *blockSyntax:
		return r.syntaxBlock(n)
	case *extast.FootnoteList:
		return nil // read where the text refers to the notes
	case *extast.DefinitionList:
		return r.children(n)
	case *extast.DefinitionTerm:
		return []*node{{kind: kindTerm, kids: r.children(n)}}
	case *extast.DefinitionDescription:
		return []*node{{kind: kindDefinition, kids: r.children(n)}}
	}
	return r.tablePart(n)
}

// tablePart reads a table and its parts.
func (r *markdownReader) tablePart(n ast.Node) []*node {
	switch n := n.(type) {
	case *extast.Table:
		t := &node{kind: kindTable}
		for _, a := range n.Alignments {
			t.align = append(t.align, map[extast.Alignment]alignment{extast.AlignLeft: alignLeft, extast.AlignCenter: alignCenter, extast.AlignRight: alignRight}[a])
		}
		t.kids = r.children(n)
		return []*node{t}
	case *extast.TableHeader:
		return []*node{{kind: kindRow, on: true, kids: r.children(n)}}
	case *extast.TableRow:
		return []*node{{kind: kindRow, kids: r.children(n)}}
	case *extast.TableCell:
		return []*node{{kind: kindCell, kids: r.children(n)}}
	}
	return r.children(n)
}

// paragraph reads a paragraph. One of an image alone is a figure.
func (r *markdownReader) paragraph(n ast.Node) []*node {
	kids := r.children(n)
	if len(kids) == 0 {
		return nil
	}
	if len(kids) == 1 && kids[0].kind == kindImage && len(kids[0].kids) > 0 {
		return []*node{{kind: kindFigure, kids: kids}}
	}
	if first := plainOf(kids[:1]); strings.HasPrefix(first, "+-") || strings.HasPrefix(first, "+—") || strings.HasPrefix(first, "+–") {
		r.m.reports.add("grid tables: they are written as text; use pipe tables")
	}
	return []*node{{kind: kindParagraph, kids: kids}}
}

// syntaxBlock reads a block of our own syntax.
func (r *markdownReader) syntaxBlock(b *blockSyntax) []*node {
	if b.node == kindMath {
		return []*node{{kind: kindParagraph, kids: []*node{{kind: kindMath, on: true, text: b.formula(r.source)}}}}
	}
	if b.place {
		return r.setPlace(r.base + b.end)
	}
	return nil
}

// htmlBlock reads a block of HTML, of which comments and the place of the
// bibliography count.
func (r *markdownReader) htmlBlock(n *ast.HTMLBlock) []*node {
	html := string(n.Lines().Value(r.source))
	if at := strings.Index(html, `id="refs"`); at >= 0 && n.Lines().Len() > 0 {
		if end := strings.IndexByte(html[at:], '>'); end >= 0 {
			return r.setPlace(r.base + n.Lines().At(0).Start + at + end + 1)
		}
	}
	if !strings.HasPrefix(strings.TrimSpace(html), "<!--") {
		r.m.reports.add("HTML in the text: it is left out")
	}
	return nil
}

// setPlace says where in the source the bibliography stands.
func (r *markdownReader) setPlace(at int) []*node {
	if r.m.place.start < len(r.m.source) {
		return nil
	}
	r.m.place = span{at, at}
	return []*node{{kind: kindBibliography}}
}

// cite adds a citation of the text.
func (r *markdownReader) cite(s *syntax, opens bool) *node {
	c := Citation{Cluster: s.citation.Cluster, InText: s.citation.InText, note: r.note, before: *r.count,
		opens: opens,
		Where: r.lines.of(r.base + s.citation.Start), span: span{r.base + s.citation.Start, r.base + s.citation.End}}
	for i := range c.Cites {
		cite := &c.Cites[i]
		cite.Locator = strings.ReplaceAll(cite.Locator, "--", "–")
		cite.Prefix, cite.Suffix = affix(cite.Prefix), affix(cite.Suffix)
	}
	at, err := r.m.addCitation(c)
	if err != nil {
		r.err = err
	}
	return &node{kind: kindCitation, cite: at}
}

// affix turns the Markdown of a prefix or suffix into the markup of [csl.Cite].
func affix(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "---", "—"), "--", "–")
	for _, pair := range [][3]string{{"**", "<b>", "</b>"}, {"*", "<i>", "</i>"}} {
		parts := strings.Split(s, pair[0])
		if len(parts)%2 == 0 {
			continue // one is not closed
		}
		var b strings.Builder
		for i, part := range parts {
			if i > 0 {
				b.WriteString(pair[2-i%2])
			}
			b.WriteString(part)
		}
		s = b.String()
	}
	return s
}
