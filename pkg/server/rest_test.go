package server

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// rest posts arguments to a tool.
func (f *fixture) rest(tool, arguments string) reply {
	f.t.Helper()
	return f.send(request{path: "/tools/" + tool, body: arguments, header: map[string]string{"Content-Type": "application/json"}})
}

// problem is an error response outside MCP (RFC 9457).
type problem struct {
	Title, Detail, Hint string
	Status              int
	Code                library.Code
	RetryAfter          int    `json:"retry_after"`
	RequestID           string `json:"request_id"`
}

// problem decodes a problem, and fails the test if the response is none.
func (r reply) problem(t *testing.T) problem {
	t.Helper()
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("Content-Type = %q: %d %s", got, r.status, r.body)
	}
	var p problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != r.status || p.Title != http.StatusText(r.status) || p.RequestID != r.header.Get("X-Request-Id") || p.Detail == "" {
		t.Errorf("the problem contradicts its response: %d %s", r.status, r.body)
	}
	return p
}

func TestREST_RunsTools(t *testing.T) {
	f := newFixture(t, nil)
	r := f.rest("echo", `{"text":"x"}`)
	if r.status != 200 || r.body != `{"text":"x"}` || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %s", r.status, r.body)
	}
	if r := f.send(request{path: "/tools/echo"}); r.status != 200 || r.body != `{}` {
		t.Errorf("no body at all: got %d %s", r.status, r.body)
	}
}

func TestREST_Errors(t *testing.T) {
	f := newFixture(t, nil)
	for code, status := range map[library.Code]int{
		library.Invalid: 422, library.NotFound: 404, library.Unauthenticated: 401, library.Forbidden: 403, library.Conflict: 409,
		library.TooLarge: 413, library.RateLimited: 429, library.Unavailable: 503, library.Internal: 500,
	} {
		r := f.rest("fail", `{"code":"`+string(code)+`","after":30}`)
		p := r.problem(t)
		if r.status != status || p.Code != code || p.Detail != "it failed" || p.Hint != "use another value" || p.RetryAfter != 30 || r.header.Get("Retry-After") != "30" {
			t.Errorf("%s: got %d %s", code, r.status, r.body)
		}
		if strings.Contains(r.body, "secret") {
			t.Errorf("%s: the response contains the cause", code)
		}
	}
	for name, test := range map[string]struct {
		r      reply
		status int
		code   library.Code
	}{
		"an untranslated error":  {f.rest("fail", `{}`), 500, library.Internal},
		"a panic":                {f.rest("panic", `{}`), 500, library.Internal},
		"an unknown tool":        {f.rest("no_such", `{}`), 404, library.NotFound},
		"not JSON":               {f.rest("echo", `{`), 400, library.Invalid},
		"not an object":          {f.rest("echo", `[1]`), 422, library.Invalid},
		"not an object but text": {f.rest("echo", `"{}"`), 422, library.Invalid},
		"not sent as JSON":       {f.send(request{path: "/tools/echo", body: "{}"}), 415, library.Invalid},
		"too large":              {f.rest("echo", `{"text":"`+strings.Repeat("x", 1<<20)+`"}`), 413, library.TooLarge},
		"an unknown path":        {f.send(request{method: "GET", path: "/nowhere"}), 404, library.NotFound},
		"a wrong method":         {f.send(request{method: "PUT", path: "/tools/echo"}), 405, library.Invalid},
	} {
		p := test.r.problem(t)
		if test.r.status != test.status || p.Code != test.code || p.RetryAfter != 0 || strings.Contains(test.r.body, "secret") {
			t.Errorf("%s: got %d %s", name, test.r.status, test.r.body)
		}
	}
	if log := f.log.String(); !strings.Contains(log, "panic: the secret of the fixture") || !strings.Contains(log, "rest_test.go") && !strings.Contains(log, "fixture_test.go") {
		t.Errorf("the log lacks the panic:\n%s", log)
	}
}

func TestHTTP_MethodsAndAllow(t *testing.T) {
	f := newFixture(t, nil)
	for path, allow := range map[string]string{"/tools": "GET, HEAD", "/tools/echo": "POST", "/openapi.json": "GET, HEAD", "/health": "GET, HEAD"} {
		for _, method := range []string{"DELETE", "PATCH", "TRACE"} {
			if r := f.send(request{method: method, path: path}); r.status != 405 || r.header.Get("Allow") != allow {
				t.Errorf("%s %s: got %d, Allow %q", method, path, r.status, r.header.Get("Allow"))
			}
		}
		if r := f.send(request{method: "OPTIONS", path: path}); r.status != 204 {
			t.Errorf("OPTIONS %s: got %d", path, r.status)
		}
	}
	if r := f.send(request{method: "HEAD", path: "/tools"}); r.status != 200 || r.body != "" || r.header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: got %d %v", r.status, r.header)
	}
}

// document reads the OpenAPI document.
func (f *fixture) document() map[string]any {
	f.t.Helper()
	r := f.send(request{method: "GET", path: "/openapi.json"})
	var d map[string]any
	if err := json.Unmarshal([]byte(r.body), &d); err != nil || r.status != 200 {
		f.t.Fatalf("got %d %s", r.status, r.body)
	}
	return d
}

