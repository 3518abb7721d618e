package limit

import "sync/atomic"

// Gate bounds how many calls run at once. Whoever finds it full is told so at
// once: a queue would only make everybody late. A nil Gate is always open.
type Gate struct {
	most    int64
	running atomic.Int64
	leave   func()
}

// NewGate returns a gate that lets in at most so many at once, at least 1.
func NewGate(most int) *Gate {
	g := &Gate{most: int64(max(1, most))}
	g.leave = func() { g.running.Add(-1) }
	return g
}

// Enter reports whether there is room. If so, leave must be called once, when
// the call is over.
func (g *Gate) Enter() (leave func(), ok bool) {
	if g == nil {
		return func() {}, true
	}
	if g.running.Add(1) > g.most {
		g.leave()
		return nil, false
	}
	return g.leave, true
}

// Running returns how many are inside, for a moment perhaps with some who are
// being turned away.
func (g *Gate) Running() int {
	if g == nil {
		return 0
	}
	return int(g.running.Load())
}
