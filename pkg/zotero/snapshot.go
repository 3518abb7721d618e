package zotero

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

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

// renew returns a snapshot of the library as it is now: the old one with what
// changed, or a new one.
func (r *Reader) renew(ctx context.Context, old *snapshot, run *reading) (*snapshot, error) {
	if old != nil && !old.tooLarge && !r.client.o.Local && old.version > 0 {
		if s, err := r.follow(ctx, old, run); s != nil || err != nil {
			return s, err
		}
	}
	s, err := r.scan(ctx, run)
	if library.CodeOf(err) == library.TooLarge {
		return tooLarge(), nil // a page of it is more than the upstream reads
	}
	return s, err
}

// follow returns old with everything that changed since; nil if that is too
// much to fetch one by one.
func (r *Reader) follow(ctx context.Context, old *snapshot, run *reading) (*snapshot, error) {
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
			run.interner.slimOne(&o)
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
	// What changed after the first page is seen at the next question: the
	// version is that of the first page.
	return r.assemble(ctx, objects, first.Version)
}

// scan reads the whole library, several pages at a time.
func (r *Reader) scan(ctx context.Context, run *reading) (*snapshot, error) {
	first, err := r.page(ctx, run, 0)
	if err != nil {
		return nil, err
	}
	pages := make([]*List[Object], (first.Total+maxPage-1)/maxPage)
	if len(pages) > 0 {
		pages[0] = first
	}
	run.total.Store(int64(first.Total))
	var weight atomic.Uint64
	weight.Add(run.took(first))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(r.client.o.Parallel)
	for i := 1; i < len(pages) && inner.Err() == nil; i++ {
		g.Go(func() (err error) {
			if pages[i], err = r.page(inner, run, i); err != nil {
				return err
			}
			if sum := weight.Add(run.took(pages[i])); r.exceeds(sum, run) {
				return errTooLarge
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return r.assemble(ctx, collect(pages), oldest(pages, first.Version))
}

// errTooLarge says that a library is larger than what is read whole.
var errTooLarge = library.Errorf(library.TooLarge, "the library is too large to be read whole")

// exceeds reports whether a library is too large, by the weight of what was
// read, as soon as enough was read to tell.
func (r *Reader) exceeds(weight uint64, run *reading) bool {
	const enough = 1000
	read, total := uint64(run.read.Load()), uint64(run.total.Load())
	if read >= enough && read < total {
		weight = weight / read * total
	}
	return weight > r.client.o.LibraryBytes
}

// page reads one page of the library. The upstream keeps it, so that a reading
// that failed halfway goes on where it was.
func (r *Reader) page(ctx context.Context, run *reading, n int) (*List[Object], error) {
	if err := run.pace.enter(ctx); err != nil {
		return nil, err
	}
	start := time.Now()
	// Additions come last in this order, so that they move no other item.
	page, err := r.client.Items(ctx, r.scope, Parameters{Sort: "dateAdded", Start: n * maxPage})
	run.pace.leave(time.Since(start), err)
	return page, err
}

func collect(pages []*List[Object]) map[string]*Object {
	objects := make(map[string]*Object, len(pages)*maxPage)
	for _, page := range pages {
		for i := range page.Items {
			objects[page.Items[i].Key] = &page.Items[i]
		}
	}
	return objects
}

// oldest returns the version of the oldest page: the next question fetches
// what that lacks.
func oldest(pages []*List[Object], version int64) int64 {
	for _, page := range pages {
		version = min(version, page.Version)
	}
	return version
}

// assemble makes a snapshot of all items of a library.
func (r *Reader) assemble(ctx context.Context, objects map[string]*Object, version int64) (*snapshot, error) {
	readable, err := r.readable(ctx)
	if err != nil {
		return nil, err
	}
	weight := uint64(0)
	for _, o := range objects {
		weight += weigh(o)
	}
	if weight > r.client.o.LibraryBytes {
		return tooLarge(), nil
	}
	s := &snapshot{version: version, made: time.Now(), objects: objects, readable: readable, rankings: map[string]*ranking{}, weight: uint32(weight)}
	s.works, s.byKey = worksOf(r.about.ID, objects, readable)
	return s, nil
}

// tooLargeFor is how long a library that was too large is not read again.
const tooLargeFor = 6 * time.Hour

// tooLarge is what is remembered of a library that isn't read whole.
func tooLarge() *snapshot { return &snapshot{tooLarge: true, made: time.Now(), weight: 1} }

// current reports whether a snapshot still shows the library. The desktop
// app's versions don't grow with every change, so there time counts too.
func (r *Reader) current(s *snapshot, h head) bool {
	switch {
	case s.tooLarge:
		return time.Since(s.made) < tooLargeFor
	case r.client.o.Local && time.Since(s.made) > r.client.o.LocalFresh:
		return false
	}
	return s.version >= h.version // the head may come from a cache
}

// readable returns the attachments of which there is text.
func (r *Reader) readable(ctx context.Context) (map[string]int64, error) {
	versions, err := r.client.FullTextVersions(ctx, r.scope, 0)
	if isMissing(err) {
		return nil, nil // desktop apps before 7.1 don't have it
	}
	return versions, err
}

// weigh returns about how many bytes an item takes, rather too many than too
// few: as the server wrote it, as a work, and folded for searching.
func weigh(o *Object) uint64 {
	const (
		perItem, perField, perCreator = 1600, 190, 250 // structures and maps, parts and their strings
	)
	n := perItem
	fields := 0
	for name, value := range o.Data.Fields {
		if unused[name] {
			continue
		}
		if fields++; len(value) > maxInterned {
			n += 2 * len(value) // as it is, and folded
		}
	}
	if o.Data.Parent == "" {
		n += perField * fields // children have few
	}
	return uint64(n + perCreator*len(o.Data.Creators) + 50*len(o.Data.Tags))
}
