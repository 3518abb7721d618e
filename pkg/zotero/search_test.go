package zotero_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/upstream"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// opened returns a group library with works and the server behind it.
func opened(t *testing.T, works []librarytest.Work, fresh time.Duration, o zotero.Options) (*fakeZotero, *fakeLibrary, library.Reader) {
	t.Helper()
	f := newFake(t)
	f.fresh = fresh
	l := f.addLibrary("group", 4711, works)
	f.grant("good", true, 4711)
	return f, l, openLibrary(t, openAccount(t, f, "good", o), "group:4711")
}

// always is a client's cache that asks the server at every call.
const always = time.Nanosecond

func search(t *testing.T, r library.Reader, q library.Query) library.Page[library.Hit] {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	got, err := r.Search(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return got
}

// readWhole has a library read whole: counting the works of its tags takes
// that.
func readWhole(t testing.TB, r library.Reader) {
	t.Helper()
	if _, err := r.Tags(t.Context(), library.TagQuery{Limit: 1}); err != nil {
		t.Fatal(err)
	}
}

func titles(page library.Page[library.Hit]) []string {
	all := []string{}
	for _, h := range page.Items {
		all = append(all, h.Item.Title())
	}
	slices.Sort(all)
	return all
}

func TestTheSameQuestionIsAskedOnce(t *testing.T) {
	f, _, r := opened(t, librarytest.Works(), 0, zotero.Options{})
	readWhole(t, r)
	first := search(t, r, library.Query{Text: "compounded"})
	f.change(func() {})
	for range 20 {
		if got := search(t, r, library.Query{Text: "compounded"}); got.Total != 1 || got.Items[0].Match.Text != first.Items[0].Match.Text {
			t.Fatalf("%+v", got)
		}
	}
	if n := f.called(""); n != 0 {
		t.Errorf("20 identical searches made %d calls", n)
	}
	for i := range 5 {
		search(t, r, library.Query{Text: fmt.Sprintf("word%d", i)})
	}
	if n := f.called(""); n != 5 {
		t.Errorf("5 different searches made %d calls, want one each", n)
	}
}

func TestQuestionsAtTheSameTimeReadTheLibraryOnce(t *testing.T) {
	f, _, r := opened(t, librarytest.Many(250), 0, zotero.Options{})
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if got, err := r.Search(t.Context(), library.Query{YearFrom: 1, Limit: 5}); err != nil || got.Total != 250 {
				t.Errorf("%d, %v", got.Total, err)
			}
		})
	}
	wg.Wait()
	if n := f.called("/groups/4711/items?"); n != 3 {
		t.Errorf("%d calls for 3 pages", n)
	}
}

func TestALibraryIsFollowedByVersion(t *testing.T) {
	f, l, r := opened(t, librarytest.Works(), always, zotero.Options{})
	readWhole(t, r)
	light, engine, society := l.keyOf(librarytest.TitleLight), l.keyOf(librarytest.TitleEngine), l.keyOf(librarytest.TitleSociety)
	for _, c := range []struct {
		promise string
		change  func()
		q       library.Query
		want    []string
	}{
		{"nothing changed", func() {}, library.Query{Text: "prisms"}, []string{librarytest.TitleLight}},
		{"a changed title", func() { l.touch(engine, map[string]any{"title": "Difference Engine"}) }, library.Query{Text: "difference"}, []string{"Difference Engine"}},
		{"the old title is gone", func() {}, library.Query{Text: "analytical"}, []string{}},
		{"a new work", func() { l.put("NEWWWRK2", map[string]any{"itemType": "book", "title": "Newcomer"}) }, library.Query{Text: "newcomer"}, []string{"Newcomer"}},
		{"a new note", func() {
			l.put("NEWNTE22", map[string]any{"itemType": "note", "note": "<b>marginalia</b>", "parentItem": society})
		}, library.Query{Text: "marginalia"}, []string{librarytest.TitleSociety}},
		{"a work in the trash, with its children", func() { l.touch(light, map[string]any{"deleted": 1}) }, library.Query{Text: "experimentum prisms compounded"}, []string{}},
		{"a work out of the trash", func() { l.touch(light, map[string]any{"deleted": nil}) }, library.Query{Text: "prisms"}, []string{librarytest.TitleLight}},
		{"a work deleted for good", func() { l.drop("NEWWWRK2") }, library.Query{Text: "newcomer"}, []string{}},
	} {
		f.change(c.change)
		if got := titles(search(t, r, c.q)); !slices.Equal(got, c.want) {
			t.Errorf("%s: found %q, want %q", c.promise, got, c.want)
		}
		if n := f.called("sort=dateAdded"); n != 0 {
			t.Errorf("%s: the library was read anew", c.promise)
		}
	}
}

