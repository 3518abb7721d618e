package replica

import (
	"context"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// filling puts the works of a reading into a shelf.
type filling struct {
	replica  *replica
	into     *shelf.Rebuilding
	head     Head             // that the shelf will have
	known    map[string]bool  // collections
	texts    map[string]int64 // attachments that have text; nil if that is not known
	dropText bool
	leftOut  int
	counted  texts // of the works, as without text
}

// markChanged is a mark that no source reads, so that the library is read again.
const markChanged = "changed between two questions"

// putPages puts the works of a direct source as they come. If they are of another state
// than the head, which collections and texts were read for, they get [markChanged].
func (f *filling) putPages(ctx context.Context, src Direct) error {
	done := 0
	now, err := src.All(ctx, func(b Batch) error {
		for rest := b.Objects; len(rest) > 0; {
			n := 1
			for n < len(rest) && rest[n].Parent != "" {
				n++
			}
			if err := f.putObjects(rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		done += len(b.Objects)
		f.replica.progressed(done, b.Total)
		return f.replica.at(stepPage)
	})
	if now.Mark != f.head.Mark {
		f.head.Mark = markChanged
	}
	return err
}

// putObjects puts a work and the objects that follow it, which are below it.
func (f *filling) putObjects(objects []Object) error {
	if objects[0].Work == nil {
		return nil
	}
	below := map[string][]Object{}
	for _, o := range objects[1:] {
		below[o.Parent] = append(below[o.Parent], o)
	}
	it, err := compose(objects[0], func(key string) ([]Object, error) { return below[key], nil })
	if err != nil {
		return err
	}
	if err := f.put(it); err != nil {
		return err
	}
	return f.replica.at(stepWork)
}

// putSpooled puts all works of the spool, in the order of their keys, and removes it:
// the index needs the space on disk.
func (r *replica) putSpooled(ctx context.Context, f *filling) error {
	var works []string
	below := map[string][]string{}
	for key, o := range r.spool.objects {
		if o.parent == "" {
			works = append(works, key)
		} else {
			below[o.parent] = append(below[o.parent], key)
		}
	}
	slices.Sort(works)
	ctx, cancel := context.WithCancel(ctx)
	ready := make(chan composed, composedAhead)
	go r.composeAll(ctx, works, below, ready)
	defer func() {
		cancel()
		for range ready { // until nothing reads the spool any more
		}
	}()
	for c := range ready {
		if c.err != nil {
			return c.err
		}
		if err := f.put(c.work); err != nil {
			return err
		}
		if err := r.at(stepWork); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.dropSpool()
	return nil
}

// composed is a work with its children, or why it can't be read.
type composed struct {
	work *library.Item
	err  error
}

// composedAhead is how many works are composed before they are put.
const composedAhead = 16

// composeAll composes works until one fails or ctx ends, then closes the channel.
func (r *replica) composeAll(ctx context.Context, works []string, below map[string][]string, to chan<- composed) {
	defer close(to)
	for _, key := range works {
		it, err := r.compose(key, below)
		if it == nil && err == nil {
			continue
		}
		select {
		case to <- composed{it, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// compose returns a work with its children, nil if the object of the key is none.
func (r *replica) compose(key string, below map[string][]string) (*library.Item, error) {
	o, err := r.spool.get(key)
	if err != nil || o.Work == nil {
		return nil, err
	}
	return compose(o, func(key string) ([]Object, error) {
		var all []Object
		for _, k := range below[key] {
			child, err := r.spool.get(k)
			if err != nil {
				return nil, err
			}
			all = append(all, child)
		}
		return all, nil
	})
}

// put puts a work into the shelf.
func (f *filling) put(it *library.Item) error {
	it.Collections = slices.DeleteFunc(slices.Clone(it.Collections), func(k string) bool { return !f.known[k] })
	for i := range it.Attachments {
		a := &it.Attachments[i]
		if _, has := f.texts[a.Key]; !has && f.texts != nil && a.Text.Reason == notRead {
			a.Text.Reason = noText
		}
	}
	put := f.into.Put
	if f.dropText {
		put = f.into.PutWithoutTexts
	}
	err := put(it)
	if library.CodeOf(err) == library.TooLarge {
		f.leftOut++
		return nil
	}
	if err != nil || !f.dropText {
		return err
	}
	for i := range it.Attachments {
		f.counted.add(&it.Attachments[i])
	}
	return nil
}
