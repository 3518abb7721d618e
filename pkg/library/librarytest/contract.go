package librarytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Open returns a library that holds the works, and closes it when the test
// ends.
type Open func(t *testing.T, works []Work) library.Reader

// Oddity is something that the server behind a library does in its own way, and
// that the library only passes on. The rest of the contract is checked.
type Oddity int

// CollectionCounts says that the counts of collections are not those of works.
const CollectionCounts Oddity = 1

// Run checks that a kind of library keeps the contract of [library.Reader],
// save what an oddity names.
func Run(t *testing.T, open Open, oddities ...Oddity) {
	t.Run("info", func(t *testing.T) { testInfo(t, open(t, Works())) })
	t.Run("search", func(t *testing.T) { testSearch(t, open(t, Works())) })
	t.Run("search/refused", func(t *testing.T) { testRefused(t, open(t, Works())) })
	t.Run("search/hostile", func(t *testing.T) { testHostile(t, open(t, Works())) })
	t.Run("paging", func(t *testing.T) { testPaging(t, open(t, Many(130))) })
	t.Run("items", func(t *testing.T) { testItems(t, open(t, Works())) })
	t.Run("text", func(t *testing.T) { testText(t, open(t, Works())) })
	t.Run("passages", func(t *testing.T) { testPassages(t, open(t, Works())) })
	t.Run("collections", func(t *testing.T) { testCollections(t, open(t, Works()), !slices.Contains(oddities, CollectionCounts)) })
	t.Run("tags", func(t *testing.T) { testTags(t, open(t, Works())) })
	t.Run("changes", func(t *testing.T) { testChanges(t, open(t, Works())) })
	t.Run("empty", func(t *testing.T) { testEmpty(t, open(t, nil)) })
	t.Run("cancelled", func(t *testing.T) { testCancelled(t, open(t, Works())) })
	t.Run("concurrent", func(t *testing.T) { testConcurrent(t, open(t, Many(60))) })
}

func testInfo(t *testing.T, r library.Reader) {
	info, err := r.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := library.ParseID(string(info.ID)); err != nil {
		t.Errorf("ID %q: %v", info.ID, err)
	}
	if info.Kind != info.ID.Kind() {
		t.Errorf("kind %q of library %q", info.Kind, info.ID)
	}
	if info.Name == "" {
		t.Error("no name")
	}
	if info.Items != len(Works()) {
		t.Errorf("%d items, want %d", info.Items, len(Works()))
	}
	if info.Version < 1 {
		t.Errorf("version %d", info.Version)
	}
}

// found is a promise of Search: a query and what it finds.
type found struct {
	promise string
	q       library.Query
	first   string // title of the first hit; "" if any order will do
	only    []string
	source  library.Source
	page    string
}

