package zotero_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

func TestMembers_HaveTheLibrariesOfTheirKey(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.addLibrary("group", 1, librarytest.Works()[:2])
	f.addLibrary("group", 2, nil) // public, of the user, but not in every key
	f.groups[0]["data"].(map[string]any)["libraryEditing"] = "admins"
	f.grant("all", true, 1, 2)
	f.grant("personal", true)
	f.grant("one", false, 1)
	f.keys["every"] = `{"key":"every","userID":475425,"access":{"user":{"library":true,"write":true},"groups":{"all":{"library":true,"write":true}}}}`
	m := newMembers(newClient(t, f, zotero.Options{}), &openings{})
	for _, c := range []struct {
		key    string
		ids    []library.ID
		writes []bool
		items  []int
	}{
		{"all", []library.ID{"user:475425", "group:1", "group:2"}, []bool{true, false, false}, []int{6, 2, 0}},
		{"personal", []library.ID{"user:475425"}, []bool{true}, []int{6}},
		{"one", []library.ID{"group:1"}, []bool{false}, []int{2}},
		{"every", []library.ID{"user:475425", "group:1", "group:2"}, []bool{true, false, true}, []int{6, 2, 0}},
	} {
		ctx := calling(t.Context(), c.key)
		infos, err := m.Libraries(ctx)
		if err != nil || len(infos) != len(c.ids) {
			t.Fatalf("%s: %+v, %v", c.key, infos, err)
		}
		for i, info := range infos {
			if info.ID != c.ids[i] || info.MayWrite != c.writes[i] || info.Items != c.items[i] || info.Name == "" || info.Kind != info.ID.Kind() || info.Version < 1 {
				t.Errorf("%s: %+v, want %s, may write %t", c.key, info, c.ids[i], c.writes[i])
			}
		}
		may := map[library.ID]bool{}
		for _, id := range c.ids {
			may[id] = true
		}
		for _, id := range []library.ID{"user:475425", "group:1", "group:2", "group:3", "user:1", "local", "group:0", ""} {
			_, err := m.Open(ctx, id)
			if may[id] && err != nil || !may[id] && library.CodeOf(err) != library.NotFound {
				t.Errorf("%s: opening %q: %v", c.key, id, err)
			}
		}
	}
}

// TestMembers_Views: callers who see different objects do not share a replica,
// callers who see the same do.
func TestMembers_Views(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.addLibrary("group", 4711, nil)
	f.grant("good", true, 4711)
	f.grant("again", true, 4711)
	f.grant("read", false, 4711)
	f.keys["notes"] = strings.Replace(f.keys["good"], `"notes":true`, `"notes":false`, 1)
	f.keys["files"] = strings.Replace(f.keys["good"], `"files":true`, `"files":false`, 1)
	f.keys["neither"] = strings.Replace(f.keys["files"], `"notes":true`, `"notes":false`, 1)
	c := newClient(t, f, zotero.Options{})
	views := map[string]string{}
	for _, key := range []string{"good", "notes", "files", "neither"} {
		o := opened(t, c, key, library.UserID(f.user))
		if other, has := views[o.View]; has {
			t.Errorf("the keys %s and %s have the view %q", key, other, o.View)
		}
		views[o.View] = key
		if says := strings.Contains(o.Notice, "may not read notes"); says != (key == "notes" || key == "neither") || o.About.HidesNotes != says {
			t.Errorf("%s: notice %q, hides notes: %v", key, o.Notice, o.About.HidesNotes)
		}
	}
	if a, b := opened(t, c, "good", library.UserID(f.user)), opened(t, c, "again", library.UserID(f.user)); a.View != b.View {
		t.Errorf("views %q and %q of the same rights", a.View, b.View)
	}
	a, b := opened(t, c, "good", "group:4711"), opened(t, c, "read", "group:4711")
	if a.View != b.View || a.Notice+b.Notice != "" {
		t.Errorf("views %q and %q of a group", a.View, b.View)
	}
	other := newClient(t, f, zotero.Options{Host: "zotero.example.org"})
	if o := opened(t, other, "good", "group:4711"); o.View == a.View {
		t.Errorf("libraries of two servers have the view %q", o.View)
	}
}

func TestMembers_WithoutKey(t *testing.T) {
	f := newFake(t)
	refused := library.Errorf(library.Unauthenticated, "sign in")
	for name, c := range map[string]struct {
		err  error
		want string
	}{"an error": {refused, "sign in"}, "no key": {nil, "no Zotero key"}} {
		m := zotero.NewMembers(newClient(t, f, zotero.Options{}), &openings{}, func(context.Context) (upstream.Credential, error) { return upstream.Credential{}, c.err })
		if infos, err := m.Libraries(t.Context()); len(infos) > 0 || !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v", name, infos, err)
		}
		if _, err := m.Open(t.Context(), "group:1"); library.CodeOf(err) != library.Unauthenticated || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if len(f.calls) > 0 {
			t.Errorf("%s: %q", name, f.calls)
		}
	}
}

