package shelf

import "hash/maphash"

// filter says which keys a file may hold (Bloom 1970), so that an import does
// not look for each new key in each file. It takes ten bits a key and is wrong
// for one key in a hundred.
type filter struct {
	seed maphash.Seed
	bits []uint64
}

const (
	filterBits   = 10 // a key
	filterProbes = 5
)

func newFilter(keys int) *filter {
	return &filter{seed: maphash.MakeSeed(), bits: make([]uint64, max(keys, 1)*filterBits/64+1)}
}

// each calls fn with the places of a key.
func (f *filter) each(key string, fn func(word int, bit uint64) bool) bool {
	h := maphash.String(f.seed, key)
	step := h>>32 | 1
	for range filterProbes {
		at := h % uint64(len(f.bits)*64)
		if !fn(int(at/64), 1<<(at%64)) {
			return false
		}
		h += step
	}
	return true
}

func (f *filter) add(key string) {
	f.each(key, func(word int, bit uint64) bool {
		f.bits[word] |= bit
		return true
	})
}

// has reports whether the key may be there.
func (f *filter) has(key string) bool {
	return f.each(key, func(word int, bit uint64) bool { return f.bits[word]&bit != 0 })
}
