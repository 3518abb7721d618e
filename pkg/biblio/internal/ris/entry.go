package ris

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// defaultType is the item type of an entry whose type is missing or unknown.
const defaultType = "journalArticle"

// reader makes entries of records.
type reader struct {
	m       *mapping
	dates   dates
	proCite *proCite
}

func newReader() *reader {
	m := newMapping()
	return &reader{m: m, dates: newDates(), proCite: newProCite(m)}
}

// entry makes an entry of a record. The reasons say what had to be repaired.
func (r *reader) entry(rec record) (e model.Entry, reasons []string) {
	itemType, reason := r.itemType(rec)
	if reason != "" {
		reasons = append(reasons, reason)
	}
	b := &builder{reader: r, entry: model.Entry{Line: rec.line}, values: map[string]string{}}
	b.item = &b.entry.Item
	b.item.Type = itemType
	tags := citavi(endNote(r.proCite.clean(rec.tags, itemType)))
	for _, late := range []bool{false, true} {
		for _, t := range tags {
			if t.name != "TY" && r.m.late(t.name) == late {
				b.add(t)
			}
		}
	}
	if reason := b.finish(); reason != "" {
		reasons = append(reasons, reason)
	}
	if risType, ok := rec.first("TY"); ok && strings.TrimSpace(risType) != "" && r.m.typeOf[typeOf(rec.tags)] == "" {
		b.keep("TY", risType)
	}
	if len(b.extra) > 0 {
		b.item.Fields["extra"] = strings.Join(b.extra, "\n")
	}
	return b.entry, reasons
}

// itemType returns the Zotero item type of a record, and what is to be said
// about it. A line of extra that names a type outright ("Type: podcast"), as
// [Write] gives types that RIS doesn't have, goes before the RIS type.
func (r *reader) itemType(rec record) (itemType, reason string) {
	for _, t := range rec.tags {
		if t.name != "M2" {
			continue
		}
		if name, value, ok := extra.Cut(t.value); ok && name == "Type" && zschema.KnownType(value) {
			return value, ""
		}
	}
	risType := typeOf(rec.tags)
	switch known := r.m.typeOf[risType]; {
	case known != "":
		return known, ""
	case risType == "":
		return defaultType, "it has no type (TY) and was taken for a journal article"
	}
	return defaultType, "its type (TY) is unknown and was taken for a journal article"
}

// endNote makes the authors of an edited book its editors.
func endNote(tags []tag) []tag {
	if typeOf(tags) == "EDBOOK" {
		rename(tags, "AU", "A3")
	}
	return tags
}

// citavi makes the first of several libraries and call numbers the
// catalogue's, unless the entry has those.
func citavi(tags []tag) []tag {
	has := func(name string) func(tag) bool { return func(t tag) bool { return t.name == name } }
	at := slices.IndexFunc(tags, has("H2"))
	if at < 0 || slices.ContainsFunc(tags, has("CN")) || slices.ContainsFunc(tags, has("DP")) {
		return tags
	}
	if !slices.ContainsFunc(tags, has("H1")) {
		tags[at].name = "CN"
		return tags
	}
	for i := range len(tags) - 1 {
		if tags[i].name == "H1" && tags[i+1].name == "H2" {
			tags[i].name, tags[i+1].name = "DP", "CN"
			break
		}
	}
	return tags
}

// finish resolves what had to wait until all tags were seen, and checks every
// field against the item type.
func (b *builder) finish() (reason string) {
	b.pages()
	b.date()
	b.backup("publicationTitle", b.backupTitle)
	b.backup("accessDate", b.backupAccessed)
	if b.values["publicationTitle"] == "" && b.values["journalAbbreviation"] != "" {
		b.set("publicationTitle", b.values["journalAbbreviation"])
	}
	b.fillFields()
	b.titles()
	b.splitTags()
	b.extra = extra.Absorb(b.item, b.extra)
	b.extra = append(b.extra, b.unplaced...)
	if field, ok := zschema.FieldFor(b.item.Type, "date"); ok && b.item.Fields[field] != "" {
		iso, known := edtf.Parse(b.item.Fields[field])
		if b.item.ParsedDate = iso; !known && !isStatus(b.item.Fields[field]) {
			reason = "its date can't be read and is kept as it is written"
		}
	}
	return reason
}

func (b *builder) backup(field, value string) {
	if b.values[field] == "" {
		b.set(field, value)
	} else if value != "" && value != b.values[field] {
		b.keep(extra.Label(field), value)
	}
}

// pages joins first and last page.
func (b *builder) pages() {
	first := b.values["pages"]
	switch last := b.endPage; {
	case last == "":
	case first == "":
		b.set("pages", last)
	case !strings.Contains(first, "-"):
		b.values["pages"] = first + "-" + last
	case b.values["numPages"] == "" && zschema.ValidField(b.item.Type, "numPages"):
		b.set("numPages", last)
	case !strings.HasSuffix(first, "-"+last):
		b.keep("Pages", last)
	}
}

// date takes the year (PY) for a date that is missing or lacks it. The year
// alone is no news beside a date that has it.
func (b *builder) date() {
	if b.year == "" {
		return
	}
	date := b.values[b.yearField]
	switch {
	case date == "":
		b.set(b.yearField, b.year)
	case strings.HasPrefix(date, "0000 "):
		b.values[b.yearField] = b.year + date[len("0000"):]
	case !strings.Contains(date, b.year):
		b.keep("PY", b.year)
	}
}

// fillFields moves the values into the fields that the item type has for
// them; what has none goes to extra.
func (b *builder) fillFields() {
	b.item.Fields = make(map[string]string, len(b.values)+1)
	for _, name := range b.order {
		value := b.values[name]
		field, ok := zschema.FieldFor(b.item.Type, name)
		switch {
		case !ok:
			b.unplaced = append(b.unplaced, extra.Line(extra.Label(name), value))
		case b.item.Fields[field] == "":
			b.item.Fields[field] = value
		case b.item.Fields[field] != value:
			b.unplaced = append(b.unplaced, extra.Line(extra.Label(name), value))
		}
	}
}

// titles takes the short title where the title is missing, and drops notes
// that only repeat the title (EndNote writes such).
func (b *builder) titles() {
	field, ok := zschema.FieldFor(b.item.Type, "title")
	if !ok {
		return
	}
	if b.item.Fields[field] == "" && b.item.Fields["shortTitle"] != "" {
		b.item.Fields[field] = b.item.Fields["shortTitle"]
	}
	title := b.item.Fields[field]
	b.item.Notes = slices.DeleteFunc(b.item.Notes, func(n library.Note) bool { return n.Text == title })
}

// splitTags splits a single tag at its commas: who has one keyword has most
// likely written several into it.
func (b *builder) splitTags() {
	tags := b.item.Tags
	if len(tags) == 1 {
		tags = strings.Split(tags[0], ",")
	}
	seen := make(map[string]bool, len(tags))
	b.item.Tags = nil
	for _, t := range tags {
		if t = strings.Join(strings.Fields(t), " "); t != "" && !seen[t] {
			seen[t] = true
			b.item.Tags = append(b.item.Tags, t)
		}
	}
}
