package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// The protocol revisions.
const (
	modern = "2026-07-28"
	legacy = "2025-11-25"
)

// fixture is a running edge around an MCP server with a few tools.
type fixture struct {
	t      *testing.T
	server *Server
	http   *httptest.Server
	log    *logBuffer

	started chan struct{} // receives a value when a slow tool begins
	ended   chan error    // receives the context's error when the tool "wait" ends
	hold    chan struct{} // the tool "held" returns when it can receive from it
	release chan struct{} // closed at the end: releases tools that ignore their context
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newFixture starts an edge; change may change its options.
func newFixture(t *testing.T, change func(*Options)) *fixture {
	t.Helper()
	f := newHandlerFixture(t, change, defaultTimeouts())
	f.http = httptest.NewServer(f.server.Handler())
	t.Cleanup(f.http.Close)
	return f
}

// newHandlerFixture returns an edge that does not listen yet.
func newHandlerFixture(t *testing.T, change func(*Options), timeouts timeouts) *fixture {
	t.Helper()
	f := &fixture{t: t, log: &logBuffer{}, started: make(chan struct{}, 100), ended: make(chan error, 100), hold: make(chan struct{}), release: make(chan struct{})}
	t.Cleanup(func() { close(f.release) })
	o := Options{
		Catalog: &catalog{options: fixtureOptions(), register: f.register, tools: restTools, call: f.restCall},
		Logger:  telemetry.NewLogger(f.log, slog.LevelInfo, telemetry.JSON),
	}
	if change != nil {
		change(&o)
	}
	var err error
	if f.server, err = newServer(o, timeouts); err != nil {
		t.Fatal(err)
	}
	return f
}

// textInput is the input of the tools.
type textInput struct {
	Text string `json:"text,omitempty"`
}

// catalog is the catalogue of a test.
type catalog struct {
	options  *mcp.ServerOptions
	register func(*mcp.Server)
	tools    []tool.Definition
	call     func(context.Context, string, json.RawMessage) (json.RawMessage, error)
}

func (c *catalog) ServerOptions() *mcp.ServerOptions { return c.options }
func (c *catalog) Register(s *mcp.Server) error {
	c.register(s)
	return nil
}

func (c *catalog) Definitions() []tool.Definition { return c.tools }

func (c *catalog) Call(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
	return c.call(ctx, name, arguments)
}

// fixtureOptions returns the options of the fixture's MCP server.
func fixtureOptions() *mcp.ServerOptions {
	return &mcp.ServerOptions{
		Instructions: "A fixture.",
		Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}, Prompts: &mcp.PromptCapabilities{}, Resources: &mcp.ResourceCapabilities{}},
	}
}

