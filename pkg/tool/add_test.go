package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// adder returns a library that can be changed, and a client of its tools whose
// registries are a stand-in with these works.
func adder(t *testing.T, works ...resolvetest.Work) (*changetest.Library, *resolvetest.Registry, *client) {
	t.Helper()
	registry := resolvetest.New(t, works...)
	r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: registry.URL})
	if err != nil {
		t.Fatal(err)
	}
	l := changetest.New(library.Local, librarytest.Works())
	return l, registry, connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, ""), Registries: r}), nil)
}

// made returns the data of the objects that an answer says were made.
func made(t *testing.T, l *changetest.Library, out writeOutput) []library.Data {
	t.Helper()
	var all []library.Data
	for _, line := range out.Changes {
		id, err := library.ParseItemID(line.ID)
		if err != nil || line.Outcome != "done" {
			t.Fatalf("%+v", line)
		}
		all = append(all, l.Object(library.ItemObject, id.Key).Data)
	}
	return all
}

// dois returns works with DOIs.
func dois(n int) (works []resolvetest.Work, text string) {
	var b strings.Builder
	for i := range n {
		doi := fmt.Sprintf("10.5555/added.%d", i)
		works = append(works, resolvetest.Work{DOI: doi, Title: fmt.Sprintf("Added work number %d", i), Authors: []string{"Noether, Emmy"}, Year: 1918, Journal: "Annals", Volume: "3", Pages: "1-9"})
		fmt.Fprintf(&b, "https://doi.org/%s\n", doi)
	}
	return works, b.String()
}

// TestAddItems_AsksRegistries adds 200 DOIs with at most ten calls of Crossref.
func TestAddItems_AsksRegistries(t *testing.T) {
	works, text := dois(200)
	l, registry, c := adder(t, works...)
	out := c.do(t, "add_items", fmt.Sprintf(`{"works":%q,"tags":["new"]}`, text))
	if out.Status != statusDone || out.Total != 200 || out.Receipt == "" {
		t.Errorf("%s, %d works, receipt %q: %q", out.Status, out.Total, out.Receipt, out.Notices)
	}
	if n := len(registry.Calls("crossref")); n < 1 || n > 10 {
		t.Errorf("%d calls of Crossref", n)
	}
	data := made(t, l, out)[0]
	if data["itemType"] != "journalArticle" || data["title"] != "Added work number 0" || data["DOI"] != "10.5555/added.0" || data["volume"] != "3" ||
		fmt.Sprint(data["creators"]) != "[map[creatorType:author firstName:Emmy lastName:Noether]]" || fmt.Sprint(data["tags"]) != "[map[tag:new]]" {
		t.Errorf("%v", data)
	}
	back := c.do(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, out.Receipt))
	if back.Status != statusDone || back.Total != 200 {
		t.Errorf("taking it back: %s of %d", back.Status, back.Total)
	}
}

// TestAddItems_NamesWhatIsThere gives a DOI that the library has, one that no registry
// has, one twice and a new one.
func TestAddItems_NamesWhatIsThere(t *testing.T) {
	works, _ := dois(1)
	works = append(works, resolvetest.Work{DOI: "10.5555/engine.1843", Title: librarytest.TitleEngine, Authors: []string{"Menabrea, Luigi"}, Year: 1843})
	l, _, c := adder(t, works...)
	held := "local/" + itemKey(t, l, librarytest.TitleEngine)
	out := c.do(t, "add_items", `{"works":"10.5555/engine.1843 10.5555/none doi:10.5555/ADDED.0 10.5555/added.0"}`)
	if out.Status != statusDone || out.Total != 1 {
		t.Errorf("%s of %d: %q", out.Status, out.Total, out.Notices)
	}
	said := strings.Join(out.Notices, "\n")
	for _, want := range []string{"the library has these already: " + held, "no registry that answered has doi:10.5555/none"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %q", want, said)
		}
	}
	if text := c.fail(t, "add_items", `{"works":"10.5555/engine.1843"}`, library.Conflict); !strings.Contains(text, held) {
		t.Errorf("%s", text)
	}
}

