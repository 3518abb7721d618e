package upstream_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
)

const pdf = "%PDF-1.7 a file"

func TestDownload_SendsNothingToOtherHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, status(302, "", "Location", "http://storage.zotero.test/f?signature=1", "Zotero-File-MD5", "abc", "Content-Type", "text/x-redirect"))
		n.serve(t, "storage.zotero.test", func(w http.ResponseWriter, r *http.Request) {
			for name := range r.Header {
				if name != "User-Agent" && name != "Accept-Encoding" {
					t.Errorf("the storage got %s: %s", name, r.Header.Get(name))
				}
			}
			w.Header().Set("Content-Type", "application/pdf")
			w.Header().Set("Zotero-File-MD5", "forged")
			w.Header().Set("Backoff", "600")
			io.WriteString(w, pdf)
		})
		// A redirect from http to another host is not followed; see below.
		client := n.client(t)
		_, _, err := client.Download(t.Context(), asJSON("/file"))
		if e := errorOf(t, err); e.Code != library.Unavailable || upstream.StatusOf(err) != 302 {
			t.Errorf("from http to another name: %v", e)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, nil)
		n.serve(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Zotero-Api-Key") != "good" || r.Header.Get("Zotero-Api-Version") != "3" {
				t.Errorf("the host got %v", r.Header)
			}
			w.Header().Set("Zotero-File-MD5", "abc")
			if r.URL.Path == "/nowhere" {
				status(302, "", "Location", "http://[::1]:9000/f")(w, r)
				return
			}
			status(302, "", "Location", "http://localhost:9000/f?signature=1", "Content-Type", "text/x-redirect")(w, r)
		})
		n.serve(t, "localhost", func(w http.ResponseWriter, r *http.Request) {
			for name := range r.Header {
				if name != "User-Agent" && name != "Accept-Encoding" {
					t.Errorf("the storage got %s: %s", name, r.Header.Get(name))
				}
			}
			if r.URL.RawQuery != "signature=1" || r.Header.Get("Accept-Encoding") != "identity" {
				t.Errorf("the storage got %s %v", r.URL, r.Header)
			}
			status(200, pdf, "Content-Type", "application/pdf", "Zotero-File-MD5", "forged", "Backoff", "600", "Set-Cookie", "a=b")(w, r)
		})
		client := n.client(t, func(o *upstream.Options) { o.BaseURL = "http://127.0.0.1:23119" })
		for range 2 { // the storage's Backoff does not apply to the host
			body, header, err := client.Download(t.Context(), asJSON("/file"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(body)
			if err != nil || string(got) != pdf || body.Close() != nil {
				t.Errorf("%q, %v", got, err)
			}
			if header.Get("Zotero-File-MD5") != "abc" || header.Get("Content-Type") != "application/pdf" || header.Get("Set-Cookie") != "" {
				t.Errorf("the caller gets %v", header)
			}
		}
		_, _, err := client.Download(t.Context(), asJSON("/nowhere"))
		if e := errorOf(t, err); e.Code != library.Unavailable || !strings.HasPrefix(e.Message, "the file storage") || e.RetryAfter == 0 {
			t.Errorf("storage that can't be reached: %v", e)
		}
		if s := client.State(); s.InFlight != 0 || s.Breaker != upstream.BreakerClosed {
			t.Errorf("%+v", s)
		}
	})
}

func TestDownload_FollowsRedirectsOnHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Zotero-Api-Key") != "good" {
				t.Error("the credential is missing in a request to the host")
			}
			switch r.URL.Path {
			case "/file":
				status(303, "", "Location", "/real?x=1", "Zotero-File-MD5", "abc", "Content-Type", "text/x-redirect")(w, r)
			case "/circle":
				status(302, "", "Location", "/circle")(w, r)
			default:
				io.WriteString(w, pdf)
			}
		})
		client := n.client(t)
		body, header, err := client.Download(t.Context(), asJSON("/file"))
		if err != nil {
			t.Fatal(err)
		}
		if header.Get("Zotero-File-MD5") != "abc" || header.Get("Content-Type") == "text/x-redirect" || header.Get("Location") != "" {
			t.Errorf("the caller gets %v", header)
		}
		if s := client.State(); s.InFlight != 1 {
			t.Errorf("%d in flight while the host sends", s.InFlight)
		}
		if got, err := io.ReadAll(body); string(got) != pdf || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		body.Close()
		body.Close()
		if s := client.State(); s.InFlight != 0 {
			t.Errorf("%d in flight after Close", s.InFlight)
		}
		_, _, err = client.Download(t.Context(), asJSON("/circle"))
		if e := errorOf(t, err); e.Code != library.Unavailable || !strings.Contains(e.Message, "redirects too often") || n.calls.Load() > 6 {
			t.Error(e)
		}
	})
}

