package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// collectorConfig has OTLP in, files out, and no telemetry of its own, which
// would open a port.
const collectorConfig = `
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: %s
exporters:
  file/traces:
    path: %s/traces.jsonl
  file/metrics:
    path: %[2]s/metrics.jsonl
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [file/traces]
    metrics:
      receivers: [otlp]
      exporters: [file/metrics]
`

// startCollector starts the collector and returns the function that stops it
// and gives what it wrote.
func startCollector(t *testing.T, program string) (addr string, stop func() (traces, metrics []byte)) {
	t.Helper()
	dir := t.TempDir()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, collectorConfig, addr, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	var said output
	cmd := exec.CommandContext(t.Context(), program, "--config", config)
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, 30*time.Second, "the collector to listen", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
		return err == nil && conn.Close() == nil
	})
	return addr, func() (traces, metrics []byte) {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatalf("the collector: %v: %s", err, &said)
		}
		traces, err1 := os.ReadFile(filepath.Join(dir, "traces.jsonl"))
		metrics, err2 := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2, &said)
		}
		return traces, metrics
	}
}

// fileSpan is a span as the collector's file has it (OTLP as JSON).
type fileSpan struct {
	TraceID, SpanID, ParentSpanID, Name string
}

func readSpans(t *testing.T, lines []byte) map[string]fileSpan {
	t.Helper()
	all := map[string]fileSpan{}
	for line := range bytes.Lines(lines) {
		var batch struct {
			ResourceSpans []struct{ ScopeSpans []struct{ Spans []fileSpan } }
		}
		if err := json.Unmarshal(line, &batch); err != nil {
			t.Fatal(err)
		}
		for _, r := range batch.ResourceSpans {
			for _, s := range r.ScopeSpans {
				for _, span := range s.Spans {
					all[span.SpanID] = span
				}
			}
		}
	}
	return all
}

// readMetrics returns the names of metrics.
func readMetrics(t *testing.T, lines []byte) []string {
	t.Helper()
	var names []string
	for line := range bytes.Lines(lines) {
		var batch struct {
			ResourceMetrics []struct {
				ScopeMetrics []struct{ Metrics []struct{ Name string } }
			}
		}
		if err := json.Unmarshal(line, &batch); err != nil {
			t.Fatal(err)
		}
		for _, r := range batch.ResourceMetrics {
			for _, s := range r.ScopeMetrics {
				for _, m := range s.Metrics {
					names = append(names, m.Name)
				}
			}
		}
	}
	return names
}

// modernCall calls search by MCP 2026-07-28, as part of the caller's trace.
func modernCall(t *testing.T, url, query, traceparent string) {
	t.Helper()
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"` + query + `"},` +
		`"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/mcp", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "Traceparent": traceparent,
		"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "search",
	} {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
}

// TestTheCollectorGetsOneTraceAndAllMetrics sends to the collector of the
// OpenTelemetry project what the whole program has to say.
func TestTheCollectorGetsOneTraceAndAllMetrics(t *testing.T) {
	program := os.Getenv("STACKROOM_TEST_COLLECTOR")
	if program == "" {
		t.Skip("STACKROOM_TEST_COLLECTOR names no collector: .ci/steps/77-operations.sh builds one")
	}
	addr, stop := startCollector(t, program)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+addr)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	server := startRunning(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+zoteroStandIn(t, &atomic.Bool{}).URL, "ZOTERO_API_KEY=goodkey1")
	const trace, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	modernCall(t, "http://"+server.addr, "confidential", "00-"+trace+"-"+caller+"-01")
	if status := server.stop(); status != 0 {
		t.Fatal(server.logs)
	}
	traces, metrics := stop()
	for _, never := range []string{"confidential", "goodkey1", "A Zotero book", "/users/1"} {
		if bytes.Contains(traces, []byte(never)) || bytes.Contains(metrics, []byte(never)) {
			t.Errorf("%q has left the program", never)
		}
	}
	attempts := 0
	spans := readSpans(t, traces)
	for _, s := range spans {
		if s.Name != "GET" || s.TraceID != trace {
			continue
		}
		attempts++
		var way []string
		for at, ok := s, true; ok; at, ok = spans[at.ParentSpanID] {
			way = append(way, at.Name)
			if at.Name == "POST /mcp" && at.ParentSpanID != caller {
				t.Errorf("the request's parent is %s, not the client's span", at.ParentSpanID)
			}
		}
		t.Log(way)
		if len(way) < 3 || !slices.Equal(way[len(way)-2:], []string{"tools/call search", "POST /mcp"}) {
			t.Errorf("an attempt has lost its way: %q", way)
		}
	}
	if attempts == 0 {
		t.Errorf("no attempt is in the client's trace: %v", spans)
	}
	names := readMetrics(t, metrics)
	for _, want := range []string{
		"mcp.server.operation.duration", "mcp.tool.executions", "mcp.tool.duration", "mcp.active_connections",
		"stackroom.upstream.requests", "stackroom.upstream.cache.results", "stackroom.upstream.breaker.state", "stackroom.secret.age", "go.memory.used",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("the metric %s has not arrived; there are %q", want, names)
		}
	}
}
