package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/identity"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/server/pages"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// The tests of this file carry the numbers of the acceptance statements R, K, E
// and L about authentication.

func TestR01_R02_R08_R09_R12_ChallengesUnauthenticatedCallers(t *testing.T) {
	bothLanes(t, func(t *testing.T, h *authFixture) {
		requests := []struct {
			promise, method, path string
			m                     message
		}{
			{"a call", "POST", "/mcp", modernCall("whoami", "")},
			{"a call of an old revision", "POST", "/mcp", oldCall("whoami")},
			{"a call with progress", "POST", "/mcp", withToken(modernCall("whoami", ""))},
			{"a batch", "POST", "/mcp", legacyCall("2025-03-26", "["+oldCall("whoami").body+"]")},
			{"R12 initialize", "POST", "/mcp", legacyCall("", initialize)},
			{"R12 server/discover", "POST", "/mcp", modernRequest("server/discover")},
			{"R12 tools/list", "POST", "/mcp", modernRequest("tools/list")},
			{"R08 a token in the query", "POST", "/mcp?access_token=token-of-ada", modernCall("whoami", "")},
			{"an unknown tool", "POST", "/mcp", modernCall("unknown", "")},
			{"no suitable Accept header", "POST", "/mcp", modernCall("whoami", "").with("Accept", "text/html")},
			{"not JSON", "POST", "/mcp", legacyCall("", "{")},
			{"REST", "POST", "/tools/whoami", message{}},
			{"REST with a token in the query", "POST", "/tools/whoami?access_token=token-of-ada", message{}},
			{"REST, an unknown tool", "POST", "/tools/unknown", message{}},
			{"REST, the list", "GET", "/tools", message{}},
			{"HTTP+SSE", "GET", "/sse", message{}},
			{"HTTP+SSE, a message", "POST", "/sse?sessionid=x", legacyCall("", initialize)},
		}
		for _, c := range requests {
			r := h.send(t, c.method, c.path, "", c.m)
			r.wantRejected(t, "R01 "+c.promise, 401, pointer, `scope="library:read library:write"`)
			if got := r.header.Get("WWW-Authenticate"); strings.Contains(got, "error=") {
				t.Errorf("R01 %s: a request without a token gets an error: %s", c.promise, got)
			}
			for promise, token := range map[string]string{
				"R02 an invalid token": "token-of-mallory", "R09 a Zotero key": "P9NiFoyLeZu2bZNvvuQPDWsd",
			} {
				h.send(t, c.method, c.path, token, c.m).wantRejected(t, promise+", "+c.promise, 401, `error="invalid_token"`, pointer)
			}
			h.send(t, c.method, c.path, "", c.m.with("Authorization", "Bearer token-of-ada\nBearer token-of-bob")).
				wantRejected(t, "two tokens, "+c.promise, 400, `error="invalid_request"`)
			h.send(t, c.method, c.path, "", c.m.with("Authorization", "Basic dG9rZW4tb2YtYWRh")).
				wantRejected(t, "not a bearer, "+c.promise, 401)
			r = h.send(t, c.method, c.path, "token-while-down", c.m)
			r.wantRejected(t, "the verifier is unavailable, "+c.promise, 503)
			if r.header.Get("Retry-After") != "7" {
				t.Errorf("%s: Retry-After = %q", c.promise, r.header.Get("Retry-After"))
			}
		}
		if len(h.ran) > 0 {
			t.Errorf("unauthenticated callers ran %q", h.ran)
		}
		if log := h.log.String(); strings.Contains(log, "token-of") || strings.Contains(log, "P9NiFoy") || !strings.Contains(log, "the internal cause") {
			t.Errorf("the log has a token or lacks the cause: %s", log)
		}
	})
}

// withToken returns a call that requests progress.
func withToken(m message) message {
	return m.replace(`"_meta":{`, `"_meta":{"progressToken":"p",`)
}

