package datafolder

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// member is an item of a library outside the trash, as far as is needed to tell
// whether it changed.
type member struct {
	key         string
	row, parent int64 // itemIDs; parent is 0 at the top
	children    int
	file        bool  // an attachment that can have a text
	changed     int64 // when it last changed on this machine, in Unix milliseconds
	added       time.Time
	// sum is a hash of its dates, its versions, its place and the state of its
	// text: Zotero changes one of them with each change of the item.
	sum uint64
}

// census is all members of a library and its collections, at one time.
type census struct {
	members     []member // by key
	byRow       map[int64]int
	works       int
	collections []library.Collection
	digest      string // hash of all sums and collections
}

// find returns the member of a key, or nil.
func (c *census) find(key string) *member {
	i, ok := slices.BinarySearchFunc(c.members, key, func(m member, key string) int { return strings.Compare(m.key, key) })
	if !ok {
		return nil
	}
	return &c.members[i]
}

// pages returns the rows of all members in pages of so many, or more by what is below
// the last work of a page: each work, in the order of their keys, and then what is
// below it.
func (c *census) pages(size int) [][]int64 {
	below := map[int64][]int64{} // by the work's row
	for i := range c.members {
		if work := c.work(&c.members[i]); work != c.members[i].row {
			below[work] = append(below[work], c.members[i].row)
		}
	}
	var all [][]int64
	var page []int64
	for i := range c.members {
		row := c.members[i].row
		if c.work(&c.members[i]) != row {
			continue
		}
		page = append(append(page, row), below[row]...)
		if len(page) >= size {
			all, page = append(all, page), nil
		}
	}
	if len(page) > 0 {
		all = append(all, page)
	}
	return all
}

// work returns the row of the work that a member is or is below.
func (c *census) work(m *member) int64 {
	for {
		above, ok := c.byRow[m.parent]
		if !ok {
			return m.row
		}
		m = &c.members[above]
	}
}

// counting is a census that is being made.
type counting struct {
	*database
	lib   int64
	found map[int64]*member
	gone  map[int64]bool // in the trash, or a picture in a note
}

