package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// summary is what an import did, for people and for programs.
type summary struct {
	DryRun   bool             `json:"dry_run"`
	Seconds  float64          `json:"seconds"`
	Files    []fileSummary    `json:"files"`
	Library  shelf.Report     `json:"library"`
	Texts    textSummary      `json:"texts"`
	PDFs     pdfSummary       `json:"pdfs"`
	Problems []biblio.Problem `json:"problems"`
	Failed   []failedSource   `json:"failed"`
}

// failedSource is a source, or a file of one, that was not read, or not whole.
type failedSource struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
	Hint   string `json:"hint,omitempty"`
	// Passed says that it is no failure of the import: a folder without
	// bibliographies among other sources.
	Passed bool `json:"passed,omitempty"`
}

func newSummary() *summary {
	return &summary{Files: []fileSummary{}, Problems: []biblio.Problem{}, Texts: newTextSummary(), PDFs: pdfSummary{NotImported: []notRead{}}, Failed: []failedSource{}}
}

// fail records why a source was not read, or not whole.
func (s *summary) fail(path string, err error) {
	e := library.AsError(err)
	s.Failed = append(s.Failed, failedSource{Path: path, Reason: e.Message, Hint: e.Hint})
}

// incomplete returns the error of an import that could not read all that it should,
// or nil.
func (s *summary) incomplete() error {
	failed := slices.DeleteFunc(slices.Clone(s.Failed), func(f failedSource) bool { return f.Passed })
	if len(failed) == 0 {
		return nil
	}
	first := failed[0]
	return library.Errorf(library.Invalid, "%d of the files and folders could not be read whole; what could be is imported", len(failed)).
		WithHint("%s", strings.TrimSuffix(fmt.Sprintf("%s: %s; %s", plaintext.Line(first.Path), plaintext.Line(first.Reason), first.Hint), "; "))
}

// read records a bibliography that was read.
func (s *summary) read(b *parsedFile) {
	row := fileSummary{Path: b.path, Format: b.format, Entries: len(b.doc.Entries)}
	for _, problem := range b.doc.Problems {
		if problem.Severity == biblio.Skipped {
			row.Skipped++
		} else {
			row.Repaired++
		}
	}
	s.Files = append(s.Files, row)
	s.Problems = append(s.Problems, b.doc.Problems...)
}

// fileSummary is what one file had.
type fileSummary struct {
	Path     string        `json:"path"`
	Format   biblio.Format `json:"format"`
	Entries  int           `json:"entries"`
	Skipped  int           `json:"skipped"`
	Repaired int           `json:"repaired"`
}

// The most files that a summary lists with --verbose, and without it. The counts
// beside the lists are complete.
const (
	maxFiles  = 10_000
	someFiles = 20
)

// textSummary is the outcome of reading attachments.
type textSummary struct {
	Read         int       `json:"read"`
	Partly       int       `json:"partly"`
	Files        []string  `json:"files"` // that were opened, each once; the first 10,000
	FileCount    int       `json:"file_count"`
	NotRead      []notRead `json:"not_read"` // the first 10,000
	NotReadCount int       `json:"not_read_count"`

	seen map[string]bool // the files that are counted
}

// notRead is an attachment without text, and why.
type notRead struct {
	Path   string `json:"path"`
	Entry  string `json:"entry"`
	Reason string `json:"reason"`
}

func newTextSummary() textSummary {
	return textSummary{Files: []string{}, NotRead: []notRead{}, seen: map[string]bool{}}
}

// opened records a file that was opened.
func (t *textSummary) opened(path string) {
	if t.seen[path] {
		return
	}
	t.seen[path] = true
	if t.FileCount++; len(t.Files) < maxFiles {
		t.Files = append(t.Files, path)
	}
}

// count records the outcome of one attachment, with the reason where it was not
// read completely.
func (t *textSummary) count(status library.TextStatus, missing notRead) {
	switch {
	case status.Complete():
		t.Read++
		return
	case status.Available:
		t.Partly++
	}
	if t.NotReadCount++; len(t.NotRead) < maxFiles {
		t.NotRead = append(t.NotRead, missing)
	}
}

// print writes the summary as text.
func (s *summary) print(w io.Writer, dir string, verbose bool) {
	for _, f := range s.Files {
		fmt.Fprintf(w, "%s: %d entries (%s), %d skipped, %d repaired\n", f.Path, f.Entries, f.Format, f.Skipped, f.Repaired)
	}
	s.PDFs.print(w)
	printProblems(w, s.Problems, verbose)
	for _, p := range s.Library.Problems {
		fmt.Fprintf(w, "  %s: %s\n", p.Origin, p.Reason)
	}
	for _, m := range s.Library.Merges {
		fmt.Fprintf(w, "  %s is the same work as %s (by %s): merged\n", m.Origin, m.Into, m.By)
	}
	s.printLibrary(w, verbose)
	s.Texts.print(w, verbose)
	if s.DryRun {
		fmt.Fprint(w, "Dry run, nothing changed. Would be: ")
	}
	r := s.Library
	fmt.Fprintf(w, "%d added, %d updated, %d unchanged, %d merged, %d failed, %d removed; %d texts read; %d works in %s; %.1f s\n",
		r.Added, r.Updated, r.Unchanged, r.Merged, r.Failed, r.Removed, s.Texts.Read, r.Items, dir, s.Seconds)
}

