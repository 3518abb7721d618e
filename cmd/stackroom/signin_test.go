package main

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// The members of the small deployment.
const ada, bob = 1001, 1002

func deployForTwo(t *testing.T) (*deployment, string) {
	t.Helper()
	d := deploy(t, 2, signintest.User{ID: ada, Name: "ada", Groups: []int64{4711}}, signintest.User{ID: bob, Name: "bob"})
	return d, d.register(`{"client_name":"Claude","redirect_uris":["` + redirectURI + `"],"token_endpoint_auth_method":"none"}`)
}

// deployForTwoWhoWrite is like deployForTwo, with two instances that may change every
// library.
func deployForTwoWhoWrite(t *testing.T) *deployment {
	t.Helper()
	d, _ := deployForTwo(t)
	d.servers = nil
	for range 2 {
		d.serve(append(slices.Clip(d.environ), "STACKROOM_DATA="+t.TempDir(), "STACKROOM_WRITES=all")...)
	}
	return d
}

// TestSignIn_RefusesBadInput sends bad input to the whole program over HTTP. Each
// case gets the error that the standard names, no token is made, and no secret is
// logged. Cases that need a clock of their own (expiry) are tested in
// pkg/identity/signin and oidc, those that need redirects or a name server
// (DNS rebinding) in pkg/upstream/public.
func TestSignIn_RefusesBadInput(t *testing.T) {
	d, client := deployForTwo(t)
	good, ok := d.signIn(ada, client)
	if !ok {
		t.FailNow()
	}
	for name, check := range map[string]func(*testing.T, *deployment, string, signedIn){
		"open redirects": refusesOpenRedirects, "requests that are none": refusesBadRequests, "documents on private addresses": refusesPrivateDocuments,
		"forged consent": refusesForgedConsent, "mixed-up sign-ins": refusesMixedUpSignIns,
		"forged and swapped tokens": refusesForgedTokens, "hostile clients": refusesHostileClients, "requests for tokens": refusesTokenRequests,
	} {
		t.Run(name, func(t *testing.T) {
			of := *d // shares all but where it reports
			of.t = t
			check(t, &of, client, good)
		})
	}
	if n := len(d.zotero.Keys(ada)); n != 1 {
		t.Errorf("ada has %d keys at Zotero and signed in once", n)
	}
	if r := d.overREST(good.access, "search", `{"query":"tenancy"}`); r.status != http.StatusOK {
		t.Errorf("the good token afterwards: %d", r.status)
	}
	for _, secret := range append(d.zotero.Keys(ada), good.access, good.refresh, good.code, good.verifier, "appsecret-of-test", "thestate", "Tenancy") {
		if strings.Contains(d.logged(), secret) || len(secret) > 60 && strings.Contains(d.logged(), secret[20:50]) {
			t.Errorf("S09: a log has %.12s…", secret)
		}
	}
}

func refusesOpenRedirects(t *testing.T, d *deployment, client string, _ signedIn) {
	for _, to := range []string{
		"https://evil.example/callback", "https://client.example.evil.example/callback", "https://client.example@evil.example/callback",
		"https://client.example/callback/../evil", "https://client.example/callback?x=1", "https://client.example:8443/callback", "http://client.example/callback",
		"https://CLIENT.example/callback", "//evil.example/callback", "/callback", "javascript:alert(1)", "data:text/html,x", redirectURI + "#x", redirectURI + "\r\nSet-Cookie: a=b", "-",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := d.send(method, "/authorize?"+d.authorization(client, "v", "redirect_uri", to).Encode(), "")
			if r.status < 400 || r.header.Get("Location") != "" || r.header.Get("Refresh") != "" || method == http.MethodGet && !strings.Contains(r.body, "That did not work") {
				t.Errorf("A03: %s to %q: %d, leads to %q", method, to, r.status, r.header.Get("Location"))
			}
		}
	}
}

