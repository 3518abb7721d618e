package mcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// middleware runs every MCP call: it bounds its time, recovers its panic,
// checks what its caller may do, logs it and lets telemetry observe it.
type middleware struct {
	runner     *call.Runner
	authorizer *call.Authorizer
	transport  string // as telemetry names it
	// stopping ends subscriptions, which would otherwise never end.
	stopping context.Context
}

// observed wraps a handler in bounds, log and telemetry. It is the outermost
// of the receiving middleware.
func (m *middleware) observed(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if telemetry.RequestID(ctx) == "" {
			ctx = telemetry.WithRequestID(ctx, wire.NewRequestID())
		}
		start := time.Now()
		ctx, observed := m.begin(ctx, method, req)
		result, cause := m.run(ctx, method, req, next)
		cause = handshakeFault(method, cause)
		err := cause
		if cause != nil {
			// Beside an error the result of the SDK is a typed nil.
			result, err = public(method, cause)
		}
		outcome := outcomeOf(result, cause)
		observed.End(telemetryOutcome(outcome, err))
		if !outcome.Failed && isRoutine(method) {
			outcome.Level = slog.LevelDebug
		}
		m.runner.Log(ctx, outcome, method, target(req), time.Since(start))
		return result, err
	}
}

// handshakeFault returns the protocol error of a handshake that is repeated or
// out of order, which the SDK reports as any other error, and cause for all else.
func handshakeFault(method string, cause error) error {
	switch {
	case cause == nil, errors.As(cause, new(*jsonrpc.Error)), errors.As(cause, new(*call.PanicError)):
		return cause
	case method == "initialize":
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "the session is initialized already"}
	case method == "notifications/initialized":
		return &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "notifications/initialized is out of order"}
	}
	return cause
}

// run runs one call within its bounds.
func (m *middleware) run(ctx context.Context, method string, req mcp.Request, next mcp.MethodHandler) (mcp.Result, error) {
	switch method {
	case "tools/call", "prompts/get", "resources/read", "completion/complete":
		ctx, cancel := withCarrier(ctx)
		defer cancel()
		return call.Run(ctx, m.runner, func(ctx context.Context) (mcp.Result, error) { return next(ctx, method, req) })
	case "subscriptions/listen":
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(m.stopping, cancel)()
		return call.Recovered(func() (mcp.Result, error) { return next(ctx, method, req) })
	}
	// The SDK answers the others itself, from memory.
	return call.Recovered(func() (mcp.Result, error) { return next(ctx, method, req) })
}

// authorized wraps a handler in a check of its caller's scopes. A call for
// which the upstream refuses the caller's credential leads back to signing in:
// the HTTP answer becomes the refusal unless its status has been sent.
func (m *middleware) authorized(next mcp.MethodHandler) mcp.MethodHandler {
	if m.authorizer == nil {
		return next
	}
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		needed, err := m.needed(req)
		if refused := m.authorizer.Require(ctx, needed); refused != nil {
			refuse(ctx, refused)
			return nil, refused.Err
		}
		if err != nil {
			return nil, err
		}
		result, err := next(ctx, method, req)
		if refused := m.authorizer.Rejected(ctx, causeOf(result, err)); refused != nil {
			refuse(ctx, refused)
		}
		return result, err
	}
}

// needed returns the scope that a call needs: that of its tool, and
// [identity.Read] for everything else. A tool without a scope is an error, as
// the SDK words it for an unknown one.
func (m *middleware) needed(req mcp.Request) (identity.Scope, error) {
	params, ok := req.GetParams().(*mcp.CallToolParamsRaw)
	if !ok || params == nil {
		return identity.Read, nil
	}
	needed, known := m.authorizer.Scope(params.Name)
	if !known {
		return needed, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: fmt.Sprintf("unknown tool %q", params.Name)}
	}
	return needed, nil
}

// causeOf returns why a call failed, or nil.
func causeOf(result mcp.Result, err error) error {
	if err != nil {
		return err // beside an error, the result may be a typed nil
	}
	if r, ok := result.(*mcp.CallToolResult); ok && r != nil && r.IsError {
		return r.GetError()
	}
	return nil
}

// refusal is the answer that an HTTP request gets instead of any other, if
// that turns out while it is served.
type refusal struct {
	challenge atomic.Pointer[identity.Challenge]
}

// refusalKey is the context key of a [*refusal].
type refusalKey struct{}

// get returns the refusal, or nil.
func (r *refusal) get() *identity.Challenge {
	if r == nil {
		return nil
	}
	return r.challenge.Load()
}

// refuse makes c the answer to the HTTP request that carries a call.
func refuse(ctx context.Context, c *identity.Challenge) {
	if r, _ := ctx.Value(refusalKey{}).(*refusal); r != nil {
		r.challenge.Store(c)
	}
}

// carrierKey is the context key of the context of the HTTP request that
// carries a call. The SDK hides the end of that request from calls of the
// older revisions, which could resume a stream. There are no sessions here, so
// a call whose answer has no reader must stop.
type carrierKey struct{}

// withCarrier returns a context that also ends when the request that carries
// the call ends.
func withCarrier(ctx context.Context) (context.Context, context.CancelFunc) {
	carrier, _ := ctx.Value(carrierKey{}).(context.Context)
	if carrier == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(carrier, cancel)
	return ctx, func() { stop(); cancel() }
}

// public returns what the caller sees of an error: a protocol error where it
// is one or where our code broke, and otherwise, in a tool call, a result that
// the assistant can read and act on.
func public(method string, cause error) (mcp.Result, error) {
	wireError := (*jsonrpc.Error)(nil)
	if errors.As(cause, &wireError) {
		return nil, &jsonrpc.Error{Code: allowedCode(wireError.Code), Message: oneLine(cause.Error()), Data: wireError.Data}
	}
	e := library.AsError(cause)
	if errors.As(cause, new(*call.PanicError)) {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: wire.Words(e)}
	}
	if method == "tools/call" {
		return failedCall(wire.Words(e), cause), nil
	}
	return nil, &jsonrpc.Error{Code: rpcCode(e.Code), Message: wire.Words(e)}
}

// failedCall returns the result of a tool call that failed for this cause.
func failedCall(text string, cause error) *mcp.CallToolResult {
	result := &mcp.CallToolResult{}
	// MCP 2026-07-28 demands a resultType. The SDK sets it inside its own
	// handler, and from outside only JSON reaches the field.
	if err := result.UnmarshalJSON([]byte(`{"resultType":"complete"}`)); err != nil {
		cause = errors.Join(cause, err)
	}
	// SetError leaves content that is there as it is.
	result.Content = []mcp.Content{&mcp.TextContent{Text: text}}
	result.SetError(cause)
	return result
}

// rpcCode returns the JSON-RPC code of an error outside tools: the caller's
// mistakes are -32602, also a resource that does not exist (MCP 2026-07-28,
// resources, "Error Handling").
func rpcCode(code library.Code) int64 {
	switch code {
	case library.Invalid, library.NotFound, library.TooLarge:
		return jsonrpc.CodeInvalidParams
	}
	return jsonrpc.CodeInternalError
}
