package server

import (
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// authenticator authenticates requests. A nil authenticator allows every
// request.
type authenticator struct {
	identity *identity.Authenticator
	logger   *slog.Logger
	lines    *limit.Lines // for requests whose authentication failed with an internal error or an outage
}

// newAuthenticator returns the authenticator of a server, nil if callers don't
// sign in.
func newAuthenticator(o Options) *authenticator {
	if o.Authenticator == nil {
		return nil
	}
	return &authenticator{identity: o.Authenticator, logger: o.Logger, lines: limit.NewLines(rejectionLines, time.Second/rejectionLines)}
}

// newReadingAuthenticator returns the authenticator of /mcp/readonly, nil if callers
// don't sign in.
func newReadingAuthenticator(o Options) *authenticator {
	if o.Authenticator != nil {
		o.Authenticator = o.Authenticator.ReadOnly()
	}
	return newAuthenticator(o)
}

// authenticate returns the request with its principal in the context and
// without the token, which no handler needs; or the challenge that rejects it.
func (a *authenticator) authenticate(r *http.Request) (*http.Request, *identity.Challenge) {
	if a == nil {
		return r, nil
	}
	p, rejected := a.identity.Identify(r)
	if rejected != nil {
		if rejected.Status >= http.StatusInternalServerError {
			if skipped, ok := a.lines.Allow(); ok {
				a.logger.LogAttrs(r.Context(), slog.LevelWarn, "a caller can't be authenticated", slog.String("error", rejected.Err.Error()), slog.Int64("lines_left_out", skipped))
			}
		}
		return r, rejected
	}
	delete(r.Header, "Authorization")
	return r.WithContext(identity.WithPrincipal(r.Context(), p)), nil
}

// openRoutes returns the routes of sign-in, which need no authentication.
func openRoutes(o Options) []identity.Route {
	if o.Authenticator == nil {
		return o.Routes
	}
	return slices.Concat(o.Authenticator.Routes(), o.Authenticator.ReadOnly().Routes(), o.Routes)
}
