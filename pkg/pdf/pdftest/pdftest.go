// Package pdftest makes small PDF files for tests.
package pdftest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// File is a PDF file.
type File struct {
	Info   map[string]string // the information dictionary
	XMP    string            // the metadata stream, or ""
	Pages  []Page
	Locked bool // it asks for a password
}

// Page is a page of 612 by 792 points.
type Page struct {
	Texts  []Text
	Crop   []float64 // the crop box, or nil
	Rotate int
	Label  string // the prefix of its label, or ""
}

// Text is a line of text in Helvetica. "\x01" is the ligature fi, "\x02" fl.
type Text struct {
	X, Y, Size float64
	Text       string
	Up         bool // it runs up the page
}

// Lines returns lines of text of one size, one below the other from the top of the
// page on.
func Lines(size float64, lines ...string) []Text { return Block(72, 720, size, lines...) }

// Block returns lines of text of one size, the first one's baseline at (x, y).
func Block(x, y, size float64, lines ...string) []Text {
	var all []Text
	for i, s := range lines {
		all = append(all, Text{X: x, Y: y - float64(i)*size*1.2, Size: size, Text: s})
	}
	return all
}

// Article returns the pages of an article: a title, authors, further lines.
func Article(title, authors string, lines ...string) []Page {
	texts := append([]Text{{X: 72, Y: 720, Size: 18, Text: title}}, Block(72, 690, 11, authors)...)
	return []Page{{Texts: append(texts, Block(72, 650, 10, lines...)...)}}
}

// Bytes returns the file.
func (f File) Bytes() []byte {
	w := &writer{}
	w.buf.WriteString("%PDF-1.7\n")
	w.object(3, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /fl] >> >>")
	next, metadata := 5, ""
	if f.XMP != "" {
		metadata = " /Metadata 4 0 R"
		w.stream(4, "/Type /Metadata /Subtype /XML", f.XMP)
	} else {
		w.object(4, "null")
	}
	var kids, labels strings.Builder
	for i, p := range f.Pages {
		w.stream(next, "", p.content())
		w.object(next+1, p.dictionary(next))
		fmt.Fprintf(&kids, "%d 0 R ", next+1)
		if p.Label != "" {
			fmt.Fprintf(&labels, "%d << /P %s >> ", i, literal(p.Label))
		}
		next += 2
	}
	w.object(1, "<< /Type /Catalog /Pages 2 0 R"+metadata+" /PageLabels << /Nums [ 0 << /S /D >> "+labels.String()+"] >> >>")
	w.object(2, fmt.Sprintf("<< /Type /Pages /Kids [ %s] /Count %d >>", kids.String(), len(f.Pages)))
	var info strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.Info)) {
		fmt.Fprintf(&info, "/%s %s ", name, literal(f.Info[name]))
	}
	w.object(next, "<< "+info.String()+">>")
	w.trailer(next, f.Locked)
	return w.buf.Bytes()
}

// dictionary returns the dictionary of the page whose content is an object.
func (p Page) dictionary(content int) string {
	crop := ""
	if p.Crop != nil {
		crop = fmt.Sprintf(" /CropBox [ %g %g %g %g ]", p.Crop[0], p.Crop[1], p.Crop[2], p.Crop[3])
	}
	return fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 612 792 ]%s /Rotate %d /Resources << /Font << /F 3 0 R >> >> /Contents %d 0 R >>", crop, p.Rotate, content)
}

// content returns the page's content stream.
func (p Page) content() string {
	var b strings.Builder
	for _, t := range p.Texts {
		matrix := fmt.Sprintf("1 0 0 1 %g %g", t.X, t.Y)
		if t.Up {
			matrix = fmt.Sprintf("0 1 -1 0 %g %g", t.X, t.Y)
		}
		fmt.Fprintf(&b, "BT /F %g Tf %s Tm <%x> Tj ET\n", t.Size, matrix, latin(t.Text))
	}
	return b.String()
}

// latin returns a text in WinAnsiEncoding, as far as it is that of Latin 1 or a
// quotation mark.
func latin(s string) []byte {
	var out []byte
	for _, r := range strings.NewReplacer("‘", "\u0091", "’", "\u0092", "“", "\u0093", "”", "\u0094").Replace(s) {
		out = append(out, byte(min(r, 0xFF)))
	}
	return out
}

// literal returns a text string object (ISO 32000-1, section 7.9.2.2).
func literal(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, r := range s {
		fmt.Fprintf(&b, "%04X", min(r, 0xFFFF))
	}
	return b.String() + ">"
}

type writer struct {
	buf     bytes.Buffer
	offsets map[int]int
}

func (w *writer) object(n int, body string) {
	if w.offsets == nil {
		w.offsets = map[int]int{}
	}
	w.offsets[n] = w.buf.Len()
	fmt.Fprintf(&w.buf, "%d 0 obj\n%s\nendobj\n", n, body)
}

func (w *writer) stream(n int, entries, content string) {
	w.object(n, fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", entries, len(content), content))
}

// trailer writes the cross-reference table and the trailer; info is the number of
// the last object.
func (w *writer) trailer(info int, locked bool) {
	at := w.buf.Len()
	fmt.Fprintf(&w.buf, "xref\n0 %d\n0000000000 65535 f \n", info+1)
	for n := 1; n <= info; n++ {
		fmt.Fprintf(&w.buf, "%010d 00000 n \n", w.offsets[n])
	}
	encrypt := ""
	if locked { // no password leads to these 32 bytes
		secret := strings.Repeat("A1", 32)
		encrypt = fmt.Sprintf(" /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >> /ID [ <00> <00> ]", secret, secret)
	}
	fmt.Fprintf(&w.buf, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", info+1, info, encrypt, at)
}
