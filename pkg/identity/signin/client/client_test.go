package client_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/client"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestParseRedirect(t *testing.T) {
	for _, c := range []struct {
		uri  string
		host string // "" if rejected
	}{
		{"https://claude.ai/api/mcp/auth_callback", "claude.ai"},
		{"https://chatgpt.com/connector/oauth/abc-123", "chatgpt.com"},
		{"https://vscode.dev/redirect?x=y", "vscode.dev"},
		{"https://a.example:8443/cb", "a.example:8443"},
		{"http://127.0.0.1:33418/", "127.0.0.1:33418"},
		{"http://localhost/callback", "localhost"},
		{"http://[::1]:8080/cb", "[::1]:8080"},
		{"cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp"},
		{"", ""}, {"/callback", ""}, {"https://", ""}, {"https:///cb", ""}, {"https:cb", ""},
		{"http://a.example/cb", ""}, {"http://127.0.0.2/cb", ""}, {"http://localhost.evil.example/cb", ""}, {"http://0.0.0.0/cb", ""},
		{"http://[::1%25eth0]/cb", ""}, {"http://[::ffff:127.0.0.1]/cb", ""}, {"http://2130706433/cb", ""},
		{"https://user@a.example/cb", ""}, {"https://user:pass@a.example/cb", ""}, {"https://a.example/cb#x", ""}, {"https://a.example/cb#", ""},
		{"https://a.example\\@evil.example/", ""}, {"https://a.example;evil/cb", ""}, {"https://a.example,evil/cb", ""}, {"https://a.ex'ample/cb", ""},
		{"https://a.example/cb x", ""}, {"https://a.example/cb\r\nx: y", ""}, {"https://a.example/\x00", ""}, {"https://ä.example/", ""},
		{"https://a.example/?code=x", ""}, {"https://a.example/?state=x", ""}, {"https://a.example/?%zz", ""}, {"https://a.example:/", ""},
		{"HTTPS://a.example/", ""}, {"javascript:alert(1)", ""}, {"javascript://a.example/%0aalert(1)", ""}, {"data:text/html,x", ""}, {"file:///etc/passwd", ""},
		{"cursor://evil.extension/oauth/callback", ""}, {"evil://anysphere.cursor-mcp/oauth/callback", ""}, {"cursor:anysphere.cursor-mcp", ""},
		{"https://a.example/" + strings.Repeat("a", 1024), ""},
	} {
		r, ok := client.ParseRedirect(c.uri)
		if ok != (c.host != "") || r.Host != c.host {
			t.Errorf("%.60q: %q, %t", c.uri, r.Host, ok)
		}
	}
}

func TestA15_AllowsRegisteredRedirectURIs(t *testing.T) {
	for _, c := range []struct {
		registered, asked string
		ok                bool
	}{
		{"https://a.example/cb", "https://a.example/cb", true},
		{"https://a.example/cb", "https://a.example/cb/", false},
		{"https://a.example/cb", "https://a.example/CB", false},
		{"https://a.example/cb", "https://A.example/cb", false},
		{"https://a.example/cb", "https://a.example:443/cb", false},
		{"https://a.example/cb", "https://a.example:8443/cb", false},
		{"https://a.example/cb", "https://a.example/cb?x=y", false},
		{"https://a.example/cb", "https://a.example/x/../cb", false},
		{"http://localhost/callback", "http://localhost:54321/callback", true},
		{"http://localhost:1/callback", "http://localhost/callback", true},
		{"http://127.0.0.1:33418/", "http://127.0.0.1:50000/", true},
		{"http://[::1]/cb", "http://[::1]:9/cb", true},
		{"http://localhost/callback", "http://127.0.0.1:54321/callback", false},
		{"http://localhost/callback", "http://localhost:54321/other", false},
		{"http://localhost/callback", "http://localhost:54321/callback?x=y", false},
		{"http://localhost/a%2fb", "http://localhost/a/b", false},
		{"http://localhost/cb", "https://localhost/cb", false},
		{"cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback", true},
		{"cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/other", false},
	} {
		asked, ok := client.ParseRedirect(c.asked)
		if got := ok && (&client.Client{Redirects: []string{c.registered}}).Allows(asked); got != c.ok {
			t.Errorf("registered %s, asked %s: %t", c.registered, c.asked, got)
		}
	}
}

