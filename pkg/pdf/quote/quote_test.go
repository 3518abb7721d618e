package quote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
)

// locator is one for all tests: it takes seconds to start, and a minute where the race
// detector watches PDFium too.
var locator = New() //nolint:gochecknoglobals // shared, as above

func TestMain(m *testing.M) {
	code := m.Run()
	if err := locator.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func TestLocate(t *testing.T) {
	l := locator
	t.Run("places", func(t *testing.T) { testPositions(t, l) })
	t.Run("rectangles", func(t *testing.T) { testRects(t, l) })
	t.Run("lines", func(t *testing.T) { testLines(t, l) })
	t.Run("notes", func(t *testing.T) { testNotes(t, l) })
	t.Run("pages", func(t *testing.T) { testPages(t, l) })
	t.Run("ambiguous", func(t *testing.T) { testAmbiguous(t, l) })
	t.Run("nearest", func(t *testing.T) { testNearest(t, l) })
	t.Run("errors", func(t *testing.T) { testErrors(t, l) })
}

// file returns a file of pages.
func file(pages ...pdftest.Page) []byte { return pdftest.File{Pages: pages}.Bytes() }

// page returns a page of lines of 10 points, the first line's baseline at 720.
func page(lines ...string) pdftest.Page { return pdftest.Page{Texts: pdftest.Lines(10, lines...)} }

func located(t *testing.T, l *Locator, content []byte, quote string) Result {
	t.Helper()
	r, err := l.Locate(t.Context(), content, quote)
	if err != nil {
		t.Fatalf("%q: %v", quote, err)
	}
	return r
}

// one returns the only place of a quote.
func one(t *testing.T, l *Locator, content []byte, quote string) Position {
	t.Helper()
	r := located(t, l, content, quote)
	if len(r.Positions) != 1 || r.Total != 1 || r.Nearest != nil {
		t.Fatalf("%q: %+v", quote, r)
	}
	return r.Positions[0]
}

func testPositions(t *testing.T, l *Locator) {
	left := pdftest.Block(72, 720, 10, "The left column begins with", "words about the ice, and its", "last line is this one")
	right := pdftest.Block(330, 720, 10, "which goes on in the right", "column, where it ends.")
	content := file(page("Of the strength of the ice in win-", "ter we know but little; the \x01rst ef\x02uent of a", "lake, though, is well-", "known, as Müller’s “Über Eis” says."),
		pdftest.Page{Texts: append(left, right...)})
	for quote, want := range map[string]string{
		"strength of the ice":                             "0: strength of the ice, 1 rectangles",
		"STRENGTH  of\nthe ice":                           "0: strength of the ice, 1 rectangles",
		"the ice in winter we know":                       "0: the ice in winter we know, 2 rectangles",
		"the ice in win- ter we know":                     "0: the ice in winter we know, 2 rectangles",
		"the ﬁrst effluent":                               "0: the first effluent, 1 rectangles",
		"the first effluent of a lake":                    "0: the first effluent of a lake, 2 rectangles",
		"is well-known, as Mu\u0308ller's \"Über Eis\"":   "0: is wellknown, as Müller’s “Über Eis, 2 rectangles",
		"line is this one which goes on in":               "1: line is this one which goes on in, 2 rectangles",
		"The left column begins with words about the ice": "1: The left column begins with words about the ice, 2 rectangles",
		"ice, and its last line":                          "1: ice, and its last line, 2 rectangles",
	} {
		r := located(t, l, content, quote)
		got := ""
		if len(r.Positions) == 1 {
			p := r.Positions[0]
			got = fmt.Sprintf("%d: %s, %d rectangles", p.PageIndex, p.Text, len(p.Rects))
		}
		if got != want {
			t.Errorf("%q: %q, want %q (%+v)", quote, got, want, r)
		}
	}
	p := one(t, l, content, "we know but little")
	if p.Before != "Of the strength of the ice in winter" || !strings.HasPrefix(p.After, "; the first effluent of a lake, though, is wellknown, as M") {
		t.Errorf("before %q, after %q", p.Before, p.After)
	}
}

// near reports whether two rectangles are the same within some points.
func near(a, b Rect, points float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > points {
			return false
		}
	}
	return true
}

