package replica

import (
	"context"
	"strconv"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Target changes one upstream library with one credential. Its methods are those of
// [library.Writer]; all may be called at the same time.
type Target interface {
	NewKey() string
	Objects(ctx context.Context, kind library.ObjectKind, keys []string) ([]library.Object, error)
	// Write carries out a batch. Mark is the state of the library as far as the caller
	// knows it, or "".
	Write(ctx context.Context, b library.Batch, mark string) (Written, error)
	// File and Attach are the methods of [library.FileStore].
	File(ctx context.Context, key string, most int64) ([]byte, error)
	Attach(ctx context.Context, key string, f library.File) error
}

// Written is what became of a batch.
type Written struct {
	Outcomes []library.Outcome // of each edit
	// Changes lead from the caller's mark to the state after the batch; nil if that is
	// not known without asking the upstream.
	Changes *Changes
}

// writer is a library as a caller reads and changes it.
type writer struct{ *reader }

var _ library.FileStore = writer{}

// NewKey implements [library.Writer].
func (w writer) NewKey() string { return w.opening.Target.NewKey() }

// Objects implements [library.Writer].
func (w writer) Objects(ctx context.Context, kind library.ObjectKind, keys []string) ([]library.Object, error) {
	if len(keys) > library.MaxEdits {
		return nil, library.Errorf(library.Invalid, "at most %d keys at a time, not %d", library.MaxEdits, len(keys))
	}
	return w.opening.Target.Objects(ctx, kind, keys)
}

// File implements [library.Files].
func (w writer) File(ctx context.Context, key string, most int64) ([]byte, error) {
	return w.opening.Target.File(ctx, key, most)
}

// Attach implements [library.FileStore]. The replica takes in what the upstream then says
// of the attachment.
func (w writer) Attach(ctx context.Context, key string, f library.File) error {
	c, err := w.begin(ctx)
	if err != nil {
		return err
	}
	defer c.release()
	err = w.opening.Target.Attach(ctx, key, f)
	if c.shelf != nil {
		c.takeIn(ctx, "", nil)
	}
	return err
}

// Write implements [library.Writer]. The upstream carries the batch out, then the
// replica takes it in. A replica that can't take it in now does so with its next
// refresh.
func (w writer) Write(ctx context.Context, b library.Batch) ([]library.Outcome, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	c, err := w.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer c.release()
	mark := ""
	if c.shelf != nil {
		mark = markOf(ctx, c.shelf)
	}
	written, err := w.opening.Target.Write(ctx, b, mark)
	if c.shelf != nil && len(written.Outcomes) > 0 {
		c.takeIn(ctx, mark, written.Changes)
	}
	return written.Outcomes, err
}

// takeIn brings the shelf to the state after a batch, even if ctx ends: by its
// changes or, where they are not known or do not follow the shelf's state, by what
// the upstream says.
func (c *call) takeIn(ctx context.Context, mark string, ch *Changes) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTimeout)
	defer cancel()
	if !c.lockRefresh(ctx) {
		return
	}
	defer c.unlockRefresh()
	if ch != nil && c.apply(ctx, mark, ch) {
		return
	}
	if _, err := c.update(ctx, c.shelf, c.source); err != nil {
		c.log("a change is not in the replica yet", err)
		c.mu.Lock()
		c.refresh.began = c.refresh.began.Add(-c.replicas.opts.Fresh) // the next call asks again
		c.mu.Unlock()
	}
}

// apply takes changes into the shelf if it has the state of mark, and reports whether
// they are in it.
func (c *call) apply(ctx context.Context, mark string, ch *Changes) bool {
	e := newEdit(c.shelf, ch, c.orphans)
	e.written = true
	if err := e.gather(ctx, c.source); err != nil || e.whole {
		return false
	}
	if err := c.commit(ctx, c.shelf, e, mark); err != nil {
		return false
	}
	m, err := c.shelf.Meta(ctx)
	if err != nil {
		return false
	}
	version, _ := strconv.ParseInt(m.Attributes[versionAttribute], 10, 64)
	return version >= ch.Head.Version
}

// lockRefresh waits until no refresh runs, and keeps others from beginning. It
// reports false if ctx ends before.
func (r *replica) lockRefresh(ctx context.Context) bool {
	for {
		r.mu.Lock()
		flight := r.refresh.flight
		if flight == nil {
			r.refresh.flight = make(chan struct{})
		}
		r.mu.Unlock()
		if flight == nil {
			return true
		}
		select {
		case <-flight:
		case <-ctx.Done():
			return false
		}
	}
}

// unlockRefresh is the end of what lockRefresh began.
func (r *replica) unlockRefresh() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.refresh.flight)
	r.refresh.flight = nil
}
