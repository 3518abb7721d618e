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

func TestUpload_SendsTheFileAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, nil)
		n.serve(t, "localhost", func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Method != http.MethodPost || string(body) != "before"+pdf+"after" || r.ContentLength != int64(len(body)) || r.Header.Get("Content-Type") != "multipart/form-data; boundary=x" {
				t.Errorf("%s %q %v", r.Method, body, r.Header)
			}
			for name := range r.Header {
				if strings.HasPrefix(name, "Zotero") || name == "Authorization" {
					t.Errorf("the storage got %s", name)
				}
			}
			w.WriteHeader(http.StatusCreated)
		})
		client := n.client(t, func(o *upstream.Options) { o.BaseURL = "http://127.0.0.1:23119" })
		if err := client.Upload(t.Context(), "http://localhost:9000/f", "multipart/form-data; boundary=x", []byte("before"), []byte(pdf), []byte("after")); err != nil {
			t.Error(err)
		}
	})
}

// TestUpload_RefusesAddresses has addresses that a host must not lead an upload to.
func TestUpload_RefusesAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
		client := n.client(t)
		for _, address := range []string{"", "file:///etc/passwd", "http://storage.test/f", "ftp://zotero.test/f", "https://user@storage.test/f", "://", "http://169.254.169.254/latest", "/f"} {
			if err := client.Upload(t.Context(), address, "text/plain", []byte("x")); library.CodeOf(err) != library.Unavailable || !strings.Contains(err.Error(), "is not one of a file storage") {
				t.Errorf("%q: %v", address, err)
			}
		}
		plain := n.client(t, func(o *upstream.Options) { o.BaseURL = "http://127.0.0.1:23119" })
		for _, address := range []string{"http://storage.test/f", "http://10.0.0.1/f", "http://user@127.0.0.1/f"} {
			if err := plain.Upload(t.Context(), address, "text/plain", []byte("x")); library.CodeOf(err) != library.Unavailable || !strings.Contains(err.Error(), "is not one of a file storage") {
				t.Errorf("%q, given without TLS: %v", address, err)
			}
		}
	})
	client, err := upstream.New(upstream.Options{BaseURL: "https://api.zotero.org", Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"https://127.0.0.1/f", "https://[::1]/f", "https://169.254.169.254/f", "https://10.0.0.1/f", "https://8.8.8.8:6379/f"} {
		err := client.Upload(t.Context(), address, "text/plain", []byte("x"))
		if e := library.AsError(err); e == nil || e.Code != library.Unavailable || e.Cause == nil || !strings.Contains(e.Cause.Error(), "is not connected to") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestUpload_RepeatsWhatFailed has a storage that fails twice, in each way.
func TestUpload_RepeatsWhatFailed(t *testing.T) {
	for name, c := range map[string]struct {
		fail  http.HandlerFunc
		times int64
		ok    bool
	}{
		"busy":              {status(503, "busy"), 2, true},
		"slow down":         {status(429, "slow down"), 2, true},
		"hangs up":          {func(w http.ResponseWriter, _ *http.Request) { hangUp(w) }, 2, true},
		"hangs up at last":  {func(w http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body); hangUp(w) }, 2, true},
		"never takes it":    {status(503, "busy"), 9, false},
		"the address ended": {status(403, "expired"), 1, false},
		"redirects":         {status(302, "", "Location", "http://127.0.0.1/"), 1, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int64
			n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1) <= c.times {
					c.fail(w, r)
					return
				}
				if body, _ := io.ReadAll(r.Body); string(body) != pdf {
					t.Errorf("%s: the repetition has %q", name, body)
				}
			})
			client := n.client(t)
			err := client.Upload(t.Context(), "http://zotero.test/storage", "text/plain", []byte(pdf))
			if c.ok && (err != nil || calls.Load() != c.times+1) || !c.ok && library.CodeOf(err) != library.Unavailable {
				t.Errorf("%s: %v after %d calls", name, err, calls.Load())
			}
			if c.times == 1 && calls.Load() != 1 {
				t.Errorf("%s: %d calls", name, calls.Load())
			}
			if s := client.State(); s.Breaker != upstream.BreakerClosed {
				t.Errorf("%s: the breaker is %v", name, s.Breaker)
			}
		})
	}
}

func TestUpload_EndsWithItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if err := n.client(t).Upload(ctx, "http://zotero.test/storage", "text/plain", []byte(pdf)); err == nil || time.Since(began) > 2*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}
