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
		it := w.Item
		it.Collections = nil
		for _, path := range w.Collections {
			it.Collections = append(it.Collections, l.collection(paths, path))
		}
		key := librarytest.Key("ITM", i)
		l.PutWork(key, it)
		for n, note := range w.Item.Notes {
			l.PutNote(librarytest.Key("NTE", i*10+n), key, note)
		}
		for n, a := range w.Item.Attachments {
			file := librarytest.Key("ATT", i*10+n)
			l.PutAttachment(file, key, a)
			for k, x := range a.Annotations {
				l.PutAnnotation(librarytest.Key("ANN", (i*10+n)*10+k), file, x)
			}
			if n < len(w.Texts) && len(w.Texts[n]) > 0 {
				l.PutText(file, slices.Clone(w.Texts[n]))
			}
		}
	}
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
