package change_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/change"
	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestSame(t *testing.T) {
	tag := func(name string, kind any) map[string]any { return map[string]any{"tag": name, "type": kind} }
	for _, c := range []struct {
		field string
		a, b  any
		want  bool
	}{
		{"title", "A", "A", true}, {"title", "A", " A ", true}, {"title", "A", "B", false}, {"title", nil, "", true}, {"title", nil, "A", false},
		{"tags", nil, []any{}, true}, {"tags", []any{tag("a", 0), tag("b", 0)}, []any{tag("b", nil), tag("a", nil)}, true},
		{"tags", []any{tag("a", 1)}, []any{tag("a", 0)}, false}, {"tags", []any{tag("a", 0)}, []any{tag("A", 0)}, false},
		{"collections", []string{"A", "B"}, []any{"B", "A"}, true}, {"collections", []any{"A"}, []any{}, false},
		{"deleted", 1.0, true, true}, {"deleted", nil, false, true}, {"deleted", true, false, false},
		{"parentCollection", false, nil, true}, {"parentCollection", "A", false, false},
		{"note", "<p>A</p>", "<p>A</p>\n", true}, {"note", "<p>A</p>", "<p>B</p>", false},
		{"relations", map[string]any{"a": []any{"x"}}, map[string]any{"a": []string{"x"}}, true},
		{"creators", []any{map[string]any{"lastName": "A"}, map[string]any{"lastName": "B"}}, []any{map[string]any{"lastName": "B"}, map[string]any{"lastName": "A"}}, false},
	} {
		if got := change.Same(c.field, c.a, c.b); got != c.want {
			t.Errorf("%s: %v and %v: %v", c.field, c.a, c.b, got)
		}
	}
}

func TestSet_KeepsWhatDiffers(t *testing.T) {
	o := library.Object{Kind: library.ItemObject, Key: "A", Version: 7, Data: library.Data{"title": "A", "date": "1999", "itemType": "book"}}
	e, ok := change.Set(o, library.Data{"title": "A", "date": "2000", "volume": "3"})
	want := change.Edit{Kind: library.ItemObject, Key: "A", Version: 7, Before: library.Data{"date": "1999"}, After: library.Data{"date": "2000", "volume": "3"}}
	if diff := cmp.Diff(want, e); diff != "" || !ok {
		t.Error(diff)
	}
	if _, ok := change.Set(o, library.Data{"title": "A", "volume": ""}); ok {
		t.Error("nothing differs")
	}
}

func TestConvert(t *testing.T) {
	item := library.Data{
		"itemType": "journalArticle", "title": "A", "publicationTitle": "Journal", "issue": "3", "journalAbbreviation": "J.", "extra": "Note", "pages": "1-2",
		"creators": []any{map[string]any{"creatorType": "author", "lastName": "A"}, map[string]any{"creatorType": "reviewedAuthor", "lastName": "B"}},
	}
	got, err := change.Convert(item, "bookSection")
	if err != nil {
		t.Fatal(err)
	}
	want := library.Data{
		"itemType": "bookSection", "publicationTitle": "", "bookTitle": "Journal", "issue": "", "journalAbbreviation": "", "extra": "Note\nissue: 3\njournalAbbreviation: J.",
		"creators": []any{map[string]any{"creatorType": "author", "lastName": "A"}, map[string]any{"creatorType": "contributor", "lastName": "B"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := change.Convert(item, "novel"); library.CodeOf(err) != library.Invalid {
		t.Errorf("%v", err)
	}
}

// TestConvert_IsTakenBack holds that a library which refuses fields that a type lacks
// takes the conversion and its way back.
func TestConvert_IsTakenBack(t *testing.T) {
	l, j := shelf(0), change.NewJournal(newStore(), nil, nil)
	item := library.Data{"itemType": "journalArticle", "title": "A", "publicationTitle": "Journal", "issue": "3"}
	l.Put(library.Object{Kind: library.ItemObject, Key: key(0), Data: item})
	l.Refuse = func(e library.Edit) *library.Error {
		if itemType, _ := e.Data["itemType"].(string); itemType == "bookSection" && (e.Data["issue"] != nil || e.Data["publicationTitle"] != nil) || itemType == "journalArticle" && e.Data["bookTitle"] != nil {
			return library.Errorf(library.Invalid, "the type lacks a field")
		}
		return nil
	}
	fields, err := change.Convert(item, "bookSection")
	if err != nil {
		t.Fatal(err)
	}
	r := runOne(t, j, l, fields)
	for _, gone := range []string{"issue", "publicationTitle"} { // the library removes them with the type
		o := l.Object(library.ItemObject, key(0))
		delete(o.Data, gone)
		l.Put(o)
	}
	takeBack(t, j, l, r)
	got := l.Object(library.ItemObject, key(0)).Data
	delete(got, "bookTitle") // as the library does with the type
	if diff := cmp.Diff(item, got); diff != "" {
		t.Error(diff)
	}
}

func newStore() change.Store { return changetest.NewStore() }

func runOne(t *testing.T, j *change.Journal, l *changetest.Library, fields library.Data) *change.Receipt {
	t.Helper()
	e, ok := change.Set(l.Object(library.ItemObject, key(0)), fields)
	if !ok {
		t.Fatal("nothing differs")
	}
	p, err := change.New(group, "update_items", "t", alice, []change.Edit{e}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := j.Run(t.Context(), l, p, alice)
	if err != nil || r.Count(library.EditDone) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	return r
}
