package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/trace"
)

// Request is what ties the log lines of one request together.
type Request struct {
	ID    string // our request ID, or ""
	Trace Trace  // the caller's trace, or the zero Trace
}

// requestKey is the context key of a [Request].
type requestKey struct{}

// WithRequest returns a context whose log lines carry r.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, &r)
}

// RequestFrom returns the request that ctx belongs to, or the zero Request.
func RequestFrom(ctx context.Context) Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return *r
	}
	return Request{}
}

// WithRequestID returns a context whose log lines carry this request ID; a
// trace that ctx already has stays.
func WithRequestID(ctx context.Context, id string) context.Context {
	r := RequestFrom(ctx)
	r.ID = id
	return WithRequest(ctx, r)
}

// RequestID returns the request ID in ctx, or "".
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r.ID
	}
	return ""
}

// traceOf returns the trace of ctx: the span that it is in, or else the
// caller's own, as its headers name it. ID is "" if there is none.
func traceOf(ctx context.Context) (id, span string, sampled bool) {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		return s.TraceID().String(), s.SpanID().String(), s.IsSampled()
	}
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r.Trace.ID, r.Trace.Span, r.Trace.Sampled
	}
	return "", "", false
}
