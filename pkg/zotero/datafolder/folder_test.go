package datafolder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/zotero/datafolder/datafoldertest"
)

// TestFolder_CopiesOnlyWhatChanged counts copies.
func TestFolder_CopiesOnlyWhatChanged(t *testing.T) {
	s, f := folderOf(t)
	f.Put(datafoldertest.Personal, data{"key": "AAAA2222", "itemType": "book", "title": "One"})
	head, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first := s.folder.current
	since := func() *state {
		t.Helper()
		if _, err := s.Since(t.Context(), head.Mark); err != nil {
			t.Fatal(err)
		}
		return s.folder.current
	}
	if since() == first {
		t.Error("a state that may have changed within the precision of file times was not copied again")
	}
	old := time.Now().Add(-settling)
	path := filepath.Join(s.folder.dir, DatabaseName)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	settled := since()
	if since() != settled {
		t.Error("copied again though nothing changed")
	}
	s.folder.closeIdle(settled)
	if settled.db != nil {
		t.Error("an idle copy is kept")
	}
	if since() != settled || settled.db != nil {
		t.Error("copied again though nothing changed since the copy was closed")
	}
	if _, err := s.Get(t.Context(), []string{"AAAA2222"}); err != nil {
		t.Error(err)
	}
	if err := os.Chtimes(path, old.Add(-time.Second), old.Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	if since() == settled {
		t.Error("not copied again though the time of the file changed")
	}
	entries, err := os.ReadDir(s.folder.work)
	if err != nil || len(entries) != 1 || !strings.HasSuffix(entries[0].Name(), ".sums") {
		t.Errorf("in the folder for copies: %v, %v", entries, err)
	}
}

// TestFolder_ClosesACopyThatIsIdle uses a copy now and then, then no longer.
func TestFolder_ClosesACopyThatIsIdle(t *testing.T) {
	s, f := folderOf(t)
	f.Put(datafoldertest.Personal, data{"key": "AAAA2222", "itemType": "book", "title": "One"})
	synctest.Test(t, func(t *testing.T) {
		defer s.folder.Close()
		open := func() *database {
			s.folder.mu.Lock()
			defer s.folder.mu.Unlock()
			return s.folder.current.db
		}
		use := func() *database {
			t.Helper()
			if _, err := s.Get(t.Context(), []string{"AAAA2222"}); err != nil {
				t.Fatal(err)
			}
			return open()
		}
		first := use()
		for range 3 {
			time.Sleep(idleFor - time.Second)
			if use() != first {
				t.Fatal("a copy that is used was closed")
			}
		}
		time.Sleep(idleFor + time.Second)
		synctest.Wait()
		if open() != nil {
			t.Error("a copy that is not used is open")
		}
	})
}

// TestFolder_RemovesWhatKilledProcessesLeft leaves an old copy and a young one.
func TestFolder_RemovesWhatKilledProcessesLeft(t *testing.T) {
	s, _ := folderOf(t)
	old, young := filepath.Join(s.folder.work, copyPrefix+"1"), filepath.Join(s.folder.work, copyPrefix+"2-wal")
	past := time.Now().Add(-staleCopy - time.Minute)
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Head(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the old copy: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young copy: %v", err)
	}
}
