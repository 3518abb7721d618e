package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// The tests of this file carry the numbers of the acceptance statements T: the
// transport.

func TestT01_ModernListIsCompleteJSON(t *testing.T) {
	f := newFixture(t, nil)
	r := f.rpc(modern, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+meta+`}}`, nil)
	var result struct{ ResultType string }
	if err := json.Unmarshal(r.decode(t).Result, &result); err != nil {
		t.Fatal(err)
	}
	if r.status != 200 || r.header.Get("Content-Type") != "application/json" || result.ResultType != "complete" {
		t.Errorf("got %d %s %s", r.status, r.header.Get("Content-Type"), r.body)
	}
}

func TestT02_TwoInstancesServeOneClient(t *testing.T) {
	a, b := newFixture(t, nil), newFixture(t, nil)
	for i, f := range []*fixture{a, b, a, b} {
		text := fmt.Sprintf("call %d", i)
		f.rpc(modern, callWith(modern, "echo", `{"text":"`+text+`"}`), nil).wantText(t, text)
	}
}

func TestHTTP_RejectsContradictoryHeaders(t *testing.T) {
	f := newFixture(t, nil)
	body := callWith(modern, "echo", `{"text":"x"}`)
	read := `{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"fixture://bücher",` + meta + `}}`
	for _, test := range []struct {
		name, body string
		change     map[string]string
		code       int // 0 for success
	}{
		{"T03 no version header", body, map[string]string{"Mcp-Protocol-Version": ""}, -32020},
		{"T04 another version", body, map[string]string{"Mcp-Protocol-Version": "2025-11-25"}, -32020},
		{"T05 no method", body, map[string]string{"Mcp-Method": ""}, -32020},
		{"T05 another method", body, map[string]string{"Mcp-Method": "tools/list"}, -32020},
		{"T06 no name", body, map[string]string{"Mcp-Name": ""}, -32020},
		{"T06 another name", body, map[string]string{"Mcp-Name": "wait"}, -32020},
		{"T07 name in base64", body, map[string]string{"Mcp-Name": inBase64("echo")}, 0},
		{"T07 URI in base64", read, map[string]string{"Mcp-Name": inBase64("fixture://bücher")}, 0},
		{"T07 another name in base64", body, map[string]string{"Mcp-Name": inBase64("wait")}, -32020},
		{"T08 not base64", body, map[string]string{"Mcp-Name": "=?base64?!!!?="}, -32020},
		{"T08 base64 cut short", body, map[string]string{"Mcp-Name": "=?base64?ZWNobw?="}, -32020},
		{"T08 base64 of invalid UTF-8", body, map[string]string{"Mcp-Name": inBase64("\xff\xfe")}, -32020},
		{"T08 base64 of nothing", body, map[string]string{"Mcp-Name": "=?base64??="}, -32020},
		{"T08 base64 without an end", body, map[string]string{"Mcp-Name": "=?base64?ZWNobw=="}, -32020},
		{"T10 no version in _meta", strings.Replace(body, "protocolVersion", "x", 1), nil, -32602},
		{"T10 no capabilities in _meta", strings.Replace(body, "clientCapabilities", "x", 1), nil, -32602},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := f.rpc(modern, test.body, test.change)
			if test.code != 0 {
				r.wantError(t, 400, test.code)
				if id := r.decode(t).ID; id != 7.0 {
					t.Errorf("the error has ID %v, want the request's", id)
				}
			} else if r.status != 200 || r.decode(t).Error != nil {
				t.Errorf("got %d %s", r.status, r.body)
			}
		})
	}
}

// inBase64 returns a header value in MCP's base64 form.
func inBase64(s string) string {
	return "=?base64?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
}

func TestHTTP_RejectsRepeatedHeaders(t *testing.T) {
	f := newFixture(t, nil)
	for _, name := range []string{"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.http.URL+"/mcp", strings.NewReader(toolCall(modern, "echo")))
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range rpcHeader(modern, toolCall(modern, "echo"), nil) {
			req.Header.Set(key, value)
		}
		req.Header.Add(name, "another")
		res, err := f.http.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		reply{res.StatusCode, res.Header, string(body)}.wantError(t, 400, -32020)
	}
}

