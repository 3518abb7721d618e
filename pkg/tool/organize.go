package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// organizeInput is the arguments of organize.
type organizeInput struct {
	Action     string
	Library    string
	Collection string
	Parent     string
	Name       string
	Tags       []string
}

// The actions of organize.
const (
	makeCollection    = "make_collection"
	renameCollection  = "rename_collection"
	moveCollection    = "move_collection"
	trashCollection   = "trash_collection"
	restoreCollection = "restore_collection"
	renameTags        = "rename_tags"
	removeTags        = "remove_tags"
)

// atTop is the parent that moves a collection to the top.
const atTop = "/"

func organizeTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"organize", "Organize collections and tags",
		"Makes, renames, moves, trashes a collection, or renames, merges, removes tags on all works of a library or collection. " +
			"Use it for structure; gives a plan first unless it only adds. Not for single works: use update_items."},
		Hints{},
		[]field[organizeInput]{
			choice("action", "", func(in *organizeInput) *string { return &in.Action },
				makeCollection, renameCollection, moveCollection, trashCollection, restoreCollection, renameTags, removeTags).must(),
			name(libraryName, "ID or name", func(in *organizeInput) *string { return &in.Library }).must(),
			name(collectionName, "key, name or path A/B; for tags: only there", func(in *organizeInput) *string { return &in.Collection }),
			name("parent", "collection above; / is the top", func(in *organizeInput) *string { return &in.Parent }),
			name("name", "new name of collection or tag", func(in *organizeInput) *string { return &in.Name }),
			tags("tags", "several become one", func(in *organizeInput) *[]string { return &in.Tags }),
		}, organize)
}

func organize(ctx context.Context, c *writeCall, in organizeInput) (*proposal, error) {
	libs, err := c.choose(ctx, in.Library)
	if err != nil {
		return nil, err
	}
	if len(libs) != 1 {
		return nil, library.Errorf(library.Invalid, "argument %q is missing", libraryName)
	}
	lib := libs[0].ID
	w, err := c.writer(ctx, lib)
	if err != nil {
		return nil, err
	}
	if in.Action == renameTags || in.Action == removeTags {
		return c.organizeTags(ctx, w, lib, in)
	}
	return c.organizeCollection(ctx, w, lib, in)
}

// missing is the error for an argument that the action needs.
func missing(argument string) error {
	return library.Errorf(library.Invalid, "this action needs argument %q", argument)
}

// parentKey returns the key of the collection above, false for the top.
func (c *writeCall) parentKey(ctx context.Context, lib library.ID, parent string) (any, error) {
	if parent == "" || parent == atTop {
		return false, nil
	}
	return c.collectionKey(ctx, lib, parent)
}

// maxCollectionName is the longest name of a collection in characters, Zotero's.
const maxCollectionName = 255

func (c *writeCall) organizeCollection(ctx context.Context, w library.Writer, lib library.ID, in organizeInput) (*proposal, error) {
	if len([]rune(in.Name)) > maxCollectionName {
		return nil, library.Errorf(library.TooLarge, "argument %q is longer than %d characters", "name", maxCollectionName)
	}
	if in.Action == makeCollection {
		return c.makeCollection(ctx, w, lib, in)
	}
	if in.Collection == "" {
		return nil, missing(collectionName)
	}
	o, err := c.collectionObject(ctx, w, lib, in)
	if err != nil {
		return nil, err
	}
	fields, title, err := c.collectionFields(ctx, lib, in)
	if err != nil {
		return nil, err
	}
	e, ok := change.Set(o, fields)
	if !ok {
		return c.propose(lib, title, nil)
	}
	e.Name, _ = o.Data["name"].(string)
	return c.propose(lib, title, []change.Edit{e})
}

// collectionFields returns what the action sets.
func (c *writeCall) collectionFields(ctx context.Context, lib library.ID, in organizeInput) (fields library.Data, title string, err error) {
	switch in.Action {
	case renameCollection:
		if in.Name == "" {
			return nil, "", missing("name")
		}
		return library.Data{"name": in.Name}, "Rename a collection", nil
	case moveCollection:
		if in.Parent == "" {
			return nil, "", missing("parent")
		}
		parent, err := c.parentKey(ctx, lib, in.Parent)
		return library.Data{"parentCollection": parent}, "Move a collection", err
	case trashCollection:
		return library.Data{"deleted": true}, "Put a collection into the trash; its works stay", nil
	}
	return library.Data{"deleted": false}, "Take a collection out of the trash", nil
}

func (c *writeCall) makeCollection(ctx context.Context, w library.Writer, lib library.ID, in organizeInput) (*proposal, error) {
	if in.Name == "" {
		return nil, missing("name")
	}
	parent, err := c.parentKey(ctx, lib, in.Parent)
	if err != nil {
		return nil, err
	}
	page, err := w.Collections(ctx)
	if err != nil {
		return nil, err
	}
	above, _ := parent.(string)
	for _, existing := range page.Items {
		if existing.Parent == above && plaintext.FoldName(existing.Name) == plaintext.FoldName(in.Name) {
			return nil, library.Errorf(library.Conflict, "there is a collection of this name in the same place: %s", existing.Key)
		}
	}
	fields := library.Data{"name": in.Name}
	if above != "" {
		fields["parentCollection"] = above
	}
	e := change.Make(library.CollectionObject, w.NewKey(), fields)
	e.Name = in.Name
	return c.propose(lib, "Make a collection", []change.Edit{e})
}

