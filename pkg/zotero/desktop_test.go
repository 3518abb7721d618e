package zotero_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// app returns a desktop app with works, and the source of its library.
func app(t *testing.T, modern bool) (*fakeZotero, *fakeLibrary, replica.Source) {
	t.Helper()
	f := newFakeAway()
	f.local, f.modern = true, modern
	l := f.addLibrary("user", 0, librarytest.Works())
	l.id = 99
	o := &openings{}
	if _, err := zotero.NewDesktop(newFaraway(t, f, zotero.Options{}), o).Open(t.Context(), "user:99"); err != nil {
		t.Fatal(err)
	}
	if view := o.last().View; !strings.Contains(view, "desktop") {
		t.Errorf("the view %q is one of zotero.org's", view)
	}
	return f, l, o.last().Source
}

// edit changes an item as an app does that has not synced: version 10 gives it a
// new version, an older app only a new date.
func (l *fakeLibrary) edit(modern, dated bool, key string, change map[string]any) {
	if dated {
		change["dateModified"] = time.Now().UTC().Format("2006-01-02T15:04:05Z")
	}
	if modern {
		l.touch(key, change)
		return
	}
	maps.Copy(l.item(key).data, change)
}

func TestDesktop_Since(t *testing.T) {
	for name, c := range map[string]struct {
		change func(l *fakeLibrary, modern bool, work string)
		check  func(ch *replica.Changes, work string) bool
		late   bool // an app before version 10 tells after ten minutes
	}{
		"an edit": {func(l *fakeLibrary, modern bool, work string) {
			l.edit(modern, true, work, map[string]any{"title": "Other"})
		}, func(ch *replica.Changes, work string) bool {
			return slices.ContainsFunc(ch.Objects, func(o replica.Object) bool { return o.Key == work && o.Work.Title() == "Other" })
		}, false},
		"an addition": {func(l *fakeLibrary, modern bool, _ string) {
			l.put("ABCD2345", map[string]any{"itemType": "book", "title": "New"})
			l.edit(modern, true, "ABCD2345", map[string]any{})
		}, func(ch *replica.Changes, _ string) bool { return slices.Contains(keys(ch.Objects), "ABCD2345") }, false},
		"to the trash": {func(l *fakeLibrary, modern bool, work string) {
			l.edit(modern, false, work, map[string]any{"deleted": 1})
		}, func(ch *replica.Changes, work string) bool {
			_, has := ch.Keys[work]
			return !has
		}, false},
		"removed": {func(l *fakeLibrary, _ bool, work string) { l.drop(work) }, func(ch *replica.Changes, work string) bool {
			_, has := ch.Keys[work]
			return ch.Keys != nil && !has
		}, false},
		"synced from another computer": {func(l *fakeLibrary, _ bool, work string) {
			l.touch(work, map[string]any{"title": "Old edit", "dateModified": "1999-01-01T00:00:00Z"})
		}, func(ch *replica.Changes, work string) bool { return slices.Contains(keys(ch.Objects), work) }, false},
		"a collection renamed": {func(l *fakeLibrary, _ bool, _ string) { l.rename(l.collections[0]["key"].(string), "Other") }, func(ch *replica.Changes, _ string) bool {
			return slices.ContainsFunc(ch.Collections, func(c library.Collection) bool { return c.Name == "Other" })
		}, false},
		"added to a collection": {func(l *fakeLibrary, modern bool, work string) {
			l.edit(modern, false, work, map[string]any{"collections": []string{l.collections[0]["key"].(string)}})
		}, func(ch *replica.Changes, work string) bool { return slices.Contains(keys(ch.Objects), work) }, true},
	} {
		for _, modern := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f, l, s := app(t, modern)
					for _, it := range l.items {
						it.data["dateModified"] = "1999-12-31T00:00:00Z" // before the clock of the test
					}
					_, head := all(t, s)
					work := l.keyOf(librarytest.TitleLight)
					time.Sleep(time.Minute)
					f.change(func() {})
					quiet := since(t, s, head.Mark)
					if len(quiet.Objects) > 0 || quiet.Whole || len(quiet.Keys) != len(l.items) || head.Version != 0 || quiet.Head.Version != 0 {
						t.Errorf("nothing changed: %+v", quiet)
					}
					if len(f.calls) != 3 {
						t.Errorf("nothing changed: %q", f.calls)
					}
					time.Sleep(time.Minute)
					f.change(func() { c.change(l, modern, work) })
					ch := since(t, s, quiet.Head.Mark)
					if late := c.late && !modern; ch.Whole || c.check(ch, work) == late {
						t.Errorf("version 10 %t: %+v", modern, ch)
					}
					time.Sleep(8 * time.Minute)
					if ch := since(t, s, ch.Head.Mark); ch.Whole == modern {
						t.Errorf("after ten minutes: whole %t", ch.Whole)
					}
					if n := f.called("/deleted"); n != 0 {
						t.Errorf("%d requests for what the app does not have", n)
					}
				})
			})
		}
	}
}

