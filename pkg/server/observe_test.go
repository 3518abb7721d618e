package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// witness records all telemetry for a test.
type witness struct {
	*telemetry.Telemetry
	spans *tracetest.InMemoryExporter
	audit logBuffer
}

func newWitness(t testing.TB) *witness {
	t.Helper()
	for _, name := range []string{"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "OTEL_SDK_DISABLED"} {
		t.Setenv(name, "")
	}
	w := &witness{spans: tracetest.NewInMemoryExporter()}
	var err error
	w.Telemetry, err = telemetry.Start(t.Context(), telemetry.Options{
		Tools: []string{"echo", "fails", "panics", "rich", "held"}, Prometheus: true, Audit: &w.audit,
		Spans: []sdktrace.SpanProcessor{sdktrace.NewSimpleSpanProcessor(w.spans)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// span returns the last span with a name.
func (w *witness) span(t *testing.T, name string) tracetest.SpanStub {
	t.Helper()
	var found *tracetest.SpanStub
	names := []string{}
	for _, s := range w.spans.GetSpans() {
		names = append(names, s.Name)
		if s.Name == name {
			found = &s
		}
	}
	if found == nil {
		t.Fatalf("no span is named %q among %q", name, names)
	}
	return *found
}

// last returns the last event of the audit, and the number of events.
func (w *witness) last(t *testing.T) (map[string]any, int) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(w.audit.String()), "\n")
	var event map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &event); err != nil {
		t.Fatal(err)
	}
	return event, len(lines)
}

func spanAttribute(s tracetest.SpanStub, key string) string {
	for _, kv := range s.Attributes {
		if string(kv.Key) == key {
			return kv.Value.String()
		}
	}
	return ""
}

const (
	traceA = "0af7651916cd43dd8448eb211c80319c"
	traceB = "11111111111111111111111111111111"
	caller = "b7ad6b7169203331"
)

func traceparent(trace string) string { return "00-" + trace + "-" + caller + "-01" }

// withMeta adds a member to a message's metadata.
func (m message) withMeta(member string) message {
	return m.replace(`"_meta":{`, `"_meta":{`+member+`,`)
}

// TestP07_TraceInMetaIsParent covers both lanes: their telemetry is the same.
func TestP07_TraceInMetaIsParent(t *testing.T) {
	for _, lane := range []string{"express", "sdk"} {
		t.Run(lane, func(t *testing.T) {
			w := newWitness(t)
			l := newLanes(t, func(o *Options) { o.Telemetry = w.Telemetry })
			h := l.with
			if lane == "sdk" {
				h = l.without
			}
			m := modernCall("echo", `"arguments":{"q":"confidential"},`).with("traceparent", traceparent(traceA)).
				withMeta(`"traceparent":"` + traceparent(traceB) + `"`).withMeta(`"io.modelcontextprotocol/clientInfo":{"name":"claude-ai","version":"1"}`)
			if status, _, body := m.send(t, h); status != http.StatusOK {
				t.Fatal(status, body)
			}
			if express := l.express.Load() == 1; express != (lane == "express") {
				t.Fatalf("the call used the other lane")
			}
			web, call := w.span(t, "POST /mcp"), w.span(t, "tools/call echo")
			if web.SpanContext.TraceID().String() != traceA || call.SpanContext.TraceID().String() != traceB || call.Parent.SpanID().String() != caller {
				t.Errorf("HTTP span of %s, MCP span of %s under %s", web.SpanContext.TraceID(), call.SpanContext.TraceID(), call.Parent.SpanID())
			}
			if len(call.Links) != 1 || call.Links[0].SpanContext.SpanID() != web.SpanContext.SpanID() {
				t.Errorf("links %v", call.Links)
			}
			for key, want := range map[string]string{
				"mcp.protocol.version": "2026-07-28", "network.transport": "tcp", "stackroom.client.name": "claude-ai", "gen_ai.tool.name": "echo",
			} {
				if got := spanAttribute(call, key); got != want {
					t.Errorf("%s = %q, want %q", key, got, want)
				}
			}
			event, n := w.last(t)
			if n != 1 || event["client"] != "claude-ai" || event["tool"] != "echo" || event["outcome"] != "ok" || event["logging.googleapis.com/trace"] != traceB {
				t.Errorf("%d events, %v", n, event)
			}
			if event["request_id"] != spanAttribute(call, "stackroom.request.id") || event["request_id"] == nil {
				t.Errorf("request ID %v, on the span %q", event["request_id"], spanAttribute(call, "stackroom.request.id"))
			}
			if strings.Contains(w.audit.String(), "confidential") {
				t.Error("content is in the audit")
			}
		})
	}
}

func TestObserve_SameForBothLanes(t *testing.T) {
	for _, test := range []struct {
		tool, outcome, code, kind string
	}{
		{"echo", "ok", "", ""},
		{"fails", "tool_error", "not_found", "tool_error"},
		{"panics", "error", "internal", "-32603"},
	} {
		for _, lane := range []string{"express", "sdk"} {
			t.Run(test.tool+" "+lane, func(t *testing.T) {
				w := newWitness(t)
				l := newLanes(t, func(o *Options) { o.Telemetry = w.Telemetry })
				h := l.with
				if lane == "sdk" {
					h = l.without
				}
				legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+test.tool+`","arguments":{}}}`).
					with("User-Agent", "python-httpx/0.28").send(t, h)
				event, _ := w.last(t)
				code, _ := event["code"].(string)
				if event["outcome"] != test.outcome || code != test.code || event["client"] != "python-httpx" {
					t.Errorf("%v", event)
				}
				s := w.span(t, "tools/call "+test.tool)
				if got := spanAttribute(s, "error.type"); got != test.kind {
					t.Errorf("error.type = %q, want %q", got, test.kind)
				}
				if got := spanAttribute(s, "mcp.protocol.version"); got != "2025-06-18" {
					t.Errorf("mcp.protocol.version = %q", got)
				}
				if parent := w.span(t, "POST /mcp").SpanContext.SpanID(); s.Parent.SpanID() != parent {
					t.Errorf("the MCP span is not in the HTTP span")
				}
			})
		}
	}
}

