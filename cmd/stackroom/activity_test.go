package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/activity"
	"github.com/stackroom-mcp/stackroom/pkg/change"
)

// TestActivity_IsSavedAtTheEnd holds that calls over REST and MCP are in the data folder
// after SIGTERM, without the words of the caller.
func TestActivity_IsSavedAtTheEnd(t *testing.T) {
	data := t.TempDir()
	r := startRunning(t, "STACKROOM_DATA="+data)
	const message = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"darwin"}}}`
	for path, body := range map[string]string{"/tools/search": `{"query":"darwin"}`, "/mcp": message} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.addr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		req.Header.Set("User-Agent", "script/1.0")
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v %v", path, res, err)
		}
		_ = res.Body.Close()
	}
	if status := r.stop(); status != 0 {
		t.Fatalf("status %d: %s", status, r.logs)
	}
	day, err := activity.New(activity.Options{Recorder: activity.NewRecorder(), Store: change.NewFolder(filepath.Join(data, "activity"), nil)}).Day(t.Context(), activity.Local, time.Now())
	if err != nil || len(day.Entries) != 2 {
		t.Fatalf("%+v %v", day, err)
	}
	for _, e := range day.Entries {
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
