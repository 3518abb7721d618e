// Package account serves the account pages, on which a signed-in member makes,
// lists and revokes personal access tokens, for programs that can't sign in
// through a browser.
//
//	/account/tokens         the member's tokens, and the form for a new one
//	/account/tokens/revoke  revokes a token
//	/account/connections/end  ends the sign-in of a client
//	/account/sign-in        redirects to the sign-in
//	/account/callback       receives the redirect from it
//	/account/sign-out       ends the session
//
// Sessions and tokens are sealed and stored by their holders. The ledger
// records which tokens a member has made and which are revoked.
package account

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// Member is a person signed in to the pages.
type Member struct {
	Subject   string           `json:"s"`           // as in [identity.Principal]
	Scopes    []identity.Scope `json:"c"`           // the most that the member's tokens may have
	Libraries []library.ID     `json:"l"`           // the only libraries that the tokens may see; nil allows all, empty none
	Key       string           `json:"k,omitempty"` // at the upstream; "" for the deployment's
	Token     string           `json:"t,omitempty"` // with which they signed in, see [Options.Verifier]
}

// Login signs members in. A mark identifies a sign-in; it returns in the
// callback's query as "s" or "state".
type Login interface {
	// Begin returns the URL to redirect to, and a value that Finish needs,
	// which a cookie carries sealed. Write requests tokens that may write. The
	// error has the code Unavailable.
	Begin(ctx context.Context, mark string, write bool) (to string, carried []byte, err error)
	// Finish returns the member for the query of the callback. The error has
	// the code Unauthenticated, Forbidden or Unavailable.
	Finish(ctx context.Context, query url.Values, mark string, carried []byte) (*Member, error)
}

// Keys deletes members' keys at the upstream.
type Keys interface {
	// Owe schedules the deletion of a key at due, unless it is settled before.
	Owe(ctx context.Context, id, key string, due time.Time) error
	// Settle cancels the deletion scheduled under an ID: the key stays.
	Settle(ctx context.Context, id string) error
	// Hasten makes the deletion scheduled under an ID due now.
	Hasten(ctx context.Context, id string) error
}

// Options configures [Pages]. An option without a default is required.
type Options struct {
	URL     string // the public URL, without a trailing slash
	Keyring *seal.Keyring
	Ledger  *ledger.Ledger
	Login   Login
	// Verifier, in place of Login, signs members in with a token that they have.
	// The pages make no tokens then.
	Verifier identity.Verifier
	// Through is the name of the sign-in, for people: "Zotero".
	Through string
	// Keys manages the members' keys; nil if they have none.
	Keys Keys
	// Credential returns the upstream credential for a member's key; nil if
	// members have none.
	Credential func(key string) upstream.Credential
	// Connection returns the client of a sign-in, from the note of its family in the
	// ledger; nil if clients sign in elsewhere.
	Connection func(ctx context.Context, note []byte) (client string, write, ok bool)
	// Libraries lists the libraries that the principal of the context may see.
	Libraries func(context.Context) ([]library.Info, error)
	// Scopes are the scopes that tokens may have.
	Scopes []identity.Scope
	// UnknownKey is as in signin.Options; nil does nothing.
	UnknownKey func(context.Context)
	Logger     *slog.Logger     // nil: no log
	Now        func() time.Time // nil: [time.Now]
}

// Pages are the account pages. They are safe for concurrent use.
type Pages struct {
	options                             Options
	secure                              bool // https: cookies are sent over TLS only
	session, login, form, token, record *seal.Box
	pages                               *templates
}

// New returns the pages. The error names the missing options.
func New(o Options) (*Pages, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || o.Keyring == nil || o.Ledger == nil || (o.Login == nil) == (o.Verifier == nil) || o.Libraries == nil || len(o.Scopes) == 0 {
		return nil, errors.New("account: URL, keyring, ledger, login or verifier, libraries and scopes are required")
	}
	if o.Credential == nil {
		o.Credential = func(string) upstream.Credential { return upstream.Credential{} }
	}
	if o.UnknownKey == nil {
		o.UnknownKey = func(context.Context) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	pages, err := newTemplates()
	if err != nil {
		return nil, err
	}
	deployment := o.URL + " account"
	return &Pages{
		options: o, secure: u.Scheme == "https", pages: pages,
		session: o.Keyring.Box("session", deployment), login: o.Keyring.Box("signin", deployment), form: o.Keyring.Box("field", deployment),
		token: o.Keyring.Box("pat", deployment), record: o.Keyring.Box("record", deployment),
	}, nil
}

// The paths of the pages.
const (
	pathTokens   = "/account/tokens"
	pathRevoke   = "/account/tokens/revoke"
	pathEnd      = "/account/connections/end"
	pathSignIn   = "/account/sign-in"
	pathCallback = "/account/callback"
	pathSignOut  = "/account/sign-out"
)

// Routes returns the handlers of the pages.
func (p *Pages) Routes() []identity.Route {
	if p.options.Verifier != nil {
		return []identity.Route{
			{Method: http.MethodGet, Path: pathTokens, Handler: http.HandlerFunc(p.showTokens)},
			{Method: http.MethodGet, Path: pathSignIn, Handler: http.HandlerFunc(p.signIn)},
			{Method: http.MethodPost, Path: pathSignIn, Handler: http.HandlerFunc(p.takeToken)},
			{Method: http.MethodPost, Path: pathSignOut, Handler: http.HandlerFunc(p.signOut)},
		}
	}
	return []identity.Route{
		{Method: http.MethodGet, Path: pathTokens, Handler: http.HandlerFunc(p.showTokens)},
		{Method: http.MethodPost, Path: pathTokens, Handler: http.HandlerFunc(p.makeToken)},
		{Method: http.MethodPost, Path: pathRevoke, Handler: p.end(ledger.Token, fieldToken)},
		{Method: http.MethodPost, Path: pathEnd, Handler: p.end(ledger.SignIn, fieldConnection)},
		{Method: http.MethodGet, Path: pathSignIn, Handler: http.HandlerFunc(p.signIn)},
		{Method: http.MethodGet, Path: pathCallback, Handler: http.HandlerFunc(p.Callback)},
		{Method: http.MethodPost, Path: pathSignOut, Handler: http.HandlerFunc(p.signOut)},
	}
}

// sealed returns v sealed in a box.
func sealed(box *seal.Box, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return box.Seal(plain)
}

// unseal opens a sealed value and decodes it into v. If its key is unknown,
// unseal loads newer keys once.
func (p *Pages) unseal(ctx context.Context, box *seal.Box, text string, v any) error {
	plain, err := box.Open(text)
	if errors.Is(err, seal.ErrUnknownKey) {
		p.options.UnknownKey(ctx)
		plain, err = box.Open(text)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}

// principal returns the member as a principal.
func (p *Pages) principal(m *Member) *identity.Principal {
	principal := &identity.Principal{Subject: m.Subject, Scopes: m.Scopes, Libraries: m.Libraries}
	if m.Key != "" {
		principal.Credential = p.options.Credential(m.Key)
	}
	return principal
}

// may reports whether the member's tokens may have a scope.
func (p *Pages) may(m *Member, s identity.Scope) bool {
	offered := &identity.Principal{Scopes: p.options.Scopes}
	return offered.May(s) && p.principal(m).May(s)
}

// host returns the server's host name, for people.
func (p *Pages) host() string {
	_, host, _ := strings.Cut(p.options.URL, "://")
	return host
}
