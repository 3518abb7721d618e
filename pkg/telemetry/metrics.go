package telemetry

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.41.0/mcpconv"
)

// instruments are the counters and histograms. Methods of nil do nothing.
type instruments struct {
	tools, prompts []string // closed sets

	operation mcpconv.ServerOperationDuration
	tool      metric.Float64Histogram
	inFlight  metric.Float64Histogram
	refusals  metric.Int64Counter
	lookups   metric.Int64Counter
	writes    metric.Int64Counter
	upstream  *upstreamInstruments

	mu         sync.RWMutex
	series     map[kind]*series // bounded by the products of the closed sets
	executions map[execution]*executions
}

// execution are the labels of a tool execution, and executions counts those with
// the same labels.
type (
	execution  struct{ tool, status string }
	executions struct {
		atomic.Int64
		attributes metric.MeasurementOption
	}
)

// kind are the labels of a call's metrics. Each field comes from a closed set.
type kind struct {
	method, tool, prompt, protocol, transport, status string
	rpc                                               int64
}

// series are the measurement options of a kind, made once.
type series struct {
	operation  []metric.RecordOption // none for REST
	tool       []metric.RecordOption // none if it is no tool call
	executions *executions
}

// newInstruments returns the instruments of t.
func newInstruments(t *Telemetry) (*instruments, error) {
	i := &instruments{tools: t.options.Tools, prompts: t.options.Prompts, series: map[kind]*series{}, executions: map[execution]*executions{}}
	b := &builder{meter: t.meter}
	// The conventions' buckets for MCP, in seconds.
	buckets := metric.WithExplicitBucketBoundaries(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300)
	i.operation, b.err = mcpconv.NewServerOperationDuration(t.meter, buckets)
	i.tool = b.histogram("mcp.tool.duration", "Duration of tool calls.")
	b.keep(i.countExecutions(t.meter))
	i.inFlight = b.shares("stackroom.in_flight.utilization", "Share of the limit of calls in flight that is in use when a call arrives.")
	i.refusals = b.counter("stackroom.refusals", "{request}", "Requests refused by a limit or a check, by reason.")
	i.lookups = b.counter("stackroom.secret.lookups", "{lookup}", "Lookups of secrets, by outcome.")
	i.writes = b.counter("stackroom.writes", "{plan}", "Plans of changes that were carried out, by tool and outcome.")
	i.upstream = newUpstreamInstruments(b)
	b.gauge("mcp.active_connections", "{connection}", "Open connections.", func() int64 { return t.connections.Load() })
	b.gauge("http.server.active_requests", "{request}", "Requests in progress.", func() int64 { return t.requests.Load() })
	return i, b.err
}

// measure counts and times a call.
func (i *instruments) measure(ctx context.Context, op *Operation, o *Outcome, took time.Duration) {
	if i == nil {
		return
	}
	s := i.of(op, o)
	seconds := took.Seconds()
	if s.operation != nil {
		i.operation.Float64Histogram.Record(ctx, seconds, s.operation...)
	}
	if s.tool != nil {
		i.tool.Record(ctx, seconds, s.tool...)
		s.executions.Add(1)
	}
}

// countExecutions makes the counter of tool executions, which is read when
// metrics are collected: counting an execution is one atomic addition.
func (i *instruments) countExecutions(meter metric.Meter) error {
	_, err := meter.Int64ObservableCounter("mcp.tool.executions", metric.WithUnit("{call}"), metric.WithDescription("Tool calls, by outcome."),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			i.mu.RLock()
			defer i.mu.RUnlock()
			for _, e := range i.executions {
				o.Observe(e.Load(), e.attributes)
			}
			return nil
		}))
	return err
}

