package manuscript

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// wordText is a part of a Word document with text, and where in its XML the text
// stands.
type wordText struct {
	name       string
	data       []byte
	paragraphs []wordParagraph
	end        int // where the body ends: before its section properties
}

// wordParagraph is a paragraph. Text that tracked changes removed is no part of
// it.
type wordParagraph struct {
	number     int // from 1
	text       string
	pieces     []wordPiece
	references []wordReference
	note       string // the ID of the note that it belongs to, or ""
	at         span   // in the XML
	style      string // the ID of its style, or ""
	boxed      bool   // it stands in a text box
}

// wordPiece is a stretch of a paragraph's text: that of one element.
type wordPiece struct {
	start, end int  // in the text
	at         span // in the XML
	tag        int  // where the start tag of its element ends; 0 if it is no w:t
	preserves  bool // the element keeps its spaces
	properties span // of the run, in the XML; empty if it has none
}

// wordReference is a reference to a note.
type wordReference struct {
	id  string
	at  int  // in the text of the paragraph
	end bool // to an endnote
}

// errStrict is the cause where a document uses other names than Word's.
var errStrict = errors.New("it is not in the transitional form of Office Open XML")

// wordScanner reads the XML of a part.
type wordScanner struct {
	part    *wordText
	decoder *xml.Decoder
	stack   []string // names of the open elements
	open    []int    // the open paragraphs
	run     span     // the run properties of the open run
	runAt   int
	piece   wordPiece // the open w:t
	inText  bool
	skipped int // the depth of an element whose content does not count, or 0
	note    string
}

// scanWord reads a part with text.
func scanWord(name string, data []byte) (*wordText, error) {
	s := &wordScanner{part: &wordText{name: name, data: data}, decoder: xml.NewDecoder(bytes.NewReader(data))}
	for {
		before := int(s.decoder.InputOffset())
		token, err := s.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = s.token(token, before, int(s.decoder.InputOffset()))
		}
		if err != nil {
			return nil, noDocument(err)
		}
	}
	if len(s.stack) > 0 {
		return nil, noDocument(io.ErrUnexpectedEOF)
	}
	return s.part, nil
}

// token reads one token between two positions.
func (s *wordScanner) token(token xml.Token, before, after int) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("it has a document type")
	case xml.StartElement:
		return s.start(&t, before, after)
	case xml.EndElement:
		return s.finish(qualified(t.Name), before, after)
	}
	return nil
}

// qualified returns a name as it is written.
func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

func attribute(t *xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if qualified(a.Name) == name {
			return a.Value
		}
	}
	return ""
}

// start reads a start tag.
func (s *wordScanner) start(t *xml.StartElement, before, after int) error {
	name := qualified(t.Name)
	if len(s.stack) == 0 && attribute(t, "xmlns:w") != wordSpace {
		return errStrict
	}
	if s.stack = append(s.stack, name); len(s.stack) > 2*maxDepth {
		return tooDeep()
	}
	if s.skipped > 0 {
		return nil
	}
	switch name {
	case "mc:Fallback", "w:moveFrom", "w:del":
		s.skipped = len(s.stack)
	case "w:footnote", "w:endnote":
		s.note = attribute(t, "w:id")
	case "w:sectPr":
		if len(s.stack) > 1 && s.stack[len(s.stack)-2] == "w:body" {
			s.part.end = before
		}
	case "w:p":
		s.part.paragraphs = append(s.part.paragraphs, wordParagraph{number: len(s.part.paragraphs) + 1, note: s.note, at: span{before, after}, boxed: len(s.open) > 0})
		s.open = append(s.open, len(s.part.paragraphs)-1)
	}
	if p := s.paragraph(); p != nil {
		s.startInParagraph(p, t, name, before, after)
	}
	return nil
}

// paragraph returns the open paragraph, or nil.
func (s *wordScanner) paragraph() *wordParagraph {
	if len(s.open) == 0 {
		return nil
	}
	return &s.part.paragraphs[s.open[len(s.open)-1]]
}

