package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/identity/signin/signintest"
)

// deployment is the program as a team runs it: two servers that share a bucket
// and a master key, behind one https URL that passes requests to them in turn,
// and a stand-in for Zotero.
type deployment struct {
	t         *testing.T
	public    string
	servers   []string // their own URLs
	zotero    *signintest.Zotero
	libraries *signintest.Libraries
	http      *http.Client
	bucket    *buckettest.Fake
	environ   []string  // of each server, without its data folder
	logs      []*output // of both: log and audit
	served    *atomic.Uint64
	scope     string // of sign-ins; "" asks for none
}

// redirectURI is the redirect URI of the clients.
const redirectURI = "https://client.example/callback"

func deploy(t *testing.T, works int, users ...signintest.User) *deployment {
	t.Helper()
	return deployWith(t, nil, works, users...)
}

// deployWith deploys with further settings.
func deployWith(t *testing.T, environ []string, works int, users ...signintest.User) *deployment {
	t.Helper()
	d := &deployment{t: t, served: &atomic.Uint64{}, zotero: &signintest.Zotero{ClientKey: "appkey-of-test", ClientSecret: "appsecret-of-test", Users: users}}
	d.libraries = &signintest.Libraries{Zotero: d.zotero, Works: works}
	d.zotero.Other = d.libraries
	zotero := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(fmt.Sprint(r.URL, r.Header), "sr_") {
			t.Errorf("R10, A21: Zotero gets something of ours that is sealed: %s", r.URL.Path)
		}
		d.zotero.ServeHTTP(w, r)
	}))
	t.Cleanup(zotero.Close)
	d.bucket = buckettest.New(t)
	d.public = "https://stackroom.test"
	d.http = &http.Client{Transport: d, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	master := make([]byte, 32)
	_, _ = rand.Read(master)
	d.environ = []string{
		"STACKROOM_AUTH=zotero", "STACKROOM_PUBLIC_URL=" + d.public, "STACKROOM_STATE_BUCKET=" + buckettest.Bucket,
		"STORAGE_EMULATOR_HOST=" + strings.TrimPrefix(d.bucket.URL, "http://"),
		"STACKROOM_MASTER_KEY=" + base64.StdEncoding.EncodeToString(master),
		"ZOTERO_URL=" + zotero.URL, "ZOTERO_OAUTH_URL=" + zotero.URL + "/oauth",
		"ZOTERO_OAUTH_CLIENT_KEY=appkey-of-test", "ZOTERO_OAUTH_CLIENT_SECRET=appsecret-of-test",
		"RATE_LIMIT_MAX=0", "STACKROOM_ALLOWED_HOSTS=stackroom.test", "STACKROOM_RESOLVERS=none", "STACKROOM_ADMINS=zotero:1001,token:x",
	}
	d.environ = append(d.environ, environ...)
	for range 2 {
		d.serve(append(slices.Clip(d.environ), "STACKROOM_DATA="+t.TempDir())...)
	}
	return d
}

// serve starts one server until the test ends.
func (d *deployment) serve(environ ...string) {
	t := d.t
	t.Helper()
	out := &output{}
	addr, stop := startInto(t, out, out, environ...)
	t.Cleanup(func() {
		if status := stop(); status != 0 {
			t.Errorf("serve ended with status %d", status)
		}
	})
	d.servers, d.logs = append(d.servers, "http://"+addr), append(d.logs, out)
}

// RoundTrip implements [http.RoundTripper]. It passes a request for the public URL
// to the next server, as a proxy that terminates TLS does.
func (d *deployment) RoundTrip(r *http.Request) (*http.Response, error) {
	if "https://"+r.URL.Host != d.public {
		return http.DefaultTransport.RoundTrip(r)
	}
	turn := int(d.served.Add(1)) % len(d.servers)
	if only := r.Header.Get(onlyServer); only != "" {
		turn = int(only[0] - '0')
	}
	in := r.Clone(r.Context())
	in.Host = cmp.Or(r.Host, r.URL.Host)
	in.URL.Scheme, in.URL.Host = "http", strings.TrimPrefix(d.servers[turn], "http://")
	in.Header.Set("X-Forwarded-Proto", "https")
	res, err := http.DefaultTransport.RoundTrip(in)
	if err == nil {
		res.Request = r
	}
	return res, err
}

// onlyServer is a header that says which of the servers a request is for.
const onlyServer = "X-Test-Server"

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   string
}

