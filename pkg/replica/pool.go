package replica

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// poolSize is how many sources a replica keeps: of the callers who came last.
const poolSize = 8

// errNoSource says that no credential is left that may read the library.
var errNoSource = library.Errorf(library.Unauthenticated, "no credential that may read the library is at hand")

// pool keeps sources for the work in the background, the newest last.
type pool struct {
	mu   sync.Mutex
	all  []Source
	came chan struct{} // gets a value when the pool was empty and is no longer
}

func newPool() *pool { return &pool{came: make(chan struct{}, 1)} }

// add takes a source in, as the newest.
func (p *pool) add(s Source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) == 0 {
		select {
		case p.came <- struct{}{}:
		default:
		}
	}
	p.all = append(slices.DeleteFunc(p.all, func(other Source) bool { return same(s, other) }), s)
	if len(p.all) > poolSize {
		p.all = slices.Delete(p.all, 0, len(p.all)-poolSize)
	}
}

// same reports whether two sources are one.
func same(a, b Source) bool {
	return reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}

// newest returns the newest source, or nil.
func (p *pool) newest() Source {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) == 0 {
		return nil
	}
	return p.all[len(p.all)-1]
}

func (p *pool) drop(s Source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = slices.DeleteFunc(p.all, func(other Source) bool { return same(s, other) })
}

// do calls f with the newest source. A source that may no longer read the library
// is dropped, and f is called with the next one.
func (p *pool) do(ctx context.Context, f func(Source) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := p.newest()
		if s == nil {
			return errNoSource
		}
		err := f(s)
		switch library.CodeOf(err) {
		case library.Unauthenticated, library.Forbidden:
			p.drop(s)
		default:
			return err
		}
	}
}
