package tool

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// web has files by their addresses, and counts what is fetched.
type web struct {
	files   map[string]string
	fetched []string
}

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.fetched = append(w.fetched, r.URL.String())
	content, ok := w.files[r.URL.String()]
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(content)), Request: r}
	if !ok {
		res.StatusCode = http.StatusNotFound
	}
	return res, nil
}

// Addresses of files.
const (
	goodPDF  = "https://files.example/good.pdf"
	otherPDF = "https://files.example/other.pdf"
	landing  = "https://files.example/landing"
	nowhere  = "https://files.example/none"
)

// storing returns a library that keeps files, the web, and a client of the tools.
func storing(t *testing.T, confirm Confirm, works ...resolvetest.Work) (*filed, *web, *client) {
	t.Helper()
	return storingIn(t, changetest.New(library.Local, librarytest.Works()), confirm, works...)
}

func storingIn(t *testing.T, in *changetest.Library, confirm Confirm, works ...resolvetest.Work) (*filed, *web, *client) {
	t.Helper()
	return storingWith(t, in, Options{Writing: writingOf(t, confirm)}, works...)
}

// storingWith is storingIn with options of the tools.
func storingWith(t *testing.T, in *changetest.Library, o Options, works ...resolvetest.Work) (*filed, *web, *client) {
	t.Helper()
	l := &filed{Library: in, files: map[string][]byte{}}
	on := &web{files: map[string]string{goodPDF: "%PDF-1.7 good", otherPDF: "%PDF-1.7 other", landing: "<title>About it</title>"}}
	r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: resolvetest.New(t, works...).URL, Pages: on})
	if err != nil {
		t.Fatal(err)
	}
	o.Registries = r
	return l, on, connectTo(t, catalogOf(t, fleet{l}, o), nil)
}

// book adds a work by its title with a file.
func book(title, pdf string) string {
	return fmt.Sprintf(`{"item_type":"book","fields":{"title":%q},"pdf":%q}`, title, pdf)
}

// files returns the attachments with a file that an answer says were made.
func (l *filed) stored(t *testing.T, out writeOutput) (all []library.Object) {
	t.Helper()
	for _, line := range out.Changes {
		id, err := library.ParseItemID(line.ID)
		if err != nil {
			t.Fatal(err)
		}
		if o := l.Object(library.ItemObject, id.Key); o.Data["itemType"] == "attachment" && o.Data["md5"] != nil {
			all = append(all, o)
		}
	}
	return all
}

func TestAddItems_StoresThePDFOfAURL(t *testing.T) {
	l, on, c := storing(t, "")
	out := c.do(t, "add_items", book("Raum, Zeit: Materie/2", goodPDF))
	files := l.stored(t, out)
	if out.Status != statusDone || out.Title != "Add 1 work and 1 PDF file" || len(files) != 1 || out.Total != 2 || len(on.fetched) != 1 {
		t.Fatalf("%+v\n%+v", out, files)
	}
	d := files[0].Data
	if string(l.files[files[0].Key]) != "%PDF-1.7 good" || l.names[0] != "Raum, Zeit Materie2.pdf" || d["filename"] != l.names[0] ||
		d["contentType"] != "application/pdf" || d["url"] != goodPDF || d["linkMode"] != "imported_url" || "local/"+d["parentItem"].(string) != out.Changes[0].ID {
		t.Errorf("%v: %q", d, l.names)
	}
	back := c.do(t, "undo_changes", fmt.Sprintf(`{"receipt":%q}`, out.Receipt))
	if back.Status != statusDone || l.Object(library.ItemObject, files[0].Key).Data["deleted"] != true {
		t.Errorf("%+v", back)
	}
}

