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

// redeem exchanges an authorization code for tokens. A code is valid once.
func (s *Server) redeem(ctx context.Context, form url.Values, clientID string) (*tokens, error) {
	var c code
	err := s.unseal(ctx, s.boxes.code, form.Get("code"), &c)
	switch {
	case err != nil:
		return nil, clientError(invalidGrant, "the code is invalid", err)
	case s.over(c.Expires):
		return nil, clientError(invalidGrant, "the code has expired", nil)
	case c.Client != client.Digest(clientID):
		return nil, clientError(invalidGrant, "the code was issued to another client", nil)
	case c.Redirect != form.Get("redirect_uri"):
		return nil, clientError(invalidGrant, "redirect_uri differs from that of the authorization request", nil)
	case !matchesChallenge(form.Get("code_verifier"), c.Challenge):
		return nil, clientError(invalidGrant, "code_verifier does not match the code", nil)
	}
	family := s.family(c.grant)
	if !c.Refreshes {
		family.Expires = family.Created.Add(s.options.AccessTTL)
	}
	about, err := sealed(s.boxes.note, note{c.Name, c.Write})
	if err != nil {
		return nil, err
	}
	family.Note = []byte(about)
	first, err := s.options.Ledger.Begin(ctx, family)
	if err != nil {
		return nil, err
	}
	if !first {
		return nil, s.endReused(ctx, c.grant, "the code was used before")
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

// family returns a sign-in's family in the ledger.
func (s *Server) family(g grant) ledger.Family {
	now := s.options.Now()
	return ledger.Family{Kind: ledger.SignIn, Subject: g.subject(), ID: g.Family, Created: now, Expires: now.Add(s.options.RefreshTTL)}
}

// matchesChallenge reports whether a verifier matches a PKCE challenge (RFC 7636,
// sections 4.1 and 4.6).
func matchesChallenge(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 || strings.ContainsFunc(verifier, func(r rune) bool { return !isURLSafe(r) && r != '.' && r != '~' }) {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// renew exchanges a refresh token for new tokens. The new refresh token
// replaces it (OAuth 2.1, section 4.3.1). For [ledger.Grace] the old one
// returns the same successor again; later use ends the sign-in, because it
// shows that the token was copied.
func (s *Server) renew(ctx context.Context, form url.Values, clientID string) (*tokens, error) {
	var old refresh
	err := s.unseal(ctx, s.boxes.refresh, form.Get("refresh_token"), &old)
	switch {
	case err != nil:
		return nil, clientError(invalidGrant, "the refresh token is invalid", err)
	case s.over(old.Expires):
		return nil, clientError(invalidGrant, "the refresh token has expired", nil)
	case old.Client != client.Digest(clientID):
		return nil, clientError(invalidGrant, "the refresh token was issued to another client", nil)
	}
	g := old.grant
	if g.Write, err = narrowScopes(form.Get("scope"), g.Write); err != nil {
		return nil, err
	}
	at, err := s.options.Ledger.Rotate(ctx, g.subject(), g.Family, old.Generation, s.options.RefreshTTL)
	switch {
	case errors.Is(err, ledger.ErrEnded):
		return nil, clientError(invalidGrant, "the sign-in that the refresh token belongs to has ended", nil)
	case errors.Is(err, ledger.ErrReplaced):
		return nil, s.endReused(ctx, g, "the refresh token has been replaced")
	case err != nil:
		return nil, err
	}
	if g.Write, err = s.checkKey(ctx, g); err != nil {
		return nil, err
	}
	next, err := s.successor(old, at)
	if err != nil {
		return nil, err
	}
	return s.issue(g, next)
}

// checkKey asks Zotero whether the key of a sign-in is still valid and may
// still write as g description. When the owner revokes the key, the client's calls
// fail and it tries to refresh first. A new token would not help, so the
// sign-in ends and the client starts a new one. While Zotero does not respond,
// the key counts as valid.
func (s *Server) checkKey(ctx context.Context, g grant) (write bool, err error) {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	rights, err := s.zotero.Rights(asking, g.Key)
	switch {
	case library.CodeOf(err) == library.Unauthenticated:
		if err := s.options.Ledger.End(ctx, s.family(g)); err != nil {
			return false, err
		}
		return false, clientError(invalidGrant, "the key at Zotero is revoked; sign in again", nil)
	case err != nil:
		s.options.Logger.WarnContext(ctx, "tokens are renewed without a check at Zotero", "error", err)
		return g.Write, nil
	}
	return g.Write && rights.Write, nil
}

// successor returns the refresh token that replaces old, which was first used
// at a given time. It is deterministic: every call returns the same token.
func (s *Server) successor(old refresh, at time.Time) (string, error) {
	old.Generation++
	old.Expires = at.Add(s.options.RefreshTTL).Unix()
	plain, err := json.Marshal(old)
	if err != nil {
		return "", err
	}
	return s.boxes.refresh.SealDeterministic(plain)
}

// narrowScopes returns the scopes that a refresh requests: at most those of the
// sign-in (RFC 6749, section 6).
func narrowScopes(scope string, write bool) (bool, error) {
	if scope == "" {
		return write, nil
	}
	wanted, ok := wantedScopes(scope)
	if !ok || wanted && !write {
		return false, clientError(invalidScope, "the sign-in does not have this scope", nil)
	}
	return wanted, nil
}

// endReused ends a sign-in after the reuse of a code or refresh token, which shows
// that it was copied.
func (s *Server) endReused(ctx context.Context, g grant, description string) error {
	s.options.Logger.WarnContext(ctx, "sign-in ended: a code or refresh token was reused", "principal", g.subject())
	if err := s.end(ctx, g); err != nil {
		return err
	}
	return clientError(invalidGrant, description+"; sign in again", nil)
}
