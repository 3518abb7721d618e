package telemetry

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/contrib/detectors/gcp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
)

// platformTime bounds how long the platform is asked what runs where.
const platformTime = 3 * time.Second

// resource says who is observed. What it lacks is logged, not fatal. What
// OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say wins.
func (t *Telemetry) resource(ctx context.Context) *resource.Resource {
	o := t.options
	own := []attribute.KeyValue{
		attribute.String("service.name", o.Service),
		attribute.String("service.version", o.Version),
		// Two instances must never write one series.
		attribute.String("service.instance.id", rand.Text()),
	}
	if o.Project != "" {
		own = append(own, attribute.String("gcp.project_id", o.Project))
	}
	found := resource.NewSchemaless(own...)
	if o.CloudRun {
		found = t.merge(found, t.platform(ctx))
	}
	env, err := resource.New(ctx, resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		t.logger.LogAttrs(ctx, slog.LevelWarn, "OTEL_RESOURCE_ATTRIBUTES can't be read whole", slog.String("error", err.Error()))
	}
	return t.merge(found, env)
}

// merge returns a with what b says beside and instead. The two may be of
// different versions of the conventions, which loses nothing but that name.
func (t *Telemetry) merge(a, b *resource.Resource) *resource.Resource {
	both, err := resource.Merge(a, b)
	if err != nil && !errors.Is(err, resource.ErrSchemaURLConflict) {
		t.Handle(err)
	}
	if both == nil {
		return a
	}
	return both
}

// platform asks Cloud Run what runs where.
func (t *Telemetry) platform(ctx context.Context) *resource.Resource {
	ctx, cancel := context.WithTimeout(ctx, platformTime)
	defer cancel()
	r, err := gcp.NewDetector().Detect(ctx)
	if err != nil {
		t.logger.LogAttrs(ctx, slog.LevelWarn, "the platform does not say all about this instance", slog.String("error", err.Error()))
	}
	if r == nil {
		return resource.Empty()
	}
	var more []attribute.KeyValue
	if project, ok := r.Set().Value("cloud.account.id"); ok && t.options.Project == "" {
		more = append(more, attribute.String("gcp.project_id", project.AsString()))
	}
	if instance, ok := r.Set().Value("faas.instance"); ok {
		more = append(more, attribute.String("service.instance.id", instance.AsString()))
	}
	return t.merge(r, resource.NewSchemaless(more...))
}
