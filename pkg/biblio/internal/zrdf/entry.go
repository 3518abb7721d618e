package zrdf

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/xmltree"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// entry makes an entry of a work.
func (f *file) entry(n *xmltree.Node) model.Entry {
	itemType := n.TextAt("itemType")
	if !zschema.KnownType(itemType) {
		itemType = itemTypes[n.Name]
	}
	w := &work{file: f, d: draft.New(itemType)}
	for _, property := range n.Elements() {
		w.property(property)
	}
	w.entry.Collections = f.works[n.Attr("about")]
	w.entry.Item = w.d.Item()
	return w.entry
}

// work is a work that is being read.
type work struct {
	*file
	d     *draft.Draft
	entry model.Entry
}

// fields are the fields that properties mean; those of Zotero's own vocabulary
// have the field's name.
var fields = map[string]string{
	"title": "title", "date": "date", "dateSubmitted": "accessDate", "issued": "issueDate", "pages": "pages", "volume": "volume", "coverage": "archiveLocation",
	"medium": "medium", "rights": "rights", "alternative": "journalAbbreviation", "source": "libraryCatalog",
}

// property takes in a property of the work.
func (w *work) property(p *xmltree.Node) {
	if role, ok := roleOf(p); ok {
		w.people(role, p)
		return
	}
	switch p.Name {
	case "itemType", "displayTitle", "relation":
	case "abstract":
		w.d.SetText("abstractNote", p.Raw())
	case "description":
		for line := range strings.SplitSeq(p.Raw(), "\n") {
			w.d.Line(line)
		}
	case "number":
		w.d.Number(p.Text())
	case "edition":
		if w.d.Has("versionNumber") && !w.d.Has("edition") {
			w.d.Set("versionNumber", p.Text())
		} else {
			w.d.Set("edition", p.Text())
		}
	case "type":
		if p.Attr("resource") == "" {
			w.d.Set("type", p.Text())
		}
	case "subject":
		w.subject(p)
	case "identifier":
		w.identifier(p)
	case "isPartOf":
		w.partOf(w.target(p), 0)
	case "publisher":
		w.publisher(p)
	case "presentedAt":
		w.d.Set("conferenceName", w.target(p).TextAt("title"))
	case "isReferencedBy":
		w.note(w.target(p))
	case "link":
		w.attachment(w.target(p))
	default:
		if field := fields[p.Name]; field != "" {
			w.d.Set(field, p.Text())
		} else if p.Text() != "" {
			w.d.Set(p.Name, p.Text())
		}
	}
}

// roleOf returns the role of the creators that a property holds: "authors"
// with a sequence.
func roleOf(p *xmltree.Node) (string, bool) {
	if p.First("Seq") == nil || !strings.HasSuffix(p.Name, "s") {
		return "", false
	}
	return strings.TrimSuffix(p.Name, "s"), true
}

func (w *work) people(role string, p *xmltree.Node) {
	for _, person := range p.All("Seq/li/Person") {
		given := person.TextAt("givenName")
		if given == "" {
			given = person.TextAt("givenname")
		}
		w.d.Creator(library.Creator{Role: role, Family: person.TextAt("surname"), Given: given})
	}
}

// subject takes in a tag, or a call number.
func (w *work) subject(p *xmltree.Node) {
	if lcc := p.TextAt("LCC/value"); lcc != "" {
		w.d.Set("callNumber", lcc)
		return
	}
	w.d.Tag(p.Text())
}

// identifier takes in an address, or "ISSN 1234-5678".
func (w *work) identifier(p *xmltree.Node) {
	if url := p.TextAt("URI/value"); url != "" {
		w.d.Set("url", url)
		return
	}
	switch name, value := cutWord(p.Text()); name {
	case "ISSN", "ISBN":
		w.d.Set(name, value)
	case "DOI":
		w.d.DOIOr("Identifier", value)
	default:
		if p.Text() != "" {
			w.d.Keep("Accession Number", p.Text())
		}
	}
}

// maxContainers bounds how many containers nest: a section, a journal, a
// series.
const maxContainers = 4

// partOf takes in what the work appeared in.
func (w *work) partOf(c *xmltree.Node, depth int) {
	if c == nil || depth > maxContainers {
		return
	}
	set := func(field, path string) {
		if text := c.TextAt(path); text != "" {
			w.d.Set(field, text)
		}
	}
	switch c.Name {
	case "Part":
		set("section", "title")
	case "Series":
		set("series", "title")
		set("seriesTitle", "alternative")
		set("seriesText", "description")
		set("seriesNumber", "identifier")
	default:
		if w.d.Type() == "case" {
			set("reporter", "title")
		} else {
			set("publicationTitle", "title")
		}
		set("journalAbbreviation", "alternative")
		set("volume", "volume")
		if number := c.TextAt("number"); number != "" {
			w.d.Number(number)
		}
		for _, id := range c.All("identifier") {
			w.identifier(id)
		}
	}
	for _, p := range c.All("isPartOf") {
		w.partOf(w.target(p), depth+1)
	}
}

func (w *work) publisher(p *xmltree.Node) {
	organization := w.target(p)
	if organization == nil {
		w.d.Set("publisher", p.Text())
		return
	}
	w.d.Set("publisher", organization.TextAt("name"))
	w.d.Set("place", organization.TextAt("adr/Address/locality"))
}

func (w *work) note(n *xmltree.Node) {
	if n != nil {
		w.d.Note(markup.Note(n.First("value").Raw()))
	}
}

// attachment takes in a file that was exported with the work, or a link.
func (w *work) attachment(n *xmltree.Node) {
	if n == nil {
		return
	}
	title, contentType := n.TextAt("title"), n.TextAt("type")
	path := n.First("resource").Attr("resource")
	if path == "" {
		path = n.First("path").Attr("resource")
	}
	if path == "" {
		w.d.Link(title, n.TextAt("identifier/URI/value"), contentType)
	} else {
		w.entry.Files = append(w.entry.Files, model.File{Path: path, Title: title, ContentType: contentType})
	}
	if text := markup.Note(n.First("description").Raw()); text != "" {
		w.d.Note(text)
	}
}
