package replica

import (
	"context"
	"time"
)

// save keeps a snapshot of what changed since the last one, if this process may.
func (r *replica) save(ctx context.Context) (again time.Duration, err error) {
	store := r.replicas.opts.Store
	r.mu.Lock()
	changed, has := r.changed, r.shelf != nil
	since := time.Since(r.saved)
	r.mu.Unlock()
	switch {
	case store == nil:
		return untilPoked, nil
	case !changed || !has:
		return untilPoked, nil // a change pokes
	case since < saveEvery:
		return jittered(saveEvery - since), nil
	}
	release, held, err := store.Lease(ctx, r.name)
	if err != nil {
		return 0, err
	}
	if !held {
		return jittered(saveEvery), nil
	}
	defer release()
	r.saveWith(ctx, store)
	return jittered(saveEvery), nil
}

// saveWith keeps a snapshot. The caller has the lease.
func (r *replica) saveWith(ctx context.Context, store Store) {
	s := r.current()
	if s == nil {
		return
	}
	r.mu.Lock()
	r.changed, r.saved = false, time.Now()
	r.mu.Unlock()
	if err := store.Save(ctx, r.name, s); err != nil {
		r.log("a snapshot can't be kept", err)
		r.noteChange() // tried again with the next one
	}
}
