package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/tokens"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

const (
	resource    = "https://library.example.org/mcp"
	issuer      = "https://library.example.org"
	metadataURL = "https://library.example.org/.well-known/oauth-protected-resource/mcp"
	noTokenAsk  = `Bearer resource_metadata="` + metadataURL + `", scope="library:read"`
)

// verify implements a verifier with a function.
type verify func(token string) (*identity.Principal, error)

func (f verify) Verify(_ context.Context, token string) (*identity.Principal, error) { return f(token) }

// members accepts a reader's and a writer's token, and fails for others in each
// way that a verifier can.
func members(token string) (*identity.Principal, error) {
	switch token {
	case "reader":
		return &identity.Principal{Subject: "token:reader", Scopes: []identity.Scope{identity.Read}}, nil
	case "writer":
		return &identity.Principal{Subject: "token:writer", Scopes: []identity.Scope{identity.Write}}, nil
	case "down":
		return nil, library.Errorf(library.Unavailable, "the identity provider can't be reached").WithRetryAfter(7 * time.Second)
	case "barred":
		return nil, library.Errorf(library.Forbidden, "your account may not use this server")
	case "broken":
		return nil, errors.New("open /etc/secret: permission denied")
	case "nil":
		return nil, nil
	}
	return nil, identity.BadToken(errors.New("no record matches"))
}

// service is a resource server with a read tool at /read and a write tool at
// /write. It counts the calls that reach the upstream.
type service struct {
	authenticator *identity.Authenticator
	upstream      int
}

func newService(t *testing.T, o identity.AuthenticatorOptions) *service {
	t.Helper()
	if o.Verifier == nil {
		o.Verifier = verify(members)
	}
	g, err := identity.NewAuthenticator(o)
	if err != nil {
		t.Fatal(err)
	}
	return &service{authenticator: g}
}

func signedIn(t *testing.T) *service {
	return newService(t, identity.AuthenticatorOptions{Resource: resource, Issuers: []string{issuer}})
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, route := range s.authenticator.Routes() {
		if route.Method == r.Method && route.Path == r.URL.Path {
			route.Handler.ServeHTTP(w, r)
			return
		}
	}
	p, c := s.authenticator.Identify(r)
	if c == nil {
		needed := identity.Read
		if r.URL.Path == "/write" {
			needed = identity.Write
		}
		c = s.authenticator.Require(p, needed)
	}
	if c != nil {
		if c.Header != "" {
			w.Header().Set("WWW-Authenticate", c.Header)
		}
		w.WriteHeader(c.Status)
		fmt.Fprint(w, c.Err.Message, "\n", c.Err.Hint)
		return
	}
	s.upstream++
}