// register adds the fixture's tools to an MCP server.
func (f *fixture) register(s *mcp.Server) {
	type handler = mcp.ToolHandlerFor[textInput, any]
	tools := map[string]handler{
		"echo": func(_ context.Context, _ *mcp.CallToolRequest, in textInput) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: in.Text}}}, nil, nil
		},
		"wait": func(ctx context.Context, _ *mcp.CallToolRequest, _ textInput) (*mcp.CallToolResult, any, error) {
			f.started <- struct{}{}
			<-ctx.Done()
			f.ended <- ctx.Err()
			return nil, nil, ctx.Err()
		},
		"held": func(ctx context.Context, _ *mcp.CallToolRequest, _ textInput) (*mcp.CallToolResult, any, error) {
			f.started <- struct{}{}
			select {
			case <-f.hold:
			case <-ctx.Done():
			}
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "held"}}}, nil, ctx.Err()
		},
		"stubborn": func(context.Context, *mcp.CallToolRequest, textInput) (*mcp.CallToolResult, any, error) {
			f.started <- struct{}{}
			<-f.release
			return &mcp.CallToolResult{}, nil, nil
		},
		"panic": func(context.Context, *mcp.CallToolRequest, textInput) (*mcp.CallToolResult, any, error) {
			panic("the secret of the fixture")
		},
		"progress": f.progress,
		"elicit": func(ctx context.Context, req *mcp.CallToolRequest, _ textInput) (*mcp.CallToolResult, any, error) {
			_, err := req.Session.Elicit(ctx, &mcp.ElicitParams{Message: "which?"})
			return nil, nil, err
		},
		"log": func(ctx context.Context, req *mcp.CallToolRequest, _ textInput) (*mcp.CallToolResult, any, error) {
			_ = req.Session.Log(ctx, &mcp.LoggingMessageParams{Level: "info", Data: "logged"})
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "done"}}}, nil, nil
		},
		"trace": func(ctx context.Context, _ *mcp.CallToolRequest, _ textInput) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: telemetry.RequestID(ctx)}}}, nil, nil
		},
	}
	for name, h := range tools {
		mcp.AddTool(s, &mcp.Tool{Name: name, Description: "A tool of the fixture."}, h)
	}
	raw := map[string]error{
		"plain":       errors.New("dial 10.0.0.7: the secret of the fixture"),
		"unavailable": library.Errorf(library.Unavailable, "the upstream is down").WithHint("try again").WithCause(errors.New("the secret of the fixture")),
		"reserved":    &jsonrpc.Error{Code: -32002, Message: "an old code"},
		"params":      &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "wrong"},
	}
	for name, err := range raw {
		s.AddTool(&mcp.Tool{Name: name, InputSchema: json.RawMessage(`{"type":"object"}`)},
			func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				if token := req.Params.GetProgressToken(); token != nil {
					_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: 1})
				}
				return nil, err
			})
	}
	s.AddPrompt(&mcp.Prompt{Name: "greet"}, func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		return nil, library.Errorf(library.Invalid, "no name to greet").WithHint("give a name")
	})
	s.AddResource(&mcp.Resource{Name: "umlaut", URI: "fixture://bücher"}, func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: "fixture://bücher", Text: "Bücher"}}}, nil
	})
}

// progress reports three steps.
func (f *fixture) progress(ctx context.Context, req *mcp.CallToolRequest, _ textInput) (*mcp.CallToolResult, any, error) {
	for step := 1.0; step <= 3; step++ {
		if token := req.Params.GetProgressToken(); token != nil {
			_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: token, Progress: step, Total: 3})
		}
	}
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "done"}}}, nil, nil
}

// restTools returns the tools that the fixture serves over REST.
var restTools = []tool.Definition{
	{
		Name: "echo", Title: "Echo", Description: "Says <it> again.", Hints: tool.Hints{ReadOnly: true, Idempotent: true},
		InputSchema:  json.RawMessage(`{"type":"object","properties":{"text":{"type":"string"}},"required":["text"],"additionalProperties":false}`),
		OutputSchema: json.RawMessage(`{"type":"object","properties":{"text":{"$ref":"#/$defs/text"}},"$defs":{"text":{"type":"string"}}}`),
	},
	{Name: "fail", InputSchema: json.RawMessage(`{"type":"object"}`)},
	{Name: "huge", InputSchema: json.RawMessage(`{"type":"object"}`)},
	{Name: "wait", InputSchema: json.RawMessage(`{"type":"object"}`)},
	{Name: "panic", InputSchema: json.RawMessage(`{"type":"object"}`)},
}

// restCall runs one of restTools.
func (f *fixture) restCall(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
	switch name {
	case "echo":
		return arguments, nil
	case "huge":
		return bytes.Repeat([]byte(" "), 64<<20), nil
	case "wait":
		f.started <- struct{}{}
		<-ctx.Done()
		f.ended <- ctx.Err()
		return nil, ctx.Err()
	case "panic":
		panic("the secret of the fixture")
	}
	var in struct {
		Code  library.Code `json:"code"`
		After int          `json:"after"`
	}
	if err := json.Unmarshal(arguments, &in); err != nil {
		return nil, err
	}
	return nil, failWith(in.Code, in.After)
}

