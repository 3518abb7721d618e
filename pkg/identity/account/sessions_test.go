package account_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestForms_BelongToTheirSession(t *testing.T) {
	s := newService(t)
	b, other := s.browser(), s.browser()
	b.signIn("")
	_, form := b.page()
	s.who = &account.Member{Subject: "zotero:1002", Scopes: []identity.Scope{identity.Read}, Key: "bob-key"}
	other.signIn("")
	_, theirs := other.page()
	fields := func(form string) url.Values {
		return url.Values{"form": {form}, "name": {"x"}, "scope": {"library:read"}, "which": {"all"}, "days": {"7"}}
	}
	for promise, send := range map[string]func(path string) answer{
		"no field":        func(path string) answer { return b.send(http.MethodPost, path, fields("")) },
		"a made-up field": func(path string) answer { return b.send(http.MethodPost, path, fields("sr_field_AAAA")) },
		"another's field": func(path string) answer { return b.send(http.MethodPost, path, fields(theirs)) },
		"no session":      func(path string) answer { return s.browser().send(http.MethodPost, path, fields(form)) },
		"from another site": func(path string) answer {
			return b.send(http.MethodPost, path, fields(form), "Sec-Fetch-Site", "cross-site")
		},
		"from a sibling": func(path string) answer {
			return b.send(http.MethodPost, path, fields(form), "Sec-Fetch-Site", "same-site")
		},
		"with another origin": func(path string) answer {
			return b.send(http.MethodPost, path, fields(form), "Origin", "https://evil.example")
		},
		"without an origin": func(path string) answer { return b.send(http.MethodPost, path, fields(theirs), "Origin", "null") },
		"too long": func(path string) answer {
			return b.send(http.MethodPost, path, url.Values{"form": {form}, "x": {strings.Repeat("x", 100<<10)}})
		},
	} {
		for _, path := range []string{"/account/tokens", "/account/tokens/revoke", "/account/connections/end", "/account/sign-out"} {
			if a := send(path); a.status < 400 || a.status >= 500 || tokenText.MatchString(a.body) || a.to != "" {
				t.Errorf("%s at %s: %d %s", promise, path, a.status, a.to)
			}
		}
	}
	if a := b.send(http.MethodPost, "/account/tokens", fields(form), "Sec-Fetch-Site", "same-origin", "Origin", "null"); !tokenText.MatchString(a.body) {
		t.Errorf("the session's own: %d", a.status)
	}
	if a := b.send(http.MethodPost, "/account/tokens", fields(form), "Origin", s.url); a.status != http.StatusConflict || tokenText.MatchString(a.body) {
		t.Errorf("sent twice: %d", a.status)
	}
	// A member revokes only their own tokens.
	body, _ := b.page()
	key := regexp.MustCompile(`name="token" value="([0-9a-f]+)"`).FindStringSubmatch(body)[1]
	other.send(http.MethodPost, "/account/tokens/revoke", url.Values{"form": {theirs}, "token": {key}})
	if body, _ = b.page(); !strings.Contains(body, key) {
		t.Error("another member revoked it")
	}
}

