package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestImport_FindsEveryEnding(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{
		"a.bib": "@misc{a, title = {A1}}", "b.nbib": "PMID- 1\nTI  - B2.\n", "c.csljson": `[{"type":"book","title":"C3"}]`, "d.enw": "%0 Book\n%T D4\n",
		"e.ciw": "PT J\nTI E5\nER\n", "f.xml": "<mods><titleInfo><title>F6</title></titleInfo></mods>", "g.csv": "\"Key\",\"Item Type\",\"Title\"\n\"K\",\"book\",\"G7\"\n",
		"h.refworks": "RT Book, Whole\nT1 H8\n", "other.xml": "<x/>", "other.csv": "a,b\n", "package.json": `{"type":"module"}`, "other.zip": "PK\x03\x04", "other.rdf": "<x/>",
	})
	s := importJSON(t, data, dir)
	var files []string
	for _, f := range s.Files {
		files = append(files, filepath.Base(f.Path))
	}
	if want := []string{"a.bib", "b.nbib", "c.csljson", "d.enw", "e.ciw", "f.xml", "g.csv", "h.refworks"}; !slices.Equal(files, want) || s.Library.Items != len(want) {
		t.Errorf("%d works from %q, want %q", s.Library.Items, files, want)
	}
}

func TestImport_NamesForeignFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.enl": "x", "b.txt": "%PDF-1.7"})
	for name, want := range map[string]string{"a.enl": "an EndNote library", "b.txt": "a PDF"} {
		status, _, stderr := run(t, []string{"STACKROOM_DATA=" + filepath.Join(t.TempDir(), "library")}, "import", filepath.Join(dir, name))
		if status == 0 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, %s", name, status, stderr)
		}
	}
}

func TestImport_Archive(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, text := range map[string]string{
		"My Library/My Library.bib": "@misc{a, title = {One}, file = {files/1/note.txt;.secret/key.txt;../out.txt;files/missing.txt}}", "My Library/files/1/note.txt": "Words of the packed text.",
		"My Library/.secret/key.txt": "PRIVATE", "out.txt": "Outside the folder, inside the archive.",
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{"export.zip": packed.String()})
	t.Setenv("TMPDIR", t.TempDir())
	s := importJSON(t, data, dir)
	if s.Library.Items != 1 || s.Texts.Read != 2 || s.Texts.NotReadCount != 2 {
		t.Errorf("%d works, texts %+v", s.Library.Items, s.Texts)
	}
	if want := filepath.Join(dir, "export.zip", "My Library", "files", "1", "note.txt"); !slices.Contains(s.Texts.Files, want) {
		t.Errorf("files %q, want %q", s.Texts.Files, want)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "stackroom-import-") }) {
		t.Errorf("left behind: %v, %v", left, err)
	}
	url, _ := start(t, "STACKROOM_DATA="+data)
	if titles := search(t, url, "packed text"); len(titles) != 1 {
		t.Errorf("the packed text is found in %q", titles)
	}
	if titles := search(t, url, "PRIVATE"); len(titles) != 0 {
		t.Errorf("hidden text is found in %q", titles)
	}
}
