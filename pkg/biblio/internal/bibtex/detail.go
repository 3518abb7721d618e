package bibtex

import (
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// take returns a field's value and marks the field as used up.
func (c *converter) take(name string) string {
	value := c.entry.get(name)
	if value != "" {
		c.done[name] = true
	}
	return value
}

// titles finds the title of the work and of what it appeared in.
func (c *converter) titles() {
	title := withSubtitle(latex.ToUnicode(c.take("title")), latex.ToUnicode(c.take("subtitle")))
	book := withSubtitle(latex.ToUnicode(c.take("booktitle")), latex.ToUnicode(c.take("booksubtitle")))
	if title == "" && !c.entry.has("title") {
		title, book = book, ""
	}
	if title == "" {
		title = withSubtitle(latex.ToUnicode(c.take("maintitle")), latex.ToUnicode(c.take("mainsubtitle")))
	}
	if title == "" {
		title = latex.ToUnicode(c.take("titleaddon"))
	}
	if c.entry.kind == "book" && kind.Fold(book) == kind.Fold(title) {
		book = "" // only for entries that inherit it
	}
	c.set("title", "title", title, title)
	if c.entry.kind == "article" {
		c.journal()
	}
	c.set("booktitle", "publicationTitle", book, book)
	c.journal()
	if c.item.Type == "webpage" || c.item.Type == "blogPost" || c.item.Type == "forumPost" {
		addon := latex.ToUnicode(c.take("titleaddon"))
		c.set("titleaddon", "publicationTitle", addon, addon)
	}
}

// journal finds the journal's title and its abbreviation. As in Zotero, of
// two titles the one that BibTeX's styles print is the abbreviation.
func (c *converter) journal() {
	full := withSubtitle(latex.ToUnicode(c.take("journaltitle")), latex.ToUnicode(c.take("journalsubtitle")))
	printed := latex.ToUnicode(c.take("journal"))
	if long := latex.ToUnicode(c.take("fjournal")); long != "" {
		if full == "" {
			full = long
		} else {
			c.set("fjournal", "publicationTitle", long, long)
		}
	}
	if full == "" {
		full, printed = printed, ""
	}
	c.set("journal", "publicationTitle", full, full)
	if printed != full {
		c.set("journal", "journalAbbreviation", printed, printed)
	}
}

// withSubtitle joins title and subtitle as Zotero does: with a colon, unless
// there is other punctuation.
func withSubtitle(title, subtitle string) string {
	switch {
	case subtitle == "":
		return title
	case title == "":
		return subtitle
	case endsWithAny(title, "-", "–", "—", ":", "!", "?", ".", ";") || startsWithAny(subtitle, "-", "–", "—", ":", ".", ";", "¡", "¿"):
		return title + " " + subtitle
	}
	return title + ": " + subtitle
}

func endsWithAny(s string, ends ...string) bool {
	for _, end := range ends {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

func startsWithAny(s string, starts ...string) bool {
	for _, start := range starts {
		if strings.HasPrefix(s, start) {
			return true
		}
	}
	return false
}

// date finds the date: BibLaTeX's field, or year, month and day. Parts that
// are plain are joined as ISO 8601, as Zotero does; anything else stays in the
// words of the source.
func (c *converter) date() {
	date := latex.Verbatim(c.take("date")) // in EDTF "~" means circa
	year, month, day := latex.ToText(c.entry.get("year")), latex.ToText(c.entry.get("month")), latex.ToText(c.entry.get("day"))
	if date == "" {
		date = joinDate(year, month, day)
		c.done["year"], c.done["month"], c.done["day"] = true, true, true
	} else if strings.Contains(date, year) {
		c.done["year"], c.done["month"], c.done["day"] = true, true, true
	}
	if date == "" {
		return
	}
	field, ok := zschema.FieldFor(c.item.Type, "date")
	if !ok {
		field = "date"
	}
	c.item.Fields[field] = date
	c.item.ParsedDate, _ = edtf.Parse(date)
}

// joinDate joins the parts of a date.
func joinDate(year, month, day string) string {
	switch {
	case month == "" || strings.Contains(year, month) && !isNumber(month):
		return year
	case year == "" || strings.Contains(month, year):
		return strings.TrimSpace(day + " " + month)
	}
	words := strings.FieldsFunc(month, func(r rune) bool { return r == ' ' || r == ',' || r == '.' })
	if len(words) == 2 && day == "" {
		// "jan 21" and "21 jan", as "jan # 21" makes it.
		if isNumber(words[0]) {
			words[0], words[1] = words[1], words[0]
		}
		if len(words[1]) <= 2 && isNumber(words[1]) {
			month, day = words[0], words[1]
		}
	}
	if monthOnly := strings.Trim(month, ". "); isNumber(year) && len(year) == 4 {
		if isNumber(monthOnly) {
			monthOnly = "0" + monthOnly
			monthOnly = monthOnly[len(monthOnly)-2:]
			if iso, ok := edtf.Parse(year + "-" + monthOnly); ok && len(iso) == len("2006-01") {
				return withDay(iso, day)
			}
		} else if !strings.ContainsAny(monthOnly, " -/–—0123456789") {
			if iso, ok := edtf.Parse(monthOnly + " " + year); ok && len(iso) == len("2006-01") {
				return withDay(iso, day)
			}
		}
	}
	return strings.Join(strings.Fields(month+" "+day+" "+year), " ")
}

// withDay adds a day to a month if it is a plain number; else words.
func withDay(month, day string) string {
	if day == "" {
		return month
	}
	two := "0" + day
	two = two[len(two)-2:]
	if iso, ok := edtf.Parse(month + "-" + two); ok && len(day) <= 2 && isNumber(day) && len(iso) == len("2006-01-02") {
		return iso
	}
	return month + " " + day
}

// roles are the fields that hold names, in the order of an item's creators,
// and the role they mean; it is that of a contributor where the item type has
// no such role. Those who only annotated or introduced a work are no creators
// in Zotero: they go to "extra".
var roles = [...]struct{ field, role string }{
	{"author", "author"}, {"bookauthor", "bookAuthor"}, {"editor", "editor"}, {"serieseditor", "seriesEditor"},
	{"translator", "translator"}, {"director", "director"}, {"scriptwriter", "scriptwriter"}, {"collaborator", "contributor"}, {"contributor", "contributor"},
	{"editora", "contributor"}, {"editorb", "contributor"}, {"editorc", "contributor"},
}

// role returns the role of the creators in a field of an entry: the one that
// the field "editortype" and its like name, or else the field's own.
func (c *converter) role(field, own string) string {
	if name := c.entry.get(field + "type"); name != "" {
		if role := kind.Role(c.item.Type, latex.ToText(name)); role != "" {
			c.done[field+"type"] = true
			return role
		}
	}
	switch {
	case own == "author":
		return zschema.PrimaryCreator(c.item.Type)
	case field == "editor" && c.item.Type == "film":
		return "scriptwriter" // BibDesk has no other field for them
	}
	return own
}

// creators finds all people and institutions. A field that comes twice has
// two lists.
func (c *converter) creators() {
	for _, r := range roles {
		if role := c.role(r.field, r.role); zschema.ValidCreator(c.item.Type, role) && role != "contributor" || r.role == "author" {
			c.people(r.field, role)
		}
	}
	for _, r := range roles {
		if r.field != "bookauthor" {
			c.people(r.field, "contributor")
		}
	}
	// Roles that BibLaTeX has no field for stand under their own name.
	for _, role := range zschema.Creators(c.item.Type) {
		c.people(strings.ToLower(role), role)
	}
}

// people takes in the names in a field.
func (c *converter) people(name, role string) {
	if c.done[name] {
		return
	}
	for _, field := range c.entry.fields {
		if field.name != name {
			continue
		}
		c.done[name] = true
		for _, creator := range parseNames(field.value) {
			creator.Role = role
			c.item.Creators = append(c.item.Creators, creator)
		}
	}
}

// eprintNames are the archives that Zotero's importer knows, and its names
// for them.
var eprintNames = map[string]string{
	"arxiv": "arXiv", "jstor": "JSTOR", "pubmed": "PMID", "hdl": "HDL", "googlebooks": "GoogleBooksID",
}

// eprint finds an archive's identifier: BibLaTeX's eprint fields and those of
// arXiv's own BibTeX.
func (c *converter) eprint() {
	id := latex.Verbatim(c.entry.get("eprint"))
	archive := c.entry.get("eprinttype")
	if archive == "" {
		archive = c.entry.get("archiveprefix")
	}
	name := eprintNames[strings.ToLower(latex.ToText(archive))]
	if id == "" || name == "" {
		return
	}
	c.done["eprint"], c.done["eprinttype"], c.done["archiveprefix"] = true, true, true
	if name == "arXiv" {
		c.arXiv(id)
		return
	}
	c.label(name, id)
}

// arXiv puts an identifier of arXiv and its class into "extra", as Zotero's
// translator for arXiv does, and that of a preprint into its field. A line of
// "extra" that [Write] kept has more classes.
func (c *converter) arXiv(id string) {
	bare, classes, ok := ident.ArXiv(id)
	if !ok {
		c.label("arXiv", id)
		return
	}
	for _, name := range [...]string{"primaryclass", "eprintclass"} {
		if class := latex.ToText(c.take(name)); class != "" && !slices.Contains(classes, class) {
			classes = append(classes, class)
		}
	}
	kept := strings.Contains(c.entry.get("extra"), "arXiv: "+bare+" [")
	if field, ok := zschema.FieldFor(c.item.Type, "archiveID"); ok && c.item.Fields[field] == "" && !c.entry.has("number") {
		c.item.Fields[field] = "arXiv:" + bare
		if len(classes) == 0 {
			return
		}
	}
	switch {
	case kept:
	case len(classes) > 0:
		c.label("arXiv", bare+" ["+strings.Join(classes, ", ")+"]")
	default:
		c.label("arXiv", bare)
	}
}

// label puts an identifier into its field, or into "extra" under Zotero's
// name for it.
func (c *converter) label(name, id string) {
	if name == "PMID" || name == "PMCID" {
		if field, ok := zschema.FieldFor(c.item.Type, name); ok && c.item.Fields[field] == "" {
			c.item.Fields[field] = id
			return
		}
	}
	line := extra.Line(name, id)
	if slices.Contains(c.extra, line) {
		return
	}
	c.extra = append(c.extra, line)
}

// identifierNames are the fields that hold identifiers, and Zotero's names
// for them.
var identifierNames = map[string]string{"lccn": "LCCN", "mrnumber": "MR", "zmnumber": "Zbl", "pmid": "PMID", "pmcid": "PMCID"}

func (c *converter) identifier(name, value string) {
	c.label(identifierNames[name], latex.Verbatim(value))
}

// note takes in a note. As in Zotero, one that is an identifier's line goes
// to "extra".
func (c *converter) note(name, value string) {
	text := latex.ToParagraphs(value)
	if text == "" {
		return
	}
	if name == "note" {
		for _, label := range identifierNames {
			rest, ok := strings.CutPrefix(text, label)
			if ok && strings.ContainsAny(rest, "0123456789") && strings.HasPrefix(rest, ":") {
				c.extra = append(c.extra, text)
				return
			}
		}
	}
	c.item.Notes = append(c.item.Notes, library.Note{Text: text})
}

// times takes in when the entry was added to or changed in the program that
// wrote it.
func (c *converter) times(name, value string) {
	text := latex.ToText(value)
	at, ok := parseTime(text)
	target := &c.item.Added
	if strings.Contains(name, "modif") {
		target = &c.item.Modified
	}
	if !ok || !target.IsZero() {
		c.keep(name, value)
		return
	}
	*target = at
}

// parseTime reads the times that BibDesk, JabRef, DBLP and Better BibTeX write.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range [...]string{
		"2006-01-02 15:04:05 -0700", time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02",
		"2006.01.02", time.RFC1123Z, time.RFC1123,
	} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1900 && t.Year() < 10000 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