// of returns the series of a call.
func (i *instruments) of(op *Operation, o *Outcome) *series {
	k := kind{method: op.Method, protocol: op.Protocol, transport: op.Transport, status: o.Status, rpc: o.RPC}
	if op.isTool() {
		k.tool = op.Tool
	}
	if op.Method == "prompts/get" {
		k.prompt = op.Prompt
	}
	i.mu.RLock()
	s := i.series[k] // present only if each label is of its closed set
	i.mu.RUnlock()
	if s != nil {
		return s
	}
	k = kind{
		method: closed(knownMethods, k.method), protocol: closed(knownProtocols, k.protocol), transport: closed(knownTransports, k.transport),
		status: closed(knownStatuses, k.status), rpc: closedRPC(k.rpc), tool: closedList(i.tools, k.tool), prompt: closedList(i.prompts, k.prompt),
	}
	if op.isTool() && k.tool == "" {
		k.tool = other
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.series[k] == nil {
		i.series[k] = i.newSeries(&k)
	}
	return i.series[k]
}

// newSeries returns the series of a kind. The caller holds the lock.
func (i *instruments) newSeries(k *kind) *series {
	s := &series{}
	if k.tool != "" {
		tool, which := attribute.String("tool_name", k.tool), execution{k.tool, k.status}
		s.tool = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(tool))}
		if i.executions[which] == nil {
			i.executions[which] = &executions{attributes: metric.WithAttributeSet(attribute.NewSet(tool, attribute.String("status", k.status)))}
		}
		s.executions = i.executions[which]
	}
	if isOutsideMCP(k.method) {
		return s
	}
	all := []attribute.KeyValue{attrMethod.String(k.method)}
	add := func(key attribute.Key, value string) {
		if value != "" {
			all = append(all, key.String(value))
		}
	}
	add(attrTool, k.tool)
	if k.tool != "" {
		add(attrGenAI, "execute_tool")
	}
	add(attrPrompt, k.prompt)
	add(attrProtocol, k.protocol)
	add(attrTransport, k.transport)
	o := &Outcome{Status: k.status, RPC: k.rpc}
	add(attrErrorType, errorType(o))
	if k.rpc != 0 {
		add(attrRPCStatus, rpcName(k.rpc))
	}
	s.operation = []metric.RecordOption{metric.WithAttributeSet(attribute.NewSet(all...))}
	return s
}

// errorType returns the conventions' error.type: "tool_error" for a result that
// says what failed, and otherwise the JSON-RPC code.
func errorType(o *Outcome) string {
	switch {
	case o.Status == StatusOK || o.Status == "":
		return ""
	case o.Status == StatusToolError:
		return StatusToolError
	case o.RPC != 0:
		return rpcName(closedRPC(o.RPC))
	}
	return "_OTHER"
}

// unknownRPC stands for all unknown JSON-RPC codes.
const unknownRPC = 1

// closedRPC returns a code of JSON-RPC or MCP as it is, and unknownRPC for
// others.
func closedRPC(code int64) int64 {
	switch code {
	case 0, -32700, -32600, -32601, -32602, -32603,
		-32000, -32001, -32002, -32003, -32004, -32020, -32021, -32022, -32023, -32042:
		return code
	}
	return unknownRPC
}

// rpcName returns the label of a code of the closed set.
func rpcName(code int64) string {
	if code == unknownRPC {
		return other
	}
	return strconv.FormatInt(code, 10)
}

// Refused counts a request that a limit or a check refused. kind is one of
// [knownRefusals], for example "principal" or "in_flight".
func (t *Telemetry) Refused(kind string) {
	if t == nil || t.instruments == nil {
		return
	}
	t.refusals.Add(context.Background(), 1, metric.WithAttributes(attribute.String("kind", closed(knownRefusals, kind))))
}

// InFlight records the share of the limit of calls in flight, from 0 to 1, that
// is in use when a call arrives.
func (t *Telemetry) InFlight(utilization float64) {
	if t == nil || t.instruments == nil {
		return
	}
	t.inFlight.Record(context.Background(), utilization)
}

// builder creates instruments and keeps the first error.
type builder struct {
	meter metric.Meter
	err   error
}

func (b *builder) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

// histogram creates a histogram of seconds.
func (b *builder) histogram(name, description string) metric.Float64Histogram {
	h, err := b.meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60))
	b.keep(err)
	return h
}

// shares creates a histogram of shares from 0 to 1.
func (b *builder) shares(name, description string) metric.Float64Histogram {
	h, err := b.meter.Float64Histogram(name, metric.WithUnit("1"), metric.WithDescription(description),
		metric.WithExplicitBucketBoundaries(0.1, 0.25, 0.5, 0.75, 0.9, 0.99))
	b.keep(err)
	return h
}

func (b *builder) counter(name, unit, description string) metric.Int64Counter {
	c, err := b.meter.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(description))
	b.keep(err)
	return c
}

// gauge creates a gauge that calls read when metrics are collected.
func (b *builder) gauge(name, unit, description string, read func() int64) {
	_, err := b.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(description),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(read())
			return nil
		}))
	b.keep(err)
}
