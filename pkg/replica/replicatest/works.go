package replicatest

import (
	"slices"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// Fill puts works into the library, each with its children and texts.
func (l *Library) Fill(works []librarytest.Work) {
	paths := map[string]string{}
	for i, w := range works {
		l.fill(paths, librarytest.Key("ITM", i), i*10, w)
	}
}

// Replace puts a work into the library, in place of the one of the same key and
// of what is below that. Its collections are left out.
func (l *Library) Replace(key string, w librarytest.Work) {
	l.mu.Lock()
	for _, o := range l.below(key) {
		l.version++
		l.remove(o.Key)
	}
	next := 1000 + 10*int(l.version)
	l.mu.Unlock()
	w.Collections = nil
	l.fill(nil, key, next, w)
}

// fill puts a work, with children of keys from a number on.
func (l *Library) fill(paths map[string]string, key string, children int, w librarytest.Work) {
	it := w.Item
	it.Collections = nil
	for _, path := range w.Collections {
		it.Collections = append(it.Collections, l.collection(paths, path))
	}
	l.PutWork(key, it)
	for n, note := range w.Item.Notes {
		l.PutNote(librarytest.Key("NTE", children+n), key, note)
	}
	for n, a := range w.Item.Attachments {
		file := librarytest.Key("ATT", children+n)
		l.PutAttachment(file, key, a)
		if n < len(w.FileNotes) && w.FileNotes[n] != "" {
			l.noteFile(file, w.FileNotes[n])
		}
		for k, x := range a.Annotations {
			l.PutAnnotation(librarytest.Key("ANN", (children+n)*10+k), file, x)
		}
		if n < len(w.Texts) && len(w.Texts[n]) > 0 {
			l.PutText(file, slices.Clone(w.Texts[n]))
		}
	}
}

// noteFile puts a note into an attachment.
func (l *Library) noteFile(key, note string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.objects[key]
	o.Note = &library.Note{Key: key, Text: note}
	l.objects[key] = o
}

// collection returns the key of the collection at a path, and makes it and those
// above it as needed.
func (l *Library) collection(paths map[string]string, path []string) string {
	parent := ""
	for depth := range path {
		id := strings.Join(path[:depth+1], "\x00")
		key, ok := paths[id]
		if !ok {
			key = librarytest.Key("CLL", len(paths))
			paths[id] = key
			l.PutCollection(key, path[depth], parent)
		}
		parent = key
	}
	return parent
}

// DescribeReader returns a line for each work and collection of a reader, as
// [Library.Describe] does.
func DescribeReader(items []*library.Item, collections []library.Collection, texts map[string][]library.TextPage) []string {
	lines := []string{}
	for _, it := range items {
		lines = append(lines, Line(it, texts))
	}
	for _, c := range collections {
		lines = append(lines, collectionLine(c.Key, c))
	}
	slices.Sort(lines)
	return lines
}
