// Package identity knows who is calling and what they may do: principals,
// scopes, the verification of tokens, the challenges to those who have none,
// and sign-in.
package identity

import (
	"context"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Scope is what a token lets its bearer do.
type Scope string

// The scopes. Write includes Read (MCP 2026-07-28, authorization, asks servers
// to honour such hierarchies).
const (
	Read  Scope = "library:read"
	Write Scope = "library:write"
)

// Principal is somebody who has shown who they are. It is read only.
type Principal struct {
	// Subject names the principal and nobody else: "zotero:475425",
	// "token:k3f9…", "oidc:…". It comes from whoever vouches for the
	// principal, never from anything typed, and may stand in the audit log.
	Subject string
	Scopes  []Scope
	// Libraries are the only ones that the principal may see; nil is every
	// library that the credential reads.
	Libraries []library.ID
	// Credential is the principal's own at the upstream. The zero one means
	// the deployment's.
	Credential upstream.Credential
	Expires    time.Time // when the token ends; the zero time is never
}

// May reports whether p has a scope, of itself or because a wider one includes
// it.
func (p *Principal) May(s Scope) bool {
	return slices.Contains(p.Scopes, s) || s == Read && slices.Contains(p.Scopes, Write)
}

// Sees reports whether p may see a library as far as the token goes; the
// credential may yet refuse it.
func (p *Principal) Sees(id library.ID) bool {
	return p.Libraries == nil || slices.Contains(p.Libraries, id)
}

// principalKey is the context key of a [Principal].
type principalKey struct{}

// WithPrincipal returns a context of calls that p makes.
func WithPrincipal(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns who makes the calls of ctx, or nil where nobody needs
// to sign in.
func PrincipalFrom(ctx context.Context) *Principal {
	p, _ := ctx.Value(principalKey{}).(*Principal)
	return p
}
