package datafolder_test

import (
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

// photograph returns the state of every file and folder below dir.
func photograph(t *testing.T, dir string) map[string]fileState {
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
			s.Read, s.Changed, s.Linked = time.Unix(sys.Atim.Unix()), sys.Ctim.Nano(), int64(sys.Nlink) //nolint:unconvert // 32 bits on some systems
		}
		all[path] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, s := range all { // after the times: this reads
		if s.Mode.IsRegular() {
			b, err := os.ReadFile(path)
			if err != nil {
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
			photograph(t, dir) // a first reading sets the time of reading
			before := photograph(t, dir)
			r := reader(t, open(t, dir), "user:local-AbCd1234")
			if text, err := r.Text(t.Context(), "AAAA2222", library.TextQuery{}); err != nil || !text.Status.Available {
				t.Errorf("text: %+v, %v", text.Status, err)
			}
			if diff := cmp.Diff(before, photograph(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
