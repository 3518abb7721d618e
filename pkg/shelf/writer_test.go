package shelf

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// write carries out edits of a kind, all of which must be done.
func write(t *testing.T, w Writer, kind library.ObjectKind, edits ...library.Edit) {
	t.Helper()
	outcomes, err := w.Write(t.Context(), library.Batch{ID: "batch0001", Kind: kind, Edits: edits})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		if o.Status != library.EditDone {
			t.Fatalf("edit %d: %+v", i, o)
		}
	}
}

// set sets fields of an object as it is now.
func set(t *testing.T, w Writer, kind library.ObjectKind, key string, data library.Data) {
	t.Helper()
	write(t, w, kind, library.Edit{Key: key, Version: object(t, w, kind, key).Version, Data: data})
}

func object(t *testing.T, w Writer, kind library.ObjectKind, key string) *library.Object {
	t.Helper()
	found, err := w.Objects(t.Context(), kind, []string{key})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}

// keyOf returns the key of the work of a title.
func keyOf(t *testing.T, s *Shelf, title string) string {
	t.Helper()
	return titled(t, s, title).ID.Key
}

// titled returns the work of a title.
func titled(t *testing.T, s *Shelf, title string) *library.Item {
	t.Helper()
	all := whole(t, s)
	i := slices.IndexFunc(all, func(it *library.Item) bool { return it.Title() == title })
	if i < 0 {
		t.Fatalf("no work has the title %q", title)
	}
	return all[i]
}

// TestWriter_KeepsTextsInTheTrash trashes a work with a file, and the file alone: what
// comes back has its text, its pages and the marks in it.
func TestWriter_KeepsTextsInTheTrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, append(books(0, 3), annotated())...)
	w := NewWriter(mustOpen(t, dir))
	before := titled(t, w.Shelf, "On Lanterns")
	text, err := w.Text(t.Context(), before.ID.Key, library.TextQuery{})
	if err != nil || len(text.Pages) == 0 {
		t.Fatalf("%+v, %v", text, err)
	}
	for _, key := range []string{before.ID.Key, before.Attachments[0].Key} {
		set(t, w, library.ItemObject, key, library.Data{"deleted": true})
		compactNow(t, w.Shelf)
		set(t, w, library.ItemObject, key, library.Data{"deleted": false})
		after := titled(t, w.Shelf, before.Title())
		again, err := w.Text(t.Context(), after.ID.Key, library.TextQuery{})
		if err != nil || !slices.Equal(again.Pages, text.Pages) || again.Status != text.Status {
			t.Errorf("%+v, was %+v, %v", again, text, err)
		}
		if len(after.Attachments[0].Annotations) != len(before.Attachments[0].Annotations) || after.CitationKey != before.CitationKey {
			t.Errorf("%+v, was %+v", after, before)
		}
	}
}

// TestWriter_TrashesCollections trashes a collection with one below it, and restores it
// with its works.
func TestWriter_TrashesCollections(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	filed := books(0, 4)
	for i := range filed {
		filed[i].Collections = [][]string{{"Outer"}, {"Outer", "Inner"}}
	}
	mustImport(t, dir, filed...)
	w := NewWriter(mustOpen(t, dir))
	before, err := w.Collections(t.Context())
	if err != nil || len(before.Items) != 2 {
		t.Fatalf("%+v, %v", before.Items, err)
	}
	outer := before.Items[slices.IndexFunc(before.Items, func(c library.Collection) bool { return c.Name == "Outer" })].Key
	set(t, w, library.CollectionObject, outer, library.Data{"deleted": true})
	if page, err := w.Collections(t.Context()); err != nil || len(page.Items) > 0 {
		t.Errorf("%+v, %v", page.Items, err)
	}
	for _, it := range whole(t, w.Shelf) {
		if len(it.Collections) > 0 {
			t.Errorf("%q is in %q", it.Title(), it.Collections)
		}
	}
	if o := object(t, w, library.CollectionObject, outer); o.Data["deleted"] != true || o.Data["name"] != "Outer" {
		t.Errorf("%+v", o)
	}
	set(t, w, library.CollectionObject, outer, library.Data{"deleted": false})
	if after, err := w.Collections(t.Context()); err != nil || !slices.Equal(after.Items, before.Items) {
		t.Errorf("%+v, was %+v, %v", after.Items, before.Items, err)
	}
}

