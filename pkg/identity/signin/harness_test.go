package signin_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/identity/ledger"
	"github.com/stackroom-mcp/stackroom/pkg/identity/seal"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/zoteroauth"
)

// world is a deployment: Zotero, two processes that share a bucket and
// alternate behind one URL, a clock, and the log.
type world struct {
	t      *testing.T
	issuer string
	zotero *signintest.Zotero
	ring   *seal.Keyring
	bucket *buckettest.Fake
	log    *journal
	http   *http.Client

	mu     sync.Mutex
	now    time.Time
	served int
	nodes  []*signin.Server
	muxes  []*http.ServeMux
}

// journal collects log lines.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

const ada, bob = 475425, 475426

func newWorld(t *testing.T, change ...func(*signin.Options)) *world {
	t.Helper()
	w := &world{
		t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), log: &journal{},
		zotero: &signintest.Zotero{ClientKey: "appkey", ClientSecret: "appsecret", Users: []signintest.User{{ID: ada, Name: "ada"}, {ID: bob, Name: "bob"}}},
	}
	zotero := httptest.NewServer(w.zotero)
	t.Cleanup(zotero.Close)
	edge := httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	edge.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that disconnect
	edge.StartTLS()
	t.Cleanup(edge.Close)
	w.issuer, w.http = edge.URL, edge.Client()
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ring, err := seal.New(bytes.Repeat([]byte{1}, seal.MasterSize))
	if err != nil {
		t.Fatal(err)
	}
	w.ring, w.bucket = ring, buckettest.New(t)
	o := signin.Options{
		Issuer: w.issuer, Resource: w.issuer + "/mcp", Keyring: ring, Writes: true,
		Zotero: zoteroauth.Options{
			OAuthURL: zotero.URL + "/oauth", APIURL: zotero.URL,
			ClientKey: func() string { return "appkey" }, ClientSecret: func() string { return "appsecret" },
		},
		Logger: slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: w.clock,
	}
	for _, c := range change {
		c(&o)
	}
	for range 2 {
		w.add(o)
	}
	return w
}

// ledger opens the bucket's ledger as another process would.
func (w *world) ledger() *ledger.Ledger {
	w.t.Helper()
	b, err := bucket.Open(w.t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: w.bucket.URL, Attempts: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	return ledger.OpenBucket(w.t.Context(), b, ledger.Options{Now: w.clock, Logger: slog.New(slog.NewJSONHandler(w.log, nil))})
}

// add starts another process, with the bucket's ledger unless o has one.
func (w *world) add(o signin.Options) {
	w.t.Helper()
	if o.Ledger == nil {
		o.Ledger = w.ledger()
	}
	s, err := signin.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, route := range s.Routes() {
		mux.Handle(route.Method+" "+route.Path, route.Handler)
	}
	w.nodes, w.muxes = append(w.nodes, s), append(w.muxes, mux)
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// serve sends each request to the next process.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.served++
	mux := w.muxes[w.served%len(w.muxes)]
	w.mu.Unlock()
	mux.ServeHTTP(rw, r)
}

// verifier is a PKCE verifier.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const callback = "https://client.example/callback"

// register registers a client and returns the response.
func (w *world) register(metadata string) map[string]any {
	w.t.Helper()
	res, body := w.send(http.MethodPost, "/register", "application/json", metadata)
	if res.StatusCode != http.StatusCreated {
		w.t.Fatalf("register: %d %s", res.StatusCode, body)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(body, &answer); err != nil {
		w.t.Fatal(err)
	}
	return answer
}

// plain registers the default client and returns its ID.
func (w *world) plain() string {
	w.t.Helper()
	return w.register(`{"client_name":"Claude","redirect_uris":["` + callback + `"],"token_endpoint_auth_method":"none"}`)["client_id"].(string)
}

// send sends a request.
func (w *world) send(method, path, kind, body string, header ...string) (*http.Response, []byte) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.issuer+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res, answer
}

// query is a valid authorization request of a client, with changes: name,
// value, …; the value "-" removes a parameter.
func (w *world) query(id string, changes ...string) url.Values {
	q := url.Values{
		"client_id": {id}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"st at"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"}, "resource": {w.issuer + "/mcp"},
	}
	change(q, changes)
	return q
}

func change(q url.Values, changes []string) {
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "-" {
			q.Del(changes[i])
			continue
		}
		q.Set(changes[i], changes[i+1])
	}
}

func (w *world) authorizeURL(q url.Values) string { return w.issuer + "/authorize?" + q.Encode() }

// person returns a person with a new browser.
func (w *world) person(user int64) *signintest.Person {
	return signintest.NewPerson(user, w.http.Transport)
}

// code signs a person in and returns the code for the client.
func (w *world) code(user int64, q url.Values) string {
	w.t.Helper()
	to, err := w.person(user).SignIn(w.t.Context(), w.authorizeURL(q))
	if err != nil {
		w.t.Fatal(err)
	}
	code := to.Query().Get("code")
	if code == "" {
		w.t.Fatalf("no code: %s", to)
	}
	return code
}

// grantAnswer is a response of /token.
type grantAnswer struct {
	Status       int
	RetryAfter   string
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
	Error        string `json:"error"`
	Description  string `json:"error_description"`
}

// token posts a form to /token.
func (w *world) token(form url.Values, header ...string) grantAnswer {
	w.t.Helper()
	res, body := w.send(http.MethodPost, "/token", "application/x-www-form-urlencoded", form.Encode(), header...)
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Content-Type") != "application/json" {
		w.t.Errorf("A17: /token has the headers %v", res.Header)
	}
	a := grantAnswer{Status: res.StatusCode, RetryAfter: res.Header.Get("Retry-After")}
	if err := json.Unmarshal(body, &a); err != nil {
		w.t.Fatalf("%s: %v", body, err)
	}
	return a
}

// redeem returns the form that exchanges a code, with changes as in query.
func (w *world) redeem(id, code string, changes ...string) url.Values {
	q := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {id}, "code": {code}, "redirect_uri": {callback},
		"code_verifier": {verifier}, "resource": {w.issuer + "/mcp"},
	}
	change(q, changes)
	return q
}

// refresh returns the form that renews a token, with changes as in query.
func refresh(id, token string, changes ...string) url.Values {
	q := url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {token}}
	change(q, changes)
	return q
}

// signIn signs a person in to a client and returns the tokens.
func (w *world) signIn(user int64, id string, changes ...string) grantAnswer {
	w.t.Helper()
	a := w.token(w.redeem(id, w.code(user, w.query(id, changes...))))
	if a.Status != http.StatusOK {
		w.t.Fatalf("%+v", a)
	}
	return a
}

// verify verifies a token in every process; the results must agree.
func (w *world) verify(token string) (*identity.Principal, error) {
	w.t.Helper()
	return w.nodes[0].Verify(w.t.Context(), token)
}
