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

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// receiptsOutput is the answer of recent_changes with receipts.
type receiptsOutput struct {
	Changes []struct {
		Kind, ID, Title, At, By, Tool, Client, Status, Undoes, Names string
		Edits                                                        int
		Undone                                                       *bool
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
			got.Client != "test" || !slices.Contains([]string{librarytest.TitleEngine, librarytest.TitleLight}, got.Names) || got.Status != statusDone || got.Edits != 1 || got.Title == "" || got.At == "" {
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

func TestShowReceipt_HasEachChange(t *testing.T) {
	l := changetest.New(library.Local, librarytest.Works())
	w := writingOf(t, ConfirmAlways)
	w.Client = "the pages"
	catalog := catalogOf(t, fleet{l}, Options{Writing: w, Receipts: true, ResultChars: MinResultChars})
	call := func(tool, arguments string, out any) {
		t.Helper()
		raw, err := catalog.Call(t.Context(), tool, json.RawMessage(arguments))
		if err != nil || json.Unmarshal(raw, out) != nil {
			t.Fatalf("%s %s: %v %s", tool, arguments, err, raw)
		}
	}
	l.Refuse = func(e library.Edit) *library.Error {
		if e.Key == itemKey(t, l, librarytest.TitleLight) {
			return library.Errorf(library.Forbidden, "not this one")
		}
		return nil
	}
	var plan, done writeOutput
	call("update_items", fmt.Sprintf(`{"ids":["local/%s","local/%s"],"fields":{"title":"Changed"}}`, itemKey(t, l, librarytest.TitleEngine), itemKey(t, l, librarytest.TitleLight)), &plan)
	call("apply_changes", fmt.Sprintf(`{"plan":%q}`, plan.Plan), &done)
	show := func(receipt string) (out struct {
		Kind, Client, Status, Tool string
		Undone                     bool
		Changes                    []editLine
		Total                      int
		Notices                    []string
	}) {
		t.Helper()
		call("show_receipt", fmt.Sprintf(`{"receipt":%q}`, receipt), &out)
		return out
	}
	got := show(done.Receipt)
	if got.Kind != "receipt" || got.Client != "the pages" || got.Status != statusPartly || got.Tool != "update_items" || got.Undone || got.Total != 2 || len(got.Changes) != 2 {
		t.Fatalf("%+v", got)
	}
	if first, second := got.Changes[0], got.Changes[1]; !strings.HasPrefix(first.Outcome, "refused: not this one") || second.Outcome != "done" ||
		second.Before["title"] != librarytest.TitleEngine || second.After["title"] != "Changed" {
		t.Errorf("%+v", got.Changes)
	}
	time.Sleep(2 * time.Millisecond) // another ID
	call("undo_changes", fmt.Sprintf(`{"receipt":%q}`, done.Receipt), &plan)
	if plan.Status != statusPlanned || show(done.Receipt).Undone {
		t.Errorf("planned: %+v", plan)
	}
	call("apply_changes", fmt.Sprintf(`{"plan":%q}`, plan.Plan), &plan)
	if !show(done.Receipt).Undone {
		t.Error("the receipt was taken back, and does not say so")
	}
	for _, wrong := range []string{`{}`, `{"receipt":"x"}`, `{"receipt":"group:9/01KB5D3F8Q7V2M4N6P8R0S2T4V"}`, `{"receipt":"local/01KB5D3F8Q7V2M4N6P8R0S2T4V"}`} {
		if raw, err := catalog.Call(t.Context(), "show_receipt", json.RawMessage(wrong)); err == nil {
			t.Errorf("%s: %s", wrong, raw)
		}
	}
}

// TestShowReceipt_SaysWhatIsNotShown holds that a receipt of many changes says how many
// its answer lacks.
func TestShowReceipt_SaysWhatIsNotShown(t *testing.T) {
	works := librarytest.Many(100)
	l := changetest.New(library.Local, works)
	catalog := catalogOf(t, fleet{l}, Options{Writing: writingOf(t, ConfirmNever), Receipts: true, ResultChars: MinResultChars})
	var ids []string
	for _, key := range l.Keys()[:50] {
		ids = append(ids, "local/"+key)
	}
	arguments, err := json.Marshal(map[string]any{"ids": ids, "fields": map[string]string{"extra": strings.Repeat("x", 280)}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := catalog.Call(t.Context(), "update_items", arguments)
	var done writeOutput
	if err != nil || json.Unmarshal(raw, &done) != nil {
		t.Fatalf("%v %s", err, raw)
	}
	raw, err = catalog.Call(t.Context(), "show_receipt", json.RawMessage(fmt.Sprintf(`{"receipt":%q}`, done.Receipt)))
	var got struct {
		Changes []editLine
		Total   int
		Notices []string
	}
	if err != nil || json.Unmarshal(raw, &got) != nil || got.Total != 50 || len(got.Changes) == 0 || len(got.Changes) == 50 ||
		!slices.Contains(got.Notices, notShown(50-len(got.Changes))) {
		t.Errorf("%v, %d of %d, %q", err, len(got.Changes), got.Total, got.Notices)
	}
}

func TestReceipts_NameTheFirstObjects(t *testing.T) {
	edits := []change.Edit{{Name: "A"}, {Name: "A"}, {Name: "\u202eB\nb"}, {}, {Name: strings.Repeat("C", 300)}}
	names := (&tidy{}).names(edits)
	if !strings.HasPrefix(names, "A; B b; CCC") || len(names) < 200 || len(names) > 210 {
		t.Errorf("%q", names)
	}
	for _, name := range []string{"D", "E", "F"} {
		edits = append(edits, change.Edit{Name: name})
	}
	if got := (&tidy{}).names(edits); got != names+"; 3 more" {
		t.Errorf("%q", got)
	}
}

func TestShowReceipt_IsForPagesAlone(t *testing.T) {
	for _, o := range []Options{{Writing: writingOf(t, "")}, {Receipts: true}} {
		if slices.Contains(catalogOf(t, one(), o).names(), "show_receipt") {
			t.Errorf("%+v lists show_receipt", o)
		}
	}
}
