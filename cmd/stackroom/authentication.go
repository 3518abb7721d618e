package main

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/tokens"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/secret"
	"github.com/stackroom-mcp/stackroom/pkg/server"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// authentication is how callers sign in.
type authentication struct {
	authenticator *identity.Authenticator // nil admits every caller
	routes        []identity.Route
	signIn        pages.SignIn
	sessions      server.Sessions // of the pages; nil if people can't sign in there
	close         func()
}

// authOptions are the choices of openAuthentication.
type authOptions struct {
	config    *config.Config
	secrets   *secret.Store
	libraries func(context.Context) ([]library.Info, error) // of the principal of the context
	hooks     upstream.Hooks                                // of the bucket
	keyring   *seal.Keyring                                 // of the master keys; nil without any
	writes    bool                                          // tools may change libraries
	logger    *slog.Logger
}

// openAuthentication returns the sign-in that the configuration names.
func openAuthentication(ctx context.Context, o *authOptions) (*authentication, error) {
	c, a := o.config, &authentication{close: func() {}}
	var verifier identity.Verifier
	var issuers []string
	var err error
	switch c.Auth {
	case "tokens":
		a.signIn = pages.SignInToken
		if verifier, err = tokenVerifier(o.secrets, o.logger); err == nil {
			o.tokens(ctx, a, verifier)
		}
	case "oidc":
		a.signIn, issuers = pages.SignInOIDC, []string{c.OIDCIssuer}
		verifier, err = o.oidc(ctx, a)
	case "zotero":
		a.signIn, issuers = pages.SignInZotero, []string{issuer(c)}
		verifier, err = o.zotero(ctx, a)
	default:
		return a, nil
	}
	if err != nil {
		a.close()
		return nil, err
	}
	options := identity.AuthenticatorOptions{Resource: c.MCPURL(), Issuers: issuers, Verifier: verifier, Scopes: o.scopes()}
	if c.Auth == "oidc" {
		options.Ask = c.OIDCScopes
	}
	a.authenticator, err = identity.NewAuthenticator(options)
	return a, err
}

// scopes returns the scopes that a token may have.
func (o *authOptions) scopes() []identity.Scope {
	if o.writes {
		return []identity.Scope{identity.Read, identity.Write}
	}
	return []identity.Scope{identity.Read}
}

// issuer returns the name of our own authorization server: the public URL,
// byte by byte as its metadata has it (RFC 8414, section 3.3).
func issuer(c *config.Config) string { return strings.TrimSuffix(c.PublicURL, "/") }

// freshTokens reads the records again for an unknown token, which may have been
// made a moment ago. The secret bounds how often that happens, since an
// unauthenticated caller can cause it.
type freshTokens struct {
	*tokens.Verifier
	unknown func(context.Context)
}

// Verify implements [identity.Verifier].
func (f freshTokens) Verify(ctx context.Context, token string) (*identity.Principal, error) {
	p, err := f.Verifier.Verify(ctx, token)
	if err == nil {
		return p, nil
	}
	f.unknown(ctx)
	return f.Verifier.Verify(ctx, token)
}

// tokenVerifier accepts the tokens that STACKROOM_TOKENS has records of. Only
// the newest version counts: an older one has records that were removed since.
func tokenVerifier(secrets *secret.Store, logger *slog.Logger) (identity.Verifier, error) {
	var v *tokens.Verifier
	err := follow(secrets, "STACKROOM_TOKENS", logger, func(all []secret.Value) (err error) {
		if v == nil {
			v, err = tokens.New(all[0].Reveal())
			return err
		}
		return v.Replace(all[0].Reveal())
	})
	return freshTokens{v, secrets.Source("STACKROOM_TOKENS").Rejected}, err
}

// openOIDC accepts the tokens of the organisation's identity provider.
func openOIDC(c *config.Config, secrets *secret.Store, logger *slog.Logger) (*oidc.Verifier, error) {
	audience := c.OIDCAudience
	if audience == "" {
		audience = c.MCPURL()
	}
	options := oidc.Options{Issuer: c.OIDCIssuer, Audience: audience}
	if c.OIDCPolicy == "" {
		return oidc.New(options)
	}
	var v *oidc.Verifier
	err := follow(secrets, "STACKROOM_OIDC_POLICY", logger, func(all []secret.Value) (err error) {
		if v != nil {
			return v.ReplacePolicy(all[0].Reveal())
		}
		options.Policy = all[0].Reveal()
		v, err = oidc.New(options)
		return err
	})
	return v, err
}

// masterRing returns the keyring of the master keys, or nil if the configuration
// has none. Those of former versions of the secret stay in it for as long as the
// secret's overlap.
func masterRing(c *config.Config, secrets *secret.Store, logger *slog.Logger) (*seal.Keyring, error) {
	if c.MasterKey == "" {
		return nil, nil
	}
	var ring *seal.Keyring
	err := follow(secrets, "STACKROOM_MASTER_KEY", logger, func(all []secret.Value) error {
		masters, err := masterKeys(all)
		if err != nil {
			return err
		}
		if ring == nil {
			ring, err = seal.New(masters...)
			return err
		}
		return ring.Replace(masters...)
	})
	return ring, err
}

// masterKeys returns the master keys of all versions of the secret, each once.
// A former version that is not valid is left out.
func masterKeys(all []secret.Value) ([][]byte, error) {
	var masters [][]byte
	for i, v := range all {
		keys, err := config.MasterKeys(v.Reveal())
		if err != nil && i == 0 {
			return nil, err
		}
		for _, key := range keys {
			if !slices.ContainsFunc(masters, func(m []byte) bool { return bytes.Equal(m, key) }) {
				masters = append(masters, key)
			}
		}
	}
	return masters, nil
}

// openLedger returns the records of sign-in: in a bucket, or in the data folder
// where there is one process only.
func openLedger(ctx context.Context, c *config.Config, hooks upstream.Hooks, logger *slog.Logger) (*ledger.Ledger, error) {
	options := ledger.Options{AccessTTL: c.AccessTokenTTL, Logger: logger}
	if c.StateBucket == "" {
		return ledger.OpenFile(c.Data, options)
	}
	b, err := openBucket(ctx, c, hooks)
	if err != nil {
		return nil, err
	}
	return ledger.OpenBucket(ctx, b, options), nil
}

// openBucket opens the bucket of STACKROOM_STATE_BUCKET.
func openBucket(ctx context.Context, c *config.Config, hooks upstream.Hooks) (*bucket.Bucket, error) {
	options := bucket.Options{Name: c.StateBucket, Hooks: hooks}
	if c.StorageEmulator != "" {
		options.Endpoint = "http://" + c.StorageEmulator
	}
	return bucket.Open(ctx, options)
}