// send makes a request; header is a list of names and values.
func (d *deployment) send(method, path, body string, header ...string) reply {
	d.t.Helper()
	at := path
	if strings.HasPrefix(path, "/") {
		at = d.public + path
	}
	req, err := http.NewRequestWithContext(d.t.Context(), method, at, strings.NewReader(body))
	if err != nil {
		d.t.Error(err)
		return reply{}
	}
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Add(header[i], header[i+1])
	}
	res, err := d.http.Do(req)
	if err != nil {
		d.t.Error(err)
		return reply{}
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		d.t.Error(err)
	}
	return reply{res.StatusCode, res.Header, b.String()}
}

// form posts a form, and returns the answer with its JSON.
func (d *deployment) form(path string, fields url.Values, header ...string) (reply, map[string]any) {
	d.t.Helper()
	r := d.send(http.MethodPost, path, fields.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
	answer := map[string]any{}
	_ = json.Unmarshal([]byte(r.body), &answer) // /revoke has none
	return r, answer
}

// register registers a client and returns its ID.
func (d *deployment) register(metadata string) string {
	d.t.Helper()
	r := d.send(http.MethodPost, "/register", metadata, "Content-Type", "application/json")
	var answer struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal([]byte(r.body), &answer); err != nil || r.status != http.StatusCreated {
		d.t.Fatalf("/register: %d %s", r.status, r.body)
	}
	return answer.ID
}

// signedIn is what a client holds after a sign-in.
type signedIn struct {
	client, code, verifier, access, refresh string
}

// authorization is a valid authorization request, with changes: name, value,
// …; "-" removes a parameter.
func (d *deployment) authorization(client, verifier string, changes ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {client}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "state": {"thestate"}, "resource": {d.public + "/mcp"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	if d.scope != "" {
		q.Set("scope", d.scope)
	}
	return changed(q, changes)
}

// redemption is a valid request for the tokens of a code, with changes.
func redemption(s signedIn, changes ...string) url.Values {
	return changed(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {s.client}, "code": {s.code}, "redirect_uri": {redirectURI}, "code_verifier": {s.verifier},
	}, changes)
}

// renewal is a valid request to exchange a refresh token, with changes.
func renewal(s signedIn, changes ...string) url.Values {
	return changed(url.Values{"grant_type": {"refresh_token"}, "client_id": {s.client}, "refresh_token": {s.refresh}}, changes)
}

func changed(q url.Values, changes []string) url.Values {
	q = maps.Clone(q)
	for i := 0; i < len(changes); i += 2 {
		if q.Set(changes[i], changes[i+1]); changes[i+1] == "-" {
			q.Del(changes[i])
		}
	}
	return q
}

// code signs a user in up to the authorization code.
func (d *deployment) code(user int64, client string) (signedIn, bool) {
	d.t.Helper()
	s := signedIn{client: client, verifier: rand.Text() + rand.Text()}
	to, err := signintest.NewPerson(user, d).SignIn(d.t.Context(), d.public+"/authorize?"+d.authorization(client, s.verifier).Encode())
	if err != nil || to.Query().Get("code") == "" {
		d.t.Errorf("user %d: no code: %v, %v", user, to, err)
		return s, false
	}
	s.code = to.Query().Get("code")
	return s, true
}

// signIn signs a user in to a client.
func (d *deployment) signIn(user int64, client string) (signedIn, bool) {
	d.t.Helper()
	s, ok := d.code(user, client)
	if !ok {
		return s, false
	}
	return s, d.tokens(&s, redemption(s))
}

// tokens requests tokens and puts them into s.
func (d *deployment) tokens(s *signedIn, request url.Values) bool {
	d.t.Helper()
	r, answer := d.form("/token", request)
	access, ok := answer["access_token"].(string)
	refresh, okay := answer["refresh_token"].(string)
	if !ok || !okay {
		d.t.Errorf("/token: %d %v", r.status, answer["error"])
		return false
	}
	s.access, s.refresh = access, refresh
	return true
}

// overREST and overMCP call a tool.
func (d *deployment) overREST(token, tool, arguments string, header ...string) reply {
	d.t.Helper()
	return d.send(http.MethodPost, "/tools/"+tool, arguments, append([]string{"Content-Type", "application/json", "Authorization", "Bearer " + token}, header...)...)
}

func (d *deployment) overMCP(token, tool, arguments string, header ...string) reply {
	d.t.Helper()
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + arguments +
		`,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}`
	return d.send(http.MethodPost, "/mcp", body, append([]string{
		"Content-Type", "application/json", "Accept", "application/json, text/event-stream", "MCP-Protocol-Version", "2026-07-28",
		"Mcp-Method", "tools/call", "Mcp-Name", tool, "Authorization", "Bearer " + token,
	}, header...)...)
}

// logged returns the logs and audits of both servers.
func (d *deployment) logged() string { return d.logs[0].String() + d.logs[1].String() }
