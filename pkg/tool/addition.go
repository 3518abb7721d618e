package tool

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/note"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// fromFields returns the work of a type with these fields.
func fromFields(name string, fields map[string]any) (addition, error) {
	itemType, ok := itemType(name)
	if !ok {
		return addition{}, library.Errorf(library.Invalid, "argument %q is no item type", "item_type").WithHint("the types are %s", strings.Join(itemTypes[:], ", "))
	}
	data := library.Data{"itemType": itemType}
	known := &library.Item{Type: itemType, Fields: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		field, value, err := fieldValue(itemType, name, fields[name])
		if err != nil {
			return addition{}, err
		}
		data[field] = value
		if s, ok := value.(string); ok {
			known.Fields[zschema.Base(itemType, field)] = s
		}
	}
	if known.Fields["title"] == "" {
		return addition{}, library.Errorf(library.Invalid, "field %q is missing", "title")
	}
	return addition{ref: reference.FromItem(known), data: data, item: known}, nil
}

// edits returns the edits that make the work and its notes, in these collections and
// with these tags.
func (a addition) edits(w library.Writer, collections, tags []string) ([]change.Edit, error) {
	data := a.data
	if data == nil {
		data = dataOf(a.item)
	}
	all := []any{}
	for _, tag := range slices.Concat(a.item.Tags, tags) {
		if tag = plaintext.Line(tag); tag != "" && !slices.Contains(entryTexts(all), tag) {
			if utf8.RuneCountInString(tag) > maxTagChars {
				return nil, library.Errorf(library.TooLarge, "a tag is longer than %d characters", maxTagChars)
			}
			all = append(all, newTag(tag))
		}
	}
	data["tags"], data["collections"] = all, anys(collections)
	e := change.Make(library.ItemObject, w.NewKey(), data)
	e.Name = new(tidy).title(a.item)
	made := []change.Edit{e}
	for _, n := range a.item.Notes {
		html, err := note.HTML(n.Text)
		if err != nil {
			return nil, err
		}
		made = append(made, change.Make(library.ItemObject, w.NewKey(), library.Data{"itemType": "note", "parentItem": e.Key, "note": html}))
	}
	return made, nil
}

// anys returns texts as a list of JSON.
func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, s := range texts {
		all[i] = s
	}
	return all
}

// dataOf returns a work as a library takes it. What its type has no field for is a line
// of "extra", and so is the citation key, for which older servers have no field.
func dataOf(it *library.Item) library.Data {
	itemType := it.Type
	if !zschema.KnownType(itemType) {
		itemType = "document"
	}
	data := library.Data{"itemType": itemType}
	var extra []string
	if s := it.Fields["extra"]; s != "" {
		extra = append(extra, plaintext.Clean(s))
	}
	for _, name := range slices.Sorted(maps.Keys(it.Fields)) {
		value := plaintext.Clean(it.Fields[name])
		field, ok := zschema.FieldFor(itemType, name)
		switch {
		case name == "extra" || value == "":
		case name == "citationKey":
			extra = append(extra, "Citation Key: "+value)
		case ok:
			data[field] = value
		default:
			extra = append(extra, name+": "+strings.ReplaceAll(value, "\n", " "))
		}
	}
	if len(extra) > 0 {
		data["extra"] = strings.Join(extra, "\n")
	}
	creators := []any{}
	for _, c := range it.Creators {
		role := c.Role
		if !zschema.ValidCreator(itemType, role) {
			role = zschema.PrimaryCreator(itemType)
		}
		if c.Name != "" {
			creators = append(creators, map[string]any{"creatorType": role, "name": plaintext.Line(c.Name)})
		} else {
			creators = append(creators, map[string]any{"creatorType": role, "firstName": plaintext.Line(c.Given), "lastName": plaintext.Line(c.Family)})
		}
	}
	data["creators"] = creators
	return data
}
