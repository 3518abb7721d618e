package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// The values of [Operation].Method of a tool call that arrives otherwise than by MCP.
const (
	MethodREST = "rest"
	MethodPage = "page" // from a page for people
)

// Operation is what a caller asks for.
type Operation struct {
	Method    string // of MCP ("tools/call"), [MethodREST] or [MethodPage]
	Tool      string // name, for a tool call
	Prompt    string // name, for a prompt
	Protocol  string // revision of MCP, or "" if not known
	Transport string // "tcp" or "pipe" (OpenTelemetry, network.transport)

	// As the client says; cleaned before they are written.
	ClientName, ClientVersion string

	Principal string // the caller's subject, or "" without sign-in
	Library   string // ID of the one library that is asked, or ""

	// From params._meta (MCP, SEP-414).
	Traceparent, Tracestate, Baggage string

	// Arguments are the call's, for spans with [Options].TraceContent.
	Arguments []byte
}

// isTool reports whether op calls a tool.
func (op *Operation) isTool() bool { return op.Method == "tools/call" || isOutsideMCP(op.Method) }

// isOutsideMCP reports whether a method is not one of MCP.
func isOutsideMCP(method string) bool { return method == MethodREST || method == MethodPage }

// isAudited reports whether op reads from a library.
func (op *Operation) isAudited() bool { return op.isTool() || op.Method == "resources/read" }

// The values of [Outcome].Status.
const (
	StatusOK        = "ok"
	StatusToolError = "tool_error" // a result that says what failed
	StatusError     = "error"      // a JSON-RPC error instead of a result
)

// Outcome is how a call ended.
type Outcome struct {
	Status string
	Code   string // a library.Code, "protocol", or ""
	RPC    int64  // the JSON-RPC code of the answer; 0 if it is no error
	// Err is the cause unless the caller made the mistake; it holds no text of a
	// caller or a library.
	Err error
}

// Call is one operation in progress.
type Call struct {
	telemetry *Telemetry
	operation Operation
	begun     time.Time
	ctx       context.Context // of the call; for its trace
	span      trace.Span      // nil if it is not recorded

	mu       sync.Mutex
	touched  touched
	sentTo   string // the host that a question was sent to, or ""
	receipts []string
}

// callKey is the context key of a [*Call].
type callKey struct{}

// Begin starts to observe a call. It returns the context for the call, which has
// its span and takes what [Touched] reports. Each call ends with [Call.End],
// once.
func (t *Telemetry) Begin(ctx context.Context, op Operation) (context.Context, *Call) {
	if t == nil || t.tracer == nil && t.instruments == nil && !t.follows() {
		return ctx, nil
	}
	c := &Call{telemetry: t, operation: op, begun: time.Now()}
	ctx, c.span = t.startSpan(ctx, &c.operation)
	if t.follows() && op.isAudited() {
		ctx = context.WithValue(ctx, callKey{}, c)
	}
	c.ctx = ctx
	return ctx, c
}

// End writes the outcome of a call to metrics, span and audit.
func (c *Call) End(o Outcome) {
	if c == nil {
		return
	}
	took := time.Since(c.begun)
	ctx := context.Background()
	if c.span != nil {
		ctx = c.ctx // so that measurements have an exemplar
	}
	c.telemetry.instruments.measure(ctx, &c.operation, &o, took)
	if c.telemetry.follows() && c.operation.isAudited() {
		c.follow(&o, took)
	}
	if c.span != nil {
		endSpan(c.span, &o)
	}
}

// Touched records for the audit that the call in ctx gave its caller something
// of these items ("group:4711/ABCD2345") or, for lists of a whole library, of
// these libraries ("group:4711"). Outside a call it does nothing.
func Touched(ctx context.Context, items ...string) {
	c, ok := ctx.Value(callKey{}).(*Call)
	if !ok {
		return
	}
	c.mu.Lock()
	c.touched.add(items)
	c.mu.Unlock()
}

// Sending is text of a library that goes to another service.
type Sending struct {
	To      string // the service's host
	Library string // whose works are sent; "" for a question
	Works   int    // 0 for a question
	Chars   int
}

// Sent records for the audit that text was sent to another service: a question in the
// event of the call in ctx, works in an event of their own.
func (t *Telemetry) Sent(ctx context.Context, s Sending) {
	if t == nil || t.auditor == nil {
		return
	}
	if s.Works > 0 {
		t.auditSending(ctx, &s)
		return
	}
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		c.mu.Lock()
		c.sentTo = s.To
		c.mu.Unlock()
	}
}

// Wrote counts a plan that a tool carried out, and records the name of its receipt for
// the audit of the call in ctx. The outcome is done, partly, refused or stopped.
func (t *Telemetry) Wrote(ctx context.Context, tool, outcome, receipt string) {
	if t == nil {
		return
	}
	if i := t.instruments; i != nil {
		i.writes.Add(context.Background(), 1, metric.WithAttributes(
			attribute.String("gen_ai.tool.name", closedList(i.tools, tool)), attribute.String("outcome", closed(knownWrites, outcome))))
	}
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		c.mu.Lock()
		c.receipts = append(c.receipts, receipt)
		c.mu.Unlock()
	}
}
