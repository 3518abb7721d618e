package manuscript

import (
	"slices"
	"strconv"
	"strings"
)

// wordParser reads a Word document into nodes.
type wordParser struct {
	m         *Manuscript
	reports   *reports
	styles    map[string]wordStyleInfo
	numbering *wordNumbering
	counted   map[string]int                   // items of each list so far
	cites     map[*wordParagraph][]int         // the citations of each paragraph, by their place
	notes     map[bool]map[string]*wordElement // by ID; of endnotes under true
	targets   map[string]string                // of the relationships of the part
	noteLinks map[bool]map[string]string
	texts     int // paragraphs so far, behind the title and what stands with it
	depth     int
}

// parseWord reads the document of a manuscript in Word. What is not carried over
// is reported.
func (m *Manuscript) parseWord(reports *reports) error {
	p := &wordParser{m: m, reports: reports, counted: map[string]int{}, cites: map[*wordParagraph][]int{}, notes: map[bool]map[string]*wordElement{}, noteLinks: map[bool]map[string]string{}}
	var err error
	if p.styles, err = m.word.readStyles(); err != nil {
		return err
	}
	if p.numbering, err = m.word.readNumbering(); err != nil {
		return err
	}
	for i, c := range m.word.cites {
		p.cites[c.paragraph] = append(p.cites[c.paragraph], i)
	}
	for end, part := range map[bool]*wordText{false: m.word.notes, true: m.word.ends} {
		if err := p.readNotes(end, part); err != nil {
			return err
		}
	}
	targets, kinds, err := m.word.relations(m.word.body.name)
	if err != nil {
		return err
	}
	p.targets = targets
	for _, kind := range kinds {
		if kind == "header" || kind == "footer" {
			p.reports.add("headers and footers of pages: they are left out")
		}
	}
	tree, err := wordTree(m.word.body)
	if err != nil {
		return err
	}
	root := &node{kind: kindDocument}
	if body := tree.first("w:document", "w:body"); body != nil {
		root.kids = p.blocks(body.kids)
	}
	m.root = root
	m.settle(root, reports)
	return nil
}

// readNotes reads the footnotes or the endnotes.
func (p *wordParser) readNotes(end bool, part *wordText) error {
	p.notes[end] = map[string]*wordElement{}
	if part == nil {
		return nil
	}
	targets, _, err := p.m.word.relations(part.name)
	if err != nil {
		return err
	}
	p.noteLinks[end] = targets
	tree, err := wordTree(part)
	if err != nil {
		return err
	}
	for _, root := range tree.kids {
		for _, n := range root.kids {
			p.notes[end][n.val("w:id")] = n
		}
	}
	return nil
}

// wordFlow is what has been read of a stretch: blocks, and the lists that an item
// could continue, the outermost first.
type wordFlow struct {
	blocks []*node
	open   []*node
	list   string // the numbering of the outermost
}

func (f *wordFlow) add(blocks ...*node) {
	f.blocks = append(f.blocks, blocks...)
	f.open = nil
}

// blocks reads elements that are blocks.
func (p *wordParser) blocks(elements []*wordElement) []*node {
	f := &wordFlow{}
	p.flow(f, elements)
	return f.blocks
}

func (p *wordParser) flow(f *wordFlow, elements []*wordElement) {
	if p.depth++; p.depth > maxDepth {
		p.reports.add("what is nested deeper than %d levels: it is left out", maxDepth)
		elements = nil
	}
	defer func() { p.depth-- }()
	for _, e := range elements {
		switch e.name {
		case "w:p":
			p.paragraph(f, e)
		case "w:tbl":
			f.add(p.table(e))
		case "w:ins", "w:moveTo":
			p.reports.add("tracked changes: the text is as if all were accepted")
			p.flow(f, e.kids)
		case "w:sdt", "w:sdtContent", "w:customXml", "w:smartTag", "mc:AlternateContent", "mc:Choice":
			p.flow(f, e.kids)
		case "w:altChunk":
			p.reports.add("documents within the document: they are left out")
		default:
			if e.hasText() {
				p.reports.add("the element %s of Word: its text stays", e.name)
				p.flow(f, e.kids)
			}
		}
	}
}

