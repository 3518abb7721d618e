package telemetry

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// ratioSampler is OpenTelemetry's parentbased_traceidratio for the requests
// that nobody traced before us, which are most: it decides before a span is
// made, because making spans that nobody will see costs more than all else
// that is done to observe such a call.
type ratioSampler struct {
	sdktrace.Sampler // for everything else
	ratio            float64
}

// samplerOf returns the sampler that OTEL_TRACES_SAMPLER asks for, or nil,
// which leaves it to OpenTelemetry to make that one.
func samplerOf() *ratioSampler {
	if os.Getenv("OTEL_TRACES_SAMPLER") != "parentbased_traceidratio" {
		return nil
	}
	ratio, err := strconv.ParseFloat(os.Getenv("OTEL_TRACES_SAMPLER_ARG"), 64)
	if err != nil || !(ratio >= 0 && ratio <= 1) {
		return nil
	}
	return &ratioSampler{sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio)), ratio}
}

// The verdicts on a request that begins a trace.
const (
	undecided = iota
	traced
	untraced
)

// decide returns the verdict on a request. A nil sampler decides later.
func (s *ratioSampler) decide() int {
	switch {
	case s == nil:
		return undecided
	case rand.Float64() < s.ratio: //nolint:gosec // chooses what to look at, and guards nothing
		return traced
	}
	return untraced
}

// ShouldSample implements [sdktrace.Sampler]. What was decided of a request
// holds for every trace that begins within it.
func (s *ratioSampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	if !trace.SpanContextFromContext(p.ParentContext).IsValid() {
		switch verdict(p.ParentContext) {
		case traced:
			return sdktrace.AlwaysSample().ShouldSample(p)
		case untraced:
			return sdktrace.NeverSample().ShouldSample(p)
		}
	}
	return s.Sampler.ShouldSample(p)
}

// verdict returns what was decided of the request in ctx.
func verdict(ctx context.Context) int {
	if r, ok := ctx.Value(requestKey{}).(*received); ok {
		return r.verdict
	}
	return undecided
}
