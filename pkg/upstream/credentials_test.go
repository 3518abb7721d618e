package upstream_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

// keyed responds as Zotero does: "dead…" keys are invalid on every path.
func keyed(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Header.Get("Zotero-Api-Key"), "dead") {
		status(403, "Invalid key")(w, r)
		return
	}
	versioned(w, r)
}

// as returns a request with another key.
func as(key, path string) upstream.Request {
	r := asJSON(path)
	r.Credential = apiKey(key)
	return r
}

func TestKey_InvalidKeyIsNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, keyed)
		client := n.client(t)
		for i := range 100 {
			_, err := client.Get(t.Context(), as("dead", fmt.Sprint("/", i)))
			if e := errorOf(t, err); e.Code != library.Unauthenticated || e.Hint == "" {
				t.Errorf("an invalid key gets %v", e)
			}
			_, _, err = client.Download(t.Context(), as("dead", "/file"))
			if library.CodeOf(err) != library.Unauthenticated {
				t.Errorf("a download with an invalid key gets %v", err)
			}
			time.Sleep(time.Second)
		}
		if n.calls.Load() != 1 {
			t.Errorf("200 calls with an invalid key make %d requests", n.calls.Load())
		}
		time.Sleep(10 * time.Minute)
		client.Get(t.Context(), as("dead", "/x"))
		if n.calls.Load() != 2 {
			t.Error("an invalid key is never tried again")
		}
	})
}

func TestKey_InvalidKeyGetsNoCachedResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, down := false, false
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			switch {
			case down:
				status(500, "")(w, r)
			case dead:
				status(403, "Invalid key")(w, r)
			default:
				versioned(w, r)
			}
		})
		client := n.client(t)
		mustGet(t, client, asJSON("/cached"))
		dead = true
		client.Get(t.Context(), asJSON("/other"))
		if _, err := client.Get(t.Context(), asJSON("/cached")); library.CodeOf(err) != library.Unauthenticated {
			t.Errorf("fresh cache: %v", err)
		}
		down = true
		time.Sleep(time.Hour)
		if _, err := client.Get(t.Context(), asJSON("/cached")); library.CodeOf(err) != library.Unavailable {
			t.Errorf("stale cache: %v", err)
		}
		down, dead = false, false
		mustGet(t, client, asJSON("/cached"))
		down = true
		time.Sleep(time.Minute)
		if r := mustGet(t, client, asJSON("/cached")); !r.Stale {
			t.Error("a key that is valid again has no stale responses")
		}
	})
}

// TestKey_OldResponseDoesNotRevalidateKey: each response that did would let the
// next calls with the invalid key count against the address again.
func TestKey_OldResponseDoesNotRevalidateKey(t *testing.T) {
	for promise, slow := range map[string]http.HandlerFunc{"found": versioned, "not found": status(404, "Not found")} {
		t.Run(promise, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
					switch r.URL.Path {
					case "/alive":
						versioned(w, r)
					case "/slow":
						time.Sleep(2 * time.Second)
						slow(w, r)
					default:
						status(403, "Invalid key")(w, r)
					}
				})
				client := n.client(t)
				mustGet(t, client, as("dying", "/alive")) // an unverified key has one call at a time
				done := make(chan struct{})
				go func() {
					defer close(done)
					client.Get(t.Context(), as("dying", "/slow"))
				}()
				time.Sleep(time.Second)
				client.Get(t.Context(), as("dying", "/refused"))
				<-done
				before := n.calls.Load()
				_, err := client.Get(t.Context(), as("dying", "/after"))
				if library.CodeOf(err) != library.Unauthenticated || n.calls.Load() != before {
					t.Errorf("after the slow answer: %v, %d more calls", err, n.calls.Load()-before)
				}
			})
		})
	}
}

func TestKey_AvoidsLockoutOfAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, keyed)
		client := n.client(t)
		mustGet(t, client, as("known", "/x"))
		for i := range 5 {
			client.Get(t.Context(), as(fmt.Sprint("dead", i), "/x"))
			time.Sleep(10 * time.Second)
		}
		before := n.calls.Load()
		_, err := client.Get(t.Context(), as("dead5", "/x"))
		if e := errorOf(t, err); e.Code != library.RateLimited || e.RetryAfter != 250*time.Second || n.calls.Load() != before {
			t.Errorf("a sixth key: %v, after %s, %d calls", e, e.RetryAfter, n.calls.Load()-before)
		}
		mustGet(t, client, as("known", "/y"))
		anonymous := asJSON("/y")
		anonymous.Credential = upstream.Credential{}
		mustGet(t, client, anonymous)
		time.Sleep(250 * time.Second)
		mustGet(t, client, as("new", "/y"))
	})
}

func TestKey_AnonymousIsNeverInvalid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Zotero-Api-Key") == "" {
				status(403, "Forbidden")(w, r)
				return
			}
			versioned(w, r)
		})
		client := n.client(t)
		r := asJSON("/keys/current")
		r.Credential = upstream.NewCredential("none", nil)
		for range 10 {
			if _, err := client.Get(t.Context(), r); library.CodeOf(err) != library.Unauthenticated {
				t.Error(err)
			}
		}
		if n.calls.Load() != 10 || !r.Credential.Anonymous() {
			t.Errorf("%d calls", n.calls.Load())
		}
		mustGet(t, client, as("new", "/x"))
	})
}

func TestKey_ThousandsLeaveNoState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := newNetwork(t, versioned).client(t)
		for i := range 5000 {
			mustGet(t, client, as(fmt.Sprint("key", i), "/x"))
		}
		if s := client.State(); s.InFlight != 0 || upstream.Queues(client) != 0 {
			t.Errorf("%d in flight, %d queues", s.InFlight, upstream.Queues(client))
		}
	})
}
