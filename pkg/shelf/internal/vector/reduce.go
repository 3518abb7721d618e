package vector

import (
	"errors"
	"math"
	"math/bits"
	"slices"
)

// Dimensions is the most dimensions of a vector that are kept.
const Dimensions = 384

// Vector is a direction: its length does not count.
type Vector []int8

// ErrUnusable is the error for a vector without a direction: it is empty, zero, or
// has a coordinate that is no number.
var ErrUnusable = errors.New("the vector has no direction")

// Reduce returns the direction of v in at most [Dimensions] dimensions, of length 1.
// Of a model whose first dimensions stand for all (a Matryoshka model) these are
// kept. Any other vector of more is rotated at random first, by the same rotation
// for vectors of equal length, which changes the cosine of two vectors by some .05.
func Reduce(v []float32, matryoshka bool) ([]float32, error) {
	if len(v) > Dimensions && !matryoshka {
		v = rotate(v)
	}
	v = v[:min(len(v), Dimensions)]
	length := math.Sqrt(dot(v, v))
	if length == 0 || math.IsNaN(length) || math.IsInf(length, 0) {
		return nil, ErrUnusable
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / length)
	}
	return out, nil
}

// rotate returns v with signs changed at random, transformed by a Hadamard matrix:
// each coordinate of the result is a sum of all of v.
func rotate(v []float32) []float32 {
	out := make([]float32, 1<<bits.Len(uint(len(v)-1)))
	state := uint64(len(v))
	for i, x := range v {
		// SplitMix64: the signs must be the same in every version.
		state += 0x9e3779b97f4a7c15
		z := (state ^ state>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		out[i] = x
		if (z^z>>31)&1 == 1 {
			out[i] = -x
		}
	}
	for half := 1; half < len(out); half *= 2 {
		for at := 0; at < len(out); at += 2 * half {
			for i := at; i < at+half; i++ {
				out[i], out[i+half] = out[i]+out[i+half], out[i]-out[i+half]
			}
		}
	}
	return out
}

// Pack returns the direction of a vector as it is kept.
func Pack(v []float32) Vector {
	most := float32(0)
	for _, x := range v {
		most = max(most, float32(math.Abs(float64(x))))
	}
	out := make(Vector, len(v))
	if most == 0 {
		return out
	}
	for i, x := range v {
		out[i] = int8(math.Round(float64(x / most * math.MaxInt8)))
	}
	return out
}

// directed reports whether v has a direction.
func (v Vector) directed() bool { return slices.ContainsFunc(v, func(x int8) bool { return x != 0 }) }

// unpack sets into, which is as long as v, to v's direction of length 1.
func (v Vector) unpack(into []float32) {
	sum := 0
	for _, x := range v {
		sum += int(x) * int(x)
	}
	scale := float32(0)
	if sum > 0 {
		scale = float32(1 / math.Sqrt(float64(sum)))
	}
	for i, x := range v {
		into[i] = float32(x) * scale
	}
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
