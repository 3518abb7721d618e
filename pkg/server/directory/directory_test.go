package directory

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// options of a server for a team.
func options() Options {
	return Options{
		Card: Card{
			Name: "io.github.stackroom-mcp/stackroom", Version: "1.2.3", Title: "Stackroom", Description: "Reads.",
			WebsiteURL: "https://example.org/stackroom", Repository: &Repository{"https://example.org/source", "github"},
		},
		PublicURL: "https://mcp.example.org/", Challenge: "abc-123", Icon: []byte("PNG"), IconSize: "512x512",
		Contact: "library@example.org",
		Privacy: Privacy{Kept: []Kept{{"A <b>thing</b>", "With more", "here", "a day", "ask"}}, Sent: []Sent{{"Zotero", "A key", "Always"}}},
	}
}

// serve answers a request by the routes of o.
func serve(t *testing.T, o Options, method, path string, header map[string]string) *httptest.ResponseRecorder {
	t.Helper()
	d, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, r := range d.Routes() {
		if r.Method != http.MethodHead { // the mux answers HEAD by GET
			mux.Handle(r.Method+" "+r.Path, r.Handler)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	r.Host = "127.0.0.1:8080"
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

// read reads the JSON of an answer.
func read(t *testing.T, w *httptest.ResponseRecorder, into any) {
	t.Helper()
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil || w.Code != 200 {
		t.Fatalf("%d %v", w.Code, err)
	}
}

func TestCard(t *testing.T) {
	w := serve(t, options(), "GET", "/mcp/server-card", nil)
	if got := w.Header(); got.Get("Content-Type") != "application/mcp-server-card+json" || got.Get("Access-Control-Allow-Origin") != "*" || got.Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("headers %v", got)
	}
	var got map[string]any
	read(t, w, &got)
	remotes := got["remotes"]
	delete(got, "remotes")
	want := map[string]any{
		"$schema": "https://static.modelcontextprotocol.io/schemas/v1/server-card.schema.json",
		"name":    "io.github.stackroom-mcp/stackroom", "version": "1.2.3", "title": "Stackroom", "description": "Reads.",
		"websiteUrl": "https://example.org/stackroom", "repository": map[string]any{"url": "https://example.org/source", "source": "github"},
		"icons": []any{map[string]any{"src": "https://mcp.example.org/icon.png", "mimeType": "image/png", "sizes": []any{"512x512"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("card %v, want %v", got, want)
	}
	remote := remotes.([]any)[0].(map[string]any)
	if versions := remote["supportedProtocolVersions"].([]any); versions[0] != "2026-07-28" || len(versions) != 5 {
		t.Errorf("versions %v", versions)
	}
	delete(remote, "supportedProtocolVersions")
	if want := (map[string]any{"type": "streamable-http", "url": "https://mcp.example.org/mcp"}); !reflect.DeepEqual(remote, want) {
		t.Errorf("remote %v", remote)
	}
}

func TestCard_SaysThatATokenIsSent(t *testing.T) {
	o := options()
	o.Token = true
	var card Card
	read(t, serve(t, o, "GET", "/mcp/server-card", nil), &card)
	if h := card.Remotes[0].Headers; len(h) != 1 || h[0].Name != "Authorization" || !h[0].Required || !h[0].Secret || !strings.Contains(h[0].Description, "Bearer") {
		t.Errorf("headers %+v", h)
	}
}

func TestCatalog(t *testing.T) {
	w := serve(t, options(), "GET", "/.well-known/ai-catalog.json", nil)
	if got := w.Header(); got.Get("Content-Type") != "application/ai-catalog+json" || got.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("headers %v", got)
	}
	var got catalog
	read(t, w, &got)
	want := catalog{"1.0", []entry{{"urn:air:mcp.example.org:mcp:stackroom", "application/mcp-server-card+json", "https://mcp.example.org/mcp/server-card"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("catalog %+v", got)
	}
}

// TestDocuments_OfARequestsHost holds that what depends on the request is kept by
// no cache.
func TestDocuments_OfARequestsHost(t *testing.T) {
	o := options()
	o.PublicURL = ""
	var got catalog
	w := serve(t, o, "GET", "/.well-known/ai-catalog.json", nil)
	read(t, w, &got)
	if got.Entries[0] != (entry{"urn:air:127.0.0.1:mcp:stackroom", cardType, "http://127.0.0.1:8080/mcp/server-card"}) || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%+v %v", got, w.Header())
	}
}

func TestDocuments_AreComparedByETag(t *testing.T) {
	for _, path := range []string{"/mcp/server-card", "/.well-known/ai-catalog.json", "/icon.png"} {
		first := serve(t, options(), "GET", path, nil)
		tag := first.Header().Get("ETag")
		if len(tag) < 10 {
			t.Fatalf("%s: ETag %q", path, tag)
		}
		again := serve(t, options(), "GET", path, map[string]string{"If-None-Match": tag})
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%s again: %d %v", path, again.Code, again.Header())
		}
		changed := options()
		changed.Card.Version, changed.PublicURL, changed.Icon = "1.2.4", "https://b.example.org", []byte("other")
		if got := serve(t, changed, "GET", path, map[string]string{"If-None-Match": tag}); got.Code != 200 {
			t.Errorf("%s after a change: %d", path, got.Code)
		}
	}
}

func TestDocuments_AnswerPreflights(t *testing.T) {
	for _, path := range []string{"/mcp/server-card", "/.well-known/ai-catalog.json"} {
		w := serve(t, options(), "OPTIONS", path, map[string]string{"Origin": "https://app.example", "Access-Control-Request-Method": "GET"})
		if h := w.Header(); w.Code != 204 || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "GET" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "If-None-Match") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestChallenge(t *testing.T) {
	w := serve(t, options(), "GET", "/.well-known/openai-apps-challenge", nil)
	if w.Code != 200 || w.Body.String() != "abc-123" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
	o := options()
	o.Challenge = ""
	if w := serve(t, o, "GET", "/.well-known/openai-apps-challenge", nil); w.Code != 404 {
		t.Errorf("without one: %d", w.Code)
	}
}

func TestIcon(t *testing.T) {
	if w := serve(t, options(), "GET", "/icon.png", nil); w.Body.String() != "PNG" || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestPages(t *testing.T) {
	for path, want := range map[string][]string{
		"/privacy": {"<h3>A &lt;b&gt;thing&lt;/b&gt;</h3>", "<p>With more.</p>", "Where: here.", "How long: a day.", "How to end it: ask.", "Zotero", "A key. Always.", `href="mailto:library@example.org"`, `href="/support"`},
		"/support": {`href="mailto:library@example.org"`, `href="https://example.org/source/issues"`, `href="/privacy"`, "Stackroom 1.2.3"},
	} {
		w := serve(t, options(), "GET", path, nil)
		for _, s := range want {
			if !strings.Contains(w.Body.String(), s) {
				t.Errorf("%s lacks %q", path, s)
			}
		}
		if _, err := html.Parse(strings.NewReader(w.Body.String())); err != nil || w.Code != 200 || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v %v", path, w.Code, w.Header(), err)
		}
		for contact, want := range map[string]string{"": "gave you", "https://help.example.org/x": `href="https://help.example.org/x"`} {
			o := options()
			o.Contact = contact
			if body := serve(t, o, "GET", path, nil).Body.String(); !strings.Contains(body, want) || strings.Contains(body, "mailto:") {
				t.Errorf("%s with contact %q lacks %q", path, contact, want)
			}
		}
	}
}

// TestRoutes_AreRead holds that each path answers HEAD too, and no POST.
func TestRoutes_AreRead(t *testing.T) {
	d, err := New(options())
	if err != nil {
		t.Fatal(err)
	}
	methods := map[string]string{}
	for _, r := range d.Routes() {
		methods[r.Path] += r.Method + " "
	}
	for path, got := range methods {
		if strings.Contains(got, "POST") || !strings.Contains(got, "GET HEAD ") {
			t.Errorf("%s has %s", path, got)
		}
	}
	if len(methods) != 6 {
		t.Errorf("paths %v", methods)
	}
}
