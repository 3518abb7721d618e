package account

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The forms that end a grant.
const (
	fieldToken      = "token"
	fieldConnection = "connection"
	fieldBack       = "to" // the page to go back to
)

// Grants returns the personal access tokens and the connections of the member whose
// session a request has, or nil if there are none to end here. The error has the code
// Unavailable or Unauthenticated.
func (p *Pages) Grants(r *http.Request) (*identity.Grants, error) {
	s, err := p.current(r)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return nil, library.Errorf(library.Unauthenticated, "your session has expired").WithHint("sign in again")
	case s.Token != "":
		return nil, nil //nolint:nilnil // the operator made the token
	}
	g := &identity.Grants{Keys: s.Key != ""}
	if g.Form, err = p.newField(s); err != nil {
		return nil, err
	}
	families, err := p.options.Ledger.List(r.Context(), ledger.Token, s.Subject)
	if err != nil {
		return nil, err
	}
	for _, f := range families {
		known, _ := p.recordOf(r.Context(), &f)
		g.Tokens = append(g.Tokens, identity.Grant{
			Name: known.Name, Write: slices.Contains(known.Scopes, identity.Write), Created: f.Created, Expires: f.Expires,
			EndPath: pathRevoke, Field: fieldToken, Key: f.Key,
		})
	}
	if p.options.Connection == nil {
		return g, nil
	}
	if families, err = p.options.Ledger.List(r.Context(), ledger.SignIn, s.Subject); err != nil {
		return nil, err
	}
	for _, f := range families {
		client, write, _ := p.options.Connection(r.Context(), f.Note)
		g.Connections = append(g.Connections, identity.Grant{
			Name: client, Write: write, Created: f.Created, Expires: f.Expires, EndPath: pathEnd, Field: fieldConnection, Key: f.Key,
		})
	}
	return g, nil
}

// recordOf returns what the member sees of a token; ok is false under an older master
// key.
func (p *Pages) recordOf(ctx context.Context, f *ledger.Listed) (known record, ok bool) {
	ok = p.unseal(ctx, p.record, string(f.Note), &known) == nil
	return known, ok
}

// end returns the handler of a form that ends a grant of the session's member. The
// field of that name has the grant's key.
func (p *Pages) end(kind ledger.Kind, name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s, _, err := p.readForm(w, r)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		err = p.options.Ledger.EndListed(context.WithoutCancel(r.Context()), kind, s.Subject, r.PostForm.Get(name))
		if err != nil && !errors.Is(err, ledger.ErrEnded) {
			p.fail(w, r, err)
			return
		}
		p.options.Logger.InfoContext(r.Context(), "access ended by its member", "kind", name, "principal", s.Subject)
		redirect(w, localPath(r.PostForm.Get(fieldBack)))
	}
}