// takeCensus reads which items a library has.
func (d *database) takeCensus(ctx context.Context, lib int64) (*census, error) {
	c := &counting{database: d, lib: lib, found: map[int64]*member{}, gone: map[int64]bool{}}
	for _, read := range []func(context.Context) error{c.readMembers, c.readPlaces, c.readTrash, c.readMemberships, c.readTexts} {
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	collections, err := d.collections(ctx, lib)
	if err != nil {
		return nil, err
	}
	return c.result(collections), nil
}

func (c *counting) readMembers(ctx context.Context) error {
	return c.each(ctx, func(scan scanner) error {
		var row, kind, version int64
		var synced sql.NullInt64
		var key, added, modified, client sql.NullString
		if err := scan(&row, &key, &kind, &added, &modified, &client, &version, &synced); err != nil {
			return err
		}
		if !zotero.ValidKey(key.String) {
			return nil
		}
		c.found[row] = &member{
			key: key.String, row: row, changed: parseTime(client.String).UnixMilli(), added: parseTime(added.String),
			sum: hashOf(kind, version, synced.Int64, added.String, modified.String, client.String),
		}
		return nil
	}, `SELECT itemID, key, itemTypeID, CAST(dateAdded AS TEXT), CAST(dateModified AS TEXT), CAST(clientDateModified AS TEXT), version, synced
		FROM items WHERE libraryID = ?`, c.lib)
}

// hashOf returns a hash of numbers and texts that is the same in every process.
func hashOf(values ...any) uint64 {
	h := fnv.New64a()
	for _, v := range values {
		switch v := v.(type) {
		case int64:
			_ = binary.Write(h, binary.BigEndian, v)
		case string:
			_ = binary.Write(h, binary.BigEndian, int64(len(v)))
			_, _ = h.Write([]byte(v))
		}
	}
	return h.Sum64()
}

// mix adds something to the sum of a member, if the library has it.
func (c *counting) mix(row int64, values ...any) {
	if m := c.found[row]; m != nil {
		m.sum ^= hashOf(values...)
	}
}

// readPlaces reads what is below what.
func (c *counting) readPlaces(ctx context.Context) error {
	place := func(scan scanner) error {
		var row int64
		var parent, mode sql.NullInt64
		if err := scan(&row, &parent, &mode); err != nil {
			return err
		}
		m := c.found[row]
		if m == nil {
			return nil
		}
		m.file = mode.Valid && mode.Int64 != 3
		c.gone[row] = mode.Int64 == embeddedImage
		if parent.Int64 > 0 {
			m.parent = parent.Int64
			c.mix(row, "below", parent.Int64)
		}
		return nil
	}
	queries := []string{
		// An attachment has a row for its own note too, without a parent.
		`SELECT n.itemID, n.parentItemID, NULL FROM itemNotes n WHERE n.itemID NOT IN (SELECT itemID FROM itemAttachments)`,
		`SELECT itemID, parentItemID, IFNULL(linkMode, 0) FROM itemAttachments`,
	}
	if c.tables["itemAnnotations"] {
		queries = append(queries, `SELECT itemID, parentItemID, NULL FROM itemAnnotations`)
	}
	for _, query := range queries {
		if err := c.each(ctx, place, query); err != nil {
			return err
		}
	}
	return nil
}

func (c *counting) readTrash(ctx context.Context) error {
	return c.each(ctx, func(scan scanner) error {
		var row int64
		if err := scan(&row); err != nil {
			return err
		}
		c.gone[row] = true
		return nil
	}, `SELECT itemID FROM deletedItems`)
}

func (c *counting) readMemberships(ctx context.Context) error {
	return c.each(ctx, func(scan scanner) error {
		var row, collection int64
		if err := scan(&row, &collection); err != nil {
			return err
		}
		c.mix(row, "in", collection)
		return nil
	}, `SELECT itemID, collectionID FROM collectionItems`)
}

// readTexts reads how much of each file's text Zotero has extracted.
func (c *counting) readTexts(ctx context.Context) error {
	return c.each(ctx, func(scan scanner) error {
		var row int64
		var counts [4]sql.NullInt64
		if err := scan(&row, &counts[0], &counts[1], &counts[2], &counts[3]); err != nil {
			return err
		}
		c.mix(row, "text", counts[0].Int64, counts[1].Int64, counts[2].Int64, counts[3].Int64)
		return nil
	}, `SELECT itemID, indexedPages, totalPages, indexedChars, totalChars FROM fulltextItems`)
}

// result returns the census of what was found. What is below an item in the
// trash is in the trash too.
func (c *counting) result(collections []zotero.Collection) *census {
	all := &census{members: make([]member, 0, len(c.found)), byRow: make(map[int64]int, len(c.found)), collections: zotero.Tree(collections)}
	for row, m := range c.found {
		if c.there(row) {
			all.members = append(all.members, *m)
		}
	}
	slices.SortFunc(all.members, func(a, b member) int { return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.row, b.row)) })
	for i, m := range all.members {
		all.byRow[m.row] = i
	}
	for i := range all.members {
		if at, ok := all.byRow[all.members[i].parent]; ok {
			all.members[at].children++
		} else {
			all.works++
		}
	}
	all.digest = digestOf(all)
	return all
}

// there reports whether an item and all above it are outside the trash.
func (c *counting) there(row int64) bool {
	const deepest = 8 // an annotation, its attachment, its work; a damaged database may have a circle
	for range deepest {
		m := c.found[row]
		if m == nil || c.gone[row] {
			return false
		}
		if m.parent == 0 {
			return true
		}
		row = m.parent
	}
	return false
}

// digestOf returns a hash of everything that a census has.
func digestOf(c *census) string {
	h := sha256.New()
	for _, m := range c.members {
		fmt.Fprintf(h, "%s %x\n", m.key, m.sum)
	}
	for _, k := range c.collections {
		fmt.Fprintf(h, "%q %q %q\n", k.Key, k.Name, k.Parent)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
