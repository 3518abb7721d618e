package main

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// Bars for a Zotero data folder of 40,000 works.
const (
	largeWorks   = 40_000
	firstAnswer  = 3 * time.Second
	wholeReading = 15 * time.Second
	changeSeen   = 5 * time.Second
)

// TestLargeZoteroData_IsReadInTime starts the program over a folder of real items that
// Zotero has open, and calls it as a client does that started it. The time begins
// with the program.
func TestLargeZoteroData_IsReadInTime(t *testing.T) {
	items, dir := datafoldertest.Collected(t), t.TempDir()
	f := datafoldertest.Large(t, dir, items, largeWorks)
	program := filepath.Join(t.TempDir(), "stackroom")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "stdio")
	cmd.Env = append(cmd.Environ(), "ZOTERO_DATA="+dir, "STACKROOM_DATA="+t.TempDir())
	began := time.Now()
	took := func(what string, bar time.Duration) {
		t.Helper()
		d := time.Since(began).Round(time.Millisecond)
		t.Logf("%s: %s of %s", what, d, bar)
		if d > bar {
			t.Errorf("%s took %s, more than %s", what, d, bar)
		}
	}
	ask := over(t, &mcp.CommandTransport{Command: cmd})
	answer := ask(t, "search", map[string]any{"query": "climate change"})
	if answer.Total == 0 || len(answer.Notices) == 0 {
		t.Fatalf("first answer: %.500s", answer.text)
	}
	took("first answer", firstAnswer)
	for len(answer.Notices) > 0 && answer.code == "" && time.Since(began) < 4*wholeReading {
		time.Sleep(250 * time.Millisecond) // each question takes time of the reading
		answer = ask(t, "search", map[string]any{"query": "", "limit": 1})
	}
	took("whole reading", wholeReading)
	if answer.Total < largeWorks*99/100 {
		t.Errorf("after the whole reading: %.500s", answer.text)
	}
	const title = "Changed in Zotero"
	f.Put(datafoldertest.Personal, datafoldertest.Data{"key": datafoldertest.Key('W', 7), "itemType": "book", "title": title})
	began = time.Now()
	for len(ask(t, "search", map[string]any{"query": `"` + title + `"`}).Results) == 0 && time.Since(began) < 4*changeSeen {
		time.Sleep(50 * time.Millisecond)
	}
	took("a change", changeSeen)
}
