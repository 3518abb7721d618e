package replica

import (
	"context"
	"maps"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// edit is the change of a shelf by what changed in the upstream. It is made in two
// steps: gather reads what the changes do not have, and apply, which reads only
// the shelf, writes.
type edit struct {
	shelf   *shelf.Shelf
	changes *Changes
	objects map[string]Object // that changed or were read, by key; in the trash too
	removed map[string]bool   // keys that are gone for good
	orphans map[string]int64  // got before, or now, without a place, with their version
	known   map[string]bool   // collections that there are, once gathered
	gone    []string          // collections that are no longer
	fresh   []library.Collection
	whole   bool // reading the library whole is the way to be right
	written bool // the changes are those of a batch that was written here

	works   map[string]*library.Item // as they will be; nil is removed
	where   map[string]string        // work of a child that was placed, or "" if it was removed
	leftOut int
}

func newEdit(s *shelf.Shelf, ch *Changes, orphans map[string]int64) *edit {
	e := &edit{
		shelf: s, changes: ch, objects: map[string]Object{}, removed: map[string]bool{}, orphans: map[string]int64{},
		known: map[string]bool{}, works: map[string]*library.Item{}, where: map[string]string{},
	}
	maps.Copy(e.orphans, orphans)
	for _, key := range ch.Removed {
		e.removed[key] = true
	}
	e.add(ch.Objects)
	return e
}

// hasFiles reports whether an attachment is among the objects: then there may be texts
// that are not read yet.
func (e *edit) hasFiles() bool {
	for _, o := range e.objects {
		if o.Attachment != nil || o.Work != nil && len(o.Work.Attachments) > 0 {
			return true
		}
	}
	return false
}

// add takes objects in, the newer one of two of the same key.
func (e *edit) add(objects []Object) {
	for _, o := range objects {
		if was, ok := e.objects[o.Key]; ok && was.Version > o.Version {
			continue
		}
		delete(e.removed, o.Key) // removed and made again with the same key: it is there
		e.objects[o.Key] = o
	}
}

// gather reads what the changes lack: objects that only the list of keys names,
// and what is below a work or an attachment that came back with what it had.
func (e *edit) gather(ctx context.Context, src Source) error {
	if err := e.gatherCollections(ctx); err != nil {
		return err
	}
	if err := e.gatherKeys(ctx, src); err != nil {
		return err
	}
	// Works first: what is below them may be an attachment that came back too.
	if err := e.gatherBelow(ctx, src, func(o Object) bool { return o.Work != nil }); err != nil {
		return err
	}
	return e.gatherBelow(ctx, src, func(o Object) bool { return o.Attachment != nil })
}

// gatherCollections compares the collections with those of the shelf. One that
// came back from the trash with works that did not change is found by its count.
func (e *edit) gatherCollections(ctx context.Context) error {
	page, err := e.shelf.Collections(ctx)
	if err != nil {
		return err
	}
	had := map[string]library.Collection{}
	for _, c := range page.Items {
		had[c.Key] = c
		e.known[c.Key] = e.changes.Collections == nil
	}
	for _, c := range e.changes.Collections {
		e.known[c.Key] = true
		was, ok := had[c.Key]
		if !ok && c.Items > e.members(c.Key) {
			e.whole = true
		}
		if !ok || was.Name != c.Name || was.Parent != c.Parent {
			e.fresh = append(e.fresh, c)
		}
	}
	for key := range had {
		if !e.known[key] {
			e.gone = append(e.gone, key)
		}
	}
	slices.Sort(e.gone)
	return nil
}

// members returns how many of the changed works are in a collection.
func (e *edit) members(collection string) int {
	n := 0
	for _, o := range e.objects {
		if o.Work != nil && !o.Trashed && slices.Contains(o.Work.Collections, collection) {
			n++
		}
	}
	return n
}

// gatherKeys compares the list of keys, if there is one, with the shelf: what is
// not in the list is gone, and what the shelf lacks is read.
func (e *edit) gatherKeys(ctx context.Context, src Source) error {
	if e.changes.Keys == nil {
		return nil
	}
	held := map[string]bool{}
	_, err := e.shelf.Each(ctx, func(it *library.Item) error {
		for _, key := range keysOf(it) {
			held[key] = true
			if _, ok := e.changes.Keys[key]; !ok {
				e.removed[key] = true
				delete(e.objects, key)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var missing []string
	for key, version := range e.changes.Keys {
		known, orphan := e.orphans[key]
		_, changed := e.objects[key]
		if !held[key] && !changed && !(orphan && known >= version) {
			missing = append(missing, key)
		}
	}
	slices.Sort(missing)
	for batch := range slices.Chunk(missing, perGet) {
		objects, err := src.Get(ctx, batch)
		if err != nil {
			return err
		}
		e.add(objects)
	}
	return nil
}

// keysOf returns the keys of a work and of all below it.
func keysOf(it *library.Item) []string {
	keys := []string{it.ID.Key}
	for _, n := range it.Notes {
		keys = append(keys, n.Key)
	}
	for _, a := range it.Attachments {
		keys = append(keys, a.Key)
		for _, x := range a.Annotations {
			keys = append(keys, x.Key)
		}
	}
	return keys
}

// gatherBelow reads what is below the objects of a kind that the shelf does not
// have, where the changes do not have all of it.
func (e *edit) gatherBelow(ctx context.Context, src Source, kind func(Object) bool) error {
	var keys []string
	for key, o := range e.objects {
		if kind(o) && !o.Trashed && o.Children != 0 {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		holder, err := e.holder(ctx, key)
		if err != nil {
			return err
		}
		if holder != nil || e.allBelow(e.objects[key]) {
			continue
		}
		objects, err := src.Below(ctx, key)
		if err != nil {
			return err
		}
		e.add(objects)
	}
	return nil
}

// allBelow reports whether the changes have every object below one. What is newer
// than the head does not count: the count may not know it.
func (e *edit) allBelow(o Object) bool {
	if o.Children < 0 {
		return false
	}
	n := 0
	for _, child := range e.objects {
		if child.Parent == o.Key && !child.Trashed && child.Version <= e.changes.Head.Version {
			n++
		}
	}
	return n >= o.Children
}

// holder returns the work of the shelf that has a key or is it, or nil.
func (e *edit) holder(ctx context.Context, key string) (*library.Item, error) {
	found, err := e.shelf.Items(ctx, []string{key})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	return found.Items[0], nil
}
