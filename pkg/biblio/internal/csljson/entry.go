package csljson

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// reader makes entries of CSL items.
type reader struct {
	m *mapping
}

func newReader() *reader { return &reader{m: newMapping()} }

// builder collects what the variables of one item say.
type builder struct {
	*reader
	item   *library.Item
	values map[string]any
	lines  []string // of extra
}

// entry makes an entry of an item's variables. The reasons say what had to be
// repaired.
func (r *reader) entry(values map[string]any) (e model.Entry, reasons []string) {
	b := &builder{reader: r, item: &e.Item, values: values}
	b.item.Fields = map[string]string{}
	csl := text(values["type"])
	note := noteLines(text(values["note"]))
	b.item.Type = r.m.itemType(csl, values, note)
	if b.item.Type == "" {
		b.item.Type = crossrefType(csl)
	}
	if b.item.Type == "" {
		b.item.Type = "document"
		if csl == "" {
			reasons = append(reasons, "it has no type and was taken for a document")
		} else {
			reasons = append(reasons, "its type is not one of Zotero's and was taken for a document")
			b.lines = append(b.lines, extra.Line("Type", csl))
		}
	}
	for _, variable := range slices.Sorted(maps.Keys(values)) {
		if value := values[variable]; value != nil {
			b.variable(variable, value)
		}
	}
	b.note(note)
	b.date(&reasons)
	if len(b.lines) > 0 {
		b.item.Fields["extra"] = strings.Join(b.lines, "\n")
	}
	return e, reasons
}

// itemType returns the Zotero type for a CSL type, or "". Some CSL types
// stand for several of Zotero's: then what else the item has decides, as in
// Zotero, or a line of the note that names the type outright ("Type: email"),
// as [Write] gives it.
func (m *mapping) itemType(csl string, values map[string]any, note []string) string {
	for _, line := range note {
		name, value, ok := extra.Cut(line)
		if ok && name == "Type" && m.cslType[value] == csl && csl != "" {
			return value
		}
	}
	has := func(variables ...string) bool {
		return slices.ContainsFunc(variables, func(v string) bool { return text(values[v]) != "" })
	}
	switch {
	case csl == "bill" && has("publisher", "number-of-volumes"):
		return "hearing"
	case csl == "broadcast" && has("archive", "archive_location", "container-title", "event-place", "publisher", "publisher-place", "source"):
		if values["author"] != nil && values["director"] != nil {
			return "radioBroadcast"
		}
		return "tvBroadcast"
	case csl == "book" && has("version"):
		return "computerProgram"
	case csl == "song" && has("number"):
		return "podcast"
	case csl == "motion_picture" && has("collection-title", "volume", "number-of-volumes", "ISBN"):
		return "videoRecording"
	}
	if types := m.Types[csl]; len(types) > 0 {
		return types[0]
	}
	return ""
}

// crossrefType returns the item type of a type that Crossref writes in place of
// CSL's, "" for any other.
func crossrefType(name string) string {
	switch name {
	case "journal-article":
		return "journalArticle"
	case "proceedings-article":
		return "conferencePaper"
	case "book-chapter", "book-section", "book-part":
		return "bookSection"
	case "monograph", "edited-book", "reference-book":
		return "book"
	case "reference-entry":
		return "encyclopediaArticle"
	case "posted-content":
		return "preprint"
	}
	return ""
}

// variable takes one variable.
func (b *builder) variable(variable string, value any) {
	switch variable {
	case "type", "note":
	case "id":
		b.id(text(value))
	case "keyword", "keywords":
		b.tags(value)
	case "annote":
		if note := markup.Note(text(value)); note != "" {
			b.item.Notes = append(b.item.Notes, library.Note{Text: note})
		}
	case "custom":
		b.custom(value)
	default:
		switch {
		case b.m.Names[variable] != nil:
			b.names(b.role(variable), variable, value)
		case b.m.Dates[variable] != nil:
			b.setDate(variable, value)
		case b.m.Texts[variable] != nil:
			b.set(variable, text(value))
		default:
			b.unknown(variable, value)
		}
	}
}

// set gives a text variable's value to the first field for it that the item
// type has.
func (b *builder) set(variable, value string) {
	value = strings.TrimSpace(value)
	if value == "" {
		return
	}
	fields := b.m.Texts[variable]
	if variable == "event-place" && placeIsEvents(b.item.Type) {
		fields = []string{"place"}
	}
	for _, name := range fields {
		field, ok := zschema.FieldFor(b.item.Type, name)
		if !ok {
			continue
		}
		switch field {
		case "DOI":
			if dois := ident.DOIs(value); len(dois) > 0 {
				value = dois[0]
				for _, doi := range dois[1:] {
					b.lines = append(b.lines, extra.Line("DOI", doi))
				}
			}
		case "abstractNote":
			value = markup.Note(value)
		}
		if old := b.item.Fields[field]; old == "" {
			b.item.Fields[field] = value
		} else if old != value {
			b.lines = append(b.lines, extra.Line(variable, value))
		}
		return
	}
	b.lines = append(b.lines, extra.Line(variable, value))
}

