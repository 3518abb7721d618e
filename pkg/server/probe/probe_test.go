package probe

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const token = "0123456789abcdefghijklmnopqrstuv" // of 32 bytes

// ask asks a probe and returns the status and the answer.
func ask(ctx context.Context, t *testing.T, p *Probe, authorization ...string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/probe", http.NoBody)
	if len(authorization) > 0 {
		r.Header["Authorization"] = authorization
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Errorf("%d, %s: %v", w.Code, w.Body, err)
	}
	if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" || (w.Header().Get("WWW-Authenticate") != "") != (w.Code == http.StatusUnauthorized) {
		t.Errorf("headers of %d: %v", w.Code, w.Header())
	}
	return w.Code, answer
}

func newProbe(t *testing.T, o Options) *Probe {
	t.Helper()
	if o.Tokens == nil {
		o.Tokens = func() []string { return []string{token} }
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProbe_Outcomes(t *testing.T) {
	for promise, c := range map[string]struct {
		search func(context.Context) (int, error)
		status int
		want   string // of the response
		logged string
	}{
		"found":         {func(context.Context) (int, error) { time.Sleep(7 * time.Millisecond); return 3, nil }, http.StatusOK, `{"duration_ms":7,"results":3,"status":"ok"}`, ""},
		"found at once": {func(context.Context) (int, error) { return 1, nil }, http.StatusOK, `{"duration_ms":0,"results":1,"status":"ok"}`, ""},
		"nothing found": {func(context.Context) (int, error) { return 0, nil }, http.StatusServiceUnavailable, `{"reason":"the search found nothing","status":"failing"}`, "found nothing"},
		"an error":      {func(context.Context) (int, error) { return 2, errors.New("secret detail") }, http.StatusServiceUnavailable, `{"reason":"the search failed","status":"failing"}`, "secret detail"},
		"a panic":       {func(context.Context) (int, error) { panic("secret detail") }, http.StatusServiceUnavailable, `{"reason":"the search failed","status":"failing"}`, "secret detail"},
		"a search that hangs": {func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, ctx.Err() }, http.StatusServiceUnavailable,
			`{"reason":"the search took longer than 10s","status":"failing"}`, "deadline"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			p := newProbe(t, Options{Search: c.search, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			status, answer := ask(t.Context(), t, p, "Bearer "+token)
			got, err := json.Marshal(answer)
			if err != nil || status != c.status || string(got) != c.want {
				t.Errorf("%s: %d %s", promise, status, got)
			}
			if !strings.Contains(log.String(), c.logged) || (c.logged == "") != (log.Len() == 0) {
				t.Errorf("%s: logged %q", promise, &log)
			}
		})
	}
}

func TestProbe_Tokens(t *testing.T) {
	short := token[:MinTokenLength-1]
	former := strings.ToUpper(token)
	searches := 0
	for _, c := range []struct {
		promise string
		tokens  []string
		headers []string
		status  int
	}{
		{"the token", []string{token}, []string{"Bearer " + token}, http.StatusOK},
		{"another case of the scheme", []string{token}, []string{"bearer  " + token}, http.StatusOK},
		{"a former token", []string{token, former}, []string{"Bearer " + former}, http.StatusOK},
		{"the newer of two", []string{token, former}, []string{"Bearer " + token}, http.StatusOK},
		{"none", []string{token}, nil, http.StatusUnauthorized},
		{"a wrong one", []string{token}, []string{"Bearer " + former}, http.StatusUnauthorized},
		{"the beginning of one", []string{token}, []string{"Bearer " + short}, http.StatusUnauthorized},
		{"more than one", []string{token}, []string{"Bearer " + token + "x"}, http.StatusUnauthorized},
		{"an empty one", []string{token}, []string{"Bearer "}, http.StatusUnauthorized},
		{"the password of Basic", []string{token}, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("probe:"+token))}, http.StatusOK},
		{"a wrong password of Basic", []string{token}, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("probe:"+former))}, http.StatusUnauthorized},
		{"the user of Basic", []string{token}, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(token+":"))}, http.StatusUnauthorized},
		{"Basic without a password", []string{token}, []string{"Basic " + base64.StdEncoding.EncodeToString([]byte("probe"))}, http.StatusUnauthorized},
		{"another scheme", []string{token}, []string{"Basic " + token}, http.StatusUnauthorized},
		{"two headers", []string{token}, []string{"Bearer " + token, "Bearer " + token}, http.StatusUnauthorized},
		{"one that is too short", []string{short}, []string{"Bearer " + short}, http.StatusUnauthorized},
		{"an empty setting", []string{""}, []string{"Bearer "}, http.StatusUnauthorized},
		{"no token is set", nil, []string{"Bearer " + token}, http.StatusUnauthorized},
	} {
		searches = 0
		p := newProbe(t, Options{Tokens: func() []string { return c.tokens }, Search: func(context.Context) (int, error) { searches++; return 1, nil }})
		status, answer := ask(t.Context(), t, p, c.headers...)
		if status != c.status || (searches == 1) != (status == http.StatusOK) || status != http.StatusOK && answer["status"] != "unauthorized" {
			t.Errorf("%s: %d %v, %d searches", c.promise, status, answer, searches)
		}
	}
}

// TestProbe_SearchesAreBounded has many monitors send requests at once and one
// after another.
func TestProbe_SearchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most, searches atomic.Int32
		p := newProbe(t, Options{Search: func(context.Context) (int, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			searches.Add(1)
			time.Sleep(200 * time.Millisecond)
			return 1, nil
		}})
		many := func(n int) {
			var all sync.WaitGroup
			for range n {
				all.Go(func() {
					if status, answer := ask(t.Context(), t, p, "Bearer "+token); status != http.StatusOK {
						t.Errorf("%d %v", status, answer)
					}
				})
			}
			all.Wait()
		}
		many(50)
		if searches.Load() != 1 {
			t.Errorf("%d searches for 50 requests at once", searches.Load())
		}
		time.Sleep(999 * time.Millisecond)
		many(1)
		if searches.Load() != 1 {
			t.Error("a search within a second of another")
		}
		time.Sleep(time.Millisecond)
		many(50)
		if searches.Load() != 2 || most.Load() != 1 {
			t.Errorf("%d searches, %d at once", searches.Load(), most.Load())
		}
	})
}

// TestProbe_DisconnectedClient checks that a client that disconnects neither
// spoils the outcome for the others nor waits for the search.
func TestProbe_DisconnectedClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProbe(t, Options{Search: func(ctx context.Context) (int, error) { time.Sleep(time.Second); return 1, ctx.Err() }})
		gone, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { ask(gone, t, p, "Bearer "+token) })
		synctest.Wait()
		began := time.Now()
		all.Go(func() {
			if status, _ := ask(gone, t, p, "Bearer "+token); status != http.StatusServiceUnavailable || time.Since(began) != 0 {
				t.Errorf("a client that disconnected: %d after %s", status, time.Since(began))
			}
		})
		all.Go(func() {
			if status, answer := ask(t.Context(), t, p, "Bearer "+token); status != http.StatusOK {
				t.Errorf("a client that stayed: %d %v", status, answer)
			}
		})
		synctest.Wait()
		leave()
		all.Wait()
	})
}

func TestNew_NeedsTokensAndSearch(t *testing.T) {
	if _, err := New(Options{Tokens: func() []string { return nil }}); err == nil {
		t.Error("no error without a search")
	}
	if _, err := New(Options{Search: func(context.Context) (int, error) { return 1, nil }}); err == nil {
		t.Error("no error without tokens")
	}
}
