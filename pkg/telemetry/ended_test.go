package telemetry

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestCalled_GetsEachCallOnce holds that a call is told of without its words, also
// where nothing else is observed.
func TestCalled_GetsEachCallOnce(t *testing.T) {
	quiet(t)
	var got []Ended
	x, err := Start(t.Context(), Options{Tools: []string{"search"}, Called: func(e Ended) { got = append(got, e) }})
	if err != nil {
		t.Fatal(err)
	}
	end := func(op Operation, o Outcome, items ...string) {
		ctx, c := x.Begin(context.Background(), op)
		Touched(ctx, items...)
		c.End(o)
		Touched(ctx, "group:1/LATER234")
	}
	end(Operation{Method: "tools/call", Tool: "search", ClientName: "claude\nai", ClientVersion: "1.2", Principal: "zotero:1", Arguments: []byte(`{"query":"words"}`)}, Outcome{Status: StatusOK}, "local/ABCD2345", "local/ABCD2346", "group:4711")
	end(Operation{Method: MethodREST, Tool: "words of a caller", ClientName: strings.Repeat("x", 100), ClientVersion: strings.Repeat("y", 100)}, Outcome{Status: StatusToolError, Code: "unavailable"})
	end(Operation{Method: "resources/read", Library: "user:1"}, Outcome{Status: StatusError})
	end(Operation{Method: "tools/list"}, Outcome{Status: StatusOK})
	want := []Ended{
		{Principal: "zotero:1", Client: "claudeai 1.2", Tool: "search", Libraries: []string{"local", "group:4711"}},
		{Client: strings.Repeat("x", 64) + " " + strings.Repeat("y", 64), Tool: "other", Code: "unavailable"},
		{Client: "unknown", Tool: ReadsResource, Libraries: []string{"user:1"}, Code: "error"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, g := range got {
		if w := want[i]; g.Principal != w.Principal || g.Client != w.Client || g.Tool != w.Tool || g.Code != w.Code || !slices.Equal(g.Libraries, w.Libraries) {
			t.Errorf("got %+v, want %+v", g, w)
		}
		if time.Since(g.Begun) > time.Minute || g.Took <= 0 {
			t.Errorf("time: %+v", g)
		}
	}
}
