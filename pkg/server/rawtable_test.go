package server

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// rawRequest is a request as real clients send it, with its exact response.
type rawRequest struct {
	name    string
	method  string // "" is POST
	path    string // "" is /mcp
	headers string // lines
	body    string
	status  int
	answer  string // the body; "" is an empty one
	kind    string // Content-Type; "" is application/json
}

const (
	legacyHeaders = "Content-Type: application/json\nAccept: application/json, text/event-stream\nMCP-Protocol-Version: 2025-11-25"
	modernHeaders = "Content-Type: application/json\nAccept: application/json, text/event-stream\nMCP-Protocol-Version: 2026-07-28"
	serverInfo    = `{"name":"stackroom","title":"Stackroom","version":"dev"}`
	legacyEcho    = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}}}`
	legacyAnswer  = `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"hi"}]}}`
)

// event returns a message as the only event of a stream.
func event(message string) string { return "event: message\ndata: " + message + "\n\n" }

// rawRequests are the requests of the table.
func rawRequests() []rawRequest {
	const stream = "text/event-stream"
	return []rawRequest{
		{name: "Claude Code: initialize", headers: "Content-Type: application/json\nAccept: application/json, text/event-stream\nUser-Agent: claude-code/2.1 (cli)",
			body:   `{"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{}},"clientInfo":{"name":"claude-code","version":"2.1"}},"jsonrpc":"2.0","id":0}`,
			status: 200, answer: `{"jsonrpc":"2.0","id":0,"result":{"capabilities":{"prompts":{},"resources":{},"tools":{}},"instructions":"A fixture.","protocolVersion":"2025-11-25","serverInfo":` + serverInfo + `}}`},
		{name: "Claude Code: initialized", headers: legacyHeaders, body: `{"method":"notifications/initialized","jsonrpc":"2.0"}`, status: 202},
		{name: "Claude Code: JSON only", headers: strings.Replace(legacyHeaders, ", text/event-stream", "", 1), body: legacyEcho, status: 200, answer: legacyAnswer},
		{name: "an agent SDK: the stream only", headers: strings.Replace(legacyHeaders, "application/json, text/event-stream", "text/event-stream", 1), body: legacyEcho, status: 200, kind: stream, answer: event(legacyAnswer)},
		{name: "an agent SDK: a session of its own", headers: legacyHeaders + "\nMcp-Session-Id: 0194", body: legacyEcho, status: 200, answer: legacyAnswer},
		{name: "claude.ai: application/*", headers: strings.Replace(legacyHeaders, "application/json, text/event-stream", "application/*", 1), body: legacyEcho, status: 200, answer: legacyAnswer},
		{name: "ChatGPT: both types, another order", headers: strings.Replace(legacyHeaders, "application/json, text/event-stream", "text/event-stream, application/json", 1), body: legacyEcho, status: 200, answer: legacyAnswer},
		{name: "curl: no Accept", headers: "Content-Type: application/json", body: legacyEcho, status: 200, answer: legacyAnswer},
		{name: "a pasted slash", path: "/mcp/", headers: legacyHeaders, body: legacyEcho, status: 200, answer: legacyAnswer},
		{name: "a text ID with escapes", headers: legacyHeaders, body: `{"jsonrpc":"2.0","id":"a\u0062","method":"ping"}`, status: 200, answer: `{"jsonrpc":"2.0","id":"a\u0062","result":{}}`},
		{name: "2^53+1", headers: legacyHeaders, body: strings.Replace(legacyEcho, `"id":1`, `"id":9007199254740993`, 1), status: 200, answer: strings.Replace(legacyAnswer, `"id":1`, `"id":9007199254740993`, 1)},
		{name: "2^70", headers: legacyHeaders, body: `{"jsonrpc":"2.0","id":1180591620717411303424,"method":"ping"}`, status: 200, answer: `{"jsonrpc":"2.0","id":1180591620717411303424,"result":{}}`},
		{name: "1.5 in a stream", headers: strings.Replace(legacyHeaders, "application/json, ", "", 1), body: `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, status: 200, kind: stream, answer: event(`{"jsonrpc":"2.0","id":1.5,"result":{}}`)},
		{name: "2^53+1, modern", headers: modernHeaders + "\nMcp-Method: tools/call\nMcp-Name: echo", body: strings.Replace(callWith(modern, "echo", `{"text":"hi"}`), `"id":7`, `"id":9007199254740993`, 1), status: 200,
			answer: `{"jsonrpc":"2.0","id":9007199254740993,"result":{"_meta":{"io.modelcontextprotocol/serverInfo":` + serverInfo + `},"content":[{"type":"text","text":"hi"}],"resultType":"complete"}}`},
		{name: "an unknown method", headers: legacyHeaders, body: `{"jsonrpc":"2.0","id":1,"method":"no/such"}`, status: 200, answer: `{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"unknown method"}}`},
		{name: "an unknown method, modern", headers: modernHeaders + "\nMcp-Method: no/such", body: `{"jsonrpc":"2.0","id":1.5,"method":"no/such","params":{` + meta + `}}`, status: 404, answer: `{"jsonrpc":"2.0","id":1.5,"error":{"code":-32601,"message":"JSON RPC not handled: \"no/such\" unsupported"}}`},
		{name: "an unknown notification", headers: legacyHeaders, body: `{"jsonrpc":"2.0","method":"notifications/of/tomorrow"}`, status: 202},
		{name: "an unknown notification, modern", headers: modernHeaders, body: `{"jsonrpc":"2.0","method":"notifications/of/tomorrow","params":{` + meta + `}}`, status: 202},
		{name: "a revision of the future", headers: strings.Replace(legacyHeaders, "2025-11-25", "2025-12-31", 1), body: legacyEcho, status: 400,
			answer: `{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"unsupported protocol version","data":{"supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"requested":"2025-12-31"}}}`},
		{name: "text/html alone", headers: strings.Replace(legacyHeaders, "application/json, text/event-stream", "text/html", 1), body: legacyEcho, status: 406,
			answer: `{"jsonrpc":"2.0","error":{"code":-32600,"message":"Accept must have application/json, text/event-stream or both"}}`},
		{name: "no JSON", headers: legacyHeaders, body: "hello", status: 400, answer: `{"jsonrpc":"2.0","error":{"code":-32700,"message":"the body is not JSON in UTF-8"}}`},
		{name: "no type", headers: "Accept: */*", body: legacyEcho, status: 415,
			answer: `{"jsonrpc":"2.0","error":{"code":-32600,"message":"the body must be JSON; send Content-Type: application/json, UTF-8, without Content-Encoding"}}`},
		{name: "a batch of 2025-03-26", headers: strings.Replace(legacyHeaders, "2025-11-25", "2025-03-26", 1), body: `[{"jsonrpc":"2.0","id":1.5,"method":"ping"}]`, status: 200, answer: `[{"jsonrpc":"2.0","id":1.5,"result":{}}]`},
		{name: "GET for a stream", method: "GET", headers: "Accept: text/event-stream", status: 405, kind: "application/problem+json",
			answer: `{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"this path does not support this method","code":"invalid","hint":"use one of: POST","request_id":"ID"}`},
		{name: "DELETE of a session", method: "DELETE", headers: "Mcp-Session-Id: 0194", status: 405, kind: "application/problem+json",
			answer: `{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"this path does not support this method","code":"invalid","hint":"use one of: POST","request_id":"ID"}`},
		{name: "ping", headers: legacyHeaders, body: `{"jsonrpc":"2.0","id":"p","method":"ping"}`, status: 200, answer: `{"jsonrpc":"2.0","id":"p","result":{}}`},
	}
}

