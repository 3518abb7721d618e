package manuscript

import (
	"strings"
)

// wordInlines reads the inlines of a paragraph. It counts the text as the reader
// of citations does, so that each stands in its place.
type wordInlines struct {
	parser    *wordParser
	paragraph *wordParagraph
	cites     []int // those that are not placed
	at        int   // in the text of the paragraph
	out       []*node
	text      *node      // the text at the end of out, or nil
	format    wordFormat // of it
	boxes     []*node
	bookmark  string
}

// read reads elements of a paragraph.
func (r *wordInlines) read(elements []*wordElement, f wordFormat) {
	for _, e := range elements {
		switch e.name {
		case "w:r":
			r.run(e, f)
		case "w:hyperlink":
			r.link(e, f)
		case "w:ins", "w:moveTo":
			r.parser.reports.add("tracked changes: the text is as if all were accepted")
			r.read(e.kids, f)
		case "w:fldSimple":
			r.parser.reports.add("fields, such as references to pages: their text stays")
			r.read(e.kids, f)
		case "w:sdt", "w:sdtContent", "w:smartTag", "w:customXml", "w:dir", "w:bdo", "mc:AlternateContent", "mc:Choice":
			r.read(e.kids, f)
		case "w:bookmarkStart":
			if name := e.val("w:name"); r.bookmark == "" && !strings.HasPrefix(name, "_GoBack") {
				r.bookmark = name
			}
		case "m:oMath", "m:oMathPara":
			r.formula(e)
		default:
			if e.hasText() {
				r.parser.reports.add("the element %s of Word: its text stays", e.name)
				r.read(e.kids, f)
			}
		}
	}
}

// formula reads a formula as text.
func (r *wordInlines) formula(e *wordElement) {
	r.parser.reports.add("formulas of Word: they are written as text, without fractions and raised letters")
	var b strings.Builder
	e.walk(func(e *wordElement) bool {
		b.WriteString(e.text)
		return true
	})
	r.add(textNode(b.String()))
}

// add adds an inline that is no text.
func (r *wordInlines) add(n *node) {
	r.out = append(r.out, n)
	r.text = nil
}

// link reads a link to an address or to a bookmark.
func (r *wordInlines) link(e *wordElement, f wordFormat) {
	target := r.parser.targets[e.val("r:id")]
	if anchor := e.val("w:anchor"); anchor != "" {
		target += "#" + anchor
	}
	outer := r.out
	r.out, r.text = nil, nil
	f.link = true
	r.read(e.kids, f)
	link := &node{kind: kindLink, target: target, kids: r.out}
	r.out = outer
	if target == "" {
		r.out = append(r.out, link.kids...)
		r.text = nil
		return
	}
	r.add(link)
}

// run reads a run.
func (r *wordInlines) run(e *wordElement, f wordFormat) {
	properties := e.first("w:rPr")
	hidden := false
	if properties != nil {
		f = r.parser.formatOf(properties, f)
		hidden = properties.first("w:vanish").on()
	}
	r.content(e.kids, f, hidden)
}

// content reads what stands in a run.
func (r *wordInlines) content(elements []*wordElement, f wordFormat, hidden bool) {
	for _, e := range elements {
		switch e.name {
		case "w:t":
			if hidden {
				r.parser.reports.add("hidden text: it is left out")
				r.at += len(e.text)
				continue
			}
			r.write(e.text, f)
		case "w:tab":
			r.write("\t", f)
		case "w:br", "w:cr":
			r.lineBreak(e.val("w:type") == "page" || e.val("w:type") == "column")
		case "w:noBreakHyphen":
			r.write("-", f)
		case "w:footnoteReference", "w:endnoteReference":
			r.note(e.val("w:id"), e.name == "w:endnoteReference")
		case "w:drawing", "w:pict", "w:object":
			r.drawing(e)
		case "mc:AlternateContent", "mc:Choice":
			r.content(e.kids, f, hidden)
		case "w:sym":
			r.parser.reports.add("characters of symbol fonts: they are left out")
		case "w:commentReference":
			r.parser.reports.add("comments: they are left out")
		case "w:instrText":
			r.parser.reports.add("fields, such as references to pages: their text stays")
		default:
			if e.hasText() {
				r.read([]*wordElement{e}, f)
			}
		}
	}
}

// lineBreak reads the end of a line or of a page.
func (r *wordInlines) lineBreak(page bool) {
	r.at++
	if !page {
		r.add(&node{kind: kindBreak})
	}
}

