package shelf

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// randomEdits makes random edits of a library and remembers the fields that they set.
type randomEdits struct {
	*rand.Rand
	w                       Writer
	works, notes, shelves   []string
	fields                  map[string]library.Data // by key
	versions                map[string]int64
	done, refused, repeated int
}

// edit returns the next edit.
func (r *randomEdits) edit() (library.ObjectKind, library.Edit) {
	pick := func(keys []string) string { return keys[r.IntN(len(keys))] }
	of := func(key string, d library.Data) library.Edit {
		return library.Edit{Key: key, Version: r.versions[key], Data: d}
	}
	switch r.IntN(10) {
	case 0:
		key := r.w.NewKey()
		r.works = append(r.works, key)
		return library.ItemObject, of(key, library.Data{"itemType": "book", "title": fmt.Sprintf("Work %d", len(r.works))})
	case 1:
		key := r.w.NewKey()
		r.notes = append(r.notes, key)
		return library.ItemObject, of(key, library.Data{"itemType": "note", "parentItem": pick(r.works), "note": "<p>New</p>"})
	case 2:
		key := r.w.NewKey()
		r.shelves = append(r.shelves, key)
		return library.CollectionObject, of(key, library.Data{"name": "Shelf " + key})
	case 3:
		return library.CollectionObject, of(pick(r.shelves), library.Data{"deleted": r.IntN(2) == 0})
	case 4:
		return library.ItemObject, of(pick(r.works), library.Data{"deleted": r.IntN(2) == 0})
	case 5:
		return library.ItemObject, of(pick(r.notes), library.Data{"deleted": r.IntN(2) == 0})
	case 6:
		return library.ItemObject, of(pick(r.notes), library.Data{"parentItem": pick(r.works)})
	case 7:
		return library.ItemObject, of(pick(r.notes), library.Data{"note": fmt.Sprintf("<p>Text <b>%d</b></p>", r.IntN(5)), "tags": []any{map[string]any{"tag": fmt.Sprint("n", r.IntN(3))}}})
	case 8:
		return library.ItemObject, of(pick(r.works), library.Data{"collections": []any{pick(r.shelves)}})
	}
	return library.ItemObject, of(pick(r.works), library.Data{"place": fmt.Sprint("Place ", r.IntN(3)), "tags": []any{map[string]any{"tag": fmt.Sprint("t", r.IntN(4))}}})
}

// step carries out an edit, and sends some again.
func (r *randomEdits) step(t *testing.T) {
	t.Helper()
	kind, e := r.edit()
	for range 1 + r.IntN(2) {
		outcomes, err := r.w.Write(t.Context(), library.Batch{ID: "batch0001", Kind: kind, Edits: []library.Edit{e}})
		if err != nil {
			t.Fatal(err)
		}
		switch o := outcomes[0]; o.Status {
		case library.EditDone:
			r.done++
			r.versions[e.Key] = o.Version
			if r.fields[e.Key] == nil {
				r.fields[e.Key] = library.Data{}
			}
			maps.Copy(r.fields[e.Key], e.Data)
		case library.EditUnchanged:
			r.repeated++
		default:
			r.refused++
			if o.Err.Code != library.Conflict { // a collection or work of the edit is gone
				t.Fatalf("%+v of %+v", o, e)
			}
			return
		}
	}
}

// seeds returns how many random runs a test makes: n, or one with -short.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return 1
	}
	return n
}

// TestWriter_AfterAnyEdits makes random edits. Each object then has the fields that were
// set, and readers see what a process sees that opens the library afterwards, with and without
// a new base.
func TestWriter_AfterAnyEdits(t *testing.T) {
	t.Parallel()
	for seed := range seeds(3) {
		dir := t.TempDir()
		mustImport(t, dir, books(0, 4)...)
		w := NewWriter(mustOpen(t, dir))
		r := &randomEdits{Rand: rand.New(rand.NewPCG(seed, 3)), w: w, fields: map[string]library.Data{}, versions: map[string]int64{}}
		for _, it := range whole(t, w.Shelf) {
			r.works, r.versions[it.ID.Key] = append(r.works, it.ID.Key), it.Version
		}
		note, collection := w.NewKey(), w.NewKey()
		write(t, w, library.ItemObject, library.Edit{Key: note, Data: library.Data{"itemType": "note", "parentItem": r.works[0], "note": "<p>First</p>"}})
		write(t, w, library.CollectionObject, library.Edit{Key: collection, Data: library.Data{"name": "First"}})
		r.notes, r.shelves, r.versions[note], r.versions[collection] = []string{note}, []string{collection}, 2, 3
		for range 5 {
			for range 30 {
				r.step(t)
			}
			r.check(t, dir)
			if r.IntN(2) == 0 {
				compactNow(t, w.Shelf)
				r.check(t, dir)
			}
		}
		if r.done < 75 || r.refused == 0 || r.repeated == 0 {
			t.Errorf("seed %d: %d edits done, %d refused, %d repeated", seed, r.done, r.refused, r.repeated)
		}
	}
}

