package server

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// legacySSE is the HTTP+SSE transport of 2024-11-05: a GET opens a stream and
// with it a session, and the caller posts its messages to the address that
// the stream names first (the same path with a session ID).
type legacySSE struct {
	handler      http.Handler
	bodies       *bodyReader
	writeTimeout time.Duration
	stopping     context.Context
}

// newLegacySSE returns the transport for an MCP server; its streams end when
// stopping ends.
func newLegacySSE(stopping context.Context, server *mcp.Server, bodies *bodyReader, writeTimeout time.Duration) *legacySSE {
	return &legacySSE{
		handler: mcp.NewSSEHandler(func(*http.Request) *mcp.Server { return server }, &mcp.SSEOptions{
			DisableLocalhostProtection: true, // the edge checks
			MaxRequestBodyBytes:        bodies.limit,
		}),
		bodies: bodies, writeTimeout: writeTimeout, stopping: stopping,
	}
}

// stream answers the GET.
func (l *legacySSE) stream(c echo.Context) error {
	ctx, cancel := context.WithCancel(c.Request().Context())
	defer cancel()
	defer context.AfterFunc(l.stopping, cancel)()
	r := c.Request().WithContext(context.WithValue(ctx, carrierKey{}, ctx))
	a := &answer{ResponseWriter: c.Response(), writeTimeout: l.writeTimeout}
	l.handler.ServeHTTP(a, r)
	a.finish()
	return nil
}

// message answers the POST of one message.
func (l *legacySSE) message(c echo.Context) error {
	w, r := c.Response(), c.Request()
	body, envelope, ok := l.bodies.message(w, r)
	if !ok {
		return nil
	}
	defer l.bodies.release(body)
	r.Body = newBody(body.Bytes())
	a := &answer{ResponseWriter: w, id: envelope.id}
	l.handler.ServeHTTP(a, r)
	a.finish()
	return nil
}

// noLegacySSE answers at /sse where the transport is not served: its clients
// find the way to the one that is.
func noLegacySSE(c echo.Context) error {
	writeProblem(c.Response(), c.Request(), http.StatusNotFound,
		library.Errorf(library.NotFound, "the HTTP+SSE transport is not served here").
			WithHint("use streamable HTTP: POST /mcp"))
	return nil
}
