package upstream_test

import (
	"context"
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

// post returns a change that the host carries out each time it gets it.
func post(path string) upstream.Change {
	return upstream.Change{
		Method: http.MethodPost, Path: path, Body: []byte(`[{"title":"x"}]`), Credential: apiKey("good"), Affects: "/users/1/",
		Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
	}
}

func TestSend_SendsMethodBodyAndConditions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got string
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = strings.Join([]string{
				r.Method, r.URL.RequestURI(), r.Header.Get("If-Unmodified-Since-Version"), r.Header.Get("Zotero-Write-Token"),
				r.Header.Get("Zotero-Api-Key"), r.Header.Get("Authorization"), string(body),
			}, "|")
			io.WriteString(w, `{}`)
		})
		client := n.client(t)
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			ch := post("/users/1/items")
			ch.Method = method
			ch.Header.Set("If-Unmodified-Since-Version", "7")
			ch.Header.Set("Zotero-Write-Token", "abcdef")
			ch.Header.Set("Authorization", "Bearer mine")
			if _, err := client.Send(t.Context(), ch); err != nil {
				t.Fatal(err)
			}
			if want := method + `|/users/1/items|7|abcdef|good||[{"title":"x"}]`; got != want {
				t.Errorf("the host got %s, want %s", got, want)
			}
		}
		for what, ch := range map[string]upstream.Change{
			"GET": {Method: http.MethodGet, Path: "/x"}, "no method": {Path: "/x"}, "a path that climbs": {Method: http.MethodPost, Path: "/../x"},
			"a condition with a line break": {Method: http.MethodPut, Path: "/x", Header: http.Header{"If-Match": {"a\r\nb"}}},
		} {
			if _, err := client.Send(t.Context(), ch); library.CodeOf(err) != library.Internal {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// TestSend_RepeatsNothingThatMayHaveHappened fails the first attempts in every way
// and counts how often the host gets a change.
func TestSend_RepeatsNothingThatMayHaveHappened(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	slow := func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) }
	for _, c := range []struct {
		what        string
		answer      http.HandlerFunc
		first       int // how many attempts fail so
		plain, once int // how often the host gets it
		code        library.Code
		uncertain   bool // without Once
	}{
		{"429", status(429, "Retry-After", "1"), 1, 2, 2, "", false},
		{"429 each time", status(429, "Retry-After", "1"), 9, 3, 3, library.RateLimited, false},
		{"500", status(500), 9, 1, 1, library.Unavailable, true},
		{"503", status(503), 1, 1, 2, library.Unavailable, true},
		{"a reset", func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, 1, 1, 2, library.Unavailable, true},
		{"half a response", func(w http.ResponseWriter, _ *http.Request) { say(w, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{") }, 1, 1, 2, library.Unavailable, true},
		{"a page", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, 9, 1, 1, library.Unavailable, true},
		{"no response", slow, 9, 1, 1, library.Unavailable, true},
		{"400", status(400), 9, 1, 1, library.Invalid, false},
		{"403", status(403), 9, 1, 1, library.Forbidden, false},
		{"404", status(404), 9, 1, 1, library.NotFound, false},
		{"409", status(409), 9, 1, 1, library.Conflict, false},
		{"412", status(412), 9, 1, 1, library.Conflict, false},
		{"413", status(413), 9, 1, 1, library.TooLarge, false},
		{"428", status(428), 9, 1, 1, library.Internal, false},
	} {
		for _, once := range []bool{false, true} {
			name, want := c.what, c.plain
			if once {
				name, want = c.what+", once", c.once
			}
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var calls atomic.Int64
					n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
						if calls.Add(1) <= int64(c.first) {
							c.answer(w, r)
							return
						}
						io.WriteString(w, `{}`)
					})
					ch := post("/users/1/items")
					ch.Once = once
					_, err := n.client(t).Send(t.Context(), ch)
					if calls := calls.Load(); calls != int64(want) {
						t.Errorf("the host got it %d times, want %d", calls, want)
					}
					if once && c.first < want {
						if err != nil {
							t.Error(err)
						}
						return
					}
					if library.CodeOf(err) != c.code || upstream.Uncertain(err) != c.uncertain {
						t.Errorf("%v, uncertain %v, want %v, %v", err, upstream.Uncertain(err), c.code, c.uncertain)
					}
					if c.uncertain && !strings.Contains(library.AsError(err).Hint, "look before") {
						t.Errorf("hint %q", library.AsError(err).Hint)
					}
				})
			})
		}
	}
}

