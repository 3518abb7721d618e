package zotero

import (
	"encoding/json"
	"errors"
	"time"
)

// item is an item of any kind as the API writes it: a work, a note, an
// attachment or an annotation
// (https://www.zotero.org/support/dev/web_api/v3/basics). Decoding accepts
// fields of unexpected types and ignores unknown ones; only a value that is no
// JSON object is an error.
type item struct {
	key     string
	version int64
	owner   int64 // number of the user or group whose library it is in
	inGroup bool
	meta    meta
	data    data
}

// meta is what the server knows of an item beyond its data.
type meta struct {
	parsedDate string // YYYY, YYYY-MM, YYYY-MM-DD, or ""
	// children is the number of children, -1 if the server does not say.
	children              int
	createdBy, modifiedBy string // user names; only in groups
}

// data is an item's editable data.
type data struct {
	kind    string // item type
	parent  string // key of the item above, or ""
	deleted bool   // in the trash
	// fields are all fields that hold text or numbers, without empty ones: the
	// bibliographic ones, and those of attachments and annotations ("linkMode",
	// "contentType", "annotationText", …).
	fields          map[string]string
	creators        []creator
	tags            []string
	collections     []string
	added, modified time.Time
}

// creator is a creator of a work: two names, or one.
type creator struct {
	role, first, last, name string
}

// errNotObject says that another value stands where an object must.
var errNotObject = errors.New("not a JSON object")

// UnmarshalJSON implements [json.Unmarshaler]. An item's data without its
// envelope is accepted too.
func (it *item) UnmarshalJSON(raw []byte) error {
	m, d, meta, err := envelope(raw)
	if err != nil {
		return err
	}
	lib := asObject(m["library"])
	*it = item{
		key: asText(m["key"]), version: asNumber(m["version"], 0),
		owner: asNumber(lib["id"], 0), inGroup: asText(lib["type"]) == "group",
		meta: metaOf(meta), data: dataOf(d),
	}
	if it.key == "" {
		it.key = asText(d["key"])
	}
	if it.version == 0 {
		it.version = asNumber(d["version"], 0)
	}
	return nil
}

func metaOf(m map[string]json.RawMessage) meta {
	return meta{
		parsedDate: asText(m["parsedDate"]), children: int(asNumber(m["numChildren"], -1)),
		createdBy: userName(m["createdByUser"]), modifiedBy: userName(m["lastModifiedByUser"]),
	}
}

func userName(raw json.RawMessage) string {
	m := asObject(raw)
	if name := asText(m["name"]); name != "" {
		return name
	}
	return asText(m["username"])
}

// structured reports whether a property of an item is no text field.
func structured(name string) bool {
	switch name {
	case "key", "version", "itemType", "parentItem", "deleted", "creators", "tags", "collections", "relations",
		"dateAdded", "dateModified", "inPublications", "invalidProp", "library", "links", "meta":
		return true
	}
	return false
}

func dataOf(m map[string]json.RawMessage) data {
	d := data{
		kind: asText(m["itemType"]), parent: asText(m["parentItem"]), deleted: asBool(m["deleted"]), fields: map[string]string{},
		collections: asTexts(m["collections"]), added: asTime(m["dateAdded"]), modified: asTime(m["dateModified"]),
	}
	for name, raw := range m {
		if structured(name) {
			continue
		}
		if s := asText(raw); s != "" {
			d.fields[name] = s
		}
	}
	for _, raw := range asArray(m["creators"]) {
		if c := asObject(raw); c != nil {
			d.creators = append(d.creators, creator{role: asText(c["creatorType"]), first: asText(c["firstName"]), last: asText(c["lastName"]), name: asText(c["name"])})
		}
	}
	for _, raw := range asArray(m["tags"]) {
		name := asText(asObject(raw)["tag"])
		if name == "" {
			name = asText(raw) // a bare string, as old clients wrote it
		}
		if name != "" {
			d.tags = append(d.tags, name)
		}
	}
	return d
}

// envelope reads the three parts of an object.
func envelope(raw []byte) (m, data, meta map[string]json.RawMessage, err error) {
	if m = asObject(raw); m == nil {
		return nil, nil, nil, errNotObject
	}
	if data = asObject(m["data"]); data == nil {
		data = m
	}
	return m, data, asObject(m["meta"]), nil
}
