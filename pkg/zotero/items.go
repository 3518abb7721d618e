package zotero

import (
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// Item is an item of any kind in the terms of the API, for a source that does
// not read it from the API. [Item.Object] converts it as it converts items of
// the API.
type Item struct {
	Key     string
	Version int64
	Type    string // item type: "journalArticle", "attachment", …
	Parent  string // key of the item above, or ""
	Trashed bool
	// Children is the number of items directly below.
	Children int
	// Fields are the text fields by their names in the API, those of notes,
	// attachments and annotations too ("note", "linkMode", "annotationText").
	Fields      map[string]string
	Creators    []library.Creator
	Tags        []string
	Collections []string // keys
	// ParsedDate is YYYY, YYYY-MM, YYYY-MM-DD, or "" if it is not known.
	ParsedDate            string
	Added, Modified       time.Time
	CreatedBy, ModifiedBy string // user names; only in groups
}

// ValidKey reports whether s has the form of an item or collection key.
func ValidKey(s string) bool { return validKey(s) }

// Object returns the item as an object of the replica of a library.
func (it *Item) Object(id library.ID) replica.Object {
	d := data{
		kind: it.Type, parent: it.Parent, deleted: it.Trashed, fields: it.Fields,
		tags: it.Tags, collections: it.Collections, added: it.Added, modified: it.Modified,
	}
	for _, c := range it.Creators {
		d.creators = append(d.creators, creator{role: c.Role, first: c.Given, last: c.Family, name: c.Name})
	}
	return objectOf(id, &item{
		key: it.Key, version: it.Version, data: d,
		meta: meta{parsedDate: it.ParsedDate, children: it.Children, createdBy: it.CreatedBy, modifiedBy: it.ModifiedBy},
	})
}

// Collection is a collection, in the trash or not, for [Tree].
type Collection struct {
	Key, Name string
	Parent    string // key, or "" at the top
	Trashed   bool
	Items     int // works directly in it
}

// Tree returns the collections that are not in the trash, nor below one that is,
// sorted by name.
func Tree(all []Collection) []library.Collection {
	byKey := make(map[string]collection, len(all))
	for _, c := range all {
		byKey[c.Key] = collection{key: c.Key, name: c.Name, parent: c.Parent, deleted: c.Trashed, items: c.Items}
	}
	return treeOf(byKey)
}

// Indexed says how much of a file's text Zotero has extracted. Numbers that are
// not known are 0.
type Indexed struct{ Pages, TotalPages, Chars, TotalChars int }

// Text returns the text that Zotero extracted from a file as pages, with a status
// that says what is missing.
func (n Indexed) Text(content string) replica.Text {
	return textOf(fullText{content: content, indexedPages: n.Pages, totalPages: n.TotalPages, indexedChars: n.Chars, totalChars: n.TotalChars})
}

// NoText returns the text of a file of which Zotero has none.
func NoText() replica.Text { return replica.Text{Status: library.TextStatus{Reason: noText}} }
