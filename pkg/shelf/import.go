package shelf

import (
	"context"
	"errors"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Input is a source as an import reads it.
type Input struct {
	// ID names the source: the absolute path of a file or folder.
	ID string
	// Settings are kept with the source, for the caller; nil leaves those that
	// are kept. They are read after Tell.
	Settings map[string]string
	// Tell calls take with each work of the source, in the source's order, and
	// ends with its first error. whole is false if the source may have more works
	// than these: then none is removed. A nil Tell forgets the source.
	Tell func(take func(Work) error) (whole bool, err error)
	// Keep keeps the works that the source no longer has.
	Keep bool
}

// ImportOptions says how to import.
type ImportOptions struct {
	// DryRun reports what an import would do and changes nothing.
	DryRun bool
	// Progress is called after each work that was read, with their number.
	Progress func(done int)
	// Indexing is called now and then while the works are put into the
	// search index, which comes after reading them.
	Indexing func(done, total int)
}

// importer takes works into the next base of the library in a folder.
type importer struct {
	*making
	opts      ImportOptions
	now       time.Time
	catalogue *catalogue
}

func newImporter(dir string, opts ImportOptions) *importer {
	m := newMaking(dir, options{library: library.Local})
	m.dry = opts.DryRun
	return &importer{making: m, opts: opts, now: time.Now().UTC()}
}

// Import makes the library in folder dir say what the sources say, and makes the
// folder as needed. It is atomic: if it fails, is cancelled or killed, the library
// is as it was. It is idempotent: sources that say what they said before change
// nothing.
//
// A work that the library has, by DOI, arXiv ID, PMID, ISBN, citation key or
// content (see [Report]), keeps its key and the time when it was added; so does
// one that was edited in its source. A work is removed when no source has it any
// more. What several sources say of one work is put together: of two values of a
// field the one that changed last counts, and tags, collections, notes and
// attachments come together.
//
// One import runs at a time; while it does, another one is refused with
// [library.Conflict], and readers are not affected. Memory is bounded for any
// number of works. After an error there is no report.
func Import(ctx context.Context, dir string, inputs []*Input, opts ImportOptions) (Report, error) {
	return newImporter(dir, opts).run(ctx, inputs)
}

func (m *importer) run(ctx context.Context, inputs []*Input) (report Report, err error) {
	defer func() {
		if err != nil {
			report, err = Report{}, inWords(err)
		}
	}()
	defer m.clear()
	if !m.dry {
		if err := m.lockBoth(ctx, forImport); err != nil {
			return report, err
		}
	}
	if err := m.open(ctx); err != nil {
		return report, err
	}
	if m.catalogue, err = newCatalogue(m.rows, m.now, m.spill); err != nil {
		return report, err
	}
	for _, in := range inputs {
		if err := m.read(ctx, in); err != nil {
			return report, err
		}
	}
	done, err := m.catalogue.settle(m.former())
	if err != nil {
		return report, err
	}
	m.catalogue.report.DryRun = m.dry
	if m.dry || !done.any() {
		return m.catalogue.report, ctx.Err()
	}
	if err := m.writeChanged(ctx, done); err != nil {
		return report, err
	}
	return m.catalogue.report, m.publish(ctx)
}

// writeChanged writes the base with what the import changed.
func (m *importer) writeChanged(ctx context.Context, done settled) (err error) {
	what := contents{put: done.changed, report: m.opts.Indexing}
	if m.base != nil {
		if what.from = m.base.index; what.from != nil && len(done.removed) > 0 {
			if what.from, err = what.from.With(ctx, m.base.content, nil, done.removed); err != nil {
				return err
			}
		}
	}
	return m.write(ctx, m.catalogue.meta, what)
}

// read takes the works of a source in, batch by batch.
func (m *importer) read(ctx context.Context, in *Input) error {
	c := m.catalogue
	if err := c.begin(in); err != nil {
		return err
	}
	whole := true
	if in.Tell != nil {
		var err error
		whole, err = in.Tell(func(w Work) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := c.take(w); err != nil {
				return err
			}
			if m.opts.Progress != nil {
				m.opts.Progress(c.report.Read)
			}
			return m.spill()
		})
		if err != nil {
			return err
		}
	}
	if err := c.end(in, whole); err != nil {
		return err
	}
	return errors.Join(m.spill(), ctx.Err())
}

// inWords returns err as an error for callers. What is not already in words
// came from the disk.
func inWords(err error) error {
	if e := (*library.Error)(nil); errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unwritable(err)
}
