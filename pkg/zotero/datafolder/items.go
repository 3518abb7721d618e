package datafolder

import (
	"context"
	"database/sql"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// The numbers of link modes and of annotation types in the database, and their
// names in the API.
const embeddedImage = 4

func linkMode(n int) string {
	names := [...]string{"imported_file", "imported_url", "linked_file", "linked_url", "embedded_image"}
	if n < 0 || n >= len(names) {
		return ""
	}
	return names[n]
}

func annotationType(n int) string {
	names := [...]string{1: "highlight", "note", "image", "ink", "underline", "text"}
	if n < 0 || n >= len(names) {
		return ""
	}
	return names[n]
}

// loading is a number of items that are read together, by their rows.
type loading struct {
	*database
	rows  string // their itemIDs as a JSON array
	items map[int64]*zotero.Item
	names *names
}

// names are the tables of names that each item refers to.
type names struct {
	types, fields, roles, users, collections map[int64]string
}

// readNames reads the tables of names. Collections are those of a library.
func (d *database) readNames(ctx context.Context, lib int64) (*names, error) {
	n := &names{}
	// The tables "Combined" have types and fields of plugins too.
	tables := []struct {
		into  *map[int64]string
		query string
	}{
		{&n.types, `SELECT itemTypeID, typeName FROM itemTypesCombined`},
		{&n.fields, `SELECT fieldID, fieldName FROM fieldsCombined`},
		{&n.roles, `SELECT creatorTypeID, creatorType FROM creatorTypes`},
	}
	if d.tables["users.name"] {
		tables = append(tables, struct {
			into  *map[int64]string
			query string
		}{&n.users, `SELECT userID, name FROM users`})
	}
	for _, t := range tables {
		if err := d.readTable(ctx, t.into, t.query); err != nil {
			return nil, err
		}
	}
	return n, d.readTable(ctx, &n.collections, `SELECT collectionID, key FROM collections WHERE libraryID = ?`, lib)
}

func (d *database) readTable(ctx context.Context, into *map[int64]string, query string, args ...any) error {
	table := map[int64]string{}
	*into = table
	return d.each(ctx, func(scan scanner) error {
		var id int64
		var name sql.NullString
		if err := scan(&id, &name); err != nil {
			return err
		}
		table[id] = clean(name.String)
		return nil
	}, query, args...)
}

// load reads items by their rows. Those that are gone, and pictures in notes, are
// left out.
func (d *database) load(ctx context.Context, n *names, rows []int64) (map[int64]*zotero.Item, error) {
	list, err := json.Marshal(rows)
	if err != nil {
		return nil, err
	}
	l := &loading{database: d, rows: string(list), items: make(map[int64]*zotero.Item, len(rows)), names: n}
	for _, read := range []func(context.Context) error{
		l.readItems, l.readFields, l.readCreators, l.readTags, l.readCollections, l.readNotes, l.readAttachments, l.readAnnotations, l.readUsers,
	} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return l.items, nil
}

// chosen is the condition of a query on the items that are read.
const chosen = ` IN (SELECT value FROM json_each(?))`

func (l *loading) readItems(ctx context.Context) error {
	return l.each(ctx, func(scan scanner) error {
		var row, kind int64
		var key, added, modified sql.NullString
		if err := scan(&row, &kind, &key, &added, &modified); err != nil {
			return err
		}
		if !zotero.ValidKey(key.String) {
			return nil
		}
		it := &zotero.Item{
			Key: key.String, Type: l.names.types[kind], Fields: map[string]string{},
			Added: parseTime(added.String), Modified: parseTime(modified.String), Collections: []string{},
		}
		if it.Type == "" {
			it.Type = "document"
		}
		l.items[row] = it
		return nil
	}, `SELECT itemID, itemTypeID, key, CAST(dateAdded AS TEXT), CAST(dateModified AS TEXT) FROM items WHERE itemID`+chosen, l.rows)
}

func (l *loading) readFields(ctx context.Context) error {
	return l.each(ctx, func(scan scanner) error {
		var row, field int64
		var value sql.NullString
		if err := scan(&row, &field, &value); err != nil {
			return err
		}
		if it, name := l.items[row], l.names.fields[field]; it != nil && name != "" && value.String != "" {
			setField(it, name, clean(value.String))
		}
		return nil
	}, `SELECT d.itemID, d.fieldID, CAST(v.value AS TEXT) FROM itemData d JOIN itemDataValues v USING (valueID) WHERE d.itemID`+chosen, l.rows)
}

// setField sets a field in the form of the API. The database writes a date as
// YYYY-MM-DD with zeros for what is not known, then as the person wrote it.
func setField(it *zotero.Item, name, value string) {
	if name == "accessDate" {
		if t, err := time.Parse(time.DateTime, value); err == nil {
			value = t.Format(time.RFC3339)
		}
	} else if m := multipart.FindStringSubmatch(value); m != nil {
		value = m[2]
		switch name {
		case "date", "dateDecided", "dateEnacted", "issueDate":
			it.ParsedDate = parsedDate(m[1])
		}
	}
	if value != "" {
		it.Fields[name] = value
	}
}

// multipart is the form of a date in the database.
var multipart = regexp.MustCompile(`(?s)^(-?\d{4}-\d\d-\d\d) (.*)$`)

// parsedDate returns YYYY-MM-DD without the parts that are not known.
func parsedDate(sqlDate string) string {
	for strings.HasSuffix(sqlDate, "-00") {
		sqlDate = strings.TrimSuffix(sqlDate, "-00")
	}
	if strings.TrimPrefix(sqlDate, "-") == "0000" || strings.HasPrefix(sqlDate, "0000-") {
		return ""
	}
	return sqlDate
}

func (l *loading) readCreators(ctx context.Context) error {
	return l.each(ctx, func(scan scanner) error {
		var row, role int64
		var single sql.NullInt64
		var first, last sql.NullString
		if err := scan(&row, &role, &first, &last, &single); err != nil {
			return err
		}
		c := library.Creator{Role: l.names.roles[role], Given: clean(first.String), Family: clean(last.String)}
		if single.Int64 == 1 {
			c = library.Creator{Role: c.Role, Name: c.Family}
		}
		if it := l.items[row]; it != nil {
			it.Creators = append(it.Creators, c)
		}
		return nil
	}, `SELECT i.itemID, i.creatorTypeID, c.firstName, c.lastName, c.fieldMode FROM itemCreators i JOIN creators c USING (creatorID)
		WHERE i.itemID`+chosen+` ORDER BY i.itemID, i.orderIndex`, l.rows)
}

func (l *loading) readTags(ctx context.Context) error {
	return l.each(ctx, func(scan scanner) error {
		var row int64
		var name sql.NullString
		if err := scan(&row, &name); err != nil {
			return err
		}
		if it := l.items[row]; it != nil && name.String != "" {
			it.Tags = append(it.Tags, clean(name.String))
		}
		return nil
	}, `SELECT i.itemID, CAST(t.name AS TEXT) FROM itemTags i JOIN tags t USING (tagID) WHERE i.itemID`+chosen+` ORDER BY i.itemID, t.name`, l.rows)
}

func (l *loading) readCollections(ctx context.Context) error {
	return l.each(ctx, func(scan scanner) error {
		var row, collection int64
		if err := scan(&row, &collection); err != nil {
			return err
		}
		if it, key := l.items[row], l.names.collections[collection]; it != nil && key != "" {
			it.Collections = append(it.Collections, key)
		}
		return nil
	}, `SELECT itemID, collectionID FROM collectionItems WHERE itemID`+chosen+` ORDER BY itemID, collectionID`, l.rows)
}

// wrapper is what Zotero puts around the text of a note.
var wrapper = regexp.MustCompile(`(?s)^<div class="zotero-note znv\d+">(.*)</div>$`)

func (l *loading) readNotes(ctx context.Context) error {
	return l.each(ctx, func(scan scanner) error {
		var row int64
		var text, parent sql.NullString
		if err := scan(&row, &text, &parent); err != nil {
			return err
		}
		it := l.items[row]
		if it == nil {
			return nil
		}
		if m := wrapper.FindStringSubmatch(text.String); m != nil {
			text.String = m[1]
		}
		if text.String != "" {
			it.Fields["note"] = clean(text.String)
		}
		if it.Type == "note" {
			it.Parent = parent.String
		}
		return nil
	}, `SELECT n.itemID, CAST(n.note AS TEXT), p.key FROM itemNotes n LEFT JOIN items p ON p.itemID = n.parentItemID WHERE n.itemID`+chosen, l.rows)
}

func (l *loading) readAttachments(ctx context.Context) error {
	return l.each(ctx, func(scan scanner) error {
		var row int64
		var mode sql.NullInt64
		var kind, path, parent sql.NullString
		if err := scan(&row, &mode, &kind, &path, &parent); err != nil {
			return err
		}
		it := l.items[row]
		if it == nil {
			return nil
		}
		if mode.Int64 == embeddedImage {
			delete(l.items, row)
			return nil
		}
		it.Parent = parent.String
		for name, value := range map[string]string{"linkMode": linkMode(int(mode.Int64)), "contentType": clean(kind.String), "filename": filename(clean(path.String))} {
			if value != "" {
				it.Fields[name] = value
			}
		}
		return nil
	}, `SELECT a.itemID, a.linkMode, a.contentType, CAST(a.path AS TEXT), p.key FROM itemAttachments a LEFT JOIN items p ON p.itemID = a.parentItemID
		WHERE a.itemID`+chosen, l.rows)
}

// filename returns the last part of an attachment's path: "storage:name",
// "attachments:path" below a folder that Zotero knows, or a whole path of any
// system. The file itself is not read.
func filename(path string) string {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "storage:"), "attachments:")
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

