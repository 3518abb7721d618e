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

// As S03 of the acceptance checklist has it: past the limit is 429 with a
// wait, for each caller by themselves.
func TestS03EachCallerHasABudgetOfTheirOwn(t *testing.T) {
	h := newHouse(t, true, func(o *Options) { o.Budget = Budget{Max: 40, Window: time.Hour} })
	call := func(token, path string) reply {
		m := modernCall("whoami", "")
		if path != "/mcp" {
			m = message{}
		}
		return h.send(t, "POST", path, token, m)
	}
	for i, path := range []string{"/mcp", "/tools/whoami", "/mcp", "/tools/whoami"} {
		r := call("token-of-ada", path)
		low := i >= 2 // less than half is left, and said so
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
		t.Errorf("Bob pays for Ada: got %d %s", r.status, r.body)
	}
	if r := h.send(t, "GET", "/health", "", message{}); r.status != 200 || r.header.Get("RateLimit") != "" {
		t.Errorf("a probe has a budget: got %d %v", r.status, r.header)
	}
}

func TestStrangersCantTryTokensForLong(t *testing.T) {
	h := newHouse(t, true, func(o *Options) { o.Budget = Budget{Max: 2, Window: time.Hour} })
	refused := map[int]int{}
	for range 40 {
		refused[h.send(t, "POST", "/mcp", "token-of-mallory", modernCall("whoami", "")).status]++
	}
	if refused[401] == 0 || refused[429] == 0 || refused[401]+refused[429] != 40 {
		t.Errorf("40 bad tokens from one address: %v", refused)
	}
	if r := h.send(t, "POST", "/mcp", "token-of-ada", modernCall("whoami", "")); r.status != 200 {
		t.Errorf("somebody who signed in pays for strangers at the same address: got %d", r.status)
	}
}

func TestAFullServerSaysSoAtOnce(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	var first sync.Once
	h := newHouse(t, true, func(o *Options) {
		o.Budget = Budget{InFlight: 1}
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
		t.Errorf("who was inside: got %d %s", r.status, r.body)
	}
	if r := h.send(t, "POST", "/mcp", "token-of-bob", modernCall("whoami", "")); r.status != 200 {
		t.Errorf("after it: got %d", r.status)
	}
}
