package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// The library in which a tag is renamed.
const (
	taggedWorks = 1000
	oldTag      = "to read"
	batchSize   = 50 // works in a batch, Zotero's most
)

// distant is a stand-in of Zotero's API, without texts of files, that answers after a
// time and keeps what it was asked.
type distant struct {
	http.Handler

	mu    sync.Mutex
	delay time.Duration
	calls []string
}

func (d *distant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.calls = append(d.calls, r.Method+" "+r.URL.RequestURI())
	delay := d.delay
	d.mu.Unlock()
	time.Sleep(delay)
	if strings.HasSuffix(r.URL.Path, "/fulltext") { // else they are read in the background
		_, _ = w.Write([]byte("{}"))
		return
	}
	d.Handler.ServeHTTP(w, r)
}

// wait sets the delay and forgets what was asked.
func (d *distant) wait(delay time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delay, d.calls = delay, nil
}

func (d *distant) asked() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// tagged returns a stand-in with a personal library whose works have [oldTag], and asks a
// server over it that has read the library whole.
func tagged(t testing.TB) (*distant, asker) {
	t.Helper()
	zotero := &signintest.Zotero{}
	zotero.Other = &signintest.Libraries{Zotero: zotero, Works: taggedWorks}
	key := zotero.GiveWriting(signintest.User{ID: 1})
	d := &distant{Handler: zotero}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	for first := 0; first < taggedWorks; first += batchSize {
		var batch []string
		for i := range batchSize {
			batch = append(batch, fmt.Sprintf(`{"key":%q,"version":1000,"tags":[{"tag":"kept"},{"tag":%q}]}`, signintest.WorkKey(first+i), oldTag))
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/users/1/items", strings.NewReader("["+strings.Join(batch, ",")+"]"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Zotero-API-Key", key)
		req.Header.Set("Zotero-Write-Token", fmt.Sprint("first", first))
		if res, err := http.DefaultClient.Do(req); err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusOK {
			t.Fatal(res, err)
		}
	}
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+server.URL, "ZOTERO_API_KEY="+key, "RATE_LIMIT_MAX=0", "STACKROOM_RESOLVERS=none")
	ask := overREST(url)
	for range 600 {
		a := ask(t, "search", map[string]any{"query": "", "library": "user:1", "limit": 1})
		if a.Total == taggedWorks && !strings.Contains(a.text, "being read") {
			return d, ask
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the library was not read")
	return nil, nil
}

// rename renames a tag of the library by one plan.
func rename(t testing.TB, ask asker, from, to string) {
	t.Helper()
	plan := ask(t, "organize", map[string]any{"library": "user:1", "action": "rename_tags", "tags": []string{from}, "name": to})
	done := ask(t, "apply_changes", map[string]any{"plan": plan.Plan})
	if plan.Status != "planned" || plan.Total != taggedWorks || done.Status != "done" || done.Total != taggedWorks {
		t.Fatalf("%s of %d, then %s of %d", plan.Status, plan.Total, done.Status, done.Total)
	}
}

// TestOrganize_RenamesATagInFewRequests renames a tag of 1,000 works, which takes 20
// batches and at most 5 further requests, and finds the works by the new tag at once.
func TestOrganize_RenamesATagInFewRequests(t *testing.T) {
	d, ask := tagged(t)
	d.wait(0)
	rename(t, ask, oldTag, "read")
	batches := 0
	for _, call := range d.asked() {
		if strings.HasPrefix(call, http.MethodPost) {
			batches++
		}
	}
	if n := len(d.asked()); batches != taggedWorks/batchSize || n > 25 {
		t.Errorf("%d batches, %d requests: %q", batches, n, d.asked())
	}
	for tag, want := range map[string]int{oldTag: 0, "read": taggedWorks, "kept": taggedWorks} {
		if a := ask(t, "search", map[string]any{"query": "", "library": "user:1", "tags": []string{tag}, "limit": 1}); a.Total != want {
			t.Errorf("%d works have the tag %q, want %d", a.Total, tag, want)
		}
	}
}

// BenchmarkOrganize_RenamesATag renames a tag of 1,000 works, there and back, at a Zotero
// that answers after 50 ms. The yardstick is the time that 20 requests take.
func BenchmarkOrganize_RenamesATag(b *testing.B) {
	const delay = 50 * time.Millisecond
	d, ask := tagged(b)
	d.wait(delay)
	from, to := oldTag, "read"
	for b.Loop() {
		rename(b, ask, from, to)
		from, to = to, from
	}
	each := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(float64(len(d.asked()))/float64(b.N), "requests/op")
	b.ReportMetric(float64(each)/float64(taggedWorks/batchSize*delay), "times-20-requests")
}
