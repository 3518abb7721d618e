package bibtex

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// converter makes an item of one entry.
type converter struct {
	entry *entry
	item  library.Item
	files []model.File
	// extra are the lines of the item's field "extra".
	extra []string
	// done are the fields that other fields have used up.
	done map[string]bool
}

// convert makes an entry of the document.
func (f *file) convert(e *entry) model.Entry {
	itemType, known := e.itemType()
	c := &converter{entry: e, item: library.Item{Type: itemType, Fields: map[string]string{}}, done: map[string]bool{}}
	if e.key != "" {
		c.item.Fields["citationKey"] = e.key
	}
	if !known {
		c.keep("entrytype", e.kind)
		f.unknownType(e)
	}
	fields := c.withoutRepeats()
	c.titles()
	c.date()
	c.creators()
	c.eprint()
	c.thesisType()
	for _, late := range []bool{false, true} {
		for _, field := range fields {
			if lateFields[field.name] == late && !c.done[field.name] {
				c.field(field.name, field.value)
			}
		}
	}
	if len(c.extra) > 0 {
		c.item.Fields["extra"] = strings.Join(c.extra, "\n")
	}
	return model.Entry{Item: c.item, Line: e.line, Collections: f.groups.of(e), Files: c.files}
}

// mayRepeat reports whether a field can come more than once in an entry.
func mayRepeat(name string) bool {
	switch name {
	case "note", "annote", "annotation", "comment", "review", "notes", "file", "pdf", "sentelink",
		"keywords", "keyword", "tags", "author", "editor", "translator":
		return true
	}
	return false
}

// withoutRepeats returns the fields without those that come again; what they
// say goes to "extra".
func (c *converter) withoutRepeats() []field {
	var fields []field
	values := make(map[string]string, len(c.entry.fields))
	for _, f := range c.entry.fields {
		if first, ok := values[f.name]; ok && !mayRepeat(f.name) {
			if first != f.value {
				c.keep(f.name, f.value)
			}
			continue
		}
		values[f.name] = f.value
		fields = append(fields, f)
	}
	return fields
}

// lateFields give way to others that mean the same: what they say is kept in
// "extra" if the other one is there.
var lateFields = map[string]bool{
	"institution": true, "organization": true, "school": true, "location": true, "venue": true, "langid": true, "hyphenation": true,
	"issue": true, "eid": true, "howpublished": true, "pagetotal": true, "numpages": true, "part": true,
	"bdsk-url-1": true, "localfile": true, "shortjournal": true, "origyear": true, "titleaddon": true,
}

// field takes in a field of the entry.
func (c *converter) field(name, value string) {
	if strings.TrimSpace(value) == "" {
		return
	}
	if base, ok := dateFields[name]; ok {
		c.set(name, base, latex.Verbatim(value), value)
		return
	}
	if base, ok := plainFields[name]; ok {
		c.set(name, base, latex.ToText(value), value)
		return
	}
	switch name {
	case "series":
		c.set(name, "series", latex.ToUnicode(value), value)
	case "shorttitle":
		c.set(name, "shortTitle", latex.ToUnicode(value), value)
	case "abstract":
		c.set(name, "abstractNote", latex.ToParagraphs(value), value)
	case "doi":
		c.doi(value)
	case "url", "bdsk-url-1":
		c.set(name, "url", latex.Verbatim(value), value)
	case "number":
		c.number(value)
	case "pages":
		c.pages(value)
	case "location":
		c.location(value)
	case "howpublished":
		c.howPublished(value)
	case "note", "annote", "annotation", "comment", "review", "notes":
		c.note(name, value)
	case "keywords", "keyword", "mendeley-tags", "tags":
		c.tags(value)
	case "file", "pdf", "path", "localfile", "sentelink":
		c.addFiles(name, value)
	case "lccn", "mrnumber", "zmnumber", "pmid", "pmcid":
		c.identifier(name, value)
	case "timestamp", "date-added", "dateadded", "creationdate", "date-modified", "datemodified", "modificationdate":
		c.times(name, value)
	case "groups", "mendeley-groups", "itemtype":
	case "extra":
		c.extra = append(c.extra, strings.Split(latex.ToParagraphs(value), "\n\n")...)
	case "entrysubtype":
		if c.item.Type == "journalArticle" || c.entry.kind != "article" {
			c.keep(name, value)
		}
	default:
		c.other(name, value)
	}
}

// other takes in a field that no bibliography style has: under a Zotero
// field's own name ("runningtime"), it is that; else it goes to "extra".
func (c *converter) other(name, value string) {
	for _, field := range zschema.Fields(c.item.Type) {
		named := strings.ToLower(field) == name || strings.ToLower(zschema.Base(c.item.Type, field)) == name
		if named && name != "label" && c.item.Fields[field] == "" {
			c.item.Fields[field] = latex.ToText(value)
			return
		}
	}
	c.keep(name, value)
}

// dateFields are the fields that hold dates, in which "~" means circa.
var dateFields = map[string]string{
	"urldate": "accessDate", "lastchecked": "accessDate", "accessed": "accessDate", "origdate": "originalDate", "origyear": "originalDate",
}

