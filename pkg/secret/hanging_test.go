package secret

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// hanging is a lookup that succeeds once and then hangs.
type hanging struct{ asked int }

func (h *hanging) look(ctx context.Context, _ view) (view, *Fault) {
	if h.asked++; h.asked == 1 {
		return view{current: held{value: newValue("first", "1")}}, nil
	}
	<-ctx.Done()
	return view{}, &Fault{Reason: Unreachable}
}

func TestRejected_WaitsNoLongerThanFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{}.withDefaults()
		running, stop := context.WithCancel(t.Context())
		s := &Source{variable: "X", lookup: &hanging{}, options: &o, done: running.Done(), wanted: make(chan struct{}, 1), asked: make(chan struct{})}
		if fault := s.resolve(running, running); fault != nil {
			t.Fatal(fault)
		}
		over := make(chan struct{})
		go func() { defer close(over); s.run(running) }()
		for range 3 {
			start := time.Now()
			s.Rejected(t.Context())
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		}
		if v := s.Current(); v.Reveal() != "first" {
			t.Error("the previous value is gone")
		}
		stop()
		<-over
	})
}
