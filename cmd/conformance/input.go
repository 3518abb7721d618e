package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// inputTools answer "input required" and finish when the client calls again
// with what was asked for (SEP-2322).
func (f *fixture) inputTools() []testTool {
	const prefix = "test_input_required_result_"
	return []testTool{
		{name: prefix + "elicitation", description: "Asks for the user's name.", call: askName},
		{name: prefix + "sampling", description: "Asks the client's model a question.", call: askModel},
		{name: prefix + "list_roots", description: "Asks for the client's roots.", call: askRoots},
		{name: prefix + "multiple_inputs", description: "Asks for a name, a greeting and the roots at once.", call: f.askAll},
		{name: prefix + "request_state", description: "Asks for a confirmation and hands out a sealed state.", call: f.confirm},
		{name: prefix + "tampered_state", description: "Refuses a state whose seal is broken.", call: f.confirm},
		{name: prefix + "multi_round", description: "Asks twice; the state carries the first answer.", call: f.askTwice},
		{name: prefix + "capabilities", description: "Asks only for what the client said it can do.", call: askWhatIsPossible},
	}
}

// form returns a form with one required field.
func form(message, field, fieldType string) *mcp.ElicitParams {
	schema := fmt.Sprintf(`{"type":"object","properties":{%q:{"type":%q}},"required":[%[1]q]}`, field, fieldType)
	return &mcp.ElicitParams{Message: message, RequestedSchema: json.RawMessage(schema)}
}

// accepted returns what the user filled in, or nil if the answer is missing,
// of another kind, or was declined.
func accepted(answers mcp.InputResponseMap, key string) map[string]any {
	if a, _ := answers[key].(*mcp.ElicitResult); a != nil && a.Action == "accept" {
		return a.Content
	}
	return nil
}

// filled returns the text that the user filled into a field, or "".
func filled(answers mcp.InputResponseMap, key, field string) string {
	s, _ := accepted(answers, key)[field].(string)
	return s
}

// sampled returns the model's words, and whether it was asked at all.
func sampled(answers mcp.InputResponseMap, key string) (words string, ok bool) {
	a, _ := answers[key].(*mcp.CreateMessageWithToolsResult)
	if a == nil {
		return "", false
	}
	for _, block := range a.Content {
		if t, _ := block.(*mcp.TextContent); t != nil {
			return t.Text, true
		}
	}
	return "", true
}

func ask(state string, questions mcp.InputRequestMap) *mcp.CallToolResult {
	return &mcp.CallToolResult{InputRequests: questions, RequestState: state}
}

func askName(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if name := filled(req.Params.InputResponses, "user_name", "name"); name != "" {
		return text("Hello, " + name + "!"), nil
	}
	return ask("", mcp.InputRequestMap{"user_name": form("What is your name?", "name", "string")}), nil
}

func askModel(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if words, ok := sampled(req.Params.InputResponses, "capital_question"); ok {
		return text("the model said: " + words), nil
	}
	return ask("", mcp.InputRequestMap{"capital_question": samplingRequest("What is the capital of France?", 100)}), nil
}

func askRoots(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if roots, _ := req.Params.InputResponses["client_roots"].(*mcp.ListRootsResult); roots != nil {
		return text(fmt.Sprintf("the client has %d roots", len(roots.Roots))), nil
	}
	return ask("", mcp.InputRequestMap{"client_roots": &mcp.ListRootsParams{}}), nil
}

func (f *fixture) askAll(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	answers := req.Params.InputResponses
	name := filled(answers, "user_name", "name")
	greeting, greeted := sampled(answers, "greeting")
	roots, _ := answers["client_roots"].(*mcp.ListRootsResult)
	if name != "" && greeted && roots != nil {
		return text(fmt.Sprintf("%s %s, %d roots", greeting, name, len(roots.Roots))), nil
	}
	return ask(f.seal.close("asked all"), mcp.InputRequestMap{
		"user_name":    form("What is your name?", "name", "string"),
		"greeting":     samplingRequest("Generate a greeting", 50),
		"client_roots": &mcp.ListRootsParams{},
	}), nil
}

// state opens the state of a repeated call; "" is a first call.
func (f *fixture) state(req *mcp.CallToolRequest) (string, error) {
	if req.Params.RequestState == "" {
		return "", nil
	}
	state, err := f.seal.open(req.Params.RequestState)
	if err != nil {
		return "", &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: err.Error()}
	}
	return state, nil
}

func (f *fixture) confirm(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	state, err := f.state(req)
	if err != nil {
		return nil, err
	}
	if state != "" && accepted(req.Params.InputResponses, "confirm") != nil {
		return text("state-ok"), nil
	}
	return ask(f.seal.close("asked to confirm"), mcp.InputRequestMap{"confirm": form("Please confirm", "ok", "boolean")}), nil
}

func (f *fixture) askTwice(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	state, err := f.state(req)
	if err != nil {
		return nil, err
	}
	answers := req.Params.InputResponses
	name, second := strings.CutPrefix(state, "name is ")
	switch {
	case second:
		return text(name + " likes " + filled(answers, "step2", "color")), nil
	case state == "asked the name" && filled(answers, "step1", "name") != "":
		return ask(f.seal.close("name is "+filled(answers, "step1", "name")), mcp.InputRequestMap{
			"step2": form("Step 2: what is your favourite color?", "color", "string"),
		}), nil
	}
	return ask(f.seal.close("asked the name"), mcp.InputRequestMap{
		"step1": form("Step 1: what is your name?", "name", "string"),
	}), nil
}

func askWhatIsPossible(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	if len(req.Params.InputResponses) > 0 {
		return text("the client gave what it can"), nil
	}
	questions := mcp.InputRequestMap{}
	if can := req.ClientCapabilities(); can != nil {
		if can.Elicitation != nil {
			questions["user_name"] = form("What is your name?", "name", "string")
		}
		if can.Sampling != nil {
			questions["greeting"] = samplingRequest("Generate a greeting", 50)
		}
		if can.RootsV2 != nil {
			questions["client_roots"] = &mcp.ListRootsParams{}
		}
	}
	if len(questions) == 0 {
		return text("the client can give nothing"), nil
	}
	return ask("", questions), nil
}
