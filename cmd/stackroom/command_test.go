package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/tool"
)

// output is what a command writes, readable while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) Close() error { return nil }

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// run runs a command to its end. A command that runs for 20 s fails the test.
func run(t *testing.T, environ []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out, errs output
	status = realMain(&process{ctx: ctx, environ: environ, stdin: io.NopCloser(strings.NewReader("")), stdout: &out, stderr: &errs}, args)
	return status, out.String(), errs.String()
}

// start runs a server in the background until the test ends, and returns its
// URL.
func start(t testing.TB, environ ...string) (url string, logs *output) {
	t.Helper()
	logs = &output{}
	addr, stop := startInto(t, &output{}, logs, environ...)
	t.Cleanup(func() {
		if status := stop(); status != 0 {
			t.Errorf("serve ended with status %d: %s", status, logs)
		}
	})
	return "http://" + addr, logs
}

// startInto runs a server in the background with the given audit and log, and
// returns its address when it is ready. stop stops it once and returns its
// status; the end of the test stops it too.
func startInto(t testing.TB, audit, logs io.WriteCloser, environ ...string) (addr string, stop func() int) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan int, 1)
	go func() {
		done <- realMain(&process{ctx: ctx, environ: append(slices.Clip(environ), "STACKROOM_ADDR="+addr), stdout: audit, stderr: logs}, []string{"serve"})
	}()
	stop = sync.OnceValue(func() int { cancel(); return <-done })
	t.Cleanup(func() { stop() })
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if status, _ := get(t, "http://"+addr+"/ready"); status == http.StatusOK {
			return addr, stop
		}
	}
	t.Fatalf("the server is not ready: %v", logs)
	return "", nil
}

func get(t testing.TB, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// search searches over REST and returns the titles found.
func search(t *testing.T, url, query string) []string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/tools/search", strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Results []struct{ Title string }
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	titles := []string{}
	for _, r := range answer.Results {
		titles = append(titles, r.Title)
	}
	return titles
}

const refs = `@article{turing1937,
  author = {Turing, Alan M.}, title = {On computable numbers}, journal = {Proceedings}, year = 1937,
  doi = {10.1112/plms/s2-42.1.230}, file = {notes/turing.txt}
}
@book{knuth, author = {Knuth, Donald E.}, title = {The {\TeX}book}, year = {1984}
@misc{shannon, author = {Shannon, Claude}, title = {A mathematical theory of communication}, year = {1948}, file = {../../secret.txt}}
`

// bibliography writes a folder with a bibliography and a text beside it.
func bibliography(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "papers", "refs")
	for path, text := range map[string]string{
		filepath.Join(dir, "refs.bib"):            refs,
		filepath.Join(dir, "notes", "turing.txt"): "An a-machine prints symbols on a tape.\fThe second page speaks of the Entscheidungsproblem.",
		filepath.Join(root, "secret.txt"):         "a private key",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestServe_SampleLibraryByDefault(t *testing.T) {
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir())
	if titles := search(t, url, "attention transformer"); len(titles) == 0 || !strings.Contains(titles[0], "Attention") {
		t.Errorf("found %q", titles)
	}
	if status, page := get(t, url+"/connect"); status != http.StatusOK || !strings.Contains(page, "/mcp") {
		t.Errorf("the page: %d %.200s", status, page)
	}
}

