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

// Receive starts to observe an HTTP request with this ID; given says that the
// caller sent it. The request counts as active until [Answered]. With traces it
// has the span of an HTTP server (OpenTelemetry semantic conventions for HTTP),
// whose parent is the one in its headers. Receive returns the request with a
// context that has it, as [WithRequest] does.
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
	method := knownHTTP(r.Method)
	ctx, span := t.tracer.Start(headerParent(ctx, r.Header), method, serverSpan...)
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

// serverSpan is shared because each call of WithSpanKind allocates.
var serverSpan = []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer)}

// Answered ends what [Telemetry.Receive] started. route is the pattern that
// served the request, "" if none did. For other requests it does nothing.
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

// headerParent returns ctx with the parent span in a request's headers: W3C's,
// or else Google Cloud's if it names a span too.
func headerParent(ctx context.Context, h http.Header) context.Context {
	if len(h["Traceparent"]) == 0 && len(h["X-Cloud-Trace-Context"]) == 0 && len(h["Baggage"]) == 0 {
		return ctx // as most requests; the propagators are slower
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

// Connection counts open connections. It is for http.Server.ConnState.
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

// pathOf returns the path of a request without the query, which may hold
// anything.
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
