package resolve

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/reference"
)

// openLibraryBook is a book as Open Library describes it.
type openLibraryBook struct {
	Title, Subtitle string
	Authors         []struct{ Name string }
	Publishers      []struct{ Name string }
	Date            string `json:"publish_date"`
}

// openLibrary asks Open Library for ISBNs, in one call.
func (r *Resolver) openLibrary(ctx context.Context, part []reference.Identifier) (answers, error) {
	s := r.services[OpenLibrary]
	keys := make([]string, len(part))
	for i, id := range part {
		keys[i] = "ISBN:" + id.Value
	}
	body, err := s.get(ctx, "/api/books", url.Values{"bibkeys": {strings.Join(keys, ",")}, "format": {"json"}, "jscmd": {"data"}}, acceptJSON)
	if err != nil {
		return answers{}, err
	}
	var books map[string]*openLibraryBook
	if err := json.Unmarshal(body, &books); err != nil || books == nil {
		return answers{}, s.unreadable(err)
	}
	out := answers{works: map[reference.Identifier]*Work{}}
	for i, id := range part {
		if b := books[keys[i]]; b != nil {
			out.works[id] = &Work{Known: reference.Known{Item: b.item(id.Value)}, Service: OpenLibrary, ID: id}
		}
	}
	return out, nil
}

// item returns the book as an item.
func (b *openLibraryBook) item(isbn string) *library.Item {
	it := &library.Item{Type: "book", Fields: map[string]string{"title": b.Title, "ISBN": isbn}}
	if b.Subtitle != "" {
		it.Fields["title"] += ": " + b.Subtitle
	}
	if b.Date != "" {
		it.Fields["date"] = b.Date
	}
	if len(b.Publishers) > 0 {
		it.Fields["publisher"] = b.Publishers[0].Name
	}
	for _, a := range b.Authors {
		it.Creators = append(it.Creators, library.Creator{Role: "author", Name: a.Name})
	}
	return it
}
