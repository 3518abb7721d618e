package signin_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	a := w.signIn(ada, id)
	if a.TokenType != "Bearer" || a.ExpiresIn != 24*60*60 || a.Scope != "library:read" || a.RefreshToken == "" {
		t.Errorf("A17: %+v", a)
	}
	for i, node := range w.nodes {
		p, err := node.Verify(t.Context(), a.AccessToken)
		if err != nil {
			t.Fatalf("process %d: %v", i, err)
		}
		if p.Subject != "zotero:475425" || !slices.Equal(p.Scopes, []identity.Scope{identity.Read}) || p.Libraries != nil ||
			p.Credential.Anonymous() || p.Credential.String() != "zotero:user" || !p.Expires.Equal(w.clock().Add(24*time.Hour)) {
			t.Errorf("process %d: %+v", i, p)
		}
	}
	if keys := w.zotero.Keys(ada); len(keys) != 1 || strings.Contains(a.AccessToken+a.RefreshToken, keys[0]) {
		t.Errorf("Z04: the key shows: %d keys", len(keys))
	}
}

func TestA05_RedirectHasCodeStateAndIssuer(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	for _, state := range []string{"x", "a b&c=d%20+/~", strings.Repeat("s", 1500), ""} {
		to, err := w.person(ada).SignIn(t.Context(), w.authorizeURL(w.query(id, "state", state)))
		if err != nil {
			t.Fatal(err)
		}
		q := to.Query()
		if !strings.HasPrefix(to.String(), callback+"?") || q.Get("code") == "" || q.Get("state") != state || q.Get("iss") != w.issuer || q.Has("error") {
			t.Errorf("state of %d bytes: back to %.80s", len(state), to)
		}
	}
}

func TestA16_CodeIsBoundToItsRequest(t *testing.T) {
	w := newWorld(t)
	id, other := w.plain(), w.register(`{"client_name":"Other","redirect_uris":["` + callback + `"]}`)["client_id"].(string)
	for _, c := range []struct {
		promise string
		changes []string
		wait    time.Duration
		code    string
	}{
		{"another client", []string{"client_id", other}, 0, "invalid_grant"},
		{"a client that is not registered", []string{"client_id", "unknown"}, 0, "invalid_client"},
		{"no client", []string{"client_id", "-"}, 0, "invalid_client"},
		{"another redirect URI", []string{"redirect_uri", callback + "2"}, 0, "invalid_grant"},
		{"no redirect URI", []string{"redirect_uri", "-"}, 0, "invalid_grant"},
		{"another verifier", []string{"code_verifier", strings.Repeat("a", 43)}, 0, "invalid_grant"},
		{"the challenge as verifier", []string{"code_verifier", challenge()}, 0, "invalid_grant"},
		{"no verifier", []string{"code_verifier", "-"}, 0, "invalid_grant"},
		{"another resource", []string{"resource", "https://evil.example/mcp"}, 0, "invalid_target"},
		{"another grant", []string{"grant_type", "client_credentials"}, 0, "unsupported_grant_type"},
		{"after 60 s", nil, time.Minute, "invalid_grant"},
		{"in time", nil, 59 * time.Second, ""},
		{"without resource", []string{"resource", "-"}, 0, ""},
		{"R11: resource with a slash and in upper case", []string{"resource", strings.ToUpper(w.issuer[:8]) + w.issuer[8:] + "/mcp/"}, 0, ""},
	} {
		code := w.code(ada, w.query(id))
		w.pass(c.wait)
		if a := w.token(w.redeem(id, code, c.changes...)); a.Error != c.code || (a.AccessToken != "") != (c.code == "") {
			t.Errorf("%s: %+v", c.promise, a)
		}
	}
}

func TestA16_CodeReuseEndsSignIn(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	code := w.code(ada, w.query(id))
	first := w.token(w.redeem(id, code))
	if first.Status != http.StatusOK {
		t.Fatalf("%+v", first)
	}
	if a := w.token(w.redeem(id, code)); a.Error != "invalid_grant" || a.AccessToken != "" {
		t.Errorf("again: %+v", a)
	}
	if a := w.token(refresh(id, first.RefreshToken)); a.Error != "invalid_grant" {
		t.Errorf("the refresh token afterwards: %+v", a)
	}
	if len(w.zotero.Keys(ada)) != 0 {
		t.Error("the key still exists at Zotero")
	}
}

