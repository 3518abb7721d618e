package account_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// connection reads notes of sign-ins that are the client's name.
func connection(_ context.Context, note []byte) (client string, write, ok bool) {
	return string(bytes.TrimPrefix(note, []byte("write "))), bytes.HasPrefix(note, []byte("write ")), true
}

// grants returns the grants of the browser's member.
func (b *browser) grants() *identity.Grants {
	b.t.Helper()
	g, err := b.pages[0].Grants(b.request())
	if err != nil || g == nil {
		b.t.Fatalf("%v %v", g, err)
	}
	return g
}

// connect signs a client in.
func (s *service) connect(subject, id, note string) {
	s.t.Helper()
	b, err := bucket.Open(s.t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: s.bucket.URL})
	if err != nil {
		s.t.Fatal(err)
	}
	records := ledger.OpenBucket(s.t.Context(), b, ledger.Options{Now: s.clock})
	family := ledger.Family{Kind: ledger.SignIn, Subject: subject, ID: id, Note: []byte(note), Created: s.clock(), Expires: s.clock().AddDate(0, 0, 90)}
	if first, err := records.Begin(s.t.Context(), family); err != nil || !first {
		s.t.Fatal(first, err)
	}
}

func TestGrants_AreEndedByTheirMember(t *testing.T) {
	s := newService(t)
	b, other := s.browser(), s.browser()
	b.signIn("")
	token, _ := b.make()
	b.make("name", "second")
	s.connect("zotero:1001", "one", "write Claude")
	s.connect("zotero:1001", "two", "Cursor")
	s.who = &account.Member{Subject: "zotero:1002", Scopes: []identity.Scope{identity.Read}, Key: "bob-key"}
	other.signIn("")
	if g := other.grants(); len(g.Tokens)+len(g.Connections) != 0 {
		t.Errorf("another member sees %+v", g)
	}
	g := b.grants()
	slices.SortFunc(g.Tokens, func(a, b identity.Grant) int { return strings.Compare(a.Name, b.Name) }) // they were made at once
	if !g.Keys || len(g.Tokens) != 2 || g.Tokens[0].Name != "backup script" || g.Tokens[0].Write || g.Tokens[0].Expires.Sub(g.Tokens[0].Created) != 30*24*time.Hour {
		t.Fatalf("%+v", g.Tokens)
	}
	names := map[string]identity.Grant{}
	for _, c := range g.Connections {
		names[c.Name] = c
	}
	if len(names) != 2 || !names["Claude"].Write || names["Cursor"].Write {
		t.Fatalf("%+v", g.Connections)
	}
	end := func(b *browser, form string, grant identity.Grant, back string, header ...string) answer {
		return b.send(http.MethodPost, grant.EndPath, url.Values{"form": {form}, grant.Field: {grant.Key}, "to": {back}}, header...)
	}
	theirs := other.grants().Form
	for _, grant := range []identity.Grant{g.Tokens[0], names["Claude"]} {
		end(other, theirs, grant, "/activity")
		for name, a := range map[string]answer{
			"the form of another": end(b, theirs, grant, "/activity"),
			"another site":        end(b, g.Form, grant, "/activity", "Sec-Fetch-Site", "cross-site"),
			"no session":          end(s.browser(), g.Form, grant, "/activity"),
		} {
			if a.status < 400 || a.to != "" {
				t.Errorf("%s: %d to %q", name, a.status, a.to)
			}
		}
	}
	swapped := g.Tokens[0]
	swapped.Key = names["Claude"].Key
	end(b, g.Form, swapped, "/activity")
	if g := b.grants(); len(g.Tokens) != 2 || len(g.Connections) != 2 {
		t.Fatalf("an attack ended one: %+v", g)
	}
	for back, want := range map[string]string{"/activity": "/activity", "https://evil.example/": "/account/tokens", "": "/account/tokens"} {
		if a := end(b, g.Form, g.Tokens[0], back); a.status != http.StatusSeeOther || a.to != want {
			t.Errorf("%q: %d to %q", back, a.status, a.to)
		}
	}
	end(b, g.Form, names["Claude"], "/activity")
	if g := b.grants(); len(g.Tokens) != 1 || g.Tokens[0].Name != "second" || len(g.Connections) != 1 || g.Connections[0].Name != "Cursor" {
		t.Errorf("%+v", g)
	}
	s.pass(time.Minute)
	for process := range 2 {
		if _, err := s.verify(process, token); library.CodeOf(err) != library.Unauthenticated {
			t.Errorf("process %d: %v", process, err)
		}
	}
}

func TestGrants_NeedASession(t *testing.T) {
	s := newService(t)
	if _, err := s.pages[0].Grants(s.browser().request()); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("%v", err)
	}
	held, _ := newTokenService(t)
	b := held.browser()
	b.send(http.MethodPost, "/account/sign-in", url.Values{"token": {"good"}}, "Origin", held.url)
	if g, err := held.pages[0].Grants(b.request()); g != nil || library.CodeOf(err) == library.Unavailable {
		t.Errorf("a token of the operator: %v %v", g, err)
	}
}
