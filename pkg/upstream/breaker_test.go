package upstream_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

func TestBreaker_OpensAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failing atomic.Bool
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if failing.Load() {
				status(500, "")(w, r)
				return
			}
			time.Sleep(latency)
			versioned(w, r)
		})
		var client *upstream.Client
		var changes []string
		client = n.client(t, func(o *upstream.Options) {
			o.Hooks.Breaker = func(from, to upstream.BreakerState) {
				changes = append(changes, fmt.Sprintf("%s>%s (%s)", from, to, client.State().Breaker))
			}
		})
		mustGet(t, client, asJSON("/cached"))
		if s := client.State(); s.Breaker != upstream.BreakerClosed || s.RetryIn != 0 || s.Host != upstreamHost || s.LastSuccess.IsZero() || !s.LastFailure.IsZero() || s.CacheEntries != 1 {
			t.Errorf("well: %+v", s)
		}
		failing.Store(true)
		time.Sleep(time.Minute)
		for i := range 5 {
			client.Get(t.Context(), asJSON(fmt.Sprint("/", i)))
		}
		if s := client.State(); s.Breaker != upstream.BreakerOpen || s.RetryIn != time.Minute || s.LastFailure.IsZero() {
			t.Errorf("after 5 failures: %+v", s)
		}

		before := n.calls.Load()
		time.Sleep(20500 * time.Millisecond)
		_, err := client.Get(t.Context(), asJSON("/never"))
		if e := errorOf(t, err); e.Code != library.Unavailable || e.RetryAfter != 40*time.Second ||
			e.Message != "Zotero failed repeatedly, so requests to it are paused; the last failure: Zotero reported an internal error" {
			t.Errorf("open: %v, after %s", e, e.RetryAfter)
		}
		if r := mustGet(t, client, asJSON("/cached")); !r.Stale || r.Age != 80500*time.Millisecond {
			t.Errorf("open: stale %t, age %s", r.Stale, r.Age)
		}
		if n.calls.Load() != before {
			t.Error("an open breaker sent a request")
		}

		time.Sleep(40 * time.Second) // half-open; the trial fails
		if s := client.State(); s.Breaker != upstream.BreakerHalfOpen || s.RetryIn != 0 {
			t.Errorf("after a minute: %+v", s)
		}
		client.Get(t.Context(), asJSON("/probe"))
		if s := client.State(); s.Breaker != upstream.BreakerOpen || n.calls.Load() != before+1 {
			t.Errorf("after a failed trial: %+v, %d calls", s, n.calls.Load()-before)
		}

		failing.Store(false)
		time.Sleep(time.Minute + time.Millisecond)
		probe := make(chan error)
		go func() { _, err := client.Get(t.Context(), asJSON("/probe")); probe <- err }()
		synctest.Wait()
		if _, err := client.Get(t.Context(), asJSON("/beside")); errorOf(t, err).RetryAfter != time.Second {
			t.Errorf("beside the trial: %v", err)
		}
		if err := <-probe; err != nil {
			t.Errorf("the trial: %v", err)
		}
		mustGet(t, client, asJSON("/after"))
		if s := client.State(); s.Breaker != upstream.BreakerClosed {
			t.Errorf("recovered: %+v", s)
		}
		want := "closed>open (open), open>half_open (half_open), half_open>open (open), open>half_open (half_open), half_open>closed (closed)"
		if got := strings.Join(changes, ", "); got != want {
			t.Errorf("the hook got %s", got)
		}
	})
}

