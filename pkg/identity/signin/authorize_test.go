package signin_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

func TestA01_Metadata(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/mcp"} {
		res, body := w.send(http.MethodGet, path, "", "", "Origin", "https://inspector.example")
		var m struct {
			Issuer                string
			AuthorizationEndpoint string   `json:"authorization_endpoint"`
			TokenEndpoint         string   `json:"token_endpoint"`
			RegistrationEndpoint  string   `json:"registration_endpoint"`
			RevocationEndpoint    string   `json:"revocation_endpoint"`
			Methods               []string `json:"token_endpoint_auth_methods_supported"`
			Challenges            []string `json:"code_challenge_methods_supported"`
			Responses             []string `json:"response_types_supported"`
			Scopes                []string `json:"scopes_supported"`
			Documents             bool     `json:"client_id_metadata_document_supported"`
			Iss                   bool     `json:"authorization_response_iss_parameter_supported"`
		}
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/json" || res.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		if m.Issuer != w.issuer || m.AuthorizationEndpoint != w.issuer+"/authorize" || m.TokenEndpoint != w.issuer+"/token" ||
			m.RegistrationEndpoint != w.issuer+"/register" || m.RevocationEndpoint != w.issuer+"/revoke" {
			t.Errorf("%s: %+v", path, m)
		}
		if !slices.Equal(m.Challenges, []string{"S256"}) || !slices.Equal(m.Responses, []string{"code"}) || !slices.Contains(m.Methods, "none") || !m.Documents || !m.Iss {
			t.Errorf("%s: %+v", path, m)
		}
		if slices.Contains(m.Scopes, "offline_access") {
			t.Errorf("R04: %v", m.Scopes)
		}
	}
	if res, _ := w.send(http.MethodOptions, "/token", "", "", "Origin", "https://inspector.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization"); res.Header.Get("Access-Control-Allow-Origin") != "*" || res.StatusCode >= 300 {
		t.Errorf("the token endpoint rejects other origins: %d %v", res.StatusCode, res.Header)
	}
}

func TestA04_ErrorsGoToClient(t *testing.T) {
	const document = "https://client.example/client.json"
	w := newWorld(t, func(o *signin.Options) {
		o.Documents = published{document: `{"client_id":"` + document + `","client_name":"Claude","redirect_uris":["` + callback + `","https://elsewhere.example/cb"]}`}
	})
	registered := w.plain()
	loopback := w.register(`{"client_name":"Claude Code","redirect_uris":["http://localhost/callback"]}`)["client_id"].(string)
	clients := map[string]string{registered: callback, document: callback, loopback: "http://localhost:4711/callback"}
	res, body := w.send(http.MethodGet, "/authorize?"+w.query(document, "redirect_uri", "https://elsewhere.example/cb", "response_type", "token").Encode(), "", "")
	if res.Header.Get("Location") != "" || !strings.HasPrefix(link(string(body)), "https://elsewhere.example/cb?error=") {
		t.Errorf("redirect URI on another host than the document: %v", res.Header)
	}
	for _, c := range []struct {
		promise string
		changes []string
		code    string
	}{
		{"A02: no challenge", []string{"code_challenge", "-", "code_challenge_method", "-"}, "invalid_request"},
		{"A02: no method, which means plain", []string{"code_challenge_method", "-"}, "invalid_request"},
		{"A02: plain", []string{"code_challenge_method", "plain"}, "invalid_request"},
		{"A02: a challenge that is not a digest", []string{"code_challenge", "short"}, "invalid_request"},
		{"the implicit flow", []string{"response_type", "token"}, "unsupported_response_type"},
		{"no response type", []string{"response_type", "-"}, "unsupported_response_type"},
		{"another response mode", []string{"response_mode", "fragment"}, "invalid_request"},
		{"a request object", []string{"request", "x"}, "request_not_supported"},
		{"another resource", []string{"resource", "https://evil.example/mcp"}, "invalid_target"},
		{"R05: the resource with another path", []string{"resource", w.issuer + "/mcp2"}, "invalid_target"},
		{"an unknown scope", []string{"scope", "admin"}, "invalid_scope"},
		{"a repeated parameter", nil, "invalid_request"},
	} {
		for client, redirect := range clients {
			q := w.query(client, append([]string{"state", "s t", "redirect_uri", redirect}, c.changes...)...)
			if c.changes == nil {
				q["scope"] = []string{"library:read", "library:write"}
			}
			res, body := w.send(http.MethodGet, "/authorize?"+q.Encode(), "", "")
			location := res.Header.Get("Location")
			if client == registered { // by a link on a page, so that no link redirects there at once
				if res.StatusCode != http.StatusBadRequest || location != "" || res.Header.Get("Refresh") != "" {
					t.Errorf("%s: an open redirect to %s", c.promise, location)
				}
				location = link(string(body))
			}
			to, err := url.Parse(location)
			if err != nil {
				t.Errorf("%s: %d %.200s", c.promise, res.StatusCode, body)
				continue
			}
			got := to.Query()
			if !strings.HasPrefix(to.String(), redirect+"?") || got.Get("error") != c.code || got.Get("state") != "s t" || got.Get("iss") != w.issuer || got.Has("code") {
				t.Errorf("%s: back to %q", c.promise, to)
			}
			if res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v", c.promise, res.Header)
			}
		}
	}
}

