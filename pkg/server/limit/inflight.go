package limit

import (
	"sync/atomic"
	"time"
)

// InFlight bounds the number of calls that run at once. A call beyond the
// bound is refused rather than queued. A nil InFlight has no bound.
type InFlight struct {
	bound   int64
	running atomic.Int64
	full    atomic.Int64 // when calls were first refused, in nanoseconds since start; 0 if none are
	start   time.Time
	leave   func()
}

// NewInFlight returns a bound of at least 1.
func NewInFlight(bound int) *InFlight {
	f := &InFlight{bound: int64(max(1, bound)), start: time.Now()}
	f.leave = func() {
		// Some places must be free before the calls count as relieved: under
		// steady overload one place becomes free all the time.
		if n := f.running.Add(-1); n <= f.bound*3/4 && f.full.Load() != 0 {
			f.full.Store(0)
		}
	}
	return f
}

// Enter reports whether a call may run. If so, leave must be called once, when
// it ends.
func (f *InFlight) Enter() (leave func(), ok bool) {
	if f == nil {
		return func() {}, true
	}
	if f.running.Add(1) > f.bound {
		f.running.Add(-1)
		f.full.CompareAndSwap(0, max(1, int64(time.Since(f.start))))
		return nil, false
	}
	return f.leave, true
}

// Utilization returns the share of the places that is taken, from 0 to 1. It
// is 0 without a bound.
func (f *InFlight) Utilization() float64 {
	if f == nil {
		return 0
	}
	return min(1, float64(f.running.Load())/float64(f.bound))
}

// FullFor returns how long calls have been refused without the places getting
// to three quarters or less, or 0 if they are not.
func (f *InFlight) FullFor() time.Duration {
	if f == nil {
		return 0
	}
	since := f.full.Load()
	if since == 0 {
		return 0
	}
	return time.Since(f.start) - time.Duration(since)
}
