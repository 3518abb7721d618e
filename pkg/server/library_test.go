package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// pageTools answers for the pages, and records who called.
type pageTools struct {
	callers []string
	err     error
}

func (p *pageTools) Call(ctx context.Context, name string, _ json.RawMessage) (json.RawMessage, error) {
	subject := ""
	if principal := identity.PrincipalFrom(ctx); principal != nil {
		subject = principal.Subject
	}
	p.callers = append(p.callers, subject)
	if name == "list_libraries" {
		return json.RawMessage(`{"libraries":[{"id":"local","name":"Marked library"}]}`), p.err
	}
	return json.RawMessage(`{}`), p.err
}

// cookies sign in the principal whose name a cookie has.
type cookies struct{ err error }

func (c cookies) Principal(r *http.Request) (*identity.Principal, error) {
	cookie, err := r.Cookie("who")
	if err != nil {
		return nil, c.err
	}
	p := &identity.Principal{Subject: cookie.Value, Scopes: []identity.Scope{identity.Read}}
	if may, err := r.Cookie("may"); err == nil && may.Value == "write" {
		p.Scopes = append(p.Scopes, identity.Write)
	}
	return p, c.err
}

func (cookies) AllowURL(r *http.Request, back string) (string, error) {
	if strings.Contains(r.Header.Get("Cookie"), "may=write") {
		return "", nil
	}
	return "/allow?to=" + back, nil
}

// Form makes fields that name the session and what the form does.
func (cookies) Form(r *http.Request, does string) (string, error) {
	return r.Header.Get("Cookie") + " " + does, nil
}

func (c cookies) CheckForm(r *http.Request, does, field string) error {
	if own, _ := c.Form(r, does); own != field {
		return library.Errorf(library.Forbidden, "this form belongs to another session")
	}
	return nil
}

func (cookies) SignInURL(back string) string { return "/sign-in?to=" + back }
func (cookies) AccountPath() string          { return "/account" }

func (cookies) Grants(*http.Request) (*identity.Grants, error) { return nil, nil }

var browser = map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

func TestPages_AreServedToEverybodyWithoutSignIn(t *testing.T) {
	tools := &pageTools{}
	f := newFixture(t, func(o *Options) { with(o, Options{Pages: tools}) })
	for _, path := range []string{"/", "/search", "/libraries", "/changes", "/collections", "/tags", "/works/local/ABCD2345"} {
		if r := f.send(request{method: "GET", path: path, header: browser}); r.status != 200 || !strings.Contains(r.body, `href="/connect"`) {
			t.Errorf("%s: %d %.200s", path, r.status, r.body)
		}
	}
	if r := f.send(request{method: "GET", path: "/connect", header: browser}); !strings.Contains(r.body, `id="clients"`) {
		t.Errorf("/connect: %.200s", r.body)
	}
}

func TestPages_AskForSignIn(t *testing.T) {
	tools := &pageTools{}
	f := newFixture(t, func(o *Options) {
		with(o, Options{Pages: tools, Sessions: cookies{}, Authenticator: testAuthenticator(t)})
	})
	for _, path := range []string{"/search?q=a", "/libraries", "/changes", "/works/local/ABCD2345"} {
		r := f.send(request{method: "GET", path: path, header: browser})
		if r.status != http.StatusUnauthorized || !strings.Contains(r.body, `href="/sign-in?to=`) || r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %.300s", path, r.status, r.body)
		}
	}
	if r := f.send(request{method: "GET", path: "/", header: browser}); r.status != 200 || !strings.Contains(r.body, `id="clients"`) {
		t.Errorf("/: %d", r.status)
	}
	if len(tools.callers) != 0 {
		t.Errorf("tools ran for %q", tools.callers)
	}
	// A token signs in programs, and no pages.
	if r := f.send(request{method: "GET", path: "/libraries", header: map[string]string{"Authorization": "Bearer token-of-ada"}}); r.status != http.StatusUnauthorized {
		t.Errorf("with a token: %d", r.status)
	}
	for _, path := range []string{"/", "/libraries"} {
		r := f.send(request{method: "GET", path: path, header: map[string]string{"Accept": "text/html", "Cookie": "who=ada"}})
		if r.status != 200 || !strings.Contains(r.body, "Marked library") || !strings.Contains(r.body, `href="/account"`) {
			t.Errorf("%s with a session: %d %.300s", path, r.status, r.body)
		}
	}
	if len(tools.callers) != 2 || tools.callers[0] != "ada" || tools.callers[1] != "ada" {
		t.Errorf("tools ran for %q", tools.callers)
	}
}

