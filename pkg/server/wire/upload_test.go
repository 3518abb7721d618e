package wire

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// formOf returns a request with the parts of a form: names and contents in turn.
func formOf(t *testing.T, parts ...string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		part, err := w.CreateFormFile(parts[i], "x")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(parts[i+1]))
	}
	_ = w.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

const most = 40 << 10 // bytes of a file of these tests

func TestUploadReader_ReadsOneFileAfterItsField(t *testing.T) {
	full := strings.Repeat("f", most)
	for promise, c := range map[string]struct {
		parts  []string
		change func(*http.Request)
		status int
		field  string // that was checked
	}{
		"a file":              {[]string{"form", "field", "file", "content"}, nil, 0, "field"},
		"the largest file":    {[]string{"form", "field", "file", full}, nil, 0, "field"},
		"a larger one":        {[]string{"form", "field", "file", full + "f"}, nil, 413, "field"},
		"a much larger one":   {[]string{"form", "field", "file", strings.Repeat(full, 2)}, nil, 413, "unchecked"},
		"a wrong field":       {[]string{"form", "wrong", "file", "content"}, nil, 403, "wrong"},
		"the file first":      {[]string{"file", "content", "form", "field"}, nil, 403, ""},
		"no field":            {[]string{"file", "content"}, nil, 403, ""},
		"no file":             {[]string{"form", "field"}, nil, 400, "field"},
		"another file":        {[]string{"form", "field", "picture", "content"}, nil, 400, "field"},
		"two files":           {[]string{"form", "field", "file", "content", "file", "content"}, nil, 400, "field"},
		"an empty file":       {[]string{"form", "field", "file", ""}, nil, 422, "field"},
		"nothing":             {nil, nil, 400, "unchecked"},
		"another type":        {[]string{"form", "field", "file", "content"}, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "unchecked"},
		"no boundary":         {[]string{"form", "field", "file", "content"}, func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data") }, 415, "unchecked"},
		"parts of other kind": {[]string{"form", "field", "file", "content"}, func(r *http.Request) { r.Header.Set("Content-Type", "multipart/mixed; boundary=x") }, 415, "unchecked"},
		"another boundary":    {[]string{"form", "field", "file", "content"}, func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, 400, "unchecked"},
		"no length":           {[]string{"form", "field", "file", "content"}, func(r *http.Request) { r.ContentLength = -1 }, 411, "unchecked"},
		"a long field":        {[]string{"form", strings.Repeat("f", maxField+9), "file", "content"}, nil, 403, strings.Repeat("f", maxField)},
	} {
		u := NewUploadReader(most)
		for range 5 { // no refusal keeps memory
			r := formOf(t, c.parts...)
			if c.change != nil {
				c.change(r)
			}
			checked := "unchecked"
			upload, rejected := u.Read(httptest.NewRecorder(), r, "caller", func(field string) error {
				checked = field
				if field != "field" {
					return library.Errorf(library.Forbidden, "another form")
				}
				return nil
			})
			if status(rejected) != c.status || checked != c.field {
				t.Errorf("%s: %d, checked %.20q", promise, status(rejected), checked)
			}
			if rejected == nil {
				if string(upload.Content) != c.parts[3] {
					t.Errorf("%s: %d bytes", promise, len(upload.Content))
				}
				upload.Release()
			}
		}
	}
}

// TestUploadReader_ReadsWhatItRefuses holds that the rest of a refused form is read, so
// that its sender gets to read the answer.
func TestUploadReader_ReadsWhatItRefuses(t *testing.T) {
	r := formOf(t, "form", "wrong", "file", strings.Repeat("f", most))
	w := httptest.NewRecorder()
	_, rejected := NewUploadReader(most).Read(w, r, "caller", func(string) error { return library.Errorf(library.Forbidden, "no") })
	if n, _ := r.Body.Read(make([]byte, 9)); n != 0 || status(rejected) != 403 || w.Header().Get("Connection") != "close" {
		t.Errorf("%d bytes are left, %d", n, status(rejected))
	}
}

func TestUploadTime(t *testing.T) {
	for size, want := range map[int64]time.Duration{-1: time.Minute, 0: time.Minute, 31 << 20: 122 * time.Second, 50 << 20: 160 * time.Second} {
		if got := UploadTime(time.Minute, size); got != want {
			t.Errorf("%d bytes: %s", size, got)
		}
	}
}
