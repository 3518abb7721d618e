package shelf

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// retryAfter is how long a shelf waits before it tries again to open a state
// that it could not open.
const retryAfter = time.Second

// moved reports whether CURRENT or the log is not as it was read last. It is
// called before every read: two system calls.
func (s *Shelf) moved() bool {
	info, err := os.Stat(filepath.Join(s.dir, currentFile))
	if err != nil {
		return false // what is open can still be read
	}
	if last := s.marker.Load(); last == nil || !sameFile(*last, info) {
		return time.Since(time.Unix(0, s.failed.Load())) > retryAfter
	}
	st, err := s.present()
	if err != nil {
		return false
	}
	defer st.release()
	if st.base.log == nil {
		return false
	}
	log, err := st.base.log.Stat()
	last := s.log.Load()
	return err == nil && (last == nil || !sameFile(*last, log))
}

func sameFile(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// followLocked makes the state that the folder holds now the present one. The
// caller holds s.reopen.
func (s *Shelf) followLocked(ctx context.Context) error {
	info, err := os.Stat(filepath.Join(s.dir, currentFile))
	last := s.marker.Load()
	if err == nil && last != nil && sameFile(*last, info) {
		return s.catchUp(ctx)
	}
	marker, next, err := s.openCurrent(ctx)
	if err != nil {
		return err
	}
	s.replace(next)
	if marker != nil {
		s.marker.Store(&marker)
	}
	s.health.current()
	return nil
}

// replace makes a state the present one; its hold becomes the shelf's.
func (s *Shelf) replace(next *state) {
	s.mu.Lock()
	was := s.current
	if s.closed {
		was = next
	} else {
		s.current = next
	}
	s.mu.Unlock()
	if was != nil {
		_ = was.release() // read only: nothing can be lost
	}
}

// catchUp takes in the transactions that the log has now. The caller holds
// s.reopen.
func (s *Shelf) catchUp(ctx context.Context) error {
	st, err := s.present()
	if err != nil || st.base.log == nil {
		return err
	}
	defer st.release()
	next, err := s.replayed(ctx, st)
	if err != nil {
		return err
	}
	if next != st {
		next.hold()
		s.replace(next)
	}
	s.health.current()
	return nil
}

// replayed returns the state after all of the log, st itself if nothing is
// new, and notes how the log was. Where the log no longer has what was read of
// it, it was cut after a failure, and is read again from the start.
func (s *Shelf) replayed(ctx context.Context, st *state) (*state, error) {
	info, err := st.base.log.Stat()
	if err != nil {
		return nil, unreadable(err)
	}
	if info.Size() < st.end || !st.last.in(st.base.log) {
		if st, err = st.base.first(ctx, s.opts.library, &s.health, true); err != nil {
			return nil, err
		}
	}
	next, err := st.replay(ctx, info.Size())
	if err != nil {
		return nil, err
	}
	s.log.Store(&info)
	s.health.since.Store(info.ModTime().UnixNano())
	s.health.rest.Store(info.Size() - next.end)
	return next, nil
}

// openCurrent opens the state that CURRENT names, and returns what CURRENT was
// before it was read: if it moves meanwhile, the next call sees that.
func (s *Shelf) openCurrent(ctx context.Context) (fs.FileInfo, *state, error) {
	const tries = 3 // two bases may be published while the first one is opened
	for try := 1; ; try++ {
		info, err := os.Stat(filepath.Join(s.dir, currentFile))
		if os.IsNotExist(err) {
			next, err := newBase(s.opts.cacheBytes).first(ctx, s.opts.library, &s.health, true)
			return nil, next, err
		}
		if err != nil {
			return nil, nil, unreadable(err)
		}
		next, err := s.openState(ctx)
		if err == nil || try == tries || ctx.Err() != nil {
			return info, next, err
		}
		if now, statErr := os.Stat(filepath.Join(s.dir, currentFile)); statErr != nil || sameFile(info, now) {
			return info, next, err
		}
	}
}

// openState opens the base that CURRENT names with its log, held once. Where
// its index can't be used, a base with a new one takes its place if that may
// be.
func (s *Shelf) openState(ctx context.Context) (*state, error) {
	b, err := s.openBase()
	if err != nil {
		return nil, err
	}
	if b.index == nil && repair(ctx, s.dir, s.opts, b.generation) == nil {
		if repaired, err := s.openBase(); err == nil {
			_ = b.release()
			b = repaired
		}
	}
	st, err := b.first(ctx, s.opts.library, &s.health, true)
	if err == nil {
		st, err = s.replayed(ctx, st)
	}
	if err != nil {
		_ = b.release()
		return nil, err
	}
	return st, nil
}

// openBase opens the base that CURRENT names, and makes sure that it is of this
// library.
func (s *Shelf) openBase() (*base, error) { return openCurrentBase(s.dir, s.opts) }

// openCurrentBase opens the base that CURRENT in dir names.
func openCurrentBase(dir string, opts options) (*base, error) {
	name, err := currentGeneration(dir)
	if err != nil {
		return nil, err
	}
	b, err := openBase(dir, name, opts.cacheBytes)
	if err != nil {
		return nil, err
	}
	b.embedder = opts.embedder
	if b.manifest.Library != opts.library {
		_ = b.release()
		return nil, library.Errorf(library.Conflict, "the folder holds another library").
			WithHint("use another data folder")
	}
	return b, nil
}
