// Package mcp serves the Model Context Protocol over streamable HTTP in both
// protocol eras, over stdio and over the deprecated HTTP+SSE transport. The
// official SDK implements the protocol; plain tool calls take the express lane
// (see express).
package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// Catalog provides tools, prompts and resources.
type Catalog interface {
	// ServerOptions returns the options of an SDK server for the catalogue.
	ServerOptions() *mcp.ServerOptions
	// Register adds the tools, prompts, resources and skills to an SDK server.
	Register(*mcp.Server) error
	// Definitions returns the tools in the order of the list. If callers sign
	// in, a registered tool that is missing here is unknown.
	Definitions() []tool.Definition
	// Call runs a tool with a JSON object, or nothing, as its arguments and
	// returns its structured result. For a tool that is
	// [tool.Definition.Complete], [tool.Result] turns that into the result of
	// the registered tool.
	Call(ctx context.Context, name string, arguments json.RawMessage) (json.RawMessage, error)
}

// Options configures a [Handler] and [Stdio].
type Options struct {
	Catalog        Catalog             // required
	Implementation *mcp.Implementation // of the server, for clients. Required.
	Runner         *call.Runner        // required
	Authorizer     *call.Authorizer    // nil allows everything
	Logger         *slog.Logger        // required

	// MaxBodyBytes bounds a message.
	MaxBodyBytes int64
	// WriteTimeout is how long a client may take to read one event of a
	// stream.
	WriteTimeout time.Duration
	// Logging sends log messages to clients of all revisions. Requests of
	// revisions before 2026-07-28 are then answered with streams.
	Logging bool
}

// newServer returns an SDK server with the catalogue and the middleware. The
// middleware's subscriptions end with stopping.
func newServer(stopping context.Context, o Options, transport string) (*mcp.Server, *middleware, error) {
	if o.Catalog == nil {
		return nil, nil, errors.New("mcp: Options.Catalog is missing")
	}
	s := mcp.NewServer(o.Implementation, o.Catalog.ServerOptions())
	if err := o.Catalog.Register(s); err != nil {
		return nil, nil, err
	}
	m := &middleware{runner: o.Runner, authorizer: o.Authorizer, transport: transport, stopping: stopping}
	s.AddReceivingMiddleware(m.observed, m.authorized)
	return s, m, nil
}
