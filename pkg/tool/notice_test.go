package tool

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// noticed is a library that has to be told of.
type noticed struct{ library.Reader }

func (noticed) Notice() string { return "only for trying things out" }

// TestNoticer_IsToldOfInEveryAnswer asks a library that has a notice, beside
// one that has none.
func TestNoticer_IsToldOfInEveryAnswer(t *testing.T) {
	trial := memory(library.Local, "Trial", librarytest.Works())
	plain := memory("group:4711", "Plain", librarytest.Works())
	c := connect(t, fleet{noticed{trial}, plain})
	const notice = "library local: only for trying things out"
	a, b, other := "local/"+trial.Keys()[0], "local/"+trial.Keys()[1], "group:4711/"+plain.Keys()[0]
	var collections collectionsOutput
	c.ask(t, "list_collections", `{"library":"local"}`, &collections)
	for _, q := range []struct {
		tool, arguments string
		told            bool
	}{
		{"search", `{"query":"","library":"local","collection":"` + collections.Collections[0].Key + `"}`, true},
		{"search", `{"query":""}`, true},
		{"search", `{"query":"","library":"local"}`, true},
		{"search", `{"query":"","library":"Plain"}`, false},
		{"list_collections", `{"library":"local"}`, true},
		{"list_tags", `{"library":"local"}`, true},
		{"list_tags", `{"library":"group:4711"}`, false},
		{"recent_changes", `{"library":"local"}`, true},
		{"export", `{"library":"local"}`, true},
		{"export", `{"ids":["` + a + `","` + b + `"]}`, true},
		{"export", `{"ids":["` + other + `"]}`, false},
		{"fetch", `{"id":"` + a + `"}`, true},
		{"fetch", `{"id":"` + other + `"}`, false},
		{"read_text", `{"id":"` + a + `"}`, true},
		{"read_text", `{"id":"` + a + `","question":"what"}`, true},
		{"read_text", `{"id":"` + other + `"}`, false},
	} {
		var out json.RawMessage
		c.ask(t, q.tool, q.arguments, &out)
		if n := strings.Count(string(out), notice); n != map[bool]int{true: 1}[q.told] {
			t.Errorf("%s %s: the notice is there %d times: %.400s", q.tool, q.arguments, n, out)
		}
	}
	resources, err := c.ListResources(t.Context(), nil)
	if err != nil || !strings.Contains(strings.Join(noticesOf(resources.Meta), " "), notice) {
		t.Errorf("the list of resources: %v, %v", resources.Meta, err)
	}
	for _, suffix := range []string{"", "/text"} {
		for id, told := range map[string]bool{"local/items/" + trial.Keys()[0]: true, "group%3A4711/items/" + plain.Keys()[0]: false} {
			res, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "stackroom://" + id + suffix})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(res.Contents[0].Text, notice) != told {
				t.Errorf("the resource %s%s: %.300s", id, suffix, res.Contents[0].Text)
			}
		}
	}
}

func noticesOf(m mcp.Meta) []string {
	var notices []string
	list, _ := m[noticesMeta].([]any)
	for _, n := range list {
		s, _ := n.(string)
		notices = append(notices, s)
	}
	return notices
}

// TestListLibraries_PromisesNoWriting lists a library that may be written, to a
// caller whose tools don't write.
func TestListLibraries_PromisesNoWriting(t *testing.T) {
	lib := librarytest.NewMemory(library.Info{ID: library.Local, Name: "Home", MayWrite: true}, nil)
	c := connect(t, fleet{lib})
	var out librariesOutput
	c.ask(t, "list_libraries", `{}`, &out)
	if c.catalog.Writes() {
		t.Fatal("a tool writes; list_libraries may then say so")
	}
	if out.Libraries[0].MayWrite {
		t.Error("may_write is true, and no tool writes")
	}
}
