package tool

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestWhatACallerWasGivenIsTold goes through every tool, so that none is
// forgotten.
func TestWhatACallerWasGivenIsTold(t *testing.T) {
	arguments := map[string]string{
		"search": `{"query":"","limit":2}`, "fetch": `{"id":"ID"}`, "read_text": `{"id":"ID"}`,
		"recent_changes": `{"limit":2}`, "export": `{"ids":["ID"],"format":"bibtex"}`, "cite": `{"ids":["ID"]}`, "check_references": `{"ids":["ID"]}`,
		"list_libraries": `{}`, "list_collections": `{}`, "list_tags": `{}`, "find_duplicates": `{}`,
	}
	items := map[string]int{"search": 2, "fetch": 1, "read_text": 1, "recent_changes": 2, "export": 1, "cite": 1, "check_references": 1}
	var mu sync.Mutex
	var told []string
	c := catalogOf(t, one(), Options{Touched: func(_ context.Context, ids ...string) {
		mu.Lock()
		told = append(told, ids...)
		mu.Unlock()
	}})
	var first struct{ Results []struct{ ID string } }
	if out, err := c.Call(t.Context(), "search", json.RawMessage(`{"query":""}`)); err != nil || json.Unmarshal(out, &first) != nil {
		t.Fatal(err)
	}
	for _, d := range c.Definitions() {
		t.Run(d.Name, func(t *testing.T) {
			told = nil
			in, ok := arguments[d.Name]
			if !ok {
				t.Fatal("no arguments for this tool")
			}
			out, err := c.Call(t.Context(), d.Name, json.RawMessage(strings.ReplaceAll(in, "ID", first.Results[0].ID)))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, id := range told {
				if !strings.Contains(id, "/") {
					continue
				}
				n++
				if d.Name != "export" && !strings.Contains(string(out), id) {
					t.Errorf("%s was not given: %s", id, out)
				}
			}
			if n != items[d.Name] {
				t.Errorf("%d items are told, want %d: %q", n, items[d.Name], told)
			}
			if asked := slices.Contains(told, "local"); asked != (d.Name != "list_libraries") {
				t.Errorf("the library was asked: %v", asked)
			}
		})
	}
}

func TestALibrarysCallsAreSpans(t *testing.T) {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	ctx, outer := provider.Tracer("test").Start(t.Context(), "call")
	c := catalogOf(t, one(), Options{})
	if _, err := c.Call(ctx, "search", json.RawMessage(`{"query":"confidential"}`)); err != nil {
		t.Fatal(err)
	}
	outer.End()
	found := spans.GetSpans()
	if found[0].Name != "library search" || found[0].Parent.SpanID() != outer.SpanContext().SpanID() {
		t.Fatalf("span %q under %s", found[0].Name, found[0].Parent.SpanID())
	}
	for _, kv := range found[0].Attributes {
		if strings.Contains(kv.Value.String(), "confidential") {
			t.Errorf("%s holds the query", kv.Key)
		}
	}
}

// TestTouched_HasItems searches in vain, which gives the caller no item.
func TestTouched_HasItems(t *testing.T) {
	var mu sync.Mutex
	var calls [][]string
	c := catalogOf(t, one(), Options{Touched: func(_ context.Context, ids ...string) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, ids)
	}})
	if _, err := c.Call(t.Context(), "search", json.RawMessage(`{"query":"qqqqzzzz"}`)); err != nil {
		t.Fatal(err)
	}
	if len(calls) != 1 || len(calls[0]) != 1 || calls[0][0] != "local" {
		t.Errorf("Touched got %q, want the library alone", calls)
	}
}
