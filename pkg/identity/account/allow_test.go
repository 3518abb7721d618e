package account_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// allowURL returns the address by which a browser's session gets the right to change.
func (b *browser) allowURL(back string) string {
	b.t.Helper()
	to, err := b.pages[0].AllowURL(b.request(), back)
	if err != nil {
		b.t.Fatal(err)
	}
	return to
}

// writer is a member whose key may write.
func writer() *account.Member {
	return &account.Member{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Read, identity.Write}, Key: "ada-key-that-writes"}
}

func TestSessions_ReadUntilChangesAreAllowed(t *testing.T) {
	s := newService(t)
	s.who = writer()
	b := s.browser()
	if to := b.allowURL("/changes"); to != "" {
		t.Errorf("without a session: %s", to)
	}
	b.signIn("?write=1") // for a token that may write
	if p := b.principal(); p.May(identity.Write) || !p.May(identity.Read) {
		t.Fatalf("%+v", p)
	}
	allow := b.allowURL("/changes?library=local")
	a := b.send(http.MethodGet, allow, nil)
	to, err := url.Parse(a.to)
	if err != nil || to.Host != "login.example" || to.Query().Get("write") != "true" {
		t.Fatalf("%d to %q", a.status, a.to)
	}
	if p := b.principal(); p.May(identity.Write) {
		t.Error("the right was given before the sign-in")
	}
	a = b.send(http.MethodGet, "/account/callback?s="+to.Query().Get("s"), nil)
	if p := b.principal(); a.to != "/changes?library=local" || !p.May(identity.Write) || !p.Expires.Equal(s.clock().Add(time.Hour)) {
		t.Fatalf("to %q, %+v", a.to, p)
	}
	if to := b.allowURL("/changes"); to != "" {
		t.Errorf("asked again: %s", to)
	}
	b.signIn("")
	if p := b.principal(); p.May(identity.Write) {
		t.Error("an ordinary sign-in has the right")
	}
}

func TestAllowURL_HoldsForItsSessionAlone(t *testing.T) {
	s := newService(t)
	s.who = writer()
	b, other := s.browser(), s.browser()
	b.signIn("")
	allow := b.allowURL("/changes")
	_, page := b.page()
	other.signIn("")
	for promise, try := range map[string]func() answer{
		"another session":    func() answer { return other.send(http.MethodGet, allow, nil) },
		"no session":         func() answer { return s.browser().send(http.MethodGet, allow, nil) },
		"another form":       func() answer { return b.send(http.MethodGet, "/account/sign-in?allow="+page, nil) },
		"a form of changes":  func() answer { return b.send(http.MethodGet, "/account/sign-in?allow="+b.form("undo"), nil) },
		"a made-up field":    func() answer { return b.send(http.MethodGet, "/account/sign-in?allow=sr_field_AAAA", nil) },
		"the former session": func() answer { b.signIn(""); return b.send(http.MethodGet, allow, nil) },
	} {
		if a := try(); a.status != http.StatusForbidden && a.status != http.StatusUnauthorized || a.to != "" {
			t.Errorf("%s: %d to %q", promise, a.status, a.to)
		}
	}
	allow = b.allowURL("/changes")
	if a := b.send(http.MethodGet, allow, nil, "Sec-Fetch-Site", "cross-site"); a.to != "/account/tokens" {
		t.Errorf("from another site: to %q", a.to)
	}
	s.pass(time.Hour)
	if a := b.send(http.MethodGet, allow, nil); a.status != http.StatusUnauthorized {
		t.Errorf("an expired session: %d", a.status)
	}
}

func TestAllowURL_IsForThoseWhoMay(t *testing.T) {
	s := newService(t)
	s.who = &account.Member{Subject: "oidc:reader", Scopes: []identity.Scope{identity.Read}}
	b := s.browser()
	b.signIn("")
	if to := b.allowURL("/changes"); to != "" {
		t.Errorf("a member who may not change: %s", to)
	}
	// The key that the member makes may not write after all.
	s.who = ada()
	b.signIn("")
	a := b.send(http.MethodGet, b.allowURL("/changes"), nil)
	to, err := url.Parse(a.to)
	if err != nil {
		t.Fatal(err)
	}
	a = b.send(http.MethodGet, "/account/callback?s="+to.Query().Get("s"), nil)
	if p := b.principal(); a.status != http.StatusForbidden || !strings.Contains(a.body, "may not change libraries") || p == nil || p.May(identity.Write) {
		t.Errorf("%d %s %+v", a.status, a.body, p)
	}
	s.scopes = []identity.Scope{identity.Read}
	s.restart()
	b.signIn("")
	if to := b.allowURL("/changes"); to != "" {
		t.Errorf("a deployment without changes: %s", to)
	}
}

