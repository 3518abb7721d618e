package shelf

import (
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// setObject gives a work, or an object below it, the fields of checked data. The work
// gets the object if it does not have it.
func setObject(e *entry, key string, d library.Data, w *writing) {
	var kept []string // the fields for which the item has no place
	switch d["itemType"] {
	case "note":
		setNote(e, key, d, w)
		kept = []string{"note", "tags"}
	case "attachment":
		setAttachment(e.whole, key, d)
		kept = []string{"accessDate", "tags"}
	case "annotation":
		setAnnotation(e.whole, key, d, w)
		kept = []string{"annotationPosition", "annotationAuthorName", "tags"}
	default:
		setWork(e.whole, d)
		kept = []string{"tags"}
	}
	extra := library.Data{}
	for _, name := range append(kept, "relations") {
		if value, ok := d[name]; ok && (name != "tags" || d["itemType"] == "attachment" || hasTypes(value)) {
			extra[name] = value
		}
	}
	e.rec.set(key, func(s *objectState) {
		if s.Extra = extra; len(extra) == 0 {
			s.Extra = nil
		}
	})
}

// hasTypes reports whether a list of tags has automatic ones.
func hasTypes(tags any) bool {
	list, _ := tags.([]any)
	return slices.ContainsFunc(list, func(e any) bool {
		t, _ := e.(map[string]any)
		return !isEmpty(t["type"])
	})
}

// textOf returns a field that is a text.
func textOf(d library.Data, name string) string {
	s, _ := d[name].(string)
	return clean(s)
}

func setWork(it *library.Item, d library.Data) {
	before := it.Fields[dateField(it.Type)]
	it.Type = textOf(d, "itemType")
	it.Fields = map[string]string{}
	for name := range d {
		if value := textOf(d, name); value != "" && !isCommon(name) {
			it.Fields[name] = value
		}
	}
	if date := it.Fields[dateField(it.Type)]; date != before {
		it.ParsedDate = parsedDate(date)
	}
	it.Creators = creatorsIn(d["creators"])
	it.Tags = tagsIn(d["tags"])
	it.Collections = nil
	list, _ := d["collections"].([]any)
	for _, e := range list {
		if key, ok := e.(string); ok {
			it.Collections = union(it.Collections, []string{key})
		}
	}
}

// setNote sets a note. The text of an imported note stays as it is while its HTML, which
// is made of it, is not changed.
func setNote(e *entry, key string, d library.Data, w *writing) {
	it := e.whole
	written, _ := d["note"].(string)
	n := library.Note{Key: key, Text: clean(plaintext.FromHTML(written)), Tags: tagsIn(d["tags"]), Modified: w.now}
	i := noteIn(it, key)
	if i < 0 {
		it.Notes = append(it.Notes, n)
		return
	}
	if was := it.Notes[i].Text; noteHTML(was, e.rec.Objects[key].Extra) == written {
		n.Text = was
	}
	it.Notes[i] = n
}

func setAttachment(it *library.Item, key string, d library.Data) {
	i := attachmentIn(it, key)
	if i < 0 {
		i = len(it.Attachments)
		it.Attachments = append(it.Attachments, library.Attachment{Key: key, Text: library.TextStatus{Reason: "a link to a page, not a file"}})
	}
	a := &it.Attachments[i]
	a.Title, a.URL, a.ContentType = textOf(d, "title"), textOf(d, "url"), textOf(d, "contentType")
}

// setAnnotation sets an annotation. Its attachment is one of the work's.
func setAnnotation(it *library.Item, key string, d library.Data, w *writing) {
	x := library.Annotation{
		Key: key, Type: textOf(d, "annotationType"), Text: textOf(d, "annotationText"), Comment: textOf(d, "annotationComment"),
		Color: textOf(d, "annotationColor"), Page: textOf(d, "annotationPageLabel"), Position: textOf(d, "annotationSortIndex"),
		Tags: tagsIn(d["tags"]), Modified: w.now,
	}
	a := &it.Attachments[attachmentIn(it, textOf(d, "parentItem"))]
	if i := annotationIn(a, key); i >= 0 {
		a.Annotations[i] = x
		return
	}
	takeChild(it, key) // it moves to another attachment of the work
	a.Annotations = append(a.Annotations, x)
}

func noteIn(it *library.Item, key string) int {
	return slices.IndexFunc(it.Notes, func(n library.Note) bool { return n.Key == key })
}

func attachmentIn(it *library.Item, key string) int {
	return slices.IndexFunc(it.Attachments, func(a library.Attachment) bool { return a.Key == key })
}

func annotationIn(a *library.Attachment, key string) int {
	return slices.IndexFunc(a.Annotations, func(x library.Annotation) bool { return x.Key == key })
}

// part is an object on its way from one work to another.
type part struct {
	note       *library.Note
	attachment *library.Attachment // with its annotations
	annotation *library.Annotation
}

// takeChild takes an object out of a work.
func takeChild(it *library.Item, key string) part {
	if i := noteIn(it, key); i >= 0 {
		n := it.Notes[i]
		it.Notes = slices.Delete(it.Notes, i, i+1)
		return part{note: &n}
	}
	if i := attachmentIn(it, key); i >= 0 {
		a := it.Attachments[i]
		it.Attachments = slices.Delete(it.Attachments, i, i+1)
		return part{attachment: &a}
	}
	for i := range it.Attachments {
		a := &it.Attachments[i]
		if j := annotationIn(a, key); j >= 0 {
			x := a.Annotations[j]
			a.Annotations = slices.Delete(a.Annotations, j, j+1)
			return part{annotation: &x}
		}
	}
	return part{}
}

// put puts the object below a work; an annotation below that attachment of the work.
func (c part) put(it *library.Item, attachment string) {
	switch {
	case c.note != nil:
		it.Notes = append(it.Notes, *c.note)
	case c.attachment != nil:
		it.Attachments = append(it.Attachments, *c.attachment)
	case c.annotation != nil:
		a := &it.Attachments[attachmentIn(it, attachment)]
		a.Annotations = append(a.Annotations, *c.annotation)
	}
}

// keys returns the keys of the object and of those below it.
func (c part) keys() []string {
	it := &library.Item{}
	switch {
	case c.annotation != nil:
		return []string{c.annotation.Key}
	case c.note != nil:
		it.Notes = []library.Note{*c.note}
	case c.attachment != nil:
		it.Attachments = []library.Attachment{*c.attachment}
	}
	return childKeys(it)
}