func TestRedirect_WithKeepsParameters(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/cb":                         "https://a.example/cb?code=a+b",
		"https://a.example/cb?x=%20y":                  "https://a.example/cb?x=%20y&code=a+b",
		"cursor://anysphere.cursor-mcp/oauth/callback": "cursor://anysphere.cursor-mcp/oauth/callback?code=a+b",
	} {
		r, _ := client.ParseRedirect(in)
		if got := r.With(url.Values{"code": {"a b"}}); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

// site serves one document and counts the requests.
type site struct {
	*httptest.Server
	asked  atomic.Int32
	mu     sync.Mutex
	header http.Header
	answer http.HandlerFunc
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{header: http.Header{"Content-Type": {"application/json"}}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		s.mu.Lock()
		answer := s.answer
		s.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		maps.Copy(w.Header(), s.header)
		_, _ = io.WriteString(w, s.document("/client.json"))
	}))
	t.Cleanup(s.Close)
	return s
}

// set replaces the site's response; nil restores the document.
func (s *site) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *site) id(path string) string { return s.URL + path }

func (s *site) document(path string) string {
	return fmt.Sprintf(`{"client_id":%q,"client_name":"Claude Code","redirect_uris":["http://localhost/callback","https://claude.ai/cb","evil://x/"],"token_endpoint_auth_method":"none"}`, s.id(path))
}

func TestDocuments_DescribeClient(t *testing.T) {
	s := newSite(t)
	c, err := client.NewDocuments(s.Client().Transport, time.Now).Get(t.Context(), s.id("/client.json"), "")
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "Claude Code" || "https://"+c.Host != s.URL || c.Method != client.MethodNone || !c.Refreshes || len(c.Redirects) != 2 {
		t.Errorf("%+v", c)
	}
}

func TestA11_RejectsInvalidDocuments(t *testing.T) {
	s := newSite(t)
	documents := client.NewDocuments(s.Client().Transport, time.Now)
	for promise, id := range map[string]string{
		"http": "http://a.example/client.json", "no path": "https://a.example", "a path of one slash": "https://a.example/", "a fragment": "https://a.example/x#y",
		"a user": "https://u:p@a.example/x", "dots in the path": "https://a.example/a/../b", "no host": "https:///x", "not a URL": "https://a b/x", "nothing": "",
		"too long": "https://a.example/" + strings.Repeat("a", 2000),
	} {
		if _, err := documents.Get(t.Context(), id, ""); library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", promise, err)
		}
	}
	if s.asked.Load() != 0 {
		t.Error("was fetched")
	}
	answers := map[string]struct {
		kind, body string
		code       library.Code
	}{
		"another client_id":               {"application/json", s.document("/other.json"), library.Invalid},
		"no client_id":                    {"application/json", `{"client_name":"x","redirect_uris":["https://a.example/"]}`, library.Invalid},
		"no name":                         {"application/json", `{"client_id":"ID","redirect_uris":["https://a.example/"]}`, library.Invalid},
		"no redirect URIs":                {"application/json", `{"client_id":"ID","client_name":"x"}`, library.Invalid},
		"no redirect URI that is allowed": {"application/json", `{"client_id":"ID","client_name":"x","redirect_uris":["http://a.example/"]}`, library.Invalid},
		"a secret":                        {"application/json", `{"client_id":"ID","client_name":"x","redirect_uris":["https://a.example/"],"client_secret":"y"}`, library.Invalid},
		"an authentication method":        {"application/json", `{"client_id":"ID","client_name":"x","redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_post"}`, library.Invalid},
		"other grants":                    {"application/json", `{"client_id":"ID","client_name":"x","redirect_uris":["https://a.example/"],"grant_types":["implicit"]}`, library.Invalid},
		"not JSON inside":                 {"application/json", `<html>`, library.Invalid},
		"not JSON by its type":            {"text/html", s.document("/client.json"), library.Unavailable},
		"longer than 64 kB":               {"application/json", `{"client_id":"ID","x":"` + strings.Repeat("a", 70<<10) + `"}`, library.Unavailable},
	}
	n := 0
	for promise, a := range answers {
		n++
		id := s.id(fmt.Sprintf("/%d/client.json", n))
		s.set(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", a.kind)
			_, _ = io.WriteString(w, strings.ReplaceAll(a.body, `"ID"`, `"`+id+`"`))
		})
		if _, err := documents.Get(t.Context(), id, ""); library.CodeOf(err) != a.code {
			t.Errorf("%s: %v", promise, err)
		}
	}
	over := make(chan struct{})
	defer close(over)
	for promise, h := range map[string]http.HandlerFunc{
		"404": http.NotFound,
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, s.id("/client.json"), http.StatusFound)
		},
		"A12: a redirect near": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		},
		"no response in time": func(http.ResponseWriter, *http.Request) { <-over },
	} {
		n++
		s.set(h)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if _, err := documents.Get(ctx, s.id(fmt.Sprintf("/%d/client.json", n)), ""); library.CodeOf(err) != library.Unavailable {
			t.Errorf("%s: %v", promise, err)
		}
		cancel()
	}
}

