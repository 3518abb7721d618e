// Package cache keeps values in memory and evicts the least useful ones. All caches share
// one instantiation of otter.Cache. Another package that instantiated it would compile
// its 700 functions again, and so would each importer that can reach the type.
package cache

import (
	"iter"

	"github.com/maypok86/otter/v2"
)

// Cache keeps values by key. For a moment it may hold more than its bound. A value must
// not change while it is kept. A Cache is safe for concurrent use.
type Cache[V any] struct{ entries store }

// store is an [otter.Cache]. As an interface it hides that type from importers.
type store interface {
	GetIfPresent(key string) (any, bool)
	Set(key string, value any) (any, bool)
	Invalidate(key string) (any, bool)
	Compute(key string, change func(old any, found bool) (any, otter.ComputeOp)) (any, bool)
	Keys() iter.Seq[string]
	EstimatedSize() int
	WeightedSize() uint64
}

// New returns a cache of at most that many values.
func New[V any](most int) *Cache[V] { return &Cache[V]{bounded(most)} }

// NewWeighted returns a cache of values whose weights are at most that much together.
func NewWeighted[V any](most uint64, weigh func(key string, value V) uint32) *Cache[V] {
	return &Cache[V]{weighted(most, func(key string, kept any) uint32 {
		value, _ := kept.(V)
		return weigh(key, value)
	})}
}

// bounded and [weighted] are not generic: importers would compile what they use again.
func bounded(most int) store { return otter.Must(&otter.Options[string, any]{MaximumSize: most}) }

func weighted(most uint64, weigh func(key string, value any) uint32) store {
	return otter.Must(&otter.Options[string, any]{MaximumWeight: most, Weigher: weigh})
}

// Get returns the value of a key, and whether there is one.
func (c *Cache[V]) Get(key string) (V, bool) {
	kept, ok := c.entries.GetIfPresent(key)
	v, _ := kept.(V) // V's zero value for none, and for a nil interface
	return v, ok
}

// Set keeps a value under a key.
func (c *Cache[V]) Set(key string, value V) { c.entries.Set(key, value) }

// Remove removes the value of a key.
func (c *Cache[V]) Remove(key string) { c.entries.Invalidate(key) }

// Change replaces the value of a key by what change makes of it, or of V's zero value.
// Other changes of the key wait.
func (c *Cache[V]) Change(key string, change func(V) V) {
	c.entries.Compute(key, func(old any, _ bool) (any, otter.ComputeOp) {
		v, _ := old.(V)
		return change(v), otter.WriteOp
	})
}

// Keys returns the keys in no order.
func (c *Cache[V]) Keys() iter.Seq[string] { return c.entries.Keys() }

// Len returns about how many values there are.
func (c *Cache[V]) Len() int { return c.entries.EstimatedSize() }

// Weight returns about how much the values weigh together; their number without weights.
func (c *Cache[V]) Weight() uint64 { return c.entries.WeightedSize() }
