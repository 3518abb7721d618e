package zotero_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// exchange is a recorded request and what a server answered.
type exchange struct {
	Test     string
	Request  struct{ Method, Path string }
	Response struct {
		Status  int
		Headers map[string]string
		Body    string
	}
}

// replay answers every request with one recorded answer.
type replay struct{ *exchange }

func (r replay) Get(context.Context, upstream.Request) (*upstream.Response, error) {
	header := http.Header{}
	for name, value := range r.Response.Headers {
		header.Set(name, value)
	}
	return &upstream.Response{Status: r.Response.Status, Header: header, Body: []byte(r.Response.Body)}, nil
}

func (r replay) Download(context.Context, upstream.Request) (io.ReadCloser, http.Header, error) {
	return io.NopCloser(strings.NewReader(r.Response.Body)), http.Header{}, nil
}

func (r replay) CheckLink(string) (string, url.Values, error) { return "/", nil, nil }

// scopeOver returns a scope for a client over an upstream that answers any
// path.
func scopeOver(t *testing.T) zotero.Scope {
	t.Helper()
	f := newFake(t)
	f.addLibrary("user", f.user, nil)
	f.grant("good", true)
	s, err := openAccount(t, f, "good", zotero.Options{}).Scope(t.Context(), "user:475425")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestReplayOfTheOfficialSuite replays what a server answered to the reads of
// Zotero's own test suite, each through the method for its route: nothing in
// an answer may be lost.
func TestReplayOfTheOfficialSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(fixtures(t), "http-exchanges-official-tests-vs-selfhost", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	scope := scopeOver(t)
	replayed := map[string]int{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var e exchange
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			if e.Request.Method == "GET" && e.Response.Status == 200 && !strings.Contains(e.Response.Body, "…[truncated") {
				replayed[replayOne(t, scope, &e)]++
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, route := range []string{"items", "item", "collections", "collection", "searches", "search", "tags", "groups", "group", "key", "fulltext", "versions", "deleted", "settings", "named", "template", "export"} {
		if replayed[route] == 0 {
			t.Errorf("no answer to %s was replayed", route)
		}
	}
	t.Log(replayed)
}

// replayOne replays one exchange and returns the name of its route, or "" if
// the package doesn't read it.
func replayOne(t *testing.T, s zotero.Scope, e *exchange) string {
	u, err := url.Parse(e.Request.Path)
	if err != nil {
		return ""
	}
	c, ctx, q := zotero.NewClient(replay{e}, zotero.Options{}), t.Context(), u.Query()
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	const key = "ABCD2345"
	switch {
	case strings.Contains(e.Response.Headers["content-type"], "atom"), q.Get("format") == "atom", q.Get("format") == "keys", parts[len(parts)-1] == "view":
		return ""
	case q.Get("format") == "versions" && parts[len(parts)-1] == "groups":
		return "" // by number, not by key
	case q.Get("format") == "versions":
		got, err := c.ItemVersions(ctx, s, zotero.Parameters{})
		return "versions" + e.same(t, len(got), err)
	case q.Get("format") != "" && q.Get("format") != "json":
		got, err := c.Export(ctx, s, "ris", zotero.Parameters{})
		return "export" + e.fine(t, string(got) == e.Response.Body, err)
	}
	switch parts[0] {
	case "itemTypes", "itemTypeFields":
		got, err := c.ItemTypes(ctx)
		return "named" + e.same(t, len(got), err)
	case "items":
		got, err := c.Template(ctx, "book", "", "")
		return "template" + e.fine(t, strings.Contains(string(got), "itemType"), err)
	case "keys":
		got, err := c.CurrentKey(ctx, upstream.Credential{})
		if len(parts) != 2 || parts[1] == "sessions" {
			return ""
		}
		return "key" + e.fine(t, got.UserID > 0, err)
	case "groups":
		if len(parts) == 2 {
			got, err := c.Group(ctx, upstream.Credential{}, 1)
			return "group" + e.fine(t, strconv.FormatInt(got.ID, 10) == parts[1] && got.Name != "", err)
		}
	case "users":
	default:
		return ""
	}
	if len(parts) > 3 && parts[2] == "publications" {
		parts = parts[1:]
	}
	switch last := parts[len(parts)-1]; {
	case len(parts) < 3:
		return ""
	case last == "groups":
		got, err := c.Groups(ctx, upstream.Credential{}, 1, zotero.Parameters{})
		return "groups" + sameList(t, e, got, err)
	case last == "tags":
		got, err := c.Tags(ctx, s, zotero.Parameters{})
		return "tags" + sameList(t, e, got, err)
	case last == "items", last == "top", last == "trash", last == "children":
		got, err := c.Items(ctx, s, zotero.Parameters{})
		for _, item := range got.Items {
			e.keeps(t, item)
		}
		return "items" + sameList(t, e, got, err)
	case last == "collections":
		got, err := c.Collections(ctx, s, zotero.Parameters{})
		return "collections" + sameList(t, e, got, err)
	case last == "searches":
		got, err := c.Searches(ctx, s, zotero.Parameters{})
		return "searches" + sameList(t, e, got, err)
	case last == "fulltext" && parts[2] == "items":
		got, err := c.FullText(ctx, s, key)
		return "fulltext" + e.fine(t, strings.Contains(e.Response.Body, `"content"`) && (got.Content != "" || strings.Contains(e.Response.Body, `"content": ""`) || strings.Contains(e.Response.Body, `"content":""`)), err)
	case last == "fulltext":
		got, err := c.FullTextVersions(ctx, s, 0)
		return "versions" + e.same(t, len(got), err)
	case last == "deleted":
		got, err := c.Deleted(ctx, s, 1)
		return "deleted" + e.fine(t, got.Items != nil, err)
	case last == "settings":
		got, err := c.Settings(ctx, s)
		return "settings" + e.same(t, len(got), err)
	case len(parts) == 4 && parts[2] == "items":
		got, err := c.Item(ctx, s, key)
		e.keeps(t, got)
		return "item" + e.fine(t, got.Key == last, err)
	case len(parts) == 4 && parts[2] == "collections":
		got, err := c.Collection(ctx, s, key)
		return "collection" + e.fine(t, got.Key == last && got.Name != "", err)
	case len(parts) == 4 && parts[2] == "searches":
		got, err := c.Search(ctx, s, key)
		return "search" + e.fine(t, got.Key == last && got.Name != "", err)
	}
	return ""
}

// keeps reports an item of which something was lost.
func (e *exchange) keeps(t *testing.T, o zotero.Object) {
	t.Helper()
	var plain any
	_ = json.Unmarshal([]byte(e.Response.Body), &plain)
	list, ok := plain.([]any)
	if !ok {
		list = []any{plain}
	}
	for _, one := range list {
		m, _ := one.(map[string]any)
		if data := within(m, "data"); m["key"] == o.Key && data != nil {
			for _, fault := range lostOf(o, data) {
				t.Errorf("%s: %s: %s", e.Test, o.Key, fault)
			}
		}
	}
}

func (e *exchange) fine(t *testing.T, ok bool, err error) string {
	t.Helper()
	if err != nil || !ok {
		t.Errorf("%s: %s: %v: %.200s", e.Test, e.Request.Path, err, e.Response.Body)
	}
	return ""
}

// same checks that as much was decoded as the body has.
func (e *exchange) same(t *testing.T, n int, err error) string {
	t.Helper()
	var list []json.RawMessage
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(e.Response.Body), &list) != nil {
		_ = json.Unmarshal([]byte(e.Response.Body), &m)
	}
	return e.fine(t, n == len(list)+len(m), err)
}

func sameList[T any](t *testing.T, e *exchange, list *zotero.List[T], err error) string {
	t.Helper()
	if err != nil {
		return e.fine(t, false, err)
	}
	if want := e.Response.Headers["total-results"]; want != "" && strconv.Itoa(list.Total) != want {
		t.Errorf("%s: total %d, the header says %s", e.Test, list.Total, want)
	}
	if want := e.Response.Headers["last-modified-version"]; want != "" && strconv.FormatInt(list.Version, 10) != want {
		t.Errorf("%s: version %d, the header says %s", e.Test, list.Version, want)
	}
	return e.same(t, len(list.Items), nil)
}

// host answers every call with one status and header.
func host(t *testing.T, status int, header http.Header, body string) *upstream.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	up, err := upstream.New(upstream.Options{BaseURL: s.URL, Name: "Zotero"})
	if err != nil {
		t.Fatal(err)
	}
	return up
}
