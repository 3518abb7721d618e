package account_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// bearers verify the tokens of these principals.
type bearers struct {
	mu    sync.Mutex
	known map[string]*identity.Principal
	err   error
}

func (b *bearers) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func (b *bearers) Verify(_ context.Context, token string) (*identity.Principal, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return nil, b.err
	}
	if p := b.known[token]; p != nil {
		return p, nil
	}
	return nil, identity.BadToken(nil)
}

// newTokenService returns one process in which the holders of tokens sign in.
func newTokenService(t *testing.T) (*service, *bearers) {
	t.Helper()
	s := newService(t)
	p, b := tokenPages(t, s)
	mux := http.NewServeMux()
	for _, r := range p.Routes() {
		mux.Handle(r.Method+" "+r.Path, r.Handler)
	}
	s.pages, s.muxes = []*account.Pages{p}, []*http.ServeMux{mux}
	return s, b
}

// tokenPages returns pages at the address of a service to which people sign in with
// tokens.
func tokenPages(t *testing.T, s *service) (*account.Pages, *bearers) {
	t.Helper()
	b := &bearers{known: map[string]*identity.Principal{
		"token-of-ada":  {Subject: "token:ada", Scopes: []identity.Scope{identity.Read}, Libraries: []library.ID{"group:4711"}},
		"token-reading": {Subject: "token:bob", Scopes: []identity.Scope{identity.Read}, ReadOnly: true},
	}}
	records, err := ledger.OpenFile(t.TempDir(), ledger.Options{Now: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = records.Close() })
	p, err := account.New(account.Options{
		URL: s.url, Keyring: s.ring, Ledger: records, Verifier: b, Libraries: s.libraries, Scopes: s.scopes, Now: s.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, b
}

// request returns a request with the cookies of a browser.
func (b *browser) request() *http.Request {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, "/search", nil)
	u, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(u) {
		r.AddCookie(c)
	}
	return r
}

// principal returns the principal of a browser's session, in one process.
func (b *browser) principal() *identity.Principal {
	b.t.Helper()
	p, err := b.pages[0].Principal(b.request())
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func TestTokenSignIn_StartsSessionOfItsHolder(t *testing.T) {
	s, bearers := newTokenService(t)
	b := s.browser()
	if b.principal() != nil {
		t.Fatal("a principal without a session")
	}
	if a := b.send(http.MethodGet, s.pages[0].SignInURL("/works/local/A?q=x y"), nil); a.status != 200 || !strings.Contains(a.body, `name="to" value="/works/local/A?q=x y"`) {
		t.Fatalf("the form: %d %s", a.status, a.body)
	}
	for _, wrong := range []string{"", "token-of-eve", "token-reading"} {
		a := b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {wrong}})
		if a.status != http.StatusForbidden || !strings.Contains(a.body, "not valid") || b.principal() != nil {
			t.Errorf("the token %q: %d %s", wrong, a.status, a.body)
		}
	}
	a := b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {" token-of-ada\n"}, "to": {"/works/local/A?q=x"}})
	if a.status != http.StatusSeeOther || a.to != "/works/local/A?q=x" {
		t.Fatalf("%d to %q", a.status, a.to)
	}
	if cookie := fmt.Sprint(a.header["Set-Cookie"]); strings.Contains(cookie, "token-of-ada") || !strings.Contains(cookie, "__Host-stackroom-session=sr_session_") ||
		!strings.Contains(cookie, "HttpOnly; Secure; SameSite=Lax") {
		t.Errorf("cookie %s", cookie)
	}
	p := b.principal()
	if p == nil || p.Subject != "token:ada" || len(p.Libraries) != 1 || p.May(identity.Write) || !p.Expires.Equal(s.clock().Add(time.Hour)) {
		t.Fatalf("%+v", p)
	}
	// A token whose record changes takes its session along.
	bearers.set(func() {
		bearers.known["token-of-ada"] = &identity.Principal{Subject: "token:ada", Scopes: []identity.Scope{identity.Write}}
	})
	if p := b.principal(); p.May(identity.Write) || !p.May(identity.Read) || p.Libraries != nil {
		t.Errorf("%+v", p)
	}
	bearers.set(func() { delete(bearers.known, "token-of-ada") })
	if b.principal() != nil {
		t.Error("the session of a token that was revoked")
	}
	bearers.set(func() { bearers.err = library.Errorf(library.Unavailable, "down") })
	if p, err := s.pages[0].Principal(b.request()); p != nil || library.CodeOf(err) != library.Unavailable {
		t.Errorf("during an outage: %v %v", p, err)
	}
}

