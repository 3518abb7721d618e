package shelf

import (
	"html"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/note"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// dataOf returns the fields of a work, or of an object below it, in Zotero's shapes;
// nil if the work has no such object.
func dataOf(e *entry, key string) library.Data {
	state := e.rec.Objects[key]
	d := plainData(e.whole, key, state.Extra)
	if d == nil {
		return nil
	}
	for name, value := range state.Extra {
		switch {
		case name == "note": // plainData has it
		case name == "tags" && d["itemType"] != "attachment":
			setTypes(d, value)
		default:
			d[name] = value
		}
	}
	if e.rec.isTrashed(key) {
		d["deleted"] = true
	}
	return d
}

// plainData returns the fields of an object that a [library.Item] has a place for.
func plainData(it *library.Item, key string, extra library.Data) library.Data {
	if key == it.ID.Key {
		return workData(it)
	}
	for _, n := range it.Notes {
		if n.Key == key {
			d := library.Data{"itemType": "note", "parentItem": it.ID.Key, "note": noteHTML(n.Text, extra)}
			setTags(d, n.Tags)
			return d
		}
	}
	for i := range it.Attachments {
		a := &it.Attachments[i]
		if a.Key == key {
			return attachmentData(a, it.ID.Key)
		}
		for j := range a.Annotations {
			if x := &a.Annotations[j]; x.Key == key {
				return annotationData(x, a.Key)
			}
		}
	}
	return nil
}

// noteHTML returns the HTML of a note: as a caller wrote it, unless an import has
// changed the text since. A text that is too long for a note of Zotero's is one paragraph.
func noteHTML(text string, extra library.Data) string {
	if written, ok := extra["note"].(string); ok && plaintext.FromHTML(written) == text {
		return written
	}
	if made, err := note.HTML(text); err == nil {
		return made
	}
	return "<p>" + html.EscapeString(text) + "</p>"
}

func workData(it *library.Item) library.Data {
	d := library.Data{"itemType": it.Type}
	setTexts(d, it.Fields)
	var creators, collections []any
	for _, c := range it.Creators {
		creator := map[string]any{"creatorType": c.Role}
		if c.Name != "" {
			creator["name"] = c.Name
		} else {
			creator["firstName"], creator["lastName"] = c.Given, c.Family
		}
		creators = append(creators, creator)
	}
	for _, k := range it.Collections {
		collections = append(collections, k)
	}
	if creators != nil {
		d["creators"] = creators
	}
	if collections != nil {
		d["collections"] = collections
	}
	setTags(d, it.Tags)
	return d
}

func attachmentData(a *library.Attachment, work string) library.Data {
	d := library.Data{"itemType": "attachment", "parentItem": work, "linkMode": "linked_file"}
	if a.Filename == "" {
		d["linkMode"] = linkedURL
	}
	setTexts(d, map[string]string{"title": a.Title, "url": a.URL, "filename": a.Filename, "contentType": a.ContentType})
	return d
}

func annotationData(x *library.Annotation, attachment string) library.Data {
	d := library.Data{"itemType": "annotation", "parentItem": attachment}
	setTexts(d, map[string]string{
		"annotationType": x.Type, "annotationText": x.Text, "annotationComment": x.Comment, "annotationColor": x.Color,
		"annotationPageLabel": x.Page, "annotationSortIndex": x.Position,
	})
	setTags(d, x.Tags)
	return d
}

func setTexts(d library.Data, fields map[string]string) {
	for name, value := range fields {
		if value != "" {
			d[name] = value
		}
	}
}

func setTags(d library.Data, tags []string) {
	var all []any
	for _, t := range tags {
		all = append(all, map[string]any{"tag": t})
	}
	if all != nil {
		d["tags"] = all
	}
}

// setTypes gives the tags of an object the types that they have in a list.
func setTypes(d library.Data, typed any) {
	tags, _ := d["tags"].([]any)
	list, _ := typed.([]any)
	for _, e := range list {
		t, _ := e.(map[string]any)
		for i := range tags {
			if has, _ := tags[i].(map[string]any); has["tag"] == t["tag"] {
				tags[i] = t
			}
		}
	}
}
