package server

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// Stdio serves MCP on in and out, one JSON message a line, until in ends or
// ctx does; it then returns nil. Nil for in and out is the process's own
// standard input and output: nothing else may write there, so o.Logger has to
// go to standard error. Of the options only MCP, Logger, RequestTimeout and
// MaxBodyBytes (for a line) matter.
func Stdio(ctx context.Context, o Options, in io.ReadCloser, out io.WriteCloser) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	calls := newCalls(ctx, o)
	calls.transport = overPipe
	o.MCP.AddReceivingMiddleware(calls.middleware)
	var transport mcp.Transport = &mcp.StdioTransport{MaxLineLength: int(o.MaxBodyBytes)}
	if in != nil || out != nil {
		transport = &mcp.IOTransport{Reader: in, Writer: out, MaxLineLength: int(o.MaxBodyBytes)}
	}
	err = o.MCP.Run(ctx, transport)
	if ctx.Err() != nil || hungUp(err) {
		return nil
	}
	return err
}

// hungUp reports whether err says that the other side is gone. A client ends
// a session by closing its pipes (MCP 2025-11-25, lifecycle, "Shutdown"), and
// whether that is met while reading or while writing is chance.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE)
}
