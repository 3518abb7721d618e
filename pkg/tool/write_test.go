package tool

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// gcm seals for tests.
type gcm struct{ cipher.AEAD }

func (g gcm) Seal(plain, bound []byte) ([]byte, error) {
	nonce := make([]byte, g.NonceSize())
	_, _ = rand.Read(nonce)
	return g.AEAD.Seal(nonce, nonce, plain, bound), nil
}

func (g gcm) Open(sealed, bound []byte) ([]byte, error) {
	n := g.NonceSize()
	if len(sealed) < n {
		return nil, fmt.Errorf("short")
	}
	return g.AEAD.Open(nil, sealed[:n], sealed[n:], bound)
}

// writingOf returns what the writing tools work with, over a store in memory.
func writingOf(t testing.TB, confirm Confirm) *Writing {
	t.Helper()
	block, err := aes.NewCipher(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	store := changetest.NewStore()
	return &Writing{
		Plans: change.NewPlans(gcm{aead}, store, "https://a.example", nil), Journal: change.NewJournal(store, nil, nil), Confirm: confirm,
	}
}

// writable returns a library that can be changed, and a client of its tools.
func writable(t testing.TB, confirm Confirm) (*changetest.Library, *client) {
	t.Helper()
	l := changetest.New(library.Local, librarytest.Works())
	return l, connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, confirm)}), nil)
}

// do calls a tool that writes.
func (c *client) do(t testing.TB, tool, arguments string) (out writeOutput) {
	t.Helper()
	res, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatalf("%s %s: %v", tool, arguments, err)
	}
	if res.IsError {
		t.Fatalf("%s %s: %s", tool, arguments, textOf(t, res))
	}
	if err := c.outputs[tool].Validate(res.StructuredContent); err != nil {
		t.Errorf("%s %s: the answer breaks its schema: %v", tool, arguments, err)
	}
	harmless(t, tool, textOf(t, res))
	if err := json.Unmarshal([]byte(textOf(t, res)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// fail calls a tool that writes and that must fail, and returns the words.
func (c *client) fail(t testing.TB, tool, arguments string, code library.Code) string {
	t.Helper()
	res, err := c.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatalf("%s %.200s: %v", tool, arguments, err)
	}
	if detail, _ := res.Meta[errorMeta].(map[string]any); !res.IsError || detail["code"] != string(code) {
		t.Errorf("%s %.200s: %v, want %s: %s", tool, arguments, res.Meta, code, textOf(t, res))
	}
	return textOf(t, res)
}

// itemKey returns the key of the work of that title.
func itemKey(t testing.TB, l *changetest.Library, title string) string {
	t.Helper()
	page, err := l.Items(t.Context(), l.Keys())
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(page.Items, func(it *library.Item) bool { return it.Title() == title })
	if at < 0 {
		t.Fatalf("no work %q", title)
	}
	return page.Items[at].ID.Key
}

func (c *client) apply(t testing.TB, plan string) writeOutput {
	t.Helper()
	return c.do(t, "apply_changes", fmt.Sprintf(`{"plan":%q}`, plan))
}

func TestUpdateItems_PlansAppliesAndUndoes(t *testing.T) {
	l, c := writable(t, "")
	key := itemKey(t, l, librarytest.TitleEngine)
	before := l.Object(library.ItemObject, key).Data
	plan := c.do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"A New Title"},"add_tags":["fresh"]}`, key))
	if plan.Status != statusPlanned || plan.Plan == "" || plan.Receipt != "" || plan.Total != 1 || l.Writes != 0 {
		t.Fatalf("%+v, %d writes", plan, l.Writes)
	}
	line := plan.Changes[0]
	if line.ID != "local/"+key || line.Before["title"] != librarytest.TitleEngine || line.After["title"] != "A New Title" || !strings.Contains(line.After["tags"], "fresh") {
		t.Errorf("%+v", line)
	}
	done := c.apply(t, plan.Plan)
	if done.Status != statusDone || done.Receipt == "" || done.Changes[0].Outcome != "done" || l.Object(library.ItemObject, key).Data["title"] != "A New Title" {
		t.Fatalf("%+v", done)
	}
	writes := l.Writes
	if again := c.apply(t, plan.Plan); again.Receipt != done.Receipt || l.Writes != writes || !strings.Contains(strings.Join(again.Notices, " "), "carried out before") {
		t.Errorf("again: %+v", again)
	}
	if undone := c.do(t, "undo_changes", `{}`); undone.Status != statusDone {
		t.Errorf("%+v", undone)
	}
	if diff := cmp.Diff(before, l.Object(library.ItemObject, key).Data); diff != "" {
		t.Error(diff)
	}
	c.fail(t, "undo_changes", `{}`, library.NotFound)
	c.fail(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, done.Receipt), library.NotFound)
}

func TestConfirm_SaysWhatIsPlanned(t *testing.T) {
	for _, c := range []struct {
		confirm           Confirm
		arguments, status string
	}{
		{ConfirmChanges, `"add_tags":["x"]`, statusDone},
		{ConfirmChanges, `"add_tags":["x"],"remove_tags":["y"]`, statusPlanned + statusDone}, // only adds in the end, or plans
		{ConfirmChanges, `"fields":{"title":"x"}`, statusPlanned},
		{ConfirmChanges, `"set_tags":["x"]`, statusPlanned},
		{ConfirmChanges, `"item_type":"book"`, statusPlanned},
		{ConfirmAlways, `"add_tags":["x"]`, statusPlanned},
		{ConfirmNever, `"fields":{"title":"x"}`, statusDone},
		{"", `"fields":{"title":"x"}`, statusPlanned},
		{"", `"add_tags":["x"]`, statusDone},
	} {
		l, cl := writable(t, c.confirm)
		out := cl.do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],%s}`, itemKey(t, l, librarytest.TitleEngine), c.arguments))
		if !strings.Contains(c.status, out.Status) || (out.Plan != "") != (out.Status == statusPlanned) || (l.Writes == 0) != (out.Status == statusPlanned) {
			t.Errorf("%s %s: %+v", c.confirm, c.arguments, out)
		}
	}
}

