package biblio_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// zipped returns a zip archive of files: name and content by turns.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchive(t *testing.T) {
	rdf := sample{biblio.ZoteroRDF, "zotero.rdf"}
	data := zipped(t, "My Library/My Library.rdf", string(rdf.data(t)), "My Library/files/4/ada.txt", "the text", "My Library/files/9/refs.bib", "@book{no, title = {No}}",
		"My Library/readme.json", `{"x":1}`, "__MACOSX/._x.bib", "@book{no}", "more.bib", "@book{k, title = {T}, file = {../out.pdf}}\n@book{l, title = {U}, file = {in.txt}}", "in.txt", "other", ".hidden.bib", "@book{no}", "etc/passwd", "packed")
	if format, ok := biblio.Detect("export.zip", data); format != biblio.Archive || !ok {
		t.Errorf("it is detected as %q", format)
	}
	onDisk := filepath.Join(t.TempDir(), "export.zip")
	if err := os.WriteFile(onDisk, data, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(onDisk)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for way, r := range map[string]io.Reader{"from memory": io.MultiReader(bytes.NewReader(data)), "from a file": file} {
		doc, err := biblio.Read(t.Context(), r, "export.zip", biblio.Archive)
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		var titles []string
		for _, e := range doc.Entries {
			titles = append(titles, e.Item.Title())
		}
		if got := strings.Join(titles, " "); got != "T U Notes Draft" {
			t.Errorf("%s: works %q", way, got)
		}
		for path, want := range map[string]string{doc.Entries[2].Files[0].Path: "the text", doc.Entries[1].Files[0].Path: "other"} {
			in, err := doc.Open(path)
			if err != nil {
				t.Errorf("%s: %s: %v", way, path, err)
				continue
			}
			if got, err := io.ReadAll(in); string(got) != want || err != nil {
				t.Errorf("%s: %s is %q, %v", way, path, got, err)
			}
			in.Close()
		}
		for _, path := range []string{doc.Entries[0].Files[0].Path, "../../etc/passwd", "/etc/passwd", `C:\x`, "", ".", "files", "My Library/files/4"} {
			if _, err := doc.Open(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %q opens: %v", way, path, err)
			}
		}
	}
}

func TestArchive_IsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	bomb := zipped(t, "a.bib", "@book{k, title = {"+strings.Repeat("x", 40<<20)+"}}", "b.bib", "@book{good, title = {Good}}")
	doc, err := biblio.Read(t.Context(), bytes.NewReader(bomb), "bomb.zip", biblio.Archive)
	if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Item.Title() != "Good" || len(doc.Problems) != 1 || !strings.Contains(doc.Problems[0].Reason, "200 times its size") {
		t.Errorf("a bomb: %d entries, problems %v, %v", len(doc.Entries), doc.Problems, err)
	}
	var many []string
	for i := range 102 {
		many = append(many, fmt.Sprintf("%d.bib", i), fmt.Sprintf("@book{k%d, title = {T}}", i))
	}
	doc, err = biblio.Read(t.Context(), bytes.NewReader(zipped(t, many...)), "many.zip", biblio.Archive)
	if err != nil || len(doc.Entries) != 100 || len(doc.Problems) != 1 || !strings.Contains(doc.Problems[0].Reason, "more than 100 bibliographies") {
		t.Errorf("102 bibliographies: %d entries, problems %v, %v", len(doc.Entries), doc.Problems, err)
	}
	outside := zipped(t, "../evil.bib", "@book{evil, title = {Evil}}", "/abs.bib", "@book{evil}", "ok.bib", "@book{ok, title = {OK}}")
	doc, err = biblio.Read(t.Context(), bytes.NewReader(outside), "out.zip", biblio.Archive)
	if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Item.Title() != "OK" {
		t.Errorf("paths that lead out: %+v, %v", doc, err)
	}
	good := zipped(t, "a.bib", "@book{k, title = {T}}")
	for name, data := range map[string][]byte{"nothing": nil, "prose": []byte("prose"), "no bibliography": zipped(t, "a.txt", "x"), "a cut archive": good[:len(good)-30]} {
		if _, err := biblio.Read(t.Context(), bytes.NewReader(data), "x.zip", biblio.Archive); library.CodeOf(err) != library.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, data := range map[string][]byte{"a.docx": zipped(t, "[Content_Types].xml", "<x/>", "word/a.bib", "@book{k}"), "a.epub": zipped(t, "mimetype", "application/epub+zip"), "a.zip": zipped(t, "a.txt", "x")} {
		if _, ok := biblio.Detect(name, data); ok {
			t.Errorf("%s is taken for a bibliography", name)
		}
	}
	nested := zipped(t, "in.zip", string(good), "a.bib", "@book{k, title = {T}}")
	if doc, err := biblio.Read(t.Context(), bytes.NewReader(nested), "x.zip", biblio.Archive); err != nil || len(doc.Entries) != 1 {
		t.Errorf("an archive in an archive: %+v, %v", doc, err)
	}
}

func FuzzArchive(f *testing.F) {
	f.Add(zipped(f, "a.bib", "@book{k, title = {T}}", "files/1/x.txt", "x"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		biblio.Detect("x.zip", data)
		doc, err := biblio.Read(t.Context(), bytes.NewReader(data), "x.zip", biblio.Archive)
		if err != nil {
			if library.CodeOf(err) == library.Internal {
				t.Fatal(err)
			}
			return
		}
		for _, e := range doc.Entries {
			for _, file := range e.Files {
				if in, err := doc.Open(file.Path); err == nil {
					_, _ = io.Copy(io.Discard, io.LimitReader(in, 1<<20))
					in.Close()
				}
			}
		}
	})
}
