package telemetry

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	promexporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutmetric"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// The exporters that OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER may name.
const (
	exportNone    = "none"
	exportConsole = "console"
	exportGoogle  = "google" // not OpenTelemetry's: OTLP to Google
	exportOTLP    = "otlp"
)

// The protocols of OTLP that OTEL_EXPORTER_OTLP_PROTOCOL may name
// (https://opentelemetry.io/docs/specs/otel/protocol/exporter/).
const (
	protocolHTTP = "http/protobuf" // the default
	protocolGRPC = "grpc"
)

// protocolOf returns the protocol of a signal's OTLP in the environment.
func protocolOf(signal string) string {
	return cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), protocolHTTP)
}

// errUnsupported is the error for an exporter or a protocol that is not built in.
func errUnsupported(signal, exporter string) error {
	if exporter != exportOTLP {
		return fmt.Errorf("OTEL_%s_EXPORTER is %q: the exporters are %s, %s and %s; STACKROOM_METRICS_ADDR serves Prometheus", signal, exporter, exportOTLP, exportConsole, exportNone)
	}
	return fmt.Errorf("the OTLP protocol is %q: the protocols are %s and %s", protocolOf(signal), protocolHTTP, protocolGRPC)
}

// exporterOf returns the exporter of a signal ("TRACES" or "METRICS") in the
// process's environment. The specification's default is OTLP to this machine;
// ours is none, because a laptop has no collector.
func exporterOf(signal string) string {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return exportNone
	}
	endpoint := os.Getenv("OTEL_EXPORTER_OTLP_" + signal + "_ENDPOINT")
	if endpoint == "" {
		endpoint = os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")
	}
	name := os.Getenv("OTEL_" + signal + "_EXPORTER")
	switch {
	case name == "" && endpoint == "":
		return exportNone
	case name != "" && name != exportOTLP:
		return name
	case isGoogle(endpoint):
		return exportGoogle
	}
	return exportOTLP
}

// spanExporter returns the exporter of spans, or nil for none.
func spanExporter(ctx context.Context, o Options) (sdktrace.SpanExporter, error) {
	var e sdktrace.SpanExporter
	var err error
	switch exporterOf("TRACES") {
	case exportNone:
		return nil, nil
	case exportConsole:
		e, err = stdouttrace.New(stdouttrace.WithWriter(o.Console))
	case exportGoogle:
		var credentials applicationDefault
		if credentials, err = newApplicationDefault(ctx); err == nil {
			e, err = otlptracegrpc.New(ctx, otlptracegrpc.WithDialOption(credentials.perCall()))
		}
	default:
		e, err = otlpSpanExporter(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("traces can't be exported as the OTEL_ variables say: %w", err)
	}
	return e, nil
}

// otlpSpanExporter returns the exporter that OTEL_TRACES_EXPORTER and the
// protocol variables name. The exporter reads its address from the OTEL_
// variables.
func otlpSpanExporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	exporter := exporterOf("TRACES")
	switch {
	case exporter == exportOTLP && protocolOf("TRACES") == protocolGRPC:
		return otlptracegrpc.New(ctx)
	case exporter == exportOTLP && protocolOf("TRACES") == protocolHTTP:
		return otlptracehttp.New(ctx)
	}
	return nil, errUnsupported("TRACES", exporter)
}

// metricReaders returns the readers of metrics: one that pushes, one for
// Prometheus, both or none.
func (t *Telemetry) metricReaders(ctx context.Context) ([]sdkmetric.Reader, error) {
	var readers []sdkmetric.Reader
	pushed, err := metricReader(ctx, t.options)
	if err != nil {
		return nil, fmt.Errorf("metrics can't be exported as the OTEL_ variables say: %w", err)
	}
	if pushed != nil {
		readers = append(readers, pushed)
	}
	if t.options.Prometheus {
		scraped, err := t.prometheusReader()
		if err != nil {
			return nil, err
		}
		readers = append(readers, scraped)
	}
	return readers, nil
}

// metricReader returns the reader that pushes metrics, or nil for none.
func metricReader(ctx context.Context, o Options) (sdkmetric.Reader, error) {
	e, err := metricExporter(ctx, o)
	if e == nil || err != nil {
		return nil, err
	}
	return sdkmetric.NewPeriodicReader(e), nil
}

// metricExporter returns the exporter of metrics, or nil for none.
func metricExporter(ctx context.Context, o Options) (sdkmetric.Exporter, error) {
	exporter := exporterOf("METRICS")
	switch {
	case exporter == exportNone:
		return nil, nil
	case exporter == exportConsole:
		return stdoutmetric.New(stdoutmetric.WithWriter(o.Console))
	case exporter == exportGoogle:
		credentials, err := newApplicationDefault(ctx)
		if err != nil {
			return nil, err
		}
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithDialOption(credentials.perCall()))
	case exporter == exportOTLP && protocolOf("METRICS") == protocolGRPC:
		return otlpmetricgrpc.New(ctx)
	case exporter == exportOTLP && protocolOf("METRICS") == protocolHTTP:
		return otlpmetrichttp.New(ctx)
	}
	return nil, errUnsupported("METRICS", exporter)
}

// prometheusReader returns the reader for Prometheus. It has its own registry,
// so that metrics of other libraries are not served.
func (t *Telemetry) prometheusReader() (sdkmetric.Reader, error) {
	registry := prometheus.NewRegistry()
	t.scrape = registry
	return promexporter.New(promexporter.WithRegisterer(registry), promexporter.WithoutScopeInfo())
}

// scrapeHandler serves the metrics in g.
func scrapeHandler(g prometheus.Gatherer) http.Handler {
	return promhttp.HandlerFor(g, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// lockedWriter makes the writes to w exclusive.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements [io.Writer].
func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
