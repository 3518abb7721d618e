package server

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// authenticator finds out who calls. A nil authenticator lets everyone in.
type authenticator struct {
	identity *identity.Authenticator
	logger   *slog.Logger
	lines    *limit.Lines // of requests whose caller can't be told
}

// newAuthenticator returns the authenticator of a server, nil where callers
// don't sign in.
func newAuthenticator(o Options) *authenticator {
	if o.Authenticator == nil {
		return nil
	}
	return &authenticator{identity: o.Authenticator, logger: o.Logger, lines: limit.NewLines(refusalLines, time.Second/refusalLines)}
}

// authenticate returns the request with its principal in the context and
// without the token, which nothing behind needs; or the refusal.
func (a *authenticator) authenticate(r *http.Request) (*http.Request, *identity.Challenge) {
	if a == nil {
		return r, nil
	}
	p, refused := a.identity.Identify(r)
	if refused != nil {
		if refused.Status >= http.StatusInternalServerError {
			if skipped, ok := a.lines.Allow(); ok {
				a.logger.LogAttrs(r.Context(), slog.LevelWarn, "can't tell who is calling", slog.String("error", refused.Err.Error()), slog.Int64("lines_left_out", skipped))
			}
		}
		return r, refused
	}
	delete(r.Header, "Authorization")
	return r.WithContext(identity.WithPrincipal(r.Context(), p)), nil
}

// openRoutes returns the routes without sign-in beside the server's own: those
// that lead to signing in.
func openRoutes(o Options) []identity.Route {
	if o.Authenticator == nil {
		return o.Routes
	}
	return append(o.Authenticator.Routes(), o.Routes...)
}
