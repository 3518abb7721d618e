package manuscript

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Namespaces and types of WordprocessingML (ECMA-376, parts 1 and 2).
const (
	wordSpace     = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	relationSpace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageSpace  = "http://schemas.openxmlformats.org/package/2006"
	drawingSpace  = "http://schemas.openxmlformats.org/drawingml/2006"

	xmlHead      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	wordNames    = `xmlns:w="` + wordSpace + `" xmlns:r="` + relationSpace + `" xmlns:wp="` + drawingSpace + `/wordprocessingDrawing" xmlns:a="` + drawingSpace + `/main" xmlns:pic="` + drawingSpace + `/picture"`
	documentPart = "word/document.xml"
)

// wordPart is a part of a document that has text: the body or the footnotes.
type wordPart struct {
	markup
	relations []relation
}

// relation is a relationship of a part: to a picture, or to an address outside.
type relation struct {
	kind, target string
	external     bool
}

// relate adds a relationship and returns its ID.
func (p *wordPart) relate(r relation) string {
	p.relations = append(p.relations, r)
	return "rId" + strconv.Itoa(len(p.relations))
}

// relationsXML returns the relationships of a part.
func (p *wordPart) relationsXML() string {
	var b markup
	b.WriteString(xmlHead)
	b.open("Relationships", "xmlns", packageSpace+"/relationships")
	for i, r := range p.relations {
		attributes := []string{"Id", "rId" + strconv.Itoa(i+1), "Type", relationSpace + "/" + r.kind, "Target", r.target}
		if r.external {
			attributes = append(attributes, "TargetMode", "External")
		}
		b.empty("Relationship", attributes...)
	}
	b.close("Relationships")
	return b.String()
}

// wordWriter writes nodes as a Word document.
type wordWriter struct {
	*wordPart
	body, notes *wordPart
	reports     *reports
	pictures    *pictures
	noteCount   int
	lists       []*node // each with a numbering of its own
	bookmarks   int
	quoted      bool // in a block quote
}

// writeWord writes the manuscript as a new Word document.
func (c *Cited) writeWord(out io.Writer, open func(string) (io.ReadCloser, error)) error {
	doc := c.compose()
	w := &wordWriter{body: &wordPart{}, notes: &wordPart{}, reports: c.reports, pictures: &pictures{open: open, reports: c.reports}}
	w.wordPart = w.body
	for _, kind := range []string{"styles", "numbering", "footnotes", "settings"} {
		w.body.relate(relation{kind: kind, target: kind + ".xml"})
	}
	w.title(c)
	w.blocks(doc.kids, 0)
	w.wordPart = w.body
	z := zip.NewWriter(out)
	parts := [][2]string{
		{"[Content_Types].xml", contentTypes()},
		{"_rels/.rels", packageRelations},
		{"docProps/core.xml", c.coreProperties()},
		{documentPart, xmlHead + "<w:document " + wordNames + "><w:body>" + w.body.String() + pageOf(c.documentLanguage()) + "</w:body></w:document>"},
		{"word/_rels/document.xml.rels", w.body.relationsXML()},
		{"word/footnotes.xml", xmlHead + "<w:footnotes " + wordNames + ">" + noteSeparators + w.notes.String() + "</w:footnotes>"},
		{"word/_rels/footnotes.xml.rels", w.notes.relationsXML()},
		{"word/styles.xml", c.wordStyles()},
		{"word/numbering.xml", w.numbering()},
		{"word/settings.xml", xmlHead + "<w:settings " + wordNames + `><w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr></w:settings>`},
	}
	for _, p := range parts {
		if err := writePart(z, p[0], strings.NewReader(p[1])); err != nil {
			return err
		}
	}
	for _, p := range w.pictures.files {
		if err := writePart(z, "word/"+p.target, bytes.NewReader(p.data)); err != nil {
			return err
		}
	}
	return z.Close()
}

// writePart writes a file of a package.
func writePart(z *zip.Writer, name string, content io.Reader) error {
	f, err := z.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return err
}

