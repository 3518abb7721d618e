package zotero

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/upstream"
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

// ask is a requester that answers every request with the recorded response.
func (e *exchange) ask(context.Context, string, url.Values, caching) (*upstream.Response, error) {
	header := http.Header{}
	for name, value := range e.Response.Headers {
		header.Set(name, value)
	}
	return &upstream.Response{Status: e.Response.Status, Header: header, Body: []byte(e.Response.Body)}, nil
}

// TestReplayOfTheOfficialSuite replays what a server answered to the reads of
// Zotero's own test suite: nothing in an answer may be lost.
func TestReplayOfTheOfficialSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(fixtures(t), "http-exchanges-official-tests-vs-selfhost", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
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
				replayed[replayOne(t, &e)]++
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, route := range []string{"items", "item", "collections", "groups", "key", "fulltext", "versions", "deleted"} {
		if replayed[route] == 0 {
			t.Errorf("no answer to %s was replayed", route)
		}
	}
	t.Log(replayed)
}

// replayOne decodes one exchange and returns the name of its route, or "" if the
// package does not read it.
func replayOne(t *testing.T, e *exchange) string {
	u, err := url.Parse(e.Request.Path)
	if err != nil {
		return ""
	}
	ctx, q := t.Context(), u.Query()
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	last := parts[len(parts)-1]
	byKey := q.Get("format") == "versions" && last != "groups" || last == "fulltext" && len(parts) == 3
	switch {
	case strings.Contains(e.Response.Headers["content-type"], "atom"), last == "view", !byKey && q.Get("format") != "" && q.Get("format") != "json":
		return ""
	case byKey:
		got, _, err := versions(ctx, e.ask, "", nil)
		return "versions" + e.same(t, len(got), err)
	case parts[0] == "keys" && len(parts) == 2 && last != "sessions":
		got, _, err := getOne[key](ctx, e.ask, "", nil, direct)
		return "key" + e.fine(t, got.user > 0, err)
	case parts[0] != "users" && parts[0] != "groups", len(parts) < 3, last == "tags":
		return ""
	}
	if parts[2] == "publications" {
		parts = parts[1:]
	}
	switch {
	case last == "groups":
		return "groups" + sameList[group](t, e)
	case last == "items", last == "top" && parts[len(parts)-2] == "items", last == "trash", last == "children":
		return "items" + sameList[item](t, e)
	case last == "collections":
		return "collections" + sameList[collection](t, e)
	case last == "fulltext" && parts[2] == "items":
		got, _, err := getOne[fullText](ctx, e.ask, "", nil, direct)
		var plain struct{ Content *string }
		_ = json.Unmarshal([]byte(e.Response.Body), &plain)
		return "fulltext" + e.fine(t, plain.Content != nil && got.content == *plain.Content, err)
	case last == "deleted":
		got, _, err := getOne[deletions](ctx, e.ask, "", nil, direct)
		return "deleted" + e.fine(t, got.items != nil && got.collections != nil, err)
	case len(parts) == 4 && parts[2] == "items":
		got, _, err := getOne[item](ctx, e.ask, "", nil, direct)
		e.keeps(t, got)
		return "item" + e.fine(t, got.key == last, err)
	}
	return ""
}

// keeps reports an item of which a part was lost.
func (e *exchange) keeps(t *testing.T, o item) {
	t.Helper()
	var plain any
	_ = json.Unmarshal([]byte(e.Response.Body), &plain)
	list, ok := plain.([]any)
	if !ok {
		list = []any{plain}
	}
	for _, one := range list {
		m, _ := one.(map[string]any)
		if data := within(m, "data"); m["key"] == o.key && data != nil {
			for _, fault := range lostOf(o, data) {
				t.Errorf("%s: %s: %s", e.Test, o.key, fault)
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

// same checks that as many entries were decoded as the body has.
func (e *exchange) same(t *testing.T, n int, err error) string {
	t.Helper()
	var list []json.RawMessage
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(e.Response.Body), &list) != nil {
		_ = json.Unmarshal([]byte(e.Response.Body), &m)
	}
	return e.fine(t, n == len(list)+len(m), err)
}

func sameList[T any](t *testing.T, e *exchange) string {
	t.Helper()
	p, err := getPage[T](t.Context(), e.ask, "", nil, direct)
	if err != nil {
		return e.fine(t, false, err)
	}
	if items, ok := any(p.items).([]item); ok {
		for _, it := range items {
			e.keeps(t, it)
		}
	}
	if want := e.Response.Headers["total-results"]; want != "" && strconv.Itoa(p.total) != want {
		t.Errorf("%s: total %d, the header says %s", e.Test, p.total, want)
	}
	if want := e.Response.Headers["last-modified-version"]; want != "" && strconv.FormatInt(p.version, 10) != want {
		t.Errorf("%s: version %d, the header says %s", e.Test, p.version, want)
	}
	return e.same(t, len(p.items), nil)
}