func TestRoutes_WithoutAuthentication(t *testing.T) {
	h := newAuthFixture(t, true, func(o *Options) {
		o.Routes = []identity.Route{{Method: "POST", Path: "/authorize", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			buf := new(bytes.Buffer)
			if _, err := buf.ReadFrom(r.Body); err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
		})}}
	})
	for _, path := range []string{"/", "/health", "/ready", "/openapi.json"} {
		for _, method := range []string{"GET", "HEAD"} {
			if r := h.send(t, method, path, "", message{}); r.status != 200 {
				t.Errorf("%s %s: got %d", method, path, r.status)
			}
		}
	}
	for _, path := range []string{"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"} {
		r := h.send(t, "GET", path, "", message{}.with("Origin", "https://evil.example"))
		if r.status != 200 || len(r.header["Access-Control-Allow-Origin"]) != 1 || r.header.Get("Access-Control-Allow-Origin") != "*" ||
			!strings.Contains(r.body, `"resource":"`+authMCP+`"`) || !strings.Contains(r.body, `"authorization_servers":["https://mcp.example.org"]`) {
			t.Errorf("R03 %s: got %d %v %s", path, r.status, r.header, r.body)
		}
	}
	ask := message{}.with("Origin", "https://evil.example").with("Access-Control-Request-Method", "GET")
	if r := h.send(t, "OPTIONS", "/.well-known/oauth-protected-resource/mcp", "", ask); r.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("R03 asked by a browser: got %d %v", r.status, r.header)
	}
	// A form on a page without referrer has the origin "null".
	for _, origin := range []string{"null", "https://mcp.example.org", "https://evil.example"} {
		if r := h.send(t, "POST", "/authorize", "", message{}.with("Origin", origin)); r.status != 200 || len(r.header["Access-Control-Allow-Origin"]) != 1 {
			t.Errorf("Origin %s at a route of signing in: got %d %v", origin, r.status, r.header)
		}
		if r := h.send(t, "POST", "/mcp", "token-of-ada", modernCall("whoami", "").with("Origin", origin)); r.status != 403 {
			t.Errorf("S01 Origin %s with a token: got %d", origin, r.status)
		}
	}
	if r := h.send(t, "POST", "/authorize", "", message{body: strings.Repeat("x", 2<<20)}); r.status != 413 {
		t.Errorf("a body without end at a route: got %d", r.status)
	}
	local := httptest.NewServer(h.handler)
	defer local.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, local.URL+"/authorize", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	res, err := local.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 403 {
		t.Errorf("S02 a route under a foreign host over loopback: got %d", res.StatusCode)
	}
}

func TestR06_R07_EnforcesScopes(t *testing.T) {
	bothLanes(t, func(t *testing.T, h *authFixture) {
		calls := func(name string) map[string]message {
			return map[string]message{
				"a call":                        modernCall(name, ""),
				"of an old revision":            oldCall(name),
				"with progress":                 withToken(modernCall(name, "")),
				"with progress, old":            withToken(oldCall(name).replace(`"arguments"`, `"_meta":{"x":1},"arguments"`)),
				"with an escaped name":          oldCall(name).replace(name[:1], fmt.Sprintf(`\u%04x`, name[0])).replace(`\u0074ools`, "tools"),
				"without a version":             legacyCall("", oldCall(name).body),
				"in a batch":                    legacyCall("2025-03-26", "["+oldCall(name).body+"]"),
				"beside arguments":              modernCall(name, `"arguments":{"q":1},`),
				"with members in another order": legacyCall("", `{"params":{"name":"`+name+`"},"method":"tools/call","id":1,"jsonrpc":"2.0"}`),
			}
		}
		for promise, m := range calls("add") {
			for _, token := range []string{"token-of-ada", "token-of-team"} {
				h.mcp(t, token, m).wantRejected(t, "R06 "+promise, 403, `error="insufficient_scope"`, `scope="library:write"`, pointer)
			}
		}
		h.send(t, "POST", "/tools/add", "token-of-ada", message{}).wantRejected(t, "R06 REST", 403, `error="insufficient_scope"`, `scope="library:write"`)
		h.mcp(t, "token-of-ada", legacyCall("2025-06-18", `{"jsonrpc":"2.0","method":"tools/call","params":{"name":"add"}}`)) // a notification has no response
		if len(h.ran) > 0 {
			t.Errorf("R06: ran %q", h.ran)
		}
		for promise, m := range calls("add") {
			if r := h.mcp(t, "token-of-bob", m); r.status != 200 || !strings.Contains(r.body, "zotero:2") {
				t.Errorf("a writer writes %s: got %d %s", promise, r.status, r.body)
			}
		}
		for promise, m := range calls("whoami") {
			if r := h.mcp(t, "token-of-bob", m); r.status != 200 || !strings.Contains(r.body, "zotero:2") {
				t.Errorf("R07 a writer reads %s: got %d %s", promise, r.status, r.body)
			}
			h.mcp(t, "token-of-none", m).wantRejected(t, "no scope at all, "+promise, 403, `error="insufficient_scope"`, `scope="library:read"`)
		}
		h.mcp(t, "token-of-none", modernRequest("tools/list")).wantRejected(t, "no scope at all", 403, `error="insufficient_scope"`)
		h.send(t, "GET", "/tools", "token-of-none", message{}).wantRejected(t, "no scope at all", 403, `error="insufficient_scope"`)
		if id := h.mcp(t, "token-of-ada", modernCall("add", "")).decode(t).ID; id != 1.0 {
			t.Errorf("the rejection has ID %v", id)
		}
	})
}

