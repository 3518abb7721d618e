package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// write puts files into a folder, by their paths in it.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// importJSON imports and returns the summary.
func importJSON(t *testing.T, data string, args ...string) summary {
	t.Helper()
	status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, append([]string{"import", "--json"}, args...)...)
	if status != 0 {
		t.Fatal(stderr)
	}
	var s summary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestImport_ReadsNoPrivateFiles(t *testing.T) {
	home, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	secrets := map[string]string{
		".ssh/id_rsa": "PRIVATE one", ".aws/credentials": "PRIVATE two", ".netrc": "PRIVATE three", ".config/app/token.txt": "PRIVATE four",
		"id_ed25519": "PRIVATE five", "vault.kdbx": "PRIVATE six", "settings.json": `{"token":"PRIVATE seven"}`, "wallet": "PRIVATE eight",
	}
	write(t, home, secrets)
	write(t, home, map[string]string{
		"papers/good.txt": "A good text.", "papers/also.md": "Also a good text.",
		"refs.bib": `@misc{a, title = {One}, file = {.ssh/id_rsa;.aws/credentials;.netrc;id_ed25519}}
@misc{b, title = {Two}, file = {Key:.ssh/id_rsa:text/plain;Vault:vault.kdbx:application/pdf;:settings.json:PDF;wallet;.config/app/token.txt}}
@misc{c, title = {Three}, file = {papers/good.txt;papers/../.netrc;` + home + `/.aws/credentials;file://` + home + `/id_ed25519}}
@misc{d, title = {Four}, file = {:papers/good.txt:text/plain;papers/also.md}}`,
		"refs.ris":           "TY  - JOUR\nTI  - Five\nL1  - file://" + home + "/.ssh/id_rsa\nL1  - .netrc\nL1  - papers/good.txt\nER  - \n",
		".config/hidden.bib": "@misc{h, title = {PRIVATE title}}",
	})
	s := importJSON(t, data, home)
	if s.Library.Items != 5 || len(s.Files) != 2 {
		t.Errorf("%d works from %+v", s.Library.Items, s.Files)
	}
	good := []string{filepath.Join(home, "papers", "good.txt"), filepath.Join(home, "papers", "also.md")}
	if !slices.Equal(s.Texts.Files, good) || s.Texts.FileCount != 2 || s.Texts.Read != 4 || s.Texts.NotReadCount != 14 || len(s.Texts.NotRead) != 14 {
		t.Errorf("texts: %+v", s.Texts)
	}
	url, _ := start(t, "STACKROOM_DATA="+data)
	if titles := search(t, url, "PRIVATE"); len(titles) > 0 {
		t.Errorf("private texts are found in %q", titles)
	}
	if titles := search(t, url, "good text"); len(titles) != 3 {
		t.Errorf("the good texts are found in %q", titles)
	}
}

func TestImport_ListsFilesRead(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "library")
	files, bib := map[string]string{}, ""
	for i := range someFiles + 3 {
		name := fmt.Sprintf("texts/%02d.txt", i)
		files[name] = "Text."
		bib += fmt.Sprintf("@misc{k%d, title = {Title %d}, file = {%s;%s}}\n", i, i, name, name)
	}
	files["refs.bib"] = bib
	write(t, dir, files)
	path := func(i int) string {
		return fmt.Sprintf("  read %s\n", filepath.Join(dir, "texts", fmt.Sprintf("%02d.txt", i)))
	}
	for _, c := range []struct {
		args   []string
		listed int
		more   string
	}{
		{[]string{"--dry-run"}, someFiles, "and 3 more files; -v lists them"},
		{nil, someFiles, "and 3 more files; -v lists them"},
		{[]string{"-v"}, someFiles + 3, ""},
		{[]string{"--no-text"}, 0, ""},
	} {
		status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, append([]string{"import", dir}, c.args...)...)
		if status != 0 || strings.Count(stdout, "  read ") != c.listed || c.listed > 0 && !strings.Contains(stdout, path(c.listed-1)) ||
			c.more == "" && strings.Contains(stdout, "more files") || !strings.Contains(stdout, c.more) {
			t.Errorf("%q: status %d\n%s%s", c.args, status, stdout, stderr)
		}
	}
	if s := importJSON(t, data, dir); len(s.Texts.Files) != someFiles+3 || s.Texts.FileCount != someFiles+3 {
		t.Errorf("as JSON: %+v", s.Texts)
	}
}

