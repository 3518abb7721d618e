package upstream

import (
	"context"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Spans contain nothing of a caller or a library: no path, no query, no key,
// and of the response only its status. They are created only if the caller's
// span is recorded, with its tracer.
const traceScope = "github.com/stackroom-mcp/stackroom/pkg/upstream"

// decided reports the cache result to hooks and trace.
func (c *Client) decided(ctx context.Context, result CacheResult) {
	c.options.Hooks.cache(result)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent("cache", trace.WithAttributes(attribute.String("stackroom.cache.result", string(result)), attribute.String("server.address", c.base.Hostname())))
	}
}

// retrying reports to hooks and trace that another attempt follows.
func (c *Client) retrying(ctx context.Context, because Outcome, wait time.Duration) {
	c.options.Hooks.retry(because, wait)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent("retry", trace.WithAttributes(attribute.String("stackroom.retry.reason", string(because)), attribute.Float64("stackroom.retry.wait", wait.Seconds())))
	}
}

// traced runs an attempt, including its wait in the queue, in a client span
// (OpenTelemetry semantic conventions for HTTP). Before is the number of
// earlier attempts.
func (c *Client) traced(ctx context.Context, method string, before int, attempt func(context.Context) *fault) *fault {
	around := trace.SpanFromContext(ctx)
	if !around.IsRecording() {
		return attempt(ctx)
	}
	state, _ := c.breaker.state()
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", method),
		attribute.String("server.address", c.base.Hostname()),
		attribute.String("stackroom.breaker.state", string(state)),
	}
	if port, err := strconv.Atoi(c.base.Port()); err == nil {
		attributes = append(attributes, attribute.Int("server.port", port))
	}
	if before > 0 {
		attributes = append(attributes, attribute.Int("http.request.resend_count", before))
	}
	ctx, span := around.TracerProvider().Tracer(traceScope).Start(ctx, method,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
	defer span.End()
	f := attempt(ctx)
	if f == nil {
		return nil
	}
	span.SetAttributes(attribute.String("error.type", string(f.outcome)))
	if f.outcome != OutcomeCancelled {
		span.SetStatus(codes.Error, f.err.Message)
	}
	if f.outcome == OutcomeNetwork && f.err.Cause != nil {
		span.RecordError(f.err.Cause) // the network's error, without the address
	}
	return f
}

// waited records the time in the queue in the trace.
func waited(ctx context.Context, since time.Time) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.Float64("stackroom.upstream.wait", time.Since(since).Seconds()))
	}
}

// answered records the host's status in the trace.
func answered(ctx context.Context, status int) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
}
