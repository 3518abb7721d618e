package shelf

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// changedLibrary imports works and returns the folder with the library open.
func changedLibrary(t *testing.T, works ...Work) (string, Writer) {
	t.Helper()
	dir := t.TempDir()
	synced(t, dir, input("refs.bib", works...))
	return dir, NewWriter(mustOpen(t, dir))
}

// TestImport_KeepsChanges imports again a work that a caller changed, with another
// volume, tag and note: what the caller changed stays, and the rest is as the source
// says.
func TestImport_KeepsChanges(t *testing.T) {
	t.Parallel()
	ice := paper("ice1", "On the strength of ice", "volume", "3", "pages", "1-9", "extra", "Status: read")
	ice.Item.Tags, ice.Item.Notes = []string{"ice", "cold"}, []library.Note{{Text: "Read again."}, {Text: "Lent to Ada."}}
	ice.Collections = [][]string{{"Winter"}}
	dir, w := changedLibrary(t, ice, paper("sea1", "Tides and moons"))
	was := titled(t, w.Shelf, "On the strength of ice")
	key, own := was.ID.Key, w.NewKey()
	set(t, w, library.ItemObject, key, library.Data{
		"title": "On the strength of old ice", "place": nil, "pages": "1-19", "tags": []any{map[string]any{"tag": "ice"}, map[string]any{"tag": "mine"}},
		"extra": "Status: read\nShelf: B", "collections": []any{},
	})
	set(t, w, library.ItemObject, was.Notes[0].Key, library.Data{"note": "<p>Read it again.</p>"})
	write(t, w, library.ItemObject, library.Edit{Key: own, Data: library.Data{"itemType": "note", "parentItem": key, "note": "<p>My <b>own</b></p>"}})
	html := object(t, w, library.ItemObject, own).Data["note"]

	if r := synced(t, dir, input("refs.bib", ice, paper("sea1", "Tides and moons"))); r.Unchanged != 2 || r.Updated != 0 || r.OverruledCount != 0 {
		t.Errorf("the same again: %s, %+v", counts(r), r.Overruled)
	}
	next := paper("ice1", "On the strength of ice", "volume", "4", "pages", "1-9", "extra", "Status: lent")
	next.Item.Tags, next.Item.Notes = []string{"ice", "cold", "new"}, []library.Note{{Text: "Read again."}, {Text: "From the file."}}
	next.Collections = ice.Collections
	for range 2 { // a second time changes nothing
		if r := synced(t, dir, input("refs.bib", next, paper("sea1", "Tides and moons"))); r.OverruledCount != 0 || r.Items != 2 {
			t.Errorf("%s, %+v", counts(r), r.Overruled)
		}
		it := titled(t, w.Shelf, "On the strength of old ice")
		if it.ID.Key != key || it.Field("volume") != "4" || it.Field("pages") != "1-19" || it.Field("extra") != "Status: lent\nShelf: B" || it.CitationKey != "ice1" {
			t.Errorf("%+v", it)
		}
		if !slices.Equal(it.Tags, []string{"ice", "mine", "new"}) || len(it.Collections) != 0 {
			t.Errorf("tags %q, collections %q", it.Tags, it.Collections)
		}
		var notes []string
		for _, n := range it.Notes {
			notes = append(notes, n.Text)
		}
		if !slices.Equal(notes, []string{"Read it again.", "My **own**", "From the file."}) {
			t.Errorf("notes %q", notes)
		}
	}
	if got := object(t, w, library.ItemObject, own); got == nil || got.Data["note"] != html {
		t.Errorf("%+v, want %q", got, html)
	}
	next.Item.Notes = nil
	synced(t, dir, input("refs.bib", next, paper("sea1", "Tides and moons")))
	if it := titled(t, w.Shelf, "On the strength of old ice"); len(it.Notes) != 2 || it.Notes[0].Text != "Read it again." {
		t.Errorf("of notes that the source no longer has, those stay that a caller changed: %+v", it.Notes)
	}
	if found, err := w.Search(t.Context(), library.Query{Text: `"old ice"`, Limit: 5}); err != nil || found.Total != 1 {
		t.Errorf("the index has %d works, %v", found.Total, err)
	}
}

