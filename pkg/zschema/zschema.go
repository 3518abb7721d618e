// Package zschema knows which fields and creator roles each Zotero item type
// has (https://api.zotero.org/schema). Notes, attachments and annotations are
// no item types here: a bibliography holds works.
package zschema

import "strings"

// KnownType reports whether the schema has the item type.
func KnownType(itemType string) bool { return fieldsOf(itemType) != "" }

// ValidField reports whether items of that type have that field. The base
// field of a field ("publicationTitle" for a book section's "bookTitle") is
// not itself valid: see [FieldFor].
func ValidField(itemType, field string) bool {
	_, ok := entry(fieldsOf(itemType), field)
	return ok
}

// FieldFor returns the field in which items of that type keep what the field
// or base field name means: "publicationTitle" of a book section is its
// "bookTitle". It is false if they have no such field.
func FieldFor(itemType, name string) (string, bool) {
	fields := fieldsOf(itemType)
	if _, ok := entry(fields, name); ok {
		return name, true
	}
	end := strings.Index(fields, "="+name+" ")
	if end < 0 || name == "" {
		return "", false
	}
	return fields[strings.LastIndexByte(fields[:end], ' ')+1 : end], true
}

// Base returns the base field that a field of items of that type stands for:
// "publicationTitle" for a book section's "bookTitle", and the field itself
// if it stands for no other.
func Base(itemType, field string) string {
	if base, ok := entry(fieldsOf(itemType), field); ok && base != "" {
		return base
	}
	return field
}

// Fields returns the fields of an item type in the schema's order, none for
// an unknown type.
func Fields(itemType string) []string {
	names := strings.Fields(fieldsOf(itemType))
	for i, name := range names {
		names[i], _, _ = strings.Cut(name, "=")
	}
	return names
}

// ValidCreator reports whether items of that type have creators in that role.
func ValidCreator(itemType, role string) bool {
	return role != "" && strings.Contains(creatorsOf(itemType), " "+role+" ")
}

// Creators returns the creator roles of an item type, the primary one first.
func Creators(itemType string) []string { return strings.Fields(creatorsOf(itemType)) }

// PrimaryCreator returns the role of the main creators of an item type:
// "author" of most; "author" too for an unknown type.
func PrimaryCreator(itemType string) string {
	if roles := strings.Fields(creatorsOf(itemType)); len(roles) > 0 {
		return roles[0]
	}
	return "author"
}

// entry finds a field in a list of [fieldsOf] and returns its base field.
func entry(fields, name string) (base string, ok bool) {
	if name == "" || strings.ContainsAny(name, " =") {
		return "", false
	}
	for from := 0; ; {
		at := strings.Index(fields[from:], name)
		if at < 0 {
			return "", false
		}
		at += from
		from = at + len(name)
		if fields[at-1] != ' ' {
			continue
		}
		switch rest := fields[from:]; rest[0] {
		case ' ':
			return "", true
		case '=':
			base, _, _ = strings.Cut(rest[1:], " ")
			return base, true
		}
	}
}
