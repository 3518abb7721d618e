package datafolder_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// Bars for a folder of 40,000 items.
const (
	largeWorks   = 40_000
	firstAnswer  = 3 * time.Second
	wholeReading = 15 * time.Second
	changeSeen   = 5 * time.Second
)

// collected returns the items of real Zotero libraries below STACKROOM_FIXTURES.
func collected(t *testing.T) []data {
	t.Helper()
	dir := os.Getenv("STACKROOM_FIXTURES")
	if dir == "" {
		t.Skip("STACKROOM_FIXTURES is not set")
	}
	file, err := os.Open(filepath.Join(dir, "translators-testcases", "items.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []data
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct{ Item data }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line.Item)
	}
	if len(all) < 1000 {
		t.Fatalf("only %d items in the fixtures", len(all))
	}
	return all
}

// keyOf returns the nth key that begins with a letter.
func keyOf(letter byte, n int) string {
	const alphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
	key := []byte("22222222")
	key[0] = letter
	for i := len(key) - 1; n > 0; i-- {
		key[i] = alphabet[n%len(alphabet)]
		n /= len(alphabet)
	}
	return string(key)
}

// large makes a data folder of many works, each with a file, every fifth with a
// text and a note.
func large(t *testing.T, dir string, works int) *datafoldertest.Folder {
	t.Helper()
	items := collected(t)
	f := datafoldertest.New(t, dir, datafoldertest.Options{Journal: "WAL", Exclusive: true})
	const lib = datafoldertest.Personal
	page := strings.Repeat("Words of a page about one thing and another. ", 60) + "\f"
	f.Batch(func() {
		for n := range works {
			it := data{}
			for name, value := range items[n%len(items)] {
				it[name] = value
			}
			delete(it, "collections")
			delete(it, "notes")
			it["key"] = keyOf('W', n)
			f.Put(lib, it)
			file := keyOf('F', n)
			f.Put(lib, data{"key": file, "itemType": "attachment", "parentItem": it["key"], "linkMode": "imported_file", "filename": "a.pdf", "contentType": "application/pdf", "title": "PDF"})
			if n%5 == 0 {
				f.Text(lib, file, page+page, 2, 2)
				f.Put(lib, data{"key": keyOf('N', n), "itemType": "note", "parentItem": it["key"], "note": "<p>A note of some words</p>"})
			}
		}
	})
	return f
}

// TestProvider_Reads40000WorksInTime reads a folder that Zotero has open.
func TestProvider_Reads40000WorksInTime(t *testing.T) {
	dir := t.TempDir()
	f := large(t, dir, largeWorks)
	p := open(t, dir)
	began := time.Now()
	took := func(what string, bar time.Duration) {
		t.Helper()
		d := time.Since(began).Round(time.Millisecond)
		t.Logf("%s: %s of %s", what, d, bar)
		if d > bar {
			t.Errorf("%s took %s, more than %s", what, d, bar)
		}
	}
	r, err := p.Open(t.Context(), "user:local-AbCd1234")
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.Search(t.Context(), library.Query{Text: "climate change", Limit: 10})
	if err != nil || len(page.Items) == 0 || page.Notice == "" {
		t.Fatalf("first answer: %d works, %q, %v", len(page.Items), page.Notice, err)
	}
	took("first answer", firstAnswer)
	for page.Notice != "" && time.Since(began) < 4*wholeReading {
		time.Sleep(50 * time.Millisecond)
		if page, err = r.Search(t.Context(), library.Query{Limit: 1}); err != nil {
			t.Fatal(err)
		}
	}
	took("whole reading", wholeReading)
	if page.Total < largeWorks*99/100 {
		t.Errorf("%d works", page.Total)
	}
	f.Put(datafoldertest.Personal, data{"key": keyOf('W', 7), "itemType": "book", "title": "Changed in Zotero"})
	began = time.Now()
	for it := item(t, r, keyOf('W', 7)); it.Title() != "Changed in Zotero" && time.Since(began) < 4*changeSeen; it = item(t, r, keyOf('W', 7)) {
		time.Sleep(50 * time.Millisecond)
	}
	took("a change", changeSeen)
}
