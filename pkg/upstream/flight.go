package upstream

import (
	"context"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// flights holds the calls in flight, so that identical calls share one request.
type flights struct {
	mu         sync.Mutex
	inProgress map[key]*flight
}

// flight is one request on behalf of all callers that wait for its response. It
// has its own context: it continues when one caller leaves, and is cancelled
// when all have left.
type flight struct {
	cancel  context.CancelCauseFunc
	limit   time.Time // deadline of the flight
	callers int       // guarded by flights.mu
	done    chan struct{}

	mu      sync.Mutex
	latest  time.Time // latest deadline of its callers
	until   time.Time // end of the current wait
	why     *library.Error
	changed chan struct{} // closed when a wait begins

	// The result, valid once done is closed.
	response *Response
	err      error
}

// newFlight returns a flight with a deadline.
func newFlight(limit time.Time, cancel context.CancelCauseFunc) *flight {
	return &flight{limit: limit, cancel: cancel, done: make(chan struct{}), changed: make(chan struct{})}
}

// join returns the flight for k. If it is a new one, join also returns its
// context, and the caller must start it. A call that bypasses the cache is
// never shared.
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
	own, stop := context.WithDeadlineCause(own, limit, ErrTimeout)
	f := newFlight(limit, func(cause error) { cancel(cause); stop() })
	f.callers = 1
	f.expect(ctx)
	if p.cached {
		s.inProgress[p.key] = f
	}
	return f, own
}

// finish ends the flight for k with a result.
func (s *flights) finish(k key, f *flight, response *Response, err error) {
	s.forget(k, f)
	f.response, f.err = response, err
	close(f.done)
	f.cancel(nil)
}

// leave removes a caller from f; the last one cancels it.
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

// forget prevents further callers from joining f.
func (s *flights) forget(k key, f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inProgress[k] == f {
		delete(s.inProgress, k)
	}
}

// expect extends f to a caller's deadline.
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

// pause announces a wait and its reason. It returns false if no caller's
// deadline allows it.
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

// waiting returns the current wait of f, and a channel that closes when one
// begins.
func (f *flight) waiting() (until time.Time, why *library.Error, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.until, f.why, f.changed
}

// sleep announces a wait and waits. It fails with why if the wait is too long.
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

// await waits for the result of f on behalf of one caller: until ctx ends, or
// until f begins a wait beyond ctx's deadline. Left reports that the caller
// left early.
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
