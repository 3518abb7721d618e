package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// entry returns a BibTeX entry.
func entry(key, title string) string { return fmt.Sprintf("@misc{%s, title = {%s}}\n", key, title) }

// entries returns BibTeX entries of these numbers.
func entries(numbers ...int) string {
	var b strings.Builder
	for _, n := range numbers {
		b.WriteString(entry(fmt.Sprintf("k%d", n), fmt.Sprintf("Matter %c%d", 'a'+n, n*n+17)))
	}
	return b.String()
}

func TestImport_Again(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	path := filepath.Join(dir, "refs.bib")
	for _, step := range []struct {
		does, text string
		args       []string
		status     int
		says       []string
	}{
		{"first", entries(1, 2, 3, 4), nil, 0, []string{"4 added, 0 updated", "0 removed"}},
		{"two entries go", entries(1, 2, 5), []string{"-v"}, 0, []string{"1 added, 0 updated, 2 unchanged", "2 removed", "removed k3: Matter d26 (" + path, "added k5: Matter f42 (refs.bib:3)"}},
		{"told first", entries(1), []string{"--dry-run"}, 0, []string{"Would be: 0 added", "2 removed"}},
		{"kept", entries(1), []string{"--keep"}, 0, []string{"0 removed", "2 works that it no longer has are kept", "3 works in"}},
		{"nothing", "", nil, exitFailure, []string{"it has no entries; the works that the library has from it stay", "stackroom remove " + path}},
		{"a comment", "% moved\n", nil, exitFailure, []string{"stay"}},
		{"half of it", entries(1) + "@misc{k2, title = {Mat", nil, exitFailure, []string{"more of it can't be read than before", "--prune", "0 added, 0 updated", "0 removed", "3 works in"}},
		{"still half of it", entries(1) + "@misc{k2, title = {Mat", nil, exitFailure, []string{"0 removed"}},
		{"half of it, as it is meant", entries(1) + "@misc{k2, title = {Mat", []string{"--prune"}, 0, []string{"1 removed", "2 works in"}},
		{"the same half", entries(1) + "@misc{k2, title = {Mat", nil, 0, []string{"2 unchanged", "0 removed"}},
		{"a key that two have", entry("k1", "Matter b18") + entry("k1", "Entirely different"), nil, 0, []string{`the citation key k1 is that of "Matter b18"; "Entirely different" is exported as k`}},
	} {
		write(t, dir, map[string]string{"refs.bib": step.text})
		status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, append([]string{"import", path}, step.args...)...)
		for _, want := range step.says {
			if status != step.status || !strings.Contains(stdout+stderr, want) {
				t.Errorf("%s: status %d, no %q in\n%s%s", step.does, status, want, stdout, stderr)
			}
		}
	}
}

func TestImport_TakesWhatItCan(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{
		"refs.bib": entries(1, 2), "empty.bib": "", "papers/a.pdf": "%PDF-1.4", "mixed/a.bib": entries(3), "mixed/b.json": `{"not": "a bibliography"}`, "mixed/c.bib": "",
		"broken/a.bib": entries(4), "broken/b.bib": "\x89PNG\r\n\x1a\n\x00\x00",
	})
	for args, want := range map[string]struct {
		status, works int
		says          string
	}{
		"refs.bib papers": {0, 2, "papers: "}, "papers refs.bib mixed": {0, 3, "papers: "},
		"refs.bib missing.bib": {exitFailure, 2, "missing.bib can't be read"}, "refs.bib empty.bib": {exitFailure, 2, "empty.bib: it has no entries"},
		"refs.bib broken": {exitFailure, 3, "b.bib"},
	} {
		data := filepath.Join(data, strings.ReplaceAll(args, " ", "+"))
		line := []string{"import"}
		for path := range strings.FieldsSeq(args) {
			line = append(line, filepath.Join(dir, path))
		}
		status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, line...)
		if status != want.status || !strings.Contains(stdout, fmt.Sprintf("%d works in", want.works)) || !strings.Contains(stdout, want.says) {
			t.Errorf("%s: status %d\n%s%s", args, status, stdout, stderr)
		}
	}
	if status, _, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", filepath.Join(dir, "missing.bib"), filepath.Join(dir, "papers")); status != exitFailure || !strings.Contains(stderr, "none of the 2 files") {
		t.Errorf("nothing at all: status %d, %s", status, stderr)
	}
}

