package tool

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// fleet is the libraries of one caller.
type fleet []library.Reader

func (f fleet) List(ctx context.Context) ([]library.Info, error) {
	infos := make([]library.Info, len(f))
	for i, r := range f {
		// What a library says of itself is known even while it is down.
		infos[i], _ = r.Info(ctx)
	}
	return infos, ctx.Err()
}

func (f fleet) Open(ctx context.Context, id library.ID) (library.Reader, error) {
	for _, r := range f {
		if info, _ := r.Info(ctx); info.ID == id {
			return r, nil
		}
	}
	return nil, library.Errorf(library.NotFound, "no such library")
}

// memory returns a library for tests.
func memory(id library.ID, name string, works []librarytest.Work) *librarytest.Memory {
	return librarytest.NewMemory(library.Info{ID: id, Name: name}, works)
}

// one returns a fleet of the small library in which every promise can be seen.
func one() fleet { return fleet{memory(library.Local, "Home", librarytest.Works())} }

func catalogOf(t testing.TB, libs Libraries, opts Options) *Catalog {
	t.Helper()
	c, err := NewCatalog(libs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// client is an MCP client of a catalogue, over a real session.
type client struct {
	*mcp.ClientSession
	catalog *Catalog
	outputs map[string]*jsonschema.Resolved
}

func connect(t testing.TB, libs Libraries) *client {
	t.Helper()
	return connectTo(t, catalogOf(t, libs, Options{}), nil)
}

func connectTo(t testing.TB, c *Catalog, opts *mcp.ClientOptions) *client {
	t.Helper()
	server := mcp.NewServer(&mcp.Implementation{Name: "stackroom", Version: "test"}, c.ServerOptions())
	c.Register(server)
	here, there := mcp.NewInMemoryTransports()
	if _, err := server.Connect(t.Context(), there, nil); err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, opts).Connect(t.Context(), here, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	cl := &client{ClientSession: session, catalog: c, outputs: map[string]*jsonschema.Resolved{}}
	for _, d := range c.Definitions() {
		cl.outputs[d.Name] = resolved(t, d.OutputSchema)
	}
	return cl
}

func resolved(t testing.TB, raw json.RawMessage) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask calls a tool over MCP and reads its answer into out, after checking what
// holds for every answer: one text that is the structured content, conforming
// to the schema, within the budget, without anything that acts on a reader.
func (c *client) ask(t testing.TB, tool, arguments string, out any) {
	t.Helper()
	res, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatalf("%s %s: %v", tool, arguments, err)
	}
	if res.IsError {
		t.Fatalf("%s %s: %s", tool, arguments, textOf(t, res))
	}
	text := textOf(t, res)
	var inText any
	if err := json.Unmarshal([]byte(text), &inText); err != nil {
		t.Fatalf("%s: the text is not JSON: %v", tool, err)
	}
	if diff := cmp.Diff(inText, res.StructuredContent); diff != "" {
		t.Errorf("%s: text and structured content differ: %s", tool, diff)
	}
	if err := c.outputs[tool].Validate(res.StructuredContent); err != nil {
		t.Errorf("%s %s: the answer breaks its schema: %v", tool, arguments, err)
	}
	if n := utf8.RuneCountInString(text); n > c.catalog.budget {
		t.Errorf("%s: %d characters, the budget is %d", tool, n, c.catalog.budget)
	}
	harmless(t, tool, text)
	reflect.ValueOf(out).Elem().SetZero()
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatal(err)
	}
	direct, err := c.catalog.Call(t.Context(), tool, json.RawMessage(arguments))
	if err != nil || !bytes.Equal(direct, []byte(text)) {
		t.Errorf("%s: Call gives another answer than MCP (%v)\n%s\n%s", tool, err, direct, text)
	}
}

// refuse calls a tool that must fail, and returns the words of the failure.
func (c *client) refuse(t testing.TB, tool, arguments string, code library.Code) string {
	t.Helper()
	res, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatalf("%s %.200s: %v", tool, arguments, err)
	}
	if !res.IsError || res.StructuredContent != nil {
		t.Fatalf("%s %.200s: no error, or one with structured content", tool, arguments)
	}
	if detail, _ := res.Meta[errorMeta].(map[string]any); detail["code"] != string(code) {
		t.Errorf("%s %.200s: code %v, want %s", tool, arguments, detail["code"], code)
	}
	words := textOf(t, res)
	if words == "" || len(words) > 2_100 {
		t.Errorf("%s %.200s: an error of %d bytes", tool, arguments, len(words))
	}
	harmless(t, tool+" error", words)
	if _, err := c.catalog.Call(t.Context(), tool, json.RawMessage(arguments)); library.CodeOf(err) != code {
		t.Errorf("%s %.200s: Call says %v, want %s", tool, arguments, err, code)
	}
	return words
}

func textOf(t testing.TB, res *mcp.CallToolResult) string {
	t.Helper()
	if len(res.Content) != 1 {
		t.Fatalf("%d contents, want one", len(res.Content))
	}
	text, ok := res.Content[0].(*mcp.TextContent)
	if !ok {
		t.Fatalf("content of type %T, want text", res.Content[0])
	}
	return text.Text
}

// harmless checks that nothing in an answer acts on a client that shows it.
func harmless(t testing.TB, what, text string) {
	t.Helper()
	for _, bad := range []string{"<script", "<img", "<i>", "](", "\x1b", "\u202e", "\u200b", "\U000e0041", "<http"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s: %q in the answer: %.300s", what, bad, text)
		}
	}
}

func titles(rs []result) []string {
	all := make([]string, len(rs))
	for i, r := range rs {
		all[i] = r.Title
	}
	return all
}

// idOf returns the ID of the work of that title, found as a caller would.
func (c *client) idOf(t testing.TB, title string) string {
	t.Helper()
	arguments, _ := json.Marshal(map[string]string{"query": title})
	var out searchOutput
	c.ask(t, "search", string(arguments), &out)
	at := slices.Index(titles(out.Results), title)
	if at < 0 {
		t.Fatalf("%q is not found: %q", title, titles(out.Results))
	}
	return out.Results[at].ID
}

// callDirectly calls a tool without a session and reads its answer into out.
func callDirectly(t testing.TB, c *Catalog, tool, arguments string, out any) {
	t.Helper()
	raw, err := c.Call(t.Context(), tool, json.RawMessage(arguments))
	if err != nil {
		t.Fatalf("%s %s: %v", tool, arguments, err)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		t.Fatal(err)
	}
}

// worksOf returns the works of a list of resources, which has the skills too.
func worksOf(res *mcp.ListResourcesResult) []*mcp.Resource {
	return slices.DeleteFunc(slices.Clone(res.Resources), func(r *mcp.Resource) bool { return !strings.HasPrefix(r.URI, resourceScheme) })
}