func TestT09_HeaderNamesIgnoreCase(t *testing.T) {
	f := newFixture(t, nil)
	body := callWith(modern, "echo", `{"text":"x"}`)
	header := map[string]string{}
	for name, value := range rpcHeader(modern, body, nil) {
		header[strings.ToUpper(name)] = value
	}
	f.send(request{path: "/mcp", body: body, header: header}).wantText(t, "x")
}

func TestT11_FutureVersionGetsSupportedVersions(t *testing.T) {
	f := newFixture(t, nil)
	body := strings.Replace(toolCall(modern, "echo"), modern, "2099-01-01", 1)
	r := f.rpc(modern, body, map[string]string{"Mcp-Protocol-Version": "2099-01-01"})
	r.wantError(t, 400, -32022)
	var data struct {
		Supported []string
		Requested string
	}
	if err := json.Unmarshal(r.decode(t).Error.Data, &data); err != nil || data.Requested != "2099-01-01" || len(data.Supported) != 5 {
		t.Errorf("data = %s", r.decode(t).Error.Data)
	}
}

func TestT12_UnknownMethod(t *testing.T) {
	f := newFixture(t, nil)
	f.rpc(modern, `{"jsonrpc":"2.0","id":1,"method":"no/such","params":{`+meta+`}}`, nil).wantError(t, 404, -32601)
}

func TestT13_OtherHTTPMethods(t *testing.T) {
	f := newFixture(t, nil)
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPut, http.MethodHead} {
		r := f.send(request{method: method, path: "/mcp", header: map[string]string{"Accept": "text/event-stream"}})
		if r.status != 405 || r.header.Get("Allow") != "POST" || r.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: got %d, Allow %q, %s", method, r.status, r.header.Get("Allow"), r.body)
		}
	}
}

func TestT14_IgnoresSessionHeaders(t *testing.T) {
	f := newFixture(t, nil)
	for _, version := range []string{modern, legacy, ""} {
		r := f.rpc(version, callWith(version, "echo", `{"text":"x"}`), map[string]string{"Mcp-Session-Id": "abc", "Last-Event-ID": "1_2"})
		r.wantText(t, "x")
		if id, ok := r.header["Mcp-Session-Id"]; ok {
			t.Errorf("the server gave out session %q", id)
		}
	}
}

func TestT15_NotificationHasEmptyResponse(t *testing.T) {
	f := newFixture(t, nil)
	r := f.rpc(modern, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, nil)
	if r.status != 202 || r.body != "" {
		t.Errorf("got %d %q", r.status, r.body)
	}
}

func TestT16_Accept(t *testing.T) {
	f := newFixture(t, nil)
	for accept, want := range map[string]int{
		"":                                    200,
		"*/*":                                 200,
		"application/json, text/event-stream": 200,
		"text/event-stream;q=0.5,application/json;q=1":    200,
		"application/*, text/*":                           200,
		"application/json":                                200,
		"text/event-stream":                               200,
		"application/*":                                   200,
		"text/*":                                          200,
		"application/json;q=0.1":                          200,
		"application/json;q=0, text/event-stream":         200,
		"application/json;q=0.0;v=1, text/html":           406,
		"text/html":                                       406,
		"application/json-seq, text/event-stream-of-mine": 406,
	} {
		r := f.rpc(modern, toolCall(modern, "echo"), map[string]string{"Accept": accept})
		if r.status != want {
			t.Errorf("Accept %q: got %d, want %d", accept, r.status, want)
		}
		if want == 406 {
			r.wantError(t, 406, -32600)
		}
	}
}

func TestT17_RejectsInvalidJSON(t *testing.T) {
	f := newFixture(t, nil)
	for _, test := range []struct {
		name, body   string
		header       map[string]string
		status, code int
	}{
		{"text", "hello", nil, 400, -32700},
		{"nothing", "", nil, 400, -32700},
		{"cut short", `{"jsonrpc":"2.0","id":1,"method":"ping"`, nil, 400, -32700},
		{"text after it", `{"jsonrpc":"2.0","id":1,"method":"ping"} x`, nil, 400, -32700},
		{"not UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", nil, 400, -32700},
		{"no JSON-RPC", `{"a":1}`, nil, 400, -32600},
		{"a number", `1`, nil, 400, -32600},
		{"an empty batch", `[]`, nil, 400, -32600},
		{"form", "a=1", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, 415, -32600},
		{"no type", `{}`, map[string]string{"Content-Type": ""}, 415, -32600},
		{"another charset", `{}`, map[string]string{"Content-Type": "application/json; charset=latin1"}, 415, -32600},
		{"compressed", `{}`, map[string]string{"Content-Encoding": "gzip"}, 415, -32600},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, version := range []string{modern, legacy, ""} {
				f.rpc(version, test.body, test.header).wantError(t, test.status, test.code)
			}
		})
	}
	f.rpc(legacy, callWith(legacy, "echo", `{"text":"x"}`), map[string]string{"Content-Type": "application/json; charset=UTF-8"}).wantText(t, "x")
}

