package shelf

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// ImportOptions says how to import.
type ImportOptions struct {
	// DryRun reports what an import would do and changes nothing.
	DryRun bool
	// Total is how many works there are, for Progress; 0 if nobody knows.
	Total int
	// Progress is called after each work that was read.
	Progress func(done, total int)
	// Indexing is called now and then while the works are put into the
	// search index, which comes after reading them.
	Indexing func(done, total int)
}

// One batch for the store: rows in memory before they are written.
const batchBytes = 16 << 20

// importCacheBytes bounds what an import keeps decoded.
const importCacheBytes = 8 << 20

// step is a point in an import at which tests break it off.
type step string

const (
	stepFlush   step = "flush"
	stepIndex   step = "index"
	stepPublish step = "publish"
	stepSweep   step = "sweep"
)

// importer builds the next generation of the library in a folder.
type importer struct {
	dir   string
	opts  ImportOptions
	now   time.Time
	fault func(step) error // for tests; nil otherwise
	batch int              // bytes of rows to keep in memory

	base      *state // what the library is now; nil if it is empty
	rows      *layer
	catalogue *catalogue

	folder string // of the next generation; "" until something must be written
	next   *database
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
// [library.Conflict], and readers read on undisturbed. Memory is bounded
// whatever the number of works. An error leaves no report.
func Import(ctx context.Context, dir string, works iter.Seq[Work], opts ImportOptions) (Report, error) {
	m := &importer{dir: dir, opts: opts, now: time.Now().UTC(), batch: batchBytes}
	return m.run(ctx, works)
}

func (m *importer) run(ctx context.Context, works iter.Seq[Work]) (report Report, err error) {
	defer func() {
		if err != nil {
			report, err = Report{}, inWords(err)
		}
	}()
	if !m.opts.DryRun {
		unlock, err := lockWriter(m.dir)
		if err != nil {
			return report, err
		}
		defer unlock()
	}
	defer m.clear()
	if err := m.openBase(); err != nil {
		return report, err
	}
	if err := m.read(ctx, works); err != nil {
		return report, err
	}
	changed, err := m.catalogue.settle(m.baseRows())
	if err != nil {
		return report, err
	}
	m.catalogue.report.DryRun = m.opts.DryRun
	if m.opts.DryRun || len(changed) == 0 {
		return m.catalogue.report, nil
	}
	return m.catalogue.report, m.finish(ctx, changed)
}

// openBase opens what the library is now.
func (m *importer) openBase() error {
	name, err := currentGeneration(m.dir)
	if err != nil {
		return err
	}
	var below source
	if name != "" {
		if !m.opts.DryRun {
			sweep(m.dir, name) // what broke off may have filled the disk
		}
		if m.base, err = openRows(m.dir, name, importCacheBytes); err != nil {
			return err
		}
		below = m.base.rows
	}
	m.rows = newLayer(below)
	m.catalogue, err = newCatalogue(m.rows, m.now)
	return err
}

// baseRows returns the rows of the library as it is now.
func (m *importer) baseRows() source {
	if m.base == nil {
		return newLayer(nil)
	}
	return m.base.rows
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
		if m.rows.size > m.batch {
			if err := m.flush(); err != nil {
				return err
			}
		}
		if done++; m.opts.Progress != nil {
			m.opts.Progress(done, max(m.opts.Total, done))
		}
	}
	return ctx.Err()
}

// flush writes the rows that are in memory to the next generation's file,
// which the first flush makes.
func (m *importer) flush() error {
	if err := m.at(stepFlush); err != nil {
		return err
	}
	if m.next == nil {
		if err := m.create(); err != nil {
			return err
		}
	}
	if err := m.next.write(m.rows); err != nil {
		return err
	}
	m.rows.clear()
	m.rows.below = m.next
	return nil
}

// create makes the folder of the next generation, with a copy of the present
// one's file. A dry run keeps it apart from the library.
func (m *importer) create() error {
	if m.opts.DryRun {
		folder, err := os.MkdirTemp("", "stackroom-dry-run-")
		if err != nil {
			return err
		}
		m.folder = folder
	} else {
		numbers, err := generations(m.dir)
		if err != nil {
			return err
		}
		n := 1
		if len(numbers) > 0 {
			n = numbers[len(numbers)-1] + 1
		}
		folder := filepath.Join(m.dir, generationName(n))
		if err := os.Mkdir(folder, 0o700); err != nil {
			return err
		}
		m.folder = folder
	}
	file := filepath.Join(m.folder, databaseFile)
	if m.base != nil {
		if err := copyFile(file, filepath.Join(m.dir, m.base.generation, databaseFile)); err != nil {
			return err
		}
	}
	next, err := createDatabase(file)
	m.next = next
	return err
}

