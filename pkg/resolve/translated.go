package resolve

import (
	"encoding/json"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/webpage"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// maxLines is the most lines of an abstract or of the field Extra.
const maxLines = 100

// translatedItem is an item in Zotero's API JSON without its fields
// (https://www.zotero.org/support/dev/web_api/v3/types_and_fields).
type translatedItem struct {
	ItemType string `json:"itemType"`
	Creators []struct {
		CreatorType, FirstName, LastName, Name string
	} `json:"creators"`
}

// readTranslated reads the works of an answer of the translation server: an array of
// items, or one item. Notes and attachments, which stand beside their work, are left
// out, as is what Zotero's schema does not have.
func readTranslated(body []byte) ([]*library.Item, error) {
	var all []json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		all = []json.RawMessage{body}
	}
	var works []*library.Item
	for _, raw := range all {
		it, err := readTranslatedItem(raw)
		if err != nil {
			return nil, err
		}
		if it != nil {
			works = append(works, it)
		}
	}
	return works, nil
}

// readTranslatedItem reads a work; nil if the item is none, or has no title.
func readTranslatedItem(raw json.RawMessage) (*library.Item, error) {
	var from translatedItem
	var properties map[string]any
	if err := json.Unmarshal(raw, &from); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &properties); err != nil {
		return nil, err
	}
	if !zschema.KnownType(from.ItemType) {
		return nil, nil
	}
	it := &library.Item{Type: from.ItemType, Fields: map[string]string{}}
	for name, v := range properties {
		if text, ok := v.(string); ok && zschema.ValidField(it.Type, name) {
			if text = cleaned(name, text); text != "" {
				it.Fields[name] = text
			}
		}
	}
	for _, c := range from.Creators[:min(len(from.Creators), webpage.MaxPeople)] {
		person := library.Creator{Role: c.CreatorType, Given: webpage.Value(c.FirstName), Family: webpage.Value(c.LastName)}
		if c.Name != "" || person.Family == "" {
			person = library.Creator{Role: c.CreatorType, Name: webpage.Value(strings.TrimSpace(c.Name + " " + c.FirstName))}
		}
		if zschema.ValidCreator(it.Type, c.CreatorType) && person.Family+person.Name != "" {
			it.Creators = append(it.Creators, person)
		}
	}
	if it.Title() == "" {
		return nil, nil
	}
	return it, nil
}

// cleaned returns the text of a field. Abstracts and the field Extra keep their lines.
func cleaned(field, text string) string {
	if field != "abstractNote" && field != "extra" {
		return webpage.Value(text)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = webpage.Value(line); line != "" && len(lines) < maxLines {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
