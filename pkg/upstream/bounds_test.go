package upstream_test

import (
	"context"
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

// TestGet_UpToMaxBytes sends bodies without their length.
func TestGet_UpToMaxBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const bound = 1000
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			size := map[string]int{"/fits": bound, "/more": bound + 1}[r.URL.Path]
			w.(http.Flusher).Flush()
			fmt.Fprintf(w, "%q", strings.Repeat("x", size-2))
		})
		client := n.client(t, func(o *upstream.Options) { o.MaxBytes = bound })
		if r := mustGet(t, client, asJSON("/fits")); len(r.Body) != bound {
			t.Errorf("%d bytes", len(r.Body))
		}
		if _, err := client.Get(t.Context(), asJSON("/more")); library.CodeOf(err) != library.TooLarge {
			t.Errorf("a body of one byte more: %v", err)
		}
	})
}

// TestCache_KeepsUpToAQuarter holds the size of the largest response that the
// cache keeps.
func TestCache_KeepsUpToAQuarter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const budget = 1 << 20
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			size := map[string]int{"/kept": budget/4 - 64<<10, "/large": budget/4 + 1<<10}[r.URL.Path]
			fmt.Fprintf(w, "%q", strings.Repeat("x", size))
		})
		client := n.client(t, func(o *upstream.Options) { o.CacheBytes = budget })
		for path, want := range map[string]int64{"/kept": 1, "/large": 2} {
			before := n.calls.Load()
			mustGet(t, client, asJSON(path))
			mustGet(t, client, asJSON(path))
			if calls := n.calls.Load() - before; calls != want {
				t.Errorf("%s: %d requests for two calls, want %d", path, calls, want)
			}
		}
	})
}

// TestGet_FetchesWholeOnceADay renews a response by 304 for two days.
func TestGet_FetchesWholeOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var whole, renewed atomic.Int64
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Last-Modified-Version", "7")
			if r.Header.Get("If-Modified-Since-Version") == "7" {
				renewed.Add(1)
				w.WriteHeader(http.StatusNotModified)
				return
			}
			whole.Add(1)
			io.WriteString(w, "{}")
		})
		client := n.client(t)
		for range 48 {
			mustGet(t, client, asJSON("/x"))
			time.Sleep(time.Hour)
		}
		if w, r := whole.Load(), renewed.Load(); w != 2 || r != 46 {
			t.Errorf("%d responses are fetched whole and %d renewed, want 2 and 46", w, r)
		}
	})
}

// TestGet_RefusesAWaitUntilTheDeadline has a caller whose deadline is the end of
// the wait: no time is left for the request after it.
func TestGet_RefusesAWaitUntilTheDeadline(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{9 * time.Second: 9 * time.Second, 10 * time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, status(503, "", "Retry-After", fmt.Sprint(wait.Seconds())))
			client := n.client(t, func(o *upstream.Options) { o.Attempts = 2 })
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var err error
			took := elapsed(func() { _, err = client.Get(ctx, asJSON("/x")) })
			if took != want || library.CodeOf(err) != library.Unavailable {
				t.Errorf("a wait of %v: %v after %v, want an error after %v", wait, err, took, want)
			}
		})
	}
}

// TestBreaker_CountsTimeoutsOfHalfTheTime has requests that time out after a
// wait. A host that had less than half of the time has not failed.
func TestBreaker_CountsTimeoutsOfHalfTheTime(t *testing.T) {
	for wait, want := range map[string]upstream.BreakerState{"10": upstream.BreakerOpen, "20": upstream.BreakerClosed} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int64
			n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1)%2 == 1 {
					status(503, "", "Retry-After", wait)(w, r)
					return
				}
				<-r.Context().Done()
			})
			client := n.client(t)
			for i := range 3 {
				_, _ = client.Get(t.Context(), asJSON(fmt.Sprint("/", i)))
			}
			if got := client.State().Breaker; got != want {
				t.Errorf("after waits of %s s of 30: the breaker is %v, want %v", wait, got, want)
			}
		})
	}
}
