package zotero_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

// TestAWorkIsTheSameHoweverItIsRead compares works from a library read whole
// with works fetched one by one.
func TestAWorkIsTheSameHoweverItIsRead(t *testing.T) {
	_, l, whole := opened(t, librarytest.Works(), 0, zotero.Options{})
	_, _, single := opened(t, librarytest.Works(), 0, zotero.Options{LibraryBytes: 1, ScanLimit: 1})
	readWhole(t, whole)
	keys := []string{}
	for _, it := range l.items {
		keys = append(keys, it.key)
	}
	a, err := whole.Items(t.Context(), keys)
	if err != nil || len(a) != len(keys) {
		t.Fatalf("%d items, %v", len(a), err)
	}
	b, err := single.Items(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("read whole (-) and one by one (+):\n%s", diff)
	}
}

func TestItemsHaveWhatHangsBelowThem(t *testing.T) {
	for promise, o := range map[string]zotero.Options{"read whole": {}, "one by one": {LibraryBytes: 1, ScanLimit: 1}} {
		t.Run(promise, func(t *testing.T) {
			_, l, r := opened(t, librarytest.Works(), 0, o)
			l.put("ANN33333", map[string]any{
				"itemType": "annotation", "annotationType": "note", "annotationComment": "earlier on the page", "annotationColor": "#ff0000",
				"annotationPageLabel": "1", "annotationSortIndex": "00000|000010|00000",
			})
			light := l.keyOf(librarytest.TitleLight)
			for _, it := range l.items {
				if it.text("itemType") == "attachment" {
					l.items[len(l.items)-1].data["parentItem"] = it.key
				}
			}
			l.put("TRASH222", map[string]any{"itemType": "note", "parentItem": light, "note": "old", "deleted": 1})
			l.put("ALNE2222", map[string]any{"itemType": "note", "note": "<h1>Alone</h1><p>with <i>marks</i></p>"})
			readWhole(t, r)
			items, err := r.Items(t.Context(), []string{light, "ALNE2222"})
			if err != nil || len(items) != 2 {
				t.Fatalf("%d items, %v", len(items), err)
			}
			a := items[0].Attachments[0]
			if len(items[0].Notes) != 0 || len(a.Annotations) != 2 || a.Annotations[0].Comment != "earlier on the page" || a.Annotations[0].Color != "#ff0000" || a.Annotations[0].Page != "1" ||
				a.Annotations[1].Text != "refrangible rays" {
				t.Errorf("annotations %+v, notes %+v", a.Annotations, items[0].Notes)
			}
			if a.Text.Pages != 3 || a.Text.PagesRead != 3 || !a.Text.Available || a.Text.Chars == 0 {
				t.Errorf("text %+v", a.Text)
			}
			if items[1].Type != "note" || items[1].Title() != "Alone" || len(items[1].Notes) != 1 || !strings.Contains(items[1].Notes[0].Text, "marks") || strings.Contains(items[1].Notes[0].Text, "<") {
				t.Errorf("a note by itself: %+v", items[1])
			}
			if got, _ := r.Items(t.Context(), []string{"TRASH222"}); len(got) != 0 {
				t.Errorf("the trash is open: %+v", got[0])
			}
		})
	}
}

func TestTextSaysHowMuchOfItThereIs(t *testing.T) {
	for _, c := range []struct {
		promise, content string
		total            int // pages that the file has
		want             library.TextStatus
		pages            int
		complete         bool
	}{
		{"all pages", "one\ftwo\f", 2, library.TextStatus{Available: true, Pages: 2, PagesRead: 2, Chars: 8}, 2, true},
		{"the first pages of a book", "one\ftwo\f", 442, library.TextStatus{Available: true, Pages: 442, PagesRead: 2, Chars: 8}, 2, false},
		{"blank pages count", "one\f\fthree\f", 3, library.TextStatus{Available: true, Pages: 3, PagesRead: 3, Chars: 11}, 3, true},
		{"a scan", "\f\f", 2, library.TextStatus{Pages: 2}, 0, false},
	} {
		t.Run(c.promise, func(t *testing.T) {
			_, l, r := opened(t, librarytest.Works(), 0, zotero.Options{})
			for key := range l.texts {
				l.texts[key], l.totalPages[key] = c.content, c.total
			}
			got, err := r.Text(t.Context(), l.keyOf(librarytest.TitleLight), library.TextQuery{})
			if err != nil {
				t.Fatal(err)
			}
			status := got.Status
			status.Reason = ""
			if status != c.want || got.Status.Complete() != c.complete || len(got.Pages) != c.pages || !c.complete && got.Status.Reason == "" {
				t.Errorf("%+v, %d pages", got.Status, len(got.Pages))
			}
		})
	}
}

