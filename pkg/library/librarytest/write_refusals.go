package librarytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// refused fails unless an edit was refused with a code.
func refused(t *testing.T, o library.Outcome, want library.Code) {
	t.Helper()
	if o.Status != library.EditRefused || o.Err == nil || o.Err.Code != want {
		t.Errorf("%s, %v, want a refusal with %s", o.Status, o.Err, want)
	}
}

func testStale(t *testing.T, w *writes) {
	key, version := w.book(t, "Stale")
	w.done(t, library.Edit{Key: key, Version: version, Data: library.Data{"title": "By another"}})
	refused(t, w.send(t, library.Edit{Key: key, Version: version, Data: library.Data{"title": "Mine"}})[0], library.Conflict)
	refused(t, w.send(t, library.Edit{Key: key, Data: library.Data{"itemType": "book", "title": "Made twice"}})[0], library.Conflict)
	if o := w.object(t, library.ItemObject, key); o == nil || o.Data["title"] != "By another" {
		t.Errorf("%+v", o)
	}
}

func testUnknown(t *testing.T, w *writes) {
	key := w.NewKey()
	refused(t, w.send(t, library.Edit{Key: key, Version: 1, Data: library.Data{"title": "Of nothing"}})[0], library.NotFound)
	if w.object(t, library.ItemObject, key) != nil {
		t.Error("an edit of nothing made a work")
	}
}

func testRepeated(t *testing.T, w *writes) {
	old, version := w.book(t, "To be repeated")
	b := library.Batch{ID: batchID(), Kind: library.ItemObject, Edits: []library.Edit{
		{Key: w.NewKey(), Data: library.Data{"itemType": "book", "title": "Made once", "tags": tagData("b", "a")}},
		{Key: old, Version: version, Data: library.Data{"title": "Changed once"}},
	}}
	first, err := w.Write(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	info, err := w.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{b.ID, batchID()} {
		b.ID = id
		again, err := w.Write(t.Context(), b)
		if err != nil || len(again) != len(first) {
			t.Fatalf("%+v, %v", again, err)
		}
		for i, o := range again {
			if o.Status != library.EditUnchanged && o.Status != library.EditDone || o.Version != first[i].Version {
				t.Errorf("edit %d again: %+v, first %+v", i, o, first[i])
			}
		}
	}
	if now, err := w.Info(t.Context()); err != nil || now.Version != info.Version || now.Items != info.Items {
		t.Errorf("the library went from %+v to %+v, %v", info, now, err)
	}
}

func testRefusedOne(t *testing.T, w *writes) {
	a, b := w.NewKey(), w.NewKey()
	got := w.send(t,
		library.Edit{Key: a, Data: library.Data{"itemType": "book", "title": "Taken one"}},
		library.Edit{Key: w.NewKey(), Data: library.Data{"itemType": "leaflet", "title": "X"}},
		library.Edit{Key: b, Data: library.Data{"itemType": "book", "title": "Taken two"}},
	)
	refused(t, got[1], library.Invalid)
	if got[0].Status != library.EditDone || got[2].Status != library.EditDone || w.object(t, library.ItemObject, a) == nil || w.object(t, library.ItemObject, b) == nil {
		t.Errorf("%+v", got)
	}
}

func testRefusedParent(t *testing.T, w *writes) {
	key, note := w.NewKey(), w.NewKey()
	got := w.send(t,
		library.Edit{Key: key, Data: library.Data{"itemType": "leaflet", "title": "Refused"}},
		library.Edit{Key: note, Data: library.Data{"itemType": "note", "parentItem": key, "note": "<p>x</p>"}},
	)
	refused(t, got[0], library.Invalid)
	refused(t, got[1], library.Conflict)
	if w.object(t, library.ItemObject, key) != nil || w.object(t, library.ItemObject, note) != nil {
		t.Error("something of it is in the library")
	}
}

// testInvalid has edits of a work, each wrong in one field.
func testInvalid(t *testing.T, w *writes) {
	key, version := w.book(t, "To stay as it is")
	before := w.object(t, library.ItemObject, key)
	for name, c := range map[string]struct {
		field string
		data  library.Data
	}{
		"a field of no type":        {"journalTitle", library.Data{"journalTitle": "X"}},
		"a field of another type":   {"publicationTitle", library.Data{"publicationTitle": "X"}},
		"a type that is none":       {"itemType", library.Data{"itemType": "leaflet"}},
		"a role that is none":       {"creators", library.Data{"creators": []any{person("hero", "A", "B")}}},
		"a role of another type":    {"creators", library.Data{"creators": []any{person("inventor", "A", "B")}}},
		"a tag that is too long":    {"tags", library.Data{"tags": tagData(strings.Repeat("x", 10_000))}},
		"tags that are no list":     {"tags", library.Data{"tags": "red"}},
		"creators that are no list": {"creators", library.Data{"creators": "A. B."}},
		"a list for a text":         {"title", library.Data{"title": []any{"X"}}},
	} {
		o := w.send(t, library.Edit{Key: key, Version: version, Data: c.data})[0]
		if o.Status != library.EditRefused || o.Err == nil || o.Err.Code != library.Invalid && o.Err.Code != library.TooLarge {
			t.Errorf("%s: %s, %v", name, o.Status, o.Err)
			continue
		}
		if !strings.Contains(o.Err.Message, c.field) && !slices.Contains(w.oddities, OwnRefusals) {
			t.Errorf("%s: %q does not name %s", name, o.Err.Message, c.field)
		}
	}
	o := w.send(t, library.Edit{Key: w.NewKey(), Data: library.Data{"itemType": "note", "parentItem": key, "note": "<p>" + strings.Repeat("word ", 60_000) + "</p>"}})[0]
	if o.Status != library.EditRefused || o.Err.Code != library.Invalid && o.Err.Code != library.TooLarge {
		t.Errorf("a note of 300 kB: %s, %v", o.Status, o.Err)
	}
	if now := w.object(t, library.ItemObject, key); now.Version != before.Version || len(w.work(t, key).Notes) > 0 {
		t.Errorf("%+v, was %+v", now, before)
	}
}

func testInvalidBatches(t *testing.T, w *writes) {
	edit := func() library.Edit {
		return library.Edit{Key: w.NewKey(), Data: library.Data{"itemType": "book", "title": "Never made"}}
	}
	many := make([]library.Edit, library.MaxEdits+1)
	for i := range many {
		many[i] = edit()
	}
	twice := edit()
	for name, b := range map[string]library.Batch{
		"no edit":              {ID: batchID(), Kind: library.ItemObject},
		"too many":             {ID: batchID(), Kind: library.ItemObject, Edits: many},
		"one object two times": {ID: batchID(), Kind: library.ItemObject, Edits: []library.Edit{twice, twice}},
		"no ID":                {Kind: library.ItemObject, Edits: []library.Edit{edit()}},
		"no kind":              {ID: batchID(), Edits: []library.Edit{edit()}},
		"no data":              {ID: batchID(), Kind: library.ItemObject, Edits: []library.Edit{{Key: w.NewKey()}}},
	} {
		if outcomes, err := w.Write(t.Context(), b); library.CodeOf(err) != library.Invalid || outcomes != nil {
			t.Errorf("%s: %+v, %v", name, outcomes, err)
		}
	}
	if w.finds(t, "Never made", twice.Key) {
		t.Error("a batch that was refused did something")
	}
}
