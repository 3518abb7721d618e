package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inFolder writes files into a new folder and returns its path.
func inFolder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runCite runs cite over a data folder without a library, so that the sample
// library is asked.
func runCite(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	return run(t, []string{"STACKROOM_DATA=" + filepath.Join(t.TempDir(), "data")}, append([]string{"cite"}, args...)...)
}

func TestCite_WritesEveryFormat(t *testing.T) {
	source := filepath.Join("..", "..", "pkg", "manuscript", "testdata", "machines.md")
	dir := t.TempDir()
	for ending, want := range map[string]string{
		".md": "@turing1950computing", ".html": "Turing (1950, p. 450)", ".tex": "Turing (1950, p. 450)", ".docx": "PK\x03\x04",
	} {
		out := filepath.Join(dir, "paper"+ending)
		status, stdout, stderr := runCite(t, source, "-o", out)
		data, err := os.ReadFile(out)
		if status != 0 || stdout != "" || err != nil || bytes.Contains(data, []byte(want)) == (ending == ".md") {
			t.Errorf("%s: status %d, %v, %s", ending, status, err, stderr)
		}
		if info, err := os.Stat(out); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v, %v", ending, info, err)
		}
		if strings.Contains(stderr, "not carried over: mathematics") != (ending == ".docx" || ending == ".html") || strings.Contains(stderr, "no work is known") {
			t.Errorf("%s: %s", ending, stderr)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
	status, stdout, _ := runCite(t, source, "--to", "html", "--style", "ieee", "--locale", "de-DE")
	if status != 0 || !strings.HasPrefix(stdout, "<!DOCTYPE html>") || !strings.Contains(stdout, "Turing [2, S. 450]") {
		t.Errorf("status %d, %.300s", status, stdout)
	}
}

// TestCite_WritesLaTeXAndWordInOtherFormats writes manuscripts in LaTeX and Word in
// every other format.
func TestCite_WritesLaTeXAndWordInOtherFormats(t *testing.T) {
	dir := inFolder(t, map[string]string{
		"a.tex": "\\title{Machines}\n\\begin{document}\n\\textcite[450]{turing1950computing} asks \\odd{it}.\n\\printbibliography\n\\end{document}\n",
		"b.md":  "---\ntitle: Machines\n---\n\n\\@{turing1950computing} [p. 450] asks.\n",
	})
	if status, _, stderr := runCite(t, filepath.Join(dir, "b.md"), "-o", filepath.Join(dir, "b.docx")); status != 0 {
		t.Fatal(stderr)
	}
	for _, source := range []string{"a.tex", "b.docx"} {
		for _, format := range []string{"markdown", "html", "latex", "docx"} {
			status, stdout, stderr := runCite(t, filepath.Join(dir, source), "--to", format)
			if status != 0 || format != "docx" && (!strings.Contains(stdout, "Turing (1950, p. 450)") || !strings.Contains(stdout, "Machines") || !strings.Contains(stdout, "References")) {
				t.Errorf("%s in %s: status %d, %s, %s", source, format, status, stdout, stderr)
			}
			reported := strings.Contains(stderr, `not carried over: the command \odd: the text of its arguments stays`)
			if reported != (source == "a.tex" && format != "latex") {
				t.Errorf("%s in %s: %s", source, format, stderr)
			}
		}
	}
}

func TestCite_NamesKeysThatAreNotKnown(t *testing.T) {
	dir := inFolder(t, map[string]string{"a.md": "A [@turing1950computing].\n\nB [@nobody1900x].\n\n@nobody1900x and @other.\n", "b.tex": "\\cite{none}\n"})
	source, out := filepath.Join(dir, "a.md"), filepath.Join(dir, "a.html")
	status, _, stderr := runCite(t, source, "-o", out)
	if status != exitFailure || !strings.Contains(stderr, source+": line 3, line 5: no work is known as @nobody1900x\n") || !strings.Contains(stderr, source+": line 5: no work is known as @other\n") ||
		!strings.Contains(stderr, "2 of 3 citation keys name no work in the libraries\n") || !strings.Contains(stderr, "--allow-missing") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("the output was written")
	}
	status, _, stderr = runCite(t, source, "-o", out, "--allow-missing")
	if data, err := os.ReadFile(out); status != 0 || err != nil || !strings.Contains(string(data), "<strong>nobody1900x?</strong>") || !strings.Contains(stderr, "no work is known as @other") {
		t.Errorf("status %d, %v, %s", status, err, stderr)
	}
	if status, _, stderr := runCite(t, filepath.Join(dir, "b.tex")); status != exitFailure || !strings.Contains(stderr, "b.tex: line 1: no work is known as @none") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

const otherRefs = "@book{turing1950computing, author={Other, Ann}, title={Other}, year={2001}}\n@book{Mine, author={Own, Bo}, title={Mine}, year={2002}}\n"

func TestCite_LooksInBibliographyFilesFirst(t *testing.T) {
	dir := inFolder(t, map[string]string{
		"a.md": "[@turing1950computing; @mine; @shannon1948mathematical]\n", "refs.bib": otherRefs,
		"own.md":  "---\nbibliography: refs.bib\nnocite: '@*'\n---\n\n[@Mine]\n",
		"own.tex": "\\cite{Mine}\\bibliography{refs}", "none.md": "---\nbibliography: [none.bib, ../x.bib]\n---\n\n[@turing1950computing]\n",
	})
	status, stdout, stderr := runCite(t, filepath.Join(dir, "a.md"), "--bibliography", filepath.Join(dir, "refs.bib"))
	if status != 0 || !strings.HasPrefix(stdout, "(Other, 2001; Own, 2002; Shannon, 1948)\n") {
		t.Errorf("status %d, %s, %s", status, stdout, stderr)
	}
	status, stdout, stderr = runCite(t, filepath.Join(dir, "own.md"))
	if status != 0 || !strings.Contains(stdout, "(Own, 2002)") || !strings.Contains(stdout, "Other, A. (2001)") || stderr != "" {
		t.Errorf("status %d, %s, %s", status, stdout, stderr)
	}
	status, stdout, stderr = runCite(t, filepath.Join(dir, "own.tex"))
	if status != 0 || !strings.HasPrefix(stdout, "(Own, 2002)") || stderr != "" {
		t.Errorf("status %d, %s, %s", status, stdout, stderr)
	}
	status, _, stderr = runCite(t, filepath.Join(dir, "none.md"))
	if status != 0 || !strings.Contains(stderr, "the bibliography none.bib, which the manuscript names, is not used: there is no such file") || !strings.Contains(stderr, "../x.bib, which the manuscript names, is not used: it lies outside") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, _, stderr := runCite(t, filepath.Join(dir, "a.md"), "--bibliography", filepath.Join(dir, "a.md")); status != exitFailure || !strings.Contains(stderr, "a.md") {
		t.Errorf("a bibliography that is none: status %d, %s", status, stderr)
	}
}

func TestCite_ChoosesTheStyle(t *testing.T) {
	own := strings.Replace(minimalStyle("Own"), "<layout>", `<layout prefix="own:">`, 1)
	dependent := `<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0"><info><title>D</title><id>d</id><link href="http://www.zotero.org/styles/ieee" rel="independent-parent"/></info></style>`
	text := "[@turing1950computing]\n"
	dir := inFolder(t, map[string]string{
		"a.md": text, "own.csl": own, "sub/dependent.csl": dependent, "bad.csl": "<style", "named.md": "---\ncsl: ieee\n---\n" + text, "file.md": "---\ncsl: own.csl\n---\n" + text,
		"address.md": "---\ncsl: https://www.zotero.org/styles/ieee.csl\nlang: de-DE\n---\n" + text, "outside.md": "---\ncsl: ../../own.csl\n---\n" + text,
	})
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct {
		args []string
		want string // "" is a failure
	}{
		{[]string{at("a.md")}, "(Turing, 1950)"},
		{[]string{at("a.md"), "--style", "ieee"}, `\[1\]`},
		{[]string{at("a.md"), "--style", at("own.csl")}, "own:Computing Machinery"},
		{[]string{at("a.md"), "--style", at("sub/dependent.csl")}, `\[1\]`},
		{[]string{at("a.md"), "--style", at("bad.csl")}, ""},
		{[]string{at("a.md"), "--style", at("none.csl")}, ""},
		{[]string{at("a.md"), "--style", "xqzwvy"}, ""},
		{[]string{at("named.md")}, `\[1\]`},
		{[]string{at("named.md"), "--style", "apa"}, "(Turing, 1950)"},
		{[]string{at("file.md")}, "own:Computing Machinery"},
		{[]string{at("address.md")}, `\[1\]`},
	} {
		status, stdout, stderr := runCite(t, c.args...)
		if (status == 0) != (c.want != "") || !strings.Contains(stdout, c.want) {
			t.Errorf("%q: status %d, %s, %s", c.args, status, stdout, stderr)
		}
	}
	if _, stdout, _ := runCite(t, at("outside.md")); strings.Contains(stdout, "own:Computing") {
		t.Error("a style outside the folder was read")
	}
	if _, stdout, _ := runCite(t, at("address.md")); !strings.Contains(stdout, "Literatur") {
		t.Errorf("the language of the manuscript: %s", stdout)
	}
	if _, _, stderr := runCite(t, at("file.md")); !strings.Contains(stderr, `"Own" has no bibliography`) {
		t.Errorf("%s", stderr)
	}
}

func TestCite_AsksTheChosenLibraries(t *testing.T) {
	dir := inFolder(t, map[string]string{"a.md": "[@turing1950computing]\n"})
	if status, stdout, stderr := runCite(t, filepath.Join(dir, "a.md"), "--library", "LOCAL"); status != 0 || !strings.HasPrefix(stdout, "(Turing, 1950)") {
		t.Errorf("status %d, %s", status, stderr)
	}
	if status, _, stderr := runCite(t, filepath.Join(dir, "a.md"), "--library", "group:1"); status != exitFailure || !strings.Contains(stderr, "there is no library group:1") {
		t.Errorf("status %d, %s", status, stderr)
	}
	imported := bibliography(t)
	environ := []string{"STACKROOM_DATA=" + t.TempDir()}
	if status, _, stderr := run(t, environ, "import", imported); status != 0 {
		t.Fatal(stderr)
	}
	paper := inFolder(t, map[string]string{"a.md": "[@turing1937] and [@10.1112/plms/s2-42.1.230]\n"})
	if status, stdout, stderr := run(t, environ, "cite", filepath.Join(paper, "a.md")); status != 0 || !strings.HasPrefix(stdout, "(Turing, 1937) and (Turing, 1937)\n") || strings.Count(stdout, "Turing, A. M.") != 1 {
		t.Errorf("status %d, %s, %s", status, stdout, stderr)
	}
}

func TestCite_ReadsNothingOutsideTheFolder(t *testing.T) {
	picture, err := os.ReadFile(filepath.Join("..", "..", "pkg", "manuscript", "testdata", "curve.png"))
	if err != nil {
		t.Fatal(err)
	}
	dir := inFolder(t, map[string]string{"secret.png": string(picture), "paper/in.png": string(picture), "paper/a.md": "![in](in.png) ![out](../secret.png) ![link](link.png) ![dir](.)\n\n![abs](" + "/etc/passwd" + ")\n"})
	if err := os.Symlink(filepath.Join(dir, "secret.png"), filepath.Join(dir, "paper", "link.png")); err != nil {
		t.Skip(err)
	}
	status, stdout, stderr := runCite(t, filepath.Join(dir, "paper", "a.md"), "--to", "docx")
	if status != 0 || strings.Count(stdout, "word/media/image") != 2 { // an entry and its line of the directory
		t.Errorf("status %d, %d pictures, %s", status, strings.Count(stdout, "word/media/image"), stderr)
	}
	for _, name := range []string{"../secret.png", "link.png", "/etc/passwd", "."} {
		if !strings.Contains(stderr, "not carried over: the image "+name+": it ") {
			t.Errorf("%s is not named in %s", name, stderr)
		}
	}
}

func TestCite_RefusesWhatItCantDo(t *testing.T) {
	dir := inFolder(t, map[string]string{"a.md": "A\n", "a.txt.pdf": "A", "a.html": "A", "a.tex": "A", "bad.docx": "A", "latin1.md": "\xe9"})
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Symlink(at("a.md"), at("same.md")); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{at("none.md")}, "can't be read"},
		{[]string{dir + "/."}, "does not say what it is"},
		{[]string{at("a.txt.pdf")}, "does not say what it is"},
		{[]string{at("a.html")}, "does not say what it is"},
		{[]string{at("a.md"), "-o", at("b.pdf")}, "does not say in which format"},
		{[]string{at("a.md"), "-o", at("a.md")}, "is the manuscript itself"},
		{[]string{at("a.md"), "-o", at("same.md")}, "is the manuscript itself"},
		{[]string{at("a.md"), "-o", at("none/b.md")}, "can't be written"},
		{[]string{at("bad.docx")}, "no Word document"},
		{[]string{at("latin1.md")}, "UTF-8"},
	} {
		if status, _, stderr := runCite(t, c.args...); status != exitFailure || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: status %d, %s", c.args, status, stderr)
		}
	}
	if text, err := os.ReadFile(at("a.md")); err != nil || string(text) != "A\n" {
		t.Errorf("the manuscript changed: %q, %v", text, err)
	}
	if status, _, _ := runCite(t, at("a.md"), "--to", "pdf"); status != exitUsage {
		t.Errorf("an unknown format: status %d", status)
	}
}
