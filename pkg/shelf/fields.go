package shelf

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/note"
	"github.com/stackroom-mcp/stackroom/pkg/plaintext"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// Bounds of what a caller writes, in characters. Zotero has the same for tags.
const (
	maxTagChars   = 255
	maxFieldChars = 250_000
)

// linkedURL is the link mode of an attachment without a file.
const linkedURL = "linked_url"

// isWork reports whether an item type is that of a work.
func isWork(itemType any) bool {
	switch itemType {
	case "note", "attachment", "annotation":
		return false
	}
	return true
}

// isCommon reports whether works of all types have a field.
func isCommon(name string) bool {
	switch name {
	case "itemType", "creators", "tags", "collections", "relations", "deleted":
		return true
	}
	return false
}

// isChildField reports whether objects below a work have a field, beside the fields
// that all items have.
func isChildField(itemType, name string) bool {
	switch itemType {
	case "note":
		return name == "note" || name == "parentItem"
	case "attachment":
		return slices.Contains([]string{"parentItem", "linkMode", "title", "url", "accessDate", "contentType", "filename"}, name)
	}
	return slices.Contains([]string{
		"parentItem", "annotationType", "annotationText", "annotationComment", "annotationColor", "annotationPageLabel",
		"annotationSortIndex", "annotationPosition", "annotationAuthorName",
	}, name)
}

// invalid refuses the value of a field.
func invalid(field, format string, args ...any) *library.Error {
	return library.Errorf(library.Invalid, field+": "+format, args...)
}

// withFields returns the fields of an item with those that are sent, or the error that
// names the field that can't be set. before are the fields of the item now; a new one
// has none.
func (w *writing) withFields(key string, before, sent library.Data) (library.Data, error) {
	d := maps.Clone(before)
	if d == nil {
		d = library.Data{}
	}
	itemType, err := typeOf(before, sent)
	if err != nil {
		return nil, err
	}
	if was, _ := before["itemType"].(string); was != itemType {
		maps.DeleteFunc(d, func(name string, _ any) bool {
			return zschema.ValidField(was, name) && !zschema.ValidField(itemType, name)
		})
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if err := w.checkField(key, itemType, name, sent[name], before); err != nil {
			return nil, err
		}
		if d[name] = sent[name]; isEmpty(sent[name]) {
			delete(d, name)
		}
	}
	_, hasCreators := sent["creators"]
	if _, hasType := sent["itemType"]; hasCreators || hasType {
		if err := checkRoles(itemType, d["creators"]); err != nil {
			return nil, err
		}
	}
	if itemType == "annotation" && d["annotationType"] == nil {
		return nil, invalid("annotationType", "an annotation needs one")
	}
	return d, nil
}

// typeOf returns the item type that an item has with the fields that are sent.
func typeOf(before, sent library.Data) (string, error) {
	was, _ := before["itemType"].(string)
	value, named := sent["itemType"]
	itemType, isText := value.(string)
	switch {
	case !named && was != "":
		return was, nil
	case !named:
		return "", invalid("itemType", "a new item needs one")
	case !isText || isWork(itemType) && !zschema.KnownType(itemType):
		return "", invalid("itemType", "there is no item type of this name")
	case before != nil && itemType != was && !(isWork(itemType) && isWork(was)):
		return "", invalid("itemType", "only works change their type")
	case before == nil && itemType == "attachment" && sent["linkMode"] != linkedURL:
		return "", invalid("linkMode", "only links (linked_url) can be attached without a file")
	}
	return itemType, nil
}

