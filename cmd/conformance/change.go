package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// changeTools change the lists, so that open subscriptions hear of it.
func (f *fixture) changeTools() []testTool {
	return []testTool{
		{name: "test_trigger_tool_change", description: "Mounts a tool again, which changes the tool list.",
			call: func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				f.server.AddTool(&mcp.Tool{Name: "test_transient", Description: "Does nothing.", InputSchema: testTool{}.schema()},
					func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) { return text("nothing"), nil })
				return text("the tool list changed"), nil
			}},
		{name: "test_trigger_prompt_change", description: "Mounts a prompt again, which changes the prompt list.",
			call: func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				f.server.AddPrompt(&mcp.Prompt{Name: "test_transient", Description: "Says nothing."},
					func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
						return prompt("nothing"), nil
					})
				return text("the prompt list changed"), nil
			}},
	}
}
