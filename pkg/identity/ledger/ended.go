package ledger

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// EndedFresh is the age of a process's list of ended families after which a
// call starts to read it again. A call waits for the result only if the list is
// twice as old.
const EndedFresh = 30 * time.Second

// Bounds of reading the list of ended families.
const (
	endedWait  = 2 * time.Second  // the longest wait of a call
	endedTime  = 30 * time.Second // timeout of reading
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
	loaded  time.Time            // start of the last successful read
	tried   time.Time            // start of the last attempt to read
	running chan struct{}        // closed when the running attempt ends; nil if none runs
}

func newEndedSet(l *Ledger) *endedSet { return &endedSet{ledger: l, until: map[string]time.Time{}} }

// Ended reports whether the family with an ID has ended. An end in another
// process is known within a minute. The error has the code Unavailable if the
// list of ended families was never read.
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

// add adds a family that this process ends.
func (s *endedSet) add(key string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.until[key] = until
}

// refresh reads the list again. It waits for the result if the list is too old.
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
	return nil // the list stays valid while the store fails: no family can be ended then
}

// start begins an attempt unless one is running or has just ended. It returns a
// channel that closes when the attempt ends, nil if there is none, and the age
// of the list.
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
	ctx = context.WithoutCancel(ctx) // the attempt serves all callers
	go func() {
		if err := s.load(ctx); err != nil {
			s.ledger.log.WarnContext(ctx, "the list of ended sign-ins can't be read; the last list stays in use", "error", err)
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

// replace stores the list that was read, merged with the families that this
// process ended.
func (s *endedSet) replace(found map[string]time.Time, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.until, func(_ string, until time.Time) bool { return !began.Before(until) })
	maps.Copy(s.until, found)
	s.loaded = began
}
