package embedded

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

const pdfContent = "%PDF-1.7 the ice of lakes"

// sourceOf makes a folder with files and a library that imports from it.
func sourceOf(t *testing.T) (data, folder string) {
	t.Helper()
	folder = t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside.pdf")
	for path, content := range map[string]string{
		filepath.Join(folder, "ice.pdf"): pdfContent, filepath.Join(folder, "papers", "snow.pdf"): pdfContent, filepath.Join(folder, "page.pdf"): "<html>",
		filepath.Join(folder, ".hidden.pdf"): pdfContent, filepath.Join(folder, "key.pem"): pdfContent, outside: pdfContent,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link.pdf")); err != nil {
		t.Fatal(err)
	}
	return t.TempDir(), folder
}

// importFile imports a work with one file at a path, from a source.
func importFile(t *testing.T, data, source, path string) {
	t.Helper()
	it := library.Item{Type: "book", Fields: map[string]string{"title": "Ice"}, Attachments: []library.Attachment{{Filename: "ice.pdf", ContentType: "application/pdf", Path: path}}}
	_, err := shelf.Import(t.Context(), data, []*shelf.Input{{ID: source, Tell: func(take func(shelf.Work) error) (bool, error) {
		return true, take(shelf.Work{Item: it, Origin: source})
	}}}, shelf.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// filesIn opens the library and returns it with the keys of its work and its file.
func filesIn(t *testing.T, data string) (files library.Files, work, file string) {
	t.Helper()
	p := New(Options{Dir: data, Writable: true})
	t.Cleanup(p.Close)
	r, err := p.Open(t.Context(), library.Local)
	if err != nil {
		t.Fatal(err)
	}
	found, err := r.Search(t.Context(), library.Query{Limit: 1})
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%+v %v", found, err)
	}
	it := found.Items[0].Item
	return r.(library.Files), it.ID.Key, it.Attachments[0].Key
}

func TestFile_ReadsFilesOfSources(t *testing.T) {
	data, folder := sourceOf(t)
	bibliography := filepath.Join(folder, "refs.bib")
	for _, c := range []struct {
		name, source, path string
		most               int64
		code               library.Code
		says               string
	}{
		{name: "beside a bibliography", source: bibliography, path: filepath.Join(folder, "ice.pdf"), most: int64(len(pdfContent))},
		{name: "below a folder", source: folder, path: filepath.Join(folder, "papers", "snow.pdf"), most: 100},
		{"large", folder, filepath.Join(folder, "ice.pdf"), int64(len(pdfContent)) - 1, library.TooLarge, "more than"},
		{"no path", folder, "", 100, library.NotFound, "does not know"},
		{"gone", folder, filepath.Join(folder, "gone.pdf"), 100, library.NotFound, "import its source again"},
		{"of another folder", filepath.Join(folder, "papers"), filepath.Join(folder, "ice.pdf"), 100, library.NotFound, "no source"},
		{"hidden", folder, filepath.Join(folder, ".hidden.pdf"), 100, library.NotFound, "dot"},
		{"link to the outside", folder, filepath.Join(folder, "link.pdf"), 100, library.NotFound, "outside"},
		{"no document", folder, filepath.Join(folder, "key.pem"), 100, library.NotFound, "kind"},
		{"no PDF file", folder, filepath.Join(folder, "page.pdf"), 100, library.NotFound, "not what its name says"},
	} {
		data := filepath.Join(data, c.name)
		importFile(t, data, c.source, c.path)
		files, work, key := filesIn(t, data)
		content, err := files.File(t.Context(), key, c.most)
		if c.code == "" && (err != nil || string(content) != pdfContent) {
			t.Errorf("%s: %q %v", c.name, content, err)
		}
		if c.code != "" {
			e := library.AsError(err)
			if said := e.Message + " " + e.Hint; err == nil || e.Code != c.code || !strings.Contains(said, c.says) || strings.Contains(said, folder) {
				t.Errorf("%s: %v %s", c.name, e.Code, said)
			}
		}
		for _, other := range []string{work, "NONE2345"} {
			if _, err := files.File(t.Context(), other, 100); library.CodeOf(err) != library.NotFound {
				t.Errorf("%s: the file of %s: %v", c.name, other, err)
			}
		}
	}
}

// TestFile_FollowsImports holds that an import sets the path of a file that the library
// has, of a library of an earlier version too.
func TestFile_FollowsImports(t *testing.T) {
	data, folder := sourceOf(t)
	for _, path := range []string{"", filepath.Join(folder, "gone.pdf"), filepath.Join(folder, "ice.pdf")} {
		importFile(t, data, folder, path)
	}
	files, _, key := filesIn(t, data)
	if content, err := files.File(t.Context(), key, 100); err != nil || string(content) != pdfContent {
		t.Fatalf("%q %v", content, err)
	}
	_, err := files.Write(t.Context(), library.Batch{ID: "batch0001", Kind: library.ItemObject, Edits: []library.Edit{
		{Key: files.NewKey(), Data: library.Data{"itemType": "annotation", "parentItem": key, "annotationType": "highlight", "annotationText": "ice"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	importFile(t, data, folder, filepath.Join(folder, "papers", "snow.pdf"))
	if err := os.Remove(filepath.Join(folder, "ice.pdf")); err != nil {
		t.Fatal(err)
	}
	files, _, key = filesIn(t, data)
	if content, err := files.File(t.Context(), key, 100); err != nil || string(content) != pdfContent {
		t.Errorf("a work that was changed: %q %v", content, err)
	}
	importFile(t, data, folder, "")
	files, _, key = filesIn(t, data)
	if _, err := files.File(t.Context(), key, 100); library.CodeOf(err) != library.NotFound {
		t.Errorf("a file that the source does not have any more: %v", err)
	}
}
