package telemetry

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"
)

// sampled starts a Telemetry that samples this share of the traces.
func sampled(t *testing.T, ratio string) observed {
	return observe(t, func(*Options) {
		t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
		t.Setenv("OTEL_TRACES_SAMPLER_ARG", ratio)
	})
}

func TestSampler_RatioOfNewTraces(t *testing.T) {
	seen := "00-" + traceID + "-" + spanID + "-01"
	unseen := "00-" + traceID + "-" + spanID + "-00"
	for _, test := range []struct {
		name, ratio, header, meta string
		spans                     []string
	}{
		{"none", "0", "", "", nil},
		{"all", "1", "", "", []string{"tools/call search", "POST /mcp"}},
		{"none, with a sampled parent", "0", seen, "", []string{"tools/call search", "POST /mcp"}},
		{"none, with a sampled parent in _meta", "0", "", seen, []string{"tools/call search"}},
		{"all, with an unsampled parent", "1", unseen, "", nil},
		{"all, with an unsampled parent in _meta", "1", "", unseen, []string{"POST /mcp"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := sampled(t, test.ratio)
			headers := map[string]string{}
			if test.header != "" {
				headers["traceparent"] = test.header
			}
			call(t, x, headers, Operation{Method: "tools/call", Tool: "search", Traceparent: test.meta}, Outcome{Status: StatusOK}, func(ctx context.Context) {
				// A span within an unsampled request starts no trace of its own.
				_, inner := x.Tracer().Start(ctx, "secret.refresh")
				defer inner.End()
				if kept := len(test.spans) > 0 && test.spans[0] == "tools/call search"; inner.IsRecording() != kept {
					t.Errorf("the span within the call is recorded: %v", inner.IsRecording())
				}
			})
			var names []string
			for _, s := range x.spans.GetSpans() {
				if s.Name != "secret.refresh" {
					names = append(names, s.Name)
				}
			}
			if strings.Join(names, ",") != strings.Join(test.spans, ",") {
				t.Errorf("spans %q, want %q", names, test.spans)
			}
			if n := x.requests.Load(); n != 0 {
				t.Errorf("%d requests are in progress", n)
			}
		})
	}
}

func TestSampler_KeepsWholeTraces(t *testing.T) {
	x := sampled(t, "0.5")
	const calls = 2000
	for range calls {
		call(t, x, nil, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, nil)
	}
	of := map[trace.TraceID]int{}
	for _, s := range x.spans.GetSpans() {
		of[s.SpanContext.TraceID()]++
	}
	for id, spans := range of {
		if spans != 2 {
			t.Fatalf("trace %s has %d spans", id, spans)
		}
	}
	if n := len(of); n < calls*4/10 || n > calls*6/10 {
		t.Errorf("%d traces of %d calls", n, calls)
	}
}

// TestAudit_UnsampledTrace holds that log lines of an unsampled call share its
// trace, and say that the trace was not kept.
func TestAudit_UnsampledTrace(t *testing.T) {
	x := sampled(t, "0")
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, nil)
	call(t, x, map[string]string{"X-Cloud-Trace-Context": otherTrace + "/1;o=0"}, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, nil)
	events := x.audit.events(t)
	for _, e := range events {
		if e["request_id"] != "r1" || e["logging.googleapis.com/trace_sampled"] != false {
			t.Errorf("the audit of an unsampled call: %v", e)
		}
	}
	if got := events[1]["logging.googleapis.com/trace"]; got != otherTrace {
		t.Errorf("the audit of a call in a caller's trace has the trace %v", got)
	}
}

// TestSampler_FollowsVariables holds that the samplers are OpenTelemetry's, also
// with an invalid argument.
func TestSampler_FollowsVariables(t *testing.T) {
	for name, test := range map[string]struct {
		sampler, argument string
		spans             int
	}{
		"always_off": {"always_off", "", 0}, "always_on": {"always_on", "", 2}, "traceidratio": {"traceidratio", "0", 0},
		"no sampler": {"", "", 2}, "an argument that is no number": {"parentbased_traceidratio", "a tenth", 2}, "an argument above 1": {"parentbased_traceidratio", "1.5", 2},
	} {
		x := observe(t, func(*Options) {
			t.Setenv("OTEL_TRACES_SAMPLER", test.sampler)
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", test.argument)
		})
		call(t, x, nil, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, nil)
		if n := len(x.spans.GetSpans()); n != test.spans {
			t.Errorf("%s: %d spans, want %d", name, n, test.spans)
		}
	}
}

func TestAnswered_WithoutReceive(t *testing.T) {
	x := observe(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/health", nil)
	Answered(r.WithContext(WithRequestID(r.Context(), "r1")), "/health", http.StatusOK)
	if n := x.requests.Load(); n != 0 || len(x.spans.GetSpans()) != 0 {
		t.Errorf("%d requests are in progress", n)
	}
}