func TestE01_UnlistedToolsAreUnknown(t *testing.T) {
	bothLanes(t, func(t *testing.T, h *authFixture) {
		for _, name := range []string{"unknown", "hidden"} {
			h.mcp(t, "token-of-bob", modernCall(name, "")).wantError(t, 400, -32602)
			h.mcp(t, "token-of-ada", oldCall(name)).wantError(t, 200, -32602)
			if r := h.send(t, "POST", "/tools/"+name, "token-of-ada", message{}); r.status != 404 {
				t.Errorf("REST %s: got %d", name, r.status)
			}
		}
		if len(h.ran) > 0 {
			t.Errorf("ran %q", h.ran)
		}
	})
}

func TestR10_TokensDoNotReachTools(t *testing.T) {
	h := newAuthFixture(t, false, nil)
	h.mcp(t, "token-of-ada", modernCall("whoami", "")).wantText(t, `{"who":"zotero:1"}`)
	h.mcp(t, "token-of-bob", withToken(modernCall("whoami", "")))
	if seen := strings.Join(h.headers, " "); len(h.headers) != 2 || strings.Contains(seen, "token-of") || strings.Contains(seen, "Authorization") {
		t.Errorf("tools get %s", seen)
	}
	if log := h.log.String(); strings.Contains(log, "token-of") {
		t.Errorf("the log has a token: %s", log)
	}
}

func TestE07_InvalidKeyLeadsToSignIn(t *testing.T) {
	bothLanes(t, func(t *testing.T, h *authFixture) {
		for promise, m := range map[string]message{
			"a call": modernCall("revoked", ""), "an old call": oldCall("revoked"), "with progress": withToken(modernCall("revoked", "")),
			"in a batch": legacyCall("2025-03-26", "["+oldCall("revoked").body+"]"),
		} {
			h.mcp(t, "token-of-ada", m).wantRejected(t, "E07 "+promise, 401, `error="invalid_token"`, pointer)
			r := h.mcp(t, "token-of-team", m)
			if r.status != 200 || r.header.Get("WWW-Authenticate") != "" || !strings.Contains(r.body, `"isError":true`) {
				t.Errorf("E07 %s with the deployment's key: got %d %v %s", promise, r.status, r.header, r.body)
			}
		}
		r := h.mcp(t, "token-of-ada", withToken(modernCall("revoked", `"arguments":{"talk":1},`)))
		if r.status != 200 || !strings.Contains(r.body, "notifications/progress") || !strings.Contains(r.body, `"isError":true`) {
			t.Errorf("E07 after progress the status is sent: got %d %s", r.status, r.body)
		}
		h.send(t, "POST", "/tools/revoked", "token-of-ada", message{}).wantRejected(t, "E07 REST", 401, `error="invalid_token"`, pointer)
		if r := h.send(t, "POST", "/tools/revoked", "token-of-team", message{}); r.status != 503 || r.header.Get("WWW-Authenticate") != "" || r.problem(t).Code != library.Unauthenticated {
			t.Errorf("E07 REST with the deployment's key: got %d %v %s", r.status, r.header, r.body)
		}
	})
}

