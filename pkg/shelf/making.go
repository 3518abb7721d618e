package shelf

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
)

// step is a point in a transaction or in making a base at which tests break it
// off.
type step string

const (
	stepRun      step = "run"      // rows in memory are to be written to a file
	stepRows     step = "rows"     // the base's rows are to be written
	stepIndex    step = "index"    // they are; the index is not
	stepManifest step = "manifest" // the index is; the manifest is not
	stepPublish  step = "publish"  // the base is whole, but not the current one
	stepSweep    step = "sweep"    // it is; the one before is still there
)

// making makes the next base of the library in a folder. Its rows may be more
// than fit into memory: they are spilled into files, which are merged in the
// end.
type making struct {
	dir   string
	opts  options
	dry   bool             // nothing is published
	fault func(step) error // for tests; nil otherwise
	batch int              // bytes of rows to keep in memory

	base *state // what the library is now, held; nil if there is none
	rows *rows
	keys map[string]string // citation keys that are to be written into the rows of items, by item; nil if none were given

	folder string // of the next generation; "" until something must be written
	spills int
	unlock []func()
}

// batchBytes is how many bytes of rows are kept in memory before they are
// spilled.
const batchBytes = 16 << 20

// makingCacheBytes bounds what is kept decoded while a base is made.
const makingCacheBytes = 4 << 20

func newMaking(dir string, opts options) *making {
	opts.cacheBytes, opts.embedder = makingCacheBytes, nil
	return &making{dir: dir, opts: opts, batch: batchBytes}
}

// lockBase takes the lock under which bases are made.
func (m *making) lockBase(ctx context.Context, purpose string) error {
	unlock, err := takeLock(ctx, m.dir, baseLock, purpose, buildWait)
	if err == nil {
		m.unlock = append(m.unlock, unlock)
	}
	return err
}

// lockWriter keeps transactions away. The base's lock, where both are needed, is
// taken first.
func (m *making) lockWriter(ctx context.Context, purpose string) error {
	unlock, err := takeLock(ctx, m.dir, writerLock, purpose, lockWait)
	if err == nil {
		m.unlock = append(m.unlock, unlock)
	}
	return err
}

// lockBoth keeps all other writers away, and removes what those that broke off
// have left: it may have filled the disk.
func (m *making) lockBoth(ctx context.Context, purpose string) error {
	if err := m.lockBase(ctx, purpose); err != nil {
		return err
	}
	if err := m.lockWriter(ctx, purpose); err != nil {
		return err
	}
	if now, err := currentGeneration(m.dir); err == nil && now != "" {
		sweep(m.dir, now)
	}
	return nil
}

// open opens what the library is now, and prepares the rows for writing. A
// library of an older format counts as none: opening it said that it must be
// made again.
func (m *making) open(ctx context.Context) error {
	m.rows = newRows()
	if !Exists(m.dir) {
		return nil
	}
	b, err := openCurrentBase(m.dir, m.opts)
	if isOutdated(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if m.base, err = b.load(ctx, m.opts.library); err != nil {
		return errors.Join(err, b.release())
	}
	m.rows = m.base.rows.clone()
	m.rows.files = nil
	for _, f := range m.base.rows.files {
		f.filter = newFilter(f.Len())
		c := f.Seek("")
		for c.Next() {
			f.filter.add(c.Key())
		}
		if err := c.Err(); err != nil {
			return openError(err)
		}
		m.rows.files = append(m.rows.files, f)
	}
	return nil
}

// isOutdated reports whether a library is of an older format.
func isOutdated(err error) bool { return errors.Is(err, errOutdated) }

// former returns the rows of the library as it is now.
func (m *making) former() *rows {
	if m.base == nil {
		return newRows()
	}
	return m.base.rows
}

// spill writes the rows in memory into a file if they are many.
func (m *making) spill() error {
	if m.rows.size <= m.batch {
		return nil
	}
	if err := m.at(stepRun); err != nil {
		return err
	}
	if err := m.create(); err != nil {
		return err
	}
	path := filepath.Join(m.folder, fmt.Sprintf("run-%d", m.spills))
	m.spills++
	w, err := pack.Create(path)
	if err != nil {
		return err
	}
	keys := newFilter(m.rows.memory.Len())
	m.rows.memory.Ascend(func(x row) bool {
		keys.add(x.key)
		var value []byte
		if value, err = m.rows.valueOf(x); err == nil {
			err = w.Add(x.key, value)
		}
		return err == nil
	})
	if err := errors.Join(err, w.Close()); err != nil {
		return err
	}
	f, err := pack.Open(path)
	if err != nil {
		return err
	}
	*m.rows = *newRows(append([]sorted{{File: f, filter: keys}}, m.rows.files...)...)
	return nil
}

// runs returns the files that were spilled, which belong to the making.
func (m *making) runs() []sorted { return m.rows.files[:m.spills] }

// create makes the folder of the next generation if there is none yet. A dry
// run keeps it apart from the library.
func (m *making) create() (err error) {
	switch {
	case m.folder != "":
	case m.dry:
		m.folder, err = os.MkdirTemp("", "stackroom-dry-run-")
	default:
		m.folder, err = newGeneration(m.dir)
	}
	return err
}

// contents says how the index of a base comes about.
type contents struct {
	from   *index.Index          // whose other works stay; nil to index every work
	put    []string              // keys of works that are new or changed since
	parts  bool                  // the parts of the index are left as they are
	report func(done, total int) // may be nil
}

// write writes the base: rows, index, log and manifest. Nothing of it counts
// before it is published.
func (m *making) write(ctx context.Context, now meta, c contents) error {
	if err := errors.Join(m.create(), m.at(stepRows)); err != nil {
		return err
	}
	if m.keys == nil && m.base != nil && m.base.base.manifest != nil && !m.base.base.manifest.CitationKeys {
		ring := newKeyring(m.opts.library, m.rows)
		if err := ring.keyAll(m.spill); err != nil {
			return err
		}
		m.keys, c.from = ring.given, nil // the index has the keys too
	}
	if err := (works{library: m.opts.library, rows: m.rows}).emptyTrash(time.Now()); err != nil {
		return err
	}
	forgotten, err := forgetRemovals(m.rows, now)
	if err != nil {
		return err
	}
	if err := m.writeRows(ctx, forgotten.VectorModel); err != nil {
		return err
	}
	if err := m.at(stepIndex); err != nil {
		return err
	}
	manifest := &Manifest{Format: format, ID: newID(), Library: m.opts.library, Version: forgotten.Version, Items: forgotten.Items, CitationKeys: true, IndexFormat: index.Format}
	if manifest.Index, err = m.writeIndex(ctx, c, forgotten.Items); err != nil {
		return err
	}
	if err := m.at(stepManifest); err != nil {
		return err
	}
	if err := manifest.describe(m.folder, append([]string{rowsFile}, manifest.Index...)...); err != nil {
		return err
	}
	if err := createLog(m.folder, manifest.ID); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(m.folder, manifestFile), manifest.Encode()); err != nil {
		return err
	}
	return m.check()
}

