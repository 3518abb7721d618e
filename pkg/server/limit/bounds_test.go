package limit

import (
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