func TestImport_AFileOfAFolderIsCutShort(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	whole := map[string]string{"papers/a.bib": entries(1), "papers/b.bib": entries(2, 3), "papers/c.json": `[{"id":"j","type":"book","title":"In JSON"}]`, "papers/d.bib": ""}
	write(t, dir, whole)
	papers := filepath.Join(dir, "papers")
	importJSON(t, data, papers)
	for name, text := range map[string]string{"papers/b.bib": "", "papers/a.bib": "@misc{k1, titl", "papers/c.json": ""} {
		write(t, dir, map[string]string{name: text})
		status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, "import", papers)
		if status != exitFailure || !strings.Contains(stdout, "0 removed") || !strings.Contains(stdout, "4 works in") {
			t.Errorf("%s: status %d\n%s%s", name, status, stdout, stderr)
		}
		write(t, dir, whole)
	}
	if err := os.Remove(filepath.Join(papers, "b.bib")); err != nil {
		t.Fatal(err)
	}
	if s := importJSON(t, data, papers); s.Library.Removed != 2 || s.Library.Items != 2 {
		t.Errorf("a file that is gone: %+v", s.Library)
	}
}

func TestImport_IntoCollections(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{"refs.bib": entries(1), "papers/a.bib": entries(2), "papers/sea/b.bib": entries(3)})
	path := func(name string) string { return filepath.Join(dir, name) }
	importJSON(t, data, "--collection", "Thesis/Chapter 1", path("refs.bib"))
	importJSON(t, data, "--by-folder", path("papers"))
	write(t, dir, map[string]string{"refs.bib": entries(1, 4)})
	s := importJSON(t, data) // all of them, as before
	if len(s.Library.Sources) != 2 || s.Library.Added != 1 || s.Library.Unchanged != 3 {
		t.Errorf("without paths: %+v", s.Library)
	}
	url, _ := start(t, "STACKROOM_DATA="+data)
	collections := func() []string {
		var out struct {
			Collections []struct {
				Path  string
				Items int
			}
		}
		use(t, url, "list_collections", map[string]any{}, &out)
		var all []string
		for _, c := range out.Collections {
			all = append(all, fmt.Sprintf("%s %d", c.Path, c.Items))
		}
		slices.Sort(all)
		return all
	}
	if got, want := collections(), []string{"Thesis 0", "Thesis/Chapter 1 2", "papers 1", "papers/sea 1"}; !slices.Equal(got, want) {
		t.Errorf("collections %q, want %q", got, want)
	}
	importJSON(t, data, "--collection=", path("refs.bib"))
	if got, want := collections(), []string{"papers 1", "papers/sea 1"}; !slices.Equal(got, want) {
		t.Errorf("collections %q, want %q", got, want)
	}
}

