package server

import (
	"strings"
	"testing"
	"time"
)

// The tests of this file carry the numbers of the acceptance statements E:
// errors.

func TestErrors_Protocol(t *testing.T) {
	f := newFixture(t, nil)
	for _, test := range []struct {
		name, method, params string
		code                 int
	}{
		{"E01 unknown tool", "tools/call", `"name":"no_such","arguments":{}`, -32602},
		{"E02 unknown resource", "resources/read", `"uri":"fixture://no-such"`, -32602},
		{"E04 a reserved code from a tool", "tools/call", `"name":"reserved","arguments":{}`, -32603},
		{"E05 a bad cursor", "tools/list", `"cursor":"!"`, -32602},
		{"E08 a panic", "tools/call", `"name":"panic","arguments":{}`, -32603},
		{"a library's error in a prompt", "prompts/get", `"name":"greet"`, -32602},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, version := range []string{modern, legacy} {
				params := test.params
				if version == modern {
					params += "," + meta
				}
				r := f.rpc(version, `{"jsonrpc":"2.0","id":1,"method":"`+test.method+`","params":{`+params+`}}`, nil)
				m := r.decode(t)
				if m.Error == nil || m.Error.Code != test.code {
					t.Fatalf("%s: got %d %s; want code %d", version, r.status, r.body, test.code)
				}
				if strings.Contains(r.body, "secret") || strings.Contains(r.body, "goroutine") {
					t.Errorf("%s: the response leaks: %s", version, r.body)
				}
			}
		})
	}
}

func TestErrors_ForAssistant(t *testing.T) {
	f := newFixture(t, nil)
	for _, test := range []struct{ name, tool, arguments, want string }{
		{"E03 a wrong argument", "echo", `{"text":1}`, "text"},
		{"E03 an unknown argument", "echo", `{"txet":"x"}`, "txet"},
		{"E06 an upstream that is down", "unavailable", `{}`, "the upstream is down; try again"},
		{"an untranslated error", "plain", `{}`, "something went wrong inside the server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, version := range []string{modern, legacy} {
				r := f.rpc(version, callWith(version, test.tool, test.arguments), nil)
				if r.status != 200 || !strings.Contains(r.body, `"isError":true`) || !strings.Contains(r.body, test.want) {
					t.Errorf("got %d %s; want %q", r.status, r.body, test.want)
				}
				if strings.Contains(r.body, "secret") {
					t.Errorf("the response contains the cause: %s", r.body)
				}
			}
		})
	}
	if log := f.log.String(); strings.Count(log, "the secret of the fixture") != 4 {
		t.Errorf("the log should have the cause of the last two errors, twice each:\n%s", log)
	}
}

func TestE08_ServesAfterPanic(t *testing.T) {
	f := newFixture(t, nil)
	for range 3 {
		f.rpc(modern, toolCall(modern, "panic"), map[string]string{"X-Request-Id": "req-1"}).wantError(t, 200, -32603)
	}
	f.rpc(modern, callWith(modern, "echo", `{"text":"x"}`), nil).wantText(t, "x")
	log := f.log.String()
	for _, want := range []string{`"severity":"ERROR"`, "the secret of the fixture", "fixture_test.go", `"request_id":"req-1"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestCall_Deadline(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.RequestTimeout = 10 * time.Millisecond })
	for _, tool := range []string{"wait", "stubborn"} {
		for _, version := range []string{modern, legacy} {
			r := f.rpc(version, toolCall(version, tool), nil)
			if !strings.Contains(r.body, `"isError":true`) || !strings.Contains(r.body, "longer than it may") && !strings.Contains(r.body, "context deadline exceeded") {
				t.Errorf("%s, %s: got %d %s", tool, version, r.status, r.body)
			}
			if version == modern && !strings.Contains(r.body, `"resultType":"complete"`) {
				t.Errorf("%s: the edge's own result is not a modern one: %s", tool, r.body)
			}
		}
	}
	if r := f.send(request{path: "/tools/wait", body: `{}`, header: map[string]string{"Content-Type": "application/json"}}); r.status != 503 {
		t.Errorf("REST: got %d %s", r.status, r.body)
	}
	if log := f.log.String(); !strings.Contains(log, "the handler kept running after its context had ended") {
		t.Errorf("the log lacks the abandoned call:\n%s", log)
	}
}

func TestErrors_AreBoundedAndClean(t *testing.T) {
	f := newFixture(t, nil)
	for name, hostile := range map[string]string{"long": strings.Repeat("x", 100_000), "bidi": "a\u202eb", "escape": `a\u001b[31mb`} {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + hostile + `"}}`
		r := f.rpc(legacy, body, nil)
		if len(r.body) > 3000 || strings.ContainsAny(r.body, "\u202e\x1b") || strings.Contains(r.body, `\u001b`) {
			t.Errorf("%s: the response repeats the input: %.200q", name, r.body)
		}
	}
}