// ask sends a request with these Authorization headers.
func (s *service) ask(t *testing.T, method, target string, authorization ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	r.Header["Authorization"] = authorization
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestAuthenticator_ChallengesCallers(t *testing.T) {
	const rejected = `Bearer error="invalid_token", resource_metadata="` + metadataURL + `", scope="library:read", error_description="the token is invalid or has expired"`
	for _, c := range []struct {
		promise       string
		path          string
		authorization []string
		status        int
		challenge     string
	}{
		{"R01 no token: a challenge without an error", "/read", nil, 401, noTokenAsk},
		{"R01 another scheme is no token", "/read", []string{"Basic dXNlcjpwYXNz"}, 401, noTokenAsk},
		{"R01 an empty token is none", "/read", []string{"Bearer "}, 401, noTokenAsk},
		{"R02 an unknown token", "/read", []string{"Bearer stolen"}, 401, rejected},
		{"R02 a token with an invalid character", "/read", []string{`Bearer "><script>`}, 401, rejected},
		{"R02 a token with a control character", "/read", []string{"Bearer reader\x00"}, 401, rejected},
		{"R02 two tokens in one header", "/read", []string{"Bearer reader, Bearer writer"}, 401, rejected},
		{"R02 a token of more than 8 KiB", "/read", []string{"Bearer " + strings.Repeat("a", 8<<10+1)}, 401, rejected},
		{"two Authorization headers", "/read", []string{"Bearer reader", "Bearer writer"}, 400,
			`Bearer error="invalid_request", resource_metadata="` + metadataURL + `", scope="library:read", error_description="the request has more than one Authorization header"`},
		{"R06 a read token on a write tool", "/write", []string{"Bearer reader"}, 403,
			`Bearer error="insufficient_scope", resource_metadata="` + metadataURL + `", scope="library:write", error_description="the token does not allow this; it needs the scope library:write"`},
		{"R07 a write token on a read tool", "/read", []string{"Bearer writer"}, 200, ""},
		{"a write token on a write tool", "/write", []string{"Bearer writer"}, 200, ""},
		{"a read token on a read tool", "/read", []string{"Bearer reader"}, 200, ""},
		{"the scheme in upper case", "/read", []string{"bEARER reader"}, 200, ""},
		{"R08 a token in the query does not count", "/read?access_token=reader", nil, 401, noTokenAsk},
		{"R09 a raw Zotero key", "/read", []string{"Bearer P9NiFoyLeZu2bZNvvuQPDWsd"}, 401, rejected},
		{"an unavailable verifier", "/read", []string{"Bearer down"}, 503, ""},
		{"a member without access", "/read", []string{"Bearer barred"}, 403,
			`Bearer error="insufficient_scope", resource_metadata="` + metadataURL + `", scope="library:read", error_description="your account may not use this server"`},
		{"a verifier that fails", "/read", []string{"Bearer broken"}, 500, ""},
		{"a verifier without a principal or an error", "/read", []string{"Bearer nil"}, 500, ""},
	} {
		t.Run(c.promise, func(t *testing.T) {
			s := signedIn(t)
			w := s.ask(t, http.MethodPost, c.path, c.authorization...)
			if w.Code != c.status || w.Header().Get("WWW-Authenticate") != c.challenge {
				t.Errorf("got %d %s\nwant %d %s", w.Code, w.Header().Get("WWW-Authenticate"), c.status, c.challenge)
			}
			if called := s.upstream > 0; called != (c.status == http.StatusOK) {
				t.Errorf("upstream called: %v", called)
			}
			body := w.Body.String()
			for _, inner := range []string{"stolen", "script", "P9NiFoyLeZu2bZNvvuQPDWsd", "no record matches", "/etc/secret", "identity:"} {
				if strings.Contains(body, inner) {
					t.Errorf("the response reveals %q: %s", inner, body)
				}
			}
			if c.status != http.StatusOK && body == "" {
				t.Error("the response has no message for people")
			}
		})
	}
}

func TestR12_AuthenticatorRequiresTokenForEveryMethod(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete, http.MethodPut, http.MethodHead} {
		if w := signedIn(t).ask(t, method, "/mcp"); w.Code != http.StatusUnauthorized {
			t.Errorf("%s gets %d", method, w.Code)
		}
	}
}

