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

func TestWith_ReplacesAndRemoves(t *testing.T) {
	s := shelves()
	x := memory(t, s)
	before := x
	total := func(text string) int { return search(t, x, library.Query{Text: text}).Total }

	d := index.Document{Item: work(1, "title", "Renamed"), Texts: nil}
	s.put(d)
	x = update(t, x, s, []index.Document{d})
	if total("renamed.") != 1 || total("species.") != 0 || total("existence.") != 0 {
		t.Error("the old words or passages are still found")
	}
	x = update(t, x, s, nil, keyOf(2), "ZZZZZZZZ")
	if total("entropy.") != 0 {
		t.Error("a removed work is still found")
	}
	x = update(t, x, s, []index.Document{s[keyOf(2)]}, keyOf(2))
	if total("entropy.") != 1 {
		t.Error("a work removed and put at once is not found")
	}
	if n := search(t, x, library.Query{}).Total; n != 5 {
		t.Errorf("total = %d, want 5", n)
	}
	if x := update(t, x, s, nil); x.Works() != 5 {
		t.Errorf("%d works after no change, want 5", x.Works())
	}
	if n := search(t, before, library.Query{Text: "existence."}).Total; n != 1 {
		t.Errorf("the version before has %d works with the old word, want 1", n)
	}
}

func TestWith_KeepsManySmallUpdatesInFewSegments(t *testing.T) {
	s := shelf{}
	x := memory(t, s)
	const works = 300
	for n := 1; n <= works; n++ {
		d := index.Document{Item: work(n, "title", fmt.Sprintf("common number%d", n), "abstractNote", "a a a a and the the the the the end"), Texts: []index.Text{
			{Attachment: "TEXT2222", Pages: []library.TextPage{{Number: 1, Text: fmt.Sprintf("body of work b%d, a text with a phrase", n)}}}}}
		d.Item.Tags = []string{"tagged"}
		d.Item.ParsedDate = "1999"
		d.Item.Creators = []library.Creator{{Given: "Ada", Family: "King"}}
		s.put(d)
		x = update(t, x, s, []index.Document{d})
	}
	if n := index.Segments(x); n > 20 {
		t.Errorf("%d segments after %d updates", n, works)
	}
	x = update(t, x, s, nil, keyOf(7))
	if n := index.Passages(x); n != works-1 || x.Works() != works-1 {
		t.Errorf("%d works with %d passages, want %d", x.Works(), n, works-1)
	}
	for _, q := range []library.Query{
		{Text: "common"}, {Text: `"with a phrase"`}, {Text: `"the the end"`},
		{TagsAll: []string{"tagged"}, Creator: "ada king", YearFrom: 1999},
	} {
		if r := search(t, x, q); r.Total != works-1 {
			t.Errorf("%+v: %d works, want %d", q, r.Total, works-1)
		}
	}
	if r := search(t, x, library.Query{Text: "b123."}); r.Total != 1 || r.Hits[0].Key != keyOf(123) || r.Hits[0].Match.Source != library.SourceFulltext {
		t.Errorf("got %+v", r)
	}
	if r := search(t, x, library.Query{Text: "b7."}); r.Total != 0 {
		t.Errorf("the text of a removed work is found: %+v", r)
	}
}

func TestSearch_RunsBesideUpdates(t *testing.T) {
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
	next := x
	for range 50 {
		next = update(t, next, s, docs)
	}
	wg.Wait()
}

// onDisk writes the index of a shelf into a directory and returns its files.
func onDisk(t testing.TB, dir string, s shelf) []string {
	t.Helper()
	b := index.NewBuilder(dir)
	for _, d := range s.documents() {
		if err := b.Add(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	files, err := b.Finish(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func opened(t testing.TB, dir string, files []string, s shelf) *index.Index {
	t.Helper()
	x, err := index.Open(dir, files, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func TestBuilder_WritesWhatOpenReads(t *testing.T) {
	s := shelves()
	dir := t.TempDir()
	files := onDisk(t, dir, s)
	for range 2 { // two readers at once
		x := opened(t, dir, files, s)
		if r := search(t, x, library.Query{Text: `"struggle for existence"`}); r.Total != 1 {
			t.Errorf("total = %d", r.Total)
		}
		x = update(t, x, s, nil, keyOf(1))
		if r := search(t, x, library.Query{}); r.Total != 4 {
			t.Errorf("total = %d after a removal, want 4", r.Total)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != len(files) {
		t.Errorf("%d files in the directory, %v, want %d", len(entries), err, len(files))
	}
}

func TestBuilder_TakesOverAnIndex(t *testing.T) {
	s := shelves()
	first := t.TempDir()
	x := opened(t, first, onDisk(t, first, s), s)
	changed := index.Document{Item: work(1, "title", "Renamed")}
	inMemory := index.Document{Item: work(9, "title", "Ninth")}
	s.put(changed)
	s.put(inMemory)
	x = update(t, x, s, []index.Document{inMemory}, keyOf(2), keyOf(3))
	dir := t.TempDir()
	b := index.NewBuilder(dir)
	if err := b.Add(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	files, err := b.Finish(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	got := opened(t, dir, files, s)
	for text, want := range map[string]int{"": 4, "renamed.": 1, "ninth.": 1, "species.": 0, "existence.": 0, "entropy.": 0} {
		if r := search(t, got, library.Query{Text: text}); r.Total != want {
			t.Errorf("%q: %d works, want %d", text, r.Total, want)
		}
	}
}

func TestBuilder_WithoutWorks(t *testing.T) {
	s := shelves()
	dir := t.TempDir()
	files, err := index.NewBuilder(dir).Finish(t.Context(), update(t, memory(t, s), s, nil, keyOf(1), keyOf(2), keyOf(3), keyOf(4), keyOf(5)))
	if err != nil || len(files) != 0 {
		t.Fatalf("files %q, %v, want none", files, err)
	}
	x := opened(t, dir, files, s)
	if r := search(t, x, library.Query{Text: "species"}); r.Total != 0 {
		t.Errorf("%d works, want none", r.Total)
	}
}

func TestOpen_AsksForRebuildingDamagedFiles(t *testing.T) {
	s := shelves()
	sound := t.TempDir()
	files := onDisk(t, sound, s)
	good, err := os.ReadFile(filepath.Join(sound, files[0]))
	if err != nil {
		t.Fatal(err)
	}
	spoilt := func(f func(b []byte) []byte) []byte { return f(append([]byte(nil), good...)) }
	for name, content := range map[string][]byte{
		"missing":   nil,
		"empty":     {},
		"cut short": spoilt(func(b []byte) []byte { return b[:len(b)/2] }),
		"garbage": spoilt(func(b []byte) []byte {
			for i := range b {
				b[i] = byte(i*7 + 3)
			}
			return b
		}),
		"one bit": spoilt(func(b []byte) []byte { b[len(b)/3] ^= 4; return b }),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if content != nil {
				if err := os.WriteFile(filepath.Join(dir, files[0]), content, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := index.Open(dir, files, s); !errors.Is(err, index.ErrRebuild) {
				t.Errorf("%v, want ErrRebuild", err)
			}
		})
	}
}
