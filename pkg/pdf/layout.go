package pdf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Document is a part of a PDF file.
type Document struct {
	// Info is the information dictionary (ISO 32000-1, section 14.3.3): "Title",
	// "Author", "CreationDate" and others, the dates in the form of ISO 8601.
	Info  map[string]string
	Pages []Page
}

// Page is a page as it is seen, turned as its file says.
type Page struct {
	Width, Height float64 // in points
	Lines         []Line  // in reading order
}

// Line is a line of text.
type Line struct {
	Box
	Words []Word
}

// Word is a word without white space.
type Word struct {
	Box
	Text string
}

// Box is a rectangle on a page in points; the origin is the page's upper left corner.
type Box struct{ Left, Top, Right, Bottom float64 }

// maxWords is the most words of one reading.
const maxWords = 1 << 20

// parseLayout reads what pdftotext -bbox-layout writes. What follows the first
// error in it is left out.
func parseLayout(text []byte) (*Document, error) {
	p := &layoutParser{doc: &Document{Info: map[string]string{}}}
	d := xml.NewDecoder(bytes.NewReader(bytes.Map(printable, text)))
	d.Strict = false // no entities of its own, no other encoding
	for p.words < maxWords {
		token, err := d.Token()
		if err != nil {
			if len(p.doc.Pages) == 0 && !errors.Is(err, io.EOF) {
				return nil, ErrDamaged
			}
			break
		}
		p.take(token)
	}
	return p.doc, nil
}

// printable drops the characters that XML does not have.
func printable(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
		return -1
	}
	return r
}

type layoutParser struct {
	doc   *Document
	text  strings.Builder // of the present element
	words int
}

func (p *layoutParser) take(token xml.Token) {
	switch t := token.(type) {
	case xml.CharData:
		p.text.Write(t)
	case xml.StartElement:
		p.text.Reset()
		p.start(t)
	case xml.EndElement:
		p.end(t.Name.Local)
	}
}

func (p *layoutParser) start(t xml.StartElement) {
	switch t.Name.Local {
	case "meta":
		if name := attribute(t, "name"); name != "" {
			p.doc.Info[name] = strings.TrimSpace(attribute(t, "content"))
		}
	case "page":
		p.doc.Pages = append(p.doc.Pages, Page{Width: number(t, "width"), Height: number(t, "height")})
	case "line":
		if page := p.page(); page != nil {
			page.Lines = append(page.Lines, Line{Box: box(t)})
		}
	case "word":
		if line := p.line(); line != nil {
			line.Words = append(line.Words, Word{Box: box(t)})
			p.words++
		}
	}
}

func (p *layoutParser) end(name string) {
	switch name {
	case "title":
		p.doc.Info["Title"] = strings.TrimSpace(p.text.String())
	case "word":
		if line := p.line(); line != nil && len(line.Words) > 0 {
			line.Words[len(line.Words)-1].Text = strings.TrimSpace(p.text.String())
		}
	}
}

func (p *layoutParser) page() *Page {
	if len(p.doc.Pages) == 0 {
		return nil
	}
	return &p.doc.Pages[len(p.doc.Pages)-1]
}

func (p *layoutParser) line() *Line {
	page := p.page()
	if page == nil || len(page.Lines) == 0 {
		return nil
	}
	return &page.Lines[len(page.Lines)-1]
}

// box returns the box of a line or word.
func box(t xml.StartElement) Box {
	return Box{Left: number(t, "xMin"), Top: number(t, "yMin"), Right: number(t, "xMax"), Bottom: number(t, "yMax")}
}

// number returns the value of an attribute, 0 if it is not a number of points that a
// page can have.
func number(t xml.StartElement, name string) float64 {
	const most = 1e6
	n, err := strconv.ParseFloat(attribute(t, name), 64)
	if err != nil || !(n > -most && n < most) {
		return 0
	}
	return n
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// String returns the words of a line with a space between them.
func (l Line) String() string {
	words := make([]string, len(l.Words))
	for i, w := range l.Words {
		words[i] = w.Text
	}
	return strings.Join(words, " ")
}

// Height returns the height of most words of a line in points, which goes with the
// size of its type. It is 0 for a line that runs up or down the page.
func (l Line) Height() float64 {
	high, tall := 0.0, 0
	for _, w := range l.Words {
		h, length := w.Bottom-w.Top, len([]rune(w.Text))
		if length > 2 && h > w.Right-w.Left {
			tall++
		}
		if length > 1 || len(l.Words) == 1 {
			high = max(high, h)
		}
	}
	if 2*tall > len(l.Words) {
		return 0
	}
	return high
}