// coreProperties returns the title and the authors of the document.
func (c *Cited) coreProperties() string {
	var b markup
	b.WriteString(xmlHead)
	b.open("cp:coreProperties", "xmlns:cp", packageSpace+"/metadata/core-properties", "xmlns:dc", "http://purl.org/dc/elements/1.1/")
	b.element("dc:title", plainOf(c.manuscript.inlinesOf(c.manuscript.Metadata.Title)))
	var authors []string
	for _, a := range c.manuscript.Metadata.Authors {
		authors = append(authors, plainOf(c.manuscript.inlinesOf(a)))
	}
	b.element("dc:creator", strings.Join(authors, "; "))
	b.element("dc:language", c.documentLanguage())
	b.close("cp:coreProperties")
	return b.String()
}

// pageOf returns the section properties: letter paper for American English, else
// A4, with margins of one inch.
func pageOf(language string) string {
	size := `w:w="11906" w:h="16838"`
	if language == "en-US" {
		size = `w:w="12240" w:h="15840"`
	}
	return "<w:sectPr><w:pgSz " + size + `/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440" w:header="708" w:footer="708" w:gutter="0"/></w:sectPr>`
}

// title writes the title and what stands with it.
func (w *wordWriter) title(c *Cited) {
	m := &c.manuscript.Metadata
	line := func(style, text string) {
		if text != "" {
			w.paragraph(style, "", c.manuscript.inlinesOf(text))
		}
	}
	line("Title", m.Title)
	line("Subtitle", m.Subtitle)
	for _, a := range m.Authors {
		line("Author", a)
	}
	line("Date", m.Date)
	line("Abstract", m.Abstract)
}

// paragraph writes a paragraph with further properties, as XML.
func (w *wordWriter) paragraph(style, properties string, inlines []*node) {
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="` + style + `"/>` + properties + "</w:pPr>")
	w.inlines(inlines, wordFormat{})
	w.WriteString("</w:p>")
}

// blocks writes blocks that stand in level lists.
func (w *wordWriter) blocks(nodes []*node, level int) {
	for _, n := range nodes {
		w.block(n, level)
	}
}

// indentOf returns the properties of a paragraph in level lists.
func indentOf(level int) string {
	if level == 0 {
		return ""
	}
	return fmt.Sprintf(`<w:ind w:left="%d"/>`, 720*level)
}

// textStyle is the style of paragraphs.
func (w *wordWriter) textStyle() string {
	switch {
	case w.wordPart == w.notes:
		return "FootnoteText"
	case w.quoted:
		return "Quote"
	}
	return "BodyText"
}

func (w *wordWriter) block(n *node, level int) {
	switch n.kind {
	case kindHeading:
		w.heading(n)
	case kindCodeBlock:
		w.code(n, level)
	case kindRule:
		w.WriteString(`<w:p><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="auto"/></w:pBdr></w:pPr></w:p>`)
	case kindQuote:
		outer := w.quoted
		w.quoted = true
		w.blocks(n.kids, level)
		w.quoted = outer
	case kindList:
		w.list(n, level)
	case kindTable:
		w.table(n)
	case kindFigure:
		w.paragraph("Figure", "<w:keepNext/>", n.kids)
		w.paragraph("Caption", "", n.kids[0].kids)
	case kindBibliography:
		for _, entry := range n.kids {
			w.entry(entry)
		}
	case kindTerm:
		w.paragraph(w.textStyle(), "<w:keepNext/>", []*node{{kind: kindStrong, kids: n.kids}})
	case kindDefinition:
		w.mixed(n.kids, level+1)
	default:
		w.paragraph(w.textStyle(), indentOf(level), n.kids)
	}
}

// mixed writes blocks, or inlines as a paragraph.
func (w *wordWriter) mixed(nodes []*node, level int) {
	if len(nodes) > 0 && nodes[0].kind >= kindText {
		w.paragraph(w.textStyle(), indentOf(level), nodes)
		return
	}
	w.blocks(nodes, level)
}

// heading writes a heading with a bookmark, to which links in the document lead.
func (w *wordWriter) heading(n *node) {
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="Heading` + strconv.Itoa(min(max(n.level, 1), 6)) + `"/></w:pPr>`)
	if n.target != "" {
		w.bookmarks++
		id := strconv.Itoa(w.bookmarks)
		w.empty("w:bookmarkStart", "w:id", id, "w:name", bookmarkName(n.target))
		defer func() {
			w.empty("w:bookmarkEnd", "w:id", id)
			w.WriteString("</w:p>")
		}()
	} else {
		defer w.WriteString("</w:p>")
	}
	w.inlines(n.kids, wordFormat{})
}

