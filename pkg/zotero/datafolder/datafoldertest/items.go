package datafoldertest

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Data is an item in the form of the Web API's data: "key", "itemType", "title",
// "creators", "tags", "collections", "parentItem" and so on.
type Data map[string]any

// now returns the time of the next change, a second after the last one.
func (f *Folder) now() string {
	f.clock = f.clock.Add(time.Second)
	return f.clock.Format(time.DateTime)
}

// named returns the row of a name in a table of names, which it adds as needed.
func (f *Folder) named(table, columns, name, more string) int64 {
	id := table + " " + name
	if f.ids[id] == 0 {
		f.ids[id] = f.inserted(f.Exec(`INSERT INTO `+table+` (`+columns+`) VALUES (?`+more+`)`, name))
	}
	return f.ids[id]
}

// Put adds an item to a library, or changes it, as Zotero does when a person
// saves it. It is added now unless "dateAdded" says when, as Zotero's database has it.
func (f *Folder) Put(lib int64, d Data) {
	f.t.Helper()
	key, kind := text(d["key"]), text(d["itemType"])
	kindRow := f.named("itemTypesCombined", "typeName, custom", kind, ", 0")
	now := f.now()
	id := fmt.Sprint("item ", lib, key)
	row := f.ids[id]
	if row == 0 {
		row = f.inserted(f.Exec(`INSERT INTO items (itemTypeID, dateAdded, dateModified, clientDateModified, libraryID, key) VALUES (?, ?, ?, ?, ?, ?)`,
			kindRow, cmp.Or(text(d["dateAdded"]), now), now, now, lib, key))
		f.ids[id] = row
	} else {
		f.Exec(`UPDATE items SET itemTypeID = ?, dateModified = ?, clientDateModified = ?, synced = 0 WHERE itemID = ?`, kindRow, now, now, row)
		for _, table := range []string{"itemData", "itemCreators", "itemTags", "collectionItems"} {
			f.Exec(`DELETE FROM `+table+` WHERE itemID = ?`, row)
		}
	}
	f.putFields(row, d)
	f.putLists(lib, row, d)
	f.putChild(lib, row, d)
}

// isField reports whether a property of an item is a field in itemData.
func isField(name string) bool {
	switch name {
	case "key", "version", "itemType", "parentItem", "deleted", "creators", "tags", "collections", "relations", "dateAdded", "dateModified",
		"note", "linkMode", "contentType", "charset", "filename", "path", "md5", "mtime", "inPublications":
		return false
	}
	return !strings.HasPrefix(name, "annotation")
}

func (f *Folder) putFields(row int64, d Data) {
	for name, v := range d {
		value := text(v)
		if !isField(name) || value == "" {
			continue
		}
		if name == "date" {
			value = multipart(value)
		}
		if t, err := time.Parse(time.RFC3339, value); name == "accessDate" && err == nil {
			value = t.UTC().Format(time.DateTime)
		}
		field := f.named("fieldsCombined", "fieldName, custom", name, ", 0")
		f.Exec(`INSERT INTO itemData VALUES (?, ?, ?)`, row, field, f.value(value))
	}
}

// value returns the row of a value, which all items share that have it.
func (f *Folder) value(value string) int64 {
	id := "value " + value
	if f.ids[id] == 0 {
		f.ids[id] = f.inserted(f.Exec(`INSERT INTO itemDataValues (value) VALUES (?)`, value))
	}
	return f.ids[id]
}

func (f *Folder) putLists(lib, row int64, d Data) {
	for i, c := range objects(d["creators"]) {
		first, last, single := text(c["firstName"]), text(c["lastName"]), 0
		if name := text(c["name"]); name != "" {
			first, last, single = "", name, 1
		} else if text(c["fieldMode"]) == "1" {
			single = 1
		}
		id := fmt.Sprint("creator ", first, "\x00", last, "\x00", single)
		if f.ids[id] == 0 {
			f.ids[id] = f.inserted(f.Exec(`INSERT INTO creators (firstName, lastName, fieldMode) VALUES (?, ?, ?)`, first, last, single))
		}
		role := f.named("creatorTypes", "creatorType", text(c["creatorType"]), "")
		f.Exec(`INSERT INTO itemCreators VALUES (?, ?, ?, ?)`, row, f.ids[id], role, i)
	}
	for _, t := range objects(d["tags"]) {
		f.Exec(`INSERT OR IGNORE INTO itemTags VALUES (?, ?, ?)`, row, f.named("tags", "name", text(t["tag"]), ""), t["type"] == 1)
	}
	for _, c := range list(d["collections"]) {
		f.Exec(`INSERT INTO collectionItems (collectionID, itemID) VALUES (?, ?)`, f.ids[fmt.Sprint("collection ", lib, text(c))], row)
	}
}

