package webpage

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Bounds of JSON-LD.
const (
	maxDepth = 6
	maxNodes = 500
)

// schemaTypes are item types by the type of schema.org, those first that name a work
// best.
var schemaTypes = [...]struct{ schema, itemType string }{
	{"ScholarlyArticle", "journalArticle"}, {"MedicalScholarlyArticle", "journalArticle"}, {"Chapter", "bookSection"}, {"Book", "book"}, {"Thesis", "thesis"},
	{"Report", "report"}, {"TechArticle", "webpage"}, {"NewsArticle", "newspaperArticle"}, {"ReportageNewsArticle", "newspaperArticle"}, {"OpinionNewsArticle", "newspaperArticle"},
	{"BlogPosting", "blogPost"}, {"LiveBlogPosting", "blogPost"}, {"Dataset", "dataset"}, {"SoftwareSourceCode", "computerProgram"}, {"SoftwareApplication", "computerProgram"},
	{"PodcastEpisode", "podcast"}, {"VideoObject", "videoRecording"}, {"Article", "webpage"}, {"WebPage", "webpage"},
}

// node is an object of JSON-LD.
type node map[string]any

// schemaOrg reads the JSON-LD of a page: of all objects the one whose type names a
// work best.
func (t *tags) schemaOrg() statement {
	rank, best := len(schemaTypes), node(nil)
	left := maxNodes
	for _, script := range t.scripts {
		var v any
		if json.Unmarshal([]byte(script), &v) != nil {
			continue
		}
		walk(v, maxDepth, &left, func(n node) {
			if at := n.rank(); at < rank && n.text("headline", "name") != "" {
				rank, best = at, n
			}
		})
	}
	if best == nil {
		return statement{}
	}
	return best.statement(schemaTypes[rank].itemType)
}

// walk visits the objects of a document that stand at its top, in lists, in its
// graph, or as what a page is about.
func walk(v any, depth int, left *int, visit func(node)) {
	if depth == 0 || *left == 0 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, depth-1, left, visit)
		}
	case map[string]any:
		*left--
		visit(v)
		for _, name := range []string{"@graph", "mainEntity"} {
			walk(v[name], depth-1, left, visit)
		}
	}
}

// rank returns the position of the object's type in schemaTypes, or beyond it.
func (n node) rank() int {
	types := texts(n["@type"])
	for i, row := range schemaTypes {
		if slices.Contains(types, row.schema) {
			return i
		}
	}
	return len(schemaTypes)
}

// texts returns the texts of a value that is one, a list of them, or an object with
// one.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		if v = Value(v); v != "" {
			return []string{v}
		}
	case float64:
		b, _ := json.Marshal(v)
		return []string{string(b)}
	case []any:
		var all []string
		for _, e := range v[:min(len(v), MaxPeople)] {
			if _, nested := e.([]any); !nested {
				all = append(all, texts(e)...)
			}
		}
		return all
	case map[string]any:
		for _, name := range []string{"@value", "value", "name"} {
			if s, ok := v[name].(string); ok {
				return texts(s)
			}
		}
	}
	return nil
}

// text returns the first text of the first of some properties that the object has.
func (n node) text(names ...string) string {
	for _, name := range names {
		if all := texts(n[name]); len(all) > 0 {
			return all[0]
		}
	}
	return ""
}

// statement returns what the object says of a work.
func (n node) statement(itemType string) statement {
	s := statement{
		itemType: itemType,
		fields: map[string]string{
			"title": n.text("headline", "name"), "date": date(n.text("datePublished", "dateCreated")), "abstractNote": n.text("abstract"),
			"language": n.text("inLanguage"), "ISBN": n.text("isbn"), "pages": n.text("pagination"), "DOI": n.doi(),
		},
		publisher: n.text("publisher"),
		creators:  people(n["author"]),
	}
	if s.creators == nil {
		s.creators = people(n["creator"])
	}
	if start, end := n.text("pageStart"), n.text("pageEnd"); s.fields["pages"] == "" && start != "" {
		s.fields["pages"] = start
		if end != "" && end != start {
			s.fields["pages"] += "-" + end
		}
	}
	n.partOf(&s)
	switch itemType {
	case "newspaperArticle", "blogPost", "webpage": // the publisher is the paper or the site
		if s.container == "" {
			s.container = s.publisher
		}
	}
	return s
}

// partOf takes what the work is part of: an issue, which is part of a volume, which
// is part of a periodical, or a book.
func (n node) partOf(s *statement) {
	for range maxDepth {
		whole, ok := n["isPartOf"].(map[string]any)
		if list, isList := n["isPartOf"].([]any); isList && len(list) > 0 {
			whole, ok = list[0].(map[string]any)
		}
		if !ok {
			return
		}
		n = whole
		for field, name := range map[string]string{"volume": "volumeNumber", "issue": "issueNumber", "ISSN": "issn"} {
			if s.fields[field] == "" {
				s.fields[field] = n.text(name)
			}
		}
		if name := n.text("name"); name != "" {
			s.container = name
		}
	}
}

// doi returns the DOI among the identifiers and addresses of the object.
func (n node) doi() string {
	for _, name := range []string{"identifier", "@id", "sameAs", "url"} {
		for _, s := range texts(n[name]) {
			if d := doi(s); d != "" && (name == "identifier" || strings.Contains(s, "doi")) {
				return d
			}
		}
	}
	return ""
}

// people returns the authors that a value names.
func people(v any) []library.Creator {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	var all []library.Creator
	for _, e := range list[:min(len(list), MaxPeople)] {
		if n, ok := e.(map[string]any); ok {
			person := node(n)
			if family := person.text("familyName"); family != "" {
				all = append(all, library.Creator{Role: "author", Family: family, Given: person.text("givenName")})
				continue
			}
		}
		all = append(all, authors(texts(e))...)
	}
	return all
}
