package librarytest

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// RunWriter checks that a library keeps the contract of [library.Writer]. It makes the
// objects that it changes itself, so that the library may hold others. Each clause is a
// subtest whose name says what the library must do. An oddity frees it of a part.
func RunWriter(t *testing.T, w library.Writer, oddities ...Oddity) {
	for _, c := range []struct {
		name   string
		varies Oddity // the oddity that frees a library of it, or 0
		test   func(*testing.T, *writes)
	}{
		{"Info_SaysMayWrite", 0, testMayWrite},
		{"NewKey_IsUnique", 0, testNewKey},
		{"Write_MakesWorks", UnreadWrites, testMakeWork},
		{"Write_MakesParentsBeforeChildren", UnreadWrites, testMakeChild},
		{"Write_MakesCollections", UnreadWrites, testMakeCollection},
		{"Write_SetsFieldsAndKeepsOthers", UnreadWrites, testSetFields},
		{"Write_SetsTagsAndCreatorsWhole", UnreadWrites, testSetLists},
		{"Write_ChangesTheItemType", UnreadWrites, testChangeType},
		{"Write_RefusesWhatChangedMeanwhile", 0, testStale},
		{"Write_RefusesUnknownObjects", 0, testUnknown},
		{"Write_RepeatedChangesNothing", 0, testRepeated},
		{"Write_RefusesOneOfMany", 0, testRefusedOne},
		{"Write_RefusesChildrenOfRefusedParents", 0, testRefusedParent},
		{"Write_RefusesInvalidFields", LaxWrites, testInvalid},
		{"Write_RefusesInvalidBatches", 0, testInvalidBatches},
		{"Write_TrashesAndRestoresWorks", UnreadWrites, testTrashWork},
		{"Write_TrashesAndRestoresChildren", UnreadWrites, testTrashChild},
		{"Write_MovesChildren", UnreadWrites, testMoveChild},
		{"Write_AtTheSameTimeLosesNothing", LaxWrites, testConcurrentWrites},
		{"Objects_LeavesOutUnknownKeys", 0, testObjects},
	} {
		if c.varies != 0 && slices.Contains(oddities, c.varies) {
			continue
		}
		t.Run(c.name, func(t *testing.T) { c.test(t, &writes{Writer: w, oddities: oddities}) })
	}
}

// writes is a library with what the clauses do with it.
type writes struct {
	library.Writer
	oddities []Oddity
}

// send carries out a batch of edits of items.
func (w *writes) send(t *testing.T, edits ...library.Edit) []library.Outcome {
	t.Helper()
	return w.batch(t, library.ItemObject, edits...)
}

func (w *writes) batch(t *testing.T, kind library.ObjectKind, edits ...library.Edit) []library.Outcome {
	t.Helper()
	outcomes, err := w.Write(t.Context(), library.Batch{ID: batchID(), Kind: kind, Edits: edits})
	if err != nil || len(outcomes) != len(edits) {
		t.Fatalf("%d outcomes of %d edits: %v", len(outcomes), len(edits), err)
	}
	return outcomes
}

func batchID() string { return rand.Text() }

// done carries out edits of items, all of which must be done, and returns the version
// of the last object.
func (w *writes) done(t *testing.T, edits ...library.Edit) int64 {
	t.Helper()
	var version int64
	outcomes := w.send(t, edits...)
	for i, e := range edits {
		o := outcomes[i]
		if o.Status != library.EditDone || o.Version <= e.Version || o.Err != nil {
			t.Fatalf("edit %d of %s: %s at version %d, %v", i, e.Key, o.Status, o.Version, o.Err)
		}
		version = o.Version
	}
	return version
}

// book makes a work and returns its key and version.
func (w *writes) book(t *testing.T, title string) (key string, version int64) {
	t.Helper()
	key = w.NewKey()
	return key, w.done(t, library.Edit{Key: key, Data: library.Data{"itemType": "book", "title": title}})
}

// object returns an object as the library has it, or nil.
func (w *writes) object(t *testing.T, kind library.ObjectKind, key string) *library.Object {
	t.Helper()
	found, err := w.Objects(t.Context(), kind, []string{key})
	if err != nil || len(found) > 1 {
		t.Fatalf("%d objects of one key: %v", len(found), err)
	}
	if len(found) == 0 {
		return nil
	}
	if found[0].Key != key || found[0].Kind != kind {
		t.Fatalf("asked for %s %s, got %+v", kind, key, found[0])
	}
	return &found[0]
}

