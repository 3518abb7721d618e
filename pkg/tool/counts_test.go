package tool

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestCounts(t *testing.T) {
	c := connect(t, one())
	var out searchOutput
	c.ask(t, "search", `{"query":"","limit":1}`, &out)
	if out.Counts != nil {
		t.Errorf("counts without the argument: %+v", out.Counts)
	}
	c.ask(t, "search", `{"query":"","limit":1,"counts":true}`, &out)
	want := counts{
		Year:     map[string]int{"1704": 1, "1843": 1, "1866": 1, "1932": 1, "2008": 1},
		ItemType: map[string]int{"journalArticle": 2, "book": 2, "thesis": 1, "document": 1},
		Creator:  map[string]int{"Luigi Federico Menabrea": 1, "Ada Lovelace": 1, "Isaac Newton": 1, "Jürgen Müller": 1, "Gregor Mendel": 1, "Royal Society of Letters": 1},
		Tag:      map[string]int{"history": 4, "computing": 1, "physics": 1, "mathematics": 1, "biology": 1, "letters": 1},
		Others:   map[string]int{"undated": 1},
	}
	checkCounted(t, out.Counts, want)
	c.ask(t, "search", `{"query":"experiments","item_type":"book","collection":"Reading","counts":true}`, &out)
	checkCounted(t, out.Counts, counts{
		Year: map[string]int{"1704": 1}, ItemType: map[string]int{"book": 1}, Creator: map[string]int{"Isaac Newton": 1}, Tag: map[string]int{"physics": 1, "history": 1},
	})
}

func checkCounted(t *testing.T, got *counts, want counts) {
	t.Helper()
	if got == nil {
		t.Fatal("no counts")
	}
	for name, pair := range map[string][2]map[string]int{
		"years": {got.Year, want.Year}, "types": {got.ItemType, want.ItemType}, "creators": {got.Creator, want.Creator},
		"tags": {got.Tag, want.Tag}, "others": {got.Others, want.Others},
	} {
		if !maps.Equal(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
}

// TestCounts_OfSeveralLibraries adds up two libraries, one of which has more values than
// it gives, while a third does not count.
func TestCounts_OfSeveralLibraries(t *testing.T) {
	many := librarytest.Many(130)
	for i := range many {
		many[i].Item.Creators = []library.Creator{{Role: "author", Family: fmt.Sprintf("Only%d", i)}, {Role: "author", Family: "All"}}
		many[i].Item.Tags = append(many[i].Item.Tags, "History")
	}
	c := connect(t, fleet{memory(library.Local, "Home", librarytest.Works()), memory("group:7", "Group", many), partOnly{memory("group:8", "Other", librarytest.Works())}})
	var out searchOutput
	c.ask(t, "search", `{"query":"","limit":3,"counts":true}`, &out)
	got := out.Counts
	if got.Year["1900-1999"] != 111 || got.Year["1800-1899"] != 2 || got.Year["2000-2099"] != 21 || got.Year["1700-1799"] != 1 || len(got.Year) != 4 {
		t.Errorf("years %v", got.Year)
	}
	if got.Tag["history"] != 134 || len(got.Tag) != maxValues || got.Others["tag"] != 5+26-maxValues {
		t.Errorf("tags %v, others %v", got.Tag, got.Others)
	}
	if got.Creator["All"] != 130 || len(got.Creator) != maxValues || got.Others["creator"] != 6+131-maxValues {
		t.Errorf("creators %v, others %v", got.Creator, got.Others)
	}
	notices := strings.Join(out.Notices, "\n")
	if !strings.Contains(notices, "the works of library group:8 are not in counts") || !strings.Contains(notices, "approximate") || len(out.Notices) != 2 {
		t.Errorf("notices %q", out.Notices)
	}
	// Counts are for one page or for all, as the caller likes.
	first := out
	c.ask(t, "search", fmt.Sprintf(`{"query":"","limit":3,"cursor":%q}`, first.NextCursor), &out)
	if out.Counts != nil || out.Total != first.Total {
		t.Errorf("the second page: %+v", out.Counts)
	}
}

// TestCounts_AreShort has the longest names.
func TestCounts_AreShort(t *testing.T) {
	works := librarytest.Many(60)
	for i := range works {
		works[i].Item.Tags = []string{fmt.Sprint(i, strings.Repeat(" tag", 50))}
		works[i].Item.Creators[0].Family = fmt.Sprint(i, strings.Repeat(" name", 50))
		works[i].Item.ParsedDate = fmt.Sprint(i * 150)
	}
	c := connect(t, fleet{memory(library.Local, "Home", works)})
	var out searchOutput
	c.ask(t, "search", `{"query":"","limit":1,"counts":true}`, &out)
	b, _ := json.Marshal(out.Counts)
	if len(b) > 1_300 || len(out.Counts.Year) != 9 || out.Counts.Year["1000-1999"] != 7 {
		t.Errorf("%d bytes: %s", len(b), b)
	}
}

func TestSpans(t *testing.T) {
	for promise, c := range map[string]struct {
		years map[int]int
		want  string
	}{
		"none":           {nil, "map[]"},
		"years":          {map[int]int{1990: 2, 2001: 1, -44: 3}, "map[-44:3 1990:2 2001:1]"},
		"twelve years":   {ofYears(1990, 12), "map[1990:1 1991:1 1992:1 1993:1 1994:1 1995:1 1996:1 1997:1 1998:1 1999:1 2000:1 2001:1]"},
		"decades":        {ofYears(1990, 13), "map[1990-1999:10 2000-2009:3]"},
		"before our era": {ofYears(-13, 14), "map[-10--1:10 -20--11:3 0-9:1]"},
		"centuries":      {ofYears(1700, 130), "map[1700-1799:100 1800-1899:30]"},
		"many millennia": {map[int]int{-5000: 1, -4000: 1, -3000: 1, -2000: 1, -1000: 1, 0: 1, 1000: 1, 2000: 1, 3000: 1, 4000: 1, 5000: 1, 6000: 1, 7000: 1},
			"map[-1000--1:1 -2000--1001:1 -3000--2001:1 -4000--3001:1 -5000--4001:1 0-999:1 1000-1999:1 2000-2999:1 3000-3999:1 4000-4999:1 5000-5999:1 6000-6999:1 7000-7999:1]"},
	} {
		if got := fmt.Sprint(spans(c.years)); got != c.want {
			t.Errorf("%s: %s, want %s", promise, got, c.want)
		}
	}
}

// ofYears returns n years with a work each.
func ofYears(first, n int) map[int]int {
	years := map[int]int{}
	for i := range n {
		years[first+i] = 1
	}
	return years
}
