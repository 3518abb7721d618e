package zotero_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// writable opens the personal library of a server, read whole, as its owner.
func writable(t *testing.T, works []librarytest.Work) (*fakeZotero, *fakeLibrary, library.Writer) {
	t.Helper()
	f := newFake(t)
	l := f.addLibrary("user", f.user, works)
	f.grant("good", true)
	// It asks for changes once an hour: what is read was taken in by the write.
	replicas := replica.New(replica.Options{Dir: t.TempDir(), Fresh: time.Hour})
	t.Cleanup(func() { _ = replicas.Close(context.Background()) })
	r, err := newMembersOver(newClient(t, f, zotero.Options{}), replicas).Open(calling(t.Context(), "good"), library.UserID(f.user))
	if err != nil {
		t.Fatal(err)
	}
	w, ok := whole(t, replicas, r, works).(library.Writer)
	if !ok {
		t.Fatal("the library is no Writer")
	}
	f.change(func() {})
	return f, l, w
}

// write carries out edits of items, and returns what became of each.
func write(t *testing.T, w library.Writer, id string, edits ...library.Edit) []library.Outcome {
	t.Helper()
	outcomes, err := w.Write(t.Context(), library.Batch{ID: id, Kind: library.ItemObject, Edits: edits})
	if err != nil || len(outcomes) != len(edits) {
		t.Fatalf("%d outcomes of %d edits: %v", len(outcomes), len(edits), err)
	}
	return outcomes
}

// one returns the work of a key, or nil.
func one(t *testing.T, r library.Reader, key string) *library.Item {
	t.Helper()
	page, err := r.Items(t.Context(), []string{key})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) == 0 {
		return nil
	}
	return page.Items[0]
}

// TestWrite_IsInTheReplica writes and reads at once, at the cost of one request and
// those of a refresh that finds nothing.
func TestWrite_IsInTheReplica(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	key := l.tops()[0]
	version := one(t, w, key).Version
	fresh := w.NewKey()
	f.change(func() {})
	got := write(t, w, "batch0001",
		library.Edit{Key: key, Version: version, Data: library.Data{"title": "Changed title", "tags": []any{map[string]any{"tag": "red"}}}},
		library.Edit{Key: fresh, Data: library.Data{"itemType": "book", "title": "A new book"}},
	)
	for i, o := range got {
		if o.Status != library.EditDone || o.Version <= version || o.Err != nil {
			t.Errorf("edit %d: %+v", i, o)
		}
	}
	if n := f.called("since="); n > 0 || f.called("/items") > 2 {
		t.Errorf("requests for what changed: %q", f.calls)
	}
	if it := one(t, w, key); it.Title() != "Changed title" || !slices.Equal(it.Tags, []string{"red"}) || it.Version != got[0].Version {
		t.Errorf("%q %q version %d", it.Title(), it.Tags, it.Version)
	}
	if it := one(t, w, fresh); it == nil || it.Title() != "A new book" {
		t.Errorf("the new work is %+v", it)
	}
	hits, err := w.Search(t.Context(), library.Query{Text: "new book", Limit: 5})
	if err != nil || len(hits.Items) == 0 || hits.Items[0].Item.ID.Key != fresh {
		t.Errorf("%+v, %v", hits, err)
	}
}

// TestWrite_SavesOthersChanges has another client change the library between the
// objects of a batch: the replica takes in both.
func TestWrite_SavesOthersChanges(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	tops := l.tops()
	a, b, c := tops[0], tops[1], tops[2]
	at := l.version
	f.between = func(i int) {
		if i == 0 {
			l.touch(c, map[string]any{"title": "By another client"})
		}
	}
	for i, o := range write(t, w, "batch0001",
		library.Edit{Key: a, Version: at, Data: library.Data{"title": "One"}},
		library.Edit{Key: b, Version: at, Data: library.Data{"title": "Two"}},
	) {
		if o.Status != library.EditDone {
			t.Errorf("edit %d: %+v", i, o)
		}
	}
	for key, want := range map[string]string{a: "One", b: "Two", c: "By another client"} {
		if it := one(t, w, key); it == nil || it.Title() != want {
			t.Errorf("%s is %+v, want %q", key, it, want)
		}
	}
}

// TestWrite_Refusals has edits that Zotero refuses, each for another reason, and one
// that it takes.
func TestWrite_Refusals(t *testing.T) {
	_, l, w := writable(t, librarytest.Works())
	at := l.version
	stale, free := l.tops()[0], l.tops()[1]
	l.touch(stale, map[string]any{"title": "Changed meanwhile"})
	got := write(t, w, "batch0001",
		library.Edit{Key: stale, Version: at, Data: library.Data{"title": "Mine"}},
		library.Edit{Key: w.NewKey(), Version: at, Data: library.Data{"title": "Of nothing"}},
		library.Edit{Key: w.NewKey(), Data: library.Data{"itemType": "journalArticle", "bookTitle": "X"}},
		library.Edit{Key: w.NewKey(), Data: library.Data{"itemType": "note", "note": "<p>x</p>", "parentItem": "NNNNNNNN"}},
		library.Edit{Key: free, Version: at, Data: library.Data{"title": "Taken"}},
	)
	for i, want := range []library.Code{library.Conflict, library.NotFound, library.Invalid, library.Conflict, ""} {
		o := got[i]
		if o.Err == nil {
			o.Err = &library.Error{}
		}
		if o.Err.Code != want || (o.Status == library.EditRefused) != (want != "") {
			t.Errorf("edit %d: %s %v, want %q", i, o.Status, o.Err, want)
		}
	}
	if message := got[2].Err.Message; message != "Zotero refuses a field of this edit: bookTitle, journalArticle" {
		t.Errorf("%q", message)
	}
	if it := one(t, w, stale); it.Title() != "Changed meanwhile" {
		t.Errorf("the replica has %q", it.Title())
	}
}

