package shelf

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
	"github.com/stackroom-mcp/stackroom/pkg/index"
	"golang.org/x/sync/singleflight"
)

// state is the library at one version, never changed: what every call reads
// from. Whoever uses it holds it, so that a newer state may take its place
// while calls still run.
type state struct {
	*content
	generation string // name of its folder, or "" in memory
	meta       meta
	stale      atomic.Bool // the library has changed, but its new state can't be read
	index      *index.Index

	tree   func() (*tree, error)
	tags   func() ([]foldedTag, error)
	events func() ([]event, error)

	results *otter.Cache[string, *index.Result] // by query
	flight  singleflight.Group

	holders atomic.Int64
	closers []func() error // what to close after the last holder, in this order
}

// newState returns the state that rows hold, held once. The index is still
// missing.
func newState(rows source, m meta, cacheBytes int) *state {
	s := &state{content: newContent(rows, cacheBytes*2/3), meta: m}
	s.tree = sync.OnceValues(func() (*tree, error) { return readTree(rows) })
	s.tags = sync.OnceValues(func() ([]foldedTag, error) { return readTags(rows, nil) })
	s.events = sync.OnceValues(func() ([]event, error) { return readEvents(rows) })
	s.results = otter.Must(&otter.Options[string, *index.Result]{
		MaximumWeight: uint64(cacheBytes) / 3,
		Weigher:       func(query string, r *index.Result) uint32 { return uint32(resultBytes(query, *r)) },
	})
	s.holders.Store(1)
	return s
}

// resultBytes returns about how much memory a result takes.
func resultBytes(query string, r index.Result) int {
	n := 200 + len(query)
	for _, h := range r.Hits {
		n += 64
		if h.Match != nil {
			n += 160 + len(h.Match.Text)
		}
	}
	return n
}

func (s *state) setIndex(x *index.Index) {
	s.index = x
	s.closers = slices.Insert(s.closers, 0, x.Close)
}

// notice returns what readers should know of the state, or "".
func (s *state) notice() string {
	if s.stale.Load() {
		return "the library has changed on disk, but its new state can't be read; this is the state before"
	}
	return ""
}

func (s *state) hold() { s.holders.Add(1) }

// release ends a hold. The last one closes the state.
func (s *state) release() error {
	if s.holders.Add(-1) > 0 {
		return nil
	}
	var errs []error
	for _, f := range s.closers {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}
