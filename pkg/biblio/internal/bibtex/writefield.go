package bibtex

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext/latex"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// creators writes the creators, a field for each role.
func (w *writer) creators() {
	var roles []string
	names := map[string][]string{}
	for _, c := range w.item.Creators {
		role := strings.ToLower(c.Role)
		if c.Role == zschema.PrimaryCreator(w.item.Type) || role == "" {
			role = "author"
		}
		if names[role] == nil {
			roles = append(roles, role)
		}
		if name := w.nameSource(c); name != "" {
			names[role] = append(names[role], name)
		}
	}
	for _, role := range roles {
		if !isPlainName(role) {
			continue
		}
		list := names[role]
		if last := len(list) - 1; last >= 0 && list[last] == "{others}" {
			list[last] = "others"
		}
		w.names(role, list)
	}
}

// nameSource writes one name so that every reader splits it as it is.
func (w *writer) nameSource(c library.Creator) string {
	family, given := oneLine(c.Family), oneLine(c.Given)
	switch {
	case c.Name != "":
		return w.unsplit(oneLine(c.Name))
	case family == "" && given == "":
		return ""
	case family == "" || given == "":
		return w.unsplit(family + given)
	}
	if w.dialect == BibLaTeX && strings.Count(family+given, ",") > 1 {
		return extendedName(family, given)
	}
	if first, suffix, ok := strings.Cut(given, ", "); ok && !needsBraces(first) && !needsBraces(suffix) {
		return w.protectName(family) + ", " + suffix + ", " + first
	}
	return w.protectName(family) + ", " + w.protectName(given)
}

// extendedName writes a name with commas in BibLaTeX's extended format: biber
// counts commas within braces too, and drops the entry if there are three. A
// name that this format can't hold stays in one piece.
func extendedName(family, given string) string {
	if strings.Contains(family+given, "=") {
		return "{" + family + ", " + given + "}"
	}
	quote := strings.NewReplacer(`"`, `{\textquotedbl}`)
	return `"family={` + quote.Replace(family) + `}", "given={` + quote.Replace(given) + `}"`
}

// oneLine returns the source of a text on one line.
func oneLine(s string) string { return latex.FromText(strings.Join(strings.Fields(s), " ")) }

func (w *writer) protectName(s string) string {
	if needsBraces(s) {
		return w.unsplit(s)
	}
	return s
}

// unsplit protects part of a name from being split. Within braces BibTeX
// doesn't know commands and cuts between an accent and its letter; so where
// there are any, only what would split is in braces.
func (w *writer) unsplit(s string) string {
	if w.dialect == BibTeX && strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || r == '\\' }) {
		return strings.NewReplacer(" ", "{ }", ",", "{,}").Replace(s)
	}
	return "{" + s + "}"
}

// needsBraces reports whether part of a name would be split, or taken for
// something else.
func needsBraces(s string) bool {
	return s == "" || strings.ContainsAny(s, ",=") || strings.Contains(" "+strings.ToLower(s)+" ", " and ")
}

// titles writes the title and that of what the work appeared in.
func (w *writer) titles() {
	title := w.item.Title()
	w.field("title", latex.FromTitle(title))
	w.field("shorttitle", latex.FromTitle(w.item.Fields["shortTitle"]))
	name, ok := zschema.FieldFor(w.item.Type, "publicationTitle")
	if !ok {
		return
	}
	container := w.item.Fields[name]
	switch {
	case w.kind == "article" && w.dialect == BibTeX:
		w.field("journal", latex.FromUnicode(container))
	case w.kind == "article":
		w.field("journaltitle", latex.FromUnicode(container))
	case w.item.Type == "webpage" || w.item.Type == "blogPost" || w.item.Type == "forumPost":
		w.field("titleaddon", latex.FromUnicode(container))
	default:
		if title == "" && container != "" {
			w.raw("title", "{}")
		}
		w.field("booktitle", latex.FromTitle(container))
	}
}

var pageRange = regexp.MustCompile(`([0-9A-Za-z])-([0-9A-Za-z])`)

// fieldNames are the fields that a Zotero field or base field is written as.
var fieldNames = map[string]string{
	"place": "address", "publisher": "publisher", "edition": "edition", "volume": "volume", "numberOfVolumes": "volumes",
	"section": "chapter", "ISBN": "isbn", "ISSN": "issn", "rights": "copyright", "language": "language",
	"country": "nationality", "assignee": "assignee", "type": "type", "versionNumber": "version",
	"conferenceName": "eventtitle", "meetingName": "eventtitle", "eventPlace": "venue", "numPages": "pagetotal",
	"originalPublisher": "origpublisher", "originalPlace": "origlocation", "journalAbbreviation": "shortjournal",
	"libraryCatalog": "library", "PMID": "pmid", "PMCID": "pmcid", "partNumber": "part",
}

