package biblio

import (
	"maps"
	"strings"
	"unicode"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/extra"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/ident"
	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// CitationKey returns the key under which [Write] writes the item in every
// format: the one that its library has given it or, for an item of no library,
// its own, without what BibTeX can't hold, or one made of creator, year and
// title. Where items of several libraries have the same key, Write gives the
// later ones letters. (Biber refuses apostrophes; BibLaTeX entries have the key
// without them.)
func CitationKey(item *library.Item) string {
	return citekey.Of(newPreparer().item(item))
}

// preparer makes items ready to be written.
type preparer struct{ lift *extra.Lifter }

func newPreparer() *preparer { return &preparer{lift: extra.NewLifter()} }

func (p *preparer) items(items []*library.Item) []*library.Item {
	ready := make([]*library.Item, len(items))
	for i, item := range items {
		ready[i] = p.item(item)
	}
	return ready
}

// item returns the item without control characters, its DOI bare, and with the
// variables of its field "extra" in the fields they name. The item itself
// doesn't change.
func (p *preparer) item(item *library.Item) *library.Item {
	item = p.lift.Lift(printable(item))
	if doi, ok := ident.DOI(item.Fields["DOI"]); ok && doi != item.Fields["DOI"] {
		bare := *item
		bare.Fields = maps.Clone(item.Fields)
		bare.Fields["DOI"] = doi
		return &bare
	}
	return item
}

// printable returns the item without control characters.
func printable(item *library.Item) *library.Item {
	clean := *item
	clean.Fields = make(map[string]string, len(item.Fields))
	for name, value := range item.Fields {
		clean.Fields[name] = dropControl(value)
	}
	clean.Creators = make([]library.Creator, len(item.Creators))
	for i, c := range item.Creators {
		clean.Creators[i] = library.Creator{Role: c.Role, Given: dropControl(c.Given), Family: dropControl(c.Family), Name: dropControl(c.Name)}
	}
	clean.Tags = make([]string, len(item.Tags))
	for i, tag := range item.Tags {
		clean.Tags[i] = dropControl(tag)
	}
	clean.Notes = make([]library.Note, len(item.Notes))
	for i, note := range item.Notes {
		clean.Notes[i] = note
		clean.Notes[i].Text = dropControl(note.Text)
	}
	clean.Attachments = make([]library.Attachment, len(item.Attachments))
	for i, a := range item.Attachments {
		a.Title, a.Filename, a.ContentType, a.URL = dropControl(a.Title), dropControl(a.Filename), dropControl(a.ContentType), dropControl(a.URL)
		clean.Attachments[i] = a
	}
	return &clean
}

// dropControl returns s without control characters, but for white space.
func dropControl(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' {
			return -1
		}
		return r
	}, s)
}
