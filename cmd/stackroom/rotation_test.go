package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

// crowd calls search from 20 goroutines until end is called, each time with a new
// query that no cache has. It returns the number of calls answered and the
// failures of the others.
func crowd(t *testing.T, url string, token func() string) (answered *atomic.Int64, end func() (failures []string)) {
	t.Helper()
	answered = &atomic.Int64{}
	var stopped atomic.Bool
	var mu sync.Mutex
	var failures []string
	var all sync.WaitGroup
	for caller := range 20 {
		all.Go(func() {
			for n := 0; !stopped.Load(); n++ {
				if failure := searchOnce(t, url, token(), fmt.Sprintf("Zotero w%dx%d", caller, n)); failure == "" {
					answered.Add(1)
				} else {
					mu.Lock()
					failures = append(failures, failure)
					mu.Unlock()
				}
			}
		})
	}
	return answered, func() []string {
		stopped.Store(true)
		all.Wait()
		return failures
	}
}

// searchOnce returns the failure of one search, or "".
func searchOnce(t *testing.T, url, token, query string) string {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/tools/search", strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || strings.Contains(string(body), "left out") {
		return fmt.Sprintf("%s: %v: %.300s", res.Status, err, body)
	}
	return ""
}

// more waits until n more calls are answered.
func more(t *testing.T, answered *atomic.Int64, n int64) {
	t.Helper()
	goal := answered.Load() + n
	until(t, 60*time.Second, "calls to be answered", func() bool { return answered.Load() >= goal })
}

// rotatingZotero answers as [zoteroStandIn] does, but accepts only the key in
// good.
func rotatingZotero(t *testing.T, good *atomic.Value) (url string, refused *atomic.Int64) {
	t.Helper()
	refused = &atomic.Int64{}
	inner := zoteroStandIn(t, &atomic.Bool{}).Config.Handler
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Zotero-Api-Key") != good.Load():
			refused.Add(1)
			http.Error(w, "Invalid key", http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "/fulltext"): // with it, Zotero itself is asked for all words
			_, _ = io.WriteString(w, `{"ABCD2345":7}`)
		default:
			r.Header.Set("Zotero-Api-Key", "goodkey1") // the one that the stand-in knows
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, refused
}

func TestRotation_ZoteroKey(t *testing.T) {
	var good atomic.Value
	good.Store("firstkey1")
	upstream, refused := rotatingZotero(t, &good)
	path := filepath.Join(t.TempDir(), "key")
	secrettest.WriteFile(t, path, "firstkey1")
	url, logs := start(t, "STACKROOM_DATA="+t.TempDir(), "RATE_LIMIT_MAX=0", "ZOTERO_URL="+upstream, "ZOTERO_API_KEY="+secrettest.FileReference(path))
	answered, end := crowd(t, url, func() string { return "" })
	more(t, answered, 100)
	before := refused.Load()
	secrettest.WriteFile(t, path, "secondkey2")
	good.Store("secondkey2")
	more(t, answered, 200)
	if refused.Load() == before {
		t.Error("the old key was never refused: nothing was tried")
	}
	if failures := end(); len(failures) > 0 {
		t.Errorf("%d calls failed, beside %d answered; the first: %s\n%s", len(failures), answered.Load(), failures[0], logs)
	}
	for _, key := range []string{"firstkey1", "secondkey2"} {
		if strings.Contains(logs.String(), key) {
			t.Error("a key is in the log")
		}
	}
}

func TestRotation_Tokens(t *testing.T) {
	issue := func(name string) (token, record string) {
		status, stdout, stderr := run(t, nil, "token", "new", "--name", name, "--all-libraries", "--json")
		var made struct {
			Token  string
			Record json.RawMessage
		}
		if err := json.Unmarshal([]byte(stdout), &made); err != nil || status != 0 {
			t.Fatal(err, stderr)
		}
		return made.Token, string(made.Record) + "\n"
	}
	first, record := issue("first")
	path := filepath.Join(t.TempDir(), "tokens")
	secrettest.WriteFile(t, path, record)
	url, logs := start(t, "STACKROOM_DATA="+t.TempDir(), "RATE_LIMIT_MAX=0", "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS="+secrettest.FileReference(path))
	var current atomic.Value
	current.Store(first)
	answered, end := crowd(t, url, func() string { return current.Load().(string) })
	more(t, answered, 200)
	second, added := issue("second")
	secrettest.WriteFile(t, path, record+added) // first the record, then the token: the old one is good meanwhile
	current.Store(second)
	more(t, answered, 200)
	if failures := end(); len(failures) > 0 {
		t.Errorf("%d calls failed, beside %d answered; the first: %s\n%s", len(failures), answered.Load(), failures[0], logs)
	}
	if failure := searchOnce(t, url, first[:len(first)-1]+"x", "light"); !strings.Contains(failure, "401") {
		t.Errorf("a wrong token: %q", failure)
	}
}
