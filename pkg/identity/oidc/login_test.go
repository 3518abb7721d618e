package oidc_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/oidc"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

const (
	clientID    = "stackroom-pages"
	redirectURI = "https://library.example.org/account/callback"
)

// tokenEndpoint returns an ID token with claims for the code "good".
type tokenEndpoint struct {
	i      *issuer
	claims map[string]any
	asked  url.Values
	status int
}

func (e *tokenEndpoint) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/token" {
		return http.DefaultTransport.RoundTrip(r)
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	e.asked = r.PostForm
	user, password, _ := r.BasicAuth()
	e.asked.Set("basic", user+":"+password)
	if e.status == 0 && e.asked.Get("code") != "good" {
		e.status = http.StatusBadRequest
	}
	if e.status == -1 {
		return nil, errors.New("connection reset")
	}
	claims := e.i.claims(map[string]any{"aud": clientID})
	for name, value := range e.claims {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	body, _ := json.Marshal(map[string]any{
		"access_token": "SECRETACCESS", "token_type": "Bearer", "expires_in": 3600,
		"id_token": e.i.sign(jose.SigningKey{Algorithm: jose.ES256, Key: e.i.signer}, map[jose.HeaderKey]any{"kid": e.i.keyID}, claims),
	})
	w := &response{header: http.Header{"Content-Type": {"application/json"}}, status: max(e.status, http.StatusOK)}
	return w.of(string(body), r), nil
}

// response returns an [http.Response].
type response struct {
	header http.Header
	status int
}

