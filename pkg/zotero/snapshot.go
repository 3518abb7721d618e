package zotero

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// scanTimeout bounds the reading of a whole library. It goes on when its
// caller is gone, so that the next one finds it done.
const scanTimeout = 2 * time.Minute

// maxDelta is how many changed items are fetched one page after the other
// before reading the library anew is the better way.
const maxDelta = 1000

// snapshotKey names a library as one identity sees it.
type snapshotKey struct {
	identity identity
	path     string
}

// snapshot is a library read whole, at one version; never changed once made.
type snapshot struct {
	version  int64
	made     time.Time
	tooLarge bool // more items than are read whole: objects and works are nil
	objects  map[string]*Object
	readable map[string]int64 // attachments of which there is text
	works    []*work
	byKey    map[string]*work // by the key of the work or of any child
	weight   uint32

	mu       sync.Mutex
	rankings map[string]*ranking // by query
	// rankedHits is how many hits the rankings have together.
	rankedHits int
}

// snapshot returns the library read whole, as it is now; nil if it is too
// large for that. With build false it is also nil if nobody read it before.
func (r *Reader) snapshot(ctx context.Context, build bool) (*snapshot, head, error) {
	h, err := r.head(ctx)
	if err != nil {
		return nil, head{}, err
	}
	key := snapshotKey{r.scope.identity, r.scope.path}
	old, found := r.client.snapshots.GetIfPresent(key)
	switch {
	case found && r.current(old, h):
		return usable(old), h, nil
	case !found && !build:
		return nil, h, nil
	}
	// Who asks at the same time shares the work. It belongs to none of them.
	done := r.client.building.DoChan(string(key.identity[:])+key.path, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), scanTimeout)
		defer cancel()
		s, err := r.renew(ctx, old, h)
		if err != nil {
			return nil, err
		}
		r.client.snapshots.Set(key, s)
		return s, nil
	})
	select {
	case <-ctx.Done():
		return nil, head{}, ctx.Err()
	case res := <-done:
		if res.Err != nil {
			return nil, head{}, res.Err
		}
		s, _ := res.Val.(*snapshot)
		return usable(s), h, nil
	}
}

func usable(s *snapshot) *snapshot {
	if s.tooLarge {
		return nil
	}
	return s
}

// current reports whether a snapshot still shows the library. The desktop
// app's versions don't grow with every change, so there time counts too.
func (r *Reader) current(s *snapshot, h head) bool {
	if r.client.o.Local && time.Since(s.made) > r.client.o.LocalFresh {
		return false
	}
	return s.version >= h.version // the head may come from a cache
}

// renew returns a snapshot of the library as it is now: the old one with what
// changed, or a new one.
func (r *Reader) renew(ctx context.Context, old *snapshot, h head) (*snapshot, error) {
	if old != nil && !old.tooLarge && !r.client.o.Local && old.version > 0 && old.version < h.version {
		if s, err := r.follow(ctx, old); s != nil || err != nil {
			return s, err
		}
	}
	s, err := r.scan(ctx)
	if library.CodeOf(err) == library.TooLarge {
		return tooLarge(h.version), nil // a page of it is more than the upstream reads
	}
	return s, err
}

// follow returns old with everything that changed since; nil if that is too
// much to fetch one by one.
func (r *Reader) follow(ctx context.Context, old *snapshot) (*snapshot, error) {
	first, err := r.client.Items(ctx, r.scope, Parameters{Since: old.version, IncludeTrashed: true})
	if err != nil {
		return nil, err
	}
	if first.Total > maxDelta {
		return nil, nil
	}
	objects := maps.Clone(old.objects)
	for o, err := range All(ctx, first) {
		if err != nil {
			return nil, err
		}
		if o.Data.Deleted {
			delete(objects, o.Key)
		} else {
			objects[o.Key] = &o
		}
	}
	gone, err := r.client.Deleted(ctx, r.scope, old.version)
	if err != nil {
		return nil, err
	}
	for _, key := range gone.Items {
		delete(objects, key)
	}
	if len(objects) > r.client.o.ScanLimit {
		return tooLarge(first.Version), nil
	}
	// What changed after the first page is seen at the next question: the
	// version is that of the first page.
	return r.assemble(ctx, objects, first.Version)
}

// scan reads the whole library, several pages at a time.
func (r *Reader) scan(ctx context.Context) (*snapshot, error) {
	// Additions come last in this order, so that they move no other item.
	p := Parameters{Sort: "dateAdded", Start: 0}
	first, err := r.client.Items(ctx, r.scope, p)
	if err != nil {
		return nil, err
	}
	if first.Total > r.client.o.ScanLimit {
		return tooLarge(first.Version), nil
	}
	pages := make([]*List[Object], (first.Total+maxPage-1)/maxPage)
	if len(pages) > 0 {
		pages[0] = first
	}
	version := first.Version
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(r.client.o.Parallel)
	for i := 1; i < len(pages); i++ {
		g.Go(func() error {
			p := p
			p.Start = i * maxPage
			var err error
			pages[i], err = r.client.Items(inner, r.scope, p)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	objects := make(map[string]*Object, first.Total)
	for _, page := range pages {
		// The oldest page decides: the next question fetches what it lacks.
		version = min(version, page.Version)
		for i := range page.Items {
			objects[page.Items[i].Key] = &page.Items[i]
		}
	}
	return r.assemble(ctx, objects, version)
}

// assemble makes a snapshot of all items of a library.
func (r *Reader) assemble(ctx context.Context, objects map[string]*Object, version int64) (*snapshot, error) {
	readable, err := r.readable(ctx)
	if err != nil {
		return nil, err
	}
	s := &snapshot{version: version, made: time.Now(), objects: objects, readable: readable, rankings: map[string]*ranking{}}
	s.works, s.byKey = worksOf(r.about.ID, objects, readable)
	weight := uint64(0)
	for _, o := range objects {
		weight += weigh(o)
	}
	if weight > min(r.client.o.CacheBytes/2, 1<<31) {
		return tooLarge(version), nil
	}
	s.weight = uint32(weight)
	return s, nil
}

// tooLarge is what is remembered of a library that isn't read whole.
func tooLarge(version int64) *snapshot {
	return &snapshot{tooLarge: true, version: version, made: time.Now(), weight: 1}
}

// readable returns the attachments of which there is text.
func (r *Reader) readable(ctx context.Context) (map[string]int64, error) {
	versions, err := r.client.FullTextVersions(ctx, r.scope, 0)
	if isMissing(err) {
		return nil, nil // desktop apps before 7.1 don't have it
	}
	return versions, err
}

// weigh returns about how many bytes an item takes: as the server wrote it, as
// a work, and folded for searching.
func weigh(o *Object) uint64 {
	n := 1000
	for name, value := range o.Data.Fields {
		n += 3 * (len(name) + len(value))
	}
	return uint64(n + 100*(len(o.Data.Creators)+len(o.Data.Tags)))
}
