package tool

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestListLibraries(t *testing.T) {
	libs := fleet{memory(library.Local, "Home", librarytest.Works()), memory(library.GroupID(4711), "Causal Lab", nil), memory(library.UserID(5), "Mine", librarytest.Many(3))}
	c := connect(t, libs)
	var out librariesOutput
	c.ask(t, "list_libraries", `{}`, &out)
	if out.Total != 3 || len(out.Libraries) != 3 || out.NextCursor != "" {
		t.Fatalf("%+v", out)
	}
	if l := out.Libraries[1]; l.ID != "group:4711" || l.Name != "Causal Lab" || l.Kind != "group" || l.Items == nil || *l.Items != 0 || l.Version < 1 {
		t.Errorf("%+v", l)
	}
	var ids []string
	cursor := ""
	for {
		c.ask(t, "list_libraries", fmt.Sprintf(`{"limit":1,"cursor":%q}`, cursor), &out)
		ids = append(ids, string(out.Libraries[0].ID))
		if cursor = out.NextCursor; cursor == "" {
			break
		}
	}
	if !slices.Equal(ids, []string{"local", "group:4711", "user:5"}) {
		t.Errorf("page by page: %q", ids)
	}
}

func TestListCollectionsShowsTheTree(t *testing.T) {
	c := connect(t, fleet{memory(library.Local, "Home", librarytest.Works()), memory(library.GroupID(1), "G", librarytest.Works())})
	want := []string{"local Biology 1", "local Mathematics 1", "local Reading 2", "local Reading/Machines 1",
		"group:1 Biology 1", "group:1 Mathematics 1", "group:1 Reading 2", "group:1 Reading/Machines 1"}
	for _, limit := range []int{100, 3} {
		var lines []string
		cursor := ""
		for {
			var out collectionsOutput
			c.ask(t, "list_collections", fmt.Sprintf(`{"limit":%d,"cursor":%q}`, limit, cursor), &out)
			if out.Total != len(want) {
				t.Errorf("total %d", out.Total)
			}
			for _, l := range out.Collections {
				lines = append(lines, fmt.Sprintf("%s %s %d", l.Library, l.Path, l.Items))
			}
			if cursor = out.NextCursor; cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("limit %d: %s", limit, diff)
		}
	}
	var out collectionsOutput
	c.ask(t, "list_collections", `{"library":"G"}`, &out)
	for _, l := range out.Collections {
		var found searchOutput
		c.ask(t, "search", fmt.Sprintf(`{"query":"","library":"group:1","collection":%q}`, strings.ToLower(l.Key)), &found)
		if found.Total < l.Items {
			t.Errorf("collection %s has %d works, search finds %d", l.Path, l.Items, found.Total)
		}
	}
}

func TestTreeLosesNoCollection(t *testing.T) {
	deep := []library.Collection{}
	for i := range 200 {
		deep = append(deep, library.Collection{Key: fmt.Sprint("d", i), Name: "n", Parent: fmt.Sprint("d", i-1)})
	}
	for promise, all := range map[string][]library.Collection{
		"a circle":         {{Key: "a", Name: "A", Parent: "b"}, {Key: "b", Name: "B", Parent: "a"}, {Key: "c", Name: "C"}},
		"its own parent":   {{Key: "a", Name: "A", Parent: "a"}},
		"a missing parent": {{Key: "a", Name: "A", Parent: "gone"}},
		"very deep":        deep,
		"none":             {},
	} {
		keys := map[string]bool{}
		for _, n := range tree(all) {
			keys[n.Key] = true
		}
		if len(keys) != len(all) || len(tree(all)) != len(all) {
			t.Errorf("%s: %d collections of %d", promise, len(tree(all)), len(all))
		}
	}
}

func TestListTags(t *testing.T) {
	c := connect(t, fleet{memory(library.Local, "Home", librarytest.Works()), memory(library.GroupID(1), "G", librarytest.Works()[:3])})
	for arguments, want := range map[string][]string{
		`{"limit":3}`:     {"local history 4", "group:1 history 2", "local biology 1"},
		`{"prefix":"M"}`:  {"local mathematics 1", "group:1 mathematics 1"},
		`{"library":"G"}`: {"group:1 history 2", "group:1 computing 1", "group:1 mathematics 1", "group:1 physics 1"},
		`{"library":"local","collection":"Biology"}`: {"local biology 1", "local history 1"},
		`{"prefix":"zz"}`: nil,
	} {
		var out tagsOutput
		c.ask(t, "list_tags", arguments, &out)
		var lines []string
		for _, l := range out.Tags {
			lines = append(lines, fmt.Sprintf("%s %s %d", l.Library, l.Tag, l.Items))
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("%s: %s", arguments, diff)
		}
	}
	c.refuse(t, "list_tags", `{"limit":"lots"}`, library.Invalid)
}

