package signin_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// closed returns a server that can reach neither Zotero nor clients' documents,
// with a client's ID and its routes.
func closed(t testing.TB) (s *signin.Server, mux *http.ServeMux, id string) {
	t.Helper()
	ring, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	unreachable := &http.Client{Transport: nowhere{}}
	s, err = signin.New(signin.Options{
		Issuer: "https://stackroom.example", Resource: "https://stackroom.example/mcp", Keyring: ring, Ledger: signin.NewFileLedger(t),
		Zotero: zoteroauth.Options{
			OAuthURL: "https://www.zotero.org/oauth", APIURL: "https://api.zotero.org", HTTP: unreachable,
			ClientKey: func() string { return "k" }, ClientSecret: func() string { return "s" },
		},
		Documents: nowhere{},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux = http.NewServeMux()
	for _, route := range s.Routes() {
		mux.Handle(route.Method+" "+route.Path, route.Handler)
	}
	res := do(mux, http.MethodPost, "/register", "application/json", `{"client_name":"x","redirect_uris":["https://client.example/callback","http://localhost/cb"]}`)
	_, rest, _ := strings.Cut(res.Body.String(), `"client_id":"`)
	id, _, _ = strings.Cut(rest, `"`)
	if id == "" {
		t.Fatal(res.Body)
	}
	return s, mux, id
}

// nowhere is a transport that fails every request.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func do(h http.Handler, method, path, kind, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://stackroom.example/", strings.NewReader(body))
	u, err := url.Parse(path)
	if err != nil {
		u = &url.URL{Path: "/authorize", RawQuery: strings.TrimPrefix(path, "/authorize?")}
	}
	r.URL.Path, r.URL.RawQuery = u.Path, u.RawQuery
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func FuzzVerify(f *testing.F) {
	s, _, id := closed(f)
	for _, token := range []string{id, "", "x", "sr_access_", "sr_access_AAAA", strings.Replace(id, "client", "access", 1)} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := s.Verify(t.Context(), token)
		if p != nil || library.CodeOf(err) != library.Unauthenticated {
			t.Errorf("%q: %+v, %v", token, p, err)
		}
		if e := library.AsError(err); len(token) > 8 && strings.Contains(e.Error(), token) {
			t.Errorf("the error repeats %q", token)
		}
	})
}

func FuzzAuthorize(f *testing.F) {
	_, mux, id := closed(f)
	good := "client_id=" + id + "&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback&response_type=code&code_challenge=" + challenge() + "&code_challenge_method=S256"
	for _, q := range []string{good, good + "&state=x", good + "&scope=library:write", good + "&resource=https://stackroom.example/mcp/", good + "&state=%0d%0aX:y", good + "&redirect_uri=x",
		"client_id=https://evil.example/x&redirect_uri=https://evil.example/", "", "%zz", "client_id=" + id, strings.Replace(good, "https%3A%2F%2Fclient.example%2Fcallback", "http://localhost:5/cb", 1)} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		r := httptest.NewRequest(http.MethodGet, "https://stackroom.example/authorize", nil)
		r.URL.RawQuery = q
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		to := w.Header().Get("Location")
		switch {
		case w.Code == http.StatusSeeOther:
			if !strings.HasPrefix(to, "https://client.example/callback?") && !strings.HasPrefix(to, "http://localhost") || !strings.Contains(to, "error=") || !strings.Contains(to, "iss=") {
				t.Errorf("%q leads to %q", q, to)
			}
		case to != "" || w.Code == http.StatusInternalServerError:
			t.Errorf("%q: %d %q", q, w.Code, to)
		}
		if strings.Contains(strings.ToLower(w.Body.String()), "<script") || strings.ContainsAny(to, "\r\n") {
			t.Errorf("%q: %s", q, w.Body)
		}
	})
}

func FuzzConsentForm(f *testing.F) {
	_, mux, id := closed(f)
	for _, body := range []string{"request=" + id + "&decision=allow", "", "request=&decision=deny", "request=sr_form_AAAA", "%zz", "request=" + strings.Replace(id, "client", "form", 1), strings.Repeat("a=b&", 100)} {
		f.Add(body, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	}
	f.Fuzz(func(t *testing.T, body, cookie string) {
		r := httptest.NewRequest(http.MethodPost, "https://stackroom.example/authorize", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "__Host-stackroom-browser", Value: cookie})
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || w.Header().Get("Location") != "" || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%q: %d %v", body, w.Code, w.Header())
		}
	})
}

// BenchmarkOpen opens an access token. It must take less than 20 µs.
func BenchmarkOpen(b *testing.B) {
	s, token := signin.NewBenchmark(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Open(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify verifies a cached access token, as all but the first call of
// a minute do.
func BenchmarkVerify(b *testing.B) {
	s, token := signin.NewBenchmark(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Verify(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
