package change

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Set returns the edit that gives an object these fields. It has only those that
// differ, and ok is false if none does.
func Set(o library.Object, fields library.Data) (e Edit, ok bool) {
	e = Edit{Kind: o.Kind, Key: o.Key, Version: o.Version, Before: library.Data{}, After: library.Data{}}
	for name, value := range fields {
		if Same(name, o.Data[name], value) {
			continue
		}
		e.After[name] = value
		if old, has := o.Data[name]; has && !empty(old) {
			e.Before[name] = old
		}
	}
	return e, len(e.After) > 0
}

// Make returns the edit that makes an object.
func Make(kind library.ObjectKind, key string, fields library.Data) Edit {
	return Edit{Kind: kind, Key: key, After: fields}
}

// Same reports whether two values of a field mean the same: an absent field and an
// empty one, tags, collections and relations in any order, notes with equal text and
// links to the same items.
func Same(field string, a, b any) bool {
	if empty(a) || empty(b) {
		return empty(a) && empty(b)
	}
	switch field {
	case "tags", "collections":
		return slices.Equal(sortedNames(a), sortedNames(b))
	case "relations":
		return slices.Equal(relationNames(a), relationNames(b))
	case "deleted": // 1 and true, neither of which is empty
		return true
	case "note":
		textA, okA := a.(string)
		textB, okB := b.(string)
		return okA && okB && (textA == textB || plaintext.FromHTML(textA) == plaintext.FromHTML(textB) && slices.Equal(linkedKeys(textA), linkedKeys(textB)))
	}
	textA, okA := a.(string)
	textB, okB := b.(string)
	if okA && okB {
		return strings.TrimSpace(textA) == strings.TrimSpace(textB)
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

// Holds reports whether an object has these fields, in the sense of [Same].
func Holds(data, fields library.Data) bool {
	for name, value := range fields {
		if !Same(name, data[name], value) {
			return false
		}
	}
	return true
}

// plain returns a value as it is after a passage through JSON.
func plain(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out any
	if json.Unmarshal(raw, &out) != nil {
		return v
	}
	return out
}

// empty reports whether a value stands for an absent field.
func empty(v any) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return r.Len() == 0
	}
	return r.IsZero()
}

// emptyLike returns the value that removes a field which now has the value v.
func emptyLike(v any) any {
	switch reflect.ValueOf(v).Kind() {
	case reflect.Slice:
		return []any{}
	case reflect.Map:
		return map[string]any{}
	case reflect.Bool:
		return false
	}
	return ""
}

// entries returns the entries of a list of any Go type.
func entries(v any) []any {
	list, _ := plain(v).([]any)
	return list
}

// entryName returns what tells an entry of a list of tags or collections from others.
func entryName(v any) string {
	tag, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprint(v)
	}
	if empty(tag["type"]) {
		return fmt.Sprint(tag["tag"])
	}
	return fmt.Sprint(tag["tag"], "\x00", tag["type"])
}

func sortedNames(v any) []string {
	list := entries(v)
	names := make([]string, len(list))
	for i, e := range list {
		names[i] = entryName(e)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// merged returns what after, which was made for before, means for the value now: of
// tags, collections and relations those added and removed, else after itself.
func merged(field string, now, before, after any) any {
	if field == "relations" {
		return mergedRelations(now, before, after)
	}
	if field != "tags" && field != "collections" {
		return after
	}
	had, wanted, have := sortedNames(before), sortedNames(after), sortedNames(now)
	out := []any{}
	for _, e := range entries(now) {
		if name := entryName(e); slices.Contains(wanted, name) || !slices.Contains(had, name) {
			out = append(out, e)
		}
	}
	for _, e := range entries(after) {
		if name := entryName(e); !slices.Contains(had, name) && !slices.Contains(have, name) {
			out = append(out, e)
		}
	}
	return out
}

// sendable returns the fields without those that are removed from an item whose new
// type lacks them: the change of the type removes them, and naming them is an error.
func sendable(after library.Data) library.Data {
	itemType, ok := after["itemType"].(string)
	if !ok {
		return after
	}
	out := maps.Clone(after)
	for name, value := range after {
		if empty(value) && isBibliographic(name) && !zschema.ValidField(itemType, name) {
			delete(out, name)
		}
	}
	return out
}

// isBibliographic reports whether a field depends on the item type.
func isBibliographic(name string) bool {
	switch name {
	case "itemType", "creators", "tags", "collections", "relations", "parentItem", "deleted", "note", "extra":
		return false
	}
	return true
}

// Convert returns the fields that make an item one of another type, as Zotero does: a
// field moves to the one that stands for the same in the new type. What the new type
// has no field for goes into extra, a line each, so that nothing is lost. A creator of
// a role that the new type lacks becomes a contributor, or its first role if it lacks
// that too. The error has the code Invalid for a type that does not exist.
func Convert(item library.Data, itemType string) (library.Data, error) {
	if !zschema.KnownType(itemType) {
		return nil, library.Errorf(library.Invalid, "there is no item type of this name").WithHint("examples are journalArticle, book, bookSection, report, thesis")
	}
	from, _ := item["itemType"].(string)
	out := library.Data{"itemType": itemType}
	var lines []string
	for _, name := range zschema.Fields(from) {
		value, _ := item[name].(string)
		if value == "" || name == "extra" {
			continue
		}
		to, ok := zschema.FieldFor(itemType, zschema.Base(from, name))
		switch {
		case ok && to == name:
			continue
		case ok:
			out[to] = value
		default:
			lines = append(lines, name+": "+plaintext.Line(value))
		}
		if !zschema.ValidField(itemType, name) {
			out[name] = ""
		}
	}
	if len(lines) > 0 {
		extra, _ := item["extra"].(string)
		out["extra"] = strings.TrimSpace(extra + "\n" + strings.Join(lines, "\n"))
	}
	if creators := convertCreators(item["creators"], itemType); creators != nil {
		out["creators"] = creators
	}
	return out, nil
}

// convertCreators returns the creators with roles that the item type has, nil if
// each has one.
func convertCreators(v any, itemType string) []any {
	list := entries(v)
	changed := false
	for _, e := range list {
		creator, _ := e.(map[string]any)
		role, _ := creator["creatorType"].(string)
		if creator == nil || zschema.ValidCreator(itemType, role) {
			continue
		}
		changed = true
		creator["creatorType"] = "contributor"
		if !zschema.ValidCreator(itemType, "contributor") {
			creator["creatorType"] = zschema.PrimaryCreator(itemType)
		}
	}
	if !changed {
		return nil
	}
	return list
}
