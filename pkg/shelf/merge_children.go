package shelf

import (
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// mergeNotes returns the old notes and the fresh ones among them. A fresh note
// takes the place of one that it equals.
func mergeNotes(old, fresh []library.Note) []library.Note {
	all := slices.Clone(old)
	for _, n := range fresh {
		if i := noteAt(all, n.Text); i >= 0 {
			all[i] = rewritten(all[i], n)
		} else {
			all = append(all, n)
		}
	}
	return all
}

// noteAt returns the position of the first note of that text, or -1.
func noteAt(notes []library.Note, text string) int {
	return slices.IndexFunc(notes, func(n library.Note) bool { return n.Text == text })
}

// rewritten returns note old with what fresh says of it.
func rewritten(old, fresh library.Note) library.Note {
	fresh.Tags = union(old.Tags, fresh.Tags)
	if fresh.Modified.IsZero() {
		fresh.Modified = old.Modified
	}
	return fresh
}

// mergeAttachments returns the old attachments and the fresh ones among them.
// A fresh one takes the place of the old one that is the same file or link.
func mergeAttachments(old, fresh []library.Attachment) []library.Attachment {
	all := slices.Clone(old)
	for _, a := range fresh {
		if i := attachmentAt(all, a); i >= 0 {
			all[i] = renewed(all[i], a)
		} else {
			all = append(all, a)
		}
	}
	return all
}

// attachmentAt returns where among all the file or link a stands, or -1.
func attachmentAt(all []library.Attachment, a library.Attachment) int {
	return slices.IndexFunc(all, func(o library.Attachment) bool {
		if a.Filename == "" && a.URL == "" {
			return o.Filename == "" && o.URL == "" && o.Title == a.Title
		}
		return o.Filename == a.Filename && o.URL == a.URL
	})
}

// renewed returns attachment old with what fresh says of it. A text that can
// no longer be read, because its file is gone, stays.
func renewed(old, fresh library.Attachment) library.Attachment {
	m := old
	m.Title = first(fresh.Title, old.Title)
	m.ContentType = first(fresh.ContentType, old.ContentType)
	if fresh.Text.Available || !old.Text.Available {
		m.Text, m.Path = fresh.Text, fresh.Path
	}
	m.Annotations = slices.Clone(old.Annotations)
	for _, x := range fresh.Annotations {
		i := annotationAt(m.Annotations, &x)
		if i < 0 {
			m.Annotations = append(m.Annotations, x)
			continue
		}
		x.Comment = first(x.Comment, m.Annotations[i].Comment)
		x.Color = first(x.Color, m.Annotations[i].Color)
		x.Tags = union(m.Annotations[i].Tags, x.Tags)
		if x.Modified.IsZero() {
			x.Modified = m.Annotations[i].Modified
		}
		m.Annotations[i] = x
	}
	return m
}

// annotationAt returns where among all the annotation x stands, or -1.
func annotationAt(all []library.Annotation, x *library.Annotation) int {
	return slices.IndexFunc(all, func(o library.Annotation) bool {
		return o.Type == x.Type && o.Page == x.Page && o.Text == x.Text && (o.Text != "" || o.Comment == x.Comment)
	})
}
