package main

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/change"
)

// TestActivity_IsSavedAtTheEnd holds that calls over REST and MCP, and those of a page, are
// in the data folder after SIGTERM, without the words of the caller.
func TestActivity_IsSavedAtTheEnd(t *testing.T) {
	data := t.TempDir()
	r := startRunning(t, "STACKROOM_DATA="+data)
	const message = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"darwin"}}}`
	for path, body := range map[string]string{"/tools/search": `{"query":"darwin"}`, "/mcp": message} {
		send(t, r, http.MethodPost, path, body, http.StatusOK)
	}
	send(t, r, http.MethodGet, "/changes/local/01M8KEM973EKN46JQYPXXFG2RF", "", http.StatusNotFound)
	if status := r.stop(); status != 0 {
		t.Fatalf("status %d: %s", status, r.logs)
	}
	day, err := activity.New(activity.Options{Recorder: activity.NewRecorder(), Store: change.NewFolder(filepath.Join(data, "activity"), nil)}).Day(t.Context(), activity.Local, time.Now())
	if err != nil || len(day.Entries) != 3 || day.Entries[0].Tool != "show_receipt" || day.Entries[0].Code != "not_found" {
		t.Fatalf("%+v %v", day, err)
	}
	for _, e := range day.Entries[1:] {
		if e.Tool != "search" || e.Client != "script" || !e.OK() || e.Library() != "local" || e.Took <= 0 {
			t.Errorf("%+v", e)
		}
	}
	_ = filepath.WalkDir(data, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if text, _ := os.ReadFile(path); strings.Contains(string(text), "darwin") {
				t.Errorf("%s has a word of the caller", path)
			}
		}
		return nil
	})
}

// send sends a request of a client and expects a status.
func send(t *testing.T, r *running, method, path, body string, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.addr+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("User-Agent", "script/1.0")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != want {
		t.Fatalf("%s: %v %v", path, res, err)
	}
	_ = res.Body.Close()
}

// TestActivity_MemberEndsClient holds that a member sees what a client did, on the page
// of the process that served it, and that the client is refused once it is ended there.
func TestActivity_MemberEndsClient(t *testing.T) {
	d, client := deployForTwo(t)
	mine, ok := d.signIn(ada, client)
	theirs, okay := d.signIn(bob, client)
	if !ok || !okay {
		t.FailNow()
	}
	for _, s := range []signedIn{mine, theirs} {
		for server := range 2 {
			if r := d.overMCP(s.access, "search", `{"query":"tenancy"}`, onlyServer, string(rune('0'+server))); r.status != http.StatusOK {
				t.Fatalf("%d %s", r.status, r.body)
			}
		}
	}
	m, other := d.account(ada), d.account(bob)
	_, page, _ := m.open(http.MethodGet, "/activity", nil)
	if !strings.Contains(page, "<td>search <span") || !strings.Contains(page, "<h3>Claude</h3>") || strings.Contains(page, "tenancy") || strings.Contains(page, "user:1002") {
		t.Fatalf("%s", page)
	}
	form := html.UnescapeString(formField.FindStringSubmatch(page)[1])
	row := regexp.MustCompile(`name="connection" value="([0-9a-f]+)"`).FindStringSubmatch(page)
	_, theirPage, _ := other.open(http.MethodGet, "/activity", nil)
	theirForm := html.UnescapeString(formField.FindStringSubmatch(theirPage)[1])
	other.open(http.MethodPost, "/account/connections/end", url.Values{"form": {theirForm}, "connection": {row[1]}})
	if r := d.overREST(mine.access, "search", `{"query":"tenancy"}`); r.status != http.StatusOK {
		t.Errorf("another member ended it: %d", r.status)
	}
	if status, page, to := m.open(http.MethodPost, "/account/connections/end", url.Values{"form": {form}, "connection": {row[1]}, "to": {"/activity"}}); status != http.StatusSeeOther || to != "/activity" {
		t.Fatalf("%d to %q %s", status, to, page)
	}
	refused := 0
	for server := range 2 { // the other process knows it within a minute
		if r := d.overREST(mine.access, "search", `{"query":"tenancy"}`, onlyServer, string(rune('0'+server))); r.status == http.StatusUnauthorized {
			refused++
		}
	}
	if refused == 0 {
		t.Error("the client is still served")
	}
	if r := d.overREST(theirs.access, "search", `{"query":"tenancy"}`); r.status != http.StatusOK {
		t.Errorf("the client of another member was ended: %d", r.status)
	}
	for who, want := range map[*accountBrowser]int{m: http.StatusOK, other: http.StatusNotFound} {
		if status, page, _ := who.open(http.MethodGet, "/admin?days=7", nil); status != want || (status == http.StatusOK) != strings.Contains(page, "zotero:1002") {
			t.Errorf("/admin: %d %.3000s", status, page)
		}
	}
	if !strings.Contains(d.logged(), "STACKROOM_ADMINS names principals") || strings.Contains(d.logged(), "can't be saved") {
		t.Error("log")
	}
}
