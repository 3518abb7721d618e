package latent

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// Dimensions is the number of dimensions of a space.
const Dimensions = 128

// Bounds of what a space is fitted to.
const (
	// LeastWorks is the number of works from which a space helps.
	LeastWorks = 500
	// MostWorks is the number of works to which a space is fitted: of a larger
	// library, a sample.
	MostWorks = 10_000
	// MostTerms is the number of terms that a space knows at most, the most
	// frequent ones.
	MostTerms = 30_000
)

// spare is how many dimensions more are computed, and rounds how often they are
// refined, so that the first ones are exact enough.
const (
	spare  = 16
	rounds = 3
	width  = Dimensions + spare
)

// Term is a term of the works to which a space is fitted.
type Term struct {
	Text   string
	Weight float32 // against other terms in a work: its rarity
}

// Entry is a term of a work.
type Entry struct {
	Term   int // place of the term
	Weight float32
}

// Fit returns the space of works, each given by its entries. Terms are sorted by
// their text. The works' lengths do not matter. Fit changes the entries' weights.
// It fails only with the context's error.
func Fit(ctx context.Context, terms []Term, works [][]Entry) (*Model, error) {
	for _, work := range works {
		normalize(terms, work)
	}
	basis := random(len(terms))
	inner := make([]float32, width*len(works))
	for range rounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		project(works, basis, inner)
		orthonormalize(inner) // there are fewer works than terms
		clear(basis)
		for i, work := range works {
			for _, e := range work {
				addScaled(row(basis, e.Term), e.Weight, row(inner, i))
			}
		}
	}
	orthonormalize(basis)
	project(works, basis, inner)
	return newModel(terms, rotated(basis, principal(inner))), nil
}

// normalize weighs the entries by their terms and makes the work as long as all
// others.
func normalize(terms []Term, work []Entry) {
	sum := 0.0
	for i := range work {
		work[i].Weight *= terms[work[i].Term].Weight
		sum += float64(work[i].Weight) * float64(work[i].Weight)
	}
	if sum == 0 {
		return
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range work {
		work[i].Weight *= scale
	}
}

// random returns rows of width normally distributed numbers, always the same.
func random(rows int) []float32 {
	r := rand.New(rand.NewPCG(0x5eed, 0x1a7e97)) //nolint:gosec // always the same numbers are wanted, no secret ones
	out := make([]float32, width*rows)
	for i := range out {
		out[i] = float32(r.NormFloat64())
	}
	return out
}

// row returns the i-th row of a matrix that is width wide.
func row(m []float32, i int) []float32 { return m[i*width : (i+1)*width] }

// addScaled adds x times b to a, eight numbers at a time: that takes two thirds of the
// time of one at a time. Both have a multiple of eight numbers.
func addScaled(a []float32, x float32, b []float32) {
	for ; len(a) >= 8 && len(b) >= 8; a, b = a[8:], b[8:] {
		p, q := (*[8]float32)(a), (*[8]float32)(b)
		p[0] += x * q[0]
		p[1] += x * q[1]
		p[2] += x * q[2]
		p[3] += x * q[3]
		p[4] += x * q[4]
		p[5] += x * q[5]
		p[6] += x * q[6]
		p[7] += x * q[7]
	}
}

// project sets the rows of out to the works in the basis.
func project(works [][]Entry, basis, out []float32) {
	clear(out)
	for i, work := range works {
		for _, e := range work {
			addScaled(row(out, i), e.Weight, row(basis, e.Term))
		}
	}
}

// square is a matrix of width times width numbers.
type square [width][width]float64

// together is how many rows of a matrix [gram] adds at a time.
const together = 4

// gram returns the products of a matrix's columns with each other.
func gram(m []float32) *square {
	g := &square{}
	var rows [together][width]float64 // zero where there is no row left
	for at := 0; at < len(m); at += together * width {
		for n := range rows {
			from := min(at+n*width, len(m))
			clear(rows[n][copyFloats(rows[n][:], m[from:min(from+width, len(m))]):])
		}
		addProducts(g, &rows)
	}
	for i := range g {
		for j := range i {
			g[j][i] = g[i][j] //nolint:gosec // g is square
		}
	}
	return g
}

// copyFloats copies numbers and returns how many.
func copyFloats(to []float64, from []float32) int {
	for i, x := range from {
		to[i] = float64(x)
	}
	return len(from)
}

// addProducts adds the products of each row's numbers to the lower triangle.
func addProducts(g *square, rows *[together][width]float64) {
	for i := range g {
		sums := g[i][:i+1]
		a, b, c, d := rows[0][:i+1], rows[1][:i+1], rows[2][:i+1], rows[3][:i+1]
		x, y, z, w := a[i], b[i], c[i], d[i]
		for j := range sums {
			sums[j] += (x*a[j] + y*b[j]) + (z*c[j] + w*d[j])
		}
	}
}

// orthonormalize makes the columns of a matrix orthonormal, by the Cholesky
// decomposition of their products. Columns that depend on others become zero.
func orthonormalize(m []float32) {
	l := transposed(cholesky(gram(m)))
	for at := 0; at < len(m); at += width {
		solve(l, m[at:at+width])
	}
}

// cholesky returns the lower triangle whose product with its transpose is g. A
// column without a part of its own has a zero on the diagonal.
func cholesky(g *square) *square {
	const dependent = 1e-10 // share of a column's square that counts as none
	l := &square{}
	for j := range width {
		rest := g[j][j]
		for k := range j {
			rest -= l[j][k] * l[j][k]
		}
		if rest <= dependent*g[j][j] {
			continue
		}
		l[j][j] = math.Sqrt(rest)
		for i := j + 1; i < width; i++ {
			x := g[i][j]
			for k := range j {
				x -= l[i][k] * l[j][k]
			}
			l[i][j] = x / l[j][j]
		}
	}
	return l
}

// transposed returns a matrix whose rows are the columns of m.
func transposed(m *square) *square {
	t := &square{}
	for i := range m {
		for j := range m[i] {
			t[j][i] = m[i][j]
		}
	}
	return t
}

// solve multiplies a row by the inverse of u, an upper triangle.
func solve(u *square, r []float32) {
	var rest [width]float64
	copyFloats(rest[:], r)
	for i := range r {
		if r[i] = 0; u[i][i] == 0 {
			continue
		}
		r[i] = float32(rest[i] / u[i][i])
		x, row, of := float64(r[i]), u[i][i+1:], rest[i+1:]
		for k := range of {
			of[k] -= row[k] * x
		}
	}
}

// principal returns the directions in which the rows of a matrix differ most, as
// the columns of the result, by Jacobi's method.
func principal(m []float32) *[width][Dimensions]float32 {
	values, vectors := eigen(gram(m))
	order := make([]int, width)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if values[a] > values[b] {
			return -1
		}
		return 1
	})
	out := &[width][Dimensions]float32{}
	for i := range out {
		for j := range out[i] {
			out[i][j] = float32(vectors[i][order[j]])
		}
	}
	return out
}