func TestALibraryTooLargeToReadIsSearchedByZotero(t *testing.T) {
	_, _, r := opened(t, librarytest.Works(), 0, zotero.Options{LibraryBytes: 1, ScanLimit: 8})
	readWhole(t, r) // that it can't be is known
	reading := ""
	tree, err := r.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range tree.Items {
		if c.Name == "Reading" {
			reading = c.Key
		}
	}
	for _, c := range []struct {
		promise string
		q       library.Query
		want    []string
		said    string // what the notice has
	}{
		{"a title", library.Query{Text: "analytical"}, []string{librarytest.TitleEngine}, "would be read whole"},
		{"a creator", library.Query{Text: "Mendel"}, []string{librarytest.TitleHeredity}, "would be read whole"},
		{"a full text stands for its work", library.Query{Text: "compounded"}, []string{librarytest.TitleLight}, "would be read whole"},
		{"an abstract isn't seen", library.Query{Text: "prisms"}, []string{}, "not in abstracts"},
		{"no work has all words", library.Query{Text: "analytical zebra"}, []string{librarytest.TitleEngine}, "one of the longest"},
		{"a tag", library.Query{TagsAll: []string{"Physics", "history"}}, []string{librarytest.TitleLight}, ""},
		{"one of two tags", library.Query{TagsAny: []string{"letters", "physics"}}, []string{librarytest.TitleLight, librarytest.TitleSociety}, ""},
		{"not a tag", library.Query{TagsNone: []string{"history"}}, []string{librarytest.TitleUndated, librarytest.TitleOperators}, ""},
		{"a type", library.Query{ItemTypes: []string{"book"}}, []string{librarytest.TitleLight, librarytest.TitleSociety}, ""},
		{"years", library.Query{YearFrom: 1800, YearTo: 1900}, []string{librarytest.TitleHeredity, librarytest.TitleEngine}, ""},
		{"a creator's name", library.Query{Creator: "muller"}, []string{librarytest.TitleOperators}, ""},
		{"a collection with those below", library.Query{Collection: reading}, []string{librarytest.TitleLight, librarytest.TitleHeredity, librarytest.TitleEngine}, ""},
		{"words in a collection", library.Query{Text: "mendel", Collection: reading}, []string{librarytest.TitleHeredity}, ""},
		{"words and a year", library.Query{Text: "light", YearFrom: 1900}, []string{}, ""},
	} {
		got := search(t, r, c.q)
		want := slices.Sorted(slices.Values(c.want))
		if !slices.Equal(titles(got), want) || got.Total != len(want) || !strings.Contains(got.Notice, c.said) {
			t.Errorf("%s: found %q of %d, %q; want %q", c.promise, titles(got), got.Total, got.Notice, want)
		}
	}
	hit := search(t, r, library.Query{Text: "compounded"}).Items[0]
	if m := hit.Match; m == nil || m.Source != library.SourceFulltext || m.Page != "3" || !strings.Contains(m.Text, "compounded") {
		t.Errorf("match %+v", hit.Match)
	}
}

func TestALargeLibraryIsBrowsedInPages(t *testing.T) {
	_, _, r := opened(t, librarytest.Many(60), 0, zotero.Options{LibraryBytes: 1, ScanLimit: 20})
	for _, sort := range []library.Sort{"", library.SortAdded, library.SortTitle, library.SortDate} {
		seen := map[string]bool{}
		for offset := 0; offset < 60; offset += 25 {
			got := search(t, r, library.Query{Sort: sort, After: &library.Position{Taken: offset}, Limit: 25})
			if got.Total != 60 || got.Notice != "" {
				t.Errorf("%q: total %d, %q", sort, got.Total, got.Notice)
			}
			for _, h := range got.Items {
				seen[h.Item.ID.Key] = true
			}
		}
		if len(seen) != 60 {
			t.Errorf("%q: %d works on all pages", sort, len(seen))
		}
	}
	if got := search(t, r, library.Query{YearFrom: 1900}); got.Total != 20 || !strings.Contains(got.Notice, "only the first 20 of 60") {
		t.Errorf("a filter past the limit: total %d, %q", got.Total, got.Notice)
	}
}

