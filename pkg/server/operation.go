package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// The ways in which MCP comes, as OpenTelemetry names them (network.transport).
const (
	overNetwork = "tcp"
	overPipe    = "pipe"
)

// begin lets telemetry see a call from its beginning.
func (c *calls) begin(ctx context.Context, method string, req mcp.Request) (context.Context, *telemetry.Call) {
	if c.telemetry == nil {
		return ctx, nil
	}
	op := telemetry.Operation{Method: method, Transport: c.transport, Principal: subject(ctx)}
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
	return c.telemetry.Begin(ctx, op)
}

// describe fills in what a request says of its caller: in its metadata (MCP
// 2026-07-28), in the handshake of its session, or in its headers.
func describe(op *telemetry.Operation, req mcp.Request) {
	meta := metaOf(req)
	op.Traceparent, op.Tracestate, op.Baggage = text(meta, "traceparent"), text(meta, "tracestate"), text(meta, "baggage")
	op.Protocol = text(meta, mcp.MetaKeyProtocolVersion)
	switch info := meta[mcp.MetaKeyClientInfo].(type) {
	case *mcp.Implementation:
		op.ClientName = info.Name
	case map[string]any:
		op.ClientName, _ = info["name"].(string)
	}
	if s, ok := req.GetSession().(*mcp.ServerSession); ok && s != nil {
		if hello := s.InitializeParams(); hello != nil {
			op.Protocol = orDefault(op.Protocol, hello.ProtocolVersion)
			if hello.ClientInfo != nil {
				op.ClientName = orDefault(op.ClientName, hello.ClientInfo.Name)
			}
		}
	}
	if extra := req.GetExtra(); extra != nil {
		op.Protocol = orDefault(op.Protocol, extra.Header.Get("Mcp-Protocol-Version"))
		op.ClientName = orDefault(op.ClientName, product(extra.Header))
	}
}

// metaOf returns a request's metadata. The SDK gives typed nils for requests
// without parameters.
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

// product returns the name of the program that says it calls: the first
// product of User-Agent (RFC 9110, section 10.1.5). Requests of the older
// revisions carry no other name once the handshake is over.
func product(h http.Header) string {
	name, _, _ := strings.Cut(h.Get("User-Agent"), "/")
	return name
}

// subject names who makes the calls of ctx, "" where nobody signs in.
func subject(ctx context.Context) string {
	if p := identity.PrincipalFrom(ctx); p != nil {
		return p.Subject
	}
	return ""
}

// restOperation is a call by REST, as telemetry sees it.
func restOperation(r *http.Request, tool string, arguments json.RawMessage) telemetry.Operation {
	return telemetry.Operation{
		Method: telemetry.MethodREST, Tool: tool, Arguments: arguments, Transport: overNetwork,
		ClientName: product(r.Header), Principal: subject(r.Context()),
	}
}

// ended is how a call ended, as telemetry sees it; err is the JSON-RPC error
// that its caller got instead of a result, or nil.
func (f finding) ended(err error) telemetry.Outcome {
	o := telemetry.Outcome{Status: telemetry.StatusOK, Code: f.code, Err: f.cause}
	switch wire := (*jsonrpc.Error)(nil); {
	case errors.As(err, &wire):
		o.Status, o.RPC = telemetry.StatusError, wire.Code
	case f.outcome != "ok":
		o.Status = telemetry.StatusToolError
	}
	return o
}
