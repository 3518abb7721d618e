package limit

import "sync"

// Shares divides an amount, such as concurrent requests or bytes, between
// callers. One caller holds at most a share of it. A nil Shares has no bound.
// It is safe for concurrent use.
type Shares struct {
	total, share int64

	mu   sync.Mutex
	used int64
	held map[string]int64 // by caller; no entry for a caller that holds nothing
}

// NewShares returns an amount of total, of which one caller may hold at most
// share.
func NewShares(total, share int64) *Shares {
	return &Shares{total: max(1, total), share: max(1, min(share, total)), held: map[string]int64{}}
}

// Acquire acquires n for a caller and reports whether that was available, both in
// total and in the caller's share. If so, the caller must call Release once with
// the same values.
func (s *Shares) Acquire(caller string, n int64) bool {
	if s == nil {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+n > s.total || s.held[caller]+n > s.share {
		return false
	}
	s.used += n
	s.held[caller] += n
	return true
}

// Release releases n of a caller.
func (s *Shares) Release(caller string, n int64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used -= n
	if s.held[caller] -= n; s.held[caller] <= 0 {
		delete(s.held, caller)
	}
}
