package shelf

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf/internal/pack"
)

// read calls every method of the library and returns the first error.
func read(t *testing.T, s *Shelf) error {
	ctx := t.Context()
	page, err := s.Search(ctx, library.Query{Text: "harvest OR lanterns", Limit: 50})
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
	st, err := s.present()
	if err != nil {
		return err
	}
	defer st.release()
	// What only imports read is damaged too.
	return errors.Join(read(t, s), st.rows.scan(holdingTable, "", func(string, []byte) error { return nil }),
		st.rows.scan(identityTable, "", func(string, []byte) error { return nil }))
}

// spoil calls try with damaged contents of a file, and puts the file back.
func spoil(t *testing.T, path string, try func(what string)) {
	t.Helper()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(what string, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		try(what)
	}
	for _, n := range []int{0, 1, 20, len(good) / 2, len(good) - 4, len(good) - 1} {
		damage(fmt.Sprintf("cut at %d", n), good[:n])
	}
	random := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		bad := slices.Clone(good)
		at := random.IntN(len(bad))
		for i := range min(1+random.IntN(64), len(bad)-at) {
			bad[at+i] ^= byte(1 + random.UintN(255))
		}
		damage(fmt.Sprintf("overwritten at %d", at), bad)
	}
	damage("zeros", make([]byte, len(good)))
	damage("text", bytes.Repeat([]byte("not a library "), 400))
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpen_TellsOfDamage(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, append(books(0, 60), annotated())...)
	for _, name := range []string{rowsFile, manifestFile} {
		spoil(t, filepath.Join(dir, "gen-000001", name), func(what string) {
			err := openAndRead(t, dir)
			if e := library.AsError(err); err == nil || e.Code != library.Unavailable || e.Hint == "" {
				t.Errorf("%s %s: %v", name, what, err)
			}
		})
	}
	if err := openAndRead(t, dir); err != nil {
		t.Errorf("put back: %v", err)
	}
}

func TestImport_RefusesADamagedLibrary(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	if err := os.Truncate(filepath.Join(dir, "gen-000001", rowsFile), 100); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	if _, err := Import(t.Context(), dir, more(slices.Values(books(5, 6))), ImportOptions{}); library.CodeOf(err) != library.Unavailable {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
}

func TestOpen_RefusesAnotherFormat(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	m := &Manifest{Format: format + 1, ID: newID(), Library: library.Local}
	if err := os.WriteFile(filepath.Join(dir, "gen-000001", manifestFile), m.Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), dir)
	if e := library.AsError(err); e.Code != library.Unavailable || !strings.Contains(e.Message, "another version") {
		t.Errorf("Open: %v", err)
	}
	_, err = Import(t.Context(), dir, more(slices.Values(books(0, 1))), ImportOptions{})
	if e := library.AsError(err); !strings.Contains(e.Message, "another version") {
		t.Errorf("Import: %v", err)
	}
}

