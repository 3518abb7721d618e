// Package identity authenticates callers and authorizes what they do:
// principals, scopes, token verification, challenges and sign-in.
package identity

import (
	"context"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Scope is a right that a token grants to its bearer.
type Scope string

// The scopes. Write includes Read: MCP 2026-07-28, authorization, asks servers
// to honour such hierarchies.
const (
	Read  Scope = "library:read"
	Write Scope = "library:write"
)

// Principal is an authenticated caller. It is immutable.
type Principal struct {
	// Subject identifies exactly one principal: "zotero:475425", "token:k3f9…",
	// "oidc:…". It comes from the verifier of the token, never from user input,
	// and may appear in the audit log.
	Subject string
	Scopes  []Scope
	// Libraries are the only libraries that the principal may see; nil allows
	// every library that the credential can read.
	Libraries []library.ID
	// ReadOnly says that the token is for the endpoint that never writes alone.
	ReadOnly bool
	// Credential is the principal's own credential at the upstream. The zero
	// value stands for the deployment's.
	Credential upstream.Credential
	Expires    time.Time // when the token expires; zero if never
}

// May reports whether p has a scope, directly or through a wider one.
func (p *Principal) May(s Scope) bool {
	return slices.Contains(p.Scopes, s) || s == Read && slices.Contains(p.Scopes, Write)
}

// Sees reports whether the token allows p to see a library. The upstream may
// still reject the credential.
func (p *Principal) Sees(id library.ID) bool {
	return p.Libraries == nil || slices.Contains(p.Libraries, id)
}

// principalKey is the context key of a [Principal].
type principalKey struct{}

// WithPrincipal returns a context for calls that p makes.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns the principal of ctx, or nil if there is none.
func PrincipalFrom(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}