func TestSources(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	environ := []string{"STACKROOM_DATA=" + data}
	write(t, dir, map[string]string{"one/refs.bib": entries(1, 2), "two/refs.bib": entries(2, 3)})
	one, two := filepath.Join(dir, "one", "refs.bib"), filepath.Join(dir, "two", "refs.bib")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if status, stdout, _ := run(t, environ, "sources"); status != 0 || !strings.Contains(stdout, "nothing was imported") {
		t.Errorf("before an import: status %d, %s", status, stdout)
	}
	if status, _, stderr := run(t, environ, "import"); status != exitFailure || !strings.Contains(stderr, "nothing was imported before") {
		t.Errorf("import without paths: status %d, %s", status, stderr)
	}
	importJSON(t, data, "--collection", "Sea", one, two)
	if err := os.Remove(two); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line   string
		status int
		says   string
	}{
		{"sources", 0, one + ": 2 works, changed "}, {"sources", 0, "; collection Sea, not there now\n"}, {"sources --json", 0, `"collection": "Sea"`},
		{"import", exitFailure, two + " can't be read; the works that the library has from it stay"},
		{"remove refs.bib", exitFailure, "means 2 sources"}, {"remove other.bib", exitFailure, "is not one of the library's sources"},
		{"remove --dry-run two/refs.bib", 0, "Would be: " + two + ": forgotten; 1 works removed, 1 stay because another source has them; 2 works in"},
		{"remove two/refs.bib", 0, "; 2 works in " + data}, {"remove two/refs.bib", exitFailure, "is not one"},
		{"reset", 0, "2 works in " + data + " would be removed"}, {"sources", 0, one}, {"reset --yes", 0, "2 works in " + data + " removed"}, {"sources", 0, "nothing was imported"},
		{"import " + one, 0, "2 added"},
	} {
		status, stdout, stderr := run(t, environ, strings.Fields(c.line)...)
		if status != c.status || !strings.Contains(stdout+stderr, c.says) {
			t.Errorf("%s: status %d, no %q in\n%s%s", c.line, status, c.says, stdout, stderr)
		}
	}
}

// A file that is still being written is not imported.
func TestWatcher(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.bib": entries(1), "b.bib": entries(2)})
	a, b := filepath.Join(dir, "a.bib"), filepath.Join(dir, "b.bib")
	w := newWatcher([]string{a, b})
	for step, c := range []struct {
		text string // of a.bib
		due  []string
	}{
		{entries(1), nil}, {entries(1), nil}, {entries(1, 2), nil}, {entries(1, 2, 3), nil}, {entries(1, 2, 3), []string{a}}, {entries(1, 2, 3), nil},
		{"", nil}, {"gone", nil}, {"gone", nil}, {entries(4), nil}, {entries(4), []string{a}},
	} {
		switch before, _ := os.ReadFile(a); {
		case c.text == "gone":
			_ = os.Remove(a)
		case string(before) != c.text || before == nil:
			write(t, dir, map[string]string{"a.bib": c.text})
		}
		if got := w.due(); !slices.Equal(got, c.due) {
			t.Errorf("step %d: %q, want %q", step, got, c.due)
		}
	}
	w.again([]string{b})
	if got := w.due(); !slices.Equal(got, []string{b}) {
		t.Errorf("once more: %q", got)
	}
}

func TestImport_Watch(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	write(t, dir, map[string]string{"refs.bib": entries(1)})
	ctx, cancel := context.WithCancel(t.Context())
	var stdout, stderr output
	ended := make(chan int)
	go func() {
		ended <- realMain(&process{ctx: ctx, environ: []string{"STACKROOM_DATA=" + data}, stdout: &stdout, stderr: &stderr},
			[]string{"import", "--watch", "--interval", "20ms", filepath.Join(dir, "refs.bib")})
	}()
	until := func(does string, out *output, want string) {
		t.Helper()
		for began := time.Now(); !strings.Contains(out.String(), want); time.Sleep(5 * time.Millisecond) {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("%s: no %q in\n%s%s", does, want, &stdout, &stderr)
			}
		}
	}
	until("first", &stdout, "1 added")
	write(t, dir, map[string]string{"refs.bib": entries(1, 2, 3)})
	until("added", &stdout, "2 added, 0 updated, 1 unchanged")
	write(t, dir, map[string]string{"refs.bib": ""})
	until("empty", &stderr, "it has no entries; the works that the library has from it stay")
	if err := os.Remove(filepath.Join(dir, "refs.bib")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(60 * time.Millisecond) // it is not there for a few looks
	write(t, dir, map[string]string{"refs.bib": entries(1, 3, 4)})
	until("replaced", &stdout, "1 added, 0 updated, 2 unchanged, 0 merged, 0 failed, 1 removed")
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("status %d, %s", status, &stderr)
	}
	if n := strings.Count(stdout.String(), " added, "); n != 3 {
		t.Errorf("%d imports, want 3:\n%s", n, &stdout)
	}
}
