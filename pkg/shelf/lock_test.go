package shelf

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// TestLock_AfterAnImport takes the lock that an import had, while another process holds
// it and has not yet said what for: that one is waited for, it is no import.
func TestLock_AfterAnImport(t *testing.T) {
	dir := t.TempDir()
	unlock, err := takeLock(t.Context(), dir, writerLock, forImport, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := takeLock(t.Context(), dir, writerLock, forTransaction, time.Minute); library.CodeOf(err) != library.Conflict {
		t.Errorf("while an import runs: %v", err)
	}
	unlock()
	other := flock.New(filepath.Join(dir, writerLock))
	if got, err := other.TryLock(); err != nil || !got {
		t.Fatal(got, err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = other.Close() })
	unlock, err = takeLock(t.Context(), dir, writerLock, forTransaction, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}
