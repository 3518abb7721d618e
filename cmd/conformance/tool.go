package main

import (
	"encoding/json"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// testTool is one test tool: what the list says of it and what it does.
type testTool struct {
	name        string
	description string
	input       string // JSON Schema; "" is an object without known properties
	call        mcp.ToolHandler
}

// schema returns the tool's input schema. It stays raw JSON, because the suite
// compares what tools/list shows with what was mounted, keyword by keyword.
func (t testTool) schema() json.RawMessage {
	if t.input == "" {
		return json.RawMessage(`{"type":"object"}`)
	}
	return json.RawMessage(t.input)
}

// text returns a result of one text block.
func text(s string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: s}}}
}

// failed returns a result that tells the model of an error.
func failed(err error) *mcp.CallToolResult {
	var r mcp.CallToolResult
	r.SetError(err)
	return &r
}

// matching returns the candidates that begin with prefix, never nil.
func matching(prefix string, candidates ...string) []string {
	found := []string{}
	for _, c := range candidates {
		if strings.HasPrefix(c, prefix) {
			found = append(found, c)
		}
	}
	return found
}
