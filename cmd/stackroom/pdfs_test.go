package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

func needPoppler(t *testing.T) {
	t.Helper()
	if pdf.Check() != nil {
		t.Skip("pdftotext is not on the PATH")
	}
}

// article returns a PDF file of two pages.
func article(title, authors string, lines ...string) string {
	pages := pdftest.Article(title, authors, append(lines, "Here the text of the article begins, and it goes on for a while.", "The ice of "+title+" is thick.")...)
	pages = append(pages, pdftest.Page{Texts: pdftest.Lines(10, "This is the second page, with what was found in the winter of that year.")})
	return string(pdftest.File{Info: map[string]string{"CreationDate": "D:20120312101500Z"}, Pages: pages}.Bytes())
}

// works returns the works of a library, "title | type | tags | names of its files",
// sorted.
func worksIn(t *testing.T, data string) []string {
	t.Helper()
	s, err := shelf.Open(context.WithoutCancel(t.Context()), data)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found, err := s.Search(t.Context(), library.Query{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, h := range found.Items {
		it := h.Item
		var files []string
		for _, a := range it.Attachments {
			files = append(files, fmt.Sprintf("%s, %d of %d pages", a.Title, a.Text.PagesRead, a.Text.Pages))
		}
		all = append(all, fmt.Sprintf("%s | %s | %s | %s", it.Title(), it.Type, strings.Join(it.Tags, ", "), strings.Join(files, "; ")))
	}
	slices.Sort(all)
	return all
}

func wantWorks(t *testing.T, data, step string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := worksIn(t, data); !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", step, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestImport_FolderOfPDFs(t *testing.T) {
	needPoppler(t)
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{
		"a.pdf": article("The strength of ice", "Ada Lovelace", "https://doi.org/10.5555/ice"), "sub/b.PDF": article("Tides and moons of the sea", "Charles Babbage"), ".hidden.pdf": article("Hidden", "Mary Noel"),
	})
	guess := library.Unconfirmed
	for _, step := range []struct {
		does string
		do   func()
		says string
		want []string
	}{
		{"first", func() {}, "2 works were made of PDF files", []string{
			"The strength of ice | document | " + guess + " | a.pdf, 2 of 2 pages", "Tides and moons of the sea | document | " + guess + " | sub/b.PDF, 2 of 2 pages"}},
		{"again", func() {}, "0 added, 0 updated, 2 unchanged", nil},
		{"moved, changed and added", func() {
			_ = os.Rename(filepath.Join(dir, "a.pdf"), filepath.Join(dir, "ice.pdf"))
			write(t, dir, map[string]string{"sub/b.PDF": article("Moons and their tides", "Charles Babbage"), "c.pdf": article("Winds over the lakes", "Grace Hopper")})
		}, "1 added, 2 updated, 0 unchanged", []string{"The strength of ice | document | " + guess + " | ice.pdf, 2 of 2 pages",
			"Moons and their tides | document | " + guess + " | sub/b.PDF, 2 of 2 pages", "Winds over the lakes | document | " + guess + " | c.pdf, 2 of 2 pages"}},
		{"removed", func() { _ = os.RemoveAll(filepath.Join(dir, "sub")) }, "0 added, 0 updated, 2 unchanged, 0 merged, 0 failed, 1 removed", nil},
		{"all unreadable", func() {
			write(t, dir, map[string]string{"ice.pdf": "x", "c.pdf": "y"})
		}, "none of the 2 PDF files can be imported; the first one, ", nil},
	} {
		step.do()
		_, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", dir)
		if !strings.Contains(stdout+stderr, step.says) {
			t.Errorf("%s: no %q in\n%s%s", step.does, step.says, stdout, stderr)
		}
		if step.want != nil {
			wantWorks(t, data, step.does, step.want...)
		}
	}
	if got := worksIn(t, data); len(got) != 2 {
		t.Errorf("after files that can't be read: %q", got)
	}
}

func TestImport_PDFsBesideBibliographies(t *testing.T) {
	needPoppler(t)
	files := map[string]string{
		"papers/ice.pdf": article("The strength of ice", "Ada Lovelace", "https://doi.org/10.5555/ice"), "papers/named.pdf": article("Journal of Snow Volume 3", "Mary Noel"),
		"papers/tides.pdf": article("Tides and Moons of the Sea", "Charles Babbage"), "papers/alone.pdf": article("Winds over the lakes", "Grace Hopper"),
		"papers/scan.pdf": string(pdftest.File{Info: map[string]string{"Title": "Scanned by a machine"}, Pages: []pdftest.Page{{}}}.Bytes()),
	}
	const bib = `@article{ice, title = {On the Strength of Ice}, author = {Lovelace, Ada}, journal = {Snow}, doi = {10.5555/ICE}, year = 2012}
@article{named, title = {An entirely different matter}, author = {Noel, M.}, journal = {Snow}, year = 1999, file = {PATHnamed.pdf}}
@article{scan, title = {A scan}, author = {Noel, M.}, journal = {Snow}, year = 1999, file = {PATHscan.pdf}}
@book{tides, title = {Tides and moons of the sea}, author = {Babbage, Ch.}, year = 2012}`
	want := []string{
		"On the Strength of Ice | journalArticle |  | ice.pdf, 2 of 2 pages", "An entirely different matter | journalArticle |  | named.pdf, 2 of 2 pages",
		"A scan | journalArticle |  | scan.pdf, 0 of 1 pages", "Tides and moons of the sea | book |  | tides.pdf, 2 of 2 pages",
		"Winds over the lakes | document | " + library.Unconfirmed + " | alone.pdf, 2 of 2 pages",
	}
	inOne, apart := t.TempDir(), t.TempDir()
	write(t, inOne, files)
	write(t, inOne, map[string]string{"papers/refs.bib": strings.ReplaceAll(bib, "PATH", "")})
	write(t, apart, files)
	write(t, apart, map[string]string{"refs.bib": strings.ReplaceAll(bib, "PATH", "papers/")})
	delete(files, "papers/scan.pdf")
	for name, args := range map[string][]string{
		"one folder": {filepath.Join(inOne, "papers")}, "one folder without texts": {filepath.Join(inOne, "papers"), "--no-text"},
		"a file and a folder": {filepath.Join(apart, "refs.bib"), filepath.Join(apart, "papers")}, "a folder and a file": {filepath.Join(apart, "papers"), filepath.Join(apart, "refs.bib")},
	} {
		data, want := filepath.Join(t.TempDir(), "library"), want
		switch {
		case strings.HasSuffix(name, "texts"):
			want = slices.Clone(want)
			for i := range want {
				want[i] = strings.NewReplacer("2 of 2", "0 of 0", "0 of 1", "0 of 0").Replace(want[i])
			}
		case !strings.HasPrefix(name, "one folder"):
			want = append(slices.Clone(want), "Scanned by a machine | document | "+library.Unconfirmed+" | scan.pdf, 0 of 1 pages")
		}
		for range 2 {
			importJSON(t, data, args...)
			wantWorks(t, data, name, want...)
		}
	}
}

// TestImport_BadPDFs imports a folder with files that can't be read, and one that can.
func TestImport_BadPDFs(t *testing.T) {
	needPoppler(t)
	dir, outside, data := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "library")
	good := article("The strength of ice", "Ada Lovelace")
	var many []pdftest.Page
	for n := range 10_000 {
		many = append(many, pdftest.Page{Texts: []pdftest.Text{{X: 72, Y: 700, Size: 10, Text: fmt.Sprintf("Page %d of a long report on lakes", n+1)}}})
	}
	write(t, outside, map[string]string{"secret.pdf": article("A secret matter of state", "Mary Noel")})
	write(t, dir, map[string]string{
		"good.pdf": good, "locked.pdf": string(pdftest.File{Locked: true, Pages: pdftest.Article("Locked", "Mary Noel")}.Bytes()), "cut.pdf": good[:60], "empty.pdf": "",
		"scan.pdf": string(pdftest.File{Pages: []pdftest.Page{{}}}.Bytes()), "text.pdf": "A text", "wrong.bib": good,
		"long.pdf": string(pdftest.File{Info: map[string]string{"Title": "A long report on lakes"}, Pages: many}.Bytes()),
	})
	if err := os.Symlink(filepath.Join(outside, "secret.pdf"), filepath.Join(dir, "link.pdf")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("good.pdf", filepath.Join(dir, "other.pdf")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{"huge.pdf": "%PDF-1.7\n"})
	if err := os.Truncate(filepath.Join(dir, "huge.pdf"), 65<<20); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", dir)
	for name, reason := range map[string]string{
		"locked": "protected by a password", "cut": "damaged", "empty": "is empty", "scan": "no text and no title", "text": "not what its name says", "link": "outside", "huge": "more than 64 MiB",
	} {
		found := false
		for line := range strings.Lines(stdout) {
			found = found || strings.Contains(line, name+".pdf: ") && strings.Contains(line, reason)
		}
		if !found {
			t.Errorf("%s: no %q in\n%s", name, reason, stdout)
		}
	}
	if status != exitFailure || !strings.Contains(stdout, "wrong.bib: the file is a PDF") || strings.Contains(stdout, "secret matter") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	wantWorks(t, data, "the rest", "The strength of ice | document | "+library.Unconfirmed+" | good.pdf, 2 of 2 pages",
		"A long report on lakes | document | "+library.Unconfirmed+" | long.pdf, 10000 of 10000 pages")
}

func TestImport_PDFsWithoutPoppler(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{"papers/a.pdf": article("The strength of ice", "Ada Lovelace"), "refs.bib": entries(1)})
	t.Setenv("PATH", t.TempDir())
	for args, want := range map[string]struct {
		status int
		says   string
	}{
		"papers": {exitFailure, "poppler-utils"}, "papers/a.pdf": {exitFailure, "poppler-utils"},
		"refs.bib papers": {0, "poppler-utils"},
	} {
		line := []string{"import"}
		for path := range strings.FieldsSeq(args) {
			line = append(line, filepath.Join(dir, path))
		}
		status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data + args}, line...)
		if (status == 0) != (want.status == 0) || !strings.Contains(stdout+stderr, want.says) {
			t.Errorf("%s: status %d\n%s%s", args, status, stdout, stderr)
		}
	}
}

