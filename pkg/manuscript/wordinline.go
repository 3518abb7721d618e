package manuscript

import (
	"strconv"
	"strings"
)

// wordFormat is the format of a run.
type wordFormat struct {
	bold, italic, strike, smallCaps, underline, raised, lowered, code, link bool
}

// with is a format with that of a node more.
func (f wordFormat) with(k kind) wordFormat {
	switch k {
	case kindEmphasis:
		f.italic = !f.italic
	case kindStrong:
		f.bold = true
	case kindStrike:
		f.strike = true
	case kindSmallCaps:
		f.smallCaps = true
	case kindUnderline:
		f.underline = true
	case kindSuperscript:
		f.raised, f.lowered = true, false
	case kindSubscript:
		f.raised, f.lowered = false, true
	case kindCode:
		f.code = true
	}
	return f
}

// properties returns the run properties, in the order of the schema.
func (f wordFormat) properties() string {
	var b strings.Builder
	add := func(on bool, xml string) {
		if on {
			b.WriteString(xml)
		}
	}
	add(f.code, `<w:rStyle w:val="VerbatimChar"/>`)
	add(f.link && !f.code, `<w:rStyle w:val="Hyperlink"/>`)
	add(f.bold, "<w:b/>")
	add(f.italic, "<w:i/>")
	add(f.smallCaps, "<w:smallCaps/>")
	add(f.strike, "<w:strike/>")
	add(f.underline, `<w:u w:val="single"/>`)
	add(f.raised, `<w:vertAlign w:val="superscript"/>`)
	add(f.lowered, `<w:vertAlign w:val="subscript"/>`)
	if b.Len() == 0 {
		return ""
	}
	return "<w:rPr>" + b.String() + "</w:rPr>"
}

// run writes a text in a format.
func (w *wordWriter) run(text string, f wordFormat) {
	if text == "" {
		return
	}
	w.WriteString("<w:r>" + f.properties())
	w.element("w:t", text, "xml:space", "preserve")
	w.WriteString("</w:r>")
}

func (w *wordWriter) inlines(nodes []*node, f wordFormat) {
	for _, n := range nodes {
		w.inline(n, f)
	}
}

func (w *wordWriter) inline(n *node, f wordFormat) {
	switch n.kind {
	case kindText:
		w.run(n.text, f)
	case kindCode:
		w.run(n.text, f.with(kindCode))
	case kindMath:
		w.run(n.text, f.with(kindEmphasis))
		w.reports.add("mathematics: formulas are written as text, in TeX's notation")
	case kindSoftBreak:
		w.run(" ", f)
	case kindBreak:
		w.WriteString("<w:r><w:br/></w:r>")
	case kindTask:
		w.run(checkbox(n.on), f)
	case kindLink:
		w.link(n, f)
	case kindImage:
		w.image(n, f)
	case kindNote:
		w.note(n)
	default:
		w.inlines(n.kids, f.with(n.kind))
	}
}

// link writes a link: to a heading, or to an address outside the document.
func (w *wordWriter) link(n *node, f wordFormat) {
	if !safeLink(n.target) {
		w.reports.add("links that a click would run: their text stays")
		w.inlines(n.kids, f)
		return
	}
	f.link = true
	if id, ok := strings.CutPrefix(n.target, "#"); ok {
		w.open("w:hyperlink", "w:anchor", bookmarkName(id))
	} else {
		w.open("w:hyperlink", "r:id", w.relate(relation{kind: "hyperlink", target: n.target, external: true}))
	}
	w.inlines(n.kids, f)
	w.close("w:hyperlink")
}

// noteMark is the number of a note, at its beginning.
const noteMark = `<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>`

// note writes a footnote.
func (w *wordWriter) note(n *node) {
	if w.wordPart == w.notes {
		w.reports.add("footnotes in footnotes: they are left out")
		return
	}
	w.noteCount++
	id := strconv.Itoa(w.noteCount)
	w.WriteString(`<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteReference w:id="` + id + `"/></w:r>`)
	w.wordPart = w.notes
	w.open("w:footnote", "w:id", id)
	rest := n.kids
	w.WriteString(`<w:p><w:pPr><w:pStyle w:val="FootnoteText"/></w:pPr>` + noteMark)
	w.run(" ", wordFormat{})
	if len(rest) > 0 && rest[0].kind == kindParagraph {
		w.inlines(rest[0].kids, wordFormat{})
		rest = rest[1:]
	}
	w.WriteString("</w:p>")
	w.blocks(rest, 0)
	w.close("w:footnote")
	w.wordPart = w.body
}

// image writes a picture, or its text where it can't be had.
func (w *wordWriter) image(n *node, f wordFormat) {
	p := w.pictures.picture(n)
	if p == nil {
		w.inlines(n.kids, f)
		return
	}
	w.pictures.used++
	id := strconv.Itoa(w.pictures.used)
	cx, cy := p.size(n.level)
	x, y := strconv.Itoa(cx), strconv.Itoa(cy)
	w.WriteString(`<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="` + x + `" cy="` + y + `"/>`)
	w.empty("wp:docPr", "id", id, "name", "Picture "+id, "descr", plainOf(n.kids))
	w.WriteString(`<a:graphic><a:graphicData uri="` + drawingSpace + `/picture"><pic:pic><pic:nvPicPr>`)
	w.empty("pic:cNvPr", "id", id, "name", "Picture "+id)
	w.WriteString(`<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="` + w.relate(relation{kind: "image", target: p.target}) +
		`"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="` + x + `" cy="` + y +
		`"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>`)
}