// styleOf returns the name of a style in lower case, or that of the nearest one on
// which it is based and which has a meaning here, and the list that it stands in.
func (p *wordParser) styleOf(id string) (name, list string, level int) {
	for range 20 {
		style, ok := p.styles[id]
		if !ok {
			return name, list, level
		}
		if list == "" {
			list, level = style.list, style.level
		}
		if name == "" && (wordStyleKinds[style.name] != 0 || headingLevel(style.name) > 0 || strings.HasPrefix(style.name, "toc ")) {
			name = style.name
		}
		id = style.based
	}
	return name, list, level
}

// wordStyleKind is what the style of a paragraph means.
type wordStyleKind uint8

const (
	styleMetadata wordStyleKind = iota + 1
	styleQuote
	styleCode
	styleCaption
	styleContents
)

// wordStyleKinds are the styles of paragraphs that mean something, by their names.
var wordStyleKinds = map[string]wordStyleKind{
	"title": styleMetadata, "subtitle": styleMetadata, "author": styleMetadata, "date": styleMetadata, "abstract": styleMetadata,
	"quote": styleQuote, "intense quote": styleQuote, "block text": styleQuote,
	"source code": styleCode, "html preformatted": styleCode, "plain text": styleCode,
	"caption": styleCaption, "image caption": styleCaption, "table caption": styleCaption, "toc heading": styleContents,
}

// headingLevel returns the level of a heading by the name of its style, 0 for
// another style.
func headingLevel(name string) int {
	digits, ok := strings.CutPrefix(name, "heading ")
	if level, err := strconv.Atoi(digits); ok && err == nil && level > 0 {
		return level
	}
	return 0
}

// paragraph reads a paragraph, and the text boxes that hang on it.
func (p *wordParser) paragraph(f *wordFlow, e *wordElement) {
	style, list, level := p.styleOf(e.first("w:pPr", "w:pStyle").val("w:val"))
	if own := e.first("w:pPr", "w:numPr"); own != nil {
		list = own.first("w:numId").val("w:val")
		level, _ = strconv.Atoi(own.first("w:ilvl").val("w:val")) // 0 where it says none
	}
	r := &wordInlines{parser: p, paragraph: e.paragraph, cites: p.cites[e.paragraph]}
	r.read(e.kids, wordFormat{})
	inlines := r.trimmed()
	defer func() {
		if len(r.boxes) > 0 {
			p.reports.add("text boxes: their text follows the paragraph on which they hang")
			f.add(r.boxes...)
		}
	}()
	switch n := headingLevel(style); {
	case e.paragraph != nil && placeMark.MatchString(e.paragraph.text):
		f.add(&node{kind: kindBibliography})
		return
	case len(inlines) == 0:
		if e.first("w:pPr", "w:pBdr", "w:bottom") != nil {
			f.add(&node{kind: kindRule})
		}
		return
	case strings.HasPrefix(style, "toc ") || wordStyleKinds[style] == styleContents:
		p.reports.add("tables of contents: they are left out")
		return
	case n > 0:
		f.add(&node{kind: kindHeading, level: min(n, 6), target: r.bookmark, kids: inlines})
	case list != "" && list != "0":
		p.addItem(f, wordItem{list, min(max(level, 0), 8), &node{kind: kindItem, kids: []*node{{kind: kindParagraph, kids: inlines}}}})
	case wordStyleKinds[style] == styleMetadata && p.texts == 0 && p.metadata(style, inlines):
		return
	default:
		f.addStyled(wordStyleKinds[style], inlines, e)
	}
	p.texts++
}

// metadata takes a paragraph as the title or what stands with it, if it cites
// nothing.
func (p *wordParser) metadata(style string, inlines []*node) bool {
	m := &p.m.Metadata
	formatted := false
	for _, n := range inlines {
		cites := false
		n.walk(func(n *node) { cites = cites || n.kind == kindCitation || n.kind == kindNote })
		if cites {
			return false
		}
		formatted = formatted || n.kind != kindText
	}
	if formatted {
		p.reports.add("italics and other formats in the title and what stands with it")
	}
	text := plainOf(inlines)
	if style == "author" {
		m.Authors = append(m.Authors, text)
		return true
	}
	into := map[string]*string{"title": &m.Title, "subtitle": &m.Subtitle, "date": &m.Date, "abstract": &m.Abstract}[style]
	if *into != "" {
		text = *into + " " + text
	}
	*into = text
	return true
}

