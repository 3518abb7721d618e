package tool

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// updateInput is the arguments of update_items.
type updateInput struct {
	IDs                               []string
	Fields                            map[string]any
	ItemType                          string
	AddTags, RemoveTags, SetTags      []string
	AddCollections, RemoveCollections []string
}

// Bounds of what update_items sets, in characters.
const (
	maxFieldChars = 20_000
	maxTagChars   = 255 // Zotero's
)

func updateItemsTool(c *Catalog) (*definition, error) {
	return writeTool(c, about{"update_items", "Update items",
		"Sets fields, item type, tags and collections of items, the same for all. Use it to correct or file works; " +
			"what overwrites or removes gives a plan first. Not for notes' text or whole collections and tags: use organize."},
		Hints{Idempotent: true},
		[]field[updateInput]{
			idsField(func(in *updateInput) *[]string { return &in.IDs }),
			object("fields", `by Zotero name, "" removes; creators: a list of "Family, Given" or Zotero objects`, func(in *updateInput) *map[string]any { return &in.Fields }),
			name("item_type", "converts", func(in *updateInput) *string { return &in.ItemType }),
			tags("add_tags", "", func(in *updateInput) *[]string { return &in.AddTags }),
			tags("remove_tags", "", func(in *updateInput) *[]string { return &in.RemoveTags }),
			tags("set_tags", "replaces all", func(in *updateInput) *[]string { return &in.SetTags }),
			tags("add_collections", "key, name or path A/B", func(in *updateInput) *[]string { return &in.AddCollections }),
			tags("remove_collections", "", func(in *updateInput) *[]string { return &in.RemoveCollections }),
		}, updateItems)
}

func updateItems(ctx context.Context, c *writeCall, in updateInput) (*proposal, error) {
	if len(in.Fields) == 0 && in.ItemType == "" && len(in.AddTags)+len(in.RemoveTags)+len(in.AddCollections)+len(in.RemoveCollections) == 0 && in.SetTags == nil {
		return nil, library.Errorf(library.Invalid, "no change is asked for").WithHint("give fields, item_type, tags or collections")
	}
	t, err := c.targets(ctx, in.IDs)
	if err != nil {
		return nil, err
	}
	u := &itemUpdate{updateInput: in}
	if in.ItemType != "" {
		var ok bool
		if u.to, ok = itemType(in.ItemType); !ok {
			return nil, library.Errorf(library.Invalid, "argument %q is no item type", "item_type").WithHint("the types are %s", strings.Join(itemTypes[:], ", "))
		}
	}
	if u.add, err = c.collectionKeys(ctx, t.lib, in.AddCollections); err != nil {
		return nil, err
	}
	if u.remove, err = c.collectionKeys(ctx, t.lib, in.RemoveCollections); err != nil {
		return nil, err
	}
	edits := t.edits(u.fields)
	if edits.err != nil {
		return nil, edits.err
	}
	p, err := c.propose(t.lib, "Update "+counted(len(edits.list), "item"), edits.list)
	if err == nil && u.onlyAdds() && c.writing.Confirm != ConfirmAlways {
		p.approved = true
	}
	return p, err
}

