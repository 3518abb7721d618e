package account_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/account"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// service is two processes with account pages behind one URL, sharing a bucket.
type service struct {
	t      *testing.T
	url    string
	bucket *buckettest.Fake
	ring   *seal.Keyring
	log    bytes.Buffer
	who    *account.Member // the next member to sign in
	keys   *keys
	scopes []identity.Scope
	listed error

	mu     sync.Mutex
	now    time.Time
	served int
	pages  []*account.Pages
	muxes  []*http.ServeMux
	server *httptest.Server
}

// keys records the scheduled deletions.
type keys struct {
	mu   sync.Mutex
	owed map[string]time.Time // by ID
	down bool
}

func (k *keys) change(id string, change func()) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down {
		return library.Errorf(library.Unavailable, "down").WithRetryAfter(5 * time.Second)
	}
	change()
	return nil
}

func (k *keys) Owe(_ context.Context, id, _ string, due time.Time) error {
	return k.change(id, func() { k.owed[id] = due })
}
func (k *keys) Settle(_ context.Context, id string) error {
	return k.change(id, func() { delete(k.owed, id) })
}
func (k *keys) Hasten(_ context.Context, id string) error {
	return k.change(id, func() {
		if _, ok := k.owed[id]; ok {
			k.owed[id] = time.Time{}
		}
	})
}

// Begin and Finish implement [account.Login] without another site.
func (s *service) Begin(_ context.Context, mark string, write bool) (string, []byte, error) {
	return fmt.Sprintf("https://login.example/?s=%s&write=%t", mark, write), []byte("carried " + mark), nil
}

func (s *service) Finish(_ context.Context, q url.Values, mark string, carried []byte) (*account.Member, error) {
	if string(carried) != "carried "+mark || q.Get("no") != "" {
		return nil, library.Errorf(library.Unauthenticated, "the login did not confirm")
	}
	m := *s.who
	return &m, nil
}

// libraries lists the libraries of the principal's key.
func (s *service) libraries(ctx context.Context) ([]library.Info, error) {
	p := identity.PrincipalFrom(ctx)
	all := []library.Info{{ID: "user:1", Name: "Ada's <library>"}, {ID: "group:4711", Name: "Chemistry"}, {ID: "group:4712", Name: "Physics"}}
	return slices.DeleteFunc(all, func(i library.Info) bool { return !p.Sees(i.ID) }), s.listed
}

func newService(t *testing.T) *service {
	t.Helper()
	s := &service{
		t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), bucket: buckettest.New(t), keys: &keys{owed: map[string]time.Time{}},
		who: ada(), scopes: []identity.Scope{identity.Read, identity.Write},
	}
	ring, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	s.ring = ring
	s.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.served++
		mux := s.muxes[s.served%len(s.muxes)]
		s.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	s.url = s.server.URL
	s.restart()
	return s
}

func ada() *account.Member {
	return &account.Member{Subject: "zotero:1001", Scopes: []identity.Scope{identity.Read}, Key: "ada-key-of-zotero"}
}

// restart restarts both processes.
func (s *service) restart() {
	s.t.Helper()
	s.pages, s.muxes = nil, nil
	for range 2 {
		b, err := bucket.Open(s.t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: s.bucket.URL, Attempts: 1})
		if err != nil {
			s.t.Fatal(err)
		}
		p, err := account.New(account.Options{
			URL: s.url, Keyring: s.ring, Ledger: ledger.OpenBucket(s.t.Context(), b, ledger.Options{Now: s.clock}), Login: s, Through: "Example",
			Keys: s.keys, Connection: connection, Libraries: s.libraries, Scopes: s.scopes, Now: s.clock, Logger: slog.New(slog.NewTextHandler(&s.log, nil)),
			Credential: func(key string) upstream.Credential { return upstream.NewCredential("test", http.Header{"Key": {key}}) },
		})
		if err != nil {
			s.t.Fatal(err)
		}
		mux := http.NewServeMux()
		for _, r := range p.Routes() {
			mux.Handle(r.Method+" "+r.Path, r.Handler)
		}
		s.pages, s.muxes = append(s.pages, p), append(s.muxes, mux)
	}
}

func (s *service) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *service) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// verify verifies a token in one process.
func (s *service) verify(process int, token string) (*identity.Principal, error) {
	return s.pages[process].Verifier(others{}).Verify(s.t.Context(), token)
}

// others stands for the verifier of all other tokens.
type others struct{}

func (others) Verify(context.Context, string) (*identity.Principal, error) {
	return &identity.Principal{Subject: "other"}, nil
}

// browser is a member's browser.
type browser struct {
	*service
	http *http.Client
}

func (s *service) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{s, &http.Client{Transport: s.server.Client().Transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	status   int
	header   http.Header
	body, to string
}

func (b *browser) send(method, path string, form url.Values, header ...string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body), res.Header.Get("Location")}
}

