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

// maxLibraries is the most libraries that a token can list.
const maxLibraries = 100

// accessToken is the content of a personal access token.
type accessToken struct {
	Member

	ID      string `json:"i"`
	Expires int64  `json:"x"`
}

// record is what the member later sees of a token. The ledger stores it sealed.
type record struct {
	Name      string           `json:"n"`
	Scopes    []identity.Scope `json:"c"`
	Libraries []string         `json:"l,omitempty"` // names for people; nil is all
}

// wish is a member's request for a token.
type wish struct {
	name      string
	scopes    []identity.Scope
	libraries []library.Info // nil is every library that the member may see
	life      time.Duration
}

// issue makes a token with an ID. The error has the code Conflict if the ID was
// used before, or if the member has too many tokens.
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
		return "", library.Errorf(library.Conflict, "this form was already used to make a token").WithHint("open the page again to make another one")
	}
	if s.Key == "" || p.options.Keys == nil {
		return text, nil
	}
	// The token takes over the key.
	if err := p.options.Keys.Settle(ctx, s.ID); err != nil {
		return "", errors.Join(err, p.options.Ledger.End(ctx, family))
	}
	return text, nil
}

// verifier verifies personal access tokens and passes others to next.
type verifier struct {
	pages *Pages
	next  identity.Verifier
}

// Verifier returns a verifier of personal access tokens that passes others to
// next.
func (p *Pages) Verifier(next identity.Verifier) identity.Verifier { return verifier{p, next} }

// Verify implements [identity.Verifier].
func (v verifier) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	if !strings.HasPrefix(token, tokenPrefix) {
		return v.next.Verify(ctx, token)
	}
	return v.pages.verify(ctx, token)
}

// Revoke revokes a personal access token and ignores other text. The error has
// the code Unavailable.
func (p *Pages) Revoke(ctx context.Context, text string) error {
	var t accessToken
	if !strings.HasPrefix(text, tokenPrefix) || p.unseal(ctx, p.token, text, &t) != nil || p.over(t.Expires) {
		return nil
	}
	f := ledger.Family{Kind: ledger.Token, Subject: t.Subject, ID: t.ID, Expires: time.Unix(t.Expires, 0)}
	return p.options.Ledger.End(context.WithoutCancel(ctx), f)
}

// verify returns the principal of a personal access token. A revocation by
// another process takes effect within a minute.
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
