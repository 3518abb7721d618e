package zotero

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// gatherTimeout bounds one call for several callers, which belongs to none of
// them.
const gatherTimeout = 2 * time.Minute

// gatherer makes one call of fetches that come one by one: what is asked of
// one library by one identity within a short time.
type gatherer struct {
	delay  time.Duration
	most   int
	joined func() // called for each fetch that joined another's call
	fetch  func(ctx context.Context, s Scope, keys []string) ([]Object, error)

	mu   sync.Mutex
	open map[snapshotKey]*batch
}

// batch is one call to be made.
type batch struct {
	keys  map[string]bool
	once  sync.Once
	done  chan struct{}
	found map[string]*Object
	err   error
}

func newGatherer(delay time.Duration, most int, joined func(), fetch func(ctx context.Context, s Scope, keys []string) ([]Object, error)) *gatherer {
	return &gatherer{delay: delay, most: most, joined: joined, fetch: fetch, open: map[snapshotKey]*batch{}}
}

// get returns the item of a key, or nil if there is none.
func (g *gatherer) get(ctx context.Context, s Scope, key string) (*Object, error) {
	if len(validKeys([]string{key})) == 0 {
		return nil, nil
	}
	b := g.join(ctx, s, key)
	select {
	case <-b.done:
		return b.found[key], b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// join puts a key into the batch that is open for its library, opening one if
// there is none. A full batch starts at once, any other after the delay.
func (g *gatherer) join(ctx context.Context, s Scope, key string) *batch {
	place := snapshotKey{s.identity, s.path}
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.open[place]
	if b == nil {
		b = &batch{keys: map[string]bool{}, done: make(chan struct{})}
		g.open[place] = b
		// Others wait for the answer too: it doesn't end with this caller.
		whole := context.WithoutCancel(ctx)
		time.AfterFunc(g.delay, func() { g.run(whole, s, place, b) })
	} else {
		g.joined()
	}
	b.keys[key] = true
	if len(b.keys) >= g.most {
		delete(g.open, place)
		go g.run(context.WithoutCancel(ctx), s, place, b)
	}
	return b
}

// run makes the call of a batch, once.
func (g *gatherer) run(ctx context.Context, s Scope, place snapshotKey, b *batch) {
	g.mu.Lock()
	if g.open[place] == b {
		delete(g.open, place)
	}
	g.mu.Unlock()
	b.once.Do(func() {
		defer close(b.done)
		ctx, cancel := context.WithTimeout(ctx, gatherTimeout)
		defer cancel()
		objects, err := g.fetch(ctx, s, slices.Sorted(maps.Keys(b.keys)))
		b.err = err
		b.found = make(map[string]*Object, len(objects))
		for i := range objects {
			b.found[objects[i].Key] = &objects[i]
		}
	})
}
