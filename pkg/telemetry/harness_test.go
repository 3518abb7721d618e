package telemetry

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	dto "github.com/prometheus/client_model/go"
)

// quiet clears the OTEL_ variables of this machine.
func quiet(t testing.TB) {
	for _, name := range []string{
		"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL",
		"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME",
	} {
		t.Setenv(name, "")
	}
}

// log is the audit writer of tests.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// events returns the lines written, parsed.
func (l *log) events(t testing.TB) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []map[string]any
	for line := range strings.Lines(l.b.String()) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, event)
	}
	return all
}

// observed is a Telemetry whose spans and audit a test can read.
type observed struct {
	*Telemetry
	spans *tracetest.InMemoryExporter
	audit *log
}

// observe starts a Telemetry with spans, Prometheus and audit. change may change
// its options.
func observe(t testing.TB, change func(*Options)) observed {
	t.Helper()
	quiet(t)
	x := observed{spans: tracetest.NewInMemoryExporter(), audit: &log{}}
	o := Options{
		Version: "1.0", Tools: []string{"search", "fetch"}, Prompts: []string{"find_gaps"}, Prometheus: true, Audit: x.audit,
		Spans: []sdktrace.SpanProcessor{sdktrace.NewSimpleSpanProcessor(x.spans)},
	}
	if change != nil {
		change(&o)
	}
	var err error
	if x.Telemetry, err = Start(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return x
}

// span returns the only span of that name.
func (x observed) span(t testing.TB, name string) tracetest.SpanStub {
	t.Helper()
	var found []tracetest.SpanStub
	names := []string{}
	for _, s := range x.spans.GetSpans() {
		names = append(names, s.Name)
		if s.Name == name {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d spans are named %q among %q", len(found), name, names)
	}
	return found[0]
}

// attr returns an attribute of a span as text, "" if there is none.
func attr(s tracetest.SpanStub, key string) string {
	for _, kv := range s.Attributes {
		if kv.Key == attribute.Key(key) {
			return kv.Value.String()
		}
	}
	return ""
}

// scraped returns the metrics that Prometheus reads, by name.
func (x observed) scraped(t testing.TB) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	x.Metrics().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// sample returns the metric of a family with these labels ("a=1,b=2", by
// name), or nil.
func sample(f *dto.MetricFamily, labels string) *dto.Metric {
	for _, m := range f.GetMetric() {
		var all []string
		for _, l := range m.GetLabel() {
			all = append(all, l.GetName()+"="+l.GetValue())
		}
		if strings.Join(all, ",") == labels {
			return m
		}
	}
	return nil
}