func TestT18_RejectsLargeBodyUnread(t *testing.T) {
	f := newFixture(t, nil)
	for _, path := range []string{"/mcp", "/tools/echo"} {
		// The length is announced, but only the first bytes are sent.
		conn, err := net.Dial("tcp", f.http.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{", path)
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 413 ") {
			t.Errorf("%s: got %q", path, answer)
		}
		// The length is not announced: the server notices at the limit.
		r := f.chunked(path, strings.NewReader(`{"text":"`+strings.Repeat("x", 2<<20)+`"}`))
		if r != 413 {
			t.Errorf("%s in chunks: got %d, want 413", path, r)
		}
	}
	text := strings.Repeat("x", defaultMaxBodyBytes-1000)
	f.rpc(legacy, callWith(legacy, "echo", `{"text":"`+text+`"}`), nil).wantText(t, text)
}

// chunked posts a body without announcing its length, and returns the status.
func (f *fixture) chunked(path string, body io.Reader) int {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.http.URL+path, io.NopCloser(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := f.http.Client().Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestT19_DisconnectCancelsCall(t *testing.T) {
	f := newFixture(t, nil)
	for name, c := range map[string]struct{ version, path, body string }{
		modern:          {modern, "/mcp", toolCall(modern, "wait")},
		legacy:          {legacy, "/mcp", toolCall(legacy, "wait")},
		"2025-03-26":    {"", "/mcp", toolCall(legacy, "wait")},
		"with progress": {modern, "/mcp", withProgress(toolCall(modern, "wait"))},
		"REST":          {legacy, "/tools/wait", `{}`},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.http.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			for key, value := range rpcHeader(c.version, c.body, nil) {
				req.Header.Set(key, value)
			}
			go func() {
				<-f.started
				cancel()
			}()
			if res, err := f.http.Client().Do(req); err == nil {
				res.Body.Close() // a stream's headers may have arrived already
			}
			if err := <-f.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the tool's context ended with %v", err)
			}
		})
	}
}

// withProgress adds a progress token to a modern body.
func withProgress(body string) string {
	return strings.Replace(body, `"_meta":{`, `"_meta":{"progressToken":"p1",`, 1)
}

func TestT20_StreamsProgressBeforeResult(t *testing.T) {
	f := newFixture(t, nil)
	plain := strings.Replace(toolCall(legacy, "progress"), `"params":{`, `"params":{"_meta":{"progressToken":"p1"},`, 1)
	for name, r := range map[string]reply{
		"modern": f.rpc(modern, withProgress(toolCall(modern, "progress")), nil),
		"legacy": f.rpc(legacy, plain, nil),
	} {
		t.Run(name, func(t *testing.T) {
			if got := r.header.Get("Content-Type"); got != "text/event-stream" {
				t.Fatalf("Content-Type = %q: %s", got, r.body)
			}
			messages := events(r.body)
			if len(messages) != 4 {
				t.Fatalf("got %d messages, want 3 of progress and the result:\n%s", len(messages), r.body)
			}
			for i, m := range messages[:3] {
				if want := fmt.Sprintf(`"progress":%d`, i+1); !strings.Contains(m, want) || !strings.Contains(m, "notifications/progress") {
					t.Errorf("message %d is %s", i, m)
				}
			}
			reply{body: messages[3]}.wantText(t, "done")
		})
	}
}

func TestProgress_NeedsToken(t *testing.T) {
	f := newFixture(t, nil)
	f.rpc(modern, toolCall(modern, "progress"), nil).wantText(t, "done")
}

