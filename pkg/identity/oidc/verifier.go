package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Options configure a [Verifier].
type Options struct {
	// Issuer is the identity provider's URL, letter by letter as its tokens and
	// its discovery document write it. https, or http on this machine.
	Issuer string
	// Audience is what tokens must name as theirs. Between URLs
	// [identity.SameResource] decides.
	Audience string
	// Policy says what tokens open, as JSON; see [New]. "" lets every token
	// read every library.
	Policy string
	// Transport carries the requests to the issuer; nil is
	// [upstream.NewTransport].
	Transport http.RoundTripper
	// Now tells the time; nil is [time.Now].
	Now func() time.Time
}

// leeway is how far the clocks of issuer and server may be apart.
const leeway = time.Minute

// algorithms are those that a token may be signed with: public keys only, so
// that nobody who can read the issuer's keys can sign with them (RFC 8725
// section 3.1).
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// Verifier verifies tokens of one issuer. It is an [identity.Verifier], and is
// safe for concurrent use.
type Verifier struct {
	name     string // of the issuer, in subjects
	audience string
	now      func() time.Time
	keys     *keyring
	local    bool // the issuer is on this machine, where http will do
	policy   atomic.Pointer[policy]
}

// New returns a verifier. It asks the issuer nothing yet: an issuer that is
// down now is asked again when somebody calls.
//
// A policy is a JSON object with rules, and what they give adds up:
//
//	{"rules": [
//	  {"everyone": true, "scopes": ["library:read"], "libraries": ["group:4711"]},
//	  {"claim": "groups", "value": "librarians", "scopes": ["library:write"], "libraries": ["*"]}
//	]}
//
// A rule is for the tokens whose claim is, or has in its list, the value; the
// claims scope and scp are lists with spaces between, and a dot leads into an
// object: realm_access.roles. Tokens that no rule is for are refused. Because a
// principal has its scopes for all its libraries alike, library:write is given
// only where the rules that give it cover every library that the others give.
//
// The error has code Invalid and says what is wrong with the options: of a
// policy everything, by rule and without values.
func New(o Options) (*Verifier, error) {
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Contains(o.Issuer, "#") || !secure(u, loopback(u)):
		return nil, library.Errorf(library.Invalid, "the issuer is not an https URL, nor an http one on this machine")
	case o.Audience == "":
		return nil, library.Errorf(library.Invalid, "there is no audience that tokens must name")
	}
	if o.Transport == nil {
		o.Transport = upstream.NewTransport()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	v := &Verifier{
		name:     strings.ToLower(u.Host) + strings.TrimSuffix(u.EscapedPath(), "/"),
		audience: o.Audience,
		now:      o.Now,
		local:    loopback(u),
		keys:     newKeyring(o.Issuer, newClient(o.Transport, loopback(u)), o.Now),
	}
	v.policy.Store(readAll())
	if o.Policy != "" {
		if err := v.ReplacePolicy(o.Policy); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// ReplacePolicy takes up a changed policy. One that can't be used, an empty one
// too, changes nothing; the error is that of [New].
func (v *Verifier) ReplacePolicy(text string) error {
	p, err := parsePolicy(text)
	if err != nil {
		return err
	}
	v.policy.Store(p)
	return nil
}

// Ready returns nil if the issuer's keys are at hand, and asks for them if not.
// Its error has code Unavailable.
func (v *Verifier) Ready(ctx context.Context) error {
	_, err := v.keys.current(ctx)
	return err
}

// claims are those that every token must have, with those that say that a
// token can't be used by its bearer alone.
type claims struct {
	jwt.Claims

	Confirmation any `json:"cnf"` // bound to a key that a bearer doesn't show (RFC 7800)
}

// Why a token is refused, for the log.
var (
	errType      = errors.New("oidc: not an access token")
	errBound     = errors.New("oidc: the token is bound to a key")
	errNoExpiry  = errors.New("oidc: the token does not end")
	errNoSubject = errors.New("oidc: the token names nobody, or with more than 255 characters")
	errAudience  = errors.New("oidc: the token is for another audience")
)

// Verify implements [identity.Verifier]. A token that no rule of the policy is
// for gives Forbidden.
func (v *Verifier) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		return nil, identity.BadToken(errors.New("oidc: not a signed JWT")) // the library's error may quote it
	}
	if !accessType(parsed.Headers[0]) {
		return nil, identity.BadToken(errType)
	}
	var own claims
	var all map[string]any
	if err := v.keys.open(ctx, parsed, &own, &all); err != nil {
		return nil, err
	}
	if err := v.check(&own); err != nil {
		return nil, identity.BadToken(err)
	}
	scopes, libraries := v.policy.Load().grant(all)
	if len(scopes) == 0 {
		return nil, library.Errorf(library.Forbidden, "your account may not use this server").
			WithHint("ask the people who run it to let your account or one of its groups in")
	}
	return &identity.Principal{Subject: v.subject(own.Subject), Scopes: scopes, Libraries: libraries, Expires: own.Expiry.Time()}, nil
}

// check returns what is wrong with claims whose signature is good.
func (v *Verifier) check(c *claims) error {
	switch {
	case c.Confirmation != nil:
		return errBound
	case c.Expiry == nil:
		return errNoExpiry
	case c.Subject == "" || len(c.Subject) > 255: // OpenID Connect Core section 2
		return errNoSubject
	case !slices.ContainsFunc(c.Audience, func(a string) bool { return a == v.audience || identity.SameResource(a, v.audience) }):
		return errAudience
	}
	return c.ValidateWithLeeway(jwt.Expected{Time: v.now()}, leeway)
}

// accessType reports whether a token is of a type that may be an access token
// (RFC 9068 section 2.1). Issuers that are older than that say JWT, or nothing.
func accessType(h jose.Header) bool {
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	switch strings.TrimPrefix(strings.ToLower(typ), "application/") {
	case "":
		return h.ExtraHeaders[jose.HeaderType] == nil
	case "jwt", "at+jwt":
		return true
	}
	return false
}

// subject returns the principal's name: "oidc:<issuer>:<sub>", and
// "oidc:<issuer>#<hash>" for a sub with characters that could mislead in a log.
// "#" can stand in neither, so that no sub can take another's name.
func (v *Verifier) subject(sub string) string {
	if len(sub) <= 64 && strings.Trim(sub, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@|:-") == "" {
		return "oidc:" + v.name + ":" + sub
	}
	sum := sha256.Sum256([]byte(sub))
	return "oidc:" + v.name + "#" + hex.EncodeToString(sum[:16])
}
