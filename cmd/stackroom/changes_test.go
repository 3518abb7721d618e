package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

// pageBrowser is a browser at a server on this machine. It sends what browsers send,
// unless a test changes its headers.
type pageBrowser struct {
	t      *testing.T
	at     string
	origin string
	http   *http.Client
}

func newPageBrowser(t *testing.T, at, origin string) *pageBrowser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &pageBrowser{t, at, origin, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// send makes a request. header is a list of names and values, "" for none.
func (b *pageBrowser) send(method, path string, form url.Values, header ...string) reply {
	b.t.Helper()
	if form != nil {
		header = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", b.origin, "Sec-Fetch-Site", "same-origin"}, header...)
	}
	return b.sendBody(method, path, []byte(form.Encode()), header...)
}

// sendBody makes a request with a body and these headers.
func (b *pageBrowser) sendBody(method, path string, body []byte, header ...string) reply {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.at+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	for i := 0; i < len(header); i += 2 {
		switch name, value := header[i], header[i+1]; {
		case name == "Host":
			req.Host = value
		case value == "":
			req.Header.Del(name)
		default:
			req.Header.Set(name, value)
		}
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(page)}
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="(form|receipt|plan)" value="([^"]*)">`)

// undoForms returns the forms of a page that take receipts back.
func undoForms(page string) (all []url.Values) {
	for _, m := range hiddenField.FindAllStringSubmatch(page, -1) {
		if m[1] == "form" {
			all = append(all, url.Values{})
		}
		all[len(all)-1].Set(m[1], html.UnescapeString(m[2]))
	}
	return all
}

// retitled changes the title of a work of the imported library and returns its ID.
func retitled(t *testing.T, ask asker, title string) (id string) {
	t.Helper()
	id = ask(t, "search", map[string]any{"query": "computable numbers"}).found()[0]
	planned := ask(t, "update_items", map[string]any{"ids": []string{id}, "fields": map[string]any{"title": title}})
	if done := ask(t, "apply_changes", map[string]any{"plan": planned.Plan}); done.Status != "done" {
		t.Fatalf("%.600s %.600s", planned.text, done.text)
	}
	return id
}

// attacks are ways in which pages that are not the server's send a form.
var attacks = map[string][]string{
	"another site":                  {"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
	"another site, an old browser":  {"Origin", "https://evil.example", "Sec-Fetch-Site", ""},
	"a sandboxed frame":             {"Origin", "null", "Sec-Fetch-Site", "cross-site"},
	"a frame, an old browser":       {"Origin", "null", "Sec-Fetch-Site", ""},
	"another server of the machine": {"Origin", "http://127.0.0.1:3000", "Sec-Fetch-Site", "same-site"},
	"the same, an old browser":      {"Origin", "http://127.0.0.1:3000", "Sec-Fetch-Site", ""},
	"a page without an origin":      {"Origin", "", "Sec-Fetch-Site", ""},
	"a redirect of another site":    {"Sec-Fetch-Site", "cross-site"},
	"DNS rebinding":                 {"Host", "evil.example", "Origin", "http://evil.example"},
	"a form as text":                {"Content-Type", "text/plain"},
	"a form in parts":               {"Content-Type", "multipart/form-data; boundary=x"},
}

// TestChangesPage_UndoesOnThisMachine takes back what an assistant did on a server
// without sign-in, and holds that no other page can.
func TestChangesPage_UndoesOnThisMachine(t *testing.T) {
	at, _ := start(t, "STACKROOM_DATA="+imported(t), "STACKROOM_CONFIRM=never")
	ask := overREST(at)
	id := ask(t, "search", map[string]any{"query": "computable numbers"}).found()[0]
	ask(t, "update_items", map[string]any{"ids": []string{id}, "fields": map[string]any{"title": "A <b>wrong</b> title"}})
	b := newPageBrowser(t, at, at)
	list := b.send(http.MethodGet, "/changes", nil)
	forms := undoForms(list.body)
	if list.status != 200 || len(forms) != 1 || list.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(list.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
		list.header.Get("Referrer-Policy") != "same-origin" || list.header.Get("Cache-Control") != "no-store" || len(list.body) > 60_000 {
		t.Fatalf("%d %v, forms %v", list.status, list.header, forms)
	}
	plan := b.send(http.MethodPost, "/changes", forms[0])
	confirm := undoForms(plan.body)
	if plan.status != 200 || len(confirm) != 1 || confirm[0].Get("plan") == "" || !strings.Contains(plan.body, "Nothing is changed yet") || strings.Contains(plan.body, "<b>wrong</b>") {
		t.Fatalf("%d %s", plan.status, plan.body)
	}
	title := func() string { return ask(t, "fetch", map[string]any{"id": id}).text }
	for promise, header := range attacks {
		for step, form := range []url.Values{forms[0], confirm[0]} {
			if r := b.send(http.MethodPost, "/changes", form, header...); r.status != http.StatusForbidden || strings.Contains(r.body, `name="plan"`) {
				t.Errorf("%s, step %d: %d %.300s", promise, step, r.status, r.body)
			}
		}
	}
	for promise, form := range map[string]url.Values{
		"no field": {"receipt": confirm[0]["receipt"], "plan": confirm[0]["plan"]}, "the field of the other step": {"form": forms[0]["form"], "receipt": confirm[0]["receipt"], "plan": confirm[0]["plan"]},
		"a made-up field": {"form": {"sr_field_AAAA"}, "receipt": forms[0]["receipt"]}, "another receipt": {"form": forms[0]["form"], "receipt": {"local/01KB5D3F8Q7V2M4N6P8R0S2T4V"}}, "nothing": {},
	} {
		if r := b.send(http.MethodPost, "/changes", form); r.status != http.StatusForbidden {
			t.Errorf("%s: %d %.300s", promise, r.status, r.body)
		}
	}
	if r := b.send(http.MethodPost, "/changes", url.Values{"form": {strings.Repeat("x", 2<<20)}}); r.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a long form: %d", r.status)
	}
	if r := b.send(http.MethodGet, "/changes", nil, "Origin", "https://evil.example"); r.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another site may read the fields: %v", r.header)
	}
	if !strings.Contains(title(), "wrong") {
		t.Fatalf("an attack changed the work: %.300s", title())
	}
	if done := b.send(http.MethodPost, "/changes", confirm[0]); done.status != 200 || !strings.Contains(done.body, "Undone") || strings.Contains(title(), "wrong") {
		t.Fatalf("%d %s %.300s", done.status, done.body, title())
	}
	ask(t, "update_items", map[string]any{"ids": []string{id}, "fields": map[string]any{"title": "A later title"}})
	if again := b.send(http.MethodPost, "/changes", confirm[0]); !strings.Contains(again.body, "carried out before") || !strings.Contains(title(), "A later title") {
		t.Errorf("sent again: %d %.300s", again.status, again.body)
	}
	if r := b.send(http.MethodPost, "/changes", forms[0]); r.status != http.StatusNotFound && r.status != http.StatusConflict {
		t.Errorf("planned again: %d", r.status)
	}
	if list := b.send(http.MethodGet, "/changes?show=receipts", nil); strings.Count(list.body, "the pages of this server") != 1 || !strings.Contains(list.body, "taken back") {
		t.Errorf("%s", list.body)
	}
}

