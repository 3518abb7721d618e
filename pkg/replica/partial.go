package replica

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
	"golang.org/x/sync/errgroup"
)

// partialFresh is how long a work in a partial shelf is not asked for again.
const partialFresh = time.Minute

// partialUnused is how long a partial shelf stays after its last use: longer than a call
// takes, which is 290 s at most.
const partialUnused = 5 * time.Minute

// belowAtATime is how many works a partial shelf asks the children of at a time.
const belowAtATime = 4

// partial is a shelf of the works that were asked for by key while the library is
// being read, so that one engine answers for them too.
type partial struct {
	dir   string
	shelf *shelf.Shelf
	used  time.Time // guarded by the replica

	mu  sync.Mutex
	got map[string]time.Time // keys, and when they were read
}

// partialShelf returns the replica's partial shelf, which it makes as needed.
func (r *replica) partialShelf(ctx context.Context) (*partial, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.partial != nil {
		r.partial.used = time.Now()
		return r.partial, nil
	}
	dir, err := os.MkdirTemp(r.dir, partialPrefix)
	if err != nil {
		return nil, library.Errorf(library.Unavailable, "the folder for replicas can't be written").WithCause(err)
	}
	s, err := shelf.Open(ctx, dir, r.options()...)
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	r.partial = &partial{dir: dir, shelf: s, used: time.Now(), got: map[string]time.Time{}}
	r.poke() // so that it is removed, also where another process reads
	return r.partial, nil
}

func (p *partial) close() {
	_ = p.shelf.Close()
	_ = os.RemoveAll(p.dir)
}

// tidy removes the partial shelf once it was not used for [partialUnused].
func (r *replica) tidy(context.Context) (again time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.partial == nil {
		return untilPoked, nil // making one pokes
	}
	if since := time.Since(r.partial.used); since < partialUnused {
		return partialUnused - since, nil
	}
	r.partial.close()
	r.partial = nil
	return untilPoked, nil
}

// need makes sure that the shelf has the works of these keys, as far as the upstream
// has them.
func (p *partial) need(ctx context.Context, src Source, keys []string) error {
	now := time.Now()
	var missing []string
	p.mu.Lock()
	for _, key := range keys {
		if now.Sub(p.got[key]) >= partialFresh {
			missing = append(missing, key)
		}
	}
	p.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	works, gone, err := worksOf(ctx, src, missing)
	if err != nil {
		return err
	}
	items := make([]*library.Item, len(works))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(belowAtATime)
	for i, o := range works {
		group.Go(func() (err error) {
			items[i], err = compose(o, func(key string) ([]Object, error) { return below(groupCtx, src, o, key) })
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := p.put(ctx, items, gone); err != nil {
		return err
	}
	p.mu.Lock()
	for _, key := range missing {
		p.got[key] = now
	}
	p.mu.Unlock()
	return nil
}

// below returns what is there below a key of a work.
func below(ctx context.Context, src Source, work Object, key string) ([]Object, error) {
	if key == work.Key && work.Children == 0 {
		return nil, nil
	}
	all, err := src.Below(ctx, key)
	var there []Object
	for _, o := range all {
		if !o.Trashed {
			there = append(there, o)
		}
	}
	return there, err
}

// worksOf returns the works of keys, where that of a child stands for its work, and
// the keys of which there is none.
func worksOf(ctx context.Context, src Source, keys []string) (works []Object, gone []string, err error) {
	seen := map[string]bool{}
	const depth = 3 // an annotation, its attachment, its work
	for range depth {
		objects, err := getAll(ctx, src, keys)
		if err != nil {
			return nil, nil, err
		}
		var above []string
		for _, key := range keys {
			seen[key] = true
			o, ok := objects[key]
			switch {
			case !ok || o.Trashed:
				gone = append(gone, key)
			case o.Work != nil:
				works = append(works, o)
			case o.Parent != "" && !seen[o.Parent]:
				seen[o.Parent] = true
				above = append(above, o.Parent)
			}
		}
		keys = above
	}
	return works, gone, nil
}

// getAll gets objects by key, a batch at a time.
func getAll(ctx context.Context, src Source, keys []string) (map[string]Object, error) {
	all := map[string]Object{}
	for len(keys) > 0 {
		n := min(len(keys), perGet)
		objects, err := src.Get(ctx, keys[:n])
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			all[o.Key] = o
		}
		keys = keys[n:]
	}
	return all, nil
}

// put puts works into the shelf, and takes out what is gone.
func (p *partial) put(ctx context.Context, items []*library.Item, gone []string) error {
	tx, err := p.shelf.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	version := tx.Version() + 1
	for _, it := range items {
		if err := tx.Put(it); err != nil {
			return err
		}
		version = max(version, it.Version)
	}
	for _, key := range gone {
		if err := tx.Remove(key); err != nil {
			return err
		}
	}
	return tx.Commit(ctx, version)
}