// collectionKeys returns the keys of the collections that the names mean.
func (c *writeCall) collectionKeys(ctx context.Context, lib library.ID, names []string) ([]string, error) {
	var keys []string
	for _, name := range names {
		key, err := c.collectionKey(ctx, lib, name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (c *writeCall) collectionKey(ctx context.Context, lib library.ID, name string) (string, error) {
	found, err := c.collections(ctx, lib, name)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", library.Errorf(library.NotFound, "no collection of library %s has the key, name or path that was given", lib).
			WithHint("list_collections shows the tree; organize makes collections")
	case len(found) > 1:
		return "", library.Errorf(library.Invalid, "a name means more than one collection: %s", enumerate(found)).WithHint("use one of these keys")
	}
	return found[0], nil
}

// itemUpdate is a change of several items.
type itemUpdate struct {
	updateInput
	to          string   // an item type, or ""
	add, remove []string // keys of collections
}

// onlyAdds reports whether the update adds tags and collections and does nothing else.
func (u *itemUpdate) onlyAdds() bool {
	return len(u.Fields) == 0 && u.to == "" && len(u.RemoveTags) == 0 && u.SetTags == nil && len(u.remove) == 0
}

// fields returns the fields that the update gives to an item.
func (u *itemUpdate) fields(o library.Object) (library.Data, error) {
	itemType, _ := o.Data["itemType"].(string)
	out := library.Data{}
	if u.to != "" && u.to != itemType {
		if !zschema.KnownType(itemType) {
			return nil, library.Errorf(library.Invalid, "item %s is a note, an attachment or an annotation, which has no other type", o.Key)
		}
		converted, err := change.Convert(o.Data, u.to)
		if err != nil {
			return nil, err
		}
		out, itemType = converted, u.to
	}
	for _, name := range slices.Sorted(maps.Keys(u.Fields)) {
		field, value, err := fieldValue(itemType, name, u.Fields[name])
		if err != nil {
			return nil, err
		}
		out[field] = value
	}
	if err := u.tags(o, out); err != nil {
		return nil, err
	}
	if len(u.add)+len(u.remove) > 0 {
		if !empty(o.Data["parentItem"]) {
			return nil, library.Errorf(library.Invalid, "item %s is below a work, and only works are in collections", o.Key).WithHint("give the ID of the work")
		}
		out["collections"] = withEntries(o.Data["collections"], u.add, u.remove, func(key string) any { return key })
	}
	return out, nil
}

// tags sets the tags in out.
func (u *itemUpdate) tags(o library.Object, out library.Data) error {
	if u.SetTags == nil && len(u.AddTags)+len(u.RemoveTags) == 0 {
		return nil
	}
	for _, tag := range slices.Concat(u.SetTags, u.AddTags) {
		if utf8.RuneCountInString(tag) > maxTagChars {
			return library.Errorf(library.TooLarge, "a tag is longer than %d characters", maxTagChars)
		}
	}
	now := o.Data["tags"]
	if u.SetTags != nil {
		gone := slices.DeleteFunc(entryTexts(now), func(tag string) bool { return slices.Contains(u.SetTags, tag) })
		now = withEntries(now, u.SetTags, gone, newTag)
	}
	out["tags"] = withEntries(now, u.AddTags, u.RemoveTags, newTag)
	return nil
}

func newTag(name string) any { return map[string]any{"tag": name} }

// empty reports whether a value stands for an absent field.
func empty(v any) bool { return change.Same("", v, nil) }

// entryTexts returns the tags or keys of a list.
func entryTexts(v any) []string {
	list, _ := v.([]any)
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = entryText(e)
	}
	return texts
}

// withEntries returns the list with these tags or keys added and those removed. The
// entries that stay are as they were.
func withEntries(v any, add, remove []string, make func(string) any) []any {
	list, _ := v.([]any)
	out := []any{}
	for _, e := range list {
		if !slices.Contains(remove, entryText(e)) {
			out = append(out, e)
		}
	}
	for _, name := range add {
		if !slices.Contains(entryTexts(out), name) {
			out = append(out, make(name))
		}
	}
	return out
}

// fieldValue checks a field that a caller gives to an item of that type, and returns
// it as the library takes it.
func fieldValue(itemType, name string, v any) (field string, value any, err error) {
	if name == "creators" {
		value, err = creatorsValue(itemType, v)
		return name, value, err
	}
	field = name
	if zschema.KnownType(itemType) {
		var ok bool
		if field, ok = zschema.FieldFor(itemType, name); !ok {
			return "", nil, library.Errorf(library.Invalid, "a %s has no field %s", itemType, echo(name)).
				WithHint("its fields are %s; tags, collections and the type have arguments of their own", strings.Join(zschema.Fields(itemType), ", "))
		}
	} else if name != "title" && name != "url" {
		return "", nil, library.Errorf(library.Invalid, "field %s of a note, an attachment or an annotation can't be set here", echo(name)).WithHint("its tags can")
	}
	var s string
	switch v := v.(type) {
	case nil:
	case string:
		s = plaintext.Clean(v)
	case float64, bool:
		s = fmt.Sprint(v)
	default:
		return "", nil, library.Errorf(library.Invalid, "field %s must be a text", echo(name))
	}
	if n := utf8.RuneCountInString(s); n > maxFieldChars {
		return "", nil, library.Errorf(library.TooLarge, "field %s has %d characters, at most %d are taken", echo(name), n, maxFieldChars)
	}
	return field, s, nil
}

// maxSetCreators bounds the creators of a work that update_items sets.
const maxSetCreators = 500

// creatorsValue reads creators: "Family, Given", the name of an institution, or an
// object as Zotero has it.
func creatorsValue(itemType string, v any) (any, error) {
	list, ok := v.([]any)
	if !ok || len(list) > maxSetCreators {
		return nil, library.Errorf(library.Invalid, "field %q must be a list of at most %d", "creators", maxSetCreators)
	}
	out := []any{}
	for _, e := range list {
		creator := map[string]any{"creatorType": zschema.PrimaryCreator(itemType)}
		switch e := e.(type) {
		case string:
			family, given, person := strings.Cut(plaintext.Line(e), ",")
			if person {
				creator["lastName"], creator["firstName"] = strings.TrimSpace(family), strings.TrimSpace(given)
			} else {
				creator["name"] = family
			}
		case map[string]any:
			for _, name := range []string{"creatorType", "firstName", "lastName", "name"} {
				if s, ok := e[name].(string); ok {
					creator[name] = plaintext.Line(s)
				}
			}
		}
		if empty(creator["lastName"]) && empty(creator["name"]) {
			return nil, library.Errorf(library.Invalid, "an entry of field %q has no name", "creators").WithHint(`write "Family, Given", or {"creatorType":"author","firstName":"…","lastName":"…"}`)
		}
		if role, _ := creator["creatorType"].(string); !zschema.ValidCreator(itemType, role) {
			return nil, library.Errorf(library.Invalid, "a %s has no creators of role %s", itemType, echo(role)).WithHint("its roles are %s", strings.Join(zschema.Creators(itemType), ", "))
		}
		out = append(out, creator)
	}
	return out, nil
}
