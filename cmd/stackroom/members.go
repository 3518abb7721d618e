package main

import (
	"context"
	"slices"

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

// ownCredential reports whether the caller reads libraries with a credential of
// their own, rather than the deployment's.
func ownCredential(ctx context.Context) bool {
	p := identity.PrincipalFrom(ctx)
	return p != nil && !p.Credential.Anonymous()
}

// seen returns those of the libraries that the caller's token may see, with
// no more rights than the token gives.
func seen(ctx context.Context, infos []library.Info) []library.Info {
	p := identity.PrincipalFrom(ctx)
	if p == nil {
		return infos
	}
	infos = slices.DeleteFunc(slices.Clone(infos), func(i library.Info) bool { return !p.Sees(i.ID) })
	for i := range infos {
		infos[i].MayWrite = infos[i].MayWrite && p.May(identity.Write)
	}
	return infos
}

// hidden reports whether the caller's token may not see a library.
func hidden(ctx context.Context, id library.ID) bool {
	p := identity.PrincipalFrom(ctx)
	return p != nil && !p.Sees(id)
}
