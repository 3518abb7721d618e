package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// timeout returns the test's context with a deadline.
func timeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

// versioned responds with a version, and with 304 to a conditional request for
// it.
func versioned(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Last-Modified-Version", "7")
	if r.Header.Get("If-Modified-Since-Version") == "7" {
		w.WriteHeader(304)
		return
	}
	io.WriteString(w, `{"version":7}`)
}

func TestGet_SharesIdenticalCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var whole atomic.Int64
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-Modified-Since-Version") == "" {
				whole.Add(1)
			}
			time.Sleep(50 * time.Millisecond)
			versioned(w, r)
		})
		results := map[upstream.CacheResult]int{}
		var mu sync.Mutex
		client := n.client(t, func(o *upstream.Options) {
			o.Hooks.Cache = func(r upstream.CacheResult) { mu.Lock(); results[r]++; mu.Unlock() }
		})
		var calls sync.WaitGroup
		for range 20 {
			calls.Go(func() { mustGet(t, client, asJSON("/x")) })
		}
		calls.Wait()
		time.Sleep(29 * time.Second)
		if r := mustGet(t, client, asJSON("/x")); n.calls.Load() != 1 || r.Age != 29*time.Second || r.Stale {
			t.Errorf("21 calls while fresh make %d requests; age %s, stale %t", n.calls.Load(), r.Age, r.Stale)
		}
		time.Sleep(time.Second)
		if r := mustGet(t, client, asJSON("/x")); n.calls.Load() != 2 || whole.Load() != 1 || r.Age != 0 || string(r.Body) != `{"version":7}` {
			t.Errorf("later %d requests, %d of them unconditional; %s", n.calls.Load(), whole.Load(), r.Body)
		}
		mustGet(t, client, asJSON("/x"))
		if n.calls.Load() != 2 {
			t.Error("a confirmed response is not fresh")
		}
		want := map[upstream.CacheResult]int{upstream.CacheMiss: 1, upstream.CacheCoalesced: 19, upstream.CacheHit: 2, upstream.CacheRevalidate: 1}
		if fmt.Sprint(results) != fmt.Sprint(want) {
			t.Errorf("the hook got %v, want %v", results, want)
		}
		time.Sleep(25 * time.Hour)
		mustGet(t, client, asJSON("/x"))
		if whole.Load() != 2 {
			t.Error("a response older than MaxStale was not fetched whole")
		}
	})
}

func TestGet_DistinguishesCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%q", r.URL.String()) })
		client := n.client(t)
		base := asJSON("/x")
		mustGet(t, client, base)
		for name, change := range map[string]func(*upstream.Request){
			"path":        func(r *upstream.Request) { r.Path = "/y" },
			"escaped":     func(r *upstream.Request) { r.Path = "/x%2Fy" },
			"query":       func(r *upstream.Request) { r.Query = map[string][]string{"q": {"a"}} },
			"query order": func(r *upstream.Request) { r.Query = map[string][]string{"q": {"b", "a"}} },
			"accept":      func(r *upstream.Request) { r.Header = http.Header{"Accept": {"text/plain"}} },
			"credential":  func(r *upstream.Request) { r.Credential = apiKey("other") },
			"anonymous":   func(r *upstream.Request) { r.Credential = upstream.Credential{} },
			"no cache":    func(r *upstream.Request) { r.NoCache = true },
			"limit":       func(r *upstream.Request) { r.MaxBytes = 100 },
		} {
			r, before := base, n.calls.Load()
			change(&r)
			mustGet(t, client, r)
			if n.calls.Load() != before+1 {
				t.Errorf("another %s gets the response of the first", name)
			}
		}
		for name, change := range map[string]func(*upstream.Request){
			"scope": func(r *upstream.Request) {
				r.Credential = upstream.NewCredential("x", http.Header{"zotero-api-key": {"good"}})
			},
			"condition":     func(r *upstream.Request) { r.Header.Set("If-Modified-Since-Version", "99") },
			"authorization": func(r *upstream.Request) { r.Header.Set("Authorization", "Bearer x") },
			"key in header": func(r *upstream.Request) { r.Header.Set("Zotero-API-Key", "other") },
			"nil query":     func(r *upstream.Request) { r.Query = map[string][]string{} },
		} {
			r, before := base, n.calls.Load()
			r.Header = r.Header.Clone()
			change(&r)
			mustGet(t, client, r)
			if n.calls.Load() != before {
				t.Errorf("another %s makes another request", name)
			}
		}
	})
}

func TestGet_LeavingCallerDoesNotCancelOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int64
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(10 * time.Second):
				io.WriteString(w, "{}")
			case <-r.Context().Done():
				ended.Add(1)
			}
		})
		client := n.client(t)
		leaver, leave := context.WithCancel(t.Context())
		left, stayed := make(chan error), make(chan error)
		go func() { _, err := client.Get(leaver, asJSON("/x")); left <- err }()
		synctest.Wait()
		go func() { _, err := client.Get(t.Context(), asJSON("/x")); stayed <- err }()
		time.Sleep(time.Second)
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the leaving caller gets %v", err)
		}
		if err := <-stayed; err != nil || n.calls.Load() != 1 {
			t.Errorf("the other caller gets %v after %d requests", err, n.calls.Load())
		}

		ctx, cancel := timeout(t, time.Second)
		defer cancel()
		_, err := client.Get(ctx, asJSON("/y"))
		synctest.Wait()
		if e := errorOf(t, err); e.Code != library.Unavailable || !errors.Is(err, context.DeadlineExceeded) || ended.Load() != 1 {
			t.Errorf("%v; %d requests were cancelled", err, ended.Load())
		}
		if s := client.State(); s.InFlight != 0 || s.Breaker != upstream.BreakerClosed || !s.LastFailure.IsZero() {
			t.Errorf("an abandoned call leaves %+v", s)
		}
		mustGet(t, client, asJSON("/y"))
	})
}

