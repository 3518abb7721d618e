package main

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"fmt"
	"html"
	"io"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

// filesAt is a simulation of Zotero, and a work of its user.
type filesAt struct {
	*signintest.Libraries
	url, key, work, page string
}

func zoteroWithFiles(t *testing.T) *filesAt {
	t.Helper()
	user := signintest.User{ID: 7, Name: "ada"}
	zotero := &signintest.Zotero{Users: []signintest.User{user}}
	libraries := &signintest.Libraries{Zotero: zotero, Works: 3}
	zotero.Other = libraries
	server := httptest.NewServer(zotero)
	t.Cleanup(server.Close)
	return &filesAt{libraries, server.URL, zotero.GiveWriting(user), "user:7/" + signintest.WorkKey(0), "/works/user:7/" + signintest.WorkKey(0)}
}

// pdfOf returns a PDF file.
func pdfOf(text string) []byte {
	return pdftest.File{Pages: []pdftest.Page{{Texts: pdftest.Lines(10, text)}}}.Bytes()
}

// parts returns a form with a file and its content type.
func parts(field string, content []byte) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	_ = w.WriteField("form", field)
	file, _ := w.CreateFormFile("file", "../../etc/passwd.pdf")
	_, _ = file.Write(content)
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

// addForm returns the hidden field of the form of a work's page, "" without a form.
func addForm(page string) string {
	if !strings.Contains(page, `enctype="multipart/form-data"`) {
		return ""
	}
	return html.UnescapeString(formField.FindStringSubmatch(page)[1])
}

// sendFile sends the form of a work's page.
func (b *pageBrowser) sendFile(path, field string, content []byte, header ...string) reply {
	b.t.Helper()
	body, contentType := parts(field, content)
	return b.sendBody(http.MethodPost, path, body, append([]string{"Content-Type", contentType, "Origin", b.origin, "Sec-Fetch-Site", "same-origin"}, header...)...)
}

