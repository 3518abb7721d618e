package zotero_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

// TestSince_Requests counts the requests for each kind of change.
func TestSince_Requests(t *testing.T) {
	light := func(l *fakeLibrary) string { return l.keyOf(librarytest.TitleLight) }
	reading := func(l *fakeLibrary) string { return l.collections[0]["key"].(string) }
	for name, c := range map[string]struct {
		change func(l *fakeLibrary)
		most   int
		check  func(l *fakeLibrary, ch *replica.Changes) bool
	}{
		"nothing": {func(*fakeLibrary) {}, 1, func(_ *fakeLibrary, ch *replica.Changes) bool {
			return len(ch.Objects)+len(ch.Removed) == 0 && ch.Collections == nil && ch.Keys == nil
		}},
		"an edit": {func(l *fakeLibrary) { l.touch(light(l), map[string]any{"title": "Light II"}) }, 3, func(l *fakeLibrary, ch *replica.Changes) bool {
			return len(ch.Objects) == 1 && ch.Objects[0].Work.Title() == "Light II" && ch.Objects[0].Version == l.version && len(ch.Collections) == len(l.collections)
		}},
		"to the trash": {func(l *fakeLibrary) { l.touch(light(l), map[string]any{"deleted": 1}) }, 3, func(l *fakeLibrary, ch *replica.Changes) bool {
			return len(ch.Objects) == 1 && ch.Objects[0].Trashed && ch.Objects[0].Key == light(l)
		}},
		"a child to the trash": {func(l *fakeLibrary) { l.touch("NTE22222", map[string]any{"deleted": true}) }, 3, func(_ *fakeLibrary, ch *replica.Changes) bool {
			return len(ch.Objects) == 1 && ch.Objects[0].Trashed && ch.Objects[0].Note != nil
		}},
		"removed": {func(l *fakeLibrary) { l.drop(light(l)) }, 3, func(_ *fakeLibrary, ch *replica.Changes) bool {
			return len(ch.Objects) == 0 && len(ch.Removed) == 1
		}},
		"moved to a collection": {func(l *fakeLibrary) { l.touch(light(l), map[string]any{"collections": []string{reading(l)}}) }, 3, func(l *fakeLibrary, ch *replica.Changes) bool {
			return slices.Equal(ch.Objects[0].Work.Collections, []string{reading(l)})
		}},
		"moved to another work": {func(l *fakeLibrary) { l.touch("NTE22222", map[string]any{"parentItem": light(l)}) }, 3, func(l *fakeLibrary, ch *replica.Changes) bool {
			return ch.Objects[0].Parent == light(l)
		}},
		"a note that stands by itself now": {func(l *fakeLibrary) { l.touch("NTE22222", map[string]any{"parentItem": false}) }, 3, func(_ *fakeLibrary, ch *replica.Changes) bool {
			return ch.Objects[0].Work != nil && ch.Objects[0].Parent == ""
		}},
		"a collection renamed": {func(l *fakeLibrary) { l.rename(reading(l), "Other") }, 3, func(_ *fakeLibrary, ch *replica.Changes) bool {
			return len(ch.Objects) == 0 && slices.ContainsFunc(ch.Collections, func(c library.Collection) bool { return c.Name == "Other" })
		}},
		"a collection removed": {func(l *fakeLibrary) { l.dropCollection(reading(l)) }, 3, func(l *fakeLibrary, ch *replica.Changes) bool {
			return ch.Collections != nil && !slices.ContainsFunc(ch.Collections, func(c library.Collection) bool { return !l.hasCollection(c.Key) })
		}},
		"300 edits": {func(l *fakeLibrary) {
			for i := range 300 {
				l.put(librarytest.Key("NEW", i), map[string]any{"itemType": "book", "title": fmt.Sprint(i)})
			}
		}, 5, func(_ *fakeLibrary, ch *replica.Changes) bool { return len(ch.Objects) == 300 }},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			l, s := group(t, f, fillWith(librarytest.Works()))
			_, head := all(t, s)
			f.change(func() { c.change(l) })
			ch := since(t, s, head.Mark)
			if ch.Whole || !c.check(l, ch) || ch.Head.Version != l.version {
				t.Errorf("%+v", ch)
			}
			if n := len(f.calls); n > c.most {
				t.Errorf("%d requests, at most %d: %q", n, c.most, f.calls)
			}
			f.change(func() {})
			again := since(t, s, ch.Head.Mark)
			if len(again.Objects)+len(again.Removed) > 0 || again.Head.Mark != ch.Head.Mark || len(f.calls) != 1 {
				t.Errorf("again: %+v, %q", again, f.calls)
			}
		})
	}
}

// TestSince_Restored: what was in the trash comes back.
func TestSince_Restored(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	work := l.keyOf(librarytest.TitleLight)
	l.touch(work, map[string]any{"deleted": 1})
	_, head := all(t, s)
	l.touch(work, map[string]any{"deleted": nil})
	if ch := since(t, s, head.Mark); len(ch.Objects) != 1 || ch.Objects[0].Trashed || ch.Objects[0].Work == nil {
		t.Errorf("%+v", ch)
	}
}

