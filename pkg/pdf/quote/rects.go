package quote

import (
	"fmt"
	"math"
	"strconv"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// char is a character of a page with its box.
type char struct {
	rune  rune
	box   Rect
	angle float64 // in which its line runs, in radians
}

// pageChars is the characters of a page and the page's height in points.
type pageChars struct {
	chars  []char
	height float64
}

// chars reads the characters of a page. Their boxes are as high as the type is.
func (d *document) chars(index int) (pageChars, error) {
	var out pageChars
	err := d.page(index, func(page requests.Page, text references.FPDF_TEXTPAGE, n int) error {
		bounds, err := d.engine.FPDF_GetPageBoundingBox(&requests.FPDF_GetPageBoundingBox{Page: page})
		if err != nil {
			return err
		}
		if b := bounds.Rect; !(Rect{float64(b.Left), float64(b.Bottom), float64(b.Right), float64(b.Top)}).isSound() {
			return pdf.ErrDamaged
		}
		out.height = float64(bounds.Rect.Top - bounds.Rect.Bottom)
		all, err := d.runes(text, n)
		if err != nil {
			return err
		}
		out.chars = make([]char, n)
		for i, r := range all {
			if out.chars[i].rune = r; isBlank(r) && !isHyphen(r) {
				continue
			}
			box, err := d.engine.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: text, Index: i})
			if err != nil {
				continue // it is not drawn
			}
			angle, err := d.engine.FPDFText_GetCharAngle(&requests.FPDFText_GetCharAngle{TextPage: text, Index: i})
			if err == nil {
				out.chars[i].angle = float64(angle.CharAngle)
			}
			if r := (Rect{float64(box.Rect.Left), float64(box.Rect.Bottom), float64(box.Rect.Right), float64(box.Rect.Top)}); r.isSound() {
				out.chars[i].box = r.upright()
			}
		}
		return nil
	})
	return out, err
}

// isSound reports whether a rectangle's numbers are those of a page: a damaged file
// can give any, also ones that JSON does not have.
func (r Rect) isSound() bool {
	const most = 1e6
	for _, n := range r {
		if !(math.Abs(n) <= most) {
			return false
		}
	}
	return true
}

// upright returns a rectangle whose sides are in order.
func (r Rect) upright() Rect {
	return Rect{min(r[0], r[2]), min(r[1], r[3]), max(r[0], r[2]), max(r[1], r[3])}
}

func (r Rect) isEmpty() bool { return r[0] >= r[2] || r[1] >= r[3] }

// with returns the smallest rectangle around two.
func (r Rect) with(o Rect) Rect {
	if r.isEmpty() {
		return o
	}
	return Rect{min(r[0], o[0]), min(r[1], o[1]), max(r[2], o[2]), max(r[3], o[3])}
}

// distance returns how far two rectangles are apart, 0 if they touch.
func (r Rect) distance(o Rect) float64 {
	return math.Hypot(max(0, o[0]-r[2], r[0]-o[2]), max(0, o[1]-r[3], r[1]-o[3]))
}

// rounded returns a rectangle as Zotero writes it.
func (r Rect) rounded() Rect {
	for i := range r {
		r[i] = math.Round(r[i]*1000) / 1000
	}
	return r
}

// lines returns the rectangles of the lines of characters.
func lines(chars []char) []Rect {
	var all []Rect
	for _, c := range chars {
		if c.box.isEmpty() || isBlank(c.rune) {
			continue
		}
		if n := len(all); n > 0 && sameLine(all[n-1], c) {
			all[n-1] = all[n-1].with(c.box)
		} else {
			all = append(all, c.box)
		}
	}
	return all
}

// maxGap is how far the next character of a line is away at most, as a multiple of the
// line's height. What is farther is in another column.
const maxGap = 4

// sameLine reports whether a character goes on with a line: across it, they share at
// least half of the character's extent.
func sameLine(line Rect, c char) bool {
	along, across := 0, 1
	if math.Abs(math.Sin(c.angle)) > 0.5 { // it runs up or down
		along, across = 1, 0
	}
	height := c.box[across+2] - c.box[across]
	shared := min(line[across+2], c.box[across+2]) - max(line[across], c.box[across])
	gap := max(c.box[along]-line[along+2], line[along]-c.box[along+2])
	return 2*shared >= height && gap <= maxGap*height
}

// position returns the position of a match.
func (d *document) position(s *stream, m match) (Position, error) {
	first, last := s.at[m.begin], s.at[m.end-1]
	page, begin, end := int(first.page), int(first.char), int(last.char)+1
	text := s.pages[page]
	p := Position{PageIndex: page}
	var err error
	if p.PageLabel, err = d.label(page); err != nil {
		return p, err
	}
	onPage := end
	if last.page != first.page {
		next := s.pages[last.page]
		start := 0
		for start < end && isBlank(next[start]) {
			start++
		}
		chars, err := d.chars(int(last.page))
		if err != nil {
			return p, err
		}
		p.NextPageRects = roundedLines(chars.chars[start:end])
		onPage = len(text)
		p.Text, p.After = text.text(begin, onPage)+" "+next.text(start, end), next.text(end, min(len(next), end+around))
	} else {
		p.Text, p.After = text.text(begin, end), text.text(end, min(len(text), end+around))
	}
	p.Before = text.text(max(0, begin-around), begin)
	chars, err := d.chars(page)
	if err != nil {
		return p, err
	}
	all := lines(chars.chars[begin:onPage])
	if len(all) == 0 {
		return p, pdf.ErrDamaged // its characters have no boxes
	}
	p.Rects, p.SortIndex = roundedLines(chars.chars[begin:onPage]), chars.sortIndex(page, all)
	return p, nil
}

func roundedLines(chars []char) []Rect {
	all := lines(chars)
	for i := range all {
		all[i] = all[i].rounded()
	}
	return all
}

// sortIndex returns Zotero's sort index of an annotation: the page, the number of the
// first of the page's characters that is nearest to its bounding rectangle, and the
// rectangle's distance from the top of the page.
func (p pageChars) sortIndex(page int, rects []Rect) string {
	var bounds Rect
	for _, r := range rects {
		bounds = bounds.with(r)
	}
	offset, number, nearest := 0, 0, math.Inf(1)
	for _, c := range p.chars {
		if isBlank(c.rune) || c.box.isEmpty() {
			continue
		}
		if far := c.box.distance(bounds); far < nearest {
			offset, nearest = number, far
		}
		number++
	}
	top := int(min(max(0, math.Floor(p.height-bounds[3])), 99_999))
	return fmt.Sprintf("%05d|%06d|%05d", min(page, 99_999), min(offset, 999_999), top)
}

// label returns the label of a page.
func (d *document) label(page int) (string, error) {
	number := strconv.Itoa(page + 1)
	got, err := d.engine.FPDF_GetPageLabel(&requests.FPDF_GetPageLabel{Document: d.ref, Page: page})
	if err != nil {
		return number, nil // the file has no labels
	}
	label, _ := plaintext.Cut(plaintext.Line(got.Label), maxLabel)
	if label == "" {
		return number, nil
	}
	return label, nil
}
