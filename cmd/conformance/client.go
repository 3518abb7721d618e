package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// clientTools ask the client for something while the call runs, as revisions
// before 2026-07-28 do it. That needs a session: on a stateless server they
// must fail plainly, which the baseline of 2025-11-25 says.
func clientTools() []testTool {
	return []testTool{
		{name: "test_sampling", description: "Asks the client's model to answer a prompt.", call: sample,
			input: `{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}`},
		{name: "test_elicitation", description: "Asks the user a question.", call: elicitUsername,
			input: `{"type":"object","properties":{"message":{"type":"string"}},"required":["message"]}`},
		{name: "test_elicitation_sep1034_defaults", description: "Asks with a default for every primitive type (SEP-1034).",
			call: elicit("Please review the defaults", defaultsForm)},
		{name: "test_elicitation_sep1330_enums", description: "Asks with every form of enumeration (SEP-1330).",
			call: elicit("Please choose", choicesForm)},
		{name: "test_missing_capability", description: "Needs a client that can sample, and says so when it can't (SEP-2575).", call: needSampling},
	}
}

const usernameForm = `{"type":"object","properties":{"username":{"type":"string","description":"The name to use"}},"required":["username"]}`

const defaultsForm = `{"type":"object","properties":{
	"name": {"type":"string","default":"John Doe"},
	"age": {"type":"integer","default":30},
	"score": {"type":"number","default":95.5},
	"status": {"type":"string","enum":["active","inactive","pending"],"default":"active"},
	"verified": {"type":"boolean","default":true}
}}`

const choicesForm = `{"type":"object","properties":{
	"untitledSingle": {"type":"string","enum":["option1","option2","option3"]},
	"titledSingle": {"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},
	"legacyEnum": {"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
	"untitledMulti": {"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
	"titledMulti": {"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}
}}`

func sample(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var in struct{ Prompt string }
	if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
		return failed(err), nil
	}
	answer, err := req.Session.CreateMessage(ctx, samplingRequest(in.Prompt, 100))
	if err != nil {
		return failed(fmt.Errorf("the client did not sample: %w", err)), nil
	}
	block, _ := answer.Content.(*mcp.TextContent)
	if block == nil {
		return text("the client answered without text"), nil
	}
	return text("LLM response: " + block.Text), nil
}

func elicitUsername(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	var in struct{ Message string }
	if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
		return failed(err), nil
	}
	return elicit(in.Message, usernameForm)(ctx, req)
}

func elicit(message, form string) mcp.ToolHandler {
	return func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		answer, err := req.Session.Elicit(ctx, &mcp.ElicitParams{Message: message, RequestedSchema: json.RawMessage(form)})
		if err != nil {
			return failed(fmt.Errorf("the client did not ask its user: %w", err)), nil
		}
		content, err := json.Marshal(answer.Content)
		if err != nil {
			return failed(err), nil
		}
		return text(fmt.Sprintf("User response: action=%s, content=%s", answer.Action, content)), nil
	}
}

func needSampling(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if can := req.ClientCapabilities(); can != nil && can.Sampling != nil {
		return text("the client can sample"), nil
	}
	data, err := json.Marshal(mcp.MissingRequiredClientCapabilityData{
		RequiredCapabilities: &mcp.ClientCapabilities{Sampling: &mcp.SamplingCapabilities{}},
	})
	if err != nil {
		return nil, err
	}
	return nil, &jsonrpc.Error{
		Code:    mcp.CodeMissingRequiredClientCapabilities,
		Message: "this tool needs a client that can sample",
		Data:    data,
	}
}

func samplingRequest(prompt string, maxTokens int64) *mcp.CreateMessageParams {
	return &mcp.CreateMessageParams{
		Messages:  []*mcp.SamplingMessage{{Role: "user", Content: &mcp.TextContent{Text: prompt}}},
		MaxTokens: maxTokens,
	}
}
