package signin_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestZ01_RequestsLeastRightsAtZotero(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	for scope, want := range map[string]string{
		"":                            "1 1 0 read",
		"library:read":                "1 1 0 read",
		"library:read offline_access": "1 1 0 read",
		"library:write":               "1 1 1 write",
		"library:read library:write":  "1 1 1 write",
		"library:read something:else": "1 1 0 read",
	} {
		to, err := w.person(ada).Consent(t.Context(), w.authorizeURL(w.query(id, "scope", scope)))
		if err != nil {
			t.Fatal(err)
		}
		q := to.Query()
		if got := strings.Join([]string{q.Get("library_access"), q.Get("notes_access"), q.Get("write_access"), q.Get("all_groups")}, " "); got != want {
			t.Errorf("%q asks for %s, not %s", scope, got, want)
		}
		if q.Get("name") != "Claude" || q.Has("identity") {
			t.Errorf("%q: %v", scope, q)
		}
	}
}

// TestWrite_NeedsATick leaves the box of the consent page as it comes: the client gets a
// token that reads, and Zotero is asked for no more. A box that the page did not have
// changes nothing.
func TestWrite_NeedsATick(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	p := w.person(ada)
	p.Unticked = true
	to, err := p.Consent(t.Context(), w.authorizeURL(w.query(id, "scope", "library:read library:write")))
	if err != nil {
		t.Fatal(err)
	}
	if q := to.Query(); q.Get("write_access") != "0" || q.Get("all_groups") != "read" {
		t.Errorf("Zotero is asked for %v", q)
	}
	q := w.query(id, "scope", "library:read library:write")
	to, err = p.SignIn(t.Context(), w.authorizeURL(q))
	if err != nil {
		t.Fatal(err)
	}
	if got := w.token(w.redeem(id, to.Query().Get("code"))); got.Scope != "library:read" {
		t.Errorf("the token has %q", got.Scope)
	}
	reading := w.query(id, "scope", "library:read")
	res := post(t, p.Browser, w.issuer+"/authorize", url.Values{"decision": {"allow"}, "write": {"1"}, "request": {consentField(t, p, w.authorizeURL(reading))}}, "")
	if at, err := res.Location(); err != nil || at.Query().Get("write_access") != "0" {
		t.Errorf("%v, %v", at, err)
	}
}

// TestWrite_IsNotOfferedWithoutTools signs in at a server without tools that
// write, with a client that requests library:write.
func TestWrite_IsNotOfferedWithoutTools(t *testing.T) {
	w := newWorld(t, func(o *signin.Options) { o.Writes = false })
	if _, body := w.send(http.MethodGet, "/.well-known/oauth-authorization-server", "", ""); !strings.Contains(string(body), `"library:read"`) || strings.Contains(string(body), "library:write") {
		t.Errorf("the metadata: %s", body)
	}
	id := w.plain()
	for _, scope := range []string{"library:write", "library:read library:write"} {
		to, err := w.person(ada).Consent(t.Context(), w.authorizeURL(w.query(id, "scope", scope)))
		if err != nil {
			t.Fatal(err)
		}
		if got := to.Query().Get("write_access"); got != "0" {
			t.Errorf("%q asks Zotero for write_access %s", scope, got)
		}
		if _, body := w.send(http.MethodGet, "/authorize?"+w.query(id, "scope", scope).Encode(), "", ""); !strings.Contains(string(body), "change nothing") {
			t.Errorf("%q: the consent page does not say that nothing is changed", scope)
		}
	}
}

