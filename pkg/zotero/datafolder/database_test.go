package datafolder

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// TestDatabase_AnswersWhileItIsRead asks a question for each row of one for each row
// of another, twice, after the files of the copy are gone.
func TestDatabase_AnswersWhileItIsRead(t *testing.T) {
	dir := t.TempDir()
	f := datafoldertest.New(t, dir, datafoldertest.Options{Journal: "WAL"})
	for _, key := range []string{"AAAA2222", "AAAA3333"} {
		f.Put(datafoldertest.Personal, datafoldertest.Data{"key": key, "itemType": "book", "title": "Krill"})
	}
	path := filepath.Join(t.TempDir(), "copy")
	for _, suffix := range []string{"", "-wal"} { // the works are in the log alone
		content, err := os.ReadFile(filepath.Join(dir, DatabaseName) + suffix)
		if err == nil {
			err = os.WriteFile(path+suffix, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	d, err := openDatabase(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if left, _ := filepath.Glob(path + "*"); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
	asked := 0
	const query = `SELECT itemID FROM items WHERE ? OR 1`
	var ask func(depth int) error
	ask = func(depth int) error {
		return d.each(ctx, func(scanner) error {
			if depth == connections {
				asked++
				return nil
			}
			return ask(depth + 1)
		}, query, depth)
	}
	for range 2 {
		if err := ask(1); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 2*2*2*2 {
		t.Errorf("%d answers", asked)
	}
}
