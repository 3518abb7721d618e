package mcp

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
)

// Stdio serves MCP on in and out, one JSON message a line, until in ends or
// ctx does; it then returns nil. Nil for in and out is the process's own
// standard input and output, which nothing else may then use.
func Stdio(ctx context.Context, o Options, in io.ReadCloser, out io.WriteCloser) error {
	server, _, err := newServer(ctx, o, call.OverPipe)
	if err != nil {
		return err
	}
	var transport mcp.Transport = &mcp.StdioTransport{MaxLineLength: int(o.MaxBodyBytes)}
	if in != nil || out != nil {
		transport = &mcp.IOTransport{Reader: in, Writer: out, MaxLineLength: int(o.MaxBodyBytes)}
	}
	err = server.Run(ctx, transport)
	if ctx.Err() != nil || hungUp(err) {
		return nil
	}
	return err
}

// hungUp reports whether err says that the other side is gone. A client ends a
// session by closing its pipes (MCP 2025-11-25, lifecycle, "Shutdown"), which
// is met while reading or while writing.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE)
}