func TestObserve_REST(t *testing.T) {
	w := newWitness(t)
	f := newFixture(t, func(o *Options) { o.Telemetry = w.Telemetry })
	f.send(request{path: "/tools/echo", body: `{"text":"x"}`, header: map[string]string{"Content-Type": "application/json"}})
	event, n := w.last(t)
	if n != 1 || event["method"] != "rest" || event["tool"] != "echo" || event["outcome"] != "ok" || event["principal"] != "anonymous" {
		t.Errorf("%d events, %v", n, event)
	}
	if s := w.span(t, "execute_tool echo"); s.Parent.SpanID() != w.span(t, "POST /tools/:name").SpanContext.SpanID() {
		t.Errorf("the tool's span is not in the request's")
	}
}

func TestObserve_Page(t *testing.T) {
	w := newWitness(t)
	f := newFixture(t, func(o *Options) { o.Telemetry, o.Pages = w.Telemetry, &pageTools{} })
	f.send(request{method: "GET", path: "/libraries", header: browser})
	event, n := w.last(t)
	if n != 1 || event["method"] != "page" || event["tool"] != "list_libraries" || event["outcome"] != "ok" {
		t.Errorf("%d events, %v", n, event)
	}
	if log := f.log.String(); !strings.Contains(log, `"method":"page","target":"list_libraries","outcome":"ok"`) {
		t.Errorf("the log lacks the call: %s", log)
	}
}

func TestObserve_AuditNamesPrincipal(t *testing.T) {
	w := newWitness(t)
	l := newLanes(t, func(o *Options) { o.Authenticator, o.Telemetry = testAuthenticator(t), w.Telemetry })
	for i, h := range []http.Handler{l.with, l.without} {
		asBob(modernCall("echo", "")).send(t, h)
		event, n := w.last(t)
		if n != i+1 || event["principal"] != "zotero:2" { // the subject of token-of-bob
			t.Errorf("%d events, %v", n, event)
		}
		if strings.Contains(w.audit.String(), "token-of-bob") {
			t.Error("a token is in the audit")
		}
	}
}

func TestObserve_ProbesAreNotTraced(t *testing.T) {
	w := newWitness(t)
	f := newFixture(t, func(o *Options) { o.Telemetry = w.Telemetry })
	f.send(request{method: http.MethodGet, path: "/health"})
	f.send(request{method: http.MethodGet, path: "/nowhere"})
	for _, s := range w.spans.GetSpans() {
		if s.Name != "GET" || spanAttribute(s, "http.response.status_code") != "404" {
			t.Errorf("span %q %v", s.Name, s.Attributes)
		}
	}
}

func TestObserve_MarksSlowCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for took, marked := range map[time.Duration]bool{time.Second: false, 3 * time.Second: true} {
			var b bytes.Buffer
			l := newLanes(t, func(o *Options) {
				o.Logger, o.SlowCall = telemetry.NewLogger(&b, slog.LevelInfo, telemetry.JSON), 2*time.Second
				o.Catalog.(*catalog).call = func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
					time.Sleep(took)
					return json.RawMessage(`{}`), nil
				}
			})
			modernCall("echo", "").send(t, l.with)
			if got := strings.Contains(b.String(), `"slow":true`); got != marked {
				t.Errorf("a call of %s: %s", took, b.String())
			}
		}
	})
}

func TestObserve_LogLinesHaveTrace(t *testing.T) {
	w := newWitness(t)
	f := newFixture(t, func(o *Options) { o.Telemetry = w.Telemetry })
	f.rpc(modern, toolCall(modern, "echo"), nil)
	s := w.span(t, "tools/call echo")
	for _, want := range []string{`"logging.googleapis.com/trace":"` + s.SpanContext.TraceID().String() + `"`, `"logging.googleapis.com/spanId":"` + s.SpanContext.SpanID().String() + `"`, `"logging.googleapis.com/trace_sampled":true`} {
		if !strings.Contains(f.log.String(), want) {
			t.Errorf("no %s in %s", want, f.log.String())
		}
	}
}

func TestObserve_CountsOpenConnections(t *testing.T) {
	w := newWitness(t)
	f := newHandlerFixture(t, func(o *Options) { o.Telemetry = w.Telemetry }, defaultTimeouts())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- f.server.Serve(ctx, l) }()
	for range 3 { // over one connection, which stays open
		res, err := http.Get("http://" + l.Addr().String() + "/tools")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	defer func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	rec := httptest.NewRecorder()
	w.Metrics().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(rec.Body.String(), "\nmcp_active_connections 1\n") {
		t.Errorf("one connection is open: %s", rec.Body.String())
	}
}