// searches returns the promises of Search over [Works]; reading is the key of
// the collection "Reading".
func searches(reading string) []found {
	return []found{
		{promise: "a word of the title", q: library.Query{Text: "analytical"}, first: TitleEngine, source: library.SourceTitle},
		{promise: "letter case does not matter", q: library.Query{Text: "ANALYTICAL"}, first: TitleEngine},
		{promise: "marks do not matter", q: library.Query{Text: "uber"}, first: TitleOperators, source: library.SourceTitle},
		{promise: "marks in the query do not matter", q: library.Query{Text: "Ünbeschränkter"}, first: TitleOperators, source: library.SourceAbstract},
		{promise: "a creator", q: library.Query{Text: "Mendel"}, first: TitleHeredity, source: library.SourceCreators},
		{promise: "an institution", q: library.Query{Text: "royal society"}, first: TitleSociety},
		{promise: "a tag", q: library.Query{Text: "biology"}, first: TitleHeredity},
		{promise: "the abstract", q: library.Query{Text: "prisms"}, first: TitleLight, source: library.SourceAbstract},
		{promise: "a note", q: library.Query{Text: "jacquard"}, first: TitleEngine, source: library.SourceNote},
		{promise: "an annotation", q: library.Query{Text: "experimentum"}, first: TitleLight, source: library.SourceAnnotation},
		{promise: "the full text, with its page", q: library.Query{Text: "compounded"}, first: TitleLight, source: library.SourceFulltext, page: "3"},
		{promise: "the last word is a prefix", q: library.Query{Text: "plant hered"}, first: TitleHeredity},
		{promise: "more words found are better", q: library.Query{Text: "experiments plant heredity"}, first: TitleHeredity},
		{promise: "a phrase is required", q: library.Query{Text: `"learned society"`}, only: []string{TitleSociety}},
		{promise: "a phrase's order is required", q: library.Query{Text: `"society learned"`}, only: []string{}},
		{promise: "words that no work has", q: library.Query{Text: "zxqvwy"}, only: []string{}},
		{promise: "no words find all", q: library.Query{}, only: []string{TitleUndated, TitleSociety, TitleHeredity, TitleOperators, TitleLight, TitleEngine}, first: TitleUndated},
		{promise: "a collection with those below it", q: library.Query{Collection: reading}, only: []string{TitleEngine, TitleLight, TitleHeredity}},
		{promise: "all tags", q: library.Query{TagsAll: []string{"history", "physics"}}, only: []string{TitleLight}},
		{promise: "tags in another letter case", q: library.Query{TagsAll: []string{"Physics"}}, only: []string{TitleLight}},
		{promise: "any tag", q: library.Query{TagsAny: []string{"letters", "physics"}}, only: []string{TitleLight, TitleSociety}},
		{promise: "no such tag", q: library.Query{TagsNone: []string{"history"}}, only: []string{TitleOperators, TitleUndated}},
		{promise: "an item type", q: library.Query{ItemTypes: []string{"book"}}, only: []string{TitleLight, TitleSociety}},
		{promise: "a creator's name, folded", q: library.Query{Creator: "muller"}, only: []string{TitleOperators}},
		{promise: "all words of one creator's name", q: library.Query{Creator: "Ada Menabrea"}, only: []string{}},
		{promise: "years from", q: library.Query{YearFrom: 1932}, only: []string{TitleOperators, TitleSociety}},
		{promise: "years to", q: library.Query{YearTo: 1843}, only: []string{TitleEngine, TitleLight}},
		{promise: "one year", q: library.Query{YearFrom: 1866, YearTo: 1866}, only: []string{TitleHeredity}},
		{promise: "words and filters", q: library.Query{Text: "experiments", ItemTypes: []string{"journalArticle"}}, only: []string{TitleHeredity}},
		{promise: "newest first, undated last", q: library.Query{Sort: library.SortDate, TagsNone: []string{"biology"}}, first: TitleSociety},
		{promise: "by title", q: library.Query{Sort: library.SortTitle}, first: TitleLight},
		{promise: "last added first", q: library.Query{Sort: library.SortAdded, TagsAll: []string{"history"}}, first: TitleSociety},
	}
}

func testSearch(t *testing.T, r library.Reader) {
	for _, c := range searches(collectionKey(t, r, "Reading")) {
		t.Run(c.promise, func(t *testing.T) {
			c.q.Limit = 20
			got, err := r.Search(t.Context(), c.q)
			if err != nil {
				t.Fatal(err)
			}
			titles := titlesOf(got.Items)
			if c.first != "" && (len(titles) == 0 || titles[0] != c.first) {
				t.Fatalf("found %q, want %q first", titles, c.first)
			}
			if c.only != nil && !sameSet(titles, c.only) {
				t.Errorf("found %q, want %q", titles, c.only)
			}
			if got.Total != len(got.Items) {
				t.Errorf("total %d of %d hits", got.Total, len(got.Items))
			}
			if c.source != "" {
				checkMatch(t, got.Items[0], c.source)
			}
			if c.page != "" && got.Items[0].Match.Page != c.page {
				t.Errorf("matched on page %q, want %q", got.Items[0].Match.Page, c.page)
			}
		})
	}
}

func checkMatch(t *testing.T, h library.Hit, source library.Source) {
	t.Helper()
	m := h.Match
	if m == nil {
		t.Fatal("the hit does not say what matched")
	}
	if m.Source != source {
		t.Errorf("matched in %q (%q), want %q", m.Source, m.Text, source)
	}
	if m.Item != h.Item.ID {
		t.Errorf("the passage is of %v, the hit of %v", m.Item, h.Item.ID)
	}
	if m.Text == "" || m.End-m.Start < 1 {
		t.Errorf("passage %q from %d to %d", m.Text, m.Start, m.End)
	}
	switch source {
	case library.SourceNote, library.SourceAnnotation, library.SourceFulltext:
		if !library.ValidKey(m.Child) {
			t.Errorf("child %q", m.Child)
		}
	}
}