// printLibrary lists citation keys that clash, works that were kept and, if all are
// asked for, each work that is not as it was.
func (s *summary) printLibrary(w io.Writer, all bool) {
	for _, c := range s.Library.KeyClashes {
		fmt.Fprintf(w, "  %s: the citation key %s is that of %q; %q is exported as %s\n",
			plaintext.Line(c.Origin), plaintext.Line(c.Key), plaintext.Line(c.Holder), plaintext.Line(c.Title), plaintext.Line(c.Got))
	}
	if more := s.Library.KeyClashCount - len(s.Library.KeyClashes); more > 0 {
		fmt.Fprintf(w, "  and %d more works whose citation key is another's\n", more)
	}
	s.printChanged(w)
	for _, source := range s.Library.Sources {
		if source.Kept > 0 {
			fmt.Fprintf(w, "  %s: %d works that it no longer has are kept\n", plaintext.Line(source.ID), source.Kept)
		}
	}
	for _, f := range s.Failed {
		fmt.Fprintf(w, "  %s: %s\n", plaintext.Line(f.Path), plaintext.Line(f.Reason))
	}
	if !all {
		return
	}
	for _, x := range s.Library.Works {
		fmt.Fprintf(w, "  %s %s: %s (%s)\n", x.Outcome, plaintext.Line(x.CitationKey), plaintext.Line(x.Title), plaintext.Line(x.Origin))
	}
	r := s.Library
	if more := r.Added + r.Updated + r.Removed + r.Kept + r.Trashed - len(r.Works); more > 0 {
		fmt.Fprintf(w, "  and %d more works\n", more)
	}
}

// printChanged lists works that were changed in the library, where that and the sources
// do not go together.
func (s *summary) printChanged(w io.Writer) {
	r := s.Library
	for _, o := range r.Overruled {
		fmt.Fprintf(w, "  %s: %q was changed in the library; what the source now says has taken the place of: %s\n",
			plaintext.Line(o.Origin), plaintext.Line(o.Title), strings.Join(o.Fields, ", "))
	}
	if more := r.OverruledCount - len(r.Overruled); more > 0 {
		fmt.Fprintf(w, "  and %d more works whose changes gave way to their sources\n", more)
	}
	if r.Trashed > 0 {
		fmt.Fprintf(w, "  %d works are in the library's trash and stay there\n", r.Trashed)
	}
}

// printProblems lists problems: each cause once a file, with the first entry
// that has it, or all of them.
func printProblems(w io.Writer, problems []biblio.Problem, all bool) {
	type cause struct {
		file, reason string
		severity     biblio.Severity
	}
	entries := map[cause]int{}
	for _, p := range problems {
		entries[cause{p.File, p.Reason, p.Severity}]++
	}
	for _, p := range problems {
		c := cause{p.File, p.Reason, p.Severity}
		more := entries[c] - 1
		if more < 0 {
			continue // its cause is listed
		}
		fmt.Fprintf(w, "  %s:%d: %s: %s", p.File, p.Line, p.Severity, p.Reason)
		if p.Entry != "" {
			fmt.Fprintf(w, " (%s)", p.Entry)
		}
		if more > 0 && !all {
			fmt.Fprintf(w, ", and %d more entries; -v lists them", more)
			entries[c] = 0
		}
		fmt.Fprintln(w)
	}
}

// print lists the attachments that were read, and those that were not.
func (t *textSummary) print(w io.Writer, verbose bool) {
	files := t.Files
	if !verbose {
		files = files[:min(len(files), someFiles)]
	}
	for _, path := range files {
		fmt.Fprintf(w, "  read %s\n", plaintext.Line(path))
	}
	switch more := t.FileCount - len(files); {
	case more > 0 && !verbose:
		fmt.Fprintf(w, "  and %d more files; -v lists them\n", more)
	case more > 0:
		fmt.Fprintf(w, "  and %d more files\n", more)
	}
	for _, n := range t.NotRead {
		fmt.Fprintf(w, "  no text from %s (%s): %s\n", plaintext.Line(n.Path), plaintext.Line(n.Entry), n.Reason)
	}
	if more := t.NotReadCount - len(t.NotRead); more > 0 {
		fmt.Fprintf(w, "  and no text from %d more attachments\n", more)
	}
}