func TestTokenSignIn_AllowsChangesWithTheTokenAgain(t *testing.T) {
	s, bearers := newTokenService(t)
	bearers.set(func() {
		bearers.known["token-of-ada"] = &identity.Principal{Subject: "token:ada", Scopes: []identity.Scope{identity.Read, identity.Write}}
	})
	b := s.browser()
	b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {"token-of-ada"}})
	allow := b.allowURL("/changes")
	a := b.send(http.MethodGet, allow, nil)
	u, err := url.Parse(allow)
	if err != nil || !strings.Contains(a.body, `name="allow" value="`+u.Query().Get("allow")) || !strings.Contains(a.body, `name="to" value="/changes"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	form := url.Values{"token": {"wrong"}, "to": {"/changes"}, "allow": {u.Query().Get("allow")}}
	if a := b.send(http.MethodPost, "/account/sign-in", form); a.status != http.StatusForbidden || !strings.Contains(a.body, `name="allow"`) || b.principal().May(identity.Write) {
		t.Errorf("a wrong token: %d", a.status)
	}
	form.Set("token", "token-of-ada")
	if a := s.browser().send(http.MethodPost, "/account/sign-in", form); a.status != http.StatusUnauthorized || strings.Contains(a.body, "token is not valid") {
		t.Errorf("in another browser: %d", a.status)
	}
	if a := b.send(http.MethodPost, "/account/sign-in", form); a.to != "/changes" || !b.principal().May(identity.Write) {
		t.Errorf("%d to %q", a.status, a.to)
	}
	bearers.set(func() {
		bearers.known["token-of-ada"] = &identity.Principal{Subject: "token:ada", Scopes: []identity.Scope{identity.Read}}
	})
	if b.principal().May(identity.Write) {
		t.Error("the session may more than its token")
	}
}

// form returns the field of a form of other pages.
func (b *browser) form(does string) string {
	b.t.Helper()
	field, err := b.pages[0].Form(b.request(), does)
	if err != nil {
		b.t.Fatal(err)
	}
	return field
}

func TestForm_BelongsToSessionAndPurpose(t *testing.T) {
	s := newService(t)
	b, other := s.browser(), s.browser()
	b.signIn("")
	other.signIn("")
	field := b.form("undo local/1")
	if err := b.pages[1].CheckForm(b.request(), "undo local/1", field); err != nil {
		t.Errorf("in another process: %v", err)
	}
	_, made := b.page()
	none := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/changes", nil)
	for promise, c := range map[string]struct {
		r           *http.Request
		does, field string
		code        library.Code
	}{
		"for something else":   {b.request(), "undo local/2", field, library.Forbidden},
		"of another session":   {b.request(), "undo local/1", other.form("undo local/1"), library.Forbidden},
		"in another session":   {other.request(), "undo local/1", field, library.Forbidden},
		"of the account pages": {b.request(), "", made, library.Forbidden},
		"none":                 {b.request(), "undo local/1", "", library.Forbidden},
		"without a session":    {none, "undo local/1", field, library.Unauthenticated},
	} {
		if err := b.pages[0].CheckForm(c.r, c.does, c.field); library.CodeOf(err) != c.code {
			t.Errorf("%s: %v", promise, err)
		}
	}
	if _, err := b.pages[0].Form(none, "x"); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("a form without a session: %v", err)
	}
	for _, path := range []string{"/account/tokens", "/account/tokens/revoke", "/account/sign-out"} {
		if a := b.send(http.MethodPost, path, url.Values{"form": {field}}); a.status != http.StatusForbidden {
			t.Errorf("at %s: %d", path, a.status)
		}
	}
	s.pass(time.Hour)
	if err := b.pages[0].CheckForm(b.request(), "undo local/1", field); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("after the session: %v", err)
	}
}