// checkField checks the value of a field of an item.
func (w *writing) checkField(key, itemType, name string, value any, before library.Data) error {
	switch name {
	case "itemType", "deleted":
		return nil
	case "tags":
		return checkTags(value)
	case "relations":
		return checkRelations(value)
	}
	if isWork(itemType) {
		switch name {
		case "creators":
			return checkCreators(value)
		case "collections":
			return w.checkCollections(value)
		}
		if !zschema.ValidField(itemType, name) {
			return noField(itemType, name)
		}
	} else if !isChildField(itemType, name) {
		return noField(itemType, name)
	}
	text, ok := value.(string)
	switch {
	case !ok && !isEmpty(value):
		return invalid(name, "must be a text")
	case utf8.RuneCountInString(text) > maxFieldChars:
		return invalid(name, "has more than %d characters", maxFieldChars)
	case name == "note" && utf8.RuneCountInString(text) > note.MaxHTML:
		return invalid(name, "has more than %d characters", note.MaxHTML)
	case name == "citationKey" && text != "":
		return w.checkCitationKey(key, text)
	case itemType == "annotation":
		return checkAnnotation(name, text)
	case (name == "filename" || name == "linkMode") && before != nil && !sameValue(name, before[name], value):
		return invalid(name, "can't be changed")
	}
	return nil
}

// noField refuses a field that an item type lacks. A name of another form than fields
// have is not repeated.
func noField(itemType, name string) error {
	if !plaintext.IsToken(name, 40) {
		name = "a field"
	}
	return invalid(name, "items of type %s have no such field", itemType)
}

func checkTags(value any) error {
	list, ok := value.([]any)
	if !ok && !isEmpty(value) {
		return invalid("tags", `must be a list of {"tag": "name"}`)
	}
	for _, e := range list {
		t, _ := e.(map[string]any)
		name, isText := t["tag"].(string)
		for field := range t {
			isText = isText && (field == "tag" || field == "type")
		}
		switch {
		case !isText || clean(name) == "":
			return invalid("tags", `must be a list of {"tag": "name"}`)
		case utf8.RuneCountInString(name) > maxTagChars:
			return invalid("tags", "a tag has more than %d characters", maxTagChars)
		}
	}
	return nil
}

func checkRelations(value any) error {
	all, ok := value.(map[string]any)
	if !ok && !isEmpty(value) {
		return invalid("relations", "must be an object")
	}
	for _, v := range all {
		list, isList := v.([]any)
		if !isList {
			list = []any{v}
		}
		for _, e := range list {
			if _, ok := e.(string); !ok {
				return invalid("relations", "must have texts or lists of texts")
			}
		}
	}
	return nil
}

func checkCreators(value any) error {
	list, ok := value.([]any)
	if !ok && !isEmpty(value) {
		return invalid("creators", "must be a list")
	}
	for _, e := range list {
		c, ok := e.(map[string]any)
		for name, v := range c {
			_, isText := v.(string)
			ok = ok && isText && slices.Contains([]string{"creatorType", "firstName", "lastName", "name"}, name)
		}
		single, double := !isEmpty(c["name"]), !isEmpty(c["firstName"]) || !isEmpty(c["lastName"])
		switch {
		case !ok:
			return invalid("creators", "each has the texts creatorType, and firstName and lastName, or name")
		case single == double:
			return invalid("creators", "each has either firstName and lastName, or name")
		}
	}
	return nil
}

// checkRoles checks the roles of all creators, also those that were not sent.
func checkRoles(itemType string, value any) error {
	list, _ := value.([]any)
	for _, e := range list {
		c, _ := e.(map[string]any)
		if role, _ := c["creatorType"].(string); !zschema.ValidCreator(itemType, role) {
			return invalid("creators", "items of type %s have no creators in the role of one of them", itemType).
				WithHint("the roles are %s", strings.Join(zschema.Creators(itemType), ", "))
		}
	}
	return nil
}

// checkCollections refuses collections that the library does not have.
func (w *writing) checkCollections(value any) error {
	list, ok := value.([]any)
	if !ok && !isEmpty(value) {
		return invalid("collections", "must be a list of keys")
	}
	for _, e := range list {
		key, _ := e.(string)
		if c, err := w.collection(key); err != nil {
			return err
		} else if c == nil || !c.Trashed.IsZero() {
			return missing("collections", "the library has no collection of one of the keys, or has it in the trash")
		}
	}
	return nil
}

// missing refuses a field that names an object which is not there.
func missing(field, what string) error {
	return library.Errorf(library.Conflict, "%s: %s", field, what).WithHint("make it first, or name another one")
}