func TestApplyChanges_TellsWhatChangedMeanwhile(t *testing.T) {
	l, c := writable(t, "")
	a, b := itemKey(t, l, librarytest.TitleEngine), itemKey(t, l, librarytest.TitleLight)
	plan := c.do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s","local/%s"],"fields":{"language":"en"}}`, a, b))
	o := l.Object(library.ItemObject, b)
	o.Data["language"], o.Version = "fr", 0
	l.Put(o)
	out := c.apply(t, plan.Plan)
	if out.Status != statusPartly || out.Plan == "" || !strings.Contains(strings.Join(out.Notices, " "), "local/"+b+" changed meanwhile in language") {
		t.Fatalf("%+v", out)
	}
	if out.Changes[0].ID != "local/"+b || !strings.HasPrefix(out.Changes[0].Outcome, "refused") || l.Object(library.ItemObject, b).Data["language"] != "fr" {
		t.Errorf("%+v", out.Changes)
	}
	if out = c.apply(t, out.Plan); out.Status != statusDone || l.Object(library.ItemObject, b).Data["language"] != "en" {
		t.Errorf("%+v", out)
	}
}

func TestApplyChanges_FinishesWhatStopped(t *testing.T) {
	l, c := writable(t, "")
	key := itemKey(t, l, librarytest.TitleEngine)
	l.After = func(_ int, o []library.Outcome) ([]library.Outcome, error) {
		for i := range o {
			o[i] = library.Outcome{Status: library.EditUnknown, Err: library.Errorf(library.Unavailable, "reset")}
		}
		return o, nil
	}
	out := c.do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],"add_tags":["fresh"]}`, key))
	if out.Status != statusStopped || out.Plan == "" || out.Receipt == "" {
		t.Fatalf("%+v", out)
	}
	l.After = nil
	if out = c.apply(t, out.Plan); out.Status != statusDone {
		t.Errorf("%+v", out)
	}
	if out = c.do(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, out.Receipt)); out.Status != statusDone || slices.Contains(entryTexts(l.Object(library.ItemObject, key).Data["tags"]), "fresh") {
		t.Errorf("%+v", out)
	}
	l.Before = func(int) error { return library.Errorf(library.RateLimited, "too fast") }
	if text := c.fail(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],"add_tags":["fresh"]}`, key), library.RateLimited); !strings.Contains(text, "oo fast") {
		t.Errorf("%s", text)
	}
}

