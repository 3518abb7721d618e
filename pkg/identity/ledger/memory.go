package ledger

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Memory is a ledger for one process. It forgets all when the process ends.
type Memory struct {
	now  func() time.Time
	most int

	mu      sync.Mutex
	entries map[string]entry
	swept   time.Time
}

type entry struct{ at, expires time.Time }

// sweepEvery is how often entries that have expired are looked for.
const sweepEvery = time.Minute

// NewMemory returns an empty ledger for at most so many entries, of about 200
// bytes each. When it is full of entries that have not expired it enters
// nothing more: to forget one early would make a spent code good again.
func NewMemory(most int, now func() time.Time) *Memory {
	return &Memory{now: now, most: most, entries: map[string]entry{}}
}

// Claim enters name until it expires, unless it is there already, and returns
// when it was entered. Only one of any number of claims at the same time is
// the first. The error has the code Unavailable.
func (m *Memory) Claim(_ context.Context, name string, expires time.Time) (Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, key := m.now(), digest(name)
	if e, ok := m.entries[key]; ok && now.Before(e.expires) {
		return Entry{At: e.at}, nil
	}
	m.sweep(now)
	if len(m.entries) >= m.most {
		return Entry{}, unavailable(errors.New("ledger: full"))
	}
	m.entries[key] = entry{now, expires}
	return Entry{At: now, First: true}, nil
}

// Holds reports whether name is entered and has not expired. Its error is
// always nil.
func (m *Memory) Holds(_ context.Context, name string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[digest(name)]
	return ok && m.now().Before(e.expires), nil
}

// sweep forgets what has expired: each [sweepEvery], or when there is no room.
func (m *Memory) sweep(now time.Time) {
	if len(m.entries) < m.most && now.Sub(m.swept) < sweepEvery {
		return
	}
	m.swept = now
	for key, e := range m.entries {
		if !now.Before(e.expires) {
			delete(m.entries, key)
		}
	}
}
