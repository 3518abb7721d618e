package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// importCommand takes bibliography files into the embedded library.
type importCommand struct {
	Paths  []string `arg:"" name:"file-or-folder" help:"Bibliography files, and folders in which to look for them."`
	DryRun bool     `help:"Say what would happen, and change nothing."`
	JSON   bool     `name:"json" help:"Print the summary as JSON."`
	Format string   `enum:"auto,bibtex,biblatex,ris,csljson" default:"auto" help:"Format of the files: ${enum}."`
	NoText bool     `help:"Don't read the texts of attachments."`
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

// fileSummary is what one file held.
type fileSummary struct {
	Path     string        `json:"path"`
	Format   biblio.Format `json:"format"`
	Entries  int           `json:"entries"`
	Skipped  int           `json:"skipped"`
	Repaired int           `json:"repaired"`
}

// textSummary is what became of the attachments.
type textSummary struct {
	Read    int       `json:"read"`
	Partly  int       `json:"partly"`
	NotRead []notRead `json:"not_read"`
}

// notRead is an attachment without text, and why.
type notRead struct {
	Path   string `json:"path"`
	Entry  string `json:"entry"`
	Reason string `json:"reason"`
}

// Run implements the command.
func (i *importCommand) Run(p *process) error {
	c, err := config.Load(p.environ)
	if err != nil {
		return err
	}
	began := time.Now()
	paths, err := i.files()
	if err != nil {
		return err
	}
	bar := newProgress(p.stderr)
	defer bar.end()
	s, works, err := i.read(p.ctx, paths, bar)
	if err != nil {
		return err
	}
	s.Library, err = shelf.Import(p.ctx, c.Data, slices.Values(works), shelf.ImportOptions{
		DryRun: i.DryRun, Total: len(works),
		Progress: func(done, total int) { bar.at("taking in works", done, total) },
		Indexing: func(done, total int) { bar.at("indexing", done, total) },
	})
	if err != nil {
		return err
	}
	bar.end()
	s.DryRun, s.Seconds = i.DryRun, time.Since(began).Seconds()
	if i.JSON {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		return e.Encode(s)
	}
	s.print(p.stdout, c.Data)
	return nil
}

// read reads all files before anything is changed.
func (i *importCommand) read(ctx context.Context, paths []string, bar *progress) (*summary, []shelf.Work, error) {
	s := &summary{Files: []fileSummary{}, Problems: []biblio.Problem{}, Texts: textSummary{NotRead: []notRead{}}}
	works := []shelf.Work{}
	for _, path := range paths {
		doc, format, err := readFile(ctx, path, i.Format, bar)
		if err != nil {
			return nil, nil, about(path, err)
		}
		file := fileSummary{Path: path, Format: format, Entries: len(doc.Entries)}
		for _, problem := range doc.Problems {
			if problem.Severity == biblio.Skipped {
				file.Skipped++
			} else {
				file.Repaired++
			}
		}
		s.Files = append(s.Files, file)
		s.Problems = append(s.Problems, doc.Problems...)
		texts := newTextReader(path, i.NoText, &s.Texts)
		for n := range doc.Entries {
			work, err := texts.work(ctx, &doc.Entries[n])
			if err != nil {
				return nil, nil, err
			}
			works = append(works, work)
			bar.at("texts of "+file.Path, n+1, len(doc.Entries))
		}
	}
	return s, works, nil
}

// about says which file an error is about.
func about(path string, err error) error {
	e := library.AsError(err)
	if e.Code == library.Internal {
		return fmt.Errorf("%s: %w", path, err)
	}
	named := *e
	named.Message = path + ": " + e.Message
	return &named
}

// print tells a person what happened.
func (s *summary) print(w io.Writer, dir string) {
	for _, f := range s.Files {
		fmt.Fprintf(w, "%s: %d entries (%s), %d skipped, %d repaired\n", f.Path, f.Entries, f.Format, f.Skipped, f.Repaired)
	}
	for _, p := range s.Problems {
		fmt.Fprintf(w, "  %s:%d: %s: %s", p.File, p.Line, p.Severity, p.Reason)
		if p.Entry != "" {
			fmt.Fprintf(w, " (%s)", p.Entry)
		}
		fmt.Fprintln(w)
	}
	for _, p := range s.Library.Problems {
		fmt.Fprintf(w, "  %s: %s\n", p.Origin, p.Reason)
	}
	for _, m := range s.Library.Merges {
		fmt.Fprintf(w, "  %s is the same work as %s (by %s): merged\n", m.Origin, m.Into, m.By)
	}
	for _, n := range s.Texts.NotRead {
		fmt.Fprintf(w, "  no text from %s (%s): %s\n", n.Path, n.Entry, n.Reason)
	}
	if s.DryRun {
		fmt.Fprint(w, "Dry run, nothing changed. Would be: ")
	}
	r := s.Library
	fmt.Fprintf(w, "%d added, %d updated, %d unchanged, %d merged, %d failed; %d texts read; %d works in %s; %.1f s\n",
		r.Added, r.Updated, r.Unchanged, r.Merged, r.Failed, s.Texts.Read, r.Items, dir, s.Seconds)
}
