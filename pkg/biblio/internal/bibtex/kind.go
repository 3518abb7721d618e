package bibtex

import (
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/kind"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// kinds are the names of entry types.
var kinds = kindTable()

func kindTable() *kind.Kinds { return kind.New() }

// knownEntryType reports whether kind is an entry type that bibliographies
// have.
func knownEntryType(kind string) bool {
	_, ok := kinds.Of(kind)
	return ok || kind == "string" || kind == "xdata"
}

// itemType returns the entry's item type, and whether the entry's type is one
// that is known.
func (e *entry) itemType() (itemType string, known bool) {
	if t := strings.TrimSpace(e.get("itemtype")); zschema.KnownType(t) {
		return t, true
	}
	itemType, known = kinds.Of(e.kind)
	if !known {
		return "document", false
	}
	subtype := kind.Fold(e.get("entrysubtype"))
	switch title, book := kind.Fold(e.get("title")), kind.Fold(e.get("booktitle")); {
	case itemType == "journalArticle" && (subtype == "newspaper" || subtype == "magazine"):
		return subtype + "Article", true
	case itemType == "videoRecording" || itemType == "film" || itemType == "audioRecording" || e.kind == "online":
		return subtyped(itemType, subtype), true
	case e.kind == "book" && title != "" && book != "" && title != book:
		// The title of a book within a book's title: people write @book for
		// @inbook. Others repeat the title for entries that inherit it.
		return "bookSection", true
	}
	return itemType, true
}

// subtyped returns the item type that a BibLaTeX subtype means, for those types
// that Zotero has several of.
func subtyped(itemType, subtype string) string {
	switch subtype {
	case "film", "movie", "motionpicture":
		return "film"
	case "tvbroadcast", "tvepisode":
		return "tvBroadcast"
	case "podcast", "podcastepisode":
		return "podcast"
	case "blogpost", "blog":
		return "blogPost"
	case "forumpost", "forum":
		return "forumPost"
	}
	return itemType
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
	case "bill", "statute":
		return "legislation"
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
