package limit

import "testing"

func TestGate(t *testing.T) {
	g := NewGate(2)
	first, ok := g.Enter()
	if !ok {
		t.Fatal("no room for the first")
	}
	if _, ok = g.Enter(); !ok {
		t.Fatal("no room for the second")
	}
	for range 3 {
		if leave, ok := g.Enter(); ok || leave != nil {
			t.Fatal("room for a third")
		}
	}
	if g.Running() != 2 {
		t.Errorf("%d are inside, want 2: those who were turned away count", g.Running())
	}
	first()
	if _, ok := g.Enter(); !ok {
		t.Error("a place that was left is not free")
	}
}

func TestGateBounds(t *testing.T) {
	for _, most := range []int{-1, 0, 1} {
		g := NewGate(most)
		_, first := g.Enter()
		_, second := g.Enter()
		if !first || second {
			t.Errorf("NewGate(%d) lets in %v, %v; want one", most, first, second)
		}
	}
	var open *Gate
	leave, ok := open.Enter()
	if !ok || open.Running() != 0 {
		t.Error("a nil gate is closed")
	}
	leave()
}

func BenchmarkGate(b *testing.B) {
	g := NewGate(512)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if leave, ok := g.Enter(); ok {
				leave()
			}
		}
	})
}
