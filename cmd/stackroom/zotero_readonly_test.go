package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// TestZoteroKeysThatOnlyRead calls all tools with a personal key and a group key
// without the right to write. Only GET requests may be made.
func TestZoteroKeysThatOnlyRead(t *testing.T) {
	s := zoteroServer(t)
	for _, c := range []struct {
		key     string
		library seededLibrary
	}{{"read_only", s.Libraries[0]}, {"one_group", s.Libraries[2]}} {
		t.Run(c.key, func(t *testing.T) {
			through := *s
			through.URL = readOnlyProxy(t, s)
			url, _ := serveZotero(t, &through, c.key)
			ask := overREST(url)
			a := ask(t, "list_libraries", nil)
			if len(a.Libraries) != 1 || a.Libraries[0].ID != c.library.ID || a.Libraries[0].Items != c.library.Works || strings.Contains(a.text, `"may_write":true`) {
				t.Errorf("the key sees %s", a.text)
			}
			askUntilRead(t, ask)
			testSearch(t, c.library, ask)
			testReading(t, c.library, ask)
			testLists(t, c.library, ask)
			testChanges(t, c.library, ask)
			testExport(t, c.library, ask)
		})
	}
}

// readOnlyProxy passes requests to the server and refuses those that are not GET.
// The server demands the right to write for listing a user's top items (its
// requireUserWrite), which Zotero doesn't: on that route the proxy sends another
// key in place of the read-only one.
func readOnlyProxy(t *testing.T, s *zoteroSeed) string {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var server *httptest.Server
	road := &httputil.ReverseProxy{ModifyResponse: func(r *http.Response) error {
		// Its Link headers name its own address, which the client would refuse.
		if link := r.Header.Get("Link"); link != "" {
			r.Header.Set("Link", strings.ReplaceAll(link, s.URL, server.URL))
		}
		return nil
	}, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		if strings.HasPrefix(r.In.URL.Path, "/users/") && strings.HasSuffix(r.In.URL.Path, "/items/top") && r.In.Header.Get("Zotero-API-Key") == s.Keys["read_only"] {
			r.Out.Header.Set("Zotero-API-Key", s.Keys["personal"])
		}
	}}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.ContentLength > 0 {
			t.Errorf("%s %s is asked with a key that only reads", r.Method, r.URL.Path)
			http.Error(w, "read only", http.StatusForbidden)
			return
		}
		road.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