func TestMembers_DeadKey(t *testing.T) {
	f := newFake(t)
	m := newMembers(newClient(t, f, zotero.Options{}), &openings{})
	_, err := m.Libraries(calling(t.Context(), "dead"))
	if e := library.AsError(err); e.Code != library.Unauthenticated || e.Hint == "" {
		t.Errorf("%v", err)
	}
	for status, dead := range map[int]bool{http.StatusForbidden: true, http.StatusNotFound: false} {
		f := newFake(t)
		f.addLibrary("user", f.user, librarytest.Works())
		f.grant("good", true)
		f.fail = func(r *http.Request) (int, string) {
			if strings.HasSuffix(r.URL.Path, "/items/top") {
				return status, "Invalid key"
			}
			return 0, ""
		}
		infos, err := newMembers(newClient(t, f, zotero.Options{}), &openings{}).Libraries(calling(t.Context(), "good"))
		if (library.CodeOf(err) == library.Unauthenticated) != dead || (err != nil) != dead || (len(infos) == 0) != dead {
			t.Errorf("status %d: %v, %v", status, infos, err)
		}
	}
}

func TestMembers_LibraryThatFails(t *testing.T) {
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
	infos, err := newMembers(newClient(t, f, zotero.Options{}), &openings{}).Libraries(calling(t.Context(), "good"))
	if err != nil || len(infos) != 2 || infos[0].Items != 6 || infos[1].Items != -1 || infos[1].Notice == "" || infos[1].ID != "group:1" {
		t.Errorf("%+v, %v", infos, err)
	}
}

func TestLink(t *testing.T) {
	f := newFake(t)
	for host, want := range map[string]string{"": "https://www.zotero.org/groups/7/items/ABCD2345", "zotero.example.org": ""} {
		m := newMembers(newClient(t, f, zotero.Options{Host: host}), &openings{})
		if got := m.Link(library.ItemID{Library: "group:7", Key: "ABCD2345"}); got != want {
			t.Errorf("%q: %q", host, got)
		}
	}
	m := newMembers(newClient(t, f, zotero.Options{}), &openings{})
	for id, want := range map[library.ItemID]string{
		{Library: "user:475425", Key: "ABCD2345"}: "https://www.zotero.org/users/475425/items/ABCD2345",
		{Library: "local", Key: "ABCD2345"}:       "", {Library: "user:1", Key: "../x"}: "",
	} {
		if got := m.Link(id); got != want {
			t.Errorf("%s: %q", id, got)
		}
	}
}

// TestOpen_ChecksAccess: what a key may read is at most 30 s old. An older answer
// counts only while Zotero does not answer, and not after a refusal.
func TestOpen_ChecksAccess(t *testing.T) {
	const id = library.ID("group:4711")
	for name, c := range map[string]struct {
		change func(f *fakeZotero)
		within library.Code // while the answer is fresh
		after  library.Code
	}{
		"nothing changed":           {func(*fakeZotero) {}, "", ""},
		"the member left the group": {func(f *fakeZotero) { f.groups = nil }, "", library.NotFound},
		"the key lost the group":    {func(f *fakeZotero) { f.grant("good", true) }, "", library.NotFound},
		"the key was deleted":       {func(f *fakeZotero) { delete(f.keys, "good") }, "", library.Unauthenticated},
		"Zotero is down":            {failing(http.StatusInternalServerError), "", ""},
		"Zotero asks for a pause":   {failing(http.StatusTooManyRequests), "", library.RateLimited},
		"the host refuses":          {failing(http.StatusForbidden), "", library.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeAway()
				f.addLibrary("group", 4711, librarytest.Works())
				f.grant("good", true, 4711)
				m := newMembers(newFaraway(t, f, zotero.Options{}), &openings{})
				ctx := calling(t.Context(), "good")
				open := func() error { _, err := m.Open(ctx, id); return err }
				if err := open(); err != nil {
					t.Fatal(err)
				}
				f.change(func() { c.change(f) })
				time.Sleep(29 * time.Second)
				if err := open(); library.CodeOf(err) != c.within || f.called("") != 0 {
					t.Errorf("after 29 s: %v, %q", err, f.calls)
				}
				time.Sleep(2 * time.Second)
				if err := open(); library.CodeOf(err) != c.after {
					t.Errorf("after 31 s: %v", err)
				}
				if c.after == "" || c.after == library.RateLimited {
					return
				}
				f.change(func() { failing(http.StatusInternalServerError)(f) })
				if err := open(); err == nil {
					t.Error("while Zotero is down, an old right holds after a refusal")
				}
			})
		})
	}
}

func failing(status int) func(f *fakeZotero) {
	return func(f *fakeZotero) {
		f.fail = func(*http.Request) (int, string) { return status, "Invalid key" }
	}
}

// TestOpen_Requests: a first answer from a library that was not read costs one
// request beside the check of access, and asked again none.
func TestOpen_Requests(t *testing.T) {
	f := newFake(t)
	f.addLibrary("group", 4711, librarytest.Works())
	f.grant("good", false, 4711)
	m := newMembers(newClient(t, f, zotero.Options{}), &openings{})
	ctx := calling(t.Context(), "good")
	for range 3 {
		r, err := m.Open(ctx, "group:4711")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Search(ctx, library.Query{Text: "heredity", Limit: 10}); err != nil || got.Total != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if f.called("/keys/current") != 1 || f.called("/groups?") != 1 || f.called("") != 3 {
		t.Errorf("%q", f.calls)
	}
}

func TestLibraries_Cancelled(t *testing.T) {
	f := newFake(t)
	f.grant("good", true)
	ctx, cancel := context.WithCancel(calling(t.Context(), "good"))
	cancel()
	if _, err := newMembers(newClient(t, f, zotero.Options{}), &openings{}).Libraries(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
