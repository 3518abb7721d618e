package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// lanes holds two edges with the same tools: one with the express lane, one
// without.
type lanes struct {
	with, without http.Handler
	express       atomic.Int64 // calls that took the express lane
}

// callTool implements the complete tools of the lanes.
func callTool(name string, arguments json.RawMessage) (json.RawMessage, error) {
	switch name {
	case "echo":
		if len(arguments) == 0 {
			arguments = json.RawMessage(`{}`)
		}
		return arguments, nil
	case "odd":
		return json.RawMessage("{\"a\":\"<&>\\\"\\\\\\n\\t\x7f<b>&\u2028\u2029é\U0001F600\"}"), nil
	case "panics":
		panic("the secret of the fixture")
	}
	return nil, library.Errorf(library.NotFound, "no such \"thing\"").WithRetryAfter(time.Second).WithCause(errors.New("the secret of the fixture"))
}

// richTool implements the tools that are not complete.
func richTool() *mcp.CallToolResult {
	return &mcp.CallToolResult{
		Meta:    mcp.Meta{"example.org/x": 1},
		Content: []mcp.Content{&mcp.TextContent{Text: "<a>"}, &mcp.ImageContent{Data: []byte{1, 2}, MIMEType: "image/png"}},
	}
}

// newLanes returns the two edges; change may change their options.
func newLanes(t testing.TB, change func(*Options)) *lanes {
	t.Helper()
	l := &lanes{}
	for _, express := range []bool{true, false} {
		c := &catalog{options: &mcp.ServerOptions{Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}}}}
		c.call = func(_ context.Context, name string, arguments json.RawMessage) (json.RawMessage, error) {
			l.express.Add(1)
			return callTool(name, arguments)
		}
		c.register = func(s *mcp.Server) {
			for _, d := range c.tools {
				s.AddTool(&mcp.Tool{Name: d.Name, InputSchema: d.InputSchema}, func(_ context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
					if d.Name == "rich" {
						return richTool(), nil
					}
					return tool.Result(callTool(d.Name, req.Params.Arguments)), nil
				})
			}
		}
		for _, name := range []string{"echo", "odd", "panics", "fails", "rich"} {
			c.tools = append(c.tools, tool.Definition{Name: name, InputSchema: json.RawMessage(`{"type":"object"}`), Complete: express && name != "rich"})
		}
		o := Options{Catalog: c, Name: "A <fixture>"}
		if change != nil {
			change(&o)
		}
		edge, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if express {
			l.with = edge.Handler()
		} else {
			l.without = edge.Handler()
		}
	}
	return l
}

// message is a request to both lanes.
type message struct {
	headers map[string]string
	body    string
}

func (m message) send(t testing.TB, h http.Handler) (status int, kind string, body any) {
	t.Helper()
	return m.sendTo(t, h, "/mcp")
}

