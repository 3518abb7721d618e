package shelf

import (
	"maps"
	"slices"
	"strings"
)

// table names one of the shelf's tables. Their rows are listed with the code
// that writes them, in rows.go.
type table string

const (
	metaTable       table = "meta"        // metaRow -> meta
	itemTable       table = "items"       // item key -> item
	textTable       table = "texts"       // attachment key -> text
	childTable      table = "children"    // key of a note, attachment or annotation -> item key
	identityTable   table = "identities"  // identity -> item keys, one after the other
	collectionTable table = "collections" // collection key -> collection
	pathTable       table = "paths"       // key of the collection above, "/", name -> collection key
	memberTable     table = "members"     // collection key, item key -> nothing
	tagTable        table = "tags"        // tag, NUL, item key -> nothing
	changeTable     table = "changes"     // version (8 bytes, big endian), item key -> change
)

// tables returns every table's name.
func tables() []table {
	return []table{
		metaTable, itemTable, textTable, childTable, identityTable,
		collectionTable, pathTable, memberTable, tagTable, changeTable,
	}
}

// source reads tables. What it returns belongs to the caller.
type source interface {
	// get returns the row at key, or nil if there is none.
	get(t table, key string) ([]byte, error)
	// scan calls fn with every row whose key begins with prefix, in the
	// order of the keys, until fn fails.
	scan(t table, prefix string, fn func(key string, value []byte) error) error
}

// layer holds rows in memory above a source: the writes of an import before
// they reach the disk or, with nothing below it, a whole library in memory.
// Once it is no longer written it may be read by many at once.
type layer struct {
	below source // nil if there is none
	rows  map[table]map[string][]byte
	size  int // bytes written since the layer was empty
}

func newLayer(below source) *layer {
	l := &layer{below: below}
	l.clear()
	return l
}

func (l *layer) clear() {
	l.rows, l.size = map[table]map[string][]byte{}, 0
	for _, t := range tables() {
		l.rows[t] = map[string][]byte{}
	}
}

// put writes a row; a nil value takes the row away.
func (l *layer) put(t table, key string, value []byte) {
	l.rows[t][key] = value
	l.size += len(key) + len(value)
}

func (l *layer) get(t table, key string) ([]byte, error) {
	if v, ok := l.rows[t][key]; ok || l.below == nil {
		return v, nil
	}
	return l.below.get(t, key)
}

// scan covers the layer alone: what is below it is scanned only after the
// layer has been flushed there.
func (l *layer) scan(t table, prefix string, fn func(key string, value []byte) error) error {
	if l.below != nil {
		return l.below.scan(t, prefix, fn)
	}
	for _, key := range slices.Sorted(maps.Keys(l.rows[t])) {
		value := l.rows[t][key]
		if value == nil || !strings.HasPrefix(key, prefix) {
			continue
		}
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}
