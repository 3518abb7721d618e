package upstream

import (
	"context"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// flights are the calls under way, so that a call that is already made is
// joined and not made again.
type flights struct {
	mu         sync.Mutex
	inProgress map[key]*flight
}

// flight is one call to the host on behalf of everyone who wants its answer.
// It runs under a context of its own: a caller who leaves doesn't end it for
// the others, and it ends when all have left.
type flight struct {
	cancel  context.CancelCauseFunc
	limit   time.Time // when it ends in any case
	callers int       // guarded by flights.mu
	done    chan struct{}

	mu      sync.Mutex
	latest  time.Time // the last of its callers' deadlines
	until   time.Time // end of the wait that it is in
	why     *library.Error
	changed chan struct{} // closed when a wait begins

	// What came of it, to be read once done is closed.
	response *Response
	err      error
}

// newFlight returns a flight that ends at limit.
func newFlight(limit time.Time, cancel context.CancelCauseFunc) *flight {
	return &flight{limit: limit, cancel: cancel, done: make(chan struct{}), changed: make(chan struct{})}
}

// join returns the flight for k, and whether the caller must start it by
// running it with the context that comes along. A call that doesn't use the
// cache is never shared.
func (s *flights) join(ctx context.Context, p *call, timeout time.Duration) (*flight, context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.inProgress[p.key]; f != nil && p.cached {
		f.callers++
		f.expect(ctx)
		return f, nil
	}
	limit := time.Now().Add(timeout)
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	own, stop := context.WithDeadlineCause(own, limit, errTimeout)
	f := newFlight(limit, func(cause error) { cancel(cause); stop() })
	f.callers = 1
	f.expect(ctx)
	if p.cached {
		s.inProgress[p.key] = f
	}
	return f, own
}

// finish ends the flight for k with what came of it.
func (s *flights) finish(k key, f *flight, response *Response, err error) {
	s.forget(k, f)
	f.response, f.err = response, err
	close(f.done)
	f.cancel(nil)
}

// leave takes a caller off f; the last one ends it.
func (s *flights) leave(k key, f *flight) {
	s.mu.Lock()
	f.callers--
	last := f.callers == 0
	s.mu.Unlock()
	if last {
		s.forget(k, f)
		f.cancel(errAbandoned)
	}
}

// forget makes sure that nobody joins f any more.
func (s *flights) forget(k key, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inProgress[k] == f {
		delete(s.inProgress, k)
	}
}

// expect makes f take a caller's deadline into account.
func (f *flight) expect(ctx context.Context) {
	deadline, ok := ctx.Deadline()
	if !ok || deadline.After(f.limit) {
		deadline = f.limit
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if deadline.After(f.latest) {
		f.latest = deadline
	}
}

// pause announces a wait and why it is needed. It is false if no caller can
// stay so long: then there is no point in waiting.
func (f *flight) pause(until time.Time, why *library.Error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !until.Before(f.latest) {
		return false
	}
	f.until, f.why = until, why
	close(f.changed)
	f.changed = make(chan struct{})
	return true
}

// waiting returns the wait that f is in, and what is closed when one begins.
func (f *flight) waiting() (until time.Time, why *library.Error, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.until, f.why, f.changed
}

// sleep announces a wait and makes it. It fails with why if that would take
// too long.
func (f *flight) sleep(ctx context.Context, until time.Time, why *library.Error) *fault {
	if !f.pause(until, why) {
		return held(why)
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &fault{err: library.AsError(ctx.Err()), outcome: OutcomeCancelled}
	}
}

// await waits for what comes of f, for one caller: as long as ctx allows, and
// not for a wait that outlasts ctx. Left says that the caller did not stay.
func (f *flight) await(ctx context.Context) (response *Response, left bool, err error) {
	deadline, bounded := ctx.Deadline()
	for {
		until, why, changed := f.waiting()
		if bounded && deadline.Before(until) && time.Now().Before(until) {
			return nil, true, why
		}
		select {
		case <-f.done:
			return f.response, false, f.err
		case <-ctx.Done():
			return nil, true, library.AsError(ctx.Err())
		case <-changed:
		}
	}
}
