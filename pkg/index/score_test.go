package index

import (
	"math"
	"testing"
)

// TestCoverageFactor holds that a work without half of the query's weight loses
// a tenth of its score.
func TestCoverageFactor(t *testing.T) {
	for share, want := range map[float32]float32{0: 0.8, 0.5: 0.9, 1: 1} {
		if got := coverageFactor(share); math.Abs(float64(got-want)) > 1e-6 {
			t.Errorf("coverageFactor(%g) = %g, want %g", share, got, want)
		}
	}
}

// TestRepetition holds the weight of a repeated word, BM25's third factor with
// k3 = 8.
func TestRepetition(t *testing.T) {
	for n, want := range map[int]float32{1: 1, 2: 1.8, 10: 5} {
		if got := repetition(n); got != want {
			t.Errorf("a word %d times weighs %v, want %v", n, got, want)
		}
	}
}
