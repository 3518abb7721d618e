// Package replicatest has an upstream library in memory and sources that read it,
// for tests of replicas and of what builds on them.
package replicatest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// Library is an upstream library in memory. Each change makes one version. All
// methods may be called at the same time, also from the hooks of a source.
type Library struct {
	mu          sync.Mutex
	version     int64
	objects     map[string]replica.Object
	removed     map[string]int64 // version at which the key was removed
	collections map[string]collection
	texts       map[string]text
}

type collection struct {
	library.Collection
	version int64
	trashed bool
}

type text struct {
	pages   []library.TextPage
	version int64
}

// New returns an empty library at version 1.
func New() *Library {
	return &Library{
		version: 1, objects: map[string]replica.Object{}, removed: map[string]int64{},
		collections: map[string]collection{}, texts: map[string]text{},
	}
}

// Version returns the library's version.
func (l *Library) Version() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.version
}

// PutWork puts a work without children, in place of the one of the same key. Its
// collections are keys.
func (l *Library) PutWork(key string, it library.Item) {
	it.Notes, it.Attachments = nil, nil
	l.put(replica.Object{Key: key, Work: &it})
}

// PutFile puts a file that stands by itself.
func (l *Library) PutFile(key string, it library.Item, a library.Attachment) {
	a.Key = key
	it.Notes, it.Attachments = nil, []library.Attachment{a}
	l.put(replica.Object{Key: key, Work: &it})
}

// PutNote puts a note below a work.
func (l *Library) PutNote(key, parent string, n library.Note) {
	n.Key = key
	l.put(replica.Object{Key: key, Parent: parent, Note: &n})
}

// PutAttachment puts an attachment below a work.
func (l *Library) PutAttachment(key, parent string, a library.Attachment) {
	a.Key, a.Annotations, a.Text = key, nil, library.TextStatus{}
	l.put(replica.Object{Key: key, Parent: parent, Attachment: &a})
}

// PutAnnotation puts an annotation below an attachment.
func (l *Library) PutAnnotation(key, parent string, a library.Annotation) {
	a.Key = key
	l.put(replica.Object{Key: key, Parent: parent, Annotation: &a})
}

func (l *Library) put(o replica.Object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version++
	o.Version = l.version
	l.objects[o.Key] = o
	delete(l.removed, o.Key)
}

// change changes an object, if there is one.
func (l *Library) change(key string, f func(*replica.Object)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, ok := l.objects[key]
	if !ok {
		return
	}
	l.version++
	o.Version = l.version
	f(&o)
	l.objects[key] = o
}

// Trash puts an object into the trash. What is below it keeps its version.
func (l *Library) Trash(key string) { l.change(key, func(o *replica.Object) { o.Trashed = true }) }

// Restore takes an object out of the trash.
func (l *Library) Restore(key string) { l.change(key, func(o *replica.Object) { o.Trashed = false }) }

// Move puts a child below another parent.
func (l *Library) Move(key, parent string) {
	l.change(key, func(o *replica.Object) { o.Parent = parent })
}

// Delete removes an object for good, with all below it.
func (l *Library) Delete(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.objects[key]; !ok {
		return
	}
	l.version++
	l.remove(key)
}

func (l *Library) remove(key string) {
	delete(l.objects, key)
	delete(l.texts, key)
	l.removed[key] = l.version
	for _, child := range l.below(key) {
		l.remove(child.Key)
	}
}

// PutCollection puts a collection.
func (l *Library) PutCollection(key, name, parent string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version++
	l.collections[key] = collection{Collection: library.Collection{Key: key, Name: name, Parent: parent}, version: l.version}
}

// TrashCollection puts a collection into the trash, or takes it out. Works keep
// it, and their versions.
func (l *Library) TrashCollection(key string, trashed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.collections[key]
	if !ok {
		return
	}
	l.version++
	c.trashed, c.version = trashed, l.version
	l.collections[key] = c
}