func (l *loading) readAnnotations(ctx context.Context) error {
	if !l.tables["itemAnnotations"] {
		return nil
	}
	return l.each(ctx, func(scan scanner) error {
		var row int64
		var kind sql.NullInt64
		var text, comment, color, page, place, parent sql.NullString
		if err := scan(&row, &kind, &text, &comment, &color, &page, &place, &parent); err != nil {
			return err
		}
		it := l.items[row]
		if it == nil {
			return nil
		}
		it.Parent = parent.String
		for name, value := range map[string]string{
			"annotationType": annotationType(int(kind.Int64)), "annotationText": text.String, "annotationComment": comment.String,
			"annotationColor": color.String, "annotationPageLabel": page.String, "annotationSortIndex": place.String,
		} {
			if value != "" {
				it.Fields[name] = clean(value)
			}
		}
		return nil
	}, `SELECT a.itemID, a.type, CAST(a.text AS TEXT), CAST(a.comment AS TEXT), a.color, CAST(a.pageLabel AS TEXT), CAST(a.sortIndex AS TEXT), p.key
		FROM itemAnnotations a LEFT JOIN items p ON p.itemID = a.parentItemID WHERE a.itemID`+chosen, l.rows)
}

// readUsers reads who made and changed an item of a group.
func (l *loading) readUsers(ctx context.Context) error {
	if l.names.users == nil || !l.tables["groupItems"] {
		return nil
	}
	return l.each(ctx, func(scan scanner) error {
		var row int64
		var made, changed sql.NullInt64
		if err := scan(&row, &made, &changed); err != nil {
			return err
		}
		if it := l.items[row]; it != nil {
			it.CreatedBy, it.ModifiedBy = l.names.users[made.Int64], l.names.users[changed.Int64]
		}
		return nil
	}, `SELECT itemID, createdByUserID, lastModifiedByUserID FROM groupItems WHERE itemID`+chosen, l.rows)
}