// collectionObject returns the collection that the arguments name. One in the trash is
// named by its key.
func (c *writeCall) collectionObject(ctx context.Context, w library.Writer, lib library.ID, in organizeInput) (library.Object, error) {
	key := strings.TrimPrefix(in.Collection, string(lib)+"/")
	if in.Action != restoreCollection {
		var err error
		if key, err = c.collectionKey(ctx, lib, in.Collection); err != nil {
			return library.Object{}, err
		}
	}
	objects, err := w.Objects(ctx, library.CollectionObject, []string{key})
	if err == nil && len(objects) == 0 {
		err = library.Errorf(library.NotFound, "library %s has no such collection now", lib).WithHint("list_collections shows the tree; one in the trash is named by its key")
	}
	if err != nil {
		return library.Object{}, err
	}
	return objects[0], nil
}

// organizeTags plans the change of tags from what the library's index says, without a
// request for each work.
func (c *writeCall) organizeTags(ctx context.Context, w library.Writer, lib library.ID, in organizeInput) (*proposal, error) {
	if len(in.Tags) == 0 {
		return nil, missing("tags")
	}
	t := &tagChange{remove: in.Tags}
	title := fmt.Sprintf("Remove %s", counted(len(in.Tags), "tag"))
	if in.Action == renameTags {
		if in.Name == "" {
			return nil, missing("name")
		}
		if len([]rune(in.Name)) > maxTagChars {
			return nil, library.Errorf(library.TooLarge, "argument %q is longer than %d characters", "name", maxTagChars)
		}
		t.add = in.Name
		t.remove = slices.DeleteFunc(slices.Clone(in.Tags), func(tag string) bool { return tag == in.Name })
		title = fmt.Sprintf("Rename %s", counted(len(in.Tags), "tag"))
	}
	q := library.Query{TagsAny: in.Tags, Sort: library.SortAddedAsc, Limit: library.MaxLimit}
	if in.Collection != "" {
		key, err := c.collectionKey(ctx, lib, in.Collection)
		if err != nil {
			return nil, err
		}
		q.Collection = key
	}
	if err := t.collect(ctx, w, q); err != nil {
		return nil, err
	}
	c.hear(lib, t.notice)
	if len(t.edits) == 0 {
		return nil, library.Errorf(library.NotFound, "no work has these tags").WithHint("list_tags names them; letter case counts")
	}
	return c.propose(lib, title, t.edits)
}

// tagChange changes tags of works and of what is below them.
type tagChange struct {
	remove []string
	add    string // in place of those that are removed; "" is none
	edits  []change.Edit
	notice string
}

// collect searches the works page by page. The error has the code Unavailable if the
// library can't give all of them: a plan must not pass a part off as the whole.
func (t *tagChange) collect(ctx context.Context, r library.Reader, q library.Query) error {
	seen := 0
	for {
		page, err := r.Search(ctx, q)
		if err != nil {
			return err
		}
		t.notice = page.Notice
		keys := make([]string, len(page.Items))
		for i, hit := range page.Items {
			keys[i] = hit.Item.ID.Key
		}
		if len(keys) == 0 {
			return nil
		}
		items, err := r.Items(ctx, keys) // with their children
		if err != nil {
			return err
		}
		for _, it := range items.Items {
			t.item(it)
		}
		switch seen += len(keys); {
		case len(t.edits) > change.MaxEdits:
			return nil
		case !page.More && page.Total > seen:
			return library.Errorf(library.Unavailable, "the library gives %d of the %d works with these tags: it is still being read", seen, page.Total).
				WithHint("call again in a minute; nothing was changed")
		case !page.More:
			return nil
		}
		last := page.Items[len(page.Items)-1]
		q.After = &library.Position{Score: last.Score, Value: last.Value, Key: last.Item.ID.Key, Taken: taken(q.After) + len(page.Items)}
	}
}

func taken(p *library.Position) int {
	if p == nil {
		return 0
	}
	return p.Taken
}

// item adds the edits of a work, its notes and its annotations. The version of a work
// is not below that of what is below it.
func (t *tagChange) item(it *library.Item) {
	name := new(tidy).title(it)
	t.object(it.ID.Key, name, it.Version, it.Tags)
	for _, n := range it.Notes {
		t.object(n.Key, name, it.Version, n.Tags)
	}
	for _, a := range it.Attachments {
		for _, x := range a.Annotations {
			t.object(x.Key, name, it.Version, x.Tags)
		}
	}
}

func (t *tagChange) object(key, name string, version int64, tags []string) {
	if !slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(t.remove, tag) }) {
		return
	}
	now := make([]any, len(tags))
	for i, tag := range tags {
		now[i] = newTag(tag)
	}
	var add []string
	if t.add != "" {
		add = []string{t.add}
	}
	o := library.Object{Kind: library.ItemObject, Key: key, Version: version, Data: library.Data{"tags": now}}
	if e, ok := change.Set(o, library.Data{"tags": withEntries(now, add, t.remove, newTag)}); ok {
		e.Name = name
		t.edits = append(t.edits, e)
	}
}
