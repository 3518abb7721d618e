package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// TestElicitation_AsksThePerson holds that a plan is approved by the person alone.
func TestElicitation_AsksThePerson(t *testing.T) {
	for _, c := range []struct{ action, status string }{
		{"accept", statusDone}, {"decline", statusDeclined}, {"cancel", statusDeclined},
	} {
		l := changetest.New(library.Local, librarytest.Works())
		var asked string
		cl := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, "")}), &mcp.ClientOptions{
			ElicitationHandler: func(_ context.Context, req *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
				asked = req.Params.Message
				return &mcp.ElicitResult{Action: c.action, Content: map[string]any{}}, nil
			},
		})
		key := itemKey(t, l, librarytest.TitleEngine)
		out := cl.do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"x"}}`, key))
		if out.Status != c.status || (l.Writes > 0) != (c.action == "accept") || !strings.Contains(asked, librarytest.TitleEngine) {
			t.Errorf("%s: %+v, %d writes, asked %q", c.action, out, l.Writes, asked)
		}
	}
}

// TestElicitation_RefusesForeignState tries to approve one call with the state of
// another.
func TestElicitation_RefusesForeignState(t *testing.T) {
	l := changetest.New(library.Local, librarytest.Works())
	cl := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, "")}), &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept"}, nil
		},
	})
	a, b := itemKey(t, l, librarytest.TitleEngine), itemKey(t, l, librarytest.TitleLight)
	plan := connectTo(t, cl.catalog, nil).do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"x"}}`, a)).Plan
	accept := mcp.InputResponseMap{approvalID: &mcp.ElicitResult{Action: "accept"}}
	for _, c := range []struct{ tool, arguments, state string }{
		{"update_items", fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"x"}}`, b), plan},
		{"update_items", fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"y"}}`, a), plan},
		{"trash_items", fmt.Sprintf(`{"ids":["local/%s"]}`, a), plan},
		{"update_items", fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"x"}}`, a), plan[:len(plan)-2]},
	} {
		res, err := cl.CallTool(t.Context(), &mcp.CallToolParams{Name: c.tool, Arguments: json.RawMessage(c.arguments), RequestState: c.state, InputResponses: accept})
		if err != nil || !res.IsError || l.Writes != 0 {
			t.Errorf("%s %s: %+v, %v, %d writes", c.tool, c.arguments, res, err, l.Writes)
		}
	}
}

// TestElicitation_RepeatsAnAnswer makes a call again whose answer was lost.
func TestElicitation_RepeatsAnAnswer(t *testing.T) {
	l := changetest.New(library.Local, librarytest.Works())
	cl := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, "")}), &mcp.ClientOptions{
		ElicitationHandler: func(context.Context, *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			return &mcp.ElicitResult{Action: "accept"}, nil
		},
	})
	arguments := fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"x"}}`, itemKey(t, l, librarytest.TitleEngine))
	plan := connectTo(t, cl.catalog, nil).do(t, "update_items", arguments).Plan
	answer := func(action string) string {
		t.Helper()
		res, err := cl.CallTool(t.Context(), &mcp.CallToolParams{
			Name: "update_items", Arguments: json.RawMessage(arguments), RequestState: plan,
			InputResponses: mcp.InputResponseMap{approvalID: &mcp.ElicitResult{Action: action}},
		})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := answer("accept")
	receipt := regexp.MustCompile(`"receipt":"[^"]+"`).FindString(first)
	if receipt == "" || l.Writes != 1 {
		t.Fatalf("%s, %d writes", first, l.Writes)
	}
	if again := answer("accept"); !strings.Contains(again, receipt) || !strings.Contains(again, "carried out before") || l.Writes != 1 {
		t.Errorf("%s, %d writes", again, l.Writes)
	}
	original := arguments
	arguments = strings.Replace(original, `"title":"x"`, `"title":"x","nothing":"y"`, 1)
	if other := answer("accept"); strings.Contains(other, "receipt") || !strings.Contains(other, `"isError":true`) {
		t.Errorf("a call with other arguments: %s", other)
	}
	arguments = original
	if declined := answer("decline"); !strings.Contains(declined, "Nothing would change") || l.Writes != 1 {
		t.Errorf("%s, %d writes", declined, l.Writes)
	}
}
