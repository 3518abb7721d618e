package zotero_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		name, content string
		total         int // pages that the file has
		want          library.TextStatus
		pages         int
		complete      bool
	}{
		{"all pages", "one\ftwo\f", 2, library.TextStatus{Available: true, Pages: 2, PagesRead: 2, Chars: 8}, 2, true},
		{"the first pages of a book", "one\ftwo\f", 442, library.TextStatus{Available: true, Pages: 442, PagesRead: 2, Chars: 8}, 2, false},
		{"blank pages count", "one\f\fthree\f", 3, library.TextStatus{Available: true, Pages: 3, PagesRead: 3, Chars: 11}, 3, true},
		{"a scan", "\f\f", 2, library.TextStatus{Pages: 2}, 0, false},
		{"none", "", 0, library.TextStatus{}, 0, false},
	} {
		f := newFake(t)
		l, s := group(t, f, fillWith(librarytest.Works()))
		clear(l.texts)
		if c.content != "" {
			l.texts["ABCD2345"], l.totalPages["ABCD2345"], l.textVersions["ABCD2345"] = c.content, c.total, 12
		}
		got, err := s.Text(t.Context(), "ABCD2345")
		if err != nil {
			t.Fatal(err)
		}
		status := got.Status
		status.Reason = ""
		if status != c.want || got.Status.Complete() != c.complete || len(got.Pages) != c.pages || !c.complete && got.Status.Reason == "" || (got.Version > 0) != (c.content != "") {
			t.Errorf("%s: %+v, %d pages, version %d", c.name, got.Status, len(got.Pages), got.Version)
		}
		if listed, err := s.TextVersions(t.Context(), 11); err != nil || len(listed) != min(len(c.content), 1) {
			t.Errorf("%s: %v, %v", c.name, listed, err)
		}
	}
}

// TestText_WithoutFiles: a key that may not read files gets the reason, and no
// list of texts.
func TestText_WithoutFiles(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.grant("good", true)
	f.keys["without"] = strings.Replace(f.keys["good"], `"files":true`, `"files":false`, 1)
	f.fail = func(r *http.Request) (int, string) {
		if strings.Contains(r.URL.Path, "/fulltext") {
			return http.StatusForbidden, "Forbidden"
		}
		return 0, ""
	}
	for key, want := range map[string]library.Code{"good": library.Forbidden, "without": ""} {
		s := opened(t, newClient(t, f, zotero.Options{}), key, library.UserID(f.user)).Source
		text, err := s.Text(t.Context(), "ABCD2345")
		listed, failed := s.TextVersions(t.Context(), 0)
		if library.CodeOf(err) != want || library.CodeOf(failed) != want || want == "" && (listed == nil || text.Status.Reason == "") {
			t.Errorf("%s: %+v, %v; %v, %v", key, text, err, listed, failed)
		}
	}
}

func TestCollections_WithoutTrash(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	before, err := s.Collections(t.Context())
	if err != nil || len(before) != len(l.collections) {
		t.Fatalf("%+v, %v", before, err)
	}
	for _, c := range l.collections {
		if c["name"] == "Reading" {
			c["deleted"] = true
		}
	}
	got, err := s.Collections(t.Context())
	if err != nil || len(got) != 2 || slices.ContainsFunc(got, func(c library.Collection) bool { return c.Name == "Reading" || c.Name == "Machines" }) {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestCollections_ChangeWhileRead: a removal moves a collection to a page that
// was read already.
func TestCollections_ChangeWhileRead(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, func(l *fakeLibrary) {
		for i := range 250 {
			l.collection([]string{fmt.Sprintf("Collection %03d", i)})
		}
	})
	f.after = func(r *http.Request) {
		if r.URL.Query().Get("start") == "" && len(l.collections) == 250 {
			l.dropCollection(l.collections[0]["key"].(string))
		}
	}
	if got, err := s.Collections(t.Context()); err != nil || len(got) != 249 {
		t.Errorf("%d collections, %v", len(got), err)
	}
	// A library that changes at each page loses none that stays.
	f.after = func(*http.Request) { l.dropCollection(l.collections[0]["key"].(string)) }
	got, err := s.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range l.collections {
		if !slices.ContainsFunc(got, func(g library.Collection) bool { return g.Key == c["key"] }) {
			t.Errorf("%s is missing", c["name"])
		}
	}
}
