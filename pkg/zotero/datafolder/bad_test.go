//go:build unix

package datafolder_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// closed returns a data folder with the whales, which no program has open.
func closed(t *testing.T, o datafoldertest.Options) string {
	t.Helper()
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, o)
	if o.Schema == 0 || o.Schema >= 112 {
		whales(f)
	} else {
		f.Put(datafoldertest.Personal, data{"key": "AAAA2222", "itemType": "book", "title": "Old"})
	}
	f.Close()
	return dir
}

// TestFolder_RefusesWhatItCannotRead tries folders that are not what they should
// be. Each refusal says what is wrong, and what to do.
func TestFolder_RefusesWhatItCannotRead(t *testing.T) {
	database := func(dir string) string { return filepath.Join(dir, datafolder.DatabaseName) }
	write := func(t *testing.T, path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string
	}{
		"no database":   {func(t *testing.T, dir string) { _ = os.Remove(database(dir)) }, "has no zotero.sqlite"},
		"no folder":     {func(t *testing.T, dir string) { _ = os.RemoveAll(dir) }, "does not exist"},
		"empty":         {func(t *testing.T, dir string) { write(t, database(dir), "") }, "is empty"},
		"text":          {func(t *testing.T, dir string) { write(t, database(dir), strings.Repeat("@article{", 100)) }, "is not an SQLite database"},
		"a short text":  {func(t *testing.T, dir string) { write(t, database(dir), "SQLite format 3\x00") }, "is not an SQLite database"},
		"only a header": {func(t *testing.T, dir string) { _ = os.Truncate(database(dir), 100) }, "damaged or cut short"},
		"cut short":     {func(t *testing.T, dir string) { _ = os.Truncate(database(dir), 3*4096+10) }, "damaged or cut short"},
		"of another program": {func(t *testing.T, dir string) {
			_ = os.Remove(database(dir))
			db, err := sql.Open("sqlite", database(dir))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(`CREATE TABLE moz_places (id INTEGER PRIMARY KEY)`); err != nil {
				t.Fatal(err)
			}
		}, "is not Zotero's database"},
		"a folder in its place": {func(t *testing.T, dir string) {
			_ = os.Remove(database(dir))
			_ = os.Mkdir(database(dir), 0o700)
		}, "can't be read"},
		"a pipe in its place": {func(t *testing.T, dir string) {
			_ = os.Remove(database(dir))
			if err := syscall.Mkfifo(database(dir), 0o600); err != nil {
				t.Skip(err)
			}
		}, "can't be read"},
		"a link that leads out": {func(t *testing.T, dir string) {
			outside := filepath.Join(t.TempDir(), "elsewhere.sqlite")
			_ = os.Rename(database(dir), outside)
			_ = os.Symlink(outside, database(dir))
		}, "symbolic link that leads out"},
		"a log that leads out": {func(t *testing.T, dir string) {
			outside := filepath.Join(t.TempDir(), "log")
			write(t, outside, "log")
			_ = os.Symlink(outside, database(dir)+"-wal")
		}, "symbolic link that leads out"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := closed(t, datafoldertest.Options{})
			c.spoil(t, dir)
			_, err := open(t, dir).Libraries(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || library.AsError(err).Hint == "" {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestFolder_KeepsAnsweringWhenTheDatabaseIsDamaged damages the database of a
// library that was read.
func TestFolder_KeepsAnsweringWhenTheDatabaseIsDamaged(t *testing.T) {
	dir := closed(t, datafoldertest.Options{})
	r := reader(t, open(t, dir), "user:local-AbCd1234")
	if err := os.Truncate(filepath.Join(dir, datafolder.DatabaseName), 3*4096); err != nil {
		t.Fatal(err)
	}
	page, err := r.Search(t.Context(), library.Query{Text: "whale", Limit: 10})
	if err != nil || len(page.Items) != 1 || page.Notice == "" {
		t.Errorf("%d works, %q, %v", len(page.Items), page.Notice, err)
	}
}

func TestFolder_SchemasOfOlderAndNewerVersions(t *testing.T) {
	for schema, want := range map[int]string{79: "Zotero 4 or older", 80: "", 110: "", 111: "", 112: "", 129: "", 130: "newer than this Stackroom knows"} {
		t.Run(fmt.Sprint(schema), func(t *testing.T) {
			infos, err := open(t, closed(t, datafoldertest.Options{Schema: schema})).Libraries(t.Context())
			if schema < 80 {
				if err == nil || !strings.Contains(err.Error(), want) || library.AsError(err).Hint == "" {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || infos[0].Items != 1 || !strings.Contains(infos[0].Notice, want) || (want == "") != (infos[0].Notice == "") {
				t.Errorf("%+v, %v", infos, err)
			}
		})
	}
}

// TestFolder_NewerSchemaThatDiffersIsRefused takes a column away that is read.
func TestFolder_NewerSchemaThatDiffersIsRefused(t *testing.T) {
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{Schema: 200})
	f.Exec(`ALTER TABLE items RENAME COLUMN dateAdded TO added`)
	_, err := open(t, dir).Libraries(t.Context())
	if err == nil || !strings.Contains(err.Error(), "newer than this Stackroom knows (schema 200") || library.AsError(err).Hint != "update Stackroom" {
		t.Errorf("got %v", err)
	}
}

// TestText_StaysInTheFolder puts links to a file outside in the place of what is
// read.
func TestText_StaysInTheFolder(t *testing.T) {
	const secret = "a secret of another folder"
	for name, link := range map[string]func(dir, outside string) error{
		"the text": func(dir, outside string) error {
			path := filepath.Join(dir, "storage", "PPPP2222", ".zotero-ft-cache")
			return firstOf(os.Remove(path), os.Symlink(filepath.Join(outside, "PPPP2222", ".zotero-ft-cache"), path))
		},
		"its folder": func(dir, outside string) error {
			path := filepath.Join(dir, "storage", "PPPP2222")
			return firstOf(os.RemoveAll(path), os.Symlink(filepath.Join(outside, "PPPP2222"), path))
		},
		"storage": func(dir, outside string) error {
			path := filepath.Join(dir, "storage")
			return firstOf(os.RemoveAll(path), os.Symlink(outside, path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, outside := closed(t, datafoldertest.Options{}), t.TempDir()
			if err := firstOf(os.Mkdir(filepath.Join(outside, "PPPP2222"), 0o700),
				os.WriteFile(filepath.Join(outside, "PPPP2222", ".zotero-ft-cache"), []byte(secret), 0o600), link(dir, outside)); err != nil {
				t.Fatal(err)
			}
			r := reader(t, open(t, dir), "user:local-AbCd1234")
			text, err := r.Text(t.Context(), "AAAA2222", library.TextQuery{})
			if err != nil || text.Status.Available || !strings.Contains(text.Status.Reason, "leads out of the Zotero data folder") {
				t.Errorf("%+v, %v", text, err)
			}
			page, err := r.Search(t.Context(), library.Query{Text: "secret", Limit: 10})
			if err != nil || len(page.Items) != 0 {
				t.Errorf("found %d, %v", len(page.Items), err)
			}
		})
	}
}

// firstOf returns the first error.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestText_SaysWhyThereIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		put  func(path string) error
		want string
	}{
		"none":     {os.Remove, "no text"},
		"blank":    {func(path string) error { return os.WriteFile(path, []byte(" \n\f\f"), 0o600) }, "may be a scan"},
		"too long": {func(path string) error { return os.Truncate(path, 32<<20+1) }, "more than 32 MiB"},
		"a folder": {func(path string) error { return firstOf(os.Remove(path), os.Mkdir(path, 0o700)) }, "not a regular file"},
		"a pipe":   {func(path string) error { return firstOf(os.Remove(path), syscall.Mkfifo(path, 0o600)) }, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := closed(t, datafoldertest.Options{})
			if err := c.put(filepath.Join(dir, "storage", "PPPP2222", ".zotero-ft-cache")); err != nil {
				t.Fatal(err)
			}
			r := reader(t, open(t, dir), "user:local-AbCd1234")
			text, err := r.Text(t.Context(), "AAAA2222", library.TextQuery{Attachment: "PPPP2222"})
			if err != nil || text.Status.Available || !strings.Contains(text.Status.Reason, c.want) {
				t.Errorf("%+v, %v", text, err)
			}
		})
	}
}

// TestItems_OfUnusualForm reads what no present Zotero writes.
func TestItems_OfUnusualForm(t *testing.T) {
	const lib = datafoldertest.Personal
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{})
	f.Put(lib, data{"key": "AAAA2222", "itemType": "book", "title": "Upright", "date": "n.d.", "filingDate": "2001-02-03 3 February"})
	f.Put(lib, data{"key": "bad key!", "itemType": "book", "title": "With a key of another form"})
	f.Put(lib, data{"key": "EEEE2222", "itemType": "attachment", "linkMode": "linked_file", "path": `C:\Users\ada\..\secret\thesis.pdf`, "title": "By itself"})
	f.Put(lib, data{"key": "EEEE3333", "itemType": "attachment", "linkMode": "imported_file", "filename": "../../../etc/passwd", "parentItem": "AAAA2222"})
	f.Put(lib, data{"key": "NNNN2222", "itemType": "note", "note": "<p>A note by itself</p>"})
	f.Put(lib, data{"key": "EEEE4444", "itemType": "attachment", "linkMode": "embedded_image", "parentItem": "NNNN2222"})
	f.Exec(`UPDATE itemDataValues SET value = CAST(x'557072FF' AS TEXT) WHERE value = 'Upright'`)
	f.Exec(`INSERT INTO items (itemTypeID, dateAdded, dateModified, clientDateModified, libraryID, key) VALUES (999, 'never', '', '', ?, 'TTTT2222')`, lib)
	r := reader(t, open(t, dir), "user:local-AbCd1234")
	if it := item(t, r, "AAAA2222"); it.Title() != "Upr\uFFFD" || it.Fields["date"] != "n.d." || it.Fields["filingDate"] != "3 February" || it.ParsedDate != "" || it.Attachments[0].Filename != "passwd" {
		t.Errorf("%+v", it)
	}
	if it := item(t, r, "EEEE2222"); it == nil || it.Attachments[0].Filename != "thesis.pdf" {
		t.Errorf("%+v", it)
	}
	if it := item(t, r, "NNNN2222"); it == nil || it.Title() != "A note by itself" || len(it.Attachments) != 0 {
		t.Errorf("%+v", it)
	}
	if it := item(t, r, "TTTT2222"); it == nil || it.Type != "document" {
		t.Errorf("%+v", it)
	}
	page, err := r.Search(t.Context(), library.Query{Limit: 10})
	if err != nil || page.Total != 4 {
		t.Errorf("%d works, %v", page.Total, err)
	}
}
