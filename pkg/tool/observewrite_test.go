package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/quote"
)

// secretWord is in all texts that the calls of the tests give and in all titles.
const secretWord = "Confidential"

// observed is a library that can be changed, with what an operator sees of the calls.
type observed struct {
	*filed
	t       *testing.T
	catalog *Catalog
	spans   *tracetest.InMemoryExporter
	ctx     context.Context
	touched []string
	wrote   [][3]string // tool, status and receipt
}

func observe(t *testing.T) *observed {
	t.Helper()
	book := func(n int) librarytest.Work {
		pdf := library.Attachment{Title: secretWord, Filename: "a.pdf", ContentType: "application/pdf"}
		return librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{"title": fmt.Sprint(secretWord, " ", n)}, Attachments: []library.Attachment{pdf}}}
	}
	o := &observed{t: t, spans: tracetest.NewInMemoryExporter()}
	o.filed = &filed{Library: changetest.New(library.Local, []librarytest.Work{book(0), book(1)}), files: map[string][]byte{}}
	key := o.pdfKey(t, secretWord+" 0")
	o.Put(library.Object{Kind: library.ItemObject, Key: key, Data: library.Data{"itemType": "attachment", "linkMode": "imported_file", "contentType": "application/pdf"}})
	o.files[key] = []byte("%PDF")
	w := writingOf(t, "")
	w.Quotes = &places{result: quote.Result{Positions: []quote.Position{position(0)}, Total: 1}}
	w.Wrote = func(_ context.Context, tool, status, receipt string) {
		o.wrote = append(o.wrote, [3]string{tool, status, receipt})
	}
	o.catalog = catalogOf(t, fleet{o.filed}, Options{Writing: w, Touched: func(_ context.Context, ids ...string) { o.touched = append(o.touched, ids...) }})
	ctx, outer := sdktrace.NewTracerProvider(sdktrace.WithSyncer(o.spans)).Tracer("test").Start(t.Context(), "call")
	t.Cleanup(func() { outer.End() })
	o.ctx = ctx
	return o
}

