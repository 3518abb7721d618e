//go:build pins

package identity

import (
	_ "cloud.google.com/go/secretmanager/apiv1"
	_ "cloud.google.com/go/storage"
	_ "github.com/GoogleCloudPlatform/opentelemetry-operations-go/propagator"
	_ "github.com/coreos/go-oidc/v3/oidc"
	_ "github.com/dghubble/oauth1"
	_ "github.com/fsouza/fake-gcs-server/fakestorage"
	_ "github.com/go-jose/go-jose/v4"
	_ "go.opentelemetry.io/contrib/detectors/gcp"
	_ "go.opentelemetry.io/contrib/exporters/autoexport"
	_ "go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	_ "go.opentelemetry.io/contrib/instrumentation/runtime"
	_ "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	_ "go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	_ "go.opentelemetry.io/otel/exporters/prometheus"
	_ "go.opentelemetry.io/otel/sdk/trace"
	_ "go.opentelemetry.io/otel/sdk/metric"
	_ "go.opentelemetry.io/otel/semconv/v1.41.0/mcpconv"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "golang.org/x/oauth2/google"
	_ "google.golang.org/grpc/credentials/oauth"
	_ "golang.org/x/time/rate"
)
