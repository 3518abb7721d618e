package index

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// traced gives a question to the index a span, if the one around it is
// recorded. The span says how much was looked at and how much was found, never
// for what.
func traced[T any](ctx context.Context, name string, v *view, do func(context.Context) (T, error), found func(T) int) (T, error) {
	around := trace.SpanFromContext(ctx)
	if !around.IsRecording() {
		return do(ctx)
	}
	ctx, span := around.TracerProvider().Tracer("github.com/stackroom-mcp/stackroom/pkg/index").Start(ctx, name, trace.WithAttributes(
		attribute.Int("stackroom.index.works", v.works), attribute.Int("stackroom.index.segments", len(v.segments)),
	))
	defer span.End()
	out, err := do(ctx)
	if err != nil {
		span.SetAttributes(attribute.String("error.type", string(library.CodeOf(err))))
		span.SetStatus(codes.Error, "")
		return out, err
	}
	span.SetAttributes(attribute.Int("stackroom.index.found", found(out)))
	return out, nil
}
