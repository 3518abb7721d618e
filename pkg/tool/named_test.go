package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// idArguments are the arguments that take an item ID, one of each tool; NAME stands
// for it.
var idArguments = map[string]string{
	"fetch": `{"id":NAME}`, "read_text": `{"id":NAME}`, "export": `{"ids":[NAME],"format":"bibtex"}`, "cite": `{"ids":[NAME]}`,
}

func TestNames_AreTakenByEachTool(t *testing.T) {
	lib := citable()
	extra := librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{
		"title": "Kept apart", "extra": "Citation Key: babbage1864\nDOI: 10.5555/Passages(1)",
	}}}
	c := connect(t, fleet{lib, memory("group:7", "Group", []librarytest.Work{extra})})
	tides, shores, apart := "local/"+lib.Keys()[0], "local/"+lib.Keys()[2], c.idOf(t, "Kept apart")
	for name, want := range map[string]string{
		"@lovelace1840": tides, "lovelace1840": tides, "@LOVELACE1840": tides, "10.5555/TIDES": tides, "doi:10.5555/tides": tides,
		"https://doi.org/10.5555/tides": tides, "http://dx.doi.org/10.5555/Tides": tides, "@10.5555/tides": tides,
		"https://www.example.org/babbage1832/": shores, "http://example.org/babbage1832": shores,
		"@babbage1864": apart, "10.5555/passages(1)": apart, tides: tides, "stackroom://local/items/" + lib.Keys()[2]: shores,
	} {
		quoted, _ := json.Marshal(name)
		for tool, arguments := range idArguments {
			var out json.RawMessage
			c.ask(t, tool, strings.ReplaceAll(arguments, "NAME", string(quoted)), &out)
			if title := c.titleOf(t, want); !strings.Contains(string(out), title) || strings.Contains(string(out), "missing") {
				t.Errorf("%s %s: %s", tool, name, out)
			}
		}
	}
	res, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "stackroom://local/items/" + lib.Keys()[0]})
	if err != nil || !strings.Contains(res.Contents[0].Text, "Tides at night") {
		t.Errorf("%v, %v", res, err)
	}
}

// titleOf returns the title of a work without markup.
func (c *client) titleOf(t *testing.T, id string) string {
	t.Helper()
	var out fetchOutput
	c.ask(t, "fetch", fmt.Sprintf(`{"id":%q}`, id), &out)
	return out.Title[strings.LastIndexByte(out.Title, ' ')+1:]
}

// TestNames_AreRefusedWithCandidates asks for works by names of several and of no
// work.
func TestNames_AreRefusedWithCandidates(t *testing.T) {
	lib := citable()
	twice := librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{"title": "Twice", "citationKey": "lovelace1840", "DOI": "10.5555/DAY"}}}
	c := connect(t, fleet{lib, memory("group:7", "Group", []librarytest.Work{twice})})
	for _, tool := range []string{"fetch", "read_text"} {
		for name, want := range map[string]string{
			"@lovelace1840": "citation key in argument \"id\" names 2 works: local/" + lib.Keys()[0] + ", group:7/",
			"10.5555/day":   "DOI in argument \"id\" names 2 works: local/",
		} {
			if got := c.refuse(t, tool, fmt.Sprintf(`{"id":%q}`, name), library.Invalid); !strings.Contains(got, want) {
				t.Errorf("%s %s: %q", tool, name, got)
			}
		}
		for name, want := range map[string]string{
			"@absent1": "no work has the citation key", "10.5555/none": "no work has the doi", "https://example.org/none": "no work has the url",
		} {
			got := c.refuse(t, tool, fmt.Sprintf(`{"id":%q}`, name), library.NotFound)
			if !strings.Contains(strings.ToLower(got), want) || !strings.Contains(got, "looked in local, group:7") {
				t.Errorf("%s %s: %q", tool, name, got)
			}
		}
		for _, name := range []string{"two words", "<b>", "a/b/c"} {
			c.refuse(t, tool, fmt.Sprintf(`{"id":%q}`, name), library.Invalid)
		}
	}
	for _, tool := range []string{"export", "cite"} {
		var out struct{ Missing, Notices []string }
		c.ask(t, tool, `{"ids":["@lovelace1840","@absent1","group:9/ABCD2345","@babbage1832"]}`, &out)
		if len(out.Missing) != 3 || len(out.Notices) != 1 || !strings.Contains(out.Notices[0], "names 2 works") {
			t.Errorf("%s: missing %q, notices %q", tool, out.Missing, out.Notices)
		}
	}
}

