package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// keeps is a library that says that it keeps files, and whose works have the attachments
// that calls made.
type keeps struct{ *filed }

// Attach takes a moment, in which another call would not see the file.
func (l keeps) Attach(ctx context.Context, key string, f library.File) error {
	time.Sleep(5 * time.Millisecond)
	return l.filed.Attach(ctx, key, f)
}

func (l keeps) Items(ctx context.Context, keys []string) (library.Page[*library.Item], error) {
	page, err := l.filed.Items(ctx, keys)
	if err != nil {
		return page, err
	}
	for i, it := range page.Items {
		work := *it
		for n := 1; ; n++ {
			o := l.Object(library.ItemObject, fmt.Sprintf("NEW%05d", n))
			if o.Data == nil {
				break
			}
			if o.Data["parentItem"] == it.ID.Key {
				work.Attachments = append(slices.Clip(work.Attachments), library.Attachment{Key: o.Key})
			}
		}
		page.Items[i] = &work
	}
	return page, nil
}

func (l keeps) Info(ctx context.Context) (library.Info, error) {
	info, err := l.filed.Info(ctx)
	info.StoresFiles = true
	return info, err
}

// giving returns a library with works that keeps files, and the tools behind pages.
func giving(t *testing.T) (*filed, *Catalog) {
	t.Helper()
	l := &filed{Library: changetest.New(library.Local, librarytest.Works()), files: map[string][]byte{}}
	w := writingOf(t, ConfirmAlways)
	w.Client = "the pages"
	return l, catalogOf(t, fleet{keeps{l}}, Options{Writing: w, Receipts: true, Pages: "https://library.example.org/works"})
}

// give adds a file to a work and returns the answer.
func give(t *testing.T, c *Catalog, id, content string) (out writeOutput, err error) {
	t.Helper()
	raw, err := c.AddFile(t.Context(), id, []byte(content))
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

func TestAddFile_LeavesWhatAddItemsLeaves(t *testing.T) {
	l, c := giving(t)
	work := "local/" + itemKey(t, l.Library, librarytest.TitleEngine)
	out, err := give(t, c, work, "%PDF-1.7 given")
	if err != nil || out.Status != statusDone || out.Title != "Add 1 PDF file" || out.Plan != "" || out.Receipt == "" || out.Total != 1 || len(out.Notices) > 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	files := l.stored(t, out)
	if len(files) != 1 {
		t.Fatalf("%+v", out)
	}
	d := files[0].Data
	if string(l.files[files[0].Key]) != "%PDF-1.7 given" || d["linkMode"] != "imported_file" || d["contentType"] != "application/pdf" || "local/"+d["parentItem"].(string) != work ||
		d["title"] != "PDF" || d["filename"] != pdfName(librarytest.TitleEngine) || l.names[0] != d["filename"] || d["url"] != nil {
		t.Errorf("%v, %q", d, l.names)
	}
	var receipt struct{ Tool, Client, Title string }
	raw, err := c.Call(t.Context(), "show_receipt", json.RawMessage(fmt.Sprintf(`{"receipt":%q}`, out.Receipt)))
	if err != nil || json.Unmarshal(raw, &receipt) != nil || receipt.Tool != "add_items" || receipt.Client != "the pages" || receipt.Title != "Add 1 PDF file" {
		t.Errorf("%s, %v", raw, err)
	}
}

// TestAddFile_RefusesBeforeItWrites gives what can't be added.
func TestAddFile_RefusesBeforeItWrites(t *testing.T) {
	l, c := giving(t)
	engine := itemKey(t, l.Library, librarytest.TitleEngine)
	fileless := catalogOf(t, fleet{l.Library}, Options{Writing: writingOf(t, "")})
	reading := catalogOf(t, fleet{keeps{l}}, Options{})
	for promise, got := range map[string]struct {
		catalog     *Catalog
		id, content string
		code        library.Code
		says        string
	}{
		"no PDF":           {c, "local/" + engine, "<html>%PDF-", library.Invalid, "no PDF file"},
		"nothing":          {c, "local/" + engine, "", library.Invalid, "no PDF file"},
		"no ID":            {c, engine, "%PDF-1", library.Invalid, "not an item ID"},
		"another library":  {c, "group:9/" + engine, "%PDF-1", library.NotFound, "no such library"},
		"no work":          {c, "local/ZZZZ9999", "%PDF-1", library.NotFound, "no such work"},
		"a note":           {c, "local/" + librarytest.Key("NTE", 0), "%PDF-1", library.Invalid, "a note or a file"},
		"it keeps none":    {fileless, "local/" + engine, "%PDF-1", library.Invalid, "stores no files"},
		"a reading server": {reading, "local/" + engine, "%PDF-1", library.Forbidden, "changes no libraries"},
	} {
		if _, err := give(t, got.catalog, got.id, got.content); library.CodeOf(err) != got.code || !strings.Contains(err.Error(), got.says) {
			t.Errorf("%s: %v", promise, err)
		}
	}
	if l.Writes > 0 || l.attached > 0 {
		t.Errorf("%d writes, %d files", l.Writes, l.attached)
	}
}

// TestAddFile_AtTheSameTimeAddsOnce sends a form several times at once.
func TestAddFile_AtTheSameTimeAddsOnce(t *testing.T) {
	l, c := giving(t)
	work := "local/" + itemKey(t, l.Library, librarytest.TitleEngine)
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { _, errs[i] = give(t, c, work, "%PDF-1.7 once") })
	}
	group.Wait()
	added := 0
	for _, err := range errs {
		if err == nil {
			added++
		} else if library.CodeOf(err) != library.Conflict || !strings.Contains(err.Error(), "has this file already") {
			t.Error(err)
		}
	}
	if added != 1 || l.attached != 1 || len(c.adding.held) != 0 {
		t.Errorf("%d added, %d stored, %d names held", added, l.attached, len(c.adding.held))
	}
}

