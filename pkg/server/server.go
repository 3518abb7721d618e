package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// Server is the edge over HTTP. Make one with [New].
type Server struct {
	options Options
	limits  limits
	calls   *calls
	door    *door
	budget  *budget
	router  *echo.Echo

	draining atomic.Bool
	// stopping ends when whatever lives on must go: streams and subscriptions.
	stopping context.Context
	stop     context.CancelFunc
}

// limits are the times that a caller may take.
type limits struct {
	header time.Duration // to send a request's headers
	body   time.Duration // to send its body
	idle   time.Duration // between requests on a connection
	write  time.Duration // to take an answer, beyond the time that the call may take; for a stream, to take an event
}

// defaultLimits are generous for a phone on a train and tight for an attack.
func defaultLimits() limits {
	return limits{header: 10 * time.Second, body: 20 * time.Second, idle: 2 * time.Minute, write: 30 * time.Second}
}

// maxHeaderBytes bounds a request's headers.
const maxHeaderBytes = 64 << 10

// New returns a server with these options. It adds its receiving middleware
// to o.MCP. It fails if o.MCP is missing or a tool's schema is not JSON.
func New(o Options) (*Server, error) { return newServer(o, defaultLimits()) }

// newServer is New with limits of its own.
func newServer(o Options, limits limits) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, limits: limits, door: newDoor(o), budget: newBudget(o), router: newRouter(newEdge(o, limits.body))}
	s.stopping, s.stop = context.WithCancel(context.Background())
	s.calls = newCalls(s.stopping, o)
	o.MCP.AddReceivingMiddleware(s.calls.middleware, s.door.middleware)
	if err := s.route(); err != nil {
		return nil, err
	}
	return s, nil
}

// route sets up every route.
func (s *Server) route() error {
	bodies := &bodyReader{limit: s.options.MaxBodyBytes}
	lane, err := newExpress(s.options, s.calls, s.door)
	if err != nil {
		return err
	}
	s.get("/health", s.health)
	s.get("/ready", s.ready)
	s.router.POST("/mcp", s.behind(echo.WrapHandler(newEndpoint(s.options, bodies, s.limits.write, lane)), &s.budget.mcp, writeRefusedMCP))
	if s.options.LegacySSE {
		legacy := newLegacySSE(s.stopping, s.options.MCP, s.door, bodies, s.limits.write)
		s.router.GET("/sse", s.behind(legacy.stream, &s.budget.stream, writeRefusedMCP))
		s.router.POST("/sse", s.behind(legacy.message, &s.budget.mcp, writeRefusedMCP))
	} else {
		s.router.Any("/sse", noLegacySSE)
	}
	setup, err := newSetup(s.options)
	if err != nil {
		return err
	}
	s.get("/", setup.serve)
	for _, route := range openRoutes(s.options) {
		bounded := limit.Wrap(http.MaxBytesHandler(route.Handler, s.options.MaxBodyBytes), s.budget.strangers)
		s.router.Add(route.Method, route.Path, echo.WrapHandler(bounded))
	}
	if s.options.Call == nil {
		return nil
	}
	return s.routeREST(bodies)
}

// routeREST sets up the routes of REST.
func (s *Server) routeREST(bodies *bodyReader) error {
	rest, err := newREST(s.options, s.calls, s.door, bodies)
	if err != nil {
		return err
	}
	s.get("/tools", s.behind(rest.list, &s.budget.rest, writeRefusedREST))
	s.router.POST("/tools/:name", s.behind(rest.call, &s.budget.rest, writeRefusedREST))
	s.get("/openapi.json", rest.document)
	return nil
}

// get sets up a route for GET and, as HTTP requires (RFC 9110, section 9.1),
// HEAD.
func (s *Server) get(path string, handler echo.HandlerFunc) {
	s.router.GET(path, handler)
	s.router.HEAD(path, handler)
}

// Handler returns the handler of every route, for a server of one's own. It
// sets read deadlines and, for streams, write deadlines; the other limits
// against slow callers are [Server.Serve]'s.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header()["Connection"] = closing
		}
		s.router.ServeHTTP(w, r)
	})
}

// Serve answers on l until ctx ends. Then it stops being ready, takes no more
// connections, lets running calls finish within the drain timeout, and closes
// what is left. It returns nil after such a stop, and an error only if it
// could not serve. A server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	hs := &http.Server{
		Handler:           s.Handler(),
		ConnState:         s.options.Telemetry.Connection,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: s.limits.header,
		WriteTimeout:      s.limits.body + s.options.RequestTimeout + s.limits.write,
		IdleTimeout:       s.limits.idle,
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
	_ = hs.Close() // what did not finish in time; there is nobody left to tell
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// closing is shared: assigned whole, never appended to.
var closing = []string{"close"}

// farewell is how long connections are kept after the server was told to stop.
// net/http closes at once those that wait for their next request, and one that
// is on its way would be lost; so callers who come again in this time are told
// with their answer that the connection closes.
const farewell = 250 * time.Millisecond

// drain lets running calls finish. Streams that wait for nothing in
// particular end as soon as no call runs any more.
func (s *Server) drain(hs *http.Server) {
	s.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), s.options.DrainTimeout)
	defer cancel()
	go func() {
		s.calls.wait(ctx)
		s.stop()
	}()
	select {
	case <-time.After(farewell):
	case <-ctx.Done():
	}
	if err := hs.Shutdown(ctx); err != nil {
		s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "calls were cut off at the end", slog.Int64("calls", s.calls.running.Load()))
	}
}

// warnings returns a logger that passes on warnings and errors of l alone.
// The SDK writes three lines a request at the level below.
func warnings(l *slog.Logger) *slog.Logger { return slog.New(warningHandler{l.Handler()}) }

// warningHandler drops what is below a warning.
type warningHandler struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (h warningHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h warningHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warningHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h warningHandler) WithGroup(name string) slog.Handler {
	return warningHandler{h.Handler.WithGroup(name)}
}