func TestAuthenticator_NamesScopesOfProvider(t *testing.T) {
	g, err := identity.NewAuthenticator(identity.AuthenticatorOptions{
		Resource: resource, Issuers: []string{issuer}, Verifier: noVerifier{}, Ask: []string{"openid", "api://library/read"},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, refused := g.Identify(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil))
	if refused == nil || !strings.Contains(refused.Header, `scope="openid api://library/read"`) {
		t.Errorf("the challenge is %+v", refused)
	}
	w := httptest.NewRecorder()
	g.Routes()[0].Handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if !strings.Contains(w.Body.String(), `"scopes_supported":["openid","api://library/read"]`) {
		t.Errorf("the metadata is %s", w.Body)
	}
}

// noVerifier accepts no token.
type noVerifier struct{}

func (noVerifier) Verify(context.Context, string) (*identity.Principal, error) {
	return nil, identity.BadToken(nil)
}

func TestR03_MetadataNamesIssuers(t *testing.T) {
	s := signedIn(t)
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"} {
		w := s.ask(t, http.MethodGet, path)
		var got struct {
			Resource string   `json:"resource"`
			Servers  []string `json:"authorization_servers"`
			Scopes   []string `json:"scopes_supported"`
			Methods  []string `json:"bearer_methods_supported"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		if got.Resource != resource || fmt.Sprint(got.Servers) != "["+issuer+"]" || fmt.Sprint(got.Methods) != "[header]" {
			t.Errorf("%s: %+v", path, got)
		}
		if fmt.Sprint(got.Scopes) != "[library:read]" {
			t.Errorf("R04: scopes are %v", got.Scopes)
		}
		if h := w.Header(); h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", path, h)
		}
		if head := s.ask(t, http.MethodHead, path); head.Code != http.StatusOK || head.Body.Len() > 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v", path, head.Code, head.Header())
		}
		preflight := s.ask(t, http.MethodOptions, path)
		if h := preflight.Header(); preflight.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(h.Get("Access-Control-Allow-Methods"), "GET") || h.Get("Access-Control-Allow-Headers") != "*" {
			t.Errorf("OPTIONS %s: %d %v", path, preflight.Code, h)
		}
	}
}

func TestChallenge_LeadsToMetadata(t *testing.T) {
	for at, want := range map[string]string{
		"https://a.example/mcp":       "https://a.example/.well-known/oauth-protected-resource/mcp",
		"https://a.example":           "https://a.example/.well-known/oauth-protected-resource",
		"https://a.example/":          "https://a.example/.well-known/oauth-protected-resource",
		"http://127.0.0.1:8080/x/mcp": "http://127.0.0.1:8080/.well-known/oauth-protected-resource/x/mcp",
	} {
		s := newService(t, identity.AuthenticatorOptions{Resource: at, Issuers: []string{issuer}})
		got := parse(t, s.ask(t, http.MethodPost, "/read").Header().Get("WWW-Authenticate"))["resource_metadata"]
		if got != want {
			t.Errorf("%s: %s", at, got)
		}
		u, err := url.Parse(got)
		if err != nil {
			t.Fatal(err)
		}
		if w := s.ask(t, http.MethodGet, u.Path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"`+at+`"`) {
			t.Errorf("%s: %d %s", got, w.Code, w.Body)
		}
	}
}

func TestChallenge_HintsAtTokenWithoutIssuers(t *testing.T) {
	s := newService(t, identity.AuthenticatorOptions{})
	if len(s.authenticator.Routes()) != 0 {
		t.Error("metadata without an authorization server")
	}
	w := s.ask(t, http.MethodPost, "/read")
	if got := w.Header().Get("WWW-Authenticate"); got != `Bearer scope="library:read"` {
		t.Errorf("challenge %s", got)
	}
	if !strings.Contains(w.Body.String(), "Authorization: Bearer srt_") {
		t.Errorf("hint %s", w.Body)
	}
	if w := s.ask(t, http.MethodPost, "/read", "Bearer stolen"); !strings.Contains(w.Body.String(), "Authorization: Bearer srt_") {
		t.Errorf("hint %s", w.Body)
	}
}

func TestE07_RevokedCredentialLeadsToSignIn(t *testing.T) {
	cause := library.Errorf(library.Unauthenticated, "Zotero: Invalid key abc")
	c := signedIn(t).authenticator.Rejected(cause)
	got := parse(t, c.Header)
	if c.Status != http.StatusUnauthorized || got["error"] != "invalid_token" || got["resource_metadata"] != metadataURL {
		t.Errorf("%d %s", c.Status, c.Header)
	}
	if !errors.Is(c.Err, cause) || strings.Contains(c.Err.Message+c.Err.Hint+c.Header, "abc") {
		t.Errorf("want the cause for the log and not in the response: %v", c.Err)
	}
}