func TestRecentChanges(t *testing.T) {
	c := connect(t, one())
	for arguments, want := range map[string]int{
		`{}`: 6, `{"since":"2026-03-04"}`: 3, `{"since":"2026-03-04T09:00:01Z"}`: 2, `{"since":"2026-03-04t09:00:01z"}`: 2, `{"since":"2026"}`: 6,
		`{"since_version":4}`: 2, `{"since_version":"4","since":"2026-03-06"}`: 1, `{"since":"100w"}`: 6,
	} {
		var out changesOutput
		c.ask(t, "recent_changes", arguments, &out)
		if len(out.Changes) != want || out.Total != want || out.Versions["local"] != 6 {
			t.Errorf("%s: %d changes of %d, want %d; versions %v", arguments, len(out.Changes), out.Total, want, out.Versions)
		}
		if last := out.Changes[0]; last.Title != librarytest.TitleUndated || last.At != "2026-03-06T09:00:00Z" || last.Kind != "added" || last.ItemType != "document" {
			t.Errorf("%s: last first: %+v", arguments, last)
		}
	}
	for _, since := range []string{"yesterday", "7", "d", "-3d", "7y", "2026-13-01", "99999999w", "é"} {
		if words := c.refuse(t, "recent_changes", fmt.Sprintf(`{"since":%q}`, since), library.Invalid); !strings.Contains(words, `"since"`) {
			t.Errorf("%s: %q", since, words)
		}
	}
	two := connect(t, fleet{memory(library.Local, "A", librarytest.Works()), memory(library.GroupID(1), "B", librarytest.Many(2))})
	if words := two.refuse(t, "recent_changes", `{"since_version":1}`, library.Invalid); !strings.Contains(words, "library") {
		t.Errorf("%q", words)
	}
	var out changesOutput
	two.ask(t, "recent_changes", `{"limit":7}`, &out)
	if len(out.Changes) != 7 || !strings.HasPrefix(out.Changes[6].ID, "group:1/") || out.Total != 8 {
		t.Errorf("merged by time: %+v", out.Changes)
	}
}

func TestAnAgeMeansTheSameMomentOnEveryPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		works := librarytest.Many(10)
		for i := range works {
			works[i].Item.Added = start.Add(-time.Duration(i) * time.Hour)
			works[i].Item.Modified = works[i].Item.Added
		}
		slices.Reverse(works)
		c := catalogOf(t, fleet{memory(library.Local, "", works)}, Options{})
		ask := func(arguments string) (out changesOutput) {
			raw, err := c.Call(t.Context(), "recent_changes", json.RawMessage(arguments))
			if err != nil || json.Unmarshal(raw, &out) != nil {
				t.Fatalf("%s: %v", arguments, err)
			}
			return out
		}
		first := ask(`{"since":"6h","limit":4}`)
		time.Sleep(5 * time.Hour)
		second := ask(fmt.Sprintf(`{"since":"6h","limit":4,"cursor":%q}`, first.NextCursor))
		if first.Total != 7 || second.Total != 7 || len(second.Changes) != 3 {
			t.Errorf("%d, then %d with %d left", first.Total, second.Total, len(second.Changes))
		}
		if fresh := ask(`{"since":"6h"}`); fresh.Total != 2 {
			t.Errorf("asked again: %d", fresh.Total)
		}
	})
}