// work returns the work of a key, or nil.
func (w *writes) work(t *testing.T, key string) *library.Item {
	t.Helper()
	page, err := w.Items(t.Context(), []string{key})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) == 0 {
		return nil
	}
	return page.Items[0]
}

// finds reports whether a search for a title finds a work.
func (w *writes) finds(t *testing.T, title, key string) bool {
	t.Helper()
	page, err := w.Search(t.Context(), library.Query{Text: `"` + title + `"`, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(page.Items, func(h library.Hit) bool { return h.Item.ID.Key == key })
}

func tagData(names ...string) []any {
	list := []any{}
	for _, name := range names {
		list = append(list, map[string]any{"tag": name})
	}
	return list
}

func person(role, given, family string) map[string]any {
	return map[string]any{"creatorType": role, "firstName": given, "lastName": family}
}

func testMayWrite(t *testing.T, w *writes) {
	if info, err := w.Info(t.Context()); err != nil || !info.MayWrite {
		t.Errorf("MayWrite is %v, %v", info.MayWrite, err)
	}
}

func testNewKey(t *testing.T, w *writes) {
	key, _ := w.book(t, "Keys of all kinds")
	seen := map[string]bool{key: true}
	for range 500 {
		key := w.NewKey()
		if key == "" || seen[key] {
			t.Fatalf("the key %q comes twice", key)
		}
		seen[key] = true
	}
}

func testMakeWork(t *testing.T, w *writes) {
	key := w.NewKey()
	version := w.done(t, library.Edit{Key: key, Data: library.Data{
		"itemType": "journalArticle", "title": "Winters of the walnut moth", "publicationTitle": "Moth Letters", "date": "1987-03-04",
		"creators": []any{person("author", "Olga", "Brandt"), map[string]any{"creatorType": "editor", "name": "Moth Society"}},
		"tags":     tagData("walnuts", "moths"),
	}})
	it := w.work(t, key)
	if it == nil {
		t.Fatal("the new work is not in the library")
	}
	if it.Title() != "Winters of the walnut moth" || it.Type != "journalArticle" || it.Fields["publicationTitle"] != "Moth Letters" || it.ParsedDate != "1987-03-04" {
		t.Errorf("%+v", it)
	}
	want := []library.Creator{{Role: "author", Given: "Olga", Family: "Brandt"}, {Role: "editor", Name: "Moth Society"}}
	if !slices.Equal(it.Creators, want) || !sameSet(it.Tags, []string{"walnuts", "moths"}) {
		t.Errorf("creators %+v, tags %q", it.Creators, it.Tags)
	}
	if it.Version < version || it.Added.IsZero() {
		t.Errorf("version %d of a work that was made at %d, added at %v", it.Version, version, it.Added)
	}
	if !w.finds(t, "walnut moth", key) {
		t.Error("a search does not find the new work")
	}
	tags, err := w.Tags(t.Context(), library.TagQuery{Prefix: "walnuts", Limit: 1})
	if err != nil || len(tags.Items) != 1 {
		t.Errorf("%+v, %v", tags.Items, err)
	}
	changes, err := w.Changes(t.Context(), library.ChangeQuery{SinceVersion: version - 1, Limit: 10})
	if err != nil || !slices.ContainsFunc(changes.Items, func(c library.Change) bool { return c.Key == key && c.Kind == library.Added }) {
		t.Errorf("%+v, %v", changes.Items, err)
	}
	o := w.object(t, library.ItemObject, key)
	if o == nil || o.Version != version || o.Data["itemType"] != "journalArticle" || o.Data["title"] != "Winters of the walnut moth" || o.Data["deleted"] == true {
		t.Errorf("%+v", o)
	}
}

func testMakeChild(t *testing.T, w *writes) {
	key, note, link := w.NewKey(), w.NewKey(), w.NewKey()
	w.done(t,
		library.Edit{Key: key, Data: library.Data{"itemType": "book", "title": "Ponds with a note"}},
		library.Edit{Key: note, Data: library.Data{"itemType": "note", "parentItem": key, "note": "<h1>Ducks</h1><p>Mallards <strong>dabble</strong>.</p>", "tags": tagData("birds")}},
		library.Edit{Key: link, Data: library.Data{"itemType": "attachment", "linkMode": "linked_url", "parentItem": key, "title": "A page", "url": "https://ponds.example/"}},
	)
	it := w.work(t, key)
	if it == nil || len(it.Notes) != 1 || len(it.Attachments) != 1 {
		t.Fatalf("%+v", it)
	}
	if n := it.Notes[0]; n.Key != note || !strings.Contains(n.Text, "**dabble**") || strings.Contains(n.Text, "<p>") || !slices.Equal(n.Tags, []string{"birds"}) {
		t.Errorf("%+v", n)
	}
	if a := it.Attachments[0]; a.Key != link || a.Title != "A page" || a.URL != "https://ponds.example/" || a.Text.Available {
		t.Errorf("%+v", a)
	}
	o := w.object(t, library.ItemObject, note)
	if o == nil || o.Data["parentItem"] != key || !strings.Contains(fmt.Sprint(o.Data["note"]), "<strong>dabble</strong>") {
		t.Errorf("%+v", o)
	}
	if o := w.object(t, library.ItemObject, link); o == nil || o.Data["linkMode"] != "linked_url" || o.Data["url"] != "https://ponds.example/" {
		t.Errorf("%+v", o)
	}
}

func testMakeCollection(t *testing.T, w *writes) {
	outer, inner := w.NewKey(), w.NewKey()
	for i, o := range w.batch(t, library.CollectionObject,
		library.Edit{Key: outer, Data: library.Data{"name": "Contract outer"}},
		library.Edit{Key: inner, Data: library.Data{"name": "Contract inner", "parentCollection": outer}},
	) {
		if o.Status != library.EditDone {
			t.Fatalf("edit %d: %+v", i, o)
		}
	}
	key, version := w.book(t, "A filed book")
	w.done(t, library.Edit{Key: key, Version: version, Data: library.Data{"collections": []any{inner}}})
	if it := w.work(t, key); !slices.Equal(it.Collections, []string{inner}) {
		t.Errorf("the work is in %q", it.Collections)
	}
	o := w.object(t, library.CollectionObject, inner)
	if o == nil || o.Data["name"] != "Contract inner" || o.Data["parentCollection"] != outer {
		t.Fatalf("%+v", o)
	}
	if got := w.batch(t, library.CollectionObject, library.Edit{Key: inner, Version: o.Version, Data: library.Data{"name": "Contract renamed"}}); got[0].Status != library.EditDone {
		t.Errorf("%+v", got)
	}
	all, err := w.Collections(t.Context())
	i := slices.IndexFunc(all.Items, func(c library.Collection) bool { return c.Key == inner })
	if err != nil || i < 0 || all.Items[i].Name != "Contract renamed" || all.Items[i].Parent != outer || all.Items[i].Items != 1 {
		t.Errorf("%+v, %v", all.Items, err)
	}
}

func testSetFields(t *testing.T, w *writes) {
	key := w.NewKey()
	version := w.done(t, library.Edit{Key: key, Data: library.Data{
		"itemType": "book", "title": "Before", "publisher": "Old Press", "place": "Lund", "date": "1950", "tags": tagData("kept"), "creators": []any{person("author", "A", "B")},
	}})
	after := w.done(t, library.Edit{Key: key, Version: version, Data: library.Data{"title": "After", "publisher": "", "date": "May 1961"}})
	it := w.work(t, key)
	if it.Title() != "After" || it.Fields["publisher"] != "" || it.Fields["place"] != "Lund" || !slices.Equal(it.Tags, []string{"kept"}) || len(it.Creators) != 1 {
		t.Errorf("%+v", it)
	}
	if year, _ := it.Year(); year != 1961 {
		t.Errorf("the date is %q", it.ParsedDate)
	}
	if o := w.object(t, library.ItemObject, key); o.Version != after || o.Data["title"] != "After" || o.Data["place"] != "Lund" {
		t.Errorf("%+v", o)
	}
	if w.finds(t, "Before", key) {
		t.Error("a search finds the former title")
	}
}

func testSetLists(t *testing.T, w *writes) {
	key := w.NewKey()
	version := w.done(t, library.Edit{Key: key, Data: library.Data{
		"itemType": "book", "title": "Lists", "tags": tagData("one", "two"), "creators": []any{person("author", "A", "B"), person("editor", "C", "D")},
	}})
	version = w.done(t, library.Edit{Key: key, Version: version, Data: library.Data{
		"tags": append(tagData("two"), map[string]any{"tag": "auto", "type": 1}), "creators": []any{person("translator", "E", "F")},
	}})
	it := w.work(t, key)
	if !sameSet(it.Tags, []string{"two", "auto"}) || len(it.Creators) != 1 || it.Creators[0].Role != "translator" {
		t.Errorf("tags %q, creators %+v", it.Tags, it.Creators)
	}
	typed := false
	list, _ := w.object(t, library.ItemObject, key).Data["tags"].([]any)
	for _, e := range list {
		tag, _ := e.(map[string]any)
		typed = typed || tag["tag"] == "auto" && fmt.Sprint(tag["type"]) == "1"
	}
	if !typed {
		t.Errorf("the automatic tag became an ordinary one: %v", list)
	}
	w.done(t, library.Edit{Key: key, Version: version, Data: library.Data{"tags": []any{}, "creators": []any{}}})
	if it := w.work(t, key); len(it.Tags) != 0 || len(it.Creators) != 0 {
		t.Errorf("tags %q, creators %+v", it.Tags, it.Creators)
	}
}

func testChangeType(t *testing.T, w *writes) {
	key := w.NewKey()
	version := w.done(t, library.Edit{Key: key, Data: library.Data{"itemType": "book", "title": "A part", "edition": "2"}})
	w.done(t, library.Edit{Key: key, Version: version, Data: library.Data{"itemType": "bookSection", "bookTitle": "The whole"}})
	if it := w.work(t, key); it.Type != "bookSection" || it.Title() != "A part" || it.Fields["bookTitle"] != "The whole" || it.Fields["edition"] != "2" {
		t.Errorf("%+v", it)
	}
}

func testConcurrentWrites(t *testing.T, w *writes) {
	const writers, rounds = 2, 10
	key, _ := w.book(t, "Written by two")
	var done sync.WaitGroup
	for i := range writers {
		done.Go(func() {
			for n := 0; n < rounds; {
				found, err := w.Objects(t.Context(), library.ItemObject, []string{key})
				if err != nil || len(found) != 1 {
					t.Errorf("%d objects: %v", len(found), err)
					return
				}
				tags, _ := found[0].Data["tags"].([]any)
				outcomes, err := w.Write(t.Context(), library.Batch{ID: batchID(), Kind: library.ItemObject, Edits: []library.Edit{{
					Key: key, Version: found[0].Version, Data: library.Data{"tags": append(slices.Clone(tags), tagData(fmt.Sprintf("by %d, %d", i, n))...)},
				}}})
				switch {
				case err != nil:
					t.Errorf("writer %d: %v", i, err)
					return
				case outcomes[0].Status == library.EditDone:
					n++
				case library.CodeOf(outcomes[0].Err) != library.Conflict:
					t.Errorf("writer %d: %+v", i, outcomes[0])
					return
				}
			}
		})
	}
	done.Wait()
	if it := w.work(t, key); len(it.Tags) != writers*rounds {
		t.Errorf("%d of %d tags are there: %q", len(it.Tags), writers*rounds, it.Tags)
	}
}

func testObjects(t *testing.T, w *writes) {
	key, _ := w.book(t, "Known")
	found, err := w.Objects(t.Context(), library.ItemObject, []string{w.NewKey(), key})
	if err != nil || len(found) != 1 || found[0].Key != key {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := w.Objects(t.Context(), library.CollectionObject, []string{key}); err != nil || len(found) != 0 {
		t.Errorf("a work is a collection: %+v, %v", found, err)
	}
	if _, err := w.Objects(t.Context(), library.ItemObject, make([]string, library.MaxEdits+1)); library.CodeOf(err) != library.Invalid {
		t.Errorf("too many keys: %v", err)
	}
}