// bookmarkName returns a name of at most 40 characters, as Word has them.
func bookmarkName(id string) string {
	r := []rune(id)
	return string(r[:min(len(r), 40)])
}

// code writes a block of code as one paragraph.
func (w *wordWriter) code(n *node, level int) {
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="SourceCode"/>` + indentOf(level) + "</w:pPr>")
	for i, line := range strings.Split(strings.TrimSuffix(n.text, "\n"), "\n") {
		if i > 0 {
			w.WriteString("<w:r><w:br/></w:r>")
		}
		w.run(line, wordFormat{})
	}
	w.WriteString("</w:p>")
}

// list writes a list with a numbering of its own.
func (w *wordWriter) list(n *node, level int) {
	w.lists = append(w.lists, n)
	number := fmt.Sprintf(`<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, min(level, 8), len(w.lists))
	for _, item := range n.kids {
		kids := item.kids
		switch {
		case len(kids) == 0 || kids[0].kind >= kindText:
			w.paragraph("ListParagraph", number, kids)
			continue
		case kids[0].kind == kindParagraph:
			w.paragraph("ListParagraph", number, kids[0].kids)
			kids = kids[1:]
		default:
			w.paragraph("ListParagraph", number, nil)
		}
		w.blocks(kids, level+1)
	}
}

// textWidth is the width between the margins, in twentieths of a point.
const textWidth = 9026

func (w *wordWriter) table(n *node) {
	columns := 1
	for _, row := range n.kids {
		columns = max(columns, len(row.kids))
	}
	width := strconv.Itoa(textWidth / columns)
	w.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/><w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>`)
	for range columns {
		w.empty("w:gridCol", "w:w", width)
	}
	w.WriteString("</w:tblGrid>")
	for _, row := range n.kids {
		w.WriteString("<w:tr>")
		if row.on {
			w.WriteString("<w:trPr><w:tblHeader/></w:trPr>")
		}
		for i := range columns {
			w.WriteString(`<w:tc><w:tcPr><w:tcW w:w="` + width + `" w:type="dxa"/></w:tcPr>`)
			w.cell(n, row, i)
			w.WriteString("</w:tc>")
		}
		w.WriteString("</w:tr>")
	}
	w.WriteString("</w:tbl>")
	w.paragraph(w.textStyle(), "", nil) // keeps two tables apart
}

// cell writes the content of a cell, which a row may lack.
func (w *wordWriter) cell(table, row *node, column int) {
	var kids []*node
	if column < len(row.kids) {
		kids = row.kids[column].kids
	}
	if row.on {
		kids = []*node{{kind: kindStrong, kids: kids}}
	}
	properties := ""
	if column < len(table.align) && table.align[column] != alignNone {
		properties = `<w:jc w:val="` + [...]string{"", "left", "center", "right"}[table.align[column]] + `"/>`
	}
	w.paragraph("TableText", properties, kids)
}

// entry writes an entry of the bibliography. A tab stands behind its number.
func (w *wordWriter) entry(n *node) {
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="Bibliography"/></w:pPr>`)
	kids := n.kids
	if len(kids) > 0 && kids[0].kind == kindMargin {
		w.inlines(kids[0].kids, wordFormat{})
		w.WriteString("<w:r><w:tab/></w:r>")
		kids = kids[1:]
	}
	w.inlines(kids, wordFormat{})
	w.WriteString("</w:p>")
}
