package change

import (
	"maps"
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Tree is an object with the objects below it that are not in the trash.
type Tree struct {
	library.Object
	Name  string // what a person calls it: untrusted
	Below []Tree
}

// Merge makes one work of several, as Zotero's desktop program does (zotero/zotero,
// chrome/content/zotero/mergeItems.mjs): the work that is kept gets the notes, files,
// tags, collections and relations of the others, which go to the trash. PDFs with the
// same MD5 become one, with the annotations of both; so do links and snapshots with
// the same title. The kept work replaces the others (dc:replaces).
//
// It does not compare the words of PDFs, and leaves dateAdded as it is, since the Web
// API refuses another.
type Merge struct {
	Library library.ID
	Kept    Tree
	Others  []Tree // of the item type of Kept
	// Related are objects of the library that may have relations to the others.
	Related []library.Object
	// Take names fields that the kept work takes from the first of the others that has
	// them.
	Take   []string
	NewKey func() string
}

// mergeTrash is the step of a merge in which the others go to the trash.
const mergeTrash = 1

// Edits returns the edits of the merge. The others go to the trash in a step of their
// own, after all that was below them is moved. The error has the code Invalid for a
// field to take that none of the others has.
func (m *Merge) Edits() ([]Edit, error) {
	r := &merger{Merge: m, set: map[string]library.Data{}, web: map[string]bool{}, renamed: map[string]string{}}
	if err := r.take(); err != nil {
		return nil, err
	}
	for _, o := range m.Others {
		r.files(o)
	}
	for _, o := range m.Others {
		r.notes(o)
		r.moveRelations(o.Object, m.Kept.Object)
		r.want(m.Kept.Object)["collections"] = union(r.value(m.Kept.Object, "collections"), o.Data["collections"])
		r.want(m.Kept.Object)["tags"] = mergedTags(r.value(m.Kept.Object, "tags"), o.Data["tags"])
		r.want(o.Object)["deleted"] = true
	}
	return r.edits(), nil
}

// merger collects what a merge sets.
type merger struct {
	*Merge
	set     map[string]library.Data // by key
	web     map[string]bool         // links and snapshots of the kept work that were
	renamed map[string]string       // the attachment that takes the place of another
	made    []Edit
}

// want returns what is set of an object.
func (r *merger) want(o library.Object) library.Data {
	if r.set[o.Key] == nil {
		r.set[o.Key] = library.Data{}
	}
	return r.set[o.Key]
}

// value returns a field of an object as it will be.
func (r *merger) value(o library.Object, field string) any {
	if v, ok := r.set[o.Key][field]; ok {
		return v
	}
	return o.Data[field]
}

func (r *merger) take() error {
	itemType := textOf(r.Kept.Data, "itemType")
	for _, name := range r.Take {
		if name != "creators" && !zschema.ValidField(itemType, name) {
			return library.Errorf(library.Invalid, "a %s has no field %q to take", itemType, name).WithHint("its fields are %s", strings.Join(zschema.Fields(itemType), ", "))
		}
		at := slices.IndexFunc(r.Others, func(o Tree) bool { return !empty(o.Data[name]) })
		if at < 0 {
			return library.Errorf(library.Invalid, "none of the duplicates has field %q", name).WithHint("leave it out")
		}
		r.want(r.Kept.Object)[name] = r.Others[at].Data[name]
	}
	return nil
}

// files moves the attachments of a work to the kept one, or makes them one with those
// that it has.
func (r *merger) files(other Tree) {
	merged := map[string]bool{}
	for _, a := range other.Below {
		if textOf(a.Data, "itemType") != "attachment" {
			continue
		}
		if same, ok := r.samePDF(a); ok && !merged[same.Key] {
			merged[same.Key] = true
			r.mergeFiles(a, same)
			continue
		}
		if same, ok := r.samePage(a); ok {
			r.web[same.Key] = true
			r.mergeFiles(a, same)
			continue
		}
		r.want(a.Object)["parentItem"] = r.Kept.Key
	}
}

// mergeFiles puts an attachment into the trash in favour of another.
func (r *merger) mergeFiles(from, to Tree) {
	r.renamed[from.Key] = to.Key
	for _, below := range from.Below {
		r.want(below.Object)["parentItem"] = to.Key
	}
	r.moveText(from.Object, to.Object)
	r.moveRelations(from.Object, to.Object)
	r.want(from.Object)["deleted"] = true
}

// moveText moves the note that is part of an attachment. If the other has one too, it
// becomes a note below the kept work.
func (r *merger) moveText(from, to library.Object) {
	text := textOf(from.Data, "note")
	if text == "" {
		return
	}
	switch now, _ := r.value(to, "note").(string); {
	case now == "":
		r.want(to)["note"] = renameKeys(text, map[string]string{from.Key: to.Key})
	case !Same("note", now, text):
		e := Make(library.ItemObject, r.NewKey(), library.Data{
			"itemType": "note", "parentItem": r.Kept.Key, "note": renameKeys(text, map[string]string{from.Key: to.Key}),
		})
		e.Name = r.Kept.Name
		r.made = append(r.made, e)
	}
	r.want(from)["note"] = ""
}

// notes moves the notes of a work to the kept one. Links to what is merged lead to what
// is kept.
func (r *merger) notes(other Tree) {
	renamed := maps.Clone(r.renamed)
	renamed[other.Key] = r.Kept.Key
	for _, n := range other.Below {
		if textOf(n.Data, "itemType") != "note" {
			continue
		}
		r.want(n.Object)["parentItem"] = r.Kept.Key
		r.want(n.Object)["note"] = renameKeys(textOf(n.Data, "note"), renamed)
	}
}

// edits returns what is set as edits: first what is moved, last what goes to the trash.
func (r *merger) edits() []Edit {
	var all, last []Edit
	add := func(t Tree, stay library.Data) {
		e, ok := Set(t.Object, r.set[t.Key])
		if !ok {
			return
		}
		e.Name, e.Stay = t.Name, stay
		if e.After["deleted"] == true {
			e.Step = mergeTrash
			last = append(last, e)
			return
		}
		all = append(all, e)
	}
	for _, o := range r.Related { // in the batch of the kept work: both sides of a relation
		add(Tree{Object: o, Name: textOf(o.Data, "title")}, nil)
	}
	differing := r.differing()
	add(r.Kept, pick(r.Kept.Data, differing))
	eachBelow(r.Kept, func(t Tree) { add(t, nil) })
	for _, o := range r.Others {
		eachBelow(o, func(t Tree) { add(t, nil) })
	}
	for _, o := range r.Others {
		add(o, pick(o.Data, differing))
	}
	return slices.Concat(all, r.made, last)
}

func eachBelow(t Tree, yield func(Tree)) {
	for _, below := range t.Below {
		yield(below)
		eachBelow(below, yield)
	}
}

// differing returns the fields that are not the same in all works and not taken.
func (r *merger) differing() []string {
	var names []string
	for _, name := range append(zschema.Fields(textOf(r.Kept.Data, "itemType")), "creators") {
		differs := func(o Tree) bool { return !Same(name, r.Kept.Data[name], o.Data[name]) }
		if !slices.Contains(r.Take, name) && slices.ContainsFunc(r.Others, differs) {
			names = append(names, name)
		}
	}
	return names
}

func pick(d library.Data, names []string) library.Data {
	out := library.Data{}
	for _, name := range names {
		if !empty(d[name]) {
			out[name] = d[name]
		}
	}
	return out
}

// textOf returns a field that holds text, or "".
func textOf(d library.Data, name string) string {
	s, _ := d[name].(string)
	return s
}