// addStyled adds a paragraph of a style. One of code or a quote continues the one
// before it.
func (f *wordFlow) addStyled(style wordStyleKind, inlines []*node, e *wordElement) {
	paragraph := &node{kind: kindParagraph, kids: inlines}
	var last *node
	if len(f.blocks) > 0 && f.open == nil {
		last = f.blocks[len(f.blocks)-1]
	}
	switch style {
	case styleQuote:
		if last != nil && last.kind == kindQuote {
			last.add(paragraph)
			return
		}
		paragraph = &node{kind: kindQuote, kids: []*node{paragraph}}
	case styleCode:
		code := codeOf(e)
		if last != nil && last.kind == kindCodeBlock {
			last.text += code + "\n"
			return
		}
		paragraph = &node{kind: kindCodeBlock, text: code + "\n"}
	case styleCaption:
		paragraph.kids = []*node{{kind: kindEmphasis, kids: inlines}}
	}
	f.add(paragraph)
}

// codeOf returns the text of a paragraph of code.
func codeOf(e *wordElement) string {
	if e.paragraph == nil {
		return ""
	}
	return e.paragraph.text
}

// table reads a table.
func (p *wordParser) table(e *wordElement) *node {
	t := &node{kind: kindTable}
	first := e.first("w:tblPr", "w:tblLook").val("w:firstRow") == "1"
	p.rows(t, e.kids)
	for i, row := range t.kids {
		row.on = row.on || i == 0 && first
		if !row.on {
			continue
		}
		for _, cell := range row.kids { // header rows are bold in every format
			if len(cell.kids) == 1 && cell.kids[0].kind == kindStrong {
				cell.kids = cell.kids[0].kids
			}
		}
	}
	return t
}

func (p *wordParser) rows(t *node, elements []*wordElement) {
	for _, e := range elements {
		switch e.name {
		case "w:sdt", "w:sdtContent", "w:ins":
			p.rows(t, e.kids)
		case "w:tr":
			row := &node{kind: kindRow, on: e.first("w:trPr", "w:tblHeader").on()}
			p.rowCells(t, row, e.kids)
			t.add(row)
		}
	}
}

func (p *wordParser) rowCells(t, row *node, elements []*wordElement) {
	for _, e := range elements {
		switch e.name {
		case "w:sdt", "w:sdtContent":
			p.rowCells(t, row, e.kids)
		case "w:tc":
			if len(t.kids) == 0 || len(row.kids) >= len(t.align) {
				t.align = append(t.align, cellAlignment(e))
			}
			row.add(p.tableCell(e))
			span, _ := strconv.Atoi(e.first("w:tcPr", "w:gridSpan").val("w:val")) // 0 where it says none
			for range min(span, 64) - 1 {
				p.reports.add("cells over several columns: they stand in the first")
				row.add(&node{kind: kindCell})
			}
		}
	}
}

// cellAlignment returns the alignment of the first paragraph of a cell.
func cellAlignment(e *wordElement) alignment {
	switch e.first("w:p", "w:pPr", "w:jc").val("w:val") {
	case "left", "start":
		return alignLeft
	case "center":
		return alignCenter
	case "right", "end":
		return alignRight
	}
	return alignNone
}

// tableCell reads a cell, whose paragraphs become lines.
func (p *wordParser) tableCell(e *wordElement) *node {
	cell := &node{kind: kindCell}
	for _, b := range p.blocks(e.kids) {
		if len(cell.kids) > 0 {
			cell.add(&node{kind: kindBreak})
		}
		if b.kind == kindParagraph || b.kind == kindHeading {
			cell.add(b.kids...)
			continue
		}
		p.reports.add("lists, tables and pictures inside a line: their text stays")
		cell.add(inlinesBelow(b)...)
	}
	return cell
}

// inlinesBelow returns the inlines of blocks.
func inlinesBelow(n *node) []*node {
	if n.kind == kindCodeBlock {
		return []*node{{kind: kindCode, text: strings.TrimSpace(n.text)}}
	}
	var all []*node
	for _, k := range n.kids {
		if k.kind >= kindText {
			all = append(all, k)
			continue
		}
		if len(all) > 0 {
			all = append(all, textNode(" "))
		}
		all = append(all, inlinesBelow(k)...)
	}
	return slices.Clip(all)
}
