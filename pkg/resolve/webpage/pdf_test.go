package webpage

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// file answers with a file of a type.
func file(contentType, content string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = io.WriteString(w, content)
	}
}

func TestFetcher_PDF(t *testing.T) {
	const article = "%PDF-1.7 article"
	var agent, accept string
	address, f := site(t, map[string]http.HandlerFunc{
		"/a.pdf": func(w http.ResponseWriter, r *http.Request) {
			agent, accept = r.UserAgent(), r.Header.Get("Accept")
			file("application/octet-stream", article)(w, r)
		},
		"/moved":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/a.pdf", http.StatusFound) },
		"/landing": page("<title>About the article</title>"),
		"/named":   file("application/pdf", "<html>sign in"),
		"/short":   file("application/pdf", "%PD"),
		"/empty":   file("application/pdf", ""),
		"/private": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		},
		"/busy": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"/cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			_, _ = io.WriteString(w, article)
		},
	})
	for _, path := range []string{"/a.pdf", "/moved"} {
		got, err := f.PDF(t.Context(), address+path, int64(len(article)))
		if err != nil || string(got) != article || agent != "stackroom/test" || accept != "application/pdf" {
			t.Errorf("%s: %q, %v; asked by %q for %q", path, got, err, agent, accept)
		}
	}
	for path, want := range map[string]library.Code{
		"/landing": library.Invalid, "/named": library.Invalid, "/short": library.Invalid, "/empty": library.Invalid, "/none": library.NotFound,
		"/private": library.Unavailable, "/busy": library.Unavailable, "/cut": library.Unavailable,
	} {
		if got, err := f.PDF(t.Context(), address+path, 1<<20); library.CodeOf(err) != want || got != nil {
			t.Errorf("%s: %q, %v, want %s", path, got, err, want)
		}
	}
	if _, err := f.PDF(t.Context(), address+"/a.pdf", int64(len(article))-1); library.CodeOf(err) != library.TooLarge {
		t.Errorf("a file that is too large: %v", err)
	}
	for _, bad := range []string{"", "/a.pdf", "file:///a.pdf", "https://u:p@example.org/a.pdf"} {
		if _, err := f.PDF(t.Context(), bad, 99); library.CodeOf(err) != library.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestFetcher_HugePDFs takes no more of a file than may be read.
func TestFetcher_HugePDFs(t *testing.T) {
	address, f := site(t, map[string]http.HandlerFunc{"/": func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "%PDF-1.7")
		for filler := strings.Repeat("x", 1<<16); r.Context().Err() == nil; {
			if _, err := io.WriteString(w, filler); err != nil {
				return
			}
		}
	}})
	if _, err := f.PDF(t.Context(), address, 1<<20); library.CodeOf(err) != library.TooLarge || !strings.Contains(err.Error(), "1 MB") {
		t.Error(err)
	}
}

// TestFetcher_PDFTime gives a file more time than a page.
func TestFetcher_PDFTime(t *testing.T) {
	_, f := site(t, nil)
	if f.http.Timeout != 10*time.Second || f.files.Timeout != time.Minute {
		t.Errorf("%v for a page, %v for a file", f.http.Timeout, f.files.Timeout)
	}
}