func TestApplyChanges_TakesNoOtherText(t *testing.T) {
	l := changetest.New(library.Local, librarytest.Works())
	subject := "token:alice"
	w := writingOf(t, "")
	w.Subject = func(context.Context) string { return subject }
	c := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: w}), nil)
	key := itemKey(t, l, librarytest.TitleEngine)
	plan := c.do(t, "update_items", fmt.Sprintf(`{"ids":["local/%s"],"fields":{"title":"x"}}`, key)).Plan
	var found struct {
		NextCursor string `json:"next_cursor"`
	}
	callDirectly(t, c.catalog, "search", `{"query":"","limit":1}`, &found)
	for _, text := range []string{found.NextCursor, "local/" + key, "I approve", "plan_", plan[:len(plan)-1], strings.ToLower(plan)} {
		c.fail(t, "apply_changes", fmt.Sprintf(`{"plan":%q}`, text), library.Invalid)
	}
	c.fail(t, "apply_changes", `{}`, library.Invalid)
	subject = "token:bob"
	c.fail(t, "apply_changes", fmt.Sprintf(`{"plan":%q}`, plan), library.Forbidden)
	if l.Writes != 0 {
		t.Errorf("%d writes", l.Writes)
	}
}

func TestUpdateItems_RefusesBadInput(t *testing.T) {
	l, c := writable(t, "")
	id := "local/" + itemKey(t, l, librarytest.TitleEngine)
	for _, in := range []struct {
		arguments string
		code      library.Code
		says      string
	}{
		{`"fields":{"colour":"red"}`, library.Invalid, "colour"},
		{`"fields":{"title":["a"]}`, library.Invalid, "title"},
		{`"fields":{"extra":"` + strings.Repeat("x", maxFieldChars+1) + `"}`, library.TooLarge, "extra"},
		{`"fields":{"creators":"Ada"}`, library.Invalid, "creators"},
		{`"fields":{"creators":[{"creatorType":"cook","lastName":"A"}]}`, library.Invalid, "cook"},
		{`"fields":{"creators":[{"firstName":"A"}]}`, library.Invalid, "creators"},
		{`"fields":"title"`, library.Invalid, "fields"},
		{`"add_tags":["` + strings.Repeat("x", maxTagChars+1) + `"]`, library.TooLarge, "tag"},
		{`"item_type":"novel"`, library.Invalid, "item_type"},
		{`"add_collections":["nowhere"]`, library.NotFound, "collection"},
		{`"set_tags":null`, library.Invalid, "o change"},
		{`"unknown":1`, library.Invalid, "unknown"},
	} {
		if text := c.fail(t, "update_items", `{"ids":["`+id+`"],`+in.arguments+`}`, in.code); !strings.Contains(text, in.says) {
			t.Errorf("%.80s: %s", in.arguments, text)
		}
	}
	c.fail(t, "update_items", `{"ids":["local/NONE2345"],"add_tags":["x"]}`, library.NotFound)
	c.fail(t, "update_items", `{"ids":[],"add_tags":["x"]}`, library.Invalid)
	if l.Writes != 0 {
		t.Errorf("%d writes", l.Writes)
	}
}

func TestUpdateItems_SetsWhatIsAsked(t *testing.T) {
	for _, c := range []struct {
		arguments string
		field     string
		want      any
	}{
		{`"fields":{"creators":["Lovelace, Ada","A Society"]}`, "creators", []any{
			map[string]any{"creatorType": "author", "lastName": "Lovelace", "firstName": "Ada"}, map[string]any{"creatorType": "author", "name": "A Society"}}},
		{`"fields":{"title":""}`, "title", nil},
		{`"fields":{"date":1843}`, "date", "1843"},
		{`"set_tags":["one","two"]`, "tags", []any{map[string]any{"tag": "one"}, map[string]any{"tag": "two"}}},
		{`"set_tags":[]`, "tags", nil},
		{`"item_type":"Book"`, "itemType", "book"},
	} {
		l, cl := writable(t, ConfirmNever)
		key := itemKey(t, l, librarytest.TitleEngine)
		cl.do(t, "update_items", `{"ids":["local/`+key+`"],`+c.arguments+`}`)
		if diff := cmp.Diff(c.want, l.Object(library.ItemObject, key).Data[c.field]); diff != "" {
			t.Errorf("%s: %s", c.arguments, diff)
		}
	}
}

