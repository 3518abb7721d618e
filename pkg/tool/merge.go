package tool

import (
	"context"
	"fmt"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// mergeInput is the arguments of merge_items.
type mergeInput struct {
	Keep       string
	Duplicates []string
	Take       []string
}

// maxMerged bounds the works that become one with another.
const maxMerged = 20

func mergeItemsTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"merge_items", "Merge duplicates",
		"Makes one work of several: the one that is kept gets the others' notes, files, tags, collections and relations, equal PDFs become one, and the others go to the trash. " +
			"Use it after find_duplicates; gives a plan first, which shows what differs. Not across libraries or item types."},
		Hints{},
		[]field[mergeInput]{
			name("keep", "item ID, DOI or @key", func(in *mergeInput) *string { return &in.Keep }).must(),
			list("duplicates", "the others", maxMerged, func(in *mergeInput) *[]string { return &in.Duplicates }).must(),
			tags("take", "Zotero fields of the others to take over", func(in *mergeInput) *[]string { return &in.Take }),
		}, mergeItems)
}

func mergeItems(ctx context.Context, c *writeCall, in mergeInput) (*proposal, error) {
	works, err := c.mergedWorks(ctx, in)
	if err != nil {
		return nil, err
	}
	lib := works[0].lib.ID
	w, err := c.writer(ctx, lib)
	if err != nil {
		return nil, err
	}
	if err := seesNotes(ctx, w); err != nil {
		return nil, err
	}
	m, err := mergeOf(ctx, w, lib, works)
	if err != nil {
		return nil, err
	}
	m.Take = in.Take
	if err := mergeable(m); err != nil {
		return nil, err
	}
	edits, err := m.Edits()
	if err != nil {
		return nil, err
	}
	p, err := c.propose(lib, fmt.Sprintf("Merge %s into one", counted(len(works), "work")), edits)
	if err == nil {
		p.notices = mergeNotices(m)
	}
	return p, err
}

// seesNotes returns why works of a library can't become one, or nil: notes that the
// caller may not read can't be moved, and would go to the trash with their work.
func seesNotes(ctx context.Context, w library.Writer) error {
	info, err := w.Info(ctx)
	if err == nil && info.HidesNotes {
		return library.Errorf(library.Forbidden, "works of library %s can't be merged with a key that may not read notes: notes of the duplicates would go to the trash", info.ID).
			WithHint("allow the key to read notes at https://www.zotero.org/settings/keys")
	}
	return err
}

// mergedWorks returns the works that the arguments name, the one to keep first.
func (c *writeCall) mergedWorks(ctx context.Context, in mergeInput) ([]holding, error) {
	found, err := c.resolve(ctx, "duplicates", append([]string{in.Keep}, in.Duplicates...))
	if err != nil {
		return nil, err
	}
	var works []holding
	for _, l := range found {
		switch {
		case l.err != nil:
			return nil, l.err
		case l.asked != l.item.ID.Key:
			return nil, library.Errorf(library.Invalid, "%s/%s is a note, a file or an annotation, and only works are merged", l.lib.ID, l.asked).
				WithHint("give the IDs of works")
		case l.lib.ID != found[0].lib.ID:
			return nil, library.Errorf(library.Invalid, "the works are of more than one library").WithHint("merge those of each library")
		}
		if !slices.ContainsFunc(works, func(h holding) bool { return h.item.ID == l.item.ID }) {
			works = append(works, l.holding)
		}
	}
	if len(works) < 2 {
		return nil, library.Errorf(library.Invalid, "argument %q names no other work than %q", "duplicates", "keep")
	}
	return works, nil
}

// mergeOf reads the works, what is below them and what has relations to them as they
// are now.
func mergeOf(ctx context.Context, w library.Writer, lib library.ID, works []holding) (*change.Merge, error) {
	var keys []string
	for _, h := range works {
		keys = append(keys, h.item.ID.Key)
		for _, n := range h.item.Notes {
			keys = append(keys, n.Key)
		}
		for _, a := range h.item.Attachments {
			keys = append(keys, a.Key)
			for _, x := range a.Annotations {
				keys = append(keys, x.Key)
			}
		}
	}
	objects, err := objectsOf(ctx, w, keys)
	if err != nil {
		return nil, err
	}
	m := &change.Merge{Library: lib, NewKey: w.NewKey}
	var related []string
	for i, h := range works {
		o, ok := objects[h.item.ID.Key]
		if !ok || !empty(o.Data["deleted"]) {
			return nil, library.Errorf(library.NotFound, "work %s was removed meanwhile", h.item.ID)
		}
		t := treeOf(o, new(tidy).title(h.item), keys, objects)
		if i == 0 {
			m.Kept = t
			continue
		}
		m.Others = append(m.Others, t)
		related = append(related, change.RelatedKeys(lib, o)...)
		for _, below := range t.Below {
			related = append(related, change.RelatedKeys(lib, below.Object)...)
		}
	}
	slices.Sort(related)
	related = slices.DeleteFunc(slices.Compact(related), func(key string) bool { return slices.Contains(keys, key) })
	found, err := objectsOf(ctx, w, related)
	for _, key := range related {
		if o, ok := found[key]; ok {
			m.Related = append(m.Related, o)
		}
	}
	return m, err
}

// objectsOf returns the items of these keys as they are now, by key.
func objectsOf(ctx context.Context, w library.Writer, keys []string) (map[string]library.Object, error) {
	found := make(map[string]library.Object, len(keys))
	for part := range slices.Chunk(keys, library.MaxEdits) {
		objects, err := w.Objects(ctx, library.ItemObject, part)
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			found[o.Key] = o
		}
	}
	return found, nil
}

// treeOf returns an object with those below it that are not in the trash, in the order
// of keys.
func treeOf(o library.Object, name string, keys []string, objects map[string]library.Object) change.Tree {
	t := change.Tree{Object: o, Name: name}
	for _, key := range keys {
		if below, ok := objects[key]; ok && below.Data["parentItem"] == o.Key && empty(below.Data["deleted"]) {
			t.Below = append(t.Below, treeOf(below, name, keys, objects))
		}
	}
	return t
}

// mergeable returns why works can't become one, or nil.
func mergeable(m *change.Merge) error {
	kept, _ := m.Kept.Data["itemType"].(string)
	if !zschema.KnownType(kept) {
		return library.Errorf(library.Invalid, "%s is a note or a file, and only works are merged", m.Kept.Key)
	}
	for _, o := range m.Others {
		if itemType, _ := o.Data["itemType"].(string); itemType != kept {
			return library.Errorf(library.Invalid, "%s is a %s and %s a %s; works of one item type are merged", m.Kept.Key, token(kept), o.Key, token(itemType)).
				WithHint("set item_type with update_items before")
		}
	}
	return nil
}

// mergeNotices says in what the result differs from one of Zotero's desktop program.
func mergeNotices(m *change.Merge) []string {
	added, _ := m.Kept.Data["dateAdded"].(string)
	for _, o := range m.Others {
		if other, _ := o.Data["dateAdded"].(string); other != "" && other < added {
			return []string{"a duplicate was added earlier than the work that is kept, whose date of addition stays as it is"}
		}
	}
	return nil
}
