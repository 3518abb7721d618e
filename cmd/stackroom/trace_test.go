package main

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// sentSpan is a span as a collector receives it.
type sentSpan struct {
	name, trace, id, parent string
	said                    string // all that it says, as text
}

// collect starts a collector of traces (OTLP/HTTP) and makes this process export
// to it. The function returned gives the spans received so far.
func collect(t *testing.T) func() []sentSpan {
	t.Helper()
	var mu sync.Mutex
	var all []sentSpan
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var got collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &got); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		for _, rs := range got.GetResourceSpans() {
			for _, ss := range rs.GetScopeSpans() {
				for _, x := range ss.GetSpans() {
					all = append(all, sentSpan{
						x.GetName(), hex.EncodeToString(x.GetTraceId()), hex.EncodeToString(x.GetSpanId()), hex.EncodeToString(x.GetParentSpanId()), x.String(),
					})
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_METRICS_EXPORTER", "none")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
	return func() []sentSpan {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

// TestTrace_ClientToUpstream makes a call through the whole program.
func TestTrace_ClientToUpstream(t *testing.T) {
	spans := collect(t)
	var down atomic.Bool
	upstream := zoteroStandIn(t, &down)
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+upstream.URL, "ZOTERO_API_KEY=goodkey1")
	const trace, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"confidential"},` +
		`"_meta":{"traceparent":"00-` + trace + `-` + caller + `-01","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/mcp", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "search",
	} {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	byID := map[string]sentSpan{}
	until(t, 10*time.Second, "the spans to arrive", func() bool {
		for _, s := range spans() {
			byID[s.id] = s
		}
		return slices.ContainsFunc(spans(), func(s sentSpan) bool { return s.name == "tools/call search" })
	})
	attempts := 0
	for _, s := range byID {
		for _, never := range []string{"confidential", "goodkey1", "A Zotero book", "/users/1"} {
			if strings.Contains(s.said, never) {
				t.Errorf("the span %q says %q", s.name, never)
			}
		}
		if s.name != "GET" || s.trace != trace {
			continue
		}
		attempts++
		way := []string{}
		for at, ok := s, true; ok; at, ok = byID[at.parent] {
			way = append(way, at.name)
			if at.name == "tools/call search" && at.parent != caller {
				t.Errorf("the call's parent is %s, not the client's span", at.parent)
			}
		}
		if way[len(way)-1] != "tools/call search" {
			t.Errorf("an attempt has lost its call: %q", way)
		}
	}
	if attempts == 0 {
		t.Errorf("no attempt is in the client's trace: %v", byID)
	}
}