func TestProgress_ProtocolErrorStaysInStream(t *testing.T) {
	f := newFixture(t, nil)
	r := f.rpc(modern, withProgress(toolCall(modern, "params")), nil)
	messages := events(r.body)
	if len(messages) != 2 || !strings.Contains(messages[1], "-32602") {
		t.Errorf("got %d %q", r.status, r.body)
	}
}

// events returns the data of a stream's events.
func events(stream string) []string {
	var data []string
	for event := range strings.SplitSeq(strings.TrimSuffix(stream, "\n\n"), "\n\n") {
		for line := range strings.SplitSeq(event, "\n") {
			if d, ok := strings.CutPrefix(line, "data: "); ok {
				data = append(data, d)
			}
		}
	}
	return data
}

func TestT21_StreamsAreNotBufferedOrStored(t *testing.T) {
	f := newFixture(t, nil)
	r := f.rpc(modern, withProgress(toolCall(modern, "progress")), nil)
	if got := r.header.Get("X-Accel-Buffering"); got != "no" {
		t.Errorf("X-Accel-Buffering = %q", got)
	}
	if got := r.header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("Cache-Control = %q", got)
	}
}

func TestT22_LogMessagesOnRequest(t *testing.T) {
	asks := strings.Replace(toolCall(modern, "log"), `"_meta":{`, `"_meta":{"io.modelcontextprotocol/logLevel":"info",`, 1)
	for _, test := range []struct {
		name, version, body string
		logging, want       bool
	}{
		{"modern, not requested", modern, withProgress(toolCall(modern, "log")), true, false},
		{"modern, asking", modern, asks, false, true},
		{"legacy, where there are some", legacy, toolCall(legacy, "log"), true, true},
		{"legacy, where there are none", legacy, toolCall(legacy, "log"), false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, func(o *Options) { o.Logging = test.logging })
			r := f.rpc(test.version, test.body, nil)
			if got := strings.Contains(r.body, "notifications/message"); got != test.want || !strings.Contains(r.body, "done") {
				t.Errorf("got %d %s", r.status, r.body)
			}
		})
	}
}

func TestT23_ResultsNameServer(t *testing.T) {
	f := newFixture(t, nil)
	for _, method := range []string{"server/discover", "tools/list", "prompts/list", "resources/list", "resources/templates/list"} {
		r := f.rpc(modern, `{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{`+meta+`}}`, nil)
		if !strings.Contains(r.body, `"io.modelcontextprotocol/serverInfo":{"name":"stackroom","title":"Stackroom","version":"dev"}`) {
			t.Errorf("%s: %s", method, r.body)
		}
	}
	if r := f.rpc(modern, toolCall(modern, "echo"), nil); !strings.Contains(r.body, `"io.modelcontextprotocol/serverInfo"`) {
		t.Error(r.body)
	}
}

func TestT24_Batches(t *testing.T) {
	f := newFixture(t, nil)
	one := strings.Replace(callWith(legacy, "echo", `{"text":"x"}`), `"id":7`, `"id":8`, 1)
	batch := "[" + callWith(legacy, "echo", `{"text":"x"}`) + "," + one + "]"
	for _, version := range []string{"2025-06-18", legacy, modern} {
		r := f.rpc(version, batch, map[string]string{"Mcp-Method": "tools/call", "Mcp-Name": "echo"})
		r.wantError(t, 400, -32600)
	}
	r := f.rpc("2025-03-26", batch, nil)
	var answers []rpcReply
	if err := json.Unmarshal([]byte(r.body), &answers); err != nil || len(answers) != 2 {
		t.Errorf("2025-03-26: got %d %s", r.status, r.body)
	}
	f.rpc("2025-03-26", "["+strings.Repeat(one+",", 32)+one+"]", nil).wantError(t, 413, -32600)
}

func TestHTTP_SDKClient(t *testing.T) {
	f := newFixture(t, nil)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.StreamableClientTransport{Endpoint: f.http.URL + "/mcp"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil || len(tools.Tools) == 0 {
		t.Fatalf("tools = %v, %v", tools, err)
	}
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hi"}})
	if err != nil || len(result.Content) != 1 || result.Content[0].(*mcp.TextContent).Text != "hi" {
		t.Errorf("result = %v, %v", result, err)
	}
	resource, err := session.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "fixture://bücher"})
	if err != nil || resource.Contents[0].Text != "Bücher" {
		t.Errorf("resource = %v, %v", resource, err)
	}
}
