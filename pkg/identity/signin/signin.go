// Package signin is Stackroom's own OAuth 2.1 authorization server, at which
// people sign in with Zotero. Clients get tokens that only this service can
// read and that it takes for itself alone; inside is the Zotero key that the
// person gave, so that nothing about people is stored.
//
//	/authorize   a client asks for somebody; our consent page, then Zotero's
//	/callback    Zotero sends the person back; a code goes to the client
//	/token       the client gets tokens for the code, later for a refresh token
//	/register    a client makes itself known (RFC 7591)
//	/revoke      a client, or whoever has a token, ends what it stands for (RFC 7009)
//
// The one thing that processes share is the [ledger.Ledger]: which sign-ins
// live and which have ended. It is written at /token and /revoke only.
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

	"github.com/maypok86/otter/v2"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
)

// Options configure a [Server]. A zero value stands for the default that is
// named; what has none is needed.
type Options struct {
	Issuer   string // the public URL: https, or http on this machine; no path
	Resource string // the MCP URL, the only one that tokens are for
	Keyring  *seal.Keyring
	Ledger   *ledger.Ledger
	Zotero   zoteroauth.Options

	// Writes says that there are tools that write. Without them library:write
	// is neither offered nor given, and keys at Zotero get no right to write.
	Writes bool

	AccessTTL  time.Duration // of access tokens, as the ledger has it; 24 h, because clients refresh unreliably
	RefreshTTL time.Duration // of a refresh token from its making; 90 days
	CodeTTL    time.Duration // of an authorization code; 60 s, the most that is allowed

	Logger *slog.Logger     // nil: nothing is logged
	Now    func() time.Time // nil: [time.Now]
	// UnknownKey is called with something sealed under a key that the ring
	// does not hold, before it is refused. If it replaces the ring's masters
	// before it returns, the thing is opened after all. Anybody can make up
	// such a thing, so it is for UnknownKey to be sparing. Nil: nothing.
	UnknownKey func(ctx context.Context)
	// Account answers the callbacks of sign-ins to the account pages; nil: there
	// are none.
	Account http.Handler
	// RevokeToken ends a personal access token, and does nothing for other text;
	// nil: there are none.
	RevokeToken func(ctx context.Context, token string) error
	// Address names where a request comes from, so that no caller takes more
	// than its share. Nil is the address of the connection.
	Address func(*http.Request) string
	// Documents carries the requests for clients' metadata documents. Nil is
	// [client.NewPublicTransport]; anything else is for tests.
	Documents http.RoundTripper
}

// formTTL is how long a person may take on our consent page, and then again
// on Zotero's.
const formTTL = 10 * time.Minute

// maxOpened is how many access tokens a process remembers having opened, of
// about 1 kB each.
const maxOpened = 10_000

// Server is the authorization server. It is safe for concurrent use.
type Server struct {
	options   Options
	secure    bool // cookies go over https only
	zotero    *zoteroauth.Service
	registry  *client.Registry
	documents *client.Documents
	pages     *pages
	boxes     boxes
	// opened are access tokens that are genuine, with their bearers.
	opened *otter.Cache[string, *bearer]
}

// boxes seal, each for one purpose.
type boxes struct {
	form, login, code, access, refresh, owed *seal.Box
}

// New returns a server. The error says which option can't be used.
func New(o Options) (*Server, error) {
	issuer, err := url.Parse(o.Issuer)
	switch {
	case err != nil || issuer.Host == "" || strings.Trim(issuer.Path, "/") != "" || issuer.RawQuery != "" || issuer.Fragment != "" || issuer.User != nil:
		return nil, errors.New("signin: the issuer must be a URL without a path")
	case !identity.SameResource(o.Resource, o.Resource):
		return nil, errors.New("signin: the resource must be a URL")
	case o.Keyring == nil || o.Ledger == nil:
		return nil, errors.New("signin: ring and ledger are needed")
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
		opened:    otter.Must(&otter.Options[string, *bearer]{MaximumSize: maxOpened}),
		boxes: boxes{
			form: o.Keyring.Box("form", deployment), login: o.Keyring.Box("login", deployment), code: o.Keyring.Box("code", deployment),
			access: o.Keyring.Box("access", deployment), refresh: o.Keyring.Box("refresh", deployment),
			owed: o.Keyring.Box("owed", deployment),
		},
	}, nil
}

// withDefaults returns o with its zero values filled in.
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
		o.Documents = client.NewPublicTransport()
	}
	return o
}

// Routes returns the server's handlers. They are at the root, and their paths
// are those of the metadata: some clients look nowhere else.
func (s *Server) Routes() []identity.Route {
	routes := s.metadataRoutes()
	add := func(method, path string, h http.Handler) {
		routes = append(routes, identity.Route{Method: method, Path: path, Handler: h})
	}
	add(http.MethodGet, pathAuthorize, http.HandlerFunc(s.askConsent))
	add(http.MethodPost, pathAuthorize, http.HandlerFunc(s.takeConsent))
	add(http.MethodGet, pathCallback, http.HandlerFunc(s.comeBack))
	for path, h := range map[string]http.HandlerFunc{pathToken: s.giveTokens, pathRegister: s.register, pathRevoke: s.revoke} {
		shared := everyOrigin(h)
		add(http.MethodPost, path, shared)
		add(http.MethodOptions, path, shared)
	}
	add(http.MethodGet, pathRegister, everyOrigin(http.HandlerFunc(s.registered)))
	return routes
}
