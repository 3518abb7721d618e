package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// approvalID names the one question that a tool asks.
const approvalID = "approval"

// multiRound is the first revision in which a result asks (MCP 2026-07-28, "Multi
// round-trip requests").
const multiRound = "2026-07-28"

// preparing decodes the arguments of a call and returns what the tool wants to do.
type preparing func(ctx context.Context, arguments json.RawMessage, p *progress, client string) (*writeCall, *proposal, error)

// handleWrite answers tools/call of a tool that writes. Where the client can ask the
// person, it asks for approval of a plan at once; elsewhere it answers with the plan.
//
// The state of the question is the token of the plan, sealed with its caller. The
// approval counts for that plan alone, in a call of the same tool with the same
// arguments: a library's text is never part of it.
func handleWrite(ctx context.Context, req *mcp.CallToolRequest, prepare preparing) *mcp.CallToolResult {
	w, proposed, err := prepare(ctx, req.Params.Arguments, newProgress(ctx, req), clientName(req))
	if err != nil {
		if p := w.agreed(ctx, req); p != nil { // the answer to the same call was lost, and a part is done
			return Result(w.carryOut(ctx, &proposal{plan: p, approved: true}))
		}
		return failure(err)
	}
	if proposed.approved || proposed.answer != nil || !canAsk(req) {
		return Result(w.settle(ctx, proposed))
	}
	if req.Params.RequestState == "" {
		return w.ask(ctx, proposed.plan)
	}
	p, err := w.writing.Plans.Open(ctx, req.Params.RequestState, w.by.Subject)
	if err != nil {
		return failure(err)
	}
	if p.Arguments != proposed.plan.Arguments { // the tool is part of them
		return failure(library.Errorf(library.Invalid, "the request state belongs to another call").WithHint("make the call again without it"))
	}
	answer, ok := req.Params.InputResponses[approvalID].(*mcp.ElicitResult)
	switch {
	case !ok || answer == nil:
		return w.ask(ctx, p) // an answer is missing: ask again
	case answer.Action != "accept":
		out := writeOutput{Status: statusDeclined, Title: p.Title, Notices: []string{"the user did not agree, so nothing was changed; don't repeat the call unless they ask for it"}}
		return Result(w.write(ctx, out, p, nil))
	}
	return Result(w.carryOut(ctx, &proposal{plan: p, approved: true, notices: proposed.notices}))
}

// agreed returns the plan of the call that the person agreed to, nil if there is none.
// w may be nil.
func (c *writeCall) agreed(ctx context.Context, req *mcp.CallToolRequest) *change.Plan {
	answer, ok := req.Params.InputResponses[approvalID].(*mcp.ElicitResult)
	if c == nil || !ok || answer == nil || answer.Action != "accept" || req.Params.RequestState == "" || !canAsk(req) {
		return nil
	}
	p, err := c.writing.Plans.Open(ctx, req.Params.RequestState, c.by.Subject)
	if d := c.digest(); err != nil || p.Arguments != fmt.Sprintf("%x", d[:]) {
		return nil
	}
	return p
}

// ask returns the result that asks the person to approve a plan.
func (c *writeCall) ask(ctx context.Context, p *change.Plan) *mcp.CallToolResult {
	token, err := c.writing.Plans.Seal(ctx, p)
	if library.CodeOf(err) == library.Conflict { // asked before: the plan is kept
		return failure(library.Errorf(library.Invalid, "the answer to the question is missing").WithHint("make the call again without its request state"))
	} else if err != nil {
		return failure(err)
	}
	return &mcp.CallToolResult{
		RequestState: token,
		InputRequests: mcp.InputRequestMap{approvalID: &mcp.ElicitParams{
			Mode: "form", Message: approvalText(p),
			RequestedSchema: json.RawMessage(`{"type":"object","properties":{}}`),
		}},
	}
}

// maxAsked bounds the changes that a question shows.
const maxAsked = 10

// approvalText says what a plan changes, for the person who decides.
func approvalText(p *change.Plan) string {
	t := &tidy{}
	var b strings.Builder
	fmt.Fprintf(&b, "%s in library %s? Changes: %d.", p.Title, p.Library, len(p.Edits))
	for i, e := range p.Edits {
		if i == maxAsked {
			fmt.Fprintf(&b, "\n… and %d more", len(p.Edits)-i)
			break
		}
		line := t.editLine(p.Library, e)
		fmt.Fprintf(&b, "\n%s %q:", line.ID, line.Name)
		for name, after := range line.After {
			if _, stays := e.Stay[name]; stays {
				fmt.Fprintf(&b, " %s %q", name, t.cut(after, maxName/2))
				continue
			}
			fmt.Fprintf(&b, " %s %q → %q", name, t.cut(line.Before[name], maxName/2), t.cut(after, maxName/2))
		}
	}
	return b.String()
}

// canAsk reports whether the client can ask its person now. A client of an earlier
// revision is asked by a request of the server, for which HTTP without sessions has
// no way.
func canAsk(req *mcp.CallToolRequest) bool {
	if req.Session == nil {
		return false
	}
	p := req.Session.InitializeParams()
	if p == nil || p.Capabilities == nil || p.Capabilities.Elicitation == nil {
		return false
	}
	overHTTP := req.Extra != nil && req.Extra.Header != nil
	return p.ProtocolVersion >= multiRound || !overHTTP
}

// clientName returns what the client calls itself: as it introduced itself, or, over
// HTTP without sessions, the first product of its User-Agent.
func clientName(req *mcp.CallToolRequest) string {
	if req.Session != nil {
		if p := req.Session.InitializeParams(); p != nil && p.ClientInfo != nil {
			return ours(p.ClientInfo.Name)
		}
	}
	if req.Extra == nil {
		return ""
	}
	program, _, _ := strings.Cut(req.Extra.Header.Get("User-Agent"), "/")
	return ours(program)
}
