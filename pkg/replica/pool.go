package replica

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// poolSize is how many sources a replica keeps: of the callers who came last.
const poolSize = 8

// errNoSource says that no credential is left that may read the library.
var errNoSource = library.Errorf(library.Unauthenticated, "no credential that may read the library is at hand")

// pool keeps sources for the work in the background, the newest last.
type pool struct {
	refused *refusals

	mu   sync.Mutex
	all  []pooled
	came chan struct{} // gets a value when the pool was empty and is no longer
}

// pooled is a source, and when its credential was last seen to be accepted: when
// the library was opened with it, or when it was last used here.
type pooled struct {
	Source
	accepted time.Time
}

func newPool(r *refusals) *pool { return &pool{refused: r, came: make(chan struct{}, 1)} }

// Zotero locks out an address after more than five rejected keys in five minutes.
// The work in the background uses up at most two of them, so that callers with new
// keys still get through.
const (
	mostRefused   = 2
	refusedWindow = 5 * time.Minute
)

// refusals are the last rejected credentials of all replicas.
type refusals struct {
	mu   sync.Mutex
	last []time.Time
}

func (r *refusals) add() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = append(r.last, time.Now())
	r.last = r.last[max(0, len(r.last)-mostRefused):]
}

// wait returns how long a credential must wait that was last accepted at a time.
// One that was accepted since the last refusal need not wait.
func (r *refusals) wait(accepted time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.last) < mostRefused || accepted.After(r.last[mostRefused-1]) {
		return 0
	}
	return max(0, refusedWindow-time.Since(r.last[0]))
}

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
	p.all = append(slices.DeleteFunc(p.all, func(other pooled) bool { return same(s, other.Source) }), pooled{s, time.Now()})
	if len(p.all) > poolSize {
		p.all = slices.Delete(p.all, 0, len(p.all)-poolSize)
	}
}

// same reports whether two sources are one.
func same(a, b Source) bool {
	return reflect.TypeOf(a).Comparable() && reflect.TypeOf(b).Comparable() && a == b
}

// newest returns the newest source; that of an empty pool is nil.
func (p *pool) newest() pooled {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.all) == 0 {
		return pooled{}
	}
	return p.all[len(p.all)-1]
}

// worked notes that a source's credential was accepted.
func (p *pool) worked(s Source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.all {
		if same(s, p.all[i].Source) {
			p.all[i].accepted = time.Now()
		}
	}
}

func (p *pool) drop(s Source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = slices.DeleteFunc(p.all, func(other pooled) bool { return same(s, other.Source) })
}

// do calls f with the newest source. A source that may no longer read the library
// is dropped, and f is called with the next one. After several rejected credentials
// it fails with [library.RateLimited] instead.
func (p *pool) do(ctx context.Context, f func(Source) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := p.newest()
		if s.Source == nil {
			return errNoSource
		}
		if wait := p.refused.wait(s.accepted); wait > 0 {
			return library.Errorf(library.RateLimited, "several credentials were rejected, so no further one is tried for now").WithRetryAfter(wait)
		}
		err := f(s.Source)
		switch library.CodeOf(err) {
		case library.Unauthenticated:
			p.refused.add()
			p.drop(s.Source)
		case library.Forbidden:
			p.drop(s.Source)
		default:
			if err == nil {
				p.worked(s.Source)
			}
			return err
		}
	}
}
