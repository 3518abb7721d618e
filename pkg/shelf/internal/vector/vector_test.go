package vector

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// random returns a vector of normally distributed coordinates.
func random(r *rand.Rand, dims int) []float32 {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func must(t testing.TB, v []float32, matryoshka bool) []float32 {
	t.Helper()
	out, err := Reduce(v, matryoshka)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func cosine(a, b []float32) float64 { return dot(a, b) / math.Sqrt(dot(a, a)*dot(b, b)) }

func TestReduce_KeepsTheFirstDimensionsOfAMatryoshkaModel(t *testing.T) {
	v := random(rand.New(rand.NewPCG(1, 1)), 1000)
	got := must(t, v, true)
	if len(got) != Dimensions || math.Abs(cosine(got, v[:Dimensions])-1) > 1e-6 || math.Abs(dot(got, got)-1) > 1e-6 {
		t.Errorf("%d dimensions, cosine %v, length %v", len(got), cosine(got, v[:Dimensions]), dot(got, got))
	}
	if short := must(t, v[:100], false); len(short) != 100 || math.Abs(cosine(short, v[:100])-1) > 1e-6 {
		t.Errorf("%d dimensions of 100", len(short))
	}
}

// TestReduce_RotationKeepsCosines checks what the documentation says of vectors that
// are too long: the cosine of two differs by about .05 (root of 1/384).
func TestReduce_RotationKeepsCosines(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, dims := range []int{385, 768, 1536, 3072} {
		sum, n := 0.0, 200
		for range n {
			a, b := random(r, dims), random(r, dims)
			for i := range b { // one that is like a
				b[i] += a[i] * 2 * r.Float32()
			}
			off := cosine(must(t, a, false), must(t, b, false)) - cosine(a, b)
			sum += off * off
		}
		if off := math.Sqrt(sum / float64(n)); off > 0.055 {
			t.Errorf("of %d dimensions, cosines differ by %.3f", dims, off)
		}
	}
	// A vector with all its weight in a dimension that would be cut.
	v := make([]float32, 1000)
	v[999] = 1
	if got := must(t, v, false); math.Abs(dot(got, got)-1) > 1e-6 {
		t.Error("what lies in the last dimension is lost")
	}
}

func TestReduce_RefusesWhatHasNoDirection(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, v := range [][]float32{nil, {}, {0, 0}, {1, nan}, {inf, 1}, slices.Repeat([]float32{0}, 999)} {
		if _, err := Reduce(v, false); err == nil {
			t.Errorf("%v is taken", v[:min(len(v), 2)])
		}
	}
}

func TestPack_KeepsTheDirection(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 100 {
		v := must(t, random(r, Dimensions), false)
		back := make([]float32, Dimensions)
		Pack(v).unpack(back)
		if c := cosine(v, back); c < 0.9998 {
			t.Fatalf("cosine %v", c)
		}
	}
	if got := Pack([]float32{0, 0}); got.directed() {
		t.Errorf("%v has a direction", got)
	}
}

func entriesOf(r *rand.Rand, dims, from, n int) []Entry {
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{Work: fmt.Sprintf("WORK%05d", from+i), Sum: r.Uint64(), Vector: Pack(random(r, dims))}
	}
	return entries
}

func TestRow_RoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, entries := range [][]Entry{{}, entriesOf(r, 3, 0, 1), entriesOf(r, Dimensions, 0, MaxEntries)} {
		model, got, err := DecodeRow(EncodeRow(77, entries))
		if err != nil || model != 77 || !slices.EqualFunc(got, entries, func(a, b Entry) bool {
			return a.Work == b.Work && a.Sum == b.Sum && slices.Equal(a.Vector, b.Vector)
		}) {
			t.Errorf("%d entries: model %d, %d, %v", len(entries), model, len(got), err)
		}
	}
}

func TestDecodeRow_RefusesWhatIsDamaged(t *testing.T) {
	good := EncodeRow(1, entriesOf(rand.New(rand.NewPCG(5, 5)), 8, 0, 2))
	for n := range good {
		if _, _, err := DecodeRow(good[:n]); err == nil {
			t.Fatalf("%d bytes of %d are taken", n, len(good))
		}
	}
	for name, damage := range map[string]func(b []byte){
		"the format":       func(b []byte) { b[0]++ },
		"no dimensions":    func(b []byte) { b[9], b[10] = 0, 0 },
		"many dimensions":  func(b []byte) { b[10] = 2 },
		"many entries":     func(b []byte) { b[11] = MaxEntries + 1 },
		"a key of no end":  func(b []byte) { b[12] = 0xff },
		"fewer dimensions": func(b []byte) { b[9]-- },
	} {
		b := slices.Clone(good)
		damage(b)
		if _, _, err := DecodeRow(b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, _, err := DecodeRow(append(slices.Clone(good), 0)); err == nil {
		t.Error("a byte too many is taken")
	}
}

func FuzzDecodeRow(f *testing.F) {
	r := rand.New(rand.NewPCG(6, 6))
	f.Add([]byte{})
	f.Add(EncodeRow(1, nil))
	f.Add(EncodeRow(2, entriesOf(r, 4, 0, 3)))
	f.Add(EncodeRow(3, entriesOf(r, Dimensions, 0, MaxEntries)))
	f.Fuzz(func(t *testing.T, b []byte) {
		model, entries, err := DecodeRow(b)
		if err != nil {
			return
		}
		again := EncodeRow(model, entries)
		if len(entries) > 0 && !bytes.Equal(again[:rowHead], b[:rowHead]) {
			t.Errorf("%x became %x", b[:rowHead], again[:rowHead])
		}
		if _, back, err := DecodeRow(again); err != nil || len(back) != len(entries) {
			t.Errorf("%d entries became %d, %v", len(entries), len(back), err)
		}
	})
}
