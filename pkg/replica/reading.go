package replica

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/gofrs/flock"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// step is a point in a reading at which a test may break off.
type step string

// The steps.
const (
	stepPage    step = "page"    // one page is in the spool
	stepKeys    step = "keys"    // all pages are, and the list of keys was read
	stepMissing step = "missing" // what was missing is there too
	stepWork    step = "work"    // one work is in the new shelf
	stepShelf   step = "shelf"   // the new shelf is published
)

// perGet is the most keys of one [Source.Get].
const perGet = 50

// completeNow makes the replica complete: from the folder, from a snapshot, or by
// reading the library whole. It does nothing for one that is.
func (r *replica) completeNow(ctx context.Context) (again time.Duration, err error) {
	r.mu.Lock()
	whole, s := r.whole, r.shelf
	has := s != nil
	r.mu.Unlock()
	if has && whole == "" {
		return untilPoked, nil
	}
	defer func() {
		r.mu.Lock()
		r.failed = err
		r.mu.Unlock()
	}()
	reading := flock.New(filepath.Join(r.dir, readingLock))
	got, err := reading.TryLock()
	if err != nil {
		return 0, library.Errorf(library.Unavailable, "the folder for replicas can't be written").WithCause(err)
	}
	if !got { // another process reads
		return time.Second, r.lookAgain(ctx)
	}
	defer func() { _ = reading.Close() }()
	if !has && r.load(ctx) {
		return untilPoked, nil
	}
	if has && markOf(ctx, s) != whole { // another process has read it
		r.mu.Lock()
		r.whole = ""
		r.mu.Unlock()
		return untilPoked, nil
	}
	if r.spool == nil {
		removeLeft(r.dir)
	}
	release, done, err := r.leased(ctx, has)
	if err != nil || done {
		return restoreEvery, err
	}
	defer release()
	err = r.readWhole(ctx)
	if errors.Is(err, errTooLarge) {
		r.abandon()
		return triedAgain, err
	}
	if err != nil {
		return 0, err
	}
	if store := r.replicas.opts.Store; store != nil {
		r.saveWith(ctx, store)
	}
	return untilPoked, nil
}

// abandon gives up a library that is larger than the budget.
func (r *replica) abandon() {
	r.dropSpool()
	r.mu.Lock()
	was := r.shelf
	r.tooLarge, r.whole = time.Now(), ""
	if was != nil {
		r.shelf, r.complete = nil, make(chan struct{})
	}
	r.mu.Unlock()
	if was != nil {
		_ = was.Close()
	}
	_ = os.RemoveAll(r.shelfPath())
	r.count()
}

// dropSpool removes the spool.
func (r *replica) dropSpool() {
	if r.spool != nil {
		r.spool.close()
		r.spool = nil
	}
}

// lookAgain opens what another process has read, if it has ended.
func (r *replica) lookAgain(ctx context.Context) error {
	if r.current() == nil {
		r.load(ctx)
	}
	return nil
}

// leased takes the right to read the library whole. If another process has it, or
// a snapshot made the replica complete, done is true. A store that fails costs
// nothing but the snapshot.
func (r *replica) leased(ctx context.Context, has bool) (release func(), done bool, err error) {
	store := r.replicas.opts.Store
	if store == nil {
		return func() {}, false, nil
	}
	if !has && r.restore(ctx, store) {
		return nil, true, nil
	}
	release, held, err := store.Lease(ctx, r.name)
	switch {
	case ctx.Err() != nil:
		return nil, false, ctx.Err()
	case err != nil:
		r.log("a lease can't be had; the library is read without", err)
		return func() {}, false, nil
	case !held:
		return nil, true, nil
	}
	// The one that held it before may have saved just now.
	if !has && r.restore(ctx, store) {
		release()
		return nil, true, nil
	}
	return release, false, nil
}

// restore makes the replica complete from a snapshot, if there is one.
func (r *replica) restore(ctx context.Context, store Store) bool {
	found, err := store.Restore(ctx, r.name, r.shelfPath())
	if err != nil {
		r.log("a snapshot can't be read", err)
	}
	return found && r.load(ctx)
}

// readWhole reads the library and makes it the replica's shelf. The spool of a
// reading that failed before all works were written is kept for the next one.
func (r *replica) readWhole(ctx context.Context) error {
	err := r.pool.do(ctx, func(src Source) error {
		if direct, ok := src.(Direct); ok {
			return r.take(ctx, direct)
		}
		rest, err := r.fill(ctx, src)
		if err != nil {
			return err
		}
		return r.rebuild(ctx, rest, r.putSpooled)
	})
	if err != nil {
		return err
	}
	if err := r.at(stepShelf); err != nil {
		return err
	}
	return r.publish(ctx)
}

// take makes a new base of the shelf from what a direct source reads.
func (r *replica) take(ctx context.Context, src Direct) error {
	head, err := src.Head(ctx)
	if err != nil {
		return err
	}
	rest, err := restOf(ctx, src, head)
	if err != nil {
		return err
	}
	return r.rebuild(ctx, rest, func(ctx context.Context, f *filling) error { return f.putPages(ctx, src) })
}

// rest is what a reading has beside objects.
type rest struct {
	head        Head
	collections []library.Collection
	texts       map[string]int64 // nil if the upstream does not list texts
}

// restOf reads what a reading has beside objects.
func restOf(ctx context.Context, src Source, head Head) (rest, error) {
	collections, err := src.Collections(ctx)
	if err != nil {
		return rest{}, err
	}
	texts, err := src.TextVersions(ctx, 0)
	return rest{head: head, collections: collections, texts: texts}, err
}