func TestOpen_AsksToImportAgainOverAnOlderFormat(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "gen-000003", "index"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{currentFile: "gen-000003\n", "gen-000003/" + oldDatabase: "a database"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err := Open(t.Context(), dir)
	if e := library.AsError(err); e.Code != library.Unavailable || !strings.Contains(e.Message, "older version") || !strings.Contains(e.Hint, "import") {
		t.Errorf("Open: %v", err)
	}
	if r := mustImport(t, dir, books(0, 3)...); r.Added != 3 {
		t.Errorf("importing as the hint says: %+v", r)
	}
	checkWorks(t, mustOpen(t, dir), 3, 1)
	if left, err := generations(dir); err != nil || len(left) != 1 || left[0] != 4 {
		t.Errorf("generations %d, %v, want the new one", left, err)
	}
}

func TestOpen_RefusesAnotherLibrary(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	if _, err := Open(t.Context(), dir, WithLibrary("group:1")); library.CodeOf(err) != library.Conflict {
		t.Errorf("error %v", err)
	}
}

func TestOpen_BuildsABrokenIndexAgain(t *testing.T) {
	for name, spoilIndex := range map[string]func(path string) error{
		"removed":   os.Remove,
		"cut short": func(path string) error { return os.Truncate(path, 1000) },
		"garbled":   func(path string) error { return os.WriteFile(path, []byte("garbage"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			mustImport(t, dir, books(0, 20)...)
			commit(t, mustOpen(t, dir), func(tx *Tx) { mustPut(t, tx, item("TXWORK22", "A harvest later")) })
			segments, err := filepath.Glob(filepath.Join(dir, "gen-000001", "*.zap"))
			if err != nil || len(segments) != 1 {
				t.Fatalf("segments %q, %v", segments, err)
			}
			if err := spoilIndex(segments[0]); err != nil {
				t.Fatal(err)
			}
			t.Run("in memory while a base is made", func(t *testing.T) {
				unlock, err := takeLock(t.Context(), dir, baseLock, forImport, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer unlock()
				checkWorks(t, mustOpen(t, dir), 21, 2)
				if now, _ := currentGeneration(dir); now != "gen-000001" {
					t.Errorf("current generation %s", now)
				}
			})
			t.Run("on disk", func(t *testing.T) {
				checkWorks(t, mustOpen(t, dir), 21, 2)
				if now, _ := currentGeneration(dir); now != "gen-000002" {
					t.Errorf("current generation %s, want a new one", now)
				}
				mustImport(t, dir, books(20, 25)...)
				checkWorks(t, mustOpen(t, dir), 26, 3)
			})
		})
	}
}

func TestImport_BuildsABrokenIndexAgain(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 20)...)
	if err := os.WriteFile(filepath.Join(dir, "gen-000001", "words.zap"), nil, 0o600); err != nil {
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
	f.Add(encodeItem(p.item))
	f.Add([]byte(`{"Fields":null,"Attachments":[{}]}`))
	f.Add([]byte(`{"ID":{},"Item":null}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, value []byte) {
		it, err := decodeItem(localID("ABCDEFG2"), value)
		if err == nil && it.ID.Key != "ABCDEFG2" {
			t.Errorf("item %s", it.ID)
		}
		if err != nil && library.CodeOf(err) != library.Unavailable {
			t.Errorf("error %v", err)
		}
	})
}

func FuzzDecodeChange(f *testing.F) {
	f.Add(change{kind: library.Added, at: importTime}.encode())
	f.Add(change{kind: library.Removed}.encode())
	f.Add([]byte("c\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, value []byte) {
		c, err := decodeChange(value)
		if err != nil {
			return
		}
		if again, err := decodeChange(c.encode()); err != nil || again.kind != c.kind || !again.at.Equal(c.at) {
			t.Errorf("%+v, then %+v, %v", c, again, err)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add((&Manifest{Format: format, ID: newID(), Library: library.Local, Files: []File{{Name: rowsFile, Size: 1}}, Index: []string{"words.zap"}}).Encode())
	f.Add((&Manifest{Format: format, Files: []File{{Name: "../x"}}}).Encode())
	f.Add([]byte("{}\n00000000\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		m, err := DecodeManifest(content)
		if err != nil {
			return
		}
		for _, name := range append(m.fileNames(), m.Index...) {
			if strings.ContainsAny(name, "/") || name == ".." {
				t.Errorf("a file named %q", name)
			}
		}
	})
}

func FuzzReadRecord(f *testing.F) {
	codec, err := pack.NewWriter()
	if err != nil {
		f.Fatal(err)
	}
	reader, err := pack.NewReader()
	if err != nil {
		f.Fatal(err)
	}
	record := encodeRecord(codec, []row{{key: "iKEY", value: []byte("{}")}, {key: "iOLD"}})
	f.Add(record)
	f.Add(append(record, record...))
	f.Add([]byte{0xff, 0xff, 0xff, 0x3f, 1})
	f.Fuzz(func(t *testing.T, log []byte) {
		for at := int64(0); ; {
			_, next, ok := readRecord(bytes.NewReader(log), reader, at, int64(len(log)))
			if !ok {
				return
			}
			if next <= at || next > int64(len(log)) {
				t.Fatalf("a record from %d to %d of %d", at, next, len(log))
			}
			at = next
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