func TestChanges(t *testing.T) {
	f, l, r := opened(t, librarytest.Works(), 0, zotero.Options{})
	before := l.version
	f.change(func() {
		at := func(day int) string {
			return time.Date(2026, 6, day, 0, 0, 0, 0, time.UTC).Format("2006-01-02T15:04:05Z")
		}
		l.touch(l.keyOf(librarytest.TitleHeredity), map[string]any{"dateModified": at(1)})
		l.touch("NTE22222", map[string]any{"dateModified": at(2)})
		l.touch(l.keyOf(librarytest.TitleSociety), map[string]any{"dateModified": at(3), "deleted": 1})
		l.put("NEWWWRK2", map[string]any{"itemType": "book", "title": "Newcomer", "dateAdded": at(4), "dateModified": at(4)}).by = "ada"
		l.drop(l.keyOf(librarytest.TitleUndated))
	})
	type line struct {
		Kind  library.ChangeKind
		Title string
		By    string
	}
	lines := func(q library.ChangeQuery) (all []line, page library.Page[library.Change]) {
		q.Limit = 50
		page, err := r.Changes(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			title := ""
			if c.Item != nil {
				title = c.Item.Title()
			}
			all = append(all, line{c.Kind, title, c.By})
		}
		return all, page
	}
	moved := []line{
		{library.Added, "Newcomer", "ada"}, {library.Removed, "", ""}, {library.Changed, librarytest.TitleEngine, ""}, {library.Changed, librarytest.TitleHeredity, ""},
	}
	got, page := lines(library.ChangeQuery{SinceVersion: before})
	if want := append(slices.Clone(moved), line{library.Removed, "", ""}); !slices.Equal(got, want) || page.Total != 5 || !strings.Contains(page.Notice, "only the key") {
		t.Errorf("since a version: %v, %q", got, page.Notice)
	}
	got, page = lines(library.ChangeQuery{Since: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)})
	if !slices.Equal(got, moved) || !strings.Contains(page.Notice, "since a version") {
		t.Errorf("since a time: %v, %q", got, page.Notice)
	}
	got, _ = lines(library.ChangeQuery{Since: time.Date(2026, 6, 4, 0, 0, 0, 0, time.UTC), SinceVersion: before})
	if len(got) != 2 || got[0] != moved[0] {
		t.Errorf("since both: %v", got)
	}
}

