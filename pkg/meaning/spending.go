package meaning

import (
	"sync"
	"time"
)

// spending counts the characters that are sent in a day, by what they are of.
type spending struct {
	budget int

	mu  sync.Mutex // guards the rest
	day string
	of  map[string]int
}

func newSpending(budget int) *spending { return &spending{budget: budget} }

// on begins a day. The caller holds mu.
func (s *spending) on(now time.Time) {
	if day := dayOf(now); day != s.day {
		s.day, s.of = day, map[string]int{}
	}
}

// dayOf names the day of a time.
func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// untilTomorrow returns how long the day of a time still is.
func untilTomorrow(t time.Time) time.Duration {
	t = t.UTC()
	return t.Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(t)
}

// note takes over that at least so many characters were sent of something today.
func (s *spending) note(now time.Time, of string, chars int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on(now)
	s.of[of] = max(s.of[of], chars)
}

// take counts characters, and reports whether they may be sent today.
func (s *spending) take(now time.Time, of string, chars int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on(now)
	sum := chars
	for _, n := range s.of {
		sum += n
	}
	if sum > s.budget {
		return false
	}
	s.of[of] += chars
	return true
}

// spent returns how many characters were sent of something today.
func (s *spending) spent(now time.Time, of string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on(now)
	return s.of[of]
}
