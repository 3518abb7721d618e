package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
	"github.com/stackroom-mcp/stackroom/pkg/server/limit"
)

// state is what sign-in and the account pages keep: the keys that seal, and the
// records of what lives and what has ended.
type state struct {
	ring    *seal.Keyring
	records *ledger.Ledger
}

// openState opens the master keys and the records, which a.close closes.
func (o *authOptions) openState(ctx context.Context, a *authentication) (state, error) {
	records, err := openLedger(ctx, o.config, o.hooks, o.logger)
	if err != nil {
		return state{}, err
	}
	a.close = func() {
		if err := records.Close(); err != nil {
			o.logger.Error("the sign-in records can't be closed", "error", err)
		}
	}
	return state{o.keyring, records}, nil
}

// zotero makes this server the place where members sign in with Zotero.
func (o *authOptions) zotero(ctx context.Context, a *authentication) (identity.Verifier, error) {
	c := o.config
	st, err := o.openState(ctx, a)
	if err != nil {
		return nil, err
	}
	var pages *account.Pages
	s, err := signin.New(signin.Options{
		Issuer: issuer(c), Resource: c.MCPURL(), Keyring: st.ring, Ledger: st.records, AccessTTL: c.AccessTokenTTL, Logger: o.logger, Writes: o.writes,
		Zotero: zoteroauth.Options{
			OAuthURL: c.OAuthURL, APIURL: c.ZoteroURL,
			ClientKey: current(o.secrets, "ZOTERO_OAUTH_CLIENT_KEY"), ClientSecret: current(o.secrets, "ZOTERO_OAUTH_CLIENT_SECRET"),
		},
		UnknownKey:  o.secrets.Source("STACKROOM_MASTER_KEY").Rejected,
		Address:     func(r *http.Request) string { return limit.AddressKey(limit.ClientAddress(r, c.Hops())) },
		Account:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.Callback(w, r) }),
		RevokeToken: func(ctx context.Context, token string) error { return pages.Revoke(ctx, token) },
	})
	if err != nil {
		return nil, err
	}
	if pages, err = o.accountPages(st, account.Options{Login: s.AccountLogin(), Through: "Zotero", Keys: s, Credential: signin.Credential, Connection: s.Connection}); err != nil {
		return nil, err
	}
	a.routes, a.sessions = append(s.Routes(), pages.Routes()...), pages
	running, stop := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { s.Run(running) })
	closeState := a.close
	a.close = func() {
		stop()
		done.Wait()
		closeState()
	}
	return pages.Verifier(s), nil
}

// accountPages returns the account pages with what they share with sign-in.
func (o *authOptions) accountPages(st state, options account.Options) (*account.Pages, error) {
	options.URL, options.Keyring, options.Ledger = issuer(o.config), st.ring, st.records
	options.Libraries, options.Scopes, options.Logger = o.libraries, o.scopes(), o.logger
	options.UnknownKey = o.secrets.Source("STACKROOM_MASTER_KEY").Rejected
	return account.New(options)
}

// oidc takes the tokens of the organisation's identity provider, and with a
// client of its own there, personal access tokens.
func (o *authOptions) oidc(ctx context.Context, a *authentication) (identity.Verifier, error) {
	c := o.config
	v, err := openOIDC(c, o.secrets, o.logger)
	if err != nil {
		return nil, err
	}
	redirect := issuer(c) + "/account/callback"
	if c.OIDCClientID == "" {
		h, err := account.Unconfigured(redirect)
		for _, path := range []string{"/account", "/account/sign-in", "/account/tokens"} {
			a.routes = append(a.routes, identity.Route{Method: http.MethodGet, Path: path, Handler: h})
		}
		return v, err
	}
	st, err := o.openState(ctx, a)
	if err != nil {
		return nil, err
	}
	login, err := oidc.NewLogin(v, oidc.LoginOptions{ClientID: c.OIDCClientID, Secret: current(o.secrets, "STACKROOM_OIDC_CLIENT_SECRET"), Redirect: redirect})
	if err != nil {
		return nil, err
	}
	pages, err := o.accountPages(st, account.Options{Login: login, Through: hostOf(c.OIDCIssuer)})
	if err != nil {
		return nil, err
	}
	a.routes, a.sessions = pages.Routes(), pages
	return pages.Verifier(v), nil
}

// tokens lets the holders of tokens sign in to the pages, where the public URL is
// known. Without a master key the sessions end with the process. The tools do not
// depend on the pages, so a fault is logged.
func (o *authOptions) tokens(ctx context.Context, a *authentication, v identity.Verifier) {
	if o.config.PublicURL == "" {
		o.logger.InfoContext(ctx, "the pages for people are closed: STACKROOM_PUBLIC_URL is not set")
		return
	}
	err := o.openTokenSessions(ctx, a, v)
	if err != nil {
		o.logger.WarnContext(ctx, "the pages for people are closed: their sessions can't be kept", "error", err)
	}
}

func (o *authOptions) openTokenSessions(ctx context.Context, a *authentication, v identity.Verifier) error {
	if o.keyring == nil {
		master := make([]byte, seal.MasterSize)
		_, _ = rand.Read(master) // crypto/rand never fails
		var err error
		if o.keyring, err = seal.New(master); err != nil {
			return err
		}
	}
	st, err := o.openState(ctx, a)
	if err != nil {
		return err
	}
	pages, err := o.accountPages(st, account.Options{Verifier: v, Through: "a token"})
	if err != nil {
		return err
	}
	a.routes, a.sessions = pages.Routes(), pages
	return nil
}

// hostOf returns the host in a URL that was checked.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}
