package zotero

import (
	"encoding/json"
	"slices"
	"strconv"
)

// Collection is a collection as the API writes it.
type Collection struct {
	Key     string
	Version int64
	Name    string
	Parent  string // key, or "" at the top
	Deleted bool   // in the trash; lists have such collections too
	Items   int    // directly in it
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Collection) UnmarshalJSON(raw []byte) error {
	m, data, meta, err := envelope(raw)
	if err != nil {
		return err
	}
	*c = Collection{
		Key: text(m["key"]), Version: number(m["version"], 0), Name: text(data["name"]), Parent: text(data["parentCollection"]),
		Deleted: truth(data["deleted"]), Items: int(number(meta["numItems"], 0)),
	}
	return nil
}

// Search is a saved search: its definition, never its results.
type Search struct {
	Key        string
	Version    int64
	Name       string
	Conditions []Condition
}

// Condition is one condition of a saved search.
type Condition struct{ Condition, Operator, Value string }

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Search) UnmarshalJSON(raw []byte) error {
	m, data, _, err := envelope(raw)
	if err != nil {
		return err
	}
	*s = Search{Key: text(m["key"]), Version: number(m["version"], 0), Name: text(data["name"])}
	for _, raw := range array(data["conditions"]) {
		c := object(raw)
		s.Conditions = append(s.Conditions, Condition{text(c["condition"]), text(c["operator"]), text(c["value"])})
	}
	return nil
}

// Tag is a tag of a library. One name may occur twice: set by hand, and
// automatic.
type Tag struct {
	Tag       string
	Automatic bool
	Items     int // items of any kind that have it
}

// UnmarshalJSON implements [json.Unmarshaler].
func (t *Tag) UnmarshalJSON(raw []byte) error {
	m, _, meta, err := envelope(raw)
	if err != nil {
		return err
	}
	*t = Tag{Tag: text(m["tag"]), Automatic: number(meta["type"], 0) == 1, Items: int(number(meta["numItems"], 0))}
	return nil
}

// Group is a group's description. Its version is not its library's.
type Group struct {
	ID             int64
	Version        int64
	Name           string
	Description    string
	Type           string // Private, PublicClosed, PublicOpen
	Owner          int64
	Admins         []int64
	LibraryEditing string // members, admins
	Items          int    // of any kind, -1 if not said
}

// UnmarshalJSON implements [json.Unmarshaler].
func (g *Group) UnmarshalJSON(raw []byte) error {
	m, data, meta, err := envelope(raw)
	if err != nil {
		return err
	}
	*g = Group{
		ID: number(m["id"], number(data["id"], 0)), Version: number(m["version"], 0), Name: text(data["name"]), Description: text(data["description"]),
		Type: text(data["type"]), Owner: number(data["owner"], 0), LibraryEditing: text(data["libraryEditing"]), Items: int(number(meta["numItems"], -1)),
	}
	for _, raw := range array(data["admins"]) {
		g.Admins = append(g.Admins, number(raw, 0))
	}
	return nil
}

// editableBy reports whether a member may change the group's library.
func (g *Group) editableBy(user int64) bool {
	return g.LibraryEditing != "admins" || g.Owner == user || slices.Contains(g.Admins, user)
}

// Key is what an API key may do. The key itself is not kept.
type Key struct {
	UserID   int64
	Username string
	User     Access           // the personal library
	Groups   map[int64]Access // by group; AllGroups stands for those not in it
	// AllGroups is what the key may do in every group of its user.
	AllGroups Access
}

// Access is what a key may do in a library.
type Access struct{ Library, Files, Notes, Write bool }

// UnmarshalJSON implements [json.Unmarshaler].
func (k *Key) UnmarshalJSON(raw []byte) error {
	m := object(raw)
	if m == nil {
		return errNotObject
	}
	access := object(m["access"])
	*k = Key{UserID: number(m["userID"], 0), Username: text(m["username"]), User: accessOf(access["user"]), Groups: map[int64]Access{}}
	for name, raw := range object(access["groups"]) {
		if name == "all" {
			k.AllGroups = accessOf(raw)
		} else if n, err := strconv.ParseInt(name, 10, 64); err == nil {
			k.Groups[n] = accessOf(raw)
		}
	}
	return nil
}

func accessOf(raw json.RawMessage) Access {
	m := object(raw)
	return Access{Library: truth(m["library"]), Files: truth(m["files"]), Notes: truth(m["notes"]), Write: truth(m["write"])}
}

// group returns what the key may do in a group of its user.
func (k *Key) group(id int64) Access {
	if a, ok := k.Groups[id]; ok {
		return Access{Library: a.Library || k.AllGroups.Library, Write: a.Write || k.AllGroups.Write}
	}
	return k.AllGroups
}

// FullText is the text that Zotero extracted from an attachment's file: of
// paged formats so many pages, of others so many characters. What isn't known
// is 0.
type FullText struct {
	Content                  string
	IndexedPages, TotalPages int
	IndexedChars, TotalChars int
	Version                  int64
}

// UnmarshalJSON implements [json.Unmarshaler].
func (f *FullText) UnmarshalJSON(raw []byte) error {
	m := object(raw)
	if m == nil {
		return errNotObject
	}
	count := func(name string) int { return int(min(max(number(m[name], 0), 0), 1<<31)) }
	*f = FullText{
		Content: text(m["content"]), IndexedPages: count("indexedPages"), TotalPages: count("totalPages"),
		IndexedChars: count("indexedChars"), TotalChars: count("totalChars"),
	}
	return nil
}

// Deleted are the keys of what is gone for good since a version.
type Deleted struct {
	Items, Collections, Searches, Tags, Settings []string
	Version                                      int64
}

// UnmarshalJSON implements [json.Unmarshaler].
func (d *Deleted) UnmarshalJSON(raw []byte) error {
	m := object(raw)
	if m == nil {
		return errNotObject
	}
	*d = Deleted{
		Items: texts(m["items"]), Collections: texts(m["collections"]), Searches: texts(m["searches"]),
		Tags: texts(m["tags"]), Settings: texts(m["settings"]),
	}
	return nil
}

// Setting is one setting of a library.
type Setting struct {
	Value   json.RawMessage
	Version int64
}

// Named is an entry of a list of types or fields.
type Named struct {
	Name      string // "book", "title", "author"
	Localized string
}

// UnmarshalJSON implements [json.Unmarshaler].
func (n *Named) UnmarshalJSON(raw []byte) error {
	m := object(raw)
	if m == nil {
		return errNotObject
	}
	*n = Named{Localized: text(m["localized"])}
	for _, name := range []string{"itemType", "field", "creatorType"} {
		if s := text(m[name]); s != "" {
			n.Name = s
		}
	}
	return nil
}

// envelope reads the three parts of an object.
func envelope(raw []byte) (m, data, meta map[string]json.RawMessage, err error) {
	if m = object(raw); m == nil {
		return nil, nil, nil, errNotObject
	}
	if data = object(m["data"]); data == nil {
		data = m
	}
	return m, data, object(m["meta"]), nil
}
