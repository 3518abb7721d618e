package zotero

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// work is a work of a library and what searching needs of it.
type work struct {
	item *library.Item
	once sync.Once
	made []part
}

func newWork(it *library.Item) *work { return &work{item: it} }

// parts returns the work's texts, which are folded once.
func (w *work) parts() []part {
	w.once.Do(func() { w.made = partsOf(w.item) })
	return w.made
}

// worksOf puts the items of a library together: notes, attachments and their
// annotations below their works. What hangs below something that isn't there,
// because that is in the trash, is left out.
func worksOf(id library.ID, objects map[string]*Object, readable map[string]int64) ([]*work, map[string]*work) {
	children := map[string][]*Object{}
	tops := []*Object{}
	for _, o := range objects {
		switch {
		case o.Data.Deleted || !validKey(o.Key):
		case o.Data.Parent != "":
			children[o.Data.Parent] = append(children[o.Data.Parent], o)
		default:
			tops = append(tops, o)
		}
	}
	works := make([]*work, 0, len(tops))
	byKey := make(map[string]*work, len(objects))
	for _, o := range tops {
		it := itemOf(id, o)
		adopt(it, o, children, readable)
		w := newWork(it)
		works = append(works, w)
		for _, key := range keysOf(it) {
			byKey[key] = w
		}
	}
	slices.SortFunc(works, func(a, b *work) int { return strings.Compare(a.item.ID.Key, b.item.ID.Key) })
	return works, byKey
}

// adopt hangs the children of an item below it.
func adopt(it *library.Item, o *Object, children map[string][]*Object, readable map[string]int64) {
	if o.Data.Type == "attachment" {
		it.Attachments[0] = withAnnotations(attachmentOf(o, readable), children)
		adoptNote(it, o)
		return
	}
	below := children[o.Key]
	slices.SortFunc(below, func(a, b *Object) int {
		return cmp.Or(a.Data.Added.Compare(b.Data.Added), strings.Compare(a.Key, b.Key))
	})
	for _, child := range below {
		switch {
		case child.Data.Type == "note":
			it.Notes = append(it.Notes, noteOf(child))
		case child.Data.Type == "attachment" && child.Data.Fields["linkMode"] != "embedded_image":
			it.Attachments = append(it.Attachments, withAnnotations(attachmentOf(child, readable), children))
			adoptNote(it, child)
		}
	}
}

// adoptNote adds the note that an attachment has as a note of the work, under
// the attachment's key.
func adoptNote(it *library.Item, attachment *Object) {
	if n := noteOf(attachment); n.Text != "" {
		it.Notes = append(it.Notes, n)
	}
}

// withAnnotations puts an attachment's annotations in reading order, for which
// Zotero keeps a sortable position with each.
func withAnnotations(a library.Attachment, children map[string][]*Object) library.Attachment {
	below := children[a.Key]
	slices.SortFunc(below, func(x, y *Object) int {
		return cmp.Or(strings.Compare(x.Data.Fields["annotationSortIndex"], y.Data.Fields["annotationSortIndex"]), strings.Compare(x.Key, y.Key))
	})
	for _, child := range below {
		if child.Data.Type == "annotation" {
			a.Annotations = append(a.Annotations, annotationOf(child))
		}
	}
	return a
}

// keysOf returns the keys of a work and of all below it.
func keysOf(it *library.Item) []string {
	keys := []string{it.ID.Key}
	for _, n := range it.Notes {
		keys = append(keys, n.Key)
	}
	for _, a := range it.Attachments {
		keys = append(keys, a.Key)
		for _, x := range a.Annotations {
			keys = append(keys, x.Key)
		}
	}
	return keys
}
