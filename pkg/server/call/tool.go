package call

import (
	"context"
	"encoding/json"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// Catalog runs tools.
type Catalog interface {
	// Call runs a tool with a JSON object as its arguments and returns its
	// structured result, or a [*library.Error].
	Call(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error)
}

// Caller is who calls a tool outside MCP.
type Caller struct {
	Method string // [telemetry.MethodREST] or [telemetry.MethodPage]
	Client string // name of the calling program, see [Product]
}

// Tool runs a tool for a caller outside MCP, and records the call. The tool may keep
// running after Tool returns, so nothing may overwrite its arguments.
func (r *Runner) Tool(ctx context.Context, catalog Catalog, by Caller, name string, arguments json.RawMessage) (json.RawMessage, error) {
	start := time.Now()
	ctx, observed := r.Telemetry().Begin(ctx, telemetry.Operation{
		Method: by.Method, Tool: name, Arguments: arguments, Transport: OverNetwork,
		ClientName: by.Client, Principal: Subject(ctx),
	})
	result, err := Run(ctx, r, func(ctx context.Context) (json.RawMessage, error) {
		return catalog.Call(ctx, name, arguments)
	})
	outcome := OutcomeOf(err)
	observed.End(outcome.Telemetry())
	r.Log(ctx, outcome, by.Method, name, time.Since(start))
	return result, err
}