func TestZ02_Z03_GrantsWhatWasRequestedAndAllowed(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	for _, c := range []struct {
		promise, asked string
		give           url.Values
		scopes         []identity.Scope // nil: sign-in fails
	}{
		{"just that", "library:read", nil, []identity.Scope{identity.Read}},
		{"exactly that, with changes", "library:write", nil, []identity.Scope{identity.Read, identity.Write}},
		{"Z03: more than requested", "library:read", url.Values{"write_access": {"1"}, "all_groups": {"write"}}, []identity.Scope{identity.Read}},
		{"less than requested", "library:write", url.Values{"write_access": {"0"}, "all_groups": {"read"}}, []identity.Scope{identity.Read}},
		{"groups alone", "library:read", url.Values{"library_access": {"0"}}, []identity.Scope{identity.Read}},
		{"the own library only", "library:read", url.Values{"all_groups": {"none"}}, []identity.Scope{identity.Read}},
		{"nothing", "library:read", url.Values{"library_access": {"0"}, "all_groups": {"none"}}, nil},
	} {
		w.zotero.Revoke(ada)
		p := w.person(ada)
		p.Change = func(f url.Values) {
			maps.Copy(f, c.give)
		}
		to, err := p.SignIn(t.Context(), w.authorizeURL(w.query(id, "scope", c.asked)))
		if err != nil {
			t.Fatal(err)
		}
		if c.scopes == nil {
			if to.Query().Get("error") != "access_denied" || len(w.zotero.Keys(ada)) != 0 {
				t.Errorf("%s: %s", c.promise, to)
			}
			continue
		}
		a := w.token(w.redeem(id, to.Query().Get("code")))
		principal, err := w.verify(a.AccessToken)
		if err != nil {
			t.Fatalf("%s: %v", c.promise, err)
		}
		names := make([]string, len(c.scopes))
		for i, s := range c.scopes {
			names[i] = string(s)
		}
		if !slices.Equal(principal.Scopes, c.scopes) || a.Scope != strings.Join(names, " ") {
			t.Errorf("%s: %v, %q", c.promise, principal.Scopes, a.Scope)
		}
	}
}