// signIn signs the service's member in.
func (b *browser) signIn(query string) {
	b.t.Helper()
	a := b.send(http.MethodGet, "/account/sign-in"+query, nil)
	to, err := url.Parse(a.to)
	if err != nil || a.status != http.StatusSeeOther || to.Host != "login.example" {
		b.t.Fatalf("sign-in: %d to %q", a.status, a.to)
	}
	if a = b.send(http.MethodGet, "/account/callback?s="+to.Query().Get("s"), nil); a.status != http.StatusSeeOther || a.to != "/account/tokens" {
		b.t.Fatalf("callback: %d to %q %s", a.status, a.to, a.body)
	}
}

var formField = regexp.MustCompile(`name="form" value="([^"]*)"`)

// page opens the page of tokens and returns it with its hidden field.
func (b *browser) page() (string, string) {
	b.t.Helper()
	a := b.send(http.MethodGet, "/account/tokens", nil)
	m := formField.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || m == nil {
		b.t.Fatalf("the page: %d %s", a.status, a.body)
	}
	return a.body, html.UnescapeString(m[1])
}

var tokenText = regexp.MustCompile(`sr_pat_[A-Za-z0-9_-]+`)

// make submits the form for a new token, with changes: name, value, ….
func (b *browser) make(changes ...string) (string, answer) {
	b.t.Helper()
	_, form := b.page()
	fields := url.Values{"form": {form}, "name": {"backup script"}, "scope": {"library:read"}, "which": {"all"}, "days": {"30"}}
	for i := 0; i < len(changes); i += 2 {
		if changes[i] == "library" {
			fields.Add("library", changes[i+1])
			continue
		}
		fields.Set(changes[i], changes[i+1])
	}
	a := b.send(http.MethodPost, "/account/tokens", fields)
	return tokenText.FindString(a.body), a
}

func TestTokens_MakeAndUse(t *testing.T) {
	s := newService(t)
	b := s.browser()
	if a := b.send(http.MethodGet, "/account/tokens", nil); a.status != http.StatusOK || !strings.Contains(a.body, `href="/account/sign-in"`) || strings.Contains(a.body, "<form") {
		t.Fatalf("without a session: %d %s", a.status, a.body)
	}
	b.signIn("")
	body, _ := b.page()
	for _, has := range []string{"zotero:1001", "You have none", "Ada&#39;s &lt;library&gt;", "group:4712", "90 days"} {
		if !strings.Contains(body, has) {
			t.Errorf("the page lacks %q", has)
		}
	}
	token, a := b.make()
	if a.status != http.StatusOK || token == "" || a.header.Get("Cache-Control") != "no-store" || !strings.Contains(a.body, "only time") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for process := range 2 {
		p, err := s.verify(process, token)
		if err != nil {
			t.Fatal(err)
		}
		if p.Subject != "zotero:1001" || !slices.Equal(p.Scopes, []identity.Scope{identity.Read}) || p.Libraries != nil || p.Credential.Anonymous() ||
			!p.Expires.Equal(s.clock().Add(30*24*time.Hour)) {
			t.Errorf("%+v", p)
		}
	}
	if strings.Contains(token, "ada-key") {
		t.Error("the key shows")
	}
	body, _ = b.page()
	if !strings.Contains(body, "backup script") || !strings.Contains(body, "2026-12-22") || strings.Contains(body, token) {
		t.Errorf("the list: %s", body)
	}
	if p, err := s.verify(0, "srt_other"); err != nil || p.Subject != "other" {
		t.Errorf("another token: %+v, %v", p, err)
	}
	for name, text := range map[string]string{"log": s.log.String(), "bucket": fmt.Sprint(s.bucket.Objects())} {
		for _, secret := range []string{token, "ada-key-of-zotero", "backup script", "zotero:1001"} {
			if strings.Contains(text, secret) && (name == "bucket" || secret != "zotero:1001") {
				t.Errorf("the %s has %.20s", name, secret)
			}
		}
	}
}

