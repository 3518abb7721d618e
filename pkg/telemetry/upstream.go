package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// upstreamInstruments measure the requests to upstreams.
type upstreamInstruments struct {
	duration    metric.Float64Histogram
	requests    metric.Int64Counter
	retries     metric.Int64Counter
	transitions metric.Int64Counter
	cache       metric.Int64Counter
	state       metric.Int64Gauge
}

func newUpstreamInstruments(b *builder) *upstreamInstruments {
	u := &upstreamInstruments{
		duration:    b.histogram("stackroom.upstream.request.duration", "Duration of exchanges with an upstream."),
		requests:    b.counter("stackroom.upstream.requests", "{request}", "Requests to an upstream, by outcome; held ones were not sent."),
		retries:     b.counter("stackroom.upstream.retries", "{attempt}", "Retries, by why the attempt before failed."),
		transitions: b.counter("stackroom.upstream.breaker.transitions", "{transition}", "Changes of the circuit breaker's state."),
		cache:       b.counter("stackroom.upstream.cache.results", "{call}", "Cache results of calls: hit, miss, revalidate, stale; coalesced calls joined another."),
	}
	state, err := b.meter.Int64Gauge("stackroom.upstream.breaker.state",
		metric.WithDescription("State of the circuit breaker: 0 closed, 1 half open, 2 open."))
	b.keep(err)
	u.state = state
	return u
}

// UpstreamMeter measures one upstream. It is safe for concurrent use. The methods
// of a nil UpstreamMeter do nothing. Arguments are those of pkg/upstream's hooks;
// other values count as "other".
type UpstreamMeter struct {
	*upstreamInstruments
	name attribute.KeyValue

	mu      sync.RWMutex
	options map[[3]string][]metric.AddOption
	times   map[string][]metric.RecordOption
}

// Upstream returns the meter of an upstream. The name ("zotero") comes from the
// program, never from a caller.
func (t *Telemetry) Upstream(name string) *UpstreamMeter {
	if t == nil || t.instruments == nil {
		return nil
	}
	m := &UpstreamMeter{
		upstreamInstruments: t.upstream, name: attribute.String("upstream", name),
		options: map[[3]string][]metric.AddOption{}, times: map[string][]metric.RecordOption{},
	}
	m.state.Record(context.Background(), 0, metric.WithAttributes(m.name))
	return m
}

// Request counts an exchange and records its duration.
func (m *UpstreamMeter) Request(outcome string, took time.Duration) {
	if m == nil {
		return
	}
	outcome = closed(knownOutcomes, outcome)
	m.requests.Add(context.Background(), 1, m.with("outcome", outcome, "")...)
	if outcome != "held" { // a held request was not sent
		m.duration.Record(context.Background(), took.Seconds(), m.timed(outcome)...)
	}
}

// Retry counts a retry.
func (m *UpstreamMeter) Retry(reason string) {
	if m != nil {
		m.retries.Add(context.Background(), 1, m.with("reason", closed(knownOutcomes, reason), "")...)
	}
}

// Breaker counts a change of the circuit breaker and records its state.
func (m *UpstreamMeter) Breaker(from, to string) {
	if m == nil {
		return
	}
	from, to = closed(knownBreakerStates, from), closed(knownBreakerStates, to)
	m.transitions.Add(context.Background(), 1, m.with("from", from, to)...)
	m.state.Record(context.Background(), stateNumber(to), metric.WithAttributes(m.name))
}

// Cache counts the cache result of a call.
func (m *UpstreamMeter) Cache(result string) {
	if m != nil {
		m.cache.Add(context.Background(), 1, m.with("result", closed(knownCacheResults, result), "")...)
	}
}

// stateNumber returns a breaker's state as a number: 0 closed, 1 half open, 2
// open.
func stateNumber(state string) int64 {
	switch state {
	case "open":
		return 2
	case "half_open":
		return 1
	}
	return 0
}

// with returns the options for a label's value, made once; to is the value of
// the label "to", or "".
func (m *UpstreamMeter) with(label, value, to string) []metric.AddOption {
	k := [3]string{label, value, to}
	m.mu.RLock()
	options := m.options[k]
	m.mu.RUnlock()
	if options != nil {
		return options
	}
	attributes := []attribute.KeyValue{m.name, attribute.String(label, value)}
	if to != "" {
		attributes = append(attributes, attribute.String("to", to))
	}
	options = []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(attributes...))}
	m.mu.Lock()
	m.options[k] = options
	m.mu.Unlock()
	return options
}

// timed returns the options of the histogram for an outcome, made once.
func (m *UpstreamMeter) timed(outcome string) []metric.RecordOption {
	m.mu.RLock()
	options := m.times[outcome]
	m.mu.RUnlock()
	if options != nil {
		return options
	}
	options = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(m.name, attribute.String("outcome", outcome)))}
	m.mu.Lock()
	m.times[outcome] = options
	m.mu.Unlock()
	return options
}
