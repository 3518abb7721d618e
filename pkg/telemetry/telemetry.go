package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	contribruntime "go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Options configure what is reported and where to. OpenTelemetry's own OTEL_*
// variables of the process choose the exporters; see [Start].
type Options struct {
	Service string // "" is "stackroom"
	Version string
	// Project is the Google Cloud project of traces and metrics; "" is the
	// platform's own, on Cloud Run.
	Project string
	// CloudRun allows requests to the platform's metadata server.
	CloudRun bool

	// Tools and Prompts are the names that metrics have as labels. Other names
	// count as "other".
	Tools, Prompts []string

	// Spans get every sampled span, in addition to the exporter.
	Spans []sdktrace.SpanProcessor
	// Prometheus makes [Telemetry.Metrics] serve the metrics.
	Prometheus bool
	// TraceContent adds the arguments of calls to spans.
	TraceContent bool

	// Audit gets a line of JSON for each tool call and each read of a resource,
	// each in one Write: see [NewLines]. Nil keeps no audit.
	Audit io.Writer
	// Called gets each tool call and each read of a resource as it ends, and must not
	// block. Nil gets none.
	Called func(Ended)
	// Console is where the exporters named "console" write. Nil discards their
	// output: on stdio, standard output belongs to the protocol.
	Console io.Writer
	// Logger gets the errors of telemetry itself. Nil discards them.
	Logger *slog.Logger
}

// Telemetry observes a server. [Start] makes one. The methods of a nil Telemetry
// do nothing.
type Telemetry struct {
	options Options
	logger  *slog.Logger

	tracer trace.Tracer // nil without traces
	meter  metric.Meter // nil without metrics
	*instruments
	scrape  prometheus.Gatherer // nil without Prometheus
	auditor *handler            // nil without an audit

	requests    atomic.Int64 // in progress
	connections atomic.Int64 // open

	spans    provider // nil without traces
	measures provider // nil without metrics
	stop     sync.Once
	lastLine atomic.Int64 // when [Telemetry.Handle] last logged, in Unix nanoseconds
}

// provider is a provider of traces or metrics. As an interface it keeps the packages that
// import this one from compiling the SDK's generic aggregations again.
type provider interface {
	Shutdown(ctx context.Context) error
}

// scope names the instrumenting code (OpenTelemetry, "Instrumentation Scope").
const scope = "github.com/stackroom-mcp/stackroom/pkg/telemetry"

// Start starts telemetry. OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER choose
// the exporter of their signal: none, otlp or console. Without them a signal is
// exported by OTLP if OTEL_EXPORTER_OTLP_ENDPOINT, or the signal's own variable,
// gives an address, and not exported otherwise. OTEL_SDK_DISABLED=true disables
// all exporters. OTLP to https://telemetry.googleapis.com carries the
// application's default credentials
// (https://cloud.google.com/stackdriver/docs/reference/telemetry/overview).
// OTEL_TRACES_SAMPLER and its argument choose what is sampled, and
// OTEL_RESOURCE_ATTRIBUTES adds attributes to the service
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
//
// It fails if a variable is invalid or credentials are missing. It does not fail
// if a collector is unreachable.
func Start(ctx context.Context, o Options) (*Telemetry, error) {
	t := newTelemetry(o)
	spans, err := spanExporter(ctx, t.options)
	if err != nil {
		return nil, err
	}
	readers, err := t.metricReaders(ctx)
	if err != nil {
		return nil, err
	}
	processors := slices.Clip(o.Spans)
	if spans != nil {
		processors = append(processors, sdktrace.NewBatchSpanProcessor(spans))
	}
	if err := t.begin(ctx, processors, readers); err != nil {
		return nil, err
	}
	return t, nil
}

// newTelemetry returns a Telemetry without exporters.
func newTelemetry(o Options) *Telemetry {
	if o.Service == "" {
		o.Service = "stackroom"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Console == nil {
		o.Console = io.Discard
	}
	o.Console = &lockedWriter{w: o.Console} // both signals write to it
	return &Telemetry{options: o, logger: o.Logger, auditor: newAuditor(o)}
}

// begin sets up traces, if there are processors, and metrics, if there are
// readers.
func (t *Telemetry) begin(ctx context.Context, spans []sdktrace.SpanProcessor, readers []sdkmetric.Reader) error {
	if len(spans) == 0 && len(readers) == 0 {
		return nil
	}
	service := t.resource(ctx)
	if len(spans) > 0 {
		options := []sdktrace.TracerProviderOption{sdktrace.WithResource(service)}
		for _, p := range spans {
			options = append(options, sdktrace.WithSpanProcessor(p))
		}
		tracers := sdktrace.NewTracerProvider(options...)
		t.spans, t.tracer = tracers, tracers.Tracer(scope)
	}
	if len(readers) == 0 {
		return nil
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(service)}
	for _, r := range readers {
		options = append(options, sdkmetric.WithReader(r))
	}
	meters := sdkmetric.NewMeterProvider(options...)
	t.measures, t.meter = meters, meters.Meter(scope)
	var err error
	if t.instruments, err = newInstruments(t); err != nil {
		return err
	}
	return contribruntime.Start(contribruntime.WithMeterProvider(meters))
}

// Shutdown exports what is left, within ctx, and stops the exporters. Calls that
// end later are still audited, so close [Options].Audit last.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if t == nil {
		return nil
	}
	var err error
	t.stop.Do(func() {
		// At the same time: a signal whose collector is unreachable must not use
		// up the time of the other.
		var both sync.WaitGroup
		var spans, measures error
		if t.spans != nil {
			both.Go(func() { spans = t.spans.Shutdown(ctx) })
		}
		if t.measures != nil {
			both.Go(func() { measures = t.measures.Shutdown(ctx) })
		}
		both.Wait()
		err = errors.Join(spans, measures)
	})
	return err
}

// Tracer returns the tracer of the calls' spans, or nil without traces.
func (t *Telemetry) Tracer() trace.Tracer {
	if t == nil {
		return nil
	}
	return t.tracer
}

// lineInterval is the least time between two logged errors of exporters.
const lineInterval = time.Minute

// Handle logs an error of an exporter, at most one a minute. It implements
// OpenTelemetry's ErrorHandler, which the program sets once for the process.
func (t *Telemetry) Handle(err error) {
	if t == nil || err == nil {
		return
	}
	now, last := time.Now().UnixNano(), t.lastLine.Load()
	if now-last < int64(lineInterval) || !t.lastLine.CompareAndSwap(last, now) {
		return
	}
	t.logger.LogAttrs(context.Background(), slog.LevelWarn, "telemetry can't be exported", slog.String("error", err.Error()))
}

// Metrics serves the metrics in Prometheus's text format or as OpenMetrics, as
// the Accept header asks. Without [Options].Prometheus it answers 404.
func (t *Telemetry) Metrics() http.Handler {
	if t == nil || t.scrape == nil {
		return http.NotFoundHandler()
	}
	return scrapeHandler(t.scrape)
}
