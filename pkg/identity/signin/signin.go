// Package signin is an OAuth 2.1 authorization server that signs people in with
// Zotero. A token is readable and valid only in this deployment. It contains
// the Zotero key that the person granted, so the server stores nothing about
// people.
//
//	/authorize   starts a sign-in: the consent page, then Zotero's
//	/callback    receives the person from Zotero; redirects to the client with a code
//	/token       exchanges a code, and later a refresh token, for tokens
//	/register    registers a client (RFC 7591)
//	/revoke      ends the sign-in or personal access token that a token belongs to (RFC 7009)
//
// Processes share one thing, the [ledger.Ledger]: which sign-ins exist and
// which have ended. Only /token and /revoke write to it.
package signin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/cache"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
)

// Options configures a [Server]. A zero value stands for the default that the
// comment names; an option without a default is required.
type Options struct {
	Issuer   string // the public URL: https, or http on this machine; no path
	Resource string // the MCP URL, the only resource that tokens are for
	Keyring  *seal.Keyring
	Ledger   *ledger.Ledger
	Zotero   zoteroauth.Options

	// Writes reports whether there are tools that write. If not, library:write
	// is neither offered nor granted, and keys at Zotero get no right to write.
	Writes bool

	AccessTTL  time.Duration // lifetime of access tokens, as in the ledger; 24 h, because clients refresh unreliably
	RefreshTTL time.Duration // lifetime of a refresh token; 90 days
	CodeTTL    time.Duration // lifetime of an authorization code; 60 s, which is the maximum

	Logger *slog.Logger     // nil: no log
	Now    func() time.Time // nil: [time.Now]
	// UnknownKey is called for a value that was sealed under a key missing from
	// the keyring, before the value is rejected. If it adds the key to the
	// keyring, the value is opened. Callers can make up such values, so
	// UnknownKey must limit how often it loads keys. Nil does nothing.
	UnknownKey func(ctx context.Context)
	// Account serves the callbacks of sign-ins to the account pages; nil if
	// there are none.
	Account http.Handler
	// RevokeToken revokes a personal access token and ignores other text; nil
	// if there are none.
	RevokeToken func(ctx context.Context, token string) error
	// Address returns the address that a request comes from, for limits per
	// caller. Nil is the address of the connection.
	Address func(*http.Request) string
	// Documents sends the requests for clients' metadata documents. Nil is
	// [client.NewTransport]; other values are for tests.
	Documents http.RoundTripper
}

// formTTL is the time for which the consent page, and then Zotero's, may stay
// open.
const formTTL = 10 * time.Minute

// maxOpened bounds the number of opened access tokens in memory, about 1 kB
// each.
const maxOpened = 10_000

// Server is the authorization server. It is safe for concurrent use.
type Server struct {
	options   Options
	secure    bool // https: cookies are sent over TLS only
	zotero    *zoteroauth.Service
	registry  *client.Registry
	documents *client.Documents
	pages     *pages
	boxes     boxes
	// opened caches the bearers of genuine access tokens.
	opened *cache.Cache[*bearer]
}

// boxes has one sealing box for each purpose.
type boxes struct {
	form, login, code, access, refresh, owed, note *seal.Box
}

// New returns a server. The error names the invalid option.
func New(o Options) (*Server, error) {
	issuer, err := url.Parse(o.Issuer)
	switch {
	case err != nil || issuer.Host == "" || strings.Trim(issuer.Path, "/") != "" || issuer.RawQuery != "" || issuer.Fragment != "" || issuer.User != nil:
		return nil, errors.New("signin: the issuer must be a URL without a path")
	case !identity.SameResource(o.Resource, o.Resource):
		return nil, errors.New("signin: the resource must be a URL")
	case o.Keyring == nil || o.Ledger == nil:
		return nil, errors.New("signin: keyring and ledger are required")
	}
	o = o.withDefaults()
	zotero, err := zoteroauth.New(o.Zotero)
	if err != nil {
		return nil, err
	}
	pages, err := newPages()
	if err != nil {
		return nil, err
	}
	deployment := o.Issuer + " " + o.Resource
	return &Server{
		options: o, secure: issuer.Scheme == "https", zotero: zotero, pages: pages,
		registry:  client.NewRegistry(o.Keyring, o.Issuer),
		documents: client.NewDocuments(o.Documents, o.Now),
		opened:    cache.New[*bearer](maxOpened),
		boxes: boxes{
			form: o.Keyring.Box("form", deployment), login: o.Keyring.Box("login", deployment), code: o.Keyring.Box("code", deployment),
			access: o.Keyring.Box("access", deployment), refresh: o.Keyring.Box("refresh", deployment),
			owed: o.Keyring.Box("owed", deployment), note: o.Keyring.Box("note", deployment),
		},
	}, nil
}

// withDefaults returns o with defaults for its zero values.
func (o Options) withDefaults() Options {
	o.Issuer = strings.TrimSuffix(o.Issuer, "/")
	if o.AccessTTL == 0 {
		o.AccessTTL = 24 * time.Hour
	}
	if o.RefreshTTL == 0 {
		o.RefreshTTL = 90 * 24 * time.Hour
	}
	if o.CodeTTL == 0 || o.CodeTTL > time.Minute {
		o.CodeTTL = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.UnknownKey == nil {
		o.UnknownKey = func(context.Context) {}
	}
	if o.RevokeToken == nil {
		o.RevokeToken = func(context.Context, string) error { return nil }
	}
	if o.Address == nil {
		o.Address = func(r *http.Request) string {
			host, _, _ := net.SplitHostPort(r.RemoteAddr)
			return host
		}
	}
	if o.Documents == nil {
		o.Documents = client.NewTransport()
	}
	return o
}

// Routes returns the server's handlers. They are at the root, at the paths in
// the metadata: some clients use these paths without reading the metadata.
func (s *Server) Routes() []identity.Route {
	routes := s.metadataRoutes()
	add := func(method, path string, h http.Handler) {
		routes = append(routes, identity.Route{Method: method, Path: path, Handler: h})
	}
	add(http.MethodGet, pathAuthorize, http.HandlerFunc(s.serveAuthorize))
	add(http.MethodPost, pathAuthorize, http.HandlerFunc(s.serveConsent))
	add(http.MethodGet, pathCallback, http.HandlerFunc(s.serveCallback))
	for path, h := range map[string]http.HandlerFunc{pathToken: s.serveToken, pathRegister: s.register, pathRevoke: s.revoke} {
		shared := allowAllOrigins(h)
		add(http.MethodPost, path, shared)
		add(http.MethodOptions, path, shared)
	}
	add(http.MethodGet, pathRegister, allowAllOrigins(http.HandlerFunc(s.registered)))
	return routes
}
