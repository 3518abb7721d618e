package limit

import (
	"strconv"
	"sync"
	"testing"
)

func TestShares_BoundsTotalAndEachCaller(t *testing.T) {
	s := NewShares(10, 4)
	for i, c := range []struct {
		caller string
		n      int64
		want   bool
	}{
		{"a", 3, true}, {"a", 2, false}, {"a", 1, true}, {"a", 1, false},
		{"b", 4, true}, {"c", 3, false}, {"c", 2, true}, {"d", 1, false},
	} {
		if got := s.Acquire(c.caller, c.n); got != c.want {
			t.Errorf("step %d: Acquire(%s, %d) = %v", i, c.caller, c.n, got)
		}
	}
	s.Release("a", 3)
	if !s.Acquire("d", 3) || s.Acquire("d", 1) {
		t.Error("released amounts are not available, or more is")
	}
	for caller, n := range map[string]int64{"a": 1, "b": 4, "c": 2, "d": 3} {
		s.Release(caller, n)
	}
	if s.used != 0 || len(s.held) != 0 {
		t.Errorf("after all are released %d are used by %v", s.used, s.held)
	}
}

func TestShares_NeverExceedsTheTotal(t *testing.T) {
	s := NewShares(8, 3)
	var all sync.WaitGroup
	for i := range 32 {
		caller := strconv.Itoa(i % 5)
		all.Go(func() {
			for range 500 {
				if s.Acquire(caller, 1) {
					s.mu.Lock()
					if s.used > 8 || s.held[caller] > 3 {
						t.Errorf("%d used, %d of them by %s", s.used, s.held[caller], caller)
					}
					s.mu.Unlock()
					s.Release(caller, 1)
				}
			}
		})
	}
	all.Wait()
	if s.used != 0 || len(s.held) != 0 {
		t.Errorf("%d used by %v", s.used, s.held)
	}
}

func TestShares_NilHasNoBound(t *testing.T) {
	var s *Shares
	if !s.Acquire("a", 1<<40) {
		t.Error("rejected")
	}
	s.Release("a", 1<<40)
}
