package zotero_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/replica"
)

func titles(found replica.Found) []string {
	all := []string{}
	for _, o := range found.Works {
		all = append(all, o.Work.Title())
	}
	return all
}

func TestSearch(t *testing.T) {
	for name, c := range map[string]struct {
		q      library.Query
		first  string // title
		total  int
		notice string // a part of it
	}{
		"a word of a title":        {library.Query{Text: "heredity"}, librarytest.TitleHeredity, 1, "Zotero looked for the words"},
		"a word of a text":         {library.Query{Text: "compounded"}, librarytest.TitleLight, 1, "not in abstracts"},
		"filler words":             {library.Query{Text: "what is the heredity"}, librarytest.TitleHeredity, 1, "Zotero looked"},
		"words of different works": {library.Query{Text: "heredity prisms engine"}, librarytest.TitleHeredity, 2, "one of the longest"},
		"a creator":                {library.Query{Creator: "mendel"}, librarytest.TitleHeredity, 6, "can't filter by creator"},
		"years":                    {library.Query{YearFrom: 1700, YearTo: 1710}, librarytest.TitleLight, 6, "can't filter by year"},
		"a tag":                    {library.Query{TagsAll: []string{"physics"}}, librarytest.TitleLight, 1, ""},
		"without a tag":            {library.Query{Text: "heredity", TagsNone: []string{"PHYSICS"}}, librarytest.TitleHeredity, 1, "can't filter by tags"},
		"an unknown type":          {library.Query{Text: "heredity", ItemTypes: []string{"journalArticle", "scroll"}}, librarytest.TitleHeredity, 1, "can't filter by item type"},
		"nothing":                  {library.Query{Text: "zzzz"}, "", 0, "Zotero looked"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			_, s := group(t, f, fillWith(librarytest.Works()))
			f.fail = func(r *http.Request) (int, string) {
				if strings.Contains(r.URL.Query().Get("itemType"), "scroll") {
					return http.StatusBadRequest, "Invalid itemType 'scroll'"
				}
				return 0, ""
			}
			c.q.Limit = 10
			got, err := s.Search(t.Context(), c.q)
			if err != nil || got.Total != c.total || !strings.Contains(got.Notice, c.notice) || (c.notice == "") != (got.Notice == "") {
				t.Fatalf("%q, %d works, %q, %v", titles(got), got.Total, got.Notice, err)
			}
			if c.first != "" && (len(got.Works) == 0 || got.Works[0].Work.Title() != c.first) {
				t.Errorf("found %q", titles(got))
			}
			if c.total == 0 && strings.Contains(got.Notice, "longest") {
				t.Errorf("nothing found: %q", got.Notice)
			}
		})
	}
}

// TestSearch_TypeOfAChild returns works of a type, not works with a child of it.
func TestSearch_TypeOfAChild(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	l.put("ALNE2222", map[string]any{"itemType": "note", "note": "<p>Alone</p>"})
	got, err := s.Search(t.Context(), library.Query{ItemTypes: []string{"note"}, Limit: 10})
	if err != nil || len(got.Works) != 1 || got.Works[0].Key != "ALNE2222" || !strings.Contains(got.Notice, "item type") {
		t.Errorf("%q, %q, %v", titles(got), got.Notice, err)
	}
}

func TestSearch_BestFirst(t *testing.T) {
	f := newFake(t)
	_, s := group(t, f, func(l *fakeLibrary) {
		for i, data := range []map[string]any{
			{"title": "Rivers", "abstractNote": "tides"}, {"title": "Tides and rivers"}, {"title": "Rivers", "tags": tagList([]string{"tides"})},
			{"title": "Rivers", "creators": []any{map[string]any{"creatorType": "author", "name": "Tides Institute"}}},
			{"title": "Rivers"},
		} {
			data["itemType"], data["dateAdded"] = "book", "2026-01-01T00:00:00Z"
			key := librarytest.Key("BKK", i)
			l.put(key, data)
			l.put(librarytest.Key("ATT", i), map[string]any{"itemType": "attachment", "parentItem": key, "contentType": "application/pdf"})
			l.texts[librarytest.Key("ATT", i)] = "rivers tides"
		}
	})
	got, err := s.Search(t.Context(), library.Query{Text: "tides", Limit: 10})
	want := []string{librarytest.Key("BKK", 1), librarytest.Key("BKK", 3), librarytest.Key("BKK", 2), librarytest.Key("BKK", 0), librarytest.Key("BKK", 4)}
	if err != nil || len(got.Works) != 5 {
		t.Fatalf("%q, %v", titles(got), err)
	}
	for i, o := range got.Works {
		if o.Key != want[i] {
			t.Errorf("work %d is %s, want %s", i, o.Key, want[i])
		}
	}
}

// TestSearch_GivesOnePage returns the first works and the number of all.
func TestSearch_GivesOnePage(t *testing.T) {
	for _, q := range []library.Query{{Text: "study"}, {}, {Text: "study", Sort: library.SortTitle}} {
		f := newFake(t)
		_, s := group(t, f, fillWith(librarytest.Many(130)))
		q.Limit = 40
		got, err := s.Search(t.Context(), q)
		if err != nil || got.Total != 130 || len(got.Works) != 40 {
			t.Fatalf("%+v: %d of %d works, %v", q, len(got.Works), got.Total, err)
		}
		if says := strings.Contains(got.Notice, "the last 50 added"); says != (q.Text != "" && q.Sort == "") {
			t.Errorf("%q", got.Notice)
		}
	}
}

func TestSearch_Collection(t *testing.T) {
	f := newFake(t)
	l, s := group(t, f, fillWith(librarytest.Works()))
	key := ""
	for _, it := range l.items {
		if in, _ := it.data["collections"].([]string); len(in) > 0 {
			key = in[0]
		}
	}
	got, err := s.Search(t.Context(), library.Query{Collection: key, Limit: 10})
	if err != nil || got.Total == 0 || got.Total == 6 || !strings.Contains(got.Notice, "subcollections") {
		t.Errorf("%q, %q, %v", titles(got), got.Notice, err)
	}
	for _, unknown := range []string{"ABCD2345", "../items", "x"} {
		if _, err := s.Search(t.Context(), library.Query{Collection: unknown, Limit: 10}); library.CodeOf(err) != library.NotFound {
			t.Errorf("%s: %v", unknown, err)
		}
	}
}

func TestSearch_Notices(t *testing.T) {
	f := newFake(t)
	_, s := group(t, f, fillWith(librarytest.Works()))
	f.header = http.Header{"Zotero-Full-Text-Reindexing": {"1"}}
	got, err := s.Search(t.Context(), library.Query{Text: "heredity " + strings.Repeat("heredity ", 40) + strings.Repeat("abcdefghij ", 3) + strings.Repeat("x", 60) + " " + strings.Repeat("y", 60) + " " + strings.Repeat("z", 60) + " " + strings.Repeat("w", 60), Limit: 5})
	if err != nil || !strings.Contains(got.Notice, "rebuilding") || !strings.Contains(got.Notice, "left out") {
		t.Errorf("%q, %v", got.Notice, err)
	}
	for _, q := range []library.Query{{Limit: 0}, {Limit: 101}, {Limit: 1, Sort: "random"}} {
		if _, err := s.Search(t.Context(), q); library.CodeOf(err) != library.Invalid {
			t.Errorf("%+v: %v", q, err)
		}
	}
}
