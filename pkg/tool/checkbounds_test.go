package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

func TestCheckReferences_GoesOnByCursor(t *testing.T) {
	all := sixty(t)
	registry := resolvetest.New(t, registered(all)...)
	c := checker(t, fleet{}, registry)
	var text strings.Builder
	for i, s := range all {
		text.WriteString(referenceStyles()["vancouver"](i, s, true) + "\n")
	}
	in := map[string]any{"text": text.String(), "limit": 25}
	var labels []string
	for range 4 {
		out := c.check(t, in)
		for _, r := range out.References {
			labels = append(labels, r.Label)
		}
		if out.Total != 60 {
			t.Errorf("total %d", out.Total)
		}
		if in["cursor"] = out.NextCursor; out.NextCursor == "" {
			break
		}
	}
	if len(labels) != 60 || labels[59] != "60" || labels[25] != "26" {
		t.Errorf("%q", labels)
	}
}

func TestCheckReferences_Refuses(t *testing.T) {
	c := connect(t, one())
	for _, arguments := range []string{`{}`, `{"text":"no references in here"}`, `{"text":"  "}`, fmt.Sprintf(`{"text":%q}`, strings.Repeat("a", maxCheckedChars+1)), `{"bibliography":"[{\"type\":\"article\""}`} {
		c.refuse(t, "check_references", arguments, library.Invalid)
	}
	for _, in := range []string{"@article{a", "{{{{", "\\cite{", "[1]\n[2]", "ISBN 1"} {
		arguments, _ := json.Marshal(map[string]string{"text": in})
		if _, err := catalogOf(t, one(), Options{}).Call(t.Context(), "check_references", arguments); err != nil && library.CodeOf(err) != library.Invalid {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestCheckReferences_ReportsProgress(t *testing.T) {
	all := sixty(t)
	registry := resolvetest.New(t, registered(all)...)
	r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: registry.URL})
	if err != nil {
		t.Fatal(err)
	}
	var steps []float64
	done := make(chan struct{})
	c := connectTo(t, catalogOf(t, fleet{quotable()}, Options{Registries: r}), &mcp.ClientOptions{ProgressNotificationHandler: func(_ context.Context, req *mcp.ProgressNotificationClientRequest) {
		if steps = append(steps, req.Params.Progress); len(steps) == 10 {
			close(done)
		}
	}})
	var text strings.Builder
	for i, s := range all[:10] {
		text.WriteString(referenceStyles()["apa"](i, s, true) + "\n")
	}
	arguments, _ := json.Marshal(map[string]string{"text": text.String()})
	params := &mcp.CallToolParams{Name: "check_references", Arguments: json.RawMessage(arguments)}
	params.SetProgressToken("p")
	if _, err := c.CallTool(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	<-done
	if !slices.IsSorted(steps) {
		t.Errorf("steps %v", steps)
	}
}

// TestCheckReferences_EndsInTime lets all registries hang.
func TestCheckReferences_EndsInTime(t *testing.T) {
	registry := resolvetest.New(t)
	for _, name := range resolve.Names() {
		registry.Fail(name, resolvetest.Slow)
	}
	r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: registry.URL})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	raw, err := catalogOf(t, fleet{quotable()}, Options{Registries: r}).Call(ctx, "check_references", json.RawMessage(`{"text":"10.1038/171737a0\nWatson JD. A title of some words. Nature 1953;1:2"}`))
	var out checkOutput
	if err != nil || json.Unmarshal(raw, &out) != nil || len(out.References) != 2 || out.References[0].Verdict != verdictNotChecked || out.References[0].ID == "" || !strings.Contains(strings.Join(out.Asked, " "), "Crossref: 0 searches answered, 1 not") {
		t.Errorf("%v %s", err, raw)
	}
}

func TestCheckReferences_TakesTextApart(t *testing.T) {
	// Text of registries and references acts on no reader.
	registry := resolvetest.New(t, resolvetest.Work{DOI: "10.1000/one", Title: "A <script>alert(1)</script> [link](http://evil.example) \u202e work", Authors: []string{"D<img src=x>oe, Jane"}, Year: 2001})
	checker(t, fleet{}, registry).check(t, map[string]any{"text": "Roe, R. (1999). Another <script>x</script> [t](http://evil.example) title of it. https://doi.org/10.1000/one"})
}
