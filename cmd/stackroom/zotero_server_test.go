package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// zoteroSeed is what .ci/zotero says of the server that it filled.
type zoteroSeed struct {
	URL       string            `json:"url"`
	Keys      map[string]string `json:"keys"`
	Libraries []seededLibrary   `json:"libraries"`
	Pair      struct {
		Group int
		Keys  []string
	} `json:"pair"`
}

// seededLibrary is one library and its known content.
type seededLibrary struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Works       int              `json:"works"`
	Collections int              `json:"collections"`
	Titles      []seededWork     `json:"titles"`
	Notes       []seededWork     `json:"notes"`
	Documents   []seededDocument `json:"documents"`
	Folder      seededPlace      `json:"folder"`
	Tag         seededPlace      `json:"tag"`
	Trashed     seededWork       `json:"trashed"`
	Removed     string           `json:"removed"`
	ChangedBy   seededWork       `json:"changed_by"`
}

// seededWork is a work and words that find it.
type seededWork struct{ Key, Words string }

// seededPlace is a collection or tag that holds this many works directly.
type seededPlace struct {
	Key, Name string
	Works     int
}

// seededDocument is a text of some pages, of which Zotero knows the first
// ones, with a mark on one of them.
type seededDocument struct {
	Work, Attachment, Words, Comment string
	Pages, Indexed, Page             int
}

// id returns the ID of a work in the library.
func (l seededLibrary) id(key string) string { return l.ID + "/" + key }

// closed is the library that only the outsider may read.
func (s *zoteroSeed) closed() seededLibrary { return s.Libraries[len(s.Libraries)-1] }

// open are the libraries that the owner may read.
func (s *zoteroSeed) open() []seededLibrary { return s.Libraries[:len(s.Libraries)-1] }

// zoteroServer returns what is on the running server, or skips the test.
func zoteroServer(t *testing.T) *zoteroSeed {
	t.Helper()
	if os.Getenv("STACKROOM_TEST_ZOTERO") != "1" {
		t.Skip("STACKROOM_TEST_ZOTERO is not 1: this needs a server that speaks Zotero's API, as .ci/steps/90-zotero.sh starts it")
	}
	data, err := os.ReadFile(os.Getenv("ZOTERO_TEST_SEED"))
	if err != nil {
		t.Fatalf("ZOTERO_TEST_SEED does not name what .ci/zotero wrote: %v", err)
	}
	var s zoteroSeed
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Libraries) != 4 {
		t.Fatalf("%d libraries are seeded, not 4", len(s.Libraries))
	}
	return &s
}

// serveZotero starts stackroom with these keys, by the seed's names for them.
func serveZotero(t *testing.T, s *zoteroSeed, names ...string) (url string, logs *output) {
	t.Helper()
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = s.Keys[name]
	}
	url, logs = start(t, "STACKROOM_DATA="+t.TempDir(), "ZOTERO_URL="+s.URL, "ZOTERO_API_KEY="+strings.Join(keys, ","),
		"RATE_LIMIT_MAX=0", "STACKROOM_REQUEST_TIMEOUT=280s") // one process reads three libraries whole from a server that does one thing at a time
	t.Cleanup(func() {
		for _, key := range keys {
			if strings.Contains(logs.String(), key) {
				t.Error("a key is in the log")
			}
		}
	})
	return url, logs
}

// toolAnswer is what a tool said: an answer, or the code of an error.
type toolAnswer struct {
	code  string // "" if it is an answer
	text  string // all of it
	Total int

	Results   []struct{ ID, Title, Snippet string }
	Libraries []struct {
		ID, Name string
		Items    int
		Version  int64
	}
	Collections []struct {
		Key, Path string
		Items     int
	}
	Tags []struct {
		Tag   string
		Items int
	}
	Changes    []struct{ Kind, ID, By string }
	Notices    []string
	NextCursor string `json:"next_cursor"`
	Text       string

	Status, Plan, Receipt string // of tools that write
}

// asker calls a tool of a running stackroom.
type asker func(t testing.TB, tool string, arguments map[string]any) toolAnswer

// overREST asks with plain HTTP. header is a list of names and values.
func overREST(url string, header ...string) asker {
	return func(t testing.TB, tool string, arguments map[string]any) toolAnswer {
		t.Helper()
		if arguments == nil {
			arguments = map[string]any{}
		}
		sent, err := json.Marshal(arguments)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/tools/"+tool, bytes.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var body bytes.Buffer
		if _, err := body.ReadFrom(res.Body); err != nil {
			t.Fatal(err)
		}
		a := toolAnswer{text: body.String()}
		if res.StatusCode != http.StatusOK {
			var problem struct{ Code string }
			if err := json.Unmarshal(body.Bytes(), &problem); err != nil || problem.Code == "" {
				t.Fatalf("%s: status %d without a problem: %.300s", tool, res.StatusCode, a.text)
			}
			a.code = problem.Code
			return a
		}
		return a.read(t, tool, body.Bytes())
	}
}

// overMCP asks with the official client.
func overMCP(t *testing.T, url string) asker {
	t.Helper()
	return over(t, &mcp.StreamableClientTransport{Endpoint: url + "/mcp"})
}

