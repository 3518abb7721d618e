package main

import (
	"context"
	"fmt"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// addPrompts mounts the test prompts.
func (f *fixture) addPrompts() {
	f.server.AddPrompt(&mcp.Prompt{Name: "test_simple_prompt", Description: "Has no arguments."},
		func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return prompt("This is a simple prompt for testing."), nil
		})
	f.server.AddPrompt(&mcp.Prompt{
		Name: "test_prompt_with_arguments", Description: "Repeats its two arguments.",
		Arguments: []*mcp.PromptArgument{{Name: "arg1", Required: true}, {Name: "arg2", Required: true}},
	}, repeatArguments)
	f.server.AddPrompt(&mcp.Prompt{
		Name: "test_prompt_with_embedded_resource", Description: "Embeds the resource of a URI.",
		Arguments: []*mcp.PromptArgument{{Name: "resourceUri", Required: true}},
	}, embedResource)
	f.server.AddPrompt(&mcp.Prompt{Name: "test_prompt_with_image", Description: "Shows a picture."},
		func(context.Context, *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			r := prompt("Please describe the picture above.")
			picture := &mcp.PromptMessage{Role: "user", Content: &mcp.ImageContent{Data: redDot(), MIMEType: "image/png"}}
			r.Messages = append([]*mcp.PromptMessage{picture}, r.Messages...)
			return r, nil
		})
	f.server.AddPrompt(&mcp.Prompt{
		Name: "test_input_required_result_prompt", Description: "Asks for its context first (SEP-2322).",
	}, askContext)
}

// prompt returns a prompt of one message.
func prompt(s string) *mcp.GetPromptResult {
	return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: s}}}}
}

func repeatArguments(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	args := req.Params.Arguments
	return prompt(fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", args["arg1"], args["arg2"])), nil
}

func embedResource(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	r := prompt("Please read the resource above.")
	resource := embedded(req.Params.Arguments["resourceUri"], "Embedded resource content for testing.")
	r.Messages = append([]*mcp.PromptMessage{{Role: "user", Content: resource}}, r.Messages...)
	return r, nil
}

func askContext(_ context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	if given := filled(req.Params.InputResponses, "user_context", "context"); given != "" {
		return prompt("Context: " + given), nil
	}
	return &mcp.GetPromptResult{InputRequests: mcp.InputRequestMap{
		"user_context": form("What is the context?", "context", "string"),
	}}, nil
}