// TestAddItems_StoresOpenPDFs takes the open-access files that registries name.
func TestAddItems_StoresOpenPDFs(t *testing.T) {
	works, text := dois(3)
	works[0].OpenAlexPDF, works[1].EuropePMCPDFs = goodPDF, map[string]string{"OA": otherPDF}
	l, _, c := storing(t, "", works...)
	out := c.do(t, "add_items", fmt.Sprintf(`{"works":%q,"pdf":"open"}`, text))
	said := strings.Join(out.Notices, "\n")
	if out.Status != statusDone || out.Title != "Add 3 works and 2 PDF files" || len(l.stored(t, out)) != 2 || !strings.Contains(said, "no open-access PDF file is known of 1 work;") {
		t.Errorf("%+v", out)
	}
	if out := c.do(t, "add_items", `{"works":"@book{weyl, title={Raum}, author={Weyl, Hermann}, year=1918}","pdf":"open"}`); out.Total != 1 || !strings.Contains(strings.Join(out.Notices, "\n"), "of DOIs, PubMed and arXiv IDs alone") {
		t.Errorf("%+v", out)
	}
}

// TestAddItems_AddsWithoutAFile can't fetch the file: the work is added, and no
// attachment.
func TestAddItems_AddsWithoutAFile(t *testing.T) {
	for address, says := range map[string]string{landing: "no PDF file", nowhere: "The page or file does not exist"} {
		l, _, c := storing(t, "")
		out := c.do(t, "add_items", book("Raum", address))
		if said := strings.Join(out.Notices, "\n"); out.Status != statusPartly || out.Total != 1 || out.Title != "Add 1 work" || l.attached != 0 || out.Plan != "" || !strings.Contains(said, "PDF file of "+out.Changes[0].ID+" is not added") || !strings.Contains(said, says) {
			t.Errorf("%s: %+v", address, out)
		}
	}
}

// TestAddItems_TellsOfAFileWhenItStops can't fetch the file, and the run is cut off: the
// plan that does the rest has no attachment, so the answer has to name the file.
func TestAddItems_TellsOfAFileWhenItStops(t *testing.T) {
	l, _, c := storing(t, "")
	l.After = func(_ int, o []library.Outcome) ([]library.Outcome, error) {
		for i := range o {
			o[i] = library.Outcome{Status: library.EditUnknown, Err: library.Errorf(library.Unavailable, "reset")}
		}
		return o, nil
	}
	out := c.do(t, "add_items", book("Raum", nowhere))
	if said := strings.Join(out.Notices, "\n"); out.Status != statusStopped || out.Plan == "" || !strings.Contains(said, "is not added: The page or file does not exist") {
		t.Errorf("%+v", out)
	}
}

// TestAddItems_StoresTheFileAfterALostAnswer has the answer lost in which the attachment
// was made: the plan that does the rest finds it there, and stores its file.
func TestAddItems_StoresTheFileAfterALostAnswer(t *testing.T) {
	l, _, c := storing(t, "")
	l.After = func(_ int, o []library.Outcome) ([]library.Outcome, error) {
		for i := range o {
			o[i] = library.Outcome{Status: library.EditUnknown, Err: library.Errorf(library.Unavailable, "reset")}
		}
		return o, nil
	}
	out := c.do(t, "add_items", book("Raum", goodPDF))
	if out.Status != statusStopped || l.attached != 0 {
		t.Fatalf("%d files: %+v", l.attached, out)
	}
	l.After = nil
	if out = c.apply(t, out.Plan); out.Status != statusDone || len(l.stored(t, out)) != 1 {
		t.Errorf("%+v", out)
	}
}

