package replica

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/meaning"
)

// Options says how replicas are kept.
type Options struct {
	// Dir holds a folder for each replica. Processes may share it.
	Dir string
	// MaxBytes bounds the files of all replicas together; 4 GiB if 0. The least
	// recently used are removed first. A library that is larger stays with the
	// upstream's search.
	MaxBytes int64
	// TextBytes bounds the texts of one replica that are read in advance; 256 MiB
	// if 0. Others are read when they are asked for.
	TextBytes int64
	// CacheBytes bounds the memory for decoded works, texts and results of one
	// replica; 16 MiB if 0.
	CacheBytes int
	// Fresh is how long a replica answers before it asks the upstream what
	// changed; 15 s if 0.
	Fresh time.Duration
	// Patience is how long a call waits for the upstream before a replica
	// answers with what it has; 5 s if 0.
	Patience time.Duration
	// Store keeps snapshots; nil keeps none.
	Store Store
	// Embeddings embed the works of the libraries that take part; nil embeds none.
	Embeddings *meaning.Embeddings
	// Logger gets failures, at level info without names; nil gets none.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.MaxBytes == 0 {
		o.MaxBytes = 4 << 30
	}
	if o.TextBytes == 0 {
		o.TextBytes = 256 << 20
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 16 << 20
	}
	if o.Fresh == 0 {
		o.Fresh = 15 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Replicas is the replicas of a process.
type Replicas struct {
	opts   Options
	ctx    context.Context // ends the work in the background
	cancel context.CancelFunc

	fault func(step) error // for tests; nil otherwise

	fitting  chan struct{} // holds a value while replicas are removed
	refused  refusals
	discards sync.WaitGroup

	mu     sync.Mutex // guards all and closed
	all    map[Name]*replica
	closed bool
}

// New returns replicas that are kept in opts.Dir. It removes the folders there
// that were not used for 30 days.
func New(opts Options) *Replicas {
	ctx, cancel := context.WithCancel(context.Background())
	rs := &Replicas{opts: opts.withDefaults(), ctx: ctx, cancel: cancel, fitting: make(chan struct{}, 1), all: map[Name]*replica{}}
	removeUnused(rs.opts.Dir, time.Now())
	return rs
}

// Opening is a library as one caller may read it.
type Opening struct {
	// About is the library's ID, name and kind, and whether the caller may write.
	About library.Info
	// View names what the credential may see, as in [Name]. Callers with the same
	// view share a replica.
	View string
	// Source reads with the caller's credential. It also does work for the replica
	// in the background, as long as the upstream accepts it.
	Source Source
	// Target changes the library with the caller's credential; nil if the caller may
	// not.
	Target Target
	// Notice is added to that of [library.Info].
	Notice string
}

// Open returns a library as one caller reads it. The caller has checked that the
// credential of o.Source may read the library now, with the rights of o.View: a
// replica does not ask again. The first question to a library begins to read it.
// With a target the library is a [library.Writer] too.
func (rs *Replicas) Open(o Opening) library.Reader {
	r := &reader{replicas: rs, opening: o}
	if o.Target != nil {
		return writer{r}
	}
	return r
}

// touchEvery is the most time between two uses of which the folder's file tells
// only the first.
const touchEvery = time.Minute

// acquire returns the replica of an opening, which stays open until release.
func (rs *Replicas) acquire(o Opening) (r *replica, release func(), err error) {
	name := Name{Library: o.About.ID, View: o.View}
	rs.mu.Lock()
	if rs.closed {
		rs.mu.Unlock()
		return nil, nil, library.Errorf(library.Unavailable, "the server is stopping")
	}
	r = rs.all[name]
	if r == nil {
		r = newReplica(rs, name)
		rs.all[name] = r
	}
	r.calls++
	before := r.used
	r.used = time.Now()
	noted := r.used.Sub(before) > touchEvery || before.IsZero()
	rs.mu.Unlock()
	release = func() {
		rs.mu.Lock()
		r.calls--
		rs.mu.Unlock()
	}
	r.pool.add(o.Source)
	if err := r.start(); err != nil {
		release()
		return nil, nil, err
	}
	if noted {
		touch(r.dir)
	}
	return r, release, nil
}

// State is what a replica holds now.
type State struct {
	Name Name
	// Complete says that the replica answers, and not the upstream's search.
	Complete bool
	// Done and Total count the objects of the reading that is under way.
	Done, Total int
	// Bytes is the size of the replica's files when they were last counted.
	Bytes int64
	// AsOf is when the replica last was as the upstream, Used when it was last
	// asked; zero if never.
	AsOf, Used time.Time
	// Texts of Files attachments with text are searched.
	Texts, Files int
}

// State returns what every open replica holds, in the order of their names.
func (rs *Replicas) State() []State {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	all := make([]State, 0, len(rs.all))
	for _, r := range rs.all {
		all = append(all, r.state())
	}
	slices.SortFunc(all, func(a, b State) int {
		return strings.Compare(a.Name.Folder(), b.Name.Folder())
	})
	return all
}

// Close ends the work in the background and closes the replicas. What is being
// read then is read again by the next process. It returns early when ctx ends.
func (rs *Replicas) Close(ctx context.Context) error {
	rs.mu.Lock()
	rs.closed = true
	all := make([]*replica, 0, len(rs.all))
	for _, r := range rs.all {
		all = append(all, r)
	}
	rs.mu.Unlock()
	rs.cancel()
	var errs []error
	for _, r := range all {
		if err := r.close(ctx); err != nil {
			errs = append(errs, err)
		}
	}
	if ctx.Err() == nil {
		rs.discards.Wait()
	}
	return errors.Join(errs...)
}

// unusedFor is how long a folder stays that nothing reads.
const unusedFor = 30 * 24 * time.Hour

// removeUnused removes the folders in dir that were not used for long.
func removeUnused(dir string, now time.Time) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		folder := filepath.Join(dir, e.Name())
		info, err := os.Stat(filepath.Join(folder, usedFile))
		if err != nil || now.Sub(info.ModTime()) < unusedFor {
			continue
		}
		if unlock, ok := tryLock(folder); ok {
			_ = os.RemoveAll(folder)
			unlock()
		}
	}
}
