package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// fileTools stores files when it is let.
type fileTools struct {
	hold    chan struct{} // nil lets each at once
	began   chan string   // subject of each
	ignores bool          // it does not heed the end of its context
	stored  atomic.Int64
	err     error // of the rights
}

func (*fileTools) Call(_ context.Context, name string, _ json.RawMessage) (json.RawMessage, error) {
	if name == "fetch" {
		return json.RawMessage(`{"id":"user:1/WORK2345","title":"A work"}`), nil
	}
	return json.RawMessage(`{}`), nil
}

func (f *fileTools) FileRights(context.Context, library.ID) (tool.FileRights, error) {
	return tool.FileRights{Stored: true, May: true}, f.err
}

func (f *fileTools) AddFile(ctx context.Context, id string, content []byte) (json.RawMessage, error) {
	f.began <- id
	done := ctx.Done()
	if f.ignores {
		done = nil
	}
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-done:
			return nil, library.AsError(ctx.Err())
		}
	}
	f.stored.Add(int64(len(content)))
	return json.RawMessage(`{"status":"done","title":"Add 1 PDF file"}`), nil
}

const (
	workPath  = "/works/user:1/WORK2345"
	smallFile = 1 << 20 // the most bytes of a file of the tests
)

// uploading starts a server that adds files of at most smallFile bytes, by Serve, with
// the deadlines that has.
func uploading(t *testing.T, files *fileTools, t0 timeouts, change func(*Options)) (f *fixture, url string) {
	t.Helper()
	files.began = make(chan string, 100)
	f = newHandlerFixture(t, func(o *Options) {
		with(o, Options{Pages: files, Sessions: cookies{}, Authenticator: testAuthenticator(t)})
		o.Files, o.MaxFileBytes, o.PublicURL = files, smallFile, "https://library.example.org"
		writing := *o.Catalog.(*catalog)
		writing.tools = append(slices.Clip(writing.tools), tool.Definition{Name: tool.AddFileTool, InputSchema: []byte(`{"type":"object"}`)})
		o.Catalog = &writing
		if change != nil {
			change(o)
		}
	}, t0)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- f.server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return f, "http://" + l.Addr().String()
}

// fileForm returns the form of a member with a file of this many bytes.
func fileForm(who string, size int) (body []byte, header http.Header) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	cookie := "who=" + who + "; may=write"
	_ = w.WriteField("form", cookie+" add a file to user:1/WORK2345")
	file, _ := w.CreateFormFile("file", "a.pdf")
	_, _ = file.Write(make([]byte, size))
	_ = w.Close()
	return b.Bytes(), http.Header{"Content-Type": {w.FormDataContentType()}, "Cookie": {cookie}, "Origin": {"https://library.example.org"}, "Accept": {"text/html"}}
}

// sendForm sends the form and returns the status and the page.
func sendForm(t *testing.T, url, who string, size int) (int, string) {
	t.Helper()
	body, header := fileForm(who, size)
	return sendBody(t, url, bytes.NewReader(body), int64(len(body)), header)
}

func sendBody(t *testing.T, url string, body io.Reader, size int64, header http.Header) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+workPath, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header, r.ContentLength = header, size
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return res.StatusCode, string(page)
}

// begun waits until these many files are being stored.
func (f *fileTools) begun(t *testing.T, n int) {
	t.Helper()
	for range n {
		select {
		case <-f.began:
		case <-time.After(10 * time.Second):
			t.Fatal("no file is being stored")
		}
	}
}

// TestAddFile_BoundsMemory sends more files at once than memory is for: two of the
// largest together, one of a member.
func TestAddFile_BoundsMemory(t *testing.T) {
	files := &fileTools{hold: make(chan struct{})}
	_, url := uploading(t, files, defaultTimeouts(), nil)
	done := make(chan int, 2)
	for i, who := range []string{"ada", "bob"} {
		go func() {
			status, _ := sendForm(t, url, who, smallFile)
			done <- status
		}()
		files.begun(t, 1)
		if i == 0 {
			if status, page := sendForm(t, url, "ada", smallFile/2); status != http.StatusServiceUnavailable || !strings.Contains(page, "as many large requests") {
				t.Errorf("a member's second file: %d %s", status, page)
			}
		}
	}
	if status, page := sendForm(t, url, "eve", smallFile/2); status != http.StatusServiceUnavailable || !strings.Contains(page, "as many large requests") {
		t.Errorf("a third member's file: %d %s", status, page)
	}
	close(files.hold)
	for range 2 {
		if status := <-done; status != http.StatusOK {
			t.Errorf("a file in memory: %d", status)
		}
	}
	for i := range 6 {
		if status, page := sendForm(t, url, []string{"ada", "bob", "eve"}[i%3], smallFile); status != http.StatusOK || !strings.Contains(page, "File added") {
			t.Errorf("file %d after that: %d %s", i, status, page)
		}
	}
	if n := files.stored.Load(); n != 8*smallFile {
		t.Errorf("%d bytes are stored", n)
	}
}

