// Package cache keeps values in memory and evicts the least useful ones. All caches of
// the program share one instantiation of the library below: a package that instantiates
// it compiles some 700 functions, and so does each of its importers that can reach one.
package cache

import (
	"iter"

	"github.com/maypok86/otter/v2"
)

// Cache keeps values by key. Eviction runs beside: for a moment there may be more. Its values must not change while they are kept. It is safe
// for concurrent use.
type Cache[K comparable, V any] struct{ entries store }

// store is an [otter.Cache]. As an interface it hides that type from importers.
type store interface {
	GetIfPresent(key any) (any, bool)
	Set(key, value any) (any, bool)
	Invalidate(key any) (any, bool)
	Compute(key any, change func(old any, found bool) (any, otter.ComputeOp)) (any, bool)
	Keys() iter.Seq[any]
	EstimatedSize() int
	WeightedSize() uint64
}

// New returns a cache of at most that many values.
func New[K comparable, V any](most int) *Cache[K, V] {
	return &Cache[K, V]{bounded(most)}
}

// NewWeighted returns a cache of values whose weights are at most that much together.
func NewWeighted[K comparable, V any](most uint64, weigh func(K, V) uint32) *Cache[K, V] {
	return &Cache[K, V]{weighted(most, func(k, v any) uint32 {
		value, _ := v.(V)
		return weigh(k.(K), value)
	})}
}

func bounded(most int) store { return otter.Must(&otter.Options[any, any]{MaximumSize: most}) }

func weighted(most uint64, weigh func(k, v any) uint32) store {
	return otter.Must(&otter.Options[any, any]{MaximumWeight: most, Weigher: weigh})
}

// Get returns the value of a key, and whether there is one.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	kept, ok := c.entries.GetIfPresent(key)
	v, _ := kept.(V) // V's zero value for none, and for a nil interface
	return v, ok
}

// Set keeps a value under a key.
func (c *Cache[K, V]) Set(key K, value V) { c.entries.Set(key, value) }

// Remove removes the value of a key.
func (c *Cache[K, V]) Remove(key K) { c.entries.Invalidate(key) }

// Change replaces the value of a key by what change makes of it, or of V's zero value.
// Other changes of the key wait.
func (c *Cache[K, V]) Change(key K, change func(V) V) {
	c.entries.Compute(key, func(old any, _ bool) (any, otter.ComputeOp) {
		v, _ := old.(V)
		return change(v), otter.WriteOp
	})
}

// Keys returns the keys in no order.
func (c *Cache[K, V]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		for k := range c.entries.Keys() {
			if !yield(k.(K)) {
				return
			}
		}
	}
}

// Len returns about how many values there are.
func (c *Cache[K, V]) Len() int { return c.entries.EstimatedSize() }

// Weight returns about how much the values weigh together; their number without weights.
func (c *Cache[K, V]) Weight() uint64 { return c.entries.WeightedSize() }
