package limit

import (
	"sync/atomic"
	"time"
)

// InFlight bounds the number of concurrent calls. A call beyond the bound is
// rejected, not queued. A nil InFlight has no bound.
type InFlight struct {
	bound   int64
	running atomic.Int64
	full    atomic.Int64 // time of the first rejection since relief, in nanoseconds since start; 0 if none
	start   time.Time
	leave   func()
}

// NewInFlight returns a bound of at least 1.
func NewInFlight(bound int) *InFlight {
	f := &InFlight{bound: int64(max(1, bound)), start: time.Now()}
	f.leave = func() {
		// The load counts as relieved only when several calls have ended: under
		// steady overload, single calls end all the time.
		if n := f.running.Add(-1); n <= f.bound*3/4 && f.full.Load() != 0 {
			f.full.Store(0)
		}
	}
	return f
}

// Enter reports whether a call may run. If so, the caller must call leave once
// when it ends.
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

// Utilization returns the ratio of running calls to the bound, from 0 to 1. It
// is 0 without a bound.
func (f *InFlight) Utilization() float64 {
	if f == nil {
		return 0
	}
	return min(1, float64(f.running.Load())/float64(f.bound))
}

// FullFor returns how long calls have been rejected without the load falling to
// three quarters, or 0 if none are.
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
