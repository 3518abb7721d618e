package server

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/mcp"
)

// maxHeaderBytes bounds a request's headers.
const maxHeaderBytes = 64 << 10

// Serve serves on l until ctx ends. Then it reports that it is not ready, stops
// accepting connections, lets running calls finish within the drain timeout,
// and closes the rest. It returns nil after such a stop, and an error only if
// it could not serve. A server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	hs := &http.Server{
		Handler:           s.Handler(),
		ConnState:         s.connection,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: s.timeouts.header,
		WriteTimeout:      s.timeouts.body + s.options.RequestTimeout + s.timeouts.write,
		IdleTimeout:       s.timeouts.idle,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.options.Logger.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- hs.Serve(l) }()
	select {
	case err := <-failed:
		s.stop()
		return err
	case <-ctx.Done():
	}
	s.drain(hs)
	cancel()
	_ = hs.Close() // what did not finish in time
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// closing is shared: assign it whole, never append to it.
var closing = []string{"close"}

// After the stop begins, the server accepts connections until none has come for
// drainDelay, at most for longestDrainDelay. Closing the listener would reset
// connections that wait to be accepted, and net/http closes idle connections at
// once, even with a request on the way. During this time each response
// announces that its connection closes.
const (
	drainDelay        = 250 * time.Millisecond
	longestDrainDelay = 2 * time.Second
)

// drain lets running calls finish. Streams and subscriptions end as soon as no
// call is running.
func (s *Server) drain(hs *http.Server) {
	s.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), s.options.DrainTimeout)
	defer cancel()
	go func() {
		s.runner.Wait(ctx)
		s.stop()
	}()
	s.awaitQuiet(ctx)
	if err := hs.Shutdown(ctx); err != nil {
		s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "calls were cut off at the end", slog.Int64("calls", s.runner.Running()))
	}
}

// connection observes the state of a connection.
func (s *Server) connection(c net.Conn, state http.ConnState) {
	if state == http.StateNew {
		s.lastConnection.Store(time.Now().UnixNano())
	}
	s.options.Telemetry.Connection(c, state)
}

// awaitQuiet returns once no connection has come for drainDelay.
func (s *Server) awaitQuiet(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, longestDrainDelay)
	defer cancel()
	s.lastConnection.Store(time.Now().UnixNano()) // the delay counts from here
	for {
		wait := drainDelay - time.Since(time.Unix(0, s.lastConnection.Load()))
		if wait <= 0 {
			return
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

// Stdio serves MCP on in and out until in ends or ctx does, see [mcp.Stdio]. It
// uses only these options: Catalog, Name, Version, Logger, Telemetry, SlowCall,
// RequestTimeout, MaxBodyBytes (for a line) and DrainTimeout. Logger must not
// write to out.
func Stdio(ctx context.Context, o Options, in io.ReadCloser, out io.Writer) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	return mcp.Stdio(ctx, o.mcpOptions(call.NewRunner(o.runnerOptions()), nil, 0), o.DrainTimeout, in, out)
}
