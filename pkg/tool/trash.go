package tool

import (
	"context"
	"fmt"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// trashInput is the arguments of trash_items.
type trashInput struct {
	IDs     []string
	Restore bool
}

func trashItemsTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"trash_items", "Trash or restore items",
		"Puts works, notes or attachments into the trash, or with restore takes them out by item ID. " +
			"Use it to remove what is not wanted; gives a plan first. Not for duplicates: use merge_items."},
		Hints{Idempotent: true},
		[]field[trashInput]{
			idsField(func(in *trashInput) *[]string { return &in.IDs }),
			boolean("restore", "", func(in *trashInput) *bool { return &in.Restore }),
		}, trashItems)
}

// idsField declares the items that a tool changes.
func idsField[In any](at func(*In) *[]string) field[In] {
	return list("ids", "item IDs, DOIs or @keys, of one library", library.MaxEdits, at).must()
}

func trashItems(ctx context.Context, c *writeCall, in trashInput) (*proposal, error) {
	if in.Restore {
		return restoreItems(ctx, c, in)
	}
	t, err := c.targets(ctx, in.IDs)
	if err != nil {
		return nil, err
	}
	edits := t.edits(func(library.Object) (library.Data, error) { return library.Data{"deleted": true}, nil })
	if edits.err != nil {
		return nil, edits.err
	}
	return c.propose(t.lib, fmt.Sprintf("Put %s into the trash", counted(len(edits.list), "item")), edits.list)
}

// restoreItems takes items out of the trash, where no reader finds them: so they are
// named by their IDs.
func restoreItems(ctx context.Context, c *writeCall, in trashInput) (*proposal, error) {
	libs, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	t := &targets{}
	for _, s := range in.IDs {
		id, err := parseItemID("ids", c.withoutPage(s))
		if err != nil {
			return nil, err
		}
		at := indexID(libs, id.Library)
		if at < 0 {
			return nil, c.noLibrary()
		}
		if err := t.add(libs[at].ID, id.Key, ""); err != nil {
			return nil, err
		}
	}
	if err := t.read(ctx, c); err != nil {
		return nil, err
	}
	edits := t.edits(func(library.Object) (library.Data, error) { return library.Data{"deleted": false}, nil })
	if edits.err != nil {
		return nil, edits.err
	}
	return c.propose(t.lib, fmt.Sprintf("Take %s out of the trash", counted(len(edits.list), "item")), edits.list)
}

// counted returns a number and its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// targets are the items of one library that a tool changes.
type targets struct {
	lib     library.ID
	keys    []string
	names   []string // what a person calls them
	writer  library.Writer
	objects []library.Object // in the order of keys
}

// targets returns the items that names mean, as they are now. All are of one library,
// and each is found.
func (c *writeCall) targets(ctx context.Context, names []string) (*targets, error) {
	found, err := c.resolve(ctx, "ids", names)
	if err != nil {
		return nil, err
	}
	t := &targets{}
	for _, l := range found {
		if l.err != nil {
			return nil, l.err
		}
		if err := t.add(l.lib.ID, l.asked, new(tidy).title(l.item)); err != nil {
			return nil, err
		}
	}
	return t, t.read(ctx, c)
}

// add adds an item. One that is named twice counts once.
func (t *targets) add(lib library.ID, key, name string) error {
	if t.lib != "" && t.lib != lib {
		return library.Errorf(library.Invalid, "argument %q names items of more than one library", "ids").WithHint("make a call for each library")
	}
	t.lib = lib
	if !slices.Contains(t.keys, key) {
		t.keys, t.names = append(t.keys, key), append(t.names, name)
	}
	return nil
}

// read reads the items as they are now.
func (t *targets) read(ctx context.Context, c *writeCall) (err error) {
	if len(t.keys) == 0 {
		return library.Errorf(library.Invalid, "argument %q is empty", "ids")
	}
	if t.writer, err = c.writer(ctx, t.lib); err != nil {
		return err
	}
	objects, err := t.writer.Objects(ctx, library.ItemObject, t.keys)
	if err != nil {
		return err
	}
	for _, key := range t.keys {
		at := slices.IndexFunc(objects, func(o library.Object) bool { return o.Key == key })
		if at < 0 {
			return library.Errorf(library.NotFound, "library %s has no item %s now", t.lib, key).WithHint("search for it; it may have been removed")
		}
		t.objects = append(t.objects, objects[at])
	}
	return nil
}

// edited are edits, or why they can't be made.
type edited struct {
	list []change.Edit
	err  error
}

// edits returns the edits that give each item the fields that set returns for it.
func (t *targets) edits(set func(library.Object) (library.Data, error)) (out edited) {
	for i, o := range t.objects {
		fields, err := set(o)
		if err != nil {
			return edited{err: err}
		}
		if e, ok := change.Set(o, fields); ok {
			e.Name = t.names[i]
			out.list = append(out.list, e)
		}
	}
	return out
}