// link returns the target of the link on a page.
func link(page string) string {
	_, rest, _ := strings.Cut(page, `<a class="button plain" href="`)
	to, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(to)
}

// published holds clients' documents by URL.
type published map[string]string

// RoundTrip implements [http.RoundTripper].
func (p published) RoundTrip(r *http.Request) (*http.Response, error) {
	body, ok := p[r.URL.String()]
	if !ok {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func TestA03_UnknownClientsGetNoRedirect(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	for _, c := range []struct {
		promise string
		changes []string
	}{
		{"no client", []string{"client_id", "-"}},
		{"an unknown client", []string{"client_id", "unknown"}},
		{"a made-up client", []string{"client_id", id[:len(id)-4] + "AAAA"}},
		{"no redirect URI", []string{"redirect_uri", "-"}},
		{"a redirect URI that is not registered", []string{"redirect_uri", "https://evil.example/callback"}},
		{"the registered one with a suffix", []string{"redirect_uri", callback + "/x"}},
		{"the registered one with a query", []string{"redirect_uri", callback + "?x=y"}},
		{"A15: another port on https", []string{"redirect_uri", "https://client.example:8443/callback"}},
		{"the registered one with a user", []string{"redirect_uri", "https://client.example@evil.example/callback"}},
		{"a script", []string{"redirect_uri", "javascript:alert(1)"}},
		{"a document on this machine", []string{"client_id", "https://127.0.0.1/client.json"}},
	} {
		res, body := w.send(http.MethodGet, "/authorize?"+w.query(id, c.changes...).Encode(), "", "")
		if res.StatusCode < 400 || res.Header.Get("Location") != "" || res.Header.Get("Refresh") != "" || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", c.promise, res.StatusCode, res.Header)
		}
		if !strings.Contains(string(body), "<h1>") || strings.Contains(string(body), "evil.example") {
			t.Errorf("%s: %.300s", c.promise, body)
		}
	}
	q := w.query(id)
	q.Add("redirect_uri", "https://evil.example/")
	if res, _ := w.send(http.MethodGet, "/authorize?"+q.Encode(), "", ""); res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
		t.Errorf("two redirect URIs: %d", res.StatusCode)
	}
}

func TestA06_ConsentPageDescribesClient(t *testing.T) {
	w := newWorld(t)
	loop := w.register(`{"client_name":"Claude Code","redirect_uris":["http://localhost/callback"]}`)["client_id"].(string)
	app := w.register(`{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback"]}`)["client_id"].(string)
	for _, c := range []struct {
		promise string
		query   url.Values
		has     []string
		hasNot  []string
	}{
		{"a client in the web that reads", w.query(w.plain()),
			[]string{"Claude", "client.example", "search and read your library", "change nothing", "makes a key"}, []string{"your own computer", "add to, change"}},
		{"one that writes", w.query(w.plain(), "scope", "library:write"), []string{"add to, change and remove"}, []string{"change nothing"}},
		{"a program on this computer", w.query(loop, "redirect_uri", "http://localhost:43123/callback"),
			[]string{"Claude Code", "localhost:43123", "program on your own computer"}, nil},
		{"an app", w.query(app, "redirect_uri", "cursor://anysphere.cursor-mcp/oauth/callback"), []string{"cursor://anysphere.cursor-mcp", "an app on your computer"}, nil},
	} {
		res, body := w.send(http.MethodGet, "/authorize?"+c.query.Encode(), "", "")
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d", c.promise, res.StatusCode)
		}
		for _, s := range c.has {
			if !strings.Contains(string(body), s) {
				t.Errorf("%s: the page lacks %q", c.promise, s)
			}
		}
		for _, s := range c.hasNot {
			if strings.Contains(string(body), s) {
				t.Errorf("%s: the page has %q", c.promise, s)
			}
		}
	}
}