func TestGet_ReturnsStaleResponses(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"reset": func(w http.ResponseWriter, _ *http.Request) { hangUp(w) },
		"500":   status(500, ""), "503": status(503, "", "Retry-After", "600"), "429": status(429, "", "Retry-After", "600"),
		"page": status(200, "<html>"), "slow": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var failing atomic.Bool
				n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
					if failing.Load() {
						fault(w, r)
						return
					}
					versioned(w, r)
				})
				client := n.client(t)
				mustGet(t, client, asJSON("/x"))
				failing.Store(true)
				time.Sleep(5 * time.Minute)
				r := mustGet(t, client, asJSON("/x"))
				if !r.Stale || r.Age < 5*time.Minute || r.Age > 6*time.Minute || string(r.Body) != `{"version":7}` {
					t.Errorf("%s, stale %t, age %s", r.Body, r.Stale, r.Age)
				}
				if _, err := client.Get(t.Context(), asJSON("/never")); err == nil {
					t.Error("a call without a cached response gets one")
				}
				time.Sleep(24 * time.Hour)
				if _, err := client.Get(t.Context(), asJSON("/x")); err == nil {
					t.Error("a response is returned beyond MaxStale")
				}
				failing.Store(false)
				time.Sleep(time.Hour)
				if r := mustGet(t, client, asJSON("/x")); r.Stale || r.Age != 0 {
					t.Errorf("it does not recover: %+v", r)
				}
			})
		})
	}
}

func TestGet_DropsWithdrawnResponses(t *testing.T) {
	for _, code := range []int{401, 403, 404, 410} {
		synctest.Test(t, func(t *testing.T) {
			var n *network
			n = newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
				switch n.calls.Load() {
				case 1:
					versioned(w, r)
				case 2:
					w.WriteHeader(code)
				default:
					hangUp(w)
				}
			})
			client := n.client(t)
			mustGet(t, client, asJSON("/x"))
			time.Sleep(time.Minute)
			for range 2 {
				if r, err := client.Get(t.Context(), asJSON("/x")); err == nil {
					t.Errorf("after status %d the cache still has %s", code, r.Body)
				}
			}
		})
	}
}

func TestCache_IsBoundedInBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget = 1 << 20
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			size := 20 << 10
			if r.URL.Path == "/large" {
				size = budget / 2
			}
			fmt.Fprintf(w, "%q", strings.Repeat("x", size))
		})
		client := n.client(t, func(o *upstream.Options) { o.CacheBytes = budget })
		for i := range 300 {
			mustGet(t, client, asJSON(fmt.Sprint("/", i)))
		}
		synctest.Wait()
		if s := client.State(); s.CacheBytes > budget || s.CacheEntries < 20 || s.CacheEntries > 50 {
			t.Errorf("%d entries, %d bytes", s.CacheEntries, s.CacheBytes)
		}
		before := n.calls.Load()
		empty := n.client(t, func(o *upstream.Options) { o.CacheBytes = budget })
		mustGet(t, empty, asJSON("/large"))
		mustGet(t, empty, asJSON("/large"))
		if n.calls.Load() != before+2 {
			t.Error("a response that evicts all others was cached")
		}
	})
}

// TestGet_NeverMixesCredentials has two callers request thousands of random
// paths at once, from a host that sometimes fails.
func TestGet_NeverMixesCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const callers, calls, paths = 16, 250, 40
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			who := r.Header.Get("Zotero-Api-Key")
			time.Sleep(time.Duration(rand.IntN(30)) * time.Millisecond)
			switch rand.IntN(50) {
			case 0:
				w.WriteHeader(500)
			case 1:
				w.Header().Set("Backoff", "1")
				fallthrough
			default:
				w.Header().Set("Last-Modified-Version", "7")
				if r.Header.Get("If-Modified-Since-Version") != "" {
					w.WriteHeader(304)
					return
				}
				fmt.Fprintf(w, `{"who":%q,"what":%q}`, who, r.URL.Path)
			}
		})
		client := n.client(t, func(o *upstream.Options) {
			o.Fresh, o.CacheBytes, o.BreakerFailures = 100*time.Millisecond, 32<<10, 1000
		})
		var all sync.WaitGroup
		var answered atomic.Int64
		for i := range callers {
			all.Go(func() {
				who := []string{"alice", "bob"}[i%2]
				for range calls {
					r := asJSON(fmt.Sprint("/", rand.IntN(paths)))
					r.Credential, r.NoCache = apiKey(who), rand.IntN(20) == 0
					ctx, cancel := context.WithCancel(t.Context())
					if rand.IntN(20) == 0 {
						ctx, cancel = context.WithTimeout(t.Context(), time.Duration(rand.IntN(20))*time.Millisecond)
					}
					response, err := client.Get(ctx, r)
					cancel()
					if err != nil {
						continue
					}
					answered.Add(1)
					if want := fmt.Sprintf(`{"who":%q,"what":%q}`, who, r.Path); string(response.Body) != want {
						t.Errorf("%s requested %s and got %s", who, r.Path, response.Body)
					}
				}
			})
		}
		all.Wait()
		if got := answered.Load(); got < callers*calls*8/10 {
			t.Errorf("only %d of %d calls succeeded", got, callers*calls)
		}
	})
}
