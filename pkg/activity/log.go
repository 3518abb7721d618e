package activity

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Life is how long an entry is kept, after its day.
const Life = 30 * 24 * time.Hour

const (
	// every is the time between two flushes.
	every = time.Minute
	// patience is how long a record is tried to be saved. The summary of a day is
	// made later than that after its end.
	patience = time.Hour
	// parallel is the number of requests to the store at once.
	parallel = 16
)

// Options configures a [Log].
type Options struct {
	Recorder *Recorder // required
	Store    Store     // required
	Sealer   Sealer    // nil keeps entries unsealed
	Logger   *slog.Logger
	Now      func() time.Time // nil: [time.Now]
}

// Log keeps what a recorder took, and reads what the logs of all processes keep. It
// is safe for concurrent use.
type Log struct {
	options  Options
	flushing sync.Mutex

	mu      sync.Mutex
	unsaved map[string]*record // by name
	lost    atomic.Int64
}

// New returns a log.
func New(o Options) *Log {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Log{options: o, unsaved: map[string]*record{}}
}

// Run flushes each minute until ctx ends.
func (l *Log) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.Flush(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// Lost returns the number of calls that this process recorded and could not keep.
func (l *Log) Lost() int { return int(l.lost.Load()) }

// Flush saves what was recorded. What can't be saved is tried again with the next
// flush, for an hour and within a bound; then it is lost, which is logged and counted.
func (l *Log) Flush(ctx context.Context) {
	l.flushing.Lock()
	defer l.flushing.Unlock()
	waiting := l.collect(ctx)
	var failed atomic.Pointer[error]
	inParallel(len(waiting), func(i int) {
		if failed.Load() != nil || ctx.Err() != nil {
			return // the rest waits for the next flush
		}
		if err := l.save(ctx, waiting[i]); err != nil {
			failed.Store(&err)
			return
		}
		l.mu.Lock()
		delete(l.unsaved, waiting[i].name)
		l.mu.Unlock()
	})
	if err := failed.Load(); err != nil {
		l.options.Logger.WarnContext(ctx, "activity can't be saved now", "error", *err)
	}
}

// collect moves what was recorded to what waits, drops what waited too long or is too
// much, and returns the rest, the oldest first.
func (l *Log) collect(ctx context.Context) []*record {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken, lost := l.options.Recorder.take()
	for _, g := range taken {
		l.unsaved[g.name] = g
	}
	waiting := slices.SortedFunc(maps.Values(l.unsaved), func(a, b *record) int {
		return cmp.Or(a.begun.Compare(b.begun), cmp.Compare(a.name, b.name))
	})
	held := 0
	for _, g := range waiting {
		held += len(g.Entries)
	}
	for len(waiting) > 0 && (held > maxHeld || len(waiting) > maxRecords || l.options.Now().Sub(waiting[0].begun) > patience) {
		g := waiting[0]
		held -= len(g.Entries)
		lost += len(g.Entries) + g.More
		delete(l.unsaved, g.name)
		waiting = waiting[1:]
	}
	if lost > 0 {
		l.lost.Add(int64(lost))
		l.options.Logger.ErrorContext(ctx, "activity was lost", "calls", lost)
	}
	return waiting
}

// save creates the object of a record. One that exists was created by a former
// attempt, whose answer did not arrive.
func (l *Log) save(ctx context.Context, g *record) error {
	err := l.create(ctx, g.name, g, g.day)
	if library.CodeOf(err) == library.Conflict {
		return nil
	}
	return err
}

// create creates an object about a day.
func (l *Log) create(ctx context.Context, name string, v any, day time.Time) error {
	raw, err := json.Marshal(v)
	if err == nil && l.options.Sealer != nil {
		raw, err = l.options.Sealer.Seal(raw, []byte(name))
	}
	if err != nil {
		return err
	}
	return l.options.Store.Create(ctx, name, raw, day.Add(24*time.Hour+Life))
}

// held returns copies of what is in memory of a day and a principal, or of all
// principals for "".
func (l *Log) held(day time.Time, principal string) []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(l.options.Recorder.recorded(day, principal), of(l.unsaved, day, principal)...)
}

// of returns copies of the records of a day and a principal, or of all principals for
// "".
func of[K comparable](records map[K]*record, day time.Time, principal string) (all []record) {
	for _, g := range records {
		if g.day.Equal(day) && (principal == "" || g.Principal == principal) {
			c := *g
			c.Entries = slices.Clone(g.Entries)
			all = append(all, c)
		}
	}
	return all
}

// inParallel calls do with each number below n, several at once.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(parallel, n) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
}