func refusesBadRequests(t *testing.T, d *deployment, client string, _ signedIn) {
	for promise, c := range map[string]struct {
		changes []string
		extra   string
		code    string // "" is a page that leads nowhere
	}{
		"A02: no challenge":            {[]string{"code_challenge", "-"}, "", "invalid_request"},
		"A02: a plain challenge":       {[]string{"code_challenge_method", "plain"}, "", "invalid_request"},
		"no method of challenge":       {[]string{"code_challenge_method", "-"}, "", "invalid_request"},
		"an implicit grant":            {[]string{"response_type", "token"}, "", "unsupported_response_type"},
		"another resource":             {[]string{"resource", "https://evil.example/mcp"}, "", "invalid_target"},
		"one resource too many":        {nil, "&resource=https://evil.example/mcp", "invalid_target"},
		"a parameter that comes twice": {nil, "&scope=a&scope=b", "invalid_request"},
		"an unknown scope":             {[]string{"scope", "admin"}, "", "invalid_scope"},
		"a request object":             {nil, "&request=eyJ", "request_not_supported"},
		"a state of 5 kB":              {[]string{"state", strings.Repeat("s", 5000)}, "", "invalid_request"},
		"a state with line breaks":     {[]string{"state", "a\r\nb"}, "", "invalid_request"},
		"a request of 20 kB":           {[]string{"scope", strings.Repeat("s", 20_000)}, "", ""},
		"two clients":                  {nil, "&client_id=other", ""},
		"two redirect URIs":            {nil, "&redirect_uri=https://evil.example/", ""},
		"no client":                    {[]string{"client_id", "-"}, "", ""},
		"an unknown client":            {[]string{"client_id", client[:len(client)-2] + "xx"}, "", ""},
	} {
		r := d.send(http.MethodGet, "/authorize?"+d.authorization(client, "v", c.changes...).Encode()+c.extra, "")
		// The page has a link instead of a redirect.
		to, _ := url.Parse(html.UnescapeString(between(r.body, `<a class="button plain" href="`, `"`)))
		if c.code == "" {
			if r.status < 400 || r.header.Get("Location") != "" {
				t.Errorf("%s: %d, leads to %s", promise, r.status, to)
			}
			continue
		}
		if q := to.Query(); r.status != http.StatusBadRequest || r.header.Get("Location") != "" || to.Host != "client.example" || q.Get("error") != c.code || q.Get("iss") != d.public || q.Has("code") {
			t.Errorf("A04: %s: %d, leads to %.200s", promise, r.status, to)
		}
	}
}