func TestA13_CachesDocumentsByTheirHeaders(t *testing.T) {
	for _, c := range []struct {
		promise, name, value string
		fresh                time.Duration // 0: not cached
	}{
		{"nothing said", "X", "y", 5 * time.Minute},
		{"an age", "Cache-Control", "public, max-age=120", 2 * time.Minute},
		{"for shared caches", "Cache-Control", "max-age=60, s-maxage=600", 10 * time.Minute},
		{"longer than an hour", "Cache-Control", "max-age=31536000", time.Hour},
		{"a number out of range", "Cache-Control", "max-age=99999999999999999999", time.Hour},
		{"no-store", "Cache-Control", "no-store", 0},
		{"no-cache", "Cache-Control", "No-Cache, max-age=600", 0},
		{"an invalid age", "Cache-Control", "max-age=-5", 0},
		{"expired", "Expires", "0", 0},
	} {
		s := newSite(t)
		s.header.Set(c.name, c.value)
		now := time.Now()
		documents := client.NewDocuments(s.Client().Transport, func() time.Time { return now })
		get := func() {
			t.Helper()
			if _, err := documents.Get(t.Context(), s.id("/client.json"), ""); err != nil {
				t.Fatal(err)
			}
		}
		get()
		now = now.Add(max(c.fresh-time.Second, 0))
		get()
		if n := s.asked.Load(); (n == 1) != (c.fresh > 0) {
			t.Errorf("%s: %d requests while fresh", c.promise, n)
		}
		before := s.asked.Load()
		now = now.Add(2 * time.Second)
		get()
		if s.asked.Load() != before+1 {
			t.Errorf("%s: no request when stale", c.promise)
		}
	}
}

func TestDocuments_CacheFailuresBriefly(t *testing.T) {
	s := newSite(t)
	s.set(http.NotFound)
	now := time.Now()
	documents := client.NewDocuments(s.Client().Transport, func() time.Time { return now })
	for range 3 {
		if _, err := documents.Get(t.Context(), s.id("/client.json"), ""); err == nil {
			t.Fatal("no error")
		}
	}
	if s.asked.Load() != 1 {
		t.Errorf("%d requests", s.asked.Load())
	}
	s.set(nil)
	now = now.Add(10 * time.Second)
	if _, err := documents.Get(t.Context(), s.id("/client.json"), ""); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestA12_FetchesFromPublicAddressesOnly(t *testing.T) {
	s := newSite(t)
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	documents := client.NewDocuments(client.NewTransport(), time.Now)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "169.254.169.254", "10.0.0.1", "[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]"} {
		for _, p := range []string{"", port} {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			_, err := documents.Get(ctx, "https://"+host+p+"/client.json", "")
			cancel()
			if library.CodeOf(err) != library.Unavailable || ctx.Err() == context.DeadlineExceeded {
				t.Errorf("%s%s: %v", host, p, err)
			}
		}
	}
	if s.asked.Load() != 0 {
		t.Error("was fetched")
	}
}

