package index_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// update applies a change to an index.
func update(t testing.TB, x *index.Index, put []index.Document, remove ...string) {
	t.Helper()
	if err := x.Update(t.Context(), put, remove); err != nil {
		t.Fatal(err)
	}
}

func TestUpdatesReplaceAndRemove(t *testing.T) {
	s := shelves()
	x := memory(t, s)
	total := func(text string) int { return search(t, x, library.Query{Text: text}).Total }

	d := index.Document{Item: work(1, "title", "Renamed"), Texts: nil}
	s.put(d)
	update(t, x, []index.Document{d})
	if total("renamed.") != 1 || total("species.") != 0 || total("existence.") != 0 {
		t.Error("the old words or passages are still found")
	}
	update(t, x, nil, keyOf(2), "ZZZZZZZZ")
	if total("entropy.") != 0 {
		t.Error("a removed work is still found")
	}
	update(t, x, []index.Document{s[keyOf(2)]}, keyOf(2))
	if total("entropy.") != 1 {
		t.Error("a work removed and put at once is not found")
	}
	if n := search(t, x, library.Query{}).Total; n != 5 {
		t.Errorf("total = %d, want 5", n)
	}
	update(t, x, nil)
}

func TestManySmallUpdatesStayFew(t *testing.T) {
	s := shelf{}
	x := memory(t, s)
	for n := 1; n <= 300; n++ {
		d := index.Document{Item: work(n, "title", fmt.Sprintf("common number%d", n)), Texts: []index.Text{
			{Attachment: "TEXT2222", Pages: []library.TextPage{{Number: 1, Text: fmt.Sprintf("body of work b%d, a text with a phrase", n)}}}}}
		d.Item.Tags = []string{"tagged"}
		d.Item.ParsedDate = "1999"
		d.Item.Creators = []library.Creator{{Given: "Ada", Family: "King"}}
		s.put(d)
		update(t, x, []index.Document{d})
	}
	update(t, x, nil, keyOf(7))
	for _, q := range []library.Query{{Text: "common"}, {Text: `"with a phrase"`}, {TagsAll: []string{"tagged"}, Creator: "ada king", YearFrom: 1999}} {
		if r := search(t, x, q); r.Total != 299 {
			t.Errorf("%+v: %d works", q, r.Total)
		}
	}
	if r := search(t, x, library.Query{Text: "b123."}); r.Total != 1 || r.Hits[0].Key != keyOf(123) || r.Hits[0].Match.Source != library.SourceFulltext {
		t.Errorf("got %+v", r)
	}
}

