package mcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

// middleware runs every MCP call: it bounds its time, recovers panics,
// authorizes its caller, logs it and reports it to telemetry.
type middleware struct {
	runner     *call.Runner
	authorizer *call.Authorizer
	transport  string // as telemetry names it
	// stopping ends subscriptions, which would otherwise never end.
	stopping context.Context
}

// observed wraps a handler with bounds, log and telemetry. It is the outermost
// receiving middleware.
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
			// Beside an error, the SDK's result is a typed nil.
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
// out of order, which the SDK reports like any other error, and cause for every
// other error.
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
	// The SDK serves the others itself, from memory.
	return call.Recovered(func() (mcp.Result, error) { return next(ctx, method, req) })
}

// authorized wraps a handler with a check of its caller's scopes. If the
// upstream rejects the caller's credential during a call, the HTTP response
// becomes the challenge, unless its status has been sent.
func (m *middleware) authorized(next mcp.MethodHandler) mcp.MethodHandler {
	if m.authorizer == nil {
		return next
	}
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		needed, err := m.needed(req)
		if rejected := m.authorizer.Require(ctx, needed); rejected != nil {
			reject(ctx, rejected)
			return nil, rejected.Err
		}
		if err != nil {
			return nil, err
		}
		result, err := next(ctx, method, req)
		if rejected := m.authorizer.Rejected(ctx, causeOf(result, err)); rejected != nil {
			reject(ctx, rejected)
		}
		if list, ok := result.(*mcp.ListToolsResult); ok && err == nil && list != nil {
			m.listAllowed(ctx, list)
		}
		return result, err
	}
}

// listAllowed leaves out of a list the tools that the caller may not call.
func (m *middleware) listAllowed(ctx context.Context, list *mcp.ListToolsResult) {
	list.Tools = slices.DeleteFunc(slices.Clone(list.Tools), func(t *mcp.Tool) bool {
		needed, _ := m.authorizer.Scope(t.Name)
		return m.authorizer.Require(ctx, needed) != nil
	})
}

// needed returns the scope that a call needs: that of its tool, and
// [identity.Read] for everything else. A tool without a scope gives the SDK's
// error for an unknown tool.
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

// causeOf returns the error of a call, or nil.
func causeOf(result mcp.Result, err error) error {
	if err != nil {
		return err // beside an error, the result may be a typed nil
	}
	if r, ok := result.(*mcp.CallToolResult); ok && r != nil && r.IsError {
		return r.GetError()
	}
	return nil
}

// rejection replaces the response of an HTTP request with a challenge that
// arises while it is served.
type rejection struct {
	challenge atomic.Pointer[identity.Challenge]
}

// rejectionKey is the context key of a [*rejection].
type rejectionKey struct{}

// get returns the challenge, or nil.
func (r *rejection) get() *identity.Challenge {
	if r == nil {
		return nil
	}
	return r.challenge.Load()
}

// reject sets c as the response to the HTTP request that carries a call.
func reject(ctx context.Context, c *identity.Challenge) {
	if r, _ := ctx.Value(rejectionKey{}).(*rejection); r != nil {
		r.challenge.Store(c)
	}
}

// carrierKey is the context key of the context of the HTTP request that carries
// a call. The SDK hides the end of that request from calls of older revisions,
// which could resume a stream. There are no sessions here, so a call must stop
// when its response has no reader.
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

// public returns the public form of an error: a protocol error for a fault in
// the protocol or in our code, otherwise, in a tool call, a result that the
// assistant can read.
func public(method string, cause error) (mcp.Result, error) {
	wireError := (*jsonrpc.Error)(nil)
	if errors.As(cause, &wireError) {
		return nil, &jsonrpc.Error{Code: allowedCode(wireError.Code), Message: oneLine(cause.Error()), Data: wireError.Data}
	}
	e := library.AsError(cause)
	if errors.As(cause, new(*call.PanicError)) {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: wire.Message(e)}
	}
	if method == "tools/call" {
		return failedCall(wire.Message(e), cause), nil
	}
	return nil, &jsonrpc.Error{Code: rpcCode(e.Code), Message: wire.Message(e)}
}

// failedCall returns the result of a failed tool call.
func failedCall(text string, cause error) *mcp.CallToolResult {
	result := &mcp.CallToolResult{}
	// MCP 2026-07-28 requires a resultType. The SDK sets it inside its own
	// handler; from outside the field can only be set with JSON.
	if err := result.UnmarshalJSON([]byte(`{"resultType":"complete"}`)); err != nil {
		cause = errors.Join(cause, err)
	}
	// SetError does not change existing content.
	result.Content = []mcp.Content{&mcp.TextContent{Text: text}}
	result.SetError(cause)
	return result
}

// rpcCode returns the JSON-RPC code of an error outside tools: -32602 for the
// caller's mistakes, including a resource that does not exist (MCP 2026-07-28,
// resources, "Error Handling").
func rpcCode(code library.Code) int64 {
	switch code {
	case library.Invalid, library.NotFound, library.TooLarge:
		return jsonrpc.CodeInvalidParams
	}
	return jsonrpc.CodeInternalError
}
