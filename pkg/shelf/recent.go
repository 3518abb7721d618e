package shelf

import "github.com/stackroom-mcp/stackroom/pkg/cache"

// recent caches values that are made of rows, each with the sequence that its rows had:
// a transaction gives the rows that it writes another one. A key has one value, the last
// that was set.
type recent[T any] struct{ values *cache.Cache[sequenced[T]] }

// sequenced is a value with its sequence.
type sequenced[T any] struct {
	sequence int64
	value    T
}

// newRecent returns a cache of at most that many bytes.
func newRecent[T any](bytes int, size func(T) int) recent[T] {
	return recent[T]{cache.NewWeighted(uint64(bytes), func(key string, v sequenced[T]) uint32 { return uint32(len(key) + size(v.value)) })}
}

// get returns the value of a key, if it was made at that sequence.
func (r recent[T]) get(key string, sequence int64) (T, bool) {
	v, ok := r.values.Get(key)
	if !ok || v.sequence != sequence {
		return *new(T), false
	}
	return v.value, true
}

func (r recent[T]) set(key string, sequence int64, value T) {
	r.values.Set(key, sequenced[T]{sequence, value})
}
