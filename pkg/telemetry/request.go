package telemetry

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// Request is what the log lines of one request have in common.
type Request struct {
	ID    string // the request ID, or ""
	Given bool   // the caller sent ID: it may be neither unique nor true
	Trace Trace  // the caller's trace, or the zero Trace
}

// requestKey is the context key of a [*received].
type requestKey struct{}

// received is what a context holds of its request.
type received struct {
	Request
	telemetry *Telemetry // counts the request; may be nil
	span      trace.Span // of HTTP; nil if it is not recorded
}

// WithRequest returns a context whose log lines carry r.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, &received{Request: r})
}

// WithRequestID returns a context whose log lines carry this request ID. The
// rest of the request in ctx stays.
func WithRequestID(ctx context.Context, id string) context.Context {
	next := &received{}
	if r, ok := ctx.Value(requestKey{}).(*received); ok {
		*next = *r
	}
	next.ID = id
	return context.WithValue(ctx, requestKey{}, next)
}

// RequestID returns the request ID in ctx, or "".
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*received); ok {
		return r.ID
	}
	return ""
}

// contextAttrs appends the request and the trace of ctx, if it has them: the
// trace of its span, or else the caller's own, as the headers name it.
func contextAttrs(ctx context.Context, attrs []slog.Attr, tracePrefix string) []slog.Attr {
	r, _ := ctx.Value(requestKey{}).(*received)
	if r != nil && r.ID != "" {
		attrs = append(attrs, slog.String("request_id", r.ID))
		if r.Given {
			attrs = append(attrs, slog.String("request_id_from", "caller"))
		}
	}
	var t Trace
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		t = Trace{ID: s.TraceID().String(), Span: s.SpanID().String(), Sampled: s.IsSampled()}
	} else if r != nil {
		t = r.Trace
	}
	if t.ID == "" {
		return attrs
	}
	return append(attrs,
		slog.String("logging.googleapis.com/trace", tracePrefix+t.ID),
		slog.String("logging.googleapis.com/spanId", t.Span),
		slog.Bool("logging.googleapis.com/trace_sampled", t.Sampled),
	)
}
