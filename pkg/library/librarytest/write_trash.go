package librarytest

import (
	"reflect"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// tree makes a work with a note, a link and tags, and returns the keys.
func (w *writes) tree(t *testing.T, title string) (key, note, link string) {
	t.Helper()
	key, note, link = w.NewKey(), w.NewKey(), w.NewKey()
	w.done(t,
		library.Edit{Key: key, Data: library.Data{
			"itemType": "book", "title": title, "date": "1905", "tags": tagData("trash and back"), "creators": []any{person("author", "T", "R")},
		}},
		library.Edit{Key: note, Data: library.Data{"itemType": "note", "parentItem": key, "note": "<p>A <em>note</em> below it</p>", "tags": tagData("of a note")}},
		library.Edit{Key: link, Data: library.Data{"itemType": "attachment", "linkMode": "linked_url", "parentItem": key, "title": "Link", "url": "https://link.example/"}},
	)
	return key, note, link
}

// fields returns the fields of objects that a trip to the trash must not change.
func (w *writes) fields(t *testing.T, keys ...string) []library.Data {
	t.Helper()
	var all []library.Data
	for _, key := range keys {
		o := w.object(t, library.ItemObject, key)
		if o == nil {
			t.Fatalf("the library has no %s", key)
		}
		delete(o.Data, "dateModified")
		all = append(all, o.Data)
	}
	return all
}

func testTrashWork(t *testing.T, w *writes) {
	key, note, link := w.tree(t, "Compost of the long winter")
	before, info := w.fields(t, key, note, link), w.work(t, key)
	version := w.done(t, library.Edit{Key: key, Version: w.object(t, library.ItemObject, key).Version, Data: library.Data{"deleted": true}})
	if w.work(t, key) != nil || w.work(t, note) != nil || w.finds(t, "Compost of the long winter", key) {
		t.Error("a work in the trash is read")
	}
	o := w.object(t, library.ItemObject, key)
	if o == nil || o.Version != version || o.Data["deleted"] == nil || o.Data["title"] != "Compost of the long winter" {
		t.Fatalf("in the trash it is %+v", o)
	}
	if w.object(t, library.ItemObject, note) == nil {
		t.Error("the note of a work in the trash is gone")
	}
	changes, err := w.Changes(t.Context(), library.ChangeQuery{SinceVersion: version - 1, Limit: 10})
	if err != nil || len(changes.Items) == 0 || changes.Items[0].Key != key || changes.Items[0].Kind != library.Removed {
		t.Errorf("%+v, %v", changes.Items, err)
	}
	if again := w.send(t, library.Edit{Key: key, Version: version, Data: library.Data{"deleted": true}})[0]; again.Status != library.EditUnchanged {
		t.Errorf("trashed twice: %+v", again)
	}
	w.done(t, library.Edit{Key: key, Version: version, Data: library.Data{"deleted": false}})
	if after := w.fields(t, key, note, link); !reflect.DeepEqual(after, before) {
		t.Errorf("%+v, was %+v", after, before)
	}
	it := w.work(t, key)
	if it == nil || len(it.Notes) != 1 || it.Notes[0].Text != info.Notes[0].Text || len(it.Attachments) != 1 || it.ParsedDate != info.ParsedDate ||
		it.CitationKey != info.CitationKey || !it.Added.Equal(info.Added) {
		t.Errorf("%+v, was %+v", it, info)
	}
	if !w.finds(t, "Compost of the long winter", key) {
		t.Error("a search does not find what came back")
	}
}

func testTrashChild(t *testing.T, w *writes) {
	key, note, link := w.tree(t, "A work whose note goes")
	before := w.fields(t, note, link)
	for _, child := range []string{note, link} {
		version := w.done(t, library.Edit{Key: child, Version: w.object(t, library.ItemObject, child).Version, Data: library.Data{"deleted": true}})
		it := w.work(t, key)
		if it == nil || len(it.Notes)+len(it.Attachments) != 1 {
			t.Errorf("the work is %+v", it)
		}
		w.done(t, library.Edit{Key: child, Version: version, Data: library.Data{"deleted": false}})
	}
	if after := w.fields(t, note, link); !reflect.DeepEqual(after, before) {
		t.Errorf("%+v, was %+v", after, before)
	}
	if it := w.work(t, key); len(it.Notes) != 1 || len(it.Attachments) != 1 {
		t.Errorf("the work is %+v", it)
	}
}

func testMoveChild(t *testing.T, w *writes) {
	from, note, link := w.tree(t, "The first owner")
	to, _ := w.book(t, "The second owner")
	for _, child := range []string{note, link} {
		w.done(t, library.Edit{Key: child, Version: w.object(t, library.ItemObject, child).Version, Data: library.Data{"parentItem": to}})
	}
	a, b := w.work(t, from), w.work(t, to)
	if len(a.Notes)+len(a.Attachments) != 0 || len(b.Notes) != 1 || len(b.Attachments) != 1 || b.Notes[0].Tags[0] != "of a note" {
		t.Errorf("%+v, %+v", a, b)
	}
	if it := w.work(t, note); it == nil || it.ID.Key != to {
		t.Errorf("the note belongs to %+v", it)
	}
}
