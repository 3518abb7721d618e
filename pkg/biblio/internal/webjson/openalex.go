package webjson

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/draft"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
)

// openAlexTypes are the item types of OpenAlex's types; "" is an article of a
// journal.
var openAlexTypes = map[string]string{
	"article": "journalArticle", "book": "book", "book-chapter": "bookSection", "dissertation": "thesis", "other": "document", "report": "report",
	"paratext": "document", "dataset": "dataset", "reference-entry": "encyclopediaArticle", "standard": "standard", "editorial": "journalArticle",
	"letter": "journalArticle", "peer-review": "document", "erratum": "journalArticle", "grant": "manuscript", "preprint": "preprint", "review": "journalArticle",
	"libguides": "encyclopediaArticle", "supplementary-materials": "journalArticle", "retraction": "journalArticle", "software": "computerProgram",
	"posted-content": "preprint", "proceedings-article": "conferencePaper", "journal-article": "journalArticle",
}

// openAlex makes an entry of a work.
func openAlex(o object) model.Entry {
	location := o.object("primary_location")
	venue := location.object("source")
	itemType := openAlexTypes[o.text("type")]
	switch {
	case location.text("version") == "submittedVersion" && venue != nil:
		itemType = "preprint"
	case venue.text("type") == "journal":
		itemType = "journalArticle"
	case venue.text("type") == "conference":
		itemType = "conferencePaper"
	}
	d := draft.New(itemType)
	title := o.text("title")
	if title == "" {
		title = o.text("display_name")
	}
	d.Set("title", title)
	date := o.text("publication_date")
	if date == "" {
		date = o.text("publication_year")
	}
	d.Set("date", date)
	d.Set("language", o.text("language"))
	d.Set("DOI", o.text("doi"))
	openAlexVenue(d, venue)
	biblio := o.object("biblio")
	d.Set("issue", biblio.text("issue"))
	d.Set("volume", biblio.text("volume"))
	pages := biblio.text("first_page")
	if last := biblio.text("last_page"); last != "" && last != pages {
		pages += "-" + last
	}
	d.Set("pages", strings.Trim(pages, "-"))
	openAlexPeople(d, o.list("authorships"))
	for _, k := range o.list("keywords") {
		tag := k.text("display_name")
		if tag == "" {
			tag = k.text("keyword")
		}
		d.Tag(tag)
	}
	d.SetText("abstractNote", inverted(o.object("abstract_inverted_index")))
	d.Link("Full Text PDF", o.object("best_oa_location").text("pdf_url"), "application/pdf")
	id := o.object("ids").text("openalex")
	if id == "" {
		id = o.text("id")
	}
	d.Keep("OpenAlex", id)
	pmid := o.object("ids").text("pmid")
	d.Set("PMID", pmid[strings.LastIndexByte(pmid, '/')+1:])
	return model.Entry{Item: d.Item()}
}

func openAlexPeople(d *draft.Draft, authorships []object) {
	for _, a := range authorships {
		name := a.object("author").text("display_name")
		if name == "" {
			name = a.text("raw_author_name")
		}
		d.Person("author", name)
	}
	if d.Type() == "thesis" && d.Get("publisher") == "" && len(authorships) > 0 {
		d.Set("publisher", authorships[0].text("raw_affiliation_string"))
	}
}

func openAlexVenue(d *draft.Draft, venue object) {
	name, host := venue.text("display_name"), venue.text("host_organization_name")
	switch d.Type() {
	case "thesis", "dataset", "preprint":
		d.Set("publisher", name)
	case "book":
		d.Set("publisher", host)
	default:
		d.Set("publicationTitle", name)
		d.Set("publisher", host)
	}
	if issns := venue.texts("issn"); len(issns) > 0 {
		d.Set("ISSN", issns[0])
	}
}

// maxWords bounds the words of an abstract.
const maxWords = 20_000

// inverted returns the text of an index of the places of its words.
func inverted(index object) string {
	words := map[int]string{}
	last := -1
	for word, value := range index {
		places, _ := value.([]any)
		for _, p := range places {
			at, ok := place(p)
			if ok && at >= 0 && at < maxWords {
				words[at] = word
				last = max(last, at)
			}
		}
	}
	var b strings.Builder
	for at := 0; at <= last; at++ {
		if words[at] != "" {
			b.WriteString(words[at] + " ")
		}
	}
	return strings.TrimSpace(b.String())
}
