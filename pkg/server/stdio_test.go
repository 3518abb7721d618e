package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/telemetry"
)

// stdio serves a fixture on pipes and returns the caller's ends.
func stdio(t *testing.T) (f *fixture, in io.WriteCloser, out io.ReadCloser, done chan error) {
	t.Helper()
	f = &fixture{t: t, log: &logBuffer{}, started: make(chan struct{}, 1), ended: make(chan error, 1)}
	serverIn, in := io.Pipe()
	out, serverOut := io.Pipe()
	done = make(chan error, 1)
	o := Options{Catalog: &catalog{options: fixtureOptions(), register: f.register}, Logger: telemetry.NewLogger(f.log, slog.LevelInfo, telemetry.JSON)}
	go func() { done <- Stdio(t.Context(), o, serverIn, serverOut) }()
	return f, in, out, done
}

func TestStdio(t *testing.T) {
	f, in, out, done := stdio(t)
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), &mcp.IOTransport{Reader: out, Writer: in}, nil)
	if err != nil {
		t.Fatal(err)
	}
	result, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hi"}})
	if err != nil || result.Content[0].(*mcp.TextContent).Text != "hi" {
		t.Errorf("echo = %v, %v", result, err)
	}
	if _, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "panic"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("panic = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-f.started
		cancel()
	}()
	if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "wait"}); err == nil {
		t.Error("the cancelled call succeeded")
	}
	if err := <-f.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the tool's context ended with %v", err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Stdio = %v", err)
	}
	if log := f.log.String(); !strings.Contains(log, `"target":"echo","outcome":"ok"`) || !strings.Contains(log, `"request_id":"`) {
		t.Errorf("the log lacks the call:\n%s", log)
	}
}

func TestStdio_EndsWithContext(t *testing.T) {
	f := &fixture{t: t}
	serverIn, _ := io.Pipe()
	_, serverOut := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Stdio(ctx, Options{Catalog: &catalog{options: fixtureOptions(), register: f.register}}, serverIn, serverOut); err != nil {
		t.Errorf("Stdio = %v", err)
	}
	if err := Stdio(ctx, Options{}, nil, nil); err == nil {
		t.Error("stdio without a catalogue is served")
	}
}

// session sends lines to a server's standard input, closes it and returns the
// output lines.
func session(t *testing.T, change func(*Options), input string) []string {
	t.Helper()
	f := &fixture{t: t, log: &logBuffer{}, started: make(chan struct{}, 100), ended: make(chan error, 100)}
	o := Options{Catalog: &catalog{options: fixtureOptions(), register: f.register}, MaxBodyBytes: 4096, DrainTimeout: time.Second}
	if change != nil {
		change(&o)
	}
	var out logBuffer
	if err := Stdio(t.Context(), o, io.NopCloser(strings.NewReader(input)), &out); err != nil {
		t.Errorf("Stdio = %v", err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

const handshake = `{"jsonrpc":"2.0","id":"h","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
`

func ping(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"method":"ping"}` }

func pong(id string) string { return `{"jsonrpc":"2.0","id":` + id + `,"result":{}}` }

func echoCall(id, text string) string {
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"echo","arguments":{"text":"` + text + `"}}}`
}

func TestStdio_RespondsBeforeItEnds(t *testing.T) {
	for i := range 50 {
		var input strings.Builder
		input.WriteString(handshake)
		for id := range 5 {
			input.WriteString(echoCall(strconv.Itoa(id+1), "x") + "\n")
		}
		lines := session(t, nil, strings.TrimSuffix(input.String(), "\n"))
		if len(lines) != 6 {
			t.Fatalf("session %d: %d of 6 answers: %q", i, len(lines), lines)
		}
	}
}

func TestStdio_WaitsAtMostGrace(t *testing.T) {
	begin := time.Now()
	lines := session(t, func(o *Options) { o.DrainTimeout = 50 * time.Millisecond }, handshake+`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}}`)
	if took := time.Since(begin); took < 50*time.Millisecond || took > 5*time.Second {
		t.Errorf("ended after %v", took)
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], `{"jsonrpc":"2.0","id":"h",`) {
		t.Errorf("got %q", lines)
	}
}

func TestStdio_DoesNotWaitForCancelledCall(t *testing.T) {
	begin := time.Now()
	session(t, func(o *Options) { o.DrainTimeout = time.Minute }, handshake+`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/call","params":{"name":"wait"}}
{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9007199254740993}}`)
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("ended after %v", took)
	}
}

