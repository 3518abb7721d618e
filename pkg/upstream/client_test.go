package upstream_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

func TestNew_ValidatesOptions(t *testing.T) {
	for base, ok := range map[string]bool{
		"https://api.zotero.org": true, "https://api.zotero.org/": true, "http://127.0.0.1:23119/api/": true, "http://[::1]:1/a%20b": true,
		"": false, "api.zotero.org": false, "ftp://api.zotero.org": false, "https://": false, "https:///x": false, "https://user:sEcReT@api.zotero.org": false,
		"https://api.zotero.org?key=1": false, "https://api.zotero.org/?": false, "https://api.zotero.org/#x": false, "http://a b": false, "https:x": false, "http://a/../b": false,
	} {
		_, err := upstream.New(upstream.Options{BaseURL: base})
		if (err == nil) != ok || !ok && library.CodeOf(err) != library.Invalid {
			t.Errorf("%q: %v", base, err)
		}
		if err != nil && strings.Contains(err.Error(), "sEcReT") {
			t.Errorf("the error repeats a password: %v", err)
		}
	}
	for _, o := range []upstream.Options{{Timeout: -1}, {Attempts: -1}, {CacheBytes: -1}, {MaxBytes: -1}, {Queue: -1}, {Fresh: -1}} {
		o.BaseURL = "https://api.zotero.org"
		if _, err := upstream.New(o); library.CodeOf(err) != library.Invalid {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestGet_StaysOnHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			json.NewEncoder(w).Encode(r.Host + " " + r.URL.RequestURI())
		})
		client := n.client(t, func(o *upstream.Options) { o.BaseURL += "/api/" })
		for path, want := range map[string]string{
			"/":                       "zotero.test /api/",
			"/users/1/items":          "zotero.test /api/users/1/items",
			"/users/1/tags/a%2Fb%20c": "zotero.test /api/users/1/tags/a%2Fb%20c",
			"/a b":                    "zotero.test /api/a%20b",
			"//evil.test/x":           "zotero.test /api//evil.test/x",
			"/ü":                      "zotero.test /api/%C3%BC",
			"":                        "", "x": "", "/../x": "", "/a/..": "", "/a/%2e%2E/b": "", "/a%2f..%2fb": "", "/.": "", "/a?b=c": "", "/a#b": "", "/%zz": "", "http://evil.test/": "",
		} {
			response, err := client.Get(t.Context(), asJSON(path))
			if want == "" {
				if library.CodeOf(err) != library.Internal {
					t.Errorf("%q: %v", path, err)
				}
				continue
			}
			var got string
			if err != nil || json.Unmarshal(response.Body, &got) != nil || got != want {
				t.Errorf("%q reaches %q, %v", path, got, err)
			}
		}
		long := asJSON("/x")
		long.Query = url.Values{"q": {strings.Repeat("x", 9000)}}
		if _, err := client.Get(t.Context(), long); library.CodeOf(err) != library.TooLarge {
			t.Errorf("a long query: %v", err)
		}
		bad := asJSON("/x")
		bad.Credential = apiKey("sEcReT\r\nX: y")
		_, err := client.Get(t.Context(), bad)
		if e := errorOf(t, err); e.Code != library.Unauthenticated || strings.Contains(e.Error(), "sEcReT") {
			t.Errorf("a key with a line break: %v", e)
		}
		bad = asJSON("/x")
		bad.Header.Set("X", "a\r\nb")
		if _, err := client.Get(t.Context(), bad); library.CodeOf(err) != library.Internal {
			t.Errorf("a header with a line break: %v", err)
		}
	})
}

func TestGet_SendsHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("User-Agent")
			w.Header().Set("Set-Cookie", "session=1")
			json.NewEncoder(w).Encode(r.Header)
		})
		client := n.client(t)
		response := mustGet(t, client, upstream.Request{
			Path: "/x",
			Header: http.Header{
				"Accept": {"application/json"}, "Authorization": {"Bearer mine"}, "Cookie": {"a=b"}, "zotero-api-key": {"mine"},
				"If-None-Match": {"*"}, "accept-encoding": {"br"}, "Zotero-Api-Version": {"2"},
			},
			Credential: upstream.NewCredential("k", http.Header{"zotero-api-key": {"good"}}),
		})
		want := `{"Accept":["application/json"],"Accept-Encoding":["gzip"],"Zotero-Api-Key":["good"],"Zotero-Api-Version":["2"]}`
		if got := strings.TrimSpace(string(response.Body)); got != want {
			t.Errorf("the host got %s", got)
		}
		if response.Header.Get("Set-Cookie") != "" {
			t.Error("a session cookie of the host is shared")
		}
	})
}

