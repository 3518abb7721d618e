package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// fixture is what the conformance suite drives: tools, prompts and resources
// that each show one thing that the protocol can do.
type fixture struct {
	server *mcp.Server
	seal   sealer
}

// newFixture returns a fixture.
func newFixture() *fixture { return &fixture{seal: sealer{key: []byte(rand.Text())}} }

// ServerOptions implements the catalogue of an MCP server.
func (f *fixture) ServerOptions() *mcp.ServerOptions {
	return &mcp.ServerOptions{
		Instructions:       "A fixture for the MCP conformance suite; it holds no library.",
		CompletionHandler:  complete,
		SubscribeHandler:   func(context.Context, *mcp.SubscribeRequest) error { return nil },
		UnsubscribeHandler: func(context.Context, *mcp.UnsubscribeRequest) error { return nil },
	}
}

// Register implements the catalogue: it adds everything to s, which a tool may
// change later.
func (f *fixture) Register(s *mcp.Server) error {
	f.server = s
	for _, tools := range [][]testTool{contentTools(), schemaTools(), streamTools(), clientTools(), f.inputTools(), f.changeTools()} {
		for _, t := range tools {
			s.AddTool(&mcp.Tool{Name: t.name, Description: t.description, InputSchema: t.schema()}, t.call)
		}
	}
	f.addPrompts()
	addResources(s)
	return nil
}

// Definitions implements the catalogue: no tool is served outside MCP.
func (f *fixture) Definitions() []tool.Definition { return nil }

// Call implements the catalogue.
func (f *fixture) Call(context.Context, string, json.RawMessage) (json.RawMessage, error) {
	return nil, errors.New("no tool is served outside MCP")
}

// complete offers the same few values for every argument that starts like
// them: the suite asks only that the answer has the right form.
func complete(_ context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	values := matching(req.Params.Argument.Value, "paper", "paris", "test-one", "test-two")
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: values, Total: len(values)}}, nil
}