// TestAddItems_StoresFilesOfHeldWorks gives files of a work that the library has.
func TestAddItems_StoresFilesOfHeldWorks(t *testing.T) {
	l, _, c := storingIn(t, changetest.New(library.Local, []librarytest.Work{{Item: library.Item{
		Type: "book", Fields: map[string]string{"title": "Raum", "DOI": "10.5555/raum"}, Attachments: []library.Attachment{{Title: "Scan", ContentType: "application/pdf"}},
	}}}), "", resolvetest.Work{DOI: "10.5555/raum", Title: "Raum", Year: 1918})
	page, err := l.Items(t.Context(), []string{itemKey(t, l.Library, "Raum")})
	if err != nil || len(page.Items[0].Attachments) == 0 {
		t.Fatal(page.Items, err)
	}
	held, file := page.Items[0].ID, page.Items[0].Attachments[0].Key
	call := fmt.Sprintf(`{"works":"10.5555/raum","pdf":%q}`, goodPDF)
	out := c.do(t, "add_items", call)
	if files := l.stored(t, out); out.Status != statusDone || out.Title != "Add 1 PDF file" || len(files) != 1 || files[0].Data["parentItem"] != held.Key {
		t.Errorf("%+v", out)
	}
	o := l.Object(library.ItemObject, file)
	o.Data["md5"] = l.stored(t, out)[0].Data["md5"]
	l.Put(library.Object{Kind: o.Kind, Key: file, Data: o.Data})
	for key, want := range map[string]string{file: "", "NEW99999": "local/" + file} { // a plan that is carried out again finds its own file
		e := change.Make(library.ItemObject, key, library.Data{"parentItem": held.Key})
		if has, err := sameFile(t.Context(), l, &change.Plan{Library: library.Local}, e, []byte("%PDF-1.7 good")); has != want || err != nil {
			t.Errorf("%s: %q, %v", key, has, err)
		}
	}
	writes := l.Writes
	if text := c.fail(t, "add_items", call, library.Conflict); !strings.Contains(text, held.String()+" has this file already: local/"+file) || l.Writes != writes {
		t.Errorf("%d writes: %s", l.Writes-writes, text)
	}
}

// TestAddItems_KnowsTheAddressOfAFile gives the address of an attachment.
func TestAddItems_KnowsTheAddressOfAFile(t *testing.T) {
	l, on, _ := storing(t, "")
	it := &library.Item{ID: library.ItemID{Library: library.Local, Key: "AAAA2222"}, Attachments: []library.Attachment{{Key: "BBBB2222", URL: goodPDF}}, Fields: map[string]string{"title": "A"}}
	edits, said := attachments(time.Now(), l, nil, []holder{{addition{pdf: goodPDF, item: it}, it}, {addition{pdf: otherPDF, item: it}, it}, {addition{item: it}, it}})
	if len(edits) != 1 || edits[0].After["url"] != otherPDF || len(said) != 1 || !strings.Contains(said[0], it.ID.String()) || len(on.fetched) > 0 {
		t.Errorf("%+v, %q", edits, said)
	}
}

// TestAddItems_CompletesFilesByItsPlan has files refused after their attachments are
// made: the plan of the answer stores them.
func TestAddItems_CompletesFilesByItsPlan(t *testing.T) {
	for _, err := range []*library.Error{
		library.Errorf(library.TooLarge, "the storage of 300 MB at Zotero is full"), library.Errorf(library.Forbidden, "the key may not store files in this library"),
		library.Errorf(library.RateLimited, "too many files wait"), library.Errorf(library.Unavailable, "no answer"),
	} {
		l, on, c := storing(t, "")
		l.err = err
		out := c.do(t, "add_items", book("Raum", goodPDF))
		if said := strings.Join(out.Notices, "\n"); out.Status != statusPartly || out.Plan == "" || out.Receipt == "" || !strings.Contains(said, "is not stored: T"+err.Message[1:]) && !strings.Contains(said, err.Message[1:]) || !strings.Contains(said, "apply_changes") {
			t.Errorf("%s: %+v", err.Code, out)
		}
		writes := l.Writes
		l.err = nil
		again := c.apply(t, out.Plan)
		if again.Status != statusDone || len(l.stored(t, again)) != 1 || l.Writes != writes || again.Receipt != out.Receipt || len(on.fetched) != 2 {
			t.Errorf("%s: %d writes, %+v", err.Code, l.Writes-writes, again)
		}
	}
}

func TestAddItems_FetchesWhenAPlanIsApplied(t *testing.T) {
	l, on, c := storing(t, ConfirmAlways)
	plan := c.do(t, "add_items", book("Raum", goodPDF))
	if plan.Status != statusPlanned || plan.Total != 2 || len(on.fetched) > 0 || l.Writes > 0 {
		t.Fatalf("%+v, fetched %q", plan, on.fetched)
	}
	if out := c.apply(t, plan.Plan); out.Status != statusDone || len(l.stored(t, out)) != 1 {
		t.Errorf("%+v", out)
	}
}