func TestPages_WithoutSessionsAreClosed(t *testing.T) {
	tools := &pageTools{}
	f := newFixture(t, func(o *Options) { with(o, Options{Pages: tools, Authenticator: testAuthenticator(t)}) })
	r := f.send(request{method: "GET", path: "/libraries", header: map[string]string{"Cookie": "who=ada"}})
	if r.status != http.StatusUnauthorized || strings.Contains(r.body, "Marked library") || len(tools.callers) > 0 {
		t.Errorf("%d %.300s", r.status, r.body)
	}
	for _, want := range []string{"<h1>The pages of this server are closed</h1>", "Your assistant is not affected", `href="/connect"`} {
		if !strings.Contains(r.body, want) {
			t.Errorf("a closed page lacks %q: %s", want, r.body)
		}
	}
	for _, path := range []string{"/", "/connect"} {
		if r := f.send(request{method: "GET", path: path, header: browser}); r.status != http.StatusOK || strings.Contains(r.body, `href="/search"`) {
			t.Errorf("%s leads to closed pages: %d %.300s", path, r.status, r.body)
		}
	}
}

func TestPages_OutagesAreNoSignIn(t *testing.T) {
	tools := &pageTools{err: library.Errorf(library.Unauthenticated, "the deployment's key was refused")}
	f := newFixture(t, func(o *Options) { with(o, Options{Pages: tools}) })
	if r := f.send(request{method: "GET", path: "/libraries"}); r.status != http.StatusServiceUnavailable || !strings.Contains(r.body, "operator") {
		t.Errorf("%d %.300s", r.status, r.body)
	}
	down := cookies{err: library.Errorf(library.Unavailable, "the records can't be read").WithCause(errors.New("disk"))}
	f = newFixture(t, func(o *Options) { with(o, Options{Pages: tools, Sessions: down, Authenticator: testAuthenticator(t)}) })
	for _, path := range []string{"/", "/libraries"} {
		if r := f.send(request{method: "GET", path: path}); r.status != http.StatusServiceUnavailable {
			t.Errorf("%s: %d", path, r.status)
		}
	}
}

func TestPages_CountAgainstTheLimit(t *testing.T) {
	f := newFixture(t, func(o *Options) { with(o, Options{Pages: &pageTools{}, Limits: Limits{Max: 10, Window: 1 << 40}}) })
	last := 0
	for range 5 {
		r := f.send(request{method: "GET", path: "/libraries"})
		last = r.status
		if last == http.StatusTooManyRequests && (r.header.Get("Retry-After") == "" || !strings.Contains(r.header.Get("Content-Type"), "text/html")) {
			t.Errorf("rejected with %v", r.header)
		}
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the last of many pages: %d", last)
	}
}

func TestPages_ForBrowsersAtOtherPaths(t *testing.T) {
	f := newFixture(t, func(o *Options) { with(o, Options{}) })
	for path, want := range map[string]int{"/nowhere": 404, "/works": 404, "/mcp": 200, "/mcp/readonly": 200, "/tools": 200} {
		r := f.send(request{method: "GET", path: path, header: browser})
		if r.status != want || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s in a browser: %d %s", path, r.status, r.header.Get("Content-Type"))
		}
		r = f.send(request{method: "GET", path: path, header: map[string]string{"Accept": "application/json"}})
		if strings.HasPrefix(r.header.Get("Content-Type"), "text/html") || path == "/nowhere" && r.status != 404 || path == "/mcp" && r.status != 405 {
			t.Errorf("%s for a program: %d %s", path, r.status, r.header.Get("Content-Type"))
		}
	}
}

// with sets the options of a server with pages.
func with(o *Options, pages Options) {
	o.Pages, o.Sessions, o.Authenticator, o.Limits = pages.Pages, pages.Sessions, pages.Authenticator, pages.Limits
}