func TestDownload_RejectsRedirects(t *testing.T) {
	for _, location := range []string{"", "file:///etc/passwd", "http://169.254.169.254/computeMetadata", "ftp://zotero.test/", "https://user:pass@storage.test/", "http://", "://", "javascript:alert(1)"} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, status(302, "", "Location", location))
			n.serve(t, "169.254.169.254", func(http.ResponseWriter, *http.Request) { t.Error("a request to the metadata server") })
			_, _, err := n.client(t).Download(t.Context(), asJSON("/file"))
			if e := errorOf(t, err); e.Code != library.Unavailable || upstream.StatusOf(err) != 302 || upstream.HeaderOf(err).Get("Location") != location {
				t.Errorf("%s: %v", location, err)
			}
		})
	}
}

func TestDownload_ReportsFaults(t *testing.T) {
	const limit = 1000
	for _, c := range []struct {
		name   string
		script http.HandlerFunc
		code   library.Code
		words  string
		size   int // bytes read before the error
	}{
		{name: "404", script: status(404, "no"), code: library.NotFound, words: "does not have this"},
		{name: "announced too large", script: status(200, "", "Content-Length", "1001"), code: library.TooLarge, words: "more than 1000 bytes"},
		{name: "one byte too large", script: func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			w.Write(make([]byte, limit+1))
		}, code: library.TooLarge, words: "more than 1000 bytes", size: limit},
		{name: "just fits", script: func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
			w.Write(make([]byte, limit))
		}, size: limit},
		{name: "breaks off", script: func(w http.ResponseWriter, _ *http.Request) {
			say(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n12345")
		}, code: library.Unavailable, words: "ended early", size: 5},
		{name: "never ends", script: func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("1"))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, code: library.Unavailable, words: "did not respond in time", size: 1},
		{name: "never begins", script: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, code: library.Unavailable, words: "did not respond in time"},
		{name: "a page is a file too", script: status(200, "<html>", "Content-Encoding", "gzip"), size: 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := newNetwork(t, c.script).client(t)
				r := asJSON("/file")
				r.MaxBytes = limit
				var got bytes.Buffer
				var err error
				took := elapsed(func() {
					var body io.ReadCloser
					if body, _, err = client.Download(t.Context(), r); err == nil {
						_, err = io.Copy(&got, body)
						body.Close()
					}
				})
				if got.Len() != c.size || library.CodeOf(err) != c.code || took > 5*time.Minute {
					t.Errorf("%d bytes, %v, in %s", got.Len(), err, took)
				}
				if err != nil && !strings.Contains(errorOf(t, err).Message, c.words) {
					t.Errorf("reads %v", err)
				}
				if s := client.State(); s.InFlight != 0 {
					t.Errorf("%d in flight", s.InFlight)
				}
			})
		})
	}
}

func TestDownload_StorageFaultsDoNotConcernHost(t *testing.T) {
	for code, want := range map[int]library.Code{403: library.Unavailable, 404: library.NotFound, 500: library.Unavailable, 429: library.Unavailable} {
		synctest.Test(t, func(t *testing.T) {
			n := newNetwork(t, nil)
			n.serve(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/file" {
					status(302, "", "Location", "http://127.0.0.1:9000/f")(w, r)
					return
				}
				status(code, "Invalid key")(w, r)
			})
			client := n.client(t, func(o *upstream.Options) { o.BaseURL = "http://127.0.0.1" })
			for range 3 {
				_, _, err := client.Download(t.Context(), asJSON("/file"))
				if library.CodeOf(err) != want || upstream.StatusOf(err) != 0 {
					t.Errorf("status %d from the storage gives %v", code, err)
				}
			}
			if s := client.State(); s.Breaker != upstream.BreakerClosed || s.InFlight != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestDownload_RetriesUntilFirstByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n *network
		n = newNetwork(t, func(w http.ResponseWriter, r *http.Request) {
			if n.calls.Load() < 3 {
				hangUp(w)
				return
			}
			io.WriteString(w, pdf)
		})
		body, _, err := n.client(t).Download(t.Context(), asJSON("/file"))
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		if got, err := io.ReadAll(body); string(got) != pdf || err != nil || errors.Is(err, io.EOF) {
			t.Errorf("%q, %v", got, err)
		}
	})
}