// TestAddItems_BoundsFiles gives more files, and larger ones, than a call stores.
func TestAddItems_BoundsFiles(t *testing.T) {
	works, text := dois(maxFiles + 2)
	for i := range works {
		works[i].OpenAlexPDF = goodPDF
		works[i].EuropePMCPDFs = map[string]string{"OA": fmt.Sprintf("%s?%d", goodPDF, i)}
	}
	l, on, c := storing(t, "", works...)
	for i := range works {
		on.files[fmt.Sprintf("%s?%d", goodPDF, i)] = "%PDF-" + fmt.Sprint(i)
	}
	out := c.do(t, "add_items", fmt.Sprintf(`{"works":%q,"pdf":"open"}`, text))
	if l.attached != 10 || len(on.fetched) != 10 || !strings.Contains(strings.Join(out.Notices, "\n"), "at most 10 PDF files, so 2 more are left out") || out.Status != statusDone {
		t.Errorf("%d files of %d: %+v", l.attached, len(on.fetched), out.Notices)
	}
	big := "%PDF-" + strings.Repeat("x", 30<<20)
	works, text = dois(3)
	works[0].OpenAlexPDF, works[1].OpenAlexPDF, works[2].OpenAlexPDF = goodPDF, otherPDF, landing
	l, on, c = storing(t, "", works...)
	on.files[goodPDF], on.files[otherPDF], on.files[landing] = big, big, "%PDF-small"
	out = c.do(t, "add_items", fmt.Sprintf(`{"works":%q,"pdf":"open"}`, text))
	if l.attached != 2 || out.Status != statusPartly || !strings.Contains(strings.Join(out.Notices, "\n"), "more than 50 MB together") {
		t.Errorf("%d files: %+v", l.attached, out.Notices)
	}
}

func TestAddItems_RefusesFiles(t *testing.T) {
	l, on, c := storing(t, "")
	for arguments, says := range map[string]string{
		`{"works":"@book{a, title={A}} @book{b, title={B}}","pdf":"` + goodPDF + `"}`: "2 works are given",
		book("Raum", "closed"):                "neither",
		book("Raum", "file:///etc/passwd"):    "neither",
		book("Raum", "https:///a.pdf"):        "neither",
		book("Raum", "ftp://files.example/a"): "neither",
	} {
		if text := c.fail(t, "add_items", arguments, library.Invalid); !strings.Contains(text, says) {
			t.Errorf("%s: %s", arguments, text)
		}
	}
	if len(on.fetched) > 0 || l.Writes > 0 {
		t.Errorf("fetched %q, %d writes", on.fetched, l.Writes)
	}
	fileless := connectTo(t, catalogOf(t, fleet{l.Library}, Options{Writing: writingOf(t, "")}), nil)
	if text := fileless.fail(t, "add_items", book("Raum", goodPDF), library.Invalid); !strings.Contains(text, "stores no files") {
		t.Error(text)
	}
	offline := connectTo(t, catalogOf(t, fleet{l}, Options{Writing: writingOf(t, "")}), nil)
	if text := offline.fail(t, "add_items", book("Raum", "open"), library.Forbidden); !strings.Contains(text, "STACKROOM_WEB_PAGES") || l.Writes > 0 {
		t.Error(text)
	}
}

func TestPDFName(t *testing.T) {
	for title, want := range map[string]string{
		"../../etc/passwd": "etcpasswd.pdf", "A: b? <c>": "A b c.pdf", "…": "file.pdf", "": "file.pdf", "数学 é": "数学 é.pdf", strings.Repeat("x", 200): strings.Repeat("x", 80) + ".pdf",
	} {
		if got := pdfName(title); got != want {
			t.Errorf("%q: %q", title, got)
		}
	}
	if !slices.Equal([]int{maxFiles, maxFileBytes >> 20, maxStoring}, []int{10, 50, 2}) {
		t.Error("the bounds of docs/writing.md")
	}
}
