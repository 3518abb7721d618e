package limit

import (
	"sync"
	"time"
)

// Lines limits the log lines that callers can cause: a burst, then a steady
// rate. It counts skipped lines.
type Lines struct {
	burst int
	every time.Duration // interval of lines at the steady rate

	mu      sync.Mutex
	full    time.Time // when a whole burst is available
	skipped int64
}

// NewLines returns a limit of burst lines at once and one more after each
// interval every.
func NewLines(burst int, every time.Duration) *Lines {
	return &Lines{burst: max(1, burst), every: max(1, every)}
}

// Allow reports whether a line may be written now. If so, it also returns the
// number of lines skipped since the last one.
func (l *Lines) Allow() (skipped int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.full.Before(now) {
		l.full = now
	}
	if l.full.Sub(now) > time.Duration(l.burst-1)*l.every {
		l.skipped++
		return 0, false
	}
	l.full = l.full.Add(l.every)
	skipped, l.skipped = l.skipped, 0
	return skipped, true
}
