package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// Server is the edge over HTTP. Make one with [New].
type Server struct {
	options       Options
	limits        limits
	runner        *call.Runner
	authorizer    *call.Authorizer
	authenticator *authenticator
	admission     *admission
	bodies        *wire.BodyReader
	router        *echo.Echo

	draining       atomic.Bool
	lastConnection atomic.Int64 // when a connection was last accepted, in Unix nanoseconds
	// stopping ends what has no end of its own: streams and subscriptions.
	stopping context.Context
	stop     context.CancelFunc
}

// limits bound the time that a caller may take.
type limits struct {
	header time.Duration // to send a request's headers
	body   time.Duration // to send its body
	idle   time.Duration // between requests on a connection
	write  time.Duration // to read an answer, beyond the duration of the call; for a stream, to read an event
}

// defaultLimits are generous for a phone on a train.
func defaultLimits() limits {
	return limits{header: 10 * time.Second, body: 20 * time.Second, idle: 2 * time.Minute, write: 30 * time.Second}
}

// New returns a server with these options. It fails if the catalogue is
// missing or a tool's schema is not JSON.
func New(o Options) (*Server, error) { return newServer(o, defaultLimits()) }

// newServer is New with other limits.
func newServer(o Options, limits limits) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: o, limits: limits,
		runner: call.NewRunner(o.runnerOptions()), authorizer: call.NewAuthorizer(o.Authenticator, o.Catalog.Definitions()),
		authenticator: newAuthenticator(o), admission: newAdmission(o), bodies: wire.NewBodyReader(o.MaxBodyBytes),
		router: newRouter(newEdge(o, limits.body)),
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	if err := s.route(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// Handler returns the handler of every route, for a caller's own HTTP server.
// It sets read deadlines and, for streams, write deadlines; the other limits
// against slow callers are set by [Server.Serve].
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header()["Connection"] = closing
		}
		s.router.ServeHTTP(w, withoutTrailingSlash(r))
	})
}

// withoutTrailingSlash returns the request for the path without a slash at its
// end, which people paste with a URL.
func withoutTrailingSlash(r *http.Request) *http.Request {
	path := r.URL.Path
	if len(path) < 2 || path[len(path)-1] != '/' {
		return r
	}
	changed := *r
	u := *r.URL
	u.Path, u.RawPath = path[:len(path)-1], ""
	changed.URL = &u
	return &changed
}