func TestA08_PagesHaveSecurityHeaders(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	for promise, path := range map[string]string{"consent": "/authorize?" + w.query(id).Encode(), "error": "/authorize", "callback": "/callback"} {
		res, body := w.send(http.MethodGet, path, "", "")
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			res.Header.Get("X-Frame-Options") != "DENY" || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", promise, res.Header)
		}
		if strings.Contains(strings.ToLower(string(body)), "<script") {
			t.Errorf("%s: a script", promise)
		}
		if promise == "consent" && !strings.Contains(csp, "form-action 'self' http://127.0.0.1:") || promise == "consent" && !strings.HasSuffix(csp, " https://client.example") {
			t.Errorf("the form does not lead to Zotero and the client: %s", csp)
		}
	}
}

func TestA07_ConsentNeedsSameBrowser(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	ours := w.person(ada)
	field := consentField(t, ours, w.authorizeURL(w.query(id)))
	theirs := w.person(bob)
	_ = consentField(t, theirs, w.authorizeURL(w.query(id)))
	for _, c := range []struct {
		promise string
		browser *http.Client
		form    url.Values
		header  string
	}{
		{"no field", ours.Browser, url.Values{"decision": {"allow"}}, ""},
		{"a field that was made up", ours.Browser, url.Values{"decision": {"allow"}, "request": {"sr_form_AAAA"}}, ""},
		{"another sealed value", ours.Browser, url.Values{"decision": {"allow"}, "request": {id}}, ""},
		{"another browser", theirs.Browser, url.Values{"decision": {"allow"}, "request": {field}}, ""},
		{"a browser without cookies", w.person(ada).Browser, url.Values{"decision": {"allow"}, "request": {field}}, ""},
		{"another site", ours.Browser, url.Values{"decision": {"allow"}, "request": {field}}, "cross-site"},
		{"another host of the domain", ours.Browser, url.Values{"decision": {"allow"}, "request": {field}}, "same-site"},
	} {
		res := post(t, c.browser, w.issuer+"/authorize", c.form, c.header)
		if res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" || res.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %v", c.promise, res.StatusCode, res.Header)
		}
	}
	res, err := ours.Browser.Get(w.issuer + "/authorize?" + url.Values{"decision": {"allow"}, "request": {field}}.Encode())
	if err != nil || res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
		t.Errorf("GET approves: %v", res)
	}
	if res := post(t, ours.Browser, w.issuer+"/authorize", url.Values{"decision": {"allow"}, "request": {field}}, "same-origin"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("the same browser: %d", res.StatusCode)
	}
	w.pass(10 * time.Minute)
	if res := post(t, ours.Browser, w.issuer+"/authorize", url.Values{"decision": {"allow"}, "request": {field}}, ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("after ten minutes: %d", res.StatusCode)
	}
}

// consentField opens the consent page and returns the sealed field of its form.
func consentField(t *testing.T, p *signintest.Person, at string) string {
	t.Helper()
	res, err := p.Browser.Get(at)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(body), `name="request" value="`)
	field, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("no form: %.300s", body)
	}
	return field
}

func post(t *testing.T, c *http.Client, at string, form url.Values, site string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if site != "" {
		req.Header.Set("Sec-Fetch-Site", site)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func TestA09_StateCookie(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	p := w.person(ada)
	q := w.query(id, "state", strings.Repeat("s", 1500))
	res, err := p.Browser.Get(w.authorizeURL(q))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, c := range res.Cookies() {
		if strings.Contains(c.Name, "login") {
			t.Errorf("before approval: %s", c.Name)
		}
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Domain != "" || c.Path != "/" {
			t.Errorf("%+v", c)
		}
	}
	field := consentField(t, p, w.authorizeURL(q))
	if res := post(t, p.Browser, w.issuer+"/authorize", url.Values{"decision": {"deny"}, "request": {field}}, ""); len(res.Cookies()) != 0 || !strings.Contains(res.Header.Get("Location"), "access_denied") {
		t.Errorf("after a denial: %v", res.Header)
	}
	res = post(t, p.Browser, w.issuer+"/authorize", url.Values{"decision": {"allow"}, "request": {field}}, "")
	if len(res.Cookies()) != 1 {
		t.Fatalf("%v", res.Header)
	}
	c := res.Cookies()[0]
	if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge <= 0 || c.MaxAge > 600 ||
		c.Path != "/" || c.Domain != "" || len(c.Name)+len(c.Value) > 4096 {
		t.Errorf("%s: %d bytes, %+v", c.Name, len(c.Value), c)
	}
}
