// Package draft collects what a format says of one work, and makes an item of
// it: what the item type has no field for goes to "extra".
package draft

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/namelist"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Draft is an item that is being made.
type Draft struct {
	item  library.Item
	lines []string // of extra
}

// New returns a draft of an item of that type, "document" if Zotero doesn't
// know it.
func New(itemType string) *Draft {
	if !zschema.KnownType(itemType) {
		itemType = "document"
	}
	return &Draft{item: library.Item{Type: itemType, Fields: map[string]string{}}}
}

// Type returns the item type.
func (d *Draft) Type() string { return d.item.Type }

// Has reports whether the item type has the field or base field.
func (d *Draft) Has(field string) bool {
	_, ok := zschema.FieldFor(d.item.Type, field)
	return ok
}

// Get returns a field, or base field, as far as it is set.
func (d *Draft) Get(field string) string {
	name, _ := zschema.FieldFor(d.item.Type, field)
	return d.item.Fields[name]
}

// Set gives a field, or base field, its value, with white space as single
// spaces. What the type has no field for, and a second value, goes to "extra".
func (d *Draft) Set(field, value string) {
	d.set(field, strings.Join(strings.Fields(value), " "))
}

// SetText is [Draft.Set] for text in paragraphs.
func (d *Draft) SetText(field, value string) {
	d.set(field, strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n")))
}

func (d *Draft) set(field, value string) {
	if value == "" {
		return
	}
	if field == "DOI" {
		dois := ident.DOIs(value)
		if len(dois) == 0 {
			d.Keep("Identifier", value)
			return
		}
		value = dois[0]
		for _, doi := range dois[1:] {
			d.Keep("DOI", doi)
		}
	}
	name, ok := zschema.FieldFor(d.item.Type, field)
	switch old := d.item.Fields[name]; {
	case old == value && ok:
	case !ok || old != "":
		d.Keep(extra.Label(field), value)
	default:
		d.item.Fields[name] = value
	}
}

// SetOrKeep is [Draft.Set], or for no field [Draft.Keep].
func (d *Draft) SetOrKeep(field, label, value string) {
	if field == "" {
		d.Keep(label, value)
		return
	}
	d.Set(field, value)
}

// DOIOr takes a DOI, and anything else as a line of "extra".
func (d *Draft) DOIOr(label, value string) {
	if _, ok := ident.DOI(value); ok {
		d.Set("DOI", value)
		return
	}
	d.Keep(label, value)
}

// Serial takes ISBNs and ISSNs, which several formats don't tell apart: one a
// line, or with words around them.
func (d *Draft) Serial(value string) {
	field := "ISBN"
	if issnPattern.MatchString(strings.TrimSpace(value)) || !d.Has("ISBN") && d.Has("ISSN") {
		field = "ISSN"
	}
	value = strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	if old := d.Get(field); old != "" && d.Has(field) && !strings.Contains(old, value) {
		d.item.Fields[field] = old + ", " + value
		return
	}
	d.Set(field, value)
}

// Number takes a number: of an issue, a report, or in a series, by what the
// item type has.
func (d *Draft) Number(value string) {
	for _, field := range [...]string{"issue", "number", "seriesNumber"} {
		if d.Has(field) {
			d.Set(field, value)
			return
		}
	}
	d.Keep("Number", value)
}

// Keep puts a line "label: value" into "extra".
func (d *Draft) Keep(label, value string) { d.Line(extra.Line(label, value)) }

// Line puts a line into "extra", once.
func (d *Draft) Line(line string) {
	if line = strings.TrimSpace(line); line != "" && !slices.Contains(d.lines, line) {
		d.lines = append(d.lines, line)
	}
}

// Creator adds a creator, each once. A role that the item type doesn't have
// becomes its main one for authors, and "contributor" for others.
func (d *Draft) Creator(c library.Creator) {
	c.Family, c.Given, c.Name = oneLine(c.Family), oneLine(c.Given), oneLine(c.Name)
	if c.Family == "" || c.Given == "" {
		c = library.Creator{Role: c.Role, Name: c.Family + c.Given + c.Name}
	}
	if c.Name == "" && c.Family == "" {
		return
	}
	c.Role = d.role(c.Role)
	if !slices.Contains(d.item.Creators, c) {
		d.item.Creators = append(d.item.Creators, c)
	}
}

func (d *Draft) role(role string) string {
	switch {
	case zschema.ValidCreator(d.item.Type, role):
		return role
	case role == "author" || role == "" || !zschema.ValidCreator(d.item.Type, "contributor"):
		return zschema.PrimaryCreator(d.item.Type)
	}
	return "contributor"
}

// Names adds the creators in a text: "Family, Given", or several such with
// semicolons; without a comma it is one name.
func (d *Draft) Names(role, text string) {
	for _, name := range namelist.Split(text) {
		family, given, ok := strings.Cut(name, ",")
		if !ok {
			d.Creator(library.Creator{Role: role, Name: name})
			continue
		}
		d.Creator(library.Creator{Role: role, Family: family, Given: Initials(given, false)})
	}
}

var (
	initialsPattern = regexp.MustCompile(`^(?:\p{Lu}\.){2,}$`)
	capitalsPattern = regexp.MustCompile(`^\p{Lu}{1,3}$`)
)

// Initials writes the initials of a given name as Zotero does: "J. E." for "J
// E", "J.E." and, where short is set, "JE".
func Initials(given string, short bool) string {
	words := strings.Fields(given)
	for i, word := range words {
		switch n := len([]rune(word)); {
		case i == len(words)-1 && n > 2 && strings.HasSuffix(word, ".") && strings.Count(word, ".") == 1:
			words[i] = strings.TrimSuffix(word, ".")
		case n == 1 && capitalsPattern.MatchString(word):
			words[i] = word + "."
		case initialsPattern.MatchString(word):
			words[i] = strings.TrimSpace(strings.ReplaceAll(word, ".", ". "))
		case short && len(words) == 1 && capitalsPattern.MatchString(word):
			words[i] = strings.Join(strings.Split(word, ""), ". ") + "."
		}
	}
	return strings.Join(words, " ")
}

// Person adds a creator whose name is in natural order: its last word is the
// family name.
func (d *Draft) Person(role, name string) {
	name = oneLine(name)
	if space := strings.LastIndexByte(name, ' '); space > 0 && !strings.Contains(name, ",") {
		d.Creator(library.Creator{Role: role, Given: Initials(name[:space], false), Family: name[space+1:]})
		return
	}
	d.Names(role, name)
}

// Tag adds tags, each once.
func (d *Draft) Tag(tags ...string) {
	for _, tag := range tags {
		if tag = oneLine(tag); tag != "" && !slices.Contains(d.item.Tags, tag) {
			d.item.Tags = append(d.item.Tags, tag)
		}
	}
}

// Note adds a note.
func (d *Draft) Note(text string) {
	if text = strings.TrimSpace(text); text != "" {
		d.item.Notes = append(d.item.Notes, library.Note{Text: text})
	}
}

// Link adds an attachment that is an address.
func (d *Draft) Link(title, url, contentType string) {
	if url = strings.TrimSpace(url); url == "" {
		return
	}
	d.item.Attachments = append(d.item.Attachments, library.Attachment{
		Title: title, URL: url, ContentType: contentType,
		Text: library.TextStatus{Reason: "it is a link; what it leads to was not read"},
	})
}

// Item returns the item.
func (d *Draft) Item() library.Item {
	lines := extra.Absorb(&d.item, d.lines)
	if len(lines) > 0 {
		d.item.Fields["extra"] = strings.Join(lines, "\n")
	}
	if field, ok := zschema.FieldFor(d.item.Type, "date"); ok {
		d.item.ParsedDate, _ = edtf.Parse(d.item.Fields[field])
	}
	return d.item
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

var issnPattern = regexp.MustCompile(`^(?:ISSN:?\s*)?\d{4}-?\d{3}[\dXx](?:\s|$)`)

var pageRange = regexp.MustCompile(`(\d+)\s*[-–]\s*(\d+)`)

// WholePages writes the last pages of ranges in full: "6913-7" is "6913-6917".
func WholePages(pages string) string {
	return pageRange.ReplaceAllStringFunc(pages, func(s string) string {
		m := pageRange.FindStringSubmatch(s)
		if missing := len(m[1]) - len(m[2]); missing > 0 {
			return m[1] + "-" + m[1][:missing] + m[2]
		}
		return m[1] + "-" + m[2]
	})
}
