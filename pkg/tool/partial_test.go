package tool

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// saying is a library that says something of every query.
type saying struct {
	*librarytest.Memory
	notices []string
}

func (s saying) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	page, err := s.Memory.Search(ctx, q)
	page.QueryNotices = s.notices
	return page, err
}

// titledWork returns a work with a title.
func titledWork(title string) librarytest.Work {
	return librarytest.Work{Item: library.Item{Type: "book", Fields: map[string]string{"title": title}}}
}

// TestSearch_SaysANoticeOnce has ten libraries that say the same of a query.
func TestSearch_SaysANoticeOnce(t *testing.T) {
	var libs fleet
	for i := range 10 {
		notices := []string{"a bracket without its pair was left out"}
		if i == 7 {
			notices = append(notices, "another")
		}
		libs = append(libs, saying{memory(library.GroupID(int64(i+1)), fmt.Sprint(i), []librarytest.Work{titledWork("river")}), notices})
	}
	var out searchOutput
	connect(t, libs).ask(t, "search", `{"query":"(river"}`, &out)
	if !slices.Equal(out.Notices, []string{"a bracket without its pair was left out", "another"}) || out.Total != 10 {
		t.Errorf("total %d, notices %q", out.Total, out.Notices)
	}
}

// TestSearch_PartialWorksAreNotCounted has two libraries, each with works that
// lack words of a query; all pages together hold all works once.
func TestSearch_PartialWorksAreNotCounted(t *testing.T) {
	libs := fleet{
		memory(library.Local, "A", []librarytest.Work{titledWork("copper river"), titledWork("copper"), titledWork("apple")}),
		memory(library.GroupID(1), "B", []librarytest.Work{titledWork("river"), titledWork("river copper"), titledWork("river two")}),
	}
	c := connect(t, libs)
	for _, limit := range []int{1, 2, 4, 10} {
		seen := map[string]int{}
		counted := 0
		for cursor, pages := "", 0; pages < 10; pages++ {
			var out searchOutput
			c.ask(t, "search", fmt.Sprintf(`{"query":"Copper RIVER","limit":%d,"cursor":%q}`, limit, cursor), &out)
			if out.Total != 2 || len(out.Notices) != 0 {
				t.Errorf("total %d, notices %q", out.Total, out.Notices)
			}
			for _, r := range out.Results {
				seen[r.ID]++
				if len(r.Partial) == 0 {
					counted++
				}
				if r.Title == "river two" && !slices.Equal(r.Partial, []string{"Copper"}) || r.Title == "copper" && !slices.Equal(r.Partial, []string{"RIVER"}) {
					t.Errorf("%q lacks %q", r.Title, r.Partial)
				}
			}
			if cursor = out.NextCursor; cursor == "" {
				break
			}
		}
		if counted != 2 || len(seen) != 5 {
			t.Errorf("in pages of %d: %d of %d works", limit, counted, len(seen))
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s %d times", id, n)
			}
		}
	}
}

func TestSearch_SaysThatNoWorkMeetsTheQuery(t *testing.T) {
	libs := fleet{
		memory(library.Local, "A", []librarytest.Work{titledWork("copper")}),
		memory(library.GroupID(1), "B", []librarytest.Work{titledWork("river")}),
	}
	c := connect(t, libs)
	for arguments, want := range map[string]string{
		`{"query":"copper river"}`:               "no work has all the words; those listed lack the words in partial",
		`{"query":"copper river","sort":"date"}`: "no work has all the words; sorted by relevance, works that have some of them are listed",
		`{"query":"zebra"}`:                      "no work has all the words",
		`{"query":"copper"}`:                     "",
		`{"query":""}`:                           "",
	} {
		var out searchOutput
		c.ask(t, "search", arguments, &out)
		if got := strings.Join(out.Notices, " / "); got != want || (want != "") != (out.Total == 0) {
			t.Errorf("%s: total %d, notices %q, want %q", arguments, out.Total, got, want)
		}
	}
	// A work of the library that refuses counts as long as it was told.
	full := memory(library.GroupID(2), "C", []librarytest.Work{titledWork("copper river"), titledWork("river"), titledWork("copper river delta")})
	c = connect(t, fleet{full, memory(library.Local, "A", []librarytest.Work{titledWork("copper river sand")})})
	var first, second searchOutput
	c.ask(t, "search", `{"query":"copper river","limit":1}`, &first)
	full.Fail(library.Errorf(library.Forbidden, "the key was withdrawn"))
	c.ask(t, "search", fmt.Sprintf(`{"query":"copper river","limit":10,"cursor":%q}`, first.NextCursor), &second)
	if first.Total != 3 || second.Total > 3 || second.Total < 1 {
		t.Errorf("total %d, then %d", first.Total, second.Total)
	}
}
