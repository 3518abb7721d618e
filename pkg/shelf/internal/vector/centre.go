package vector

// centre is the mean of vectors of a model, which have a large part in common: only
// what they differ by says what they are about. nil is 0.
type centre []float32

// centreOf returns the centre of vectors of length 1.
func centreOf(vectors [][]float32) centre {
	c := make(centre, len(vectors[0]))
	for _, v := range vectors {
		for i, x := range v {
			c[i] += x / float32(len(vectors))
		}
	}
	return c
}

// shift sets a vector to how it is seen from the centre.
func (c centre) shift(v []float32) {
	for i, x := range c {
		v[i] -= x
	}
}