// Works of PDF files stay when pdftotext is gone.
func TestImport_PDFsStayWithoutPoppler(t *testing.T) {
	needPoppler(t)
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{"a.pdf": article("The strength of ice", "Ada Lovelace"), "refs.bib": entries(1)})
	importJSON(t, data, dir)
	t.Setenv("PATH", t.TempDir())
	importJSON(t, data, dir)
	if got := worksIn(t, data); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

func TestImport_OnePDF(t *testing.T) {
	needPoppler(t)
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{"a.pdf": article("The strength of ice", "Ada Lovelace"), "b.pdf": "x"})
	s := importJSON(t, data, filepath.Join(dir, "a.pdf"), "--collection", "Winter")
	if s.PDFs.Works != 1 || s.Library.Items != 1 || s.Library.Sources[0].ID != filepath.Join(dir, "a.pdf") {
		t.Errorf("%+v", s)
	}
	status, _, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", filepath.Join(dir, "b.pdf"))
	if status == 0 || !strings.Contains(stderr, "not what its name says") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

// --watch looks at PDF files too.
func TestWatcher_SeesPDFs(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.pdf": "1"})
	w := newWatcher([]string{dir})
	write(t, dir, map[string]string{"a.pdf": "22"})
	if first, second := w.due(), w.due(); len(first) != 0 || !slices.Equal(second, []string{dir}) {
		t.Errorf("%q, %q", first, second)
	}
}
