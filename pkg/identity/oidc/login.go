package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// LoginOptions configures a [Login].
type LoginOptions struct {
	ClientID string
	// Secret returns the client's current secret; "" for a public client.
	Secret func() string
	// Redirect is the redirect URI that is registered with the provider.
	Redirect string
}

// Login signs members in to the account pages with the provider's authorization
// code flow and PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636). The
// policy over the ID token's claims decides what a member may do.
type Login struct {
	verifier *Verifier
	options  LoginOptions

	mu       sync.Mutex
	provider *oidc.Provider // the cached discovery document, or nil
	found    time.Time
}

// NewLogin returns the login at the issuer of v.
func NewLogin(v *Verifier, o LoginOptions) (*Login, error) {
	if o.ClientID == "" || o.Secret == nil || o.Redirect == "" {
		return nil, errors.New("oidc: client ID, secret and redirect URI are needed")
	}
	return &Login{verifier: v, options: o}, nil
}

// loginState is what Finish needs of a sign-in.
type loginState struct {
	Verifier string `json:"v"` // PKCE
	Nonce    string `json:"n"`
}

// Begin implements [account.Login]. It ignores write: the policy decides who
// may write.
func (l *Login) Begin(ctx context.Context, mark string, _ bool) (to string, carried []byte, err error) {
	provider, err := l.discover(ctx)
	if err != nil {
		return "", nil, err
	}
	state := loginState{Verifier: oauth2.GenerateVerifier(), Nonce: rand.Text()}
	carried, err = json.Marshal(state)
	return l.config(provider).AuthCodeURL(mark, oauth2.S256ChallengeOption(state.Verifier), oidc.Nonce(state.Nonce)), carried, err
}

// Finish implements [account.Login].
func (l *Login) Finish(ctx context.Context, query url.Values, _ string, carried []byte) (*account.Member, error) {
	var state loginState
	if err := json.Unmarshal(carried, &state); err != nil {
		return nil, err
	}
	if iss := query.Get("iss"); iss != "" && iss != l.verifier.keys.issuer { // RFC 9207
		return nil, notConfirmed(errIssuer)
	}
	code := query.Get("code")
	if code == "" {
		return nil, notConfirmed(errors.New("oidc: no code"))
	}
	provider, err := l.discover(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, l.verifier.keys.client), fetchTime)
	defer cancel()
	token, err := l.config(provider).Exchange(ctx, code, oauth2.VerifierOption(state.Verifier))
	if err != nil {
		return nil, l.exchangeFailed(err)
	}
	raw, _ := token.Extra("id_token").(string)
	return l.member(ctx, provider, raw, state.Nonce)
}

// exchangeFailed returns the error for a failed token request. It leaves out
// the library's error, which quotes the response and may contain a secret.
func (l *Login) exchangeFailed(err error) error {
	var status statusError
	if errors.As(err, &status) && (status == http.StatusBadRequest || status == http.StatusUnauthorized) {
		return notConfirmed(errors.Join(errors.New("oidc: the provider rejected the code or the client's secret"), status))
	}
	return library.Errorf(library.Unavailable, "the identity provider's response is invalid").
		WithHint("try again in a minute").WithRetryAfter(time.Minute).WithCause(errors.New("oidc: no token for a code"))
}

// member returns the member that an ID token names.
func (l *Login) member(ctx context.Context, provider *oidc.Provider, raw, nonce string) (*account.Member, error) {
	config := &oidc.Config{ClientID: l.options.ClientID, Now: l.verifier.now}
	for _, a := range algorithms {
		config.SupportedSigningAlgs = append(config.SupportedSigningAlgs, string(a))
	}
	token, err := provider.Verifier(config).Verify(ctx, raw)
	if err != nil {
		return nil, notConfirmed(errors.New("oidc: the ID token is invalid"))
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		return nil, notConfirmed(errors.New("oidc: the ID token belongs to another sign-in"))
	}
	if token.Subject == "" || len(token.Subject) > 255 {
		return nil, notConfirmed(errNoSubject)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return nil, notConfirmed(errClaims)
	}
	scopes, libraries := l.verifier.policy.Load().grant(claims)
	if len(scopes) == 0 {
		return nil, library.Errorf(library.Forbidden, "your account may not use this server").
			WithHint("ask the admin to give access to your account or one of its groups")
	}
	return &account.Member{Subject: l.verifier.subject(token.Subject), Scopes: scopes, Libraries: libraries}, nil
}

func notConfirmed(cause error) error {
	return library.Errorf(library.Unauthenticated, "the identity provider did not confirm the sign-in").WithHint("sign in again").WithCause(cause)
}

// config returns the provider's OAuth configuration.
func (l *Login) config(provider *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: l.options.ClientID, ClientSecret: l.options.Secret(), RedirectURL: l.options.Redirect,
		Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID},
	}
}

// discover returns the discovery document, fetched at most once in [fresh].
func (l *Login) discover(ctx context.Context) (*oidc.Provider, error) {
	now := l.verifier.now()
	l.mu.Lock()
	provider, found := l.provider, l.found
	l.mu.Unlock()
	if provider != nil && now.Sub(found) < fresh {
		return provider, nil
	}
	// The provider keeps the context for later key requests, so the context has
	// no deadline; the client has a timeout.
	newer, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), l.verifier.keys.client), l.verifier.keys.issuer)
	if err == nil && !secureEndpoints(newer, l.verifier.local) {
		err = errors.New("oidc: an endpoint that is not https")
	}
	if err != nil && provider == nil {
		return nil, library.Errorf(library.Unavailable, "the identity provider's response is invalid").
			WithHint("try again in a minute").WithRetryAfter(time.Minute).WithCause(err)
	}
	if err != nil {
		return provider, nil //nolint:nilerr // what it said before is good
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.provider, l.found = newer, now
	return newer, nil
}

// secureEndpoints reports whether the endpoints use TLS or are on this machine.
func secureEndpoints(p *oidc.Provider, local bool) bool {
	for _, address := range []string{p.Endpoint().AuthURL, p.Endpoint().TokenURL} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || !secure(u, local) {
			return false
		}
	}
	return true
}
