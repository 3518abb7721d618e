package shelf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestRebuild_TakesTheDifferenceIn(t *testing.T) {
	dir := t.TempDir()
	r := reading{
		collections: []library.Collection{{Key: "COLL2222", Name: "Light"}},
		items:       []*library.Item{withChildren(), item("GONE2222", "Gone"), item("STAY2222", "Stays")},
		texts:       map[string][]library.TextPage{"FILE2222": lanternText()},
	}
	for i, it := range r.items {
		it.Version = int64(i + 1)
	}
	mustRebuild(t, dir, r)
	s := mustOpen(t, dir)
	commitTo(t, s, 4, func(tx *Tx) error { return tx.PutCollection(library.Collection{Key: "COLL2223", Name: "Gone"}) })
	edited := item("STAY2222", "Stays, edited")
	edited.Version = 9
	r = reading{collections: r.collections, items: []*library.Item{r.items[0], edited}}
	mustRebuild(t, dir, r)
	if got, want := changesOf(t, s, 0), []string{"9 removed GONE2222", "9 changed STAY2222", "1 added WORK2222"}; !slices.Equal(sorted2(got), sorted2(want)) {
		t.Errorf("changes %q, want %q", got, want)
	}
	if got := found(t, s, library.Query{Text: "paraffin"}); len(got) != 1 {
		t.Errorf("the text that stays: %q", got)
	}
	if c, err := s.Collections(t.Context()); err != nil || len(c.Items) != 1 {
		t.Errorf("collections %+v, %v", c, err)
	}
	// A version that goes back is a library that was put back.
	edited.Version = 2
	r.items = r.items[1:]
	mustRebuild(t, dir, r)
	if info, err := s.Info(t.Context()); err != nil || info.Version != 2 || info.Items != 1 {
		t.Errorf("%+v, %v", info, err)
	}
}

func TestRebuild_SpillsRowsThatAreMany(t *testing.T) {
	dir, spills := t.TempDir(), 0
	mustImport(t, dir, books(0, 5)...)
	err := Rebuild(t.Context(), dir, func(b *Rebuilding) (int64, error) {
		b.making.batch = 1
		for _, it := range []*library.Item{item("A2222222", "Krill"), item("B2222222", "Squid"), item("C2222222", "Whales")} {
			if err := b.Put(it); err != nil {
				return 0, err
			}
		}
		spills = b.making.spills
		return 9, nil
	})
	if err != nil || spills < 3 {
		t.Fatalf("%d spills, %v", spills, err)
	}
	s := mustOpen(t, dir)
	if info, err := s.Info(t.Context()); err != nil || info.Version != 9 || info.Items != 3 {
		t.Errorf("%+v, %v", info, err)
	}
	if got := found(t, s, library.Query{Text: "squid"}); len(got) != 1 {
		t.Errorf("found %q", got)
	}
}

func TestRebuild_FailsWhole(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	before := files(t, dir)
	err := Rebuild(t.Context(), dir, func(b *Rebuilding) (int64, error) {
		if err := b.Put(item("A", "A")); err != nil {
			return 0, err
		}
		return 0, library.Errorf(library.RateLimited, "wait")
	})
	if library.CodeOf(err) != library.RateLimited {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(before, files(t, dir)); diff != "" {
		t.Errorf("files:\n%s", diff)
	}
}

func TestRebuild_OverADamagedLibrary(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	if err := os.Truncate(filepath.Join(dir, "gen-000001", rowsFile), 50); err != nil {
		t.Fatal(err)
	}
	mustRebuild(t, dir, reading{items: []*library.Item{item("A", "A harvest")}})
	if got := whole(t, mustOpen(t, dir)); len(got) != 1 {
		t.Errorf("%d works", len(got))
	}
	if err := Rebuild(t.Context(), dir, nil, WithLibrary("group:1")); library.CodeOf(err) != library.Conflict {
		t.Errorf("over another library: %v", err)
	}
}

// A library whose index was left in parts is searched, and has one index once the parts
// are merged: on request, or by the next transaction.
func TestRebuild_MergesTheIndexLater(t *testing.T) {
	for name, merge := range map[string]func(*Shelf){
		"on request":       (*Shelf).MergeIndex,
		"by a transaction": func(s *Shelf) { commit(t, s, func(tx *Tx) { mustPut(t, tx, item("NEW22222", "A harvest later")) }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const works = 20 // of two parts
			abstract := randomText(1, 100<<10)
			dir := t.TempDir()
			err := Rebuild(t.Context(), dir, func(b *Rebuilding) (int64, error) {
				b.MergeLater()
				for i := range works {
					it := item(fmt.Sprintf("WORK%04d", i+2222), "A harvest")
					it.Fields["abstractNote"] = abstract
					if err := b.Put(it); err != nil {
						return 0, err
					}
				}
				return 5, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			s := mustOpen(t, dir)
			if m := manifestOf(t, dir); len(m.Index) < 2 || slices.Contains(m.Index, "words.zap") {
				t.Fatalf("index files %q", m.Index)
			}
			page, err := s.Search(t.Context(), library.Query{Text: "harvest", Limit: 1})
			if err != nil || page.Total != works || page.QueryNotices != nil { // so few have no space
				t.Errorf("%d works in parts, %q, %v", page.Total, page.QueryNotices, err)
			}
			merge(s)
			s.compact.done.Wait()
			if m := manifestOf(t, dir); !slices.Equal(m.Index, []string{"words.zap"}) {
				t.Errorf("index files %q", m.Index)
			}
			if got := found(t, s, library.Query{Text: "harvest", ItemTypes: []string{"book"}}); len(got) < works {
				t.Errorf("%d works after merging", len(got))
			}
			before, _ := currentGeneration(dir)
			s.MergeIndex()
			s.compact.done.Wait()
			if now, _ := currentGeneration(dir); now != before {
				t.Errorf("an index that is whole was merged: %s", now)
			}
		})
	}
}

// manifestOf returns the manifest of a library's base.
func manifestOf(t *testing.T, dir string) *Manifest {
	t.Helper()
	generation, err := currentGeneration(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(filepath.Join(dir, generation))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What was removed before the first reading is not known, and Changes says so.
func TestRebuild_SaysThatFormerRemovalsAreNotKnown(t *testing.T) {
	dir := t.TempDir()
	read := func(version int64) {
		t.Helper()
		err := Rebuild(t.Context(), dir, func(b *Rebuilding) (int64, error) {
			return version, b.Put(&library.Item{ID: library.ItemID{Key: "AAAA2222"}, Version: 5, Type: "book", Fields: map[string]string{"title": "Tides"}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read(7)
	read(9) // a second reading knows what went since the first
	s, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for since, says := range map[int64]bool{6: true, 7: false} {
		page, err := s.Changes(t.Context(), library.ChangeQuery{SinceVersion: since, Limit: 10})
		if err != nil || (page.Notice == "removals up to version 7 are no longer known") != says {
			t.Errorf("since %d: %q, %v", since, page.Notice, err)
		}
	}
}
