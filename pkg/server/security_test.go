package server

import (
	"net/http"
	"strings"
	"testing"
)

// The tests of this file carry the numbers of the acceptance statements S:
// security.

func TestS01_Origin(t *testing.T) {
	local := newFixture(t, func(o *Options) { o.AllowedOrigins = []string{"https://App.example.org/"} })
	for origin, allowed := range map[string]bool{
		"":                               true,
		"https://app.example.org":        true,
		"http://localhost:6274":          true,
		"http://127.0.0.1:1234":          true,
		"http://[::1]:1234":              true,
		"https://evil.example":           false,
		"http://app.example.org":         false,
		"https://app.example.org:444":    false,
		"https://app.example.org.evil.x": false,
		"http://localhost.evil.example":  false,
		"null":                           false,
		"file://":                        false,
		"chrome-extension://abc":         false,
	} {
		r := local.rpc(modern, callWith(modern, "echo", `{"text":"x"}`), map[string]string{"Origin": origin})
		if allowed {
			r.wantText(t, "x")
		} else if r.status != 403 {
			t.Errorf("Origin %q: got %d, want 403", origin, r.status)
		}
		if got := r.header.Get("Access-Control-Allow-Origin"); allowed && got != origin || !allowed && got != "" {
			t.Errorf("Origin %q: Access-Control-Allow-Origin = %q", origin, got)
		}
		if allowed && origin != "" && !strings.Contains(r.header.Get("Access-Control-Expose-Headers"), "X-Request-Id") {
			t.Errorf("Origin %q: the page can't see the request ID: %v", origin, r.header)
		}
	}
	for _, path := range []string{"/tools", "/openapi.json", "/", "/sse", "/nowhere"} {
		if r := local.send(request{method: "GET", path: path, header: map[string]string{"Origin": "https://evil.example"}}); r.status != 403 {
			t.Errorf("GET %s: got %d, want 403", path, r.status)
		}
	}
}

func TestS02_Host(t *testing.T) {
	for _, test := range []struct {
		name    string
		allowed []string
		host    string
		origin  string
		status  int
	}{
		{"loopback by name", nil, "localhost:8080", "", 200},
		{"loopback by address", nil, "127.0.0.1", "", 200},
		{"loopback in IPv6", nil, "[::1]:8080", "", 200},
		{"rebinding", nil, "evil.example", "", 403},
		{"rebinding with the page's own origin", nil, "evil.example:80", "http://evil.example:80", 403},
		{"an address of another machine", nil, "10.0.0.7:8080", "", 403},
		{"a name that looks local", nil, "localhost.evil.example", "", 403},
		{"behind a proxy on the same machine", []string{"mcp.example.org"}, "MCP.example.org", "", 200},
		{"with a port", []string{"mcp.example.org"}, "mcp.example.org:8443", "", 200},
		{"a page of its own", []string{"mcp.example.org"}, "mcp.example.org", "https://mcp.example.org", 200},
		{"another name", []string{"mcp.example.org"}, "evil.example", "", 403},
		{"loopback stays allowed", []string{"mcp.example.org"}, "localhost", "", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, func(o *Options) { o.AllowedHosts = test.allowed })
			r := f.rpc(modern, toolCall(modern, "echo"), map[string]string{"Host": test.host, "Origin": test.origin})
			if r.status != test.status {
				t.Errorf("got %d %s, want %d", r.status, r.body, test.status)
			}
			if strings.Contains(r.body, "evil") {
				t.Errorf("the response repeats the host: %s", r.body)
			}
			if r := f.send(request{method: "GET", path: "/health", header: map[string]string{"Host": test.host}}); r.status != 200 {
				t.Errorf("health: got %d", r.status)
			}
		})
	}
}

func TestHTTP_Preflight(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.AllowedOrigins = []string{"https://app.example.org"} })
	ask := func(origin string) reply {
		return f.send(request{method: http.MethodOptions, path: "/mcp", header: map[string]string{
			"Origin": origin, "Access-Control-Request-Method": "POST",
			"Access-Control-Request-Headers": "content-type,mcp-method,mcp-name,mcp-param-region,mcp-protocol-version",
		}})
	}
	r := ask("https://app.example.org")
	if r.status != 204 || r.header.Get("Access-Control-Allow-Origin") != "https://app.example.org" || !strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "mcp-param-region") {
		t.Errorf("got %d %v", r.status, r.header)
	}
	if got := r.header.Get("Access-Control-Allow-Credentials"); got != "" {
		t.Errorf("credentials are allowed: %q", got)
	}
	if r := ask("https://evil.example"); r.status != 403 {
		t.Errorf("evil: got %d", r.status)
	}
}

