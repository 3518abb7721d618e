package shelf

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/citekey"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// volume99 returns an item as a replica puts it; own is its own citation key.
func volume99(key, own, title string, added int) *library.Item {
	it := &library.Item{ID: library.ItemID{Key: key}, Type: "book", ParsedDate: "1999", Fields: map[string]string{"title": title},
		Creators: []library.Creator{{Role: "author", Family: "Shaw"}}, Added: time.Unix(int64(added), 0).UTC()}
	if own != "" {
		it.Fields["citationKey"] = own
	}
	return it
}

// citationKeys returns the citation keys of a library by item key.
func citationKeys(t *testing.T, s *Shelf) map[string]string {
	t.Helper()
	keys := map[string]string{}
	if _, err := s.Each(t.Context(), func(it *library.Item) error { keys[it.ID.Key] = it.CitationKey; return nil }); err != nil {
		t.Fatal(err)
	}
	return keys
}

// putAll puts items, and removes those of the keys, in one transaction.
func putAll(t *testing.T, s *Shelf, items []*library.Item, gone ...string) {
	t.Helper()
	commit(t, s, func(tx *Tx) {
		for _, it := range items {
			if err := tx.Put(it); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range gone {
			if err := tx.Remove(key); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestCitationKeys_InTransactions(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	for _, step := range []struct {
		does string
		put  []*library.Item
		gone []string
		want map[string]string
	}{
		{"own keys go before made ones, older works before newer ones",
			[]*library.Item{volume99("A", "", "On ice", 3), volume99("B", "", "On ice", 2), volume99("C", "shaw1999ice", "X", 4), volume99("D", "O'Hara_1999", "Y", 5), volume99("E", "ohara_1999", "Z", 1)},
			nil, map[string]string{"A": "shaw1999iceb", "B": "shaw1999icea", "C": "shaw1999ice", "D": "O'Hara_1999a", "E": "ohara_1999"}},
		{"a made key stays when the work changes", []*library.Item{volume99("A", "", "On fire", 3), volume99("B", "", "On snow", 2)},
			nil, map[string]string{"A": "shaw1999iceb", "B": "shaw1999icea", "C": "shaw1999ice", "D": "O'Hara_1999a", "E": "ohara_1999"}},
		{"a work gets the key that it is given", []*library.Item{volume99("A", "fire", "On fire", 3)},
			nil, map[string]string{"A": "fire", "B": "shaw1999icea", "C": "shaw1999ice", "D": "O'Hara_1999a", "E": "ohara_1999"}},
		{"a key that is taken is not given; one that is withdrawn stays", []*library.Item{volume99("A", "Shaw1999iceA", "On fire", 3), volume99("C", "", "X", 4)},
			nil, map[string]string{"A": "fire", "B": "shaw1999icea", "C": "shaw1999ice", "D": "O'Hara_1999a", "E": "ohara_1999"}},
		{"a removed work leaves its key to a work that owns it", []*library.Item{volume99("F", "", "On ice", 9), volume99("A", "shaw1999ice", "On fire", 3)},
			[]string{"C"}, map[string]string{"A": "shaw1999ice", "B": "shaw1999icea", "D": "O'Hara_1999a", "E": "ohara_1999", "F": "shaw1999icec"}},
		{"keys are swapped", []*library.Item{volume99("A", "x", "On fire", 3), volume99("E", "y", "Z", 1)},
			nil, map[string]string{"A": "x", "B": "shaw1999icea", "D": "O'Hara_1999a", "E": "y", "F": "shaw1999icec"}},
		{"keys are swapped back", []*library.Item{volume99("A", "y", "On fire", 3), volume99("E", "x", "Z", 1)},
			[]string{"B"}, map[string]string{"A": "y", "D": "O'Hara_1999a", "E": "x", "F": "shaw1999icec"}},
		{"a work that comes back has its key, and no other work has it",
			[]*library.Item{volume99("G", "", "On ice", 10), volume99("B", "shaw1999icea", "On snow", 2)}, nil,
			map[string]string{"A": "y", "B": "shaw1999icea", "D": "O'Hara_1999a", "E": "x", "F": "shaw1999icec", "G": "shaw1999iced"}},
		{"a key of Better BibTeX's in extra is the work's own", []*library.Item{{ID: library.ItemID{Key: "H"}, Type: "book", Fields: map[string]string{"title": "T", "extra": "PMID: 1\nCitation Key: better2020"}}}, nil,
			map[string]string{"A": "y", "B": "shaw1999icea", "D": "O'Hara_1999a", "E": "x", "F": "shaw1999icec", "G": "shaw1999iced", "H": "better2020"}},
	} {
		putAll(t, s, step.put, step.gone...)
		if diff := cmp.Diff(step.want, citationKeys(t, s)); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", step.does, diff)
		}
	}
	found, err := s.Search(t.Context(), library.Query{Text: "@shaw1999iced", Limit: 5})
	if err != nil || found.Total != 1 || found.Items[0].Item.ID.Key != "G" {
		t.Errorf("a made key finds %d works, %v", found.Total, err)
	}
}

// rebuild reads a library whole.
func rebuild(t *testing.T, dir string, version int64, items ...*library.Item) {
	t.Helper()
	err := Rebuild(t.Context(), dir, func(b *Rebuilding) (int64, error) {
		for _, it := range items {
			if err := b.Put(it); err != nil {
				return 0, err
			}
		}
		return version, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCitationKeys_StayWhenALibraryIsReadAgain(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	items := []*library.Item{volume99("A", "", "On ice", 3), volume99("B", "", "On ice", 2), volume99("C", "k", "X", 4), volume99("D", "K", "Y", 1)}
	rebuild(t, one, 5, items...)
	want := map[string]string{"A": "shaw1999icea", "B": "shaw1999ice", "C": "ka", "D": "K"}
	if diff := cmp.Diff(want, citationKeys(t, mustOpen(t, one))); diff != "" {
		t.Fatalf("the first reading (-want +got):\n%s", diff)
	}
	// A process that reads by itself, in another order, makes the same keys.
	slices.Reverse(items)
	rebuild(t, two, 5, items...)
	if diff := cmp.Diff(want, citationKeys(t, mustOpen(t, two))); diff != "" {
		t.Errorf("another process (-want +got):\n%s", diff)
	}
	items[3].Fields["title"], items[2].Fields["title"] = "On snow", "On water"
	rebuild(t, one, 9, append(items, volume99("E", "", "On ice", 0))...)
	want["E"] = "shaw1999iceb"
	if diff := cmp.Diff(want, citationKeys(t, mustOpen(t, one))); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}

func TestCitationKeys_AreInSnapshots(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	s := mustOpen(t, dir)
	putAll(t, s, []*library.Item{volume99("A", "", "On ice", 1), volume99("B", "", "On ice", 2)})
	putAll(t, s, []*library.Item{volume99("A", "", "On snow", 1), volume99("C", "", "On ice", 3)})
	if err := store(t, s, nil).restore(t, other); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(citationKeys(t, s), citationKeys(t, mustOpen(t, other))); diff != "" {
		t.Errorf("(-original +restored):\n%s", diff)
	}
}

// The works of a library that an earlier version wrote get their keys when it is
// opened.
func TestCitationKeys_OfALibraryWithoutKeys(t *testing.T) {
	dir := t.TempDir()
	m := newMaking(dir, options{library: library.Local})
	if err := m.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, it := range []*library.Item{volume99("A", "", "On ice", 3), volume99("B", "shaw1999ice", "On ice", 2)} {
		it.Version = 1
		if err := writeItem(m.rows, nil, it, change{kind: library.Added, at: importTime}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.write(t.Context(), meta{Version: 1, Items: 2}, contents{}); err != nil {
		t.Fatal(err)
	}
	old, err := readManifest(m.folder)
	if err != nil {
		t.Fatal(err)
	}
	old.CitationKeys = false
	if err := writeFile(filepath.Join(m.folder, manifestFile), old.Encode()); err != nil {
		t.Fatal(err)
	}
	if err := m.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, dir)
	if diff := cmp.Diff(map[string]string{"A": "shaw1999icea", "B": "shaw1999ice"}, citationKeys(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if found, err := s.Search(t.Context(), library.Query{Text: "@shaw1999icea", Limit: 5}); err != nil || found.Total != 1 {
		t.Errorf("the made key finds %d works, %v", found.Total, err)
	}
}

func TestImport_TellsOfKeyClashes(t *testing.T) {
	dir := t.TempDir()
	doyle := func(title string) Work { return paper("Doyle2011", title) }
	works := []Work{doyle("Tides"), doyle("On ice"), work("book", "Doyle", "title", "Without a key", "year", "2011")}
	r := synced(t, dir, input("refs.bib", works...))
	want := []KeyClash{{Key: "Doyle2011", Title: "On ice", Origin: "refs.bib:Doyle2011", Got: "Doyle2011a", Holder: "Tides"}}
	if diff := cmp.Diff(want, r.KeyClashes); diff != "" || r.KeyClashCount != 1 {
		t.Errorf("%d clashes (-want +got):\n%s", r.KeyClashCount, diff)
	}
	keys := citationKeys(t, mustOpen(t, dir))
	slices.Reverse(works)
	if r := synced(t, dir, input("refs.bib", works...)); r.Unchanged != 3 || r.KeyClashCount != 0 {
		t.Errorf("in another order: %s, %+v", counts(r), r.KeyClashes)
	}
	if diff := cmp.Diff(keys, citationKeys(t, mustOpen(t, dir))); diff != "" {
		t.Errorf("in another order (-before +after):\n%s", diff)
	}
	synced(t, dir, input("refs.bib", works[0], works[1])) // without the holder
	works[1].Item.Fields["abstractNote"] = "Edited."
	if r := synced(t, dir, input("refs.bib", works[0], works[1])); r.Updated != 1 || r.KeyClashCount != 0 {
		t.Errorf("an edit: %s, %+v", counts(r), r.KeyClashes)
	}
	if got := slices.Sorted(maps.Values(citationKeys(t, mustOpen(t, dir)))); !slices.Equal(got, []string{"Doyle2011a", "doyle2011without"}) {
		t.Errorf("after the holder is gone: %v", got)
	}
}

// A key of its own that another work has is more to a work than none.
func TestCitationKeys_OwnKeysGoFirst(t *testing.T) {
	dir := t.TempDir()
	rebuild(t, dir, 1, volume99("A", "shaw1999ice", "X", 1), volume99("B", "shaw1999ice", "Y", 5), volume99("C", "", "On ice", 2))
	if diff := cmp.Diff(map[string]string{"A": "shaw1999ice", "B": "shaw1999icea", "C": "shaw1999iceb"}, citationKeys(t, mustOpen(t, dir))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A library of 5,000 works, many of which claim the same keys, has no key twice.
func TestCitationKeys_AreUnique(t *testing.T) {
	n := 5000
	if testing.Short() {
		n = 500
	}
	works := make([]Work, n)
	for i := range works {
		own := ""
		if i%3 == 0 {
			own = strings.Repeat("K", 1+i%2) + fmt.Sprint(i%50)
		}
		works[i] = work("book", fmt.Sprintf("Author%d", i%9), "title", fmt.Sprintf("Volume %d", i), "citationKey", own, "year", "1999")
	}
	s, err := FromWorks(t.Context(), "Memory", works)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for key, citation := range citationKeys(t, s) {
		if citation == "" || seen[citekey.Fold(citation)] || citekey.Clean(citation) != citation {
			t.Errorf("work %s has key %q", key, citation)
		}
		seen[citekey.Fold(citation)] = true
	}
	if len(seen) != n {
		t.Errorf("%d keys for %d works", len(seen), n)
	}
}

// Of two works that claim the key that a third gives up, one gets it.
func TestCitationKeys_OneOfTwoGetsAKeyThatIsGivenUp(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	putAll(t, s, []*library.Item{volume99("C", "ice", "On ice", 1)})
	putAll(t, s, []*library.Item{volume99("A", "ice", "On ice", 2), volume99("B", "ice", "On ice", 3), volume99("C", "snow", "On ice", 1)})
	if diff := cmp.Diff(map[string]string{"A": "ice", "B": "icea", "C": "snow"}, citationKeys(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A work that is put and removed in one transaction gets no key.
func TestCitationKeys_OfAWorkThatIsRemovedAtOnce(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := errors.Join(tx.Put(volume99("A", "", "On ice", 1)), tx.Put(volume99("B", "", "On snow", 2)), tx.Remove("A")); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"B": "shaw1999snow"}, citationKeys(t, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
