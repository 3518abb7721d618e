package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// tokenPrefix begins every personal access token.
const tokenPrefix = "sr_pat_"

// maxLibraries is how many libraries a token can name; more are all of them.
const maxLibraries = 100

// accessToken is what a personal access token hides.
type accessToken struct {
	Member

	ID      string `json:"i"`
	Expires int64  `json:"x"`
}

// record is what the member wants to know of a token later. It is sealed in the
// ledger.
type record struct {
	Name      string           `json:"n"`
	Scopes    []identity.Scope `json:"c"`
	Libraries []string         `json:"l,omitempty"` // names, for people; nil is all
}

// wish is what a member asks for.
type wish struct {
	name      string
	scopes    []identity.Scope
	libraries []library.Info // nil is all that the member may see
	life      time.Duration
}

// issue makes a token with an ID. The error has the code Conflict if one with
// this ID was made before, or if the member has too many.
func (p *Pages) issue(ctx context.Context, s *session, id string, want *wish) (string, error) {
	now := p.options.Now()
	t := accessToken{Member: s.Member, ID: id, Expires: now.Add(want.life).Unix()}
	t.Scopes = want.scopes
	r := record{Name: want.name, Scopes: want.scopes}
	if want.libraries != nil {
		t.Libraries = nil
		for _, l := range want.libraries {
			t.Libraries = append(t.Libraries, l.ID)
			r.Libraries = append(r.Libraries, l.Name)
		}
	}
	note, err := sealed(p.record, r)
	if err != nil {
		return "", err
	}
	text, err := sealed(p.token, t)
	if err != nil {
		return "", err
	}
	family := ledger.Family{Kind: ledger.Token, Subject: s.Subject, ID: id, Note: []byte(note), Created: now, Expires: time.Unix(t.Expires, 0)}
	switch first, err := p.options.Ledger.Begin(ctx, family); {
	case err != nil:
		return "", err
	case !first:
		return "", library.Errorf(library.Conflict, "this form has made its token").WithHint("open the page again to make another one")
	}
	if s.Key == "" || p.options.Keys == nil {
		return text, nil
	}
	// The key is the token's from now on.
	if err := p.options.Keys.Settle(ctx, s.ID); err != nil {
		return "", errors.Join(err, p.options.Ledger.End(ctx, family))
	}
	return text, nil
}

// verifier verifies personal access tokens, and has next verify others.
type verifier struct {
	pages *Pages
	next  identity.Verifier
}

// Verifier returns a verifier of personal access tokens that has next verify all
// others.
func (p *Pages) Verifier(next identity.Verifier) identity.Verifier { return verifier{p, next} }

// Verify implements [identity.Verifier].
func (v verifier) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return v.next.Verify(ctx, token)
	}
	return v.pages.verify(ctx, token)
}

// Revoke ends a personal access token. Other text is no error. The error has the
// code Unavailable.
func (p *Pages) Revoke(ctx context.Context, text string) error {
	var t accessToken
	if !strings.HasPrefix(text, tokenPrefix) || p.unseal(ctx, p.token, text, &t) != nil || p.over(t.Expires) {
		return nil
	}
	f := ledger.Family{Kind: ledger.Token, Subject: t.Subject, ID: t.ID, Expires: time.Unix(t.Expires, 0)}
	return p.options.Ledger.End(context.WithoutCancel(ctx), f)
}

// verify returns the principal of a personal access token. That another process
// revoked it is known within a minute.
func (p *Pages) verify(ctx context.Context, text string) (*identity.Principal, error) {
	var t accessToken
	if err := p.unseal(ctx, p.token, text, &t); err != nil {
		return nil, identity.BadToken(err)
	}
	if p.over(t.Expires) {
		return nil, library.Errorf(library.Unauthenticated, "the personal access token has expired").
			WithHint("make a new one at %s", p.options.URL+pathTokens)
	}
	ended, err := p.options.Ledger.Ended(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	if ended {
		return nil, library.Errorf(library.Unauthenticated, "the personal access token was revoked").
			WithHint("make a new one at %s", p.options.URL+pathTokens)
	}
	principal := p.principal(&t.Member)
	principal.Expires = time.Unix(t.Expires, 0)
	principal.Scopes = slices.DeleteFunc(slices.Clone(principal.Scopes), func(s identity.Scope) bool {
		return s != identity.Read && s != identity.Write
	})
	return principal, nil
}
