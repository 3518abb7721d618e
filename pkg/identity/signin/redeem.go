package signin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// redeem gives tokens for an authorization code, once.
func (s *Server) redeem(ctx context.Context, form url.Values, clientID string) (*tokens, error) {
	var c code
	err := s.unseal(ctx, s.boxes.code, form.Get("code"), &c)
	switch {
	case err != nil:
		return nil, refuse(invalidGrant, "the code is not good", err)
	case s.over(c.Expires):
		return nil, refuse(invalidGrant, "the code has expired", nil)
	case c.Client != client.Digest(clientID):
		return nil, refuse(invalidGrant, "the code was given to another client", nil)
	case c.Redirect != form.Get("redirect_uri"):
		return nil, refuse(invalidGrant, "redirect_uri is not the one of the authorization request", nil)
	case !answers(form.Get("code_verifier"), c.Challenge):
		return nil, refuse(invalidGrant, "code_verifier does not belong to the code", nil)
	}
	family := s.family(c.grant)
	if !c.Refreshes {
		family.Expires = family.Created.Add(s.options.AccessTTL)
	}
	first, err := s.options.Ledger.Begin(ctx, family)
	if err != nil {
		return nil, err
	}
	if !first {
		return nil, s.stolen(ctx, c.grant, "the code was used before")
	}
	var next string
	if c.Refreshes {
		next, err = s.successor(refresh{grant: c.grant, Generation: -1}, family.Created)
		if err != nil {
			return nil, err
		}
	}
	return s.issue(c.grant, next)
}

// family returns the family of the ledger that a sign-in is.
func (s *Server) family(g grant) ledger.Family {
	now := s.options.Now()
	return ledger.Family{Kind: ledger.SignIn, Subject: g.subject(), ID: g.Family, Created: now, Expires: now.Add(s.options.RefreshTTL)}
}

// answers reports whether a verifier is the one of a PKCE challenge (RFC 7636,
// sections 4.1 and 4.6).
func answers(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 || strings.ContainsFunc(verifier, func(r rune) bool { return !isURLSafe(r) && r != '.' && r != '~' }) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// renew gives tokens for a refresh token. The token's successor replaces it
// (OAuth 2.1, section 4.3.1); for [ledger.Grace] more it gives the same
// successor, after that its use ends the sign-in: somebody has a copy.
func (s *Server) renew(ctx context.Context, form url.Values, clientID string) (*tokens, error) {
	var old refresh
	err := s.unseal(ctx, s.boxes.refresh, form.Get("refresh_token"), &old)
	switch {
	case err != nil:
		return nil, refuse(invalidGrant, "the refresh token is not good", err)
	case s.over(old.Expires):
		return nil, refuse(invalidGrant, "the refresh token has expired", nil)
	case old.Client != client.Digest(clientID):
		return nil, refuse(invalidGrant, "the refresh token was given to another client", nil)
	}
	g := old.grant
	if g.Write, err = narrowed(form.Get("scope"), g.Write); err != nil {
		return nil, err
	}
	at, err := s.options.Ledger.Rotate(ctx, g.subject(), g.Family, old.Generation, s.options.RefreshTTL)
	switch {
	case errors.Is(err, ledger.ErrEnded):
		return nil, refuse(invalidGrant, "the sign-in that the refresh token belongs to has ended", nil)
	case errors.Is(err, ledger.ErrReplaced):
		return nil, s.stolen(ctx, g, "the refresh token was replaced before")
	case err != nil:
		return nil, err
	}
	if g.Write, err = s.stillGood(ctx, g); err != nil {
		return nil, err
	}
	next, err := s.successor(old, at)
	if err != nil {
		return nil, err
	}
	return s.issue(g, next)
}

// stillGood asks Zotero whether the key of a sign-in is still good and may
// still write what g says. A client whose calls are refused because the owner
// revoked the key tries to refresh first; no new token would help it, so the
// sign-in ends and leads it to a new one. While Zotero doesn't answer, what was
// good is.
func (s *Server) stillGood(ctx context.Context, g grant) (write bool, err error) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	rights, err := s.zotero.Rights(asking, g.Key)
	switch {
	case library.CodeOf(err) == library.Unauthenticated:
		if err := s.options.Ledger.End(ctx, s.family(g)); err != nil {
			return false, err
		}
		return false, refuse(invalidGrant, "the key at Zotero is revoked; sign in again", nil)
	case err != nil:
		s.options.Logger.WarnContext(ctx, "tokens are renewed without Zotero", "error", err)
		return g.Write, nil
	}
	return g.Write && rights.Write, nil
}

// successor returns the refresh token that replaces old, which was first used
// at a time: whoever asks gets the same.
func (s *Server) successor(old refresh, at time.Time) (string, error) {
	old.Generation++
	old.Expires = at.Add(s.options.RefreshTTL).Unix()
	plain, err := json.Marshal(old)
	if err != nil {
		return "", err
	}
	return s.boxes.refresh.SealDeterministic(plain)
}

// narrowed returns the scopes that a refresh asks for: those of the sign-in or
// fewer, never more (RFC 6749, section 6).
func narrowed(scope string, write bool) (bool, error) {
	if scope == "" {
		return write, nil
	}
	wanted, ok := wantedScopes(scope)
	if !ok || wanted && !write {
		return false, refuse(invalidScope, "the sign-in does not have this scope", nil)
	}
	return wanted, nil
}

// stolen ends a sign-in of which something was used that only a copy can be.
func (s *Server) stolen(ctx context.Context, g grant, says string) error {
	s.options.Logger.WarnContext(ctx, "sign-in ended: something of it was used twice", "principal", g.subject())
	if err := s.end(ctx, g); err != nil {
		return err
	}
	return refuse(invalidGrant, says+"; sign in again", nil)
}