func (f *Folder) putChild(lib, row int64, d Data) {
	var parent any
	if key := text(d["parentItem"]); key != "" {
		parent = f.row(lib, key)
	}
	note := text(d["note"])
	switch text(d["itemType"]) {
	case "note":
		f.Exec(`REPLACE INTO itemNotes (itemID, parentItemID, note) VALUES (?, ?, ?)`, row, parent, `<div class="zotero-note znv1">`+note+`</div>`)
	case "attachment":
		modes := map[string]int{"imported_file": 0, "imported_url": 1, "linked_file": 2, "linked_url": 3, "embedded_image": 4}
		path := text(d["path"])
		if name := text(d["filename"]); name != "" {
			path = "storage:" + name
		}
		f.Exec(`REPLACE INTO itemAttachments (itemID, parentItemID, linkMode, contentType, path) VALUES (?, ?, ?, ?, ?)`,
			row, parent, modes[text(d["linkMode"])], text(d["contentType"]), path)
		if note != "" {
			f.Exec(`REPLACE INTO itemNotes (itemID, note) VALUES (?, ?)`, row, note)
		}
	case "annotation":
		kinds := map[string]int{"highlight": 1, "note": 2, "image": 3, "ink": 4, "underline": 5, "text": 6}
		f.Exec(`REPLACE INTO itemAnnotations (itemID, parentItemID, type, text, comment, color, pageLabel, sortIndex, position, isExternal)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{}', 0)`, row, parent, kinds[text(d["annotationType"])], text(d["annotationText"]),
			text(d["annotationComment"]), text(d["annotationColor"]), text(d["annotationPageLabel"]), text(d["annotationSortIndex"]))
	}
}

// Collection adds a collection below another one, "" for the top.
func (f *Folder) Collection(lib int64, key, name, parent string) {
	var above any
	if parent != "" {
		above = f.ids[fmt.Sprint("collection ", lib, parent)]
	}
	f.ids[fmt.Sprint("collection ", lib, key)] = f.inserted(f.Exec(
		`INSERT INTO collections (collectionName, parentCollectionID, clientDateModified, libraryID, key) VALUES (?, ?, ?, ?, ?)`,
		name, above, f.now(), lib, key))
}

// Trash moves an item to the trash; what is below it is there with it.
func (f *Folder) Trash(lib int64, key string) {
	row := f.row(lib, key)
	f.Exec(`INSERT INTO deletedItems (itemID) VALUES (?)`, row)
	f.Exec(`UPDATE items SET clientDateModified = ?, synced = 0 WHERE itemID = ?`, f.now(), row)
}

// Restore takes an item out of the trash.
func (f *Folder) Restore(lib int64, key string) {
	row := f.row(lib, key)
	f.Exec(`DELETE FROM deletedItems WHERE itemID = ?`, row)
	f.Exec(`UPDATE items SET clientDateModified = ?, synced = 0 WHERE itemID = ?`, f.now(), row)
}

// Erase removes an item for good.
func (f *Folder) Erase(lib int64, key string) {
	row := f.row(lib, key)
	for _, table := range []string{
		"itemData", "itemCreators", "itemTags", "collectionItems", "itemNotes", "itemAttachments", "deletedItems", "fulltextItems", "items",
	} {
		f.Exec(`DELETE FROM `+table+` WHERE itemID = ?`, row)
	}
	delete(f.ids, fmt.Sprint("item ", lib, key))
}

var (
	isoDate = regexp.MustCompile(`^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$`)
	anyYear = regexp.MustCompile(`\b\d{4}\b`)
)

// multipart returns a date as Zotero keeps it: year, month and day, zero where
// they are not known, and what the person wrote.
func multipart(date string) string {
	if m := isoDate.FindStringSubmatch(date); m != nil {
		part := func(s string) string {
			if s == "" {
				return "00"
			}
			return s
		}
		return m[1] + "-" + part(m[2]) + "-" + part(m[3]) + " " + date
	}
	if year := anyYear.FindString(date); year != "" {
		return year + "-00-00 " + date
	}
	return date
}

// text returns a string or number as text.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64, int, int64:
		return fmt.Sprint(v)
	}
	return ""
}

func list(v any) []any {
	all, _ := v.([]any)
	return all
}

// objects returns the objects of a list.
func objects(v any) []map[string]any {
	var all []map[string]any
	for _, e := range list(v) {
		switch e := e.(type) {
		case map[string]any:
			all = append(all, e)
		case Data:
			all = append(all, e)
		}
	}
	return all
}