// TestSince_ManyCollections asks for the tree only if it changed, once it is
// known to have more than one page.
func TestSince_ManyCollections(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, func(l *fakeLibrary) {
		fillWith(librarytest.Works())(l)
		for i := range 250 {
			l.collection([]string{fmt.Sprintf("Collection %03d", i)})
		}
	})
	_, head := all(t, s)
	edit := func() { l.touch(l.keyOf(librarytest.TitleLight), map[string]any{"extra": fmt.Sprint(l.version)}) }
	edit()
	ch := since(t, s, head.Mark)
	if len(ch.Collections) != len(l.collections) {
		t.Fatalf("%d collections", len(ch.Collections))
	}
	f.change(edit)
	if ch = since(t, s, ch.Head.Mark); ch.Collections != nil || len(f.calls) != 3 {
		t.Errorf("an edit: %d collections, %q", len(ch.Collections), f.calls)
	}
	f.change(func() { l.rename(l.collections[0]["key"].(string), "Other") })
	if ch = since(t, s, ch.Head.Mark); len(ch.Collections) != len(l.collections) {
		t.Errorf("a collection renamed: %d collections", len(ch.Collections))
	}
	f.change(func() { l.dropCollection(l.collections[200]["key"].(string)) })
	if ch = since(t, s, ch.Head.Mark); len(ch.Collections) != len(l.collections) {
		t.Errorf("a collection removed: %d collections", len(ch.Collections))
	}
}

func TestSince_Whole(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	for mark, most := range map[string]int{
		"": 0, "x": 0, "-1": 0, "7+x": 0, "7+-1": 0, "desktop 1 2 3": 0, fmt.Sprint(l.version + 1): 1,
	} {
		f.change(func() {})
		if ch := since(t, s, mark); !ch.Whole || len(ch.Objects) > 0 || len(f.calls) > most {
			t.Errorf("mark %q: %+v, %q", mark, ch, f.calls)
		}
	}
	_, head := all(t, s)
	for i := range 2001 {
		l.put(librarytest.Key("NEW", i), map[string]any{"itemType": "book"})
	}
	f.change(func() {})
	if ch := since(t, s, head.Mark); !ch.Whole || len(ch.Objects) > 0 || len(f.calls) != 1 {
		t.Errorf("2001 changes: %+v, %q", ch.Head, f.calls)
	}
	l.drop(librarytest.Key("NEW", 0))
	if ch := since(t, s, head.Mark); ch.Whole || len(ch.Objects) != 2000 {
		t.Errorf("2000 changes: %d objects", len(ch.Objects))
	}
}

// TestSince_ChangesWhileRead: a removal moves a changed object to a page that was
// read already.
func TestSince_ChangesWhileRead(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	_, head := all(t, s)
	for i := range 250 {
		l.put(librarytest.Key("NEW", i), map[string]any{"itemType": "book", "dateAdded": fmt.Sprintf("2026-01-01T00:%02d:%02dZ", i/60, i%60)})
	}
	version := l.version
	removed := 0
	f.change(func() {
		f.after = func(r *http.Request) {
			if r.URL.Path == "/groups/4711/items" && strings.Contains(r.URL.RawQuery, "limit=100") && removed < 3 {
				l.drop(librarytest.Key("NEW", removed))
				removed++
			}
		}
	})
	ch := since(t, s, head.Mark)
	got := keys(ch.Objects)
	for i := removed; i < 250; i++ {
		if !slices.Contains(got, librarytest.Key("NEW", i)) {
			t.Errorf("object %d is missing", i)
		}
	}
	for i := range removed {
		if slices.Contains(got, librarytest.Key("NEW", i)) || !slices.Contains(ch.Removed, librarytest.Key("NEW", i)) {
			t.Errorf("object %d was removed", i)
		}
	}
	if ch.Head.Version != version || removed != 3 {
		t.Errorf("version %d, want %d; %d removed", ch.Head.Version, version, removed)
	}
}

// TestSince_ChangeAfterTheFirstRequest comes with the next mark.
func TestSince_ChangeAfterTheFirstRequest(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	_, head := all(t, s)
	l.touch("NTE22222", map[string]any{"note": "first"})
	work := l.keyOf(librarytest.TitleLight)
	f.change(func() {
		f.after = func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/items") && l.item(work).text("title") != "late" {
				l.touch(work, map[string]any{"title": "late"})
			}
		}
	})
	first := since(t, s, head.Mark)
	second := since(t, s, first.Head.Mark)
	if len(first.Objects) != 1 || len(second.Objects) != 1 || second.Objects[0].Work.Title() != "late" {
		t.Errorf("%+v, then %+v", first.Objects, second.Objects)
	}
}