func TestHTTP_RawRequests(t *testing.T) {
	f := newFixture(t, nil)
	for _, c := range rawRequests() {
		t.Run(c.name, func(t *testing.T) {
			r := f.send(request{method: c.method, path: orDefault(c.path, "/mcp"), body: c.body, header: headerLines(t, c.headers)})
			body := r.body
			if id := r.header.Get("X-Request-Id"); id != "" {
				body = strings.ReplaceAll(body, id, "ID")
			}
			if r.status != c.status || body != c.answer {
				t.Errorf("got %d %s\nwant %d %s", r.status, body, c.status, c.answer)
			}
			kind := c.kind
			if kind == "" && c.answer != "" {
				kind = "application/json"
			}
			if got := r.header.Get("Content-Type"); got != kind {
				t.Errorf("Content-Type %q, want %q", got, kind)
			}
		})
	}
}

// headerLines parses header lines.
func headerLines(t *testing.T, lines string) map[string]string {
	t.Helper()
	req, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: h\r\n" + strings.ReplaceAll(lines, "\n", "\r\n") + "\r\n\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{}
	for name := range req.Header {
		header[name] = req.Header.Get(name)
	}
	return header
}

func TestHTTP_EchoesIDs(t *testing.T) {
	f := newFixture(t, nil)
	for _, id := range oddIDs {
		for _, accept := range []string{"application/json", "text/event-stream"} {
			r := f.rpc(legacy, ping(id), map[string]string{"Accept": accept})
			if message := strings.TrimPrefix(strings.TrimSpace(r.body), "event: message\ndata: "); r.status != 200 || message != pong(id) {
				t.Errorf("ID %s as %s: got %d %s", id, accept, r.status, r.body)
			}
		}
		r := f.rpc(legacy, echoCall(id, "x"), nil)
		var m struct{ ID json.RawMessage }
		if err := json.Unmarshal([]byte(r.body), &m); err != nil || string(m.ID) != id {
			t.Errorf("ID %s: got %s", id, r.body)
		}
	}
}

