package shelf

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	bolt "go.etcd.io/bbolt"
)

// read calls every method of the library and returns the first error.
func read(t *testing.T, s *Shelf) error {
	ctx := t.Context()
	page, err := s.Search(ctx, library.Query{Text: "harvest lanterns", Limit: 50})
	if err != nil {
		return err
	}
	for _, h := range page.Items {
		key := h.Item.ID.Key
		if _, err := s.Items(ctx, []string{key}); err != nil {
			return err
		}
		if _, err := s.Text(ctx, key, library.TextQuery{}); err != nil {
			return err
		}
		if _, err := s.Passages(ctx, key, library.PassageQuery{Question: "oil", Limit: 3}); err != nil {
			return err
		}
	}
	if _, err := s.Collections(ctx); err != nil {
		return err
	}
	if _, err := s.Tags(ctx, library.TagQuery{Limit: 5}); err != nil {
		return err
	}
	_, err = s.Changes(ctx, library.ChangeQuery{Limit: 5})
	return err
}

// openAndRead opens the library in dir, reads all of it and returns the first
// error.
func openAndRead(t *testing.T, dir string) error {
	s, err := Open(t.Context(), dir)
	if err != nil {
		return err
	}
	defer s.Close()
	return read(t, s)
}

func TestADamagedStoreIsAPlainError(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, append(books(0, 60), annotated())...)
	path := filepath.Join(dir, "gen-000001", databaseFile)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	failed := 0
	damage := func(what string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		err := openAndRead(t, dir)
		if err == nil {
			return // the damage is where nothing was read
		}
		failed++
		if e := library.AsError(err); e.Code != library.Unavailable || !strings.Contains(e.Hint, "CURRENT") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, n := range []int{0, 1, 100, 4096, 8192, len(good) / 2, len(good) - 4096, len(good) - 1} {
		damage("cut", good[:n])
	}
	for range 60 {
		bad := slices.Clone(good)
		at := random.IntN(len(bad) - 4096)
		for i := range 1 + random.IntN(4096) {
			bad[at+i] = byte(random.Uint32())
		}
		damage("overwritten", bad)
	}
	damage("zeros", make([]byte, len(good)))
	damage("text", bytes.Repeat([]byte("not a database "), 4000))
	if failed < 10 {
		t.Errorf("only %d of the damages were noticed", failed)
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openAndRead(t, dir); err != nil {
		t.Errorf("put back: %v", err)
	}
}

func TestADamagedStoreIsNotImportedInto(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	mustImport(t, dir, books(3, 5)...)
	path := filepath.Join(dir, "gen-000002", databaseFile)
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	if _, err := Import(t.Context(), dir, slices.Values(books(5, 6)), ImportOptions{}); library.CodeOf(err) != library.Unavailable {
		t.Errorf("error %v", err)
	}
	// The hint of the error works.
	if err := os.WriteFile(filepath.Join(dir, currentFile), []byte("gen-000001"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := whole(t, mustOpen(t, dir)); len(got) != 3 {
		t.Errorf("%d works in the state before, want 3", len(got))
	}
}

func TestAStoreOfAnotherFormatIsRefused(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	db, err := bolt.Open(filepath.Join(dir, "gen-000001", databaseFile), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	row, _ := json.Marshal(meta{Format: format + 1, Version: 1, Items: 3})
	err = db.Update(func(tx *bolt.Tx) error { return tx.Bucket([]byte(metaTable)).Put([]byte(metaRow), row) })
	if err != nil || db.Close() != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), dir)
	if e := library.AsError(err); e.Code != library.Unavailable || !strings.Contains(e.Message, "another version") {
		t.Errorf("Open: %v", err)
	}
	_, err = Import(t.Context(), dir, slices.Values(books(0, 1)), ImportOptions{})
	if e := library.AsError(err); !strings.Contains(e.Message, "another version") {
		t.Errorf("Import: %v", err)
	}
}

func TestABrokenIndexIsBuiltAgain(t *testing.T) {
	for name, spoil := range map[string]func(folder string) error{
		"removed": os.RemoveAll,
		"a file missing": func(folder string) error {
			segments, err := filepath.Glob(filepath.Join(folder, "*.zap"))
			if err != nil || len(segments) == 0 {
				t.Fatalf("segments %q, %v", segments, err)
			}
			return os.Remove(segments[0])
		},
		"garbled": func(folder string) error {
			files, err := filepath.Glob(filepath.Join(folder, "*"))
			for _, f := range files {
				if err := os.WriteFile(f, []byte("garbage"), 0o600); err != nil {
					return err
				}
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			mustImport(t, dir, books(0, 20)...)
			if err := spoil(filepath.Join(dir, "gen-000001", indexFolder)); err != nil {
				t.Fatal(err)
			}
			t.Run("in memory while an import runs", func(t *testing.T) {
				unlock, err := lockWriter(dir)
				if err != nil {
					t.Fatal(err)
				}
				defer unlock()
				checkWorks(t, mustOpen(t, dir), 20, 1)
				if now, _ := currentGeneration(dir); now != "gen-000001" {
					t.Errorf("current generation %s", now)
				}
			})
			t.Run("on disk", func(t *testing.T) {
				checkWorks(t, mustOpen(t, dir), 20, 1)
				if now, _ := currentGeneration(dir); now != "gen-000002" {
					t.Errorf("current generation %s, want a new one", now)
				}
				mustImport(t, dir, books(20, 25)...)
				checkWorks(t, mustOpen(t, dir), 25, 2)
			})
		})
	}
}

func TestAnImportOverABrokenIndexBuildsItAgain(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 20)...)
	if err := os.RemoveAll(filepath.Join(dir, "gen-000001", indexFolder)); err != nil {
		t.Fatal(err)
	}
	mustImport(t, dir, books(20, 25)...)
	checkWorks(t, mustOpen(t, dir), 25, 2)
}

