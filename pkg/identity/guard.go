package identity

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// GuardOptions configure a [Guard].
type GuardOptions struct {
	// Resource is the MCP URL, which tokens are for (RFC 8707), for example
	// "https://library.example.org/mcp". It may be "" without Issuers.
	Resource string
	// Issuers are the authorization servers that give out tokens (RFC 9728).
	// Without any, tokens come by other ways: then there is no metadata, and
	// challenges name none.
	Issuers  []string
	Verifier Verifier
	// Scopes are those that a client may ask for, Read and Write only; nil is
	// Read.
	Scopes []Scope
	// Ask are the scopes that clients are told to ask the issuers for, where
	// those have names of their own for what a token needs: many providers
	// refuse a scope that they don't know. Nil is Scopes.
	Ask []string
}

// Guard stands before everything that needs to know who calls: the resource
// server of OAuth 2.1 (RFC 6750, RFC 9728; MCP 2026-07-28, authorization).
type Guard struct {
	verifier    Verifier
	metadata    metadata
	metadataURL string // "" without issuers
	ask         string // scopes that every challenge names, "" for what the call needs
}

// NewGuard returns a guard. The error names the option that can't be used.
func NewGuard(o GuardOptions) (*Guard, error) {
	if o.Verifier == nil {
		return nil, errors.New("identity: a guard needs a verifier")
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []Scope{Read}
	}
	for _, s := range o.Scopes {
		if s != Read && s != Write {
			return nil, errors.New("identity: a scope that nobody knows")
		}
	}
	g := &Guard{verifier: o.Verifier, metadata: metadata{Resource: o.Resource, Servers: o.Issuers, Scopes: o.Ask, Methods: []string{"header"}, Name: "Stackroom"}}
	g.ask = strings.Join(o.Ask, " ")
	if o.Ask == nil {
		for _, s := range o.Scopes {
			g.metadata.Scopes = append(g.metadata.Scopes, string(s))
		}
	}
	if len(o.Issuers) == 0 {
		return g, nil
	}
	u, err := url.Parse(o.Resource)
	if err != nil || u.Host == "" || !slices.Contains([]string{"https", "http"}, u.Scheme) || strings.ContainsAny(o.Resource, "?#@") {
		return nil, errors.New("identity: the resource is not an absolute URL without user, query and fragment")
	}
	g.metadataURL = u.Scheme + "://" + u.Host + wellKnown + strings.TrimSuffix(u.EscapedPath(), "/")
	return g, nil
}

// Identify returns who makes a request, or the answer to it if it can't go on.
// It reads the Authorization header only.
func (g *Guard) Identify(r *http.Request) (*Principal, *Challenge) {
	token, err := bearer(r.Header)
	switch {
	case errors.Is(err, errNoToken):
		return nil, g.challenge(http.StatusUnauthorized, "", Read,
			library.Errorf(library.Unauthenticated, "this server needs to know who is calling").WithHint("%s", g.hint()))
	case errors.Is(err, errSeveral):
		return nil, g.challenge(http.StatusBadRequest, invalidRequest, Read,
			library.Errorf(library.Invalid, "the request has more than one Authorization header").WithHint("send one"))
	case err != nil:
		return nil, g.challenge(http.StatusUnauthorized, invalidToken, Read, BadToken(err).WithHint("%s", g.hint()))
	}
	p, err := g.verifier.Verify(r.Context(), token)
	if err == nil && p == nil {
		err = errors.New("identity: a verifier returned nobody and no error")
	}
	if err != nil {
		e := library.AsError(err)
		if e.Code == library.Unauthenticated && e.Hint == "" {
			e = e.WithHint("%s", g.hint())
		}
		return nil, g.refused(e)
	}
	return p, nil
}

// Require returns nil if p may do what needs a scope, else the answer that
// asks for more (RFC 6750 section 3.1, insufficient_scope). It refuses a nil p.
func (g *Guard) Require(p *Principal, needed Scope) *Challenge {
	switch {
	case p == nil:
		return g.challenge(http.StatusUnauthorized, "", needed,
			library.Errorf(library.Unauthenticated, "this server needs to know who is calling").WithHint("%s", g.hint()))
	case p.May(needed):
		return nil
	}
	return g.challenge(http.StatusForbidden, insufficientScope, needed,
		library.Errorf(library.Forbidden, "the token does not allow this; it needs the scope %s", needed).
			WithHint("sign in again and allow it, or use a token that has this scope"))
}

// Rejected returns the answer to a call for which the upstream refused the
// principal's own credential with err: the owner has revoked it, and only
// signing in again helps. Where principals share the deployment's credential,
// its refusal is no fault of theirs and none for Rejected.
func (g *Guard) Rejected(err error) *Challenge {
	return g.challenge(http.StatusUnauthorized, invalidToken, Read,
		library.Errorf(library.Unauthenticated, "access to the library has been revoked").
			WithHint("sign in again").WithCause(err))
}

// BadToken returns the error for a token that is not good, in the words that
// all verifiers use, so that they tell nothing of what is wrong with it. The
// cause is for the log and holds no part of the token; it may be nil.
func BadToken(cause error) *library.Error {
	return library.Errorf(library.Unauthenticated, "the token is not valid, or no longer").WithCause(cause)
}