// refusesPrivateDocuments counts the requests to this machine.
func refusesPrivateDocuments(t *testing.T, d *deployment, _ string, _ signedIn) {
	var reached atomic.Int32
	private := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer private.Close()
	port := private.URL[strings.LastIndex(private.URL, ":"):]
	for _, id := range []string{
		private.URL + "/client.json", "https://localhost" + port + "/client.json", "https://[::1]" + port + "/client.json", "https://[::ffff:127.0.0.1]" + port + "/client.json",
		"https://0.0.0.0" + port + "/client.json", "https://127.1" + port + "/client.json", "https://2130706433" + port + "/client.json", "https://169.254.169.254/client.json",
		"https://10.0.0.1/client.json", "https://192.168.1.1/client.json", "https://100.64.0.1/client.json", "https://[fd00::1]/client.json", "https://[64:ff9b::7f00:1]/client.json",
		"http://client.example/client.json", "https://user@127.0.0.1" + port + "/client.json", "https://127.0.0.1" + port, "https://127.0.0.1" + port + "/#x", "file:///etc/passwd",
	} {
		r := d.send(http.MethodGet, "/authorize?"+d.authorization(id, "v").Encode(), "")
		if r.status < 400 || r.header.Get("Location") != "" || strings.Contains(r.body, "connection refused") || strings.Contains(r.body, "dial") {
			t.Errorf("A12: %s: %d %s", id, r.status, r.header.Get("Location"))
		}
		if r, answer := d.form("/token", url.Values{"grant_type": {"authorization_code"}, "client_id": {id}, "code": {"x"}}); r.status < 400 || answer["error"] == nil {
			t.Errorf("%s at /token: %d %v", id, r.status, answer)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("A12: %d requests reached a private address", n)
	}
}

func refusesForgedConsent(t *testing.T, d *deployment, client string, _ signedIn) {
	query := d.authorization(client, "v").Encode()
	page := d.send(http.MethodGet, "/authorize?"+query, "")
	field := between(page.body, `name="request" value="`, `"`)
	cookie, _, _ := strings.Cut(page.header.Get("Set-Cookie"), ";")
	other, _, _ := strings.Cut(d.send(http.MethodGet, "/authorize?"+query, "").header.Get("Set-Cookie"), ";")
	allow := url.Values{"request": {field}, "decision": {"allow"}}
	if field == "" || cookie == "" || cookie == other {
		t.Fatalf("no consent page: %d %s", page.status, page.body)
	}
	for promise, c := range map[string]struct {
		form   url.Values
		header []string
	}{
		"without its cookie":         {allow, nil},
		"with another's cookie":      {allow, []string{"Cookie", other}},
		"sent by another site":       {allow, []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}},
		"sent by a sibling site":     {allow, []string{"Cookie", cookie, "Sec-Fetch-Site", "same-site"}},
		"with a forged field":        {changed(allow, []string{"request", field[:len(field)-4] + "AAAA"}), []string{"Cookie", cookie}},
		"with a client ID as field":  {changed(allow, []string{"request", client}), []string{"Cookie", cookie}},
		"without a field":            {changed(allow, []string{"request", "-"}), []string{"Cookie", cookie}},
		"with a field of a megabyte": {changed(allow, []string{"request", strings.Repeat("A", 1<<20)}), []string{"Cookie", cookie}},
	} {
		r, _ := d.form("/authorize", c.form, c.header...)
		if (r.status != http.StatusForbidden && r.status != http.StatusRequestEntityTooLarge) || r.header.Get("Location") != "" {
			t.Errorf("A07: consent %s: %d to %s", promise, r.status, r.header.Get("Location"))
		}
	}
	// Opening the page approves nothing, with any query.
	for _, more := range []string{"&decision=allow", "&decision=allow&request=" + url.QueryEscape(field)} {
		r := d.send(http.MethodGet, "/authorize?"+query+more, "", "Cookie", cookie)
		if strings.Contains(r.header.Get("Location"), "oauth_token") || strings.Contains(r.header.Get("Location"), "code=") || strings.Contains(r.header.Get("Set-Cookie"), "login") {
			t.Errorf("A07: GET approves: %d to %s", r.status, r.header.Get("Location"))
		}
	}
}

func refusesMixedUpSignIns(t *testing.T, d *deployment, client string, _ signedIn) {
	// Two sign-ins are in progress; each returns with the callback of the other.
	people := []*signintest.Person{signintest.NewPerson(bob, d), signintest.NewPerson(bob, d)}
	back := make([]*url.URL, 2)
	for i, p := range people {
		at, err := p.Consent(t.Context(), d.public+"/authorize?"+d.authorization(client, "v").Encode())
		if err != nil {
			t.Fatal(err)
		}
		if back[i], err = p.AtZotero(t.Context(), at.String()); err != nil {
			t.Fatal(err)
		}
	}
	open := func(p *signintest.Person, at string) (int, string) {
		res, err := p.Browser.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode, res.Header.Get("Location")
	}
	mixed := back[0].Query()
	mixed.Set("oauth_token", back[1].Query().Get("oauth_token"))
	mixed.Set("oauth_verifier", back[1].Query().Get("oauth_verifier"))
	for promise, at := range map[string]string{
		"A10: another's callback":   back[1].String(),
		"Z05: with another's token": d.public + "/callback?" + mixed.Encode(),
		"A10: without a state":      d.public + "/callback?oauth_token=x&oauth_verifier=y",
		"A10: with a made-up state": d.public + "/callback?s=AAAAAAAAAAAAAAAAAAAAAAAAAA&oauth_token=x&oauth_verifier=y",
	} {
		if status, to := open(people[0], at); status != http.StatusBadRequest || to != "" {
			t.Errorf("%s: %d to %s", promise, status, to)
		}
	}
	for i, p := range people {
		if status, to := open(p, back[i].String()); status != http.StatusSeeOther || !strings.Contains(to, "iss="+url.QueryEscape(d.public)) {
			t.Errorf("one's own callback: %d to %.80s", status, to)
		}
		if status, to := open(p, back[i].String()); status != http.StatusBadRequest || to != "" {
			t.Errorf("A10: the same again: %d to %s", status, to)
		}
	}
}

