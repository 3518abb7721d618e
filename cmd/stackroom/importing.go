package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/config"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// importCommand makes the embedded library what bibliography files say.
type importCommand struct {
	Paths      []string      `arg:"" optional:"" name:"file-or-folder" help:"Bibliography and PDF files, and folders in which to look for them; without any, all that were imported before."`
	DryRun     bool          `help:"Say what would happen, and change nothing."`
	JSON       bool          `name:"json" help:"Print the summary as JSON."`
	Format     string        `enum:"${formats}" default:"auto" help:"Format of the files: ${format_names}."`
	NoText     bool          `help:"Don't read the texts of attachments."`
	Keep       bool          `help:"Keep the works that a file or folder no longer has."`
	Prune      bool          `help:"Remove what a file no longer has even if more of it can't be read than before."`
	Collection *string       `help:"Put the works into the collection of this name, or path A/B, now and at later imports."`
	ByFolder   *bool         `help:"Put the works of each folder into a collection of its name, now and at later imports."`
	Watch      bool          `help:"Import again whenever a file changes, until Ctrl-C."`
	Interval   time.Duration `default:"2s" help:"How often --watch looks for changes."`
	Verbose    bool          `short:"v" help:"List every file that was read, and every work that is not as it was."`
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
	if i.Watch {
		return i.watch(p, c)
	}
	return i.once(p, c, i.Paths)
}

// once imports sources; without any, those that the library has.
func (i *importCommand) once(p *process, c *config.Config, paths []string) error {
	began := time.Now()
	limitMemory(importHeap)
	known, err := knownSources(p.ctx, c.Data)
	if err != nil {
		return interrupted(err)
	}
	if len(paths) == 0 {
		if paths = idsOf(known); len(paths) == 0 {
			return library.Errorf(library.Invalid, "nothing was imported before").WithHint("name a file or folder: stackroom import refs.bib")
		}
	}
	bar := newProgress(p.stderr)
	defer bar.end()
	run := &importRun{command: i, ctx: p.ctx, bar: bar, summary: newSummary()}
	if err := run.plan(paths, known); err != nil {
		return interrupted(err)
	}
	s := run.summary
	indexing := sync.OnceFunc(func() { limitMemory(indexHeap) })
	s.Library, err = shelf.Import(p.ctx, c.Data, run.inputs(), shelf.ImportOptions{
		DryRun: i.DryRun, Indexing: func(done, total int) {
			indexing()
			bar.at("indexing", done, total)
		},
	})
	if err != nil {
		return interrupted(err)
	}
	bar.end()
	s.DryRun, s.Seconds = i.DryRun, time.Since(began).Seconds()
	if i.JSON {
		e := json.NewEncoder(p.stdout)
		e.SetIndent("", "  ")
		err = e.Encode(s)
	} else {
		s.print(p.stdout, c.Data, i.Verbose)
	}
	if err != nil {
		return err
	}
	return s.incomplete()
}

// interrupted returns err, or the error of an import that Ctrl-C ended.
func interrupted(err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%w: nothing was imported; the library is as it was before", errInterrupted)
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
