package main

import (
	"encoding/json"
	"io/fs"
	"slices"
)

// schema says what an item may have, by its type.
type schema map[string]itemType

// itemType is what items of one type may have.
type itemType struct {
	fields map[string]string // by name; the base field that it stands for, or ""
	roles  []string          // of creators, the primary one first
}

// readSchema reads Zotero's schema.json.
func readSchema(fixtures fs.FS) (schema, error) {
	data, err := fs.ReadFile(fixtures, "schema/schema-v43.json")
	if err != nil {
		return nil, err
	}
	var file struct {
		ItemTypes []struct {
			ItemType     string
			Fields       []struct{ Field, BaseField string }
			CreatorTypes []struct {
				CreatorType string
				Primary     bool
			}
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	s := schema{}
	for _, t := range file.ItemTypes {
		known := itemType{fields: map[string]string{}}
		for _, f := range t.Fields {
			known.fields[f.Field] = f.BaseField
		}
		for _, c := range t.CreatorTypes {
			known.roles = append(known.roles, c.CreatorType)
			if c.Primary {
				known.roles[0], known.roles[len(known.roles)-1] = c.CreatorType, known.roles[0]
			}
		}
		s[t.ItemType] = known
	}
	return s, nil
}

// field returns the field that holds name in this type: itself, or the one
// that stands for it; "" if there is none.
func (t itemType) field(name string) string {
	if _, ok := t.fields[name]; ok {
		return name
	}
	for field, base := range t.fields {
		if base == name {
			return field
		}
	}
	return ""
}

// role returns the role if a creator may have it in this type, else the
// type's primary one: old data has roles that a type lost since.
func (t itemType) role(name string) string {
	if slices.Contains(t.roles, name) || len(t.roles) == 0 {
		return name
	}
	return t.roles[0]
}