// id takes the item's ID for its citation key, unless it has one or the ID
// only counts or is an address.
func (b *builder) id(id string) {
	switch key := text(b.values["citation-key"]); {
	case id == "" || id == key || counts(id):
	case key == "" && !strings.ContainsAny(id, " \t\n/\\") && !strings.Contains(id, "://"):
		b.item.Fields["citationKey"] = id
	default:
		b.lines = append(b.lines, extra.Line("id", id))
	}
}

// counts reports whether an ID is a mere number ("38", "ITEM-1").
func counts(id string) bool {
	id = strings.ToLower(id)
	id = strings.TrimPrefix(strings.TrimPrefix(id, "item"), "-")
	return strings.Trim(id, "0123456789") == ""
}

// tags takes keywords, as a list or as a text with semicolons or, if it
// has none, commas.
func (b *builder) tags(value any) {
	list, ok := value.([]any)
	if !ok {
		separator := ","
		if strings.Contains(text(value), ";") {
			separator = ";"
		}
		for keyword := range strings.SplitSeq(text(value), separator) {
			list = append(list, keyword)
		}
	}
	seen := map[string]bool{}
	for _, keyword := range list {
		if tag := strings.Join(strings.Fields(text(keyword)), " "); tag != "" && !seen[tag] {
			seen[tag] = true
			b.item.Tags = append(b.item.Tags, tag)
		}
	}
}

// custom takes the variables that a program added.
func (b *builder) custom(value any) {
	object, ok := value.(map[string]any)
	if !ok {
		b.unknown("custom", value)
		return
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		b.unknown(name, object[name])
	}
}

// unknown keeps a variable that has no field: names and dates as Zotero and
// citeproc write them in a note, anything else as text or JSON.
func (b *builder) unknown(variable string, value any) {
	switch v := value.(type) {
	case []any:
		if creators := creators("", v); len(creators) == len(v) && len(v) > 0 {
			for _, c := range creators {
				b.lines = append(b.lines, extra.Line(variable, extra.Name(c)))
			}
			return
		}
	case map[string]any:
		if date := dateText(v); date != "" {
			b.lines = append(b.lines, extra.Line(variable, date))
			return
		}
	}
	if line := text(value); line != "" {
		b.lines = append(b.lines, extra.Line(variable, line))
		return
	}
	if raw, err := json.Marshal(value); err == nil && len(raw) > 2 {
		b.lines = append(b.lines, extra.Line(variable, string(raw)))
	}
}

// noteLines returns the lines of a note.
func noteLines(note string) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(note, "\r", "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// note puts the lines of the note that name a variable or field ("PMID: 1234",
// "Original Date: 1867") into the field, and the others into extra. In braces,
// as in old files of citeproc ("{:PMID: 1234}"), they count too.
func (b *builder) note(lines []string) {
	var kept []string
	for _, line := range lines {
		bare := line
		if strings.HasPrefix(line, "{:") && strings.HasSuffix(line, "}") {
			bare = line[2 : len(line)-1]
		}
		name, value, ok := extra.Cut(bare)
		switch {
		case ok && name == "Type" && value == b.item.Type:
		case ok && b.fromNote(name, value):
		default:
			kept = append(kept, line)
		}
	}
	b.lines = append(extra.Absorb(b.item, kept), b.lines...)
}

// fromNote takes a line of the note that is a CSL variable, if its field is
// still empty.
func (b *builder) fromNote(variable, value string) bool {
	fields := b.m.Texts[variable]
	if dates := b.m.Dates[variable]; dates != nil {
		fields = dates
	}
	for _, name := range fields {
		field, ok := zschema.FieldFor(b.item.Type, name)
		if ok && b.item.Fields[field] == "" {
			b.item.Fields[field] = value
			return true
		}
	}
	return false
}

// date parses the date of the work.
func (b *builder) date(reasons *[]string) {
	field, ok := zschema.FieldFor(b.item.Type, "date")
	if !ok || b.item.Fields[field] == "" {
		return
	}
	b.item.ParsedDate, _ = edtf.Parse(b.item.Fields[field])
	if _, literal := b.values["issued"].(map[string]any); b.item.ParsedDate == "" && !literal {
		*reasons = append(*reasons, "its date can't be read and is kept as it is written")
	}
}
