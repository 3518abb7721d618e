package call

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// Authorizer authorizes calls by the principal of their context. A nil
// Authorizer allows everything.
type Authorizer struct {
	authenticator *identity.Authenticator
	scopes        map[string]identity.Scope // by tool
}

// NewAuthorizer returns an authorizer for these tools: one that is not
// read-only needs [identity.Write], everything else [identity.Read]. It is nil
// if authenticator is nil.
func NewAuthorizer(authenticator *identity.Authenticator, tools []tool.Definition) *Authorizer {
	if authenticator == nil {
		return nil
	}
	a := &Authorizer{authenticator: authenticator, scopes: make(map[string]identity.Scope, len(tools))}
	for _, t := range tools {
		a.scopes[t.Name] = identity.Write
		if t.Hints.ReadOnly {
			a.scopes[t.Name] = identity.Read
		}
	}
	return a
}

// Scope returns the scope that a tool needs. An unknown tool needs
// [identity.Read], so that an anonymous caller does not learn its name.
func (a *Authorizer) Scope(tool string) (needed identity.Scope, known bool) {
	if a == nil {
		return identity.Read, true
	}
	if needed, known = a.scopes[tool]; !known {
		needed = identity.Read
	}
	return needed, known
}

// Require returns nil if the caller of ctx has a scope, else the challenge.
func (a *Authorizer) Require(ctx context.Context, needed identity.Scope) *identity.Challenge {
	if a == nil {
		return nil
	}
	return a.authenticator.Require(identity.PrincipalFrom(ctx), needed)
}

// Rejected returns the challenge for a call that failed because the upstream no
// longer accepts the caller's own credential, and nil for every other cause,
// including a rejection of the deployment's credential.
func (a *Authorizer) Rejected(ctx context.Context, cause error) *identity.Challenge {
	if a == nil || cause == nil || library.CodeOf(cause) != library.Unauthenticated {
		return nil
	}
	if p := identity.PrincipalFrom(ctx); p == nil || p.Credential.Anonymous() {
		return nil
	}
	return a.authenticator.Rejected(cause)
}
