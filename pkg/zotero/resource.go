package zotero

import (
	"encoding/json"
	"slices"
	"strconv"
)

// collection is a collection as the API writes it.
type collection struct {
	key     string
	name    string
	parent  string // key, or "" at the top
	deleted bool   // in the trash; lists have such collections too
	items   int    // directly in it
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *collection) UnmarshalJSON(raw []byte) error {
	m, data, meta, err := envelope(raw)
	if err != nil {
		return err
	}
	*c = collection{
		key: asText(m["key"]), name: asText(data["name"]), parent: asText(data["parentCollection"]),
		deleted: asBool(data["deleted"]), items: int(asNumber(meta["numItems"], 0)),
	}
	return nil
}

// group is a group's description.
type group struct {
	id      int64
	name    string
	owner   int64
	admins  []int64
	editing string // who may edit the library: "members" or "admins"
}

// UnmarshalJSON implements [json.Unmarshaler].
func (g *group) UnmarshalJSON(raw []byte) error {
	m, data, _, err := envelope(raw)
	if err != nil {
		return err
	}
	*g = group{
		id: asNumber(m["id"], asNumber(data["id"], 0)), name: asText(data["name"]),
		owner: asNumber(data["owner"], 0), editing: asText(data["libraryEditing"]),
	}
	for _, raw := range asArray(data["admins"]) {
		g.admins = append(g.admins, asNumber(raw, 0))
	}
	return nil
}

// title returns the group's name, or its number if it has none.
func (g *group) title() string {
	if g.name == "" {
		return "Group " + strconv.FormatInt(g.id, 10)
	}
	return g.name
}

// editableBy reports whether a member may change the group's library.
func (g *group) editableBy(user int64) bool {
	return g.editing != "admins" || g.owner == user || slices.Contains(g.admins, user)
}

// key is what an API key may do. The key itself is not kept.
type key struct {
	user     int64
	personal rights           // in the personal library
	groups   map[int64]rights // by group; all stands for those not in it
	all      rights           // in every group of its user
}

// rights are what a key may do in a library.
type rights struct{ library, files, notes, write bool }

// UnmarshalJSON implements [json.Unmarshaler].
func (k *key) UnmarshalJSON(raw []byte) error {
	m := asObject(raw)
	if m == nil {
		return errNotObject
	}
	access := asObject(m["access"])
	*k = key{user: asNumber(m["userID"], 0), personal: rightsOf(access["user"]), groups: map[int64]rights{}}
	for name, raw := range asObject(access["groups"]) {
		if name == "all" {
			k.all = rightsOf(raw)
		} else if n, err := strconv.ParseInt(name, 10, 64); err == nil {
			k.groups[n] = rightsOf(raw)
		}
	}
	return nil
}

func rightsOf(raw json.RawMessage) rights {
	m := asObject(raw)
	return rights{library: asBool(m["library"]), files: asBool(m["files"]), notes: asBool(m["notes"]), write: asBool(m["write"])}
}

// in returns what the key may do in a group of its user.
func (k *key) in(group int64) rights {
	if r, ok := k.groups[group]; ok {
		return rights{library: r.library || k.all.library, write: r.write || k.all.write}
	}
	return k.all
}

// readsGroups reports whether there can be a group that the key may read.
func (k *key) readsGroups() bool {
	if k.all.library {
		return true
	}
	for _, r := range k.groups {
		if r.library {
			return true
		}
	}
	return false
}

// fullText is the text that Zotero extracted from an attachment's file: some of
// the pages of a paged format, some of the characters of another. A number that
// is not known is 0.
type fullText struct {
	content                  string
	indexedPages, totalPages int
	indexedChars, totalChars int
}

// UnmarshalJSON implements [json.Unmarshaler].
func (f *fullText) UnmarshalJSON(raw []byte) error {
	m := asObject(raw)
	if m == nil {
		return errNotObject
	}
	count := func(name string) int { return int(min(max(asNumber(m[name], 0), 0), 1<<31)) }
	*f = fullText{
		content: asText(m["content"]), indexedPages: count("indexedPages"), totalPages: count("totalPages"),
		indexedChars: count("indexedChars"), totalChars: count("totalChars"),
	}
	return nil
}

// deletions are the keys of what is gone for good since a version.
type deletions struct{ items, collections []string }

// UnmarshalJSON implements [json.Unmarshaler].
func (d *deletions) UnmarshalJSON(raw []byte) error {
	m := asObject(raw)
	if m == nil {
		return errNotObject
	}
	*d = deletions{items: asTexts(m["items"]), collections: asTexts(m["collections"])}
	return nil
}