// TestWrite_ResponseLost loses the response to a batch that was carried out; the
// repetition meets its own write token.
func TestWrite_ResponseLost(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	key, fresh, at := l.tops()[0], w.NewKey(), l.version
	f.hangUp = 1
	got := write(t, w, "batch0001",
		library.Edit{Key: key, Version: at, Data: library.Data{"title": "Carried out"}},
		library.Edit{Key: fresh, Data: library.Data{"itemType": "book", "title": "Made once"}},
	)
	for i, o := range got {
		if o.Status != library.EditDone || o.Version <= at {
			t.Errorf("edit %d: %+v", i, o)
		}
	}
	if it := one(t, w, key); it.Title() != "Carried out" {
		t.Errorf("the replica has %q", it.Title())
	}
	if n := len(l.items); l.keyOf("Made once") != fresh || l.version != at+2 {
		t.Errorf("%d items, version %d, want %d", n, l.version, at+2)
	}
}

// TestWrite_RequestLost loses a batch on its way: it is sent again.
func TestWrite_RequestLost(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	f.loseRequests = 1
	if got := write(t, w, "batch0001", library.Edit{Key: l.tops()[0], Version: l.version, Data: library.Data{"title": "Sent again"}}); got[0].Status != library.EditDone {
		t.Errorf("%+v", got[0])
	}
	f.loseRequests = 10
	got := write(t, w, "batch0002", library.Edit{Key: l.tops()[0], Version: l.version, Data: library.Data{"title": "Never carried out"}})
	if got[0].Status != library.EditRefused || library.CodeOf(got[0].Err) != library.Unavailable {
		t.Errorf("%+v", got[0])
	}
}

// TestWrite_Repeated sends a batch twice, under its ID and under another one.
func TestWrite_Repeated(t *testing.T) {
	_, l, w := writable(t, librarytest.Works())
	edits := []library.Edit{
		{Key: l.tops()[0], Version: l.version, Data: library.Data{"title": "Once", "tags": []any{map[string]any{"tag": "b"}, map[string]any{"tag": "a"}}}},
		{Key: w.NewKey(), Data: library.Data{"itemType": "book", "title": "Made once"}},
	}
	write(t, w, "batch0001", edits...)
	at := l.version
	for _, id := range []string{"batch0001", "batch0002"} {
		for i, o := range write(t, w, id, edits...) {
			if o.Status != library.EditDone && o.Status != library.EditUnchanged {
				t.Errorf("%s edit %d: %+v", id, i, o)
			}
		}
	}
	if l.version != at {
		t.Errorf("version %d, want %d", l.version, at)
	}
}

// TestWrite_TokenOfARefusedBatch repeats a batch under its ID after Zotero could carry out
// none of its edits: it keeps the token all the same.
func TestWrite_TokenOfARefusedBatch(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	edits := []library.Edit{
		{Key: l.tops()[0], Version: l.version, Data: library.Data{"title": "At last"}},
		{Key: l.tops()[1], Version: l.version, Data: library.Data{"title": "This too"}},
	}
	f.outages = 1
	for _, o := range write(t, w, "batch0001", edits...) {
		if o.Status != library.EditRefused || library.CodeOf(o.Err) != library.Unavailable {
			t.Errorf("%+v", o)
		}
	}
	at := l.version
	for i, o := range write(t, w, "batch0001", edits...) {
		if o.Status != library.EditDone || one(t, w, edits[i].Key).Title() != edits[i].Data["title"] {
			t.Errorf("%+v", o)
		}
	}
	if l.version != at+2 {
		t.Errorf("version %d, want %d", l.version, at+2)
	}
}

// TestWrite_CostsOneRequestABatch gives 1,000 works a tag.
func TestWrite_CostsOneRequestABatch(t *testing.T) {
	works := make([]librarytest.Work, 1000)
	for i := range works {
		works[i].Item = library.Item{Type: "book", Fields: map[string]string{"title": fmt.Sprintf("Book %d", i)}}
	}
	f, l, w := writable(t, works)
	at := l.version
	for i, part := range slices.Collect(slices.Chunk(l.tops(), library.MaxEdits)) {
		edits := make([]library.Edit, len(part))
		for j, key := range part {
			edits[j] = library.Edit{Key: key, Version: at, Data: library.Data{"tags": []any{map[string]any{"tag": "renamed"}}}}
		}
		for _, o := range write(t, w, fmt.Sprintf("batch%04d", i), edits...) {
			if o.Status != library.EditDone {
				t.Fatalf("%+v", o)
			}
		}
	}
	if n := len(f.calls); n > 25 {
		t.Errorf("%d requests: %q", n, f.calls)
	}
	tags, err := w.Tags(t.Context(), library.TagQuery{Prefix: "renamed", Limit: 1})
	if err != nil || len(tags.Items) != 1 || tags.Items[0].Items != 1000 {
		t.Errorf("%+v, %v", tags.Items, err)
	}
}