// writeRows merges all rows into the base's file, without vectors that no longer
// count, and removes the runs.
func (m *making) writeRows(ctx context.Context, vectors uint64) error {
	live, err := findLiveVectors(m.rows, vectors)
	if err != nil {
		return err
	}
	w, err := pack.Create(filepath.Join(m.folder, rowsFile))
	if err != nil {
		return err
	}
	all := m.rows.merge("")
	for err == nil && all.next() {
		if value := live.passes(all.key, all.value); value != nil {
			err = w.Add(all.key, m.keyed(all.key, value))
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	if err := errors.Join(err, all.err, w.Close()); err != nil {
		return err
	}
	for i, f := range m.runs() {
		if err := errors.Join(f.Close(), os.Remove(filepath.Join(m.folder, fmt.Sprintf("run-%d", m.spills-1-i)))); err != nil {
			return err
		}
	}
	m.rows, m.spills = nil, 0
	return nil
}

// keyed returns a row, with its citation key if it is that of an item to which one was
// given.
func (m *making) keyed(key string, value []byte) []byte {
	if item, ok := strings.CutPrefix(key, string(itemTable)); ok && m.keys[item] != "" {
		return withCitationKey(value, m.keys[item])
	}
	return value
}

// check opens the base as a reader will.
func (m *making) check() error {
	b, err := openBase(m.dir, filepath.Base(m.folder), makingCacheBytes)
	if err != nil {
		return err
	}
	if b.index == nil || b.index.Works() != b.manifest.Items {
		err = damaged(errors.New("what was written is not what is read"))
	}
	return errors.Join(err, b.release())
}

// publish makes the base the current one and removes the others.
func (m *making) publish(ctx context.Context) error {
	if err := errors.Join(m.at(stepPublish), ctx.Err()); err != nil {
		return err
	}
	name := filepath.Base(m.folder)
	if err := publish(m.dir, name); err != nil {
		return err
	}
	m.folder = "" // it is the library now
	if err := m.at(stepSweep); err == nil {
		sweep(m.dir, name)
	}
	return nil
}

// at is where a test may break off.
func (m *making) at(s step) error {
	if m.fault == nil {
		return nil
	}
	return m.fault(s)
}

// clear closes what is open, removes what was not published and frees the
// locks.
func (m *making) clear() {
	if m.rows != nil {
		for _, f := range m.runs() {
			_ = f.Close()
		}
	}
	if m.base != nil {
		_ = m.base.release()
	}
	if m.folder != "" {
		_ = os.RemoveAll(m.folder)
	}
	for _, unlock := range m.unlock {
		unlock()
	}
}

// maxRemovals is how many removals a base remembers.
const maxRemovals = 10_000

// forgetRemovals takes away the rows of the oldest removals beyond maxRemovals,
// writes the meta row, and returns it.
func forgetRemovals(r *rows, now meta) (meta, error) {
	var removals []event // the oldest first
	err := r.scan(changeTable, "", func(key string, value []byte) error {
		c, err := decodeChange(value)
		if err == nil && c.kind == library.Removed {
			version, item, _ := parseChangeKey(key)
			removals = append(removals, event{key: item, version: version})
		}
		return err
	})
	if err != nil {
		return now, err
	}
	for _, e := range removals[:max(len(removals)-maxRemovals, 0)] {
		r.put(changeTable, changeKey(e.version, e.key), nil)
		r.put(removalTable, e.key, nil)
		now.Forgotten = max(now.Forgotten, e.version)
	}
	r.put(metaTable, metaRow, encode(now))
	return now, nil
}

// repair publishes a base with the works of generation name, log included, and
// a new index. It is refused while another base is made.
func repair(ctx context.Context, dir string, opts options, name string) error {
	m := newMaking(dir, opts)
	defer m.clear()
	if err := m.lockBoth(ctx, forCompaction); err != nil {
		return err
	}
	if now, err := currentGeneration(dir); err != nil || now != name {
		return err // another process was faster
	}
	b, err := openCurrentBase(dir, m.opts)
	if err != nil {
		return err
	}
	if b.index != nil {
		return b.release() // another process was faster
	}
	if m.base, err = b.load(ctx, m.opts.library); err != nil {
		return errors.Join(err, b.release())
	}
	m.rows = m.base.rows.clone()
	if err := m.write(ctx, m.base.meta, contents{}); err != nil {
		return err
	}
	return m.publish(ctx)
}