func TestCheckLink(t *testing.T) {
	zotero, err := upstream.New(upstream.Options{BaseURL: "https://api.zotero.org"})
	if err != nil {
		t.Fatal(err)
	}
	local, err := upstream.New(upstream.Options{BaseURL: "http://127.0.0.1:23119/api/"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		client *upstream.Client
		raw    string
		path   string // "" if rejected
		query  string
	}{
		{zotero, "https://api.zotero.org/users/1/items?limit=100&start=100", "/users/1/items", "limit=100&start=100"},
		{zotero, "https://API.Zotero.org:443/users/1/tags/a%2Fb", "/users/1/tags/a%2Fb", ""},
		{zotero, "/users/1/items?start=25", "/users/1/items", "start=25"},
		{zotero, "https://api.zotero.org", "/", ""},
		{zotero, "http://api.zotero.org/users/1/items", "", ""},
		{zotero, "https://evil.test/users/1/items", "", ""},
		{zotero, "https://api.zotero.org.evil.test/x", "", ""},
		{zotero, "https://api.zotero.org@evil.test/x", "", ""},
		{zotero, "https://me@api.zotero.org/x", "", ""},
		{zotero, "https://api.zotero.org:8443/x", "", ""},
		{zotero, "//evil.test/x", "", ""},
		{zotero, "users/1", "", ""},
		{zotero, "?start=25", "", ""},
		{zotero, "", "", ""},
		{zotero, "https://api.zotero.org/a/../b", "", ""},
		{zotero, "https://api.zotero.org/x?a=%zz", "", ""},
		{zotero, "file:///etc/passwd", "", ""},
		{zotero, "https://api.zotero.org/\x00", "", ""},
		{local, "http://localhost:23119/api/users/0/items?start=25", "/users/0/items", "start=25"},
		{local, "http://[::1]:23119/api/users/0/items", "/users/0/items", ""},
		{local, "/api/users/0/items", "/users/0/items", ""},
		{local, "http://localhost:23119/apinot/users", "", ""},
		{local, "http://localhost:23119/connector", "", ""},
		{local, "http://localhost:1/api/users", "", ""},
		{local, "http://10.0.0.1:23119/api/users", "", ""},
	} {
		path, query, err := c.client.CheckLink(c.raw)
		if c.path == "" {
			if e := errorOf(t, err); e.Code != library.Unavailable || e.Hint == "" || strings.Contains(e.Error(), "evil") {
				t.Errorf("%q: %q, %v", c.raw, path, err)
			}
			continue
		}
		if err != nil || path != c.path || query.Encode() != c.query {
			t.Errorf("%q: %q, %q, %v", c.raw, path, query.Encode(), err)
		}
	}
}

func TestTransport_ReusesConnectionsAndSpeaksHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q", r.Proto+" "+r.RemoteAddr)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	strict := upstream.NewTransport()
	trusting := upstream.NewTransport()
	trusting.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	t.Cleanup(strict.CloseIdleConnections)
	t.Cleanup(trusting.CloseIdleConnections)

	client, err := upstream.New(upstream.Options{BaseURL: server.URL, Transport: trusting})
	if err != nil {
		t.Fatal(err)
	}
	first := mustGet(t, client, asJSON("/1"))
	second := mustGet(t, client, asJSON("/2"))
	if string(first.Body) != string(second.Body) || !strings.HasPrefix(string(first.Body), `"HTTP/2.0`) {
		t.Errorf("two calls used %s and %s", first.Body, second.Body)
	}

	client, err = upstream.New(upstream.Options{BaseURL: server.URL, Name: "Zotero", Transport: strict, RetryBase: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	_, err = client.Get(t.Context(), asJSON("/3"))
	if e := errorOf(t, err); e.Code != library.Unavailable || e.Message != "the certificate of Zotero can't be verified" || !strings.Contains(e.Hint, "clock") {
		t.Error(e)
	}
}

func TestGet_AcceptsHTMLIfRequested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := map[string]string{"/page": "<!DOCTYPE html><p>", "/bib": `<?xml version="1.0"?><div class="csl-bib-body">`, "/bookmarks": "<!DOCTYPE NETSCAPE-Bookmark-file-1>", "/ris": "TY  - BOOK", "/empty": ""}
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answers[r.URL.Path]) })
		client := n.client(t)
		for path, want := range answers {
			response, err := client.Get(t.Context(), upstream.Request{Path: path})
			if path == "/page" {
				if library.CodeOf(err) != library.Unavailable {
					t.Errorf("an unexpected page: %v", err)
				}
				continue
			}
			if err != nil || string(response.Body) != want {
				t.Errorf("%s: %v", path, err)
			}
		}
		if _, err := client.Get(t.Context(), upstream.Request{Path: "/page", Header: http.Header{"Accept": {"text/html"}}}); err != nil {
			t.Error(err)
		}
	})
}

// panicking is a transport that panics.
type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("a bug") }

func TestGet_TurnsPanicIntoError(t *testing.T) {
	client, err := upstream.New(upstream.Options{BaseURL: "http://x.test", Transport: panicking{}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Get(t.Context(), asJSON("/x"))
	if e := errorOf(t, err); e.Code != library.Internal || strings.Contains(e.Message, "bug") || !strings.Contains(e.Error(), "a bug") {
		t.Error(e)
	}
	if s := client.State(); s.InFlight != 0 {
		t.Errorf("%d in flight", s.InFlight)
	}
}