// parseTime reads a time of the database, which is in UTC.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		t, _ = time.Parse(time.RFC3339, s)
	}
	return t
}

// clean returns text without bytes that are no UTF-8.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// collections returns the collections of a library, those in the trash too.
func (d *database) collections(ctx context.Context, lib int64) ([]zotero.Collection, error) {
	trashed := `0`
	if d.tables["deletedCollections"] {
		trashed = `c.collectionID IN (SELECT collectionID FROM deletedCollections)`
	}
	var all []zotero.Collection
	err := d.each(ctx, func(scan scanner) error {
		var c zotero.Collection
		var name, parent sql.NullString
		if err := scan(&c.Key, &name, &parent, &c.Trashed, &c.Items); err != nil {
			return err
		}
		c.Name, c.Parent = clean(name.String), parent.String
		if zotero.ValidKey(c.Key) {
			all = append(all, c)
		}
		return nil
	}, `SELECT c.key, CAST(c.collectionName AS TEXT), p.key, `+trashed+`,
		(SELECT COUNT(*) FROM collectionItems i WHERE i.collectionID = c.collectionID AND i.itemID NOT IN (SELECT itemID FROM deletedItems))
		FROM collections c LEFT JOIN collections p ON p.collectionID = c.parentCollectionID WHERE c.libraryID = ?`, lib)
	return all, err
}
