package tool

import (
	"context"
	"crypto/md5"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/quote"
)

// places is [Quotes] that says what a test wants.
type places struct {
	result quote.Result
	err    error
	calls  int
}

func (p *places) Locate(context.Context, []byte, string) (quote.Result, error) {
	p.calls++
	return p.result, p.err
}

// filed is a library that keeps files.
type filed struct {
	*changetest.Library
	files map[string][]byte
	err   error
	read  atomic.Int32
	most  int64

	attached int // calls of Attach
	names    []string
}

func (l *filed) File(_ context.Context, key string, most int64) ([]byte, error) {
	l.read.Add(1)
	l.most = most
	if content, ok := l.files[key]; ok {
		return content, l.err
	}
	return nil, library.Errorf(library.NotFound, "no such file")
}

func (l *filed) Attach(_ context.Context, key string, f library.File) error {
	l.attached++
	if l.err != nil {
		return l.err
	}
	o := l.Object(library.ItemObject, key)
	o.Data["md5"] = fmt.Sprintf("%x", md5.Sum(f.Content))
	l.files[key] = f.Content
	l.names = append(l.names, f.Name)
	l.Put(library.Object{Kind: o.Kind, Key: key, Data: o.Data})
	return nil
}

// The works of a library with files.
const (
	onePDF  = "One file"
	twoPDFs = "Two files"
	noPDF   = "A page"
)

// annotatable returns a library with files, and a client of its tools that finds quotes
// with quotes.
func annotatable(t testing.TB, quotes Quotes, confirm Confirm) (*filed, *client) {
	t.Helper()
	work := func(title string, files ...library.Attachment) librarytest.Work {
		return librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{"title": title}, Attachments: files}}
	}
	scan := library.Attachment{Title: "Scan", Filename: "scan.pdf", ContentType: "application/pdf"}
	l := &filed{Library: changetest.New(library.Local, []librarytest.Work{
		work(onePDF, library.Attachment{Title: "Page", Filename: "a.html", ContentType: "text/html"}, scan),
		work(twoPDFs, scan, library.Attachment{Filename: "UNTYPED.PDF"}),
		work(noPDF, library.Attachment{Title: "Page", Filename: "a.html", ContentType: "text/html"}),
	}), files: map[string][]byte{}}
	for _, title := range []string{onePDF, twoPDFs, noPDF} {
		for _, a := range l.attachments(t, title) {
			l.Put(library.Object{Kind: library.ItemObject, Key: a.Key, Data: library.Data{"itemType": "attachment", "linkMode": "imported_file", "contentType": a.ContentType}})
			l.files[a.Key] = []byte("%PDF")
		}
	}
	w := writingOf(t, confirm)
	w.Quotes = quotes
	return l, connectTo(t, catalogOf(t, fleet{l}, Options{Writing: w}), nil)
}

// attachments returns the attachments of a work.
func (l *filed) attachments(t testing.TB, title string) []library.Attachment {
	t.Helper()
	page, err := l.Items(t.Context(), []string{itemKey(t, l.Library, title)})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items[0].Attachments
}

// pdfKey returns the key of a work's PDF file.
func (l *filed) pdfKey(t testing.TB, title string) string {
	t.Helper()
	for _, a := range l.attachments(t, title) {
		if a.ContentType == "application/pdf" {
			return a.Key
		}
	}
	t.Fatalf("%s has no PDF file", title)
	return ""
}

func position(page int) quote.Position {
	return quote.Position{
		PageIndex: page, PageLabel: fmt.Sprint("p", page), Rects: []quote.Rect{{72, 100, 90.5, 110}}, SortIndex: fmt.Sprintf("%05d|000000|00010", page),
		NoteRect: quote.Rect{68.5, 88, 90.5, 110}, NoteSortIndex: fmt.Sprintf("%05d|000001|00010", page),
		Text: "the ice", Before: "Of", After: "in winter",
	}
}

func oneResult(p quote.Position) quote.Result {
	return quote.Result{Positions: []quote.Position{p}, Total: 1}
}

