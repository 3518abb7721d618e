package main

import (
	"encoding/json"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// accountBrowser is a member's browser at the account pages of a deployment.
type accountBrowser struct {
	*deployment
	person *signintest.Person
}

// open makes a request and returns the status, the page and the redirect.
func (m *accountBrowser) open(method, at string, form url.Values) (status int, page, to string) {
	m.t.Helper()
	if strings.HasPrefix(at, "/") {
		at = m.public + at
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, at, strings.NewReader(form.Encode()))
	if err != nil {
		m.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", m.public)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := m.person.Browser.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	if err := res.Write(&b); err != nil {
		m.t.Fatal(err)
	}
	return res.StatusCode, b.String(), res.Header.Get("Location")
}

// account signs a user in to the account pages.
func (d *deployment) account(user int64) *accountBrowser {
	d.t.Helper()
	m := &accountBrowser{d, signintest.NewPerson(user, d)}
	_, _, to := m.open(http.MethodGet, "/account/sign-in", nil)
	back, err := m.person.AtZotero(d.t.Context(), to)
	if err != nil {
		d.t.Fatalf("%s: %v", to, err)
	}
	if status, page, to := m.open(http.MethodGet, back.String(), nil); status != http.StatusSeeOther || to != "/account/tokens" {
		d.t.Fatalf("%s: %d to %q %s", back, status, to, page)
	}
	return m
}

var (
	formField = regexp.MustCompile(`name="form" value="([^"]*)"`)
	rowField  = regexp.MustCompile(`name="token" value="([0-9a-f]+)"`)
	tokenText = regexp.MustCompile(`sr_pat_[A-Za-z0-9_-]+`)
)

// make makes a token.
func (m *accountBrowser) make(name string, libraries ...string) string {
	m.t.Helper()
	_, page, _ := m.open(http.MethodGet, "/account/tokens", nil)
	found := formField.FindStringSubmatch(page)
	if found == nil {
		m.t.Fatalf("no form: %s", page)
	}
	form := url.Values{"form": {html.UnescapeString(found[1])}, "name": {name}, "scope": {"library:read"}, "which": {"all"}, "days": {"7"}}
	if len(libraries) > 0 {
		form.Set("which", "some")
		form["library"] = libraries
	}
	status, page, _ := m.open(http.MethodPost, "/account/tokens", form)
	token := tokenText.FindString(page)
	if status != http.StatusOK || token == "" {
		m.t.Fatalf("%d %s", status, page)
	}
	return token
}

// revokeAll revokes every token of the member.
func (m *accountBrowser) revokeAll() {
	m.t.Helper()
	_, page, _ := m.open(http.MethodGet, "/account/tokens", nil)
	form := html.UnescapeString(formField.FindStringSubmatch(page)[1])
	for _, row := range rowField.FindAllStringSubmatch(page, -1) {
		if status, page, _ := m.open(http.MethodPost, "/account/tokens/revoke", url.Values{"form": {form}, "token": {row[1]}}); status != http.StatusSeeOther {
			m.t.Errorf("%d %s", status, page)
		}
	}
}

func TestPersonalAccessTokens_WithZotero(t *testing.T) {
	d, _ := deployForTwo(t)
	m := d.account(ada)
	all, one := m.make("everything"), m.make("one group", "group:4711")
	for server := range 2 {
		only := []string{onlyServer, string(rune('0' + server))}
		for i, call := range []func(string, string, string, ...string) reply{d.overREST, d.overMCP} {
			if r := call(all, "search", `{"query":"tenancy"}`, only...); r.status != http.StatusOK || !strings.Contains(r.body, "user1001mark") || !strings.Contains(r.body, "group4711mark") || strings.Contains(r.body, "1002mark") {
				t.Errorf("server %d, way %d, all libraries: %d %.300s", server, i, r.status, r.body)
			}
			if r := call(one, "search", `{"query":"tenancy"}`, only...); r.status != http.StatusOK || strings.Contains(r.body, "user1001mark") || !strings.Contains(r.body, "group4711mark") {
				t.Errorf("server %d, way %d, one library: %d %.300s", server, i, r.status, r.body)
			}
			if r := call(one, "fetch", `{"id":"user:1001/`+signintest.WorkKey(0)+`"}`, only...); strings.Contains(r.body, "user1001mark") {
				t.Errorf("server %d, way %d: a library that the token does not name: %d %.300s", server, i, r.status, r.body)
			}
		}
	}
	if n := len(d.zotero.Keys(ada)); n != 1 {
		t.Errorf("%d keys at Zotero", n)
	}
	found := m.make("found")
	if r, _ := d.form("/revoke", url.Values{"token": {found}}); r.status != http.StatusOK {
		t.Errorf("/revoke: %d", r.status)
	}
	m.revokeAll()
	d.serve(append(d.environ, "STACKROOM_DATA="+t.TempDir())...) // a process that starts now
	for _, token := range []string{all, one, found} {
		if r := d.overREST(token, "search", `{"query":"tenancy"}`, onlyServer, "2"); r.status != http.StatusUnauthorized || !strings.Contains(r.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("a revoked token after a restart: %d %v", r.status, r.header)
		}
	}
	for _, secret := range append(d.zotero.Keys(ada), all, one) {
		if strings.Contains(d.logged(), secret) {
			t.Errorf("S09: a log has %.12s…", secret)
		}
	}
	if strings.Contains(d.logged(), "everything") || strings.Contains(d.logged(), "one group") {
		t.Error("a log has the name of a token")
	}
}

func TestPersonalAccessTokens_KeyRevokedAtZotero(t *testing.T) {
	d, _ := deployForTwo(t)
	token := d.account(bob).make("x")
	d.zotero.Revoke(bob)
	if r := d.overREST(token, "search", `{"query":"tenancy"}`); r.status != http.StatusUnauthorized {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestPersonalAccessTokens_WithOIDC has no client at the provider, then one.
func TestPersonalAccessTokens_WithOIDC(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := "http://" + r.Host
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": at, "authorization_endpoint": at + "/auth", "token_endpoint": at + "/token", "jwks_uri": at + "/keys"})
	}))
	t.Cleanup(provider.Close)
	environ := []string{"STACKROOM_AUTH=oidc", "STACKROOM_OIDC_ISSUER=" + provider.URL, "STACKROOM_PUBLIC_URL=https://stackroom.test", "STACKROOM_DATA=" + t.TempDir(), "STACKROOM_ALLOWED_HOSTS=stackroom.test"}
	get := func(addr, path string) (int, string, string) {
		t.Helper()
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var b strings.Builder
		if err := res.Write(&b); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, b.String(), res.Header.Get("Location")
	}
	out := &output{}
	addr, stop := startInto(t, out, out, environ...)
	for _, path := range []string{"/account", "/account/sign-in", "/account/tokens"} {
		status, page, _ := get(addr, path)
		if status != http.StatusNotFound || !strings.Contains(page, "You can't sign in here") || !strings.Contains(page, "STACKROOM_OIDC_CLIENT_ID") || !strings.Contains(page, "https://stackroom.test/account/callback") {
			t.Errorf("%s without a client: %d %s", path, status, page)
		}
	}
	stop()
	addr, stop = startInto(t, out, out, append(environ, "STACKROOM_OIDC_CLIENT_ID=pages", "STACKROOM_OIDC_CLIENT_SECRET=hunter2", "STACKROOM_MASTER_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")...)
	defer stop()
	if status, page, _ := get(addr, "/account/tokens"); status != http.StatusOK || !strings.Contains(page, "/account/sign-in") {
		t.Errorf("with one: %d %s", status, page)
	}
	status, _, to := get(addr, "/account/sign-in")
	u, err := url.Parse(to)
	if err != nil || status != http.StatusSeeOther || !strings.HasPrefix(to, provider.URL+"/auth?") || u.Query().Get("client_id") != "pages" ||
		u.Query().Get("redirect_uri") != "https://stackroom.test/account/callback" || strings.Contains(to, "hunter2") {
		t.Errorf("%d to %s", status, to)
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Error("a log has the secret")
	}
}

