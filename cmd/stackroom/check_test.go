package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// TestCheck_FindsTheDamageOfAManuscript checks manuscripts over the sample library
// with a stand-in for the registries: one that is right, and damaged copies of it
// in each format.
func TestCheck_FindsTheDamageOfAManuscript(t *testing.T) {
	registry := resolvetest.New(t, resolvetest.Work{DOI: "10.1093/mind/lix.236.433", Title: "Computing Machinery and Intelligence", Authors: []string{"Turing, Alan Mathison"}, Year: 1950},
		resolvetest.Work{DOI: "10.1000/withdrawn", Title: "A result that did not last long", Authors: []string{"Doe, Jane"}, Year: 2001, Retracted: true})
	dir := inFolder(t, map[string]string{
		"good.md":    "He asks [@turing1950computing].\n",
		"bad.md":     "---\nbibliography: refs.bib\n---\nHe asks [@turing1950computing; @nobody1900x].\n\nThey claim [@doe].\n",
		"bad.tex":    "\\addbibresource{refs.bib}\nHe asks \\cite{turing1950computing,nobody1900x} and \\cite{doe}.\n",
		"plain.docx": "no document",
		"refs.bib":   "@article{doe, author={Doe, Jane}, title={A result that did not last long}, year={2003}, doi={10.1000/withdrawn}}\n",
	})
	if status, _, stderr := runCite(t, filepath.Join(dir, "bad.md"), "-o", filepath.Join(dir, "bad.docx"), "--allow-missing"); status != 0 {
		t.Fatal(stderr)
	}
	check := func(args ...string) (status int, stdout, stderr string) {
		return run(t, []string{"STACKROOM_DATA=" + t.TempDir(), "STACKROOM_RESOLVER_URL=" + registry.URL, "STACKROOM_CONTACT=ada@example.org"}, append([]string{"check"}, args...)...)
	}
	status, out, stderr := check(filepath.Join(dir, "good.md"))
	if status != 0 || !strings.Contains(out, "found: turing1950computing") || strings.Contains(out, "cited without an entry") {
		t.Errorf("status %d, %s, %s", status, out, stderr)
	}
	for _, name := range []string{"bad.md", "bad.tex"} {
		status, out, stderr := check(filepath.Join(dir, name))
		for _, want := range []string{"found: turing1950computing", "cited without an entry: @nobody1900x\n", "differs: doe", `year: "2003" here, "2001" at `, "retraction, says ", "asked: Crossref: 2 identifiers answered"} {
			if status != 0 || !strings.Contains(out, want) {
				t.Errorf("%s: status %d, no %q in %s, %s", name, status, want, out, stderr)
			}
		}
	}
	if status, out, stderr := check(filepath.Join(dir, "bad.docx")); status != 0 || !strings.Contains(out, "10.1093/mind") || !strings.Contains(out, "found: ") {
		t.Errorf("a Word document: status %d, %s, %s", status, out, stderr)
	}
	if status, out, _ := check(filepath.Join(dir, "good.md"), "--json", "--bibliography", filepath.Join(dir, "refs.bib")); status != 0 || !strings.HasPrefix(out, `{"references":[`) || !strings.Contains(out, `"verdict":"found"`) {
		t.Errorf("in JSON: status %d, %s", status, out)
	}
	for _, args := range [][]string{{filepath.Join(dir, "none.md")}, {filepath.Join(dir, "plain.docx")}, {filepath.Join(dir, "refs.bib")}, {filepath.Join(dir, "good.md"), "--bibliography", filepath.Join(dir, "none.bib")}} {
		if status, out, stderr := check(args...); status != exitFailure || out != "" || stderr == "" {
			t.Errorf("%q: status %d, %s, %s", args, status, out, stderr)
		}
	}
}
