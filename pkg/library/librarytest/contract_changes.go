package librarytest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// changes returns the clauses on libraries that change.
func changes() []clause[Changer] {
	return []clause[Changer]{
		{"Change_AddedWorksAreFound", setWorks, 0, testAdded},
		{"Change_ChangedWorksAreFoundAsTheyAre", setWorks, 0, testChanged},
		{"Change_RemovedWorksAreGone", setWorks, 0, testRemoved},
		{"Change_RemovedWorksCanReturn", setWorks, 0, testReturned},
		{"Change_PagesStayDisjoint", setFew, 0, testPagingBetween},
	}
}

// newKey is the key of the work that the contract adds.
const newKey = "NEWWRK22"

const titleNew = "On Newly Bound Almanacs"

// newWork returns a work that no set has.
func newWork() Work {
	w := titled("book", titleNew, "It arrived today.", author("Binder", "Bo"))
	w.Item.ID.Key = newKey
	w.Item.Tags = []string{"arrivals"}
	w.Item.ParsedDate = "2026"
	w.Item.Notes = []library.Note{{Text: "Spine repaired with vellum.", Tags: []string{"conservation"}}}
	w.Item.Attachments = []library.Attachment{{
		Title: "Scan", Filename: "almanacs.pdf", ContentType: "application/pdf", Text: library.TextStatus{Available: true, Pages: 2, PagesRead: 2},
	}}
	w.FileNotes = []string{"Photographed under lamplight."}
	w.Texts = [][]library.TextPage{pagesOf("Tables of the moon.\n", "Tides at the quay.\n")}
	return w
}

