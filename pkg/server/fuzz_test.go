package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// FuzzServer sends bodies through the whole server.
func FuzzServer(f *testing.F) {
	for _, seed := range []string{
		toolCall(modern, "echo"), toolCall(legacy, "echo"), withProgress(toolCall(modern, "progress")), `[` + toolCall(legacy, "echo") + `]`,
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"x","capabilities":null}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":null}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":null}`, `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{` + meta + `}}`,
		`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt"},"argument":{}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"AAAA",` + meta + `}}`,
		`{"jsonrpc":"2.0","id":null,"result":{}}`, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"%zz"}}`,
	} {
		f.Add(seed, modern, "tools/call", "echo")
		f.Add(seed, legacy, "", "")
		f.Add(seed, "", "initialize", "=?base64?ZWNobw==?=")
	}
	fixture := &fixture{log: &logBuffer{}, started: make(chan struct{}, 1), ended: make(chan error, 1)}
	s, err := New(Options{Catalog: &catalog{options: fixtureOptions(), tools: restTools[:1], call: fixture.restCall, register: func(s *mcp.Server) {
		fixture.register(s)
		s.RemoveTools("wait", "stubborn", "held") // they only take time
	}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body, version, method, name string) {
		r := httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body)).WithContext(t.Context())
		r.Header = http.Header{"Content-Type": {"application/json"}, "Mcp-Protocol-Version": {version}, "Mcp-Method": {method}, "Mcp-Name": {name}}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		kind := w.Header().Get("Content-Type")
		if kind == "application/json" && !json.Valid(w.Body.Bytes()) || w.Body.Len() > 0 && kind != "application/json" && kind != "text/event-stream" {
			t.Errorf("%d %s %q", w.Code, kind, w.Body)
		}
	})
}
