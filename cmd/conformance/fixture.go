package main

import (
	"context"
	"crypto/rand"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// fixture is what the conformance suite drives: tools, prompts and resources
// that each show one thing that the protocol can do.
type fixture struct {
	server *mcp.Server
	seal   sealer
}

// newFixture returns the fixture with everything mounted on its server.
func newFixture() *fixture {
	f := &fixture{seal: sealer{key: []byte(rand.Text())}}
	f.server = mcp.NewServer(
		&mcp.Implementation{Name: "stackroom-conformance", Version: "1.0.0"},
		&mcp.ServerOptions{
			Instructions:       "A fixture for the MCP conformance suite; it holds no library.",
			CompletionHandler:  complete,
			SubscribeHandler:   func(context.Context, *mcp.SubscribeRequest) error { return nil },
			UnsubscribeHandler: func(context.Context, *mcp.UnsubscribeRequest) error { return nil },
		},
	)
	for _, tools := range [][]tool{contentTools(), schemaTools(), streamTools(), clientTools(), f.inputTools(), f.changeTools()} {
		for _, t := range tools {
			f.server.AddTool(&mcp.Tool{Name: t.name, Description: t.description, InputSchema: t.schema()}, t.call)
		}
	}
	f.addPrompts()
	addResources(f.server)
	return f
}

// complete offers the same few values for every argument that starts like
// them: the suite asks only that the answer has the right form.
func complete(_ context.Context, req *mcp.CompleteRequest) (*mcp.CompleteResult, error) {
	values := matching(req.Params.Argument.Value, "paper", "paris", "test-one", "test-two")
	return &mcp.CompleteResult{Completion: mcp.CompletionResultDetails{Values: values, Total: len(values)}}, nil
}
