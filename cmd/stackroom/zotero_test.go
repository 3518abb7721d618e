package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// zoteroStandIn answers the few calls that listing and searching one personal
// library takes.
func zoteroStandIn(t *testing.T, down *atomic.Bool) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			http.Error(w, "An error occurred", http.StatusInternalServerError)
			return
		}
		if r.Header.Get("Zotero-API-Key") != "goodkey1" && r.URL.Path != "/itemTypes" {
			http.Error(w, "Invalid key", http.StatusForbidden)
			return
		}
		w.Header().Set("Last-Modified-Version", "7")
		w.Header().Set("Total-Results", "1")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/keys/current":
			_, _ = w.Write([]byte(`{"key":"goodkey1","userID":1,"username":"ada","access":{"user":{"library":true,"notes":true}}}`))
		case strings.HasPrefix(r.URL.Path, "/users/1/items"):
			_, _ = w.Write([]byte(`[{"key":"ABCD2345","version":7,"library":{"type":"user","id":1,"name":"Ada"},"meta":{"parsedDate":"1843"},` +
				`"data":{"key":"ABCD2345","version":7,"itemType":"book","title":"A Zotero book","creators":[],"tags":[],"collections":[],"relations":{},"dateAdded":"2026-01-01T00:00:00Z","dateModified":"2026-01-01T00:00:00Z"}}]`))
		case strings.HasSuffix(r.URL.Path, "/fulltext"):
			_, _ = w.Write([]byte(`{}`))
		default:
			w.Header().Set("Total-Results", "0")
			_, _ = w.Write([]byte(`[]`))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestZoteroBesideEmbeddedLibrary(t *testing.T) {
	var down atomic.Bool
	upstream := zoteroStandIn(t, &down)
	data := "STACKROOM_DATA=" + t.TempDir()
	environ := []string{data, "ZOTERO_URL=" + upstream.URL, "ZOTERO_API_KEY=goodkey1"}
	alone, _ := start(t, environ...)
	if titles := search(t, alone, ""); len(titles) != 1 || titles[0] != "A Zotero book" {
		t.Errorf("Zotero alone: %q", titles)
	}
	if status, _, stderr := run(t, []string{data}, "import", bibliography(t)); status != 0 {
		t.Fatal(stderr)
	}
	if titles := search(t, alone, ""); len(titles) < 3 {
		t.Errorf("with what was imported: %q", titles)
	}
	if status, body := get(t, alone+"/ready"); status != http.StatusOK || !strings.Contains(body, `"zotero":"closed"`) {
		t.Errorf("ready: %d %s", status, body)
	}
	down.Store(true)
	cold, logs := start(t, environ...)
	answer := ask(t, cold, "search", `{"query":"computable"}`)
	if !strings.Contains(answer, "On computable numbers") || !strings.Contains(answer, "left out") {
		t.Errorf("Zotero down from the start: %s", answer)
	}
	if s := logs.String() + answer; strings.Contains(s, "goodkey1") {
		t.Errorf("the key is shown: %s", s)
	}
}

func TestDoctor(t *testing.T) {
	var down atomic.Bool
	upstream := zoteroStandIn(t, &down)
	data := "STACKROOM_DATA=" + t.TempDir()
	for _, c := range []struct {
		promise string
		environ []string
		down    bool
		status  int
		says    []string
	}{
		{"nothing set", []string{data}, false, 0, []string{"ok    embedded", "ok    data folder", "not configured"}},
		{"a good key", []string{data, "ZOTERO_URL=" + upstream.URL, "ZOTERO_API_KEY=goodkey1"}, false, 0, []string{"user:1: 1 works", "ok    breaker", "ok    clock"}},
		{"a dead key beside it", []string{data, "ZOTERO_URL=" + upstream.URL, "ZOTERO_API_KEY=goodkey1,deadkey2"}, false, exitFailure, []string{"ok    zotero key #0", "FAIL  zotero key #1", "→"}},
		{"Zotero down", []string{data, "ZOTERO_URL=" + upstream.URL, "ZOTERO_API_KEY=goodkey1"}, true, exitFailure, []string{"FAIL  zotero key #0"}},
		{"a folder that can't be", []string{"STACKROOM_DATA=/dev/null/library"}, false, exitFailure, []string{"FAIL  data folder", "STACKROOM_DATA"}},
		{"wrong settings", []string{"PORT=x", "LOG_LEVEL=y"}, false, exitFailure, []string{"PORT", "LOG_LEVEL"}},
	} {
		down.Store(c.down)
		status, stdout, stderr := run(t, c.environ, "doctor")
		if status != c.status {
			t.Errorf("%s: status %d: %s%s", c.promise, status, stdout, stderr)
		}
		for _, s := range c.says {
			if !strings.Contains(stdout, s) {
				t.Errorf("%s: %q is not in\n%s", c.promise, s, stdout)
			}
		}
		if strings.Contains(stdout+stderr, "goodkey1") || strings.Contains(stdout+stderr, "deadkey2") {
			t.Errorf("%s: a key is shown: %s%s", c.promise, stdout, stderr)
		}
	}
}

// ask calls a tool over REST.
func ask(t *testing.T, url, tool, arguments string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/tools/"+tool, strings.NewReader(arguments))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer json.RawMessage
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return string(answer)
}