// checkCitationKey refuses a key that another work has.
func (w *writing) checkCitationKey(item, key string) error {
	if strings.ContainsAny(key, ", \t\n{}") {
		return invalid("citationKey", "must not have spaces, commas or braces")
	}
	holder, err := w.keys.holder(key, item)
	if err == nil && holder != nil {
		err = invalid("citationKey", "another work has this key")
	}
	return err
}

// colorPattern is the form of colors.
var colorPattern = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func checkAnnotation(name, text string) error {
	switch {
	case name == "annotationType" && !slices.Contains([]string{"highlight", "underline", "note", "text", "image", "ink"}, text):
		return invalid(name, "must be highlight, underline, note, text, image or ink")
	case name == "annotationColor" && text != "" && !colorPattern.MatchString(text):
		return invalid(name, "must have the form #ffd400")
	}
	return nil
}

// differs reports whether setting these fields changes an object.
func differs(has, sent library.Data) bool {
	for name, value := range sent {
		if !sameValue(name, has[name], value) {
			return true
		}
	}
	return false
}

// sameValue reports whether two values of a field mean the same.
func sameValue(name string, a, b any) bool {
	if isEmpty(a) || isEmpty(b) {
		return isEmpty(a) && isEmpty(b)
	}
	switch name {
	case "deleted":
		return true // neither is empty
	case "tags", "collections":
		return slices.Equal(namesIn(a), namesIn(b))
	case "creators":
		return slices.Equal(creatorsIn(a), creatorsIn(b))
	}
	x, isText := a.(string)
	y, isAlso := b.(string)
	if isText && isAlso {
		return clean(x) == clean(y)
	}
	return reflect.DeepEqual(a, b)
}

// isEmpty reports whether a value removes a field.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return clean(v) == ""
	case bool:
		return !v
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// namesIn returns the tags, with their types, or the keys in a list, sorted.
func namesIn(v any) []string {
	list, _ := v.([]any)
	names := make([]string, 0, len(list))
	for _, e := range list {
		automatic := ""
		if tag, ok := e.(map[string]any); ok {
			if e = tag["tag"]; !isEmpty(tag["type"]) {
				automatic = "\x00"
			}
		}
		name, _ := e.(string)
		names = append(names, clean(name)+automatic)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// tagsIn returns the tags in a list of Zotero's.
func tagsIn(value any) []string {
	list, _ := value.([]any)
	var names []string
	for _, e := range list {
		t, _ := e.(map[string]any)
		name, _ := t["tag"].(string)
		names = append(names, name)
	}
	return cleanAll(names)
}

// creatorsIn returns the creators in a list of Zotero's.
func creatorsIn(value any) []library.Creator {
	list, _ := value.([]any)
	var all []library.Creator
	for _, e := range list {
		c, _ := e.(map[string]any)
		text := func(name string) string { return textOf(c, name) }
		all = append(all, library.Creator{Role: text("creatorType"), Given: text("firstName"), Family: text("lastName"), Name: text("name")})
	}
	return all
}

// plain returns data as JSON decodes it, so that lists and numbers have one type.
func plain(d library.Data) (library.Data, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, library.Errorf(library.Invalid, "the fields can't be written as JSON").WithCause(err)
	}
	if len(raw) > maxItemBytes {
		return nil, library.Errorf(library.TooLarge, "the edit has %d bytes, the most is %d", len(raw), maxItemBytes)
	}
	var out library.Data
	return out, json.Unmarshal(raw, &out)
}

// The forms of a date: the beginning of an ISO 8601 date, and any year in a text.
var (
	datePattern = regexp.MustCompile(`^-?\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?(?:$|[T ])`)
	yearPattern = regexp.MustCompile(`(?:^|\D)(\d{4})(?:\D|$)`)
)

// parsedDate returns as much of a date as is certain: an ISO 8601 date, else a year,
// or "".
func parsedDate(s string) string {
	if m := datePattern.FindString(s); m != "" {
		return strings.TrimRight(m, "T ")
	}
	if m := yearPattern.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

func dateField(itemType string) string {
	name, _ := zschema.FieldFor(itemType, "date")
	return name
}
