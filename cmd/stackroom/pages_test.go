package main

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
	"github.com/stackroom-mcp/stackroom/pkg/secret/secrettest"
)

func TestPages_ShowEachMemberTheirLibraries(t *testing.T) {
	d, _ := deployForTwo(t)
	work := "/works/user:1001/" + signintest.WorkKey(0)
	for _, path := range []string{"/search?q=tenancy", "/tags", "/collections", work} {
		if r := d.send(http.MethodGet, path, ""); r.status != http.StatusUnauthorized || strings.Contains(r.body, "1001mark") || !strings.Contains(r.body, "/account/sign-in?to=") {
			t.Errorf("%s without a session: %d %.300s", path, r.status, r.body)
		}
	}
	for user, others := range map[int64]string{ada: "user1002mark", bob: "user1001mark"} {
		m := d.account(user)
		own := signintest.Mark("user", user)
		for range 2 { // both processes
			if status, page, _ := m.open(http.MethodGet, "/search?q=tenancy", nil); status != http.StatusOK || !strings.Contains(page, own) || strings.Contains(page, others) {
				t.Errorf("user %d: %d %.300s", user, status, page)
			}
		}
		status, page, _ := m.open(http.MethodGet, work, nil)
		if found := status == http.StatusOK && strings.Contains(page, "user1001mark"); found != (user == ada) {
			t.Errorf("user %d at the page of ada's work: %d %.300s", user, status, page)
		}
	}
	m := d.account(bob)
	d.zotero.Revoke(bob)
	if status, page, _ := m.open(http.MethodGet, "/search?q=tenancy", nil); status == http.StatusOK && strings.Contains(page, "user1002mark") {
		t.Errorf("after the key was revoked: %d %.300s", status, page)
	}
}

func TestPages_SignInWithToken(t *testing.T) {
	record := filepath.Join(t.TempDir(), "tokens")
	_, token, stderr := run(t, nil, "token", "new", "--name", "reader", "--all-libraries", "--record", record)
	if token = strings.TrimSpace(token); token == "" {
		t.Fatal(stderr)
	}
	const public = "http://127.0.0.1:1" // only the Origin of forms is compared with it
	at, _ := start(t, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_AUTH=tokens", "STACKROOM_TOKENS="+secrettest.FileReference(record), "STACKROOM_PUBLIC_URL="+public)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(token string) *http.Response {
		t.Helper()
		body := strings.NewReader(url.Values{"token": {token}, "to": {"/libraries"}}.Encode())
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/account/sign-in", body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", public)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		return res
	}
	if res := post(token + "x"); res.StatusCode != http.StatusForbidden || len(res.Cookies()) != 0 {
		t.Errorf("a wrong token: %d", res.StatusCode)
	}
	res := post(token)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/libraries" || len(res.Cookies()) != 1 {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/libraries", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.AddCookie(res.Cookies()[0])
	page, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	var b strings.Builder
	if err := page.Write(&b); err != nil || page.StatusCode != http.StatusOK || !strings.Contains(b.String(), "Sample library") {
		t.Errorf("%d %v %.300s", page.StatusCode, err, b.String())
	}
}
