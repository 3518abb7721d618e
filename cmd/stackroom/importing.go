package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// importCommand adds bibliography files to the embedded library.
type importCommand struct {
	Paths   []string `arg:"" name:"file-or-folder" help:"Bibliography files, and folders in which to look for them."`
	DryRun  bool     `help:"Say what would happen, and change nothing."`
	JSON    bool     `name:"json" help:"Print the summary as JSON."`
	Format  string   `enum:"${formats}" default:"auto" help:"Format of the files: ${format_names}."`
	NoText  bool     `help:"Don't read the texts of attachments."`
	Verbose bool     `short:"v" help:"List every file that was read."`
}

// summary is what an import did, for people and for programs.
type summary struct {
	DryRun   bool             `json:"dry_run"`
	Seconds  float64          `json:"seconds"`
	Files    []fileSummary    `json:"files"`
	Library  shelf.Report     `json:"library"`
	Texts    textSummary      `json:"texts"`
	Problems []biblio.Problem `json:"problems"`
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

// Run implements the command.
func (i *importCommand) Run(p *process) error {
	c, err := config.Load(p.environ)
	if err != nil {
		return err
	}
	if err := errors.Join(warnUnknown(p.stderr, p.environ), checkImportData(c)); err != nil {
		return err
	}
	began := time.Now()
	paths, err := i.files()
	if err != nil {
		return err
	}
	bar := newProgress(p.stderr)
	defer bar.end()
	s, read, err := i.read(p.ctx, paths, bar)
	if err != nil {
		return interrupted(err)
	}
	total := 0
	for _, b := range read {
		total += len(b.doc.Entries)
	}
	if total == 0 {
		return library.Errorf(library.Invalid, "none of the %d files holds an entry", len(read))
	}
	s.Library, err = shelf.Import(p.ctx, c.Data, i.works(p.ctx, read, &s.Texts), shelf.ImportOptions{
		DryRun: i.DryRun, Total: total,
		Progress: func(done, total int) { bar.at("taking in works", done, total) },
		Indexing: func(done, total int) { bar.at("indexing", done, total) },
	})
	if err != nil {
		return interrupted(err)
	}
	bar.end()
	s.DryRun, s.Seconds = i.DryRun, time.Since(began).Seconds()
	if i.JSON {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(s)
	}
	s.print(p.stdout, c.Data, i.Verbose)
	return nil
}

// interrupted returns err, or the error of an import that Ctrl-C ended.
func interrupted(err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: nothing was imported; the library is as it was before", errInterrupted)
}

// parsedFile is a bibliography file that was read.
type parsedFile struct {
	path    string
	doc     *biblio.Document
	archive io.Closer // the file, if it is an archive; or nil
}

func (b parsedFile) close() {
	if b.archive != nil {
		_ = b.archive.Close() // only read
	}
}

// read reads all bibliographies before anything is changed.
func (i *importCommand) read(ctx context.Context, paths []string, bar *progress) (*summary, []parsedFile, error) {
	s := &summary{Files: []fileSummary{}, Problems: []biblio.Problem{}, Texts: newTextSummary()}
	var read []parsedFile
	for _, path := range paths {
		file, format, err := readFile(ctx, path, i.Format, bar)
		if err != nil {
			return nil, nil, about(path, err)
		}
		read = append(read, file)
		doc := file.doc
		if len(doc.Entries) == 0 && (len(paths) == 1 || slices.Contains(i.Paths, path)) {
			return nil, nil, about(path, noEntries(path, doc, format))
		}
		row := fileSummary{Path: path, Format: format, Entries: len(doc.Entries)}
		for _, problem := range doc.Problems {
			if problem.Severity == biblio.Skipped {
				row.Skipped++
			} else {
				row.Repaired++
			}
		}
		s.Files = append(s.Files, row)
		s.Problems = append(s.Problems, doc.Problems...)
	}
	return s, read, nil
}

// works returns the works of the bibliographies. The texts of a work are read
// when the sequence comes to it, so that one work's texts are in memory at a
// time. The sequence ends early if ctx does.
func (i *importCommand) works(ctx context.Context, read []parsedFile, texts *textSummary) iter.Seq[shelf.Work] {
	return func(yield func(shelf.Work) bool) {
		for _, b := range read {
			if !i.worksOf(ctx, b, texts, yield) {
				return
			}
		}
	}
}

// worksOf yields the works of one bibliography and reports whether to go on.
func (i *importCommand) worksOf(ctx context.Context, b parsedFile, texts *textSummary, yield func(shelf.Work) bool) bool {
	t := newTextReader(b, i.NoText, texts)
	defer b.close()
	defer t.close()
	for n := range b.doc.Entries {
		work, err := t.work(ctx, &b.doc.Entries[n])
		if err != nil || !yield(work) {
			return false
		}
	}
	return true
}

// about adds the name of the file to an error.
func about(path string, err error) error {
	e := library.AsError(err)
	if e.Code == library.Internal {
		return fmt.Errorf("%s: %w", path, err)
	}
	named := *e
	named.Message = path + ": " + e.Message
	return &named
}

// print writes the summary as text.
func (s *summary) print(w io.Writer, dir string, verbose bool) {
	for _, f := range s.Files {
		fmt.Fprintf(w, "%s: %d entries (%s), %d skipped, %d repaired\n", f.Path, f.Entries, f.Format, f.Skipped, f.Repaired)
	}
	printProblems(w, s.Problems, verbose)
	for _, p := range s.Library.Problems {
		fmt.Fprintf(w, "  %s: %s\n", p.Origin, p.Reason)
	}
	for _, m := range s.Library.Merges {
		fmt.Fprintf(w, "  %s is the same work as %s (by %s): merged\n", m.Origin, m.Into, m.By)
	}
	s.Texts.print(w, verbose)
	if s.DryRun {
		fmt.Fprint(w, "Dry run, nothing changed. Would be: ")
	}
	r := s.Library
	fmt.Fprintf(w, "%d added, %d updated, %d unchanged, %d merged, %d failed; %d texts read; %d works in %s; %.1f s\n",
		r.Added, r.Updated, r.Unchanged, r.Merged, r.Failed, s.Texts.Read, r.Items, dir, s.Seconds)
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
