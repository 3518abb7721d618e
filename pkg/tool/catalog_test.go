package tool

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

var update = flag.Bool("update", false, "write the golden files again")

// golden compares what is with what was agreed on.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s changed; if that is meant, run go test ./pkg/tool -update\n%s", path, diff)
	}
}

func indented(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func TestCatalogueIsWhatWasAgreedOn(t *testing.T) {
	c := catalogOf(t, one(), Options{})
	for _, d := range c.tools {
		golden(t, "tools/"+d.Name+".json", indented(t, d.wire))
	}
	golden(t, "tools.md", []byte(Markdown(c.Definitions())))
	golden(t, "instructions.txt", []byte(instructions+"\n"))
	for _, p := range prompts() {
		golden(t, "prompts/"+p.name+".txt", []byte(p.title+": "+p.description+"\n"+string(indented(t, p.arguments))+p.text+"\n"))
	}
}

func TestEveryToolIsFitForEveryClient(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	c := catalogOf(t, one(), Options{})
	tools := c.Definitions()
	want := []string{"search", "fetch", "read_text", "list_libraries", "list_collections", "list_tags", "recent_changes", "export", "find_duplicates", "cite", "check_references"}
	if got := c.names(); !slices.Equal(got, want) {
		t.Fatalf("tools %q, want %q", got, want)
	}
	for i, d := range tools {
		if !name.MatchString(d.Name) || d.Title == "" {
			t.Errorf("name %q, title %q", d.Name, d.Title)
		}
		asks := d.Name == "check_references" // asks services beyond the libraries
		if d.Hints != (Hints{ReadOnly: true, Idempotent: true, OpenWorld: asks}) {
			t.Errorf("%s: hints %+v", d.Name, d.Hints)
		}
		a := c.tools[i].wire.Annotations
		if a.Title != d.Title || !a.ReadOnlyHint || !a.IdempotentHint || a.DestructiveHint == nil || *a.DestructiveHint || a.OpenWorldHint == nil || *a.OpenWorldHint != asks {
			t.Errorf("%s: annotations %+v", d.Name, a)
		}
		if n := len(d.Description); n < 80 || n > 1_000 || !(strings.Contains(d.Description, "Use it") || strings.Contains(d.Description, "Start here")) || !strings.Contains(d.Description, "Not ") {
			t.Errorf("%s: a description of %d bytes that should say when to use the tool and when not: %s", d.Name, n, d.Description)
		}
	}
}

// TestClientsPlan_HasEachTool holds that the client programs of CI call every tool.
func TestClientsPlan_HasEachTool(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", ".ci", "clients", "calls.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range catalogOf(t, one(), Options{}).Definitions() {
		if !strings.Contains(string(raw), fmt.Sprintf(`{"tool": %q`, d.Name)) {
			t.Errorf(".ci/clients/calls.json does not call %s", d.Name)
		}
	}
}

func TestSchemasArePortable(t *testing.T) {
	for _, d := range catalogOf(t, one(), Options{}).Definitions() {
		for kind, raw := range map[string]json.RawMessage{"input": d.InputSchema, "output": d.OutputSchema} {
			var s map[string]any
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			if s["type"] != "object" || s["properties"] == nil || s["$schema"] != nil {
				t.Errorf("%s %s: the root must be an object with properties and no dialect", d.Name, kind)
			}
			if kind == "input" && s["additionalProperties"] != false {
				t.Errorf("%s: the input schema takes unknown arguments", d.Name)
			}
			walk(s, func(path string, node map[string]any) {
				if _, ok := node["type"].(string); !ok {
					t.Errorf("%s %s%s: type %v", d.Name, kind, path, node["type"])
				}
				for _, word := range []string{"$ref", "$schema", "$id", "anyOf", "oneOf", "allOf", "nullable"} {
					if _, ok := node[word]; ok {
						t.Errorf("%s %s%s: %s is not understood everywhere", d.Name, kind, path, word)
					}
				}
			})
		}
	}
}

// TestSchemas_AreValid resolves the schemas of all tools, with their defaults.
func TestSchemas_AreValid(t *testing.T) {
	for _, d := range catalogOf(t, one(), Options{Writing: writingOf(t, "")}).Definitions() {
		for kind, raw := range map[string]json.RawMessage{"input": d.InputSchema, "output": d.OutputSchema} {
			var s jsonschema.Schema
			if err := json.Unmarshal(raw, &s); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true}); err != nil {
				t.Errorf("%s %s: %v", d.Name, kind, err)
			}
		}
	}
}