func TestTrashItems_AndRestore(t *testing.T) {
	l, c := writable(t, "")
	key := itemKey(t, l, librarytest.TitleLight)
	plan := c.do(t, "trash_items", `{"ids":["local/`+key+`"]}`)
	if plan.Status != statusPlanned || plan.Changes[0].After["deleted"] != "true" {
		t.Fatalf("%+v", plan)
	}
	c.apply(t, plan.Plan)
	if l.Object(library.ItemObject, key).Data["deleted"] != true {
		t.Error("not in the trash")
	}
	c.apply(t, c.do(t, "trash_items", `{"ids":["local/`+key+`"],"restore":true}`).Plan)
	if l.Object(library.ItemObject, key).Data["deleted"] != nil {
		t.Error("still in the trash")
	}
}

// denied is a library that can be changed, but not with this caller's key.
type denied struct{ *changetest.Library }

func (d denied) Info(ctx context.Context) (library.Info, error) {
	info, err := d.Library.Info(ctx)
	info.MayWrite = false
	return info, err
}

func TestWritingTools_RespectALibrarysRights(t *testing.T) {
	respectRights(t, memory(library.Local, "Home", librarytest.Works()))
	l := changetest.New(library.Local, librarytest.Works())
	if respectRights(t, denied{l}); l.Writes > 0 {
		t.Errorf("%d writes", l.Writes)
	}
}

func respectRights(t *testing.T, reading library.Reader) {
	t.Helper()
	c := connectTo(t, catalogOf(t, fleet{reading}, Options{Writing: writingOf(t, "")}), nil)
	id := c.idOf(t, librarytest.TitleEngine)
	for tool, arguments := range map[string]string{
		"update_items": `{"ids":["` + id + `"],"add_tags":["x"]}`, "trash_items": `{"ids":["` + id + `"]}`,
		"organize": `{"action":"make_collection","library":"local","name":"x"}`,
	} {
		if text := c.fail(t, tool, arguments, library.Forbidden); !strings.Contains(text, "local") {
			t.Errorf("%s: %s", tool, text)
		}
	}
}

func TestOrganize_Collections(t *testing.T) {
	l, c := writable(t, "")
	made := c.do(t, "organize", `{"action":"make_collection","library":"local","name":"Reading list"}`)
	if made.Status != statusDone || made.Changes[0].Kind != "collection" {
		t.Fatalf("%+v", made)
	}
	page, err := l.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one, two := page.Items[0], page.Items[1]
	for _, o := range page.Items {
		l.Put(library.Object{Kind: library.CollectionObject, Key: o.Key, Data: library.Data{"name": o.Name}})
	}
	for _, in := range []struct {
		arguments, field string
		want             any
	}{
		{`"action":"rename_collection","name":"Other"`, "name", "Other"},
		{`"action":"move_collection","parent":"` + two.Key + `"`, "parentCollection", two.Key},
		{`"action":"move_collection","parent":"/"`, "parentCollection", nil},
		{`"action":"trash_collection"`, "deleted", true},
		{`"action":"restore_collection"`, "deleted", nil},
	} {
		plan := c.do(t, "organize", `{"library":"local","collection":"`+one.Key+`",`+in.arguments+`}`)
		if plan.Status != statusPlanned {
			t.Errorf("%s: %+v", in.arguments, plan)
		}
		c.apply(t, plan.Plan)
		if got := l.Object(library.CollectionObject, one.Key).Data[in.field]; got != in.want {
			t.Errorf("%s: %v", in.arguments, got)
		}
	}
	c.fail(t, "organize", `{"action":"make_collection","library":"local","name":"`+one.Name+`"}`, library.Conflict)
	for _, arguments := range []string{`"action":"make_collection"`, `"action":"rename_collection","name":"x"`, `"action":"rename_tags","tags":["a"]`, `"action":"remove_tags"`, `"action":"move_collection","collection":"` + one.Key + `"`} {
		c.fail(t, "organize", `{"library":"local",`+arguments+`}`, library.Invalid)
	}
}

