// Package datafoldertest makes Zotero data folders, for tests of what reads them.
package datafoldertest

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Rows of the libraries that a folder has at first.
const (
	Personal = 1 // libraryID of the personal library
	Feed     = 2 // libraryID of a feed, which is not to be read
)

// Options are the choices of [New].
type Options struct {
	// Schema is the version of the tables; 129 if 0.
	Schema int
	// Journal is how the database keeps transactions: WAL or DELETE, the default.
	Journal string
	// Exclusive locks the database as a running Zotero does.
	Exclusive bool
}

// Folder is a Zotero data folder whose database is open for writing. Its methods
// are those of one goroutine.
type Folder struct {
	Dir string

	t     testing.TB
	db    *sql.DB
	tx    *sql.Tx // of a batch; nil outside
	ids   map[string]int64
	clock time.Time
}

// New makes a data folder without items. It is closed when the test ends.
func New(t testing.TB, dir string, o Options) *Folder {
	t.Helper()
	f := &Folder{Dir: dir, t: t, ids: map[string]int64{}, clock: time.Now().UTC().Add(-time.Hour)}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, "zotero.sqlite"))}
	var err error
	if f.db, err = sql.Open("sqlite", dsn.String()); err != nil {
		t.Fatal(err)
	}
	f.db.SetMaxOpenConns(1)
	t.Cleanup(f.Close)
	if o.Exclusive {
		f.Exec(`PRAGMA locking_mode = EXCLUSIVE`)
	}
	if o.Journal != "" {
		f.Exec(`PRAGMA journal_mode = ` + o.Journal)
	}
	f.Exec(`PRAGMA synchronous = OFF`)
	f.create(o.Schema)
	return f
}

func (f *Folder) create(schema int) {
	const newest = 129
	if schema == 0 {
		schema = newest
	}
	f.Exec(tables)
	for first, more := range later() {
		if schema >= first {
			f.Exec(more)
		}
	}
	f.Exec(`INSERT INTO version VALUES ('userdata', ?), ('system', 1)`, schema)
	f.Exec(`INSERT INTO libraries (libraryID, type, editable, filesEditable) VALUES (?, 'user', 1, 1), (?, 'feed', 0, 0)`, Personal, Feed)
	f.Exec(`INSERT INTO feeds VALUES (?, 'News', 'https://example.org/feed')`, Feed)
	f.Exec(`INSERT INTO settings VALUES ('account', 'localUserKey', 'AbCd1234')`)
}

// Exec runs a statement.
func (f *Folder) Exec(query string, args ...any) sql.Result {
	f.t.Helper()
	run := f.db.Exec
	if f.tx != nil {
		run = f.tx.Exec
	}
	result, err := run(query, args...)
	if err != nil {
		f.t.Fatalf("%s: %v", query, err)
	}
	return result
}

// Batch makes one transaction of what do does.
func (f *Folder) Batch(do func()) {
	f.t.Helper()
	var err error
	if f.tx, err = f.db.BeginTx(f.t.Context(), nil); err != nil {
		f.t.Fatal(err)
	}
	do()
	tx := f.tx
	f.tx = nil
	if err := tx.Commit(); err != nil {
		f.t.Fatal(err)
	}
}

// Close closes the database, as Zotero does when it ends.
func (f *Folder) Close() { _ = f.db.Close() }

// Account signs the person in as a user of zotero.org.
func (f *Folder) Account(user int64) {
	f.Exec(`REPLACE INTO settings VALUES ('account', 'userID', ?)`, user)
}

// Group adds a group and returns its libraryID.
func (f *Folder) Group(number int64, name string) int64 {
	lib := f.inserted(f.Exec(`INSERT INTO libraries (type, editable, filesEditable) VALUES ('group', 1, 1)`))
	f.Exec(`INSERT INTO groups VALUES (?, ?, ?, '', 1)`, number, lib, name)
	return lib
}

// Text puts the text of an attachment into the folder, and notes the number of pages
// that Zotero has read, and of all.
func (f *Folder) Text(lib int64, key, text string, pages, total int) {
	f.t.Helper()
	dir := filepath.Join(f.Dir, "storage", key)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".zotero-ft-cache"), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.Exec(`REPLACE INTO fulltextItems (itemID, indexedPages, totalPages) VALUES (?, ?, ?)`, f.row(lib, key), pages, total)
}

func (f *Folder) inserted(result sql.Result) int64 {
	f.t.Helper()
	id, err := result.LastInsertId()
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// row returns the itemID of an item.
func (f *Folder) row(lib int64, key string) (row int64) {
	f.t.Helper()
	query := f.db.QueryRow
	if f.tx != nil {
		query = f.tx.QueryRow
	}
	if err := query(`SELECT itemID FROM items WHERE libraryID = ? AND key = ?`, lib, key).Scan(&row); err != nil {
		f.t.Fatalf("item %s: %v", key, err)
	}
	return row
}