// check compares the library with what was set and with what is on the disk.
func (r *randomEdits) check(t *testing.T, dir string) {
	t.Helper()
	now := whole(t, r.w.Shelf)
	if diff := cmp.Diff(whole(t, mustOpen(t, dir)), now); diff != "" {
		t.Fatalf("(-on disk +in memory):\n%s", diff)
	}
	shown := map[string]bool{}
	tags := map[string]int{}
	for _, it := range now {
		shown[it.ID.Key] = true
		for _, n := range it.Notes {
			shown[n.Key] = true
		}
		for _, tag := range it.AllTags() {
			tags[tag]++
		}
	}
	for _, key := range slices.Concat(r.works, r.notes) {
		o := object(t, r.w, library.ItemObject, key)
		if r.fields[key] == nil || o == nil {
			if r.fields[key] != nil {
				t.Fatalf("%s is gone", key)
			}
			continue
		}
		set := maps.Clone(r.fields[key])
		delete(set, "collections") // they change with their collection
		if differs(o.Data, set) || o.Version != r.versions[key] {
			t.Fatalf("%s is %+v, want %+v at version %d", key, o, set, r.versions[key])
		}
		parent := o
		if p, _ := o.Data["parentItem"].(string); p != "" {
			parent = object(t, r.w, library.ItemObject, p)
		}
		if want := o.Data["deleted"] == nil && parent.Data["deleted"] == nil; shown[key] != want {
			t.Fatalf("readers see %s: %v, want %v", key, shown[key], want)
		}
	}
	page, err := r.w.Tags(t.Context(), library.TagQuery{Limit: 100})
	if err != nil || len(page.Items) != len(tags) {
		t.Fatalf("tags %+v, want %v, %v", page.Items, tags, err)
	}
	for _, tag := range page.Items {
		if tag.Items != tags[tag.Name] {
			t.Fatalf("tag %q is on %d works, want %d", tag.Name, tag.Items, tags[tag.Name])
		}
	}
	if m, err := r.w.Meta(t.Context()); err != nil || m.Items != len(now) {
		t.Fatalf("%d works are counted, want %d, %v", m.Items, len(now), err)
	}
	found, err := r.w.Search(t.Context(), library.Query{Text: "work", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range found.Items {
		if !shown[h.Item.ID.Key] {
			t.Fatalf("the index has %s, which is in the trash", h.Item.ID)
		}
	}
}

// FuzzWriter_Fields sends fields of any kind. What is refused leaves no trace, and what
// is done can be read and sent again.
func FuzzWriter_Fields(f *testing.F) {
	for _, seed := range []string{
		`{"title":"X","tags":[{"tag":"a","type":1}],"creators":[{"creatorType":"author","lastName":"B"}]}`, `{"deleted":[1]}`, `{"deleted":{}}`,
		`{"itemType":"note"}`, `{"parentItem":"MADEWORK"}`, `{"collections":["x"]}`, `{"collections":[{}]}`, `{"tags":[[]]}`, `{"creators":[null]}`,
		`{"relations":{"dc:relation":["a"]}}`, `{"itemType":"letter","date":"1905-02-30"}`, `{"citationKey":"a b"}`, `{"title":null,"extra":1}`,
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	dir := f.TempDir()
	s, err := Open(f.Context(), dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	w := NewWriter(s)
	f.Fuzz(func(t *testing.T, raw string, fresh bool) {
		var d library.Data
		if json.Unmarshal([]byte(raw), &d) != nil || len(d) == 0 {
			return
		}
		e := library.Edit{Key: w.NewKey(), Data: library.Data{"itemType": "book", "title": "Whole"}}
		if !fresh {
			write(t, w, library.ItemObject, e)
			e.Version = object(t, w, library.ItemObject, e.Key).Version
		}
		before := object(t, w, library.ItemObject, e.Key)
		e.Data = d
		b := library.Batch{ID: "batch0001", Kind: library.ItemObject, Edits: []library.Edit{e}}
		outcomes, err := w.Write(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		after := object(t, w, library.ItemObject, e.Key)
		if outcomes[0].Status == library.EditRefused {
			if diff := cmp.Diff(before, after); diff != "" {
				t.Fatalf("refused with %v, and changed: %s", outcomes[0].Err, diff)
			}
			return
		}
		if again, err := w.Write(t.Context(), b); err != nil || again[0].Status != library.EditUnchanged {
			t.Fatalf("sent again: %+v, %v; the object is %+v", again, err, after)
		}
	})
}
