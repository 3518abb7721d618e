package server

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/server/call"
	"github.com/stackroom-mcp/stackroom/pkg/server/mcp"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/server/rest"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// route sets up every route.
func (s *Server) route() error {
	s.get("/health", s.health)
	s.get("/ready", s.ready)
	setup, err := s.routePages()
	if err != nil {
		return err
	}
	for _, route := range openRoutes(s.options) {
		s.router.Add(route.Method, route.Path, s.open(route.Handler))
	}
	if err := s.routeMCP(); err != nil {
		return err
	}
	return s.routeREST(setup)
}

// The paths of MCP. What is served at the second never changes a library.
const (
	mcpPath      = "/mcp"
	readOnlyPath = "/mcp/readonly"
)

// routePages sets up the pages for people. It returns the handler of the setup page.
func (s *Server) routePages() (echo.HandlerFunc, error) {
	o := s.options
	nav, err := s.routeLibrary()
	if err != nil {
		return nil, err
	}
	if s.edge.problem, err = pages.NewProblem(nav); err != nil {
		return nil, err
	}
	setup, err := pages.NewSetup(pages.Options{
		Nav:  nav,
		Name: o.Name, Version: o.Version, PublicURL: o.PublicURL, SignIn: o.SignIn, Shared: o.SharedLibrary, Signed: o.Authenticator != nil,
		Tools: o.Catalog.Definitions(), LegacySSE: o.LegacySSE, Libraries: o.Libraries,
	})
	if err != nil {
		return nil, err
	}
	show := func(c echo.Context) error { return setup.Write(c.Response(), c.Request()) }
	s.get("/", s.front(show))
	s.get(pages.ConnectPath, show)
	for _, path := range []string{"/favicon.svg", "/favicon.ico"} {
		s.get(path, func(c echo.Context) error {
			pages.WriteIcon(c.Response(), c.Request())
			return nil
		})
	}
	// A browser that opens the MCP URL shows the setup page.
	for _, path := range []string{mcpPath, readOnlyPath} {
		s.router.GET(path, func(c echo.Context) error {
			if !wantsPage(c.Request()) {
				return postOnly(c)
			}
			return show(c)
		})
		for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			s.router.Add(method, path, postOnly)
		}
	}
	return show, nil
}

// wantsPage reports whether a browser requests a page: programs that request a
// stream do not accept HTML.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// postOnly responds to methods other than POST at /mcp.
func postOnly(c echo.Context) error {
	c.Set(echo.ContextKeyHeaderAllow, http.MethodPost)
	return echo.ErrMethodNotAllowed
}

// routeMCP sets up the routes of MCP.
func (s *Server) routeMCP() error {
	handler, err := mcp.New(s.stopping, s.options.mcpOptions(s.runner, s.authorizer, s.timeouts.write))
	if err != nil {
		return err
	}
	s.router.POST(mcpPath, s.authenticated(s.running(func(c echo.Context, body []byte) {
		handler.Serve(c.Response(), c.Request(), body)
	}, mcp.WriteChallenge), mcp.WriteChallenge))
	if err := s.routeReadOnly(); err != nil {
		return err
	}
	if !s.options.LegacySSE {
		s.router.Any("/sse", noLegacySSE)
		return nil
	}
	sse := handler.SSE(s.stopping)
	// A stream lives for hours and costs almost nothing: it does not count as a
	// call in flight.
	s.router.GET("/sse", s.authenticated(func(c echo.Context) error {
		sse.Stream(c.Response(), c.Request())
		return nil
	}, mcp.WriteChallenge))
	s.router.POST("/sse", s.authenticated(s.running(func(c echo.Context, body []byte) {
		sse.Message(c.Response(), c.Request(), body)
	}, mcp.WriteChallenge), mcp.WriteChallenge))
	return nil
}

// routeReadOnly sets up the endpoint with the tools that read.
func (s *Server) routeReadOnly() error {
	o := s.options
	o.Catalog = o.Reading
	if o.Authenticator != nil {
		o.Authenticator = o.Authenticator.ReadOnly()
	}
	authorizer := call.NewAuthorizer(o.Authenticator, o.Catalog.Definitions())
	handler, err := mcp.New(s.stopping, o.mcpOptions(s.runner, authorizer, s.timeouts.write))
	if err != nil {
		return err
	}
	s.router.POST(readOnlyPath, s.authenticatedBy(s.reading, s.running(func(c echo.Context, body []byte) {
		handler.Serve(c.Response(), c.Request(), body)
	}, mcp.WriteChallenge), mcp.WriteChallenge))
	return nil
}

