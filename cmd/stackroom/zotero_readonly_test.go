package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// TestZoteroKeysThatOnlyRead: a personal key and a group's without the right to
// write answer all tools, and nothing but GET is ever asked.
func TestZoteroKeysThatOnlyRead(t *testing.T) {
	s := zoteroServer(t)
	for _, c := range []struct {
		key     string
		library seededLibrary
	}{{"read_only", s.Libraries[0]}, {"one_group", s.Libraries[2]}} {
		t.Run(c.key, func(t *testing.T) {
			through := *s
			through.URL = readOnlyRoad(t, s)
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

// readOnlyRoad leads to the server, and refuses what isn't reading. That server
// wants the right to write of whoever lists a user's top items (its
// requireUserWrite), which Zotero doesn't: on that one route another key is
// shown in place of the one that only reads.
func readOnlyRoad(t *testing.T, s *zoteroSeed) string {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var server *httptest.Server
	road := &httputil.ReverseProxy{ModifyResponse: func(r *http.Response) error {
		// Its lists go on at its own address, where the client would not follow.
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
