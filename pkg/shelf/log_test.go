package shelf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// logOf returns the path of the log of a library in its first generation.
func logOf(dir string) string { return filepath.Join(dir, "gen-000001", logFile) }

func TestLog_DropsATornTailAndTellsOfIt(t *testing.T) {
	for name, tear := range map[string]func(log []byte, last int) []byte{
		"half a record":     func(log []byte, last int) []byte { return log[:last+(len(log)-last)/2] },
		"a record's length": func(log []byte, last int) []byte { return log[:last+2] },
		"a flipped bit":     func(log []byte, last int) []byte { log[len(log)-3] ^= 4; return log },
		"garbage":           func(log []byte, last int) []byte { return append(log[:last], bytes.Repeat([]byte{0xab}, 5000)...) },
		"zeros":             func(log []byte, last int) []byte { return append(log[:last], make([]byte, 5000)...) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			mustImport(t, dir, books(0, 5)...)
			s := mustOpen(t, dir)
			commit(t, s, func(tx *Tx) { mustPut(t, tx, item("KEPT2222", "Kept later")) })
			last := int(s.current.end)
			commit(t, s, func(tx *Tx) { mustPut(t, tx, item("LOST2222", "Lost later")) })
			log, err := os.ReadFile(logOf(dir))
			if err != nil {
				t.Fatal(err)
			}
			torn := tear(log, last)
			if err := os.WriteFile(logOf(dir), torn, 0o600); err != nil {
				t.Fatal(err)
			}
			fresh := mustOpen(t, dir)
			page, err := fresh.Search(t.Context(), library.Query{Text: "later", Limit: 5})
			if err != nil || page.Total != 1 || page.Version != 2 || page.Notice != "" {
				t.Errorf("%d works at version %d, %q, %v", page.Total, page.Version, page.Notice, err)
			}
			old := time.Now().Add(-time.Minute)
			if err := os.Chtimes(logOf(dir), old, old); err != nil {
				t.Fatal(err)
			}
			if info, err := fresh.Info(t.Context()); err != nil || !strings.Contains(info.Notice, fmt.Sprint(len(torn)-last)) {
				t.Errorf("notice %q, %v, want one of %d bytes", info.Notice, err, len(torn)-last)
			}
			tx := mustBegin(t, fresh)
			mustPut(t, tx, item("NEXT2222", "Next later"))
			if tx.Dropped() != int64(len(torn)-last) {
				t.Errorf("%d bytes dropped, want %d", tx.Dropped(), len(torn)-last)
			}
			if err := tx.Commit(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(logOf(dir)); err != nil || info.Size() != fresh.current.end {
				t.Errorf("the log has %d bytes, %v, want %d", info.Size(), err, fresh.current.end)
			}
			for _, r := range []*Shelf{fresh, s, mustOpen(t, dir)} { // s had read what is lost
				if got := found(t, r, library.Query{Text: "later"}); !slices.Equal(got, []string{"Kept later", "Next later"}) {
					t.Errorf("works %q", got)
				}
				if info, err := r.Info(t.Context()); err != nil || info.Notice != "" {
					t.Errorf("notice %q, %v", info.Notice, err)
				}
			}
		})
	}
}

func TestLog_OfAnotherBaseIsRefused(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	mustImport(t, dir, books(0, 5)...)
	mustImport(t, other, books(5, 9)...)
	commit(t, mustOpen(t, other), func(tx *Tx) { mustPut(t, tx, item("ELSE2222", "Elsewhere")) })
	log, err := os.ReadFile(logOf(other))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(logOf(dir), log, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir); library.CodeOf(err) != library.Unavailable {
		t.Errorf("error %v", err)
	}
}

func TestLog_KeepsLargeTextsOutOfMemory(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	text := randomText(1, 3*leaveInLog) + " paraffin"
	commit(t, s, func(tx *Tx) {
		mustPut(t, tx, withChildren())
		pages := []library.TextPage{{Number: 1, Text: text}}
		if err := tx.PutText("WORK2222", "FILE2222", pages, library.TextStatus{}); err != nil {
			t.Fatal(err)
		}
	})
	check := func(s *Shelf) {
		t.Helper()
		got, err := s.Text(t.Context(), "WORK2222", library.TextQuery{})
		if err != nil || len(got.Pages) != 1 || got.Pages[0].Text != text {
			t.Errorf("text of %d pages, %v", len(got.Pages), err)
		}
		if got := found(t, s, library.Query{Text: "paraffin."}); len(got) != 1 {
			t.Errorf("works %q", got)
		}
	}
	s.current.rows.memory.Ascend(func(x row) bool {
		if len(x.value) >= leaveInLog {
			t.Errorf("a row of %d bytes is in memory", len(x.value))
		}
		return true
	})
	check(s)
	check(mustOpen(t, dir))
	mustImport(t, dir, books(0, 3)...) // spills and merges it
	check(s)
	commit(t, s, func(tx *Tx) {
		other := withChildren()
		other.Fields["title"] = "Renamed"
		mustPut(t, tx, other)
	})
	compactNow(t, s)
	check(s)
	commit(t, s, func(tx *Tx) {
		if err := tx.Remove("WORK2222"); err != nil {
			t.Fatal(err)
		}
	})
	if got := found(t, mustOpen(t, dir), library.Query{Text: "paraffin."}); len(got) != 0 {
		t.Errorf("works %q", got)
	}
}