// PutText sets the text of an attachment. No pages take it away.
func (l *Library) PutText(attachment string, pages []library.TextPage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version++
	l.texts[attachment] = text{pages: pages, version: l.version}
}

// Reset makes the library one of another past: the same objects, versions that
// begin again.
func (l *Library) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version = 1
	for key, o := range l.objects {
		o.Version = 1
		l.objects[key] = o
	}
	for key, c := range l.collections {
		c.version = 1
		l.collections[key] = c
	}
	for key, t := range l.texts {
		t.version = 1
		l.texts[key] = t
	}
	l.removed = map[string]int64{}
}

// Keys returns the keys of all objects, trash included, sorted.
func (l *Library) Keys() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.objects))
}

// Object returns an object, and whether there is one.
func (l *Library) Object(key string) (replica.Object, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, ok := l.objects[key]
	return o, ok
}

// below returns the objects directly below a key, trash included, sorted by key.
func (l *Library) below(key string) []replica.Object {
	var all []replica.Object
	for _, o := range l.objects {
		if o.Parent == key {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b replica.Object) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

// Describe returns a line for each work and collection as a reader should see it:
// its fields, and its children with theirs, sorted. Works and children in the
// trash are not among them.
func (l *Library) Describe() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := []string{}
	for _, o := range l.objects {
		if o.Work != nil && o.Parent == "" && !o.Trashed {
			lines = append(lines, l.describe(o))
		}
	}
	for key, c := range l.collections {
		if !c.trashed {
			lines = append(lines, collectionLine(key, c.Collection))
		}
	}
	slices.Sort(lines)
	return lines
}

func (l *Library) describe(o replica.Object) string {
	it := *o.Work
	it.ID.Key = o.Key
	it.Collections = slices.DeleteFunc(slices.Clone(it.Collections), func(k string) bool {
		c, ok := l.collections[k]
		return !ok || c.trashed
	})
	it.Notes, it.Attachments = slices.Clone(it.Notes), slices.Clone(it.Attachments)
	for _, child := range l.below(o.Key) {
		switch {
		case child.Trashed:
		case child.Note != nil:
			it.Notes = append(it.Notes, *child.Note)
		case child.Attachment != nil:
			it.Attachments = append(it.Attachments, *child.Attachment)
		}
	}
	texts := map[string][]library.TextPage{}
	for i := range it.Attachments {
		a := &it.Attachments[i]
		a.Annotations = nil
		for _, x := range l.below(a.Key) {
			if x.Annotation != nil && !x.Trashed {
				a.Annotations = append(a.Annotations, *x.Annotation)
			}
		}
		texts[a.Key] = l.texts[a.Key].pages
	}
	return Line(&it, texts)
}

// Line returns a line for a work with its children, and the texts of those of its
// attachments that are given.
func Line(it *library.Item, texts map[string][]library.TextPage) string {
	var parts []string
	for name, value := range it.Fields {
		parts = append(parts, name+"="+value)
	}
	for _, tag := range it.Tags {
		parts = append(parts, "tag "+tag)
	}
	for _, c := range it.Collections {
		parts = append(parts, "in "+c)
	}
	for _, n := range it.Notes {
		parts = append(parts, fmt.Sprintf("note %s %q %q", n.Key, n.Text, n.Tags))
	}
	for _, a := range it.Attachments {
		parts = append(parts, fmt.Sprintf("file %s %q %q", a.Key, a.Title, a.Filename))
		for _, x := range a.Annotations {
			parts = append(parts, fmt.Sprintf("mark %s in %s %q %q", x.Key, a.Key, x.Text, x.Comment))
		}
		for _, p := range texts[a.Key] {
			parts = append(parts, fmt.Sprintf("text %s %d %q", a.Key, p.Number, p.Text))
		}
	}
	slices.Sort(parts)
	return "work " + it.ID.Key + " " + it.Type + ": " + strings.Join(parts, " | ")
}

func collectionLine(key string, c library.Collection) string {
	return "collection " + key + " " + c.Name + " in " + c.Parent
}
