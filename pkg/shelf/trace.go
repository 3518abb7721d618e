package shelf

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// decided tells the trace, if there is one, whether a search was answered from
// memory.
func decided(ctx context.Context, result string) {
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		span.AddEvent("cache", trace.WithAttributes(attribute.String("stackroom.cache.result", result)))
	}
}
