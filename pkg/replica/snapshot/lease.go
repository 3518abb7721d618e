package snapshot

import (
	"context"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// renewals is how often a lease is renewed in the time after which it may be
// taken over.
const renewals = 4

// holding is a lease that this store holds.
type holding struct {
	saving lock // held by the one saving that runs

	mu         lock // of what follows; held for one request at most
	head       *head
	generation int64 // of head
	lost       bool  // another process may have written the head
	wrote      time.Time
}

// lock is a mutex for which a caller waits no longer than its context.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

func (l lock) lock(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l lock) unlock() { <-l }

// errLost says that a lease has ended before its holder wrote.
func errLost() error {
	return library.Errorf(library.Conflict, "another process has taken over the lease of this library").
		WithHint("take the lease again, then save")
}

// Lease implements [replica.Store]. It makes two requests at most and does not
// wait for another holder. A lease that was not renewed is taken over by the
// first call that has seen it unchanged since an earlier call of the same store,
// Options.Takeover ago; so a store that wants the lease asks again and again. A
// holder that fails to renew it in time, or that another process has taken it
// from, finds out when it saves, which then fails with Conflict. A release makes
// one request too, after one that renews the lease; it takes 10 s at most.
func (s *Store) Lease(ctx context.Context, name replica.Name) (release func(), held bool, err error) {
	var busy bool
	s.of(name, func(k *known) { busy, k.busy = k.busy, true })
	if busy {
		return nil, false, nil
	}
	h, err := s.take(ctx, name)
	if h == nil {
		s.of(name, func(k *known) { k.busy = false })
		return nil, false, err
	}
	s.of(name, func(k *known) { k.held = h })
	ctx = context.WithoutCancel(ctx)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		s.renew(ctx, name, h, stop)
	}()
	return sync.OnceFunc(func() {
		close(stop)
		<-stopped
		s.release(ctx, name, h)
	}), true, nil
}

// take takes the lease, or returns nil while another process holds it.
func (s *Store) take(ctx context.Context, name replica.Name) (*holding, error) {
	found, generation, err := s.getHead(ctx, name)
	if err != nil {
		return nil, err
	}
	// A head that can't be used may be that of another version of the program,
	// or of a newer master key, so it counts as held.
	free := generation == 0 || found != nil && (found.Holder == "" || found.Holder == s.holder)
	if !free && !s.unchanged(name, generation) {
		return nil, nil
	}
	if found == nil {
		found = newHead(name)
	}
	h := &holding{saving: newLock(), mu: newLock(), head: found, generation: generation}
	next := found.next()
	next.Holder = s.holder
	switch err := s.write(ctx, name, h, next); library.CodeOf(err) {
	case "":
		return h, nil
	case library.Conflict: // another process was faster
		return nil, nil
	default:
		return nil, err
	}
}

// unchanged reports whether the head has been held at this generation for so
// long that its holder has lost it. The time is this process's own, from the
// first call that found the generation: the holder wrote it before, and renews
// four times as often while it runs.
func (s *Store) unchanged(name replica.Name, generation int64) (over bool) {
	now := s.options.Now()
	s.of(name, func(k *known) {
		if k.watched != generation {
			k.watched, k.since = generation, now
		}
		over = now.Sub(k.since) >= s.options.Takeover
	})
	return over
}

// write puts a head in the place of the holding's, whose mutex the caller holds
// if others know the holding. It does not end with ctx: after an error it is
// unknown whether the head was written. Conflict means that the lease is lost.
func (s *Store) write(ctx context.Context, name replica.Name, h *holding, next *head) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), headTime)
	defer cancel()
	began := s.options.Now()
	generation, err := s.putHead(ctx, name, next, h.generation)
	if err != nil {
		h.lost = h.lost || library.CodeOf(err) == library.Conflict
		return err
	}
	h.head, h.generation, h.wrote = next, generation, began
	return nil
}

// renew writes the head again and again, until stop is closed or the lease is
// lost.
func (s *Store) renew(ctx context.Context, name replica.Name, h *holding, stop <-chan struct{}) {
	ticks := time.NewTicker(s.options.Takeover / renewals)
	defer ticks.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticks.C:
		}
		if !s.renewOnce(ctx, name, h) {
			s.log.InfoContext(ctx, "the lease of a library was lost")
			return
		}
	}
}

// renewOnce renews the lease, and reports whether it may still be held.
func (s *Store) renewOnce(ctx context.Context, name replica.Name, h *holding) bool {
	if err := h.mu.lock(ctx); err != nil {
		return false
	}
	defer h.mu.unlock()
	if err := s.write(ctx, name, h, h.head.next()); err != nil {
		// From here on another process may take it over.
		h.lost = h.lost || s.options.Now().Sub(h.wrote) >= s.options.Takeover
	}
	return !h.lost
}

// release ends the lease: the head goes on without a holder, or goes if there
// is no snapshot. If that fails, the lease ends by not being renewed.
func (s *Store) release(ctx context.Context, name replica.Name, h *holding) {
	defer s.of(name, func(k *known) { k.busy, k.held = false, nil })
	if err := h.mu.lock(ctx); err != nil {
		return
	}
	defer h.mu.unlock()
	if h.lost {
		return
	}
	h.lost = true // for a saving that still runs
	if h.head.Content == nil {
		ctx, cancel := context.WithTimeout(ctx, headTime)
		defer cancel()
		_ = s.options.Bucket.Delete(ctx, folder(name)+headName, h.generation)
		return
	}
	next := h.head.next()
	next.Holder = ""
	_ = s.write(ctx, name, h, next)
}