// TestWriter_RefusesCollections has edits of collections, each wrong in one field.
func TestWriter_RefusesCollections(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, books(0, 1)...)
	w := NewWriter(mustOpen(t, dir))
	a, b := w.NewKey(), w.NewKey()
	write(t, w, library.CollectionObject, library.Edit{Key: a, Data: library.Data{"name": "A"}}, library.Edit{Key: b, Data: library.Data{"name": "B", "parentCollection": a}})
	for name, c := range map[string]struct {
		key  string
		data library.Data
		want library.Code
	}{
		"below itself":         {a, library.Data{"parentCollection": a}, library.Invalid},
		"below one of its own": {a, library.Data{"parentCollection": b}, library.Invalid},
		"below none":           {a, library.Data{"parentCollection": "NNNNNNNN"}, library.Conflict},
		"without a name":       {a, library.Data{"name": " "}, library.Invalid},
		"a field of none":      {a, library.Data{"color": "red"}, library.Invalid},
		"not a boolean":        {a, library.Data{"deleted": "yes"}, library.Invalid},
	} {
		outcomes, err := w.Write(t.Context(), library.Batch{ID: "batch0001", Kind: library.CollectionObject, Edits: []library.Edit{
			{Key: c.key, Version: object(t, w, library.CollectionObject, c.key).Version, Data: c.data},
		}})
		if err != nil || outcomes[0].Status != library.EditRefused || outcomes[0].Err.Code != c.want {
			t.Errorf("%s: %+v, %v", name, outcomes, err)
		}
	}
}

// TestWriter_EmptiesTheTrash removes what has been in the trash for 90 days, but not a
// work that its source has.
func TestWriter_EmptiesTheTrash(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, annotated())
	w := NewWriter(mustOpen(t, dir))
	imported := titled(t, w.Shelf, "On Lanterns")
	file, made, collection := imported.Attachments[0].Key, w.NewKey(), w.NewKey()
	write(t, w, library.ItemObject, library.Edit{Key: made, Data: library.Data{"itemType": "book", "title": "Made"}})
	write(t, w, library.CollectionObject, library.Edit{Key: collection, Data: library.Data{"name": "Old"}})
	for _, key := range []string{file, made, imported.ID.Key} {
		set(t, w, library.ItemObject, key, library.Data{"deleted": true})
	}
	set(t, w, library.CollectionObject, collection, library.Data{"deleted": true})
	for _, c := range []struct {
		after time.Duration
		left  []string
	}{
		{89 * 24 * time.Hour, []string{imported.ID.Key, file, made, collection}},
		{91 * 24 * time.Hour, []string{imported.ID.Key, file}},
	} {
		commit(t, w.Shelf, func(tx *Tx) {
			if err := (works{library: library.Local, rows: tx.rows}).emptyTrash(time.Now().Add(c.after)); err != nil {
				t.Fatal(err)
			}
		})
		var left []string
		for _, key := range []string{imported.ID.Key, file, made, collection} {
			if object(t, w, library.ItemObject, key) != nil || object(t, w, library.CollectionObject, key) != nil {
				left = append(left, key)
			}
		}
		if !slices.Equal(left, c.left) {
			t.Errorf("after %v %q is left, want %q", c.after, left, c.left)
		}
	}
	set(t, w, library.ItemObject, imported.ID.Key, library.Data{"deleted": false})
	commit(t, w.Shelf, func(tx *Tx) {
		if err := (works{library: library.Local, rows: tx.rows}).emptyTrash(time.Now().Add(91 * 24 * time.Hour)); err != nil {
			t.Fatal(err)
		}
		if row, err := tx.rows.get(textTable, file); err != nil || row != nil {
			t.Errorf("the text of a file that was removed stays: %d bytes, %v", len(row), err)
		}
	})
	if object(t, w, library.ItemObject, file) != nil || object(t, w, library.ItemObject, imported.ID.Key) == nil {
		t.Error("of a work that came back, the old file stays, or the work went")
	}
}

// TestWriter_KeepsWhatOthersSetMeanwhile holds that a work with a note in the trash has
// the citation key and the text that it got since.
func TestWriter_KeepsWhatOthersSetMeanwhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, annotated())
	w := NewWriter(mustOpen(t, dir))
	it := titled(t, w.Shelf, "On Lanterns")
	key := it.ID.Key
	set(t, w, library.ItemObject, it.Notes[0].Key, library.Data{"deleted": true})
	set(t, w, library.ItemObject, key, library.Data{"citationKey": "lamps"})
	commit(t, w.Shelf, func(tx *Tx) {
		if err := tx.PutText(key, it.Attachments[0].Key, []library.TextPage{{Number: 1, Text: "Of wax."}}, library.TextStatus{Pages: 1}); err != nil {
			t.Fatal(err)
		}
	})
	set(t, w, library.ItemObject, key, library.Data{"deleted": true})
	set(t, w, library.ItemObject, key, library.Data{"deleted": false})
	now := titled(t, w.Shelf, "On Lanterns")
	if now.CitationKey != "lamps" || now.Attachments[0].Text.Chars != len("Of wax.") || len(now.Notes) != 0 {
		t.Errorf("%+v", now)
	}
	if text, err := w.Text(t.Context(), key, library.TextQuery{}); err != nil || len(text.Pages) != 1 || text.Pages[0].Text != "Of wax." {
		t.Errorf("%+v, %v", text, err)
	}
}

// TestWriter_ChangesOfTypeKeepUnknownFields changes the type of a work that has a field
// of its former type, and one that no type has.
func TestWriter_ChangesOfTypeKeepUnknownFields(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, work("journalArticle", "Shaw", "title", "Ice", "issue", "3", "colour", "blue"))
	w := NewWriter(mustOpen(t, dir))
	set(t, w, library.ItemObject, keyOf(t, w.Shelf, "Ice"), library.Data{"itemType": "book"})
	if it := titled(t, w.Shelf, "Ice"); it.Type != "book" || it.Field("issue") != "" || it.Field("colour") != "blue" {
		t.Errorf("%+v", it)
	}
}