// testRects compares rectangles with where the text was put: Helvetica's "Quoted
// text" of 10 points is 51.7 wide.
func testRects(t *testing.T, l *Locator) {
	const wide = 51.7
	texts := []pdftest.Text{{X: 100, Y: 500, Size: 10, Text: "Quoted text"}, {X: 100, Y: 700, Size: 10, Text: "Other words"}}
	up := []pdftest.Text{{X: 300, Y: 200, Size: 10, Text: "Quoted text", Up: true}}
	flat := Rect{100, 498, 100 + wide, 507.5}
	for name, c := range map[string]struct {
		page pdftest.Page
		want Rect
		sort string
	}{
		"plain":             {pdftest.Page{Texts: texts}, flat, "00000|000000|00283"},
		"after the others":  {pdftest.Page{Texts: []pdftest.Text{texts[1], texts[0]}}, flat, "00000|000010|00283"},
		"crop box":          {pdftest.Page{Texts: texts, Crop: []float64{50, 100, 500, 750}}, flat, "00000|000000|00141"},
		"turned page":       {pdftest.Page{Texts: texts, Rotate: 90}, flat, "00000|000000|00283"},
		"text that runs up": {pdftest.Page{Texts: up}, Rect{292.5, 200, 302, 200 + wide}, "00000|000000|00536"},
	} {
		p := one(t, l, file(c.page), "quoted text")
		if len(p.Rects) != 1 || !near(p.Rects[0], c.want, 2) {
			t.Errorf("%s: %v, want about %v", name, p.Rects, c.want)
		}
		top := int(math.Floor(792 - p.Rects[0][3]))
		if c.page.Crop != nil {
			top = int(math.Floor(650 - p.Rects[0][3]))
		}
		if want := c.sort[:13] + fmt.Sprintf("%05d", top); p.SortIndex != want {
			t.Errorf("%s: sort index %s, want %s", name, p.SortIndex, want)
		}
	}
	p := one(t, l, file(pdftest.Page{Texts: texts}), "quoted text")
	var position struct {
		PageIndex *int
		Rects     [][]float64
	}
	if err := json.Unmarshal([]byte(p.AnnotationPosition()), &position); err != nil || *position.PageIndex != 0 || !slices.Equal(position.Rects[0], p.Rects[0][:]) || strings.Contains(p.AnnotationPosition(), "next") {
		t.Errorf("%s, %v", p.AnnotationPosition(), err)
	}
	if got := (Rect{1.23449, 2, 3.0005, 4.1}).rounded(); got != (Rect{1.234, 2, 3.001, 4.1}) || p.Rects[0] != p.Rects[0].rounded() {
		t.Errorf("%v, %v: three decimals", got, p.Rects[0])
	}
	if p := one(t, l, file(pdftest.Page{Texts: texts}), "ted tex"); !near(p.Rects[0], Rect{116.9, 498, 149.2, 507.5}, 2) {
		t.Errorf("a part of words: %v", p.Rects)
	}
}

