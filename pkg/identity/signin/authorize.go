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

// Bounds of what a client sends. The state goes through a cookie, which has
// 4 kB.
const (
	maxQuery   = 16 << 10
	maxState   = 2048
	maxCarried = 2300 // state and redirect URI together
)

// asked is a request at /authorize, as far as it is found good.
type asked struct {
	client   *client.Client
	redirect client.Redirect
	state    string
	request  request
}

// refusal is an error that the client is told by a redirect (RFC 6749, section
// 4.1.2.1).
type refusal struct{ code, description string }

// The error codes of OAuth that this server uses.
const (
	invalidRequest       = "invalid_request"
	invalidScope         = "invalid_scope"
	invalidTarget        = "invalid_target" // RFC 8707
	invalidClient        = "invalid_client"
	invalidGrant         = "invalid_grant"
	accessDenied         = "access_denied"
	serverError          = "server_error"
	temporarily          = "temporarily_unavailable"
	unsupportedGrantType = "unsupported_grant_type"
	unsupportedResponse  = "unsupported_response_type"
)

// askConsent answers GET /authorize with the consent page. It approves
// nothing.
func (s *Server) askConsent(w http.ResponseWriter, r *http.Request) {
	a, err := s.who(r.Context(), r.URL.RawQuery, s.options.Address(r))
	if err != nil {
		s.failPage(w, r, http.StatusBadRequest, err)
		return
	}
	q, _ := url.ParseQuery(r.URL.RawQuery) // who has read it
	if refused := s.wants(a, q); refused != nil {
		s.refuse(w, r, a, *refused)
		return
	}
	s.showConsent(w, r, a)
}

// refuse tells a client that nothing comes of its request. Any client can
// register any redirect URI and then make a request with a fault, so that a link
// to this server would lead to that URI at once (RFC 9700, section 4.11.2):
// only a redirect URI of this machine, or one of the host that has the client's
// document, is trusted so far. To others a person goes by a link.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, a *asked, why refusal) {
	if a.redirect.Loopback || a.client.Host != "" && a.client.Host == a.redirect.Host {
		s.sendBack(w, a.redirect, a.state, why)
		return
	}
	s.options.Logger.InfoContext(r.Context(), "sign-in refused", "status", http.StatusBadRequest, "error", why.code)
	s.writePage(w, s.pages.refused, page.Options{Status: http.StatusBadRequest, Title: "That did not work", Data: refused{
		Name: a.client.Name, Host: a.redirect.Host, Message: why.description,
		Back: template.URL(s.answerURL(a.redirect, a.state, why)), //nolint:gosec // a redirect URI that was checked; html/template knows no schemes of apps
	}})
}

// who returns the client that asks and where it wants people to be sent back
// to. Without both being known and allowed nobody is sent anywhere.
func (s *Server) who(ctx context.Context, query, caller string) (*asked, error) {
	if len(query) > maxQuery {
		return nil, library.Errorf(library.TooLarge, "the client's request is too long")
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return nil, library.Errorf(library.Invalid, "the client's request can't be read").WithCause(err)
	}
	if len(q["client_id"]) != 1 || len(q["redirect_uri"]) != 1 || q.Get("client_id") == "" {
		return nil, library.Errorf(library.Invalid, "the client does not say which client it is and where to send you back to")
	}
	c, err := s.lookup(ctx, q.Get("client_id"), caller)
	if err != nil {
		return nil, err
	}
	redirect, ok := client.ParseRedirect(q.Get("redirect_uri"))
	if !ok || !c.Allows(redirect) {
		return nil, library.Errorf(library.Invalid, "the client wants to send you back to an address that is not one of its own").
			WithHint("somebody may be trying to get your access; if you trust the client, tell its maker")
	}
	return &asked{client: c, redirect: redirect}, nil
}

// lookup returns the client that has an ID, for a caller at an address.
func (s *Server) lookup(ctx context.Context, id, caller string) (*client.Client, error) {
	if client.IsDocument(id) {
		return s.documents.Get(ctx, id, caller)
	}
	return s.lookupRegistered(ctx, id)
}