func refusesForgedTokens(t *testing.T, d *deployment, client string, good signedIn) {
	flipped := []byte(good.access)
	flipped[len(flipped)/2] ^= 1
	for promise, token := range map[string]string{
		"R02: nothing that anybody made": "nonsense", "A21: a refresh token": good.refresh, "A21: a code": good.code, "A21: a client ID": client,
		"A21: a refresh token that says it is an access token": "sr_access_" + strings.TrimPrefix(good.refresh, "sr_refresh_"),
		"a changed token": string(flipped), "a token cut short": good.access[:len(good.access)-1], "R09: a key of Zotero's": d.zotero.Keys(ada)[0],
		"a token of another issuer": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ6b3Rlcm86MTAwMSJ9.", "a token of 100 kB": strings.Repeat("A", 100_000),
	} {
		for i, call := range []func(string, string, string, ...string) reply{d.overREST, d.overMCP} {
			r := call(token, "search", `{"query":"tenancy"}`)
			if r.status == http.StatusRequestHeaderFieldsTooLarge || len(token) > 50_000 && r.status == http.StatusBadRequest {
				continue
			}
			if challenge := r.header.Get("WWW-Authenticate"); r.status != http.StatusUnauthorized || !strings.Contains(challenge, `error="invalid_token"`) || strings.Contains(r.body, "mark") || strings.Contains(r.body, token) {
				t.Errorf("%s, way %d: %d %s %.100s", promise, i, r.status, challenge, r.body)
			}
		}
	}
	for promise, header := range map[string][]string{
		"R12: without a token":  nil,
		"two tokens":            {"Authorization", "Bearer " + good.access, "Authorization", "Bearer " + good.access},
		"a token as a password": {"Authorization", "Basic " + good.access},
	} {
		if r := d.send(http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}`, append(header, "Content-Type", "application/json")...); r.status != http.StatusUnauthorized && r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", promise, r.status)
		}
	}
	if r := d.send(http.MethodPost, "/tools/search?access_token="+good.access, `{"query":"x"}`, "Content-Type", "application/json"); r.status != http.StatusUnauthorized {
		t.Errorf("R08: a token in the query: %d", r.status)
	}
	for promise, c := range map[string]struct {
		header []string
		status int
	}{
		"S01: a page of another site": {[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
		"S02: another name for it":    {[]string{"Host", "evil.example"}, http.StatusForbidden},
		"S01: no page":                {nil, http.StatusOK},
	} {
		if r := d.overREST(good.access, "search", `{"query":"tenancy"}`, c.header...); r.status != c.status {
			t.Errorf("%s: %d", promise, r.status)
		}
	}
}

func refusesHostileClients(t *testing.T, d *deployment, _ string, _ signedIn) {
	const evil = `<script>alert(1)</script>\u202e\u0000`
	id := d.register(`{"client_name":"` + evil + strings.Repeat("long ", 2000) + `","redirect_uris":["` + redirectURI + `"]}`)
	page := d.send(http.MethodGet, "/authorize?"+d.authorization(id, "v").Encode(), "")
	if page.status != http.StatusOK || strings.Contains(page.body, "<script") || strings.ContainsAny(page.body, "\u202e\x00") || len(page.body) > 20_000 {
		t.Errorf("A24: %d, %d bytes", page.status, len(page.body))
	}
	if policy := page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") ||
		page.header.Get("X-Frame-Options") != "DENY" || page.header.Get("Cache-Control") != "no-store" || page.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("A08: %v", page.header)
	}
	for promise, body := range map[string]string{
		"A14: http elsewhere":      `{"redirect_uris":["http://client.example/cb"]}`,
		"A14: a scheme that runs":  `{"redirect_uris":["javascript:alert(1)"]}`,
		"A14: a scheme of data":    `{"redirect_uris":["data:text/html,x"]}`,
		"A14: with a fragment":     `{"redirect_uris":["https://client.example/cb#x"]}`,
		"A14: with a wildcard":     `{"redirect_uris":["https://*.example/cb"]}`,
		"no redirect URI":          `{"client_name":"x"}`,
		"a thousand redirect URIs": `{"redirect_uris":["` + strings.Repeat(redirectURI+`","`, 1000) + redirectURI + `"]}`,
		"100 kB":                   `{"client_name":"` + strings.Repeat("x", 100_000) + `","redirect_uris":["` + redirectURI + `"]}`,
		"no JSON":                  `<xml/>`,
		"a list":                   `[]`,
		"a way to authenticate":    `{"redirect_uris":["` + redirectURI + `"],"token_endpoint_auth_method":"private_key_jwt"}`,
		"a name that is no text":   `{"client_name":{"a":1},"redirect_uris":["` + redirectURI + `"]}`,
		"a grant without a person": `{"redirect_uris":["` + redirectURI + `"],"grant_types":["client_credentials"]}`,
	} {
		r := d.send(http.MethodPost, "/register", body, "Content-Type", "application/json")
		if r.status < 400 || r.status >= 500 || strings.Contains(r.body, "client_id\":") || !strings.Contains(r.body, `"error"`) {
			t.Errorf("%s: %d %.200s", promise, r.status, r.body)
		}
	}
}

func refusesTokenRequests(t *testing.T, d *deployment, client string, good signedIn) {
	other := d.register(`{"client_name":"Other","redirect_uris":["` + redirectURI + `"],"token_endpoint_auth_method":"none"}`)
	secret := d.register(`{"client_name":"ChatGPT","redirect_uris":["` + redirectURI + `"],"token_endpoint_auth_method":"client_secret_post"}`)
	fresh := func() signedIn {
		s, ok := d.code(bob, client)
		if !ok {
			t.FailNow()
		}
		return s
	}
	before := fresh()
	for promise, c := range map[string]struct {
		form url.Values
		code string
	}{
		"A16: another client's code":       {redemption(before, "client_id", other), "invalid_grant"},
		"A16: another redirect URI":        {redemption(before, "redirect_uri", redirectURI+"2"), "invalid_grant"},
		"A16: another verifier":            {redemption(before, "code_verifier", strings.Repeat("v", 43)), "invalid_grant"},
		"A16: another resource":            {redemption(before, "resource", "https://evil.example/mcp"), "invalid_target"},
		"A21: an access token as a code":   {redemption(before, "code", good.access), "invalid_grant"},
		"a changed code":                   {redemption(before, "code", before.code[:len(before.code)-3]+"AAA"), "invalid_grant"},
		"a client that must have a secret": {redemption(before, "client_id", secret), "invalid_client"},
		"no client":                        {redemption(before, "client_id", "-"), "invalid_client"},
		"A19: a wider scope":               {renewal(good, "scope", "library:write"), "invalid_scope"},
		"A21: a code as a refresh token":   {renewal(good, "refresh_token", before.code), "invalid_grant"},
		"another client's refresh token":   {renewal(good, "client_id", other), "invalid_grant"},
		"a password":                       {url.Values{"grant_type": {"password"}, "client_id": {client}}, "unsupported_grant_type"},
		"a parameter that comes twice":     {url.Values{"grant_type": {"refresh_token", "refresh_token"}, "client_id": {client}}, "invalid_request"},
		"a form of a hundred kilobytes":    {redemption(before, "x", strings.Repeat("x", 100_000)), "invalid_request"},
	} {
		r, answer := d.form("/token", c.form)
		if r.status < 400 || r.status >= 500 || answer["error"] != c.code || answer["access_token"] != nil || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", promise, r.status, answer["error"])
		}
	}
	if r := d.send(http.MethodPost, "/token", `{"grant_type":"authorization_code"}`, "Content-Type", "application/json"); r.status != http.StatusBadRequest {
		t.Errorf("JSON at /token: %d", r.status)
	}
	if !d.tokens(&before, redemption(before)) {
		t.Error("the code is spent by attempts that failed")
	}
	refusesReplays(t, d, fresh())
}

// refusesReplays uses a code twice, on one server and then on the other, which
// ends the sign-in.
func refusesReplays(t *testing.T, d *deployment, s signedIn) {
	r, answer := d.form("/token", redemption(s), onlyServer, "0")
	if r.status != http.StatusOK {
		t.Fatalf("%d %v", r.status, answer["error"])
	}
	s.access, s.refresh = answer["access_token"].(string), answer["refresh_token"].(string)
	if r, answer := d.form("/token", redemption(s), onlyServer, "1"); answer["error"] != "invalid_grant" {
		t.Errorf("A16: a code used twice: %d %v", r.status, answer["error"])
	}
	if r, answer := d.form("/token", renewal(s), onlyServer, "0"); answer["error"] != "invalid_grant" {
		t.Errorf("A16: the refresh token after a replay: %d %v", r.status, answer["error"])
	}
	for only := range 2 {
		if r := d.overREST(s.access, "search", `{"query":"tenancy"}`, onlyServer, fmt.Sprint(only)); r.status != http.StatusUnauthorized {
			t.Errorf("A16: the access token after a replay, server %d: %d", only, r.status)
		}
	}
}

// TestSignIn_A23BucketDown checks that no tokens are issued and other calls work.
func TestSignIn_A23BucketDown(t *testing.T) {
	d, client := deployForTwo(t)
	s, ok := d.signIn(ada, client)
	waiting, okay := d.code(bob, client)
	if !ok || !okay {
		t.FailNow()
	}
	d.bucket.Down.Store(true)
	var group sync.WaitGroup // each takes as long as the bucket is asked
	for promise, form := range map[string]url.Values{"a code": redemption(waiting), "a refresh token": renewal(s)} {
		group.Go(func() {
			r, answer := d.form("/token", form)
			if r.status != http.StatusServiceUnavailable || answer["error"] != "temporarily_unavailable" || r.header.Get("Retry-After") == "" {
				t.Errorf("%s: %d %v", promise, r.status, answer)
			}
		})
	}
	group.Wait()
	for range 2 {
		if r := d.overMCP(s.access, "search", `{"query":"tenancy"}`); r.status != http.StatusOK || !strings.Contains(r.body, "group4711mark") {
			t.Errorf("/mcp: %d %.200s", r.status, r.body)
		}
	}
	d.bucket.Down.Store(false)
	if !d.tokens(&waiting, redemption(waiting)) || !d.tokens(&s, renewal(s)) {
		t.Error("what could not be done then can't be done now")
	}
}

// TestSignIn_Metadata reads the metadata for clients over HTTP.
func TestSignIn_Metadata(t *testing.T) {
	d, _ := deployForTwo(t)
	r := d.send(http.MethodPost, "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, "Content-Type", "application/json", "Accept", "application/json, text/event-stream")
	at := between(r.header.Get("WWW-Authenticate"), `resource_metadata="`, `"`)
	if r.status != http.StatusUnauthorized || !strings.Contains(r.header.Get("WWW-Authenticate"), `scope="library:read"`) || strings.Contains(r.header.Get("WWW-Authenticate"), "error=") {
		t.Errorf("R01: %d %v", r.status, r.header)
	}
	for _, c := range []struct{ path, has string }{
		{at, `"resource":"` + d.public + `/mcp"`},
		{"/.well-known/oauth-protected-resource", `"authorization_servers":["` + d.public + `"]`},
		{"/.well-known/oauth-protected-resource/mcp", `"scopes_supported":["library:read"]`},
		{"/.well-known/oauth-authorization-server", `"issuer":"` + d.public + `"`},
		{"/.well-known/oauth-authorization-server", `"code_challenge_methods_supported":["S256"]`},
		{"/.well-known/oauth-authorization-server", `"client_id_metadata_document_supported":true`},
	} {
		r := d.send(http.MethodGet, c.path, "", "Origin", "https://client.example")
		if r.status != http.StatusOK || !strings.Contains(r.body, c.has) || r.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("R03, A01: %s: %d %v %s", c.path, r.status, maps.Clone(r.header), r.body)
		}
	}
}

// between returns the part of text between two marks.
func between(text, before, after string) string {
	_, rest, _ := strings.Cut(text, before)
	found, _, _ := strings.Cut(rest, after)
	return found
}
