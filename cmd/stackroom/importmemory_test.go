//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// maxImportMemory is the most memory in bytes that an import of 100,000 entries may
// take, files that are mapped into memory included.
const maxImportMemory = 400 << 20

// TestImport_StaysInMemory imports 100,000 entries, again, edited, and 100,000
// others, and prints the memory and processor time of each import.
func TestImport_StaysInMemory(t *testing.T) {
	if os.Getenv("STACKROOM_TEST_LONG") != "1" {
		t.Skip("STACKROOM_TEST_LONG is not 1: this takes minutes")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "stackroom")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, run := range []struct{ name, file, prefix, suffix string }{
		{"first", "refs.bib", "key", ""}, {"again", "refs.bib", "key", ""}, {"edited", "refs.bib", "key", " Edited."}, {"another file", "other.bib", "other", ""},
	} {
		path := filepath.Join(dir, run.file)
		largeBibliography(t, path, run.prefix, run.suffix)
		cmd := exec.CommandContext(t.Context(), program, "import", path)
		cmd.Env = append(os.Environ(), "STACKROOM_DATA="+filepath.Join(dir, "library"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", run.name, err, out)
		}
		usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		peak := usage.Maxrss << 10
		t.Logf("%s: %d MB, %.1f s of processor", run.name, peak>>20, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
		if run.name != "first" && peak > maxImportMemory {
			t.Errorf("%s: %d MB, more than %d", run.name, peak>>20, maxImportMemory>>20)
		}
	}
}

// largeBibliography writes 100,000 entries of 1.2 kB; every tenth has the suffix.
func largeBibliography(t *testing.T, path, prefix, suffix string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range 100_000 {
		abstract := strings.Repeat(fmt.Sprintf("Word%d of the matter at hand, seen for the %dth time. ", i%997, i), 18)
		if i%10 == 0 {
			abstract += suffix
		}
		fmt.Fprintf(w, "@article{%s%d,\n  title = {On %s%d and its %d seas},\n  author = {Author%d, A. and Writer%d, B.},\n  journal = {Journal %d},\n  year = {%d},\n  doi = {10.5555/%s.%d},\n  keywords = {a%d, b%d},\n  abstract = {%s}\n}\n\n",
			prefix, i, prefix, i, i%89, i%7919, i%101, i%499, 1950+i%70, prefix, i, i%37, i%41, abstract)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}
