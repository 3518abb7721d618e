package replica

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/meaning"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// The attributes of a replica's shelf.
const (
	markAttribute    = "mark"    // Head.Mark of the state; without it the replica is not complete
	versionAttribute = "version" // Head.Version of the state
	viewAttribute    = "view"    // Name.View
	timeAttribute    = "time"    // when the state was read, in Unix seconds
	textsAttribute   = "texts"   // texts.mark
	countsAttribute  = "counts"  // texts.counts
	leftOutAttribute = "leftout" // how many works were too large
)

// replica is one library in one view. Its calls share one goroutine in the
// background, which reads the library whole, then its texts, and keeps snapshots.
type replica struct {
	name     Name
	dir      string
	replicas *Replicas
	pool     *pool
	quick    *quick
	orphans  map[string]int64 // objects that have no place, with their version; for one refresh at a time
	ctx      context.Context
	cancel   context.CancelFunc
	wake     chan struct{}
	took     time.Time       // when vectors were last taken from a snapshot; for the background
	spool    *spool          // of a reading that goes on; for the background
	filler   *meaning.Filler // embeds the works; nil if they may not be sent
	done     chan struct{}   // closed when the goroutine has ended; nil before it begins

	started sync.Mutex // held while the folder is opened
	lock    *flock.Flock

	// Guarded by replicas.mu.
	calls int // under way
	used  time.Time

	mu       sync.Mutex // guards the rest
	shelf    *shelf.Shelf
	partial  *partial
	closed   bool
	whole    string // the mark of the state after which the library must be read whole; "" if it need not
	dropText bool   // and no text that is held counts
	progress progress
	refresh  refreshing
	texts    texts
	leftOut  int
	tooLarge time.Time // when the library was found to be larger than the budget
	bytes    int64
	failed   error         // why the last reading ended
	changed  bool          // since the last snapshot
	saved    time.Time     // when that was kept
	complete chan struct{} // closed once the replica is complete
}

// progress counts the objects of a reading.
type progress struct{ done, total int }

func newReplica(rs *Replicas, name Name) *replica {
	ctx, cancel := context.WithCancel(rs.ctx)
	return &replica{
		name: name, dir: filepath.Join(rs.opts.Dir, name.Folder()), replicas: rs, pool: newPool(&rs.refused), quick: newQuick(),
		ctx: ctx, cancel: cancel, wake: make(chan struct{}, 1), complete: make(chan struct{}),
		filler: rs.opts.Embeddings.Filler(name.Library),
	}
}

// shelfPath returns the folder of the replica's shelf.
func (r *replica) shelfPath() string { return filepath.Join(r.dir, shelfDir) }

// options returns how the replica's shelves are opened.
func (r *replica) options() []shelf.Option {
	return []shelf.Option{
		shelf.WithLibrary(r.name.Library), shelf.WithName("Replica"), shelf.WithCacheBytes(r.replicas.opts.CacheBytes),
		shelf.WithEmbedder(r.replicas.opts.Embeddings.Embedder(r.name.Library)),
	}
}

// start opens the folder, with what it holds, and begins the work in the
// background. It does so once.
func (r *replica) start() error {
	r.started.Lock()
	defer r.started.Unlock()
	if r.done != nil {
		return nil
	}
	if err := r.openFolder(); err != nil {
		return library.Errorf(library.Unavailable, "the folder for replicas can't be written").WithCause(err)
	}
	r.load(r.ctx)
	r.done = make(chan struct{})
	go r.run()
	return nil
}

// openFolder makes the folder and shares its lock, so that no process removes it.
func (r *replica) openFolder() error {
	const tries = 100
	var err error
	for range tries {
		if err = os.MkdirAll(r.dir, 0o700); err != nil {
			return err
		}
		path := filepath.Join(r.dir, openLock)
		lock := flock.New(path)
		got, lockErr := lock.TryRLock()
		if _, gone := os.Stat(path); lockErr == nil && got && gone == nil {
			r.lock = lock
			touch(r.dir)
			return nil
		}
		_ = lock.Close()
		err = library.Errorf(library.Conflict, "another process removes the replica")
		time.Sleep(5 * time.Millisecond)
	}
	return err
}

// load opens the shelf if the folder has one that is complete. One that is
// damaged, of another library or of another view counts as none.
func (r *replica) load(ctx context.Context) bool {
	if !shelf.Exists(r.shelfPath()) {
		return false
	}
	s, err := shelf.Open(ctx, r.shelfPath(), r.options()...)
	if err != nil {
		r.log("a replica can't be opened and is read again", err)
		return false
	}
	m, err := s.Meta(ctx)
	if err != nil || m.Attributes[markAttribute] == "" || m.Attributes[viewAttribute] != r.name.View {
		_ = s.Close()
		return false
	}
	r.adopt(s, m)
	s.MergeIndex()
	return true
}

// adopt makes a complete shelf the one that answers.
func (r *replica) adopt(s *shelf.Shelf, m shelf.Meta) {
	r.noted(m)
	r.count()
	r.mu.Lock()
	r.shelf = s
	r.tooLarge, r.failed = time.Time{}, nil
	close(r.complete)
	r.mu.Unlock()
	r.poke()
}

// noted takes over what the shelf says of its state.
func (r *replica) noted(m shelf.Meta) {
	seconds, _ := strconv.ParseInt(m.Attributes[timeAttribute], 10, 64)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts.mark, _ = strconv.ParseInt(m.Attributes[textsAttribute], 10, 64)
	r.texts.setCounts(m.Attributes[countsAttribute])
	r.texts.due = true
	r.leftOut, _ = strconv.Atoi(m.Attributes[leftOutAttribute])
	if asOf := time.Unix(seconds, 0); asOf.After(r.refresh.asOf) {
		r.refresh.asOf = asOf
	}
}

// count notes the size of the folder.
func (r *replica) count() {
	n := sizeOf(r.dir)
	r.mu.Lock()
	r.bytes = n
	r.mu.Unlock()
}

// current returns the shelf, or nil while the replica is not complete.
func (r *replica) current() *shelf.Shelf {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shelf
}

// poke makes the background look for work now.
func (r *replica) poke() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// close ends the background and frees what the replica holds.
func (r *replica) close(ctx context.Context) error {
	r.cancel()
	r.started.Lock()
	done := r.done
	r.started.Unlock()
	if done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.mu.Lock()
	s, p := r.shelf, r.partial
	r.partial, r.closed = nil, true
	r.mu.Unlock()
	if p != nil {
		p.close()
	}
	if r.lock != nil {
		_ = r.lock.Close()
	}
	if s != nil {
		return s.Close()
	}
	return nil
}

// state returns what the replica holds now. The caller holds replicas.mu.
func (r *replica) state() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return State{
		Name: r.name, Complete: r.shelf != nil, Done: r.progress.done, Total: r.progress.total, Bytes: r.bytes,
		AsOf: r.refresh.asOf, Used: r.used, Texts: r.texts.held, Files: r.texts.files,
	}
}

// log notes a failure, without a name.
func (r *replica) log(what string, err error) {
	r.replicas.opts.Logger.Info("replica", "event", what, "code", library.CodeOf(err))
	r.replicas.opts.Logger.Debug("replica", "event", what, "library", r.name.Library, "error", err)
}
