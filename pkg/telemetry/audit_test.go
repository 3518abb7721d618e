package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAuditEvent(t *testing.T) {
	x := observe(t, func(o *Options) { o.Project = "my-project" })
	op := Operation{
		Method: "tools/call", Tool: "search", ClientName: "claude-ai", Principal: "zotero:475425", Protocol: "2026-07-28",
		Arguments: []byte(`{"query":"confidential"}`), Traceparent: "00-" + traceID + "-" + spanID + "-01",
	}
	call(t, x, nil, op, Outcome{Status: StatusToolError, Code: "unavailable"}, func(ctx context.Context) {
		Touched(ctx, "user:475425", "group:4711")
		Touched(ctx, "group:4711/ABCD2345", "user:475425/WXYZ6789")
	})
	events := x.audit.events(t)
	if len(events) != 1 {
		t.Fatalf("%d events", len(events))
	}
	e := events[0]
	for name, want := range map[string]string{
		"log_type": "audit", "severity": "NOTICE", "message": "audit", "principal": "zotero:475425", "client": "claude-ai", "method": "tools/call", "tool": "search",
		"libraries": "[user:475425 group:4711]", "items": "[group:4711/ABCD2345 user:475425/WXYZ6789]", "items_total": "2",
		"outcome": "tool_error", "code": "unavailable", "request_id": "r1",
		"logging.googleapis.com/trace": "projects/my-project/traces/" + traceID, "logging.googleapis.com/trace_sampled": "true",
	} {
		if got := fmt.Sprint(e[name]); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	if at, err := time.Parse(time.RFC3339Nano, e["time"].(string)); err != nil || at.IsZero() {
		t.Errorf("time = %v", e["time"])
	}
	if took, ok := e["duration_ms"].(float64); !ok || took < 0 {
		t.Errorf("duration_ms = %v", e["duration_ms"])
	}
	if strings.Contains(x.audit.b.String(), "confidential") {
		t.Error("content is in the audit")
	}
}

func TestAuditBounds(t *testing.T) {
	x := observe(t, nil)
	call(t, x, nil, Operation{Method: "tools/call", Tool: "no such tool", ClientName: strings.Repeat("n\u202e\n\x1b[31m", 1000)}, Outcome{Status: StatusOK}, func(ctx context.Context) {
		for i := range 1000 {
			Touched(ctx, fmt.Sprintf("group:%d/ABCD2345", i))
		}
	})
	e := x.audit.events(t)[0]
	if n := len(e["items"].([]any)); n != maxAuditItems || e["items_total"] != 1000.0 {
		t.Errorf("%d items of %v", n, e["items_total"])
	}
	if n := len(e["libraries"].([]any)); n != maxAuditLibraries {
		t.Errorf("%d libraries", n)
	}
	client := e["client"].(string)
	if len(client) > maxAuditName || strings.ContainsAny(client, "\u202e\n\x1b") || !strings.HasPrefix(client, "n[31mn") {
		t.Errorf("client = %q", client)
	}
	if e["tool"] != "?" || e["principal"] != "anonymous" {
		t.Errorf("tool = %v, principal = %v", e["tool"], e["principal"])
	}
}

func TestAuditedMethods(t *testing.T) {
	for method, want := range map[string]int{"tools/call": 1, MethodREST: 1, MethodPage: 1, "resources/read": 1, "tools/list": 0, "ping": 0, "prompts/get": 0} {
		x := observe(t, nil)
		call(t, x, nil, Operation{Method: method}, Outcome{Status: StatusOK}, nil)
		events := x.audit.events(t)
		if n := len(events); n != want {
			t.Errorf("%s: %d events, want %d", method, n, want)
		}
		for _, e := range events { // that touched nothing
			if fmt.Sprint(e["items"], e["libraries"], e["items_total"]) != "[] [] 0" {
				t.Errorf("%s: items %v, libraries %v", method, e["items"], e["libraries"])
			}
		}
	}
}

func TestAudit_ConcurrentCalls(t *testing.T) {
	behind := &log{}
	lines := NewLines(behind)
	x := observe(t, func(o *Options) { o.Audit, o.Spans, o.Prometheus = lines, nil, false })
	const callers, each = 16, 500
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for i := range each {
				ctx, seen := x.Begin(t.Context(), Operation{Method: "tools/call", Tool: "fetch", Principal: fmt.Sprintf("token:%d-%d", caller, i)})
				var parts sync.WaitGroup // a tool may call several libraries in parallel
				for part := range 2 {
					parts.Go(func() { Touched(ctx, fmt.Sprintf("group:%d/ABCD2345", part)) })
				}
				parts.Wait()
				seen.End(Outcome{Status: StatusOK})
				Touched(ctx, "group:9/TOOLATE2") // after the answer
			}
		})
	}
	all.Wait()
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range behind.events(t) {
		seen[e["principal"].(string)] = true
		if e["items_total"] != 2.0 {
			t.Fatalf("event %v", e)
		}
	}
	if len(seen) != callers*each {
		t.Errorf("the audit has %d of %d calls", len(seen), callers*each)
	}
}

