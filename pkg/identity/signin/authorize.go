package signin

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/page"
)

// Bounds of a client's request, in bytes. The state is stored in a cookie,
// which holds 4 kB.
const (
	maxQuery   = 16 << 10
	maxState   = 2048
	maxCarried = 2300 // state and redirect URI together
)

// authorization is an authorization request, as far as it is validated.
type authorization struct {
	client   *client.Client
	redirect client.Redirect
	state    string
	request  request
}

// oauthError is an error that a redirect reports to the client (RFC 6749, section
// 4.1.2.1).
type oauthError struct{ code, description string }

// The OAuth error codes of this server.
const (
	invalidRequest         = "invalid_request"
	invalidScope           = "invalid_scope"
	invalidTarget          = "invalid_target" // RFC 8707
	invalidClient          = "invalid_client"
	invalidGrant           = "invalid_grant"
	accessDenied           = "access_denied"
	serverError            = "server_error"
	temporarilyUnavailable = "temporarily_unavailable"
	unsupportedGrantType   = "unsupported_grant_type"
	unsupportedResponse    = "unsupported_response_type"
)

// serveAuthorize serves GET /authorize: the consent page. It grants nothing.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	a, err := s.identifyClient(r.Context(), r.URL.RawQuery, s.options.Address(r))
	if err != nil {
		s.failPage(w, r, http.StatusBadRequest, err)
		return
	}
	q, _ := url.ParseQuery(r.URL.RawQuery) // identifyClient has parsed it
	if refused := s.parseRequest(a, q); refused != nil {
		s.reportError(w, r, a, *refused)
		return
	}
	s.showConsent(w, r, a)
}

// reportError reports an error to the client. Anyone can register a client with any
// redirect URI and then send an invalid request, so that a link to this server
// would redirect to that URI at once (RFC 9700, section 4.11.2). So only two
// kinds of redirect URI are followed directly: one on this machine, and one on
// the host of the client's document. For others the person gets a page with a
// link.
func (s *Server) reportError(w http.ResponseWriter, r *http.Request, a *authorization, why oauthError) {
	if a.redirect.Loopback || a.client.Host != "" && a.client.Host == a.redirect.Host {
		s.redirectError(w, a.redirect, a.state, why)
		return
	}
	s.options.Logger.InfoContext(r.Context(), "sign-in refused", "status", http.StatusBadRequest, "error", why.code)
	s.writePage(w, s.pages.refused, page.Options{Status: http.StatusBadRequest, Title: "That did not work", Data: refused{
		Name: a.client.Name, Host: a.redirect.Host, Message: why.description,
		Back: template.URL(s.errorURL(a.redirect, a.state, why)), //nolint:gosec // a redirect URI that was checked; html/template knows no schemes of apps
	}})
}

// identifyClient validates the client and the redirect URI of a request. Until both are
// valid, the browser is not redirected.
func (s *Server) identifyClient(ctx context.Context, query, caller string) (*authorization, error) {
	if len(query) > maxQuery {
		return nil, library.Errorf(library.TooLarge, "the client's request is too long")
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, library.Errorf(library.Invalid, "the client's request can't be read").WithCause(err)
	}
	if len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 || q.Get("client_id") == "" {
		return nil, library.Errorf(library.Invalid, "the client's request needs exactly one client_id and one redirect_uri")
	}
	c, err := s.lookup(ctx, q.Get("client_id"), caller)
	if err != nil {
		return nil, err
	}
	redirect, ok := client.ParseRedirect(q.Get("redirect_uri"))
	if !ok || !c.Allows(redirect) {
		return nil, library.Errorf(library.Invalid, "the client asks to send you to an address that it has not registered").
			WithHint("this may be an attempt to get access to your library; if you trust the client, report this to its developer")
	}
	return &authorization{client: c, redirect: redirect}, nil
}

// lookup returns the client with an ID. Caller is the address of the request.
func (s *Server) lookup(ctx context.Context, id, caller string) (*client.Client, error) {
	if client.IsDocument(id) {
		return s.documents.Get(ctx, id, caller)
	}
	return s.lookupRegistered(ctx, id)
}

// lookupRegistered returns the client that registered and received an ID.
func (s *Server) lookupRegistered(ctx context.Context, id string) (*client.Client, error) {
	c, err := s.registry.Lookup(id)
	if unknownKey(err) {
		s.options.UnknownKey(ctx)
		c, err = s.registry.Lookup(id)
	}
	return c, err
}

