package zotero

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// fetched records the calls that a gatherer makes.
type fetched struct {
	mu    sync.Mutex
	calls [][]string
	err   error
	rode  int // on the call of another
}

func (f *fetched) joined() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rode++
}

func (f *fetched) fetch(ctx context.Context, _ Scope, keys []string) ([]Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, keys)
	objects := make([]Object, 0, len(keys))
	for _, key := range keys {
		if key != "NNNNNNNN" {
			objects = append(objects, Object{Key: key})
		}
	}
	return objects, f.err
}

// sizes returns how many keys each call had, the largest first.
func (f *fetched) sizes() []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := []int{}
	for _, keys := range f.calls {
		n = append(n, len(keys))
	}
	slices.Sort(n)
	slices.Reverse(n)
	return n
}

func TestFetchesOneByOneAreGathered(t *testing.T) {
	const delay = 3 * time.Millisecond
	one, two := Scope{path: "/users/1"}, Scope{path: "/users/1", identity: identity{1}}
	for _, c := range []struct {
		promise string
		ask     func(get func(s Scope, n int))
		want    []int
	}{
		{"at the same time: calls of at most 50", func(get func(Scope, int)) {
			for n := range 120 {
				get(one, n)
			}
		}, []int{50, 50, 20}},
		{"the same item twice: once", func(get func(Scope, int)) { get(one, 1); get(one, 1) }, []int{1}},
		{"one after the delay: a call of its own", func(get func(Scope, int)) {
			get(one, 1)
			time.Sleep(delay + 1)
			get(one, 2)
		}, []int{1, 1}},
		{"two who may see different things: a call each", func(get func(Scope, int)) { get(one, 1); get(two, 2) }, []int{1, 1}},
	} {
		t.Run(c.promise, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fetched{}
				g := newGatherer(delay, 50, f.joined, f.fetch)
				var wg sync.WaitGroup
				asked := 0
				c.ask(func(s Scope, n int) {
					asked++
					key := librarytest.Key("ITM", n)
					wg.Go(func() {
						if got, err := g.get(t.Context(), s, key); err != nil || got == nil || got.Key != key {
							t.Errorf("%s: %+v, %v", key, got, err)
						}
					})
				})
				wg.Wait()
				if got := f.sizes(); !slices.Equal(got, c.want) {
					t.Errorf("calls of %v keys, want %v", got, c.want)
				}
				if f.rode != asked-len(c.want) {
					t.Errorf("%d of %d fetches joined another's call, want %d", f.rode, asked, asked-len(c.want))
				}
			})
		})
	}
}

func TestGatheringFailsOnlyWhoeverItConcerns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetched{}
		g := newGatherer(3*time.Millisecond, 50, f.joined, f.fetch)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := g.get(ctx, Scope{}, "ABCD2345")
			left <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("the one who left: %v", err)
		}
		if got, err := g.get(t.Context(), Scope{}, "ABCD2346"); err != nil || got == nil {
			t.Errorf("the one who stayed: %+v, %v", got, err)
		}
		for _, key := range []string{"NNNNNNNN", "nonsense", "", "../etc", "ABCD,234"} {
			if got, err := g.get(t.Context(), Scope{}, key); got != nil || err != nil {
				t.Errorf("%q: %+v, %v", key, got, err)
			}
		}
		f.err = errors.New("down")
		if got, err := g.get(t.Context(), Scope{}, "ABCD2347"); err == nil {
			t.Errorf("a call that failed: %+v", got)
		}
		if len(g.open) != 0 {
			t.Errorf("%d batches are left", len(g.open))
		}
		for _, call := range f.calls {
			if len(validKeys(call)) != len(call) {
				t.Errorf("keys that are none were sent: %q", call)
			}
		}
	})
}
