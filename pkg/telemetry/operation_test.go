package telemetry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

const (
	otherTrace = "11111111111111111111111111111111"
	otherSpan  = "2222222222222222"
)

// call makes one call as the server does: by HTTP, with a request ID.
func call(t *testing.T, x observed, headers map[string]string, op Operation, o Outcome, during func(context.Context)) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/mcp?q=confidential", nil)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	r = x.Receive(r, "r1", false)
	inside, seen := x.Begin(r.Context(), op)
	if during != nil {
		during(inside)
	}
	seen.End(o)
	Answered(r, "/mcp", http.StatusOK)
}

func TestTraceParents(t *testing.T) {
	ours := "00-" + traceID + "-" + spanID + "-01"
	theirs := "00-" + otherTrace + "-" + otherSpan + "-01"
	for _, test := range []struct {
		name               string
		headers            map[string]string
		meta               string
		http, mcp, parent  string // traces of both spans; "" is a new one
		linked, mcpIsChild bool
	}{
		{"no parent", nil, "", "", "", "", false, true},
		{"traceparent", map[string]string{"traceparent": ours}, "", traceID, traceID, "", false, true},
		{"Google's header", map[string]string{"X-Cloud-Trace-Context": traceID + "/1;o=1"}, "", traceID, traceID, "", false, true},
		{"Google's header in a hostile form", map[string]string{"X-Cloud-Trace-Context": traceID + "/x;o=1"}, "", "", "", "", false, true},
		{"W3C's wins over Google's", map[string]string{"X-Cloud-Trace-Context": otherTrace + "/1;o=1", "traceparent": ours}, "", traceID, traceID, "", false, true},
		{"_meta", nil, theirs, "", otherTrace, otherSpan, true, false},
		{"_meta wins over the header", map[string]string{"traceparent": ours}, theirs, traceID, otherTrace, otherSpan, true, false},
		{"a hostile _meta", map[string]string{"traceparent": ours}, "00-<script>", traceID, traceID, "", false, true},
		{"a _meta of zeros", nil, "00-" + strings.Repeat("0", 32) + "-" + otherSpan + "-01", "", "", "", false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := observe(t, nil)
			call(t, x, test.headers, Operation{Method: "tools/call", Tool: "search", Traceparent: test.meta}, Outcome{Status: StatusOK}, nil)
			web, mcp := x.span(t, "POST /mcp"), x.span(t, "tools/call search")
			if got := web.SpanContext.TraceID().String(); test.http != "" && got != test.http {
				t.Errorf("the HTTP span is of trace %s, want %s", got, test.http)
			}
			if got := mcp.SpanContext.TraceID().String(); test.mcp != "" && got != test.mcp {
				t.Errorf("the MCP span is of trace %s, want %s", got, test.mcp)
			}
			if got := mcp.Parent.SpanID().String(); test.parent != "" && got != test.parent {
				t.Errorf("the MCP span's parent is %s, want %s", got, test.parent)
			}
			if child := mcp.Parent.SpanID() == web.SpanContext.SpanID(); child != test.mcpIsChild {
				t.Errorf("the MCP span is a child of the HTTP span: %v", child)
			}
			if linked := len(mcp.Links) == 1 && mcp.Links[0].SpanContext.SpanID() == web.SpanContext.SpanID(); linked != test.linked {
				t.Errorf("the MCP span is linked to the HTTP span: %v", linked)
			}
			if mcp.SpanKind != trace.SpanKindServer || web.SpanKind != trace.SpanKindServer {
				t.Errorf("kinds are %v and %v", mcp.SpanKind, web.SpanKind)
			}
		})
	}
}

func TestSpanAttributes(t *testing.T) {
	x := observe(t, nil)
	op := Operation{
		Method: "tools/call", Tool: "search", Protocol: "2026-07-28", Transport: "tcp", ClientName: "claude-ai", Principal: "zotero:1",
		Arguments: []byte(`{"query":"confidential"}`),
	}
	cause := errors.New("status 503 for user 1")
	call(t, x, nil, op, Outcome{Status: StatusToolError, Code: "unavailable", Err: cause}, nil)
	s := x.span(t, "tools/call search")
	for key, want := range map[string]string{
		"mcp.method.name": "tools/call", "gen_ai.tool.name": "search", "gen_ai.operation.name": "execute_tool", "mcp.protocol.version": "2026-07-28",
		"network.transport": "tcp", "error.type": "tool_error", "stackroom.error.code": "unavailable", "enduser.id": "zotero:1",
		"stackroom.client.name": "claude-ai", "stackroom.request.id": "r1", "gen_ai.tool.call.arguments": "",
	} {
		if got := attr(s, key); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
	if s.Status.Code != codes.Error || len(s.Events) != 1 || s.Events[0].Name != "exception" {
		t.Errorf("the cause is not on the span: %+v %+v", s.Status, s.Events)
	}
	web := x.span(t, "POST /mcp")
	if attr(web, "http.route") != "/mcp" || attr(web, "http.response.status_code") != "200" || attr(web, "url.path") != "/mcp" {
		t.Errorf("HTTP span: %v", web.Attributes)
	}
}

func TestSpanStatus(t *testing.T) {
	for _, test := range []struct {
		name    string
		outcome Outcome
		kind    string
		ours    bool
	}{
		{"success", Outcome{Status: StatusOK}, "", false},
		{"a caller's mistake, in a tool", Outcome{Status: StatusToolError, Code: "invalid"}, "tool_error", false},
		{"a caller's mistake, in the protocol", Outcome{Status: StatusError, Code: "protocol", RPC: -32602}, "-32602", false},
		{"an internal error", Outcome{Status: StatusError, Code: "internal", RPC: -32603}, "-32603", true},
		{"a server's own code", Outcome{Status: StatusError, Code: "protocol", RPC: -32003}, "-32003", true},
		{"an upstream's error", Outcome{Status: StatusToolError, Code: "unavailable", Err: errors.New("x")}, "tool_error", true},
		{"an unknown code", Outcome{Status: StatusError, RPC: 12345}, "other", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := observe(t, nil)
			call(t, x, nil, Operation{Method: "tools/call", Tool: "fetch"}, test.outcome, nil)
			s := x.span(t, "tools/call fetch")
			if got := attr(s, "error.type"); got != test.kind {
				t.Errorf("error.type = %q, want %q", got, test.kind)
			}
			if got := s.Status.Code == codes.Error; got != test.ours {
				t.Errorf("counts as an error of the server: %v", got)
			}
		})
	}
}

