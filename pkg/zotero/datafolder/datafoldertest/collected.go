package datafoldertest

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Collected returns the items of real Zotero libraries below
// STACKROOM_TEST_ZOTERO_DATA, a folder of collected data. Without it the test skips.
func Collected(t testing.TB) []Data {
	t.Helper()
	dir := os.Getenv("STACKROOM_TEST_ZOTERO_DATA")
	if dir == "" {
		t.Skip("STACKROOM_TEST_ZOTERO_DATA is not set")
	}
	file, err := os.Open(filepath.Join(dir, "translators-testcases", "items.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var all []Data
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct{ Item Data }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if v, ok := line.Item["version"].(string); ok { // the translators' name of the field
			delete(line.Item, "version")
			line.Item["versionNumber"] = v
		}
		all = append(all, line.Item)
	}
	if len(all) < 1000 {
		t.Fatalf("only %d items in the collected data", len(all))
	}
	return all
}

// Key returns the nth key that begins with a letter.
func Key(letter byte, n int) string {
	const alphabet = "23456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
	key := []byte("22222222")
	key[0] = letter
	for i := len(key) - 1; n > 0; i-- {
		key[i] = alphabet[n%len(alphabet)]
		n /= len(alphabet)
	}
	return string(key)
}

// Large makes a data folder that Zotero has open, of many works, which repeat items.
// Work n has the key Key('W', n) and a file, every fifth a text and a note too.
func Large(t testing.TB, dir string, items []Data, works int) *Folder {
	t.Helper()
	f := New(t, dir, Options{Journal: "WAL", Exclusive: true})
	page := strings.Repeat("Words of a page about one thing and another. ", 60) + "\f"
	f.Batch(func() {
		for n := range works {
			it := maps.Clone(items[n%len(items)])
			delete(it, "collections")
			delete(it, "notes")
			it["key"] = Key('W', n)
			f.Put(Personal, it)
			file := Key('F', n)
			f.Put(Personal, Data{"key": file, "itemType": "attachment", "parentItem": it["key"], "linkMode": "imported_file", "filename": "a.pdf", "contentType": "application/pdf", "title": "PDF"})
			if n%5 == 0 {
				f.Text(Personal, file, page+page, 2, 2)
				f.Put(Personal, Data{"key": Key('N', n), "itemType": "note", "parentItem": it["key"], "note": "<p>A note of some words</p>"})
			}
		}
	})
	return f
}