// TestWriter_RestoresWithAnotherCitationKey restores a work whose citation key another
// work has by then.
func TestWriter_RestoresWithAnotherCitationKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustImport(t, dir, paper("ice1", "On the strength of ice"))
	w := NewWriter(mustOpen(t, dir))
	old, other := keyOf(t, w.Shelf, "On the strength of ice"), w.NewKey()
	set(t, w, library.ItemObject, old, library.Data{"deleted": true})
	write(t, w, library.ItemObject, library.Edit{Key: other, Data: library.Data{"itemType": "book", "title": "Tides", "citationKey": "ice1"}})
	set(t, w, library.ItemObject, old, library.Data{"deleted": false})
	keys := citationKeys(t, w.Shelf)
	if keys[other] != "ice1" || keys[old] == "ice1" || keys[old] == "" {
		t.Errorf("citation keys %q", keys)
	}
}

// TestWriter_TwoProcessesLoseNothing has two processes, each with the library open,
// change one work by turns. What one changed, the other one's edit can't overwrite.
func TestWriter_TwoProcessesLoseNothing(t *testing.T) {
	t.Parallel()
	const each = 15
	dir := t.TempDir()
	mustImport(t, dir, books(0, 3)...)
	writers := []Writer{NewWriter(mustOpen(t, dir)), NewWriter(mustOpen(t, dir))}
	key := whole(t, writers[0].Shelf)[0].ID.Key
	var done sync.WaitGroup
	for i, w := range writers {
		done.Go(func() {
			for n := 0; n < each; {
				o := object(t, w, library.ItemObject, key)
				tags, _ := o.Data["tags"].([]any)
				outcomes, err := w.Write(t.Context(), library.Batch{ID: "batch0001", Kind: library.ItemObject, Edits: []library.Edit{
					{Key: key, Version: o.Version, Data: library.Data{"tags": append(tags, map[string]any{"tag": fmt.Sprintf("by %d, %d", i, n)})}},
				}})
				switch {
				case err != nil:
					t.Error(err)
					return
				case outcomes[0].Status == library.EditDone:
					n++
				case outcomes[0].Err.Code != library.Conflict:
					t.Errorf("%+v", outcomes[0])
					return
				}
			}
		})
	}
	done.Wait()
	for i, w := range writers {
		page, err := w.Items(t.Context(), []string{key})
		if err != nil || len(page.Items) != 1 || len(page.Items[0].Tags) < 2*each {
			t.Errorf("process %d sees %+v, %v", i, page.Items, err)
		}
	}
}

// TestWriter_TrashesLongNotes trashes an imported note that is longer than callers may
// write one.
func TestWriter_TrashesLongNotes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := paper("ice1", "On the strength of ice")
	long.Item.Notes = []library.Note{{Text: strings.Repeat("Words & more. ", 30_000)}}
	mustImport(t, dir, long)
	w := NewWriter(mustOpen(t, dir))
	key := titled(t, w.Shelf, "On the strength of ice").Notes[0].Key
	if o := object(t, w, library.ItemObject, key); !strings.HasPrefix(fmt.Sprint(o.Data["note"]), "<p>Words &amp; more. ") {
		t.Errorf("%.100s", o.Data["note"])
	}
	set(t, w, library.ItemObject, key, library.Data{"deleted": true})
	set(t, w, library.ItemObject, key, library.Data{"deleted": false})
	if it := titled(t, w.Shelf, "On the strength of ice"); it.Notes[0].Text != strings.TrimSpace(long.Item.Notes[0].Text) {
		t.Errorf("the note has %d bytes", len(it.Notes[0].Text))
	}
}

// TestWriter_KeepsTextsOfImportedNotes changes the tags of an imported note and takes it
// to the trash and back: its text, which is no Markdown, stays.
func TestWriter_KeepsTextsOfImportedNotes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noted := paper("ice1", "On the strength of ice")
	text := "1) a * b\n\n\n\n    c <d> & e\n- f_g_h [x](y)"
	noted.Item.Notes = []library.Note{{Text: text}}
	mustImport(t, dir, noted)
	w := NewWriter(mustOpen(t, dir))
	key := titled(t, w.Shelf, "On the strength of ice").Notes[0].Key
	for _, d := range []library.Data{{"tags": []any{map[string]any{"tag": "new"}}}, {"deleted": true}, {"deleted": false}} {
		set(t, w, library.ItemObject, key, d)
	}
	if n := titled(t, w.Shelf, "On the strength of ice").Notes[0]; n.Text != text || !slices.Equal(n.Tags, []string{"new"}) {
		t.Errorf("%+v", n)
	}
	set(t, w, library.ItemObject, key, library.Data{"note": "<p>Other</p>"})
	if n := titled(t, w.Shelf, "On the strength of ice").Notes[0]; n.Text != "Other" {
		t.Errorf("%+v", n)
	}
}
