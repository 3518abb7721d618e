package replica

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Why an attachment has no text.
const (
	notRead = "the text of this attachment has not been read yet"
	noText  = "no text of this attachment is kept with the library"
)

// compose returns a work with its children. below returns the objects directly
// below a key; what hangs deeper than an annotation is left out.
func compose(o Object, below func(key string) ([]Object, error)) (*library.Item, error) {
	it := ownItem(o)
	children, err := below(o.Key)
	if err != nil {
		return nil, err
	}
	for _, c := range children {
		place(it, c)
	}
	for i := range it.Attachments {
		if key := it.Attachments[i].Key; key != o.Key { // those of o.Key were placed above
			annotations, err := below(key)
			if err != nil {
				return nil, err
			}
			for _, a := range annotations {
				place(it, a)
			}
		}
	}
	return it, nil
}

// ownItem returns a work as it stands in its object, as the caller's own.
func ownItem(o Object) *library.Item {
	it := *o.Work
	it.ID.Key = o.Key
	it.Version = o.Version
	it.Notes = slices.Clone(it.Notes)
	it.Attachments = slices.Clone(it.Attachments)
	for i := range it.Attachments {
		it.Attachments[i].Annotations = nil
		unread(&it.Attachments[i])
	}
	return &it
}

// unread sets the text status of an attachment of which no text is held.
func unread(a *library.Attachment) {
	a.Text = library.TextStatus{Pages: a.Text.Pages, Reason: cmp.Or(a.Text.Reason, notRead)}
}

// place puts a child into a work in the place of the one of the same key. The
// annotations and the text of an attachment stay. An annotation of an attachment
// that the work does not have is left out.
func place(it *library.Item, o Object) {
	it.Version = max(it.Version, o.Version)
	switch {
	case o.Annotation != nil:
		i := attachmentAt(it, o.Parent)
		if i < 0 {
			return
		}
		a := &it.Attachments[i]
		a.Annotations = append(without(a.Annotations, o.Key, annotationKey), named(*o.Annotation, o.Key))
		slices.SortFunc(a.Annotations, compareAnnotations)
	case o.Attachment != nil:
		a := *o.Attachment
		a.Key, a.Annotations = o.Key, nil
		unread(&a)
		if i := attachmentAt(it, o.Key); i >= 0 {
			a.Annotations = it.Attachments[i].Annotations
			if was := it.Attachments[i].Text; was.Available || a.Text.Reason == notRead {
				a.Text = was
			}
		}
		it.Attachments = append(without(it.Attachments, o.Key, attachmentKey), a)
		slices.SortFunc(it.Attachments, compareAttachments)
		placeNote(it, o)
	case o.Note != nil:
		placeNote(it, o)
	}
}

// placeNote puts the note of an object into a work, or takes it out if the object
// has none.
func placeNote(it *library.Item, o Object) {
	it.Notes = without(it.Notes, o.Key, noteKey)
	if o.Note == nil {
		return
	}
	n := *o.Note
	n.Key = o.Key
	it.Notes = append(it.Notes, n)
	slices.SortFunc(it.Notes, func(a, b library.Note) int { return strings.Compare(a.Key, b.Key) })
}

// displace takes a child out of a work, and reports whether the work had it.
func displace(it *library.Item, key string) bool {
	had := slices.ContainsFunc(it.Notes, func(n library.Note) bool { return n.Key == key }) || attachmentAt(it, key) >= 0
	it.Notes = without(it.Notes, key, noteKey)
	it.Attachments = without(it.Attachments, key, attachmentKey)
	for i := range it.Attachments {
		a := &it.Attachments[i]
		if slices.ContainsFunc(a.Annotations, func(x library.Annotation) bool { return x.Key == key }) {
			a.Annotations = without(a.Annotations, key, annotationKey)
			had = true
		}
	}
	return had
}

func noteKey(n library.Note) string             { return n.Key }
func attachmentKey(a library.Attachment) string { return a.Key }
func annotationKey(a library.Annotation) string { return a.Key }

// without returns a new list of all but the element of a key.
func without[T any](all []T, key string, keyOf func(T) string) []T {
	var rest []T
	for _, x := range all {
		if keyOf(x) != key {
			rest = append(rest, x)
		}
	}
	return rest
}

func named(a library.Annotation, key string) library.Annotation {
	a.Key = key
	return a
}

func attachmentAt(it *library.Item, key string) int {
	return slices.IndexFunc(it.Attachments, func(a library.Attachment) bool { return a.Key == key })
}

// compareAttachments puts files that are the work itself before copies of pages
// about it.
func compareAttachments(a, b library.Attachment) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Key, b.Key))
}

func rank(a library.Attachment) int {
	switch a.ContentType {
	case "application/pdf":
		return 0
	case "application/epub+zip":
		return 1
	case "text/html":
		return 3
	}
	return 2
}

// compareAnnotations orders annotations as they stand in the attachment. Those
// without a position come last, by page, those with a number first.
func compareAnnotations(a, b library.Annotation) int {
	placed := func(x library.Annotation) int { return min(len(x.Position), 1) }
	return cmp.Or(
		cmp.Compare(placed(b), placed(a)), strings.Compare(a.Position, b.Position),
		cmp.Compare(pageNumber(a), pageNumber(b)), strings.Compare(a.Page, b.Page), strings.Compare(a.Key, b.Key),
	)
}

// pageNumber returns the number of an annotation's page, or one past all others
// for a page that has none.
func pageNumber(a library.Annotation) int {
	if n, err := strconv.Atoi(a.Page); err == nil {
		return n
	}
	return math.MaxInt
}