// TestAddFile_OnThisMachine adds a PDF file to a work at Zotero as a person does, takes it
// back, and holds that no other page can add one.
func TestAddFile_OnThisMachine(t *testing.T) {
	z := zoteroWithFiles(t)
	at, logs := start(t, "STACKROOM_DATA="+imported(t), "ZOTERO_URL="+z.url, "ZOTERO_API_KEY="+z.key)
	b := newPageBrowser(t, at, at)
	page := b.send(http.MethodGet, z.page, nil)
	field := addForm(page.body)
	if page.status != 200 || field == "" || !strings.Contains(page.body, "at most 50 MB") || page.header.Get("Referrer-Policy") != "same-origin" || page.header.Get("X-Frame-Options") != "DENY" {
		t.Fatalf("%d %v %s", page.status, page.header, page.body)
	}
	content := pdfOf("A file that a person chose.")
	for promise, header := range attacks {
		want := map[string]int{"a form as text": http.StatusUnsupportedMediaType, "a form in parts": http.StatusBadRequest}[promise]
		if r := b.sendFile(z.page, field, content, header...); r.status != cmp.Or(want, http.StatusForbidden) {
			t.Errorf("%s: %d %.300s", promise, r.status, r.body)
		}
	}
	other := addForm(b.send(http.MethodGet, "/works/user:7/"+signintest.WorkKey(1), nil).body)
	undo, _ := url.Parse("/changes")
	for promise, c := range map[string]struct {
		field   string
		content []byte
		status  int
		says    string
	}{
		"no field":            {"", content, 403, "too old, or not of this page"},
		"a made-up field":     {"sr_field_AAAA", content, 403, "too old"},
		"another work's form": {other, content, 403, "too old"},
		"a long field":        {strings.Repeat("x", 20<<10), content, 403, "too old"},
		"not a PDF":           {field, []byte("<script>alert(1)</script>"), 422, "no PDF file"},
		"no file":             {field, nil, 422, "no file was chosen"},
		"a file too large":    {field, append([]byte("%PDF-"), make([]byte, 50<<20)...), 413, "larger than 50 MB"},
	} {
		r := b.sendFile(z.page, c.field, c.content)
		if r.status != c.status || !strings.Contains(strings.ToLower(r.body), strings.ToLower(c.says)) || !strings.Contains(r.body, "<h1>That did not work</h1>") {
			t.Errorf("%s: %d %.900s", promise, r.status, r.body)
		}
	}
	if r := b.send(http.MethodPost, undo.Path, url.Values{"form": {field}}); r.status != http.StatusForbidden {
		t.Errorf("the field takes a receipt back: %d", r.status)
	}
	sendCut(t, at, z.page, field, content)
	if n := len(z.Posts()); n != 0 || len(z.Files("user", 7)) != 0 {
		t.Fatalf("%d requests changed the library", n)
	}

	done := b.sendFile(z.page, field, content)
	if done.status != 200 || !strings.Contains(done.body, "File added") || !strings.Contains(done.body, "The library has the file") || !strings.Contains(done.body, z.page) {
		t.Fatalf("%d %s", done.status, done.body)
	}
	files := z.Files("user", 7)
	if all := slices.Collect(maps.Values(files)); len(all) != 1 || !bytes.Equal(all[0], content) {
		t.Fatalf("stored: %d files", len(all))
	}
	posts := len(z.Posts())
	if again := b.sendFile(z.page, field, content); again.status != http.StatusConflict || !strings.Contains(again.body, "has this file already") || len(z.Posts()) != posts {
		t.Errorf("sent again: %d, %d requests: %.900s", again.status, len(z.Posts())-posts, again.body)
	}
	if shown := b.send(http.MethodGet, z.page, nil); !strings.Contains(shown.body, "PDF <span") {
		t.Errorf("the page does not show the file: %s", shown.body)
	}
	list := b.send(http.MethodGet, "/changes?show=receipts", nil)
	if !strings.Contains(list.body, "Add 1 PDF file") || !strings.Contains(list.body, "the pages of this server") {
		t.Errorf("no receipt: %s", list.body)
	}
	ask := overREST(at)
	for _, key := range slices.Collect(maps.Keys(files)) {
		if text := ask(t, "fetch", map[string]any{"id": z.work}).text; !strings.Contains(text, key) {
			t.Errorf("fetch has no %s: %s", key, text)
		}
	}
	plan := b.send(http.MethodPost, "/changes", undoForms(done.body)[0])
	if back := b.send(http.MethodPost, "/changes", undoForms(plan.body)[0]); back.status != 200 || !strings.Contains(back.body, "Undone") {
		t.Errorf("%d %s", back.status, back.body)
	}
	if text := ask(t, "fetch", map[string]any{"id": z.work}).text; strings.Contains(text, slices.Collect(maps.Keys(files))[0]) {
		t.Errorf("after the undo: %s", text)
	}
	if lines := logs.String(); strings.Contains(lines, z.key) || strings.Contains(lines, "passwd") || strings.Contains(lines, "Tenancy") {
		t.Errorf("logged: %s", lines)
	}
	if page := b.send(http.MethodGet, "/works/local/"+strings.TrimPrefix(ask(t, "search", map[string]any{"query": "computable numbers"}).found()[0], "local/"), nil); page.status != 200 || addForm(page.body) != "" {
		t.Errorf("the embedded library offers to store files: %d", page.status)
	}
}

// sendCut sends a form whose body ends early.
func sendCut(t *testing.T, at, path, field string, content []byte) {
	t.Helper()
	body, contentType := parts(field, content)
	conn, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nSec-Fetch-Site: same-origin\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, strings.TrimPrefix(at, "http://"), at, contentType, len(body))
	_, _ = conn.Write(body[:len(body)-30])
	_ = conn.(*net.TCPConn).CloseWrite()
	answer := make([]byte, 16)
	if n, _ := conn.Read(answer); !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 400") {
		t.Errorf("a body that was cut: %q", answer[:n])
	}
}

// TestAddFile_SaysWhatZoteroRefuses has a full storage: the page says so, and its button
// takes the attachment without a file away.
func TestAddFile_SaysWhatZoteroRefuses(t *testing.T) {
	z := zoteroWithFiles(t)
	at, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+z.url, "ZOTERO_API_KEY="+z.key)
	b := newPageBrowser(t, at, at)
	field := addForm(b.send(http.MethodGet, z.page, nil).body)
	z.Fill("user", 7, true)
	r := b.sendFile(z.page, field, pdfOf("No space."))
	if r.status != 200 || !strings.Contains(r.body, "The file is not stored") || !strings.Contains(r.body, "storage of 300 MB at Zotero is full") || !strings.Contains(r.body, "take this receipt back") || strings.Contains(r.body, "apply_changes") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	plan := b.send(http.MethodPost, "/changes", undoForms(r.body)[0])
	if back := b.send(http.MethodPost, "/changes", undoForms(plan.body)[0]); !strings.Contains(back.body, "Undone") {
		t.Errorf("%s", back.body)
	}
	z.Fill("user", 7, false)
	if r := b.sendFile(z.page, field, pdfOf("No space.")); !strings.Contains(r.body, "File added") || len(z.Files("user", 7)) != 1 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestAddFile_NotWhereNothingIsWritten holds that a server that changes nothing has no