// at returns the value at a path of keys.
func at(t *testing.T, v any, keys ...string) any {
	t.Helper()
	for _, key := range keys {
		o, ok := v.(map[string]any)
		if !ok || o[key] == nil {
			t.Fatalf("there is no %q on the path %v", key, keys)
		}
		v = o[key]
	}
	return v
}

func TestOpenAPI_ReferencesResolve(t *testing.T) {
	f := newFixture(t, nil)
	document := f.document()
	if document["openapi"] != "3.1.0" {
		t.Errorf("openapi = %v", document["openapi"])
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	refs := regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllStringSubmatch(string(text), -1)
	if len(refs) < 10 {
		t.Fatalf("only %d references", len(refs))
	}
	for _, ref := range refs {
		path, ok := strings.CutPrefix(ref[1], "#/")
		if !ok {
			t.Errorf("%s points outside the document", ref[1])
		}
		at(t, document, strings.Split(path, "/")...)
	}
}

func TestOpenAPI_Operations(t *testing.T) {
	f := newFixture(t, nil)
	document := f.document()
	for _, tool := range restTools {
		op := at(t, document, "paths", "/tools/"+tool.Name, "post")
		if at(t, op, "operationId") != tool.Name {
			t.Errorf("%s: operationId = %v", tool.Name, at(t, op, "operationId"))
		}
		var statuses []string
		for status := range at(t, op, "responses").(map[string]any) {
			statuses = append(statuses, status)
		}
		slices.Sort(statuses)
		want := []string{"200", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "500", "503"}
		if !slices.Equal(statuses, want) {
			t.Errorf("%s: statuses %v", tool.Name, statuses)
		}
		at(t, op, "requestBody", "content", "application/json", "schema", "$ref")
	}
	if required := at(t, document, "paths", "/tools/echo", "post", "requestBody", "required"); required != true {
		t.Error("echo's arguments are not required")
	}
	input := at(t, document, "components", "schemas", "echo_arguments")
	want := map[string]any{}
	if err := json.Unmarshal(restTools[0].InputSchema, &want); err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(input); !jsonEqual(t, got, restTools[0].InputSchema) {
		t.Errorf("the schema of the arguments is not the tool's: %s", got)
	}
}

// jsonEqual reports whether two texts are the same JSON.
func jsonEqual(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		t.Fatalf("not JSON: %s or %s", a, b)
	}
	xs, _ := json.Marshal(x)
	ys, _ := json.Marshal(y)
	return string(xs) == string(ys)
}

func TestOpenAPI_ResponsesMatchSchemas(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.AllowedHosts = []string{"mcp.example.org"} })
	document := f.document()
	valid := func(name string, r reply) {
		t.Helper()
		// References of the component point into the document; these schemas
		// have none.
		text, err := json.Marshal(at(t, document, "components", "schemas", name))
		if err != nil {
			t.Fatal(err)
		}
		var schema jsonschema.Schema
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		resolved, err := schema.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal([]byte(r.body), &value); err != nil {
			t.Fatal(err)
		}
		if err := resolved.Validate(value); err != nil {
			t.Errorf("%d %s is not a valid %s: %v", r.status, r.body, name, err)
		}
	}
	valid("tools", f.send(request{method: "GET", path: "/tools"}))
	valid("status", f.send(request{method: "GET", path: "/health"}))
	valid("status", f.send(request{method: "GET", path: "/ready"}))
	seen := map[int]bool{}
	for _, r := range []reply{
		f.rest("no_such", `{}`), f.rest("echo", `{`), f.rest("echo", `1`), f.rest("panic", `{}`),
		f.send(request{path: "/tools/echo", body: "{}"}),
		f.send(request{path: "/tools/echo", header: map[string]string{"Host": "evil.example"}}),
		f.rest("fail", `{"code":"rate_limited","after":1}`), f.rest("fail", `{"code":"unavailable"}`),
		f.rest("fail", `{"code":"conflict"}`), f.rest("fail", `{"code":"unauthenticated"}`), f.rest("fail", `{"code":"too_large"}`),
	} {
		valid("problem", r)
		at(t, document, "components", "responses", strconv.Itoa(r.status))
		seen[r.status] = true
	}
	if len(seen) != 11 {
		t.Errorf("tried %d statuses: %v", len(seen), seen)
	}
}

func TestOpenAPI_DescribesAuthentication(t *testing.T) {
	open, guarded := newFixture(t, nil).document(), newFixture(t, func(o *Options) { o.Authenticator = testAuthenticator(t) }).document()
	if open["security"] != nil {
		t.Errorf("security = %v", open["security"])
	}
	at(t, guarded, "components", "securitySchemes", "bearer")
	if list, ok := guarded["security"].([]any); !ok || len(list) != 1 {
		t.Errorf("security = %v", guarded["security"])
	}
	for path, methods := range at(t, guarded, "paths").(map[string]any) {
		get, ok := methods.(map[string]any)["get"].(map[string]any)
		if list, isList := get["security"].([]any); ok && (path != "/tools") != (isList && len(list) == 0) {
			t.Errorf("%s: security = %v", path, get["security"])
		}
	}
}