func TestAnnotate_AddsAndUndoes(t *testing.T) {
	for _, c := range []struct {
		arguments string
		want      library.Data
	}{
		{`"comment":" Why? ","tags":["ice"]`, library.Data{
			"itemType": "annotation", "annotationType": "highlight", "annotationText": "the ice", "annotationComment": "Why?", "annotationColor": "#ffd400", "annotationPageLabel": "p3",
			"annotationSortIndex": "00003|000000|00010", "annotationPosition": `{"pageIndex":3,"rects":[[72,100,90.5,110]]}`, "tags": []any{map[string]any{"tag": "ice"}},
		}},
		{`"type":"underline","color":"gray"`, library.Data{
			"itemType": "annotation", "annotationType": "underline", "annotationText": "the ice", "annotationColor": "#aaaaaa", "annotationPageLabel": "p3",
			"annotationSortIndex": "00003|000000|00010", "annotationPosition": `{"pageIndex":3,"rects":[[72,100,90.5,110]]}`,
		}},
		{`"type":"note","comment":"See","color":"magenta"`, library.Data{
			"itemType": "annotation", "annotationType": "note", "annotationComment": "See", "annotationColor": "#e56eee", "annotationPageLabel": "p3",
			"annotationSortIndex": "00003|000001|00010", "annotationPosition": `{"pageIndex":3,"rects":[[68.5,88,90.5,110]]}`,
		}},
	} {
		l, cl := annotatable(t, &places{result: oneResult(position(3))}, "")
		out := cl.do(t, "annotate", `{"id":"local/`+itemKey(t, l.Library, onePDF)+`","quote":"the ice",`+c.arguments+`}`)
		if out.Status != statusDone || out.Receipt == "" || out.Total != 1 || l.Writes != 1 || l.most != quote.MaxFileBytes {
			t.Fatalf("%+v, %d writes", out, l.Writes)
		}
		_, key, _ := strings.Cut(out.Changes[0].ID, "/")
		c.want["parentItem"] = l.pdfKey(t, onePDF)
		if diff := cmp.Diff(c.want, l.Object(library.ItemObject, key).Data); diff != "" {
			t.Errorf("%s: %s", c.arguments, diff)
		}
		cl.do(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, out.Receipt))
		if l.Object(library.ItemObject, key).Data["deleted"] != true {
			t.Errorf("%s: the annotation is not in the trash", c.arguments)
		}
	}
}

func TestAnnotate_PlansWhereAllIsConfirmed(t *testing.T) {
	l, c := annotatable(t, &places{result: oneResult(position(0))}, ConfirmAlways)
	out := c.do(t, "annotate", `{"id":"local/`+l.pdfKey(t, twoPDFs)+`","quote":"the ice"}`)
	if out.Status != statusPlanned || l.Writes != 0 {
		t.Fatalf("%+v", out)
	}
	if out = c.apply(t, out.Plan); out.Status != statusDone || l.Writes != 1 {
		t.Errorf("%+v", out)
	}
}

// TestAnnotate_ShowsThePlacesOfAQuote has a quote that stands several times.
func TestAnnotate_ShowsThePlacesOfAQuote(t *testing.T) {
	hostile := position(1)
	hostile.Before = "<script>![x](http://evil.example)</script> ignore\u202e"
	l, c := annotatable(t, &places{result: quote.Result{Positions: []quote.Position{position(0), hostile}, Total: 12}}, "")
	arguments := `{"id":"local/` + itemKey(t, l.Library, onePDF) + `","quote":"the ice"`
	out := c.do(t, "annotate", arguments+`}`)
	if out.Status != statusRefused || out.Plan != "" || out.Receipt != "" || l.Writes != 0 || len(out.Changes) != 2 || out.Title != "The quote stands 12 times" {
		t.Fatalf("%+v", out)
	}
	line := out.Changes[0]
	if line.Name != "occurrence 1, page p0" || line.After["before"] != "Of" || line.After["quote"] != "the ice" || line.After["after"] != "in winter" || line.ID != "local/"+l.pdfKey(t, onePDF) {
		t.Errorf("%+v", line)
	}
	notices := strings.Join(out.Notices, "; ")
	if !strings.Contains(notices, "occurrence") || !strings.Contains(notices, "10 more places are not shown") {
		t.Error(notices)
	}
	if out = c.do(t, "annotate", arguments+`,"occurrence":2}`); out.Status != statusDone || out.Changes[0].After["annotationPageLabel"] != "p1" {
		t.Errorf("%+v", out)
	}
	if text := c.fail(t, "annotate", arguments+`,"occurrence":3}`, library.Invalid); !strings.Contains(text, "12 times") {
		t.Error(text)
	}
	if l.Writes != 1 {
		t.Errorf("%d writes", l.Writes)
	}
}

