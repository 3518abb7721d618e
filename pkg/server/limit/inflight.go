package limit

import "sync/atomic"

// InFlight bounds the number of calls that run at once. A call beyond the
// bound is refused rather than queued. A nil InFlight has no bound.
type InFlight struct {
	bound   int64
	running atomic.Int64
	leave   func()
}

// NewInFlight returns a bound of at least 1.
func NewInFlight(bound int) *InFlight {
	f := &InFlight{bound: int64(max(1, bound))}
	f.leave = func() { f.running.Add(-1) }
	return f
}

// Enter reports whether a call may run. If so, leave must be called once, when
// it ends.
func (f *InFlight) Enter() (leave func(), ok bool) {
	if f == nil {
		return func() {}, true
	}
	if f.running.Add(1) > f.bound {
		f.leave()
		return nil, false
	}
	return f.leave, true
}

// Running returns the number of calls that run, at times with some that are
// about to be refused.
func (f *InFlight) Running() int {
	if f == nil {
		return 0
	}
	return int(f.running.Load())
}
