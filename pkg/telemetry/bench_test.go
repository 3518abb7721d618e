package telemetry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// BenchmarkCall measures the cost of telemetry for one call, by what is enabled;
// "nothing" is the yardstick.
func BenchmarkCall(b *testing.B) {
	for _, on := range []struct {
		name  string
		ratio string // of traces; "" is no tracing
		set   func(*Options)
	}{
		{"nothing", "", func(*Options) {}},
		{"metrics", "", func(o *Options) { o.Prometheus = true }},
		{"activity", "", func(o *Options) { o.Called = func(Ended) {} }},
		{"audit and activity", "", func(o *Options) { o.Audit, o.Called = io.Discard, func(Ended) {} }},
		{"audit", "", func(o *Options) { o.Audit = io.Discard }},
		{"traces at 0", "0", func(*Options) {}},
		{"traces at 0.1", "0.1", func(*Options) {}},
		{"all at 0", "0", func(o *Options) { o.Prometheus, o.Audit = true, io.Discard }},
		{"all at 0.1", "0.1", func(o *Options) { o.Prometheus, o.Audit = true, io.Discard }},
	} {
		b.Run(on.name, func(b *testing.B) {
			quiet(b)
			o := Options{Tools: []string{"search"}}
			on.set(&o)
			if on.ratio != "" {
				b.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
				b.Setenv("OTEL_TRACES_SAMPLER_ARG", on.ratio)
				o.Spans = []sdktrace.SpanProcessor{sdktrace.NewBatchSpanProcessor(tracetest.NewNoopExporter())}
			}
			x, err := Start(context.Background(), o)
			if err != nil {
				b.Fatal(err)
			}
			defer x.Shutdown(context.Background())
			items := make([]string, 10)
			for i := range items {
				items[i] = fmt.Sprintf("local/ABCD234%d", i)
			}
			h := func(r *http.Request) {
				r = x.Receive(r, "0123456789abcdef", false)
				defer Answered(r, "/mcp", http.StatusOK)
				ctx, seen := x.Begin(r.Context(), Operation{Method: "tools/call", Tool: "search", Protocol: "2026-07-28", Transport: "tcp", ClientName: "claude-ai", Principal: "zotero:1"})
				Touched(ctx, items...)
				seen.End(Outcome{Status: StatusOK})
			}
			r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
			b.ReportAllocs()
			for b.Loop() {
				h(r)
			}
		})
	}
}
