package replica

import (
	"context"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// apply writes the edit into a transaction, and returns the version to which it
// leads. What is gone goes first, then works come, then what is below them.
func (e *edit) apply(ctx context.Context, tx *shelf.Tx) (version int64, err error) {
	for _, key := range e.goneKeys() {
		if err := e.take(ctx, key); err != nil {
			return 0, err
		}
	}
	for _, put := range []func(context.Context, Object) error{e.putWork, e.putChild, e.putAnnotation} {
		for _, key := range e.present() {
			if err := put(ctx, e.objects[key]); err != nil {
				return 0, err
			}
		}
	}
	changed, err := e.write(tx)
	if err != nil {
		return 0, err
	}
	if version = max(e.changes.Head.Version, tx.Version()); changed && version == tx.Version() {
		version++
	}
	return version, nil
}

// goneKeys returns the keys of what is removed or in the trash, sorted.
func (e *edit) goneKeys() []string {
	var keys []string
	for key := range e.removed {
		keys = append(keys, key)
	}
	for key, o := range e.objects {
		if o.Trashed {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// present returns the keys of the objects that are there, sorted.
func (e *edit) present() []string {
	var keys []string
	for key, o := range e.objects {
		if !o.Trashed {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// work returns the work of a key as it will be, as the edit's own, or nil.
func (e *edit) work(ctx context.Context, key string) (*library.Item, error) {
	if it, ok := e.works[key]; ok {
		return it, nil
	}
	held, err := e.holder(ctx, key)
	if err != nil || held == nil || held.ID.Key != key {
		return nil, err
	}
	it := *held
	it.Notes = slices.Clone(held.Notes)
	it.Attachments = slices.Clone(held.Attachments)
	for i := range it.Attachments {
		it.Attachments[i].Annotations = slices.Clone(it.Attachments[i].Annotations)
	}
	e.works[key] = &it
	return &it, nil
}

// above returns the work that has a child as things will be, or nil.
func (e *edit) above(ctx context.Context, child string) (*library.Item, error) {
	if key, ok := e.where[child]; ok {
		return e.works[key], nil
	}
	held, err := e.holder(ctx, child)
	if err != nil || held == nil {
		return nil, err
	}
	return e.work(ctx, held.ID.Key)
}

// take takes an object out of the library: a work with all below it, or a child.
func (e *edit) take(ctx context.Context, key string) error {
	if it, err := e.work(ctx, key); err != nil {
		return err
	} else if it != nil {
		e.dropWork(it)
		return nil
	}
	return e.takeChild(ctx, key)
}

func (e *edit) dropWork(it *library.Item) {
	for _, k := range keysOf(it) {
		e.where[k] = ""
	}
	e.works[it.ID.Key] = nil
}

// takeChild takes a child out of the work that has it, if one does.
func (e *edit) takeChild(ctx context.Context, key string) error {
	it, err := e.above(ctx, key)
	if err != nil || it == nil {
		return err
	}
	if displace(it, key) {
		it.Version = e.changes.Head.Version
	}
	e.where[key] = ""
	return nil
}

// putWork puts a work into the library. What is below it stays.
func (e *edit) putWork(ctx context.Context, o Object) error {
	if o.Work == nil {
		return nil
	}
	was, err := e.work(ctx, o.Key)
	if err != nil {
		return err
	}
	it := ownItem(o)
	if own := attachmentAt(it, o.Key); own >= 0 {
		if it.Attachments[own].Annotations, err = e.annotations(ctx, o.Key); err != nil {
			return err
		}
	}
	if was == nil {
		if err := e.takeChild(ctx, o.Key); err != nil { // it was below another one
			return err
		}
	} else {
		e.inherit(it, was)
	}
	e.works[o.Key] = it
	for _, k := range keysOf(it)[1:] {
		e.where[k] = o.Key
	}
	return nil
}

// inherit gives a work the children of the one before.
func (e *edit) inherit(it, was *library.Item) {
	it.Version = max(it.Version, was.Version)
	for _, n := range was.Notes {
		if n.Key != it.ID.Key {
			it.Notes = append(it.Notes, n)
		}
	}
	for _, a := range was.Attachments {
		own := attachmentAt(it, a.Key)
		switch {
		case a.Key != it.ID.Key:
			it.Attachments = append(it.Attachments, a)
		case own >= 0 && it.Attachments[own].Text.Reason == notRead:
			it.Attachments[own].Text = a.Text
		}
	}
	slices.SortFunc(it.Attachments, compareAttachments)
}

// putChild puts a note or an attachment below its work, and takes it from the one
// that had it. An attachment keeps its annotations.
func (e *edit) putChild(ctx context.Context, o Object) error {
	if o.Note == nil && o.Attachment == nil || o.Work != nil {
		return nil
	}
	was, err := e.work(ctx, o.Key)
	if err != nil {
		return err
	}
	annotations, err := e.annotations(ctx, o.Key)
	if err != nil {
		return err
	}
	if was != nil { // it stood by itself
		e.dropWork(was)
	}
	parent, err := e.work(ctx, o.Parent)
	if err != nil {
		return err
	}
	if before, err := e.above(ctx, o.Key); err != nil {
		return err
	} else if before != nil && before != parent {
		if err := e.takeChild(ctx, o.Key); err != nil {
			return err
		}
	}
	if parent == nil || o.Parent == o.Key {
		e.orphans[o.Key] = o.Version
		return nil
	}
	place(parent, o)
	e.where[o.Key] = o.Parent
	delete(e.orphans, o.Key)
	if i := attachmentAt(parent, o.Key); i >= 0 {
		parent.Attachments[i].Annotations = annotations
		for _, a := range annotations {
			e.where[a.Key] = o.Parent
		}
	}
	return nil
}

// annotations returns those that an attachment has, without those that are gone:
// its work may have been taken away before it was put below another one.
func (e *edit) annotations(ctx context.Context, key string) ([]library.Annotation, error) {
	held, err := e.holder(ctx, key)
	if err != nil || held == nil {
		return nil, err
	}
	i := attachmentAt(held, key)
	if i < 0 {
		return nil, nil
	}
	return slices.DeleteFunc(slices.Clone(held.Attachments[i].Annotations), func(a library.Annotation) bool {
		return e.removed[a.Key] || e.objects[a.Key].Trashed
	}), nil
}

// putAnnotation puts an annotation into its attachment, and takes it from the one
// that had it.
func (e *edit) putAnnotation(ctx context.Context, o Object) error {
	if o.Annotation == nil {
		return nil
	}
	it, err := e.above(ctx, o.Parent)
	if err != nil {
		return err
	}
	if !hasAnnotation(it, o.Parent, o.Key) {
		if err := e.takeChild(ctx, o.Key); err != nil {
			return err
		}
	}
	if it == nil || attachmentAt(it, o.Parent) < 0 {
		e.orphans[o.Key] = o.Version
		return nil
	}
	place(it, o)
	e.where[o.Key] = it.ID.Key
	delete(e.orphans, o.Key)
	return nil
}

// hasAnnotation reports whether an attachment of a work has an annotation.
func hasAnnotation(it *library.Item, attachment, key string) bool {
	if it == nil {
		return false
	}
	i := attachmentAt(it, attachment)
	return i >= 0 && slices.ContainsFunc(it.Attachments[i].Annotations, func(a library.Annotation) bool { return a.Key == key })
}

// write writes collections and works, and reports whether something changed. Works
// that are removed go last: what was below them may be below another one now.
func (e *edit) write(tx *shelf.Tx) (changed bool, err error) {
	for _, key := range e.gone {
		if err := tx.RemoveCollection(key); err != nil {
			return false, err
		}
	}
	for _, c := range e.fresh {
		if err := tx.PutCollection(c); err != nil {
			return false, err
		}
	}
	changed = len(e.gone)+len(e.fresh)+len(e.works) > 0
	var keys, gone []string
	for key, it := range e.works {
		if it == nil {
			gone = append(gone, key)
		} else {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	slices.Sort(gone)
	for _, key := range keys {
		if err := e.writeWork(tx, e.works[key]); err != nil {
			return false, err
		}
	}
	for _, key := range gone {
		if err := tx.Remove(key); err != nil {
			return false, err
		}
	}
	return changed, nil
}

// writeWork writes a work. One that is too large is taken out, and counted.
func (e *edit) writeWork(tx *shelf.Tx, it *library.Item) error {
	if it.Version <= tx.Version() && it.Version >= e.changes.Head.Version {
		it.Version = 0 // the upstream has no versions, or less than the shelf: the next one
	}
	it.Collections = slices.DeleteFunc(slices.Clone(it.Collections), func(k string) bool { return !e.known[k] })
	err := tx.Put(it)
	if library.CodeOf(err) == library.TooLarge {
		e.leftOut++
		return tx.Remove(it.ID.Key)
	}
	return err
}