// TestAnnotate_DoesNotAskThePersonForThePlace has a client that can ask its person, who could
// approve nothing yet.
func TestAnnotate_DoesNotAskThePersonForThePlace(t *testing.T) {
	l, c := annotatable(t, &places{result: quote.Result{Positions: []quote.Position{position(0), position(1)}, Total: 2}}, "")
	c = connectTo(t, c.catalog, &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			t.Error("the person was asked")
			return &mcp.ElicitResult{Action: "accept"}, nil
		},
	})
	if out := c.do(t, "annotate", `{"id":"local/`+l.pdfKey(t, onePDF)+`","quote":"the ice"}`); out.Status != statusRefused || len(out.Changes) != 2 || l.Writes != 0 {
		t.Errorf("%+v, %d writes", out, l.Writes)
	}
}

// TestAnnotate_IsTraced calls it within a trace, where the library is another value.
func TestAnnotate_IsTraced(t *testing.T) {
	l, c := annotatable(t, &places{result: oneResult(position(0))}, "")
	spans := tracetest.NewInMemoryExporter()
	ctx, span := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("test").Start(t.Context(), "call")
	if _, err := c.catalog.Call(ctx, "annotate", json.RawMessage(`{"id":"local/`+l.pdfKey(t, onePDF)+`","quote":"the ice"}`)); err != nil {
		t.Fatal(err)
	}
	span.End()
	if !slices.ContainsFunc(spans.GetSpans(), func(s tracetest.SpanStub) bool { return s.Name == "library file" }) {
		t.Error("the file was read without a span")
	}
}

func TestAnnotate_RefusesBadInput(t *testing.T) {
	long := strings.Repeat("x", maxTagChars+1)
	l, c := annotatable(t, &places{}, "")
	one, two, none := "local/"+itemKey(t, l.Library, onePDF), "local/"+itemKey(t, l.Library, twoPDFs), "local/"+itemKey(t, l.Library, noPDF)
	page := "local/" + l.attachments(t, noPDF)[0].Key
	for _, in := range []struct {
		arguments string
		code      library.Code
		says      string
	}{
		{`"id":"` + one + `","quote":"x","type":"note"`, library.Invalid, "comment"},
		{`"id":"` + one + `","quote":"x","type":"note","comment":" \u200b "`, library.Invalid, "comment"},
		{`"id":"` + one + `","quote":"x","type":"ink"`, library.Invalid, "type"},
		{`"id":"` + one + `","quote":"x","color":"#ffd400"`, library.Invalid, "color"},
		{`"id":"` + one + `","quote":"x","occurrence":0`, library.Invalid, "occurrence"},
		{`"id":"` + one + `","quote":"x","occurrence":11`, library.Invalid, "occurrence"},
		{`"id":"` + one + `","quote":"x","tags":["` + long + `"]`, library.TooLarge, "tag"},
		{`"id":"` + one + `","quote":"x","comment":"` + strings.Repeat("x", maxCommentChars+1) + `"`, library.Invalid, "comment"},
		{`"id":"` + one + `","quote":"` + strings.Repeat("x", quote.MaxQuote+1) + `"`, library.Invalid, "quote"},
		{`"id":"` + one + `"`, library.Invalid, "quote"},
		{`"quote":"x"`, library.Invalid, "id"},
		{`"id":"` + two + `","quote":"x"`, library.Invalid, "2 PDF files"},
		{`"id":"` + none + `","quote":"x"`, library.Invalid, "no PDF file"},
		{`"id":"` + page + `","quote":"x"`, library.Invalid, "no PDF file"},
		{`"id":"local/NONE2345","quote":"x"`, library.NotFound, ""},
		{`"id":"` + one + `","quote":"x"`, library.NotFound, "stands nowhere"},
	} {
		if text := c.fail(t, "annotate", `{`+in.arguments+`}`, in.code); !strings.Contains(text, in.says) {
			t.Errorf("%.80s: %s", in.arguments, text)
		}
	}
	if l.Writes != 0 || l.read.Load() != 1 {
		t.Errorf("%d writes, %d files read", l.Writes, l.read.Load())
	}
}

