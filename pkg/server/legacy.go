package server

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// legacySSE is the HTTP+SSE transport of 2024-11-05: a GET opens a stream and
// with it a session, and the caller posts its messages to the address that
// the stream names first (the same path with a session ID).
type legacySSE struct {
	handler      http.Handler
	door         *door
	owners       sync.Map // of a session's ID to the *identity.Principal it belongs to
	bodies       *bodyReader
	writeTimeout time.Duration
	stopping     context.Context
}

// newLegacySSE returns the transport for an MCP server behind a door; its
// streams end when stopping ends.
func newLegacySSE(stopping context.Context, server *mcp.Server, d *door, bodies *bodyReader, writeTimeout time.Duration) *legacySSE {
	return &legacySSE{
		handler: mcp.NewSSEHandler(func(*http.Request) *mcp.Server { return server }, &mcp.SSEOptions{
			DisableLocalhostProtection: true, // the edge checks
			MaxRequestBodyBytes:        bodies.limit,
		}),
		door: d, bodies: bodies, writeTimeout: writeTimeout, stopping: stopping,
	}
}

// stream answers the GET.
func (l *legacySSE) stream(c echo.Context) error {
	r := c.Request()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(l.stopping, cancel)()
	r = r.WithContext(context.WithValue(ctx, carrierKey{}, ctx))
	a := &answer{ResponseWriter: c.Response(), writeTimeout: l.writeTimeout}
	if l.door == nil {
		l.handler.ServeHTTP(a, r)
	} else {
		o := &owned{ResponseWriter: a, sessions: &l.owners, principal: identity.PrincipalFrom(ctx)}
		defer o.forget()
		l.handler.ServeHTTP(o, r)
	}
	a.finish()
	return nil
}

// owned is the response writer of a stream that belongs to somebody. It takes
// note of the session's ID, which the first event tells.
type owned struct {
	http.ResponseWriter
	sessions  *sync.Map
	principal *identity.Principal
	id        string
}

// sessionParameter begins a session's ID in the address that its stream tells.
const sessionParameter = "sessionid="

// Write implements [http.ResponseWriter].
func (o *owned) Write(data []byte) (int, error) {
	if o.id == "" {
		if _, rest, ok := bytes.Cut(data, []byte(sessionParameter)); ok {
			id, _, _ := bytes.Cut(rest, []byte("\n"))
			o.id = string(id)
			o.sessions.Store(o.id, o.principal)
		}
	}
	return o.ResponseWriter.Write(data)
}

// Unwrap lets [http.ResponseController] reach the connection.
func (o *owned) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// forget ends what the session was good for.
func (o *owned) forget() { o.sessions.Delete(o.id) }

// owns reports whether the caller of r may send messages to the session that r
// names: the one who opened it, with the same rights, since calls are made
// with the stream's.
func (l *legacySSE) owns(r *http.Request) bool {
	if l.door == nil {
		return true
	}
	value, _ := l.owners.Load(r.URL.Query().Get("sessionid"))
	owner, known := value.(*identity.Principal)
	p := identity.PrincipalFrom(r.Context())
	return known && p.Subject == owner.Subject && slices.Equal(p.Scopes, owner.Scopes) &&
		slices.Equal(p.Libraries, owner.Libraries) && (p.Libraries == nil) == (owner.Libraries == nil)
}

// message answers the POST of one message.
func (l *legacySSE) message(c echo.Context) error {
	w, r := c.Response(), c.Request()
	body, envelope, ok := l.bodies.message(w, r)
	if !ok {
		return nil
	}
	defer l.bodies.release(body)
	if !l.owns(r) {
		writeRPCError(w, http.StatusNotFound, envelope.id, codeInvalidRequest, "session not found")
		return nil
	}
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