func TestL09_ListsDependOnTheScopeAlone(t *testing.T) {
	h := newAuthFixture(t, true, nil)
	for _, method := range []string{"tools/list", "server/discover"} {
		ada, team := h.mcp(t, "token-of-ada", modernRequest(method)), h.mcp(t, "token-of-team", modernRequest(method))
		if ada.status != 200 || ada.body != team.body {
			t.Errorf("%s: %d %s, and for another %d %s", method, ada.status, ada.body, team.status, team.body)
		}
		if cc := ada.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") {
			t.Errorf("%s: Cache-Control = %q", method, cc)
		}
	}
	for token, writes := range map[string]bool{"token-of-ada": false, "token-of-team": false, "token-of-bob": true} {
		for path, r := range map[string]reply{
			"/mcp": h.mcp(t, token, modernRequest("tools/list")), "/mcp, an old revision": h.mcp(t, token, legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)),
			"/tools": h.send(t, "GET", "/tools", token, message{}),
		} {
			if r.status != 200 || !strings.Contains(r.body, `"name":"whoami"`) || strings.Contains(r.body, `"name":"add"`) != writes {
				t.Errorf("%s %s: %d %s", token, path, r.status, r.body)
			}
		}
	}
}

// shelves returns the caller's own libraries; all callers' libraries have the
// same ID.
type shelves map[string]*librarytest.Memory

func (s shelves) of(ctx context.Context) *librarytest.Memory {
	return s[identity.PrincipalFrom(ctx).Subject]
}

func (s shelves) List(ctx context.Context) ([]library.Info, error) {
	info, err := s.of(ctx).Info(ctx)
	return []library.Info{info}, err
}

func (s shelves) Open(ctx context.Context, _ library.ID) (library.Reader, error) {
	return s.of(ctx), nil
}

// newReadingFixture returns a server with the real catalogue over libraries.
func newReadingFixture(t *testing.T, libs tool.Libraries) *authFixture {
	t.Helper()
	catalog, err := tool.NewCatalog(libs, tool.Options{})
	if err != nil {
		t.Fatal(err)
	}
	edge, err := New(Options{Catalog: catalog, Authenticator: testAuthenticator(t)})
	if err != nil {
		t.Fatal(err)
	}
	return &authFixture{handler: edge.Handler()}
}

// reading requests a resource.
func reading(uri string) message {
	return modernRequest("resources/read").replace(`"params":{`, `"params":{"uri":"`+uri+`",`).with("Mcp-Name", uri)
}

// locked is a library whose key is no longer accepted.
type locked struct{}

func (locked) List(context.Context) ([]library.Info, error) {
	return nil, library.Errorf(library.Unauthenticated, "the key is no longer valid")
}

func (l locked) Open(ctx context.Context, _ library.ID) (library.Reader, error) {
	_, err := l.List(ctx)
	return nil, err
}

func TestE07_HoldsForResources(t *testing.T) {
	h := newReadingFixture(t, locked{})
	for promise, m := range map[string]message{
		"resources/read": reading("stackroom://local/items/ABCD2345"), "resources/list": modernRequest("resources/list"),
	} {
		h.mcp(t, "token-of-ada", m).wantRejected(t, "E07 "+promise, 401, `error="invalid_token"`, pointer)
		if r := h.mcp(t, "token-of-team", m); r.decode(t).Error == nil || r.header.Get("WWW-Authenticate") != "" {
			t.Errorf("E07 %s with the deployment's key: got %d %v %s", promise, r.status, r.header, r.body)
		}
	}
}

