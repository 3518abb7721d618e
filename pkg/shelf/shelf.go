package shelf

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Shelf is the embedded library, [library.Local]. Its methods may be called at
// the same time.
//
// A shelf that was opened from a folder follows it: once an import has been
// published there, by whichever process, every later call reads the new
// state, and calls that are under way end with the one that they began with.
type Shelf struct {
	dir  string // "" in memory
	opts options

	mu      sync.RWMutex // guards current and closed
	current *state
	closed  bool

	reopen sync.Mutex                  // held by whoever opens a newer state
	marker atomic.Pointer[fs.FileInfo] // of CURRENT, when it was last read
	failed atomic.Int64                // when a newer state could not be opened, in Unix nanoseconds
}

var _ library.Reader = (*Shelf)(nil)

// Option changes how a shelf is opened.
type Option func(*options)

type options struct {
	name, notice string
	cacheBytes   int
}

// defaultCacheBytes bounds what a shelf keeps decoded in memory.
const defaultCacheBytes = 48 << 20

// WithName sets the library's name; otherwise it is "Local library".
func WithName(name string) Option { return func(o *options) { o.name = name } }

// WithNotice sets [library.Info.Notice].
func WithNotice(notice string) Option { return func(o *options) { o.notice = notice } }

// WithCacheBytes bounds the memory for decoded items, texts and results, in
// bytes, at least 1 MiB; otherwise it is 48 MiB.
func WithCacheBytes(n int) Option { return func(o *options) { o.cacheBytes = max(n, 1<<20) } }

func newShelf(dir, name string, opts []Option) *Shelf {
	s := &Shelf{dir: dir, opts: options{name: name, cacheBytes: defaultCacheBytes}}
	for _, o := range opts {
		o(&s.opts)
	}
	return s
}

// Exists reports whether anything has been imported into the folder dir.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, currentFile))
	return err == nil
}

// Open opens the library in folder dir for reading; many processes may do so
// at once, also while another one imports. A folder that is missing or empty
// is a library without works, which fills when the first import into it is
// done; [Exists] tells beforehand. An index that is damaged or missing is
// built again from the works, in the folder if it may be written and no import
// runs, else in memory. A store that can't be read is an error with code
// [library.Unavailable] that says what to do.
func Open(ctx context.Context, dir string, opts ...Option) (*Shelf, error) {
	s := newShelf(dir, "Local library", opts)
	if err := s.follow(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// FromWorks returns a library in memory that holds the works. The same works
// get the same keys and times at every start.
func FromWorks(ctx context.Context, name string, works []Work, opts ...Option) (*Shelf, error) {
	s := newShelf("", name, opts)
	rows := newLayer(nil)
	c, err := newCatalogue(rows, time.Time{})
	if err != nil {
		return nil, err
	}
	for _, w := range works {
		if err := c.take(w); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if _, err := c.settle(newLayer(nil)); err != nil {
		return nil, err
	}
	if len(c.report.Problems) > 0 {
		return nil, library.Errorf(library.Invalid, "a work can't be taken: %s", c.report.Problems[0].Reason)
	}
	s.current = newState(rows, c.meta, s.opts.cacheBytes)
	if err := s.current.indexInMemory(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// indexInMemory builds the state's index in memory.
func (s *state) indexInMemory(ctx context.Context) error {
	x, err := index.Memory(s.content)
	if err != nil {
		return err
	}
	s.setIndex(x)
	return s.fillIndex(ctx, x, s.meta.Version, nil)
}

// Close frees what the shelf holds once the calls that are under way have
// ended. Later calls fail with [library.Unavailable].
func (s *Shelf) Close() error {
	s.mu.Lock()
	was := s.current
	s.current, s.closed = nil, true
	s.mu.Unlock()
	if was == nil {
		return nil
	}
	return was.release()
}

// begin returns the present state, held; the caller releases it.
func (s *Shelf) begin(ctx context.Context) (*state, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// One call opens a new state; the others meanwhile use the old one.
	if s.dir != "" && s.moved() && s.reopen.TryLock() {
		err := s.followLocked(ctx)
		s.reopen.Unlock()
		if err != nil && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			s.markStale()
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, library.Errorf(library.Unavailable, "the library is closed")
	}
	s.current.hold()
	return s.current, nil
}

// retryAfter is how long a shelf waits before it tries again to open a state
// that it could not open.
const retryAfter = time.Second

// moved reports whether CURRENT is not the file that was read last. It is
// called before every read: one system call.
func (s *Shelf) moved() bool {
	info, err := os.Stat(filepath.Join(s.dir, currentFile))
	if err != nil {
		return false // what is open can still be read
	}
	last := s.marker.Load()
	if last != nil && sameFile(*last, info) {
		return false
	}
	return time.Since(time.Unix(0, s.failed.Load())) > retryAfter
}

func sameFile(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

func (s *Shelf) follow(ctx context.Context) error {
	s.reopen.Lock()
	defer s.reopen.Unlock()
	return s.followLocked(ctx)
}

// followLocked opens the state that CURRENT names, if it is not open already,
// and puts it in the place of the one before.
func (s *Shelf) followLocked(ctx context.Context) error {
	info, next, err := s.openCurrent(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	was := s.current
	if s.closed {
		was = next
	} else {
		s.current = next
	}
	s.mu.Unlock()
	if info != nil {
		s.marker.Store(&info)
	}
	if was != nil {
		return was.release()
	}
	return nil
}

// openCurrent opens the state that CURRENT names, and returns what CURRENT was
// before it was read: if it moves meanwhile, the next call sees that.
func (s *Shelf) openCurrent(ctx context.Context) (fs.FileInfo, *state, error) {
	const tries = 3 // two imports may end while the first one's state is opened
	for try := 1; ; try++ {
		info, err := os.Stat(filepath.Join(s.dir, currentFile))
		if os.IsNotExist(err) {
			next := newState(newLayer(nil), meta{Format: format}, s.opts.cacheBytes)
			return nil, next, next.indexInMemory(ctx)
		}
		if err != nil {
			return nil, nil, unreadable(err)
		}
		next, err := openState(ctx, s.dir, s.opts.cacheBytes)
		if err == nil || try == tries || ctx.Err() != nil {
			return info, next, err
		}
		if now, statErr := os.Stat(filepath.Join(s.dir, currentFile)); statErr != nil || sameFile(info, now) {
			return info, next, err
		}
	}
}

// markStale says in later answers that they come from a former state.
func (s *Shelf) markStale() {
	s.failed.Store(time.Now().UnixNano())
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.current != nil {
		s.current.stale.Store(true)
	}
}
