package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// zoteroAPI sends a request to the Zotero server with the owner's key.
func zoteroAPI(t *testing.T, s *zoteroSeed, method, path string, body any) []byte {
	t.Helper()
	return zoteroAPIAs(t, s, s.Keys["personal"], method, path, body)
}

// zoteroAPIAs sends a request with a key.
func zoteroAPIAs(t *testing.T, s *zoteroSeed, key, method, path string, body any) []byte {
	t.Helper()
	sent, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader(sent))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Zotero-API-Key", key)
	req.Header.Set("Zotero-API-Version", "3")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %.300s, %v", method, path, res.StatusCode, answer, err)
	}
	return answer
}

// zoteroData returns an item as the Zotero server has it.
func zoteroData(t *testing.T, s *zoteroSeed, base, key string) map[string]any {
	t.Helper()
	var got struct{ Data map[string]any }
	if err := json.Unmarshal(zoteroAPI(t, s, http.MethodGet, base+"/items/"+key, nil), &got); err != nil {
		t.Fatal(err)
	}
	return got.Data
}

// TestZoteroTakesMergesBack merges two works with notes, an equal PDF with a mark, tags
// and a related work over the server, and takes the merge back. The works stay: the file
// has a name by which it comes after the tests that count works.
func TestZoteroTakesMergesBack(t *testing.T) {
	s := zoteroServer(t)
	l := s.Libraries[0]
	base := "/users/" + strings.TrimPrefix(l.ID, "user:")
	uri := "http://zotero.org" + base + "/items/"
	pdf := func(key, parent string) map[string]any {
		return map[string]any{"key": key, "itemType": "attachment", "parentItem": parent, "linkMode": "imported_file", "title": "PDF", "filename": "a.pdf",
			"contentType": "application/pdf", "md5": "0123456789abcdef0123456789abcdef", "mtime": 1_700_000_000_000}
	}
	for _, batch := range [][]map[string]any{{
		{"key": "MERGEA22", "itemType": "book", "title": "Merging ducks", "tags": []map[string]any{{"tag": "duck", "type": 1}}},
		{"key": "MERGEB22", "itemType": "book", "title": "Merging Ducks", "date": "1999", "tags": []map[string]any{{"tag": "duck"}, {"tag": "goose", "type": 1}},
			"relations": map[string]any{"dc:relation": uri + "MERGEC22"}},
		{"key": "MERGEC22", "itemType": "book", "title": "Third duck", "relations": map[string]any{"dc:relation": uri + "MERGEB22"}},
	}, {
		pdf("MERGEP22", "MERGEA22"), pdf("MERGEP23", "MERGEB22"),
		{"key": "MERGEN22", "itemType": "note", "parentItem": "MERGEB22", "note": `<p>See <a href="zotero://open-pdf/library/items/MERGEP23?page=2" rel="noopener noreferrer nofollow">it</a></p>`},
	}, {
		{"key": "MERGEM22", "itemType": "annotation", "parentItem": "MERGEP23", "annotationType": "highlight", "annotationText": "quack", "annotationColor": "#ffd400", "annotationPageLabel": "1",
			"annotationSortIndex": "00000|000100|00100", "annotationPosition": `{"pageIndex":0,"rects":[[10,10,100,20]]}`},
	}} {
		for _, o := range batch {
			o["version"] = 0
		}
		var report struct{ Failed map[string]any }
		if err := json.Unmarshal(zoteroAPI(t, s, http.MethodPost, base+"/items", batch), &report); err != nil || len(report.Failed) > 0 {
			t.Fatalf("%+v, %v", report, err)
		}
	}
	url, _ := serveZotero(t, s, "personal")
	ask := overREST(url)
	askUntilRead(t, ask)
	change := func(want, tool string, arguments map[string]any) toolAnswer {
		t.Helper()
		a := ask(t, tool, arguments)
		if a.Status != want {
			t.Fatalf("%s is %q, want %q: %.2000s", tool, a.Status, want, a.text)
		}
		return a
	}
	plan := change("planned", "merge_items", map[string]any{"keep": l.id("MERGEA22"), "duplicates": []string{l.id("MERGEB22")}, "take": []string{"date"}})
	merged := change("done", "apply_changes", map[string]any{"plan": plan.Plan})
	expect := func(when string, want map[string]string) {
		t.Helper()
		for place, value := range want {
			key, field, _ := strings.Cut(place, " ")
			if got := fmt.Sprint(zoteroData(t, s, base, key)[field]); got != value {
				t.Errorf("%s, %s is %s, want %s", when, place, got, value)
			}
		}
	}
	expect("after the merge", map[string]string{
		"MERGEA22 date": "1999", "MERGEA22 title": "Merging ducks", "MERGEA22 tags": "[map[tag:duck] map[tag:goose type:1]]",
		"MERGEA22 relations": fmt.Sprintf("map[dc:relation:%[1]sMERGEC22 dc:replaces:%[1]sMERGEB22]", uri),
		"MERGEC22 relations": "map[dc:relation:" + uri + "MERGEA22]", "MERGEP22 relations": "map[dc:replaces:" + uri + "MERGEP23]",
		"MERGEB22 deleted": "1", "MERGEP23 deleted": "1", "MERGEM22 parentItem": "MERGEP22", "MERGEN22 parentItem": "MERGEA22",
	})
	if html := fmt.Sprint(zoteroData(t, s, base, "MERGEN22")["note"]); !strings.Contains(html, "MERGEP22?page=2") {
		t.Errorf("the note is %s", html)
	}
	if a := ask(t, "fetch", map[string]any{"id": l.id("MERGEA22")}); !strings.Contains(a.text, "quack") || !strings.Contains(a.text, "MERGEN22") {
		t.Errorf("the work is %.1000s", a.text)
	}
	change("done", "undo_changes", map[string]any{"receipt": merged.Receipt})
	expect("after the undo", map[string]string{
		"MERGEA22 date": "", "MERGEA22 tags": "[map[tag:duck type:1]]", "MERGEA22 relations": "map[]",
		"MERGEC22 relations": "map[dc:relation:" + uri + "MERGEB22]", "MERGEP22 relations": "map[]",
		"MERGEB22 deleted": "<nil>", "MERGEP23 deleted": "<nil>", "MERGEM22 parentItem": "MERGEP23", "MERGEN22 parentItem": "MERGEB22",
	})
	if html := fmt.Sprint(zoteroData(t, s, base, "MERGEN22")["note"]); !strings.Contains(html, "MERGEP23?page=2") {
		t.Errorf("the note is %s after the undo", html)
	}
}