// TestImport_OverrulesChanges has the source say otherwise what a caller changed too:
// the source counts, and the report tells.
func TestImport_OverrulesChanges(t *testing.T) {
	t.Parallel()
	ice := paper("ice1", "On the strength of ice", "volume", "3")
	ice.Item.Notes = []library.Note{{Text: "A note of some length on ice and its strength."}}
	dir, w := changedLibrary(t, ice)
	was := titled(t, w.Shelf, "On the strength of ice")
	set(t, w, library.ItemObject, was.ID.Key, library.Data{"volume": "33", "pages": "7", "creators": []any{map[string]any{"creatorType": "author", "name": "Snow Club"}}})
	set(t, w, library.ItemObject, was.Notes[0].Key, library.Data{"note": "<p>Mine</p>"})
	changed := object(t, w, library.ItemObject, was.ID.Key).Version
	next := paper("ice1", "On the strength of ice", "volume", "4")
	next.Item.Creators = []library.Creator{{Role: "author", Family: "Shaw"}, {Role: "author", Family: "Ivory"}}
	next.Item.Notes = []library.Note{{Text: "A note of some length on ice and its great strength."}}
	r := synced(t, dir, input("refs.bib", next))
	want := []Overruled{{Key: was.ID.Key, Title: "On the strength of ice", Origin: "refs.bib:ice1", Fields: []string{"volume", "creators", "note"}}}
	if diff := cmp.Diff(want, r.Overruled); diff != "" || r.OverruledCount != 1 || r.Updated != 1 {
		t.Errorf("%s: %s", counts(r), diff)
	}
	if it := titled(t, w.Shelf, "On the strength of ice"); it.Field("volume") != "4" || it.Field("pages") != "7" || len(it.Creators) != 2 || it.Notes[0].Text != next.Item.Notes[0].Text {
		t.Errorf("%+v", it)
	}
	stale, err := w.Write(t.Context(), library.Batch{ID: "batch0002", Kind: library.ItemObject, Edits: []library.Edit{{Key: was.ID.Key, Version: changed, Data: library.Data{"volume": "5"}}}})
	if err != nil || stale[0].Status != library.EditRefused {
		t.Errorf("an edit that builds on the version before the import: %+v, %v", stale, err)
	}
}

// TestImport_LeavesTrashAlone imports again what a caller put into the trash.
func TestImport_LeavesTrashAlone(t *testing.T) {
	t.Parallel()
	ice, sea := paper("ice1", "On the strength of ice", "volume", "3"), paper("sea1", "Tides and moons")
	ice.Item.Notes = []library.Note{{Text: "Read again."}}
	dir, w := changedLibrary(t, ice, sea)
	was, other := titled(t, w.Shelf, "On the strength of ice"), titled(t, w.Shelf, "Tides and moons")
	set(t, w, library.ItemObject, was.ID.Key, library.Data{"deleted": true})
	ice = paper("ice1", "On the strength of ice", "volume", "4")
	ice.Item.Notes = []library.Note{{Text: "Read again."}}
	r := synced(t, dir, input("refs.bib", ice, sea))
	if got := counts(r); got != "0 added, 0 updated, 2 unchanged, 0 merged, 0 removed, 0 kept; 1 works" || r.Trashed != 1 || len(r.Works) != 1 || r.Works[0].Outcome != Trashed {
		t.Errorf("%s, %d trashed, %+v", got, r.Trashed, r.Works)
	}
	if again := synced(t, dir, input("refs.bib", ice, sea)); again.Version != r.Version || again.Trashed != 1 {
		t.Errorf("again: %s, version %d, was %d", counts(again), again.Version, r.Version)
	}
	set(t, w, library.ItemObject, was.ID.Key, library.Data{"deleted": false})
	if it := titled(t, w.Shelf, "On the strength of ice"); it.ID != was.ID || it.Field("volume") != "4" || it.Notes[0].Key != was.Notes[0].Key || it.CitationKey != "ice1" {
		t.Errorf("%+v", it)
	}
	set(t, w, library.ItemObject, was.ID.Key, library.Data{"deleted": true})
	if r := synced(t, dir, input("refs.bib", sea)); r.Removed != 1 || r.Items != 1 || object(t, w, library.ItemObject, was.ID.Key) != nil {
		t.Errorf("the source no longer has it: %s", counts(r))
	}
	if r := synced(t, dir, input("refs.bib", ice, sea)); r.Added != 1 || r.Items != 2 {
		t.Errorf("the source has it again: %s", counts(r))
	}
	if it := titled(t, w.Shelf, "Tides and moons"); it.ID != other.ID {
		t.Errorf("%+v", it)
	}
}

