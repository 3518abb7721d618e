package main

import (
	"context"
	"io"
	"net/http"
	"slices"
)

// What telemetry may cost, as a share of the calls of a server without it.
const (
	leastSampled   = 0.90 // with a tenth of the calls traced
	leastUnsampled = 0.95 // with none of them traced
)

// againstSilence compares Stackroom with metrics, log, audit, limits and
// traces with one that has none of them.
func (b *bench) againstSilence(ctx context.Context) ([]kind, []comparison, error) {
	collector := b.options.otlp
	if collector == "" {
		var err error
		if collector, err = serveHere(ctx, http.HandlerFunc(swallow)); err != nil {
			return nil, nil, err
		}
	}
	env, err := b.library(ctx)
	if err != nil {
		return nil, nil, err
	}
	off, err := b.serve(ctx, quiet, append(env, "LOG_LEVEL=error", "RATE_LIMIT_MAX=0")...)
	if err != nil {
		return nil, nil, err
	}
	// Metrics go to the collector too: an address for Prometheus beside it would
	// count everything twice, for a reader that isn't there.
	all := slices.Concat(env, []string{"LOG_LEVEL=info", "RATE_LIMIT_MAX=1000000", "RATE_LIMIT_WINDOW=1s",
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_TRACES_SAMPLER=parentbased_traceidratio"})
	sampled, err := b.serve(ctx, "sampled", append(all, "OTEL_TRACES_SAMPLER_ARG=0.1")...)
	if err != nil {
		return nil, nil, err
	}
	unsampled, err := b.serve(ctx, "unsampled", append(all, "OTEL_TRACES_SAMPLER_ARG=0")...)
	if err != nil {
		return nil, nil, err
	}
	calls := searchCalls(b.options.era, b.queries)
	kinds := []kind{
		{name: "search, nothing observed", target: off, requests: calls},
		{name: "search, all observed, traces at 0.1", target: sampled, requests: calls},
		{name: "search, all observed, traces at 0", target: unsampled, requests: calls},
	}
	return kinds, []comparison{
		{name: "traces at 0.1 / nothing", of: 1, to: 0, atLeast: leastSampled},
		{name: "traces at 0 / nothing", of: 2, to: 0, atLeast: leastUnsampled},
	}, nil
}

// swallow takes all that is sent, as a collector that keeps up would.
func swallow(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a client that leaves is none of ours
	w.Header().Set("Content-Type", "application/x-protobuf")
}
