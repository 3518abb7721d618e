package shelf

import (
	"maps"
	"slices"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// reconciling takes what sources newly say of a work into the work as callers have
// changed it. What the sources say as before stays as callers left it. What they say
// otherwise counts, and if a caller had changed the same, it is lost.
type reconciling struct {
	e            *entry
	before, told *library.Item // as the sources told the work, and as they tell it now
	lost         []string      // names of fields
	gone         []string      // keys of children that the work no longer has
}

// reconcile reconciles a work with what its sources tell.
func reconcile(e *entry, told *library.Item) *reconciling {
	r := &reconciling{e: e, before: &library.Item{}, told: told}
	if e.rec.Base != nil {
		r.before = e.rec.Base.Item
		r.fields()
		r.lists()
	} else {
		r.first()
	}
	r.notes()
	r.attachments()
	if ours := e.whole; told.Modified.After(ours.Modified) {
		ours.Modified = told.Modified
	}
	return r
}

// first takes in what the first source says of a work that a caller made, as an import
// puts two entries of one work together.
func (r *reconciling) first() {
	fresh := *r.told
	fresh.Notes, fresh.Attachments = nil, nil
	it, replaced := merge(r.e.whole, &fresh)
	r.lost = replaced
	it.ID, it.Version, it.Added, it.CitationKey = r.e.whole.ID, r.e.whole.Version, r.e.whole.Added, r.e.whole.CitationKey
	r.e.whole = it
}

// lose notes that a caller's value of a field is gone.
func (r *reconciling) lose(name string) {
	if !slices.Contains(r.lost, name) {
		r.lost = append(r.lost, name)
	}
}

// pick returns the value that counts of a field.
func pick[T comparable](r *reconciling, name string, own, before, told T) T {
	switch {
	case told == before:
		return own
	case own != before && own != told:
		r.lose(name)
	}
	return told
}

// fields reconciles type, fields, creators and date.
func (r *reconciling) fields() {
	ours := r.e.whole
	ours.Type = pick(r, "itemType", ours.Type, r.before.Type, r.told.Type)
	names := maps.Clone(r.before.Fields)
	if names == nil {
		names = map[string]string{}
	}
	maps.Copy(names, r.told.Fields)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		r.field(name)
	}
	if !slices.Equal(r.told.Creators, r.before.Creators) {
		if !slices.Equal(ours.Creators, r.before.Creators) && !slices.Equal(ours.Creators, r.told.Creators) {
			r.lose("creators")
		}
		ours.Creators = r.told.Creators
	}
	if ours.Fields[dateField(ours.Type)] == r.told.Fields[dateField(r.told.Type)] {
		ours.ParsedDate = r.told.ParsedDate
	}
	ours.AddedBy, ours.ModifiedBy = r.told.AddedBy, r.told.ModifiedBy
}

// field reconciles a field. If a caller gave the work another type, it is the field
// that stands for the same there.
func (r *reconciling) field(name string) {
	ours := r.e.whole
	before, told := r.before.Fields[name], r.told.Fields[name]
	if told == before {
		return
	}
	own := name
	if ours.Type != r.told.Type {
		var ok bool
		if own, ok = zschema.FieldFor(ours.Type, zschema.Base(r.told.Type, name)); !ok {
			r.lose(name)
			return
		}
	}
	was := ours.Fields[own]
	if name == "extra" && was != before && told != "" { // each line is a field of its own
		ours.Fields[own] = mergeExtra(was, told)
		return
	}
	if ours.Fields[own] = pick(r, own, was, before, told); told == "" {
		delete(ours.Fields, own)
	}
}

// lists reconciles tags and collections.
func (r *reconciling) lists() {
	ours := r.e.whole
	ours.Tags = reconciled(ours.Tags, r.before.Tags, r.told.Tags)
	ours.Collections = reconciled(ours.Collections, r.before.Collections, r.told.Collections)
}