// TestOrganize_RenamesATagOnAThousandWorks holds that no call is made for each work.
func TestOrganize_RenamesATagOnAThousandWorks(t *testing.T) {
	works := make([]librarytest.Work, 1_000)
	for i := range works {
		works[i].Item = library.Item{Type: "book", Fields: map[string]string{"title": fmt.Sprint("Book ", i)}, Tags: []string{"old", "kept"}}
		works[i].Item.Notes = []library.Note{{Text: "n", Tags: []string{"other"}}}
	}
	l := changetest.New(library.Local, works)
	for i, key := range l.Keys() { // more than New asks for
		l.Put(library.Object{Kind: library.ItemObject, Key: key, Version: int64(i + 1), Data: library.Data{
			"itemType": "book", "tags": []any{newTag("old"), newTag("kept")}}})
	}
	c := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, "")}), nil)
	plan := c.do(t, "organize", `{"action":"rename_tags","library":"local","tags":["old"],"name":"new"}`)
	if plan.Total != 1_000 || len(plan.Changes) >= 1_000 || !strings.Contains(strings.Join(plan.Notices, " "), "not shown") {
		t.Fatalf("%d changes of %d, %q", len(plan.Changes), plan.Total, plan.Notices)
	}
	out := c.apply(t, plan.Plan)
	if out.Status != statusDone || l.Writes != 20 || l.Reads != 0 {
		t.Errorf("%s, %d writes, %d reads: %q", out.Status, l.Writes, l.Reads, out.Notices)
	}
	for _, key := range l.Keys() {
		if got := entryTexts(l.Object(library.ItemObject, key).Data["tags"]); !slices.Equal(got, []string{"kept", "new"}) {
			t.Fatalf("%s: %q", key, got)
		}
	}
}

// TestInstructions_SpeakOfWritingWhereToolsWrite compares the two catalogues.
func TestInstructions_SpeakOfWritingWhereToolsWrite(t *testing.T) {
	writes, reads := catalogOf(t, one(), Options{Writing: writingOf(t, "")}).ServerOptions().Instructions, catalogOf(t, one(), Options{}).ServerOptions().Instructions
	if !strings.Contains(writes, "apply_changes") || strings.Contains(reads, "apply_changes") || len(writes) > 2_000 {
		t.Errorf("%d bytes: %s", len(writes), writes)
	}
}

// TestWritingTools_AreFitForEveryClient holds hints, names and budgets of the tools
// that write.
func TestWritingTools_AreFitForEveryClient(t *testing.T) {
	c := catalogOf(t, one(), Options{Writing: writingOf(t, "")})
	var total int
	for i, d := range c.Definitions() {
		wire := compact(t, c.tools[i].wire)
		total += len(wire)
		if d.Hints.ReadOnly {
			continue
		}
		golden(t, "tools/"+d.Name+".json", indented(t, c.tools[i].wire))
		limit := 1_500
		if d.Name == "update_items" || d.Name == "organize" {
			limit = 1_600
		}
		if len(wire) > limit {
			t.Errorf("%s takes %d bytes", d.Name, len(wire))
		}
		t.Logf("%s: %d bytes", d.Name, len(wire))
		if d.Hints.Destructive != (d.Name == "apply_changes" || d.Name == "undo_changes") || d.Hints.OpenWorld != (d.Name == "add_items") || d.Complete {
			t.Errorf("%s: %+v", d.Name, d.Hints)
		}
		if n := len(d.Description); n < 80 || n > 1_000 || !strings.Contains(d.Description, "Use it") || !strings.Contains(d.Description, "Not ") {
			t.Errorf("%s: %s", d.Name, d.Description)
		}
	}
	if total > 30_000 {
		t.Errorf("the tools take %d bytes", total)
	}
	for _, d := range catalogOf(t, one(), Options{Writing: writingOf(t, ConfirmNever)}).Definitions() {
		if !d.Hints.ReadOnly && !d.Hints.Destructive {
			t.Errorf("%s overwrites without a plan and is not called destructive", d.Name)
		}
	}
	if !c.Writes() || catalogOf(t, one(), Options{}).Writes() {
		t.Error("Writes is wrong")
	}
}

func compact(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
