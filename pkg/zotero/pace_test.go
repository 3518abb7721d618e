package zotero

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestThePaceFollowsTheServer(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		promise string
		calls   func(call func(took time.Duration, err error))
		want    int // at a time, afterwards
	}{
		{"it begins with one", func(func(time.Duration, error)) {}, 1},
		{"a quick answer adds one", func(call func(time.Duration, error)) { call(time.Millisecond, nil) }, 2},
		{"to the most and no further", func(call func(time.Duration, error)) {
			for range 9 {
				call(time.Millisecond, nil)
			}
		}, 4},
		{"an answer that takes its time changes nothing", func(call func(time.Duration, error)) {
			call(time.Millisecond, nil)
			call(2*time.Second, nil)
		}, 2},
		{"a slow one takes one away", func(call func(time.Duration, error)) {
			call(time.Millisecond, nil)
			call(time.Millisecond, nil)
			call(10*time.Second, nil)
		}, 2},
		{"and so does a failure, but one is left", func(call func(time.Duration, error)) {
			call(time.Millisecond, nil)
			for range 9 {
				call(time.Millisecond, errors.New("no"))
			}
		}, 1},
	} {
		p := newPace(4)
		c.calls(func(took time.Duration, err error) {
			if err := p.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.leave(took, err)
		})
		taken := 0
		for len(p.places) < cap(p.places) {
			if err := p.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			taken++
		}
		if taken != c.want {
			t.Errorf("%s: %d at a time, want %d", c.promise, taken, c.want)
		}
	}
	full := newPace(1)
	if err := full.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := full.enter(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody who left still waits for a place: %v", err)
	}
}