// parseRequest validates the remaining parameters and stores them in a.
func (s *Server) parseRequest(a *authorization, q url.Values) *oauthError {
	state := q.Get("state")
	carried := len(state) + strings.Count(state, `"`) + strings.Count(state, `\`) + len(a.redirect.URI) // length in JSON
	if len(state) > maxState || carried > maxCarried || strings.ContainsFunc(state, func(r rune) bool { return r < ' ' || r > '~' }) {
		return &oauthError{invalidRequest, "the state is too long or has invalid characters"}
	}
	a.state = state
	for name, values := range q {
		if len(values) > 1 && name != "resource" {
			return &oauthError{invalidRequest, "a parameter is repeated"}
		}
	}
	challenge := q.Get("code_challenge")
	switch {
	case q.Get("response_type") != "code":
		return &oauthError{unsupportedResponse, "response_type must be code"}
	case q.Has("request") || q.Has("request_uri"):
		return &oauthError{"request_not_supported", "parameters must be in the query"}
	case q.Has("response_mode") && q.Get("response_mode") != "query":
		return &oauthError{invalidRequest, "response_mode must be query"}
	case q.Get("code_challenge_method") != "S256" || !isChallenge(challenge):
		return &oauthError{invalidRequest, "a code_challenge with code_challenge_method S256 is required (PKCE)"}
	case !s.isOurResource(q["resource"]):
		return &oauthError{invalidTarget, "resource must be " + s.options.Resource}
	}
	write, ok := wantedScopes(q.Get("scope"))
	if !ok {
		return &oauthError{invalidScope, "the scopes are library:read and library:write"}
	}
	a.request = request{
		Client: client.Digest(a.client.ID), Name: a.client.Name, Redirect: a.redirect.URI, State: state, Challenge: challenge,
		Write: write && s.options.Writes && !s.isReading(q["resource"]), Reading: s.isReading(q["resource"]), Refreshes: a.client.Refreshes,
	}
	return nil
}

// isChallenge reports whether s is a SHA-256 hash in base64url (RFC 7636,
// section 4.2).
func isChallenge(s string) bool {
	return len(s) == 43 && !strings.ContainsFunc(s, func(r rune) bool { return !isURLSafe(r) })
}

func isURLSafe(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// isOurResource reports whether each requested resource is one that tokens are for. A
// client that does not support RFC 8707 requests none.
func (s *Server) isOurResource(resources []string) bool {
	return !slices.ContainsFunc(resources, func(r string) bool {
		return !identity.SameResource(r, s.options.Resource) && !identity.SameResource(r, identity.ReadOnlyResource(s.options.Resource))
	})
}

// isReading reports whether the endpoint that never writes is all that is requested.
func (s *Server) isReading(resources []string) bool {
	return len(resources) > 0 && !slices.ContainsFunc(resources, func(r string) bool {
		return !identity.SameResource(r, identity.ReadOnlyResource(s.options.Resource))
	})
}

// wantedScopes parses the requested scopes; an empty list requests read access.
// It ignores offline_access and the scopes of OpenID Connect, which some
// clients always add.
func wantedScopes(list string) (write, ok bool) {
	ok = true
	known := false
	for name := range strings.FieldsSeq(list) {
		switch name {
		case string(identity.Read):
			known = true
		case string(identity.Write):
			known, write = true, true
		case "offline_access", "openid", "profile", "email":
		default:
			ok = false
		}
	}
	return write, ok || known // an unknown scope beside a known one is ignored (RFC 6749, section 3.3)
}

// redirectError redirects to the client with an error.
func (s *Server) redirectError(w http.ResponseWriter, to client.Redirect, state string, r oauthError) {
	s.redirect(w, s.errorURL(to, state, r))
}

// errorURL returns the redirect URI with an error.
func (s *Server) errorURL(to client.Redirect, state string, r oauthError) string {
	return s.responseURL(to, state, url.Values{"error": {r.code}, "error_description": {r.description}})
}

// responseURL returns the redirect URI with the parameters, the client's state and
// the issuer (RFC 9207).
func (s *Server) responseURL(to client.Redirect, state string, parameters url.Values) string {
	if state != "" {
		parameters.Set("state", state)
	}
	parameters.Set("iss", s.options.Issuer)
	return to.With(parameters)
}

// redirect redirects the browser.
func (s *Server) redirect(w http.ResponseWriter, to string) {
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}