// noLegacySSE responds at /sse if that transport is disabled, so that its
// clients learn of the supported one.
func noLegacySSE(c echo.Context) error {
	rest.WriteProblem(c.Response(), c.Request(), http.StatusNotFound,
		library.Errorf(library.NotFound, "the HTTP+SSE transport is not served here").
			WithHint("use streamable HTTP: POST /mcp"))
	return nil
}

// routeREST sets up the routes of REST, if there are tools. A browser that opens the
// list of tools gets the setup page.
func (s *Server) routeREST(setup echo.HandlerFunc) error {
	o := s.options
	if len(o.Catalog.Definitions()) == 0 {
		return nil
	}
	handler, err := rest.New(rest.Options{
		Catalog: o.Catalog, Runner: s.runner, Authorizer: s.authorizer, Name: o.Name, Version: o.Version, PublicURL: o.PublicURL,
	})
	if err != nil {
		return err
	}
	list := s.authenticated(s.running(func(c echo.Context, _ []byte) {
		handler.List(c.Response(), c.Request())
	}, rest.WriteChallenge), rest.WriteChallenge)
	s.get("/tools", func(c echo.Context) error {
		if wantsPage(c.Request()) {
			return setup(c)
		}
		return list(c)
	})
	s.router.POST("/tools/:name", s.authenticated(s.running(func(c echo.Context, body []byte) {
		handler.Call(c.Response(), c.Request(), c.Param("name"), body)
	}, rest.WriteChallenge), rest.WriteChallenge))
	s.get("/openapi.json", func(c echo.Context) error {
		handler.Document(c.Response(), c.Request())
		return nil
	})
	return nil
}

// get sets up a route for GET and, as HTTP requires (RFC 9110, section 9.1),
// HEAD.
func (s *Server) get(path string, handler echo.HandlerFunc) {
	s.router.GET(path, handler)
	s.router.HEAD(path, handler)
}

// authenticated returns a handler that runs next for authenticated callers
// within their limit. A rejected request counts against its address, so that
// tokens can't be guessed at a high rate.
func (s *Server) authenticated(next echo.HandlerFunc, reject rejectFunc) echo.HandlerFunc {
	return s.authenticatedBy(s.authenticator, next, reject)
}

// authenticatedBy is authenticated with an authenticator.
func (s *Server) authenticatedBy(a *authenticator, next echo.HandlerFunc, reject rejectFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		w := c.Response()
		r, rejected := a.authenticate(c.Request())
		if rejected != nil {
			if s.admission.admitAnonymous(w, r, reject) {
				reject(w, r, rejected)
			}
			return nil
		}
		if !s.admission.admit(w, r, reject) {
			return nil
		}
		c.SetRequest(r)
		return next(c)
	}
}

// running returns a handler that reads the body of a POST, if it has one, and
// runs next as a call in flight. It reads the body first, so that a slow sender
// does not occupy a call in flight.
func (s *Server) running(next func(c echo.Context, body []byte), reject rejectFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, r := c.Response(), c.Request()
		var data []byte
		if r.Method == http.MethodPost && r.ContentLength != 0 {
			body, rejected := s.bodies.ReadJSON(w, r, s.admission.caller(r))
			if rejected != nil {
				reject(w, r, &identity.Challenge{Status: rejected.Status, Err: rejected.Err})
				return nil
			}
			defer s.bodies.Release(body)
			data = body.Bytes()
		}
		leave, ok := s.admission.enter(w, r, reject)
		if !ok {
			return nil
		}
		defer leave()
		next(c, data)
		return nil
	}
}

// open returns a handler for a route without authentication, within the limit
// of the caller's address. It reads the body before the request counts as
// concurrent.
func (s *Server) open(next http.Handler) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, r := c.Response(), c.Request()
		if !s.admission.admitAnonymous(w, r, rest.WriteChallenge) {
			return nil
		}
		if r.ContentLength != 0 {
			body, rejected := s.bodies.Read(w, r, s.admission.address(r))
			if rejected != nil {
				rest.WriteChallenge(w, r, &identity.Challenge{Status: rejected.Status, Err: rejected.Err})
				return nil
			}
			defer s.bodies.Release(body)
			r.Body = wire.NewBody(body.Bytes())
		}
		leave, ok := s.admission.enterSignIn(w, r, rest.WriteChallenge)
		if !ok {
			return nil
		}
		defer leave()
		next.ServeHTTP(w, r)
		return nil
	}
}
