// Package quote finds where a quoted text stands in a PDF file: the page and the
// rectangles of its lines, as Zotero keeps them with an annotation.
//
// It reads files with PDFium, compiled to WebAssembly and run by wazero: a file can't
// reach anything outside the module's memory, which is bounded, and no program has to
// be installed: docs/adr/0018-positions-with-pdfium-on-wazero.md.
package quote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
)

// The errors of a quote, beside those of a file ([pdf.ErrDamaged],
// [pdf.ErrProtected], [pdf.ErrTime]).
var (
	ErrQuote    = fmt.Errorf("a quote has %d to %d letters or digits", minQuote, MaxQuote)
	ErrNoText   = errors.New("the PDF file holds no text; it may hold images of pages")
	ErrTooLarge = fmt.Errorf("positions are found in PDF files of at most %d MiB and %d pages", MaxFileBytes>>20, MaxPages)
)

// The bounds.
const (
	MaxFileBytes = 64 << 20
	MaxPages     = 5_000
	MaxQuote     = 7_500 // characters, as of an annotation's text in Zotero
	MaxPositions = 10    // of one quote that are returned
	minQuote     = 3
	maxLabel     = 50 // characters, as of an annotation's page label in Zotero
	around       = 60 // characters of the context of a position, on each side
)

// Rect is a rectangle in PDF user space, in points with three decimals, the origin at
// the page's lower left: left, bottom, right, top.
type Rect [4]float64

// Position is where a quote stands.
type Position struct {
	PageIndex int    // from 0
	PageLabel string // as the file says, by default the number of the page from 1
	// Rects are those of its lines; NextPageRects are of the lines on the next page,
	// if it goes on there.
	Rects, NextPageRects []Rect
	// SortIndex is Zotero's: page, number of the character on the page, distance from
	// the top.
	SortIndex string
	// NoteRect and NoteSortIndex are those of a note at the quote.
	NoteRect      Rect
	NoteSortIndex string
	// Text is the quote as the file has it, with words divided at line ends joined.
	Text string
	// Before and After are what stands around it on its page.
	Before, After string
}

// AnnotationPosition returns the position as Zotero's field annotationPosition.
func (p Position) AnnotationPosition() string {
	return positionText(p.PageIndex, p.Rects, p.NextPageRects)
}

// NotePosition returns the position of a note at the quote as Zotero's field
// annotationPosition.
func (p Position) NotePosition() string { return positionText(p.PageIndex, []Rect{p.NoteRect}, nil) }

func positionText(page int, rects, next []Rect) string {
	text, err := json.Marshal(struct {
		PageIndex     int    `json:"pageIndex"`
		Rects         []Rect `json:"rects"`
		NextPageRects []Rect `json:"nextPageRects,omitempty"`
	}{page, rects, next})
	if err != nil {
		panic(err) // finite numbers
	}
	return string(text)
}

// Passage is a part of a page's text.
type Passage struct {
	PageIndex int
	PageLabel string
	Text      string
}

// Result says where a quote stands in a file.
type Result struct {
	// Positions are in the order of the file, the first [MaxPositions] of Total.
	Positions []Position
	Total     int
	// Nearest is the passage that has most words in common with a quote that has no
	// position; nil if none has half of them.
	Nearest *Passage
}

// Locate finds a quote in a file. White space, hyphens, ligatures, accents, letter
// case and the form of quotation marks do not count. A quote may go on from one page
// to the next.
func (l *Locator) Locate(ctx context.Context, content []byte, quote string) (Result, error) {
	wanted := keysOf(quote)
	if n := utf8.RuneCountInString(quote); n > MaxQuote || len(wanted) < minQuote {
		return Result{}, ErrQuote
	}
	if len(content) > MaxFileBytes {
		return Result{}, ErrTooLarge
	}
	var out Result
	err := l.open(ctx, content, func(d *document) error {
		s, err := d.stream(ctx)
		if err != nil {
			return err
		}
		if len(s.keys) == 0 {
			return ErrNoText
		}
		all := s.find(wanted)
		out.Total = len(all)
		if len(all) == 0 {
			out.Nearest, err = d.nearest(s, quote)
			return err
		}
		for _, m := range all[:min(len(all), MaxPositions)] {
			p, err := d.position(s, m)
			if err != nil {
				return err
			}
			out.Positions = append(out.Positions, p)
		}
		return nil
	})
	if err != nil && ctx.Err() != nil {
		err = pdf.ErrTime
	}
	if err != nil {
		return Result{}, err
	}
	return out, nil
}