// over asks with the official client over a transport.
func over(t *testing.T, transport mcp.Transport) asker {
	t.Helper()
	client := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil)
	session, err := client.Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return func(t testing.TB, tool string, arguments map[string]any) toolAnswer {
		t.Helper()
		r, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: arguments})
		if err != nil {
			t.Fatalf("%s: %v", tool, err)
		}
		if !r.IsError {
			structured, err := json.Marshal(r.StructuredContent)
			if err != nil {
				t.Fatal(err)
			}
			return toolAnswer{text: string(structured)}.read(t, tool, structured)
		}
		detail, _ := r.Meta["io.github.stackroom-mcp/error"].(map[string]any)
		a := toolAnswer{code: fmt.Sprint(detail["code"])}
		for _, c := range r.Content {
			if said, ok := c.(*mcp.TextContent); ok {
				a.text += said.Text
			}
		}
		return a
	}
}

// read decodes what answers have in common. Lists of other shapes, such as
// fetch's tags, are left out.
func (a toolAnswer) read(t testing.TB, tool string, body []byte) toolAnswer {
	t.Helper()
	if tool == "fetch" || tool == "read_text" {
		return a
	}
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%s: %v: %.300s", tool, err, body)
	}
	return a
}

// found returns the IDs of a search's results.
func (a toolAnswer) found() []string {
	ids := []string{}
	for _, r := range a.Results {
		ids = append(ids, r.ID)
	}
	return ids
}

func TestZoteroAnswersAllToolsOverThreeLibraries(t *testing.T) {
	s := zoteroServer(t)
	url, _ := serveZotero(t, s, "all")
	for name, ask := range map[string]asker{"REST": overREST(url), "MCP": overMCP(t, url)} {
		t.Run(name, func(t *testing.T) {
			testListsLibraries(t, s, ask)
			askUntilRead(t, ask)
			for _, l := range s.open() {
				t.Run(l.ID, func(t *testing.T) {
					testSearch(t, l, ask)
					testReading(t, l, ask)
					testLists(t, l, ask)
					testChanges(t, l, ask)
					testExport(t, l, ask)
				})
			}
		})
	}
}

func TestZoteroKeysSeeOnlyTheirLibraries(t *testing.T) {
	s := zoteroServer(t)
	personal, minds, closed := s.Libraries[0], s.Libraries[2], s.closed()
	theirs, _ := serveZotero(t, s, "outsider")
	cursors := map[string]string{} // into each library, given to the outsider
	for _, l := range []seededLibrary{minds, closed} {
		until(t, 5*time.Minute, "a second page of "+l.ID+" for the outsider", func() bool {
			// A library that is still being read has one page.
			cursors[l.ID] = overREST(theirs)(t, "search", map[string]any{"query": "", "library": l.ID, "limit": 1}).NextCursor
			return cursors[l.ID] != ""
		})
	}
	for _, c := range []struct {
		key  string
		sees []seededLibrary
	}{
		{"personal", []seededLibrary{personal}},
		{"one_group", []seededLibrary{minds}},
	} {
		t.Run(c.key, func(t *testing.T) {
			url, _ := serveZotero(t, s, c.key)
			for name, ask := range map[string]asker{"REST": overREST(url), "MCP": overMCP(t, url)} {
				t.Run(name, func(t *testing.T) {
					sees := []string{}
					for _, l := range ask(t, "list_libraries", nil).Libraries {
						sees = append(sees, l.ID)
					}
					for _, l := range s.Libraries {
						visible := slices.ContainsFunc(c.sees, func(own seededLibrary) bool { return own.ID == l.ID })
						if visible != slices.Contains(sees, l.ID) {
							t.Errorf("the key sees %v", sees)
						}
						if !visible {
							testInvisible(t, l, cursors[l.ID], ask)
						} else if a := ask(t, "search", map[string]any{"query": l.Titles[0].Words}); !slices.Contains(a.found(), l.id(l.Titles[0].Key)) {
							t.Errorf("the key's own library has no %v", a.found())
						}
					}
				})
			}
		})
	}
}

