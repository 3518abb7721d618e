package zotero

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// addedWithin is how soon after a work's making its last change may be for the
// work to count as new: programs fill in what they save.
const addedWithin = time.Minute

// Changes implements [library.Reader]. A change to a note, attachment or
// annotation is one to its work. A work that went to the trash is removed, and
// with a version so is what is gone for good: of that Zotero keeps only the
// key, with neither time nor kind.
func (r *Reader) Changes(ctx context.Context, q library.ChangeQuery) (library.Page[library.Change], error) {
	none := library.Page[library.Change]{}
	if err := ctx.Err(); err != nil {
		return none, err
	}
	if err := library.ValidatePage(q.Offset, q.Limit); err != nil {
		return none, err
	}
	found, err := r.changed(ctx, q)
	if err != nil {
		return none, err
	}
	changes, err := r.changesOf(ctx, found.items, q)
	if err != nil {
		return none, err
	}
	gone, said, err := r.gone(ctx, q, found.items, found.version)
	if err != nil {
		return none, err
	}
	changes = append(changes, gone...)
	slices.SortFunc(changes, func(a, b library.Change) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Version, a.Version), strings.Compare(a.Key, b.Key))
	})
	return library.Page[library.Change]{
		Items: cut(changes, q.Offset, q.Limit), Total: len(changes), Version: found.version, Notice: notices(found.notice, said),
	}, nil
}

// changed is what changed in a library, trash included.
type changed struct {
	items   map[string]*Object
	version int64
	notice  string
	partial bool // there are more than were looked at
}

// changed returns the items of every kind that changed within the bounds of q.
// Where they are more than are looked at one page after the other, the library
// is read whole.
func (r *Reader) changed(ctx context.Context, q library.ChangeQuery) (*changed, error) {
	if r.client.o.Local {
		return r.changedItems(ctx, q)
	}
	v, err := r.known(ctx)
	if err != nil {
		return nil, err
	}
	if v.snapshot != nil && q.SinceVersion == 0 {
		return r.knownChanges(ctx, q, v)
	}
	found, err := r.changedItems(ctx, q)
	if err != nil || !found.partial {
		return found, err
	}
	if v, err = r.whole(ctx); err != nil || v.snapshot == nil {
		return found, err
	}
	return r.knownChanges(ctx, q, v)
}

// knownChanges returns what changed in a library that was read whole, of which
// only the trash is to be asked for.
func (r *Reader) knownChanges(ctx context.Context, q library.ChangeQuery, v view) (*changed, error) {
	found := map[string]*Object{}
	for key, o := range v.objects {
		if !o.Data.Modified.Before(q.Since) && o.Version > q.SinceVersion {
			found[key] = o
		}
	}
	trashed, err := r.client.TrashedItems(ctx, r.scope, Parameters{Since: q.SinceVersion, Sort: "dateModified", Descending: true})
	if err != nil {
		return nil, err
	}
	for o, err := range All(ctx, trashed) {
		if err != nil {
			return nil, err
		}
		if o.Data.Modified.Before(q.Since) {
			break
		}
		if validKey(o.Key) {
			found[o.Key] = &o
		}
	}
	return &changed{items: found, version: v.version, notice: notices(v.head.notice, v.notice, staleness(trashed))}, nil
}

// changedItems asks for the items that changed, last first.
func (r *Reader) changedItems(ctx context.Context, q library.ChangeQuery) (*changed, error) {
	first, err := r.client.Items(ctx, r.scope, Parameters{
		Since: q.SinceVersion, IncludeTrashed: true, Sort: "dateModified", Descending: true,
	})
	if err != nil {
		return nil, err
	}
	found := &changed{items: map[string]*Object{}, version: first.Version, notice: staleness(first)}
	for o, err := range All(ctx, first) {
		if err != nil {
			return nil, err
		}
		if o.Data.Modified.Before(q.Since) {
			break
		}
		// The local API before version 10 takes no versions from callers.
		if o.Version <= q.SinceVersion || !validKey(o.Key) {
			continue
		}
		if len(found.items) >= r.client.o.ScanLimit {
			found.partial = true
			found.notice = notices(found.notice, fmt.Sprintf("only the last %d changed items were looked at, so older changes are missing", len(found.items)))
			break
		}
		found.items[o.Key] = &o
	}
	return found, nil
}

// changesOf returns one change for each work that the items are or belong to.
func (r *Reader) changesOf(ctx context.Context, found map[string]*Object, q library.ChangeQuery) ([]library.Change, error) {
	missing := []string{}
	for _, o := range found {
		if p := o.Data.Parent; p != "" && found[p] == nil && !slices.Contains(missing, p) {
			missing = append(missing, p)
		}
	}
	parents, objects, err := r.climb(ctx, missing)
	if err != nil {
		return nil, err
	}
	byWork := map[string]*library.Change{}
	for _, o := range found {
		top := topOf(o, found, parents, objects)
		if top == nil || o != top && (top.Data.Deleted || o.Data.Deleted) {
			continue
		}
		c := byWork[top.Key]
		if c == nil {
			c = &library.Change{Key: top.Key}
			byWork[top.Key] = c
		}
		c.Version = max(c.Version, o.Version)
		if c.Item == nil {
			c.Item = itemOf(r.about.ID, top)
		}
		if o.Data.Modified.After(c.At) || c.By == "" {
			c.By = cmp.Or(o.Meta.ModifiedBy, o.Meta.CreatedBy)
		}
		if o.Data.Modified.After(c.At) {
			c.At = o.Data.Modified
		}
		c.Kind = kindOf(top, c.At, q)
	}
	changes := make([]library.Change, 0, len(byWork))
	for _, c := range byWork {
		if c.Kind == library.Removed {
			c.Item = nil
		}
		changes = append(changes, *c)
	}
	return changes, nil
}

// topOf returns the work that an item is or belongs to, nil if that isn't
// there.
func topOf(o *Object, found map[string]*Object, parents map[string]string, objects map[string]*Object) *Object {
	for range 4 {
		if o.Data.Parent == "" {
			return o
		}
		above := found[o.Data.Parent]
		if above == nil {
			return objects[parents[o.Data.Parent]]
		}
		o = above
	}
	return nil
}

// kindOf says what happened to a work that last changed at a time.
func kindOf(top *Object, at time.Time, q library.ChangeQuery) library.ChangeKind {
	switch {
	case top.Data.Deleted:
		return library.Removed
	case !q.Since.IsZero() && !top.Data.Added.Before(q.Since),
		at.Sub(top.Data.Added) <= addedWithin:
		return library.Added
	}
	return library.Changed
}

// gone returns what was removed for good since a version.
func (r *Reader) gone(ctx context.Context, q library.ChangeQuery, found map[string]*Object, version int64) (changes []library.Change, notice string, err error) {
	switch {
	case r.client.o.Local:
		return nil, "the desktop app doesn't tell what was removed for good, only what is in the trash", nil
	case q.SinceVersion <= 0:
		return nil, "what was removed for good is told only since a version, not since a time", nil
	}
	deleted, err := r.client.Deleted(ctx, r.scope, q.SinceVersion)
	if err != nil {
		return nil, "", err
	}
	for _, key := range deleted.Items {
		if validKey(key) && found[key] == nil {
			changes = append(changes, library.Change{Kind: library.Removed, Key: key, Version: version})
		}
	}
	if len(changes) > 0 {
		notice = "of what was removed for good Zotero keeps only the key: it may have been a work, a note or an attachment, at any time since that version"
	}
	return changes, notice, nil
}
