package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
	"github.com/stackroom-mcp/stackroom/pkg/upstream" //nolint:depguard // a principal's credential is one of upstream's
)

// tokenVerifier is a verifier that knows these tokens.
type tokenVerifier map[string]*identity.Principal

// Verify implements [identity.Verifier].
func (m tokenVerifier) Verify(_ context.Context, token string) (*identity.Principal, error) {
	if token == "token-while-down" {
		return nil, library.Errorf(library.Unavailable, "tokens can't be verified now").WithRetryAfter(7 * time.Second).WithCause(errors.New("the internal cause"))
	}
	if p := m[token]; p != nil {
		return p, nil
	}
	return nil, identity.BadToken(errors.New("the internal cause"))
}

// testTokens returns the verifier of the tests.
func testTokens() tokenVerifier {
	own := func(key string) upstream.Credential {
		return upstream.NewCredential("test", http.Header{"Zotero-Api-Key": {key}})
	}
	return tokenVerifier{
		"token-of-ada":  {Subject: "zotero:1", Scopes: []identity.Scope{identity.Read}, Credential: own("ada's key")},
		"token-of-bob":  {Subject: "zotero:2", Scopes: []identity.Scope{identity.Write}, Credential: own("bob's key")},
		"token-of-team": {Subject: "token:3", Scopes: []identity.Scope{identity.Read}},
		"token-of-none": {Subject: "token:4"},

		"token-for-readonly": {Subject: "zotero:5", Scopes: []identity.Scope{identity.Read}, ReadOnly: true},
	}
}

// authFixture is a server with authentication and three tools: one that reads, one
// that writes, and one whose key the upstream rejects.
type authFixture struct {
	handler http.Handler
	server  *Server
	log     *logBuffer
	ran     []string // "subject tool"
	headers []string // headers that reached the tools, if the SDK passes them on
}

const authMCP = "https://mcp.example.org/mcp"

func testAuthenticator(t testing.TB) *identity.Authenticator {
	t.Helper()
	g, err := identity.NewAuthenticator(identity.AuthenticatorOptions{
		Resource: authMCP, Issuers: []string{"https://mcp.example.org"}, Verifier: testTokens(), Scopes: []identity.Scope{identity.Read, identity.Write},
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// newAuthFixture returns a server with authentication, with or without the express
// lane.
func newAuthFixture(t testing.TB, express bool, change func(*Options)) *authFixture {
	t.Helper()
	h := &authFixture{log: &logBuffer{}}
	c := &catalog{options: &mcp.ServerOptions{Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}}}, call: h.call}
	names := []string{"whoami", "add", "revoked", "hidden"}
	c.register = func(s *mcp.Server) {
		for _, name := range names {
			s.AddTool(&mcp.Tool{Name: name, InputSchema: json.RawMessage(`{"type":"object"}`)}, func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
				h.headers = append(h.headers, fmt.Sprint(req.Extra.Header))
				if string(req.Params.Arguments) == `{"talk":1}` {
					_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{ProgressToken: req.Params.GetProgressToken(), Progress: 1})
				}
				return tool.Result(h.call(ctx, name, nil)), nil
			})
		}
	}
	for _, name := range names[:3] {
		c.tools = append(c.tools, tool.Definition{
			Name: name, InputSchema: json.RawMessage(`{"type":"object"}`), Hints: tool.Hints{ReadOnly: name != "add"}, Complete: express,
		})
	}
	o := Options{Catalog: c, Authenticator: testAuthenticator(t), Logger: telemetry.NewLogger(h.log, slog.LevelDebug, telemetry.JSON), LegacySSE: true}
	if change != nil {
		change(&o)
	}
	edge, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	h.server, h.handler = edge, edge.Handler()
	return h
}

// call implements the tools.
func (h *authFixture) call(ctx context.Context, name string, _ json.RawMessage) (json.RawMessage, error) {
	who := "unknown"
	if p := identity.PrincipalFrom(ctx); p != nil {
		who = p.Subject
	}
	h.ran = append(h.ran, who+" "+name)
	if name == "revoked" {
		return nil, library.Errorf(library.Unauthenticated, "the key is no longer valid").WithCause(errors.New("the internal cause"))
	}
	return json.RawMessage(`{"who":"` + who + `"}`), nil
}

// send sends a request. A header value with several lines is sent as several
// headers.
func (h *authFixture) send(t testing.TB, method, path, token string, m message) reply {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(m.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range m.headers {
		r.Header[http.CanonicalHeaderKey(name)] = strings.Split(value, "\n")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

func (h *authFixture) mcp(t testing.TB, token string, m message) reply {
	t.Helper()
	return h.send(t, http.MethodPost, "/mcp", token, m)
}

// oldCall is a tool call in a revision with a handshake.
func oldCall(name string) message {
	return legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"`+name+`","arguments":{}}}`)
}

// modernRequest is any other request of 2026-07-28.
func modernRequest(method string) message {
	return message{
		map[string]string{"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method},
		`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":{` + modernMeta + `}}`,
	}
}

const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`

// bothLanes runs a test with and without the express lane.
func bothLanes(t *testing.T, test func(*testing.T, *authFixture)) {
	t.Helper()
	for name, express := range map[string]bool{"express": true, "sdk": false} {
		t.Run(name, func(t *testing.T) { test(t, newAuthFixture(t, express, nil)) })
	}
}

// wantRejected fails the test unless the response has this status and these
// parts of a challenge, and reveals no internal cause.
func (r reply) wantRejected(t *testing.T, promise string, status int, challenge ...string) {
	t.Helper()
	got := r.header.Get("WWW-Authenticate")
	if r.status != status || len(r.header["Www-Authenticate"]) > 1 {
		t.Errorf("%s: got %d %v %s, want %d", promise, r.status, r.header, r.body, status)
	}
	for _, part := range challenge {
		if !strings.Contains(got, part) {
			t.Errorf("%s: the challenge %q lacks %s", promise, got, part)
		}
	}
	var body struct {
		JSONRPC string
		Error   *struct{ Message string }
		Result  any
		Status  int
		Detail  string
	}
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		t.Errorf("%s: %q: %v", promise, r.body, err)
	}
	if body.Result != nil || (body.Error == nil || body.Error.Message == "") && (body.Status != status || body.Detail == "") {
		t.Errorf("%s: the body has no message: %s", promise, r.body)
	}
	if cc := r.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
		t.Errorf("%s: Cache-Control = %q", promise, cc)
	}
	for _, secret := range []string{"the internal cause", "token-of"} {
		if strings.Contains(r.body+got, secret) {
			t.Errorf("%s: contains %q: %s %s", promise, secret, r.body, got)
		}
	}
}

const pointer = `resource_metadata="https://mcp.example.org/.well-known/oauth-protected-resource/mcp"`