// reconciled returns a list with what the sources added and without what they took
// away.
func reconciled(own, before, told []string) []string {
	var all []string
	for _, s := range own {
		if slices.Contains(told, s) || !slices.Contains(before, s) {
			all = append(all, s)
		}
	}
	for _, s := range told {
		if !slices.Contains(before, s) {
			all = union(all, []string{s})
		}
	}
	return all
}

// notes reconciles the notes of the work.
func (r *reconciling) notes() {
	ours := r.e.whole
	for _, n := range r.told.Notes {
		was, i := noteIn(r.before, n.Key), noteIn(ours, n.Key)
		switch {
		case was < 0:
			ours.Notes = append(ours.Notes, n)
		case i < 0: // a caller moved it
			if n.Text != r.before.Notes[was].Text {
				r.lose("note")
			}
		default:
			b, o := &r.before.Notes[was], &ours.Notes[i]
			o.Text = pick(r, "note", o.Text, b.Text, n.Text)
			o.Tags = reconciled(o.Tags, b.Tags, n.Tags)
		}
	}
	for _, b := range r.before.Notes {
		i := noteIn(ours, b.Key)
		if noteIn(r.told, b.Key) < 0 && i >= 0 && ours.Notes[i].Text == b.Text && slices.Equal(ours.Notes[i].Tags, b.Tags) {
			r.drop(b.Key)
		}
	}
}

// drop takes a child that no source has any more from the work.
func (r *reconciling) drop(key string) {
	r.gone = append(r.gone, takeChild(r.e.whole, key).keys()...)
}

// attachments reconciles the attachments of the work and the annotations in them.
func (r *reconciling) attachments() {
	ours := r.e.whole
	for _, a := range r.told.Attachments {
		was, i := attachmentIn(r.before, a.Key), attachmentIn(ours, a.Key)
		switch {
		case was < 0:
			ours.Attachments = append(ours.Attachments, a)
		case i >= 0:
			r.attachment(&ours.Attachments[i], &r.before.Attachments[was], &a)
		}
	}
	for _, b := range r.before.Attachments {
		i := attachmentIn(ours, b.Key)
		if attachmentIn(r.told, b.Key) >= 0 || i < 0 {
			continue
		}
		if o := &ours.Attachments[i]; o.Title == b.Title && o.URL == b.URL && slices.EqualFunc(o.Annotations, b.Annotations, sameAnnotation) {
			r.drop(b.Key)
		}
	}
}

func (r *reconciling) attachment(own, before, told *library.Attachment) {
	own.Title = pick(r, "title of an attachment", own.Title, before.Title, told.Title)
	own.URL = pick(r, "url of an attachment", own.URL, before.URL, told.URL)
	own.ContentType = pick(r, "contentType", own.ContentType, before.ContentType, told.ContentType)
	own.Filename, own.Path, own.Text = told.Filename, told.Path, told.Text
	for _, x := range told.Annotations {
		was, i := annotationIn(before, x.Key), annotationIn(own, x.Key)
		switch {
		case was < 0:
			own.Annotations = append(own.Annotations, x)
		case i >= 0 && !sameAnnotation(x, before.Annotations[was]):
			if !sameAnnotation(own.Annotations[i], before.Annotations[was]) {
				r.lose("annotation")
			}
			own.Annotations[i] = x
		}
	}
	for _, b := range before.Annotations {
		i := annotationIn(own, b.Key)
		if annotationIn(told, b.Key) < 0 && i >= 0 && sameAnnotation(own.Annotations[i], b) {
			r.drop(b.Key)
		}
	}
}

// sameAnnotation reports whether two annotations say the same.
func sameAnnotation(a, b library.Annotation) bool {
	return slices.Equal(a.Tags, b.Tags) && a.Key == b.Key && a.Type == b.Type && a.Text == b.Text &&
		a.Comment == b.Comment && a.Color == b.Color && a.Page == b.Page && a.Position == b.Position
}