func TestConsent_ShowsExtraScopes(t *testing.T) {
	w := newWorld(t)
	p := w.person(ada)
	at, err := p.Consent(t.Context(), w.authorizeURL(w.query(w.plain())))
	if err != nil {
		t.Fatal(err)
	}
	p.Change = func(f url.Values) { f.Set("write_access", "1") }
	back, err := p.AtZotero(t.Context(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	res, err := p.Browser.Get(back.String())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var page bytes.Buffer
	_, _ = page.ReadFrom(res.Body)
	if res.StatusCode != http.StatusOK || !strings.Contains(page.String(), "You are signed in") || !strings.Contains(page.String(), "you also allowed changes") ||
		!strings.Contains(page.String(), `href="`+callback+`?code=`) || !strings.Contains(res.Header.Get("Refresh"), callback) {
		t.Errorf("%d %v %.900s", res.StatusCode, res.Header, page.String())
	}
}

func TestZ06_AccessDenied(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	here, there := w.person(ada), w.person(ada)
	here.Refuse, there.Deny = true, true
	for promise, p := range map[string]interface {
		SignIn(context.Context, string) (*url.URL, error)
	}{"on our page": here, "at Zotero": there} {
		to, err := p.SignIn(t.Context(), w.authorizeURL(w.query(id)))
		if err != nil {
			t.Fatal(err)
		}
		if q := to.Query(); q.Get("error") != "access_denied" || q.Get("state") != "st at" || q.Get("iss") != w.issuer || q.Has("code") {
			t.Errorf("%s: %s", promise, to)
		}
	}
	if len(w.zotero.Keys(ada)) != 0 {
		t.Error("a key was created")
	}
}

func TestRefresh_RejectsRevokedKey(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	a := w.signIn(ada, id)
	w.zotero.Revoke(ada)
	if got := w.token(refresh(id, a.RefreshToken)); got.Error != "invalid_grant" {
		t.Errorf("%+v", got)
	}
	b := w.signIn(bob, id)
	w.zotero.SetDown(true)
	if b = w.token(refresh(id, b.RefreshToken)); b.Status != http.StatusOK {
		t.Errorf("while Zotero is down: %+v", b)
	}
}

func TestSignIn_WhileZoteroIsDown(t *testing.T) {
	w := newWorld(t)
	w.zotero.SetDown(true)
	to, err := w.person(ada).SignIn(t.Context(), w.authorizeURL(w.query(w.plain())))
	if err != nil || to.Query().Get("error") != "temporarily_unavailable" || to.Query().Get("iss") != w.issuer {
		t.Errorf("%v, %v", to, err)
	}
}

func TestSignIn_UnknownApplication(t *testing.T) {
	w := newWorld(t, func(o *signin.Options) { o.Zotero.ClientSecret = func() string { return "other" } })
	to, err := w.person(ada).SignIn(t.Context(), w.authorizeURL(w.query(w.plain())))
	if err != nil || to.Query().Get("error") != "server_error" {
		t.Errorf("%v, %v", to, err)
	}
}

func TestSignIn_CallbackNotConfirmed(t *testing.T) {
	w := newWorld(t)
	w.zotero.Unconfirmed = true
	w.signIn(ada, w.plain())
}

func TestA21_SealedValuesAreNotInterchangeable(t *testing.T) {
	w := newWorld(t)
	id := w.plain()
	code := w.code(ada, w.query(id))
	a := w.signIn(ada, id)
	for name, thing := range map[string]string{"code": code, "refresh": a.RefreshToken, "client": id, "Z04: key": w.zotero.Keys(ada)[0], "nothing": ""} {
		for _, prefix := range []string{"", "sr_access_"} {
			thing := thing
			if prefix != "" {
				parts := strings.SplitN(thing, "_", 3)
				thing = prefix + parts[len(parts)-1]
			}
			if _, err := w.verify(thing); library.CodeOf(err) != library.Unauthenticated {
				t.Errorf("%s as an access token: %v", name, err)
			}
		}
	}
	for name, thing := range map[string]string{"access": a.AccessToken, "refresh": a.RefreshToken, "client": id} {
		if got := w.token(w.redeem(id, thing)); got.Error != "invalid_grant" {
			t.Errorf("%s as a code: %+v", name, got)
		}
	}
	for name, thing := range map[string]string{"access": a.AccessToken, "code": code} {
		if got := w.token(refresh(id, thing)); got.Error != "invalid_grant" {
			t.Errorf("%s as a refresh token: %+v", name, got)
		}
		if res, _ := w.send(http.MethodGet, "/authorize?"+w.query(thing).Encode(), "", ""); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s as a client ID: %d", name, res.StatusCode)
		}
	}
	if got := w.token(w.redeem(id, code)); got.Status != http.StatusOK {
		t.Errorf("the code afterwards: %+v", got)
	}
}

func TestR05_RejectsTokensOfOtherDeployment(t *testing.T) {
	w := newWorld(t)
	a := w.signIn(ada, w.plain())
	for promise, o := range map[string]signin.Options{
		"another issuer":   {Issuer: "https://staging.example", Resource: w.issuer + "/mcp"},
		"another audience": {Issuer: w.issuer, Resource: "https://staging.example/mcp"},
	} {
		o.Keyring, o.Ledger, o.Now = w.ring, w.ledger(), w.clock
		o.Zotero = zoteroauth.Options{OAuthURL: "https://www.zotero.org/oauth", APIURL: "https://api.zotero.org", ClientKey: func() string { return "" }, ClientSecret: func() string { return "" }}
		other, err := signin.New(o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Verify(t.Context(), a.AccessToken); library.CodeOf(err) != library.Unauthenticated {
			t.Errorf("%s: %v", promise, err)
		}
	}
	w.pass(24*time.Hour - time.Second)
	if _, err := w.verify(a.AccessToken); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	w.pass(time.Second)
	if _, err := w.verify(a.AccessToken); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("R02: expired: %v", err)
	}
}

func TestA22_MasterKeyRotation(t *testing.T) {
	old, young := bytes.Repeat([]byte{1}, seal.MasterSize), bytes.Repeat([]byte{2}, seal.MasterSize)
	loads := 0
	var w *world
	w = newWorld(t, func(o *signin.Options) {
		o.UnknownKey = func(context.Context) {
			loads++
			if err := w.ring.Replace(young, old); err != nil {
				t.Error(err)
			}
		}
	})
	id := w.plain()
	a := w.signIn(ada, id)
	code := w.code(bob, w.query(id))
	if err := w.ring.Replace(young, old); err != nil {
		t.Fatal(err)
	}
	if _, err := w.verify(a.AccessToken); err != nil {
		t.Errorf("the access token: %v", err)
	}
	if got := w.token(w.redeem(id, code)); got.Status != http.StatusOK {
		t.Errorf("the code: %+v", got)
	}
	renewed := w.token(refresh(id, a.RefreshToken))
	if renewed.Status != http.StatusOK {
		t.Errorf("the refresh token: %+v", renewed)
	}
	if loads != 0 {
		t.Errorf("loaded keys %d times", loads)
	}
	// A process that has not read the new master key loads it when it meets a
	// value sealed under it.
	if err := w.ring.Replace(old); err != nil {
		t.Fatal(err)
	}
	if _, err := w.verify(renewed.AccessToken); err != nil || loads != 1 {
		t.Errorf("a key that is not known yet: %v, %d loads", err, loads)
	}
	if err := w.ring.Replace(old); err != nil {
		t.Fatal(err)
	}
	if got := w.token(refresh(id, renewed.RefreshToken)); got.Status != http.StatusOK || loads != 2 {
		t.Errorf("the same for a refresh token: %+v, %d loads", got, loads)
	}
}

func TestS09_LogContainsNoSecrets(t *testing.T) {
	w := newWorld(t)
	confidential := w.register(`{"client_name":"ChatGPT","redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"client_secret_post"}`)
	id, secret := confidential["client_id"].(string), confidential["client_secret"].(string)
	p := w.person(ada)
	var secrets []string
	at, err := p.Consent(t.Context(), w.authorizeURL(w.query(id, "state", "STATESTATE")))
	if err != nil {
		t.Fatal(err)
	}
	back, err := p.AtZotero(t.Context(), at.String())
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, secret, "STATESTATE", verifier, "appsecret", at.Query().Get("oauth_token"), back.Query().Get("oauth_verifier"), back.Query().Get("s"))
	for _, c := range p.Browser.Jar.Cookies(back) {
		secrets = append(secrets, c.Value)
	}
	res, err := p.Browser.Get(back.String())
	if err != nil {
		t.Fatal(err)
	}
	to, err := res.Location()
	if err != nil {
		t.Fatal(err)
	}
	code := to.Query().Get("code")
	a := w.token(w.redeem(id, code, "client_secret", secret))
	key := w.zotero.Keys(ada)[0]
	renewed := w.token(refresh(id, a.RefreshToken, "client_secret", secret))
	secrets = append(secrets, code, a.AccessToken, a.RefreshToken, renewed.AccessToken, renewed.RefreshToken, key)
	// And every failure of these.
	_, _ = p.Browser.Get(back.String())
	w.token(w.redeem(id, code, "client_secret", secret))
	w.token(w.redeem(id, code+"x", "client_secret", secret))
	w.token(w.redeem(id, code, "client_secret", secret, "code_verifier", "wrong"))
	w.token(refresh(id, a.RefreshToken, "client_secret", secret+"x"))
	w.zotero.SetDown(true)
	w.revoke(renewed.RefreshToken)
	w.bucket.Down.Store(true)
	w.token(refresh(id, renewed.RefreshToken, "client_secret", secret))
	_, _ = w.verify(a.AccessToken + "x")
	text := w.log.String()
	for _, s := range secrets {
		if len(s) < 6 {
			t.Errorf("%q is not a secret", s)
		}
		if strings.Contains(text, s) || len(s) > 40 && strings.Contains(text, s[10:40]) {
			t.Errorf("the log has %.20s…", s)
		}
	}
	if !strings.Contains(text, "zotero:475425") || strings.Count(text, "\n") < 6 {
		t.Errorf("the log has too little: %s", text)
	}
}