// TestRevocation_OfOneProcessOutlivesARestart is one process with its data
// folder alone.
func TestRevocation_OfOneProcessOutlivesARestart(t *testing.T) {
	d, client := deployForTwo(t)
	folder := t.TempDir()
	environ := append([]string{"STACKROOM_DATA=" + folder}, d.environ...)
	for i, v := range environ {
		if strings.HasPrefix(v, "STACKROOM_STATE_BUCKET=") {
			environ[i] = "STACKROOM_STATE_BUCKET="
		}
	}
	start := func() func() int {
		out := &output{}
		addr, stop := startInto(t, out, out, environ...)
		d.servers = []string{"http://" + addr}
		return stop
	}
	stop := start()
	s, ok := d.signIn(ada, client)
	if !ok {
		t.FailNow()
	}
	d.zotero.SetDown(true)
	if r, _ := d.form("/revoke", url.Values{"token": {s.refresh}}); r.status != http.StatusOK {
		t.Fatalf("/revoke: %d", r.status)
	}
	stop()
	stop = start()
	d.zotero.SetDown(false)
	if r := d.overREST(s.access, "search", `{"query":"tenancy"}`); r.status != http.StatusUnauthorized {
		t.Errorf("the access token after a restart: %d %.200s", r.status, r.body)
	}
	if r, answer := d.form("/token", renewal(s)); answer["error"] != "invalid_grant" {
		t.Errorf("the refresh token after a restart: %d %v", r.status, answer)
	}
	stop()
}
