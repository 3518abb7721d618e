package replica

import (
	"context"
	"strconv"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// refreshTimeout bounds one refresh, which goes on when its callers give up.
const refreshTimeout = 2 * time.Minute

// refreshing is what a replica knows of its refreshes.
type refreshing struct {
	began  time.Time     // when the last one began
	after  time.Time     // before which none begins, as the upstream says
	flight chan struct{} // closed when the one under way ends; nil if none is
	asOf   time.Time     // when the shelf last was as the upstream
	err    error         // of the last one
	notice string        // of the last one's head
}

// freshen brings the shelf up to date, if it was not asked for long enough. Calls
// that come together share one refresh, and wait for it for a while.
func (r *replica) freshen(ctx context.Context, s *shelf.Shelf) {
	opts := &r.replicas.opts
	r.mu.Lock()
	now := time.Now()
	if r.refresh.flight == nil {
		if now.Sub(r.refresh.began) < opts.Fresh || now.Before(r.refresh.after) || r.whole != "" || r.closed {
			r.mu.Unlock()
			return
		}
		r.refresh.began = now
		r.refresh.flight = make(chan struct{})
		go r.refreshNow(s)
	}
	flight := r.refresh.flight
	r.mu.Unlock()
	timer := time.NewTimer(opts.Patience)
	defer timer.Stop()
	select {
	case <-flight:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// refreshNow makes one refresh and notes how it ended.
func (r *replica) refreshNow(s *shelf.Shelf) {
	ctx, cancel := context.WithTimeout(r.ctx, refreshTimeout)
	defer cancel()
	began := time.Now()
	var head Head
	err := r.pool.do(ctx, func(src Source) (err error) {
		head, err = r.update(ctx, s, src)
		return err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	f := &r.refresh
	f.err, f.notice = err, head.Notice
	if err == nil && head.Notice == "" {
		f.asOf = began
	}
	if err != nil {
		f.after = began.Add(min(library.AsError(err).RetryAfter, lastRetry))
	}
	if library.CodeOf(err) == library.NotFound {
		r.texts.due = true // the background finds out whether the library is gone
		r.poke()
	}
	close(f.flight)
	f.flight = nil
}

// update asks what changed since the shelf's state and takes it in. It reads
// nothing but the head if nothing did.
func (r *replica) update(ctx context.Context, s *shelf.Shelf, src Source) (Head, error) {
	m, err := s.Meta(ctx)
	if err != nil {
		return Head{}, err
	}
	mark := m.Attributes[markAttribute]
	if mark == "" {
		r.lose(s)
		return Head{}, nil
	}
	ch, err := src.Since(ctx, mark)
	if err != nil {
		return Head{}, err
	}
	known, _ := strconv.ParseInt(m.Attributes[versionAttribute], 10, 64)
	backwards := ch.Head.Version < known && ch.Head.Notice == ""
	if ch.Whole || backwards {
		r.readAgain(mark, backwards)
		return ch.Head, nil
	}
	if ch.Head.Version < known || ch.Head.Mark == mark && ch.empty() {
		return ch.Head, nil // nothing new, or an old answer
	}
	e := newEdit(s, ch, r.orphans)
	if err := e.gather(ctx, src); err != nil {
		return Head{}, err
	}
	if e.whole {
		r.readAgain(mark, false)
		return ch.Head, nil
	}
	err = r.commit(ctx, s, e, mark)
	switch library.CodeOf(err) {
	case library.Conflict: // another process writes, perhaps this very change
		return ch.Head, nil
	case library.TooLarge:
		r.readAgain(mark, false)
		return ch.Head, nil
	}
	return ch.Head, err
}

// lostMark stands for the mark of a shelf that has none: another process has
// removed it.
const lostMark = "\x00"

// lose gives up a shelf that another process has emptied.
func (r *replica) lose(s *shelf.Shelf) {
	r.mu.Lock()
	lost := r.shelf == s
	if lost {
		r.shelf, r.complete = nil, make(chan struct{})
	}
	r.mu.Unlock()
	if lost {
		_ = s.Close()
		r.poke()
	}
}

// readAgain makes the background read the library whole. Until then the shelf
// answers as it is.
func (r *replica) readAgain(mark string, dropText bool) {
	r.mu.Lock()
	r.whole, r.dropText = mark, dropText
	r.progress = progress{}
	r.mu.Unlock()
	r.poke()
}

// commit takes an edit into the shelf, unless another process has changed it since
// it had the mark.
func (r *replica) commit(ctx context.Context, s *shelf.Shelf, e *edit, mark string) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if markOf(ctx, s) != mark {
		return nil
	}
	version, err := e.apply(ctx, tx)
	if err != nil {
		return err
	}
	setHead(tx, e.changes.Head, r.name.View)
	r.mu.Lock()
	leftOut := r.leftOut + e.leftOut
	r.mu.Unlock()
	tx.SetAttribute(leftOutAttribute, leftOutText(leftOut))
	if err := tx.Commit(ctx, version); err != nil {
		return err
	}
	r.mu.Lock()
	r.orphans, r.leftOut, r.changed = e.orphans, leftOut, true
	if !e.written || e.hasFiles() {
		r.texts.stale, r.texts.due = true, true
	}
	r.mu.Unlock()
	r.poke()
	return nil
}

// markOf returns the mark of a shelf's state, or "".
func markOf(ctx context.Context, s *shelf.Shelf) string {
	m, err := s.Meta(ctx)
	if err != nil {
		return ""
	}
	if mark := m.Attributes[markAttribute]; mark != "" {
		return mark
	}
	return lostMark
}

// empty reports whether nothing changed.
func (c *Changes) empty() bool {
	return len(c.Objects) == 0 && len(c.Removed) == 0 && c.Keys == nil && c.Collections == nil
}
