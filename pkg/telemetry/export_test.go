package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector accepts OTLP over HTTP (OTLP 1.x, "OTLP/HTTP").
type collector struct {
	*httptest.Server
	mu      sync.Mutex
	spans   map[string]map[string]string // resource attributes, by the name of each span
	metrics map[string]bool
}

func newCollector(t *testing.T) *collector {
	c := &collector{spans: map[string]map[string]string{}, metrics: map[string]bool{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	switch r.URL.Path {
	case "/v1/traces":
		var got collectortrace.ExportTraceServiceRequest
		err = errors.Join(err, proto.Unmarshal(body, &got))
		for _, rs := range got.GetResourceSpans() {
			about := map[string]string{}
			for _, kv := range rs.GetResource().GetAttributes() {
				about[kv.GetKey()] = kv.GetValue().GetStringValue()
			}
			for _, ss := range rs.GetScopeSpans() {
				for _, s := range ss.GetSpans() {
					c.spans[s.GetName()] = about
				}
			}
		}
	case "/v1/metrics":
		var got collectormetrics.ExportMetricsServiceRequest
		err = errors.Join(err, proto.Unmarshal(body, &got))
		for _, rm := range got.GetResourceMetrics() {
			for _, sm := range rm.GetScopeMetrics() {
				for _, m := range sm.GetMetrics() {
					c.metrics[m.GetName()] = true
				}
			}
		}
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func TestShutdown_ExportsWhatIsLeft(t *testing.T) {
	quiet(t)
	c := newCollector(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
	x, err := Start(t.Context(), Options{Version: "1.2", Project: "my-project", Tools: []string{"search"}})
	if err != nil {
		t.Fatal(err)
	}
	_, seen := x.Begin(t.Context(), Operation{Method: "tools/call", Tool: "search"})
	seen.End(Outcome{Status: StatusOK})
	if err := x.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	about, ok := c.spans["tools/call search"]
	if !ok || !c.metrics["mcp.server.operation.duration"] || !c.metrics["mcp.tool.executions"] || !c.metrics["go.goroutine.count"] {
		t.Fatalf("spans %v, metrics %v", c.spans, c.metrics)
	}
	for name, want := range map[string]string{
		"service.name": "stackroom", "service.version": "1.2", "gcp.project_id": "my-project", "deployment.environment.name": "test", "telemetry.sdk.language": "go",
	} {
		if about[name] != want {
			t.Errorf("%s = %q, want %q", name, about[name], want)
		}
	}
	if about["service.instance.id"] == "" {
		t.Error("no service.instance.id: two instances would write the same series")
	}
	if err := x.Shutdown(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestExporterOf(t *testing.T) {
	for _, test := range []struct {
		name            string
		variables       map[string]string
		traces, metrics string
	}{
		{"nothing", nil, "none", "none"},
		{"an endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, "otlp", "otlp"},
		{"an endpoint for traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318"}, "otlp", "none"},
		{"a named exporter", map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, "otlp", "none"},
		{"none beside an endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_METRICS_EXPORTER": "none"}, "otlp", "none"},
		{"console", map[string]string{"OTEL_TRACES_EXPORTER": "console", "OTEL_METRICS_EXPORTER": "console"}, "console", "console"},
		{"prometheus", map[string]string{"OTEL_METRICS_EXPORTER": "prometheus"}, "none", "prometheus"},
		{"Google", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://telemetry.googleapis.com"}, "google", "google"},
		{"Google with a port", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://telemetry.googleapis.com:443"}, "google", "google"},
		{"Google without TLS", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://telemetry.googleapis.com"}, "otlp", "otlp"},
		{"a host that begins like Google's", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "https://telemetry.googleapis.com.example.org"}, "otlp", "otlp"},
		{"a collector for traces, Google for metrics", map[string]string{
			"OTEL_EXPORTER_OTLP_ENDPOINT": "https://telemetry.googleapis.com", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318",
		}, "otlp", "google"},
		{"disabled", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, "none", "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			quiet(t)
			for name, value := range test.variables {
				t.Setenv(name, value)
			}
			if traces, metrics := exporterOf("TRACES"), exporterOf("METRICS"); traces != test.traces || metrics != test.metrics {
				t.Errorf("got %s and %s, want %s and %s", traces, metrics, test.traces, test.metrics)
			}
		})
	}
}

func TestStart_RefusesUnsupportedExporters(t *testing.T) {
	for _, c := range []struct{ name, value, says string }{
		{"OTEL_TRACES_EXPORTER", "zipkin", "otlp, console and none"},
		{"OTEL_METRICS_EXPORTER", "zipkin", "otlp, console and none"},
		{"OTEL_METRICS_EXPORTER", "prometheus", "STACKROOM_METRICS_ADDR"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "http/protobuf and grpc"},
		{"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "thrift", "http/protobuf and grpc"},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			quiet(t)
			if strings.Contains(c.name, "PROTOCOL") {
				t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			}
			t.Setenv(c.name, c.value)
			if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), c.value) {
				t.Errorf("got %v, want an error with %q and %q", err, c.value, c.says)
			}
		})
	}
}

func TestStart_ChoosesTheExporterByProtocol(t *testing.T) {
	for _, c := range []struct{ variable, protocol, spans, metrics string }{
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "", "*otlptracehttp.client", "*otlpmetrichttp.Exporter"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "*otlptracehttp.client", "*otlpmetrichttp.Exporter"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "*otlptracegrpc.client", "*otlpmetricgrpc.Exporter"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "*otlptracegrpc.client", "*otlpmetrichttp.Exporter"},
		{"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "grpc", "*otlptracehttp.client", "*otlpmetricgrpc.Exporter"},
	} {
		t.Run(c.variable+"="+c.protocol, func(t *testing.T) {
			quiet(t)
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			t.Setenv(c.variable, c.protocol)
			spans, err := spanExporter(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			metrics, err := metricExporter(t.Context(), Options{})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // there is no collector to wait for
			defer func() { _, _ = spans.Shutdown(ctx), metrics.Shutdown(ctx) }()
			described, _ := spans.(interface{ MarshalLog() any })
			if got := fmt.Sprintf("%+v", described.MarshalLog()); !strings.Contains(got, c.spans) {
				t.Errorf("spans go by %s, want %s", got, c.spans)
			}
			if got := fmt.Sprintf("%T", metrics); got != c.metrics {
				t.Errorf("metrics go by %s, want %s", got, c.metrics)
			}
		})
	}
}

func TestStart_RequiresGoogleCredentials(t *testing.T) {
	quiet(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://telemetry.googleapis.com")
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/missing.json")
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "missing.json") {
		t.Errorf("got %v", err)
	}
}

func TestConsoleExporterWritesToOptions(t *testing.T) {
	quiet(t)
	t.Setenv("OTEL_TRACES_EXPORTER", "console")
	t.Setenv("OTEL_METRICS_EXPORTER", "console")
	var b bytes.Buffer
	x, err := Start(t.Context(), Options{Console: &b, Tools: []string{"search"}})
	if err != nil {
		t.Fatal(err)
	}
	_, seen := x.Begin(t.Context(), Operation{Method: "tools/call", Tool: "search"})
	seen.End(Outcome{Status: StatusOK})
	if err := x.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"Name":"tools/call search"`, "mcp.tool.executions"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, b.String())
		}
	}
}

func TestShutdown_DeadCollector(t *testing.T) {
	quiet(t)
	hung := make(chan struct{})
	c := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hung }))
	defer c.Close()
	defer close(hung)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	x, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, seen := x.Begin(t.Context(), Operation{Method: "ping"})
	seen.End(Outcome{Status: StatusOK})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := x.Shutdown(ctx); err == nil {
		t.Error("Shutdown returns no error though spans are lost")
	}
}

func TestHandle_LogsOncePerMinute(t *testing.T) {
	quiet(t)
	var b bytes.Buffer
	x, err := Start(t.Context(), Options{Logger: slog.New(slog.NewTextHandler(&b, nil))})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		x.Handle(errors.New("connection refused"))
	}
	if got := strings.Count(b.String(), "connection refused"); got != 1 {
		t.Errorf("%d lines", got)
	}
}