// write adds a text, with the citations in it.
func (r *wordInlines) write(s string, f wordFormat) {
	for s != "" {
		if len(r.cites) == 0 || r.place(r.cites[0]).start >= r.at+len(s) {
			r.plain(s, f)
			r.at += len(s)
			return
		}
		where := r.place(r.cites[0])
		if n := where.start - r.at; n > 0 {
			r.plain(s[:n], f)
			r.at += n
			s = s[n:]
		}
		if where.start == r.at {
			r.add(&node{kind: kindCitation, cite: r.cites[0]})
		}
		n := min(max(where.end-r.at, 0), len(s))
		r.at += n
		s = s[n:]
		if r.at >= where.end {
			r.cites = r.cites[1:]
		}
	}
}

// place returns where a citation stands in the text of the paragraph.
func (r *wordInlines) place(cite int) span { return r.parser.m.word.cites[cite].at }

// plain adds a text in a format to the text before it, if that has the same.
func (r *wordInlines) plain(s string, f wordFormat) {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\t", " "), `\@`, "@")
	if r.text != nil && r.format == f && len(r.text.text) < maxArgument {
		r.text.text += s
		return
	}
	n := textNode(s)
	if f.code {
		n.kind = kindCode
	}
	r.text, r.format = n, f
	for _, w := range []struct {
		on   bool
		kind kind
	}{{f.italic, kindEmphasis}, {f.bold, kindStrong}, {f.strike, kindStrike}, {f.smallCaps, kindSmallCaps}, {f.underline && !f.link, kindUnderline}, {f.raised, kindSuperscript}, {f.lowered, kindSubscript}} {
		if w.on {
			n = &node{kind: w.kind, kids: []*node{n}}
		}
	}
	r.out = append(r.out, n)
}

// formatOf returns a format with the properties of a run more.
func (p *wordParser) formatOf(e *wordElement, f wordFormat) wordFormat {
	switch p.styles[e.first("w:rStyle").val("w:val")].name {
	case "strong":
		f.bold = true
	case "emphasis":
		f.italic = true
	case "verbatim char", "html code", "code":
		f.code = true
	case "footnote reference", "endnote reference":
		return f
	}
	set := func(name string, into *bool) {
		if property := e.first(name); property != nil {
			*into = property.on()
		}
	}
	set("w:b", &f.bold)
	set("w:i", &f.italic)
	set("w:strike", &f.strike)
	set("w:smallCaps", &f.smallCaps)
	set("w:u", &f.underline)
	if raised := e.first("w:vertAlign").val("w:val"); raised != "" {
		f.raised, f.lowered = raised == "superscript", raised == "subscript"
	}
	if e.first("w:highlight").on() || e.first("w:shd") != nil {
		p.reports.add("highlights: the text stays")
	}
	return f
}

// note reads the footnote or endnote to which the text refers.
func (r *wordInlines) note(id string, end bool) {
	p := r.parser
	e := p.notes[end][id]
	if e == nil {
		p.reports.add("notes that the document does not have")
		return
	}
	outer := p.targets
	p.targets = p.noteLinks[end]
	blocks := p.blocks(e.kids)
	p.targets = outer
	if end {
		p.reports.add("endnotes: they are footnotes")
	}
	r.add(&node{kind: kindNote, kids: blocks})
}

// drawing reads a picture, of which the description stays, or a text box.
func (r *wordInlines) drawing(e *wordElement) {
	p := r.parser
	boxed, described := false, ""
	e.walk(func(e *wordElement) bool {
		switch e.name {
		case "w:txbxContent":
			boxed = true
			r.boxes = append(r.boxes, p.blocks(e.kids)...)
			return false
		case "wp:docPr":
			described = e.val("descr")
		}
		return true
	})
	if boxed {
		return
	}
	p.reports.add("pictures, charts and other objects in the document: their descriptions stay, in brackets; save the pictures as files beside the text")
	if described != "" {
		r.add(&node{kind: kindEmphasis, kids: []*node{textNode("[" + described + "]")}})
	}
}

// trimmed returns the inlines without white space at their ends.
func (r *wordInlines) trimmed() []*node {
	out := r.out
	for len(out) > 0 && (out[0].kind == kindBreak || out[0].kind == kindText && strings.TrimSpace(out[0].text) == "") {
		out = out[1:]
	}
	out = trimEnd(out)
	for len(out) > 0 && out[len(out)-1].kind == kindBreak {
		out = trimEnd(out[:len(out)-1])
	}
	if len(out) > 0 && out[0].kind == kindText {
		out[0].text = strings.TrimLeft(out[0].text, " ")
	}
	return out
}