func TestTokens_StayRevoked(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	token, _ := b.make()
	s.pass(time.Second) // the list is ordered by time
	kept, _ := b.make("name", "another one")
	body, form := b.page()
	key := regexp.MustCompile(`name="token" value="([0-9a-f]+)"`).FindStringSubmatch(body)
	if key == nil {
		t.Fatal(body)
	}
	if a := b.send(http.MethodPost, "/account/tokens/revoke", url.Values{"form": {form}, "token": {key[1]}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.pass(time.Minute)
	for range 2 {
		for process := range s.pages {
			if _, err := s.verify(process, token); library.CodeOf(err) != library.Unauthenticated {
				t.Errorf("process %d: %v", process, err)
			}
			if _, err := s.verify(process, kept); err != nil {
				t.Errorf("process %d, the other token: %v", process, err)
			}
		}
		s.restart()
	}
	if body, _ = b.page(); strings.Contains(body, "backup script") || !strings.Contains(body, "another one") {
		t.Errorf("the list: %s", body)
	}
	s.pass(29 * 24 * time.Hour)
	s.restart()
	if _, err := s.verify(0, token); library.CodeOf(err) != library.Unauthenticated {
		t.Errorf("a day before it expires: %v", err)
	}
	s.bucket.Down.Store(true)
	s.restart()
	if _, err := s.verify(0, kept); library.CodeOf(err) != library.Unavailable {
		t.Errorf("a process that can't read the ledger: %v", err)
	}
}

func TestTokens_Expire(t *testing.T) {
	s := newService(t)
	b := s.browser()
	b.signIn("")
	token, _ := b.make("days", "7")
	s.pass(7*24*time.Hour - time.Second)
	if _, err := s.verify(0, token); err != nil {
		t.Error(err)
	}
	s.pass(time.Second)
	if _, err := s.verify(0, token); library.CodeOf(err) != library.Unauthenticated {
		t.Error(err)
	}
}

func TestTokens_NeverExceedTheirMaker(t *testing.T) {
	s := newService(t)
	for promise, c := range map[string]struct {
		member    func(*account.Member)
		changes   []string
		status    int
		libraries []library.ID
		scopes    []identity.Scope
	}{
		"one library":                         {nil, []string{"which", "some", "library", "group:4711"}, 200, []library.ID{"group:4711"}, []identity.Scope{identity.Read}},
		"two, one of them repeated":           {nil, []string{"which", "some", "library", "group:4711", "library", "user:1", "library", "group:4711"}, 200, []library.ID{"group:4711", "user:1"}, []identity.Scope{identity.Read}},
		"no library":                          {nil, []string{"which", "some"}, 422, nil, nil},
		"no choice":                           {nil, []string{"which", ""}, 422, nil, nil},
		"another's library":                   {nil, []string{"which", "some", "library", "user:2"}, 404, nil, nil},
		"an unknown library":                  {nil, []string{"which", "some", "library", "*"}, 404, nil, nil},
		"writing without the right":           {nil, []string{"scope", "library:write"}, 403, nil, nil},
		"an unknown scope":                    {nil, []string{"scope", "admin"}, 403, nil, nil},
		"no name":                             {nil, []string{"name", " "}, 422, nil, nil},
		"a name that is too long":             {nil, []string{"name", strings.Repeat("n", 61)}, 422, nil, nil},
		"no end":                              {nil, []string{"days", "0"}, 422, nil, nil},
		"too long":                            {nil, []string{"days", "365"}, 422, nil, nil},
		"all, for a restricted member":        {func(m *account.Member) { m.Libraries = []library.ID{"group:4712"} }, nil, 200, []library.ID{"group:4712"}, []identity.Scope{identity.Read}},
		"fewer, for a restricted member":      {func(m *account.Member) { m.Libraries = []library.ID{"group:4712", "user:1"} }, []string{"which", "some", "library", "user:1"}, 200, []library.ID{"user:1"}, []identity.Scope{identity.Read}},
		"more, for a restricted member":       {func(m *account.Member) { m.Libraries = []library.ID{"group:4712"} }, []string{"which", "some", "library", "group:4711"}, 404, nil, nil},
		"writing with the right":              {func(m *account.Member) { m.Scopes = append(m.Scopes, identity.Write) }, []string{"scope", "library:write"}, 200, nil, []identity.Scope{identity.Read, identity.Write}},
		"reading with that right":             {func(m *account.Member) { m.Scopes = append(m.Scopes, identity.Write) }, nil, 200, nil, []identity.Scope{identity.Read}},
		"all, for a member without libraries": {func(m *account.Member) { m.Libraries = []library.ID{} }, nil, 200, []library.ID{}, []identity.Scope{identity.Read}},
	} {
		s.who = ada()
		if c.member != nil {
			c.member(s.who)
		}
		b := s.browser()
		b.signIn("")
		token, a := b.make(c.changes...)
		if a.status != c.status || (token != "") != (c.status == 200) {
			t.Errorf("%s: %d %q", promise, a.status, token)
			continue
		}
		if token == "" {
			continue
		}
		p, err := s.verify(1, token)
		if err != nil || !slices.Equal(p.Libraries, c.libraries) || (p.Libraries == nil) != (c.libraries == nil) || !slices.Equal(p.Scopes, c.scopes) {
			t.Errorf("%s: %+v, %v", promise, p, err)
		}
	}
}

// TestWrite_IsOfferedOnlyIfToolsWrite has a member with the right to write at a
// server whose tools don't.
func TestWrite_IsOfferedOnlyIfToolsWrite(t *testing.T) {
	s := newService(t)
	s.scopes = []identity.Scope{identity.Read}
	s.restart()
	s.who.Scopes = append(s.who.Scopes, identity.Write)
	b := s.browser()
	b.signIn("")
	if body, _ := b.page(); strings.Contains(body, "library:write") || strings.Contains(body, "write=1") {
		t.Error("the page offers write access")
	}
	if _, a := b.make("scope", "library:write"); a.status != http.StatusForbidden {
		t.Errorf("%d", a.status)
	}
	if a := b.send(http.MethodGet, "/account/sign-in?write=1", nil); !strings.Contains(a.to, "write=false") {
		t.Errorf("to %s", a.to)
	}
}
