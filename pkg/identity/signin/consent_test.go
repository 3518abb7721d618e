package signin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

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