func TestExport(t *testing.T) {
	c := connect(t, one())
	light, engine := c.idOf(t, librarytest.TitleLight), c.idOf(t, librarytest.TitleEngine)
	for format, marks := range map[string][]string{
		"bibtex": {"@book{", "Newton"}, "biblatex": {"@book{", "Newton"}, "ris": {"TY  - BOOK", "Newton"}, "csljson": {`"type": "book"`, "Newton"},
	} {
		var out exportOutput
		c.ask(t, "export", fmt.Sprintf(`{"ids":[%q,%q],"format":%q}`, light, strings.ToLower(engine), strings.ToUpper(format)), &out)
		if out.Returned != 2 || out.Total != 2 || out.NextCursor != "" || len(out.Missing) > 0 {
			t.Errorf("%s: %+v", format, out)
		}
		for _, m := range marks {
			if !strings.Contains(strings.ReplaceAll(out.Text, `":"`, `": "`), m) {
				t.Errorf("%s: no %q in %s", format, m, out.Text)
			}
		}
		if strings.Index(out.Text, "Treatise") > strings.Index(out.Text, "Analytical") {
			t.Errorf("%s: not in the order of the ids", format)
		}
	}
	for arguments, want := range map[string]int{
		`{"query":"analytical engine"}`: 1, `{"collection":"Reading"}`: 3, `{"library":"local"}`: 6, `{"tags":"history","limit":2}`: 2,
		fmt.Sprintf(`{"ids":%q}`, light): 1, fmt.Sprintf(`{"ids":[%q,"local/NNNNNNNN"]}`, light): 1,
	} {
		var out exportOutput
		c.ask(t, "export", arguments, &out)
		if out.Returned != want || strings.Count(out.Text, "\n@")+strings.Count(out.Text[:1], "@") != want {
			t.Errorf("%s: %d entries, want %d:\n%s", arguments, out.Returned, want, out.Text)
		}
		if (len(out.Missing) > 0) != strings.Contains(arguments, "NNNN") {
			t.Errorf("%s: missing %q", arguments, out.Missing)
		}
	}
	for arguments, words := range map[string]string{
		`{}`: "which works", `{"ids":["local/NNNNNNNN"],"query":"a"}`: "ids", `{"ids":["a b"]}`: "ids", `{"query":"a","format":"word"}`: "bibtex, biblatex, ris, csljson, bibliography",
	} {
		if got := c.refuse(t, "export", arguments, library.Invalid); !strings.Contains(got, words) {
			t.Errorf("%s: %q", arguments, got)
		}
	}
}

// TestExport_Parts asks for works with and without abstracts and notes, some
// of which are longer than an answer may be.
func TestExport_Parts(t *testing.T) {
	works := librarytest.Many(5)
	for i := range works {
		works[i].Item.Fields["abstractNote"] = "Abstract of it"
		works[i].Item.Notes = []library.Note{{Key: fmt.Sprintf("NNNNNNN%d", i), Text: "Note on it"}}
	}
	works[1].Item.Notes[0].Text = strings.Repeat("long note ", 32_000)
	works[2].Item.Fields["abstractNote"] = strings.Repeat("long abstract ", 10_000)
	lib := memory(library.Local, "Home", works)
	c := connect(t, fleet{lib})
	var ids []string
	for _, key := range lib.Keys() {
		ids = append(ids, "local/"+key)
	}
	list, _ := json.Marshal(ids)
	tests := []struct {
		options          string
		abstracts, notes int
		notices          []string
	}{
		{``, 0, 0, []string{"abstracts of 5 works are left out", "notes of 5 works are left out"}},
		{`,"abstracts":true`, 4, 0, []string{"notes of 4 works", ids[2] + " is longer than an answer may be; its notes and abstract are left out"}},
		{`,"notes":"true"`, 0, 4, []string{"abstracts of 4 works", ids[1] + " is longer than an answer may be; its notes and abstract are left out"}},
		{`,"abstracts":true,"notes":1`, 4, 3, []string{ids[1] + " is longer than an answer may be; its notes are left out", ids[2] + " is longer than an answer may be; its notes and abstract are left out"}},
	}
	for _, tt := range tests {
		for _, format := range []string{"bibtex", "biblatex", "ris"} {
			var out exportOutput
			c.ask(t, "export", fmt.Sprintf(`{"ids":%s,"format":%q%s}`, list, format, tt.options), &out)
			if a, n := strings.Count(out.Text, "Abstract of it"), strings.Count(out.Text, "Note on it"); out.Returned != 5 || out.Truncated || a != tt.abstracts || n != tt.notes {
				t.Errorf("%s%s: %d works, %d abstracts, %d notes; want 5, %d, %d", format, tt.options, out.Returned, a, n, tt.abstracts, tt.notes)
			}
			for _, want := range tt.notices {
				if !strings.Contains(strings.Join(out.Notices, "\n"), want) {
					t.Errorf("%s%s: notices %q, want %q", format, tt.options, out.Notices, want)
				}
			}
		}
	}
	// With what stands around it, this entry would be just too long.
	works[3].Item.Notes[0].Text = strings.Repeat("n", 39_000)
	alone := memory(library.Local, "Home", works[3:4])
	var out exportOutput
	connect(t, fleet{alone}).ask(t, "export", fmt.Sprintf(`{"ids":"local/%s","notes":true}`, alone.Keys()[0]), &out)
	if out.Returned != 1 || strings.Contains(out.Text, "nnn") {
		t.Errorf("an entry at the edge: %d works, notices %q", out.Returned, out.Notices)
	}
	if got := c.refuse(t, "export", fmt.Sprintf(`{"ids":%s,"notes":"some"}`, list), library.Invalid); !strings.Contains(got, "true or false") {
		t.Errorf("a word for a boolean: %s", got)
	}
}

