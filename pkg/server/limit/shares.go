package limit

import "sync"

// Shares divides an amount between callers: places of calls, or bytes. One
// caller holds at most a share of it, so that one cannot take all. A nil Shares
// has no bound. All methods may be called at once.
type Shares struct {
	total, share int64

	mu   sync.Mutex
	used int64
	held map[string]int64 // by caller; no entry for one that holds nothing
}

// NewShares returns an amount of total, of which one caller holds at most share.
func NewShares(total, share int64) *Shares {
	return &Shares{total: max(1, total), share: max(1, min(share, total)), held: map[string]int64{}}
}

// Take takes n for a caller and reports whether that was left, both in all and
// in the caller's share. If so, Give must be called once with the same values.
func (s *Shares) Take(caller string, n int64) bool {
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

// Give gives n of a caller back.
func (s *Shares) Give(caller string, n int64) {
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