// fill reads the library into a spool, until it holds what the list of keys says.
// The head is that of a state from which on every change is listed by
// [Source.Since].
func (r *replica) fill(ctx context.Context, src Source) (none rest, err error) {
	s, err := r.openSpool(ctx)
	if err != nil {
		return none, err
	}
	first, err := r.fillPages(ctx, s, src)
	if err != nil {
		return none, err
	}
	keys, head, err := src.Keys(ctx)
	if err != nil {
		return none, err
	}
	if head.Version == 0 || s.zero {
		head.Mark = first.Mark // without versions, keys do not tell what changed since
	}
	if head.Notice != "" {
		return none, library.Errorf(library.Unavailable, "the list of the library's objects is not the present one").WithRetryAfter(time.Minute)
	}
	if err := r.at(stepKeys); err != nil {
		return none, err
	}
	missing := s.lacks(keys)
	slices.Sort(missing)
	for batch := range slices.Chunk(missing, perGet) {
		r.progressed(len(s.objects), len(keys))
		objects, err := src.Get(ctx, batch)
		if err == nil {
			err = s.add(objects)
		}
		if err != nil {
			return none, err
		}
	}
	r.progressed(len(s.objects), len(keys))
	if err := r.at(stepMissing); err != nil {
		return none, err
	}
	return restOf(ctx, src, head)
}

// openSpool returns the spool of the reading before, or else a new one.
func (r *replica) openSpool(ctx context.Context) (*spool, error) {
	if r.spool == nil {
		s, err := newSpool(r.dir)
		if err != nil {
			return nil, library.Errorf(library.Unavailable, "the library can't be written to disk").WithCause(err)
		}
		r.spool = s
	}
	r.spool.room = func(need int64) int64 { return r.replicas.fit(ctx, r.dir, need) }
	return r.spool, nil
}

// fillPages reads all pages, unless a reading that broke off has left so many
// objects that the list of keys and what is missing then cost less.
func (r *replica) fillPages(ctx context.Context, s *spool, src Source) (Head, error) {
	r.mu.Lock()
	total := r.progress.total
	r.mu.Unlock()
	if s.versioned() && 2*len(s.objects) > total {
		return Head{}, nil
	}
	return src.All(ctx, func(b Batch) error {
		if err := s.add(b.Objects); err != nil {
			return err
		}
		r.progressed(len(s.objects), b.Total)
		return r.at(stepPage)
	})
}

// progressed records the number of objects read, and of all.
func (r *replica) progressed(done, total int) {
	r.mu.Lock()
	r.progress = progress{done: done, total: max(done, total)}
	r.mu.Unlock()
}

// at is where a test may break off.
func (r *replica) at(s step) error {
	if r.replicas.fault == nil {
		return nil
	}
	return r.replicas.fault(s)
}

// rebuild makes a new base of the shelf from the works that putAll puts. Those that are
// too large are left out and counted.
func (r *replica) rebuild(ctx context.Context, rest rest, putAll func(context.Context, *filling) error) error {
	r.mu.Lock()
	textMark, dropText := r.texts.mark, r.dropText || r.shelf == nil
	r.mu.Unlock()
	if dropText {
		textMark = rest.head.Version // what is held will have been read later
	}
	before := r.version(ctx)
	sooner := r.current() == nil && r.replicas.opts.Store == nil // a snapshot has the index whole
	return shelf.Rebuild(ctx, r.shelfPath(), func(b *shelf.Rebuilding) (int64, error) {
		known := map[string]bool{}
		for _, c := range rest.collections {
			known[c.Key] = true
			if err := b.PutCollection(c); err != nil {
				return 0, err
			}
		}
		f := filling{replica: r, into: b, head: rest.head, known: known, texts: rest.texts, dropText: dropText}
		if err := putAll(ctx, &f); err != nil {
			return 0, err
		}
		if sooner {
			b.MergeLater()
		}
		setHead(b, f.head, r.name.View)
		b.SetAttribute(textsAttribute, strconv.FormatInt(textMark, 10))
		b.SetAttribute(leftOutAttribute, leftOutText(f.leftOut))
		b.SetAttribute(countsAttribute, "")
		if dropText {
			b.SetAttribute(countsAttribute, f.counted.counts())
		}
		if rest.head.Version == 0 {
			return before + 1, nil
		}
		return rest.head.Version, nil
	}, r.options()...)
}

// version returns the version of the shelf as it is now, or 0.
func (r *replica) version(ctx context.Context) int64 {
	s := r.current()
	if s == nil {
		return 0
	}
	m, err := s.Meta(ctx)
	if err != nil {
		return 0
	}
	return m.Version
}

// attributes is where a shelf keeps what a replica knows of its state.
type attributes interface{ SetAttribute(name, value string) }

// setHead notes of which state of the upstream the shelf is.
func setHead(a attributes, head Head, view string) {
	a.SetAttribute(markAttribute, head.Mark)
	a.SetAttribute(versionAttribute, strconv.FormatInt(head.Version, 10))
	a.SetAttribute(viewAttribute, view)
	a.SetAttribute(timeAttribute, strconv.FormatInt(time.Now().Unix(), 10))
}

func leftOutText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// publish makes the shelf that was just written the one that answers.
func (r *replica) publish(ctx context.Context) error {
	if r.replicas.fit(ctx, r.dir, 0) < 0 {
		return errors.Join(ctx.Err(), errTooLarge)
	}
	r.mu.Lock()
	r.whole, r.dropText = "", false
	r.refresh.began = time.Time{} // what changed meanwhile is asked for at once
	s := r.shelf
	r.mu.Unlock()
	if s != nil { // it follows its folder
		m, err := s.Meta(ctx)
		if err != nil {
			return err
		}
		r.noted(m)
		return nil
	}
	if !r.load(ctx) {
		return library.Errorf(library.Internal, "what was read can't be opened")
	}
	return nil
}
