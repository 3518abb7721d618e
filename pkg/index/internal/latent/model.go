package latent

import (
	"math"
	"math/bits"
	"slices"
	"strings"
)

// Model is a latent space: a vector for each term. It never changes.
type Model struct {
	texts   []string // sorted
	scales  []float32
	vectors []int8 // Dimensions for each term; times its scale, the vector
}

// Vector is a point in a space at full precision.
type Vector [Dimensions]float32

// Point is a direction in a space: of a work or a query.
type Point [Dimensions]int8

func newModel(terms []Term, basis []float32) *Model {
	m := &Model{texts: make([]string, len(terms)), scales: make([]float32, len(terms)), vectors: make([]int8, len(basis))}
	for i, t := range terms {
		m.texts[i] = t.Text
		v := basis[i*Dimensions : (i+1)*Dimensions]
		step := quantize(v, m.vectors[i*Dimensions:(i+1)*Dimensions])
		m.scales[i] = step * t.Weight
	}
	return m
}

// quantize rounds v to whole numbers of steps and returns the step.
func quantize(v []float32, into []int8) (step float32) {
	most := float32(0)
	for _, x := range v {
		most = max(most, float32(math.Abs(float64(x))))
	}
	if most == 0 {
		clear(into)
		return 0
	}
	step = most / math.MaxInt8
	for i, x := range v {
		into[i] = int8(math.Round(float64(x / step)))
	}
	return step
}

// Terms returns the number of terms that the space knows.
func (m *Model) Terms() int { return len(m.texts) }

// Text returns the i-th term; terms are sorted.
func (m *Model) Text(i int) string { return m.texts[i] }

// Find returns the place of a term, and whether the space knows it.
func (m *Model) Find(term string) (int, bool) { return slices.BinarySearch(m.texts, term) }

// Add adds a term of a work or a query with its weight there. The space knows how
// rare the term is.
func (m *Model) Add(v *Vector, term int, weight float32) {
	weight *= m.scales[term]
	for i, x := range m.vectors[term*Dimensions : (term+1)*Dimensions] {
		v[i] += weight * float32(x)
	}
}

// Point returns the direction of v.
func (v *Vector) Point() (p Point) {
	quantize(v[:], p[:])
	return p
}

// Signs are the signs of the coordinates of a [Point].
type Signs [(Dimensions + 63) / 64]uint64

// Signs returns the signs of p.
func (p *Point) Signs() (s Signs) {
	for i, x := range p {
		if x < 0 {
			s[i/64] |= 1 << (i % 64)
		}
	}
	return s
}

// Apart returns the number of signs in which two points differ: the fewer, the nearer they
// are in general.
func (s Signs) Apart(other Signs) int {
	n := 0
	for i := range s {
		n += bits.OnesCount64(s[i] ^ other[i])
	}
	return n
}

// SignsOf returns the signs of points.
func SignsOf(points []Point) []Signs {
	out := make([]Signs, len(points))
	for i := range points {
		out[i] = points[i].Signs()
	}
	return out
}

// Near returns how near two directions are: the cosine of the angle between
// them, 0 if it is negative or if one has no direction.
func Near(a, b *Point) float64 {
	dot, aa, bb := int32(0), int32(0), int32(0)
	for i, x := range a {
		y := int32(b[i])
		dot += int32(x) * y
		aa += int32(x) * int32(x)
		bb += y * y
	}
	if dot <= 0 {
		return 0
	}
	return float64(dot) / math.Sqrt(float64(aa)*float64(bb))
}

// sortedTexts reports whether texts are sorted without repetition.
func sortedTexts(texts []string) bool {
	for i := 1; i < len(texts); i++ {
		if strings.Compare(texts[i-1], texts[i]) >= 0 {
			return false
		}
	}
	return true
}
