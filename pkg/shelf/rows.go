package shelf

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/btree"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
)

// row is a row in memory.
type row struct {
	key      string // table and key
	value    []byte // nil if the row was removed, or if it is in the log
	sequence int64  // of the transaction that wrote it; see state
	record   int64  // where in the log the record with the value begins; 0 if value has it
}

// removed reports whether the row says that its key is removed.
func (x row) removed() bool { return x.value == nil && x.record == 0 }

// rows holds tables: rows in memory above sorted files, each above the next.
// What lies higher counts. A transaction's rows, those of a state and those of
// an import are all such rows.
//
// Once no row is put any more, rows may be read by many at once.
type rows struct {
	memory *btree.BTreeG[row]
	clones *sync.Mutex // held while memory is cloned, which can't be done twice at once
	files  []sorted    // the newest first
	log    *base       // whose log has the values that rows in memory leave there
	size   int         // bytes put since the rows were made or spilled
	// written are the rows of a transaction, by key; nil if there is none.
	written map[string][]byte
}

// sorted is a file of rows, and what is known of its keys.
type sorted struct {
	*pack.File
	filter *filter // nil if any key may be there
}

// degree is that of the tree of rows in memory.
const degree = 16

func newRows(files ...sorted) *rows {
	return &rows{
		memory: btree.NewG(degree, func(a, b row) bool { return a.key < b.key }),
		clones: &sync.Mutex{},
		files:  files,
	}
}

// clone returns rows that begin as these and can be written apart from them.
func (r *rows) clone() *rows {
	r.clones.Lock()
	defer r.clones.Unlock()
	return &rows{memory: r.memory.Clone(), clones: &sync.Mutex{}, files: r.files, log: r.log}
}

// put writes a row; a nil value takes the row away.
func (r *rows) put(t table, key string, value []byte) {
	r.set(row{key: string(t) + key, value: value})
}

func (r *rows) set(x row) {
	r.memory.ReplaceOrInsert(x)
	r.size += len(x.key) + len(x.value)
	if r.written != nil {
		r.written[x.key] = x.value
	}
}

// changes returns the rows of the transaction in the order of their keys.
func (r *rows) changes() []row {
	out := make([]row, 0, len(r.written))
	for _, key := range slices.Sorted(maps.Keys(r.written)) {
		out = append(out, row{key: key, value: r.written[key]})
	}
	return out
}

// sequence returns the sequence of the transaction that wrote the row at key, 0
// if none of those in memory did, and whether that one removed the row.
func (r *rows) sequence(t table, key string) (sequence int64, removed bool) {
	if r.memory.Len() == 0 {
		return 0, false
	}
	x, ok := r.memory.Get(row{key: string(t) + key})
	return x.sequence, ok && x.removed()
}

// valueOf returns the value of a row in memory.
func (r *rows) valueOf(x row) ([]byte, error) {
	if x.record == 0 {
		return x.value, nil
	}
	info, err := r.log.log.Stat()
	if err != nil {
		return nil, unreadable(err)
	}
	if written, _, ok := readRecord(r.log.log, r.log.codec, x.record, info.Size()); ok {
		for _, w := range written {
			if w.key == x.key {
				return w.value, nil
			}
		}
	}
	return nil, damaged(errors.New("a transaction in the log"))
}

// get returns the value of the row at key, or nil if there is none.
func (r *rows) get(t table, key string) ([]byte, error) {
	key = string(t) + key
	if x, ok := r.memory.Get(row{key: key}); ok {
		return r.valueOf(x)
	}
	for _, f := range r.files {
		if f.filter != nil && !f.filter.has(key) {
			continue
		}
		value, ok, err := f.Get(key)
		if err != nil {
			return nil, openError(err)
		}
		if ok {
			return value, nil
		}
	}
	return nil, nil
}

// scan calls fn with every row of a table whose key begins with prefix, in the
// order of the keys, until fn fails.
func (r *rows) scan(t table, prefix string, fn func(key string, value []byte) error) error {
	prefix = string(t) + prefix
	m := r.merge(prefix)
	for m.next() {
		if !strings.HasPrefix(m.key, prefix) {
			return nil
		}
		if m.value == nil {
			continue
		}
		if err := fn(m.key[len(t):], m.value); err != nil {
			return err
		}
	}
	return m.err
}

// mergedRows goes over rows in memory and in files in the order of their keys.
// Rows that were removed are among them.
type mergedRows struct {
	rows   *rows
	memory []row
	files  []*pack.Cursor
	ended  []bool
	key    string
	value  []byte
	err    error
}

// merge returns the rows from key from on. Those in memory are only the ones
// with that prefix.
func (r *rows) merge(from string) *mergedRows {
	m := &mergedRows{rows: r, ended: make([]bool, len(r.files))}
	r.memory.AscendGreaterOrEqual(row{key: from}, func(x row) bool {
		if !strings.HasPrefix(x.key, from) {
			return false
		}
		m.memory = append(m.memory, x)
		return true
	})
	for i, f := range r.files {
		c := f.Seek(from)
		m.files = append(m.files, c)
		m.step(i)
	}
	return m
}

// step moves a file's cursor on.
func (m *mergedRows) step(i int) {
	if m.ended[i] || m.files[i].Next() {
		return
	}
	m.ended[i] = true
	if err := m.files[i].Err(); err != nil && m.err == nil {
		m.err = openError(err)
	}
}

// next goes to the next key; it is false at the end or at an error.
func (m *mergedRows) next() bool {
	if m.err != nil {
		return false
	}
	least, found := "", false
	if len(m.memory) > 0 {
		least, found = m.memory[0].key, true
	}
	for i, c := range m.files {
		if !m.ended[i] && (!found || c.Key() < least) {
			least, found = c.Key(), true
		}
	}
	if !found {
		return false
	}
	m.key = least
	taken := false
	if len(m.memory) > 0 && m.memory[0].key == least {
		m.value, m.err = m.rows.valueOf(m.memory[0])
		taken, m.memory = true, m.memory[1:]
	}
	for i, c := range m.files {
		if m.ended[i] || c.Key() != least {
			continue
		}
		if !taken {
			m.value, taken = c.Value(), true
		}
		m.step(i)
	}
	return m.err == nil
}
