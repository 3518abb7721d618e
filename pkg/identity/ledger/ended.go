package ledger

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// EndedFresh is how old a process's list of ended families may be before a call
// has it read again; a call waits for that only once it is twice as old.
const EndedFresh = 30 * time.Second

// Bounds of reading the list of ended families.
const (
	endedWait  = 2 * time.Second  // how long a call waits for it
	endedTime  = 30 * time.Second // how long reading may take
	endedPause = 5 * time.Second  // between attempts
	maxDropped = 100              // expired entries that one call removes
)

// endedPrefix begins the names of the entries of families that ended.
const endedPrefix = "ended/"

// endedSet is a process's copy of the list of ended families.
type endedSet struct {
	ledger *Ledger

	mu      sync.RWMutex
	until   map[string]time.Time // by digest of the family's ID
	loaded  time.Time            // when the list was last read with success began
	tried   time.Time            // when the last attempt to read it began
	running chan struct{}        // closed when the attempt that runs has ended; nil if none runs
}

func newEndedSet(l *Ledger) *endedSet { return &endedSet{ledger: l, until: map[string]time.Time{}} }

// Ended reports whether the family with an ID has ended, as far as this process
// knows: what another process ended is known within a minute. The error has the
// code Unavailable if the list of ended families was never read.
func (l *Ledger) Ended(ctx context.Context, id string) (bool, error) {
	s, key := l.ended, digest(id)
	s.mu.RLock()
	_, ended := s.until[key]
	fresh := !s.loaded.IsZero() && (!l.store.shared() || l.now().Sub(s.loaded) < EndedFresh)
	s.mu.RUnlock()
	if ended || fresh {
		return ended, nil
	}
	if err := s.refresh(ctx); err != nil {
		return false, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ended = s.until[key]
	return ended, nil
}

// add enters a family that this process ends.
func (s *endedSet) add(key string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until[key] = until
}

// refresh has the list read again. It waits if the list is too old to go by.
func (s *endedSet) refresh(ctx context.Context) error {
	running, age := s.start(ctx)
	if age < 2*EndedFresh {
		return nil
	}
	if running != nil {
		wait, cancel := context.WithTimeout(ctx, endedWait)
		defer cancel()
		select {
		case <-running:
		case <-wait.Done():
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.loaded.IsZero() {
		return unavailable(errors.New("ledger: the list of ended sign-ins was never read"))
	}
	return nil // what is known goes on while the store fails: nothing can be ended then either
}

// start begins an attempt unless one runs or just ended. It returns what is
// closed at its end, nil if there is none, and the age of the list.
func (s *endedSet) start(ctx context.Context) (running <-chan struct{}, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.ledger.now()
	age = now.Sub(s.loaded)
	if s.running != nil {
		return s.running, age
	}
	if !s.tried.IsZero() && now.Sub(s.tried) < endedPause {
		return nil, age
	}
	done := make(chan struct{})
	s.running = done
	ctx = context.WithoutCancel(ctx) // the attempt is for all callers
	go func() {
		if err := s.load(ctx); err != nil {
			s.ledger.log.WarnContext(ctx, "the list of ended sign-ins can't be read; what is known of it goes on", "error", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running = nil
		close(done)
	}()
	return done, age
}

// load reads the list and deletes entries that have expired.
func (s *endedSet) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endedTime)
	defer cancel()
	began := s.ledger.now()
	s.mu.Lock()
	s.tried = began
	s.mu.Unlock()
	found, over := map[string]time.Time{}, []item{}
	err := s.ledger.store.list(ctx, endedPrefix, func(i item) bool {
		if began.Before(i.expires) {
			found[i.key()] = i.expires
		} else if len(over) < maxDropped {
			over = append(over, i)
		}
		return true
	})
	if err != nil {
		return err
	}
	s.replace(found, began)
	s.ledger.drop(ctx, over)
	return nil
}

// replace takes the list that was read, beside what this process ended itself.
func (s *endedSet) replace(found map[string]time.Time, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.until, func(_ string, until time.Time) bool { return !began.Before(until) })
	maps.Copy(s.until, found)
	s.loaded = began
}
