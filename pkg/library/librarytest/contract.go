package librarytest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// Open returns a library that holds the works, and closes it when the test
// ends. If it is a [Changer], the clauses on changes are checked too.
type Open func(t *testing.T, works []Work) library.Reader

// Changer is a library that the contract changes as its owner would. The next
// call of the library sees what changed.
type Changer interface {
	library.Reader

	// Put adds a work under the key w.Item.ID.Key, or puts it in place of the
	// work of that key.
	Put(ctx context.Context, w Work) error

	// Remove removes the work of a key, with its children.
	Remove(ctx context.Context, key string) error
}

// Oddity is something that a kind of library does in its own way. The rest of
// the contract is checked.
type Oddity int

// The oddities.
const (
	// CollectionCounts says that the counts of collections are not those of works.
	CollectionCounts Oddity = 1 + iota
	// OwnSearch says that the library does not search as a shelf does: the
	// clauses on language, markup, children, files and ranking are left out.
	OwnSearch
	// OwnRefusals says that an upstream words why it refuses an edit, and may name the
	// wrong value in place of its field.
	OwnRefusals
	// LaxWrites says that an upstream takes some fields that an item type lacks, and edits
	// at the same time of which one should be refused.
	LaxWrites
	// UnreadWrites says that a library for tests shows what is written by Objects alone:
	// the clauses that read it as works are left out.
	UnreadWrites
)

// Run checks that a kind of library keeps the contract of [library.Reader],
// except for what an oddity names. Each clause is a subtest whose name says what
// the library must do.
func Run(t *testing.T, open Open, oddities ...Oddity) {
	sets := Sets()
	libraries := map[string]library.Reader{}
	for _, c := range clauses() {
		if c.varies != 0 && slices.Contains(oddities, c.varies) {
			continue
		}
		if libraries[c.set] == nil {
			libraries[c.set] = open(t, sets[c.set])
		}
		t.Run(c.name, func(t *testing.T) { c.test(t, libraries[c.set]) })
	}
	for _, c := range changes() {
		if c.varies != 0 && slices.Contains(oddities, c.varies) {
			continue
		}
		if _, ok := libraries[c.set].(Changer); ok {
			t.Run(c.name, func(t *testing.T) { c.test(t, open(t, sets[c.set]).(Changer)) })
		}
	}
}

// Sets returns the works that [Run] fills libraries with, by name. Sets differ in
// size.
func Sets() map[string][]Work {
	return map[string][]Work{setWorks: Works(), setVaried: Varied(), setMany: Many(130), setFew: Many(60), setEmpty: nil}
}

// The names of the sets.
const (
	setWorks  = "works"
	setVaried = "varied"
	setMany   = "many130"
	setFew    = "many60"
	setEmpty  = "empty"
)

// clause is one promise of the contract.
type clause[R library.Reader] struct {
	name   string
	set    string // the works of the library
	varies Oddity // the oddity that frees a library of it, or 0
	test   func(*testing.T, R)
}

// clauses returns the clauses that leave a library as it is.
func clauses() []clause[library.Reader] {
	return slices.Concat(basicClauses(), variedClauses())
}

// basicClauses returns the clauses that every library keeps.
func basicClauses() []clause[library.Reader] {
	return []clause[library.Reader]{
		{"Info_DescribesTheLibrary", setWorks, 0, testInfo},
		{"Search_FindsWords", setWorks, 0, testSearch(wordSearches)},
		{"Search_Filters", setWorks, 0, testSearch(filterSearches)},
		{"Search_Sorts", setWorks, 0, testSearch(sortSearches)},
		{"Search_MarksWhatWorksLack", setWorks, 0, testPartial},
		{"Search_PutsUnknownDatesLast", setWorks, 0, testUnknownLast},
		{"Counts_AgreeWithSearch", setWorks, 0, testCounts},
		{"Counts_AreOfAllWorks", setMany, 0, testCountsOfMany},
		{"Search_RefusesInvalidQueries", setWorks, 0, testRefused},
		{"Search_TakesHostileText", setWorks, 0, testHostile},
		{"Search_PagesAreCompleteAndDisjoint", setMany, 0, testPaging},
		{"Items_KeepsTheOrderOfKeys", setWorks, 0, testItems},
		{"Each_GivesEveryWorkOnce", setMany, 0, testEach},
		{"Text_ReadsPagesAndParts", setWorks, 0, testText},
		{"Text_RefusesInvalidQueries", setWorks, 0, testTextRefused},
		{"Passages_FindTheBestFirst", setWorks, 0, testPassages},
		{"Passages_SayWhereTheyStand", setWorks, 0, testPassagePlaces},
		{"Collections_FormATree", setWorks, 0, testCollections},
		{"Collections_CountWorks", setWorks, CollectionCounts, testCollectionCounts},
		{"Tags_AreCountedAndFiltered", setWorks, 0, testTags},
		{"Changes_ListTheLastFirst", setWorks, 0, testChanges},
		{"Lists_RefuseInvalidPages", setWorks, 0, testLists},
		{"Empty_AnswersEverything", setEmpty, 0, testEmpty},
		{"Cancelled_FailsPromptly", setWorks, 0, testCancelled},
		{"Concurrent_CallsAgree", setFew, 0, testConcurrent},
	}
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
			if err != nil || len(items.Items) != 1 {
				t.Fatalf("%q: %d items, %v", title, len(items.Items), err)
			}
			return items.Items[0]
		}
	}
	t.Fatalf("%q is not in the library", title)
	return nil
}

// readingKey returns the key of the collection "Reading", or "".
func readingKey(t *testing.T, r library.Reader) string {
	t.Helper()
	got, err := r.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Items {
		if c.Name == "Reading" {
			return c.Key
		}
	}
	return ""
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
