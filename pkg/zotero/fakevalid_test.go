package zotero_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// The most characters that the API takes.
const (
	longestTag  = 255
	longestNote = 250_000
)

// invalidObject refuses what is sent of an item that has data now, as the API does. The
// code is 0 if nothing is wrong.
func invalidObject(data, object map[string]any) (code int, message string) {
	itemType, ok := object["itemType"].(string)
	if !ok {
		itemType, _ = data["itemType"].(string)
	}
	if note, _ := object["note"].(string); len(note) > longestNote {
		return http.StatusRequestEntityTooLarge, "Note '" + note[:20] + "...' too long"
	}
	if code, message := invalidTags(object["tags"]); code != 0 {
		return code, message
	}
	if itemType == "note" || itemType == "attachment" || itemType == "annotation" {
		return 0, ""
	}
	if !zschema.KnownType(itemType) {
		return http.StatusBadRequest, fmt.Sprintf("'%s' is not a valid item type", itemType)
	}
	for name, value := range object {
		switch name {
		case "key", "version", "itemType", "tags", "collections", "relations", "deleted", "dateAdded":
		case "creators":
			if code, message := invalidCreators(itemType, value); code != 0 {
				return code, message
			}
		default:
			if !zschema.ValidField(itemType, name) {
				return http.StatusBadRequest, fmt.Sprintf("'%s' is not a valid field for type '%s'", name, itemType)
			}
			if _, ok := value.(string); !ok {
				return http.StatusBadRequest, fmt.Sprintf("'%s' must be a string", name)
			}
		}
	}
	return 0, ""
}

func invalidTags(value any) (code int, message string) {
	list, ok := value.([]any)
	if !ok && value != nil {
		return http.StatusBadRequest, "'tags' property must be an array"
	}
	for _, e := range list {
		if tag, _ := e.(map[string]any)["tag"].(string); len(tag) > longestTag {
			return http.StatusRequestEntityTooLarge, "Tag '" + strings.ToUpper(tag[:20]) + "...' too long"
		}
	}
	return 0, ""
}

func invalidCreators(itemType string, value any) (code int, message string) {
	list, ok := value.([]any)
	if !ok {
		return http.StatusBadRequest, "'creators' property must be an array"
	}
	for _, e := range list {
		if role, _ := e.(map[string]any)["creatorType"].(string); !zschema.ValidCreator(itemType, role) {
			return http.StatusBadRequest, fmt.Sprintf("'%s' is not a valid creator type for item type '%s'", role, itemType)
		}
	}
	return 0, ""
}