func put(t *testing.T, r Changer, w Work) {
	t.Helper()
	if err := r.Put(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, r Changer, key string) {
	t.Helper()
	if err := r.Remove(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// state returns the version and the number of works of a library.
func state(t *testing.T, r library.Reader) (version int64, items int) {
	t.Helper()
	info, err := r.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.Version, info.Items
}

// changesSince returns what changed after a version.
func changesSince(t *testing.T, r library.Reader, version int64) []library.Change {
	t.Helper()
	got, err := r.Changes(t.Context(), library.ChangeQuery{SinceVersion: version, Limit: 50})
	if err != nil || got.Total != len(got.Items) {
		t.Fatalf("%d changes of %d, %v", len(got.Items), got.Total, err)
	}
	return got.Items
}

func testAdded(t *testing.T, r Changer) {
	before, items := state(t, r)
	put(t, r, newWork())
	after, now := state(t, r)
	if after <= before || now != items+1 {
		t.Errorf("version %d after %d, %d works after %d", after, before, now, items)
	}
	for _, c := range []found{
		{promise: "its title", q: library.Query{Text: "almanacs"}, only: []string{titleNew}},
		{promise: "its note", q: library.Query{Text: "vellum"}, only: []string{titleNew}, source: library.SourceNote},
		{promise: "the note in its file", q: library.Query{Text: "lamplight"}, only: []string{titleNew}, source: library.SourceNote},
		{promise: "its text", q: library.Query{Text: "quay"}, only: []string{titleNew}, source: library.SourceFulltext, page: "2"},
		{promise: "with text", q: library.Query{HasText: true, Creator: "binder"}, only: []string{titleNew}},
		{promise: "its tag", q: library.Query{TagsAll: []string{"arrivals"}}, only: []string{titleNew}},
		{promise: "its creator", q: library.Query{Creator: "binder"}, only: []string{titleNew}},
		{promise: "its year", q: library.Query{YearFrom: 2026}, only: []string{titleNew}},
	} {
		checkFound(t, r, c)
	}
	if got := tagsOf(t, r, "arrivals"); !slices.Equal(got, []library.Tag{{Name: "arrivals", Items: 1}}) {
		t.Errorf("tags %+v", got)
	}
	got := changesSince(t, r, before)
	if len(got) != 1 || got[0].Kind != library.Added || got[0].Key != newKey || got[0].Item == nil || got[0].Item.Title() != titleNew {
		t.Errorf("changes %+v", got)
	}
}

func testChanged(t *testing.T, r Changer) {
	put(t, r, newWork())
	before, items := state(t, r)
	w := newWork()
	w.Item.Fields = map[string]string{"title": "On Lately Sewn Ledgers"}
	w.Item.Tags, w.Item.Notes, w.Item.Attachments, w.FileNotes, w.Texts = nil, nil, nil, nil, nil
	put(t, r, w)
	if _, now := state(t, r); now != items {
		t.Errorf("%d works after %d", now, items)
	}
	for _, c := range []found{
		{promise: "the new title", q: library.Query{Text: "ledgers"}, only: []string{"On Lately Sewn Ledgers"}},
		{promise: "the old title", q: library.Query{Text: "almanacs"}, only: []string{}},
		{promise: "the old note", q: library.Query{Text: "vellum"}, only: []string{}},
		{promise: "the note in the old file", q: library.Query{Text: "lamplight"}, only: []string{}},
		{promise: "the old text", q: library.Query{Text: "quay"}, only: []string{}},
		{promise: "with the old text", q: library.Query{Text: "ledgers", HasText: true}, only: []string{}},
		{promise: "the old tag", q: library.Query{TagsAny: []string{"arrivals", "conservation"}}, only: []string{}},
	} {
		checkFound(t, r, c)
	}
	if got := tagsOf(t, r, "arrivals"); len(got) != 0 {
		t.Errorf("tags %+v", got)
	}
	got := changesSince(t, r, before)
	if len(got) != 1 || got[0].Kind != library.Changed || got[0].Key != newKey {
		t.Errorf("changes %+v", got)
	}
}

func testRemoved(t *testing.T, r Changer) {
	it := find(t, r, TitleLight)
	children := []string{it.ID.Key, it.Attachments[0].Key, it.Attachments[0].Annotations[0].Key}
	before, items := state(t, r)
	remove(t, r, it.ID.Key)
	if _, now := state(t, r); now != items-1 {
		t.Errorf("%d works after %d", now, items)
	}
	for _, c := range []found{
		{promise: "its title", q: library.Query{Text: "treatise"}, only: []string{}},
		{promise: "its text", q: library.Query{Text: "whiteness"}, only: []string{}},
		{promise: "its annotation", q: library.Query{Text: "experimentum"}, only: []string{}},
		{promise: "its tag", q: library.Query{TagsAll: []string{"physics"}}, only: []string{}},
	} {
		checkFound(t, r, c)
	}
	if got, err := r.Items(t.Context(), children); err != nil || len(got.Items) != 0 {
		t.Errorf("%d items of its keys, %v", len(got.Items), err)
	}
	if _, err := r.Text(t.Context(), it.ID.Key, library.TextQuery{}); library.CodeOf(err) != library.NotFound {
		t.Errorf("its text: %v", err)
	}
	if _, err := r.Passages(t.Context(), it.ID.Key, library.PassageQuery{Question: "light", Limit: 5}); library.CodeOf(err) != library.NotFound {
		t.Errorf("its passages: %v", err)
	}
	if got := tagsOf(t, r, "physics"); len(got) != 0 {
		t.Errorf("tags %+v", got)
	}
	got := changesSince(t, r, before)
	if len(got) != 1 || got[0].Kind != library.Removed || got[0].Key != it.ID.Key || got[0].Item != nil || got[0].Version <= before {
		t.Errorf("changes %+v", got)
	}
}

func testReturned(t *testing.T, r Changer) {
	put(t, r, newWork())
	remove(t, r, newKey)
	before, items := state(t, r)
	put(t, r, newWork())
	if _, now := state(t, r); now != items+1 {
		t.Errorf("%d works after %d", now, items)
	}
	checkFound(t, r, found{promise: "its title", q: library.Query{Text: "almanacs"}, only: []string{titleNew}})
	got := changesSince(t, r, before)
	if len(got) != 1 || got[0].Kind == library.Removed || got[0].Key != newKey {
		t.Errorf("changes %+v", got)
	}
}

// testPagingBetween checks that pages neither repeat nor lose a work while works
// are added and removed between them, and that a page tells by its version that
// the library changed.
func testPagingBetween(t *testing.T, r Changer) {
	for i, q := range []library.Query{{Sort: library.SortTitle, Limit: 20}, {Text: "study", Limit: 20}} {
		originals := map[library.ItemID]bool{}
		for _, h := range walk(t, r, library.Query{TagsNone: []string{"between pages"}, Limit: 50}) {
			originals[h.Item.ID] = true
		}
		seen := map[library.ItemID]int{}
		version, page := int64(0), 0
		for more := true; more; page++ {
			got, err := r.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if got.Version <= version {
				t.Errorf("version %d after %d", got.Version, version)
			}
			version = got.Version
			for _, h := range got.Items {
				seen[h.Item.ID]++
			}
			remove(t, r, got.Items[0].Item.ID.Key)
			put(t, r, Work{Item: library.Item{
				ID: library.ItemID{Key: fmt.Sprintf("NEWWRK%d%d", i+2, page+2)}, Type: "book", Tags: []string{"between pages"},
				Fields: map[string]string{"title": "A study before others"},
			}})
			q, more = following(q, got)
		}
		if page < 3 {
			t.Fatalf("%d pages", page)
		}
		for id := range originals {
			if seen[id] != 1 {
				t.Errorf("%+v: %v is on %d pages", q, id, seen[id])
			}
		}
	}
}