func TestTraceContent(t *testing.T) {
	const secret = "confidential"
	for _, asked := range []bool{false, true} {
		x := observe(t, func(o *Options) { o.TraceContent = asked })
		call(t, x, nil, Operation{Method: "tools/call", Tool: "search", Arguments: []byte(`{"query":"` + secret + `"}`)}, Outcome{Status: StatusOK}, nil)
		if shown := strings.Contains(dump(x), secret); shown != asked {
			t.Errorf("asked %v, shown %v", asked, shown)
		}
	}
	x := observe(t, func(o *Options) { o.TraceContent = true })
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search", Arguments: []byte(strings.Repeat("ä", maxArguments))}, Outcome{Status: StatusOK}, nil)
	if n := len(attr(x.span(t, "tools/call search"), "gen_ai.tool.call.arguments")); n > maxArguments {
		t.Errorf("%d bytes of arguments", n)
	}
}

// dump returns the text of all spans.
func dump(x observed) string {
	var b strings.Builder
	for _, s := range x.spans.GetSpans() {
		b.WriteString(s.Name + s.Status.Description)
		for _, kv := range s.Attributes {
			b.WriteString(string(kv.Key) + "=" + kv.Value.String() + "\n")
		}
		for _, e := range s.Events {
			for _, kv := range e.Attributes {
				b.WriteString(kv.Value.String() + "\n")
			}
		}
	}
	return b.String()
}

func TestUnsampledTrace(t *testing.T) {
	x := observe(t, nil)
	unsampled := "00-" + traceID + "-" + spanID + "-00"
	call(t, x, map[string]string{"traceparent": unsampled}, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, func(ctx context.Context) {
		if got := trace.SpanContextFromContext(ctx); got.TraceID().String() != traceID || got.IsSampled() {
			t.Errorf("the trace is lost: %+v", got)
		}
	})
	if spans := x.spans.GetSpans(); len(spans) != 0 {
		t.Errorf("%d spans", len(spans))
	}
	if events := x.audit.events(t); len(events) != 1 {
		t.Errorf("%d audit events of an unsampled call, want 1", len(events))
	}
}

func TestTraceOverStdio(t *testing.T) {
	x := observe(t, nil)
	_, seen := x.Begin(t.Context(), Operation{Method: "prompts/get", Prompt: "find_gaps", Transport: "pipe"})
	seen.End(Outcome{Status: StatusOK})
	s := x.span(t, "prompts/get find_gaps")
	if s.Parent.IsValid() || attr(s, "network.transport") != "pipe" || attr(s, "gen_ai.prompt.name") != "find_gaps" {
		t.Errorf("%+v", s)
	}
	if events := x.audit.events(t); len(events) != 0 {
		t.Errorf("a prompt, which reads no library, is audited: %v", events)
	}
}

func TestNilTelemetry(t *testing.T) {
	var none *Telemetry
	ctx, seen := none.Begin(t.Context(), Operation{Method: "tools/call", Tool: "search"})
	Touched(ctx, "local/ABCD2345")
	seen.End(Outcome{Status: StatusOK})
	none.Refused("principal")
	none.Handle(errors.New("x"))
	none.Connection(nil, http.StateNew)
	none.Upstream("zotero").Request("ok", 1)
	none.Upstream("zotero").Breaker("closed", "open")
	none.Upstream("zotero").Retry("network")
	none.Upstream("zotero").Cache("hit")
	if err := errors.Join(none.Indexes(nil), none.Secrets(nil), none.Shutdown(t.Context())); err != nil {
		t.Error(err)
	}
	r := none.Receive(httptest.NewRequest(http.MethodGet, "/", nil), "r1", false)
	if Answered(r, "/", http.StatusOK); RequestID(r.Context()) != "r1" {
		t.Errorf("the request ID is %q", RequestID(r.Context()))
	}
	w := httptest.NewRecorder()
	none.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("metrics of a nil Telemetry: status %d", w.Code)
	}
}