// sendTo is send for another path.
func (m message) sendTo(t testing.TB, h http.Handler, path string) (status int, kind string, body any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(m.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	for name, value := range m.headers {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		body = w.Body.String()
	}
	return w.Code, w.Header().Get("Content-Type") + "; " + w.Header().Get("Cache-Control"), body
}

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

func modernCall(name, params string) message {
	return message{
		map[string]string{"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name},
		fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,%s%s}}`, name, params, modernMeta),
	}
}

func legacyCall(version, body string) message {
	m := message{map[string]string{}, body}
	if version != "" {
		m.headers["MCP-Protocol-Version"] = version
	}
	return m
}

// with returns the message with one more header, or without it for "".
func (m message) with(name, value string) message {
	headers := map[string]string{name: value}
	for k, v := range m.headers {
		if k != name {
			headers[k] = v
		}
	}
	return message{headers, m.body}
}

// replace returns the message with a part of its body replaced.
func (m message) replace(old, replacement string) message {
	return message{m.headers, strings.Replace(m.body, old, replacement, 1)}
}

func TestLanes(t *testing.T) {
	t.Run("to all callers", func(t *testing.T) {
		testLanes(t, newLanes(t, nil), func(m message) message { return m })
	})
	t.Run("signed in", func(t *testing.T) {
		testLanes(t, newLanes(t, func(o *Options) { o.Authenticator = testAuthenticator(t) }), asBob)
	})
}

// asBob returns the message with the token of a caller with all scopes.
func asBob(m message) message { return m.with("Authorization", "Bearer token-of-bob") }

// testLanes sends requests through both lanes, after sign has changed them.
func testLanes(t *testing.T, l *lanes, sign func(message) message) {
	t.Helper()
	call := modernCall("echo", `"arguments":{"q":"light \"x\""},`)
	old := legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"q":[1,{"a":null}]}}}`)
	for _, c := range []struct {
		promise string
		m       message
		plain   bool // takes the express lane
	}{
		{"a modern call", call, true},
		{"without arguments", modernCall("echo", ""), true},
		{"special characters in the result", modernCall("odd", ""), true},
		{"a tool that fails", modernCall("fails", ""), true},
		{"a tool that panics", modernCall("panics", ""), true},
		{"a text as ID", call.replace(`"id":1`, `"id":"é <&> 1"`), true},
		{"white space", call.replace(`"id":1`, "\"id\" :\t7 \n"), true},
		{"information about the client", call.replace(`Capabilities":{}`, `Capabilities":{"elicitation":{}},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}`), true},
		{"metadata of other parties", call.replace(`Capabilities":{}`, `Capabilities":{},"traceparent":"00-1","example.org/x":{"y":[1]}`), true},
		{"with a charset", call.with("Content-Type", "application/json; charset=utf-8"), true},
		{"a call of 2025-06-18", old, true},
		{"a call of 2025-11-25", old.with("MCP-Protocol-Version", "2025-11-25"), true},
		{"a call without a version", legacyCall("", old.body), true},
		{"an old call with odd characters", legacyCall("2025-11-25", strings.Replace(old.body, "echo", "odd", 1)), true},
		{"an old call that fails", legacyCall("2025-11-25", strings.Replace(old.body, "echo", "fails", 1)), true},
		{"an old call that panics", legacyCall("2025-11-25", strings.Replace(old.body, "echo", "panics", 1)), true},
		{"metadata in an old call", old.replace(`"params":{`, `"params":{"_meta":{"x":1},`), true},

		{"a tool that is not complete", modernCall("rich", ""), false},
		{"an old call of a tool that is not complete", legacyCall("2025-11-25", strings.Replace(old.body, "echo", "rich", 1)), false},
		{"an unknown tool", modernCall("unknown", ""), false},
		{"an unknown version", call.with("MCP-Protocol-Version", "2099-01-01"), false},
		{"versions that differ", call.with("MCP-Protocol-Version", "2025-11-25"), false},
		{"another method in the header", call.with("Mcp-Method", "tools/list"), false},
		{"no method in the header", call.with("Mcp-Method", ""), false},
		{"another name in the header", call.with("Mcp-Name", "odd"), false},
		{"no version in the metadata", call.replace(`"io.modelcontextprotocol/protocolVersion":"2026-07-28",`, ""), false},
		{"another version in the metadata", call.replace(`Version":"2026-07-28"`, `Version":"2025-11-25"`), false},
		{"no capabilities", call.replace(`,"io.modelcontextprotocol/clientCapabilities":{}`, ""), false},
		{"capabilities of another type", call.replace(`Capabilities":{}`, `Capabilities":"all"`), false},
		{"capabilities of another form", call.replace(`Capabilities":{}`, `Capabilities":{"elicitation":7}`), false},
		{"a client of another form", call.replace(`Capabilities":{}`, `Capabilities":{},"io.modelcontextprotocol/clientInfo":7`), false},
		{"an unknown log level", call.replace(`Capabilities":{}`, `Capabilities":{},"io.modelcontextprotocol/other":7`), false},
		{"a name with an escape", call.replace(`"name":"echo"`, `"name":"\u0065cho"`), false},
		{"a key with an escape", call.replace(`"params"`, `"p\u0061rams"`), false},
		{"a metadata key with an escape", call.replace(`Capabilities":{}`, `Capabilities":{},"\u0069o.modelcontextprotocol/other":7`), false},
		{"a name that is a number", call.replace(`"name":"echo"`, `"name":7`), false},
		{"arguments that are a list", call.replace(`"arguments":{"q":"light \"x\""}`, `"arguments":[1]`), false},
		{"arguments that are null", call.replace(`"arguments":{"q":"light \"x\""}`, `"arguments":null`), false},
		{"members twice", call.replace(`"id":1`, `"id":1,"id":2`), false},
		{"a repeated name", call.replace(`"name":"echo"`, `"name":"echo","name":"odd"`), false},
		{"another member", call.replace(`"id":1`, `"id":1,"more":true`), false},
		{"another parameter", call.replace(`"name":"echo"`, `"name":"echo","requestState":"x"`), false},
		{"no ID: a notification", call.replace(`"id":1,`, ""), false},
		{"an ID that is null", call.replace(`"id":1`, `"id":null`), false},
		{"an ID with a fraction", call.replace(`"id":1`, `"id":1.5`), false},
		{"an ID of another form", call.replace(`"id":1`, `"id":{}`), false},
		{"another JSON-RPC", call.replace(`"2.0"`, `"1.0"`), false},
		{"another method", call.replace(`tools/call`, `tools/list`).with("Mcp-Method", "tools/list"), false},
		{"parameters that are a list", legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}`), false},
		{"no parameters", legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`), false},
		{"no name", legacyCall("2025-06-18", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}`), false},
		{"a batch", legacyCall("2025-03-26", "["+old.body+"]"), false},
		{"an old call with a modern header", old.with("Mcp-Name", "echo"), false},
		{"an old call with modern metadata", legacyCall("2025-06-18", call.body), false},
		{"no version but modern metadata", legacyCall("", call.body), false},
		{"not JSON", legacyCall("2025-06-18", `{"jsonrpc"`), false},
		{"another kind of content", call.with("Content-Type", "text/plain"), false},
	} {
		before := l.express.Load()
		c.m = sign(c.m)
		status, kind, body := c.m.send(t, l.with)
		if took := l.express.Load() > before; took != c.plain {
			t.Errorf("%s: takes the express lane: %t", c.promise, took)
		}
		wantStatus, wantKind, want := c.m.send(t, l.without)
		if status != wantStatus || kind != wantKind {
			t.Errorf("%s: %d %s, without the express lane %d %s", c.promise, status, kind, wantStatus, wantKind)
		}
		if diff := cmp.Diff(want, body); diff != "" {
			t.Errorf("%s: without (-) and with (+) the express lane:\n%s", c.promise, diff)
		}
		if s := fmt.Sprint(body); strings.Contains(s, "secret") {
			t.Errorf("%s: %s", c.promise, s)
		}
	}
}

// FuzzLanes sends mutated calls through both lanes.
func FuzzLanes(f *testing.F) {
	l := newLanes(f, nil)
	for _, m := range []message{modernCall("echo", `"arguments":{"q":1},`), modernCall("odd", "")} {
		f.Add(m.body, "2026-07-28", "echo")
		f.Add(strings.Replace(m.body, modernMeta, `"arguments":{}`, 1), "2025-06-18", "")
	}
	f.Fuzz(func(t *testing.T, body, version, name string) {
		m := message{map[string]string{"MCP-Protocol-Version": version}, body}
		if name != "" {
			m.headers["Mcp-Name"], m.headers["Mcp-Method"] = name, "tools/call"
		}
		before := l.express.Load()
		status, kind, got := m.send(t, l.with)
		if l.express.Load() == before {
			return // both used the SDK
		}
		wantStatus, wantKind, want := m.send(t, l.without)
		if diff := cmp.Diff(want, got); diff != "" || status != wantStatus || kind != wantKind {
			t.Errorf("%q: %d %s, without the express lane %d %s\n%s", body, status, kind, wantStatus, wantKind, diff)
		}
	})
}

// BenchmarkLanes measures a call in the express lane and through the SDK, each
// with and without authentication.
func BenchmarkLanes(b *testing.B) {
	open, guarded := newLanes(b, nil), newLanes(b, func(o *Options) { o.Authenticator = testAuthenticator(b) })
	m := modernCall("echo", `"arguments":{"q":"light"},`)
	for _, lane := range []struct {
		name string
		h    http.Handler
		m    message
	}{
		{"express", open.with, m}, {"express, signed in", guarded.with, asBob(m)},
		{"sdk", open.without, m}, {"sdk, signed in", guarded.without, asBob(m)},
	} {
		b.Run(lane.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if status, _, _ := lane.m.send(b, lane.h); status != http.StatusOK {
					b.Fatal(status)
				}
			}
		})
	}
}

// leastSpeedup is the minimal speed of the express lane, as a multiple of the
// SDK's, that justifies its code.
const leastSpeedup = 1.5

// BenchmarkExpressIsWorthIt fails once the SDK serves a plain call in less than
// leastSpeedup times the time of the express lane: then delete the express
// lane. Rounds alternate, and the fastest of each lane counts.
func BenchmarkExpressIsWorthIt(b *testing.B) {
	const rounds, calls = 20, 100
	l := newLanes(b, nil)
	m := modernCall("echo", `"arguments":{"q":"light"},`)
	fastest := [2]time.Duration{time.Hour, time.Hour}
	for b.Loop() {
		for round := range 2 * rounds {
			lane := round % 2
			h := [2]http.Handler{l.with, l.without}[lane]
			start := time.Now()
			for range calls {
				if status, _, _ := m.send(b, h); status != http.StatusOK {
					b.Fatal(status)
				}
			}
			fastest[lane] = min(fastest[lane], time.Since(start))
		}
	}
	speedup := float64(fastest[1]) / float64(fastest[0])
	b.ReportMetric(speedup, "speedup")
	if speedup < leastSpeedup {
		b.Fatalf("the express lane is %.2f times as fast as the SDK, less than %.1f times: remove it", speedup, leastSpeedup)
	}
}