// form, and answers one as an unknown method.
func TestAddFile_NotWhereNothingIsWritten(t *testing.T) {
	z := zoteroWithFiles(t)
	at, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+z.url, "ZOTERO_API_KEY="+z.key, "STACKROOM_WRITES=none")
	b := newPageBrowser(t, at, at)
	if r := b.send(http.MethodGet, z.page, nil); r.status != 200 || addForm(r.body) != "" || strings.Contains(r.body, "Allow changes") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := b.sendFile(z.page, "x", pdfOf("x")); r.status != http.StatusMethodNotAllowed || len(z.Posts()) > 0 {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestAddFile_NotOfferedWhereThePolicyForbids signs a member in to a server that changes
// the embedded library alone.
func TestAddFile_NotOfferedWhereThePolicyForbids(t *testing.T) {
	z := zoteroWithFiles(t)
	record := filepath.Join(t.TempDir(), "tokens")
	_, token, stderr := run(t, nil, "token", "new", "--name", "ada", "--all-libraries", "--scope", "library:read,library:write", "--record", record)
	if token == "" {
		t.Fatal(stderr)
	}
	for writes, want := range map[string]bool{"all": true, "local": false} {
		const public = "http://127.0.0.1:1" // only the Origin of forms is compared with it
		at, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+z.url, "ZOTERO_API_KEY="+z.key, "STACKROOM_AUTH=tokens",
			"STACKROOM_TOKENS="+secrettest.FileReference(record), "STACKROOM_PUBLIC_URL="+public, "STACKROOM_WRITES="+writes)
		b := newPageBrowser(t, at, public)
		b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {strings.TrimSpace(token)}})
		if r := b.send(http.MethodGet, z.page, nil); r.status != 200 || strings.Contains(r.body, "Allow changes") != want {
			t.Errorf("STACKROOM_WRITES=%s: %d %s", writes, r.status, r.body)
		}
	}
}

// TestAddFile_ForItsMemberAlone signs two members in with tokens, and one who may not
// change anything.
func TestAddFile_ForItsMemberAlone(t *testing.T) {
	z := zoteroWithFiles(t)
	record := filepath.Join(t.TempDir(), "tokens")
	tokens := map[string]string{}
	for name, scope := range map[string]string{"ada": "library:read,library:write", "bob": "library:read,library:write", "eve": "library:read"} {
		_, token, stderr := run(t, nil, "token", "new", "--name", name, "--all-libraries", "--scope", scope, "--record", record)
		if tokens[name] = strings.TrimSpace(token); tokens[name] == "" {
			t.Fatal(stderr)
		}
	}
	const public = "http://127.0.0.1:1" // only the Origin of forms is compared with it
	audit := &output{}
	addr, _ := startInto(t, audit, &output{}, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+z.url, "ZOTERO_API_KEY="+z.key, "STACKROOM_AUTH=tokens",
		"STACKROOM_TOKENS="+secrettest.FileReference(record), "STACKROOM_PUBLIC_URL="+public, "STACKROOM_WRITES=all")
	at := "http://" + addr
	signIn := func(name string) *pageBrowser {
		b := newPageBrowser(t, at, public)
		if r := b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {tokens[name]}}); r.status != http.StatusSeeOther {
			t.Fatalf("%d %s", r.status, r.body)
		}
		return b
	}
	ada, bob, eve := signIn("ada"), signIn("bob"), signIn("eve")
	reading := ada.send(http.MethodGet, z.page, nil)
	if addForm(reading.body) != "" || !strings.Contains(reading.body, "This browser may only read") || !strings.Contains(reading.body, "to=%2Fworks%2Fuser") {
		t.Fatalf("a session that reads: %s", reading.body)
	}
	if r := eve.send(http.MethodGet, z.page, nil); addForm(r.body) != "" || strings.Contains(r.body, "Allow changes") {
		t.Errorf("a member who only reads: %s", r.body)
	}
	allowChanges(ada, tokens["ada"])
	allowChanges(bob, tokens["bob"])
	field := addForm(ada.send(http.MethodGet, z.page, nil).body)
	if field == "" {
		t.Fatal("no form after changes are allowed")
	}
	content := pdfOf("Of ada.")
	another := signIn("ada")
	allowChanges(another, tokens["ada"])
	for promise, r := range map[string]reply{
		"another member":    bob.sendFile(z.page, field, content),
		"a member reading":  eve.sendFile(z.page, field, content),
		"another session":   another.sendFile(z.page, field, content),
		"a reading session": signIn("ada").sendFile(z.page, field, content),
		"without a session": newPageBrowser(t, at, public).sendFile(z.page, field, content),
		"another site":      ada.sendFile(z.page, field, content, attacks["another site"]...),
		"this machine":      ada.sendFile(z.page, field, content, "Origin", "http://localhost:3000"),
		"another library":   ada.sendFile("/works/user:8/"+signintest.WorkKey(0), field, content),
	} {
		if r.status != http.StatusForbidden && r.status != http.StatusUnauthorized || r.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %.300s", promise, r.status, r.body)
		}
	}
	if n := len(z.Posts()); n > 0 {
		t.Fatalf("an attack sent %d requests", n)
	}
	if r := ada.sendFile(z.page, field, content); r.status != 200 || !strings.Contains(r.body, "File added") {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := ada.send(http.MethodGet, "/activity", nil); !strings.Contains(r.body, "add_items") {
		t.Errorf("no activity: %s", r.body)
	}
	if r := bob.send(http.MethodGet, "/changes?show=receipts", nil); !strings.Contains(r.body, "Add 1 PDF file") || len(undoForms(r.body)) > 0 {
		t.Errorf("bob sees %s", r.body)
	}
	until(t, 5e9, "a line of the audit", func() bool {
		return regexp.MustCompile(`"method":"page"[^\n]*"tool":"add_items"|"tool":"add_items"[^\n]*"method":"page"`).MatchString(audit.String())
	})
	if text := fmt.Sprint(audit.String()); strings.Contains(text, fmt.Sprintf("%x", md5.Sum(content))) || strings.Contains(text, "passwd") {
		t.Errorf("audit: %s", text)
	}
}