// request is an HTTP request of a test.
type request struct {
	method, path, body string
	header             map[string]string
}

// reply is a response.
type reply struct {
	status int
	header http.Header
	body   string
}

// send sends a request. A header with an empty value is left out.
func (f *fixture) send(r request) reply {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), orDefault(r.method, http.MethodPost), f.http.URL+r.path, strings.NewReader(r.body))
	if err != nil {
		f.t.Fatal(err)
	}
	for name, value := range r.header {
		switch {
		case value == "":
			req.Header[http.CanonicalHeaderKey(name)] = nil
		case name == "Host":
			req.Host = value
		default:
			req.Header[name] = []string{value}
		}
	}
	res, err := f.http.Client().Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(body)}
}

// rpc posts a message to /mcp with the headers of its revision; change may
// change them.
func (f *fixture) rpc(version, body string, change map[string]string) reply {
	f.t.Helper()
	return f.send(request{path: "/mcp", body: body, header: rpcHeader(version, body, change)})
}

// rpcHeader returns valid headers for the request.
func rpcHeader(version, body string, change map[string]string) map[string]string {
	header := map[string]string{
		"Content-Type": "application/json",
		"Accept":       "application/json, text/event-stream",
	}
	if version != "" {
		header["Mcp-Protocol-Version"] = version
	}
	if version == modern {
		var m struct {
			Method string
			Params struct{ Name, URI string }
		}
		_ = json.Unmarshal([]byte(body), &m) // a body that isn't JSON has no method
		header["Mcp-Method"] = m.Method
		if name := m.Params.Name + m.Params.URI; name != "" {
			header["Mcp-Name"] = name
		}
	}
	maps.Copy(header, change)
	return header
}

// meta is the metadata that a modern request must have.
const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

// toolCall returns the body of a tools/call.
func toolCall(version, tool string) string { return callWith(version, tool, `{}`) }

// callWith returns the body of a tools/call with arguments.
func callWith(version, tool, arguments string) string {
	m := ""
	if version == modern {
		m = "," + meta
	}
	return `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + arguments + m + `}}`
}

// rpcReply is a JSON-RPC response.
type rpcReply struct {
	ID     any
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
}

// decode decodes a JSON-RPC response.
func (r reply) decode(t *testing.T) rpcReply {
	t.Helper()
	var m rpcReply
	if err := json.Unmarshal([]byte(r.body), &m); err != nil {
		t.Fatalf("answer %d %q is not JSON: %v", r.status, r.body, err)
	}
	return m
}

// wantError fails the test unless the response is a JSON-RPC error with this
// status and code.
func (r reply) wantError(t *testing.T, status, code int) {
	t.Helper()
	m := r.decode(t)
	if r.status != status || m.Error == nil || m.Error.Code != code {
		t.Fatalf("got %d %s; want status %d and code %d", r.status, r.body, status, code)
	}
	if got := r.header.Get("Content-Type"); got != "application/json" {
		t.Fatalf("Content-Type = %q", got)
	}
}

// wantText fails the test unless the response is a tool result with this text.
func (r reply) wantText(t *testing.T, text string) {
	t.Helper()
	var result struct {
		Content []struct{ Text string }
		IsError bool
	}
	m := r.decode(t)
	if m.Result == nil || json.Unmarshal(m.Result, &result) != nil || result.IsError || len(result.Content) != 1 || result.Content[0].Text != text {
		t.Fatalf("got %d %s; want the text %q", r.status, r.body, text)
	}
}

// failWith returns an error as libraries return it.
func failWith(code library.Code, after int) error {
	if code == "" {
		return errors.New("the secret of the fixture")
	}
	return library.Errorf(code, "it failed").WithHint("use another value").
		WithRetryAfter(time.Duration(after) * time.Second).WithCause(errors.New("the secret of the fixture"))
}
