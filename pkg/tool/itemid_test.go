package tool

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// foreign returns a library of a provider whose IDs and keys have a form of
// their own: mixed case, and keys that are also words of URIs.
func foreign() *librarytest.Memory {
	works := librarytest.Works()
	for i, key := range []string{"2019.smith-a", "text", "items", "AbCd", "abcd", "ABCD"} {
		works[i].Item.ID.Key = key
	}
	return memory("folder:Papers_1", "Papers", works[:6])
}

func TestItemIDs_OfAnyProvider(t *testing.T) {
	lib := foreign()
	c := connect(t, fleet{lib, memory("folder:papers_1", "Other", nil)})
	for given, want := range map[string]string{
		"folder:Papers_1/2019.smith-a":                         "2019.smith-a",
		"Folder:Papers_1/text":                                 "text",
		"folder:Papers_1/items":                                "items",
		"folder:Papers_1/AbCd":                                 "AbCd",
		"folder:Papers_1/abcd":                                 "abcd",
		"folder:Papers_1/ABCD":                                 "ABCD",
		"folder:Papers_1/aBCD":                                 "ABCD",
		"folder:PAPERS_1/abcd":                                 "abcd",
		"stackroom://folder%3APapers_1/items/text":             "text",
		"stackroom://folder%3APapers_1/items/text/text":        "text",
		"stackroom://folder:Papers_1/items/items":              "items",
		"stackroom://folder:Papers_1/items/2019.smith-a/text":  "2019.smith-a",
		"folder:Papers_1/" + strings.ToLower(childKey(t, lib)): "2019.smith-a",
	} {
		var out fetchOutput
		c.ask(t, "fetch", fmt.Sprintf(`{"id":%q}`, given), &out)
		if out.ID != "folder:Papers_1/"+want {
			t.Errorf("%q: %q", given, out.ID)
		}
		var exported exportOutput
		c.ask(t, "export", fmt.Sprintf(`{"ids":[%q,"folder:Papers_1/abcd"],"format":"bibtex"}`, given), &exported)
		if exported.Total != 2 || len(exported.Missing) != 0 {
			t.Errorf("%q: exported %d, missing %q", given, exported.Total, exported.Missing)
		}
	}
	for given, code := range map[string]library.Code{
		"folder:Papers_1/aBcE": library.NotFound, "folder:Papers_1/2019.SMITH-A": library.NotFound, "folder:Papers_1/..": library.Invalid,
		"stackroom://folder%3APapers_1/text": library.Invalid, "stackroom://folder%3APapers_1/items/": library.Invalid, "folder:papers_1/abcd": library.NotFound,
	} {
		c.refuse(t, "fetch", fmt.Sprintf(`{"id":%q}`, given), code)
		c.refuse(t, "export", fmt.Sprintf(`{"ids":[%q],"format":"bibtex"}`, given), code)
	}
}

// childKey returns the key of a note of the library's first work.
func childKey(t *testing.T, lib *librarytest.Memory) string {
	t.Helper()
	page, err := lib.Items(t.Context(), lib.Keys()[:1])
	items := page.Items
	if err != nil || len(items) != 1 || len(items[0].Notes) == 0 {
		t.Fatal(items, err)
	}
	return items[0].Notes[0].Key
}

func TestLibraryArgument_PrefersTheExactID(t *testing.T) {
	c := connect(t, fleet{memory("folder:Papers_1", "A", librarytest.Many(3)), memory("folder:papers_1", "B", librarytest.Many(2))})
	for name, want := range map[string]int{"folder:Papers_1": 3, "folder:papers_1": 2, "FOLDER:PAPERS_1": 3} {
		var out searchOutput
		c.ask(t, "search", fmt.Sprintf(`{"query":"","library":%q}`, name), &out)
		if out.Total != want {
			t.Errorf("%q: %d works, want %d", name, out.Total, want)
		}
	}
}

