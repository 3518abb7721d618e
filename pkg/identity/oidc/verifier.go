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

// Options configures a [Verifier].
type Options struct {
	// Issuer is the identity provider's URL, exactly as in its tokens and its
	// discovery document: https, or http on this machine.
	Issuer string
	// Audience is the audience that tokens must have. URLs are compared with
	// [identity.SameResource].
	Audience string
	// Policy is the JSON text of the policy; see [New]. "" grants read access
	// to every library to every token.
	Policy string
	// Transport sends the requests to the issuer; nil is
	// [upstream.NewTransport].
	Transport http.RoundTripper
	// Now returns the current time; nil is [time.Now].
	Now func() time.Time
}

// leeway is the tolerated difference between the clocks of issuer and server.
const leeway = time.Minute

// algorithms are the accepted signature algorithms: only asymmetric ones, so
// that the issuer's published keys can't sign tokens (RFC 8725 section 3.1).
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// Verifier verifies the tokens of one issuer. It implements [identity.Verifier]
// and is safe for concurrent use.
type Verifier struct {
	name     string // the issuer, as in subjects
	audience string
	now      func() time.Time
	keys     *keyring
	local    bool // the issuer is on this machine, so http is allowed
	policy   atomic.Pointer[policy]
}

// New returns a verifier. It sends no request: the keys are fetched for the
// first token, so an issuer may be down when the server starts.
//
// A policy is a JSON object with rules, whose grants add up:
//
//	{"rules": [
//	  {"everyone": true, "scopes": ["library:read"], "libraries": ["group:4711"]},
//	  {"claim": "groups", "value": "librarians", "scopes": ["library:write"], "libraries": ["*"]}
//	]}
//
// A rule matches the tokens whose claim equals the value or is a list that
// contains it. The claims scope and scp are lists separated by spaces. A dot in
// a claim's name selects a field of an object: realm_access.roles. A token that
// no rule matches is rejected.
//
// A principal has the same scopes for all its libraries. So library:write is
// granted only if the rules that grant it cover every library that the other
// rules grant.
//
// The error has code Invalid and says which option is invalid; for a policy it
// lists every fault by rule, without values.
func New(o Options) (*Verifier, error) {
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Contains(o.Issuer, "#") || !secure(u, loopback(u)):
		return nil, library.Errorf(library.Invalid, "the issuer must be an https URL, or an http URL on this machine")
	case o.Audience == "":
		return nil, library.Errorf(library.Invalid, "the audience is missing")
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

// ReplacePolicy replaces the policy. An invalid or empty policy changes
// nothing; the error is that of [New].
func (v *Verifier) ReplacePolicy(text string) error {
	p, err := parsePolicy(text)
	if err != nil {
		return err
	}
	v.policy.Store(p)
	return nil
}

// Ready returns nil if the issuer's keys are cached, and fetches them if not.
// Its error has code Unavailable.
func (v *Verifier) Ready(ctx context.Context) error {
	_, err := v.keys.current(ctx)
	return err
}

// claims are the required claims, and those that show that a bearer can't use
// the token.
type claims struct {
	jwt.Claims

	Confirmation any `json:"cnf"` // key that the bearer would have to prove (RFC 7800)
}

// Reasons for rejecting a token, for the log.
var (
	errType      = errors.New("oidc: not an access token")
	errBound     = errors.New("oidc: the token is bound to a key")
	errNoExpiry  = errors.New("oidc: the token does not expire")
	errNoSubject = errors.New("oidc: the token has no subject of at most 255 characters")
	errAudience  = errors.New("oidc: the token is for another audience")
)

// Verify implements [identity.Verifier]. The error for a token that no rule of
// the policy matches has code Forbidden.
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
			WithHint("ask your admin to give access to your account or to one of its groups")
	}
	return &identity.Principal{Subject: v.subject(own.Subject), Scopes: scopes, Libraries: libraries, ReadOnly: !holds(own.Audience, v.audience), Expires: own.Expiry.Time()}, nil
}

// check validates the claims of a token with a valid signature.
func (v *Verifier) check(c *claims) error {
	switch {
	case c.Confirmation != nil:
		return errBound
	case c.Expiry == nil:
		return errNoExpiry
	case c.Subject == "" || len(c.Subject) > 255: // OpenID Connect Core section 2
		return errNoSubject
	case !holds(c.Audience, v.audience) && !holds(c.Audience, identity.ReadOnlyResource(v.audience)):
		return errAudience
	}
	return c.ValidateWithLeeway(jwt.Expected{Time: v.now()}, leeway)
}

// holds reports whether a token is for an audience.
func holds(list jwt.Audience, audience string) bool {
	return slices.ContainsFunc(list, func(a string) bool { return a == audience || identity.SameResource(a, audience) })
}

// accessType reports whether a token's type may be that of an access token (RFC
// 9068 section 2.1). Older issuers use JWT or no type.
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

// subject returns the principal's name: "oidc:<issuer>:<sub>", or
// "oidc:<issuer>#<hash>" for a sub with characters that could mislead in a log.
// Neither an issuer nor such a sub contains "#", so no sub can imitate
// another's name.
func (v *Verifier) subject(sub string) string {
	if len(sub) <= 64 && strings.Trim(sub, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@|:-") == "" {
		return "oidc:" + v.name + ":" + sub
	}
	sum := sha256.Sum256([]byte(sub))
	return "oidc:" + v.name + "#" + hex.EncodeToString(sum[:16])
}