// TestAddItems_Bibliography adds the entries of a bibliography with what Zotero has no
// field for, and its notes below them.
func TestAddItems_Bibliography(t *testing.T) {
	l, _, c := adder(t)
	out := c.do(t, "add_items", fmt.Sprintf(`{"works":%q}`, `@article{noether1918, author={Noether, Emmy}, title={Invariante Variationsprobleme}, journal={Nachrichten}, year=1918, keywords={symmetry}, note={Read twice}, shelf={B 12}}
@book{weyl, author={{Institute for Advanced Study}}, title={Raum, Zeit, Materie}, year=1918, publisher={Springer}, editor={Noether, Emmy}}
@book{twice, title={Space}, author={Weyl, Hermann}, year=1922, doi={10.5555/raum}}
@book{thrice, title={Space}, author={Weyl, Hermann}, year=1922, doi={10.5555/RAUM}}`))
	if out.Status != statusDone {
		t.Fatalf("%+v", out)
	}
	all := made(t, l, out)
	article := all[0]
	extra := fmt.Sprint(article["extra"])
	if article["title"] != "Invariante Variationsprobleme" || article["publicationTitle"] != "Nachrichten" || !strings.Contains(extra, "Citation Key: noether1918") || !strings.Contains(extra, "B 12") {
		t.Errorf("%v", article)
	}
	at := slices.IndexFunc(all, func(d library.Data) bool { return d["itemType"] == "book" })
	if at < 0 || fmt.Sprint(all[at]["creators"]) != "[map[creatorType:author name:Institute for Advanced Study] map[creatorType:editor firstName:Emmy lastName:Noether]]" {
		t.Errorf("%v", all)
	}
	same := 0
	for _, d := range all {
		if d["title"] == "Space" {
			same++
		}
		if d["itemType"] == "note" && d["parentItem"] == nil {
			t.Errorf("a note stands alone: %v", d)
		}
	}
	if same != 1 {
		t.Errorf("a work was added %d times", same)
	}
}

// unread is a library that is not read whole yet.
type unread struct{ *changetest.Library }

func (u unread) Info(ctx context.Context) (library.Info, error) {
	info, err := u.Library.Info(ctx)
	info.Notice = "7 of 9 works are read"
	return info, err
}

// TestAddItems_SaysWhatItMayHaveMissed adds to a library that is not read whole: a work
// that it has can be missed.
func TestAddItems_SaysWhatItMayHaveMissed(t *testing.T) {
	l := unread{changetest.New(library.Local, librarytest.Works())}
	c := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, "")}), nil)
	out := c.do(t, "add_items", `{"item_type":"book","fields":{"title":"Raum, Zeit, Materie"}}`)
	if said := strings.Join(out.Notices, "\n"); !strings.Contains(said, "library local: 7 of 9 works are read") {
		t.Errorf("%q", said)
	}
}

// TestAddItems_Fields adds a work by its fields.
func TestAddItems_Fields(t *testing.T) {
	l, _, c := adder(t)
	out := c.do(t, "add_items", `{"item_type":"book","fields":{"title":"Raum, Zeit, Materie","publisher":"Springer","date":"1918","creators":["Weyl, Hermann"]}}`)
	data := made(t, l, out)[0]
	if out.Status != statusDone || data["itemType"] != "book" || data["publisher"] != "Springer" || fmt.Sprint(data["creators"]) != "[map[creatorType:author firstName:Hermann lastName:Weyl]]" {
		t.Errorf("%+v: %v", out, data)
	}
}

// TestAddItems_Refuses gives arguments of which nothing is added.
func TestAddItems_Refuses(t *testing.T) {
	l, registry, c := adder(t)
	before := len(l.Keys())
	for arguments, want := range map[string]struct {
		code library.Code
		says string
	}{
		`{}`: {library.Invalid, "o work is given"},
		`{"works":"words without an identifier"}`:                             {library.Invalid, "no DOI"},
		`{"works":"10.5555/none"}`:                                            {library.Conflict, "no registry"},
		`{"fields":{"title":"x"}}`:                                            {library.Invalid, "item_type"},
		`{"item_type":"book","fields":{"publisher":"x"}}`:                     {library.Invalid, "title"},
		`{"item_type":"book","fields":{"title":"x","issue":"1"}}`:             {library.Invalid, "issue"},
		`{"item_type":"book","fields":{"title":"x"},"collections":["none"]}`:  {library.NotFound, "collection"},
		`{"item_type":"book","fields":{"title":"x"},"library":"group:1"}`:     {library.NotFound, "library"},
		`{"works":"` + strings.Repeat("10.5555/a.b ", 1) + `","library":"x"}`: {library.NotFound, "library"},
	} {
		if text := c.fail(t, "add_items", arguments, want.code); !strings.Contains(text, want.says) {
			t.Errorf("%s: %s", arguments, text)
		}
	}
	registry.Fail("crossref", resolvetest.Broken)
	registry.Fail("doiorg", resolvetest.Broken)
	if text := c.fail(t, "add_items", `{"works":"10.5555/other"}`, library.Conflict); !strings.Contains(text, "Crossref did not answer for 1 identifiers") {
		t.Errorf("%s", text)
	}
	_, text := dois(501)
	if said := c.fail(t, "add_items", fmt.Sprintf(`{"works":%q}`, text), library.TooLarge); !strings.Contains(said, "501") {
		t.Errorf("%s", said)
	}
	if n := len(l.Keys()); n != before {
		t.Errorf("%d works, were %d", n, before)
	}
	_, without := writable(t, "")
	if text := without.fail(t, "add_items", `{"works":"10.5555/other"}`, library.Forbidden); !strings.Contains(text, "STACKROOM_RESOLVERS") {
		t.Errorf("%s", text)
	}
}