func TestK02_K05_CallersSeeOnlyTheirLibraries(t *testing.T) {
	works := librarytest.Works()
	theirs := shelves{
		"zotero:1": librarytest.NewMemory(library.Info{ID: library.Local, Name: "Ada's"}, works),
		"zotero:2": librarytest.NewMemory(library.Info{ID: library.Local, Name: "Bob's"}, works[:1]),
	}
	h := newReadingFixture(t, theirs)
	type list struct {
		CacheScope string
		Resources  []struct{ URI string }
	}
	read := func(token, uri string) reply { return h.mcp(t, token, reading(uri)) }
	lists := func(token string) list {
		var l list
		r := h.mcp(t, token, modernRequest("resources/list"))
		if err := json.Unmarshal(r.decode(t).Result, &l); err != nil || l.CacheScope != "private" {
			t.Fatalf("K02: %d %s %v", r.status, r.body, err)
		}
		return l
	}
	bobs := map[string]bool{}
	for _, r := range lists("token-of-bob").Resources {
		bobs[r.URI] = true
	}
	only := ""
	for _, r := range lists("token-of-ada").Resources {
		if !bobs[r.URI] {
			only = r.URI
		}
	}
	if only == "" || len(bobs) == 0 {
		t.Fatalf("ada or bob has no library: %v", bobs)
	}
	for range 3 {
		a := read("token-of-ada", only)
		if a.status != 200 || !strings.Contains(a.body, `"cacheScope":"private"`) || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
			t.Errorf("K02: %d %v %s", a.status, a.header, a.body)
		}
		read("token-of-bob", only).wantError(t, 400, -32602)
	}
}

func TestSSE_SessionsBelongToTheirCaller(t *testing.T) {
	h := newAuthFixture(t, false, nil)
	local := httptest.NewServer(h.handler)
	defer local.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, local.URL+"/sse", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-of-ada")
	res, err := local.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	first := make([]byte, 512)
	n, err := res.Body.Read(first)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(first[:n]), "data: ")
	address := strings.TrimSpace(rest)
	for token, status := range map[string]int{"token-of-bob": 404, "token-of-team": 404, "token-of-ada": 202, "": 401} {
		if r := h.send(t, "POST", address, token, legacyCall("", initialize)); r.status != status {
			t.Errorf("%q: got %d %s, want %d", token, r.status, r.body, status)
		}
	}
	if r := h.send(t, "POST", "/sse?sessionid=", "token-of-ada", legacyCall("", initialize)); r.status != 404 {
		t.Errorf("no session: got %d %s", r.status, r.body)
	}
}

func TestOptions_SignInNeedsGuard(t *testing.T) {
	o := Options{Catalog: &catalog{}, SignIn: pages.SignInZotero}
	if _, err := New(o); err == nil {
		t.Error("no error for a sign-in method without an authenticator")
	}
}

func TestLanes_Rejections(t *testing.T) {
	express, sdk := newAuthFixture(t, true, nil), newAuthFixture(t, false, nil)
	for _, token := range []string{"", "token-of-mallory", "token-of-ada", "token-of-bob", "token-of-team", "token-of-none", "token-while-down"} {
		for _, name := range []string{"whoami", "add", "revoked", "unknown", "hidden"} {
			for _, m := range []message{modernCall(name, ""), oldCall(name)} {
				a, b := express.mcp(t, token, m), sdk.mcp(t, token, m)
				a.header.Del("X-Request-Id")
				b.header.Del("X-Request-Id")
				if diff := cmp.Diff(b.header, a.header); a.status != b.status || diff != "" || !jsonEqual(t, []byte(a.body), []byte(b.body)) {
					t.Errorf("%q %s: %d %s, without the express lane %d %s\n%s", token, name, a.status, a.body, b.status, b.body, diff)
				}
			}
		}
	}
	if diff := cmp.Diff(sdk.ran, express.ran); diff != "" {
		t.Errorf("the express lane ran other tools: %s", diff)
	}
}
