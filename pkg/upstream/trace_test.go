package upstream_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// traced runs do inside a span and returns that span and its children.
func traced(t *testing.T, do func(context.Context)) (outer tracetest.SpanStub, attempts []tracetest.SpanStub) {
	t.Helper()
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	ctx, span := provider.Tracer("test").Start(t.Context(), "call")
	do(ctx)
	span.End()
	for _, s := range spans.GetSpans() {
		if s.Name == "call" {
			outer = s
		} else {
			attempts = append(attempts, s)
		}
	}
	return outer, attempts
}

// said returns the content of a span as text.
func said(s tracetest.SpanStub) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s|", s.Name, s.Status.Description)
	for _, kv := range s.Attributes {
		fmt.Fprintf(&b, "%s=%s|", kv.Key, kv.Value.String())
	}
	for _, e := range s.Events {
		fmt.Fprintf(&b, "%s:", e.Name)
		for _, kv := range e.Attributes {
			fmt.Fprintf(&b, "%s=%s|", kv.Key, kv.Value.String())
		}
	}
	return b.String()
}

func TestTrace_HasSpanPerAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		n := newNetwork(t, func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				io.WriteString(w, "the host's words")
				return
			}
			io.WriteString(w, `{}`)
		})
		client := n.client(t)
		outer, attempts := traced(t, func(ctx context.Context) {
			for range 2 {
				if _, err := client.Get(ctx, upstream.Request{Path: "/users/1/items", Query: map[string][]string{"q": {"confidential"}}}); err != nil {
					t.Error(err)
				}
			}
		})
		if len(attempts) != 2 {
			t.Fatalf("%d attempts", len(attempts))
		}
		for i, wants := range [][]string{
			{"http.request.method=GET", "server.address=" + upstreamHost, "stackroom.breaker.state=closed", "http.response.status_code=503", "error.type=server_error", "stackroom.upstream.wait="},
			{"http.request.resend_count=1", "http.response.status_code=200"},
		} {
			s := attempts[i]
			for _, want := range wants {
				if !strings.Contains(said(s), want) {
					t.Errorf("attempt %d lacks %s: %s", i+1, want, said(s))
				}
			}
			if s.Parent.SpanID() != outer.SpanContext.SpanID() || s.SpanKind != trace.SpanKindClient {
				t.Errorf("attempt %d: parent %s, kind %v", i+1, s.Parent.SpanID(), s.SpanKind)
			}
			if failed := s.Status.Code == codes.Error; failed != (i == 0) {
				t.Errorf("attempt %d failed: %v", i+1, failed)
			}
			for _, never := range []string{"confidential", "/users/1", "the host's words"} {
				if strings.Contains(said(s), never) {
					t.Errorf("attempt %d contains %q: %s", i+1, never, said(s))
				}
			}
		}
		for _, want := range []string{"stackroom.cache.result=miss", "retry:stackroom.retry.reason=server_error", "stackroom.cache.result=hit"} {
			if !strings.Contains(said(outer), want) {
				t.Errorf("the call's span lacks %s: %s", want, said(outer))
			}
		}
	})
}

func TestTrace_NamesReasonForUnsentCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(http.ResponseWriter, *http.Request) {})
		n.down.Store(true)
		client := n.client(t, func(o *upstream.Options) { o.BreakerFailures, o.Attempts = 1, 1 })
		_, attempts := traced(t, func(ctx context.Context) {
			for i := range 2 {
				if _, err := client.Get(ctx, upstream.Request{Path: fmt.Sprintf("/x%d", i)}); err == nil {
					t.Error("a host that is down responded")
				}
			}
		})
		if len(attempts) != 2 {
			t.Fatalf("%d attempts", len(attempts))
		}
		if s := said(attempts[0]); !strings.Contains(s, "error.type=network") || !strings.Contains(s, "connection refused") {
			t.Errorf("the cause is not on the span: %s", s)
		}
		if s := said(attempts[1]); !strings.Contains(s, "error.type=held") || !strings.Contains(s, "stackroom.breaker.state=open") {
			t.Errorf("the breaker is not on the span: %s", s)
		}
	})
}
