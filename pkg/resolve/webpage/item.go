package webpage

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// statement is what one kind of metadata says of a work. A field that it does not
// state is "".
type statement struct {
	itemType  string
	fields    map[string]string
	container string // what the work appeared in
	publisher string
	creators  []library.Creator
}

// item returns the work: each field from the first kind of metadata that states it.
func (t *tags) item() *library.Item {
	it := &library.Item{Fields: map[string]string{}}
	all := []statement{t.highwire(), t.schemaOrg(), t.dublinCore(), t.openGraph()}
	container, publisher := "", ""
	for _, s := range all {
		if it.Type == "" {
			it.Type = s.itemType
		}
		if len(it.Creators) == 0 {
			it.Creators = s.creators
		}
		if container == "" {
			container = s.container
		}
		if publisher == "" {
			publisher = s.publisher
		}
		for name, v := range s.fields {
			if it.Fields[name] == "" && v != "" {
				it.Fields[name] = v
			}
		}
	}
	if it.Type == "" {
		it.Type = "webpage"
	}
	set(it, "publicationTitle", container)
	if publisher != container { // a newspaper, as its pages state it
		set(it, "publisher", publisher)
	}
	return it
}

// set sets the field that stands for a base field in the item's type, if it has one.
func set(it *library.Item, base, v string) {
	if field, ok := zschema.FieldFor(it.Type, base); ok && v != "" {
		it.Fields[field] = v
	}
}

// highwire reads the tags that Google Scholar asks publishers for
// (https://scholar.google.com/intl/en/scholar/inclusion.html#indexing).
func (t *tags) highwire() statement {
	s := statement{
		fields: map[string]string{
			"title": t.first("citation_title"), "date": date(t.first("citation_publication_date", "citation_date", "citation_online_date", "citation_year")),
			"volume": t.first("citation_volume"), "issue": t.first("citation_issue"), "ISSN": t.first("citation_issn"), "ISBN": t.first("citation_isbn"),
			"DOI": doi(t.first("citation_doi")), "language": t.first("citation_language"), "pages": t.first("citation_firstpage"),
			"abstractNote": t.first("citation_abstract"),
		},
		publisher: t.first("citation_publisher"),
	}
	if last := t.first("citation_lastpage"); last != "" && s.fields["pages"] != "" && last != s.fields["pages"] {
		s.fields["pages"] += "-" + last
	}
	for _, kind := range []struct{ tag, itemType string }{
		{"citation_journal_title", "journalArticle"}, {"citation_conference_title", "conferencePaper"}, {"citation_inbook_title", "bookSection"},
	} {
		if title := t.first(kind.tag); title != "" && s.itemType == "" {
			s.itemType, s.container = kind.itemType, title
		}
	}
	for _, kind := range []struct{ tag, itemType string }{
		{"citation_dissertation_institution", "thesis"}, {"citation_technical_report_institution", "report"},
	} {
		if name := t.first(kind.tag); name != "" && s.itemType == "" {
			s.itemType, s.publisher = kind.itemType, name
		}
	}
	if s.itemType == "" && s.fields["ISBN"] != "" {
		s.itemType = "book"
	}
	names := t.all("citation_author")
	if len(names) == 0 {
		names = strings.Split(t.first("citation_authors"), ";")
	}
	s.creators = authors(names)
	return s
}

// dublinCore reads the terms of the Dublin Core, in each of their spellings.
func (t *tags) dublinCore() statement {
	term := func(name string) []string {
		return t.all("dc."+name, "dcterms."+name, "dc:"+name, "dcterms:"+name)
	}
	one := func(names ...string) string {
		for _, name := range names {
			if all := term(name); len(all) > 0 {
				return all[0]
			}
		}
		return ""
	}
	s := statement{
		fields: map[string]string{
			"title": one("title"), "date": date(one("issued", "date", "created")), "language": one("language"), "abstractNote": one("abstract"),
		},
		publisher: one("publisher"),
		creators:  authors(term("creator")),
	}
	for _, id := range term("identifier") {
		if d := doi(id); d != "" && s.fields["DOI"] == "" {
			s.fields["DOI"] = d
		}
	}
	return s
}

// openGraph reads the tags that pages have for social networks, and the tags of HTML
// itself.
func (t *tags) openGraph() statement {
	title := t.first("og:title", "twitter:title")
	if title == "" {
		title = t.title
	}
	site := t.first("og:site_name")
	return statement{
		fields: map[string]string{
			"title": withoutSite(title, site), "date": date(t.first("article:published_time", "book:release_date")), "abstractNote": t.first("og:description", "description"),
		},
		container: site,
		creators:  authors(t.all("article:author", "book:author", "author")),
	}
}

// withoutSite returns a title without the name of the site that pages put behind it,
// as in "On ice | Example".
func withoutSite(title, site string) string {
	rest, ok := strings.CutSuffix(title, site)
	if !ok || site == "" {
		return title
	}
	if short := strings.TrimRight(rest, " |-–—·•:"); short != "" && short != rest {
		return short
	}
	return title
}

// authors returns people by their names; an address, which some pages state in place
// of a name, is none.
func authors(names []string) []library.Creator {
	var all []library.Creator
	for _, name := range names {
		name = strings.TrimSpace(strings.TrimPrefix(name, "by "))
		if name == "" || strings.Contains(name, "://") {
			continue
		}
		c := library.Creator{Role: "author", Name: name}
		if family, given, ok := strings.Cut(name, ","); ok && !strings.Contains(given, ",") && strings.TrimSpace(given) != "" {
			c = library.Creator{Role: "author", Family: strings.TrimSpace(family), Given: strings.TrimSpace(given)}
		}
		all = append(all, c)
	}
	return all
}

// datePattern is a date as pages write it: year first.
var datePattern = regexp.MustCompile(`^([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?(?:$|[T\s])`)

// date returns a date in ISO 8601, without its time; one in words stays as it is.
func date(s string) string {
	m := datePattern.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	parts := []string{m[1]}
	for _, part := range m[2:] {
		if part != "" {
			parts = append(parts, strings.Repeat("0", 2-len(part))+part)
		}
	}
	return strings.Join(parts, "-")
}

// doi returns the DOI that s is, as name or address.
func doi(s string) string {
	if unescaped, err := url.PathUnescape(s); err == nil {
		s = unescaped
	}
	return library.ParseDOI(s)
}
