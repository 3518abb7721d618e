package datafolder_test

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

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

// collected returns the items of real Zotero libraries below
// STACKROOM_TEST_ZOTERO_DATA, a folder of collected data.
func collected(t *testing.T) []data {
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
	var all []data
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct{ Item data }
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
			it := maps.Clone(items[n%len(items)])
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

// TestRealItems_AreReadInTime reads a folder that Zotero has open.
func TestRealItems_AreReadInTime(t *testing.T) {
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

// TestRealItems_AreWhole reads one of each collected item, and compares it with
// what the translator of Zotero says of it.
func TestRealItems_AreWhole(t *testing.T) {
	items := collected(t)
	dir := t.TempDir()
	f := large(t, dir, len(items))
	f.Close()
	r := reader(t, open(t, dir), "user:local-AbCd1234")
	for n, want := range items {
		it := item(t, r, keyOf('W', n))
		if it == nil {
			t.Fatalf("item %d is missing", n)
		}
		fields := map[string]string{}
		for name, value := range want {
			text, is := value.(string)
			if n, number := value.(float64); number {
				text, is = strconv.FormatFloat(n, 'f', -1, 64), true
			}
			switch {
			case !is || text == "" || name == "itemType" || name == "key" || name == "dateAdded" || name == "dateModified":
			case name == "accessDate":
				fields[name] = it.Fields[name]
			default:
				fields[name] = text
			}
		}
		if key := it.Fields["citationKey"]; key != "" {
			fields["citationKey"] = key // also from extra
		}
		if diff := cmp.Diff(fields, it.Fields); diff != "" {
			t.Errorf("item %d (-want +got):\n%s", n, diff)
		}
		if it.Type != want["itemType"] || len(it.Attachments) != 1 {
			t.Errorf("item %d: a %s with %d attachments", n, it.Type, len(it.Attachments))
		}
		if diff := cmp.Diff(tagsOf(want), it.Tags, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("item %d, tags (-want +got):\n%s", n, diff)
		}
		if diff := cmp.Diff(creatorsOf(want), it.Creators, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("item %d, creators (-want +got):\n%s", n, diff)
		}
	}
}

// tagsOf returns the tags of an item, sorted, each once.
func tagsOf(d data) []string {
	var tags []string
	all, _ := d["tags"].([]any)
	for _, e := range all {
		t, _ := e.(map[string]any)
		if name, _ := t["tag"].(string); name != "" {
			tags = append(tags, name)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

func creatorsOf(d data) []library.Creator {
	var creators []library.Creator
	all, _ := d["creators"].([]any)
	for _, e := range all {
		m, _ := e.(map[string]any)
		text := func(name string) string { s, _ := m[name].(string); return s }
		c := library.Creator{Role: text("creatorType"), Given: text("firstName"), Family: text("lastName")}
		if name := text("name"); name != "" {
			c = library.Creator{Role: c.Role, Name: name}
		} else if m["fieldMode"] == 1.0 {
			c = library.Creator{Role: c.Role, Name: c.Family}
		}
		creators = append(creators, c)
	}
	return creators
}
