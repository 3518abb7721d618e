package shelf

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// A new base takes the log in when the log has changed mostLogged works, or one
// in logShare of the base's if that is less and at least leastLogged. It also does
// so when the log is as long as one in logBytesShare of the bytes of the base's
// files, and at least leastLogBytes, or mostLogBytes.
const (
	mostLogged    = 2_000
	logShare      = 20
	leastLogged   = 64
	logBytesShare = 4
	leastLogBytes = 1 << 20
	mostLogBytes  = 64 << 20
)

// isDue reports whether a new base should take the state's log in, or make one index of
// its parts.
func (s *state) isDue() bool {
	if s.base.manifest == nil {
		return false
	}
	if s.inParts() {
		return true
	}
	works, bytes := 0, int64(0)
	s.rows.memory.AscendRange(row{key: string(itemTable)}, row{key: string(itemTable) + "\xff"}, func(row) bool {
		works++
		return true
	})
	for _, f := range s.base.manifest.Files {
		bytes += f.Size
	}
	return works >= min(mostLogged, max(s.base.manifest.Items/logShare, leastLogged)) ||
		s.end >= min(mostLogBytes, max(bytes/logBytesShare, leastLogBytes))
}

// inParts reports whether the index is to be merged.
func (s *state) inParts() bool { return s.index != nil && s.index.InParts() }

// compaction makes new bases in the background, one at a time.
type compaction struct {
	mu      sync.Mutex // guards running and stopped
	running bool
	stopped bool
	ctx     context.Context
	cancel  context.CancelFunc
	done    sync.WaitGroup
}

func (c *compaction) init() {
	c.ctx, c.cancel = context.WithCancel(context.Background())
}

// stop ends what runs; the library is as it was.
func (c *compaction) stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.cancel()
	c.done.Wait()
}

// MergeIndex starts merging the parts in which [Rebuilding.MergeLater] left the index, in
// the background. It does nothing for an index that is whole.
func (s *Shelf) MergeIndex() { s.compactIf((*state).inParts) }

// compactIf starts a compaction if one is due and none runs in this process. A failure
// costs nothing: a later transaction starts it again.
func (s *Shelf) compactIf(due func(*state) bool) {
	st, err := s.present()
	if err != nil {
		return
	}
	defer st.release()
	if !due(st) {
		return
	}
	c := &s.compact
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running || c.stopped {
		return
	}
	c.running = true
	c.done.Go(func() {
		_ = s.makeBase(c.ctx)
		c.mu.Lock()
		c.running = false
		c.mu.Unlock()
	})
}

// makeBase publishes a base that takes the log in. Transactions go on
// meanwhile: those that the base does not know yet become its log.
func (s *Shelf) makeBase(ctx context.Context) error {
	m := newMaking(s.dir, s.opts)
	m.fault = s.fault
	defer m.clear()
	unlock, err := takeLock(ctx, s.dir, baseLock, forCompaction, 0)
	if err != nil {
		return err
	}
	m.unlock = append(m.unlock, unlock)
	st, err := s.present()
	if err != nil {
		return err
	}
	m.base = st
	now, err := currentGeneration(s.dir)
	if err != nil || now != st.base.generation {
		return err
	}
	sweep(s.dir, now) // what broke off may have filled the disk
	m.rows = st.rows.clone()
	if err := m.write(ctx, st.meta, contents{from: st.index}); err != nil {
		return err
	}
	if err := m.lockWriter(ctx, forCompaction); err != nil {
		return err
	}
	// An import may have been faster, or a transaction that the base has in it may
	// have been cut off after a failure.
	if now, err := currentGeneration(s.dir); err != nil || now != st.base.generation || !st.last.in(st.base.log) {
		return err
	}
	if err := m.takeTail(st); err != nil {
		return err
	}
	return m.publish(ctx)
}

// takeTail copies the transactions after a state into the log of the new base.
func (m *making) takeTail(st *state) error {
	info, err := st.base.log.Stat()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(m.folder, logFile), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, io.NewSectionReader(st.base.log, st.end, info.Size()-st.end))
	return errors.Join(err, f.Sync(), f.Close())
}