func TestS04_DoesNotRepeatHostileText(t *testing.T) {
	f := newFixture(t, nil)
	hostile := "<script>\u202e\U000E0041\x1b[31m"
	for _, r := range []reply{
		f.send(request{method: "GET", path: "/%3Cscript%3E%E2%80%AE%1B"}),
		f.send(request{path: "/tools/%3Cscript%3E%E2%80%AE", body: "{}"}),
		f.send(request{path: "/tools/echo", body: hostile, header: map[string]string{"Content-Type": "application/json"}}),
		f.rpc(legacy, hostile, nil),
		f.send(request{method: "GET", path: "/", header: map[string]string{"X-Request-Id": hostile[:8]}}),
	} {
		body := strings.Replace(r.body, "<script>// Puts a button", "", 1) // the page's own script
		for _, bad := range []string{"<script", "\\u003cscript", "\u202e", "\x1b", "\U000E0041"} {
			if strings.Contains(body, bad) || strings.Contains(r.header.Get("X-Request-Id"), bad) {
				t.Errorf("%d: %q in %s", r.status, bad, r.body)
			}
		}
	}
}

func TestS08_Bombs(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	var wide strings.Builder
	wide.WriteString(`{"a0":0`)
	for range 10_000 {
		wide.WriteString(`,"a":1`)
	}
	wide.WriteString("}")
	f := newFixture(t, nil)
	for name, bomb := range map[string]string{
		"deep objects":   deep,
		"deep arrays":    strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000),
		"unclosed":       strings.Repeat("[", 1_000_000),
		"10,000 keys":    wide.String(),
		"10,000 numbers": "[0" + strings.Repeat(",0", 10_000) + "]",
		"10,000 objects": "[{}" + strings.Repeat(",{}", 10_000) + "]",
	} {
		t.Run(name, func(t *testing.T) {
			body := callWith(legacy, "echo", bomb)
			f.rpc(legacy, body, nil).wantError(t, 413, -32600)
			if r := f.send(request{path: "/tools/echo", body: `{"text":` + bomb + `}`, header: map[string]string{"Content-Type": "application/json"}}); r.status != 413 {
				t.Errorf("REST: got %d", r.status)
			}
		})
	}
}

func TestHTTP_SecurityHeaders(t *testing.T) {
	f := newFixture(t, nil)
	for _, r := range []reply{
		f.rpc(modern, toolCall(modern, "echo"), nil), f.rpc(modern, "x", nil),
		f.send(request{method: "GET", path: "/"}), f.send(request{method: "GET", path: "/health"}),
		f.send(request{method: "GET", path: "/nowhere"}), f.send(request{method: "GET", path: "/openapi.json"}),
		f.rpc(modern, toolCall(modern, "echo"), map[string]string{"Host": "evil.example"}),
	} {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'", "X-Request-Id": "", "Cache-Control": "no-store",
		} {
			if got := r.header.Get(name); got == "" || !strings.Contains(got, want) {
				t.Errorf("%d %.60s: %s = %q", r.status, r.body, name, got)
			}
		}
		if got := r.header.Get("Server"); got != "" {
			t.Errorf("Server = %q", got)
		}
	}
}

func TestHTTP_RequestID(t *testing.T) {
	f := newFixture(t, nil)
	body := callWith(modern, "trace", `{}`)
	for given, kept := range map[string]bool{
		"abc-123_X.y": true, strings.Repeat("a", 64): true,
		strings.Repeat("a", 65): false, "a b": false, "a\"b": false, "ä": false, "": false, "a;b": false,
	} {
		r := f.rpc(modern, body, map[string]string{"X-Request-Id": given})
		got := r.header.Get("X-Request-Id")
		if kept && got != given || !kept && (got == given || len(got) != 26) {
			t.Errorf("given %q: got %q", given, got)
		}
		r.wantText(t, got) // the tool gets the same ID
		if !strings.Contains(f.log.String(), `"request_id":"`+got+`"`) {
			t.Errorf("the log has no line of %q", got)
		}
	}
}

func TestLog_OmitsArguments(t *testing.T) {
	f := newFixture(t, nil)
	f.rpc(modern, callWith(modern, "echo", `{"text":"private words"}`), map[string]string{
		"Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}).wantText(t, "private words")
	f.rpc(legacy, callWith(legacy, "private words", `{}`), nil)
	f.send(request{path: "/tools/echo?q=private+words", body: `{"text":"private words"}`, header: map[string]string{"Content-Type": "application/json"}})
	log := f.log.String()
	for _, want := range []string{
		`"message":"call","method":"tools/call","target":"echo","outcome":"ok","duration_ms":`,
		`"target":"?","outcome":"error"`, `"method":"rest","target":"echo","outcome":"ok"`,
		`"logging.googleapis.com/trace":"0af7651916cd43dd8448eb211c80319c"`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "private") {
		t.Errorf("the log contains the caller's input:\n%s", log)
	}
}
