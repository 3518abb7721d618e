package manuscript

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// wordEditor puts citations into the text of a Word document and leaves
// everything else as it is.
type wordEditor struct {
	cited  *Cited
	word   *wordFile
	edits  map[*wordText][]edit
	spaced map[int]bool // the elements of the body that keep their spaces now
	notes  strings.Builder
	nextID int
	styles *wordStyleNames
}

// editWord writes the document with its citations and its bibliography.
func (c *Cited) editWord(out io.Writer) error {
	word := c.manuscript.word
	styles, err := word.styleNames()
	if err != nil {
		return err
	}
	e := &wordEditor{cited: c, word: word, edits: map[*wordText][]edit{}, spaced: map[int]bool{}, nextID: word.lastNote() + 1, styles: styles}
	for i := range word.cites {
		e.cite(i)
	}
	for _, part := range []*wordText{word.body, word.notes, word.ends} {
		e.unescape(part)
	}
	if c.Entries() > 0 {
		e.bibliography()
	}
	changed := map[string][]byte{}
	for part, edits := range e.edits {
		changed[part.name] = []byte(applied(string(part.data), edits))
	}
	if err := e.finish(changed); err != nil {
		return err
	}
	return word.write(out, changed)
}

// write writes the package with the changed parts. The others are copied as they
// are, still compressed.
func (w *wordFile) write(out io.Writer, changed map[string][]byte) error {
	z := zip.NewWriter(out)
	for _, f := range w.archive.File {
		data, ok := changed[f.Name]
		if !ok {
			if err := z.Copy(f); err != nil {
				return noDocument(err)
			}
			continue
		}
		delete(changed, f.Name)
		if err := writePart(z, f.Name, bytes.NewReader(data)); err != nil {
			return err
		}
	}
	var added []string
	for name := range changed {
		added = append(added, name)
	}
	slices.Sort(added)
	for _, name := range added {
		if err := writePart(z, name, bytes.NewReader(changed[name])); err != nil {
			return err
		}
	}
	return z.Close()
}

// lastNote returns the greatest ID of a footnote.
func (w *wordFile) lastNote() int {
	last := 0
	if w.notes != nil {
		for _, p := range w.notes.paragraphs {
			if id, err := strconv.Atoi(p.note); err == nil {
				last = max(last, id)
			}
		}
	}
	return last
}

// cite replaces one citation.
func (e *wordEditor) cite(at int) {
	where := e.word.cites[at]
	p := where.paragraph
	t := &e.cited.texts[at]
	if t.note && p.boxed {
		e.cited.reports.add("footnotes in text boxes, which Word does not have: the citations stand in the text")
		t.note = false
	}
	lead, mark := e.cited.inlines(at, strings.TrimSpace(p.text[where.at.end:]) == "")
	from, to := where.at.start, where.at.end
	moved := ""
	moves := ""
	if len(mark) > 0 {
		moves = movesBehind(mark)
	}
	if moves != "" {
		moved = punctuation(p.text[to:], moves)
		if len(lead) == 0 {
			from = len(strings.TrimRight(p.text[:from], " \u00a0"))
		}
	} else if len(t.author) > 0 && len(mark) > 0 {
		lead = append(lead, textNode(" "))
	}
	first := p.pieceAt(where.at.start)
	properties := inner(string(where.part.data[first.properties.start:first.properties.end]))
	if moved != "" {
		lead = append(lead, textNode(moved))
	}
	runs := runsOf(lead, properties, wordFormat{})
	if len(mark) > 0 && mark[0].kind == kindNote {
		runs += e.note(mark[0].kids[0].kids)
	} else {
		runs += runsOf(mark, properties, wordFormat{})
	}
	e.replace(where, from, to+len(moved), runs)
}

// pieceAt returns the piece at a position of the text.
func (p *wordParagraph) pieceAt(at int) *wordPiece {
	i, _ := slices.BinarySearchFunc(p.pieces, at, func(piece wordPiece, at int) int {
		if piece.end <= at {
			return -1
		}
		return 1
	})
	return &p.pieces[min(i, len(p.pieces)-1)]
}

// replace removes a stretch of a paragraph's text and puts runs where the
// citation began: the run there ends before them and goes on after them.
func (e *wordEditor) replace(where wordCite, from, to int, runs string) {
	p, part := where.paragraph, where.part
	for i := range p.pieces {
		piece := &p.pieces[i]
		lo, hi := max(piece.start, from), min(piece.end, to)
		if lo >= hi {
			continue
		}
		at := piece.at
		if whole := piece.end - piece.start; at.end-at.start == whole { // not one character for an entity
			at = span{piece.at.start + lo - piece.start, piece.at.start + hi - piece.start}
		}
		text := ""
		if piece.start <= where.at.start && where.at.start < piece.end {
			text = "</w:t></w:r>" + runs + "<w:r>" + string(part.data[piece.properties.start:piece.properties.end]) + `<w:t xml:space="preserve">`
			e.preserve(part, piece)
		}
		e.edits[part] = append(e.edits[part], edit{at, text})
	}
}

