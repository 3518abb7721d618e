package datafolder_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// fileState is what a folder shows of a file from outside.
type fileState struct {
	Mode            fs.FileMode
	Size            int64
	Modified, Read  time.Time
	Changed, Linked int64
	Content         string
}

// statesBelow returns the state of every file and folder below dir.
func statesBelow(t *testing.T, dir string) map[string]fileState {
	t.Helper()
	all := map[string]fileState{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s := fileState{Mode: info.Mode(), Size: info.Size(), Modified: info.ModTime()}
		if sys, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() {
			s.Read, s.Changed, s.Linked = time.Unix(sys.Atim.Unix()), sys.Ctim.Nano(), int64(sys.Nlink)
		}
		all[path] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, s := range all {
		if s.Mode.IsRegular() {
			file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOATIME, 0)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(file)
			if err := errors.Join(err, file.Close()); err != nil {
				t.Fatal(err)
			}
			s.Content = string(b)
			all[path] = s
		}
	}
	return all
}

// TestFolder_IsLeftAsItIs reads everything that there is, of a folder that Zotero
// has open and of one that it has not, and compares the folder with what it was.
func TestFolder_IsLeftAsItIs(t *testing.T) {
	for _, journal := range []string{"DELETE", "WAL"} {
		t.Run(journal, func(t *testing.T) {
			dir := t.TempDir()
			f := datafoldertest.New(t, dir, datafoldertest.Options{Journal: journal, Exclusive: true})
			whales(f)
			for path, s := range statesBelow(t, dir) {
				// The system changes a time of reading that is older than that of writing.
				if err := os.Chtimes(path, s.Modified.Add(-time.Hour), s.Modified); err != nil {
					t.Fatal(err)
				}
			}
			before := statesBelow(t, dir)
			r := reader(t, open(t, dir), "user:local-AbCd1234")
			if text, err := r.Text(t.Context(), "AAAA2222", library.TextQuery{}); err != nil || !text.Status.Available {
				t.Errorf("text: %+v, %v", text.Status, err)
			}
			if diff := cmp.Diff(before, statesBelow(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
