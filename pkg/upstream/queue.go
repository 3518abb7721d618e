package upstream

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"
)

// errQueueFull reports that too many calls of one credential are waiting.
var errQueueFull = errors.New("the queue is full")

// queues limits concurrent calls per credential, in first-in, first-out order.
// Each credential has its own queue, so callers never wait for other
// credentials; a queue exists only while it has calls.
type queues struct {
	width int64 // concurrent calls
	queue int   // waiting calls

	mu           sync.Mutex
	total        int
	byCredential map[digest]*queue
}

type queue struct {
	users int // running and waiting calls; guarded by queues.mu
	slots *semaphore.Weighted
	// proof is held by the one call that uses an unverified credential, so that
	// an invalid key is rejected once and not five times.
	proof *semaphore.Weighted
}

// acquire waits for a slot in the queue of id. While verified returns false, it
// admits one call only. It fails with errQueueFull or when ctx ends.
func (l *queues) acquire(ctx context.Context, id digest, verified func() bool) (release func(), err error) {
	queue, ok := l.join(id)
	if !ok {
		return nil, errQueueFull
	}
	alone, err := prove(ctx, queue.proof, verified)
	if err != nil {
		l.leave(id, queue)
		return nil, err
	}
	if err := queue.slots.Acquire(ctx, 1); err != nil {
		alone()
		l.leave(id, queue)
		return nil, err
	}
	return sync.OnceFunc(func() {
		queue.slots.Release(1)
		alone()
		l.leave(id, queue)
	}), nil
}

// prove waits until the credential is verified or no other call is trying it.
func prove(ctx context.Context, proof *semaphore.Weighted, verified func() bool) (done func(), err error) {
	if verified() {
		return func() {}, nil
	}
	if err := proof.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	if verified() {
		proof.Release(1)
		return func() {}, nil
	}
	return func() { proof.Release(1) }, nil
}

// join enters the queue of id, unless it is full.
func (l *queues) join(id digest) (*queue, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.byCredential[id]
	if found == nil {
		found = &queue{slots: semaphore.NewWeighted(l.width), proof: semaphore.NewWeighted(1)}
		l.byCredential[id] = found
	}
	if found.users >= int(l.width)+l.queue {
		return nil, false
	}
	found.users++
	l.total++
	return found, true
}

// leave undoes join.
func (l *queues) leave(id digest, left *queue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left.users--
	l.total--
	if left.users == 0 {
		delete(l.byCredential, id)
	}
}

// users returns the number of running and waiting calls.
func (l *queues) users() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}
