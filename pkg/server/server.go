package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// Server is the edge over HTTP. Create it with [New].
type Server struct {
	options       Options
	timeouts      timeouts
	runner        *call.Runner
	authorizer    *call.Authorizer
	authenticator *authenticator
	reading       *authenticator // of /mcp/readonly
	admission     *admission
	bodies        *wire.BodyReader
	uploads       *wire.UploadReader
	router        *echo.Echo
	edge          *edge
	library       *pages.Library // nil if it is not served

	draining       atomic.Bool
	lastConnection atomic.Int64 // time of the last accepted connection, in Unix nanoseconds
	// stopping ends streams and subscriptions, which don't end by themselves.
	stopping context.Context
	stop     context.CancelFunc
}

// timeouts are the timeouts for a slow caller.
type timeouts struct {
	header time.Duration // to send a request's headers
	body   time.Duration // to send its body
	idle   time.Duration // between requests on a connection
	upload time.Duration // to send a form with a file, beyond the time for its bytes
	write  time.Duration // to read a response, beyond the duration of the call; for a stream, to read an event
}

// defaultTimeouts allow for a slow mobile connection.
func defaultTimeouts() timeouts {
	return timeouts{header: 10 * time.Second, body: 20 * time.Second, idle: 2 * time.Minute, upload: time.Minute, write: 30 * time.Second}
}

// New returns a server with these options. It fails if the catalogue is
// missing or a tool's schema is not JSON.
func New(o Options) (*Server, error) { return newServer(o, defaultTimeouts()) }

// newServer is New with other timeouts.
func newServer(o Options, timeouts timeouts) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: o, timeouts: timeouts,
		runner: call.NewRunner(o.runnerOptions()), authorizer: call.NewAuthorizer(o.Authenticator, o.Catalog.Definitions()),
		authenticator: newAuthenticator(o), reading: newReadingAuthenticator(o), admission: newAdmission(o), bodies: wire.NewBodyReader(o.MaxBodyBytes),
		uploads: wire.NewUploadReader(o.MaxFileBytes),
		edge:    newEdge(o, timeouts.body),
	}
	s.router = newRouter(s.edge)
	s.stopping, s.stop = context.WithCancel(context.Background())
	if err := s.route(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// Handler returns the handler of all routes, for another HTTP server. It sets
// read deadlines and, for streams, write deadlines; only [Server.Serve] sets
// the other timeouts.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header()["Connection"] = closing
		}
		s.router.ServeHTTP(w, withoutTrailingSlash(r))
	})
}

// withoutTrailingSlash returns the request for the path without a trailing
// slash, which people paste with a URL.
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