// fields writes the other fields, in the order of Zotero's schema.
func (w *writer) fields() {
	number := numberBase(w.item.Type)
	for _, name := range zschema.Fields(w.item.Type) {
		value := w.item.Fields[name]
		if value == "" {
			continue
		}
		switch base := zschema.Base(w.item.Type, name); base {
		case "title", "shortTitle", "publicationTitle", "date", "citationKey", "extra":
		case "abstractNote":
			w.field("abstract", latex.FromText(value))
		case "DOI":
			w.verbatim("doi", verbatim(value))
		case "url":
			w.verbatim("url", w.address(value))
		case "accessDate":
			w.accessDate(value)
		case "originalDate":
			w.originalDate(value)
		case "pages":
			w.field("pages", pagesSource(value))
		case "series":
			w.field("series", latex.FromUnicode(value))
		case number:
			w.number(value)
		case "publisher":
			w.field(w.publisherField(), latex.FromText(value))
		default:
			field, ok := fieldNames[base]
			if !ok || w.written[field] {
				field = strings.ToLower(name)
				if plainFields[field] != "" {
					field = strings.ToLower(base)
				}
			}
			if field == "address" && w.dialect == BibLaTeX && w.item.Type != "conferencePaper" {
				field = "location"
			}
			w.field(field, latex.FromText(value))
		}
	}
	if w.item.Type == "thesis" && w.item.Fields["thesisType"] == "" && w.kind != "thesis" {
		w.raw("type", "{}")
	}
}

// address returns a URL; for BibTeX, whose readers set bytes, in ASCII.
func (w *writer) address(value string) string {
	value = verbatim(value)
	if w.dialect == BibLaTeX {
		return value
	}
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c < 0x80 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// number writes a number: of an issue, a report, or in a series. Of a preprint
// it is the archive's identifier; that of arXiv has fields of its own.
func (w *writer) number(value string) {
	id, _, ok := ident.ArXiv(value)
	if w.item.Type != "preprint" || !ok {
		w.field("number", latex.FromText(value))
		return
	}
	for _, label := range w.ids {
		if other, _, ok := ident.ArXiv(label[1]); ok && label[0] == "arxiv" && other == id {
			return // identifiers writes it
		}
	}
	w.eprint("arxiv", [2]string{"arxiv", value})
}

// numberBase returns the field that "number" means for an item type; see
// converter.number.
func numberBase(itemType string) string {
	for _, base := range [...]string{"issue", "number", "seriesNumber"} {
		if _, ok := zschema.FieldFor(itemType, base); ok {
			return base
		}
	}
	return ""
}

// publisherField returns the field for the publisher.
func (w *writer) publisherField() string {
	switch {
	case w.item.Type == "thesis" && w.dialect == BibTeX:
		return "school"
	case w.item.Type == "thesis" || w.item.Type == "report" || w.item.Type == "manuscript":
		return "institution"
	}
	return "publisher"
}

// pagesSource writes ranges with two hyphens, as both programs want them.
func pagesSource(s string) string {
	return pageRange.ReplaceAllString(latex.FromText(s), "$1--$2")
}

// details writes tags, notes and attachments.
func (w *writer) details() {
	tags := make([]string, 0, len(w.item.Tags))
	for _, tag := range w.item.Tags {
		source := latex.FromText(tag)
		if strings.ContainsAny(tag, ",;") {
			source = "{" + source + "}"
		}
		if source != "" {
			tags = append(tags, source)
		}
	}
	w.field("keywords", strings.Join(tags, ", "))
	var notes []string
	for _, note := range w.item.Notes {
		if text := latex.FromText(note.Text); text != "" {
			notes = append(notes, text)
		}
	}
	name := "annote"
	if w.dialect == BibLaTeX {
		name = "annotation"
	}
	w.field(name, strings.Join(notes, `\par `))
	var files []string
	for _, a := range w.item.Attachments {
		if a.Filename != "" {
			files = append(files, pathSource(a.Title)+":"+pathSource(a.Filename)+":"+pathSource(a.ContentType))
		}
	}
	w.verbatim("file", strings.Join(files, ";"))
}

// pathSource escapes part of an attachment's record. Braces would not balance
// and go, as they do in Zotero.
func pathSource(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '{' || c == '}' || c < ' ':
			continue
		case c == '\\' || c == ':' || c == ';':
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// hint says which item type it is where the entry type alone would not.
func (w *writer) hint() {
	e := &entry{kind: w.kind}
	if w.item.Type == "magazineArticle" || w.item.Type == "newspaperArticle" {
		w.field("entrysubtype", strings.TrimSuffix(w.item.Type, "Article"))
		return
	}
	if itemType, _ := e.itemType(); itemType != w.item.Type && zschema.KnownType(w.item.Type) {
		w.field("itemtype", w.item.Type)
	}
}
