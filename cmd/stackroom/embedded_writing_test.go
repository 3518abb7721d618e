package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
)

// TestServe_ChangesTheEmbeddedLibrary files, tidies and trashes works of an imported
// bibliography, and takes each change back.
func TestServe_ChangesTheEmbeddedLibrary(t *testing.T) {
	data := imported(t)
	url, _ := start(t, "STACKROOM_DATA="+data)
	ask := overREST(url)
	id := ask(t, "search", map[string]any{"query": "computable numbers"}).found()[0]
	testTakesWritesBack(t, ask, "local", id, "computable numbers")
	planned := ask(t, "update_items", map[string]any{"ids": []string{id}, "fields": map[string]any{"title": "On uncomputable numbers"}})
	if planned.Status != "planned" {
		t.Fatalf("%.600s", planned.text)
	}
	ask(t, "apply_changes", map[string]any{"plan": planned.Plan})
	if found := ask(t, "search", map[string]any{"query": "uncomputable"}).found(); !slices.Equal(found, []string{id}) {
		t.Errorf("the new title finds %q", found)
	}
}

// TestImport_TellsOfChangesInTheLibrary changes a work and trashes another one, then
// imports their file again, in which the first one has a new title.
func TestImport_TellsOfChangesInTheLibrary(t *testing.T) {
	data, dir := t.TempDir(), bibliography(t)
	file := filepath.Join(dir, "refs.bib")
	runImport := func() string {
		status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", file)
		if status != 0 {
			t.Fatalf("status %d: %s", status, stderr)
		}
		return stdout
	}
	runImport()
	url, _ := start(t, "STACKROOM_DATA="+data, "STACKROOM_CONFIRM=never")
	ask := overREST(url)
	first := func(query string) string { return ask(t, "search", map[string]any{"query": query}).found()[0] }
	changed, trashed := first("computable numbers"), first("TeXbook")
	ask(t, "update_items", map[string]any{"ids": []string{changed}, "fields": map[string]any{"title": "On numbers", "pages": "230-265"}})
	ask(t, "trash_items", map[string]any{"ids": []string{trashed}})
	if err := os.WriteFile(file, []byte(strings.Replace(refs, "On computable numbers", "On computable numbers, with an application", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	said := runImport()
	for _, want := range []string{`"On computable numbers, with an application" was changed in the library; what the source now says has taken the place of: title`, "1 works are in the library's trash"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if a := ask(t, "fetch", map[string]any{"id": changed}); !strings.Contains(a.text, "230-265") || !strings.Contains(a.text, "with an application") {
		t.Errorf("%.900s", a.text)
	}
}

// TestServe_ChangesNothingWithoutTheRight holds that neither a policy without the
// embedded library nor the sample library lets anything be changed.
func TestServe_ChangesNothingWithoutTheRight(t *testing.T) {
	url, _ := start(t, "STACKROOM_DATA="+t.TempDir())
	ask := overREST(url)
	id := ask(t, "search", map[string]any{"query": "engine"}).found()[0]
	if a := ask(t, "update_items", map[string]any{"ids": []string{id}, "add_tags": []string{"x"}}); a.code != "forbidden" {
		t.Errorf("the sample library: %.300s", a.text)
	}
	url, _ = start(t, "STACKROOM_DATA="+imported(t), "STACKROOM_WRITES=none")
	if a := overREST(url)(t, "update_items", map[string]any{"ids": []string{id}, "add_tags": []string{"x"}}); a.code != "not_found" {
		t.Errorf("a policy without writes: %.300s", a.text)
	}
}

// TestServe_TwoProcessesChangeOneLibrary has two servers over one data folder add works
// at the same time. Both see all of them.
func TestServe_TwoProcessesChangeOneLibrary(t *testing.T) {
	data := imported(t)
	var asks []asker
	for range 2 {
		url, _ := start(t, "STACKROOM_DATA="+data)
		asks = append(asks, overREST(url))
	}
	subjects := [][]string{{"Harbours", "Volcanoes", "Looms", "Glaciers", "Violins"}, {"Beekeeping", "Knots", "Porcelain", "Tides", "Mosses"}}
	t.Run("together", func(t *testing.T) {
		for i, ask := range asks {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				for n, subject := range subjects[i] {
					works := fmt.Sprintf("@book{k%d%d, title={%s}, author={%[3]s, A.}, year=1900, abstract={By lantern}}", i, n, subject)
					if a := ask(t, "add_items", map[string]any{"works": works, "tags": []string{"lanterns"}}); a.Status != "done" {
						t.Errorf("%.600s", a.text)
					}
				}
			})
		}
	})
	for i, ask := range asks {
		if found := ask(t, "search", map[string]any{"query": "lantern", "limit": 50}).found(); len(found) != 10 {
			t.Errorf("process %d sees %d works", i, len(found))
		}
	}
}

// testTakesWritesBack changes a library that has a work which the words find.
func testTakesWritesBack(t *testing.T, ask asker, libraryID, id, words string) {
	t.Helper()
	tags := func(tag string) int {
		a := ask(t, "list_tags", map[string]any{"library": libraryID, "prefix": tag})
		i := slices.IndexFunc(a.Tags, func(x struct {
			Tag   string
			Items int
		}) bool {
			return x.Tag == tag
		})
		if i < 0 {
			return 0
		}
		return a.Tags[i].Items
	}
	there := func() bool {
		return slices.Contains(ask(t, "search", map[string]any{"query": words, "library": libraryID}).found(), id)
	}
	change := func(want, tool string, arguments map[string]any) toolAnswer {
		t.Helper()
		a := ask(t, tool, arguments)
		if a.Status != want {
			t.Fatalf("%s is %q, want %q: %.600s", tool, a.Status, want, a.text)
		}
		return a
	}

	added := change("done", "update_items", map[string]any{"ids": []string{id}, "add_tags": []string{"from the assistant"}})
	if n := tags("from the assistant"); n != 1 {
		t.Errorf("the new tag is on %d works", n)
	}
	change("done", "undo_changes", map[string]any{"receipt": added.Receipt})
	if n := tags("from the assistant"); n != 0 {
		t.Errorf("the tag that was taken back is on %d works", n)
	}

	planned := change("planned", "trash_items", map[string]any{"ids": []string{id}})
	if !there() {
		t.Error("a plan has changed something")
	}
	trashed := change("done", "apply_changes", map[string]any{"plan": planned.Plan})
	if there() {
		t.Error("the work is still found")
	}
	again := change("done", "apply_changes", map[string]any{"plan": planned.Plan})
	if again.Receipt != trashed.Receipt {
		t.Errorf("a plan that is carried out twice has receipts %q and %q", trashed.Receipt, again.Receipt)
	}
	change("done", "undo_changes", map[string]any{"receipt": trashed.Receipt})
	if !there() {
		t.Error("the work did not come back")
	}

	made := change("done", "organize", map[string]any{"library": libraryID, "action": "make_collection", "name": "From the assistant"})
	collection := func() bool {
		for _, c := range ask(t, "list_collections", map[string]any{"library": libraryID}).Collections {
			if c.Path == "From the assistant" {
				return true
			}
		}
		return false
	}
	receipt := made.Receipt
	for i, want := range []bool{false, true, false} { // the undo is taken back, too
		receipt = change("done", "undo_changes", map[string]any{"receipt": receipt}).Receipt
		if collection() != want {
			t.Errorf("after %d undos the collection is there: %v", i+1, !want)
		}
	}

	works := "@article{noether, title={Invariante Variationsprobleme}, author={Noether, Emmy}, journal={Nachrichten}, year=1918}\n" +
		"@book{weyl, title={Raum Zeit Materie}, author={Weyl, Hermann}, year=1918, note={Read twice}, shelf={B 12}}"
	items := change("done", "add_items", map[string]any{"works": works, "library": libraryID, "tags": []string{"from the assistant"}})
	if n := tags("from the assistant"); n != 2 {
		t.Errorf("%d works were added", n)
	}
	found := ask(t, "search", map[string]any{"query": "Invariante Variationsprobleme", "library": libraryID}).found()
	if len(found) == 0 {
		t.Fatal("the new work is not found")
	}
	written := change("done", "write_note", map[string]any{"id": found[0], "text": "# Why\n\nSymmetries and **conservation**."})
	if a := ask(t, "fetch", map[string]any{"id": found[0]}); !strings.Contains(a.text, "conservation") {
		t.Errorf("the note is not read: %.600s", a.text)
	}
	change("done", "undo_changes", map[string]any{"receipt": written.Receipt})
	change("done", "undo_changes", map[string]any{"receipt": items.Receipt})
	if n := tags("from the assistant"); n != 0 {
		t.Errorf("%d works are still there", n)
	}
}

// TestServe_AnnotatesFilesOfSources marks words of a PDF file beside an imported
// bibliography, reads the mark back, and takes it away.
func TestServe_AnnotatesFilesOfSources(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: PDFium takes seconds to start")
	}
	data, dir := t.TempDir(), t.TempDir()
	ice := pdftest.File{Pages: []pdftest.Page{{Texts: pdftest.Lines(10, "Of the strength of the ice in win-", "ter we know but little.")}}}.Bytes()
	for name, content := range map[string]string{
		"refs.bib":       "@book{ice, title={The ice of lakes}, author={Noel, Mary}, year={1912}, file={papers/ice.pdf}}\n@book{snow, title={Snow}, file={papers/snow.pdf}}\n",
		"papers/ice.pdf": string(ice),
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", "--no-text", filepath.Join(dir, "refs.bib")); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	// Under the race detector PDFium takes up to a minute to start.
	url, _ := start(t, "STACKROOM_DATA="+data, "STACKROOM_REQUEST_TIMEOUT=290s")
	ask := overREST(url)
	id := ask(t, "search", map[string]any{"query": "ice of lakes"}).found()[0]
	mark := map[string]any{"id": id, "quote": "the ice in winter we know", "comment": "Do we?"}
	made := ask(t, "annotate", mark)
	if made.Status != "done" {
		t.Fatalf("%q: %.900s", made.Status, made.text)
	}
	if again := ask(t, "annotate", mark); again.code != "conflict" {
		t.Errorf("twice: %s %.600s", again.code, again.text)
	}
	if shown := ask(t, "fetch", map[string]any{"id": id}).text; !strings.Contains(shown, "Do we?") || !strings.Contains(shown, "ice.pdf") || strings.Contains(shown, dir) || strings.Contains(shown, "papers/") {
		t.Errorf("fetch shows %.2000s", shown)
	}
	if a := ask(t, "undo_changes", map[string]any{"receipt": made.Receipt}); a.Status != "done" {
		t.Errorf("%q: %.600s", a.Status, a.text)
	}
	if shown := ask(t, "fetch", map[string]any{"id": id}).text; strings.Contains(shown, "Do we?") {
		t.Errorf("the mark is still there: %.2000s", shown)
	}
	snow := ask(t, "search", map[string]any{"query": "snow"}).found()[0]
	if a := ask(t, "annotate", map[string]any{"id": snow, "quote": "snow"}); a.code != "not_found" {
		t.Errorf("a file that is not there: %s %.600s", a.code, a.text)
	}
}
