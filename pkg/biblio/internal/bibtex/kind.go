package bibtex

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/zschema"
)

// entryTypes are the item types of the entry types: those that Zotero's
// importer knows, as it maps them, and the rest of BibLaTeX's.
var entryTypes = map[string]string{
	"article": "journalArticle", "periodical": "journalArticle", "suppperiodical": "journalArticle", "review": "journalArticle",
	"book": "book", "mvbook": "book", "booklet": "book", "manual": "book", "collection": "book", "mvcollection": "book",
	"proceedings": "book", "mvproceedings": "book", "reference": "book", "mvreference": "book",
	"inbook": "bookSection", "bookinbook": "bookSection", "suppbook": "bookSection", "incollection": "bookSection",
	"suppcollection": "bookSection", "inproceedings": "conferencePaper", "conference": "conferencePaper",
	"inreference": "encyclopediaArticle",
	"phdthesis":   "thesis", "mastersthesis": "thesis", "bachelorsthesis": "thesis", "thesis": "thesis",
	"techreport": "report", "report": "report", "unpublished": "manuscript", "misc": "document",
	"online": "webpage", "electronic": "webpage", "www": "webpage", "webpage": "webpage",
	"patent": "patent", "letter": "letter", "letters": "letter", "movie": "film", "artwork": "artwork", "image": "artwork",
	"legislation": "bill", "legal": "statute", "jurisdiction": "case", "audio": "audioRecording", "music": "audioRecording",
	"video": "videoRecording", "software": "computerProgram", "dataset": "dataset", "standard": "standard",
	"preprint": "preprint", "presentation": "presentation", "talk": "presentation", "map": "map", "interview": "interview",
	"newspaper": "newspaperArticle", "magazine": "magazineArticle", "podcast": "podcast", "set": "document", "commentary": "bookSection",
}

// knownEntryType reports whether kind is an entry type that bibliographies
// have.
func knownEntryType(kind string) bool {
	return entryTypes[kind] != "" || kind == "string" || kind == "xdata"
}

// itemType returns the entry's item type, and whether the entry's type is one
// that is known.
func (e *entry) itemType() (itemType string, known bool) {
	if t := strings.TrimSpace(e.get("itemtype")); zschema.KnownType(t) {
		return t, true
	}
	itemType, known = entryTypes[e.kind]
	if !known {
		return "document", false
	}
	switch subtype := strings.ToLower(strings.Trim(e.get("entrysubtype"), "{} ")); {
	case itemType == "journalArticle" && (subtype == "newspaper" || subtype == "magazine"):
		return subtype + "Article", true
	case e.kind == "book" && e.get("title") != "" && e.get("booktitle") != "":
		// The title of a book within a book's title: people write @book for
		// @inbook.
		return "bookSection", true
	}
	return itemType, true
}

// kindFor returns the entry type under which an item type is written.
func kindFor(itemType string, d Dialect) string {
	switch itemType {
	case "journalArticle", "magazineArticle", "newspaperArticle":
		return "article"
	case "book":
		return "book"
	case "bookSection", "dictionaryEntry":
		return "incollection"
	case "conferencePaper":
		return "inproceedings"
	case "manuscript":
		return "unpublished"
	}
	if d == BibTeX {
		switch itemType {
		case "thesis":
			return "phdthesis"
		case "report":
			return "techreport"
		case "encyclopediaArticle":
			return "incollection"
		}
		return "misc"
	}
	switch itemType {
	case "thesis", "report", "patent", "letter", "artwork", "dataset", "standard":
		return itemType
	case "encyclopediaArticle":
		return "inreference"
	case "webpage", "blogPost", "forumPost":
		return "online"
	case "film":
		return "movie"
	case "bill":
		return "legislation"
	case "statute":
		return "legal"
	case "case":
		return "jurisdiction"
	case "audioRecording":
		return "audio"
	case "videoRecording", "tvBroadcast":
		return "video"
	case "computerProgram":
		return "software"
	}
	return "misc"
}
