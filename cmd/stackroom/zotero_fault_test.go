package main

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestZoteroErrors_ShownToAssistants checks the result of a tool for each failure
// of the upstream. The matrix in package upstream has the number and times of
// the calls.
func TestZoteroErrors_ShownToAssistants(t *testing.T) {
	t.Parallel()
	status := func(code int, header, value, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set(header, value)
			}
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	for _, c := range []struct {
		promise string
		items   http.HandlerFunc // what reading items gives
		code    string
		says    string
	}{
		{"a page instead of data", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html><body>SECRET maintenance</body></html>")
		}, "unavailable", "try again"},
		{"an error text with status 200", status(200, "", "", "SECRET An error occurred"), "unavailable", "try again"},
		{"a dead key", status(403, "", "", "Invalid key SECRET"), "unauthenticated", "key"},
		{"slowed down for an hour", status(429, "Retry-After", "3600", "SECRET"), "rate_limited", `"retry_after":3`},
		// The first caller reads that Zotero is down, the next one that it asked for
		// a pause.
		{"maintenance for an hour", status(503, "Retry-After", "3600", "SECRET"), "", `"retry_after":3`},
		{"an error of Zotero's", status(500, "", "", "SECRET stack trace"), "unavailable", "Zotero"},
		{"another host", status(302, "Location", "https://elsewhere.example/", ""), "unavailable", "Zotero"},
		{"broken compression", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			var b strings.Builder
			z := gzip.NewWriter(&b)
			fmt.Fprint(z, strings.Repeat(`[{"key":"SECRET"}]`, 1000))
			_ = z.Close()
			fmt.Fprint(w, b.String()[:b.Len()/2])
		}, "unavailable", "Zotero"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/keys/current" {
					w.Header().Set("Content-Type", "application/json")
					fmt.Fprint(w, `{"key":"goodkey1","userID":1,"username":"ada","access":{"user":{"library":true,"notes":true}}}`)
					return
				}
				c.items(w, r)
			}))
			t.Cleanup(s.Close)
			url, logs := start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+s.URL, "ZOTERO_API_KEY=goodkey1")
			answer := ask(t, url, "search", `{"query":"light"}`)
			if !strings.Contains(answer, `"code":"`+c.code) || !strings.Contains(answer, c.says) || !strings.Contains(answer, `"hint":`) {
				t.Errorf("the assistant reads: %s", answer)
			}
			if strings.Contains(answer, "SECRET") || strings.Contains(answer+logs.String(), "goodkey1") {
				t.Errorf("shown: %s\n%s", answer, logs)
			}
		})
	}
}
