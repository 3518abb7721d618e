package identity

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// AuthenticatorOptions configures a [Authenticator].
type AuthenticatorOptions struct {
	// Resource is the URL of the MCP endpoint, for which tokens are issued (RFC
	// 8707), for example "https://library.example.org/mcp". It may be ""
	// without Issuers.
	Resource string
	// Issuers are the authorization servers that issue tokens (RFC 9728).
	// Without issuers there is no metadata, and challenges refer to none.
	Issuers  []string
	Verifier Verifier
	// Scopes are the scopes that a client may request, Read and Write only; nil
	// is Read.
	Scopes []Scope
	// Ask are the scopes that clients request from the issuers, where an issuer
	// has its own names for them: many providers reject a scope that they don't
	// know. Nil is Scopes.
	Ask []string
}

// Authenticator authenticates requests as a resource server of OAuth 2.1 (RFC 6750, RFC
// 9728; MCP 2026-07-28, authorization).
type Authenticator struct {
	verifier    Verifier
	metadata    metadata
	metadataURL string // "" without issuers
	ask         string // scopes in every challenge; "" for the scope that the call needs
	readOnly    bool   // this is the authenticator of the endpoint that never writes
	offered     string // scopes in the challenge of a caller without a token that is good
}

// NewAuthenticator returns an authenticator. The error names the invalid option.
func NewAuthenticator(o AuthenticatorOptions) (*Authenticator, error) {
	if o.Verifier == nil {
		return nil, errors.New("identity: no verifier")
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []Scope{Read}
	}
	for _, s := range o.Scopes {
		if s != Read && s != Write {
			return nil, errors.New("identity: unknown scope")
		}
	}
	a := &Authenticator{verifier: o.Verifier, metadata: metadata{Resource: o.Resource, Servers: o.Issuers, Scopes: o.Ask, Methods: []string{"header"}, Name: "Stackroom"}}
	a.ask = strings.Join(o.Ask, " ")
	for i, s := range o.Scopes {
		if i > 0 {
			a.offered += " "
		}
		a.offered += string(s)
	}
	if o.Ask == nil {
		for _, s := range o.Scopes {
			a.metadata.Scopes = append(a.metadata.Scopes, string(s))
		}
	}
	if len(o.Issuers) == 0 {
		return a, nil
	}
	u, err := url.Parse(o.Resource)
	if err != nil || u.Host == "" || !slices.Contains([]string{"https", "http"}, u.Scheme) || strings.ContainsAny(o.Resource, "?#@") {
		return nil, errors.New("identity: the resource is not an absolute URL without user, query and fragment")
	}
	a.metadataURL = u.Scheme + "://" + u.Host + wellKnown + strings.TrimSuffix(u.EscapedPath(), "/")
	return a, nil
}

// Identify returns the principal of a request, or the challenge that rejects
// it. It reads the Authorization header only.
func (a *Authenticator) Identify(r *http.Request) (*Principal, *Challenge) {
	token, err := bearer(r.Header)
	switch {
	case errors.Is(err, errNoToken):
		return nil, a.challenge(http.StatusUnauthorized, "", Read,
			library.Errorf(library.Unauthenticated, "authentication is required").WithHint("%s", a.hint()))
	case errors.Is(err, errSeveral):
		return nil, a.challenge(http.StatusBadRequest, invalidRequest, Read,
			library.Errorf(library.Invalid, "the request has more than one Authorization header").WithHint("send one"))
	case err != nil:
		return nil, a.challenge(http.StatusUnauthorized, invalidToken, Read, BadToken(err).WithHint("%s", a.hint()))
	}
	p, err := a.verifier.Verify(r.Context(), token)
	if err == nil && p != nil && p.ReadOnly && !a.readOnly {
		err = BadToken(errors.New("identity: the token is for the endpoint that never writes"))
	}
	if err == nil && p == nil {
		err = errors.New("identity: the verifier returned neither a principal nor an error")
	}
	if err != nil {
		e := library.AsError(err)
		if e.Code == library.Unauthenticated && e.Hint == "" {
			e = e.WithHint("%s", a.hint())
		}
		return nil, a.rejected(e)
	}
	return p, nil
}

// Require returns nil if p has the scope that a call needs, else the challenge
// that asks for it (RFC 6750 section 3.1, insufficient_scope). A nil p gets a
// challenge.
func (a *Authenticator) Require(p *Principal, needed Scope) *Challenge {
	switch {
	case p == nil:
		return a.challenge(http.StatusUnauthorized, "", needed,
			library.Errorf(library.Unauthenticated, "authentication is required").WithHint("%s", a.hint()))
	case p.May(needed):
		return nil
	}
	return a.challenge(http.StatusForbidden, insufficientScope, needed,
		library.Errorf(library.Forbidden, "the token does not allow this; it needs the scope %s", needed).
			WithHint("sign in again and grant this scope, or use a token that has it"))
}

// Rejected returns the challenge for a call whose credential the upstream
// rejected with err: its owner revoked it, and must sign in again. It is only
// for a principal's own credential, not for one that principals share.
func (a *Authenticator) Rejected(err error) *Challenge {
	return a.challenge(http.StatusUnauthorized, invalidToken, Read,
		library.Errorf(library.Unauthenticated, "access to the library has been revoked").
			WithHint("sign in again").WithCause(err))
}

// BadToken returns the error for an invalid token. All verifiers use it, so
// that the message does not reveal why a token is invalid. The cause is for the
// log and contains no part of the token; it may be nil.
func BadToken(cause error) *library.Error {
	return library.Errorf(library.Unauthenticated, "the token is invalid or has expired").WithCause(cause)
}

// readOnlyPath is the path of the endpoint that never writes, below the MCP
// endpoint's.
const readOnlyPath = "/readonly"

// ReadOnlyResource returns the URL of the endpoint that never writes, which is below
// the MCP endpoint.
func ReadOnlyResource(resource string) string {
	return strings.TrimSuffix(resource, "/") + readOnlyPath
}

// ReadOnly returns the authenticator of the endpoint that never writes: a resource of
// its own, with metadata and challenges of its own that ask for [Read] alone. A token
// for the MCP endpoint holds there too, with [Read] alone.
func (a *Authenticator) ReadOnly() *Authenticator {
	r := *a
	r.verifier = readingVerifier{a.verifier}
	r.metadata.Scopes, r.offered = []string{string(Read)}, string(Read)
	if a.ask != "" {
		r.metadata.Scopes = a.metadata.Scopes
	}
	if a.metadataURL != "" {
		r.metadata.Resource = ReadOnlyResource(a.metadata.Resource)
		r.metadataURL = a.metadataURL + readOnlyPath
	}
	r.readOnly = true
	return &r
}

// readingVerifier limits principals to [Read].
type readingVerifier struct{ Verifier }

// Verify implements [Verifier].
func (v readingVerifier) Verify(ctx context.Context, token string) (*Principal, error) {
	p, err := v.Verifier.Verify(ctx, token)
	if err != nil || p == nil || !p.May(Write) {
		return p, err
	}
	reading := *p
	reading.Scopes = []Scope{Read}
	return &reading, nil
}