// TestImport_KeepsChangesBesideNewTexts imports again a changed work whose file has another
// text of the same length.
func TestImport_KeepsChangesBesideNewTexts(t *testing.T) {
	t.Parallel()
	file := annotated()
	dir, w := changedLibrary(t, file)
	set(t, w, library.ItemObject, keyOf(t, w.Shelf, "On Lanterns"), library.Data{"title": "On Lamps"})
	file.Texts = [][]library.TextPage{{{Number: 1, Text: "Of grass.\n"}, {Number: 2, Text: "Of oil and wick.\n"}}}
	synced(t, dir, input("refs.bib", file))
	for text, want := range map[string]int{"grass": 1, "glass": 0, "lamps": 1} {
		if got, err := w.Search(t.Context(), library.Query{Text: text, Mode: library.ModeExact, Limit: 5}); err != nil || got.Total != want {
			t.Errorf("%q finds %d works, want %d, %v", text, got.Total, want, err)
		}
	}
}

// TestImport_KeepsWhatCallersMade holds that a work of a caller outlives its sources, and
// that one of a source which a caller changed goes to the trash with it.
func TestImport_KeepsWhatCallersMade(t *testing.T) {
	t.Parallel()
	sea := paper("sea1", "Tides and moons", "DOI", "10.5555/sea", "volume", "1")
	dir, w := changedLibrary(t, sea)
	key, made := keyOf(t, w.Shelf, "Tides and moons"), w.NewKey()
	set(t, w, library.ItemObject, key, library.Data{"volume": "2"})
	write(t, w, library.ItemObject, library.Edit{Key: made, Data: library.Data{"itemType": "journalArticle", "title": "On the strength of ice", "DOI": "10.5555/ice", "pages": "3"}})
	ice := paper("ice1", "On the strength of ice", "DOI", "10.5555/ice", "volume", "3")
	r := synced(t, dir, input("refs.bib", sea), input("more.bib", ice))
	if it := titled(t, w.Shelf, "On the strength of ice"); r.Added != 0 || it.ID.Key != made || it.Field("volume") != "3" || it.Field("pages") != "3" || it.CitationKey == "" {
		t.Errorf("%s: %+v", counts(r), it)
	}
	r = synced(t, dir, input("refs.bib"), input("more.bib"))
	if got := counts(r); got != "0 added, 0 updated, 0 unchanged, 0 merged, 1 removed, 1 kept; 1 works" {
		t.Error(got)
	}
	if it := titled(t, w.Shelf, "On the strength of ice"); it.ID.Key != made || it.Field("volume") != "3" {
		t.Errorf("%+v", it)
	}
	set(t, w, library.ItemObject, key, library.Data{"deleted": false})
	if it := titled(t, w.Shelf, "Tides and moons"); it.Field("volume") != "2" {
		t.Errorf("%+v", it)
	}
	if r := synced(t, dir, input("more.bib", ice)); r.Items != 2 || r.Added != 0 {
		t.Errorf("the source of a caller's work comes back: %s", counts(r))
	}
}

