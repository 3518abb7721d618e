package zotero_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/tool" //nolint:depguard // what a library says in every answer is the tools' interface
	"github.com/stackroom-mcp/stackroom/pkg/zotero"
)

func TestKeyWithoutNotesSaysSo(t *testing.T) {
	f := newFake(t)
	f.addLibrary("user", f.user, librarytest.Works())
	f.addLibrary("group", 4711, nil)
	f.grant("good", true, 4711)
	f.keys["without"] = strings.Replace(f.keys["good"], `"notes":true`, `"notes":false`, 1)
	for _, c := range []struct {
		key  string
		id   library.ID
		says bool
	}{
		{"good", library.UserID(f.user), false}, {"without", library.UserID(f.user), true}, {"without", library.GroupID(4711), false},
	} {
		r := openLibrary(t, openAccount(t, f, c.key, zotero.Options{}), c.id)
		n, says := r.(tool.Noticer)
		if says != c.says || says && !strings.Contains(n.Notice(), "may not read notes") {
			t.Errorf("%s with key %q: notice %t, want %t", c.id, c.key, says, c.says)
		}
	}
}

func TestLibraries_DeadKeyIsAnError(t *testing.T) {
	for status, dead := range map[int]bool{http.StatusForbidden: true, http.StatusNotFound: false} {
		f := newFake(t)
		f.addLibrary("user", f.user, librarytest.Works())
		f.grant("good", true)
		a := openAccount(t, f, "good", zotero.Options{})
		f.change(func() { f.fail = func(*http.Request) (int, string) { return status, "Invalid key" } })
		infos, err := a.Libraries(t.Context())
		if got := library.CodeOf(err) == library.Unauthenticated; err != nil && !got || (err != nil) != dead || (len(infos) == 0) != dead {
			t.Errorf("status %d: %v, %v", status, infos, err)
		}
	}
}

func TestNotesOfAttachmentsAndPictures(t *testing.T) {
	f := newFake(t)
	l := f.addLibrary("user", f.user, librarytest.Works())
	f.grant("good", true)
	work := l.keyOf(librarytest.TitleLight)
	l.put("ATTACHAA", map[string]any{
		"itemType": "attachment", "parentItem": work, "linkMode": "imported_file", "title": "Scan", "note": "<p>Borrowed from <b>Ada</b></p>", "tags": []any{},
	})
	l.put("NNNNAAAA", map[string]any{
		"itemType": "note", "parentItem": work, "note": `<p>See <img data-attachment-key="ABCD2345"> here</p>`, "tags": []any{},
	})
	r := openLibrary(t, openAccount(t, f, "good", zotero.Options{}), library.UserID(f.user))
	items, err := r.Items(t.Context(), []string{work})
	if err != nil || len(items) != 1 {
		t.Fatalf("%v, %v", items, err)
	}
	notes := map[string]string{}
	for _, n := range items[0].Notes {
		notes[n.Key] = n.Text
	}
	if notes["ATTACHAA"] != "Borrowed from **Ada**" || notes["NNNNAAAA"] != "See [image] here" {
		t.Errorf("notes %q", notes)
	}
	hits, err := r.Search(t.Context(), library.Query{Text: "borrowed", Limit: 5})
	if err != nil || hits.Total == 0 || hits.Items[0].Item.ID.Key != work {
		t.Errorf("a search for an attachment's note: %+v, %v", hits, err)
	}
}