func (w *response) of(body string, r *http.Request) *http.Response {
	return &http.Response{StatusCode: w.status, Header: w.header, Body: readCloser{strings.NewReader(body)}, Request: r}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

const loginPolicy = `{"rules":[{"claim":"groups","value":"chemists","scopes":["library:read"],"libraries":["group:4711"]}]}`

func newLogin(t *testing.T, e *tokenEndpoint) *oidc.Login {
	t.Helper()
	v, err := oidc.New(oidc.Options{Issuer: e.i.URL, Audience: audience, Policy: loginPolicy, Now: e.i.clock, Transport: e})
	if err != nil {
		t.Fatal(err)
	}
	l, err := oidc.NewLogin(v, oidc.LoginOptions{ClientID: clientID, Secret: func() string { return "the-secret" }, Redirect: redirectURI})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLogin(t *testing.T) {
	e := &tokenEndpoint{i: newIssuer(t)}
	l := newLogin(t, e)
	to, carried, err := l.Begin(t.Context(), "themark", true)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("client_id") != clientID || q.Get("redirect_uri") != redirectURI || q.Get("state") != "themark" || q.Get("response_type") != "code" ||
		q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || q.Get("scope") != "openid" || q.Get("nonce") == "" {
		t.Errorf("%s", to)
	}
	if strings.Contains(to, "the-secret") {
		t.Error("the URL contains the secret")
	}
	e.claims = map[string]any{"nonce": q.Get("nonce"), "groups": []string{"chemists"}}
	m, err := l.Finish(t.Context(), url.Values{"code": {"good"}, "state": {"themark"}}, "themark", carried)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(m.Subject, ":248289761001") || !slices.Equal(m.Scopes, []identity.Scope{identity.Read}) || !slices.Equal(m.Libraries, []library.ID{"group:4711"}) || m.Key != "" {
		t.Errorf("%+v", m)
	}
	if e.asked.Get("code_verifier") == "" || e.asked.Get("redirect_uri") != redirectURI || e.asked.Get("basic") != clientID+":the-secret" {
		t.Errorf("%v", e.asked)
	}
	token, err := e.i.verifier(loginPolicy).Verify(t.Context(), e.i.token(map[string]any{"groups": []string{"chemists"}}))
	if err != nil || token.Subject != m.Subject {
		t.Errorf("an access token names %+v, not %s", token, m.Subject)
	}
}

func TestLogin_RejectsInvalidResponses(t *testing.T) {
	other, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	for promise, c := range map[string]struct {
		claims map[string]any
		query  url.Values
		status int
		code   library.Code
		change func(*issuer)
	}{
		"another nonce":           {claims: map[string]any{"nonce": "other"}, code: library.Unauthenticated},
		"no nonce":                {claims: map[string]any{"nonce": nil}, code: library.Unauthenticated},
		"another audience":        {claims: map[string]any{"aud": audience}, code: library.Unauthenticated},
		"another issuer":          {claims: map[string]any{"iss": "https://evil.example"}, code: library.Unauthenticated},
		"an expired token":        {claims: map[string]any{"exp": 1}, code: library.Unauthenticated},
		"no subject":              {claims: map[string]any{"sub": ""}, code: library.Unauthenticated},
		"a subject of a kilobyte": {claims: map[string]any{"sub": strings.Repeat("s", 1000)}, code: library.Unauthenticated},
		"no group":                {claims: map[string]any{"groups": nil}, code: library.Forbidden},
		"another group":           {claims: map[string]any{"groups": []string{"physicists"}}, code: library.Forbidden},
		"another key":             {change: func(i *issuer) { i.signer = other }, code: library.Unauthenticated},
		"no code":                 {query: url.Values{"error": {"access_denied"}}, code: library.Unauthenticated},
		"another code":            {query: url.Values{"code": {"bad"}}, code: library.Unauthenticated},
		"a mix-up":                {query: url.Values{"code": {"good"}, "iss": {"https://evil.example"}}, code: library.Unauthenticated},
		"an unknown client":       {status: http.StatusUnauthorized, code: library.Unauthenticated},
		"a provider that is down": {status: http.StatusBadGateway, code: library.Unavailable},
		"a network that fails":    {status: -1, code: library.Unavailable},
	} {
		e := &tokenEndpoint{i: newIssuer(t), status: c.status}
		l := newLogin(t, e)
		to, carried, err := l.Begin(t.Context(), "themark", false)
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(to)
		e.claims = map[string]any{"nonce": u.Query().Get("nonce"), "groups": []string{"chemists"}}
		maps.Copy(e.claims, c.claims)
		if c.change != nil {
			c.change(e.i)
		}
		query := c.query
		if query == nil {
			query = url.Values{"code": {"good"}}
		}
		m, err := l.Finish(t.Context(), query, "themark", carried)
		if library.CodeOf(err) != c.code || m != nil || err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %+v, %v", promise, m, err)
		}
	}
}

func TestLogin_UsesCachedDiscoveryWhileProviderIsDown(t *testing.T) {
	e := &tokenEndpoint{i: newIssuer(t)}
	e.i.misbehave(down)
	l := newLogin(t, e)
	if _, _, err := l.Begin(t.Context(), "themark", false); library.CodeOf(err) != library.Unavailable {
		t.Errorf("%v", err)
	}
	e.i.misbehave(nil)
	if _, _, err := l.Begin(t.Context(), "themark", false); err != nil {
		t.Errorf("%v", err)
	}
	e.i.misbehave(down)
	e.i.pass(2 * 3600 * 1e9)
	if _, _, err := l.Begin(t.Context(), "themark", false); err != nil {
		t.Errorf("the cached document is valid: %v", err)
	}
}

func TestLogin_RejectsEndpointsOverHTTP(t *testing.T) {
	i := newIssuer(t)
	i.misbehave(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"issuer":"` + i.URL + `","authorization_endpoint":"http://evil.example/auth","token_endpoint":"` + i.URL + `/token","jwks_uri":"` + i.URL + `/keys"}`))
	})
	if _, _, err := newLogin(t, &tokenEndpoint{i: i}).Begin(t.Context(), "themark", false); library.CodeOf(err) != library.Unavailable {
		t.Errorf("%v", err)
	}
}