// startInParagraph reads a start tag of what a paragraph has.
func (s *wordScanner) startInParagraph(p *wordParagraph, t *xml.StartElement, name string, before, after int) {
	switch name {
	case "w:r":
		s.run = span{}
	case "w:rPr":
		if s.parent() == "w:r" {
			s.runAt = before
		}
	case "w:pStyle":
		p.style = attribute(t, "w:val")
	case "w:t":
		s.inText = true
		s.piece = wordPiece{start: len(p.text), at: span{start: after}, tag: after, preserves: attribute(t, "xml:space") == "preserve", properties: s.run}
	case "w:tab":
		if s.parent() == "w:r" {
			s.character(p, "\t", before)
		}
	case "w:br", "w:cr":
		s.character(p, "\n", before)
	case "w:noBreakHyphen":
		s.character(p, "-", before)
	case "w:footnoteReference", "w:endnoteReference":
		p.references = append(p.references, wordReference{id: attribute(t, "w:id"), at: len(p.text), end: name == "w:endnoteReference"})
	}
}

func (s *wordScanner) parent() string {
	if len(s.stack) < 2 {
		return ""
	}
	return s.stack[len(s.stack)-2]
}

// character adds an element that stands for a character. It ends with its end
// tag, which follows.
func (s *wordScanner) character(p *wordParagraph, c string, before int) {
	p.pieces = append(p.pieces, wordPiece{start: len(p.text), end: len(p.text) + len(c), at: span{start: before}})
	p.text += c
}

// finish reads an end tag.
func (s *wordScanner) finish(name string, before, after int) error {
	if len(s.stack) == 0 || s.stack[len(s.stack)-1] != name {
		return errors.New("an element ends that did not begin")
	}
	depth := len(s.stack)
	s.stack = s.stack[:depth-1]
	if s.skipped > 0 {
		if s.skipped == depth {
			s.skipped = 0
		}
		return nil
	}
	p := s.paragraph()
	switch {
	case name == "w:body" && s.part.end == 0:
		s.part.end = before
	case p == nil:
	case name == "w:rPr" && len(s.stack) > 0 && s.stack[len(s.stack)-1] == "w:r":
		s.run = span{s.runAt, after}
	case name == "w:t" && s.inText:
		s.endText(p, before)
	case name == "w:tab" || name == "w:br" || name == "w:cr" || name == "w:noBreakHyphen":
		if n := len(p.pieces); n > 0 && p.pieces[n-1].at.end == 0 {
			p.pieces[n-1].at.end = after
		}
	case name == "w:p":
		p.at.end = after
		s.open = s.open[:len(s.open)-1]
	}
	return nil
}

// endText ends a w:t. Its characters are read one by one, so that each has a
// place in the XML.
func (s *wordScanner) endText(p *wordParagraph, end int) {
	s.inText = false
	raw := s.part.data[s.piece.at.start:end]
	if bytes.Contains(raw, []byte("<")) {
		return // a CDATA section or a comment, which no word processor writes
	}
	var text strings.Builder
	text.WriteString(p.text)
	for i := 0; i < len(raw); {
		var n int
		var value string
		if raw[i] == '&' {
			n = bytes.IndexByte(raw[i:], ';') + 1
			value = unescaped(raw[i : i+n])
		} else {
			if next := bytes.IndexByte(raw[i:], '&'); next > 0 {
				n = next
			} else {
				n = len(raw) - i
			}
			value = string(raw[i : i+n])
		}
		piece := s.piece
		piece.start, piece.end = text.Len(), text.Len()+len(value)
		piece.at = span{s.piece.at.start + i, s.piece.at.start + i + n}
		text.WriteString(value)
		p.pieces = append(p.pieces, piece)
		i += n
	}
	p.text = text.String()
}

// unescaped returns the character of an entity.
func unescaped(entity []byte) string {
	var s string
	if err := xml.Unmarshal([]byte("<x>"+string(entity)+"</x>"), &s); err != nil || !utf8.ValidString(s) {
		return "\uFFFD"
	}
	return s
}