// TestChangesPage_OnlyShowsWhereNothingIsWritten holds that the page of a server that
// changes nothing has the changes of works alone.
func TestChangesPage_OnlyShowsWhereNothingIsWritten(t *testing.T) {
	at, _ := start(t, "STACKROOM_DATA="+imported(t), "STACKROOM_WRITES=none")
	b := newPageBrowser(t, at, at)
	if r := b.send(http.MethodGet, "/changes", nil); r.status != 200 || strings.Contains(r.body, "What tools did") || !strings.Contains(r.body, "computable numbers") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := b.send(http.MethodPost, "/changes", url.Values{}); r.status != http.StatusMethodNotAllowed {
		t.Errorf("a form: %d", r.status)
	}
	if r := b.send(http.MethodGet, "/changes/local/01KB5D3F8Q7V2M4N6P8R0S2T4V", nil); r.status != http.StatusNotFound {
		t.Errorf("a receipt: %d", r.status)
	}
}

// TestChangesPage_UndoesForItsMemberAlone signs two members in with tokens.
func TestChangesPage_UndoesForItsMemberAlone(t *testing.T) {
	record := filepath.Join(t.TempDir(), "tokens")
	tokens := map[string]string{}
	for _, name := range []string{"ada", "bob"} {
		_, token, stderr := run(t, nil, "token", "new", "--name", name, "--all-libraries", "--scope", "library:read,library:write", "--record", record)
		if tokens[name] = strings.TrimSpace(token); tokens[name] == "" {
			t.Fatal(stderr)
		}
	}
	const public = "http://127.0.0.1:1" // only the Origin of forms is compared with it
	at, _ := start(t, "STACKROOM_DATA="+imported(t), "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS="+secrettest.FileReference(record), "STACKROOM_PUBLIC_URL="+public, "STACKROOM_WRITES=all")
	signIn := func(name string) *pageBrowser {
		b := newPageBrowser(t, at, public)
		if r := b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {tokens[name]}}); r.status != http.StatusSeeOther {
			t.Fatalf("%d %s", r.status, r.body)
		}
		return b
	}
	id := retitled(t, overREST(at, "Authorization", "Bearer "+tokens["ada"]), "A wrong title")
	ada, bob := signIn("ada"), signIn("bob")
	list := ada.send(http.MethodGet, "/changes", nil)
	if len(undoForms(list.body)) != 0 || !strings.Contains(list.body, "may only read") || !strings.Contains(list.body, "Update 1 item") {
		t.Fatalf("before changes are allowed: %s", list.body)
	}
	if r := newPageBrowser(t, at, public).send(http.MethodPost, "/changes", url.Values{}); r.status != http.StatusUnauthorized || !strings.Contains(r.body, "/account/sign-in?to=%2Fchanges") {
		t.Errorf("without a session: %d %s", r.status, r.body)
	}
	for name, b := range map[string]*pageBrowser{"ada": ada, "bob": bob} {
		allowChanges(b, tokens[name])
	}
	own := undoForms(ada.send(http.MethodGet, "/changes", nil).body)
	if len(own) != 1 {
		t.Fatalf("forms %v", own)
	}
	if forms := undoForms(bob.send(http.MethodGet, "/changes", nil).body); len(forms) != 0 {
		t.Errorf("bob may undo what ada did: %v", forms)
	}
	if r := bob.send(http.MethodPost, "/changes", own[0]); r.status != http.StatusForbidden {
		t.Errorf("bob sends ada's form: %d", r.status)
	}
	confirm := undoForms(ada.send(http.MethodPost, "/changes", own[0]).body)
	if len(confirm) != 1 {
		t.Fatalf("no plan: %v", confirm)
	}
	reading := signIn("ada") // another session of hers
	for promise, send := range map[string]func() reply{
		"another member":  func() reply { return bob.send(http.MethodPost, "/changes", confirm[0]) },
		"another session": func() reply { return reading.send(http.MethodPost, "/changes", confirm[0]) },
		"another site":    func() reply { return ada.send(http.MethodPost, "/changes", confirm[0], attacks["another site"]...) },
		"this machine's pages": func() reply {
			return ada.send(http.MethodPost, "/changes", confirm[0], "Origin", "http://localhost:3000")
		},
		"without a session": func() reply { return newPageBrowser(t, at, public).send(http.MethodPost, "/changes", confirm[0]) },
	} {
		if r := send(); r.status != http.StatusForbidden && r.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %.300s", promise, r.status, r.body)
		}
	}
	if text := overREST(at, "Authorization", "Bearer "+tokens["bob"])(t, "fetch", map[string]any{"id": id}).text; !strings.Contains(text, "A wrong title") {
		t.Fatalf("an attack changed the work: %.300s", text)
	}
	if r := ada.send(http.MethodPost, "/changes", confirm[0]); r.status != 200 || !strings.Contains(r.body, "Undone") {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// allowChanges lets a browser change libraries, with the token again.
func allowChanges(b *pageBrowser, token string) {
	b.t.Helper()
	found := regexp.MustCompile(`href="(/account/sign-in\?allow=[^"]*)"`).FindStringSubmatch(b.send(http.MethodGet, "/changes", nil).body)
	if found == nil {
		b.t.Fatal("no button allows changes")
	}
	to, err := url.Parse(html.UnescapeString(found[1]))
	if err != nil {
		b.t.Fatal(err)
	}
	form := url.Values{"token": {token}, "to": {to.Query().Get("to")}, "allow": {to.Query().Get("allow")}}
	if r := b.send(http.MethodPost, "/account/sign-in", form); r.status != http.StatusSeeOther || r.header.Get("Location") != "/changes" {
		b.t.Fatal(fmt.Sprint(r.status, r.body))
	}
}

// TestChangesPage_AsksZoteroForAKeyThatWrites signs a member in again, for changes.
func TestChangesPage_AsksZoteroForAKeyThatWrites(t *testing.T) {
	d := deployForTwoWhoWrite(t)
	m := d.account(ada)
	allow := func(page string) string {
		found := regexp.MustCompile(`href="(/account/sign-in\?allow=[^"]*)"`).FindStringSubmatch(page)
		if found == nil {
			return ""
		}
		return html.UnescapeString(found[1])
	}
	status, page, _ := m.open(http.MethodGet, "/changes", nil)
	if status != http.StatusOK || allow(page) == "" {
		t.Fatalf("%d %s", status, page)
	}
	_, _, to := m.open(http.MethodGet, allow(page), nil)
	back, err := m.person.AtZotero(t.Context(), to)
	if err != nil {
		t.Fatalf("%s: %v", to, err)
	}
	if status, page, to := m.open(http.MethodGet, back.String(), nil); status != http.StatusSeeOther || to != "/changes" {
		t.Fatalf("%d to %q %s", status, to, page)
	}
	if status, page, _ = m.open(http.MethodGet, "/changes", nil); status != http.StatusOK || allow(page) != "" || !strings.Contains(page, "What tools did") {
		t.Errorf("%d %s", status, page)
	}
}
