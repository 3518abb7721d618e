// Package zrdf reads Zotero RDF, the format in which Zotero exports a library
// with its collections, notes and files.
package zrdf

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/xmltree"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// classes are the elements that stand for a resource of their own: works, what
// they appeared in, notes, attachments and collections.
var classes = []string{
	"Article", "Attachment", "Blog", "Book", "BookSection", "Collection", "ConferenceProceedings", "CourtReporter", "Data", "Description", "Document",
	"Forum", "Illustration", "Image", "Interview", "Journal", "Legislation", "Letter", "Manuscript", "Memo", "MotionPicture", "Newspaper", "Patent",
	"Periodical", "Quotation", "Recording", "Report", "Series", "Thesis", "Website",
}

// Read reads a file. Entries have the collections that the file puts them in,
// and its files by their paths. Errors are those of [source.Open], code
// TooLarge for more than [source.MaxEntries] resources, and code Invalid for a
// file without a work.
func Read(ctx context.Context, r io.Reader, name string) (*model.Document, error) {
	in, err := xmltree.Open(ctx, r, classes...)
	if err != nil {
		return nil, err
	}
	f := &file{byID: map[string]*xmltree.Node{}, collections: map[string]*collection{}}
	doc := &model.Document{}
	for {
		rec, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(f.resources) == source.MaxEntries {
			return nil, source.TooMany()
		}
		if rec.Fault != "" {
			doc.Skip(name, rec.Line, rec.Fault)
			continue
		}
		n, err := xmltree.Parse(rec.Text)
		if err != nil {
			doc.Skip(name, rec.Line, "it is not well-formed XML: "+err.Error())
			continue
		}
		f.add(n, rec.Line)
	}
	f.findCollections()
	f.works = f.paths()
	for _, res := range f.resources {
		if isWork(res.node) {
			entry := f.entry(res.node)
			entry.Line = res.line
			doc.Add(name, entry)
		}
	}
	if len(doc.Entries)+len(doc.Problems) == 0 {
		return nil, library.Errorf(library.Invalid, "the file holds no work in Zotero RDF").WithHint("export from Zotero as Zotero RDF, BibLaTeX or CSL JSON")
	}
	return doc, nil
}

// file is a file that is being read.
type file struct {
	resources   []resource
	byID        map[string]*xmltree.Node
	collections map[string]*collection
	works       map[string][][]string // paths of the collections, by work
}

// resource is a resource at the top level of the file.
type resource struct {
	node *xmltree.Node
	line int
}

func (f *file) add(n *xmltree.Node, line int) {
	f.resources = append(f.resources, resource{n, line})
	if id := n.Attr("about"); id != "" {
		f.byID[id] = n
	}
}

// isWork reports whether a resource is a work: it has an item type, or is of a
// class that only works have.
func isWork(n *xmltree.Node) bool {
	switch itemType := n.TextAt("itemType"); {
	case itemType == "attachment" || itemType == "note":
		return false
	case itemType != "":
		return true
	}
	switch n.Name {
	case "Attachment", "Collection", "Memo", "Journal", "Periodical", "Newspaper", "Series", "Website", "Blog", "Forum", "CourtReporter", "Description":
		return false
	}
	return n.First("title") != nil
}

// target returns the resource that a property names or holds.
func (f *file) target(property *xmltree.Node) *xmltree.Node {
	if id := property.Attr("resource"); id != "" {
		return f.byID[id]
	}
	if elements := property.Elements(); len(elements) > 0 {
		return elements[0]
	}
	return nil
}

// collection is a collection with its place in the tree.
type collection struct {
	name   string
	parent string
	works  []string
}

// maxCollectionDepth bounds how deep collections nest.
const maxCollectionDepth = 32

func (f *file) findCollections() {
	for _, res := range f.resources {
		if res.node.Name != "Collection" {
			continue
		}
		c := f.collection(res.node.Attr("about"))
		c.name = res.node.TextAt("title")
		for _, part := range res.node.All("hasPart") {
			id := part.Attr("resource")
			if child := f.byID[id]; child != nil && child.Name == "Collection" {
				f.collection(id).parent = res.node.Attr("about")
			} else {
				c.works = append(c.works, id)
			}
		}
	}
}

func (f *file) collection(id string) *collection {
	if f.collections[id] == nil {
		f.collections[id] = &collection{}
	}
	return f.collections[id]
}

// paths returns the collections that hold each work, by its ID, the top
// collection of each first.
func (f *file) paths() map[string][][]string {
	paths := map[string][][]string{}
	for _, res := range f.resources {
		if res.node.Name != "Collection" {
			continue
		}
		c := f.collections[res.node.Attr("about")]
		path := []string{c.name}
		for up := f.collections[c.parent]; up != nil && len(path) < maxCollectionDepth; up = f.collections[up.parent] {
			path = append([]string{up.name}, path...)
		}
		for _, work := range c.works {
			paths[work] = append(paths[work], path)
		}
	}
	return paths
}

// itemTypes are the item types of classes, for files without item types.
var itemTypes = map[string]string{
	"Article": "journalArticle", "Book": "book", "BookSection": "bookSection", "ConferenceProceedings": "presentation", "Data": "computerProgram",
	"Document": "document", "Illustration": "artwork", "Image": "artwork", "Interview": "interview", "Legislation": "statute", "Letter": "letter",
	"Manuscript": "manuscript", "MotionPicture": "film", "Patent": "patent", "Recording": "audioRecording", "Report": "report", "Thesis": "thesis",
}

// cutWord splits "ISSN 1234-5678".
func cutWord(s string) (word, rest string) {
	word, rest, _ = strings.Cut(strings.TrimSpace(s), " ")
	return word, strings.TrimSpace(rest)
}
