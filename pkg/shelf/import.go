package shelf

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// ImportOptions says how to import.
type ImportOptions struct {
	// DryRun reports what an import would do and changes nothing.
	DryRun bool
	// Total is how many works there are, for Progress; 0 if unknown.
	Total int
	// Progress is called after each work that was read.
	Progress func(done, total int)
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

// Import takes works into the library in folder dir, making both as needed.
// It is atomic: if it fails, is cancelled or killed, the library is as it was.
// It is idempotent: works that say what the library has already change
// nothing. A work that the library has, by DOI, arXiv ID, PMID, ISBN or
// citation key (see [Report]), is updated: it keeps its key and the time when
// it was added, what the work says wins, tags, collections, notes and
// attachments come together.
//
// One import runs at a time; while it does, another one is refused with
// [library.Conflict], and readers are not affected. Memory is bounded for any
// number of works. After an error there is no report.
func Import(ctx context.Context, dir string, works iter.Seq[Work], opts ImportOptions) (Report, error) {
	return newImporter(dir, opts).run(ctx, works)
}

func (m *importer) run(ctx context.Context, works iter.Seq[Work]) (report Report, err error) {
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
	if m.catalogue, err = newCatalogue(m.rows, m.now); err != nil {
		return report, err
	}
	if err := m.read(ctx, works); err != nil {
		return report, err
	}
	changed, err := m.catalogue.settle(m.former())
	if err != nil {
		return report, err
	}
	m.catalogue.report.DryRun = m.dry
	if m.dry || len(changed) == 0 {
		return m.catalogue.report, nil
	}
	what := contents{put: changed, report: m.opts.Indexing}
	if m.base != nil {
		what.from = m.base.index
	}
	if err := m.write(ctx, m.catalogue.meta, what); err != nil {
		return report, err
	}
	return m.catalogue.report, m.publish(ctx)
}

// read takes the works in, batch by batch.
func (m *importer) read(ctx context.Context, works iter.Seq[Work]) error {
	done := 0
	for w := range works {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := m.catalogue.take(w); err != nil {
			return err
		}
		if err := m.spill(); err != nil {
			return err
		}
		if done++; m.opts.Progress != nil {
			m.opts.Progress(done, max(m.opts.Total, done))
		}
	}
	return ctx.Err()
}

// inWords returns err as an error for callers. What is not already in words
// came from the disk.
func inWords(err error) error {
	if e := (*library.Error)(nil); errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unwritable(err)
}
