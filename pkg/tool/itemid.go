package tool

import (
	"context"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// parseItemID reads an item ID or the URI of an item's resource. The kind of
// the library may be in capitals; other letters stay as they are, since only
// the provider knows the form of its IDs and keys.
func parseItemID(argument, s string) (library.ItemID, error) {
	if strings.HasPrefix(s, resourceScheme) {
		s, _ = parseURI(s)
	}
	lib, key, ok := strings.Cut(s, "/")
	kind, name, named := strings.Cut(lib, ":")
	kind = strings.ToLower(kind)
	if named {
		kind += ":" + name
	}
	id, err := library.ParseItemID(kind + "/" + key)
	if err == nil {
		return id, nil
	}
	e := library.Errorf(library.Invalid, "argument %q is not an item ID", argument).WithCause(err)
	if _, err := library.ParseItemID(string(library.Local) + "/" + s); !ok && err == nil {
		return id, e.WithHint("a key alone names nothing, since keys repeat between libraries: put the library before it, as in local/ABCD2345")
	}
	return id, e.WithHint("an item ID looks like local/ABCD2345 or group:4711/ABCD2345; take it from a search result")
}

// keyed is a work and the key under which the library has it or one of its
// children.
type keyed struct {
	key  string
	item *library.Item // nil if the library has no such key
}

// itemsOf returns a library and its works of these keys, in this order. A key that
// the library does not have is tried in capitals.
func (c *call) itemsOf(ctx context.Context, id library.ID, keys []string) (library.Reader, []keyed, error) {
	r, err := c.reader(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	found := make([]keyed, len(keys))
	for i, key := range keys {
		found[i].key = key
	}
	if err := c.fill(ctx, id, r, found); err != nil {
		return nil, nil, err
	}
	var again []keyed
	var at []int
	for i, f := range found {
		if upper := strings.ToUpper(f.key); f.item == nil && upper != f.key {
			again, at = append(again, keyed{key: upper}), append(at, i)
		}
	}
	if err := c.fill(ctx, id, r, again); err != nil {
		return nil, nil, err
	}
	for i, f := range again {
		if f.item != nil {
			found[at[i]] = f
		}
	}
	return r, found, nil
}

// fill reads the works of the keys. What the library says of them goes into the
// answer.
func (c *call) fill(ctx context.Context, id library.ID, r library.Reader, found []keyed) error {
	if len(found) == 0 {
		return nil
	}
	keys := make([]string, len(found))
	for i, f := range found {
		keys[i] = f.key
	}
	page, err := r.Items(ctx, keys)
	if err != nil {
		return err
	}
	c.hear(id, page.Notice)
	items := page.Items
	byKey := make(map[string]*library.Item, len(items))
	for _, it := range items {
		indexKeys(byKey, it)
	}
	for i := range found {
		found[i].item = byKey[found[i].key]
	}
	if len(keys) == 1 && len(items) == 1 {
		found[0].item = items[0] // a child that the work does not list
	}
	return nil
}

// indexKeys puts the work under its own key and those of its children.
func indexKeys(byKey map[string]*library.Item, it *library.Item) {
	byKey[it.ID.Key] = it
	for _, n := range it.Notes {
		byKey[n.Key] = it
	}
	for _, a := range it.Attachments {
		byKey[a.Key] = it
		for _, x := range a.Annotations {
			byKey[x.Key] = it
		}
	}
}
