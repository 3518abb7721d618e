package secret

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowLookup finds a given value, a second after it was asked.
type slowLookup struct {
	mu    sync.Mutex
	value string
	asked int
}

func (l *slowLookup) look(ctx context.Context, before view) (view, *Fault) {
	l.mu.Lock()
	l.asked++
	value := l.value
	l.mu.Unlock()
	if !sleep(ctx, time.Second) {
		return view{}, &Fault{Reason: Unreachable, Message: "did not answer", Hint: "wait"}
	}
	if before.current.value.Reveal() == value {
		return before, nil
	}
	return view{current: held{value: newValue(value, value)}}, nil
}

func (l *slowLookup) set(value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.value = value
}

// begin starts a source over a slow lookup that holds "one".
func begin(t *testing.T) (*Source, *slowLookup) {
	o := Options{Refresh: time.Hour}.withDefaults()
	ctx, stop := context.WithCancel(t.Context())
	l := &slowLookup{value: "one"}
	s := &Source{variable: "X", lookup: l, options: &o, done: ctx.Done(), wanted: make(chan struct{}, 1), asked: make(chan struct{})}
	s.settle(view{current: held{value: newValue("one", "one")}})
	var running sync.WaitGroup
	running.Go(func() { s.run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
	return s, l
}

// A lookup that was under way when a value was refused may have been answered
// before the new one was stored.
func TestWhoComesDuringALookupWaitsForOneThatBeganLater(t *testing.T) {
	for _, c := range []struct {
		name    string
		during  string // what is stored when the first lookup is under way already
		before  string // what is stored before it
		waits   time.Duration
		lookups int
	}{
		{"that brings the value", "two", "", 2500 * time.Millisecond, 2},
		{"unless it brings a new value", "", "two", 500 * time.Millisecond, 1},
		{"which may find nothing", "", "", 2500 * time.Millisecond, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l := begin(t)
				if c.before != "" {
					l.set(c.before)
				}
				go s.Rejected(t.Context())
				time.Sleep(500 * time.Millisecond)
				if c.during != "" {
					l.set(c.during)
				}
				begun := time.Now()
				s.Rejected(t.Context())
				if waited := time.Since(begun); waited != c.waits {
					t.Errorf("waited %v, want %v", waited, c.waits)
				}
				if want := c.before + c.during; want != "" && s.Current().Reveal() != want {
					t.Errorf("goes on with %q", s.Current().Reveal())
				}
				if time.Sleep(time.Minute); l.asked != c.lookups {
					t.Errorf("%d lookups, want %d", l.asked, c.lookups)
				}
			})
		})
	}
}

// A function that is slow to take a value holds up nobody who reads, and those
// who were refused go on when it has taken it.
func TestWhoIsRefusedGoesOnWhenTheValueIsInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := begin(t)
		inUse, told := "", 0
		s.OnChange(func(all []Value) {
			told++
			if s.Current().Reveal() != "two" || len(s.All()) != 1 { // no lock is held
				t.Error("told before the value is current")
			}
			s.OnChange(func([]Value) {})
			time.Sleep(time.Second)
			inUse = all[0].Reveal()
			all[0] = Value{} // is the function's own
		})
		l.set("two")
		s.Rejected(t.Context())
		if inUse != "two" || s.Current().Reveal() != "two" || s.All()[0].Reveal() != "two" {
			t.Errorf("goes on while %q is in use", inUse)
		}
		time.Sleep(time.Minute)
		if s.Rejected(t.Context()); told != 1 {
			t.Errorf("told %d times of one change", told)
		}
	})
}
