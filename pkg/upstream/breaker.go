package upstream

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// breaker stops requests to a host that keeps failing. It tracks the state
// itself, so that hooks, which the circuit calls under its lock, can read it.
type breaker struct {
	circuit *gobreaker.CircuitBreaker[struct{}]
	open    time.Duration

	mu       sync.Mutex
	now      BreakerState
	openedAt time.Time
	success  time.Time
	failure  time.Time
	reason   string // message of the last failure
}

// newBreaker returns a breaker that opens after a number of consecutive
// failures and half-opens after open.
func newBreaker(failures int, open time.Duration, hooks Hooks) *breaker {
	b := &breaker{open: open, now: BreakerClosed}
	b.circuit = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:     open,
		ReadyToTrip: func(n gobreaker.Counts) bool { return int(n.ConsecutiveFailures) >= failures },
		IsSuccessful: func(err error) bool {
			f := (*fault)(nil)
			return err == nil || errors.As(err, &f) && !f.broken
		},
		IsExcluded: func(err error) bool {
			f := (*fault)(nil)
			return errors.As(err, &f) && f.outcome == OutcomeCancelled
		},
		OnStateChange: func(_ string, from, to gobreaker.State) {
			b.set(stateOf(to))
			hooks.changed(stateOf(from), stateOf(to))
		},
	})
	return b
}

// through runs exchange, unless the breaker is open or half-open with a trial
// running.
func (b *breaker) through(name string, exchange func() *fault) *fault {
	_, err := b.circuit.Execute(func() (struct{}, error) {
		f := exchange()
		b.note(f)
		if f == nil {
			return struct{}{}, nil
		}
		return struct{}{}, f
	})
	if f := (*fault)(nil); err == nil || errors.As(err, &f) {
		return f
	}
	return held(b.rejection(name).WithCause(err))
}

// rejection returns the error for callers while the breaker is open.
func (b *breaker) rejection(name string) *library.Error {
	_, in := b.state()
	b.mu.Lock()
	defer b.mu.Unlock()
	return library.Errorf(library.Unavailable, "%s failed repeatedly, so requests to it are paused; the last failure: %s", name, b.reason).
		WithHint("try again after the wait").WithRetryAfter(roundUp(in))
}

// note records the result of an exchange.
func (b *breaker) note(f *fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case f == nil, !f.broken && f.outcome != OutcomeCancelled:
		b.success = time.Now()
	case f.broken:
		b.failure, b.reason = time.Now(), f.err.Message
	}
}

// set follows the circuit's state.
func (b *breaker) set(to BreakerState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = to
	if to == BreakerOpen {
		b.openedAt = time.Now()
	}
}

// state returns the state, and how long the breaker stays open. An open breaker
// whose time has passed is half-open, even before the next call.
func (b *breaker) state() (BreakerState, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now != BreakerOpen {
		return b.now, 0
	}
	if in := b.open - time.Since(b.openedAt); in > 0 {
		return BreakerOpen, in
	}
	return BreakerHalfOpen, 0
}

// last returns the times of the last response and the last failure.
func (b *breaker) last() (success, failure time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.success, b.failure
}

func stateOf(s gobreaker.State) BreakerState {
	switch s {
	case gobreaker.StateOpen:
		return BreakerOpen
	case gobreaker.StateHalfOpen:
		return BreakerHalfOpen
	}
	return BreakerClosed
}