func registry(t testing.TB, b byte) *client.Registry {
	t.Helper()
	ring, err := seal.New(bytes.Repeat([]byte{b}, seal.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	return client.NewRegistry(ring, "https://a.example")
}

func TestRegistry_KnowsClientsOfOtherProcesses(t *testing.T) {
	c, secret, err := registry(t, 1).Register([]byte(`{"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/cb"],"token_endpoint_auth_method":"client_secret_basic","grant_types":["authorization_code"]}`))
	if err != nil || secret == "" || c.Refreshes {
		t.Fatalf("%+v, %v", c, err)
	}
	other := registry(t, 1)
	again, err := other.Lookup(c.ID)
	if err != nil || again.Name != "ChatGPT" || !other.HasSecret(again, secret) || other.HasSecret(again, "") || other.HasSecret(again, secret[1:]) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := registry(t, 2).Lookup(c.ID); library.CodeOf(err) != library.Invalid {
		t.Errorf("under another master: %v", err)
	}
}

func FuzzParseRedirect(f *testing.F) {
	for _, s := range []string{"https://a.example/cb", "http://localhost:1/cb?x=y", "cursor://anysphere.cursor-mcp/oauth/callback", "javascript:x", "http://[::1]/", "https://a@b/", "https://a.example/#", "//x", "http://127.0.0.1:99999/", "https://a.example;b/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := client.ParseRedirect(s)
		if !ok {
			return
		}
		if !r.Covers(r) || r.URI != s {
			t.Errorf("%q does not cover itself", s)
		}
		to := r.With(url.Values{"code": {"x"}})
		u, err := url.Parse(to)
		if err != nil || u.Query().Get("code") != "x" || !strings.HasPrefix(to, strings.SplitN(s, "?", 2)[0]) {
			t.Errorf("%q leads to %q", s, to)
		}
		if strings.ContainsAny(to, "\r\n \"<>") || strings.ContainsAny(r.Source+r.Host, " ;,'\"") {
			t.Errorf("%q has special characters in %q, %q", s, to, r.Source)
		}
		if !r.Loopback && !r.Private && u.Scheme != "https" {
			t.Errorf("%q is accepted", s)
		}
	})
}

func FuzzRegister(f *testing.F) {
	r := registry(f, 1)
	for _, s := range []string{`{"client_name":"x","redirect_uris":["https://a.example/"]}`, `{}`, `[]`, `{"redirect_uris":[1]}`, `{"redirect_uris":["http://localhost/"],"token_endpoint_auth_method":"client_secret_post"}`, "{\"client_name\":\"\u202e\",\"redirect_uris\":[\"https://a.example/\"]}", `{"client_id":5}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, _, err := r.Register(body)
		if err != nil {
			if code := library.CodeOf(err); code != library.Invalid && code != library.TooLarge {
				t.Errorf("%v", err)
			}
			return
		}
		again, err := r.Lookup(c.ID)
		if err != nil || again.Name != c.Name || again.Name == "" || len([]rune(again.Name)) > client.MaxName || len(c.ID) > 4096 {
			t.Errorf("%+v, %v", again, err)
		}
		for _, uri := range again.Redirects {
			if _, ok := client.ParseRedirect(uri); !ok {
				t.Errorf("%q was accepted", uri)
			}
		}
	})
}
