package vector

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// signs are the signs of a vector's coordinates.
type signs [Dimensions / 64]uint64

// Slot is where an entry stands: in which row, and where in it.
type Slot uint32

// At returns the slot of the i-th entry of a row.
func At(row uint32, i int) Slot { return Slot(row*MaxEntries + uint32(i)) }

// MaxRow is the largest number of a row that a [Slot] can name.
const MaxRow = math.MaxUint32/MaxEntries - 1

// Row returns the number of the slot's row.
func (p Slot) Row() uint32 { return uint32(p / MaxEntries) }

// Index returns which entry of the row it is.
func (p Slot) Index() int { return int(p % MaxEntries) }

// Placed is an entry and where it stands.
type Placed struct {
	Entry
	Slot Slot
}

// Set is what memory has of the vectors of a library: some 70 bytes a work. It
// never changes. nil is a set without vectors.
type Set struct {
	dims   int
	centre centre   // of the vectors; nil of few
	keys   string   // of the works, sorted, one after the other
	ends   []uint32 // of each key in keys
	sums   []uint64
	signs  []signs
	slots  []Slot
}

// Settled is the number of works from which the centre of a set stays as it is when
// entries are added: it is the mean of so many. Before that, add entries by making
// the set again.
const Settled = 1_000

// leastCentred is the number of works from which their vectors say where the centre
// of the model's vectors is.
const leastCentred = 64

