package main

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
)

// zoteroUpload is a program of another kind that puts a file into a library, in
// Zotero's four steps (https://www.zotero.org/support/dev/web_api/v3/file_upload).
type zoteroUpload struct {
	t         *testing.T
	base, key string // the library's URL, and a key that may write
}

func (u *zoteroUpload) post(address, kind, body string, header ...string) []byte {
	u.t.Helper()
	req, err := http.NewRequestWithContext(u.t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		u.t.Fatal(err)
	}
	if strings.HasPrefix(address, u.base) {
		req.Header.Set("Zotero-API-Key", u.key)
		req.Header.Set("Zotero-API-Version", "3")
	}
	req.Header.Set("Content-Type", kind)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		u.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		u.t.Fatalf("POST %s: %s %.300s, %v", address, res.Status, answer, err)
	}
	return answer
}

// file makes an attachment with a file below a work and returns its key.
func (u *zoteroUpload) file(work string, content []byte) string {
	u.t.Helper()
	item := fmt.Sprintf(`[{"itemType":"attachment","linkMode":"imported_file","parentItem":%q,"title":"PDF","filename":"ice.pdf","contentType":"application/pdf","tags":[],"relations":{}}]`, work)
	var made struct{ Success map[string]string }
	if err := json.Unmarshal(u.post(u.base+"/items", "application/json", item), &made); err != nil || made.Success["0"] == "" {
		u.t.Fatalf("the attachment is not made: %v", err)
	}
	at := u.base + "/items/" + made.Success["0"] + "/file"
	const form = "application/x-www-form-urlencoded"
	values := url.Values{"md5": {fmt.Sprintf("%x", md5.Sum(content))}, "filename": {"ice.pdf"}, "filesize": {fmt.Sprint(len(content))}, "mtime": {"1700000000000"}}
	var upload struct{ URL, ContentType, Prefix, Suffix, UploadKey string }
	if err := json.Unmarshal(u.post(at, form, values.Encode(), "If-None-Match", "*"), &upload); err != nil {
		u.t.Fatal(err)
	}
	u.post(upload.URL, upload.ContentType, upload.Prefix+string(content)+upload.Suffix)
	u.post(at, form, url.Values{"upload": {upload.UploadKey}}.Encode(), "If-None-Match", "*")
	return made.Success["0"]
}

// TestZoteroTakesAnnotations marks words of a PDF file that another program stored in
// Zotero, reads the marks back, and takes them away.
func TestZoteroTakesAnnotations(t *testing.T) {
	s := zoteroServer(t)
	l := s.Libraries[0]
	content := pdftest.File{Pages: []pdftest.Page{
		{Texts: pdftest.Lines(10, "Of the strength of the ice in win-", "ter we know but little.")},
		{Texts: pdftest.Lines(10, "The ice of lakes is thick, and the ice of rivers thin.")},
	}}.Bytes()
	u := &zoteroUpload{t: t, base: s.URL + "/users/" + strings.TrimPrefix(l.ID, "user:"), key: s.Keys["personal"]}
	work := l.Titles[1].Key
	file := l.id(u.file(work, content))
	server, _ := serveZotero(t, s, "personal")
	ask := overREST(server)
	askUntilRead(t, ask)

	var receipts []string
	for _, arguments := range []map[string]any{
		{"quote": "The ice in winter we know", "comment": "Do we?", "tags": []string{"ice"}},
		{"quote": "lakes is thick", "type": "underline", "color": "green"},
		{"quote": "thin", "type": "note", "comment": "How thin?", "color": "red"},
	} {
		arguments["id"] = file
		a := ask(t, "annotate", arguments)
		if a.Status != "done" {
			t.Fatalf("%v: %q: %.600s", arguments, a.Status, a.text)
		}
		receipts = append(receipts, a.Receipt)
		if again := ask(t, "annotate", arguments); again.code != "conflict" {
			t.Errorf("twice: %s %.600s", again.code, again.text)
		}
	}
	if a := ask(t, "annotate", map[string]any{"id": file, "quote": "the ice"}); a.Status != "refused" || a.Total != 3 {
		t.Errorf("an ambiguous quote: %q, %d places: %.600s", a.Status, a.Total, a.text)
	}
	if a := ask(t, "annotate", map[string]any{"id": file, "quote": "no such words"}); a.code != "not_found" {
		t.Errorf("words that are not there: %q %.600s", a.code, a.text)
	}
	shown := ask(t, "fetch", map[string]any{"id": l.id(work)}).text
	for _, want := range []string{"the ice in winter we know", "Do we?", "lakes is thick", "How thin?", `"color":"green"`, `"color":"red"`} {
		if !strings.Contains(shown, want) {
			t.Errorf("fetch does not show %q: %.2000s", want, shown)
		}
	}
	for _, receipt := range receipts {
		if a := ask(t, "undo_changes", map[string]any{"receipt": receipt}); a.Status != "done" {
			t.Errorf("%q: %.600s", a.Status, a.text)
		}
	}
	if shown = ask(t, "fetch", map[string]any{"id": l.id(work)}).text; strings.Contains(shown, "Do we?") || strings.Contains(shown, "How thin?") {
		t.Errorf("the marks are still there: %.2000s", shown)
	}
}