// walk visits a schema and all schemas below it.
func walk(s map[string]any, visit func(path string, node map[string]any)) {
	var step func(path string, node map[string]any)
	step = func(path string, node map[string]any) {
		visit(path, node)
		properties, _ := node["properties"].(map[string]any)
		for name, p := range properties {
			step(path+"."+name, p.(map[string]any))
		}
		for _, word := range []string{"items", "additionalProperties"} {
			if below, ok := node[word].(map[string]any); ok {
				step(path+"[]", below)
			}
		}
	}
	step("", s)
}

func TestEveryListHasLimitCursorAndTotal(t *testing.T) {
	for _, d := range catalogOf(t, one(), Options{}).Definitions() {
		var in, out struct {
			Properties map[string]map[string]any `json:"properties"`
			Required   []string                  `json:"required"`
		}
		if json.Unmarshal(d.InputSchema, &in) != nil || json.Unmarshal(d.OutputSchema, &out) != nil {
			t.Fatal("schemas can't be read")
		}
		if in.Properties["cursor"] == nil || out.Properties["next_cursor"] == nil || out.Properties["truncated"] == nil || out.Properties["notices"] == nil {
			t.Errorf("%s: no way to go on", d.Name)
		}
		if d.Name == "fetch" {
			continue // one work, not a list
		}
		limit := in.Properties["limit"]
		if limit["default"] == nil || limit["minimum"] != 1.0 || limit["maximum"] == nil {
			t.Errorf("%s: limit %v", d.Name, limit)
		}
		if d.Name != "read_text" && (!slices.Contains(out.Required, "total") || !slices.Contains(out.Required, "returned")) {
			t.Errorf("%s: required %q", d.Name, out.Required)
		}
	}
}

func TestThirdPartyTextIsCalledUntrusted(t *testing.T) {
	// What we write ourselves, or check: everything else is third-party text.
	ours := regexp.MustCompile(`(^|\.)(id|key|url|item_type|kind|matched_in|source|type|role|next_cursor|read_text_cursor|notices\[\]|notice|version|versions\[\]|at|library|reason|attachment|child|page|pages_returned|missing\[\]|style|locale)$`)
	named := regexp.MustCompile(`untrusted third-party text`)
	for _, d := range catalogOf(t, one(), Options{}).Definitions() {
		var s map[string]any
		if err := json.Unmarshal(d.OutputSchema, &s); err != nil {
			t.Fatal(err)
		}
		var labels, texts []string
		walk(s, func(path string, node map[string]any) {
			if label, _ := node["description"].(string); named.MatchString(label) {
				labels = append(labels, label)
			} else if node["type"] == "string" && !ours.MatchString(path) {
				texts = append(texts, path)
			}
		})
		for _, path := range texts {
			field := strings.TrimSuffix(path[strings.LastIndexByte(path, '.')+1:], "[]")
			if !slices.ContainsFunc(labels, func(l string) bool { return strings.Contains(l, field) || strings.Contains(l, "all below") }) {
				t.Errorf("%s%s: no description calls it untrusted", d.Name, path)
			}
		}
	}
}

// tokens estimates how many tokens a model reads in JSON: about one in four
// characters.
func tokens(b []byte) int { return len(b) / 4 }

