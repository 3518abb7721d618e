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

// platformTime bounds the detection of the platform.
const platformTime = 3 * time.Second

// resource returns the attributes of this process. A failed detection is logged,
// not fatal. OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME take precedence.
func (t *Telemetry) resource(ctx context.Context) *resource.Resource {
	o := t.options
	own := []attribute.KeyValue{
		attribute.String("service.name", o.Service),
		attribute.String("service.version", o.Version),
		// Two instances must not write the same series.
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
		t.logger.LogAttrs(ctx, slog.LevelWarn, "part of OTEL_RESOURCE_ATTRIBUTES can't be read", slog.String("error", err.Error()))
	}
	return t.merge(found, env)
}

// merge returns the attributes of a and b; where both have one, b's. If the two
// are of different versions of the conventions, the result has no version.
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

// platform returns the attributes of this instance on Cloud Run.
func (t *Telemetry) platform(ctx context.Context) *resource.Resource {
	ctx, cancel := context.WithTimeout(ctx, platformTime)
	defer cancel()
	r, err := gcp.NewDetector().Detect(ctx)
	if err != nil {
		t.logger.LogAttrs(ctx, slog.LevelWarn, "part of the platform's metadata can't be read", slog.String("error", err.Error()))
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