func TestStdio_ContinuesAfterInvalidLines(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"no JSON", "hello", `"code":-32700`},
		{"cut short", `{"jsonrpc":"2.0","id":1,`, `"code":-32700`},
		{"two messages", ping("1") + ping("2"), `"code":-32700`},
		{"not UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", `"code":-32700`},
		{"a number", "5", `"code":-32600`},
		{"no method", `{"jsonrpc":"2.0","id":7}`, `{"jsonrpc":"2.0","id":7,"error":{"code":-32600`},
		{"too long", `"` + strings.Repeat("a", 5000) + `"`, `"code":-32600`},
		{"too deep", strings.Repeat("[", 100) + strings.Repeat("]", 100), `"code":-32600`},
		{"an empty batch", "[]", `"code":-32600`},
		{"an unknown method", `{"jsonrpc":"2.0","id":8,"method":"no/such"}`, `{"jsonrpc":"2.0","id":8,"error":{"code":-32601`},
		{"a second handshake", strings.Replace(strings.Split(handshake, "\n")[0], `"h"`, `"again"`, 1), `{"jsonrpc":"2.0","id":"again","error":{"code":-32600,"message":"the session is initialized already"}}`},
		{"white space around", " \t" + ping("3") + " \r", pong("3")},
		{"a byte order mark", "\ufeff" + ping("4"), pong("4")},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := session(t, nil, handshake+c.line+"\n\n  \n"+ping(`"last"`))
			if len(lines) != 3 {
				t.Fatalf("got %q", lines)
			}
			// Calls run concurrently, so the order of responses does not
			// matter.
			all := strings.Join(lines, "\n")
			if !strings.Contains(all, c.want) || !slices.Contains(lines, pong(`"last"`)) || !strings.Contains(all, `"protocolVersion":"2025-11-25"`) {
				t.Errorf("got %q, want %s, the handshake's answer and the last pong", lines, c.want)
			}
		})
	}
}

func TestStdio_SecondHandshakeIsClientError(t *testing.T) {
	log := &logBuffer{}
	session(t, func(o *Options) { o.Logger = telemetry.NewLogger(log, slog.LevelWarn, telemetry.JSON) }, handshake+handshake)
	if log.String() != "" {
		t.Errorf("logged %s", log)
	}
}

// oddIDs are valid JSON IDs that decoding into int64 or re-encoding would
// change.
var oddIDs = []string{
	"9007199254740993", "1180591620717411303424", "-1180591620717411303424", "1.5", "-0", "1e3", "0.10", "1E400",
	`"a\u0041"`, `"\/"`, `"<&>"`, `"\ud83d\ude00"`, `"é"`, `"stackroom-id:MQ"`, `"a\"b"`, `""`, "0", `"` + strings.Repeat("x", 700) + `"`, `"\u0041` + strings.Repeat("x", 900) + `"`,
}

func TestStdio_EchoesIDs(t *testing.T) {
	for _, id := range oddIDs {
		lines := session(t, nil, handshake+ping(id))
		if len(lines) != 2 || !slices.Contains(lines, pong(id)) {
			t.Errorf("ID %s: got %q", id, lines)
		}
	}
}

func TestStdio_RespondsToBatchInOneLine(t *testing.T) {
	old := strings.Replace(handshake, "2025-11-25", "2025-03-26", 1)
	lines := session(t, nil, old+"["+ping("1.5")+`,{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}},`+ping(`"b"`)+"]")
	if len(lines) != 2 {
		t.Fatalf("got %q", lines)
	}
	slices.Sort(lines) // '[' sorts before '{'
	var batch []json.RawMessage
	if err := json.Unmarshal([]byte(lines[0]), &batch); err != nil || len(batch) != 2 || !strings.Contains(lines[0], pong("1.5")) || !strings.Contains(lines[0], pong(`"b"`)) {
		t.Errorf("got %q", lines)
	}
}