func TestWhatTheFullTextsLackIsSaid(t *testing.T) {
	f, _, r := opened(t, librarytest.Works(), 0, zotero.Options{})
	readWhole(t, r)
	f.change(func() {
		f.fail = func(r *http.Request) (int, string) {
			if strings.Contains(r.URL.RawQuery, "qmode=everything") {
				return http.StatusInternalServerError, "An error occurred"
			}
			return 0, ""
		}
	})
	got := search(t, r, library.Query{Text: "light"})
	if got.Total != 1 || !strings.Contains(got.Notice, "full texts could not be searched") {
		t.Errorf("%d, %q", got.Total, got.Notice)
	}
	f.change(func() { f.fail = nil })
	if got := search(t, r, library.Query{Text: "light"}); got.Notice != "" {
		t.Errorf("after it works again: %q", got.Notice)
	}
}

func TestAServerThatIsDownGivesWhatIsKnownAndSaysSo(t *testing.T) {
	f, _, r := opened(t, librarytest.Works(), always, zotero.Options{})
	search(t, r, library.Query{Text: "light"})
	f.change(func() {
		f.fail = func(*http.Request) (int, string) { return http.StatusInternalServerError, "An error occurred" }
	})
	got := search(t, r, library.Query{Text: "light"})
	if got.Total != 1 || !strings.Contains(got.Notice, "can't be reached") {
		t.Errorf("%d, %q", got.Total, got.Notice)
	}
	fresh := openLibraryOf(t, f)
	if _, err := fresh.Search(t.Context(), library.Query{Limit: 1}); err == nil {
		t.Error("a library that was never read is answered from nothing")
	}
}

// openLibraryOf opens the group's library with a client that knows nothing.
func openLibraryOf(t *testing.T, f *fakeZotero) library.Reader {
	t.Helper()
	failing := f.fail
	f.change(func() { f.fail = nil })
	r := openLibrary(t, openAccount(t, f, "good", zotero.Options{}), "group:4711")
	f.change(func() { f.fail = failing })
	return r
}

func TestTags(t *testing.T) {
	_, l, large := opened(t, librarytest.Works(), 0, zotero.Options{LibraryBytes: 1, ScanLimit: 8})
	l.items[len(l.items)-1].data["tags"] = []any{}
	got, err := large.Tags(t.Context(), library.TagQuery{Limit: 2})
	if err != nil || got.Total != 6 || !slices.Equal(got.Items, []library.Tag{{Name: "history", Items: 4}, {Name: "biology", Items: 1}}) || got.Notice == "" {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = large.Tags(t.Context(), library.TagQuery{Prefix: "ph", Limit: 2})
	if err != nil || got.Total != 1 || got.Items[0].Name != "physics" {
		t.Errorf("by prefix: %+v, %v", got, err)
	}
}

// TestALibraryWithAPageTooLargeToReadIsStillSearched: a hundred long notes are
// more than one answer may be.
func TestALibraryWithAPageTooLargeToReadIsStillSearched(t *testing.T) {
	f := newFake(t)
	l := f.addLibrary("user", f.user, librarytest.Works())
	f.grant("good", true)
	l.touch(l.keyOf(librarytest.TitleLight), map[string]any{"abstractNote": strings.Repeat("long ", 100_000)})
	up, err := upstream.New(upstream.Options{Name: "Zotero", BaseURL: f.URL, MaxBytes: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	a, err := zotero.NewClient(up, zotero.Options{}).Account(t.Context(), credential("good"))
	if err != nil {
		t.Fatal(err)
	}
	r := openLibrary(t, a, library.UserID(f.user))
	if got, err := r.Search(t.Context(), library.Query{Text: "mendel", Limit: 5}); err != nil || got.Total != 1 || got.Notice == "" {
		t.Errorf("%d, %q, %v", got.Total, got.Notice, err)
	}
}

// TestTheDesktopAppIsReadAnewAfterAWhile: its versions need not grow when
// something changes.
func TestTheDesktopAppIsReadAnewAfterAWhile(t *testing.T) {
	for _, c := range []struct {
		promise string
		fresh   time.Duration
		want    int
	}{
		{"after its time", time.Nanosecond, 1},
		{"before", time.Hour, 0},
	} {
		f := newFake(t)
		f.local = true
		l := f.addLibrary("user", 0, librarytest.Works())
		a := openAccount(t, f, "", zotero.Options{LocalFresh: c.fresh})
		r := openLibrary(t, a, library.UserID(a.Key().UserID))
		search(t, r, library.Query{})
		f.change(func() {
			l.put("NEWWWRK2", map[string]any{"itemType": "book", "title": "Newcomer"})
			l.version--
		})
		if got := search(t, r, library.Query{Text: "newcomer"}); got.Total != c.want {
			t.Errorf("%s: found %d, want %d", c.promise, got.Total, c.want)
		}
	}
}
