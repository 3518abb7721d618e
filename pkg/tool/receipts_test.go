package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// receiptsOutput is the answer of recent_changes with receipts.
type receiptsOutput struct {
	Changes []struct {
		Kind, ID, Title, At, By, Tool, Client, Status, Undoes string
		Edits                                                 int
		Undone                                                *bool
	}
	Total      int
	NextCursor string `json:"next_cursor"`
	Notices    []string
}

func (c *client) receipts(t *testing.T, arguments string) (out receiptsOutput) {
	t.Helper()
	res, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: "recent_changes", Arguments: json.RawMessage(arguments)})
	if err != nil || res.IsError || json.Unmarshal([]byte(textOf(t, res)), &out) != nil {
		t.Fatalf("%s: %v, %s", arguments, err, textOf(t, res))
	}
	if err := c.outputs["recent_changes"].Validate(res.StructuredContent); err != nil {
		t.Error(err)
	}
	return out
}

func TestRecentChanges_ListsReceipts(t *testing.T) {
	a, b := changetest.New(library.Local, librarytest.Works()), changetest.New("group:1", librarytest.Works())
	subject := "token:alice"
	w := writingOf(t, "")
	w.Subject = func(context.Context) string { return subject }
	c := connectTo(t, catalogOf(t, fleet{a, b}, Options{Writing: w}), nil)
	tag := func(lib, key, tag string) writeOutput {
		time.Sleep(2 * time.Millisecond) // another time of the plan
		return c.do(t, "update_items", fmt.Sprintf(`{"ids":["%s/%s"],"add_tags":[%q]}`, lib, key, tag))
	}
	first := tag("local", itemKey(t, a, librarytest.TitleEngine), "one")
	subject = "token:bob"
	second := tag("group:1", itemKey(t, b, librarytest.TitleEngine), "two")
	third := tag("local", itemKey(t, a, librarytest.TitleLight), "three")
	time.Sleep(2 * time.Millisecond)
	undo := c.do(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, first.Receipt))

	all := c.receipts(t, `{"receipts":true}`)
	want := []struct {
		id, by, tool, undoes string
		undone               bool
	}{
		{undo.Receipt, "token:bob", "undo_changes", first.Receipt, false}, {third.Receipt, "token:bob", "update_items", "", false},
		{second.Receipt, "token:bob", "update_items", "", false}, {first.Receipt, "token:alice", "update_items", "", true},
	}
	if len(all.Changes) != len(want) || all.Total != len(want) || all.NextCursor != "" {
		t.Fatalf("%+v", all)
	}
	for i, w := range want {
		got := all.Changes[i]
		if got.Kind != "receipt" || got.ID != w.id || got.By != w.by || got.Tool != w.tool || got.Undoes != w.undoes || got.Undone == nil || *got.Undone != w.undone ||
			got.Client != "test" || got.Status != statusDone || got.Edits != 1 || got.Title == "" || got.At == "" {
			t.Errorf("%+v, want %+v", got, w)
		}
	}
	var paged []string
	for cursor := ""; ; {
		page := c.receipts(t, fmt.Sprintf(`{"receipts":true,"limit":1,"cursor":%q,"since":"1h"}`, cursor))
		for _, r := range page.Changes {
			paged = append(paged, r.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if fmt.Sprint(paged) != fmt.Sprint([]string{undo.Receipt, third.Receipt, second.Receipt, first.Receipt}) {
		t.Errorf("the pages are %q", paged)
	}
	if one := c.receipts(t, `{"receipts":true,"library":"group:1"}`); len(one.Changes) != 1 || one.Changes[0].ID != second.Receipt {
		t.Errorf("%+v", one)
	}
	if none := c.receipts(t, `{"receipts":true,"since":"2090-01-01"}`); len(none.Changes) != 0 || none.Total != 0 {
		t.Errorf("%+v", none)
	}
	c.fail(t, "recent_changes", `{"receipts":true,"library":"local","since_version":1}`, library.Invalid)
}

func TestRecentChanges_ShowsRunsThatStopped(t *testing.T) {
	l, c := writable(t, "")
	l.After = func(_ int, o []library.Outcome) ([]library.Outcome, error) {
		o[0] = library.Outcome{Status: library.EditUnknown, Err: library.Errorf(library.Unavailable, "reset")}
		return o, nil
	}
	c.do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],"add_tags":["x"]}`, itemKey(t, l, librarytest.TitleEngine)))
	if got := c.receipts(t, `{"receipts":true}`); len(got.Changes) != 1 || got.Changes[0].Status != statusStopped {
		t.Errorf("%+v", got)
	}
}

// TestRecentChanges_HasReceiptsWhereToolsWrite holds that only a catalogue that writes
// has the argument, and what the reading tools take in it.
func TestRecentChanges_HasReceiptsWhereToolsWrite(t *testing.T) {
	if text := connect(t, one()).fail(t, "recent_changes", `{"receipts":true}`, library.Invalid); !strings.Contains(text, "receipts") {
		t.Error(text)
	}
	c := connectTo(t, catalogOf(t, one(), Options{Writing: writingOf(t, "")}), nil)
	res, err := c.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Tools = slices.DeleteFunc(res.Tools, func(d *mcp.Tool) bool { return !d.Annotations.ReadOnlyHint })
	if n := len(compact(t, res)); n > 17_000 {
		t.Errorf("the reading tools take %d bytes", n)
	}
}
