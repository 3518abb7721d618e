package telemetry

import (
	"context"
	"encoding/hex"
	"strconv"

	"go.opentelemetry.io/otel/trace"
)

// Request is what ties the log lines of one request together.
type Request struct {
	ID    string // the request ID, or ""
	Given bool   // ID is the caller's own: it need not be unique, nor true
	Trace Trace  // the caller's trace, or the zero Trace
}

// requestKey is the context key of a [*received].
type requestKey struct{}

// received is what a context knows of its request.
type received struct {
	Request
	verdict   int        // on its trace, if it begins one
	telemetry *Telemetry // that counts it; nil if none does
	span      trace.Span // of HTTP; nil if nobody will see it
}

// WithRequest returns a context whose log lines carry r.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, &received{Request: r})
}

// WithRequestID returns a context whose log lines carry this request ID; all
// else that ctx knows of its request stays.
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

// around appends the request and the trace that ctx belongs to, if any: the
// trace is that of the span that it is in, or else the caller's own, as its
// headers name it.
func around(ctx context.Context, b []byte, tracePrefix string) []byte {
	r, _ := ctx.Value(requestKey{}).(*received)
	if r != nil && r.ID != "" {
		b = member(b, "request_id", r.ID)
		if r.Given {
			b = append(b, `,"request_id_from":"caller"`...)
		}
	}
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		id, span := s.TraceID(), s.SpanID()
		b = append(append(b, `,"logging.googleapis.com/trace":"`...), tracePrefix...)
		b = append(hex.AppendEncode(b, id[:]), `","logging.googleapis.com/spanId":"`...)
		b = append(hex.AppendEncode(b, span[:]), `","logging.googleapis.com/trace_sampled":`...)
		return strconv.AppendBool(b, s.IsSampled())
	}
	if r == nil || r.Trace.ID == "" {
		return b
	}
	b = append(append(append(b, `,"logging.googleapis.com/trace":"`...), tracePrefix...), r.Trace.ID...)
	b = append(append(b, `","logging.googleapis.com/spanId":"`...), r.Trace.Span...)
	return strconv.AppendBool(append(b, `","logging.googleapis.com/trace_sampled":`...), r.Trace.Sampled)
}

// traceOf returns the trace of ctx, as [around] does. ID is "" if there is none.
func traceOf(ctx context.Context) (id, span string, sampled bool) {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		return s.TraceID().String(), s.SpanID().String(), s.IsSampled()
	}
	if r, ok := ctx.Value(requestKey{}).(*received); ok {
		return r.Trace.ID, r.Trace.Span, r.Trace.Sampled
	}
	return "", "", false
}
