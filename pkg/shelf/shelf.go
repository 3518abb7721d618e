package shelf

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Shelf is a library at rest. Its methods may be called at the same time.
//
// A shelf that was opened from a folder follows it: once any process has
// committed a transaction or published an import, later calls read the new
// state. A call reads one state from begin to end. While one call makes the new
// state, others wait for it for a moment; none waits for a writer.
type Shelf struct {
	dir    string // "" in memory
	opts   options
	health health

	mu      sync.RWMutex // guards current and closed
	current *state
	closed  bool

	reopen chan struct{}               // holds a value while a newer state is made
	marker atomic.Pointer[fs.FileInfo] // of CURRENT, when it was last read
	log    atomic.Pointer[fs.FileInfo] // of the log, when it was last read
	failed atomic.Int64                // when a newer state could not be opened, in Unix nanoseconds

	writing chan struct{} // holds a value while a transaction is open
	compact compaction
	fault   func(step) error // for tests; nil otherwise
}

var _ library.Reader = (*Shelf)(nil)

// Option changes how a shelf is opened.
type Option func(*options)

type options struct {
	library      library.ID
	name, notice string
	cacheBytes   int
	embedder     Embedder // nil if searches use no vectors
}

// defaultCacheBytes bounds what a shelf keeps decoded in memory.
const defaultCacheBytes = 48 << 20

// WithLibrary sets the library's ID; otherwise it is [library.Local]. A folder
// that holds another library can't be opened.
func WithLibrary(id library.ID) Option { return func(o *options) { o.library = id } }

// WithName sets the library's name; otherwise it is "Local library".
func WithName(name string) Option { return func(o *options) { o.name = name } }

// WithNotice sets [library.Info.Notice].
func WithNotice(notice string) Option { return func(o *options) { o.notice = notice } }

// WithCacheBytes bounds the memory for decoded items, texts and results, in
// bytes, at least 1 MiB; otherwise it is 48 MiB.
func WithCacheBytes(n int) Option { return func(o *options) { o.cacheBytes = max(n, 1<<20) } }

func newShelf(dir, name string, opts []Option) *Shelf {
	s := &Shelf{dir: dir, opts: optionsOf(name, opts), reopen: make(chan struct{}, 1), writing: make(chan struct{}, 1)}
	s.compact.init()
	return s
}

// optionsOf returns options for a library that is called name by default.
func optionsOf(name string, opts []Option) options {
	o := options{library: library.Local, name: name, cacheBytes: defaultCacheBytes}
	for _, set := range opts {
		set(&o)
	}
	return o
}

// Exists reports whether folder dir holds a library.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, currentFile))
	return err == nil
}

// Open opens the library in folder dir; many processes may do so at once, also
// while another one writes. A folder that is missing or empty is a library
// without works; see [Exists]. An index that is damaged or of
// another version of Stackroom is built again from the works, in the folder if
// it can be written and no other process makes a base there, else in memory. A
// library that can't be read is an error with code [library.Unavailable] that
// says what to do.
func Open(ctx context.Context, dir string, opts ...Option) (*Shelf, error) {
	s := newShelf(dir, "Local library", opts)
	s.reopen <- struct{}{}
	defer func() { <-s.reopen }()
	if err := s.followLocked(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// FromWorks returns a library in memory that holds the works. The same works
// get the same keys and times at every start.
func FromWorks(ctx context.Context, name string, works []Work, opts ...Option) (*Shelf, error) {
	s := newShelf("", name, opts)
	r := newRows()
	c, err := newCatalogue(r, time.Time{}, func() error { return nil })
	if err != nil {
		return nil, err
	}
	if err := c.takeAll(ctx, works); err != nil {
		return nil, err
	}
	if len(c.report.Problems) > 0 {
		return nil, library.Errorf(library.Invalid, "a work can't be taken: %s", c.report.Problems[0].Reason)
	}
	s.current = newState(newBase(s.opts.cacheBytes), s.opts.library, r, c.meta, 0, &s.health)
	return s, s.current.fillIndex(ctx)
}

// Close frees what the shelf holds once the calls that are under way have
// ended. Later calls fail with [library.Unavailable]. A transaction that is
// open can still be ended.
func (s *Shelf) Close() error {
	s.compact.stop()
	s.mu.Lock()
	was := s.current
	s.current, s.closed = nil, true
	s.mu.Unlock()
	if was == nil {
		return nil
	}
	return was.release()
}

// Meta is what a library says of itself as a whole.
type Meta struct {
	Version    int64
	Items      int               // works
	Attributes map[string]string // set by [Tx.SetAttribute]; only to be read
}

// Meta returns the library's version and what is stored beside it.
func (s *Shelf) Meta(ctx context.Context) (Meta, error) {
	st, err := s.begin(ctx)
	if err != nil {
		return Meta{}, err
	}
	defer st.release()
	return Meta{Version: st.meta.Version, Items: st.meta.Items, Attributes: st.meta.Attributes}, nil
}

// begin returns the present state, held; the caller releases it.
func (s *Shelf) begin(ctx context.Context) (*state, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.dir != "" && s.moved() {
		if err := s.follow(ctx); err != nil {
			return nil, err
		}
	}
	return s.present()
}

// followWait is how long a call waits for another one that makes the new state.
// Opening 40,000 works takes a sixth of it.
const followWait = 200 * time.Millisecond

// follow brings the shelf to the state that the folder holds. One call at a time
// makes a state; another one waits for it, so that it reads what was committed
// before it began. Beyond followWait it goes on with the state before, and says
// so. The error is that of ctx.
func (s *Shelf) follow(ctx context.Context) error {
	timer := time.NewTimer(followWait)
	defer timer.Stop()
	select {
	case s.reopen <- struct{}{}:
		defer func() { <-s.reopen }()
	case <-timer.C:
		s.health.behind.Store(true)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	if !s.moved() {
		return nil // the call before made it
	}
	if err := s.followLocked(ctx); err != nil {
		s.lag()
	}
	return ctx.Err()
}

// lag notes that the present state is not that of the folder.
func (s *Shelf) lag() {
	s.failed.Store(time.Now().UnixNano())
	s.health.stale.Store(true)
}

// present returns the present state, held.
func (s *Shelf) present() (*state, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, library.Errorf(library.Unavailable, "the library is closed")
	}
	s.current.hold()
	return s.current, nil
}