// unescape removes the backslash before an "@" that begins no key.
func (e *wordEditor) unescape(part *wordText) {
	if part == nil {
		return
	}
	for i := range part.paragraphs {
		for _, piece := range part.paragraphs[i].pieces {
			at := piece.at.start
			for range strings.Count(string(part.data[piece.at.start:piece.at.end]), `\@`) {
				at += strings.Index(string(part.data[at:]), `\@`)
				e.edits[part] = append(e.edits[part], edit{span: span{at, at + 1}})
				at += 2
			}
		}
	}
}

// preserve lets an element keep the space at its end.
func (e *wordEditor) preserve(part *wordText, piece *wordPiece) {
	key := piece.tag
	if part != e.word.body {
		key = -key
	}
	if piece.preserves || e.spaced[key] {
		return
	}
	e.spaced[key] = true
	e.edits[part] = append([]edit{{span{piece.tag - 1, piece.tag - 1}, ` xml:space="preserve"`}}, e.edits[part]...)
}

// note adds a footnote and returns the run that refers to it.
func (e *wordEditor) note(inlines []*node) string {
	id := strconv.Itoa(e.nextID)
	e.nextID++
	e.notes.WriteString(`<w:footnote w:id="` + id + `"><w:p><w:pPr><w:pStyle w:val="` + e.styles.id("footnote text", "FootnoteText") + `"/></w:pPr><w:r>` + e.raised() + `<w:footnoteRef/></w:r>`)
	e.notes.WriteString(runsOf(append([]*node{textNode(" ")}, inlines...), "", wordFormat{}) + "</w:p></w:footnote>")
	return "<w:r>" + e.raised() + `<w:footnoteReference w:id="` + id + `"/></w:r>`
}

// raised returns the properties of the number of a note.
func (e *wordEditor) raised() string {
	return `<w:rPr><w:rStyle w:val="` + e.styles.id("footnote reference", "FootnoteReference") + `"/><w:vertAlign w:val="superscript"/></w:rPr>`
}

// placeMark is the text of a paragraph that the bibliography replaces.
var placeMark = regexp.MustCompile(`^\s*(:::+\s*)?\{#refs\}(\s*:::+)?\s*$`)

// bibliography puts the entries in their place: that of a paragraph "{#refs}",
// or the end of the text.
func (e *wordEditor) bibliography() {
	body := e.word.body
	at := span{body.end, body.end}
	headed := false
	last := ""
	placed := false
	for _, p := range body.paragraphs {
		if placeMark.MatchString(p.text) && !placed {
			at, placed = p.at, true
			headed = e.styles.isHeading(last)
		}
		if strings.TrimSpace(p.text) != "" {
			last = p.style
		}
	}
	if !placed {
		headed = e.styles.isHeading(last)
	}
	var b strings.Builder
	if title := e.cited.listTitle(headed, placed); title != "" {
		b.WriteString(`<w:p><w:pPr><w:pStyle w:val="` + e.styles.id("heading 1", "Heading1") + `"/></w:pPr>` + runsOf([]*node{textNode(title)}, "", wordFormat{}) + "</w:p>")
	}
	for _, entry := range e.cited.list().kids {
		b.WriteString(`<w:p><w:pPr><w:pStyle w:val="` + e.styles.id("Bibliography", "Bibliography") + `"/>` + e.cited.entryProperties() + "</w:pPr>")
		kids := entry.kids
		if len(kids) > 0 && kids[0].kind == kindMargin {
			b.WriteString(runsOf(kids[0].kids, "", wordFormat{}) + "<w:r><w:tab/></w:r>")
			kids = kids[1:]
		}
		b.WriteString(runsOf(kids, "", wordFormat{}) + "</w:p>")
	}
	e.edits[body] = append(e.edits[body], edit{at, b.String()})
}

// finish changes the parts that belong to what was added: footnotes, styles,
// relationships and content types.
func (e *wordEditor) finish(changed map[string][]byte) error {
	if err := e.styles.finish(e.word, changed); err != nil {
		return err
	}
	if e.notes.Len() == 0 {
		return nil
	}
	if notes := e.word.notes; notes != nil {
		data := changed[notes.name]
		if data == nil {
			data = notes.data
		}
		return insertBefore(changed, notes.name, data, "</w:footnotes>", e.notes.String())
	}
	name := resolvePart(e.word.body.name, "footnotes.xml")
	changed[name] = []byte(xmlHead + "<w:footnotes " + wordNames + ">" + noteSeparators + e.notes.String() + "</w:footnotes>")
	return e.word.addPart(changed, name, "footnotes")
}