func TestCatalogueKeepsItsBudget(t *testing.T) {
	c := connect(t, one())
	res, err := c.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(res)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("tools/list: %d bytes, about %d tokens", len(b), tokens(b))
	if len(b) > 17_000 {
		t.Errorf("tools/list takes %d bytes, about %d tokens", len(b), tokens(b))
	}
	for _, s := range []string{instructions} {
		if len(s) >= 2_000 {
			t.Errorf("instructions of %d bytes", len(s))
		}
	}
	for _, p := range prompts() {
		if len(p.text) > 2_048 || len(p.description) > 200 {
			t.Errorf("prompt %s of %d bytes", p.name, len(p.text))
		}
	}
}

func TestCatalogueHoldsNothingFromALibrary(t *testing.T) {
	empty, full := connect(t, fleet{}), connect(t, fleet{memory(library.Local, "Home", librarytest.Works())})
	list := func(c *client) string {
		res, err := c.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(indented(t, res))
	}
	if diff := cmp.Diff(list(empty), list(full)); diff != "" {
		t.Errorf("the tools depend on what the libraries hold: %s", diff)
	}
}

func TestServerAdvertisesWhatThereIs(t *testing.T) {
	c := connect(t, one())
	got := c.InitializeResult()
	caps := got.Capabilities
	if caps.Tools == nil || caps.Prompts == nil || caps.Resources == nil || caps.Completions == nil {
		t.Errorf("capabilities %+v", caps)
	}
	if caps.Logging != nil || caps.Tools.ListChanged || caps.Prompts.ListChanged || caps.Resources.ListChanged || caps.Resources.Subscribe {
		t.Errorf("capabilities %+v promise what is not kept", caps)
	}
	if got.Instructions != instructions {
		t.Error("no instructions")
	}
}

func TestCachingHintsKeepCallersApart(t *testing.T) {
	c := connect(t, one())
	ctx := t.Context()
	type hint struct {
		scope string
		ttl   int
	}
	got := map[string]hint{}
	tools, err := c.ListTools(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	got["tools"] = hint{tools.CacheScope, tools.TTLMs}
	prompts, err := c.ListPrompts(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	got["prompts"] = hint{prompts.CacheScope, prompts.TTLMs}
	templates, err := c.ListResourceTemplates(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	got["templates"] = hint{templates.CacheScope, templates.TTLMs}
	resources, err := c.ListResources(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	got["resources"] = hint{resources.CacheScope, resources.TTLMs}
	read, err := c.ReadResource(ctx, &mcp.ReadResourceParams{URI: worksOf(resources)[0].URI})
	if err != nil {
		t.Fatal(err)
	}
	got["read"] = hint{read.CacheScope, read.TTLMs}
	public, private := hint{"public", 3_600_000}, hint{"private", 60_000}
	want := map[string]hint{"tools": public, "prompts": public, "templates": public, "resources": private, "read": private}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(hint{})); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsOutOfBoundsAreRefused(t *testing.T) {
	for _, n := range []int{-1, 1, MinResultChars - 1, MaxResultChars + 1} {
		if _, err := NewCatalog(one(), Options{ResultChars: n}); library.CodeOf(err) != library.Invalid {
			t.Errorf("ResultChars %d: %v", n, err)
		}
	}
	for _, n := range []int{-1, 1, 19_999} {
		if _, err := NewCatalog(one(), Options{ResultBytes: n}); library.CodeOf(err) != library.Invalid {
			t.Errorf("ResultBytes %d: %v", n, err)
		}
	}
}

func TestUnknownToolIsNotFound(t *testing.T) {
	c := catalogOf(t, one(), Options{})
	_, err := c.Call(t.Context(), "delete_everything", nil)
	if e := library.AsError(err); e.Code != library.NotFound || !strings.Contains(e.Hint, "read_text") {
		t.Errorf("%v", err)
	}
	if _, err := connectTo(t, c, nil).CallTool(t.Context(), &mcp.CallToolParams{Name: "delete_everything"}); err == nil || !strings.Contains(err.Error(), "unknown tool") {
		t.Errorf("over MCP: %v", err)
	}
}