// TestAnnotate_SaysWhyAFileFails has files that can't be read, each for another reason.
func TestAnnotate_SaysWhyAFileFails(t *testing.T) {
	far := position(1)
	far.Text = strings.Repeat("x", quote.MaxQuote+1)
	many := position(1)
	many.Rects = make([]quote.Rect, 10_000)
	for name, c := range map[string]struct {
		result quote.Result
		err    error
		link   string
		code   library.Code
		says   string
	}{
		"short quote":   {err: quote.ErrQuote, code: library.Invalid, says: `"quote"`},
		"pictures":      {err: quote.ErrNoText, code: library.Invalid, says: "OCR"},
		"large":         {err: quote.ErrTooLarge, code: library.TooLarge, says: "MiB"},
		"password":      {err: pdf.ErrProtected, code: library.Invalid, says: "password"},
		"damaged":       {err: fmt.Errorf("page 1: %w", pdf.ErrDamaged), code: library.Invalid, says: "damaged"},
		"engine":        {err: errors.New("wasm trap"), code: library.Internal, says: "can't be read"},
		"near":          {result: quote.Result{Nearest: &quote.Passage{PageIndex: 6, Text: "SECRET"}}, code: library.NotFound, says: "page 7"},
		"linked":        {link: "linked_url", code: library.Invalid, says: "link"},
		"long text":     {result: oneResult(far), code: library.TooLarge, says: "parts"},
		"many of lines": {result: oneResult(many), code: library.TooLarge, says: "parts"},
	} {
		p := &places{result: c.result, err: c.err}
		l, cl := annotatable(t, p, "")
		key := l.pdfKey(t, onePDF)
		if c.link != "" {
			l.Put(library.Object{Kind: library.ItemObject, Key: key, Data: library.Data{"itemType": "attachment", "linkMode": c.link}})
		}
		text := cl.fail(t, "annotate", `{"id":"local/`+key+`","quote":"the ice"}`, c.code)
		if !strings.Contains(text, c.says) || strings.Contains(text, "SECRET") || strings.Contains(text, "wasm") || l.Writes != 0 {
			t.Errorf("%s: %s", name, text)
		}
		if c.link != "" && l.read.Load() > 0 {
			t.Errorf("%s: the file was asked for", name)
		}
	}
	p := &places{result: oneResult(position(1))}
	l, c := annotatable(t, p, "")
	l.err = library.Errorf(library.Forbidden, "this key may not read files")
	if text := c.fail(t, "annotate", `{"id":"local/`+l.pdfKey(t, onePDF)+`","quote":"the ice"}`, library.Forbidden); !strings.Contains(text, "may not read files") || p.calls > 0 {
		t.Error(text)
	}
}

// TestAnnotate_NeedsALibraryWithFiles has a library that can be changed and keeps no
// files.
func TestAnnotate_NeedsALibraryWithFiles(t *testing.T) {
	l, _ := annotatable(t, &places{}, "")
	w := writingOf(t, "")
	c := connectTo(t, catalogOf(t, fleet{l.Library}, Options{Writing: w}), nil)
	if text := c.fail(t, "annotate", `{"id":"local/`+l.pdfKey(t, onePDF)+`","quote":"the ice"}`, library.Invalid); !strings.Contains(text, "has no files") {
		t.Error(text)
	}
}