// TestWrite_NothingDone has Zotero refuse the request: nothing was done, and the error
// says why.
func TestWrite_NothingDone(t *testing.T) {
	f, l, w := writable(t, librarytest.Works())
	for status, want := range map[int]library.Code{
		http.StatusForbidden: library.Forbidden, http.StatusRequestEntityTooLarge: library.TooLarge, http.StatusTooManyRequests: library.RateLimited,
	} {
		f.fail = func(r *http.Request) (int, string) {
			if r.Method == http.MethodPost {
				return status, "no"
			}
			return 0, ""
		}
		outcomes, err := w.Write(t.Context(), library.Batch{ID: "batch0001", Kind: library.ItemObject, Edits: []library.Edit{
			{Key: l.tops()[0], Version: l.version, Data: library.Data{"title": "X"}},
		}})
		if library.CodeOf(err) != want || outcomes != nil {
			t.Errorf("%d: %v, %+v", status, err, outcomes)
		}
	}
}

// TestWrite_Trash moves a work with its children and texts to the trash and back.
func TestWrite_Trash(t *testing.T) {
	_, l, w := writable(t, librarytest.Works())
	key := ""
	for attachment := range l.texts {
		key = l.item(attachment).text("parentItem")
	}
	before := one(t, w, key)
	got := write(t, w, "batch0001", library.Edit{Key: key, Version: before.Version, Data: library.Data{"deleted": true}})
	if it := one(t, w, key); it != nil || got[0].Status != library.EditDone {
		t.Fatalf("%+v after %+v", it, got[0])
	}
	objects, err := w.Objects(t.Context(), library.ItemObject, []string{key})
	if err != nil || len(objects) != 1 || objects[0].Data["deleted"] != true || objects[0].Version != got[0].Version {
		t.Errorf("%+v, %v", objects, err)
	}
	write(t, w, "batch0002", library.Edit{Key: key, Version: got[0].Version, Data: library.Data{"deleted": false}})
	after := one(t, w, key)
	if after == nil || after.Title() != before.Title() || len(after.Notes) != len(before.Notes) || len(after.Attachments) != len(before.Attachments) {
		t.Errorf("%+v, was %+v", after, before)
	}
	for range 500 { // the background reads the texts again
		if after = one(t, w, key); after.BestText() >= 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the text did not come back: %+v", after.Attachments)
}

// TestWrite_Collections makes a collection, files a work and renames it.
func TestWrite_Collections(t *testing.T) {
	_, l, w := writable(t, librarytest.Works())
	key, work := w.NewKey(), l.tops()[0]
	batch := func(id string, version int64, data library.Data) library.Outcome {
		outcomes, err := w.Write(t.Context(), library.Batch{ID: id, Kind: library.CollectionObject, Edits: []library.Edit{{Key: key, Version: version, Data: data}}})
		if err != nil || len(outcomes) != 1 {
			t.Fatal(outcomes, err)
		}
		return outcomes[0]
	}
	made := batch("batch0001", 0, library.Data{"name": "To read", "parentCollection": false})
	write(t, w, "batch0002", library.Edit{Key: work, Version: l.version, Data: library.Data{"collections": []any{key}}})
	if renamed := batch("batch0003", made.Version, library.Data{"name": "Read"}); made.Status != library.EditDone || renamed.Status != library.EditDone {
		t.Errorf("%+v, then %+v", made, renamed)
	}
	all, err := w.Collections(t.Context())
	i := slices.IndexFunc(all.Items, func(c library.Collection) bool { return c.Key == key })
	if err != nil || i < 0 || all.Items[i].Name != "Read" || all.Items[i].Items != 1 {
		t.Errorf("%+v, %v", all.Items, err)
	}
}

// TestWrite_NeedsTheRight opens libraries with keys that may only read.
func TestWrite_NeedsTheRight(t *testing.T) {
	f := newFake(t)
	f.addLibrary("group", 4711, nil)
	f.grant("good", false, 4711)
	r, err := newMembersOver(newClient(t, f, zotero.Options{}), newReplicas(t)).Open(calling(t.Context(), "good"), "group:4711")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := r.(library.Writer); ok {
		t.Error("a key that may only read opens a Writer")
	}
}

// TestNewKey_HasZoterosForm makes keys.
func TestNewKey_HasZoterosForm(t *testing.T) {
	_, _, w := writable(t, librarytest.Works())
	seen := map[string]bool{}
	for range 1000 {
		key := w.NewKey()
		if !zotero.ValidKey(key) || seen[key] {
			t.Fatalf("%q", key)
		}
		seen[key] = true
	}
}
