package tool

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// TestFilters_ChooseTheSameWorks gives each filter to search and to export.
func TestFilters_ChooseTheSameWorks(t *testing.T) {
	c := connect(t, one())
	for arguments, want := range map[string]int{
		`"creator":"mendel"`: 1, `"year_from":1932`: 2, `"year_to":1843`: 2, `"item_type":["book"]`: 2, `"item_type":"thesis"`: 1,
		`"tags":["history","physics"]`: 1, `"tags_any":["letters","physics"]`: 2, `"tags_none":["history"]`: 2,
		`"collection":"Reading"`: 3, `"library":"Home"`: 6, `"added_since":"2026-03-05"`: 2, `"added_since":"2026-03-05T09:00:01Z"`: 1,
		`"added_since":"2026-03-02","item_type":"book","year_to":1800`: 1, `"added_since":"100w"`: 6,
	} {
		var found searchOutput
		c.ask(t, "search", `{"query":"",`+arguments+`}`, &found)
		var file exportOutput
		c.ask(t, "export", `{`+arguments+`}`, &file)
		if found.Total != want || file.Total != want || strings.Count(file.Text, "@") != want {
			t.Errorf("%s: search finds %d, export %d, want %d", arguments, found.Total, file.Total, want)
		}
	}
	for _, tool := range []string{"search", "export"} {
		for _, arguments := range []string{
			`{"query":"","added_since":"yesterday"}`, `{"query":"","added_since":"7x"}`, `{"query":"","year_from":1900,"year_to":1800}`, `{"query":"","item_type":"novel"}`,
		} {
			c.refuse(t, tool, arguments, library.Invalid)
		}
	}
}

// TestFilters_LimitWorksToThoseWithText has queries that such a limit leaves as they
// are: words, an identifier, alternatives, nothing.
func TestFilters_LimitWorksToThoseWithText(t *testing.T) {
	c := connect(t, one())
	for query, want := range map[string]int{
		"has:text": 1, "experiments": 2, "experiments has:text": 1, "has:text experiments": 1, "has:text heredity": 0, "  ": 6,
	} {
		for _, sort := range []string{"relevance", "title"} {
			var found searchOutput
			c.ask(t, "search", fmt.Sprintf(`{"query":%q,"sort":%q,"counts":true}`, query, sort), &found)
			if counted := found.Counts.Year["1704"]; found.Total != want || len(found.Results) != want || counted != min(want, 1) {
				t.Errorf("%q by %s: %d of %d works, %d of 1704, want %d", query, sort, len(found.Results), found.Total, counted, want)
			}
		}
		var file exportOutput
		c.ask(t, "export", fmt.Sprintf(`{"query":%q,"library":"Home"}`, query), &file)
		if file.Total != want {
			t.Errorf("%q: export of %d works, want %d", query, file.Total, want)
		}
	}
}

func TestFilters_RefuseIDs(t *testing.T) {
	c := connect(t, one())
	for _, filter := range []string{
		`"creator":"a"`, `"year_from":1`, `"year_to":1`, `"item_type":"book"`, `"tags":"a"`, `"tags_any":"a"`, `"tags_none":"a"`, `"added_since":"7d"`, `"query":"a"`,
	} {
		if got := c.refuse(t, "export", `{"ids":["@lovelace1843sketch"],`+filter+`}`, library.Invalid); !strings.Contains(got, "goes with no filter") {
			t.Errorf("%s: %q", filter, got)
		}
	}
}

// TestAddedSince_KeepsItsMomentOverPages reads pages an hour apart; works that were
// added first leave an age of a day meanwhile.
func TestAddedSince_KeepsItsMomentOverPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		works := librarytest.Many(12)
		for i := range works {
			works[i].Item.Added = time.Now().Add(-24*time.Hour + time.Duration(i)*10*time.Minute)
		}
		c := catalogOf(t, fleet{memory(library.Local, "Home", works)}, Options{})
		seen, cursor := 0, ""
		for page := 0; page == 0 || cursor != ""; page++ {
			var out searchOutput
			callDirectly(t, c, "search", fmt.Sprintf(`{"query":"","added_since":"1d","sort":"date_added_asc","limit":5,"cursor":%q}`, cursor), &out)
			if out.Total != 12 {
				t.Errorf("page %d: total %d", page, out.Total)
			}
			seen, cursor = seen+out.Returned, out.NextCursor
			time.Sleep(time.Hour)
		}
		if seen != 12 {
			t.Errorf("%d works", seen)
		}
	})
}

// TestSearch_OldestFirst merges two libraries in both orders by time.
func TestSearch_OldestFirst(t *testing.T) {
	works := librarytest.Works()
	undated := librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{"title": "Neither date"}}}
	c := connect(t, fleet{
		memory(library.Local, "Home", append(works[:2:2], undated)), memory("group:7", "Group", works[2:]),
	})
	for sort, want := range map[string]string{
		"date_asc":       "1704 1843 1866 1932 2008 0 0",
		"date":           "2008 1932 1866 1843 1704 0 0",
		"date_added_asc": "1843 1704 1932 1866 2008 0 0",
	} {
		var out searchOutput
		c.ask(t, "search", fmt.Sprintf(`{"query":"","sort":%q}`, sort), &out)
		var years []string
		for _, r := range out.Results {
			years = append(years, fmt.Sprint(r.Year))
		}
		if got := strings.Join(years, " "); got != want {
			t.Errorf("%s: %s, want %s", sort, got, want)
		}
		if last := out.Results[len(out.Results)-1].Title; sort == "date_added_asc" && last != "Neither date" {
			t.Errorf("%s: %q is the last", sort, last)
		}
	}
}

// TestSearch_SaysByWhatAWorkIsCited holds citation key, DOI and journal, each within
// its bound.
func TestSearch_SaysByWhatAWorkIsCited(t *testing.T) {
	long := librarytest.Work{Item: library.Item{Type: "bookSection", Fields: map[string]string{
		"title": "Overlong", "bookTitle": strings.Repeat("Handbook ", 50), "citationKey": strings.Repeat("k", 400), "publisher": "Press",
	}}}
	c := connect(t, fleet{memory(library.Local, "Home", append(librarytest.Works(), long))})
	var out searchOutput
	c.ask(t, "search", `{"query":"analytical engine","limit":1}`, &out)
	if r := out.Results[0]; r.CitationKey != "lovelace1843sketch" || r.DOI != "10.5555/engine.1843" || r.Journal != "Scientific Memoirs" {
		t.Errorf("%+v", r.identified)
	}
	c.ask(t, "search", `{"query":"overlong","limit":1}`, &out)
	if r := out.Results[0]; len([]rune(r.CitationKey)) != maxKey || len([]rune(r.Journal)) > maxJournal || !strings.HasSuffix(r.Journal, ellipsis) || len(out.Notices) != 1 {
		t.Errorf("%+v, %q", r.identified, out.Notices)
	}
	c.ask(t, "search", `{"query":"broadside","limit":1}`, &out)
	if out.Results[0].identified != (identified{}) {
		t.Errorf("%+v", out.Results[0].identified)
	}
}