func TestSearchesRunWhileUpdatesDo(t *testing.T) {
	s := shelves()
	x := memory(t, s)
	docs := s.documents()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				r, err := x.Search(t.Context(), library.Query{Text: "species", Limit: 5}, nil)
				if err != nil || r.Total != 1 {
					t.Errorf("%+v, %v", r, err)
					return
				}
				if _, err := x.Passages(t.Context(), keyOf(1), library.PassageQuery{Question: "pigeons", Limit: 5}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 50 {
		update(t, x, docs)
	}
	wg.Wait()
}

// onDisk makes an index over a shelf in a directory and closes it.
func onDisk(t testing.TB, dir string, s shelf) {
	t.Helper()
	x, err := index.Create(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	update(t, x, s.documents())
	if err := x.SetVersion(42); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAnIndexOnDisk(t *testing.T) {
	s := shelves()
	dir := filepath.Join(t.TempDir(), "index")
	onDisk(t, dir, s)
	open := func() *index.Index {
		t.Helper()
		x, err := index.Open(dir, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	a, b := open(), open() // two readers at once
	for _, x := range []*index.Index{a, b} {
		if r := search(t, x, library.Query{Text: `"struggle for existence"`}); r.Total != 1 {
			t.Errorf("total = %d", r.Total)
		}
		if v, err := x.Version(); v != 42 || err != nil {
			t.Errorf("version %d, %v", v, err)
		}
		if err := x.Update(t.Context(), s.documents(), nil); library.CodeOf(err) != library.Conflict {
			t.Errorf("writing to a reader: %v", err)
		}
	}
	if _, err := index.Create(dir, s); library.CodeOf(err) != library.Conflict || errors.Is(err, index.ErrRebuild) {
		t.Errorf("writing beside readers: %v, want conflict", err)
	}
	for _, x := range []*index.Index{a, b} {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	w, err := index.Create(dir, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := index.Open(dir, s); library.CodeOf(err) != library.Conflict {
		t.Errorf("reading beside a writer: %v, want conflict", err)
	}
	update(t, w, nil, keyOf(1))
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	c := open()
	if r := search(t, c, library.Query{}); r.Total != 4 {
		t.Errorf("total = %d, want 4", r.Total)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestAClosedIndex(t *testing.T) {
	s := shelves()
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "x")} {
		var x *index.Index
		var err error
		if dir == "" {
			x, err = index.Memory(s)
		} else {
			x, err = index.Create(dir, s)
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := x.Close(); err != nil {
				t.Error(err)
			}
		}
		_, searching := x.Search(t.Context(), library.Query{Limit: 1}, nil)
		_, versioning := x.Version()
		for _, err := range []error{searching, versioning, x.Update(t.Context(), s.documents(), nil), x.SetVersion(1)} {
			if library.CodeOf(err) != library.Unavailable {
				t.Errorf("after Close: %v", err)
			}
		}
	}
}

func TestUnusableDirectoriesAskToBeRebuilt(t *testing.T) {
	s := shelves()
	sound := filepath.Join(t.TempDir(), "sound")
	onDisk(t, sound, s)
	segments, _ := filepath.Glob(filepath.Join(sound, "*.zap"))
	if len(segments) == 0 {
		t.Fatal("no segments on disk")
	}
	segment := filepath.Base(segments[0])
	change := func(t *testing.T, dir, name string, f func([]byte) []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	garbage := func(b []byte) []byte {
		for i := range b {
			b[i] = byte(i*7 + 3)
		}
		return b
	}
	tests := []struct {
		name  string
		empty bool
		spoil func(t *testing.T, dir string)
	}{
		{"no directory", true, func(t *testing.T, dir string) { _ = os.RemoveAll(dir) }},
		{"an empty directory", true, func(t *testing.T, dir string) { _ = os.RemoveAll(dir); _ = os.Mkdir(dir, 0o700) }},
		{"a segment missing", false, func(t *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, segment)) }},
		{"a segment empty", false, func(t *testing.T, dir string) { change(t, dir, segment, func([]byte) []byte { return nil }) }},
		{"a segment cut short", false, func(t *testing.T, dir string) {
			change(t, dir, segment, func(b []byte) []byte { return b[:len(b)/2] })
		}},
		{"a segment of garbage", false, func(t *testing.T, dir string) { change(t, dir, segment, garbage) }},
		{"one bit of a segment", false, func(t *testing.T, dir string) {
			change(t, dir, segment, func(b []byte) []byte { b[len(b)/3] ^= 4; return b })
		}},
		{"the root empty", false, func(t *testing.T, dir string) { change(t, dir, "root.bolt", func([]byte) []byte { return nil }) }},
		{"the root cut short", false, func(t *testing.T, dir string) {
			change(t, dir, "root.bolt", func(b []byte) []byte { return b[:9000] })
		}},
		{"the root cut in its head", false, func(t *testing.T, dir string) {
			change(t, dir, "root.bolt", func(b []byte) []byte { return b[:100] })
		}},
		{"the root of garbage", false, func(t *testing.T, dir string) { change(t, dir, "root.bolt", garbage) }},
		{"the root's pages of garbage", false, func(t *testing.T, dir string) {
			change(t, dir, "root.bolt", func(b []byte) []byte { garbage(b[8192:]); return b })
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			for name, open := range map[string]func(string, index.Source) (*index.Index, error){"Open": index.Open, "Create": index.Create} {
				if name == "Create" && tc.empty {
					continue // that makes a new one
				}
				dir := filepath.Join(t.TempDir(), "index")
				if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
					t.Fatal(err)
				}
				tc.spoil(t, dir)
				x, err := open(dir, s)
				if err == nil {
					_ = x.Close()
				}
				if !errors.Is(err, index.ErrRebuild) {
					t.Errorf("%s: %v, want ErrRebuild", name, err)
				}
			}
		})
	}
}
