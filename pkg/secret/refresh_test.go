package secret

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowLookup returns its value after a second.
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

// begin starts a source with a slow lookup that returns "one".
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

// A lookup that was running when a value was rejected may have read the store
// before the new value was stored.
func TestRejected_WaitsForLookupThatBeganLater(t *testing.T) {
	for _, c := range []struct {
		name    string
		during  string // stored while the first lookup is running
		before  string // stored before it
		waits   time.Duration
		lookups int
	}{
		{"that finds the value", "two", "", 2500 * time.Millisecond, 2},
		{"unless it finds a new value", "", "two", 500 * time.Millisecond, 1},
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
					t.Errorf("continues with %q", s.Current().Reveal())
				}
				if time.Sleep(time.Minute); l.asked != c.lookups {
					t.Errorf("%d lookups, want %d", l.asked, c.lookups)
				}
			})
		})
	}
}

// A slow callback does not block readers, and callers of Rejected continue
// after it has returned.
func TestRejected_ReturnsAfterCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := begin(t)
		inUse, told := "", 0
		s.OnChange(func(all []Value) {
			told++
			if s.Current().Reveal() != "two" || len(s.All()) != 1 { // no lock is held
				t.Error("called before the value is current")
			}
			s.OnChange(func([]Value) {})
			time.Sleep(time.Second)
			inUse = all[0].Reveal()
			all[0] = Value{} // a copy for the callback
		})
		l.set("two")
		s.Rejected(t.Context())
		if inUse != "two" || s.Current().Reveal() != "two" || s.All()[0].Reveal() != "two" {
			t.Errorf("continues while %q is in use", inUse)
		}
		time.Sleep(time.Minute)
		if s.Rejected(t.Context()); told != 1 {
			t.Errorf("called %d times for one change", told)
		}
	})
}