func TestHTTP_BrowserSeesPageAtMCP(t *testing.T) {
	f := newFixture(t, nil)
	for _, path := range []string{"/mcp", "/mcp/"} {
		r := f.send(request{method: "GET", path: path, header: map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}})
		if r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") || !strings.Contains(r.body, "/mcp</textarea>") {
			t.Errorf("%s: got %d %.200s", path, r.status, r.body)
		}
	}
	for _, path := range []string{"/favicon.ico", "/favicon.svg"} {
		if r := f.send(request{method: "GET", path: path}); r.status != 200 || r.header.Get("Content-Type") != "image/svg+xml" || !strings.HasPrefix(r.body, "<svg") {
			t.Errorf("%s: got %d %v", path, r.status, r.header)
		}
	}
}

// Unauthenticated callers can cause rejections, so their log lines are limited
// and counted.
func TestLog_RejectionsDoNotFlood(t *testing.T) {
	h := newAuthFixture(t, true, nil)
	for range 500 {
		h.send(t, "POST", "/mcp", "token-of-mallory", modernCall("whoami", ""))
	}
	if lines := strings.Count(h.log.String(), `"message":"request"`); lines < rejectionLines || lines > 4*rejectionLines {
		t.Errorf("500 rejections make %d lines, want about %d", lines, rejectionLines)
	}
	synctest.Test(t, func(t *testing.T) {
		h := newAuthFixture(t, true, nil)
		for range 100 {
			h.send(t, "POST", "/mcp", "token-of-mallory", modernCall("whoami", ""))
		}
		time.Sleep(time.Second)
		h.send(t, "POST", "/mcp", "token-of-mallory", modernCall("whoami", ""))
		if !strings.Contains(h.log.String(), `"lines_left_out":80`) {
			t.Errorf("the log does not count the skipped lines:\n%.2000s", h.log)
		}
	})
}

// A connection that arrives while others still do is served, not reset.
func TestStop_ServesLateConnections(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := newHandlerFixture(t, nil, defaultTimeouts())
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(ctx, l) }()
	cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for begin := time.Now(); time.Since(begin) < 2*drainDelay; time.Sleep(drainDelay / 10) {
		res, err := client.Get("http://" + l.Addr().String() + "/health")
		if err != nil {
			t.Fatalf("after %v: %v", time.Since(begin), err)
		}
		res.Body.Close()
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
