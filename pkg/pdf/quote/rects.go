package quote

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// pageChars is the characters of a page, the lines that they stand in, and the page's
// height in points.
type pageChars struct {
	chars  []char
	lines  []Rect
	line   []int // of each character; -1 for one that is not seen
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
			out.chars[i].runs, out.chars[i].baseline = d.direction(text, i)
			if r := (Rect{float64(box.Rect.Left), float64(box.Rect.Bottom), float64(box.Rect.Right), float64(box.Rect.Top)}); r.isSound() {
				out.chars[i].box = r.upright()
			}
		}
		return nil
	})
	out.divide()
	return out, err
}

// direction returns which way the line of a character runs, and where its baseline is.
func (d *document) direction(text references.FPDF_TEXTPAGE, i int) (direction, float64) {
	runs, baseline := right, 0.0
	if got, err := d.engine.FPDFText_GetCharAngle(&requests.FPDFText_GetCharAngle{TextPage: text, Index: i}); err == nil {
		runs = directionOf(float64(got.CharAngle))
	}
	if got, err := d.engine.FPDFText_GetCharOrigin(&requests.FPDFText_GetCharOrigin{TextPage: text, Index: i}); err == nil {
		if baseline = got.Y; runs.isVertical() {
			baseline = got.X
		}
	}
	return runs, baseline
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
		r[i] = math.Round(r[i]*1000)/1000 + 0 // not -0
	}
	return r
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
		p.NextPageRects = chars.rects(start, end)
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
	if p.Rects = chars.rects(begin, onPage); len(p.Rects) == 0 {
		return p, pdf.ErrDamaged // its characters have no boxes
	}
	p.SortIndex = chars.sortIndex(page, topmost(p.Rects))
	p.NoteRect = noteRect(p.Rects)
	p.NoteSortIndex = chars.sortIndex(page, p.NoteRect)
	return p, nil
}

// noteSide is the side of a note's square in points.
const noteSide = 22

// noteRect returns the square of a note at a text, as Zotero's reader places it: at
// the upper right of the rectangle around the text.
func noteRect(rects []Rect) Rect {
	bounds := rects[0]
	for _, r := range rects {
		bounds = bounds.with(r)
	}
	return Rect{bounds[2] - noteSide, bounds[3] - noteSide, bounds[2], bounds[3]}.rounded()
}

// topmost returns the first of the highest rectangles.
func topmost(rects []Rect) Rect {
	return slices.MaxFunc(rects, func(a, b Rect) int { return cmp.Compare(a[3], b[3]) })
}

// sortIndex returns Zotero's sort index of an annotation whose topmost rectangle is at:
// the page, the number of the first of the page's characters that is nearest to it, and
// its distance from the top of the page.
func (p *pageChars) sortIndex(page int, at Rect) string {
	offset, number, nearest := 0, 0, math.Inf(1)
	for i, c := range p.chars {
		if p.line[i] < 0 {
			continue
		}
		if far := c.box.distance(at); far < nearest {
			offset, nearest = number, far
		}
		number++
	}
	top := int(min(max(0, math.Floor(p.height-at[3])), 99_999))
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