func TestReadText_AttachmentInLowerCase(t *testing.T) {
	libs := one()
	c := connect(t, libs)
	id := c.idOf(t, librarytest.TitleLight)
	page, err := libs[0].Items(t.Context(), []string{id[len("local/"):]})
	items := page.Items
	if err != nil {
		t.Fatal(err)
	}
	key := items[0].Attachments[0].Key
	var out readTextOutput
	for _, given := range []string{key, strings.ToLower(key)} {
		c.ask(t, "read_text", fmt.Sprintf(`{"id":%q,"attachment":%q}`, id, given), &out)
		if out.Attachment != key {
			t.Errorf("%q: attachment %q", given, out.Attachment)
		}
	}
}

func TestCollection_KeyInLowerCaseComesAfterNames(t *testing.T) {
	works := librarytest.Many(3)
	works[0].Collections = [][]string{{"Shelf"}}
	works[1].Collections = [][]string{{"other"}}
	lib := memory(library.Local, "Home", works)
	tree, err := lib.Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for _, n := range tree.Items {
		keys[n.Name] = n.Key
	}
	c := connect(t, fleet{lib})
	for _, name := range []string{keys["Shelf"], strings.ToLower(keys["Shelf"]), "shelf"} {
		var out searchOutput
		c.ask(t, "search", fmt.Sprintf(`{"query":"","collection":%q}`, name), &out)
		if out.Total != 1 {
			t.Errorf("collection %q: %d works", name, out.Total)
		}
	}
	works[2].Collections = [][]string{{strings.ToLower(keys["Shelf"])}}
	c = connect(t, fleet{memory(library.Local, "Home", works)})
	var out searchOutput
	c.ask(t, "search", fmt.Sprintf(`{"query":"","collection":%q,"sort":"date_added"}`, strings.ToLower(keys["Shelf"])), &out)
	if out.Total != 1 || out.Results[0].ID != "local/"+librarytest.NewMemory(library.Info{ID: library.Local}, works).Keys()[2] {
		t.Errorf("a collection of that name: %+v", out.Results)
	}
}

// TestCursor_OfTheMostAndLongestLibraries pages over as many libraries as one
// call asks, with the longest IDs.
func TestCursor_OfTheMostAndLongestLibraries(t *testing.T) {
	var libs fleet
	for i := range maxMarks / 2 {
		id := library.ID(fmt.Sprintf("k%019d:%064d", i, i))
		if len(id) != library.MaxID {
			t.Fatal(id)
		}
		libs = append(libs, librarytest.NewMemory(library.Info{ID: id, Version: 1 << 60}, librarytest.Many(2)))
	}
	c := connect(t, libs)
	var first, second searchOutput
	c.ask(t, "search", `{"query":"","limit":1}`, &first)
	c.ask(t, "search", fmt.Sprintf(`{"query":"","limit":1,"cursor":%q}`, first.NextCursor), &second)
	if second.Total != len(libs)*2 || second.Returned != 1 || second.Results[0].ID == first.Results[0].ID {
		t.Errorf("total %d, %d returned", second.Total, second.Returned)
	}
}

func TestCite_NamesThatLookLikeItemIDs(t *testing.T) {
	lib := citable()
	c := connect(t, fleet{lib})
	for name, want := range map[string]int{
		"doi:10.5555/day": 1, "local/" + strings.ToLower(lib.Keys()[1]): 1, "LOCAL/" + lib.Keys()[1]: 1, "folder:Papers_1/" + lib.Keys()[1]: -1, "local/nnnn": -1,
	} {
		var out citeOutput
		c.ask(t, "cite", fmt.Sprintf(`{"ids":[%q,"babbage1832"]}`, name), &out)
		if want < 0 {
			if len(out.Bibliography) != 1 || len(out.Missing) != 1 {
				t.Errorf("%q: %+v", name, out)
			}
			continue
		}
		if len(out.Missing) != 0 || len(out.Bibliography) != 2 || out.Bibliography[1].ID != "local/"+lib.Keys()[want] {
			t.Errorf("%q: %+v", name, out)
		}
	}
}