// addPart adds the relationship and the content type of a new part beside the
// body.
func (w *wordFile) addPart(changed map[string][]byte, name, kind string) error {
	relations := relationsOf(w.body.name)
	data, err := w.current(changed, relations)
	if err != nil {
		return err
	}
	if data == nil {
		data = []byte(xmlHead + `<Relationships xmlns="` + packageSpace + `/relationships"></Relationships>`)
	}
	relation := `<Relationship Id="rIdStackroom` + kind + `" Type="` + relationSpace + "/" + kind + `" Target="/` + name + `"/>`
	if err := insertBefore(changed, relations, data, "</Relationships>", relation); err != nil {
		return err
	}
	types, err := w.current(changed, "[Content_Types].xml")
	if err != nil {
		return err
	}
	return insertBefore(changed, "[Content_Types].xml", types, "</Types>", `<Override PartName="/`+name+`" ContentType="`+wordType(kind)+`"/>`)
}

// current returns a part as it is now.
func (w *wordFile) current(changed map[string][]byte, name string) ([]byte, error) {
	if data, ok := changed[name]; ok {
		return data, nil
	}
	return w.read(name)
}

// insertBefore puts XML before the last end tag of a part.
func insertBefore(changed map[string][]byte, name string, data []byte, tag, added string) error {
	at := bytes.LastIndex(data, []byte(tag))
	if at < 0 {
		return library.Errorf(library.Invalid, "the part %s of the Word document has a form that can't be changed", name).
			WithHint("open the document in a word processor and save it again")
	}
	changed[name] = slices.Concat(data[:at], []byte(added), data[at:])
	return nil
}

// wordStyleNames are the styles of a document.
type wordStyleNames struct {
	part  string // "" if the document has no styles
	data  []byte
	ids   map[string]string // by name, in lower case
	added []wordStyle
}

// styleNames reads the styles of the document.
func (w *wordFile) styleNames() (*wordStyleNames, error) {
	s := &wordStyleNames{ids: map[string]string{}}
	var err error
	if s.part, err = w.related(w.body.name, "/styles"); err != nil {
		return nil, err
	}
	if s.data, err = w.read(s.part); err != nil || s.data == nil {
		return s, err
	}
	var styles struct {
		Style []struct {
			ID   string `xml:"styleId,attr"`
			Name struct {
				Val string `xml:"val,attr"`
			} `xml:"name"`
		} `xml:"style"`
	}
	if err := xml.Unmarshal(s.data, &styles); err != nil {
		return nil, noDocument(err)
	}
	for _, style := range styles.Style {
		s.ids[strings.ToLower(style.Name.Val)] = style.ID
	}
	return s, nil
}

// id returns the ID of the style with a name. A style that the document lacks is
// added, under an ID of our own.
func (s *wordStyleNames) id(name, id string) string {
	if found, ok := s.ids[strings.ToLower(name)]; ok {
		var b markup
		b.chars(found)
		return b.String()
	}
	s.ids[strings.ToLower(name)] = id
	i := slices.IndexFunc(paragraphStyles, func(style wordStyle) bool { return style.id == id })
	switch {
	case i >= 0:
		s.added = append(s.added, paragraphStyles[i])
	case id == "FootnoteReference":
		s.added = append(s.added, wordStyle{id: id})
	default:
		s.added = append(s.added, wordStyle{id: id, name: name, characters: map[bool]string{true: `<w:b/><w:sz w:val="32"/>`}[id == "Heading1"]})
	}
	return id
}

// isHeading reports whether a style is that of a heading.
func (s *wordStyleNames) isHeading(id string) bool {
	for level := 1; level <= 6; level++ {
		if found, ok := s.ids[fmt.Sprintf("heading %d", level)]; ok && found == id && id != "" {
			return true
		}
	}
	return false
}

// finish adds the styles that the document lacks.
func (s *wordStyleNames) finish(w *wordFile, changed map[string][]byte) error {
	if len(s.added) == 0 || s.data == nil {
		return nil // without styles, names of styles mean nothing
	}
	var b strings.Builder
	for _, style := range s.added {
		if style.name == "" {
			b.WriteString(`<w:style w:type="character" w:styleId="` + style.id + `"><w:name w:val="footnote reference"/><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>`)
			continue
		}
		style.basedOn = ""
		style.xml(&b)
	}
	data, err := w.current(changed, s.part)
	if err != nil {
		return err
	}
	return insertBefore(changed, s.part, data, "</w:styles>", b.String())
}
