package telemetry

import (
	"context"
	"net"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Receive begins to observe an HTTP request under this ID, which the caller may
// have given: it is counted until
// [Answered], and if anybody will see it, it has the span of an HTTP
// server (OpenTelemetry semantic conventions for HTTP), which goes on with the
// trace that its headers name. It returns the request in its context, as
// [WithRequest] does.
func (t *Telemetry) Receive(r *http.Request, id string, given bool) *http.Request {
	in := &received{Request: Request{ID: id, Given: given, Trace: TraceFrom(r.Header)}}
	ctx := context.WithValue(r.Context(), requestKey{}, in)
	if t == nil {
		return r.WithContext(ctx)
	}
	in.telemetry = t
	t.requests.Add(1)
	if t.tracer == nil {
		return r.WithContext(ctx)
	}
	parent := headerParent(ctx, r.Header)
	if parent == ctx { // it has none
		if in.verdict = t.sampler.decide(); in.verdict == untraced {
			return r.WithContext(ctx)
		}
	}
	method := knownHTTP(r.Method)
	ctx, span := t.tracer.Start(parent, method, serverSpan...)
	if span.IsRecording() {
		in.span = span
		span.SetAttributes(
			attribute.String("http.request.method", method),
			attribute.String("network.protocol.version", strconv.Itoa(r.ProtoMajor)+"."+strconv.Itoa(r.ProtoMinor)),
			attribute.String("url.path", pathOf(r)),
		)
	}
	return r.WithContext(ctx)
}

// serverSpan is shared, because making it anew would take longer than looking.
var serverSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}

// Answered ends what [Telemetry.Receive] began: a request was answered by this
// route, "" if none, and with this status. It does nothing for any other
// request.
func Answered(r *http.Request, route string, status int) {
	in, ok := r.Context().Value(requestKey{}).(*received)
	if !ok || in.telemetry == nil {
		return
	}
	in.telemetry.requests.Add(-1)
	if in.span == nil {
		return
	}
	if route != "" {
		in.span.SetName(knownHTTP(r.Method) + " " + route)
		in.span.SetAttributes(attribute.String("http.route", route))
	}
	in.span.SetAttributes(attribute.Int("http.response.status_code", status))
	if in.ID != "" {
		in.span.SetAttributes(attrRequest.String(in.ID))
	}
	if status >= http.StatusInternalServerError {
		in.span.SetAttributes(attrErrorType.String(strconv.Itoa(status)))
		in.span.SetStatus(codes.Error, "")
	}
	in.span.End()
}

// headerParent returns ctx with the parent that a request's headers name:
// W3C's, or else Google Cloud's, which has to name a span too.
func headerParent(ctx context.Context, h http.Header) context.Context {
	if len(h["Traceparent"]) == 0 && len(h["X-Cloud-Trace-Context"]) == 0 && len(h["Baggage"]) == 0 {
		return ctx // most have none, and looking for it properly takes longer
	}
	carrier := propagation.HeaderCarrier(h)
	ctx = propagation.Baggage{}.Extract(ctx, carrier)
	ctx = propagation.TraceContext{}.Extract(ctx, carrier)
	if trace.SpanContextFromContext(ctx).IsValid() || len(h["X-Cloud-Trace-Context"]) != 1 {
		return ctx
	}
	from, _ := parseCloudTrace(h["X-Cloud-Trace-Context"][0])
	var parent trace.SpanContextConfig
	var err1, err2 error
	parent.TraceID, err1 = trace.TraceIDFromHex(from.ID)
	parent.SpanID, err2 = trace.SpanIDFromHex(from.Span)
	if err1 != nil || err2 != nil {
		return ctx
	}
	parent.TraceFlags = trace.TraceFlags(0).WithSampled(from.Sampled)
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(parent))
}

// Connection counts open connections. Give it to http.Server.ConnState.
func (t *Telemetry) Connection(_ net.Conn, state http.ConnState) {
	if t == nil {
		return
	}
	switch state {
	case http.StateNew:
		t.connections.Add(1)
	case http.StateClosed, http.StateHijacked:
		t.connections.Add(-1)
	}
}

// maxPath bounds a path on a span, in bytes.
const maxPath = 256

// pathOf returns the path of a request, which names a route or a tool; never
// the query, where callers may put anything.
func pathOf(r *http.Request) string {
	return r.URL.Path[:min(len(r.URL.Path), maxPath)]
}

// knownHTTP returns an HTTP method, or "HTTP" for one that is not known
// (conventions for HTTP spans, "Name").
func knownHTTP(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "HTTP"
}
