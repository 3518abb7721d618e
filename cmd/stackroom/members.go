package main

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// memberKey returns the Zotero key that the caller granted when signing in, or
// the anonymous credential for this server itself.
func memberKey(ctx context.Context) (upstream.Credential, error) {
	p := identity.PrincipalFrom(ctx)
	switch {
	case p == nil:
		return upstream.Credential{}, nil
	case p.Credential.Anonymous():
		return upstream.Credential{}, library.Errorf(library.Unauthenticated, "the caller has not signed in with Zotero").
			WithHint("connect to this server again and sign in with Zotero")
	}
	return p.Credential, nil
}
