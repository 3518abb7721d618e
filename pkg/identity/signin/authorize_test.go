package signin_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
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

func TestAuthorize_LargestRequestFitsIntoCookie(t *testing.T) {
	w := newWorld(t)
	path := strings.Repeat("p", 900)
	id := w.register(`{"client_name":"Long","redirect_uris":["https://client.example/` + path + `"]}`)["client_id"].(string)
	for n := 1200; n <= 2100; n += 20 {
		q := w.query(id, "redirect_uri", "https://client.example/"+path, "state", strings.Repeat(`"`, n/2)+strings.Repeat("<", n/2))
		p := w.person(ada)
		res, err := p.Browser.Get(w.authorizeURL(q))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode == http.StatusBadRequest {
			continue // rejected
		}
		res = post(t, p.Browser, w.issuer+"/authorize", url.Values{"decision": {"allow"}, "request": {consentField(t, p, w.authorizeURL(q))}}, "")
		if c := res.Cookies(); len(c) != 1 || len(c[0].Name)+len(c[0].Value) > 4096 {
			t.Fatalf("state of %d bytes: a cookie of %d bytes", n, len(c[0].Name)+len(c[0].Value))
		}
	}
}

func TestA10_CallbackChecksState(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	// back follows the sign-in up to Zotero's redirect to the callback.
	back := func(p *signintest.Person) *url.URL {
		t.Helper()
		at, err := p.Consent(t.Context(), w.authorizeURL(w.query(id)))
		if err != nil {
			t.Fatal(err)
		}
		to, err := p.AtZotero(t.Context(), at.String())
		if err != nil {
			t.Fatal(err)
		}
		return to
	}
	with := func(u *url.URL, name, value string) string {
		c, q := *u, u.Query()
		q.Set(name, value)
		c.RawQuery = q.Encode()
		return c.String()
	}
	ours, theirs := w.person(ada), w.person(bob)
	mine, other := back(ours), back(theirs)
	for _, c := range []struct {
		promise string
		browser *http.Client
		at      string
	}{
		{"no state", ours.Browser, with(mine, "s", "")},
		{"a made-up state", ours.Browser, with(mine, "s", strings.Repeat("A", 26))},
		{"a state of another form", ours.Browser, with(mine, "s", "../../x")},
		{"another person's state", ours.Browser, other.String()},
		{"another browser", w.person(ada).Browser, mine.String()},
		{"Z05: another person's token", ours.Browser, with(mine, "oauth_token", other.Query().Get("oauth_token"))},
		{"Z05: no token", ours.Browser, with(mine, "oauth_token", "")},
	} {
		res, err := c.browser.Get(c.at)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("%s: %d %v", c.promise, res.StatusCode, res.Header)
		}
	}
	res, err := ours.Browser.Get(mine.String())
	if err != nil || !strings.Contains(res.Header.Get("Location"), "code=") {
		t.Fatalf("the right one: %v %v", res.Header, err)
	}
	cookies := res.Cookies()
	if len(cookies) != 1 || cookies[0].MaxAge >= 0 {
		t.Errorf("the cookie stays: %v", cookies)
	}
	if res, err := ours.Browser.Get(mine.String()); err != nil || res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
		t.Errorf("again: %d %v", res.StatusCode, err)
	}
	w.pass(10 * time.Minute)
	if res, err := theirs.Browser.Get(other.String()); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("after ten minutes: %d %v", res.StatusCode, err)
	}
}

