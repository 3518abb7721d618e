package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// express serves plain tool calls without the SDK, which parses the same few
// hundred bytes several times, at many times the cost of a search. It accepts
// only requests that [readPlainCall] recognises, for tools that are
// [tool.Definition.Complete]; the SDK serves all others, so that all faults of
// requests are reported in one place. Both give the same responses, which
// TestLanes checks. BenchmarkExpressIsWorthIt fails once the SDK is fast enough
// to delete this file.
type express struct {
	tools    map[string]bool
	call     mcp.MethodHandler // the middleware, then Catalog.Call
	identity []byte            // the member of _meta that names the server in modern results
}

// newExpress returns the express lane for the tools of a catalogue that allow
// it.
func newExpress(o Options, m *middleware) (*express, error) {
	identity, err := json.Marshal(o.Implementation)
	if err != nil {
		return nil, err
	}
	e := &express{
		tools:    map[string]bool{},
		identity: append([]byte(`"io.modelcontextprotocol/serverInfo":`), identity...),
		call: m.observed(m.authorized(func(ctx context.Context, _ string, req mcp.Request) (mcp.Result, error) {
			params, _ := req.GetParams().(*mcp.CallToolParamsRaw)
			return tool.Result(o.Catalog.Call(ctx, params.Name, params.Arguments)), nil
		})),
	}
	for _, t := range o.Catalog.Definitions() {
		if t.Complete {
			e.tools[t.Name] = true
		}
	}
	return e, nil
}

// serve serves a request if it is a plain call of a tool that allows the
// express lane, and reports whether it did.
func (e *express) serve(w http.ResponseWriter, r *http.Request, body []byte) bool {
	c, plain := readPlainCall(r.Header, body)
	if !plain || !e.tools[c.name] {
		return false
	}
	// A tool that ignores its deadline may read its arguments after the
	// response, when body belongs to another request: so it gets a copy.
	req := &mcp.CallToolRequest{
		Params: &mcp.CallToolParamsRaw{Meta: c.meta, Name: c.name, Arguments: bytes.Clone(c.arguments)},
		Extra:  &mcp.RequestExtra{Header: r.Header},
	}
	result, err := e.call(r.Context(), "tools/call", req)
	var out []byte
	if err == nil {
		out, err = e.answer(c, result)
	}
	if err != nil {
		wireError := &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "something went wrong inside the server"}
		_ = errors.As(err, &wireError)
		writeError(w, http.StatusOK, c.id, int(wireError.Code), wireError.Message)
		return true
	}
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(out) //nolint:gosec // JSON, not HTML; an error means that the caller is gone
	return true
}

// jsonType is shared: assign it whole, never append to it.
var jsonType = []string{"application/json"}

// answer returns the JSON-RPC response with a result: one text block, with
// metadata for a failure or structured content for a success.
func (e *express) answer(c plainCall, result mcp.Result) ([]byte, error) {
	r, ok := result.(*mcp.CallToolResult)
	if !ok || r == nil || len(r.Content) != 1 {
		return nil, errors.New("mcp: the result of a complete tool has not one content block")
	}
	content, ok := r.Content[0].(*mcp.TextContent)
	structured, _ := r.StructuredContent.(json.RawMessage)
	if !ok || !r.IsError && len(structured) == 0 {
		return nil, errors.New("mcp: the result of a complete tool is not text and structured content")
	}
	meta, err := e.meta(c, r.Meta)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(content.Text)*5/4+len(structured)+len(meta)+256)
	out = append(out, `{"jsonrpc":"2.0","id":`...)
	out = append(out, c.id...)
	out = append(out, `,"result":{`...)
	out = append(out, meta...)
	out = append(out, `"content":[{"type":"text","text":`...)
	out = appendString(out, content.Text)
	out = append(out, `}]`...)
	if r.IsError {
		out = append(out, `,"isError":true`...)
	} else {
		out = append(out, `,"structuredContent":`...)
		out = append(out, structured...)
	}
	if c.modern {
		out = append(out, `,"resultType":"complete"`...)
	}
	return append(out, `}}`...), nil
}

// meta returns the member _meta of a result and a comma, or nothing if the
// result has no metadata.
func (e *express) meta(c plainCall, own mcp.Meta) ([]byte, error) {
	if !c.modern && len(own) == 0 {
		return nil, nil
	}
	var members []byte
	if len(own) > 0 {
		object, err := json.Marshal(own)
		if err != nil {
			return nil, err
		}
		members = object[1 : len(object)-1]
	}
	out := make([]byte, 0, len(members)+len(e.identity)+16)
	out = append(out, `"_meta":{`...)
	out = append(out, members...)
	if c.modern {
		if len(members) > 0 {
			out = append(out, ',')
		}
		out = append(out, e.identity...)
	}
	return append(out, `},`...), nil
}

// appendString appends s as a JSON string. s is UTF-8.
func appendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	start := 0
	for i := range len(s) {
		b := s[i]
		if b >= ' ' && b != '"' && b != '\\' {
			continue
		}
		out = append(out, s[start:i]...)
		switch b {
		case '"', '\\':
			out = append(out, '\\', b)
		case '\n':
			out = append(out, '\\', 'n')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		}
		start = i + 1
	}
	return append(append(out, s[start:]...), '"')
}