// call calls a tool, and forgets what was seen of calls before.
func (o *observed) call(tool, arguments string) (out writeOutput, err error) {
	o.t.Helper()
	o.touched, o.wrote = nil, nil
	o.spans.Reset()
	raw, err := o.catalog.Call(o.ctx, tool, json.RawMessage(arguments))
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

// spanNames returns the names of the spans of the last call. No span may have the word.
func (o *observed) spanNames() (names []string) {
	o.t.Helper()
	for _, s := range o.spans.GetSpans() {
		names = append(names, s.Name)
		if text := fmt.Sprint(s.Name, s.Attributes, s.Events, s.Status); strings.Contains(strings.ToLower(text), strings.ToLower(secretWord)) {
			o.t.Errorf("a span has a text of the call or the library: %s", text)
		}
	}
	return names
}

// TestWritingTools_AreTracedAndCounted calls each tool that writes, so that none is
// forgotten: it has spans of the library, names the objects that the caller was shown,
// and is counted once if it was carried out.
func TestWritingTools_AreTracedAndCounted(t *testing.T) {
	o := observe(t)
	a, b := "local/"+itemKey(t, o.Library, secretWord+" 0"), "local/"+itemKey(t, o.Library, secretWord+" 1")
	plan, err := o.call("update_items", fmt.Sprintf(`{"ids":[%q],"fields":{"title":%q}}`, b, secretWord+" 2"))
	if err != nil || plan.Plan == "" {
		t.Fatalf("%+v, %v", plan, err)
	}
	calls := []struct{ tool, arguments, status string }{
		{"add_items", fmt.Sprintf(`{"works":"@book{x, title={%s 3}, year=1918}"}`, secretWord), statusDone},
		{"update_items", fmt.Sprintf(`{"ids":[%q],"add_tags":[%q]}`, a, secretWord), statusDone},
		{"write_note", fmt.Sprintf(`{"id":%q,"text":%q}`, a, secretWord), statusDone},
		{"annotate", fmt.Sprintf(`{"id":%q,"quote":%q,"comment":%q}`, a, secretWord, secretWord), statusDone},
		{"organize", fmt.Sprintf(`{"library":"local","action":"make_collection","name":%q}`, secretWord), statusDone},
		{"merge_items", fmt.Sprintf(`{"keep":%q,"duplicates":[%q]}`, a, b), statusPlanned},
		{"trash_items", fmt.Sprintf(`{"ids":[%q]}`, a), statusPlanned},
		{"apply_changes", fmt.Sprintf(`{"plan":%q}`, plan.Plan), statusDone},
		{"undo_changes", `{}`, statusDone},
	}
	for _, d := range o.catalog.Definitions() {
		if !d.Hints.ReadOnly && !slices.ContainsFunc(calls, func(c struct{ tool, arguments, status string }) bool { return c.tool == d.Name }) {
			t.Errorf("%s is not called", d.Name)
		}
	}
	for _, c := range calls {
		t.Run(c.tool, func(t *testing.T) {
			o.t = t
			out, err := o.call(c.tool, c.arguments)
			if err != nil || out.Status != c.status || out.Total == 0 {
				t.Fatalf("%+v, %v", out, err)
			}
			names := o.spanNames()
			if wrote := slices.Contains(names, "library write"); len(names) == 0 || wrote != (c.status == statusDone) {
				t.Errorf("spans %q", names)
			}
			for _, line := range out.Changes {
				if !slices.Contains(o.touched, line.ID) {
					t.Errorf("%s is shown and not among %q", line.ID, o.touched)
				}
			}
			if !slices.Contains(o.touched, "local") {
				t.Errorf("the library is not among %q", o.touched)
			}
			want := [][3]string{{c.tool, c.status, out.Receipt}}
			if c.status == statusPlanned {
				want = nil
			}
			if !slices.Equal(o.wrote, want) {
				t.Errorf("counted as %q, want %q", o.wrote, want)
			}
		})
	}
}

// TestWritingTools_FailuresAreTracedWithoutWords has a library refuse everything, fail,
// and be asked for what it lacks.
func TestWritingTools_FailuresAreTracedWithoutWords(t *testing.T) {
	o := observe(t)
	a := "local/" + itemKey(t, o.Library, secretWord+" 0")
	tag := fmt.Sprintf(`{"ids":[%q],"add_tags":[%q]}`, a, secretWord)
	o.Refuse = func(library.Edit) *library.Error { return library.Errorf(library.Forbidden, "the key may not") }
	if out, err := o.call("update_items", tag); err != nil || out.Status != statusRefused || len(o.wrote) != 1 || o.wrote[0][1] != statusRefused {
		t.Errorf("%+v, %v, counted as %q", out, err, o.wrote)
	}
	o.spanNames()
	o.Refuse = nil
	o.Before = func(int) error { return library.Errorf(library.Unavailable, "down") }
	_, err := o.call("update_items", tag)
	if library.CodeOf(err) != library.Unavailable || len(o.wrote) != 1 || o.wrote[0][1] != statusRefused {
		t.Errorf("%v, counted as %q", err, o.wrote)
	}
	o.spanNames()
	for tool, arguments := range map[string]string{
		"update_items": fmt.Sprintf(`{"ids":[%q],"fields":{"%s":"x"}}`, a, secretWord),
		"organize":     fmt.Sprintf(`{"library":"local","action":"rename_tags","tags":[%q],"name":"x"}`, secretWord),
		"write_note":   fmt.Sprintf(`{"id":"local/%s","text":"x"}`, secretWord),
		"annotate":     fmt.Sprintf(`{"id":"local/%s","quote":"x"}`, secretWord),
	} {
		if _, err := o.call(tool, arguments); err == nil || len(o.wrote) != 0 {
			t.Errorf("%s: %v, counted as %q", tool, err, o.wrote)
		}
		o.spanNames()
	}
}
