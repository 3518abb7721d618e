package ris

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/namelist"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// builder collects what the tags of one entry say.
type builder struct {
	*reader
	entry model.Entry
	item  *library.Item

	values map[string]string // by field; first come, first served
	order  []string          // the fields in the order of the file
	extra  []string          // lines that may still find a field
	// unplaced are lines of extra that have been refused by a field.
	unplaced []string

	endPage                     string
	year, yearField             string
	backupTitle, backupAccessed string
}

// set gives a field its value; a second value goes to extra.
func (b *builder) set(field, value string) {
	switch old, ok := b.values[field]; {
	case value == "" || old == value:
	case ok:
		b.keep(extra.Label(field), value)
	default:
		b.values[field] = value
		b.order = append(b.order, field)
	}
}

// keep writes to extra what has no field.
func (b *builder) keep(name, value string) {
	if line := extra.Line(name, value); line != "" {
		b.unplaced = append(b.unplaced, line)
	}
}

// add takes a tag.
func (b *builder) add(t tag) {
	value := strings.TrimSpace(t.value)
	if value == "" {
		return
	}
	if t.name != "N1" && t.name != "RN" && t.name != "AB" {
		value = strings.TrimSpace(markup.Inline(value))
	}
	field := b.m.field(b.item.Type, t.name)
	if b.special(t.name, field, value) {
		return
	}
	kind, name, _ := strings.Cut(field, "/")
	switch kind {
	case "":
		b.keep(t.name, value)
	case "named":
		b.keep(extra.Label(name), value)
	case "creators":
		for _, one := range namelist.Split(value) {
			b.creator(name, one)
		}
	case "files":
		b.files(name, value)
	case "notes":
		if text := markup.Note(value); text != "" {
			b.item.Notes = append(b.item.Notes, library.Note{Text: text})
		}
	case "tags":
		b.tags(value)
	case "extra":
		if line := strings.Join(strings.Fields(value), " "); line != "Type: "+b.item.Type {
			b.extra = append(b.extra, line)
		}
	case "backupTitle":
		b.setBackup(&b.backupTitle, value)
	case "date", "filingDate", "issueDate", "dateEnacted", "dateDecided":
		date, lost := b.dates.published(value)
		b.set(field, date)
		b.keepIf(lost != "", "Date", lost)
	case "accessDate":
		if date, ok := b.dates.accessed(value); ok {
			b.set(field, date)
		} else {
			b.keep("Access Date", value)
		}
	case "DOI":
		b.doi(t.name, value)
	case "ISBN", "ISSN":
		b.serial(field, value)
	default:
		b.set(field, value)
	}
}

func (b *builder) keepIf(condition bool, name, value string) {
	if condition {
		b.keep(name, value)
	}
}

// setBackup remembers the last value, as Zotero does, and keeps the earlier.
func (b *builder) setBackup(target *string, value string) {
	b.keepIf(*target != "" && *target != value, "Publication Title", *target)
	*target = value
}

// special takes the tags whose values wait for others, or mean something else
// than their field says. It is false for all other tags.
func (b *builder) special(name, field, value string) bool {
	switch {
	case name == "EP":
		b.keepIf(b.endPage != "" && b.endPage != value, "Pages", b.endPage)
		b.endPage = value
	case name == "PY":
		date, lost := b.dates.published(value)
		b.keepIf(lost != "", "Date", lost)
		b.keepIf(b.year != "" && b.year != date, "PY", b.year)
		b.year, b.yearField = date, field
	case (name == "M1" || name == "VL") && field == "accessDate":
		// EndNote: the access date in M1, its year in VL.
		date, ok := b.dates.accessed(value)
		if !ok || b.backupAccessed != "" && name == "VL" {
			b.keep(name, value)
		} else {
			b.keepIf(b.backupAccessed != "" && !strings.HasPrefix(date, b.backupAccessed[:4]), "Access Date", b.backupAccessed)
			b.backupAccessed = date
		}
	case name == "UR":
		b.url(value)
	default:
		return false
	}
	return true
}

// url takes addresses, of which there may be several; Reference Manager also
// writes PubMed IDs so.
func (b *builder) url(value string) {
	if id, ok := strings.CutPrefix(value, "PM:"); ok {
		b.extra = append(b.extra, extra.Line("PMID", id))
		return
	}
	words := strings.Fields(value)
	for _, word := range words {
		if !strings.Contains(word, "://") {
			words = []string{value}
			break
		}
	}
	for _, word := range words {
		if old := b.values["url"]; old == "" {
			b.set("url", word)
		} else {
			b.keepIf(old != word, "URL", word)
		}
	}
}

func (b *builder) doi(name, value string) {
	dois := ident.DOIs(value)
	if len(dois) == 0 {
		b.keep(name, value)
		return
	}
	for _, doi := range dois {
		b.set("DOI", doi) // a second one goes to extra
	}
}

// serial takes an ISBN or ISSN. The tag is one for both: where the value is
// plainly the other, it goes to the other field, if the item type has it.
func (b *builder) serial(field, value string) {
	other := ""
	digits := countDigits(value)
	switch {
	case field == "ISBN" && digits == 8:
		other = "ISSN"
	case field == "ISSN" && (digits == 10 || digits == 13):
		other = "ISBN"
	}
	if other != "" && (zschema.ValidField(b.item.Type, other) || !zschema.ValidField(b.item.Type, field)) {
		field = other
	}
	b.set(field, value)
}

// countDigits counts the digits of a number that may have hyphens and X; 0
// for anything else.
func countDigits(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9' || r == 'X' || r == 'x':
			n++
		case r != '-' && r != ' ':
			return 0
		}
	}
	return n
}

// creator takes a name: "Family, Given, Suffix", or an institution's, whose
// first comma EndNote doubles.
func (b *builder) creator(role, value string) {
	if first := strings.IndexByte(value, ','); first > 0 && strings.HasPrefix(value[first:], ",,") {
		name := value[:first] + value[first+1:]
		b.item.Creators = append(b.item.Creators, library.Creator{Role: role, Name: strings.Trim(name, ", ")})
		return
	}
	family, given, _ := strings.Cut(value, ",")
	family, given = strings.TrimSpace(family), strings.TrimSpace(strings.TrimLeft(given, ", "))
	c := library.Creator{Role: role, Family: family, Given: given}
	if given == "" {
		c = library.Creator{Role: role, Name: family}
	}
	if family+given != "" {
		b.item.Creators = append(b.item.Creators, c)
	}
}

// tags takes keywords, one or several: a line each or with semicolons.
// (Reference Manager leaves a "%K" at the beginning of lines.)
func (b *builder) tags(value string) {
	for line := range strings.SplitSeq(strings.ReplaceAll(value, "\r", "\n"), "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "%K ")
		for keyword := range strings.SplitSeq(line, ";") {
			if keyword = strings.TrimSpace(keyword); keyword != "" {
				b.item.Tags = append(b.item.Tags, keyword)
			}
		}
	}
}