// testInvisible calls every tool on a library that the caller may not read. The
// errors are those of a library that does not exist.
func testInvisible(t *testing.T, l seededLibrary, cursor string, ask asker) {
	t.Helper()
	work := l.Titles[0]
	for tool, arguments := range map[string]map[string]any{
		"search":           {"query": work.Words, "library": l.ID},
		"fetch":            {"id": l.id(work.Key)},
		"read_text":        {"id": l.id(work.Key)},
		"list_collections": {"library": l.ID},
		"list_tags":        {"library": l.ID},
		"recent_changes":   {"library": l.ID},
	} {
		a := ask(t, tool, arguments)
		if a.code != "not_found" {
			t.Errorf("%s of %s: %q %.300s", tool, l.ID, a.code, a.text)
		}
		// An unknown library gives the same error.
		other := map[string]any{}
		for name, value := range arguments {
			other[name] = strings.ReplaceAll(fmt.Sprint(value), l.ID, "group:987654321")
		}
		refused := ask(t, tool, other)
		if l.Name != "" && strings.Contains(a.text, l.Name) || strings.Contains(a.text, work.Words) || refused.code != a.code {
			t.Errorf("%s tells that %s is there: %.300s; of none it says %.300s", tool, l.ID, a.text, refused.text)
		}
	}
	if a := ask(t, "export", map[string]any{"ids": []string{l.id(work.Key)}, "format": "ris"}); a.code == "" && strings.Contains(a.Text, "TY  - ") {
		t.Errorf("export gives a work of %s", l.ID)
	}
	if a := ask(t, "search", map[string]any{"query": work.Words}); slices.Contains(a.found(), l.id(work.Key)) {
		t.Errorf("a search of everything finds a work of %s", l.ID)
	}
	if cursor == "" {
		return
	}
	if a := ask(t, "search", map[string]any{"query": "", "library": l.ID, "limit": 1, "cursor": cursor}); a.code == "" || strings.Contains(a.text, l.ID+"/") {
		t.Errorf("another caller's cursor opens %s: %.300s", l.ID, a.text)
	}
}

func TestZoteroDeadKey(t *testing.T) {
	s := zoteroServer(t)
	dead, _ := serveZotero(t, s, "dead")
	for name, ask := range map[string]asker{"REST": overREST(dead), "MCP": overMCP(t, dead)} {
		for tool, arguments := range map[string]map[string]any{
			"list_libraries": nil,
			"search":         {"query": "history"},
			"fetch":          {"id": s.Libraries[0].id(s.Libraries[0].Titles[0].Key)},
		} {
			if a := ask(t, tool, arguments); a.code != "unauthenticated" || !strings.Contains(strings.ToLower(a.text), "key") || strings.Contains(a.text, s.Keys["dead"]) {
				t.Errorf("%s over %s with a dead key: %q %.300s", tool, name, a.code, a.text)
			}
		}
	}
	// With another key beside it, that one answers.
	both, _ := serveZotero(t, s, "dead", "personal")
	if a := overREST(both)(t, "list_libraries", nil); len(a.Libraries) != 1 || a.Libraries[0].ID != s.Libraries[0].ID {
		t.Errorf("a dead and a living key: %.300s", a.text)
	}
}

func TestZoteroStopsAndComesBack(t *testing.T) {
	s := zoteroServer(t)
	control := os.Getenv("ZOTERO_TEST_SERVER")
	if control == "" {
		t.Skip("ZOTERO_TEST_SERVER names no program that stops and starts the server")
	}
	turn := func(t *testing.T, what string) {
		t.Helper()
		if said, err := exec.CommandContext(t.Context(), "bash", control, what).CombinedOutput(); err != nil {
			t.Fatalf("the server does not %s: %v: %s", what, err, said)
		}
	}
	url, _ := serveZotero(t, s, "personal")
	ask, l := overREST(url), s.Libraries[0]
	known, text := map[string]any{"query": l.Titles[0].Words}, map[string]any{"id": l.id(l.Documents[0].Work), "pages": "1"}
	if a := ask(t, "search", known); len(a.Results) == 0 {
		t.Fatalf("nothing is found before it stops: %s", a.text)
	}
	ask(t, "list_tags", map[string]any{"library": l.ID}) // which has the library read whole
	until(t, 120*time.Second, "an answer from the whole library", func() bool { return len(ask(t, "search", known).Notices) == 0 })
	turn(t, "stop")
	defer func() {
		if t.Failed() {
			turn(t, "start") // the other tests want it
		}
	}()
	// A library that was read answers, its texts included, with a notice once it is
	// old.
	if a := ask(t, "read_text", text); a.code != "" {
		t.Errorf("without the server read_text says %q %.300s", a.code, a.text)
	}
	until(t, 90*time.Second, "an answer that says how old it is", func() bool {
		a := ask(t, "search", known)
		if a.code != "" || len(a.Results) == 0 || a.Results[0].ID != l.id(l.Titles[0].Key) {
			t.Fatalf("without the server a search that was asked before says %q %.300s", a.code, a.text)
		}
		return len(a.Notices) > 0
	})
	if status, body := get(t, url+"/ready"); status != http.StatusOK {
		t.Errorf("without the server /ready is %d %s", status, body)
	}
	turn(t, "start")
	until(t, 120*time.Second, "an answer that is fresh again", func() bool { return len(ask(t, "search", known).Notices) == 0 })
}

// until waits for a condition and fails if it does not hold in time.
// askUntilRead asks different questions of all libraries until one is answered
// from the whole of each, as the notice of an answer that isn't asks people to.
func askUntilRead(t *testing.T, ask asker) {
	t.Helper()
	n := 0
	until(t, 5*time.Minute, "an answer from the whole of each library", func() bool {
		n++
		a := ask(t, "search", map[string]any{"query": fmt.Sprintf("history %d", n)})
		return a.code == "" && len(a.Notices) == 0
	})
}

func until(t *testing.T, limit time.Duration, what string, came func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(250 * time.Millisecond) {
		if came() {
			return
		}
	}
	t.Fatalf("after %s there is not yet %s", limit, what)
}
