package telemetry

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestMetricNames(t *testing.T) {
	x := observe(t, nil)
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search", Protocol: "2026-07-28", Transport: "tcp"}, Outcome{Status: StatusOK}, nil)
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search", Protocol: "2026-07-28", Transport: "tcp"}, Outcome{Status: StatusToolError, Code: "invalid"}, nil)
	call(t, x, nil, Operation{Method: MethodREST, Tool: "fetch", Transport: "tcp"}, Outcome{Status: StatusOK}, nil)
	x.Connection(nil, http.StateNew)
	x.Connection(nil, http.StateNew)
	x.Connection(nil, http.StateActive)
	x.Connection(nil, http.StateClosed)
	x.Refused("principal")
	m := x.Upstream("zotero")
	m.Request("ok", 20*time.Millisecond)
	m.Request("held", 0)
	m.Retry("server_error")
	m.Breaker("closed", "open")
	m.Cache("stale")
	if err := x.Indexes(func() []IndexState {
		return []IndexState{{Library: "local", Works: 120, Bytes: 4096, Updated: time.Now().Add(-time.Hour)}}
	}); err != nil {
		t.Fatal(err)
	}
	if err := x.Secrets(func() []SecretState {
		return []SecretState{{Setting: "ZOTERO_API_KEY", Age: time.Minute, Fault: true}}
	}); err != nil {
		t.Fatal(err)
	}
	all := x.scraped(t)
	for name, labels := range map[string]string{
		"mcp_tool_executions_total": "status=ok,tool_name=search", "mcp_active_connections": "",
		"http_server_active_requests": "", "stackroom_refusals_total": "kind=principal",
		"stackroom_upstream_requests_total": "outcome=ok,upstream=zotero", "stackroom_upstream_retries_total": "reason=server_error,upstream=zotero",
		"stackroom_upstream_breaker_transitions_total": "from=closed,to=open,upstream=zotero", "stackroom_upstream_breaker_state": "upstream=zotero",
		"stackroom_upstream_cache_results_total": "result=stale,upstream=zotero",
		"stackroom_index_works":                  "library=local", "stackroom_index_size_bytes": "library=local", "stackroom_index_age_seconds": "library=local",
		"stackroom_secret_age_seconds": "setting=ZOTERO_API_KEY", "stackroom_secret_faulty": "setting=ZOTERO_API_KEY",
		"mcp_tool_duration_seconds": "tool_name=search", "stackroom_upstream_request_duration_seconds": "outcome=ok,upstream=zotero",
		"mcp_server_operation_duration_seconds": "gen_ai_operation_name=execute_tool,gen_ai_tool_name=search,mcp_method_name=tools/call,mcp_protocol_version=2026-07-28,network_transport=tcp",
		"go_goroutine_count":                    "",
	} {
		if sample(all[name], labels) == nil {
			t.Errorf("no %s{%s}: %v", name, labels, all[name])
		}
	}
	if got := sample(all["mcp_tool_executions_total"], "status=tool_error,tool_name=search").GetCounter().GetValue(); got != 1 {
		t.Errorf("%v failed calls", got)
	}
	if got := sample(all["mcp_active_connections"], "").GetGauge().GetValue(); got != 1 {
		t.Errorf("%v connections", got)
	}
	if got := sample(all["mcp_tool_duration_seconds"], "tool_name=fetch").GetHistogram().GetSampleCount(); got != 1 {
		t.Errorf("%v calls by REST", got)
	}
	if got := sample(all["stackroom_upstream_breaker_state"], "upstream=zotero").GetGauge().GetValue(); got != 2 {
		t.Errorf("breaker state %v", got)
	}
	if got := sample(all["stackroom_upstream_request_duration_seconds"], "outcome=held,upstream=zotero"); got != nil {
		t.Errorf("a held request has a duration: %v", got)
	}
}

func TestOperationDurationBuckets(t *testing.T) {
	x := observe(t, nil)
	call(t, x, nil, Operation{Method: "ping"}, Outcome{Status: StatusOK}, nil)
	h := x.scraped(t)["mcp_server_operation_duration_seconds"].GetMetric()[0].GetHistogram()
	var bounds []string
	for _, b := range h.GetBucket() {
		bounds = append(bounds, fmt.Sprint(b.GetUpperBound()))
	}
	if got := strings.Join(bounds, " "); got != "0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 30 60 120 300 +Inf" {
		t.Errorf("buckets %s", got)
	}
}

func TestMetrics_OpenMetrics(t *testing.T) {
	x := observe(t, nil)
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, nil)
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text;version=1.0.0")
	w := httptest.NewRecorder()
	x.Metrics().ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, "application/openmetrics-text") || !strings.HasSuffix(string(body), "# EOF\n") {
		t.Errorf("%s: %.200s", kind, body)
	}
	if !strings.Contains(string(body), x.span(t, "tools/call search").SpanContext.TraceID().String()) {
		t.Error("no exemplar has the trace")
	}
}

// TestMetricLabelsAreClosedSets sends names that a caller can choose.
func TestMetricLabelsAreClosedSets(t *testing.T) {
	x := observe(t, func(o *Options) { o.Spans, o.Audit = nil, nil })
	m := x.Upstream("zotero")
	for i := range 100_000 {
		name := fmt.Sprintf("x%d", i)
		_, seen := x.Begin(t.Context(), Operation{
			Method: []string{"tools/call", name, "prompts/get", MethodREST}[i%4], Tool: name, Prompt: name, Protocol: name, Transport: name,
			ClientName: name, Principal: name, Library: name,
		})
		seen.End(Outcome{Status: []string{StatusError, StatusToolError, name}[i%3], Code: name, RPC: int64(i)})
		x.Refused(name)
		m.Request(name, 1)
		m.Retry(name)
		m.Breaker(name, name)
		m.Cache(name)
	}
	if n := len(x.series); n > 20 {
		t.Errorf("%d kinds of calls are kept", n)
	}
	lines := 0
	for name, f := range x.scraped(t) {
		lines += len(f.GetMetric())
		for _, metric := range f.GetMetric() {
			for _, l := range metric.GetLabel() {
				if v := l.GetValue(); strings.HasPrefix(v, "x") && strings.Trim(v[1:], "0123456789") == "" {
					t.Fatalf("%s has the label %s=%s", name, l.GetName(), v)
				}
			}
		}
	}
	if lines > 100 {
		t.Errorf("%d series", lines)
	}
}
