package zotero

import (
	"regexp"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// unbibliographic are fields of attachments, notes and annotations that say
// nothing of a work.
var unbibliographic = map[string]bool{
	"note": true, "linkMode": true, "contentType": true, "charset": true, "filename": true, "md5": true, "mtime": true, "path": true, "lastRead": true,
}

// maxNoteTitle is how many characters of a note stand for its title, as in
// Zotero itself.
const maxNoteTitle = 79

// itemOf returns the work that an object at the top of a library is, without
// its children. A note or file that stands by itself is its own child.
func itemOf(id library.ID, o *Object) *library.Item {
	it := &library.Item{
		ID: library.ItemID{Library: id, Key: o.Key}, Version: o.Version, Type: o.Data.Type,
		Fields: fieldsOf(o), Collections: o.Data.Collections,
		Tags: tagNames(o), ParsedDate: dateOf(o), Added: o.Data.Added, Modified: o.Data.Modified,
		AddedBy: o.Meta.CreatedBy, ModifiedBy: o.Meta.ModifiedBy,
	}
	if it.ModifiedBy == "" {
		it.ModifiedBy = it.AddedBy // the server names the second only if it is another
	}
	for _, c := range o.Data.Creators {
		creator := library.Creator{Role: c.Type, Given: c.FirstName, Family: c.LastName}
		if c.Name != "" {
			creator = library.Creator{Role: c.Type, Name: c.Name}
		}
		if creator.Display() != "" {
			it.Creators = append(it.Creators, creator)
		}
	}
	switch o.Data.Type {
	case "note":
		note := noteOf(o)
		first, _, _ := strings.Cut(note.Text, "\n")
		it.Fields["title"], _ = plaintext.Cut(strings.TrimLeft(first, "# "), maxNoteTitle)
		it.Notes = []library.Note{note}
	case "attachment":
		it.Attachments = []library.Attachment{attachmentOf(o, nil)}
	}
	return it
}

// fieldsOf returns the bibliographic fields: the object's own map where it has
// no others and lacks none, as most works' do.
func fieldsOf(o *Object) map[string]string {
	key := ""
	if o.Data.Fields["citationKey"] == "" {
		key = citationKey(o.Data.Fields["extra"])
	}
	switch o.Data.Type {
	case "note", "attachment", "annotation":
	default:
		if key == "" {
			return o.Data.Fields
		}
	}
	fields := make(map[string]string, len(o.Data.Fields)+1)
	for name, value := range o.Data.Fields {
		if !unbibliographic[name] && !strings.HasPrefix(name, "annotation") {
			fields[name] = value
		}
	}
	if key != "" {
		fields["citationKey"] = key
	}
	return fields
}

// citationKeyPattern finds the key that Better BibTeX keeps in "extra" where
// the item type or the server has no field for it.
var citationKeyPattern = regexp.MustCompile(`(?im)^citation[ -]?key[ \t]*:[ \t]*(\S+)`)

func citationKey(extra string) string {
	if m := citationKeyPattern.FindStringSubmatch(extra); m != nil {
		return m[1]
	}
	return ""
}

func tagNames(o *Object) []string {
	names := make([]string, len(o.Data.Tags))
	for i, t := range o.Data.Tags {
		names[i] = t.Tag
	}
	return names
}

func noteOf(o *Object) library.Note {
	note := o.Data.Fields["note"]
	if !o.Data.plain {
		note = plaintext.FromHTML(note)
	}
	return library.Note{Key: o.Key, Text: note, Tags: tagNames(o), Modified: o.Data.Modified}
}

// attachmentOf returns an attachment. readable says of which the server has
// text; nil if nobody asked.
func attachmentOf(o *Object, readable map[string]int64) library.Attachment {
	f := o.Data.Fields
	a := library.Attachment{Key: o.Key, Title: f["title"], Filename: f["filename"], ContentType: f["contentType"], URL: f["url"]}
	_, has := readable[o.Key]
	switch {
	case has:
		a.Text.Available = true
	case f["linkMode"] == "linked_url":
		a.Text.Reason = "a link to a page, not a file"
	default:
		a.Text.Reason = "Zotero has no text of this file: it isn't indexed yet, or it has none"
	}
	return a
}

func annotationOf(o *Object) library.Annotation {
	f := o.Data.Fields
	return library.Annotation{
		Key: o.Key, Type: f["annotationType"], Text: f["annotationText"], Comment: plaintext.Words(f["annotationComment"]),
		Color: f["annotationColor"], Page: f["annotationPageLabel"], Tags: tagNames(o), Modified: o.Data.Modified,
	}
}
