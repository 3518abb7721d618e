package quote

import (
	"math"
	"slices"
	"unicode"
)

// char is a character of a page with its box, which is as high as its type.
type char struct {
	rune     rune
	box      Rect
	runs     direction
	baseline float64 // across its line, in points
}

// direction says which way a line runs on the page, before the page is turned.
type direction uint8

const (
	right direction = iota
	up
	left
	down
)

// directionOf returns the direction of a character that PDFium calls turned by an
// angle, in radians clockwise.
func directionOf(angle float64) direction {
	quarters := int(math.Round(angle / (math.Pi / 2)))
	return direction((4 - quarters%4) % 4)
}

func (d direction) isVertical() bool { return d == up || d == down }

// divide divides the characters of the page into lines, as Zotero's reader does
// (zotero/pdf.js, src/core/module/structure.js).
func (p *pageChars) divide() {
	p.line = make([]int, len(p.chars))
	backward := slices.ContainsFunc(p.chars, func(c char) bool {
		return unicode.In(c.rune, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana)
	})
	last, first := -1, false // the character before, and whether it is the first of its line
	for i, c := range p.chars {
		if p.line[i] = -1; isBlank(c.rune) || c.box.isEmpty() {
			continue
		}
		if last < 0 || p.chars[last].endsBefore(c, first, backward) {
			p.lines = append(p.lines, c.box)
			first = true
		} else {
			p.lines[len(p.lines)-1] = p.lines[len(p.lines)-1].with(c.box)
			first = false
		}
		p.line[i], last = len(p.lines)-1, i
	}
}

// backStep is how far the next character of a line may stand before the last one, in
// points, though its baseline is another.
const backStep = 10

// endsBefore reports whether a line ends between its last character, which may be its
// first too, and the next character of the page. On a page with text that runs from
// right to left, backward, each other baseline is another line.
func (c char) endsBefore(next char, first, backward bool) bool {
	if c.runs != next.runs {
		return true
	}
	if math.Abs(c.baseline-next.baseline) > 0.01 && (backward || c.isBehind(next)) {
		return true
	}
	across := 1
	if next.runs.isVertical() {
		across = 0
	}
	if c.box[across] > next.box[across+2] || next.box[across] > c.box[across+2] {
		return true
	}
	return first && c.height() > 2*next.height() // an initial over several lines
}

// isBehind reports whether the next character stands before this one on its line.
func (c char) isBehind(next char) bool {
	switch c.runs {
	case up:
		return c.box[1] > next.box[1]
	case left:
		return c.box[0] < next.box[0]
	case down:
		return c.box[1] < next.box[1]
	}
	return c.box[0]-backStep > next.box[0]
}

func (c char) height() float64 {
	if c.runs.isVertical() {
		return c.box[2] - c.box[0]
	}
	return c.box[3] - c.box[1]
}

// rects returns the rectangles of some characters, one a line. A rectangle is as high
// as the whole line, though only a part of the line is among the characters.
func (p *pageChars) rects(begin, end int) []Rect {
	var all []Rect
	last := -1
	for i := begin; i < end; i++ {
		at := p.line[i]
		if at < 0 {
			continue
		}
		box := p.chars[i].box
		across := 1
		if p.chars[i].runs.isVertical() {
			across = 0
		}
		box[across], box[across+2] = p.lines[at][across], p.lines[at][across+2]
		if at == last {
			box = all[len(all)-1].with(box)
			all = all[:len(all)-1]
		}
		all, last = append(all, box), at
	}
	for i := range all {
		all[i] = all[i].rounded()
	}
	return all
}
