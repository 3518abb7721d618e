package zotero

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// readTimeout bounds the reading of a whole library: some minutes at the pace
// of Zotero for one of 50,000 items.
const readTimeout = 20 * time.Minute

// maxDesks is of how many identities it is remembered what goes on.
const maxDesks = 4096

// desk is what goes on about the libraries of one identity.
type desk struct {
	pace *pace

	mu      sync.Mutex
	shelves map[string]*shelf // by path
}

// shelf is what goes on about one library.
type shelf struct {
	pace *pace // the desk's

	mu      sync.Mutex
	run     *reading // nil if nobody reads the library
	glances glances
}

// reading is the reading of a whole library. It belongs to nobody who asks: it
// goes on when they are gone, so that the next one finds it done.
type reading struct {
	pace        *pace
	read, total atomic.Int64 // items; 0 until the first page is there
	interner    interner

	done chan struct{} // closed at the end
	s    *snapshot
	err  error
}

// shelf returns what goes on about the library.
func (r *Reader) shelf() *shelf {
	d, _ := r.client.desks.ComputeIfAbsent(r.scope.identity, func() (*desk, bool) {
		return &desk{pace: newPace(r.client.o.Parallel), shelves: map[string]*shelf{}}, false
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	sh := d.shelves[r.scope.path]
	if sh == nil {
		sh = &shelf{pace: d.pace}
		d.shelves[r.scope.path] = sh
	}
	return sh
}

// took makes a page that was read ready to be kept, and returns what it weighs.
func (run *reading) took(page *List[Object]) (weight uint64) {
	run.interner.slim(page.Items)
	run.read.Add(int64(len(page.Items)))
	for i := range page.Items {
		weight += weigh(&page.Items[i])
	}
	return weight
}

// begin starts to read the library, unless that is under way.
func (r *Reader) begin(ctx context.Context, sh *shelf) *reading {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return r.beginLocked(ctx, sh)
}

func (r *Reader) beginLocked(ctx context.Context, sh *shelf) *reading {
	if sh.run != nil {
		return sh.run
	}
	run := &reading{pace: sh.pace, done: make(chan struct{})}
	sh.run = run
	go r.carryOut(context.WithoutCancel(ctx), sh, run)
	return run
}

// carryOut reads the library and keeps it.
func (r *Reader) carryOut(ctx context.Context, sh *shelf, run *reading) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	defer context.AfterFunc(r.client.alive, cancel)()
	defer func() {
		sh.mu.Lock()
		sh.run = nil
		sh.mu.Unlock()
		close(run.done)
	}()
	key := snapshotKey{r.scope.identity, r.scope.path}
	old, _ := r.client.snapshots.GetIfPresent(key)
	run.s, run.err = r.renew(ctx, old, run)
	run.interner.seen = nil
	if run.err == nil {
		r.client.snapshots.Set(key, run.s)
	}
}

// view is a library as a question finds it.
type view struct {
	*snapshot // nil if the library isn't read whole
	head      head
	notice    string // why it isn't, or what it lacks
}

// whole returns the library read whole. If nobody read it, or it changed, that
// is done now; the caller waits for it no longer than [Options.Patience].
func (r *Reader) whole(ctx context.Context) (view, error) {
	h, err := r.head(ctx)
	if err != nil {
		return view{}, err
	}
	old, _ := r.client.snapshots.GetIfPresent(snapshotKey{r.scope.identity, r.scope.path})
	if old != nil && r.current(old, h) {
		return r.view(old, h), nil
	}
	run := r.begin(ctx, r.shelf())
	patience := time.NewTimer(r.client.o.Patience)
	defer patience.Stop()
	select {
	case <-ctx.Done():
		return view{}, ctx.Err()
	case <-patience.C:
		return r.meanwhile(old, h, run), nil
	case <-run.done:
		if run.err != nil {
			return view{}, run.err
		}
		return r.view(run.s, h), nil
	}
}

// known is whole for a library that was read before; of any other the view is
// empty.
func (r *Reader) known(ctx context.Context) (view, error) {
	if _, found := r.client.snapshots.GetIfPresent(snapshotKey{r.scope.identity, r.scope.path}); found {
		return r.whole(ctx)
	}
	h, err := r.head(ctx)
	return view{head: h}, err
}

func (r *Reader) view(s *snapshot, h head) view {
	if s.tooLarge {
		return view{head: h, notice: fmt.Sprintf("this library takes more than the %d MB up to which it would be read whole", r.client.o.LibraryBytes>>20)}
	}
	return view{snapshot: s, head: h}
}

// meanwhile is what there is while the library is being read: how it was
// before, or nothing yet.
func (r *Reader) meanwhile(old *snapshot, h head, run *reading) view {
	if old != nil && !old.tooLarge {
		return view{snapshot: old, head: h, notice: fmt.Sprintf("the library changed and is being read again; this is as of its version %d", old.version)}
	}
	far := "this library is being read for the first time"
	if total := run.total.Load(); total > 0 {
		far = fmt.Sprintf("%s: %d of %d items so far", far, run.read.Load(), total)
	}
	return view{head: h, notice: far + "; ask again in a while for an answer from all of it"}
}