func TestImport_NothingToImportIsAnError(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"empty.bib": "", "blank.bib": "\n\n", "comment.bib": "% nothing\n@comment{x}\n@string{a = \"b\"}", "good.bib": "@misc{a, title = {A}}",
		"good.ris": "TY  - JOUR\nTI  - A\nER  - \n", "empty.ris": "", "empty.json": "[]", "empties/a.bib": "", "empties/b.bib": "%", "mixed/a.bib": "", "mixed/b.bib": "@misc{b, title = {B}}",
	})
	for args, want := range map[string]string{ // "" works; else what is said
		"empty.bib": "empty.bib: it has no entries", "blank.bib": "blank.bib", "comment.bib": "comment.bib", "empty.ris": "empty.ris", "empty.json": "empty.json",
		"--format ris good.bib": "good.bib", "--format csljson good.bib": "good.bib", "--format bibtex good.ris": "it looks like ris", "--format csljson good.ris": "good.ris",
		"empties": "", "mixed": "", "good.bib": "", "--format ris good.ris": "", "--format biblatex good.bib": "", "mixed good.ris": "",
	} {
		for _, dry := range []string{"", "--dry-run "} {
			data := filepath.Join(t.TempDir(), "library")
			line := []string{"import"}
			for arg := range strings.FieldsSeq(dry + args) {
				if strings.Contains(arg, ".") || args == arg || arg == "mixed" {
					arg = filepath.Join(dir, arg)
				}
				line = append(line, arg)
			}
			status, stdout, stderr := run(t, []string{"STACKROOM_DATA=" + data}, line...)
			if args == "empties" {
				want = "none of the 2 files holds an entry"
			}
			_, err := os.Stat(data)
			if (status == 0) != (want == "") || !strings.Contains(stderr, want) || want != "" && (status != exitFailure || stdout != "" || err == nil) {
				t.Errorf("%s%s: status %d, %s%s", dry, args, status, stdout, stderr)
			}
		}
	}
}

// TestImport_CtrlC ends imports at different times. Each says that nothing was
// imported, and nothing is.
func TestImport_CtrlC(t *testing.T) {
	dir, data := bibliography(t), filepath.Join(t.TempDir(), "library")
	for _, first := range []bool{true, false} {
		if !first {
			importJSON(t, data, dir)
			write(t, dir, map[string]string{"more.bib": "@misc{more, title = {More}}"})
		}
		for after := range 4 { // at so many looks at the context
			ctx := &endingContext{Context: t.Context(), left: after}
			var stdout, stderr output
			status := realMain(&process{ctx: ctx, environ: []string{"STACKROOM_DATA=" + data}, stdout: &stdout, stderr: &stderr}, []string{"import", dir})
			if status != exitInterrupted || stdout.String() != "" || stderr.String() != "stackroom: interrupted: nothing was imported; the library is as it was before\n" {
				t.Errorf("after %d: status %d, %s%s", after, status, &stdout, &stderr)
			}
		}
		_, err := os.Stat(filepath.Join(data, "CURRENT"))
		if (err == nil) == first {
			t.Errorf("after imports that were interrupted: %v", err)
		}
	}
	if s := importJSON(t, data, dir); s.Library.Added != 1 {
		t.Errorf("the work of the interrupted import: %+v", s.Library)
	}
}

// endingContext ends as with Ctrl-C after a number of calls of Err.
type endingContext struct {
	context.Context
	left int
}

func (c *endingContext) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func TestImport_WarnsOfMisspeltSettings(t *testing.T) {
	status, _, stderr := run(t, []string{"STACKROOM_DATA=" + t.TempDir(), "STACKROOM_DTA=/x"}, "import", bibliography(t))
	if status != 0 || !strings.Contains(stderr, "warning: STACKROOM_DTA is not a setting and is ignored; did you mean STACKROOM_DATA?") {
		t.Errorf("status %d, %s", status, stderr)
	}
	_, logs := start(t, "STACKROOM_DATA="+t.TempDir(), "STACKROOM_PORT=1")
	if !strings.Contains(logs.String(), `"STACKROOM_PORT"`) || !strings.Contains(logs.String(), `"nearest":"PORT"`) {
		t.Errorf("the log: %s", logs)
	}
}

func TestTextSummary_CountsAllFiles(t *testing.T) {
	s := newTextSummary()
	for i := range maxFiles + 2 {
		s.opened(fmt.Sprint(i))
		s.count(library.TextStatus{}, notRead{Path: fmt.Sprint(i), Reason: "missing"})
	}
	if len(s.Files) != 10_000 || s.FileCount != maxFiles+2 || len(s.NotRead) != maxFiles || s.NotReadCount != maxFiles+2 {
		t.Errorf("%d of %d files, %d of %d not read", len(s.Files), s.FileCount, len(s.NotRead), s.NotReadCount)
	}
	var b strings.Builder
	s.print(&b, true)
	if !strings.Contains(b.String(), "and 2 more files\n") || !strings.Contains(b.String(), "no text from 2 more attachments") {
		t.Errorf("...%s", b.String()[b.Len()-200:])
	}
}
