package shelf

import (
	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/vector"
)

// content is what a state of the library holds: rows, decoded and cached. It
// is what the index reads snippets from.
type content struct {
	library library.ID
	rows    *rows
	items   recent[*library.Item]      // by item key
	texts   recent[[]library.TextPage] // by attachment key
	works   int                        // how many items there are
	// vectors are of the embedder's model. Both are nil if searches use none.
	vectors  *vector.Set
	embedder Embedder
}

var _ index.Source = (*content)(nil)

// itemBytes returns about how much memory an item takes.
func itemBytes(it *library.Item) int {
	const perString = 48 // header, map slot and allocation
	n := 600
	for name, value := range it.Fields {
		n += len(name) + len(value) + 2*perString
	}
	for _, c := range it.Creators {
		n += len(c.Role) + len(c.Given) + len(c.Family) + len(c.Name) + 2*perString
	}
	for _, note := range it.Notes {
		n += len(note.Text) + 3*perString
	}
	for _, a := range it.Attachments {
		n += len(a.Filename) + len(a.URL) + 6*perString
		for _, x := range a.Annotations {
			n += len(x.Text) + len(x.Comment) + 6*perString
		}
	}
	return n + (len(it.Tags)+len(it.Collections))*perString
}

// textBytes returns about how much memory a text takes.
func textBytes(pages []library.TextPage) int {
	n := 64
	for _, p := range pages {
		n += len(p.Text) + len(p.Label) + 64
	}
	return n
}

// item returns the item of a key, or nil if there is none.
func (c *content) item(key string) (*library.Item, error) {
	// Most items are in the file and in the cache: then no row is read.
	sequence, removed := c.rows.sequence(itemTable, key)
	if removed {
		return nil, nil
	}
	if it, ok := c.items.get(key, sequence); ok {
		return it, nil
	}
	value, err := c.rows.get(itemTable, key)
	if value == nil || err != nil {
		return nil, err
	}
	it, err := decodeItem(library.ItemID{Library: c.library, Key: key}, value)
	if err == nil {
		c.items.set(key, sequence, it)
	}
	return it, err
}

// work returns the item of a key, or of which it is a child's key; nil if
// there is none.
func (c *content) work(key string) (*library.Item, error) {
	it, err := c.item(key)
	if it != nil || err != nil {
		return it, err
	}
	parent, err := c.rows.get(childTable, key)
	if parent == nil || err != nil {
		return nil, err
	}
	return c.item(string(parent))
}

// mustWork is like work, but an unknown key is an error.
func (c *content) mustWork(key string) (*library.Item, error) {
	it, err := c.work(key)
	if it == nil && err == nil {
		return nil, library.Errorf(library.NotFound, "no item has that key").WithHint("take the item's ID from a search result")
	}
	return it, err
}

// pages returns the text of an attachment; none if the library holds none.
func (c *content) pages(attachment string) ([]library.TextPage, error) {
	sequence, removed := c.rows.sequence(textTable, attachment)
	if removed {
		return nil, nil
	}
	if pages, ok := c.texts.get(attachment, sequence); ok {
		return pages, nil
	}
	value, err := c.rows.get(textTable, attachment)
	if value == nil || err != nil {
		return nil, err
	}
	pages, err := decodeText(value)
	if err == nil {
		c.texts.set(attachment, sequence, pages)
	}
	return pages, err
}

// eachItem calls fn with every item, in the order of their keys.
func (c *content) eachItem(fn func(*library.Item) error) error {
	return c.rows.scan(itemTable, "", func(key string, value []byte) error {
		it, err := decodeItem(library.ItemID{Library: c.library, Key: key}, value)
		if err != nil {
			return err
		}
		return fn(it)
	})
}

// Item implements [index.Source].
func (c *content) Item(key string) (*library.Item, bool) {
	it, err := c.item(key)
	return it, err == nil && it != nil
}

// Pages implements [index.Source].
func (c *content) Pages(_, attachment string) ([]library.TextPage, error) {
	return c.pages(attachment)
}

// document returns what the index takes of an item.
func (c *content) document(it *library.Item) (index.Document, error) {
	doc := index.Document{Item: it}
	for _, a := range it.Attachments {
		if !a.Text.Available {
			continue
		}
		pages, err := c.pages(a.Key)
		if err != nil {
			return doc, err
		}
		doc.Texts = append(doc.Texts, index.Text{Attachment: a.Key, Pages: pages})
	}
	return doc, nil
}
