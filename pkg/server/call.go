package server

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// calls stands around every call, whichever way it came in: it bounds its
// time, survives its panic, writes its line in the log, and lets telemetry see
// it.
type calls struct {
	logger    *slog.Logger
	telemetry *telemetry.Telemetry
	transport string // as telemetry names it
	slow      time.Duration
	timeout   time.Duration
	running   atomic.Int64
	// stopping ends what would otherwise go on for ever: subscriptions.
	stopping context.Context
}

// newCalls returns what stands around the calls of a server with options o.
// Subscriptions end with stopping.
func newCalls(stopping context.Context, o Options) *calls {
	return &calls{
		logger: o.Logger, telemetry: o.Telemetry, transport: overNetwork, slow: o.SlowCall,
		timeout: o.RequestTimeout, stopping: stopping,
	}
}

// drainTick is how often a stopping server looks whether calls still run.
const drainTick = 10 * time.Millisecond

// wait returns when no call runs or ctx has ended.
func (c *calls) wait(ctx context.Context) {
	tick := time.NewTicker(drainTick)
	defer tick.Stop()
	for c.running.Load() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// middleware is the receiving middleware of the edge. It is registered alone
// and last, so it is outermost: what any other does is inside.
func (c *calls) middleware(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if telemetry.RequestID(ctx) == "" {
			ctx = telemetry.WithRequestID(ctx, newRequestID())
		}
		start := time.Now()
		ctx, seen := c.begin(ctx, method, req)
		result, cause := c.run(ctx, method, req, next)
		err := cause
		if cause != nil {
			// The SDK returns a typed nil beside an error: don't touch result.
			result, err = public(method, cause)
		}
		f := find(result, cause)
		seen.End(f.ended(err))
		c.observe(ctx, f, method, req, time.Since(start))
		return result, err
	}
}

// run runs one call within its bounds.
func (c *calls) run(ctx context.Context, method string, req mcp.Request, next mcp.MethodHandler) (mcp.Result, error) {
	switch method {
	case "tools/call", "prompts/get", "resources/read", "completion/complete":
		ctx, cancel := c.bounded(ctx)
		defer cancel()
		c.running.Add(1)
		defer c.running.Add(-1)
		return await(ctx, func(ctx context.Context) (mcp.Result, error) { return next(ctx, method, req) })
	case "subscriptions/listen":
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(c.stopping, cancel)()
		return guard(func() (mcp.Result, error) { return next(ctx, method, req) })
	}
	// The rest is the SDK's own and reads what is in memory.
	return guard(func() (mcp.Result, error) { return next(ctx, method, req) })
}

// bounded returns a context that ends when the call's time is up or its
// caller is gone.
func (c *calls) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	if carrier := carrier(ctx); carrier != nil {
		stop := context.AfterFunc(carrier, cancel)
		return ctx, func() { stop(); cancel() }
	}
	return ctx, cancel
}

// public turns an error into what a caller may see: a protocol error where it
// is one or where our code broke, and otherwise, in a tool call, a result that
// the assistant can read and act on.
func public(method string, cause error) (mcp.Result, error) {
	wire := (*jsonrpc.Error)(nil)
	if errors.As(cause, &wire) {
		return nil, &jsonrpc.Error{Code: allowedCode(wire.Code), Message: oneLine(cause.Error()), Data: wire.Data}
	}
	e := library.AsError(cause)
	if errors.As(cause, new(*panicError)) {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: words(e)}
	}
	if method == "tools/call" {
		return failedCall(words(e), cause), nil
	}
	return nil, &jsonrpc.Error{Code: rpcCode(e.Code), Message: words(e)}
}

// failedCall returns the result of a tool call that failed for this cause.
func failedCall(text string, cause error) *mcp.CallToolResult {
	result := &mcp.CallToolResult{}
	// MCP 2026-07-28 demands a resultType. The SDK sets it inside its own
	// handler, and from outside only JSON reaches the field.
	if err := result.UnmarshalJSON([]byte(`{"resultType":"complete"}`)); err != nil {
		cause = errors.Join(cause, err)
	}
	// With content there already, SetError keeps the cause to itself.
	result.Content = []mcp.Content{&mcp.TextContent{Text: text}}
	result.SetError(cause)
	return result
}

// rpcCode returns the JSON-RPC code for an error outside tools: the caller's
// mistakes are -32602, which is also MCP's code for a resource that is not
// there (2026-07-28, resources, "Error Handling").
func rpcCode(code library.Code) int64 {
	switch code {
	case library.Invalid, library.NotFound, library.TooLarge:
		return jsonrpc.CodeInvalidParams
	}
	return jsonrpc.CodeInternalError
}
