package activity

import (
	"math"
	"time"
)

// Durations counts durations in classes that grow by a fifth: class i has those above
// 2^((i-1)/4) ms, up to 2^(i/4) ms. The last one has all longer ones.
type Durations []int

// classes reach to 2^18 ms, which is longer than any call may take.
const classes = 18*4 + 1

func (d *Durations) add(took time.Duration) {
	i := 0
	if ms := float64(took) / float64(time.Millisecond); ms > 1 {
		i = min(int(math.Ceil(4*math.Log2(ms))), classes-1)
	}
	d.grow(i + 1)
	(*d)[i]++
}

func (d *Durations) grow(n int) {
	for len(*d) < n {
		*d = append(*d, 0)
	}
}

func (d *Durations) merge(o Durations) {
	d.grow(len(o))
	for i, n := range o {
		(*d)[i] += n
	}
}

// Quantile returns a duration that the part q of all, 0 to 1, do not exceed, at most
// a fifth too long; 0 if there are none.
func (d Durations) Quantile(q float64) time.Duration {
	total := 0
	for _, n := range d {
		total += n
	}
	if total == 0 {
		return 0
	}
	rank := max(1, int(math.Ceil(q*float64(total))))
	for i, n := range d {
		if rank -= n; rank <= 0 {
			return time.Duration(math.Exp2(float64(i)/4) * float64(time.Millisecond))
		}
	}
	return 0
}