func checkWorks(t *testing.T, s *Shelf, n int, version int64) {
	t.Helper()
	if page, err := s.Search(t.Context(), library.Query{Text: "harvest", Limit: 5}); err != nil || page.Total != n || page.Version != version {
		t.Errorf("%d works at version %d, %v; want %d at %d", page.Total, page.Version, err, n, version)
	}
}

func FuzzDecodeItem(f *testing.F) {
	p, _ := prepare(annotated())
	p.item.ID = library.ItemID{Library: library.Local, Key: "ABCDEFG2"}
	f.Add(encode(p.item))
	f.Add([]byte(`{"ID":"local/ABCDEFG2","Fields":null,"Attachments":[{}]}`))
	f.Add([]byte(`{"ID":"user:1/ABCDEFG2"}`))
	f.Fuzz(func(t *testing.T, row []byte) {
		it, err := decodeItem("ABCDEFG2", row)
		if err == nil && it.ID.Key != "ABCDEFG2" {
			t.Errorf("item %s", it.ID)
		}
		if err != nil && library.CodeOf(err) != library.Unavailable {
			t.Errorf("error %v", err)
		}
	})
}

func FuzzDecodeText(f *testing.F) {
	f.Add(encodeText([]library.TextPage{{Number: 1, Text: "Ünder"}, {Number: 2, Label: "ii", Offset: 5, Text: ""}}))
	f.Add(encodeText(nil))
	f.Add([]byte{textFormat, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{textFormat, 2, 1, 0, 200, 1})
	f.Fuzz(func(t *testing.T, row []byte) {
		pages, err := decodeText(row)
		if err != nil {
			if library.CodeOf(err) != library.Unavailable {
				t.Errorf("error %v", err)
			}
			return
		}
		// What can be read comes back the same, but for offsets that the row
		// states wrongly.
		again, err := decodeText(encodeText(pages))
		if err != nil || len(again) != len(pages) {
			t.Fatalf("again %d pages of %d, %v", len(again), len(pages), err)
		}
		for i := range pages {
			if again[i].Text != pages[i].Text || again[i].Label != pages[i].Label || again[i].Number != pages[i].Number {
				t.Errorf("page %d: %+v, then %+v", i, pages[i], again[i])
			}
		}
	})
}
