package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEnvelope(t *testing.T) {
	for _, test := range []struct {
		name, body, id string
		stream, object bool
	}{
		{"a call", `{"jsonrpc":"2.0","id":7,"method":"x","params":{"a":[1,{"_meta":{"progressToken":1}}]}}`, "7", false, true},
		{"with progress", `{"id":"a\"b","params":{"name":"x","_meta":{"x":{},"progressToken":1}}}`, `"a\"b"`, true, true},
		{"with a log level", `{"id":1,"params":{"_meta":{"io.modelcontextprotocol/logLevel":"info"}}}`, "1", true, true},
		{"spread out", "{ \"params\" : {\n\"_meta\" : {\t\"progressToken\" : \"t\" } } , \"id\" : -1.5 }", "-1.5", true, true},
		{"_meta before others", `{"params":{"_meta":{"progressToken":1},"name":"x"},"id":1}`, "1", true, true},
		{"a token elsewhere", `{"params":{"arguments":{"_meta":{"progressToken":1}}}}`, "", false, true},
		{"a token below _meta", `{"params":{"_meta":{"x":{"progressToken":1}}}}`, "", false, true},
		{"a token beside _meta", `{"params":{"_meta":{},"progressToken":1}}`, "", false, true},
		{"_meta beside params", `{"params":{},"_meta":{"progressToken":1}}`, "", false, true},
		{"params as an array", `{"params":["_meta",{"progressToken":1}]}`, "", false, true},
		{"_meta as a text", `{"params":{"_meta":"x","y":{"progressToken":1}}}`, "", false, true},
		{"a value that looks like a key", `{"a":"params","b":{"_meta":{"progressToken":1}}}`, "", false, true},
		{"an ID that is none", `{"id":{"id":1}}`, "", false, true},
		{"an ID within", `{"params":{"id":1}}`, "", false, true},
		{"a batch", `[{"id":1,"params":{"_meta":{"progressToken":1}}}]`, "", false, false},
		{"text", `"{"`, "", false, false},
		{"quotes and brackets in text", `{"a":"\\\"{[","id":1}`, "1", false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, refused := readEnvelope([]byte(test.body))
			if refused != nil {
				t.Fatal(refused.err)
			}
			if string(got.id) != test.id || got.stream != test.stream || got.object != test.object {
				t.Errorf("got ID %s, stream %v, object %v", got.id, got.stream, got.object)
			}
		})
	}
}

func TestEnvelopeLimits(t *testing.T) {
	nest := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, test := range []struct {
		name, body string
		status     int
	}{
		{"as deep as allowed", nest(maxDepth - 1), 0},
		{"deeper", nest(maxDepth), 413},
		{"as many values as allowed", `{"a":[0` + strings.Repeat(",0", maxElements-2) + "]}", 0},
		{"more", `{"a":[0` + strings.Repeat(",0", maxElements-1) + "]}", 413},
		{"as long a batch as allowed", "[0" + strings.Repeat(",0", maxMessages-1) + "]", 0},
		{"longer", "[0" + strings.Repeat(",0", maxMessages) + "]", 413},
		{"brackets in a text", `"` + strings.Repeat("[,{", 5000) + `"`, 0},
		{"closed too often", "]]]}}}", 400},
		{"a text without an end", `{"a`, 400},
		{"a backslash at the end", `"\`, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, refused := readEnvelope([]byte(test.body))
			if got := status(refused); got != test.status {
				t.Errorf("got %d, want %d", got, test.status)
			}
		})
	}
}

// status returns the status of a rejection, or 0.
func status(r *rejection) int {
	if r == nil {
		return 0
	}
	return r.status
}

// FuzzReadEnvelope holds the scanner against encoding/json: they agree on
// what the envelope is of everything that both can read.
func FuzzReadEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":"p"}}}`,
		`{"id":"a\u0022","params":{"_meta":{"progressToken":null}}}`, `[{},{}]`, `{"params":[{"_meta":1}]}`, `"x`, `{"id":1e5}`,
		`{"a":{"params":{"_meta":{"progressToken":1}}}}`, "{\"id\":\t-0}", `[[[]]]`, `{"params":{"_meta":{"progressToken":1},"_meta":{}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, refused := readEnvelope(body)
		if refused != nil {
			return
		}
		var m struct {
			ID     json.RawMessage `json:"id"`
			Params struct {
				Meta map[string]json.RawMessage `json:"_meta"`
			} `json:"params"`
		}
		text := string(body)
		if json.Unmarshal(body, &m) != nil || strings.Contains(text, `\`) || strings.Count(text, `"params"`) > 1 || strings.Count(text, `"_meta"`) > 1 || strings.Count(text, `"id"`) > 1 {
			return // escaped and repeated keys are read otherwise; so are keys in another case
		}
		if strings.Contains(strings.ToLower(text), "id") && strings.Count(strings.ToLower(text), `"id"`) != strings.Count(text, `"id"`) {
			return
		}
		if len(got.id) > 0 && string(got.id) != string(m.ID) {
			t.Errorf("ID %s, want %s", got.id, m.ID)
		}
		_, progress := m.Params.Meta["progressToken"]
		_, logs := m.Params.Meta["io.modelcontextprotocol/logLevel"]
		if got.stream != (progress || logs) {
			t.Errorf("stream %v with progress %v and logs %v", got.stream, progress, logs)
		}
	})
}

// FuzzFrontDoor throws bodies at the whole edge: nothing may break it.
func FuzzFrontDoor(f *testing.F) {
	for _, seed := range []string{
		call(modern, "echo"), call(legacy, "echo"), withProgress(call(modern, "progress")), `[` + call(legacy, "echo") + `]`,
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
	server := fixture.newMCP()
	server.RemoveTools("wait", "stubborn", "held") // they only cost time
	s, err := New(Options{MCP: server, Tools: restTools[:1], Call: fixture.restCall})
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