func testRefused(t *testing.T, r library.Reader) {
	for _, c := range []struct {
		promise string
		q       library.Query
		want    library.Code
	}{
		{"no limit", library.Query{}, library.Invalid},
		{"a negative limit", library.Query{Limit: -1}, library.Invalid},
		{"a limit past the most", library.Query{Limit: library.MaxLimit + 1}, library.Invalid},
		{"a negative position", library.Query{Limit: 1, After: &library.Position{Taken: -1}}, library.Invalid},
		{"an unknown order", library.Query{Limit: 1, Sort: "price"}, library.Invalid},
		{"an unknown collection", library.Query{Limit: 1, Collection: "NNNNNNNN"}, library.NotFound},
		{"a collection key that is none", library.Query{Limit: 1, Collection: "../etc"}, library.NotFound},
	} {
		if _, err := r.Search(t.Context(), c.q); library.CodeOf(err) != c.want {
			t.Errorf("%s: error %v, want code %s", c.promise, err, c.want)
		}
	}
}

func testHostile(t *testing.T, r library.Reader) {
	for _, text := range []string{
		`"`, `"""`, `"unbalanced`, `+ - * ~ ^ : / \ ( ) [ ] { } < > | & !`, "title:engine AND (NOT *)", "/.*/", "*", "?",
		"\x00\x1b[31m", "\xff\xfe", strings.Repeat("a", 20_000), strings.Repeat("word ", 5_000), "'; DROP TABLE items; --", "\u202e\U000E0041",
	} {
		if _, err := r.Search(t.Context(), library.Query{Text: text, Limit: 5}); err != nil && library.CodeOf(err) != library.Invalid {
			t.Errorf("query %.40q: %v", text, err)
		}
	}
}

func testPaging(t *testing.T, r library.Reader) {
	for _, sort := range []library.Sort{library.SortRelevance, library.SortDate, library.SortTitle, library.SortAdded} {
		for _, text := range []string{"", "study"} {
			seen := map[library.ItemID]bool{}
			q := library.Query{Text: text, Sort: sort, Limit: 35}
			for more := true; more && len(seen) < 200; {
				got, err := r.Search(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if got.Total != 130 {
					t.Errorf("%s %q after %d: total %d, want 130", sort, text, len(seen), got.Total)
				}
				for _, h := range got.Items {
					if seen[h.Item.ID] {
						t.Errorf("%s %q: %v is on two pages", sort, text, h.Item.ID)
					}
					seen[h.Item.ID] = true
				}
				if more = got.More; len(got.Items) == 0 {
					break
				}
				last := got.Items[len(got.Items)-1]
				q.After = &library.Position{Score: last.Score, Value: last.Value, Key: last.Item.ID.Key, Taken: len(seen)}
				if got.Statistics != nil {
					q.Statistics = got.Statistics
				}
			}
			if len(seen) != 130 {
				t.Errorf("%s %q: pages hold %d works, want 130", sort, text, len(seen))
			}
		}
	}
}

// find returns the work of that title, whole.
func find(t *testing.T, r library.Reader, title string) *library.Item {
	t.Helper()
	got, err := r.Search(t.Context(), library.Query{Text: title, Limit: 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range got.Items {
		if h.Item.Title() == title {
			items, err := r.Items(t.Context(), []string{h.Item.ID.Key})
			if err != nil || len(items) != 1 {
				t.Fatalf("%q: %d items, %v", title, len(items), err)
			}
			return items[0]
		}
	}
	t.Fatalf("%q is not in the library", title)
	return nil
}

func collectionKey(t *testing.T, r library.Reader, name string) string {
	t.Helper()
	got, err := r.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Items {
		if c.Name == name {
			return c.Key
		}
	}
	t.Fatalf("no collection %q", name)
	return ""
}

func textOf(t *testing.T, r library.Reader, key string, q library.TextQuery) library.Text {
	t.Helper()
	got, err := r.Text(t.Context(), key, q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return got
}

func joined(text library.Text) string {
	var b strings.Builder
	for _, p := range text.Pages {
		b.WriteString(p.Text)
	}
	return b.String()
}

func titlesOf(hits []library.Hit) []string {
	titles := []string{}
	for _, h := range hits {
		titles = append(titles, h.Item.Title())
	}
	return titles
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