func TestBreaker_IgnoresClientErrors(t *testing.T) {
	for name, script := range map[string]http.HandlerFunc{
		"400": status(400, ""), "403": status(403, "Forbidden"), "404": status(404, ""), "429": status(429, "", "Retry-After", "3600"),
		"501": status(501, ""), "302": status(302, "", "Location", "/"), "too large": status(200, "", "Content-Length", "999999999"),
		"left": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newNetwork(t, script).client(t)
				for i := range 20 {
					ctx, cancel := timeout(t, time.Second)
					r := asJSON("/x")
					r.Credential = apiKey(fmt.Sprint(i))
					if _, err := client.Get(ctx, r); err == nil {
						t.Error("no error")
					}
					cancel()
				}
				if s := client.State(); s.Breaker != upstream.BreakerClosed || !s.LastFailure.IsZero() {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestBreaker_CancelledCallIsNoSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-r.Context().Done()
				return
			}
			status(500, "")(w, r)
		})
		client := n.client(t)
		for i := range 5 {
			ctx, cancel := timeout(t, time.Second)
			client.Get(ctx, asJSON("/slow"))
			cancel()
			client.Get(t.Context(), asJSON(fmt.Sprint("/", i)))
		}
		if s := client.State(); s.Breaker != upstream.BreakerOpen {
			t.Errorf("five failures between cancelled calls leave %+v", s)
		}
	})
}

func TestGet_ReportsOpenBreakerBeforePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/pause" {
				status(500, "")(w, r)
				return
			}
			status(200, "{}", "Backoff", "20")(w, r)
		})
		var held int
		client := n.client(t, func(o *upstream.Options) {
			o.Hooks.Request = func(outcome upstream.Outcome, _ time.Duration) {
				if outcome == upstream.OutcomeHeld {
					held++
				}
			}
		})
		mustGet(t, client, asJSON("/pause"))
		for i := range 5 {
			client.Get(t.Context(), as("other", fmt.Sprint("/", i)))
		}
		var err error
		took := elapsed(func() { _, err = client.Get(t.Context(), asJSON("/x")) })
		if e := errorOf(t, err); e.Code != library.Unavailable || took != 0 || held != 1 {
			t.Errorf("%v in %s; %d calls held", e, took, held)
		}
	})
}

func TestBreaker_CountsTimeoutsAndSuccesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n *network
		n = newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if n.calls.Load() == 5 { // a success in between: four failures do not open it
				io.WriteString(w, "{}")
				return
			}
			<-r.Context().Done()
		})
		client := n.client(t)
		for i := range 10 {
			if s := client.State(); s.Breaker != upstream.BreakerClosed {
				t.Fatalf("open after %d calls", i)
			}
			client.Get(t.Context(), asJSON(fmt.Sprint("/", i)))
		}
		if s := client.State(); s.Breaker != upstream.BreakerOpen {
			t.Errorf("not open after five timeouts: %+v", s)
		}
	})
}

func TestHooks_ReportEveryOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := map[string]http.HandlerFunc{
			"/ok": status(200, "{}"), "/rejected": status(404, ""), "/rate_limited": status(429, "", "Retry-After", "3600"),
			"/server_error": status(500, ""), "/unreadable": status(200, "<html>"), "/too_large": status(200, "", "Content-Length", "999999999"),
			"/network": func(w http.ResponseWriter, _ *http.Request) { hangUp(w) },
			"/timeout": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			"/unchanged": func(w http.ResponseWriter, r *http.Request) {
				versioned(w, r)
			},
		}
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) { answers[r.URL.Path](w, r) })
		var heard []upstream.Outcome
		client := n.client(t, func(o *upstream.Options) {
			o.Attempts, o.BreakerFailures = 1, 100
			o.Hooks.Request = func(outcome upstream.Outcome, _ time.Duration) { heard = append(heard, outcome) }
		})
		for path := range answers {
			heard = nil
			r := asJSON(path)
			r.Credential = apiKey(path)
			client.Get(t.Context(), r)
			if path == "/unchanged" {
				time.Sleep(time.Minute)
				client.Get(t.Context(), r)
			}
			if len(heard) == 0 || "/"+string(heard[len(heard)-1]) != path {
				t.Errorf("%s is reported as %v", path, heard)
			}
		}
	})
}
