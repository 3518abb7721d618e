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

// Options say who is observed and where what is seen goes to. Exporters are
// chosen by OpenTelemetry's own OTEL_* variables of the process, which its
// libraries read themselves; see [Start].
type Options struct {
	Service string // "" is "stackroom"
	Version string
	// Project is the Google Cloud project of traces and metrics; "" asks the
	// platform where there is one.
	Project string
	// CloudRun says that the platform may be asked what runs where.
	CloudRun bool

	// Tools and Prompts are the names that metrics may have for labels. Every
	// other one counts as "other".
	Tools, Prompts []string

	// Spans get every span that is sampled, beside the exporter.
	Spans []sdktrace.SpanProcessor
	// Prometheus makes [Telemetry.Metrics] serve what is measured.
	Prometheus bool
	// TraceContent puts the arguments of calls into spans.
	TraceContent bool

	// Audit gets a line of JSON for each call of a tool and each reading of a
	// resource, each in one Write: see [NewLines]. Nil keeps no audit.
	Audit io.Writer
	// Console is where the exporters named "console" write. Nil is nowhere:
	// standard output may be a protocol's.
	Console io.Writer
	// Logger gets what goes wrong with observing. Nil drops it.
	Logger *slog.Logger
}

// Telemetry observes a server. Make one with [Start]; nil observes nothing,
// and every method of nil does nothing.
type Telemetry struct {
	options Options
	logger  *slog.Logger

	tracer  trace.Tracer  // nil if nobody takes traces
	sampler *ratioSampler // nil if OpenTelemetry's own decides
	meter   metric.Meter  // nil if nobody takes metrics
	*instruments
	scrape prometheus.Gatherer // nil if nobody may scrape
	audit  *auditor            // nil if there is none

	requests    atomic.Int64 // that are being answered
	connections atomic.Int64 // that are open

	spans    *sdktrace.TracerProvider
	measures *sdkmetric.MeterProvider
	stop     sync.Once
	lastWord atomic.Int64 // when an exporter's trouble was logged last, in Unix nanoseconds
}

// scope names the code that observes (OpenTelemetry, "Instrumentation Scope").
const scope = "github.com/stackroom-mcp/stackroom/pkg/telemetry"

// Start begins to observe. Of OTEL_TRACES_EXPORTER and OTEL_METRICS_EXPORTER
// each says where its signal goes: none, otlp or console. Without them there is OTLP where OTEL_EXPORTER_OTLP_ENDPOINT, or
// the signal's own variable, gives an address; otherwise nothing is exported
// and nobody is called. OTEL_SDK_DISABLED=true turns all of it off. OTLP to
// https://telemetry.googleapis.com is sent with the application's default
// credentials (https://cloud.google.com/stackdriver/docs/reference/telemetry/overview).
// OTEL_TRACES_SAMPLER and its argument choose what is sampled, and
// OTEL_RESOURCE_ATTRIBUTES adds to what the service says of itself
// (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
//
// It fails if a variable can't be meant or credentials are missing, not if a
// collector is away.
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

// newTelemetry returns a telemetry that sends nothing anywhere yet.
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
	o.Console = &turns{w: o.Console} // spans and metrics come at the same time
	return &Telemetry{options: o, logger: o.Logger, audit: newAuditor(o)}
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
		if t.sampler = samplerOf(); t.sampler != nil {
			options = append(options, sdktrace.WithSampler(t.sampler))
		}
		t.spans = sdktrace.NewTracerProvider(options...)
		t.tracer = t.spans.Tracer(scope)
	}
	if len(readers) == 0 {
		return nil
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(service)}
	for _, r := range readers {
		options = append(options, sdkmetric.WithReader(r))
	}
	t.measures = sdkmetric.NewMeterProvider(options...)
	t.meter = t.measures.Meter(scope)
	var err error
	if t.instruments, err = newInstruments(t); err != nil {
		return err
	}
	return contribruntime.Start(contribruntime.WithMeterProvider(t.measures))
}

// Shutdown sends out all that is left, as far as ctx allows, and ends
// observing. Calls that end later are audited still, so what is behind
// [Options].Audit is closed last.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if t == nil {
		return nil
	}
	var err error
	t.stop.Do(func() {
		// At the same time: one that can't reach its collector must not use up
		// what time the other has.
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

// Tracer returns what makes spans that go where those of calls go, or nil if
// nobody takes traces.
func (t *Telemetry) Tracer() trace.Tracer {
	if t == nil {
		return nil
	}
	return t.tracer
}

// wordEvery is how often trouble with exporting is logged at most.
const wordEvery = time.Minute

// Handle logs what goes wrong with exporting, at most once a minute. It
// implements OpenTelemetry's ErrorHandler, which the program sets once for all.
func (t *Telemetry) Handle(err error) {
	if t == nil || err == nil {
		return
	}
	now, last := time.Now().UnixNano(), t.lastWord.Load()
	if now-last < int64(wordEvery) || !t.lastWord.CompareAndSwap(last, now) {
		return
	}
	t.logger.LogAttrs(context.Background(), slog.LevelWarn, "telemetry can't be exported", slog.String("error", err.Error()))
}

// Metrics serves what was measured, in Prometheus's text format or as
// OpenMetrics, whichever the caller asks for. Without [Options].Prometheus
// there is nothing to serve.
func (t *Telemetry) Metrics() http.Handler {
	if t == nil || t.scrape == nil {
		return http.NotFoundHandler()
	}
	return scrapeHandler(t.scrape)
}
