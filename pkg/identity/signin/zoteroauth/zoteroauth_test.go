package zoteroauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func service(t *testing.T, h http.Handler) *zoteroauth.Service {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	s, err := zoteroauth.New(zoteroauth.Options{
		OAuthURL: server.URL + "/oauth/", APIURL: server.URL + "/",
		ClientKey: func() string { return "appkey" }, ClientSecret: func() string { return "app secret+&" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestService_IssuesAndRevokesKey(t *testing.T) {
	zotero := &signintest.Zotero{ClientKey: "appkey", ClientSecret: "app secret+&", Users: []signintest.User{{ID: 7, Name: "ada"}}}
	s := service(t, zotero)
	ticket, err := s.Begin(t.Context(), "https://stackroom.example/callback?s=a%20b&c=d")
	if err != nil {
		t.Fatal(err)
	}
	back, err := signintest.NewPerson(7, nil).AtZotero(t.Context(), s.AuthorizeURL(ticket, "Cläude", false))
	if err != nil || back.Query().Get("s") != "a b" || back.Query().Get("oauth_token") != ticket.Token {
		t.Fatalf("%v, %v", back, err)
	}
	verifier := back.Query().Get("oauth_verifier")
	for promise, x := range map[string]struct {
		ticket   zoteroauth.Ticket
		verifier string
	}{
		"another verifier": {ticket, "x"},
		"another secret":   {zoteroauth.Ticket{Token: ticket.Token, Secret: "x"}, verifier},
		"another token":    {zoteroauth.Ticket{Token: "x", Secret: ticket.Secret}, verifier},
	} {
		if _, err := s.Finish(t.Context(), x.ticket, x.verifier); library.CodeOf(err) != library.Unauthenticated {
			t.Errorf("%s: %v", promise, err)
		}
	}
	key, err := s.Finish(t.Context(), ticket, verifier)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(t.Context(), ticket, verifier); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("a second time: %v", err)
	}
	if r, err := s.Rights(t.Context(), key); err != nil || r != (zoteroauth.Rights{UserID: 7, Read: true, Own: true, Groups: true}) {
		t.Errorf("%+v, %v", r, err)
	}
	for range 2 { // a deleted key counts as revoked
		if err := s.Revoke(t.Context(), key); err != nil {
			t.Errorf("revoking: %v", err)
		}
	}
	if _, err := s.Rights(t.Context(), key); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("a revoked key: %v", err)
	}
}

func TestRights(t *testing.T) {
	for body, want := range map[string]zoteroauth.Rights{
		// As in Zotero's documentation.
		`{"key":"x","userID":475425,"username":"Z User","displayName":"Z","access":{"user":{"library":true,"files":true,"notes":true,"write":true},"groups":{"all":{"library":true,"write":true}}}}`: {UserID: 475425, Read: true, Write: true, Own: true, Groups: true},
		`{"userID":1,"access":{"user":{"library":true}}}`:                                  {UserID: 1, Read: true, Own: true},
		`{"userID":1,"access":{"user":{"write":true}}}`:                                    {UserID: 1},
		`{"userID":1,"access":{"groups":{"4711":{"library":true},"1":{"library":false}}}}`: {UserID: 1, Read: true, Groups: true},
		`{"userID":1,"access":{"groups":{"4711":{"library":true,"write":true}}}}`:          {UserID: 1, Read: true, Write: true, Groups: true},
		`{"userID":1,"access":{}}`:                                                         {UserID: 1},
		`{"userID":1}`:                                                                     {UserID: 1},
		`{"userID":1,"access":{"user":{"library":true},"groups":null,"other":{"a":"b"}}}`:  {UserID: 1, Read: true, Own: true},
		`{"access":{"user":{"library":true}}}`:                                             {},
		`{"userID":0,"access":{"user":{"library":true}}}`:                                  {},
		`{"userID":"475425"}`:                                                              {},
		`[]`:                                                                               {},
		`nonsense`:                                                                         {},
	} {
		s := service(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Zotero-API-Key") != "thekey" || strings.Contains(r.URL.String(), "thekey") || r.Header.Get("Zotero-API-Version") != "3" {
				t.Errorf("Z04: %v %v", r.URL, r.Header)
			}
			_, _ = w.Write([]byte(body))
		}))
		r, err := s.Rights(t.Context(), "thekey")
		if r != want || (err != nil) != (want == zoteroauth.Rights{}) {
			t.Errorf("%s: %+v, %v", body, r, err)
		}
		if err != nil && library.CodeOf(err) != library.Unavailable {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestService_RejectsInvalidResponses(t *testing.T) {
	for promise, h := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "oauth_token=SECRETSECRET", http.StatusBadGateway)
		},
		"a page":       func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>SECRETSECRET&;</html>")) },
		"half a token": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("oauth_token=SECRETSECRET")) },
		"an invalid key": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(url.Values{"oauth_token": {"SECRETSECRET"}, "oauth_token_secret": {"SECRETSECRET\r\nX: y"}}.Encode()))
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
	} {
		s := service(t, h)
		_, err := s.Finish(t.Context(), zoteroauth.Ticket{Token: "t", Secret: "s"}, "v")
		if library.CodeOf(err) != library.Unavailable || strings.Contains(err.Error(), "SECRETSECRET") {
			t.Errorf("%s: %v", promise, err)
		}
		if _, err := s.Begin(t.Context(), "https://a.example/"); promise != "an invalid key" && library.CodeOf(err) != library.Unavailable {
			t.Errorf("beginning, %s: %v", promise, err)
		}
	}
	s := service(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Begin(ctx, "https://a.example/"); library.CodeOf(err) != library.Unavailable {
		t.Errorf("no response in time: %v", err)
	}
}
