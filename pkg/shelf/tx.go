package shelf

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
)

// The steps of a transaction, beside those of making a base.
const (
	stepRecord step = "record" // half of the record is written
	stepSync   step = "sync"   // all of it is, but perhaps not on the disk
	stepApply  step = "apply"  // it is on the disk, and not yet in memory
)

// Tx is a transaction: works, children, texts, collections and removals that
// change together. It must be ended by Commit or Rollback, in one goroutine.
type Tx struct {
	editor
	shelf   *Shelf
	state   *state // that it is made over, held
	unlock  func()
	dropped int64
	done    bool
}

// Begin begins a transaction. One is open at a time in all processes: Begin
// waits two seconds for another one and then, as while an import runs, fails
// with [library.Conflict]. Readers are never kept waiting.
func (s *Shelf) Begin(ctx context.Context) (*Tx, error) {
	if s.dir == "" {
		return nil, library.Errorf(library.Forbidden, "this library can't be changed")
	}
	select {
	case s.writing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	unlock, err := takeLock(ctx, s.dir, writerLock, forTransaction, lockWait)
	if err != nil {
		<-s.writing
		return nil, err
	}
	t := &Tx{shelf: s, unlock: func() { unlock(); <-s.writing }}
	if err := t.open(ctx); err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

// open brings the shelf up to date, and cuts off what a transaction that broke
// off has left of itself.
func (t *Tx) open(ctx context.Context) error {
	s := t.shelf
	if !Exists(s.dir) {
		if err := createEmpty(ctx, s.dir, s.opts); err != nil {
			return inWords(err)
		}
	}
	s.reopen <- struct{}{}
	err := s.followLocked(ctx)
	<-s.reopen
	if err != nil {
		return err
	}
	if t.state, err = s.present(); err != nil {
		return err
	}
	info, err := t.state.base.log.Stat()
	if err != nil {
		return unreadable(err)
	}
	if t.dropped = info.Size() - t.state.end; t.dropped > 0 {
		if err := os.Truncate(t.path(), t.state.end); err != nil {
			return unwritable(err)
		}
	}
	r := t.state.rows.clone()
	r.written = map[string][]byte{}
	t.editor = newEditor(s.opts.library, r, t.state.meta)
	return nil
}

// path returns the log's path.
func (t *Tx) path() string {
	return filepath.Join(t.shelf.dir, t.state.base.generation, logFile)
}

// Version returns the library's version before the transaction.
func (t *Tx) Version() int64 { return t.next - 1 }

// Dropped returns how many bytes at the end of the log were damaged when the
// transaction began, and have been cut off. A transaction that was never
// committed leaves such bytes when its process is killed.
func (t *Tx) Dropped() int64 { return t.dropped }

// Rollback ends the transaction without a trace. After Commit it does nothing.
func (t *Tx) Rollback() {
	if !t.done {
		t.end()
	}
}

func (t *Tx) end() {
	t.done = true
	if t.state != nil {
		_ = t.state.release() // read only: nothing can be lost
	}
	t.unlock()
	t.state, t.rows = nil, nil // a transaction that has ended keeps nothing in memory
}

// Commit makes the changes durable and visible, as the library's state at a
// version that is not below the one before, nor at it if something that was
// changed has no version of its own. It ends the transaction; if it fails, the
// library is as it was. A transaction that changes nothing but the version is
// one too.
func (t *Tx) Commit(ctx context.Context, version int64) error {
	if t.done {
		return library.Errorf(library.Invalid, "the transaction has ended")
	}
	defer t.end()
	if err := t.finish(version); err != nil {
		return err
	}
	codec, err := pack.NewWriter()
	if err != nil {
		return err
	}
	record := encodeRecord(codec, t.rows.changes())
	if len(record) > maxRecord {
		return library.Errorf(library.TooLarge, "the transaction has %d bytes, the most is %d", len(record), maxRecord)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.append(record); err != nil {
		return inWords(err)
	}
	// It is committed: what is left is not given up when ctx ends.
	s := t.shelf
	s.reopen <- struct{}{}
	defer func() { <-s.reopen }()
	if err := s.catchUp(context.WithoutCancel(ctx)); err != nil {
		s.lag() // the next call tries again
	}
	s.compactIf((*state).isDue)
	return nil
}

// append writes the record at the end of the log, all of it or none.
func (t *Tx) append(record []byte) (err error) {
	f, err := os.OpenFile(t.path(), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// A reader must not take the record for whole, even if it is.
			_, _ = f.WriteAt(make([]byte, recordHead), t.state.end)
			_ = f.Truncate(t.state.end)
		}
		err = errors.Join(err, f.Close())
	}()
	if _, err := f.Seek(t.state.end, io.SeekStart); err != nil {
		return err
	}
	if t.shelf.fault != nil {
		half := len(record) / 2
		if _, err := f.Write(record[:half]); err != nil {
			return err
		}
		if err := t.shelf.at(stepRecord); err != nil {
			return err
		}
		record = record[half:]
	}
	if _, err := f.Write(record); err != nil {
		return err
	}
	if err := t.shelf.at(stepSync); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return t.shelf.at(stepApply)
}

// at is where a test may break off.
func (s *Shelf) at(p step) error {
	if s.fault == nil {
		return nil
	}
	return s.fault(p)
}

// createEmpty makes a library without works. The caller holds the writer lock.
func createEmpty(ctx context.Context, dir string, opts options) error {
	m := newMaking(dir, opts)
	defer m.clear()
	if err := m.open(ctx); err != nil {
		return err
	}
	if err := m.write(ctx, meta{}, contents{}); err != nil {
		return err
	}
	return m.publish(ctx)
}