// TestChangesOfALibraryReadWhole: what is known is not asked for again, and the
// answer is the same.
func TestChangesOfALibraryReadWhole(t *testing.T) {
	f, l, r := opened(t, librarytest.Works(), 0, zotero.Options{})
	f.change(func() {
		l.touch(l.keyOf(librarytest.TitleSociety), map[string]any{"dateModified": "2026-06-03T00:00:00Z", "deleted": 1})
		l.touch("NTE22222", map[string]any{"dateModified": "2026-06-02T00:00:00Z"})
	})
	for _, since := range []time.Time{{}, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)} {
		q := library.ChangeQuery{Since: since, Limit: 50}
		cold, err := r.Changes(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Search(t.Context(), library.Query{Limit: 1}); err != nil {
			t.Fatal(err)
		}
		f.change(func() {})
		warm, err := r.Changes(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(kindsAndKeys(cold), kindsAndKeys(warm)); diff != "" || warm.Total < 2 {
			t.Errorf("since %v: asked (-) and known (+):\n%s", since, diff)
		}
		for _, call := range f.calls {
			if strings.Contains(call, "/items?") {
				t.Errorf("since %v: the library is asked for again: %s", since, call)
			}
		}
		r = openLibrary(t, openAccount(t, f, "good", zotero.Options{}), "group:4711") // as one who has read nothing yet
	}
}

func kindsAndKeys(page library.Page[library.Change]) []string {
	all := []string{}
	for _, c := range page.Items {
		all = append(all, string(c.Kind)+" "+c.Key)
	}
	return all
}

func TestCollectionsInTheTrashAreNotThere(t *testing.T) {
	_, l, r := opened(t, librarytest.Works(), 0, zotero.Options{})
	for _, c := range l.collections {
		if c["name"] == "Reading" {
			c["deleted"] = true
		}
	}
	got, err := r.Collections(t.Context())
	if err != nil || got.Total != 2 {
		t.Fatalf("%+v, %v", got.Items, err)
	}
	for _, c := range got.Items {
		if c.Name == "Reading" || c.Name == "Machines" {
			t.Errorf("%+v", c)
		}
	}
}

// TestStatusesThatMeanSomethingToZotero: what the caller reads when Zotero
// refuses.
func TestStatusesThatMeanSomethingToZotero(t *testing.T) {
	scope := scopeOver(t)
	for status, want := range map[int]library.Code{
		http.StatusBadRequest: library.Invalid, http.StatusForbidden: library.Forbidden, http.StatusNotFound: library.NotFound,
		http.StatusConflict: library.Conflict, http.StatusPreconditionFailed: library.Conflict, http.StatusRequestEntityTooLarge: library.TooLarge,
		http.StatusPreconditionRequired: library.Internal, http.StatusInternalServerError: library.Unavailable,
	} {
		const text = "SECRET &quot;details&quot;"
		c := zotero.NewClient(host(t, status, nil, text), zotero.Options{})
		_, err := c.Items(t.Context(), scope, zotero.Parameters{})
		if e := library.AsError(err); e.Code != want || strings.Contains(e.Message+e.Hint, "SECRET") || e.Message == "" {
			t.Errorf("%d: %v, want code %s", status, err, want)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	scope := scopeOver(t)
	for promise, body := range map[string]string{
		"an object for a list": `{}`, "half of a list": `[{"key":`, "words": `An error occurred`, "nothing": ``, "a number": `7`,
	} {
		header := http.Header{"Content-Type": {"application/json"}}
		c := zotero.NewClient(host(t, http.StatusOK, header, body), zotero.Options{})
		if list, err := c.Items(t.Context(), scope, zotero.Parameters{}); library.CodeOf(err) != library.Unavailable {
			t.Errorf("%s: %+v, %v", promise, list, err)
		}
	}
}

func TestALinkToAnotherHostIsNotFollowed(t *testing.T) {
	scope := scopeOver(t)
	for _, link := range []string{
		`<https://evil.example/users/1/items?start=1>; rel="next"`, `<//evil.example/>; rel="next"`, `<file:///etc/passwd>; rel="next"`,
		`<https://user@evil.example/>; rel="next", <https://api.zotero.org/>; rel="last"`,
	} {
		header := http.Header{"Content-Type": {"application/json"}, "Link": {link}, "Total-Results": {"2"}}
		c := zotero.NewClient(host(t, http.StatusOK, header, `[{"key":"ABCD2345","data":{"itemType":"book"}}]`), zotero.Options{})
		first, err := c.Items(t.Context(), scope, zotero.Parameters{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var last error
		for _, err := range zotero.All(t.Context(), first) {
			n++
			last = err
		}
		if n != 2 || library.CodeOf(last) != library.Unavailable {
			t.Errorf("%s: %d entries, %v", link, n, last)
		}
	}
}

func TestEveryEndpointRefusesAKeyThatIsNone(t *testing.T) {
	scope := scopeOver(t)
	c := zotero.NewClient(replay{&exchange{}}, zotero.Options{})
	for _, key := range []string{"", "..", "../../keys/current", "ABCD234", "abcd2345", "ABCD2345/file", "ABCD234?"} {
		_, item := c.Item(t.Context(), scope, key)
		_, children := c.Children(t.Context(), scope, key, zotero.Parameters{})
		_, full := c.FullText(t.Context(), scope, key)
		_, _, file := c.File(t.Context(), scope, key)
		_, collection := c.CollectionTopItems(t.Context(), scope, key, zotero.Parameters{})
		for _, err := range []error{item, children, full, file, collection} {
			if library.CodeOf(err) != library.NotFound {
				t.Errorf("%q: %v", key, err)
			}
		}
	}
}
