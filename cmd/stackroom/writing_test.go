package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/access"
	"github.com/stackroom-mcp/stackroom/pkg/bucket"
	"github.com/stackroom-mcp/stackroom/pkg/bucket/buckettest"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/server"
)

// writableProvider provides a library that can be changed.
type writableProvider struct{ library *changetest.Library }

func (writableProvider) Kinds() []library.Kind { return []library.Kind{library.KindLocal} }
func (writableProvider) Writes() bool          { return true }

func (p writableProvider) Libraries(ctx context.Context) ([]library.Info, error) {
	info, err := p.library.Info(ctx)
	return []library.Info{info}, err
}

func (p writableProvider) Open(context.Context, library.ID) (library.Reader, error) {
	return p.library, nil
}

func (writableProvider) Link(library.ItemID) string { return "" }

// writingServer returns a server over a library that can be changed, as this
// configuration has it.
func writingServer(t *testing.T, environ ...string) (*changetest.Library, http.Handler) {
	t.Helper()
	c, err := config.Load(append(environ, "STACKROOM_DATA="+t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	l := changetest.New(library.Local, librarytest.Works())
	libs := access.New(access.Options{
		Providers: []access.Provider{writableProvider{l}}, Writable: func(id library.ID) bool { return c.WritesTo(string(id)) },
	})
	a := &app{config: c, libs: &libraries{Libraries: libs}, auth: &authentication{}, observing: &observing{}}
	logger := slog.New(slog.DiscardHandler)
	if a.secrets, err = openSecrets(t.Context(), c, logger, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.secrets.Close)
	o, err := serverOptions(t.Context(), a, nil, logger)
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return l, s.Handler()
}

// postMCP posts a message of 2026-07-28 or, without capabilities, of 2025-06-18.
func postMCP(t *testing.T, h http.Handler, path, method, tool, params, capabilities string) (body string) {
	t.Helper()
	version, meta := "2025-06-18", ""
	if capabilities != "" {
		version = "2026-07-28"
		meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"t","version":"1"},"io.modelcontextprotocol/clientCapabilities":` + capabilities + `}`
		if params != "" {
			params += ","
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost"+path, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"`+method+`","params":{`+params+meta+`}}`))
	for name, value := range map[string]string{"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version, "Mcp-Method": method, "Mcp-Name": tool} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	r.RemoteAddr = "127.0.0.1:1234"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

func workKey(t *testing.T, l *changetest.Library) string {
	t.Helper()
	return l.Keys()[0]
}

// TestWriting_AsksWhoCanBeAsked holds that a client over HTTP is asked only if it says
// that it can be, in a revision that has a way.
func TestWriting_AsksWhoCanBeAsked(t *testing.T) {
	l, h := writingServer(t)
	params := fmt.Sprintf(`"name":"update_items","arguments":{"ids":["local/%s"],"fields":{"language":"xx"}}`, workKey(t, l))
	for _, capabilities := range []string{`{}`, ""} {
		if body := postMCP(t, h, "/mcp", "tools/call", "update_items", params, capabilities); !strings.Contains(body, `"status":"planned"`) || l.Writes > 0 {
			t.Errorf("capabilities %s: %s", capabilities, body)
		}
	}
	const elicits = `{"elicitation":{"form":{}}}`
	body := postMCP(t, h, "/mcp", "tools/call", "update_items", params, elicits)
	var asked struct {
		Result struct {
			ResultType   string
			RequestState string
		}
	}
	if err := json.Unmarshal([]byte(body), &asked); err != nil || asked.Result.ResultType != "input_required" || l.Writes > 0 || !strings.Contains(body, `"approval"`) {
		t.Fatalf("%v: %s", err, body)
	}
	answered := func(action string) string {
		return postMCP(t, h, "/mcp", "tools/call", "update_items",
			fmt.Sprintf(`%s,"requestState":%q,"inputResponses":{"approval":{"action":%q},"other":{"action":"accept"}}`, params, asked.Result.RequestState, action), elicits)
	}
	if body := answered("decline"); !strings.Contains(body, `"status":"declined"`) || l.Writes > 0 {
		t.Errorf("declined: %s", body)
	}
	if body := answered("accept"); !strings.Contains(body, `"status":"done"`) || l.Object(library.ItemObject, workKey(t, l)).Data["language"] != "xx" {
		t.Errorf("accepted: %s", body)
	}
}

func TestWriting_IsListedWhereItIsAllowed(t *testing.T) {
	for _, c := range []struct {
		environ []string
		path    string
		listed  bool
	}{
		{nil, "/mcp", true},
		{nil, "/mcp/readonly", false},
		{[]string{"STACKROOM_WRITES=none"}, "/mcp", false},
	} {
		l, h := writingServer(t, c.environ...)
		for _, capabilities := range []string{`{}`, ""} {
			body := postMCP(t, h, c.path, "tools/list", "", "", capabilities)
			if !strings.Contains(body, `"search"`) || strings.Contains(body, `"update_items"`) != c.listed || capabilities != "" && strings.Contains(body, `"cacheScope":"private"`) != c.listed {
				t.Errorf("%q %s: %.300s", c.environ, c.path, body)
			}
			params := fmt.Sprintf(`"name":"update_items","arguments":{"ids":["local/%s"],"add_tags":["x"]}`, workKey(t, l))
			if body := postMCP(t, h, c.path, "tools/call", "update_items", params, capabilities); (l.Writes > 0) != c.listed {
				t.Errorf("%q %s: %s", c.environ, c.path, body)
			}
		}
	}
}

// TestBucketStore_CreatesOnce runs what the journal asks of its store.
func TestBucketStore_CreatesOnce(t *testing.T) {
	server := httptest.NewServer(buckettest.NewFake())
	defer server.Close()
	b, err := bucket.Open(t.Context(), bucket.Options{Name: buckettest.Bucket, Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	s := bucketStore{b}
	for _, name := range []string{"journal/group%3A1/B", "journal/group%3A1/A", "journal/local/A"} {
		if err := s.Create(t.Context(), name, []byte(name), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Create(t.Context(), "journal/local/A", []byte("other"), time.Now().Add(time.Hour)); library.CodeOf(err) != library.Conflict {
		t.Errorf("a second time: %v", err)
	}
	if got, err := s.Get(t.Context(), "journal/local/A"); err != nil || string(got) != "journal/local/A" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := s.Get(t.Context(), "journal/local/B"); library.CodeOf(err) != library.NotFound {
		t.Errorf("%v", err)
	}
	names, next, err := s.List(t.Context(), "journal/group%3A1/", "")
	if err != nil || next != "" || strings.Join(names, " ") != "journal/group%3A1/A journal/group%3A1/B" {
		t.Errorf("%q, %q, %v", names, next, err)
	}
}
