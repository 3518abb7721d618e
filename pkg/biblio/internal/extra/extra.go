// Package extra keeps what has no field of its own, as Zotero does: in the
// field "extra", a line "name: value" each.
package extra

import (
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Line returns the line that keeps value under name. White space within it,
// newlines too, becomes single spaces, so that a value never begins a line of
// its own. An empty value has no line: "".
func Line(name, value string) string {
	name = strings.ReplaceAll(strings.Join(strings.Fields(name), " "), ":", "")
	value = strings.Join(strings.Fields(value), " ")
	if name == "" || value == "" {
		return value
	}
	return name + ": " + value
}

// Cut splits a line into name and value; it is false for a line that has no
// name.
func Cut(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok || name == "" || value == "" || len(name) > 40 {
		return "", "", false
	}
	return name, value, true
}

// Label returns the name of a Zotero field as people write it: "Archive ID"
// for "archiveID", "Original Date" for "originalDate".
func Label(field string) string {
	var b strings.Builder
	var before rune
	for i, r := range field {
		switch {
		case i == 0:
			r = unicode.ToUpper(r)
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// FieldNamed returns the field of an item type that name means, whether it is
// written as the field is ("archiveID"), as a label ("Archive ID") or in lower
// case with hyphens ("archive-id"). Base fields count ("publisher" of a
// thesis).
func FieldNamed(itemType, name string) (string, bool) {
	if field, ok := zschema.FieldFor(itemType, name); ok {
		return field, true
	}
	folded := fold(name)
	if folded == "" {
		return "", false
	}
	for _, field := range zschema.Fields(itemType) {
		if strings.EqualFold(field, folded) || strings.EqualFold(zschema.Base(itemType, field), folded) {
			return field, true
		}
	}
	return "", false
}

// fold makes the ways to write a field's name equal but for their case.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '_' {
			return -1
		}
		return r
	}, name)
}

// Name writes a creator for a line of extra, as Zotero does: "Family || Given".
func Name(c library.Creator) string {
	if c.Name != "" {
		return c.Name
	}
	return c.Family + " || " + c.Given
}

// roleNamed returns the creator role of an item type that name means.
func roleNamed(itemType, name string) (string, bool) {
	folded := fold(name)
	for _, role := range zschema.Creators(itemType) {
		if strings.EqualFold(role, folded) {
			return role, true
		}
	}
	return "", false
}

// creator reads what [Name] wrote.
func creator(role, value string) library.Creator {
	family, given, ok := strings.Cut(value, "||")
	if !ok {
		return library.Creator{Role: role, Name: value}
	}
	return library.Creator{Role: role, Family: strings.TrimSpace(family), Given: strings.TrimSpace(given)}
}

// Absorb takes the lines that name an empty field or a creator role of the
// item into it and returns the others, in their order.
func Absorb(item *library.Item, lines []string) []string {
	var kept []string
	for _, line := range lines {
		name, value, ok := Cut(line)
		if !ok || !take(item, name, value) {
			kept = append(kept, line)
		}
	}
	return kept
}

// take gives the item what a line says, and reports whether it could.
func take(item *library.Item, name, value string) bool {
	if field, ok := FieldNamed(item.Type, name); ok {
		if field == "extra" || item.Fields[field] != "" {
			return false
		}
		item.Fields[field] = value
		return true
	}
	role, ok := roleNamed(item.Type, name)
	if ok {
		item.Creators = append(item.Creators, creator(role, value))
	}
	return ok
}