// TestImport_KeepsCollections imports again works whose collection a caller renamed, and
// works of one in the trash.
func TestImport_KeepsCollections(t *testing.T) {
	t.Parallel()
	ice := paper("ice1", "On the strength of ice")
	ice.Collections = [][]string{{"Winter"}, {"Physics"}}
	dir, w := changedLibrary(t, ice)
	all, err := w.Collections(t.Context())
	if err != nil || len(all.Items) != 2 || all.Items[0].Name != "Physics" {
		t.Fatalf("%+v, %v", all.Items, err)
	}
	physics, winter, empty := all.Items[0].Key, all.Items[1].Key, w.NewKey()
	set(t, w, library.CollectionObject, winter, library.Data{"name": "Cold"})
	set(t, w, library.CollectionObject, physics, library.Data{"deleted": true})
	write(t, w, library.CollectionObject, library.Edit{Key: empty, Data: library.Data{"name": "Empty"}})
	ice.Item.Fields["volume"] = "9"
	sea := paper("sea1", "Tides and moons")
	sea.Collections = ice.Collections
	synced(t, dir, input("refs.bib", ice, sea))
	all, err = w.Collections(t.Context())
	want := []library.Collection{{Key: winter, Name: "Cold", Items: 2}, {Key: empty, Name: "Empty"}}
	if diff := cmp.Diff(want, all.Items); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	if it := titled(t, w.Shelf, "Tides and moons"); !slices.Equal(it.Collections, []string{winter}) {
		t.Errorf("the new work is in %q", it.Collections)
	}
}

// TestImport_KeepsChangesAfterAnyEdits edits two sources at random. The works that callers
// changed have what the sources say and what the callers changed.
func TestImport_KeepsChangesAfterAnyEdits(t *testing.T) {
	t.Parallel()
	for seed := range seeds(2) {
		random := rand.New(rand.NewPCG(seed, 11))
		dir, sources := t.TempDir(), [2]map[int]Work{{}, {}}
		for step := range 8 {
			for range 1 + random.IntN(6) {
				edit(random, sources[random.IntN(2)], step)
			}
			var inputs []*Input
			for i := range sources {
				inputs = append(inputs, input(fmt.Sprintf("%d.bib", i), valuesInOrder(sources[i])...))
			}
			r := synced(t, dir, inputs...)
			if again := synced(t, dir, inputs...); again.Version != r.Version || again.Added+again.Updated+again.Removed > 0 {
				t.Fatalf("seed %d, step %d: again %s", seed, step, counts(again))
			}
			fresh := t.TempDir()
			synced(t, fresh, inputs...)
			w := NewWriter(mustOpen(t, dir))
			now := whole(t, w.Shelf)
			var plain []*library.Item
			for _, it := range now {
				plain = append(plain, withoutChange(t, it))
			}
			if diff := cmp.Diff(said(whole(t, mustOpen(t, fresh))), said(plain)); diff != "" || r.OverruledCount > 0 {
				t.Fatalf("seed %d, step %d, %+v (-fresh +synchronised):\n%s", seed, step, r.Overruled, diff)
			}
			for _, it := range now {
				if !slices.Contains(it.Tags, "mine") && random.IntN(3) == 0 {
					changeAsCaller(t, w, it)
				}
			}
		}
	}
}

// changeAsCaller changes a work, in what no source says.
func changeAsCaller(t *testing.T, w Writer, it *library.Item) {
	t.Helper()
	tags := []any{map[string]any{"tag": "mine"}}
	for _, tag := range it.Tags {
		tags = append(tags, map[string]any{"tag": tag})
	}
	set(t, w, library.ItemObject, it.ID.Key, library.Data{"tags": tags, "language": "mine"})
	write(t, w, library.ItemObject, library.Edit{Key: w.NewKey(), Data: library.Data{"itemType": "note", "parentItem": it.ID.Key, "note": "<p>mine</p>"}})
}

// withoutChange returns a work without what changeAsCaller did, and fails if a part of that is
// missing.
func withoutChange(t *testing.T, it *library.Item) *library.Item {
	t.Helper()
	plain := copyOf(it)
	plain.Tags = slices.DeleteFunc(slices.Clone(it.Tags), func(tag string) bool { return tag == "mine" })
	plain.Notes = slices.DeleteFunc(plain.Notes, func(n library.Note) bool { return n.Text == "mine" })
	changed := len(plain.Tags) < len(it.Tags)
	if changed != (len(plain.Notes) < len(it.Notes)) || changed != (it.Field("language") == "mine") {
		t.Errorf("a part of a change is lost: %+v", it)
	}
	return plain
}