// testLines holds that rectangles are those of whole lines, as Zotero's reader makes
// them. Of Helvetica's type PDFium takes 0.72 to 0.95 of the size above the baseline.
func testLines(t *testing.T, l *Locator) {
	at := func(x, y, size float64, text string) pdftest.Text {
		return pdftest.Text{X: x, Y: y, Size: size, Text: text}
	}
	for name, c := range map[string]struct {
		texts []pdftest.Text
		quote string
		want  []Rect
	}{
		"large type beside it":   {[]pdftest.Text{at(72, 700, 10, "quoted text"), at(140, 700, 20, "large")}, "quoted text", []Rect{{72, 696, 123.7, 717}}},
		"a raised sign":          {[]pdftest.Text{at(72, 700, 10, "before"), at(102, 706, 6, "12"), at(112, 700, 10, "after")}, "before12 after", []Rect{{72, 698, 134, 711}}},
		"cells of a table":       {[]pdftest.Text{at(72, 700, 10, "one cell"), at(300, 700, 10, "other cell")}, "cell other", []Rect{{93.5, 698, 324.5, 709}}},
		"lines close together":   {[]pdftest.Text{at(72, 700, 10, "first line ends"), at(72, 692, 10, "second begins")}, "ends second", []Rect{{109.2, 698, 130.9, 709}, {72, 690, 104.2, 701}}},
		"columns":                {[]pdftest.Text{at(72, 600, 10, "left ends"), at(300, 700, 10, "right begins")}, "ends right", []Rect{{89.5, 598, 112, 609}, {300, 698, 321, 709}}},
		"an initial":             {[]pdftest.Text{at(72, 680, 30, "O"), at(96, 695, 10, "nce upon a time"), at(96, 680, 10, "there was a lake")}, "once upon", []Rect{{72, 674, 95.5, 708}, {96, 693, 137.1, 704}}},
		"two lines that run up":  {[]pdftest.Text{{X: 300, Y: 200, Size: 10, Text: "first line ends", Up: true}, {X: 308, Y: 200, Size: 10, Text: "second begins", Up: true}}, "ends second", []Rect{{291, 237.2, 302, 258.9}, {299, 200, 310, 232.2}}},
		"parts of the same line": {[]pdftest.Text{at(72, 700, 10, "quoted "), at(105, 700, 10, "text here")}, "quoted text", []Rect{{72, 698, 123.5, 709}}},
	} {
		p := one(t, l, file(pdftest.Page{Texts: c.texts}), c.quote)
		if !slices.EqualFunc(p.Rects, c.want, func(a, b Rect) bool { return near(a, b, 2.5) }) {
			t.Errorf("%s: %v, want about %v", name, p.Rects, c.want)
		}
	}
	content := file(page("Seven words stand on this first line", "and some more on the second, shorter"))
	last := ""
	for _, quote := range []string{"Seven words", "words stand on this first line and some", "on this first line and", "more on the second"} {
		p := one(t, l, content, quote)
		if p.SortIndex <= last {
			t.Errorf("%q sorts as %s, the one before as %s", quote, p.SortIndex, last)
		}
		last = p.SortIndex
	}
}

func TestDirection(t *testing.T) {
	for angle, want := range map[float64]direction{0: right, math.Pi / 2: down, math.Pi: left, 3 * math.Pi / 2: up, 2 * math.Pi: right, 0.1: right, 6.2: right} {
		if got := directionOf(angle); got != want {
			t.Errorf("%v: %d, want %d", angle, got, want)
		}
	}
}

// TestDivide has what no text of a simple font shows.
func TestDivide(t *testing.T) {
	c := func(r rune, runs direction, baseline float64, box Rect) char { return char{r, box, runs, baseline} }
	for name, x := range map[string]struct {
		chars []char
		lines int
	}{
		"another direction":         {[]char{c('a', right, 0, Rect{0, 0, 5, 10}), c('b', left, 0, Rect{5, 0, 10, 10})}, 2},
		"back by less than a step":  {[]char{c('a', right, 0, Rect{9, 0, 14, 10}), c('b', right, 1, Rect{0, 1, 5, 11})}, 1},
		"back by more than a step":  {[]char{c('a', right, 0, Rect{11, 0, 16, 10}), c('b', right, 1, Rect{0, 1, 5, 11})}, 2},
		"back on the same baseline": {[]char{c('a', right, 0, Rect{50, 0, 55, 10}), c('b', right, 0, Rect{0, 0, 5, 10})}, 1},
		"upside down, forward":      {[]char{c('a', left, 0, Rect{50, 0, 55, 10}), c('b', left, 1, Rect{40, 1, 45, 11})}, 1},
		"upside down, back":         {[]char{c('a', left, 0, Rect{50, 0, 55, 10}), c('b', left, 1, Rect{60, 1, 65, 11})}, 2},
		"down, forward":             {[]char{c('a', down, 0, Rect{0, 50, 10, 55}), c('b', down, 1, Rect{1, 40, 11, 45})}, 1},
		"down, back":                {[]char{c('a', down, 0, Rect{0, 50, 10, 55}), c('b', down, 1, Rect{1, 60, 11, 65})}, 2},
		"Hebrew":                    {[]char{c('א', right, 0, Rect{50, 0, 55, 10}), c('ב', right, 0, Rect{45, 0, 50, 10})}, 1},
		"Hebrew, the next line":     {[]char{c('א', right, 0, Rect{5, 0, 10, 10}), c('ב', right, -8, Rect{50, -8, 55, 2})}, 2},
		"blanks":                    {[]char{c(' ', right, 0, Rect{0, 0, 5, 10}), c('a', right, 0, Rect{})}, 0},
	} {
		p := &pageChars{chars: x.chars}
		if p.divide(); len(p.lines) != x.lines {
			t.Errorf("%s: %v", name, p.lines)
		}
	}
}