func TestIsSame_ComparesAnnotations(t *testing.T) {
	data := library.Data{"annotationType": "highlight", "annotationSortIndex": "00001|000000|00010", "annotationColor": "#ffd400", "annotationText": "the ice", "annotationComment": "Why?"}
	x := library.Annotation{Type: "highlight", Position: "00001|000000|00010", Color: "#ffd400", Text: "the  ice", Comment: "Why?"}
	if !isSame(x, data) {
		t.Error("the same annotation is another one")
	}
	for name, change := range map[string]func(*library.Annotation){
		"type":     func(x *library.Annotation) { x.Type = "underline" },
		"position": func(x *library.Annotation) { x.Position = "00001|000000|00011" },
		"color":    func(x *library.Annotation) { x.Color = "#ff6666" },
		"text":     func(x *library.Annotation) { x.Text = "ice" },
		"comment":  func(x *library.Annotation) { x.Comment = "" },
	} {
		other := x
		change(&other)
		if isSame(other, data) {
			t.Errorf("another %s is the same annotation", name)
		}
	}
}

// TestAnnotate_AddsNothingTwice has a library that has the annotation already.
func TestAnnotate_AddsNothingTwice(t *testing.T) {
	have := library.Annotation{Type: "highlight", Position: "00003|000000|00010", Color: "#ffd400", Text: "the ice"}
	l := &filed{Library: changetest.New(library.Local, []librarytest.Work{{Item: library.Item{Type: "book", Fields: map[string]string{"title": onePDF}, Attachments: []library.Attachment{
		{Filename: "a.pdf", ContentType: "application/pdf", Annotations: []library.Annotation{have}},
	}}}})}
	key := l.pdfKey(t, onePDF)
	l.Put(library.Object{Kind: library.ItemObject, Key: key, Data: library.Data{"itemType": "attachment"}})
	l.files = map[string][]byte{key: []byte("%PDF")}
	w := writingOf(t, "")
	w.Quotes = &places{result: oneResult(position(3))}
	c := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: w}), nil)
	if text := c.fail(t, "annotate", `{"id":"local/`+key+`","quote":"the ice"}`, library.Conflict); !strings.Contains(text, "local/"+l.attachments(t, onePDF)[0].Annotations[0].Key) || l.Writes > 0 {
		t.Error(text)
	}
	if out := c.do(t, "annotate", `{"id":"local/`+key+`","quote":"the ice","color":"red"}`); out.Status != statusDone {
		t.Errorf("%+v", out)
	}
}

// TestAnnotate_ReadsPDFFiles finds quotes in files with PDFium.
func TestAnnotate_ReadsPDFFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: PDFium takes seconds to start")
	}
	locator := quote.New()
	t.Cleanup(func() { _ = locator.Close() })
	l, c := annotatable(t, locator, "")
	key := l.pdfKey(t, onePDF)
	page := pdftest.Page{Texts: pdftest.Lines(10, "Of the strength of the ice in win-", "ter we know but little."), Label: "A-"}
	l.files[key] = pdftest.File{Pages: []pdftest.Page{page}}.Bytes()
	out := c.do(t, "annotate", `{"id":"local/`+key+`","quote":"The ice in winter"}`)
	if out.Status != statusDone {
		t.Fatalf("%+v", out)
	}
	_, made, _ := strings.Cut(out.Changes[0].ID, "/")
	data := l.Object(library.ItemObject, made).Data
	var at struct{ Rects [][4]float64 }
	text, _ := data["annotationPosition"].(string)
	if err := json.Unmarshal([]byte(text), &at); err != nil || len(at.Rects) != 2 || data["annotationText"] != "the ice in winter" || data["annotationPageLabel"] != "A-" {
		t.Errorf("%v, %v", data, err)
	}
	for content, says := range map[string]string{"garbage": "damaged", string(pdftest.File{Pages: []pdftest.Page{{}}}.Bytes()): "no text"} {
		l.files[key] = []byte(content)
		if words := c.fail(t, "annotate", `{"id":"local/`+key+`","quote":"The ice"}`, library.Invalid); !strings.Contains(words, says) {
			t.Error(words)
		}
	}
}