func TestExclusive_WaitsAtMostForItsContext(t *testing.T) {
	var x exclusive
	unlock, err := x.lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.lock(ended, "a"); err == nil {
		t.Error("two calls have one name")
	}
	other, err := x.lock(ended, "b")
	if err != nil {
		t.Errorf("another name: %v", err)
	}
	other()
	unlock()
	if unlock, err = x.lock(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	unlock()
}

// TestAddFile_SaysWhatIsMissing has the file refused after its attachment is made. No
// plan can store it, since the file is with the person.
func TestAddFile_SaysWhatIsMissing(t *testing.T) {
	l, c := giving(t)
	l.err = library.Errorf(library.TooLarge, "the storage of 300 MB at Zotero is full")
	out, err := give(t, c, "local/"+itemKey(t, l.Library, librarytest.TitleEngine), "%PDF-1.7 given")
	if said := strings.Join(out.Notices, "\n"); err != nil || out.Status != statusPartly || out.Plan != "" || out.Receipt == "" || !strings.Contains(said, "300 MB at Zotero is full") || !strings.Contains(said, "take this receipt back") || strings.Contains(said, "apply_changes") {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestFileRights(t *testing.T) {
	l, c := giving(t)
	for promise, got := range map[string]struct {
		catalog *Catalog
		want    FileRights
	}{
		"it keeps files":   {c, FileRights{true, true}},
		"it keeps none":    {catalogOf(t, fleet{l.Library}, Options{Writing: writingOf(t, "")}), FileRights{}},
		"a reading server": {catalogOf(t, fleet{keeps{l}}, Options{}), FileRights{}},
		"a reading caller": {catalogOf(t, fleet{readsFiles{keeps{l}}}, Options{Writing: writingOf(t, "")}), FileRights{Stored: true}},
	} {
		if rights, err := got.catalog.FileRights(t.Context(), library.Local); err != nil || rights != got.want {
			t.Errorf("%s: %+v, %v", promise, rights, err)
		}
	}
	if _, err := c.FileRights(t.Context(), "group:9"); library.CodeOf(err) != library.NotFound {
		t.Errorf("another library: %v", err)
	}
}

// readsFiles is a library that its caller may only read.
type readsFiles struct{ keeps }

func (l readsFiles) Info(ctx context.Context) (library.Info, error) {
	info, err := l.keeps.Info(ctx)
	info.MayWrite = false
	return info, err
}

// TestAddItems_NamesThePageForAFile says where a person can add what could not be fetched,
// on a server with pages.
func TestAddItems_NamesThePageForAFile(t *testing.T) {
	works, text := dois(2)
	for pages, want := range map[string]string{"https://library.example.org/works": " The user can add a file on the work's page: https://library.example.org/works/", "": ""} {
		_, _, c := storingWith(t, changetest.New(library.Local, librarytest.Works()), Options{Writing: writingOf(t, ""), Pages: pages}, works...)
		for call, says := range map[string]string{book("Raum", nowhere): "is not added", fmt.Sprintf(`{"works":%q,"pdf":"open"}`, text): "no open-access PDF file is known of 2 works; "} {
			out := c.do(t, "add_items", call)
			said := strings.Join(out.Notices, "\n")
			if !strings.Contains(said, says) || want != "" && !strings.Contains(said, want+out.Changes[0].ID) || strings.Contains(said, "The user can") != (want != "") {
				t.Errorf("pages %q: %s", pages, said)
			}
		}
	}
}

// TestAddItems_NamesThePageOfAHeldWork asks for the open file of a work that the library
// has, of which none is known.
func TestAddItems_NamesThePageOfAHeldWork(t *testing.T) {
	held := librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{"title": "Raum", "DOI": "10.5555/raum"}}}
	l, _, c := storingWith(t, changetest.New(library.Local, []librarytest.Work{held}), Options{Writing: writingOf(t, ""), Pages: "https://a.example/works"}, resolvetest.Work{DOI: "10.5555/raum", Title: "Raum", Year: 1918})
	if text := c.fail(t, "add_items", `{"works":"10.5555/raum","pdf":"open"}`, library.Conflict); !strings.Contains(text, "known of 1 work;") || !strings.Contains(text, "page: https://a.example/works/local/"+itemKey(t, l.Library, "Raum")) {
		t.Error(text)
	}
}
