package limit

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// wrapped is a handler behind a limiter and a gate, and what it was told.
type wrapped struct {
	http.Handler
	served  int
	kinds   []string
	refused *library.Error
}

// newWrapped returns a handler that serves /slow only when it is let.
func newWrapped(o WrapOptions, slow <-chan struct{}) *wrapped {
	w := &wrapped{}
	o.Key = func(r *http.Request) string { return r.Header.Get("Caller") }
	o.Refuse = func(w2 http.ResponseWriter, _ *http.Request, status int, err *library.Error, _ Verdict) {
		w.refused = err
		w2.WriteHeader(status)
	}
	o.Refused = func(kind string) { w.kinds = append(w.kinds, kind) }
	w.Handler = Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			<-slow
		}
		if r.URL.Path == "/panic" {
			panic("handler")
		}
		w.served++
	}), o)
	return w
}

func (w *wrapped) get(path, caller string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Caller", caller)
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	return answer
}

func TestWrapHoldsToTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWrapped(WrapOptions{Limiter: New(Options{Max: 20, Window: 30 * time.Second, Burst: 2}), Gate: NewGate(5)}, nil)
		for i, want := range []struct {
			caller     string
			status     int
			left, wait string
		}{
			{"a", 200, "", ""},
			{"a", 200, `"caller";r=0;t=3`, ""},
			{"a", 429, `"caller";r=0;t=2`, "2"},
			{"b", 200, "", ""}, // one caller does not starve another
			{"", 200, "", ""},
		} {
			h := w.get("/", want.caller)
			if h.Code != want.status || h.Header().Get("RateLimit") != want.left || h.Header().Get("Retry-After") != want.wait {
				t.Errorf("call %d: %d %v", i, h.Code, h.Header())
			}
		}
		if len(w.kinds) != 1 || w.kinds[0] != TooOften || w.served != 4 {
			t.Errorf("served %d, refused %q", w.served, w.kinds)
		}
		if w.refused.Code != library.RateLimited || w.refused.RetryAfter != 2*time.Second || w.refused.Hint == "" {
			t.Errorf("refused with %+v", w.refused)
		}
	})
}

func TestWrapAnswersEarlyWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		w := newWrapped(WrapOptions{Limiter: New(Options{Max: 600, Window: time.Minute}), Gate: NewGate(1)}, slow)
		done := make(chan int)
		go func() { done <- w.get("/slow", "a").Code }()
		synctest.Wait() // the call is inside
		full := w.get("/", "b")
		if full.Code != 503 || full.Header().Get("Retry-After") != "1" {
			t.Errorf("with the gate full: %d %v", full.Code, full.Header())
		}
		if w.refused.Code != library.Unavailable || w.refused.RetryAfter != time.Second || len(w.kinds) != 1 || w.kinds[0] != TooMany {
			t.Errorf("refused as %q with %+v", w.kinds, w.refused)
		}
		close(slow)
		if code := <-done; code != 200 {
			t.Errorf("the call inside was answered %d", code)
		}
		if code := w.get("/", "b").Code; code != 200 {
			t.Errorf("with the gate empty again: %d", code)
		}
	})
}

func TestWrapLeavesTheGateAfterAPanic(t *testing.T) {
	gate := NewGate(1)
	w := newWrapped(WrapOptions{Gate: gate}, nil)
	func() {
		defer func() { _ = recover() }()
		w.get("/panic", "a")
	}()
	if gate.Running() != 0 || w.get("/", "a").Code != 200 {
		t.Error("a panic keeps its place")
	}
}

func TestWrapWithoutBounds(t *testing.T) {
	served := 0
	h := Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served++ }), WrapOptions{})
	for range 1000 {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		if len(answer.Header()) != 0 {
			t.Fatalf("headers %v", answer.Header())
		}
	}
	if served != 1000 {
		t.Errorf("%d of 1000 were served", served)
	}
}

func BenchmarkWrap(b *testing.B) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	h := Wrap(next, WrapOptions{
		Limiter: New(Options{Max: 1_000_000, Window: time.Second, Burst: 1 << 40}), Gate: NewGate(512),
		Key: func(*http.Request) string { return "zotero:475425" },
	})
	r := httptest.NewRequest(http.MethodPost, "/mcp", nil)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		w := httptest.NewRecorder()
		for pb.Next() {
			h.ServeHTTP(w, r)
		}
	})
}
