package zotero_test

import (
	"net/http"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

func TestAnAccountHasTheLibrariesOfItsKeyAndNoOthers(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.addLibrary("group", 1, librarytest.Works()[:2])
	f.addLibrary("group", 2, nil) // public, of the user, but not in every key
	f.groups[0]["data"].(map[string]any)["libraryEditing"] = "admins"
	f.grant("all", true, 1, 2)
	f.grant("personal", true)
	f.grant("one", false, 1)
	f.keys["every"] = `{"key":"every","userID":475425,"access":{"user":{"library":true,"write":true},"groups":{"all":{"library":true,"write":true}}}}`
	for _, c := range []struct {
		key    string
		ids    []library.ID
		writes []bool
	}{
		{"all", []library.ID{"user:475425", "group:1", "group:2"}, []bool{true, false, false}},
		{"personal", []library.ID{"user:475425"}, []bool{true}},
		{"one", []library.ID{"group:1"}, []bool{false}},
		{"every", []library.ID{"user:475425", "group:1", "group:2"}, []bool{true, false, true}},
	} {
		a := openAccount(t, f, c.key, zotero.Options{})
		infos, err := a.Libraries(t.Context())
		if err != nil || len(infos) != len(c.ids) {
			t.Fatalf("%s: %+v, %v", c.key, infos, err)
		}
		for i, info := range infos {
			if info.ID != c.ids[i] || info.MayWrite != c.writes[i] || info.Name == "" || info.Kind != info.ID.Kind() || info.Version < 1 {
				t.Errorf("%s: %+v, want %s, may write %t", c.key, info, c.ids[i], c.writes[i])
			}
		}
		may := map[library.ID]bool{}
		for _, id := range c.ids {
			may[id] = true
		}
		for _, id := range []library.ID{"user:475425", "group:1", "group:2", "group:3", "user:1", "local", "group:0", ""} {
			_, err := a.Open(t.Context(), id)
			if may[id] && err != nil || !may[id] && library.CodeOf(err) != library.NotFound {
				t.Errorf("%s: opening %q: %v", c.key, id, err)
			}
		}
	}
	if infos, _ := openAccount(t, f, "all", zotero.Options{}).Libraries(t.Context()); infos[0].Items != 6 || infos[1].Items != 2 || infos[2].Items != 0 {
		t.Errorf("sizes %+v", infos)
	}
}

func TestADeadKeyIsSaidToBeDead(t *testing.T) {
	f := newFake(t)
	_, err := newClient(t, f, zotero.Options{}).Account(t.Context(), credential("dead"))
	if e := library.AsError(err); e.Code != library.Unauthenticated || e.Hint == "" {
		t.Errorf("%v", err)
	}
}

func TestALibraryThatFailsDoesNotHideTheOthers(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.addLibrary("group", 1, nil)
	f.grant("good", true, 1)
	f.fail = func(r *http.Request) (int, string) {
		if r.URL.Path == "/groups/1/items/top" {
			return http.StatusForbidden, "Forbidden"
		}
		return 0, ""
	}
	infos, err := openAccount(t, f, "good", zotero.Options{}).Libraries(t.Context())
	if err != nil || len(infos) != 2 || infos[0].Items != 6 || infos[1].Items != -1 || infos[1].Notice == "" || infos[1].ID != "group:1" {
		t.Errorf("%+v, %v", infos, err)
	}
}

func TestTheDesktopAppHasOneUserAndItsGroups(t *testing.T) {
	f := newFake(t)
	f.local = true
	l := f.addLibrary("user", 0, librarytest.Works())
	l.id = 99
	f.addLibrary("group", 7, librarytest.Works()[:1])
	a := openAccount(t, f, "", zotero.Options{})
	infos, err := a.Libraries(t.Context())
	if err != nil || len(infos) != 2 || infos[0].ID != "user:99" || infos[1].ID != "group:7" || infos[0].MayWrite || infos[1].MayWrite {
		t.Fatalf("%+v, %v", infos, err)
	}
	page, err := openLibrary(t, a, "user:99").Changes(t.Context(), library.ChangeQuery{SinceVersion: 1, Limit: 10})
	if err != nil || page.Notice == "" {
		t.Errorf("changes: %q, %v", page.Notice, err)
	}
	if n := f.called("/deleted") + f.called("/keys") + f.called("/users/99"); n != 0 {
		t.Errorf("%d calls to what the app doesn't have", n)
	}
}

// TestOneCallersReadingIsNeverShownToAnother: the same library under two keys
// is read twice, since the keys may see different things in it.
func TestOneCallersReadingIsNeverShownToAnother(t *testing.T) {
	f := newFake(t)
	f.addLibrary("group", 1, librarytest.Works())
	f.grant("one", false, 1)
	f.grant("two", false, 1)
	client := newClient(t, f, zotero.Options{})
	for _, key := range []string{"one", "two", "one", "two"} {
		a, err := client.Account(t.Context(), credential(key))
		if err != nil {
			t.Fatal(err)
		}
		r := openLibrary(t, a, "group:1")
		readWhole(t, r)
		if got, err := r.Search(t.Context(), library.Query{Limit: 10}); err != nil || got.Total != 6 {
			t.Fatalf("%d, %v", got.Total, err)
		}
	}
	if n := f.called("/groups/1/items?"); n != 2 {
		t.Errorf("the library was read %d times, want once for each key", n)
	}
}
