package main

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// members are the Zotero libraries of the caller, read with the key that the
// caller granted at sign-in.
type members struct {
	zoteroSite
	client *zotero.Client
}

// Libraries lists what the caller's own key may read. Without a principal, as
// the server itself asks, there is nothing.
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

// account returns what the caller's key may see. A caller without a key is
// refused: no other key stands in for it.
func (m members) account(ctx context.Context) (*zotero.Account, error) {
	p := identity.PrincipalFrom(ctx)
	if p == nil || p.Credential.Anonymous() {
		return nil, library.Errorf(library.Unauthenticated, "this call has no signed-in caller").
			WithHint("connect to this server again and sign in with Zotero")
	}
	return m.client.Account(ctx, p.Credential)
}