func TestDesktop_SinceWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l, s := app(t, true)
		_, head := all(t, s)
		for _, mark := range []string{"", "7", "desktop", "desktop 1 2", "desktop 1 2 x", "desktop 1 2 3 "} {
			if ch := since(t, s, mark); !ch.Whole {
				t.Errorf("mark %q: %+v", mark, ch)
			}
		}
		for i := range 2100 {
			l.put(librarytest.Key("NEW", i), map[string]any{"itemType": "book", "dateModified": "2030-01-01T00:00:00Z"})
		}
		if ch := since(t, s, head.Mark); !ch.Whole || len(ch.Objects) > 0 {
			t.Errorf("2100 changes: %d objects", len(ch.Objects))
		}
	})
}

// TestDesktop_TextsOfAnOldApp: before version 7.1 the app has no list of texts.
func TestDesktop_TextsOfAnOldApp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _, s := app(t, false)
		f.fail = func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, "/fulltext") {
				return http.StatusNotFound, "No endpoint found"
			}
			return 0, ""
		}
		if got, err := s.TextVersions(t.Context(), 0); got != nil || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestDesktop_Libraries(t *testing.T) {
	f := newFake(t)
	f.local = true
	l := f.addLibrary("user", 0, librarytest.Works())
	l.id = 99
	f.addLibrary("group", 7, librarytest.Works()[:1])
	d := zotero.NewDesktop(newClient(t, f, zotero.Options{}), &openings{})
	infos, err := d.Libraries(t.Context())
	if err != nil || len(infos) != 2 || infos[0].ID != "user:99" || infos[1].ID != "group:7" || infos[0].MayWrite || infos[1].MayWrite {
		t.Fatalf("%+v, %v", infos, err)
	}
	if _, err := d.Open(t.Context(), "user:475425"); library.CodeOf(err) != library.NotFound {
		t.Errorf("%v", err)
	}
	if n := f.called("/keys") + f.called("/users/99"); n != 0 {
		t.Errorf("%d requests for what the app does not have", n)
	}
	if d.Link(library.ItemID{Library: "user:99", Key: "ABCD2345"}) != "" {
		t.Error("an item of the app has a page")
	}
}

// TestDesktop_Errors say what a person can do about the app.
func TestDesktop_Errors(t *testing.T) {
	for status, want := range map[int]string{http.StatusForbidden: "refuses other programs", http.StatusInternalServerError: "does not answer"} {
		f := newFake(t)
		f.local = true
		f.fail = func(*http.Request) (int, string) { return status, "Local API is not enabled" }
		_, err := zotero.NewDesktop(newClient(t, f, zotero.Options{}), &openings{}).Libraries(context.Background())
		if e := library.AsError(err); e == nil || e.Code != library.Unavailable || !strings.Contains(e.Message, want) || !strings.Contains(e.Hint, "Settings") {
			t.Errorf("%d: %v", status, err)
		}
	}
}