// eigen returns the eigenvalues and eigenvectors, as columns, of a symmetric
// matrix, which it changes.
func eigen(a *square) (values [width]float64, vectors *square) {
	const sweeps = 12
	vectors = &square{}
	for i := range vectors {
		vectors[i][i] = 1
	}
	for range sweeps {
		for p := range width {
			for q := p + 1; q < width; q++ {
				a.turn(p, q, vectors)
			}
		}
	}
	for i := range values {
		values[i] = a[i][i]
	}
	return values, vectors
}

// turn makes one element of a symmetric matrix zero by a rotation, which it adds
// to the vectors.
func (a *square) turn(p, q int, vectors *square) {
	const negligible = 1e-12
	if math.Abs(a[p][q]) <= negligible*math.Sqrt(math.Abs(a[p][p]*a[q][q])) {
		return
	}
	theta := (a[q][q] - a[p][p]) / (2 * a[p][q])
	t := math.Copysign(1/(math.Abs(theta)+math.Sqrt(theta*theta+1)), theta)
	c := 1 / math.Sqrt(t*t+1)
	s := t * c
	for i := range width {
		a[i][p], a[i][q] = c*a[i][p]-s*a[i][q], s*a[i][p]+c*a[i][q]
		vectors[i][p], vectors[i][q] = c*vectors[i][p]-s*vectors[i][q], s*vectors[i][p]+c*vectors[i][q]
	}
	for i := range width {
		a[p][i], a[q][i] = c*a[p][i]-s*a[q][i], s*a[p][i]+c*a[q][i]
	}
}

// rotated returns the rows of the basis in the principal directions.
func rotated(basis []float32, directions *[width][Dimensions]float32) []float32 {
	out := make([]float32, len(basis)/width*Dimensions)
	for at := 0; at*width < len(basis); at++ {
		to := out[at*Dimensions : (at+1)*Dimensions]
		for i, x := range row(basis, at) {
			addScaled(to, x, directions[i][:])
		}
	}
	return out
}
