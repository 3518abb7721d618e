package index

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// part is one text of a work with the source under which a passage of it is
// reported. What is indexed and what snippets are cut from are the same
// parts.
type part struct {
	kind  kind
	child string // key of the note or attachment's annotation, or ""
	page  string
	text  string
}

// parts calls yield with the texts of a work, the kinds in order. Yield
// returns true.
//
// Creators are one text, names separated by "; "; tags one, those of children
// among them, separated by ", ". An annotation's text is the marked words and,
// on the next line, the comment. All texts are as a reader sees them: without
// markup and invisible characters.
func parts(it *library.Item, yield func(part) bool) {
	for k := range kinds {
		partsOf(it, k, yield)
	}
}

// partsOf calls yield with the texts of one kind.
func partsOf(it *library.Item, k kind, yield func(part) bool) {
	switch k {
	case kindTitle:
		yieldPart(yield, part{kind: k, text: it.Title()})
	case kindCreators:
		yieldPart(yield, part{kind: k, text: creatorText(it)})
	case kindTags:
		yieldPart(yield, part{kind: k, text: strings.Join(it.AllTags(), ", ")})
	case kindAbstract:
		yieldPart(yield, part{kind: k, text: it.Abstract()})
	case kindNote:
		noteParts(it, yield)
	case kindAnnotation:
		annotationParts(it, yield)
	case kindMetadata:
		metadataParts(it, yield)
	}
}

// yieldPart reports whether to go on; it leaves out what is empty.
func yieldPart(yield func(part) bool, p part) bool {
	p.text = plaintext.Shown(p.text)
	return p.text == "" || yield(p)
}

func creatorText(it *library.Item) string {
	if len(it.Creators) == 1 {
		return it.Creators[0].Display()
	}
	var b strings.Builder
	for i, c := range it.Creators {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.Display())
	}
	return b.String()
}

func noteParts(it *library.Item, yield func(part) bool) bool {
	for i := range it.Notes {
		n := &it.Notes[i]
		if !yieldPart(yield, part{kind: kindNote, child: n.Key, text: n.Text}) {
			return false
		}
	}
	return true
}

func annotationParts(it *library.Item, yield func(part) bool) bool {
	for i := range it.Attachments {
		for j := range it.Attachments[i].Annotations {
			a := &it.Attachments[i].Annotations[j]
			text := a.Text
			if text != "" && a.Comment != "" {
				text += "\n"
			}
			if !yieldPart(yield, part{kind: kindAnnotation, child: a.Key, page: a.Page, text: text + a.Comment}) {
				return false
			}
		}
	}
	return true
}

// silentFields hold nothing that anybody searches for by word.
var silentFields = map[string]bool{
	"title": true, "abstractNote": true, "accessDate": true, "dateAdded": true, "dateModified": true,
	"language": true, "rights": true, "libraryCatalog": true, "numPages": true, "pages": true, "url": true,
}

// metadataFields are the fields that come first, so that their place does not
// depend on the order of a map.
var metadataFields = []string{
	"publicationTitle", "bookTitle", "proceedingsTitle", "conferenceName", "series", "seriesTitle", "journalAbbreviation",
	"shortTitle", "publisher", "institution", "university", "place", "DOI", "ISBN", "ISSN", "citationKey", "archiveID", "date", "extra",
}

func metadataParts(it *library.Item, yield func(part) bool) bool {
	for _, name := range metadataNames(it) {
		if !yieldPart(yield, part{kind: kindMetadata, text: it.Fields[name]}) {
			return false
		}
	}
	for i := range it.Attachments {
		if !yieldPart(yield, part{kind: kindMetadata, child: it.Attachments[i].Key, text: it.Attachments[i].Title}) {
			return false
		}
	}
	return true
}

// metadataNames returns the names of the fields that are searched as
// metadata, always in the same order.
func metadataNames(it *library.Item) []string {
	names := make([]string, 0, len(it.Fields))
	for name := range it.Fields {
		if !silentFields[name] {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(metadataRank(a), metadataRank(b)), strings.Compare(a, b))
	})
	return names
}

func metadataRank(name string) int {
	if i := slices.Index(metadataFields, name); i >= 0 {
		return i
	}
	return len(metadataFields)
}