func TestExportCutsBetweenEntriesOnly(t *testing.T) {
	works := librarytest.Many(60)
	for i := range works {
		works[i].Item.Fields["abstractNote"] = strings.Repeat("very long ", 200)
	}
	works[30].Item.Fields["publisher"] = strings.Repeat("too long ", 10_000)
	lib := memory(library.Local, "Home", works)
	c := connect(t, fleet{lib})
	ids := []string{}
	for _, key := range lib.Keys() {
		ids = append(ids, "local/"+key)
	}
	list, _ := json.Marshal(ids)
	for _, what := range []string{`"library":"local"`, `"ids":` + string(list)} {
		entries, passed, cursor := 0, 0, ""
		for {
			var out exportOutput
			c.ask(t, "export", fmt.Sprintf(`{%s,"limit":100,"abstracts":true,"cursor":%q}`, what, cursor), &out)
			n := strings.Count("\n"+out.Text, "\n@")
			if n != out.Returned || strings.Count(out.Text, "{") != strings.Count(out.Text, "}") || out.Total != 60 {
				t.Fatalf("%s: %d entries, it says %d of %d", what, n, out.Returned, out.Total)
			}
			if n == 0 {
				passed++
				if len(out.Notices) == 0 || !strings.Contains(strings.Join(out.Notices, " "), "longer than an answer") {
					t.Errorf("%s: notices %q", what, out.Notices)
				}
			}
			entries += n
			if cursor = out.NextCursor; cursor == "" {
				break
			}
			if !out.Truncated {
				t.Error("cut, but not called truncated")
			}
		}
		if entries != 59 || passed != 1 {
			t.Errorf("%s: %d entries, %d passed over", what, entries, passed)
		}
	}
}

func TestEmptyLibrariesGiveEmptyAnswers(t *testing.T) {
	for name, libs := range map[string]fleet{"no library": {}, "an empty library": {memory(library.Local, "Home", nil)}} {
		c := connect(t, libs)
		for tool, arguments := range map[string]string{
			"search": `{"query":"a"}`, "list_libraries": `{}`, "list_collections": `{}`, "list_tags": `{}`, "recent_changes": `{}`, "export": `{"query":"a"}`,
		} {
			var out struct {
				Total, Returned int
				NextCursor      string `json:"next_cursor"`
			}
			c.ask(t, tool, arguments, &out)
			if out.Returned != len(libs)*map[string]int{"list_libraries": 1}[tool] || out.NextCursor != "" {
				t.Errorf("%s, %s: %+v", name, tool, out)
			}
		}
		c.refuse(t, "fetch", `{"id":"local/NNNNNNNN"}`, library.NotFound)
	}
}

// Libraries keep their keys apart; one export over two of them says what it changed.
func TestExport_KeysOfSeveralLibraries(t *testing.T) {
	book := func(added int64, key string) []librarytest.Work {
		return []librarytest.Work{{Item: library.Item{Type: "book", CitationKey: key, Added: time.Unix(added, 0), Fields: map[string]string{"title": "On ice", "citationKey": "other"}}}}
	}
	for _, tt := range []struct{ second, text, notice string }{
		{"ice1", "{ice1a,", "1 works have the citation key of a work of another library; here they have letters after it"}, {"ice2", "{ice2,", ""},
	} {
		var out exportOutput
		connect(t, fleet{memory(library.Local, "Home", book(1, "ice1")), memory(library.GroupID(7), "Group", book(2, tt.second))}).
			ask(t, "export", `{"query":"ice","format":"bibtex"}`, &out)
		if strings.Count(out.Text, "@book{") != 2 || !strings.Contains(out.Text, "{ice1,") || !strings.Contains(out.Text, tt.text) || slices.Contains(out.Notices, tt.notice) != (tt.notice != "") {
			t.Errorf("%s: %q\n%s", tt.second, out.Notices, out.Text)
		}
	}
}