// TestNames_SayWhichLibrariesDidNotAnswer looks for names while a library is down.
func TestNames_SayWhichLibrariesDidNotAnswer(t *testing.T) {
	down := memory("group:7", "Group", nil)
	down.Fail(library.Errorf(library.Unavailable, "Zotero does not answer"))
	c := connect(t, fleetOf{[]library.ID{library.Local, "group:7"}, fleet{citable(), down}})
	var out fetchOutput
	c.ask(t, "fetch", `{"id":"@babbage1832"}`, &out)
	if len(out.Notices) != 1 || !strings.Contains(out.Notices[0], "library group:7 could not be searched: Zotero does not answer") {
		t.Errorf("notices %q", out.Notices)
	}
	c.refuse(t, "fetch", `{"id":"@absent1"}`, library.Unavailable)
}

// fleetOf is a fleet whose libraries are listed although they are down.
type fleetOf struct {
	ids []library.ID
	fleet
}

func (f fleetOf) List(context.Context) ([]library.Info, error) {
	infos := make([]library.Info, len(f.ids))
	for i, id := range f.ids {
		infos[i] = library.Info{ID: id, Name: string(id), Items: -1}
	}
	return infos, nil
}

func (f fleetOf) Open(_ context.Context, id library.ID) (library.Reader, error) {
	for i := range f.ids {
		if f.ids[i] == id {
			return f.fleet[i], nil
		}
	}
	return nil, library.Errorf(library.NotFound, "no such library")
}

// aged is a library that can't be brought up to date.
type aged struct{ library.Reader }

const ageNotice = "this is the library as of 12:05 UTC"

func (a aged) Items(ctx context.Context, keys []string) (library.Page[*library.Item], error) {
	page, err := a.Reader.Items(ctx, keys)
	page.Notice = ageNotice
	return page, err
}

func (a aged) Text(ctx context.Context, key string, q library.TextQuery) (library.Text, error) {
	text, err := a.Reader.Text(ctx, key, q)
	text.Notice = ageNotice
	return text, err
}

func (a aged) Passages(ctx context.Context, key string, q library.PassageQuery) (library.Page[library.Passage], error) {
	page, err := a.Reader.Passages(ctx, key, q)
	page.Notice = ageNotice
	return page, err
}

// TestAnswersByKey_SayHowOldTheyAre holds that each answer from a library that is
// not up to date says so once.
func TestAnswersByKey_SayHowOldTheyAre(t *testing.T) {
	works := memory(library.Local, "Home", librarytest.Works())
	c := connect(t, fleet{aged{works}})
	id := `"local/` + works.Keys()[1] + `"`
	calls := [][2]string{{"read_text", `{"id":NAME,"question":"whiteness"}`}}
	for tool, arguments := range idArguments {
		calls = append(calls, [2]string{tool, arguments})
	}
	for _, call := range calls {
		var out json.RawMessage
		c.ask(t, call[0], strings.ReplaceAll(call[1], "NAME", id), &out)
		if n := strings.Count(string(out), "library local: "+ageNotice); n != 1 {
			t.Errorf("%s: the notice is there %d times: %s", call, n, out)
		}
	}
	res, err := c.ReadResource(t.Context(), &mcp.ReadResourceParams{URI: "stackroom://local/items/" + works.Keys()[1] + "/text"})
	if err != nil || !strings.Contains(res.Contents[0].Text, ageNotice) {
		t.Errorf("%+v, %v", res, err)
	}
}