func TestA10_StolenCookieIsUsableOnce(t *testing.T) {
	w := newWorld(t)
	p := w.person(ada)
	at, err := p.Consent(t.Context(), w.authorizeURL(w.query(w.plain())))
	if err != nil {
		t.Fatal(err)
	}
	back, err := p.AtZotero(t.Context(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	kept := p.Browser.Jar.Cookies(back)
	if res, err := p.Browser.Get(back.String()); err != nil || !strings.Contains(res.Header.Get("Location"), "code=") {
		t.Fatal(res.Header, err)
	}
	p.Browser.Jar.SetCookies(back, kept)
	if res, err := p.Browser.Get(back.String()); err != nil || strings.Contains(res.Header.Get("Location"), "code=") {
		t.Errorf("a second code: %v %v", res.Header, err)
	}
}

func TestAuthorize_TwoSignInsInOneBrowser(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	p := w.person(ada)
	var back []*url.URL
	for range 2 {
		at, err := p.Consent(t.Context(), w.authorizeURL(w.query(id)))
		if err != nil {
			t.Fatal(err)
		}
		to, err := p.AtZotero(t.Context(), at.String())
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, to)
	}
	for i, to := range back {
		if res, err := p.Browser.Get(to.String()); err != nil || !strings.Contains(res.Header.Get("Location"), "code=") {
			t.Errorf("sign-in %d: %v %v", i, res.Header, err)
		}
	}
}

func TestA14_RegisterClient(t *testing.T) {
	w := newWorld(t)
	metadata := `{"client_name":"Claude","client_uri":"https://claude.ai","redirect_uris":["https://claude.ai/api/mcp/auth_callback","http://127.0.0.1:33418/","cursor://anysphere.cursor-mcp/oauth/callback"],"grant_types":["authorization_code","refresh_token"],"response_types":["code"],"token_endpoint_auth_method":"none","scope":"library:read"}`
	res, body := w.send(http.MethodPost, "/register", "application/json", metadata)
	if res.StatusCode != http.StatusCreated || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
	var said, answer map[string]any
	if json.Unmarshal([]byte(metadata), &said) != nil || json.Unmarshal(body, &answer) != nil {
		t.Fatal(string(body))
	}
	for name, value := range said {
		if got, _ := json.Marshal(answer[name]); string(got) != mustJSON(t, value) {
			t.Errorf("%s is not echoed: %s", name, got)
		}
	}
	again := w.register(metadata) // from the other process
	if again["client_id"] != answer["client_id"] || again["client_secret"] != nil {
		t.Errorf("another ID for the same metadata: %v", again)
	}
	uri, err := url.Parse(answer["registration_client_uri"].(string))
	if err != nil {
		t.Fatal(err)
	}
	if res, body := w.send(http.MethodGet, uri.RequestURI(), "", ""); res.StatusCode != http.StatusOK || !strings.Contains(string(body), "auth_callback") {
		t.Errorf("registration_client_uri: %d %s", res.StatusCode, body)
	}
	for promise, c := range map[string][2]string{
		"not JSON":                         {"x", "invalid_client_metadata"},
		"a list":                           {"[]", "invalid_client_metadata"},
		"no redirect URI":                  {`{"client_name":"x"}`, "invalid_client_metadata"},
		"redirect URIs of another type":    {`{"redirect_uris":"https://a.example/"}`, "invalid_client_metadata"},
		"http to another host":             {`{"redirect_uris":["http://a.example/"]}`, "invalid_redirect_uri"},
		"one invalid URI among valid ones": {`{"redirect_uris":["https://a.example/","javascript:x"]}`, "invalid_redirect_uri"},
		"an unknown scheme":                {`{"redirect_uris":["evil://x/"]}`, "invalid_redirect_uri"},
		"a known scheme to another app":    {`{"redirect_uris":["cursor://evil.extension/oauth/callback"]}`, "invalid_redirect_uri"},
		"a fragment":                       {`{"redirect_uris":["https://a.example/#x"]}`, "invalid_redirect_uri"},
		"another authentication method":    {`{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}`, "invalid_client_metadata"},
		"the implicit flow":                {`{"redirect_uris":["https://a.example/"],"response_types":["token"]}`, "invalid_client_metadata"},
		"client credentials":               {`{"redirect_uris":["https://a.example/"],"grant_types":["client_credentials"]}`, "invalid_client_metadata"},
		"too many redirect URIs":           {`{"redirect_uris":[` + strings.Repeat(`"https://a.example/",`, 30) + `"https://a.example/"]}`, "invalid_client_metadata"},
		"redirect URIs that are too long":  {`{"redirect_uris":["https://a.example/` + strings.Repeat("a", 1000) + `","https://a.example/` + strings.Repeat("b", 1000) + `","https://a.example/` + strings.Repeat("c", 1000) + `"]}`, "invalid_client_metadata"},
		"more than 32 kB":                  {`{"redirect_uris":["https://a.example/"],"x":"` + strings.Repeat("a", 40<<10) + `"}`, "invalid_client_metadata"},
		"deeply nested":                    {`{"redirect_uris":` + strings.Repeat("[", 20_000), "invalid_client_metadata"},
	} {
		res, body := w.send(http.MethodPost, "/register", "application/json", c[0])
		if res.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), `"`+c[1]+`"`) {
			t.Errorf("%s: %d %.200s", promise, res.StatusCode, body)
		}
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestA15_LoopbackPortsMayDiffer(t *testing.T) {
	w := newWorld(t)
	id := w.register(`{"client_name":"Gemini","redirect_uris":["http://localhost/oauth/callback"]}`)["client_id"].(string)
	redirect := "http://localhost:51234/oauth/callback"
	q := w.query(id, "redirect_uri", redirect)
	to, err := w.person(ada).SignIn(t.Context(), w.authorizeURL(q))
	if err != nil || to.Host != "localhost:51234" {
		t.Fatalf("%v, %v", to, err)
	}
	code := to.Query().Get("code")
	if a := w.token(w.redeem(id, code, "redirect_uri", "http://localhost/oauth/callback")); a.Error != "invalid_grant" {
		t.Errorf("the registered URI in place of the one that was used: %+v", a)
	}
	if a := w.token(w.redeem(id, code, "redirect_uri", redirect)); a.Status != http.StatusOK {
		t.Errorf("%+v", a)
	}
}

func TestCallback_ShowsPageBeforeOpeningApp(t *testing.T) {
	w := newWorld(t)
	redirect := "cursor://anysphere.cursor-mcp/oauth/callback"
	id := w.register(`{"client_name":"Cursor","redirect_uris":["` + redirect + `"]}`)["client_id"].(string)
	to, err := w.person(ada).SignIn(t.Context(), w.authorizeURL(w.query(id, "redirect_uri", redirect)))
	if err != nil || !strings.HasPrefix(to.String(), redirect+"?") {
		t.Fatalf("%v, %v", to, err)
	}
	if a := w.token(w.redeem(id, to.Query().Get("code"), "redirect_uri", redirect)); a.Status != http.StatusOK {
		t.Errorf("%+v", a)
	}
}

func TestA24_ConsentPageEscapesHostileNames(t *testing.T) {
	w := newWorld(t)
	for promise, name := range map[string]string{
		"markup":                    `<script>alert(1)</script><img src=x onerror=alert(1)>`,
		"bidi":                      "Claude\u202e\u2066evil\u2069",
		"tags and controls":         "Cl\U000E0041aude\x1b[31m\x00\u200b",
		"ten kilobytes":             strings.Repeat("Claude ", 1500),
		"only invisible characters": "\u200b \u202e",
	} {
		raw, err := json.Marshal(map[string]any{"client_name": name, "redirect_uris": []string{callback}})
		if err != nil {
			t.Fatal(err)
		}
		id := w.register(string(raw))["client_id"].(string)
		res, body := w.send(http.MethodGet, "/authorize?"+w.query(id).Encode(), "", "")
		page := string(body)
		if res.StatusCode != http.StatusOK || strings.Contains(page, "<script") || strings.Contains(page, "<img") || strings.ContainsAny(page, "\u202e\u2066\u2069\u200b\x1b\x00\U000E0041") {
			t.Errorf("%s: %d %.400s", promise, res.StatusCode, page)
		}
		if strings.Count(page, "Claude") > 60 {
			t.Errorf("%s: the name is not truncated", promise)
		}
	}
}

func TestAuthorize_ClientWithDocument(t *testing.T) {
	var document string
	site := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(rw, document)
	}))
	t.Cleanup(site.Close)
	id := site.URL + "/oauth/client.json"
	document = `{"client_id":"` + id + `","client_name":"Claude Code","redirect_uris":["` + callback + `"],"grant_types":["authorization_code","refresh_token"]}`
	w := newWorld(t, func(o *signin.Options) { o.Documents = site.Client().Transport })
	a := w.signIn(ada, id)
	if got := w.token(refresh(id, a.RefreshToken, "resource", w.issuer+"/mcp")); got.Status != http.StatusOK {
		t.Errorf("refreshing: %+v", got)
	}
	res, body := w.send(http.MethodGet, "/authorize?"+w.query(id).Encode(), "", "")
	if res.StatusCode != http.StatusOK || !strings.Contains(string(body), "The site "+strings.TrimPrefix(site.URL, "https://")) {
		t.Errorf("the page does not name the document's site: %.500s", body)
	}
	document = strings.Replace(document, `,"refresh_token"`, "", 1)
	w = newWorld(t, func(o *signin.Options) { o.Documents = site.Client().Transport })
	if a := w.signIn(ada, id); a.RefreshToken != "" {
		t.Error("a client that does not refresh has a refresh token")
	}
}

func TestRegister_OmitsInvalidAddresses(t *testing.T) {
	w := newWorld(t)
	answer := w.register(`{"redirect_uris":["` + callback + `"],"client_uri":"https://claude.ai","logo_uri":"javascript:alert(1)","tos_uri":"data:text/html,x","policy_uri":"https://user@claude.ai/"}`)
	if answer["client_uri"] != "https://claude.ai" || answer["logo_uri"] != nil || answer["tos_uri"] != nil || answer["policy_uri"] != nil {
		t.Errorf("%v", answer)
	}
	answer = w.register(`{"redirect_uris":["` + callback + `"],"client_uri":{"x":"https://claude.ai"},"logo_uri":"https:claude.ai","tos_uri":" https://claude.ai","policy_uri":"/policy"}`)
	for _, name := range []string{"client_uri", "logo_uri", "tos_uri", "policy_uri"} {
		if answer[name] != nil {
			t.Errorf("%s: %v", name, answer[name])
		}
	}
}