// TestSend_RefusedConnectionIsCertain sends a change to a host that is down.
func TestSend_RefusedConnectionIsCertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{}`) })
		n.down.Store(true)
		_, err := n.client(t).Send(t.Context(), post("/users/1/items"))
		if library.CodeOf(err) != library.Unavailable || upstream.Uncertain(err) {
			t.Errorf("%v, uncertain %v", err, upstream.Uncertain(err))
		}
		n.down.Store(false)
		n.refusals.Store(2)
		if _, err := n.client(t).Send(t.Context(), post("/users/1/items")); err != nil {
			t.Errorf("the host comes back: %v", err)
		}
		if n.calls.Load() != 1 {
			t.Errorf("the host got it %d times", n.calls.Load())
		}
	})
}

// TestSend_ConditionBrokenByItself resets the connection after the host has carried
// a change out; the repetition finds its condition broken.
func TestSend_ConditionBrokenByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		n := newNetwork(t, func(w http.ResponseWriter, _ *http.Request) {
			if calls++; calls == 1 {
				hangUp(w)
				return
			}
			w.WriteHeader(http.StatusPreconditionFailed)
		})
		ch := post("/users/1/items")
		ch.Once = true
		_, err := n.client(t).Send(t.Context(), ch)
		if library.CodeOf(err) != library.Conflict || !upstream.Uncertain(err) || upstream.StatusOf(err) != http.StatusPreconditionFailed || calls != 2 {
			t.Errorf("%v, uncertain %v, status %d after %d requests", err, upstream.Uncertain(err), upstream.StatusOf(err), calls)
		}
	})
}

// TestSend_WaitsOnceSent ends the caller's context before and after a change is
// sent.
func TestSend_WaitsOnceSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(10 * time.Second)
			io.WriteString(w, `{}`)
		})
		client := n.client(t, func(o *upstream.Options) { o.PerCredential = 1 })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := make(chan error)
		go func() { _, err := client.Send(ctx, post("/users/1/items")); first <- err }()
		synctest.Wait()
		var second error
		if took := elapsed(func() { _, second = client.Send(ctx, post("/users/1/items")) }); took > 2*time.Second {
			t.Errorf("a change that waits for its slot ends %s after the caller left", took)
		}
		if library.CodeOf(second) == "" || upstream.Uncertain(second) {
			t.Errorf("the one that waits: %v", second)
		}
		if err := <-first; err != nil {
			t.Errorf("the one that was sent: %v", err)
		}
		if n.calls.Load() != 1 {
			t.Errorf("%d requests", n.calls.Load())
		}
	})
}

// TestSend_DropsAffectedResponses reads around a change.
func TestSend_DropsAffectedResponses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fail := false
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if fail && r.Method == http.MethodPost {
				hangUp(w)
				return
			}
			io.WriteString(w, `{}`)
		})
		client := n.client(t)
		read := func() (calls int64) {
			before := n.calls.Load()
			other := asJSON("/users/1/items")
			other.Credential = apiKey("other")
			for _, r := range []upstream.Request{asJSON("/users/1/items"), other, asJSON("/users/12/items")} {
				mustGet(t, client, r)
			}
			return n.calls.Load() - before
		}
		read()
		if calls := read(); calls != 0 {
			t.Fatalf("%d requests before a change", calls)
		}
		if _, err := client.Send(t.Context(), post("/users/1/items")); err != nil {
			t.Fatal(err)
		}
		if calls := read(); calls != 2 {
			t.Errorf("%d requests after a change, want 2", calls)
		}
		fail = true
		if _, err := client.Send(t.Context(), post("/users/1/items")); !upstream.Uncertain(err) {
			t.Errorf("%v", err)
		}
		if calls := read(); calls != 2 {
			t.Errorf("%d requests after a change whose outcome is not known, want 2", calls)
		}
		ch := post("/users/1/items")
		ch.Affects = ""
		fail = false
		if _, err := client.Send(t.Context(), ch); err != nil {
			t.Fatal(err)
		}
		if calls := read(); calls != 0 {
			t.Errorf("%d requests after a change that affects nothing", calls)
		}
	})
}

// TestSend_ReadingEndsWithItsContext sends questions with a body: one is sent again
// after a failure, and ends with its context, and nothing is uncertain.
func TestSend_ReadingEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		n := newNetwork(t, func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) == 1 {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			time.Sleep(time.Hour)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		question := post("/web")
		question.Reads = true
		began := time.Now()
		_, err := n.client(t).Send(ctx, question)
		if library.CodeOf(err) != library.Unavailable || upstream.Uncertain(err) || calls.Load() != 2 || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %v and %d calls", err, time.Since(began), calls.Load())
		}
	})
}
