package datafolder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite", in Go alone

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// The versions of Zotero's own tables, "userdata" in the table "version". Zotero
// 4 ended with 79; 80 gave items and collections the columns that are read here.
const (
	oldestSchema = 80
	newestSchema = 129
)

// database is a copy of Zotero's database, open for reading.
type database struct {
	db     *sql.DB
	path   string
	schema int
	tables map[string]bool // "items", and "items.version" for a column
}

// connections is how many questions a copy answers at the same time.
const connections = 3

// openDatabase opens a copy, which it removes if it can't.
func openDatabase(ctx context.Context, path string) (*database, error) {
	d := &database{path: path, tables: map[string]bool{}}
	if err := d.open(ctx); err != nil {
		if d.db != nil {
			_ = d.db.Close()
		}
		d.remove()
		return nil, err
	}
	d.remove() // the open files stay; a process that is killed leaves nothing
	return d, nil
}

// open completes the copy, then opens it for reading.
func (d *database) open(ctx context.Context) error {
	if err := d.complete(ctx); err != nil {
		return err
	}
	var err error
	if d.db, err = openSQLite(d.path, "mode=ro&immutable=1", "query_only(1)", "temp_store(2)", "cache_size(-8000)"); err != nil {
		return damaged(err)
	}
	d.db.SetMaxOpenConns(connections)
	d.db.SetMaxIdleConns(connections)
	if err := d.connect(ctx); err != nil {
		return err
	}
	return d.readSchema(ctx)
}

// complete has SQLite take the log into the copy, or take back what the journal says
// was not complete. The copy is one file then, which does not change.
func (d *database) complete(ctx context.Context) error {
	db, err := openSQLite(d.path, "", "locking_mode(EXCLUSIVE)") // the index of the log stays in memory
	if err != nil {
		return damaged(err)
	}
	// The question takes the journal back, the other mode takes the log in.
	_, err = db.ExecContext(ctx, `SELECT count(*) FROM sqlite_schema; PRAGMA journal_mode = DELETE`)
	if err = errors.Join(err, db.Close()); err != nil {
		return damaged(err)
	}
	return nil
}

// connect opens all connections: once the files are removed there are no others.
func (d *database) connect(ctx context.Context) error {
	for range connections {
		c, err := d.db.Conn(ctx)
		if err != nil {
			return damaged(err)
		}
		defer c.Close()
		if err := c.PingContext(ctx); err != nil {
			return damaged(err)
		}
	}
	return nil
}

// openSQLite opens a database file. Nothing that a schema says is run, and each value
// is as large as its page says.
func openSQLite(path, parameters string, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_pragma": append(pragmas, "trusted_schema(0)", "cell_size_check(1)")}.Encode()
	if parameters != "" {
		query += "&" + parameters
	}
	dsn := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query}
	return sql.Open("sqlite", dsn.String())
}

// remove removes the files of the copy. Systems that do not remove open files do
// so when the copy is closed.
func (d *database) remove() {
	for _, suffix := range []string{"", "-wal", "-journal", "-shm"} {
		_ = os.Remove(d.path + suffix)
	}
}

func (d *database) close() {
	_ = d.db.Close()
	d.remove()
}

// readSchema reads which tables there are, and refuses what is not Zotero's.
func (d *database) readSchema(ctx context.Context) error {
	err := d.each(ctx, func(scan scanner) error {
		var table, column string
		if err := scan(&table, &column); err != nil {
			return err
		}
		d.tables[table], d.tables[table+"."+column] = true, true
		return nil
	}, `SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'`)
	if err != nil {
		return err
	}
	if !d.tables["version.schema"] || !d.tables["items.itemID"] {
		return library.Errorf(library.Unavailable, "%s is not Zotero's database", DatabaseName).WithHint("%s", whichFolder)
	}
	err = d.db.QueryRowContext(ctx, `SELECT version FROM version WHERE schema = 'userdata'`).Scan(&d.schema)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return library.Errorf(library.Unavailable, "%s does not say which version of Zotero made it", DatabaseName).WithHint("start Zotero once")
	case err != nil:
		return damaged(err)
	case d.schema < oldestSchema:
		return library.Errorf(library.Unavailable, "the data folder is of Zotero 4 or older (schema %d), which Stackroom does not read", d.schema).
			WithHint("open it once with a present Zotero, which converts it")
	}
	return nil
}

// notice says that the schema is newer than those known here, or "".
func (d *database) notice() string {
	if d.schema <= newestSchema {
		return ""
	}
	return fmt.Sprintf("this Zotero is newer than this Stackroom knows (schema %d, known up to %d), so parts may be missing", d.schema, newestSchema)
}

// scanner reads the columns of a row.
type scanner func(columns ...any) error

// each calls row for each row of a query.
func (d *database) each(ctx context.Context, row func(scanner) error, query string, args ...any) (err error) {
	rows, err := d.db.QueryContext(ctx, query, args...)
	if err != nil {
		return d.failed(ctx, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return d.failed(ctx, err)
		}
	}
	return d.failed(ctx, rows.Err())
}

// failed returns the error of a query.
func (d *database) failed(ctx context.Context, err error) error {
	var known *library.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case d.schema > newestSchema:
		return library.Errorf(library.Unavailable, "this Zotero is newer than this Stackroom knows (schema %d, known up to %d), and its tables differ", d.schema, newestSchema).
			WithHint("update Stackroom").WithCause(err)
	}
	return damaged(err)
}

// damaged returns the error of a database that SQLite can't read.
func damaged(cause error) error {
	if strings.Contains(cause.Error(), "not a database") {
		return library.Errorf(library.Unavailable, "%s is not an SQLite database", DatabaseName).WithHint("%s", whichFolder).WithCause(cause)
	}
	return library.Errorf(library.Unavailable, "Zotero's database is damaged or cut short").
		WithHint("start Zotero, which repairs it, or restore the file from zotero.sqlite.bak").WithCause(cause)
}