func TestA18_ConcurrentRefreshesGetOneSuccessor(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	old := w.signIn(ada, id).RefreshToken
	answers := make([]grantAnswer, 12)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i] = w.token(refresh(id, old)) })
	}
	group.Wait()
	w.pass(2 * time.Minute)
	answers = append(answers, w.token(refresh(id, old)))
	for i, a := range answers {
		if a.Status != http.StatusOK || a.RefreshToken != answers[0].RefreshToken || a.RefreshToken == old {
			t.Errorf("refresh %d: %+v", i, a)
		}
		if _, err := w.verify(a.AccessToken); err != nil {
			t.Errorf("refresh %d: %v", i, err)
		}
	}
	if a := w.token(refresh(id, answers[0].RefreshToken)); a.Status != http.StatusOK {
		t.Errorf("the successor: %+v", a)
	}
	w.pass(time.Second)
	if a := w.token(refresh(id, old)); a.Error != "invalid_grant" {
		t.Errorf("after 120 s: %+v", a)
	}
	if a := w.token(refresh(id, answers[0].RefreshToken)); a.Error != "invalid_grant" {
		t.Errorf("the successor after a reuse: %+v", a)
	}
}

func TestRefreshTokens_SlideAndExpire(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	a := w.signIn(ada, id)
	for i := range 3 {
		w.pass(89 * 24 * time.Hour)
		if a = w.token(refresh(id, a.RefreshToken)); a.Status != http.StatusOK {
			t.Fatalf("refresh %d: %+v", i, a)
		}
	}
	w.pass(90 * 24 * time.Hour)
	if a = w.token(refresh(id, a.RefreshToken)); a.Error != "invalid_grant" {
		t.Errorf("after 90 days: %+v", a)
	}
}

