package main

import (
	"context"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// members are the Zotero libraries of whoever calls, read with the key that
// each of them granted when they signed in.
type members struct{ client *zotero.Client }

// Libraries lists what the caller's own key may read. Nobody has none: that is
// how the server itself asks.
func (m members) Libraries(ctx context.Context) ([]library.Info, error) {
	if identity.PrincipalFrom(ctx) == nil {
		return nil, nil
	}
	a, err := m.account(ctx)
	if err != nil {
		return nil, err
	}
	return a.Libraries(ctx)
}

// Open opens a library that the caller's own key may read.
func (m members) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	a, err := m.account(ctx)
	if err != nil {
		return nil, err
	}
	return a.Open(ctx, id)
}

// account returns what the caller's key may see. There is no other key to
// fall back to: without one the caller is nobody, not everybody.
func (m members) account(ctx context.Context) (*zotero.Account, error) {
	p := identity.PrincipalFrom(ctx)
	if p == nil || p.Credential.Anonymous() {
		return nil, library.Errorf(library.Unauthenticated, "nobody has signed in for this call").
			WithHint("connect to this server again and sign in with Zotero")
	}
	return m.client.Account(ctx, p.Credential)
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
