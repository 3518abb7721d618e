package upstream

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"
)

// errQueueFull says that too many calls of one credential wait already.
var errQueueFull = errors.New("the queue is full")

// lanes let a few calls of each credential through at a time, first come,
// first served. A credential has its own lane, so nobody waits for another's
// calls; a lane lives only as long as someone is in it.
type lanes struct {
	width int64 // calls at a time
	queue int   // calls that may wait

	mu           sync.Mutex
	total        int
	byCredential map[digest]*lane
}

type lane struct {
	users int // in it or waiting; guarded by lanes.mu
	slots *semaphore.Weighted
	// proof is held by the one call that tries a credential of which nothing
	// is known: a dead key must not be refused five times at once.
	proof *semaphore.Weighted
}

// acquire waits for a place in the lane of id, alone if verified says that
// nothing is known of it. It fails with errQueueFull or when ctx ends.
func (l *lanes) acquire(ctx context.Context, id digest, verified func() bool) (release func(), err error) {
	lane, ok := l.join(id)
	if !ok {
		return nil, errQueueFull
	}
	alone, err := prove(ctx, lane.proof, verified)
	if err != nil {
		l.leave(id, lane)
		return nil, err
	}
	if err := lane.slots.Acquire(ctx, 1); err != nil {
		alone()
		l.leave(id, lane)
		return nil, err
	}
	return sync.OnceFunc(func() {
		lane.slots.Release(1)
		alone()
		l.leave(id, lane)
	}), nil
}

// prove waits until the credential is verified or nobody else tries it.
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

// join enters the lane of id, unless its queue is full.
func (l *lanes) join(id digest) (*lane, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.byCredential[id]
	if found == nil {
		found = &lane{slots: semaphore.NewWeighted(l.width), proof: semaphore.NewWeighted(1)}
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
func (l *lanes) leave(id digest, left *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left.users--
	l.total--
	if left.users == 0 {
		delete(l.byCredential, id)
	}
}

// users returns how many calls are in all lanes or wait.
func (l *lanes) users() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}
