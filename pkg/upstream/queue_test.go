package upstream_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

const latency = 50 * time.Millisecond

// parallel makes n different calls at once and returns their total duration.
func parallel(t *testing.T, client *upstream.Client, n int, credential func(i int) upstream.Credential) time.Duration {
	t.Helper()
	return elapsed(func() {
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				r := asJSON(fmt.Sprintf("/parallel/%d", i))
				r.Credential = credential(i)
				mustGet(t, client, r)
			})
		}
		all.Wait()
	})
}

func TestQueue_FiveCallsAtOncePerCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		n := newNetwork(t, func(w http.ResponseWriter, _ *http.Request) {
			for v := now.Add(1); ; {
				if old := most.Load(); v <= old || most.CompareAndSwap(old, v) {
					break
				}
			}
			time.Sleep(latency)
			now.Add(-1)
			io.WriteString(w, "{}")
		})
		client := n.client(t)
		mustGet(t, client, asJSON("/first"))
		if took := parallel(t, client, 20, func(int) upstream.Credential { return apiKey("good") }); took != 4*latency || most.Load() != 5 {
			t.Errorf("20 calls of one key take %s, %d at a time; want 4 rounds of 5", took, most.Load())
		}
		if took := parallel(t, client, 20, func(i int) upstream.Credential { return apiKey(fmt.Sprint("key", i)) }); took != latency {
			t.Errorf("20 calls of 20 keys take %s, want one round", took)
		}
		if s := client.State(); s.InFlight != 0 {
			t.Errorf("%d calls are in flight when all are done", s.InFlight)
		}
	})
}

func TestQueue_UnverifiedKeyHasOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(latency)
			status(403, "Invalid key")(w, nil)
		})
		client := n.client(t)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := client.Get(t.Context(), asJSON(fmt.Sprint("/", i)))
				if library.CodeOf(err) != library.Unauthenticated {
					t.Errorf("an invalid key gets %v", err)
				}
			})
		}
		all.Wait()
		if n.calls.Load() != 1 {
			t.Errorf("20 calls with an invalid key make %d requests", n.calls.Load())
		}
	})
}

func TestQueue_IsFirstInFirstOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var order []string
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			order = append(order, r.URL.Path)
			mu.Unlock()
			time.Sleep(latency)
			io.WriteString(w, "{}")
		})
		client := n.client(t, func(o *upstream.Options) { o.PerCredential, o.Queue = 1, 9 })
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() { mustGet(t, client, asJSON(fmt.Sprint("/", i))) })
			synctest.Wait()
		}
		_, err := client.Get(t.Context(), asJSON("/one/too/many"))
		if e := errorOf(t, err); e.Code != library.RateLimited || !strings.Contains(e.Message, "are waiting") || e.RetryAfter != time.Second {
			t.Errorf("past the queue: %v, after %s", e, e.RetryAfter)
		}
		other := asJSON("/other")
		other.Credential = apiKey("other")
		if took := elapsed(func() { mustGet(t, client, other) }); took != latency {
			t.Errorf("a full queue delayed another credential by %s", took)
		}
		all.Wait()
		order = slices.DeleteFunc(order, func(s string) bool { return s == "/other" })
		if !slices.IsSorted(order) || len(order) != 10 {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestQueue_LateSlotIsNoFailureOfHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(20 * time.Second):
				io.WriteString(w, "{}")
			case <-r.Context().Done():
			}
		})
		client := n.client(t, func(o *upstream.Options) { o.PerCredential = 1 })
		var all sync.WaitGroup
		var failed atomic.Int64
		for i := range 10 {
			all.Go(func() {
				if _, err := client.Get(t.Context(), asJSON(fmt.Sprint("/", i))); err != nil {
					failed.Add(1)
					if e := errorOf(t, err); e.Message != "Zotero did not respond in time" || e.RetryAfter != time.Second {
						t.Errorf("a caller gets %v, after %s", e, e.RetryAfter)
					}
				}
			})
			time.Sleep(time.Second)
		}
		all.Wait()
		if s := client.State(); failed.Load() != 9 || s.Breaker != upstream.BreakerClosed || !s.LastFailure.IsZero() {
			t.Errorf("%d calls failed; %+v", failed.Load(), s)
		}
	})
}

func TestQueue_WaitHasDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		client := n.client(t, func(o *upstream.Options) { o.PerCredential = 1 })
		body, _, err := client.Download(t.Context(), asJSON("/file"))
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		took := elapsed(func() { _, err = client.Get(t.Context(), asJSON("/x")) })
		if e := errorOf(t, err); e.Code != library.RateLimited || !strings.Contains(e.Message, "was not sent in time") || took != 30*time.Second {
			t.Errorf("%v in %s", e, took)
		}
		ctx, cancel := timeout(t, time.Second)
		defer cancel()
		if _, _, err = client.Download(ctx, asJSON("/y")); library.CodeOf(err) != library.Unavailable {
			t.Errorf("a caller without time to wait: %v", err)
		}
	})
}
