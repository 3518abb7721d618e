package limit

import "testing"

func TestInFlight(t *testing.T) {
	g := NewInFlight(2)
	first, ok := g.Enter()
	if !ok {
		t.Fatal("the first is rejected")
	}
	if _, ok = g.Enter(); !ok {
		t.Fatal("the second is rejected")
	}
	for range 3 {
		if leave, ok := g.Enter(); ok || leave != nil {
			t.Fatal("a third is allowed")
		}
	}
	if got := g.running.Load(); got != 2 || g.Utilization() != 1 {
		t.Errorf("%d run, utilization is %v; want 2 and 1: rejected calls must not count", got, g.Utilization())
	}
	first()
	if _, ok := g.Enter(); !ok {
		t.Error("no call is allowed after one ended")
	}
}

func TestInFlight_Bounds(t *testing.T) {
	for _, most := range []int{-1, 0, 1} {
		g := NewInFlight(most)
		_, first := g.Enter()
		_, second := g.Enter()
		if !first || second {
			t.Errorf("NewInFlight(%d) allows %v, %v; want one", most, first, second)
		}
	}
	var open *InFlight
	leave, ok := open.Enter()
	if !ok || open.Utilization() != 0 || open.FullFor() != 0 {
		t.Error("a nil InFlight has a bound")
	}
	leave()
}

func BenchmarkInFlight(b *testing.B) {
	g := NewInFlight(512)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if leave, ok := g.Enter(); ok {
				leave()
			}
		}
	})
}
