package webjson

import (
	"encoding/json"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/cslvar"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/markup"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// place returns a number of JSON.
func place(v any) (int, bool) {
	switch n := v.(type) {
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	case float64:
		return int(n), true
	}
	return 0, false
}

// generalTypes are the item types of DataCite's general types.
var generalTypes = map[string]string{
	"audiovisual": "videoRecording", "book": "book", "bookchapter": "bookSection", "computationalnotebook": "computerProgram", "conferencepaper": "conferencePaper",
	"conferenceproceeding": "book", "datapaper": "journalArticle", "dataset": "dataset", "dissertation": "thesis", "image": "artwork", "interactiveresource": "webpage",
	"journalarticle": "journalArticle", "model": "computerProgram", "peerreview": "document", "preprint": "preprint", "report": "report",
	"software": "computerProgram", "sound": "audioRecording", "standard": "standard", "text": "journalArticle", "collection": "dataset",
	"physicalobject": "artwork", "presentation": "presentation", "poster": "presentation",
}

// dataCiteType returns the item type of a work.
func dataCiteType(types object) string {
	general := kind.Fold(types.text("resourceTypeGeneral"))
	switch strings.ToLower(types.text("schemaOrg")) {
	case "softwaresourcecode", "softwareapplication", "mobileapplication", "videogame", "webapplication":
		return "computerProgram"
	}
	if general == "bookchapter" {
		return "bookSection"
	}
	if csl := cslvar.New().Types[types.text("citeproc")]; len(csl) > 0 {
		return csl[0]
	}
	if itemType := generalTypes[general]; itemType != "" {
		return itemType
	}
	return "journalArticle"
}

// dataCite makes an entry of a work.
func dataCite(o object) model.Entry {
	d := draft.New(dataCiteType(o.object("types")))
	dataCiteTitle(d, o)
	for _, c := range o.list("creators") {
		dataCitePerson(d, "author", c)
	}
	for _, c := range o.list("contributors") {
		dataCitePerson(d, contributorRole(d, c), c)
	}
	publisher := o.text("publisher")
	if publisher == "" {
		publisher = o.object("publisher").text("name")
	}
	d.Set("publisher", publisher)
	published := published(o)
	d.Set("DOI", o.text("doi"))
	d.Set("url", o.text("url"))
	d.Set("language", o.text("language"))
	for _, s := range o.list("subjects") {
		d.Tag(s.text("subject"))
	}
	d.Set("medium", strings.Join(o.texts("formats"), ","))
	if sizes := strings.Join(o.texts("sizes"), ", "); sizes != "" && (d.Has("artworkSize") || d.Has("pages")) {
		if d.Has("artworkSize") {
			d.Set("artworkSize", sizes)
		} else {
			d.Set("pages", sizes)
		}
	}
	d.Set("versionNumber", o.text("version"))
	var rights []string
	for _, r := range o.list("rightsList") {
		if text := r.text("rights"); text != "" {
			rights = append(rights, text)
		}
	}
	d.Set("rights", strings.Join(rights, ", "))
	descriptions(d, o)
	if date := container(d, o); date != "" {
		published = date
	}
	d.Set("date", published)
	return model.Entry{Item: d.Item()}
}

func dataCiteTitle(d *draft.Draft, o object) {
	title, subtitle, alternative := "", "", ""
	for _, t := range o.list("titles") {
		switch text := t.text("title"); strings.ToLower(t.text("titleType")) {
		case "":
			if title == "" {
				title = text
			}
		case "subtitle":
			subtitle = ": " + text
		default:
			if alternative == "" {
				alternative = text
			}
		}
	}
	if title += subtitle; title == "" {
		title = alternative
	}
	d.Set("title", title)
}

func dataCitePerson(d *draft.Draft, role string, c object) {
	family, given, name := c.text("familyName"), c.text("givenName"), c.text("name")
	switch {
	case family != "" && given != "":
		d.Creator(library.Creator{Role: role, Family: family, Given: given})
	case c.text("nameType") == "Personal" && strings.Contains(name, ","):
		d.Names(role, name)
	case c.text("nameType") == "Personal":
		d.Person(role, name)
	default:
		d.Creator(library.Creator{Role: role, Name: name})
	}
}

// contributorRole returns the role of a contributor: Zotero has fewer.
func contributorRole(d *draft.Draft, c object) string {
	switch t := c.text("contributorType"); t {
	case "Editor", "Producer":
		return kind.Role(d.Type(), t)
	}
	return "contributor"
}

// published returns the date of a work: of its dates the one that says most
// about when it appeared.
func published(o object) string {
	dates := map[string]string{}
	for _, date := range o.list("dates") {
		dates[date.text("dateType")] = date.text("date")
	}
	for _, name := range []string{"Issued", "Updated", "Available", "Accepted", "Submitted", "Created"} {
		if dates[name] != "" {
			return dates[name]
		}
	}
	return o.text("publicationYear")
}

func descriptions(d *draft.Draft, o object) {
	for _, description := range o.list("descriptions") {
		text := description.text("description")
		if description.text("descriptionType") == "Abstract" {
			d.SetText("abstractNote", markup.Note(text))
			continue
		}
		d.Note(description.text("descriptionType") + "\n\n" + markup.Note(text))
	}
}

// container sets what a work appeared in, and returns when, if that is said.
func container(d *draft.Draft, o object) (date string) {
	if c := o.object("container"); c != nil {
		if c.text("type") == "Series" || c.text("type") == "Journal" {
			d.Set("publicationTitle", c.text("title"))
			d.Set("volume", c.text("volume"))
			d.Set("issue", c.text("issue"))
			if d.Get("pages") == "" {
				d.Set("pages", strings.Trim(c.text("firstPage")+"-"+c.text("lastPage"), "-"))
			}
		}
		serial(d, c.text("identifierType"), c.text("identifier"))
	}
	for _, r := range o.list("relatedItems") {
		if r.text("relationType") != "IsPublishedIn" {
			continue
		}
		for _, t := range r.list("titles") {
			if d.Get("publicationTitle") == "" {
				d.Set("publicationTitle", t.text("title"))
			}
		}
		for field, name := range map[string]string{"volume": "volume", "issue": "issue", "edition": "edition"} {
			if d.Get(field) == "" {
				d.Set(field, r.text(name))
			}
		}
		if d.Get("pages") == "" {
			d.Set("pages", strings.Trim(r.text("firstPage")+"-"+r.text("lastPage"), "-"))
		}
		id := r.object("relatedItemIdentifier")
		serial(d, id.text("relatedItemIdentifierType"), id.text("relatedItemIdentifier"))
		for _, c := range append(r.list("contributor"), r.list("contributors")...) {
			dataCitePerson(d, contributorRole(d, c), c)
		}
		return r.text("publicationYear")
	}
	for _, r := range o.list("relatedIdentifiers") {
		serial(d, r.text("relatedIdentifierType"), r.text("relatedIdentifier"))
	}
	return ""
}

// serial sets an ISSN or ISBN, unless there is one.
func serial(d *draft.Draft, name, value string) {
	if (name == "ISSN" || name == "ISBN") && d.Has(name) && d.Get(name) == "" {
		d.Set(name, value)
	}
}
