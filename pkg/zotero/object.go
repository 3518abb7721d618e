package zotero

import (
	"encoding/json"
	"errors"
	"time"
)

// Object is an item of any kind as the API writes it: a work, a note, an
// attachment or an annotation
// (https://www.zotero.org/support/dev/web_api/v3/basics). Decoding takes what
// is meant from fields of unexpected types and passes over unknown ones; only
// something that is no JSON object is an error.
type Object struct {
	Key     string
	Version int64
	Library LibraryRef
	Meta    Meta
	Data    Data
	// Bib and Citation are HTML, CSL is CSL-JSON: present if the request
	// included them. The local API writes CSL as a string.
	Bib, Citation string
	CSL           json.RawMessage
}

// LibraryRef is the library that an object says it is from.
type LibraryRef struct {
	Type string // "user" or "group"
	ID   int64
	Name string
}

// Meta is what the server knows of an item beyond its data.
type Meta struct {
	CreatorSummary string
	ParsedDate     string // YYYY, YYYY-MM, YYYY-MM-DD, or "" if there is none
	// Children is the number of children, -1 if the server doesn't say.
	Children              int
	CreatedBy, ModifiedBy string // user names; only in groups
}

// Data is an item's editable data.
type Data struct {
	Type    string
	Parent  string // key of the item above, or ""
	Deleted bool   // in the trash
	// Fields are all fields that hold text or numbers, empty ones left out:
	// the bibliographic ones, and those of attachments and annotations
	// ("linkMode", "contentType", "annotationText", …).
	Fields          map[string]string
	Creators        []Creator
	Tags            []ItemTag
	Collections     []string
	Relations       map[string][]string
	Added, Modified time.Time
	plain           bool // the note is text already, not HTML
}

// Creator is a creator of a work: two names, or one.
type Creator struct {
	Type      string
	FirstName string
	LastName  string
	Name      string
}

// ItemTag is a tag on an item.
type ItemTag struct {
	Tag       string
	Automatic bool // the tag's type is 1
}

// errNotObject says that something else stands where an object must.
var errNotObject = errors.New("not a JSON object")

// UnmarshalJSON implements [json.Unmarshaler]. An item's data without its
// envelope is taken too.
func (o *Object) UnmarshalJSON(raw []byte) error {
	m := object(raw)
	if m == nil {
		return errNotObject
	}
	data := object(m["data"])
	if data == nil {
		data = m
	}
	*o = Object{
		Key: text(m["key"]), Version: number(m["version"], 0),
		Library: libraryRef(m["library"]), Meta: metaOf(m["meta"]), Data: dataOf(data),
		Bib: text(m["bib"]), Citation: text(m["citation"]), CSL: m["csljson"],
	}
	if o.Key == "" {
		o.Key = text(data["key"])
	}
	if o.Version == 0 {
		o.Version = number(data["version"], 0)
	}
	return nil
}

func libraryRef(raw json.RawMessage) LibraryRef {
	m := object(raw)
	return LibraryRef{Type: text(m["type"]), ID: number(m["id"], 0), Name: text(m["name"])}
}

func metaOf(raw json.RawMessage) Meta {
	m := object(raw)
	return Meta{
		CreatorSummary: text(m["creatorSummary"]), ParsedDate: text(m["parsedDate"]),
		Children: int(number(m["numChildren"], -1)), CreatedBy: userName(m["createdByUser"]), ModifiedBy: userName(m["lastModifiedByUser"]),
	}
}

func userName(raw json.RawMessage) string {
	m := object(raw)
	if name := text(m["name"]); name != "" {
		return name
	}
	return text(m["username"])
}

// structured are the properties of an item that are no text fields.
var structured = map[string]bool{
	"key": true, "version": true, "itemType": true, "parentItem": true, "deleted": true, "creators": true, "tags": true,
	"collections": true, "relations": true, "dateAdded": true, "dateModified": true, "inPublications": true, "invalidProp": true,
	"library": true, "links": true, "meta": true,
}

func dataOf(m map[string]json.RawMessage) Data {
	d := Data{
		Type: text(m["itemType"]), Parent: text(m["parentItem"]), Deleted: truth(m["deleted"]), Fields: map[string]string{},
		Collections: texts(m["collections"]), Added: moment(m["dateAdded"]), Modified: moment(m["dateModified"]),
	}
	for name, raw := range m {
		if structured[name] {
			continue
		}
		if s := text(raw); s != "" {
			d.Fields[name] = s
		}
	}
	for _, raw := range array(m["creators"]) {
		c := object(raw)
		if c == nil {
			continue
		}
		d.Creators = append(d.Creators, Creator{Type: text(c["creatorType"]), FirstName: text(c["firstName"]), LastName: text(c["lastName"]), Name: text(c["name"])})
	}
	for _, raw := range array(m["tags"]) {
		t := object(raw)
		name := text(t["tag"])
		if name == "" {
			name = text(raw) // a bare string, as old clients wrote it
		}
		if name != "" {
			d.Tags = append(d.Tags, ItemTag{Tag: name, Automatic: number(t["type"], 0) == 1})
		}
	}
	if relations := object(m["relations"]); len(relations) > 0 {
		d.Relations = map[string][]string{}
		for predicate, raw := range relations {
			d.Relations[predicate] = texts(raw)
		}
	}
	return d
}
