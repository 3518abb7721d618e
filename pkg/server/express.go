package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// express answers ordinary tool calls without the SDK, which spends many
// times what a search costs on reading the same few hundred bytes over and
// over. It takes only requests that are plain beyond doubt ([readPlainCall]):
// whatever is not goes to the SDK, so that one place says what is wrong with
// a request, and both give the same answer to what is right.
type express struct {
	tools    map[string]bool
	call     mcp.MethodHandler // the edge's middleware, the door's, then Options.Answer
	identity []byte            // the _meta member that names the server in modern results
}

// newExpress returns the express lane of a server with options o, or nil if
// nothing answers there.
func newExpress(o Options, calls *calls, d *door) (*express, error) {
	if o.Answer == nil {
		return nil, nil
	}
	if o.Implementation == nil {
		return nil, errors.New("server: Options.Answer needs Options.Implementation")
	}
	identity, err := json.Marshal(o.Implementation)
	if err != nil {
		return nil, err
	}
	e := &express{
		tools:    map[string]bool{},
		identity: append([]byte(`"io.modelcontextprotocol/serverInfo":`), identity...),
		call: calls.middleware(d.middleware(func(ctx context.Context, _ string, req mcp.Request) (mcp.Result, error) {
			params, _ := req.GetParams().(*mcp.CallToolParamsRaw)
			return o.Answer(ctx, params.Name, params.Arguments), nil
		})),
	}
	for _, t := range o.Tools {
		e.tools[t.Name] = true
	}
	return e, nil
}

// serve answers a request if it is a plain call of a tool, and reports
// whether it was.
func (e *express) serve(w http.ResponseWriter, r *http.Request, body []byte) bool {
	if e == nil {
		return false
	}
	c, plain := readPlainCall(r.Header, body)
	if !plain || !e.tools[c.name] {
		return false
	}
	// A tool that does not heed its deadline reads on after the answer, when
	// the body is another request's: so it gets a copy.
	req := &mcp.CallToolRequest{
		Params: &mcp.CallToolParamsRaw{Meta: c.meta, Name: c.name, Arguments: bytes.Clone(c.arguments)},
		Extra:  &mcp.RequestExtra{Header: r.Header},
	}
	result, err := e.call(r.Context(), "tools/call", req)
	if err != nil {
		e.fail(w, c, err)
		return true
	}
	out, err := e.response(c, result)
	if err != nil {
		e.fail(w, c, err)
		return true
	}
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(out) //nolint:gosec // JSON, not HTML; and a caller that left gets nothing
	return true
}

// jsonType is shared: assigned whole, never appended to.
var jsonType = []string{"application/json"}

// fail answers with a protocol error. The middleware has put it into words.
func (e *express) fail(w http.ResponseWriter, c plainCall, err error) {
	wire := &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "something went wrong inside the server"}
	_ = errors.As(err, &wire)
	writeRPCError(w, http.StatusOK, c.id, int(wire.Code), wire.Message)
}

// response returns the JSON-RPC response that carries a result.
func (e *express) response(c plainCall, result mcp.Result) ([]byte, error) {
	r, ok := result.(*mcp.CallToolResult)
	if !ok || r == nil {
		return nil, errors.New("the tool has no result")
	}
	text, structured, ok := plainResult(r)
	out := make([]byte, 0, len(text)*5/4+len(structured)+512)
	out = append(out, `{"jsonrpc":"2.0","id":`...)
	out = append(out, c.id...)
	out = append(out, `,"result":{`...)
	if ok {
		out = e.appendMeta(out, c, nil)
		out = append(out, `"content":[{"type":"text","text":`...)
		out = appendString(out, text)
		out = append(out, `}],"structuredContent":`...)
		out = append(out, structured...)
	} else {
		var err error
		if out, err = e.appendAny(out, c, r); err != nil {
			return nil, err
		}
	}
	if c.modern {
		out = append(out, `,"resultType":"complete"`...)
	}
	return append(out, `}}`...), nil
}

// plainResult returns what a result of a tool that succeeded holds: one text
// and one JSON value. Any other result is not plain.
func plainResult(r *mcp.CallToolResult) (text string, structured json.RawMessage, ok bool) {
	if r.IsError || len(r.Meta) > 0 || len(r.Content) != 1 {
		return "", nil, false
	}
	content, isText := r.Content[0].(*mcp.TextContent)
	structured, isRaw := r.StructuredContent.(json.RawMessage)
	if !isText || !isRaw || len(structured) == 0 || len(content.Meta) > 0 || content.Annotations != nil {
		return "", nil, false
	}
	return content.Text, structured, true
}

// appendMeta appends the member _meta, with whatever else it has, and a comma.
// A result without metadata has no such member.
func (e *express) appendMeta(out []byte, c plainCall, others []byte) []byte {
	if !c.modern && len(others) == 0 {
		return out
	}
	out = append(out, `"_meta":{`...)
	out = append(out, others...)
	if c.modern {
		if len(others) > 0 {
			out = append(out, ',')
		}
		out = append(out, e.identity...)
	}
	return append(out, `},`...)
}

// appendAny appends the members of any result.
func (e *express) appendAny(out []byte, c plainCall, r *mcp.CallToolResult) ([]byte, error) {
	var others []byte
	if len(r.Meta) > 0 {
		meta, err := json.Marshal(r.Meta)
		if err != nil {
			return nil, err
		}
		others = meta[1 : len(meta)-1]
	}
	out = e.appendMeta(out, c, others)
	content := r.Content
	if content == nil {
		content = []mcp.Content{} // a list of nothing, not null
	}
	members, err := json.Marshal(struct {
		Content    []mcp.Content `json:"content"`
		Structured any           `json:"structuredContent,omitempty"`
		IsError    bool          `json:"isError,omitempty"`
	}{content, r.StructuredContent, r.IsError})
	if err != nil {
		return nil, err
	}
	return append(out, members[1:len(members)-1]...), nil
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
