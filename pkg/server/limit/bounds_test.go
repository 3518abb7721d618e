package limit

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// TestAllow_BurstAfterPause holds that a pause, however long, earns one burst.
func TestAllow_BurstAfterPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Options{Max: 60, Window: time.Minute, Burst: 3})
		for round := range 3 {
			n := 0
			for l.Allow("caller").OK {
				n++
			}
			if n != 3 {
				t.Errorf("round %d: %d calls at once, want 3", round, n)
			}
			time.Sleep(time.Hour)
		}
	})
}

// TestInFlight_FullUntilAQuarterIsFree holds that one free place under steady
// load does not end FullFor.
func TestInFlight_FullUntilAQuarterIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewInFlight(8)
		var leave []func()
		for range 8 {
			l, _ := f.Enter()
			leave = append(leave, l)
		}
		if f.FullFor() != 0 {
			t.Error("it is full before a call is refused")
		}
		time.Sleep(time.Second)
		if _, ok := f.Enter(); ok {
			t.Fatal("a ninth call enters")
		}
		time.Sleep(time.Minute)
		for left, want := range []time.Duration{time.Minute, time.Minute, 0} {
			if left > 0 {
				leave[left]()
			}
			if got := f.FullFor(); got != want {
				t.Errorf("after %d calls left, it is full for %v, want %v", left, got, want)
			}
		}
	})
}

// TestNew_MakesTheTableAsCallersCome holds that a limiter takes memory for the callers
// that it has seen, and then has room for all.
func TestNew_MakesTheTableAsCallersCome(t *testing.T) {
	l := New(Options{Max: 60, Window: time.Hour, Burst: 1})
	made := func() (parts, sets int) {
		for i := range l.shards {
			if n := len(l.shards[i].sets); n > 0 {
				parts, sets = parts+1, sets+n
			}
		}
		return parts, sets
	}
	if parts, _ := made(); parts != 0 {
		t.Errorf("%d parts before the first call", parts)
	}
	for range 3 {
		l.Allow("caller")
	}
	if parts, sets := made(); parts != 1 || sets*ways*shards != defaultCallers {
		t.Errorf("one caller takes %d parts, %d sets", parts, sets)
	}
	for i := range 20_000 {
		l.Allow(strconv.Itoa(i))
	}
	if parts, sets := made(); parts != shards || sets*ways != defaultCallers {
		t.Errorf("many callers take %d parts, %d sets", parts, sets)
	}
	forgotten := 0
	for i := range 20_000 {
		if l.Allow(strconv.Itoa(i)).OK {
			forgotten++
		}
	}
	if forgotten > 20 {
		t.Errorf("%d callers of 20,000 are forgotten, in a table for %d", forgotten, defaultCallers)
	}
}
