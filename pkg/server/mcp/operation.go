package mcp

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// begin starts the observation of a call.
func (m *middleware) begin(ctx context.Context, method string, req mcp.Request) (context.Context, *telemetry.Call) {
	t := m.runner.Telemetry()
	if t == nil {
		return ctx, nil
	}
	op := telemetry.Operation{Method: method, Transport: m.transport, Principal: call.Subject(ctx)}
	switch params := req.GetParams().(type) {
	case *mcp.CallToolParamsRaw:
		if params != nil {
			op.Tool, op.Arguments = params.Name, params.Arguments
		}
	case *mcp.GetPromptParams:
		if params != nil {
			op.Prompt = params.Name
		}
	}
	describe(&op, req)
	return t.Begin(ctx, op)
}

// describe adds the caller's description of itself: from its metadata (MCP
// 2026-07-28), the handshake of its session, or its headers.
func describe(op *telemetry.Operation, req mcp.Request) {
	meta := metaOf(req)
	op.Traceparent, op.Tracestate, op.Baggage = text(meta, "traceparent"), text(meta, "tracestate"), text(meta, "baggage")
	op.Protocol = text(meta, mcp.MetaKeyProtocolVersion)
	switch info := meta[mcp.MetaKeyClientInfo].(type) {
	case *mcp.Implementation:
		op.ClientName, op.ClientVersion = info.Name, info.Version
	case map[string]any:
		op.ClientName, _ = info["name"].(string)
		op.ClientVersion, _ = info["version"].(string)
	}
	if s, ok := req.GetSession().(*mcp.ServerSession); ok && s != nil {
		if hello := s.InitializeParams(); hello != nil {
			op.Protocol = cmp.Or(op.Protocol, hello.ProtocolVersion)
			if hello.ClientInfo != nil && op.ClientName == "" {
				op.ClientName, op.ClientVersion = hello.ClientInfo.Name, hello.ClientInfo.Version
			}
		}
	}
	if extra := req.GetExtra(); extra != nil {
		op.Protocol = cmp.Or(op.Protocol, extra.Header.Get("Mcp-Protocol-Version"))
		op.ClientName = cmp.Or(op.ClientName, call.Product(extra.Header))
	}
}

// metaOf returns a request's metadata. Without parameters the SDK returns a
// typed nil.
func metaOf(req mcp.Request) map[string]any {
	params := req.GetParams()
	if params == nil || reflect.ValueOf(params).IsNil() {
		return nil
	}
	return params.GetMeta()
}

func text(meta map[string]any, key string) string {
	s, _ := meta[key].(string)
	return s
}

// telemetryOutcome returns the outcome of a call for telemetry; err is the
// JSON-RPC error that the caller got instead of a result, or nil.
func telemetryOutcome(o call.Outcome, err error) telemetry.Outcome {
	t := o.Telemetry()
	if wire := (*jsonrpc.Error)(nil); errors.As(err, &wire) {
		t.Status, t.RPC = telemetry.StatusError, wire.Code
	}
	return t
}

// outcomeOf returns the outcome of a call, from the error before its
// translation for the caller.
func outcomeOf(result mcp.Result, cause error) call.Outcome {
	if cause == nil {
		r, ok := result.(*mcp.CallToolResult)
		if !ok || r == nil || !r.IsError {
			return call.Outcome{}
		}
		if cause = r.GetError(); cause == nil {
			return call.Outcome{Failed: true}
		}
	}
	if wire := (*jsonrpc.Error)(nil); errors.As(cause, &wire) && wire.Code != 0 && wire.Code != jsonrpc.CodeInternalError {
		return call.Outcome{Failed: true, Code: "protocol"}
	}
	return call.OutcomeOf(cause)
}

// isRoutine reports whether clients send a method automatically and often.
func isRoutine(method string) bool {
	return method == "ping" || strings.HasPrefix(method, "notifications/")
}

// target returns the name of the tool or prompt of a request. A resource's URI
// reveals what is read, so it is not logged.
func target(req mcp.Request) string {
	switch params := req.GetParams().(type) {
	case *mcp.CallToolParamsRaw:
		if params != nil {
			return params.Name
		}
	case *mcp.GetPromptParams:
		if params != nil {
			return params.Name
		}
	}
	return ""
}