// testNotes holds where a note at a quote is: a square of 22 points at the upper right.
func testNotes(t *testing.T, l *Locator) {
	p := one(t, l, file(page("Of the ice in lakes, some words", "and others")), "lakes, some words and others")
	if len(p.Rects) != 2 {
		t.Fatalf("%v", p.Rects)
	}
	right, top := p.Rects[0][2], p.Rects[0][3]
	if want := (Rect{right - 22, top - 22, right, top}).rounded(); p.NoteRect != want {
		t.Errorf("%v, want %v", p.NoteRect, want)
	}
	if p.NoteSortIndex[13:] != p.SortIndex[13:] || p.NoteSortIndex[:6] != "00000|" {
		t.Errorf("%s beside %s", p.NoteSortIndex, p.SortIndex)
	}
	var position struct{ Rects []Rect }
	if err := json.Unmarshal([]byte(p.NotePosition()), &position); err != nil || len(position.Rects) != 1 || position.Rects[0] != p.NoteRect || strings.Contains(p.NotePosition(), "next") {
		t.Errorf("%s, %v", p.NotePosition(), err)
	}
	if text := positionText(0, []Rect{Rect{-0.0001, 0, 1, 1}.rounded()}, nil); strings.Contains(text, "-0") {
		t.Error(text)
	}
}

func TestRect_IsSound(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e7} {
		if (Rect{0, bad, 1, 1}).isSound() {
			t.Errorf("%v is sound", bad)
		}
	}
	if !(Rect{-5, 0, 10_000, 1}).isSound() {
		t.Error("a page's rectangle is not sound")
	}
}

func testPages(t *testing.T, l *Locator) {
	labelled := page("A preface of some words")
	labelled.Label = "A-"
	content := file(page("First page"), labelled, page("The sentence begins on this page"), page("and goes on with this one, where it ends."))
	p := one(t, l, content, "preface of some")
	if p.PageIndex != 1 || p.PageLabel != "A-" || !strings.HasPrefix(p.SortIndex, "00001|000001|") {
		t.Errorf("%+v", p)
	}
	p = one(t, l, content, "begins on this page and goes on")
	if p.PageIndex != 2 || len(p.Rects) != 1 || len(p.NextPageRects) != 1 || p.Text != "begins on this page and goes on" || !strings.Contains(p.AnnotationPosition(), `"nextPageRects":[[72`) {
		t.Errorf("over two pages: %+v", p)
	}
	if p := one(t, l, file(page("First page")), "first page"); p.PageLabel != "1" {
		t.Errorf("label %q", p.PageLabel)
	}
}

func testAmbiguous(t *testing.T, l *Locator) {
	var pages []pdftest.Page
	for range 12 {
		pages = append(pages, page("Before it stands the ice of lakes and after it"))
	}
	r := located(t, l, file(pages...), "the ice of lakes")
	if r.Total != 12 || len(r.Positions) != MaxPositions || r.Positions[9].PageIndex != 9 || r.Positions[9].PageLabel != "10" || r.Positions[1].Before != "Before it stands" || r.Positions[1].After != "and after it" {
		t.Errorf("%+v", r)
	}
	if !slices.IsSortedFunc(r.Positions, func(a, b Position) int { return strings.Compare(a.SortIndex, b.SortIndex) }) {
		t.Error("places are not in the order of their sort indexes")
	}
	if p := one(t, l, file(page("A device of entices and vices; the ice is thin")), "ice"); p.Before != "A device of entices and vices; the" {
		t.Errorf("a word within others: %+v", p)
	}
}

func testNearest(t *testing.T, l *Locator) {
	content := file(page("Another page of other words entirely"), page("We know that the ice of the northern lakes is thick in winter,", "and thin in spring."))
	r := located(t, l, content, "the ice of the southern lakes is thick in summer")
	if r.Total != 0 || len(r.Positions) != 0 || r.Nearest == nil || r.Nearest.PageIndex != 1 || r.Nearest.PageLabel != "2" ||
		!strings.Contains(r.Nearest.Text, "ice of the northern lakes is thick") || strings.Contains(r.Nearest.Text, "spring") {
		t.Errorf("%+v, %+v", r, r.Nearest)
	}
	if r := located(t, l, content, "nothing like this stands anywhere"); r.Nearest != nil || r.Positions != nil {
		t.Errorf("%+v", r.Nearest)
	}
}

