package extra

import (
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/cslvar"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Lifter moves what lines of "extra" say into the fields that say it. Zotero
// and its users keep variables there that an item type has no field for in
// Zotero, or had none for when the line was written
// (https://www.zotero.org/support/kb/item_types_and_fields#citing_fields_from_extra).
type Lifter struct{ csl *cslvar.Tables }

// NewLifter returns a Lifter.
func NewLifter() *Lifter { return &Lifter{csl: cslvar.New()} }

// Lift returns the item with the lines "name: value" of its extra in the item
// type, fields and creators that they name: by Zotero's name, its label, or
// CSL's variable. A line whose field has another value stays. The item itself
// doesn't change.
func (l *Lifter) Lift(item *library.Item) *library.Item {
	text := item.Fields["extra"]
	if !strings.Contains(text, ":") {
		return item
	}
	lifted := *item
	lifted.Fields = maps.Clone(item.Fields)
	lifted.Creators = slices.Clone(item.Creators)
	var kept []string
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		if name, value, ok := Cut(line); ok && strings.EqualFold(name, "type") {
			if homeless, ok := l.retype(&lifted, value); ok {
				kept = append(kept, homeless...)
				continue
			}
		}
		kept = append(kept, line)
	}
	lines, kept = kept, nil
	for _, line := range lines {
		name, value, ok := Cut(line)
		if !ok || !l.take(&lifted, name, value) {
			kept = append(kept, line)
		}
	}
	lifted.Fields["extra"] = strings.TrimSpace(strings.Join(kept, "\n"))
	if lifted.Fields["extra"] == "" {
		delete(lifted.Fields, "extra")
	}
	if field, ok := zschema.FieldFor(lifted.Type, "date"); ok && lifted.ParsedDate == "" {
		lifted.ParsedDate, _ = edtf.Parse(lifted.Fields[field])
	}
	return &lifted
}

// take gives the item what a line says, and reports whether it could.
func (l *Lifter) take(item *library.Item, name, value string) bool {
	variable := strings.ReplaceAll(strings.ToLower(name), " ", "-")
	fields := append([]string{}, l.csl.Texts[variable]...)
	fields = append(append(fields, l.csl.Dates[variable]...), l.csl.Texts[strings.ToUpper(name)]...)
	if field, ok := FieldNamed(item.Type, name); ok {
		fields = append([]string{field}, fields...)
	}
	for _, base := range fields {
		field, ok := zschema.FieldFor(item.Type, base)
		if !ok || field == "extra" {
			continue
		}
		if old := item.Fields[field]; old != "" {
			return old == value
		}
		item.Fields[field] = value
		return true
	}
	role, ok := roleNamed(item.Type, name)
	for _, named := range l.csl.Names[variable] {
		if !ok && zschema.ValidCreator(item.Type, named) {
			role, ok = named, true
		}
	}
	if !ok {
		return false
	}
	if c := creator(role, value); !slices.Contains(item.Creators, c) {
		item.Creators = append(item.Creators, c)
	}
	return true
}

// retype gives the item the type that a line names, one of Zotero's or CSL's,
// and its fields the names that the type has for them. It returns the lines
// of the fields that the type doesn't have; it is false for a name that is no
// type.
func (l *Lifter) retype(item *library.Item, name string) (homeless []string, ok bool) {
	itemType := name
	if types := l.csl.Types[strings.ToLower(name)]; len(types) > 0 {
		itemType = types[0]
		if slices.Contains(types, item.Type) {
			return nil, true
		}
	}
	if !zschema.KnownType(itemType) || !zschema.KnownType(item.Type) {
		return nil, false
	}
	fields := make(map[string]string, len(item.Fields))
	for _, field := range slices.Sorted(maps.Keys(item.Fields)) {
		to, ok := zschema.FieldFor(itemType, zschema.Base(item.Type, field))
		switch value := item.Fields[field]; {
		case ok && fields[to] == "":
			fields[to] = value
		case value != "":
			homeless = append(homeless, Line(Label(field), value))
		}
	}
	primary := zschema.PrimaryCreator(item.Type)
	for i, c := range item.Creators {
		if c.Role == primary || c.Role == "" {
			item.Creators[i].Role = zschema.PrimaryCreator(itemType)
		}
	}
	item.Type, item.Fields = itemType, fields
	return homeless, true
}