func TestTokenSignIn_RejectsOtherSites(t *testing.T) {
	s, _ := newTokenService(t)
	form := url.Values{"token": {"token-of-ada"}}
	for promise, header := range map[string][]string{
		"another site": {"Sec-Fetch-Site", "cross-site"}, "a sibling": {"Sec-Fetch-Site", "same-site"}, "another origin": {"Origin", "https://evil.example"},
	} {
		b := s.browser()
		if a := b.send(http.MethodPost, "/account/sign-in", form, header...); a.status != http.StatusForbidden || b.principal() != nil {
			t.Errorf("%s: %d", promise, a.status)
		}
	}
	b := s.browser()
	if a := b.send(http.MethodPost, "/account/sign-in", form, "Sec-Fetch-Site", "same-origin", "Origin", s.url); a.status != http.StatusSeeOther || a.to != "/account/tokens" {
		t.Errorf("the own page: %d %s", a.status, a.to)
	}
}

func TestTokenSignIn_SignOutEndsSession(t *testing.T) {
	s, _ := newTokenService(t)
	b := s.browser()
	b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {"token-of-ada"}})
	stolen := b.request()
	body, form := b.page()
	if !strings.Contains(body, "token:ada") || strings.Contains(body, "Make a token") {
		t.Errorf("the account page: %s", body)
	}
	if a := b.send(http.MethodPost, "/account/sign-out", url.Values{"form": {form}}, "Sec-Fetch-Site", "cross-site"); a.status != http.StatusForbidden || b.principal() == nil {
		t.Errorf("signed out by another site: %d", a.status)
	}
	if a := b.send(http.MethodPost, "/account/sign-out", url.Values{"form": {form}}); a.status != http.StatusSeeOther || b.principal() != nil {
		t.Errorf("signing out: %d", a.status)
	}
	if p, err := s.pages[0].Principal(stolen); p != nil || err != nil {
		t.Errorf("a copy of the cookie still works: %v %v", p, err)
	}
}

func TestTokenSignIn_OtherSessionsDoNotCount(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	byToken, _ := tokenPages(t, s) // with the same address and key
	if p, err := byToken.Principal(b.request()); p != nil || err != nil {
		t.Errorf("a session of another kind of sign-in: %v %v", p, err)
	}
}

func TestPrincipal_HasTheRightsOfTheSession(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	p := b.principal()
	if p == nil || p.Subject != "zotero:1001" || p.Credential.Anonymous() || !p.Expires.Equal(s.clock().Add(time.Hour)) {
		t.Fatalf("%+v", p)
	}
	s.pass(time.Hour)
	if b.principal() != nil {
		t.Error("an expired session")
	}
}

func TestSignIn_LeadsBackWithinTheServer(t *testing.T) {
	s := newService(t)
	for to, want := range map[string]string{
		"/search?q=a+b&page=2": "/search?q=a+b&page=2", "": "/account/tokens", "//evil.example/": "/account/tokens", "///evil.example/": "/account/tokens", "https://evil.example": "/account/tokens",
		"/\\evil.example": "/account/tokens", "javascript:alert(1)": "/account/tokens", "search": "/account/tokens", "/a\r\nSet-Cookie: x=1": "/account/tokens",
		"/\t/evil.example": "/account/tokens", "/" + strings.Repeat("x", 1_000): "/account/tokens",
	} {
		b := s.browser()
		begun := b.send(http.MethodGet, s.pages[0].SignInURL(to), nil)
		at, err := url.Parse(begun.to)
		if err != nil {
			t.Fatal(err)
		}
		if a := b.send(http.MethodGet, "/account/callback?s="+at.Query().Get("s")+"&to=/elsewhere", nil); a.status != http.StatusSeeOther || a.to != want {
			t.Errorf("%q leads to %q, want %q", to, a.to, want)
		}
	}
}

func TestSignIn_StartsNewSession(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	first := b.request().Cookies()
	b.signIn("")
	second := b.request().Cookies()
	if len(first) != 1 || len(second) != 1 || first[0].Value == second[0].Value {
		t.Errorf("sessions %v and %v", first, second)
	}
}
