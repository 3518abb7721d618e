package mcp

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/wire"
)

// SSE is the HTTP+SSE transport of 2024-11-05: a GET opens a stream with a
// session, and the caller posts its messages to the address in the stream's
// first event (the same path with a session ID). It stores sessions in memory,
// so it works with one process only.
type SSE struct {
	handler  http.Handler
	options  Options
	owners   sync.Map // session ID to *identity.Principal
	stopping context.Context
}

// SSE returns the HTTP+SSE transport of the same server. Its streams end with
// stopping.
func (h *Handler) SSE(stopping context.Context) *SSE {
	return &SSE{
		handler: mcp.NewSSEHandler(func(*http.Request) *mcp.Server { return h.server }, &mcp.SSEOptions{
			DisableLocalhostProtection: true, // package origin checks
			MaxRequestBodyBytes:        h.options.MaxBodyBytes,
		}),
		options: h.options, stopping: stopping,
	}
}

// Stream serves the GET.
func (l *SSE) Stream(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(l.stopping, cancel)()
	r = r.WithContext(context.WithValue(ctx, carrierKey{}, ctx))
	// The ID of every message that is posted to the session may be carried.
	a := &response{ResponseWriter: w, writeTimeout: l.options.WriteTimeout, carried: true}
	if l.options.Authorizer == nil {
		l.handler.ServeHTTP(a, r)
	} else {
		o := &owned{ResponseWriter: a, sessions: &l.owners, principal: identity.PrincipalFrom(ctx)}
		defer o.forget()
		l.handler.ServeHTTP(o, r)
	}
	a.finish()
}

// owned is the response writer of a principal's stream. It records the session
// ID in the first event.
type owned struct {
	http.ResponseWriter
	sessions  *sync.Map
	principal *identity.Principal
	id        string
}

// sessionParameter precedes the session ID in the address in the first event.
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

// forget removes the session.
func (o *owned) forget() { o.sessions.Delete(o.id) }

// owns reports whether the caller of r may send messages to the session that r
// names: it must be the caller who opened it, with the same rights, because
// calls run with the rights of the stream.
func (l *SSE) owns(r *http.Request) bool {
	if l.options.Authorizer == nil {
		return true
	}
	value, _ := l.owners.Load(r.URL.Query().Get("sessionid"))
	owner, known := value.(*identity.Principal)
	p := identity.PrincipalFrom(r.Context())
	return known && p.Subject == owner.Subject && slices.Equal(p.Scopes, owner.Scopes) &&
		slices.Equal(p.Libraries, owner.Libraries) && (p.Libraries == nil) == (owner.Libraries == nil)
}

// Message serves the POST of one message. It does not retain body.
func (l *SSE) Message(w http.ResponseWriter, r *http.Request, body []byte) {
	envelope, ok := readEnvelope(w, body)
	if !ok {
		return
	}
	if !l.owns(r) {
		writeError(w, http.StatusNotFound, envelope.ID, codeInvalidRequest, "session not found")
		return
	}
	body, _ = carry(body, envelope)
	r.Body = wire.NewBody(body)
	a := &response{ResponseWriter: w, id: envelope.ID}
	l.handler.ServeHTTP(a, r)
	a.finish()
}
