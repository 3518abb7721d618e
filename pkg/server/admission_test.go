package server

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// S03 of the acceptance statements: each caller has a limit, and a call beyond
// it gets 429 with a wait.
func TestS03_LimitsEachCaller(t *testing.T) {
	h := newAuthFixture(t, true, func(o *Options) { o.Limits = Limits{Max: 40, Window: time.Hour} })
	call := func(token, path string) reply {
		m := modernCall("whoami", "")
		if path != "/mcp" {
			m = message{}
		}
		return h.send(t, "POST", path, token, m)
	}
	for i, path := range []string{"/mcp", "/tools/whoami", "/mcp", "/tools/whoami"} {
		r := call("token-of-ada", path)
		low := i >= 2 // less than half is left, so the header is set
		if r.status != 200 || strings.Contains(r.header.Get("RateLimit-Policy"), "q=40") != low || strings.Contains(r.header.Get("RateLimit"), "r=") != low {
			t.Fatalf("call %d of Ada's burst of four: got %d %v", i, r.status, r.header)
		}
	}
	ran := len(h.ran)
	for _, path := range []string{"/mcp", "/tools/whoami"} {
		r := call("token-of-ada", path)
		if r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") == "" || !strings.Contains(r.header.Get("RateLimit"), "r=0") || !strings.Contains(r.body, "too many calls") || !strings.Contains(r.body, "wait") {
			t.Errorf("Ada's fifth call at once, %s: got %d %v %s", path, r.status, r.header, r.body)
		}
	}
	if len(h.ran) != ran {
		t.Error("a call past the limit reached a tool")
	}
	if r := call("token-of-bob", "/mcp"); r.status != 200 {
		t.Errorf("Bob is limited with Ada: got %d %s", r.status, r.body)
	}
	if r := h.send(t, "GET", "/health", "", message{}); r.status != 200 || r.header.Get("RateLimit") != "" {
		t.Errorf("a probe is limited: got %d %v", r.status, r.header)
	}
}

func TestAdmission_LimitsInvalidTokens(t *testing.T) {
	h := newAuthFixture(t, true, func(o *Options) { o.Limits = Limits{Max: 2, Window: time.Hour} })
	rejected := map[int]int{}
	for range 40 {
		rejected[h.send(t, "POST", "/mcp", "token-of-mallory", modernCall("whoami", "")).status]++
	}
	if rejected[401] == 0 || rejected[429] == 0 || rejected[401]+rejected[429] != 40 {
		t.Errorf("40 bad tokens from one address: %v", rejected)
	}
	if r := h.send(t, "POST", "/mcp", "token-of-ada", modernCall("whoami", "")); r.status != 200 {
		t.Errorf("a signed-in caller is limited with unauthenticated ones at the same address: got %d", r.status)
	}
}

func TestAdmission_FullServerRejectsAtOnce(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	var first sync.Once
	h := newAuthFixture(t, true, func(o *Options) {
		o.Limits = Limits{InFlight: 1}
		o.Catalog.(*catalog).call = func(context.Context, string, json.RawMessage) (json.RawMessage, error) {
			first.Do(func() {
				inside <- struct{}{}
				<-leave
			})
			return json.RawMessage(`{}`), nil
		}
	})
	slow := make(chan reply)
	go func() { slow <- h.send(t, "POST", "/tools/whoami", "token-of-ada", message{}) }()
	<-inside
	for _, path := range []string{"/mcp", "/tools/whoami"} {
		m := modernCall("whoami", "")
		if path != "/mcp" {
			m = message{}
		}
		r := h.send(t, "POST", path, "token-of-bob", m)
		if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") != "1" {
			t.Errorf("%s of a full server: got %d %v %s", path, r.status, r.header, r.body)
		}
	}
	if r := h.send(t, "GET", "/health", "", message{}); r.status != 200 {
		t.Errorf("a full server is not healthy: got %d", r.status)
	}
	close(leave)
	if r := <-slow; r.status != 200 {
		t.Errorf("the running call: got %d %s", r.status, r.body)
	}
	if r := h.send(t, "POST", "/mcp", "token-of-bob", modernCall("whoami", "")); r.status != 200 {
		t.Errorf("after it: got %d", r.status)
	}
}