func TestServe_TwoProcessesSeeAnImport(t *testing.T) {
	data := "STACKROOM_DATA=" + t.TempDir()
	first, _ := start(t, data)
	second, _ := start(t, data)
	dir := bibliography(t)
	if status, _, stderr := run(t, []string{data}, "import", dir); status != 0 {
		t.Fatal(stderr)
	}
	for _, url := range []string{first, second} {
		found := false
		for range 300 {
			titles := search(t, url, "Entscheidungsproblem")
			if found = len(titles) == 1 && titles[0] == "On computable numbers"; found {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if !found {
			t.Error("a running server does not answer from what was imported")
		}
	}
}

func TestImport_Summary(t *testing.T) {
	data := "STACKROOM_DATA=" + filepath.Join(t.TempDir(), "library")
	dir := bibliography(t)
	summarize := func(args ...string) summary {
		t.Helper()
		status, stdout, stderr := run(t, []string{data}, append([]string{"import", "--json"}, args...)...)
		if status != 0 {
			t.Fatal(stderr)
		}
		var s summary
		if err := json.Unmarshal([]byte(stdout), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	dry := summarize("--dry-run", dir)
	if !dry.DryRun || dry.Library.Added == 0 {
		t.Errorf("dry run: %+v", dry.Library)
	}
	s := summarize(dir)
	if s.Library.Added != dry.Library.Added || s.Library.Added+s.Files[0].Skipped != 3 {
		t.Errorf("added %d, the dry run said %d; %d skipped", s.Library.Added, dry.Library.Added, s.Files[0].Skipped)
	}
	if len(s.Problems) == 0 || s.Problems[0].Line != 5 || s.Problems[0].File != "refs.bib" {
		t.Errorf("the entry without an end: %+v", s.Problems)
	}
	if s.Texts.Read != 1 || s.Texts.NotReadCount != 1 || len(s.Texts.NotRead) != 1 || !strings.Contains(s.Texts.NotRead[0].Reason, "outside") {
		t.Errorf("texts: %+v", s.Texts)
	}
	if again := summarize(dir); again.Library.Added+again.Library.Updated != 0 || again.Library.Version != s.Library.Version {
		t.Errorf("again: %+v", again.Library)
	}
	if status, stdout, _ := run(t, []string{data}, "import", dir); status != 0 || !strings.Contains(stdout, "0 added, 0 updated") || !strings.Contains(stdout, "refs.bib:5") {
		t.Errorf("for people: %q", stdout)
	}
}

func TestImport_RefusesBadInput(t *testing.T) {
	dir := t.TempDir()
	data := "STACKROOM_DATA=" + filepath.Join(dir, "library")
	empty, image := filepath.Join(dir, "empty"), filepath.Join(dir, "image.bib")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(image, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"+strings.Repeat("\x00\xfe", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for promise, path := range map[string]string{"a file that is not there": "/nowhere/refs.bib", "a folder without bibliographies": empty, "a picture": image} {
		status, _, stderr := run(t, []string{data}, "import", path)
		if status != exitFailure || !strings.Contains(stderr, path) || strings.ContainsAny(stderr, "\x00\x1b\ufffd") {
			t.Errorf("%s: status %d, %q", promise, status, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "library", "CURRENT")); err == nil {
		t.Error("a refused import made a library")
	}
}

func TestStdio(t *testing.T) {
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int, 1)
	var logs output
	go func() {
		done <- realMain(&process{ctx: ctx, environ: []string{"STACKROOM_DATA=" + t.TempDir()}, stdin: toServer, stdout: fromServer, stderr: &logs}, []string{"stdio"})
		_ = fromServer.Close() // the client waits for it
	}()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(ctx, &mcp.IOTransport{Reader: toClient, Writer: fromClient}, nil)
	if err != nil {
		t.Fatal(err)
	}
	tools, err := session.ListTools(ctx, nil)
	catalog, known := tool.NewCatalog(noLibraries{}, tool.Options{})
	if known != nil {
		t.Fatal(known)
	}
	if err != nil || len(tools.Tools) <= len(catalog.Definitions()) || !slices.ContainsFunc(tools.Tools, func(t *mcp.Tool) bool { return t.Name == "add_items" }) {
		t.Fatalf("%+v, %v", tools, err)
	}
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "search", Arguments: map[string]any{"query": "double helix"}})
	if err != nil || result.IsError {
		t.Fatalf("%+v, %v", result, err)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	if status := <-done; status != 0 {
		t.Errorf("status %d: %s", status, &logs)
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		promise string
		environ []string
		args    []string
		status  int
		says    string
	}{
		{"a wrong setting", []string{"PORT=a"}, []string{"serve"}, exitUsage, `PORT: "a"; expected a port`},
		{"two wrong settings", []string{"PORT=a", "LOG_LEVEL=b"}, []string{"stdio"}, exitUsage, "LOG_LEVEL"},
		{"other machines uninvited", []string{"STACKROOM_ADDR=0.0.0.0:8080"}, []string{"serve"}, exitUsage, "STACKROOM_AUTH=none"},
		{"an unknown command", nil, []string{"fly"}, exitUsage, "fly"},
		{"no server to ask", []string{"STACKROOM_ADDR=127.0.0.1:1"}, []string{"healthcheck"}, exitFailure, "no server answers"},
		{"the version", nil, []string{"version"}, 0, "stackroom"},
		{"the catalogue", nil, []string{"catalog"}, 0, "`search`"},
		{"the catalogue as JSON", nil, []string{"catalog", "--json"}, 0, `"inputSchema"`},
	} {
		status, stdout, stderr := run(t, c.environ, c.args...)
		if status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%s: status %d, %.300q", c.promise, status, stdout+stderr)
		}
	}
}

func TestHealthcheck(t *testing.T) {
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir())
	if status, stdout, stderr := run(t, []string{"STACKROOM_ADDR=" + strings.TrimPrefix(url, "http://")}, "healthcheck"); status != 0 || stdout != "ok\n" {
		t.Errorf("status %d, %q %q", status, stdout, stderr)
	}
}

func TestServe_PortInUse(t *testing.T) {
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir())
	status, _, stderr := run(t, []string{"STACKROOM_DATA=" + t.TempDir(), "STACKROOM_ADDR=" + strings.TrimPrefix(url, "http://")}, "serve")
	if status != exitFailure || !strings.Contains(stderr, "PORT") {
		t.Errorf("status %d, %q", status, stderr)
	}
}

func TestCatalog_GeneratedTablesAreCurrent(t *testing.T) {
	for _, page := range []string{"README.md", filepath.Join("docs", "settings.md"), filepath.Join("docs", "settings-server.md")} {
		if status, _, stderr := run(t, nil, "catalog", "--check", filepath.Join("..", "..", page)); status != 0 {
			t.Error(stderr)
		}
	}
}

func TestCatalog_RefusesAPageWithoutTables(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(page, []byte("# No table\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, nil, "catalog", "--check", page); status == 0 || !strings.Contains(stderr, "no generated table") {
		t.Errorf("status %d, %q", status, stderr)
	}
}