// plainFields are the fields that one Zotero field or base field means.
var plainFields = map[string]string{
	"address": "place", "publisher": "publisher", "school": "publisher", "institution": "publisher", "organization": "publisher",
	"edition": "edition", "volume": "volume", "volumes": "numberOfVolumes", "issue": "issue", "chapter": "section",
	"isbn": "ISBN", "issn": "ISSN", "copyright": "rights", "rights": "rights", "language": "language", "langid": "language",
	"hyphenation": "language", "nationality": "country", "assignee": "assignee", "holder": "assignee", "type": "type",
	"version": "versionNumber", "eventtitle": "conferenceName", "venue": "eventPlace", "pagetotal": "numPages",
	"numpages": "numPages", "origpublisher": "originalPublisher",
	"origlocation": "originalPlace", "eid": "pages", "shortjournal": "journalAbbreviation", "library": "libraryCatalog",
	"part": "partNumber",
}

// set puts a value into the field of the item type that base names. What has
// no such field, or another value in it, goes to "extra".
func (c *converter) set(name, base, value, raw string) {
	if value == "" {
		return
	}
	if base == "conferenceName" && c.item.Type == "presentation" {
		base = "meetingName"
	}
	if base == "type" {
		value = typeKey(value)
	}
	field, ok := zschema.FieldFor(c.item.Type, base)
	if !ok || c.item.Fields[field] != "" && c.item.Fields[field] != value {
		c.keep(name, raw)
		return
	}
	c.item.Fields[field] = value
}

// keep puts a field into "extra", under the name that Better BibTeX gives it
// there.
func (c *converter) keep(name, value string) {
	text := latex.ToText(value)
	switch {
	case text == "":
	case name == "ids": // as a library keeps them
		c.extra = append(c.extra, extra.Line(name, text))
	default:
		c.extra = append(c.extra, extra.Line("tex."+name, text))
	}
}

// typeKey returns what BibLaTeX's localisation keys for types mean.
func typeKey(value string) string {
	switch value {
	case "mathesis":
		return "Master's Thesis"
	case "phdthesis":
		return "PhD Thesis"
	case "bathesis":
		return "Bachelor's Thesis"
	case "techreport":
		return "Technical Report"
	case "resreport":
		return "Research Report"
	}
	return value
}

// thesisType says what kind of thesis the entry's type means.
func (c *converter) thesisType() {
	kind := map[string]string{"mastersthesis": "Master's Thesis", "phdthesis": "PhD Thesis", "bachelorsthesis": "Bachelor's Thesis"}[c.entry.kind]
	if !c.entry.has("type") && kind != "" {
		c.set("type", "type", kind, kind)
	}
}

// number puts a number where items of the type have it: an issue's, a
// report's, or a volume's in its series.
func (c *converter) number(value string) {
	for _, base := range [...]string{"issue", "number", "seriesNumber"} {
		if _, ok := zschema.FieldFor(c.item.Type, base); ok {
			c.set("number", base, latex.ToText(value), value)
			return
		}
	}
	c.keep("number", value)
}

// pages puts pages where they stand in the item, or, of a whole work, how
// many there are.
func (c *converter) pages(value string) {
	text := latex.ToText(strings.NewReplacer("---", "-", "--", "-").Replace(value))
	base := "pages"
	if _, ok := zschema.FieldFor(c.item.Type, "pages"); !ok {
		base = "numPages"
	}
	c.set("pages", base, text, value)
}

// location is where the conference was, as Zotero reads it, or where a work
// was published.
func (c *converter) location(value string) {
	base := "place"
	if c.item.Type == "conferencePaper" {
		base = "eventPlace"
	}
	c.set("location", base, latex.ToText(value), value)
}

// howPublished is often an address.
func (c *converter) howPublished(value string) {
	link := latex.Verbatim(value)
	for _, scheme := range [...]string{"http://", "https://", "mailto:"} {
		if strings.HasPrefix(link, scheme) && !strings.ContainsAny(link, " \\") {
			c.set("howpublished", "url", link, value)
			return
		}
	}
	c.extra = append(c.extra, extra.Line("Published", latex.ToText(value)))
}

// doi takes in a DOI; a second one goes to "extra". What is none stays as it is.
func (c *converter) doi(value string) {
	dois := ident.DOIs(latex.Verbatim(strings.ReplaceAll(value, "\n", " ")))
	if len(dois) == 0 {
		c.set("doi", "DOI", latex.Verbatim(value), value)
		return
	}
	c.set("doi", "DOI", dois[0], dois[0])
	for _, doi := range dois[1:] {
		c.extra = append(c.extra, extra.Line("DOI", doi))
	}
}

// tags splits keywords at commas and semicolons.
func (c *converter) tags(value string) {
	for _, tag := range splitOutside(value, func(b byte) bool { return b == ',' || b == ';' }) {
		if tag = latex.ToText(tag); tag != "" && !slices.Contains(c.item.Tags, tag) {
			c.item.Tags = append(c.item.Tags, tag)
		}
	}
}