func TestSessions_ValidateMarksAndExpire(t *testing.T) {
	s := newService(t)
	b := s.browser()
	a := b.send(http.MethodGet, "/account/sign-in", nil)
	to, _ := url.Parse(a.to)
	mark := to.Query().Get("s")
	for promise, try := range map[string]func() answer{
		"another browser":  func() answer { return s.browser().send(http.MethodGet, "/account/callback?s="+mark, nil) },
		"no mark":          func() answer { return b.send(http.MethodGet, "/account/callback", nil) },
		"a made-up mark":   func() answer { return b.send(http.MethodGet, "/account/callback?s=AAAAAAAAAAAAAAAAAAAAAAAAAA", nil) },
		"a malformed mark": func() answer { return b.send(http.MethodGet, "/account/callback?s=../x", nil) },
		"a prefix of the mark": func() answer {
			return b.send(http.MethodGet, "/account/callback?s="+mark[:8]+"AAAAAAAAAAAAAAAAAA", nil)
		},
	} {
		if a := try(); a.status != http.StatusUnprocessableEntity || strings.Contains(fmt.Sprint(a.header), "stackroom-session") {
			t.Errorf("%s: %d", promise, a.status)
		}
	}
	a = b.send(http.MethodGet, "/account/callback?s="+mark, nil)
	var cookie *http.Cookie
	for _, line := range a.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && strings.HasSuffix(c.Name, "stackroom-session") {
			cookie = c
		}
	}
	if cookie == nil || cookie.Name != "__Host-stackroom-session" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode ||
		cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 3600 || strings.Contains(cookie.Value, "1001") {
		t.Fatalf("%+v", cookie)
	}
	if a := b.send(http.MethodGet, "/account/callback?s="+mark, nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("the same callback again: %d", a.status)
	}
	if _, err := s.verify(0, cookie.Value); err != nil {
		t.Errorf("%v", err) // another verifier's
	}
	if _, err := s.verify(0, "sr_pat_"+strings.TrimPrefix(cookie.Value, "sr_session_")); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("A21: a session as a token: %v", err)
	}
	s.pass(59 * time.Minute)
	_, form := b.page()
	s.pass(time.Minute)
	if a := b.send(http.MethodGet, "/account/tokens", nil); strings.Contains(a.body, "<form") {
		t.Error("an expired session")
	}
	if a := b.send(http.MethodPost, "/account/sign-out", url.Values{"form": {form}}); a.status != http.StatusUnauthorized {
		t.Errorf("a form of it: %d", a.status)
	}
}

func TestSessions_RejectMoreLibrariesThanACookieHolds(t *testing.T) {
	s := newService(t)
	for n, fits := range map[int]bool{100: true, 400: false} {
		s.who = ada()
		for i := range n {
			s.who.Libraries = append(s.who.Libraries, library.ID(fmt.Sprintf("group:%07d", i)))
		}
		b := s.browser()
		a := b.send(http.MethodGet, "/account/sign-in", nil)
		to, _ := url.Parse(a.to)
		a = b.send(http.MethodGet, "/account/callback?s="+to.Query().Get("s"), nil)
		if (a.status == http.StatusSeeOther) != fits || !fits && (a.status != http.StatusRequestEntityTooLarge || !strings.Contains(a.body, "policy")) {
			t.Errorf("%d libraries: %d %s", n, a.status, a.body)
		}
	}
}

func TestLoginCookies_AreShort(t *testing.T) {
	s := newService(t)
	b := s.browser()
	a := b.send(http.MethodGet, "/account/sign-in", nil)
	to, _ := url.Parse(a.to)
	if c := a.header.Get("Set-Cookie"); !strings.Contains(c, "Max-Age=600") || !strings.HasPrefix(c, "__Host-") {
		t.Error(c)
	}
	s.pass(10 * time.Minute)
	if a := b.send(http.MethodGet, "/account/callback?s="+to.Query().Get("s"), nil); a.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.status)
	}
	if a := b.send(http.MethodGet, "/account/sign-in", nil, "Sec-Fetch-Site", "cross-site"); a.to != "/account/tokens" || a.header.Get("Set-Cookie") != "" {
		t.Errorf("begun by another site: %v", a.header)
	}
	if a := b.send(http.MethodGet, "/account/sign-in?write=1", nil); !strings.Contains(a.to, "write=true") {
		t.Errorf("to %s", a.to)
	}
}