// TestAddFile_KeepsMemoryUntilItEnds has a storing that goes on after its call has timed
// out: its memory still counts.
func TestAddFile_KeepsMemoryUntilItEnds(t *testing.T) {
	files := &fileTools{hold: make(chan struct{}), ignores: true}
	_, url := uploading(t, files, defaultTimeouts(), func(o *Options) { o.RequestTimeout = 50 * time.Millisecond })
	if status, _ := sendForm(t, url, "ada", smallFile); status != http.StatusServiceUnavailable {
		t.Errorf("a storing without an end: %d", status)
	}
	if status, page := sendForm(t, url, "ada", smallFile); status != http.StatusServiceUnavailable || !strings.Contains(page, "as many large requests") {
		t.Errorf("beside it: %d %s", status, page)
	}
	close(files.hold)
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if status, _ := sendForm(t, url, "ada", smallFile); status == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatal("its memory is never free")
		}
	}
}

// TestAddFile_StoresForAPersonWhoLeaves closes the connection while the file is stored.
func TestAddFile_StoresForAPersonWhoLeaves(t *testing.T) {
	files := &fileTools{hold: make(chan struct{})}
	f, url := uploading(t, files, defaultTimeouts(), nil)
	body, header := fileForm("ada", 5)
	ctx, leave := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, url+workPath, bytes.NewReader(body))
	r.Header, r.RequestURI = header, ""
	left := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(r)
		if err == nil {
			err = res.Body.Close()
		}
		left <- err
	}()
	files.begun(t, 1)
	leave()
	if err := <-left; err == nil {
		t.Error("the person did not leave")
	}
	time.Sleep(20 * time.Millisecond) // the server sees it
	close(files.hold)
	f.server.runner.Wait(t.Context())
	if files.stored.Load() != 5 {
		t.Error("the file is not stored")
	}
}

// slowly gives a body in two parts with a pause between, of which others are told.
func slowly(body []byte, pause time.Duration, meanwhile func()) io.Reader {
	in, out := io.Pipe()
	go func() {
		_, _ = out.Write(body[:len(body)/2])
		meanwhile()
		time.Sleep(pause)
		_, err := out.Write(body[len(body)/2:])
		_ = out.CloseWithError(err)
	}()
	return in
}

// TestAddFile_WaitsForSlowForms sends a form for longer than other requests may take: it
// is taken, and does not occupy a call in flight meanwhile.
func TestAddFile_WaitsForSlowForms(t *testing.T) {
	files := &fileTools{}
	times := timeouts{header: time.Second, body: 20 * time.Millisecond, idle: time.Second, upload: 10 * time.Second, write: 20 * time.Millisecond}
	_, url := uploading(t, files, times, func(o *Options) {
		o.RequestTimeout = 200 * time.Millisecond
		o.Limits.InFlight = 1
	})
	body, header := fileForm("ada", smallFile)
	status, page := sendBody(t, url, slowly(body, 500*time.Millisecond, func() {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url+workPath, nil)
		r.Header.Set("Cookie", "who=bob")
		if res, err := http.DefaultClient.Do(r); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("a page meanwhile: %v, %v", res, err)
		}
	}), int64(len(body)), header)
	if status != http.StatusOK || !strings.Contains(page, "File added") {
		t.Errorf("%d %s", status, page)
	}
}

// TestAddFile_EndsStalledForms holds that a form which does not arrive ends, and its
// memory is free.
func TestAddFile_EndsStalledForms(t *testing.T) {
	files := &fileTools{}
	times := defaultTimeouts()
	times.upload = 100 * time.Millisecond
	_, url := uploading(t, files, times, nil)
	body, header := fileForm("ada", smallFile/4)
	began := time.Now()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", workPath, strings.TrimPrefix(url, "http://"), len(body))
	_ = header.Write(conn)
	fmt.Fprint(conn, "\r\n")
	_, _ = conn.Write(body[:len(body)/2])
	answer, err := io.ReadAll(conn)
	if !strings.HasPrefix(string(answer), "HTTP/1.1 408") || !strings.Contains(string(answer), "did not arrive in time") || err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("after %s: %v %.400s", time.Since(began), err, answer)
	}
	if status, _ := sendForm(t, url, "ada", smallFile); status != http.StatusOK || files.stored.Load() != smallFile {
		t.Errorf("after that: %d, %d bytes stored", status, files.stored.Load())
	}
}

// TestAddFile_AnswersWhileABrowserSends holds that a browser which sends too much reads
// why: a connection that is closed at once would be reset.
func TestAddFile_AnswersWhileABrowserSends(t *testing.T) {
	_, url := uploading(t, &fileTools{}, defaultTimeouts(), nil)
	for _, size := range []int{smallFile + 1, smallFile + 17<<10, 20 * smallFile} {
		if status, page := sendForm(t, url, "ada", size); status != http.StatusRequestEntityTooLarge || !strings.Contains(page, "larger than 1 MB") || !strings.Contains(page, "<h1>") {
			t.Errorf("%d bytes: %d %s", size, status, page)
		}
	}
}

// TestWorkPage_SaysThatNoFileCanBeAdded holds that the page of a work is shown while the
// rights to its files can't be asked for.
func TestWorkPage_SaysThatNoFileCanBeAdded(t *testing.T) {
	_, url := uploading(t, &fileTools{err: library.Errorf(library.Unavailable, "no answer")}, defaultTimeouts(), nil)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, url+workPath, nil)
	r.Header.Set("Cookie", "who=ada; may=write")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if page, _ := io.ReadAll(res.Body); res.StatusCode != 200 || !strings.Contains(string(page), "No file can be added now: no answer") || strings.Contains(string(page), "multipart") {
		t.Errorf("%d %s", res.StatusCode, page)
	}
}