// TestWriteNote_AddsAndReplaces writes a note, adds to it, and replaces a section by a
// plan.
func TestWriteNote_AddsAndReplaces(t *testing.T) {
	l, c := writable(t, "")
	work := itemKey(t, l, librarytest.TitleEngine)
	out := c.do(t, "write_note", fmt.Sprintf(`{"id":"local/%s","text":"# Summary\n\nFirst **thought**.\n\n# Open\n\nWhy?","tags":["mine"]}`, work))
	id, err := library.ParseItemID(out.Changes[0].ID)
	if err != nil || out.Status != statusDone {
		t.Fatalf("%+v, %v", out, err)
	}
	data := func() library.Data { return l.Object(library.ItemObject, id.Key).Data }
	if d := data(); d["parentItem"] != work || d["note"] != "<h1>Summary</h1>\n<p>First <strong>thought</strong>.</p>\n<h1>Open</h1>\n<p>Why?</p>" || fmt.Sprint(d["tags"]) != "[map[tag:mine]]" {
		t.Errorf("%q", d)
	}
	// The rest of the note stays as it is, with what Zotero puts around it.
	key := noteKey(t, l)
	l.Put(library.Object{Kind: library.ItemObject, Key: key, Version: 1, Data: library.Data{
		"itemType": "note", "parentItem": work, "note": `<div data-schema-version="8"><h1>Summary</h1><p><span data-citation="x">(Ada)</span></p></div>`,
	}})
	whole := func() string { s, _ := l.Object(library.ItemObject, key).Data["note"].(string); return s }
	if out := c.do(t, "write_note", `{"id":"local/`+key+`","text":"More.","tags":["seen"]}`); fmt.Sprint(l.Object(library.ItemObject, key).Data["tags"]) != "[map[tag:seen]]" || out.Status != statusDone || whole() != `<div data-schema-version="8"><h1>Summary</h1><p><span data-citation="x">(Ada)</span></p><p>More.</p></div>` {
		t.Errorf("%+v: %q", out, whole())
	}
	before := whole()
	plan := c.do(t, "write_note", `{"id":"local/`+key+`","text":"Other.","heading":"summary"}`)
	if plan.Status != statusPlanned || whole() != before {
		t.Fatalf("%+v: %q", plan, whole())
	}
	done := c.do(t, "apply_changes", fmt.Sprintf(`{"plan":%q}`, plan.Plan))
	if !strings.Contains(whole(), "Other.") || strings.Contains(whole(), "Ada") {
		t.Errorf("%q", whole())
	}
	if c.do(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, done.Receipt)); whole() != before {
		t.Errorf("%q, was %q", whole(), before)
	}
}

// TestWriteNote_Refuses gives arguments by which nothing is written.
func TestWriteNote_Refuses(t *testing.T) {
	l, c := writable(t, "")
	work := "local/" + itemKey(t, l, librarytest.TitleEngine)
	for arguments, want := range map[string]struct {
		code library.Code
		says string
	}{
		fmt.Sprintf(`{"id":%q,"text":"x","heading":"Open"}`, work):                    {library.Invalid, "heading"},
		fmt.Sprintf(`{"id":%q}`, work):                                                {library.Invalid, "text"},
		`{"id":"local/NONE2345","text":"x"}`:                                          {library.NotFound, "NONE2345"},
		fmt.Sprintf(`{"id":%q,"text":%q}`, work, strings.Repeat("x", maxNoteChars+1)): {library.Invalid, "text"},
	} {
		if text := c.fail(t, "write_note", arguments, want.code); !strings.Contains(text, want.says) {
			t.Errorf("%.100s: %s", arguments, text)
		}
	}
}

// noteKey returns the key of a note.
func noteKey(t *testing.T, l *changetest.Library) string {
	t.Helper()
	page, err := l.Items(t.Context(), l.Keys())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range page.Items {
		if len(it.Notes) > 0 {
			return it.Notes[0].Key
		}
	}
	t.Fatal("no work has a note")
	return ""
}