func TestSignOut_EndsSessionInEveryProcess(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	stolen := s.browser()
	u, _ := url.Parse(s.url)
	stolen.http.Jar.SetCookies(u, b.http.Jar.Cookies(u))
	_, form := b.page()
	if a := b.send(http.MethodPost, "/account/sign-out", url.Values{"form": {form}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.pass(time.Minute)
	for range 2 {
		if a := stolen.send(http.MethodGet, "/account/tokens", nil); strings.Contains(a.body, "<form") {
			t.Error("a copy of the cookie still works")
		}
	}
}

func TestSessions_ScheduleDeletionOfKeys(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	if len(s.keys.owed) != 1 {
		t.Fatalf("%v", s.keys.owed)
	}
	for _, due := range s.keys.owed {
		if !due.Equal(s.clock().Add(time.Hour)) {
			t.Errorf("due %v", due)
		}
	}
	s.keys.down = true
	if token, a := b.make(); token != "" || a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "5" {
		t.Errorf("a token whose key would be deleted: %d", a.status)
	}
	if body, _ := b.page(); strings.Contains(body, "backup script") {
		t.Error("the token is listed")
	}
	s.keys.down = false
	if token, _ := b.make(); token == "" || len(s.keys.owed) != 0 {
		t.Errorf("the deletion of a token's key is still scheduled: %v", s.keys.owed)
	}
	idle := s.browser()
	idle.signIn("")
	_, form := idle.page()
	idle.send(http.MethodPost, "/account/sign-out", url.Values{"form": {form}})
	for id, due := range s.keys.owed {
		if !due.IsZero() {
			t.Errorf("%s is not due after signing out: %v", id, due)
		}
	}
	s.keys.down = true
	a := b.send(http.MethodGet, "/account/sign-in", nil)
	to, _ := url.Parse(a.to)
	if a := b.send(http.MethodGet, "/account/callback?s="+to.Query().Get("s"), nil); a.status != http.StatusServiceUnavailable || strings.Contains(fmt.Sprint(a.header["Set-Cookie"]), "__Host-stackroom-session=sr_") {
		t.Errorf("a session whose key is not deleted: %d", a.status)
	}
}

func TestPages_LibrariesCannotBeListed(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	s.listed = library.Errorf(library.Unavailable, "down")
	if body, _ := b.page(); !strings.Contains(body, "can&#39;t be listed now") && !strings.Contains(body, "can't be listed now") {
		t.Error("the page does not say so")
	}
	if token, _ := b.make(); token == "" {
		t.Error("no token for all libraries")
	}
	if _, a := b.make("which", "some", "library", "group:4711"); a.status != http.StatusServiceUnavailable {
		t.Errorf("%d", a.status)
	}
	s.listed = library.Errorf(library.Unauthenticated, "revoked")
	if a := b.send(http.MethodGet, "/account/tokens", nil); strings.Contains(a.body, "<form") || !strings.Contains(a.body, "/account/sign-in") {
		t.Error("a session whose key was revoked still works")
	}
}

func TestPages_FollowContentSecurityPolicy(t *testing.T) {
	s := newService(t)
	b := s.browser()
	pages := map[string]answer{"sign-in": b.send(http.MethodGet, "/account/tokens", nil), "error": b.send(http.MethodGet, "/account/callback", nil)}
	b.signIn("")
	pages["tokens"] = b.send(http.MethodGet, "/account/tokens", nil)
	_, pages["made"] = b.make()
	for name, a := range pages {
		csp := a.header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			a.header.Get("X-Frame-Options") != "DENY" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", name, a.header)
		}
		if strings.Contains(a.body, "<script") != (name == "made") || strings.Contains(a.body, " style=") || strings.Contains(a.body, " onclick=") {
			t.Errorf("%s: scripts or styles inside", name)
		}
	}
	if !strings.Contains(pages["tokens"].header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Error("the form has another target")
	}
}

func TestTokens_AreBounded(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	for i := range ledger.MaxFamilies {
		if token, a := b.make("name", fmt.Sprint(i)); token == "" {
			t.Fatalf("token %d: %d %s", i, a.status, a.body)
		}
	}
	if token, a := b.make(); token != "" || a.status != http.StatusConflict {
		t.Errorf("one more: %d", a.status)
	}
}

func FuzzToken(f *testing.F) {
	ring, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
	if err != nil {
		f.Fatal(err)
	}
	l, err := ledger.OpenFile(f.TempDir(), ledger.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = l.Close() })
	p, err := account.New(account.Options{URL: "https://a.example", Keyring: ring, Ledger: l, Login: &service{}, Libraries: (&service{}).libraries, Scopes: []identity.Scope{identity.Read}})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"sr_pat_", "sr_pat_AAAA", "sr_pat_" + strings.Repeat("A", 200), "sr_access_AAAA", ""} {
		f.Add(s)
	}
	v := p.Verifier(others{})
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := v.Verify(t.Context(), token); err == nil && got.Subject != "other" {
			t.Errorf("%q is accepted for %+v", token, got)
		}
	})
}