// New returns the set of entries. The last one of a work counts. Those of other
// dimensions than the first one's are left out. each calls its argument with all
// entries, and is called twice; what it yields need not stay as it is.
func New(each func(yield func(Placed)) error) (*Set, error) {
	s := &Set{}
	if err := s.findCentre(each); err != nil {
		return nil, err
	}
	var all []item
	err := each(func(p Placed) {
		if len(p.Vector) == s.dims {
			all = append(all, s.item(p))
		}
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return s.fill(latest(all)), nil
}

// findCentre sets the dimensions and the centre.
func (s *Set) findCentre(each func(yield func(Placed)) error) error {
	var sample [][]float32
	err := each(func(p Placed) {
		if s.dims == 0 {
			s.dims = len(p.Vector)
		}
		if len(sample) == Settled || len(p.Vector) != s.dims || !p.Vector.directed() {
			return
		}
		v := make([]float32, s.dims)
		p.Vector.unpack(v)
		sample = append(sample, v)
	})
	if err == nil && len(sample) >= leastCentred {
		s.centre = centreOf(sample)
	}
	return err
}

// item is an entry on its way into a set.
type item struct {
	work  string
	sum   uint64
	signs signs
	slot  Slot
}

func (s *Set) item(p Placed) item {
	v := make([]float32, s.dims)
	p.Vector.unpack(v)
	return item{work: p.Work, sum: p.Sum, signs: s.signsOf(v), slot: p.Slot}
}

// signsOf returns the signs of a vector as seen from the centre. It changes v.
func (s *Set) signsOf(v []float32) (out signs) {
	s.centre.shift(v)
	for i, x := range v {
		if x < 0 {
			out[i/64] |= 1 << (i % 64)
		}
	}
	return out
}

// latest sorts items by their works, and leaves of those of a work the last one.
func latest(all []item) []item {
	slices.SortStableFunc(all, func(a, b item) int { return strings.Compare(a.work, b.work) })
	n := 0
	for i := range all {
		if i+1 == len(all) || all[i].work != all[i+1].work {
			all[n] = all[i]
			n++
		}
	}
	return all[:n]
}

// fill returns a set like s with these items, sorted by their works.
func (s *Set) fill(all []item) *Set {
	n := len(all)
	out := &Set{
		dims: s.dims, centre: s.centre,
		ends: make([]uint32, n), sums: make([]uint64, n), signs: make([]signs, n), slots: make([]Slot, n),
	}
	size := 0
	for i := range all {
		size += len(all[i].work)
	}
	var keys strings.Builder
	keys.Grow(size)
	for i := range all {
		keys.WriteString(all[i].work)
		out.ends[i], out.sums[i], out.signs[i], out.slots[i] = uint32(keys.Len()), all[i].sum, all[i].signs, all[i].slot
	}
	out.keys = keys.String()
	return out
}

// With returns the set with further entries, which count in place of those of the
// same works.
func (s *Set) With(entries []Placed) *Set {
	fresh := make([]item, 0, len(entries))
	for _, e := range entries {
		if len(e.Vector) == s.dims {
			fresh = append(fresh, s.item(e))
		}
	}
	fresh = latest(fresh)
	all := make([]item, 0, s.Len()+len(fresh))
	for i := range s.ends {
		work := s.work(i)
		for len(fresh) > 0 && fresh[0].work < work {
			all, fresh = append(all, fresh[0]), fresh[1:]
		}
		if len(fresh) == 0 || fresh[0].work != work {
			all = append(all, item{work: work, sum: s.sums[i], signs: s.signs[i], slot: s.slots[i]})
		}
	}
	return s.fill(append(all, fresh...))
}

// Len returns the number of works with a vector.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.ends)
}

// Dimensions returns how many dimensions the vectors have; 0 without vectors.
func (s *Set) Dimensions() int {
	if s == nil {
		return 0
	}
	return s.dims
}

// work returns the key of the i-th work.
func (s *Set) work(i int) string {
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.keys[from:s.ends[i]]
}

// Find returns the sum and the slot of a work's vector.
func (s *Set) Find(work string) (sum uint64, at Slot, ok bool) {
	low, high := 0, s.Len()
	for low < high {
		if mid := (low + high) / 2; s.work(mid) < work {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == s.Len() || s.work(low) != work {
		return 0, 0, false
	}
	return s.sums[low], s.slots[low], true
}

// Works returns the key of a work for each sum.
func (s *Set) Works() map[uint64]string {
	out := make(map[uint64]string, s.Len())
	for i := range s.Len() {
		out[s.sums[i]] = s.work(i)
	}
	return out
}

// compared is how many works are compared by bytes.
const compared = 256

// Near is a work near a question.
type Near struct {
	Work   string
	Cosine float64 // of the two directions as seen from the centre of all, above 0
}

// Nearest returns the works nearest to a question's vector, of length 1, at most
// some that are compared by bytes, the nearest first. Of more works, those are
// compared whose signs are most like the question's. read returns the entries of a
// row. A question of other dimensions is near nothing.
func (s *Set) Nearest(question []float32, read func(row uint32) ([]Entry, error)) ([]Near, error) {
	if s.Len() == 0 || len(question) != s.dims {
		return nil, nil
	}
	chosen := s.choose(s.signsOf(slices.Clone(question)))
	slices.SortFunc(chosen, func(a, b int) int { return cmp.Compare(s.slots[a], s.slots[b]) })
	c := s.comparison(question)
	var entries []Entry
	row, known := uint32(0), false
	out := make([]Near, 0, len(chosen))
	for _, i := range chosen {
		if at := s.slots[i].Row(); !known || at != row {
			var err error
			if entries, err = read(at); err != nil {
				return nil, err
			}
			row, known = at, true
		}
		if at := s.slots[i].Index(); at < len(entries) && entries[at].Work == s.work(i) {
			out = append(out, Near{Work: entries[at].Work, Cosine: c.cosine(entries[at].Vector)})
		}
	}
	if s.centre == nil {
		aboveMean(out)
	}
	out = slices.DeleteFunc(out, func(n Near) bool { return n.Cosine <= 0 })
	slices.SortFunc(out, func(a, b Near) int {
		return cmp.Or(cmp.Compare(b.Cosine, a.Cosine), strings.Compare(a.Work, b.Work))
	})
	return out, nil
}

// aboveMean scales the cosines of few works, whose vectors have no centre, so that
// their mean is 0.
func aboveMean(near []Near) {
	if len(near) < 2 {
		return
	}
	mean := 0.0
	for _, n := range near {
		mean += n.Cosine / float64(len(near))
	}
	for i := range near {
		near[i].Cosine = (near[i].Cosine - mean) / max(1-mean, 1e-6)
	}
}

// choose returns the works, at most compared and those as near as the last of
// them, with the most signs in common.
func (s *Set) choose(question signs) []int {
	var counts [Dimensions + 1]int
	apart := make([]uint16, len(s.signs))
	for i := range s.signs {
		n := 0
		for j := range question {
			n += bits.OnesCount64(question[j] ^ s.signs[i][j])
		}
		apart[i] = uint16(n)
		counts[n]++
	}
	most, n := 0, counts[0]
	for n < min(compared, len(apart)) {
		most++
		n += counts[most]
	}
	out := make([]int, 0, n)
	for i, a := range apart {
		if int(a) <= most {
			out = append(out, i)
		}
	}
	return out
}

// comparison compares vectors with a question's as seen from a centre.
type comparison struct {
	centre   centre
	question []float32 // from there, of length 1
	vector   []float32
}

func (s *Set) comparison(question []float32) *comparison {
	c := &comparison{centre: s.centre, question: slices.Clone(question), vector: make([]float32, s.dims)}
	c.centre.shift(c.question)
	if length := math.Sqrt(dot(c.question, c.question)); length > 0 {
		for i := range c.question {
			c.question[i] = float32(float64(c.question[i]) / length)
		}
	}
	return c
}

// cosine returns that of a vector and the question; 0 if one has no direction.
func (c *comparison) cosine(v Vector) float64 {
	if len(v) != len(c.vector) {
		return 0
	}
	v.unpack(c.vector)
	c.centre.shift(c.vector)
	length := math.Sqrt(dot(c.vector, c.vector))
	if length == 0 {
		return 0
	}
	return dot(c.vector, c.question) / length
}