// TestAddFile_WithAKeyOfTheMembersOwn signs a member in with Zotero at two instances: one
// shows the form, the other takes it. Zotero gets the file with the member's key.
func TestAddFile_WithAKeyOfTheMembersOwn(t *testing.T) {
	d := deployForTwoWhoWrite(t)
	m := d.account(ada)
	work := fmt.Sprintf("/works/user:%d/%s", ada, signintest.WorkKey(0))
	_, page, _ := m.open(http.MethodGet, work, nil)
	allow := regexp.MustCompile(`href="(/account/sign-in\?allow=[^"]*)"`).FindStringSubmatch(page)
	if allow == nil || addForm(page) != "" {
		t.Fatalf("before changes are allowed: %s", page)
	}
	_, _, to := m.open(http.MethodGet, html.UnescapeString(allow[1]), nil)
	back, err := m.person.AtZotero(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	if status, page, to := m.open(http.MethodGet, back.String(), nil); status != http.StatusSeeOther || to != work {
		t.Fatalf("%d to %q, not back to the work: %s", status, to, page)
	}
	_, page, _ = m.open(http.MethodGet, work, nil)
	content := pdfOf("Of a member.")
	body, contentType := parts(addForm(page), content)
	post := func(path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.public+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = http.Header{"Content-Type": {contentType}, "Origin": {d.public}, "Sec-Fetch-Site": {"same-origin"}}
		res, err := m.person.Browser.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		page, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(page)
	}
	if status, page := post(fmt.Sprintf("/works/user:%d/%s", ada+1, signintest.WorkKey(0))); status != http.StatusForbidden {
		t.Errorf("another member's work: %d %s", status, page)
	}
	if status, page := post(work); status != http.StatusOK || !strings.Contains(page, "File added") {
		t.Fatalf("%d %s", status, page)
	}
	if all := slices.Collect(maps.Values(d.libraries.Files("user", ada))); len(all) != 1 || !bytes.Equal(all[0], content) {
		t.Errorf("%d files are stored", len(all))
	}
}

// TestMaxFileBytes holds that a file with its form fits into a request that Cloud Run
// takes, 32 MiB.
func TestMaxFileBytes(t *testing.T) {
	if got := maxFileBytes(&config.Config{Service: "stackroom"}); got != 31<<20 {
		t.Errorf("on Cloud Run: %d", got)
	}
	if got := maxFileBytes(&config.Config{}); got != 0 {
		t.Errorf("elsewhere: %d", got)
	}
}