func TestA19_RefreshOnlyNarrowsScopes(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	for _, c := range []struct {
		promise, had, ask, got, code string
	}{
		{"the same", "library:write", "", "library:read library:write", ""},
		{"narrower", "library:write", "library:read", "library:read", ""},
		{"wider", "library:read", "library:write", "", "invalid_scope"},
		{"unknown", "library:read", "admin", "", "invalid_scope"},
	} {
		a := w.signIn(ada, id, "scope", c.had)
		got := w.token(refresh(id, a.RefreshToken, "scope", c.ask))
		if got.Scope != c.got || got.Error != c.code {
			t.Errorf("%s: %+v", c.promise, got)
		}
		if c.promise == "narrower" {
			if again := w.token(refresh(id, got.RefreshToken)); again.Scope != c.had && again.Scope != "library:read library:write" {
				t.Errorf("the sign-in itself was narrowed: %+v", again)
			}
		}
	}
	a := w.signIn(ada, id)
	if got := w.token(refresh(id, a.RefreshToken, "resource", "https://other.example/mcp")); got.Error != "invalid_target" {
		t.Errorf("another audience: %+v", got)
	}
	other := w.register(`{"client_name":"Other","redirect_uris":["` + callback + `"]}`)["client_id"].(string)
	if got := w.token(refresh(other, a.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("another client: %+v", got)
	}
}

func TestA20_Revoke(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	for _, which := range []string{"refresh", "access"} {
		a, others := w.signIn(ada, id), w.signIn(bob, id)
		token := a.RefreshToken
		if which == "access" {
			token = a.AccessToken
		}
		w.revoke(token)
		if got := w.token(refresh(id, a.RefreshToken)); got.Error != "invalid_grant" {
			t.Errorf("by %s token: refreshing: %+v", which, got)
		}
		if len(w.zotero.Keys(ada)) != 0 {
			t.Errorf("by %s token: the key still exists at Zotero", which)
		}
		refused := 0
		for _, node := range w.nodes {
			if _, err := node.Verify(t.Context(), a.AccessToken); library.CodeOf(err) == library.Unauthenticated {
				refused++
			}
		}
		if refused != 1 { // the other process learns of it from Zotero
			t.Errorf("by %s token: %d processes refuse the access token", which, refused)
		}
		if got := w.token(refresh(id, others.RefreshToken)); got.Status != http.StatusOK {
			t.Errorf("by %s token: another member's sign-in: %+v", which, got)
		}
	}
	for _, token := range []string{"", "nonsense", "sr_access_AAAA", id} {
		w.revoke(token)
	}
}

// revoke posts to /revoke, which responds 200.
func (w *world) revoke(token string) {
	w.t.Helper()
	res, body := w.send(http.MethodPost, "/revoke", "application/x-www-form-urlencoded", url.Values{"token": {token}}.Encode())
	if res.StatusCode != http.StatusOK || len(body) != 0 {
		w.t.Errorf("A20: /revoke: %d %s", res.StatusCode, body)
	}
}

func TestA20_RevokeWhileLedgerOrZoteroIsDown(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	a := w.signIn(ada, id)
	w.zotero.SetDown(true)
	w.revoke(a.RefreshToken) // the ledger records the end
	w.zotero.SetDown(false)
	if got := w.token(refresh(id, a.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("%+v", got)
	}
	a = w.signIn(bob, id)
	w.bucket.Down.Store(true)
	w.revoke(a.RefreshToken) // Zotero records the end
	if len(w.zotero.Keys(bob)) != 0 {
		t.Error("the key still exists at Zotero")
	}
	a2 := a.AccessToken
	w.zotero.SetDown(true)
	if res, _ := w.send(http.MethodPost, "/revoke", "application/x-www-form-urlencoded", url.Values{"token": {a2}}.Encode()); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("neither recorded the end, and the status is %d", res.StatusCode)
	}
}

func TestA23_LedgerIsDown(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	a := w.signIn(ada, id)
	code := w.code(bob, w.query(id))
	w.bucket.Down.Store(true)
	for name, form := range map[string]url.Values{"code": w.redeem(id, code), "refresh": refresh(id, a.RefreshToken)} {
		if got := w.token(form); got.Status != http.StatusServiceUnavailable || got.RetryAfter != "5" || got.AccessToken != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if _, err := w.verify(a.AccessToken); err != nil {
		t.Errorf("calls: %v", err)
	}
	w.bucket.Down.Store(false)
	if got := w.token(w.redeem(id, code)); got.Status != http.StatusOK {
		t.Errorf("afterwards: %+v", got)
	}
	if got := w.token(refresh(id, a.RefreshToken)); got.Status != http.StatusOK {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestToken_ConfidentialClientsAuthenticate(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{client.MethodPost, client.MethodBasic} {
		c := w.register(`{"client_name":"ChatGPT","redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"` + method + `"}`)
		id, secret := c["client_id"].(string), c["client_secret"].(string)
		basic := func(id, secret string) []string {
			r := &http.Request{Header: http.Header{}}
			r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
			return []string{"Authorization", r.Header.Get("Authorization")}
		}
		for _, x := range []struct {
			promise string
			changes []string
			header  []string
			code    string
		}{
			{"no secret", nil, nil, "invalid_client"},
			{"a wrong secret", []string{"client_secret", secret + "x"}, nil, "invalid_client"},
			{"a wrong secret in the header", []string{"client_id", "-"}, basic(id, "x"), "invalid_client"},
			{"two clients", nil, basic("other", secret), "invalid_client"},
			{"two secrets", []string{"client_secret", secret}, basic(id, secret), "invalid_client"},
			{"another authentication method", nil, []string{"Authorization", "Bearer " + secret}, "invalid_client"},
			{"the secret in the form", []string{"client_secret", secret}, nil, ""},
			{"the secret in the header", []string{"client_id", "-"}, basic(id, secret), ""},
			{"the secret in the header, the client in both", nil, basic(id, secret), ""},
		} {
			a := w.token(w.redeem(id, w.code(ada, w.query(id)), x.changes...), x.header...)
			if a.Error != x.code || x.code != "" && a.Status != http.StatusUnauthorized {
				t.Errorf("%s, %s: %+v", method, x.promise, a)
			}
		}
		a := w.token(w.redeem(id, w.code(ada, w.query(id)), "client_secret", secret))
		if got := w.token(refresh(id, a.RefreshToken)); got.Error != "invalid_client" {
			t.Errorf("%s: refreshing without the secret: %+v", method, got)
		}
		if got := w.token(refresh(id, a.RefreshToken, "client_secret", secret)); got.Status != http.StatusOK {
			t.Errorf("%s: refreshing with the secret: %+v", method, got)
		}
	}
}

func TestToken_AcceptsOnlyForms(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	form := w.redeem(id, w.code(ada, w.query(id))).Encode()
	for promise, c := range map[string][3]string{
		"JSON":                 {"/token", "application/json", `{"grant_type":"authorization_code"}`},
		"in the query":         {"/token?" + form, "application/x-www-form-urlencoded", ""},
		"a repeated parameter": {"/token", "application/x-www-form-urlencoded", form + "&code=x"},
		"too long":             {"/token", "application/x-www-form-urlencoded", form + "&x=" + strings.Repeat("a", 64<<10)},
		"not a form":           {"/token", "application/x-www-form-urlencoded", "%zz"},
		"without content type": {"/token", "", form},
	} {
		res, body := w.send(http.MethodPost, c[0], c[1], c[2])
		if res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusUnauthorized || !strings.Contains(string(body), `"error"`) {
			t.Errorf("%s: %d %s", promise, res.StatusCode, body)
		}
	}
}
