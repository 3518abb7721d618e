package mcp

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
)

// Stdio serves MCP on in and out, one JSON message a line, until in ends or ctx
// does; it then returns nil. When in ends, Stdio first responds to the requests
// that it has read, within the grace period. It responds to an invalid line
// with an error and continues with the next. Nil for in and out is the
// process's standard input and output, which nothing else may then use.
func Stdio(ctx context.Context, o Options, grace time.Duration, in io.ReadCloser, out io.Writer) error {
	server, _, err := newServer(ctx, o, call.OverPipe)
	if err != nil {
		return err
	}
	if in == nil {
		in = os.Stdin
	}
	if out == nil {
		out = os.Stdout
	}
	err = server.Run(ctx, lineTransport{newLineConnection(in, out, int(o.MaxBodyBytes), grace)})
	if ctx.Err() != nil || hungUp(err) {
		return nil
	}
	return err
}

// lineTransport is a transport with one existing connection.
type lineTransport struct{ connection *lineConnection }

// Connect implements [mcp.Transport].
func (t lineTransport) Connect(context.Context) (mcp.Connection, error) { return t.connection, nil }

// hungUp reports whether err means that the other side has disconnected. A
// client ends a session by closing its pipes (MCP 2025-11-25, lifecycle,
// "Shutdown"), which a read or a write may notice.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE)
}