func testErrors(t *testing.T, l *Locator) {
	good := file(page("Some words"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx     context.Context
		content []byte
		quote   string
		want    error
	}{
		"no quote":   {t.Context(), good, " -- ", ErrQuote},
		"long quote": {t.Context(), good, strings.Repeat("a", MaxQuote+1), ErrQuote},
		"picture":    {t.Context(), file(pdftest.Page{}), "words", ErrNoText},
		"locked":     {t.Context(), pdftest.File{Locked: true, Pages: []pdftest.Page{{}}}.Bytes(), "words", pdf.ErrProtected},
		"cut":        {t.Context(), good[:60], "words", pdf.ErrDamaged},
		"nothing":    {t.Context(), nil, "words", pdf.ErrDamaged},
		"large":      {t.Context(), make([]byte, MaxFileBytes+1), "words", ErrTooLarge},
		"call ended": {ended, good, "words", pdf.ErrTime},
	} {
		if _, err := l.Locate(c.ctx, c.content, c.quote); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	var many []pdftest.Page
	for range 3000 {
		many = append(many, page("Some words that fill a page, line after line", "and so on"))
	}
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.Locate(short, file(many...), "words"); !errors.Is(err, pdf.ErrTime) {
		t.Errorf("deadline: %v", err)
	}
	if p := one(t, l, good, "some words"); p.PageLabel != "1" {
		t.Errorf("after a call that was ended: %+v", p)
	}
}

// FuzzLocate reads files that are no PDF files, or damaged ones.
func FuzzLocate(f *testing.F) {
	good := file(page("Some words of a page", "and a second line"), page("Another page"))
	for _, content := range [][]byte{
		nil, []byte("%PDF-1.7"), []byte("no file"), good[:len(good)/2], good,
		bytes.Replace(good, []byte("/Count 2"), []byte("/Count 9"), 1),
		bytes.Replace(good, []byte("/Kids [ 5 0 R"), []byte("/Kids [ 2 0 R"), 1), // it has itself as a page
		bytes.Replace(good, []byte("612 792"), []byte("1e99 -9"), 1),
		bytes.Replace(good, []byte(" Tf "), []byte("e30 Tf "), 1),
		bytes.ReplaceAll(good, []byte("endstream"), []byte("streamend")),
		pdftest.File{Locked: true, Pages: []pdftest.Page{{}}}.Bytes(),
	} {
		if testing.Short() && !bytes.Equal(content, good) {
			continue // each opens PDFium again
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := locator.Locate(t.Context(), content, "some words")
		if err != nil && !errors.Is(err, pdf.ErrDamaged) && !errors.Is(err, pdf.ErrProtected) && !errors.Is(err, ErrNoText) && !errors.Is(err, ErrTooLarge) {
			t.Errorf("%v", err)
		}
		for _, p := range r.Positions {
			if !json.Valid([]byte(p.AnnotationPosition())) || !json.Valid([]byte(p.NotePosition())) || len(p.Rects) == 0 {
				t.Errorf("%+v", p)
			}
		}
	})
}

// FuzzFind looks for a part of a text in it.
func FuzzFind(f *testing.F) {
	f.Add("Of the ice in win-\nter, the ﬁrst", 3, 10)
	f.Add("a\u0308 a a a aa \x02\n", 0, 2)
	f.Fuzz(func(t *testing.T, text string, from, length int) {
		s := &stream{}
		s.add([]rune(text))
		s.add([]rune(text))
		page := s.pages[0]
		if from < 0 || length < 0 || from+length < 0 || from+length > len(page) {
			return
		}
		_ = page.text(from, from+length)
		_ = s.words()
		wanted := keysOf(string(page[from : from+length]))
		if len(wanted) == 0 {
			return
		}
		found := s.find(wanted)
		for _, m := range found {
			if !slices.Equal(s.keys[m.begin:m.end], wanted) {
				t.Errorf("%q: %v", text, m)
			}
		}
	})
}
