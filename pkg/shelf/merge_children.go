package shelf

import (
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
)

// notesAlike is how similar two notes must be for the later one to be taken
// for a new wording of the other.
const notesAlike = 0.8

// maxComparisons bounds how many pairs of notes are looked at for that. Works
// with more notes get both wordings.
const maxComparisons = 10_000

// mergeNotes returns the old notes and the fresh ones among them. A fresh note
// takes the place and the key of one that it equals or, unless it comes from
// a duplicate entry, rewords.
func mergeNotes(old, fresh []library.Note, duplicate bool) []library.Note {
	all := slices.Clone(old)
	free := make([]bool, len(old)) // not the same as any of the fresh notes
	for i, o := range old {
		free[i] = noteAt(fresh, o.Text) < 0
	}
	duplicate = duplicate || len(old)*len(fresh) > maxComparisons
	for _, n := range fresh {
		i := noteAt(all, n.Text)
		if i < 0 && !duplicate {
			i = rewordedNote(old, free, n)
		}
		if i < 0 {
			all = append(all, n)
			continue
		}
		all[i] = rewritten(all[i], n)
		if i < len(old) {
			free[i] = false
		}
	}
	return all
}

// noteAt returns the position of the first note of that text, or -1.
func noteAt(notes []library.Note, text string) int {
	return slices.IndexFunc(notes, func(n library.Note) bool { return n.Text == text })
}

// rewritten returns note old with the words of fresh.
func rewritten(old, fresh library.Note) library.Note {
	fresh.Key = old.Key
	fresh.Tags = union(old.Tags, fresh.Tags)
	if fresh.Modified.IsZero() {
		fresh.Modified = old.Modified
	}
	return fresh
}

// rewordedNote returns the position of the first free note that n rewords, or
// -1.
func rewordedNote(old []library.Note, free []bool, n library.Note) int {
	folded := plaintext.Fold(n.Text)
	for i, o := range old {
		if free[i] && similarity(plaintext.Fold(o.Text), folded) >= notesAlike {
			return i
		}
	}
	return -1
}

// mergeAttachments returns the old attachments and the fresh ones among them.
// A fresh one takes the place and the key of the old one that is the same
// file or link.
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
		m.Text = fresh.Text
	}
	m.Annotations = slices.Clone(old.Annotations)
	for _, x := range fresh.Annotations {
		i := slices.IndexFunc(m.Annotations, func(o library.Annotation) bool {
			return o.Type == x.Type && o.Page == x.Page && o.Text == x.Text && (o.Text != "" || o.Comment == x.Comment)
		})
		if i < 0 {
			m.Annotations = append(m.Annotations, x)
			continue
		}
		x.Key = m.Annotations[i].Key
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
