package pack

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// written returns the path of a file with rows.
func written(t testing.TB, rows map[string][]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if err := w.Add(key, rows[key]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func opened(t testing.TB, path string) *File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// sample returns rows in many blocks, one of them larger than a block.
func sample() map[string][]byte {
	rows := map[string][]byte{"": []byte("no key"), "removed": nil, "empty": {}, "large": bytes.Repeat([]byte("large value "), 10_000)}
	for i := range 3000 {
		rows[fmt.Sprintf("key%05d", i*3)] = []byte(strings.Repeat(fmt.Sprint(i, " "), i%40+1))
	}
	return rows
}

func TestFile_GivesBackEveryRow(t *testing.T) {
	rows := sample()
	f := opened(t, written(t, rows))
	if len(f.blocks) < 10 || f.Len() != len(rows) {
		t.Errorf("%d blocks with %d rows, want many with %d", len(f.blocks), f.Len(), len(rows))
	}
	for key, want := range rows {
		got, ok, err := f.Get(key)
		if err != nil || !ok || !bytes.Equal(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%q: %d bytes, %t, %v, want %d", key, len(got), ok, err, len(want))
		}
	}
	for _, key := range []string{"key00001", "a", "zzz", "key", "remove", "removed\x00"} {
		if got, ok, err := f.Get(key); ok || err != nil {
			t.Errorf("%q: %q, %v, want no row", key, got, err)
		}
	}
}

func TestCursor_GoesInOrderFromAnyKey(t *testing.T) {
	rows := sample()
	f := opened(t, written(t, rows))
	sorted := slices.Sorted(maps.Keys(rows))
	for _, from := range []string{"", "key", "key00001", "key04500", "removed", "zzz"} {
		var got []string
		c := f.Seek(from)
		for c.Next() {
			got = append(got, c.Key())
			if !bytes.Equal(c.Value(), rows[c.Key()]) {
				t.Errorf("%q: another value", c.Key())
			}
		}
		at, _ := slices.BinarySearch(sorted, from)
		if c.Err() != nil || !slices.Equal(got, sorted[at:]) {
			t.Errorf("from %q: %d rows, %v, want %d", from, len(got), c.Err(), len(sorted)-at)
		}
	}
}

func TestWriter_RefusesKeysOutOfOrder(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "rows"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Add("b", nil), w.Add("c", nil)); err != nil {
		t.Fatal(err)
	}
	if err := w.Add("c", nil); err == nil {
		t.Error("the same key twice is taken")
	}
	if err := w.Close(); err == nil {
		t.Error("the file counts as whole")
	}
}

func TestWriter_TellsOfABlockThatCannotBeWritten(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "rows"))
	if err != nil {
		t.Fatal(err)
	}
	w.to.file.Close()
	value := make([]byte, blockBytes)
	rand.NewChaCha8([32]byte{}).Read(value) // does not become smaller
	const most = 1000                       // blocks, far more than what is buffered
	rows := 0
	for ; err == nil && rows < most; rows++ {
		err = w.Add(fmt.Sprintf("%08d", rows), value)
	}
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("after %d rows: %v", rows, err)
	}
	if err := w.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Close: %v", err)
	}
}

func TestFile_WithoutRows(t *testing.T) {
	f := opened(t, written(t, nil))
	if _, ok, err := f.Get("x"); ok || err != nil {
		t.Errorf("Get: %t, %v", ok, err)
	}
	if c := f.Seek(""); c.Next() || c.Err() != nil {
		t.Errorf("a row, or %v", c.Err())
	}
}

// all reads every row of a file and returns the first error.
func all(path string) (rows map[string][]byte, err error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows = map[string][]byte{}
	c := f.Seek("")
	for c.Next() {
		rows[c.Key()] = c.Value()
	}
	return rows, c.Err()
}

// TestFile_NoticesEveryDamage changes each byte of a file, and cuts the file at
// each length.
func TestFile_NoticesEveryDamage(t *testing.T) {
	path := written(t, map[string][]byte{"a": []byte("one"), "b": nil, "c": bytes.Repeat([]byte("x"), 20_000), "d": []byte("four")})
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	try := func(what string, content []byte) {
		t.Helper()
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := all(bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", what, err)
		}
	}
	for i := range good {
		changed := slices.Clone(good)
		changed[i] ^= 0x10
		try(fmt.Sprintf("byte %d of %d", i, len(good)), changed)
		try(fmt.Sprintf("cut at %d", i), good[:i])
	}
}

func FuzzReadRows(f *testing.F) {
	rows := AppendRow(nil, "", "abc", []byte("value"))
	rows = AppendRow(rows, "abc", "abd", nil)
	f.Add(AppendRow(rows, "abd", "b", []byte{}))
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1})
	f.Add([]byte{5, 1, 1, 'x'})
	f.Fuzz(func(t *testing.T, block []byte) {
		r := ReadRows(block)
		size := 0
		for r.Next() {
			size += len(r.Value())
		}
		if size > len(block) {
			t.Errorf("%d bytes of values in %d", size, len(block))
		}
		if r.Err() != nil && !errors.Is(r.Err(), ErrDamaged) {
			t.Error(r.Err())
		}
	})
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte{1, 'a', 0, 5, 2, 1, 'b', 5, 5, 1}, int64(10))
	f.Add([]byte{200, 1}, int64(3))
	f.Fuzz(func(t *testing.T, index []byte, end int64) {
		if end < 0 || end > 1<<40 {
			t.Skip("no file is so large")
		}
		blocks, err := parseIndex(index, end)
		if err != nil {
			return
		}
		at := int64(0)
		for _, b := range blocks {
			if b.offset != at {
				t.Errorf("a block at %d, want %d", b.offset, at)
			}
			at += int64(b.size)
		}
		if at != end {
			t.Errorf("blocks end at %d, want %d", at, end)
		}
	})
}

func BenchmarkGet(b *testing.B) {
	rows := map[string][]byte{}
	for i := range 20_000 {
		rows[fmt.Sprintf("i%08d", i*7919%20_000)] = []byte(strings.Repeat(fmt.Sprintf("word%d of a row ", i*i%977), 60))
	}
	f := opened(b, written(b, rows))
	i := 0
	for b.Loop() {
		i++
		if _, ok, err := f.Get(fmt.Sprintf("i%08d", i*104729%20_000)); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}