func FuzzAuditEvent(f *testing.F) {
	f.Add("zotero:1", "claude-ai", "search", "group:4711/ABCD2345", "internal")
	f.Add("\x00", "\u202e\"\\", "\n", "\xff/\xfe", "}")
	f.Fuzz(func(t *testing.T, principal, client, tool, item, code string) {
		x := observe(t, func(o *Options) { o.Spans, o.Prometheus = nil, false })
		ctx, seen := x.Begin(t.Context(), Operation{Method: "tools/call", Tool: tool, ClientName: client, Principal: principal})
		Touched(ctx, item)
		seen.End(Outcome{Status: StatusOK, Code: code})
		line := x.audit.b.Bytes()
		var event map[string]any
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if strings.Count(string(line), "\n") != 1 {
			t.Errorf("more than one line: %q", line)
		}
		if got := event["client"].(string); len(got) > maxAuditName {
			t.Errorf("client %q", got)
		}
		if event["log_type"] != "audit" || event["outcome"] != "ok" {
			t.Errorf("the event is forged: %q", line)
		}
	})
}

func TestWrote_IsAuditedAndCounted(t *testing.T) {
	x := observe(t, nil)
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, func(ctx context.Context) {
		x.Wrote(ctx, "search", "done", "local/R1")
		x.Wrote(ctx, "made up", "exploded", "local/R2")
	})
	x.Wrote(t.Context(), "search", "done", "local/R3") // outside a call
	if got := fmt.Sprint(x.audit.events(t)[0]["receipts"]); got != "[local/R1 local/R2]" {
		t.Errorf("receipts %s", got)
	}
	family := x.scraped(t)["stackroom_writes_total"]
	if family == nil {
		t.Fatal("writes are not counted")
	}
	if m := sample(family, "gen_ai_tool_name=search,outcome=done"); m == nil || m.GetCounter().GetValue() != 2 {
		t.Errorf("%v", family)
	}
	if sample(family, "gen_ai_tool_name=other,outcome=other") == nil {
		t.Errorf("%v", family)
	}
	(*Telemetry)(nil).Wrote(t.Context(), "search", "done", "local/R4")
}

func TestSent_IsAudited(t *testing.T) {
	x := observe(t, nil)
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, func(ctx context.Context) {
		x.Sent(ctx, Sending{To: "embed.example.org", Chars: 12})
	})
	x.Sent(t.Context(), Sending{To: "embed.example.org", Chars: 12}) // outside a call
	x.Sent(t.Context(), Sending{To: "embed.example.org", Library: "group:4711", Works: 64, Chars: 70_000})
	events := x.audit.events(t)
	if len(events) != 2 || events[0]["sent_to"] != "embed.example.org" || events[0]["tool"] != "search" {
		t.Fatalf("events %v", events)
	}
	e := events[1]
	if e["log_type"] != "audit" || e["sent_to"] != "embed.example.org" || fmt.Sprint(e["libraries"], e["items_total"], e["characters"]) != "[group:4711] 64 70000" {
		t.Errorf("works: %v", e)
	}
	call(t, x, nil, Operation{Method: "tools/call", Tool: "search"}, Outcome{Status: StatusOK}, func(context.Context) {})
	if _, ok := x.audit.events(t)[2]["sent_to"]; ok {
		t.Error("a call that sends nothing names a service")
	}
	(*Telemetry)(nil).Sent(t.Context(), Sending{Works: 1})
}
