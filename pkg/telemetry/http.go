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

// HTTP counts the requests that next answers and gives each the span of an
// HTTP server (OpenTelemetry semantic conventions for HTTP), which goes on
// with the trace that its headers name. The span learns from [Answered] which
// route it was and how it ended.
func (t *Telemetry) HTTP(next http.Handler) http.Handler {
	if t == nil || t.tracer == nil && t.instruments == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.requests.Add(1)
		defer t.requests.Add(-1)
		if t.tracer == nil {
			next.ServeHTTP(w, r)
			return
		}
		method := knownHTTP(r.Method)
		ctx, span := t.tracer.Start(headerParent(r.Context(), r.Header), method, trace.WithSpanKind(trace.SpanKindServer))
		if span.IsRecording() {
			span.SetAttributes(
				attribute.String("http.request.method", method),
				attribute.String("network.protocol.version", strconv.Itoa(r.ProtoMajor)+"."+strconv.Itoa(r.ProtoMinor)),
				attribute.String("url.path", pathOf(r)),
			)
			defer span.End()
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
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

// Answered tells the span of the HTTP request in ctx which route answered, ""
// if none, and with which status.
func Answered(ctx context.Context, method, route string, status int) {
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	if route != "" {
		span.SetName(knownHTTP(method) + " " + route)
		span.SetAttributes(attribute.String("http.route", route))
	}
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if id := RequestID(ctx); id != "" {
		span.SetAttributes(attrRequest.String(id))
	}
	if status >= http.StatusInternalServerError {
		span.SetAttributes(attrErrorType.String(strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
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