func TestRequire_ChallengesNilPrincipal(t *testing.T) {
	if c := signedIn(t).authenticator.Require(nil, identity.Read); c == nil || c.Status != http.StatusUnauthorized {
		t.Errorf("no challenge without a principal: %+v", c)
	}
}

func TestAuthenticator_UnavailableSaysWhenToRetry(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil)
	r.Header.Set("Authorization", "Bearer down")
	if _, c := signedIn(t).authenticator.Identify(r); c == nil || c.Err.RetryAfter != 7*time.Second {
		t.Errorf("%+v", c)
	}
}

func TestR10_PrincipalContainsNoToken(t *testing.T) {
	token, record, err := tokens.Issue("ci", []identity.Scope{identity.Read}, []string{"group:4711"}, time.Now(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	v, err := tokens.New(string(line))
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, identity.AuthenticatorOptions{Verifier: v})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mcp", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	p, c := s.authenticator.Identify(r)
	if c != nil {
		t.Fatal(c.Err)
	}
	if shown := fmt.Sprintf("%+v %#v", p, p); strings.Contains(shown, token[len(token)-20:]) || !p.Credential.Anonymous() {
		t.Error("the principal contains the token")
	}
}

func TestNewAuthenticator_RejectsInvalidOptions(t *testing.T) {
	for promise, o := range map[string]identity.AuthenticatorOptions{
		"no verifier":                 {Resource: resource},
		"issuers without a resource":  {Verifier: verify(members), Issuers: []string{issuer}},
		"a resource without a host":   {Verifier: verify(members), Issuers: []string{issuer}, Resource: "/mcp"},
		"a resource with a fragment":  {Verifier: verify(members), Issuers: []string{issuer}, Resource: resource + "#x"},
		"a resource of another kind":  {Verifier: verify(members), Issuers: []string{issuer}, Resource: "ftp://a.example/mcp"},
		"R04 offline_access as scope": {Verifier: verify(members), Scopes: []identity.Scope{"offline_access"}},
	} {
		if _, err := identity.NewAuthenticator(o); err == nil {
			t.Errorf("%s: no error", promise)
		}
	}
}

// parse parses a challenge as strictly as RFC 9110 section 11.6.1 defines it:
// names with quoted values, no name twice.
func parse(t *testing.T, header string) map[string]string {
	t.Helper()
	params := map[string]string{}
	rest, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		t.Fatalf("not a challenge for bearer tokens: %s", header)
	}
	for rest != "" {
		name, value, ok := strings.Cut(rest, `="`)
		if !ok || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" || params[name] != "" {
			t.Fatalf("not a parameter: %s", rest)
		}
		value, rest, ok = strings.Cut(value, `"`)
		if !ok || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' || r == '\\' }) {
			t.Fatalf("not a value: %s", value)
		}
		params[name] = value
		if rest != "" {
			if rest, ok = strings.CutPrefix(rest, ", "); !ok || rest == "" {
				t.Fatalf("not a list: %s", rest)
			}
		}
	}
	return params
}

func BenchmarkIdentify(b *testing.B) {
	token, record, err := tokens.Issue("ci", []identity.Scope{identity.Read}, []string{"*"}, time.Now(), time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	line, err := json.Marshal(record)
	if err != nil {
		b.Fatal(err)
	}
	v, err := tokens.New(string(line))
	if err != nil {
		b.Fatal(err)
	}
	g, err := identity.NewAuthenticator(identity.AuthenticatorOptions{Resource: resource, Issuers: []string{issuer}, Verifier: v})
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/mcp", io.NopCloser(strings.NewReader("{}")))
	r.Header.Set("Authorization", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		if _, c := g.Identify(r); c != nil {
			b.Fatal(c.Err)
		}
	}
}
