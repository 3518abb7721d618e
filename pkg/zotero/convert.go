package zotero

import (
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// maxNoteTitle is how many characters of a note stand for its title, as in
// Zotero itself.
const maxNoteTitle = 79

// objectOf returns an item as an object of a replica. A child of a type that
// Zotero does not have yet is a note.
func objectOf(id library.ID, it *item) replica.Object {
	o := replica.Object{
		Key: it.key, Parent: it.data.parent, Version: it.version, Trashed: it.data.deleted,
		Children: childrenOf(it),
	}
	switch {
	case it.data.parent == "":
		o.Work = workOf(id, it)
	case it.data.kind == "attachment":
		a := attachmentOf(it)
		o.Attachment = &a
		if n := noteOf(it); n.Text != "" {
			o.Note = &n
		}
	case it.data.kind == "annotation":
		a := annotationOf(it)
		o.Annotation = &a
	default:
		n := noteOf(it)
		o.Note = &n
	}
	return o
}

// objectsOf converts items. Those whose key has another form are left out.
func objectsOf(id library.ID, items []item) []replica.Object {
	objects := make([]replica.Object, 0, len(items))
	for i := range items {
		if validKey(items[i].key) {
			objects = append(objects, objectOf(id, &items[i]))
		}
	}
	return objects
}

// childrenOf returns how many children an item has, or -1 if it must be asked.
// What is below a note are its pictures, which are no objects of a library; of
// most attachments Zotero refuses the question.
func childrenOf(it *item) int {
	if it.data.kind == "note" || it.data.kind == "annotation" {
		return 0
	}
	if it.data.kind != "attachment" {
		return it.meta.children
	}
	switch it.data.fields["contentType"] {
	case "application/pdf", "application/epub+zip", "text/html":
		if it.data.fields["linkMode"] != "linked_url" {
			return it.meta.children
		}
	}
	return 0
}

// workOf returns the work that an item at the top of a library is, without its
// children. A note or file that stands by itself is its own child.
func workOf(id library.ID, it *item) *library.Item {
	w := &library.Item{
		ID: library.ItemID{Library: id, Key: it.key}, Version: it.version, Type: it.data.kind,
		Fields: fieldsOf(it), Collections: it.data.collections,
		Tags: it.data.tags, ParsedDate: dateOf(it), Added: it.data.added, Modified: it.data.modified,
		AddedBy: it.meta.createdBy, ModifiedBy: it.meta.modifiedBy,
	}
	if w.ModifiedBy == "" {
		w.ModifiedBy = w.AddedBy // the server names the second only if it is another
	}
	for _, c := range it.data.creators {
		made := library.Creator{Role: c.role, Given: c.first, Family: c.last}
		if c.name != "" {
			made = library.Creator{Role: c.role, Name: c.name}
		}
		if made.Display() != "" {
			w.Creators = append(w.Creators, made)
		}
	}
	switch it.data.kind {
	case "note":
		n := noteOf(it)
		first, _, _ := strings.Cut(n.Text, "\n")
		w.Fields["title"], _ = plaintext.Cut(strings.TrimLeft(first, "# "), maxNoteTitle)
		w.Notes = []library.Note{n}
	case "attachment":
		w.Attachments = []library.Attachment{attachmentOf(it)}
		if n := noteOf(it); n.Text != "" {
			w.Notes = []library.Note{n}
		}
	}
	return w
}

// unbibliographic reports whether a field of an attachment, note or annotation
// says nothing of a work.
func unbibliographic(name string) bool {
	switch name {
	case "note", "linkMode", "contentType", "charset", "filename", "md5", "mtime", "path", "lastRead":
		return true
	}
	return strings.HasPrefix(name, "annotation")
}

// fieldsOf returns the bibliographic fields of an item.
func fieldsOf(it *item) map[string]string {
	fields := make(map[string]string, len(it.data.fields)+1)
	child := it.data.kind == "note" || it.data.kind == "attachment" || it.data.kind == "annotation"
	for name, value := range it.data.fields {
		if !child || !unbibliographic(name) {
			fields[name] = value
		}
	}
	if fields["citationKey"] == "" {
		if m := citationKeyPattern.FindStringSubmatch(fields["extra"]); m != nil {
			fields["citationKey"] = m[1]
		}
	}
	return fields
}

// citationKeyPattern finds the key that Better BibTeX keeps in "extra" where the
// item type or the server has no field for it.
var citationKeyPattern = regexp.MustCompile(`(?im)^citation[ -]?key[ \t]*:[ \t]*(\S+)`)

func noteOf(it *item) library.Note {
	return library.Note{Key: it.key, Text: plaintext.FromHTML(it.data.fields["note"]), Tags: it.data.tags, Modified: it.data.modified}
}

// attachmentOf returns an attachment without its annotations. Of its text only is
// known whether it can have one.
func attachmentOf(it *item) library.Attachment {
	f := it.data.fields
	a := library.Attachment{Key: it.key, Title: f["title"], Filename: f["filename"], ContentType: f["contentType"], URL: f["url"]}
	if f["linkMode"] == "linked_url" {
		a.Text.Reason = "a link to a page, not a file"
	}
	return a
}

func annotationOf(it *item) library.Annotation {
	f := it.data.fields
	return library.Annotation{
		Key: it.key, Type: f["annotationType"], Text: f["annotationText"], Comment: plaintext.Words(f["annotationComment"]),
		Color: f["annotationColor"], Page: f["annotationPageLabel"], Position: f["annotationSortIndex"], Tags: it.data.tags, Modified: it.data.modified,
	}
}