// lookupRegistered returns the client that registered and got an ID.
func (s *Server) lookupRegistered(ctx context.Context, id string) (*client.Client, error) {
	c, err := s.registry.Lookup(id)
	if unknownKey(err) {
		s.options.UnknownKey(ctx)
		c, err = s.registry.Lookup(id)
	}
	return c, err
}

// wants reads into a what the client asks for.
func (s *Server) wants(a *asked, q url.Values) *refusal {
	state := q.Get("state")
	carried := len(state) + strings.Count(state, `"`) + strings.Count(state, `\`) + len(a.redirect.URI) // as JSON has it
	if len(state) > maxState || carried > maxCarried || strings.ContainsFunc(state, func(r rune) bool { return r < ' ' || r > '~' }) {
		return &refusal{invalidRequest, "the state is too long or has characters that it may not have"}
	}
	a.state = state
	for name, values := range q {
		if len(values) > 1 && name != "resource" {
			return &refusal{invalidRequest, "a parameter is there twice"}
		}
	}
	challenge := q.Get("code_challenge")
	switch {
	case q.Get("response_type") != "code":
		return &refusal{unsupportedResponse, "response_type must be code"}
	case q.Has("request") || q.Has("request_uri"):
		return &refusal{"request_not_supported", "parameters must be in the query"}
	case q.Has("response_mode") && q.Get("response_mode") != "query":
		return &refusal{invalidRequest, "response_mode must be query"}
	case q.Get("code_challenge_method") != "S256" || !isChallenge(challenge):
		return &refusal{invalidRequest, "a code_challenge with code_challenge_method S256 is needed (PKCE)"}
	case !s.isOurs(q["resource"]):
		return &refusal{invalidTarget, "resource must be " + s.options.Resource}
	}
	write, ok := wantedScopes(q.Get("scope"))
	if !ok {
		return &refusal{invalidScope, "the scopes are library:read and library:write"}
	}
	a.request = request{
		Client: client.Digest(a.client.ID), Redirect: a.redirect.URI, State: state, Challenge: challenge,
		Write: write && s.options.Writes, Refreshes: a.client.Refreshes,
	}
	return nil
}

// isChallenge reports whether s is a SHA-256 in base64url (RFC 7636, section
// 4.2).
func isChallenge(s string) bool {
	return len(s) == 43 && !strings.ContainsFunc(s, func(r rune) bool { return !isURLSafe(r) })
}

func isURLSafe(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// isOurs reports whether every resource that is asked for is the one that
// tokens are for. Clients that know of none ask for none.
func (s *Server) isOurs(resources []string) bool {
	return !slices.ContainsFunc(resources, func(r string) bool { return !identity.SameResource(r, s.options.Resource) })
}

// wantedScopes reads the scopes that a client asks for: none is reading.
// offline_access and the scopes of OpenID Connect, which some clients always
// add, are neither given nor minded.
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
	return write, ok || known // a scope that nobody knows is ignored beside one that is (RFC 6749, section 3.3)
}

// sendBack tells a client by a redirect that nothing comes of its request.
func (s *Server) sendBack(w http.ResponseWriter, to client.Redirect, state string, r refusal) {
	s.redirect(w, s.answerURL(to, state, r))
}

// answerURL returns the URL that tells a client that nothing comes of its
// request.
func (s *Server) answerURL(to client.Redirect, state string, r refusal) string {
	return s.reply(to, state, url.Values{"error": {r.code}, "error_description": {r.description}})
}

// reply returns the URL that answers a client: with its state as it was, and
// who answers (RFC 9207).
func (s *Server) reply(to client.Redirect, state string, parameters url.Values) string {
	if state != "" {
		parameters.Set("state", state)
	}
	parameters.Set("iss", s.options.Issuer)
	return to.With(parameters)
}

// redirect sends a browser on.
func (s *Server) redirect(w http.ResponseWriter, to string) {
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(http.StatusSeeOther)
}