// finish writes what is left, indexes the changed items, and publishes the
// generation.
func (m *importer) finish(ctx context.Context, changed []string) error {
	if err := m.flush(); err != nil {
		return err
	}
	if err := m.next.sync(); err != nil {
		return err
	}
	if err := m.index(ctx, changed); err != nil {
		return err
	}
	if err := m.next.close(); err != nil {
		return err
	}
	m.next = nil
	name := filepath.Base(m.folder)
	if err := check(m.dir, name, m.catalogue.meta); err != nil {
		return err
	}
	if err := errors.Join(m.at(stepPublish), ctx.Err()); err != nil {
		return err
	}
	if err := publish(m.dir, name); err != nil {
		return err
	}
	m.folder = "" // it is the library now
	if err := m.at(stepSweep); err == nil {
		sweep(m.dir, name)
	}
	return nil
}

// index brings a copy of the present index up to date or, where there is none
// that can be used, builds one.
func (m *importer) index(ctx context.Context, changed []string) error {
	if err := m.at(stepIndex); err != nil {
		return err
	}
	c := newContent(m.next, importCacheBytes)
	x, err := m.copiedIndex(ctx, c)
	if x == nil {
		if err != nil {
			return err
		}
		return buildIndex(ctx, m.folder, c, m.catalogue.meta.Version, func(done int) { m.indexed(done, m.catalogue.meta.Items) })
	}
	to := indexer{content: c, index: x, report: func(done int) { m.indexed(done, len(changed)) }}
	for _, key := range changed {
		it, err := c.item(key)
		if err == nil && it == nil {
			err = damaged(errors.New("an item that was written is not there"))
		}
		if err == nil {
			err = to.add(ctx, it)
		}
		if err != nil {
			return errors.Join(err, x.Close())
		}
	}
	if err := to.flush(ctx); err != nil {
		return errors.Join(err, x.Close())
	}
	if err := x.SetVersion(m.catalogue.meta.Version); err != nil {
		return errors.Join(err, x.Close())
	}
	return x.Close()
}

func (m *importer) indexed(done, total int) {
	if m.opts.Indexing != nil {
		m.opts.Indexing(done, total)
	}
}

// copiedIndex returns a copy of the present index, open for writing, or nil
// if there is none that can be used.
func (m *importer) copiedIndex(ctx context.Context, c *content) (*index.Index, error) {
	if m.base == nil {
		return nil, nil
	}
	err := copyIndex(ctx, filepath.Join(m.folder, indexFolder), filepath.Join(m.dir, m.base.generation, indexFolder))
	var x *index.Index
	if err == nil {
		x, err = openIndex(index.Create, m.folder, c, m.base.meta.Version)
	}
	switch {
	case err == nil:
		return x, nil
	case rebuildable(err) || errors.Is(err, os.ErrNotExist):
		return nil, os.RemoveAll(filepath.Join(m.folder, indexFolder))
	}
	return nil, err
}

// buildIndex builds the index of the generation in folder from its items.
func buildIndex(ctx context.Context, folder string, c *content, version int64, report func(done int)) error {
	x, err := index.Create(filepath.Join(folder, indexFolder), c)
	if err != nil {
		return err
	}
	return errors.Join(c.fillIndex(ctx, x, version, report), x.Close())
}

// check opens the generation as a reader will, before it is published.
func check(dir, name string, want meta) error {
	s, err := openGeneration(dir, name, importCacheBytes)
	if err != nil {
		return err
	}
	if s.meta != want {
		err = damaged(errors.New("what was written is not what is read"))
	}
	return errors.Join(err, s.release())
}

// at is where a test may break the import off.
func (m *importer) at(s step) error {
	if m.fault == nil {
		return nil
	}
	return m.fault(s)
}

// clear closes what is open and removes what was not published.
func (m *importer) clear() {
	if m.next != nil {
		_ = m.next.close()
	}
	if m.base != nil {
		_ = m.base.release()
	}
	if m.folder != "" {
		_ = os.RemoveAll(m.folder)
	}
}

// inWords returns err as an error for callers. What is not already in words
// came from the disk.
func inWords(err error) error {
	if e := (*library.Error)(nil); errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unwritable(err)
}
