package telemetry

import (
	"context"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Attributes of MCP spans and metrics (OpenTelemetry semantic conventions for
// MCP, status Development, as of v1.41.0) and our own, which begin with
// "stackroom.".
const (
	attrMethod    = attribute.Key("mcp.method.name")
	attrProtocol  = attribute.Key("mcp.protocol.version")
	attrTool      = attribute.Key("gen_ai.tool.name")
	attrPrompt    = attribute.Key("gen_ai.prompt.name")
	attrGenAI     = attribute.Key("gen_ai.operation.name")
	attrArguments = attribute.Key("gen_ai.tool.call.arguments")
	attrTransport = attribute.Key("network.transport")
	attrErrorType = attribute.Key("error.type")
	attrRPCStatus = attribute.Key("rpc.response.status_code")
	attrUser      = attribute.Key("enduser.id")
	attrClient    = attribute.Key("stackroom.client.name")
	attrRequest   = attribute.Key("stackroom.request.id")
	attrCode      = attribute.Key("stackroom.error.code")
	attrLibrary   = attribute.Key("stackroom.library.id")
)

// startSpan starts the span of an operation. Its parent is the span that
// params._meta names, with a link to the HTTP request's span, or else the HTTP
// request's span. It returns ctx and nil if the span is not recorded.
func (t *Telemetry) startSpan(ctx context.Context, op *Operation) (context.Context, trace.Span) {
	if t.tracer == nil {
		return ctx, nil
	}
	around := trace.SpanFromContext(ctx)
	from := remoteParent(ctx, op)
	inside := from == nil
	if inside && around.SpanContext().IsValid() && !around.IsRecording() {
		return ctx, nil // a child of an unsampled span is not sampled
	}
	kind := trace.SpanKindServer
	if isOutsideMCP(op.Method) {
		kind = trace.SpanKindInternal
	}
	options := append(make([]trace.SpanStartOption, 0, 2), trace.WithSpanKind(kind))
	if inside {
		from = ctx
	} else if around.SpanContext().IsValid() {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: around.SpanContext()}))
	}
	spanCtx, span := t.tracer.Start(from, t.spanName(op), options...)
	if span.IsRecording() {
		span.SetAttributes(t.attributes(ctx, op)...)
		return spanCtx, span
	}
	return spanCtx, nil
}

// remoteParent returns ctx with the parent that params._meta names, or nil
// without a valid one.
func remoteParent(ctx context.Context, op *Operation) context.Context {
	if op.Traceparent == "" {
		return nil
	}
	meta := propagation.MapCarrier{"traceparent": op.Traceparent, "tracestate": op.Tracestate, "baggage": op.Baggage}
	bare := trace.ContextWithSpanContext(ctx, trace.SpanContext{})
	from := propagation.TraceContext{}.Extract(bare, meta)
	if !trace.SpanContextFromContext(from).IsValid() {
		return nil
	}
	return propagation.Baggage{}.Extract(from, meta)
}

// spanName returns "{method} {target}" with names that the server knows
// (conventions, "Server": the target must have low cardinality).
func (t *Telemetry) spanName(op *Operation) string {
	method := closed(knownMethods, op.Method)
	switch {
	case isOutsideMCP(op.Method):
		return "execute_tool " + closedList(t.options.Tools, op.Tool)
	case op.Tool != "":
		return method + " " + closedList(t.options.Tools, op.Tool)
	case op.Prompt != "":
		return method + " " + closedList(t.options.Prompts, op.Prompt)
	}
	return method
}

// maxArguments bounds the arguments on a span, in bytes.
const maxArguments = 8 << 10

// attributes returns the attributes of an operation that are known at its start.
func (t *Telemetry) attributes(ctx context.Context, op *Operation) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, 12)
	add := func(key attribute.Key, value string) {
		if value != "" {
			all = append(all, key.String(value))
		}
	}
	if !isOutsideMCP(op.Method) {
		add(attrMethod, closed(knownMethods, op.Method))
		add(attrProtocol, closed(knownProtocols, op.Protocol))
	}
	if op.isTool() {
		add(attrTool, closedList(t.options.Tools, op.Tool))
		add(attrGenAI, "execute_tool")
	}
	if op.Prompt != "" {
		add(attrPrompt, closedList(t.options.Prompts, op.Prompt))
	}
	add(attrTransport, closed(knownTransports, op.Transport))
	add(attrUser, op.Principal)
	add(attrClient, clean(op.ClientName))
	add(attrLibrary, op.Library)
	add(attrRequest, RequestID(ctx))
	if t.options.TraceContent && op.isTool() {
		add(attrArguments, strings.ToValidUTF8(string(op.Arguments[:min(len(op.Arguments), maxArguments)]), ""))
	}
	return all
}

// endSpan ends a span with the outcome of its call. A caller's mistake is no
// error of the server (conventions, "Server": only -32603 and -32000 to -32099
// are).
func endSpan(span trace.Span, o *Outcome) {
	if kind := errorType(o); kind != "" {
		span.SetAttributes(attrErrorType.String(kind))
	}
	if o.RPC != 0 {
		span.SetAttributes(attrRPCStatus.String(strconv.FormatInt(o.RPC, 10)))
	}
	if o.Code != "" {
		span.SetAttributes(attrCode.String(o.Code))
	}
	if o.Err != nil {
		span.RecordError(o.Err)
	}
	if o.Err != nil || o.RPC == -32603 || o.RPC <= -32000 && o.RPC >= -32099 {
		span.SetStatus(codes.Error, o.Code)
	}
	span.End()
}
