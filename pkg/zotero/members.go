package zotero

import (
	"context"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Members provides each caller with the libraries that the caller's own key may
// read. No other key stands in for it.
type Members struct {
	client     *Client
	replicas   Replicas
	credential func(ctx context.Context) (upstream.Credential, error)
}

// NewMembers returns the provider. Credential returns the key of the caller of a
// context; its errors are those of the call. An anonymous one is that of a caller
// without libraries, such as this server itself.
func NewMembers(c *Client, r Replicas, credential func(ctx context.Context) (upstream.Credential, error)) *Members {
	return &Members{client: c, replicas: r, credential: credential}
}

// Kinds returns the kinds of library that are provided.
func (*Members) Kinds() []library.Kind { return kinds() }

// Writes reports that a library can be changed where the caller's key may.
func (*Members) Writes() bool { return true }

// Link returns the web page of an item, or "".
func (m *Members) Link(id library.ItemID) string { return m.client.link(id) }

// Libraries lists what the caller's key may read.
func (m *Members) Libraries(ctx context.Context) ([]library.Info, error) {
	cred, err := m.credential(ctx)
	if err != nil || cred.Anonymous() {
		return nil, err
	}
	a, err := m.client.Account(ctx, cred)
	if err != nil {
		return nil, err
	}
	return a.Libraries(ctx)
}

// Open opens a library that the caller's key may read.
func (m *Members) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	cred, err := m.credential(ctx)
	if err != nil {
		return nil, err
	}
	if cred.Anonymous() {
		return nil, library.Errorf(library.Unauthenticated, "this call has no Zotero key").
			WithHint("connect to this server again and sign in with Zotero")
	}
	a, err := m.client.Account(ctx, cred)
	if err != nil {
		return nil, err
	}
	return a.open(ctx, m.replicas, id)
}

// open opens the replica of a library that the account may read.
func (a *Account) open(ctx context.Context, r Replicas, id library.ID) (library.Reader, error) {
	g, err := a.grant(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.client.open(r, g, a.client.callAs(a.cred)), nil
}

func kinds() []library.Kind { return []library.Kind{library.KindUser, library.KindGroup} }

// Desktop provides the libraries of the Zotero app on this machine.
type Desktop struct {
	client   *Client
	replicas Replicas
}

// NewDesktop returns the provider over a client with [Options.Local].
func NewDesktop(c *Client, r Replicas) *Desktop { return &Desktop{client: c, replicas: r} }

// Kinds returns the kinds of library that are provided.
func (*Desktop) Kinds() []library.Kind { return kinds() }

// Link returns "": the app's libraries need not be at zotero.org.
func (*Desktop) Link(library.ItemID) string { return "" }

// Libraries lists what the app has.
func (d *Desktop) Libraries(ctx context.Context) ([]library.Info, error) {
	a, err := d.client.Account(ctx, upstream.Credential{})
	if err != nil {
		return nil, err
	}
	return a.Libraries(ctx)
}

// Open opens one of the app's libraries.
func (d *Desktop) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	a, err := d.client.Account(ctx, upstream.Credential{})
	if err != nil {
		return nil, err
	}
	return a.open(ctx, d.replicas, id)
}