// userNumber returns one of many users.
func userNumber(i int) signintest.User {
	return signintest.User{ID: int64(1000 + i), Name: fmt.Sprintf("member %d", i)}
}

// TestTenancy_ManyMembersOverTwoProcesses interleaves sign-ins, refreshes and
// revocations of many members, and looks for mix-ups.
func TestTenancy_ManyMembersOverTwoProcesses(t *testing.T) {
	w := newWorld(t)
	w.zotero.Users = nil
	const members = 20
	for i := range members {
		w.zotero.Users = append(w.zotero.Users, userNumber(i))
	}
	id := w.plain()
	var group sync.WaitGroup
	for i := range members {
		group.Go(func() {
			want := "zotero:" + fmt.Sprint(userNumber(i).ID)
			a := w.signIn(userNumber(i).ID, id)
			for round := range 4 {
				for _, node := range w.nodes {
					p, err := node.Verify(t.Context(), a.AccessToken)
					if err != nil || p.Subject != want {
						t.Errorf("member %d, round %d: %+v, %v", i, round, p, err)
					}
				}
				if a = w.token(refresh(id, a.RefreshToken)); a.Status != http.StatusOK {
					t.Errorf("member %d, round %d: %+v", i, round, a)
					return
				}
			}
			if i%3 == 0 {
				w.revoke(a.AccessToken)
				if got := w.token(refresh(id, a.RefreshToken)); got.Error != "invalid_grant" {
					t.Errorf("member %d returned: %+v", i, got)
				}
			}
		})
	}
	group.Wait()
	for i := range members {
		if n := len(w.zotero.Keys(userNumber(i).ID)); n != 1 && i%3 != 0 || n != 0 && i%3 == 0 {
			t.Errorf("member %d has %d keys", i, n)
		}
	}
}
