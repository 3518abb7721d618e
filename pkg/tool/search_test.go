package tool

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestSearchFindsWorksAsFiltersSay(t *testing.T) {
	c := connect(t, one())
	cases := map[string]struct {
		arguments string
		want      []string
	}{
		"words":                      {`{"query":"analytical engine"}`, []string{librarytest.TitleEngine}},
		"a phrase":                   {`{"query":"\"plant heredity\""}`, []string{librarytest.TitleHeredity}},
		"all tags":                   {`{"query":"","tags":["history","physics"]}`, []string{librarytest.TitleLight}},
		"any tag":                    {`{"query":"","tags_any":["physics","biology"],"sort":"title"}`, []string{librarytest.TitleLight, librarytest.TitleHeredity}},
		"no tag":                     {`{"query":"","tags":["history"],"tags_none":["physics","letters"],"sort":"title"}`, []string{librarytest.TitleHeredity, librarytest.TitleEngine}},
		"a type":                     {`{"query":"","item_type":["thesis"]}`, []string{librarytest.TitleOperators}},
		"a type in other words":      {`{"query":"","item_type":"Journal article","sort":"date"}`, []string{librarytest.TitleHeredity, librarytest.TitleEngine}},
		"a creator":                  {`{"query":"","creator":"newton"}`, []string{librarytest.TitleLight}},
		"years":                      {`{"query":"","year_from":1800,"year_to":1900,"sort":"date"}`, []string{librarytest.TitleHeredity, librarytest.TitleEngine}},
		"years as text":              {`{"query":"","year_from":"1930","year_to":"1940"}`, []string{librarytest.TitleOperators}},
		"a collection by name":       {`{"query":"","collection":"machines"}`, []string{librarytest.TitleEngine}},
		"a collection by path":       {`{"query":"","collection":"Reading/Machines"}`, []string{librarytest.TitleEngine}},
		"a collection and below":     {`{"query":"","collection":"Reading","sort":"title"}`, []string{librarytest.TitleLight, librarytest.TitleHeredity, librarytest.TitleEngine}},
		"a library by name":          {`{"query":"newton","library":"HOME"}`, []string{librarytest.TitleLight}},
		"a library by ID":            {`{"query":"newton","library":"LOCAL"}`, []string{librarytest.TitleLight}},
		"null for what is left out":  {`{"query":"newton","library":null,"tags":null,"limit":null,"cursor":null}`, []string{librarytest.TitleLight}},
		"a number for a text":        {`{"query":1704}`, []string{librarytest.TitleLight}},
		"a list written into a text": {`{"query":"","tags":"[\"history\",\"physics\"]"}`, []string{librarytest.TitleLight}},
		"nothing":                    {`{"query":"zxqvwy"}`, []string{}},
	}
	for promise, k := range cases {
		t.Run(promise, func(t *testing.T) {
			var out searchOutput
			c.ask(t, "search", k.arguments, &out)
			if got := titles(out.Results); !slices.Equal(got, k.want) || out.Total != len(k.want) || out.Returned != len(k.want) {
				t.Errorf("%q of %d, want %q", got, out.Total, k.want)
			}
		})
	}
}

func TestSearchResultSaysWhereItMatched(t *testing.T) {
	c := connect(t, one())
	var out searchOutput
	c.ask(t, "search", `{"query":"refrangibility"}`, &out)
	r := out.Results[0]
	if r.MatchedIn != "fulltext" || !strings.Contains(r.Snippet, "refrangibility") {
		t.Errorf("a hit in the full text: %+v", r)
	}
	if r.Creators != "Isaac Newton" || r.Year != 1704 || r.ItemType != "book" || r.Library != "Home" {
		t.Errorf("result %+v", r)
	}
	c.ask(t, "search", `{"query":"analytical engine"}`, &out)
	if r := out.Results[0]; r.Creators != "Luigi Federico Menabrea, Ada Lovelace (translator)" || r.URL != "https://doi.org/10.5555/engine.1843" {
		t.Errorf("result %+v", r)
	}
}

func TestEveryResultHasIDTitleAndURL(t *testing.T) {
	libs := fleet{
		memory(library.Local, "Home", librarytest.Works()),
		memory(library.GroupID(4711), "Group", append(librarytest.Works(), librarytest.Work{Item: library.Item{Type: "letter"}})),
		memory(library.UserID(12), "Mine", []librarytest.Work{{Item: library.Item{Type: "webpage", Fields: map[string]string{"title": "Page", "url": "https://example.org/a?b=c"}}}}),
	}
	c := connectTo(t, catalogOf(t, libs, Options{Link: providerPage}), nil)
	var out searchOutput
	c.ask(t, "search", `{"query":"","limit":100}`, &out)
	if out.Total != 14 || len(out.Results) != 14 || out.NextCursor != "" {
		t.Fatalf("%d of %d", len(out.Results), out.Total)
	}
	for _, r := range out.Results {
		if r.ID == "" || r.Title == "" || r.URL == "" {
			t.Errorf("result %+v", r)
		}
		switch {
		case r.Title == "Page" && r.URL != "https://example.org/a?b=c",
			r.Title == librarytest.TitleLight && strings.HasPrefix(r.ID, "group:") && r.URL != "https://provider.example/"+r.ID,
			r.Title == librarytest.TitleLight && strings.HasPrefix(r.ID, "local") && r.URL != "stackroom://local/items/"+r.ID[6:]:
			t.Errorf("url of %+v", r)
		}
		var work fetchOutput
		c.ask(t, "fetch", `{"id":"`+r.ID+`"}`, &work)
		if work.ID != r.ID || work.Title != r.Title || work.URL != r.URL || work.Text == "" || work.Metadata == nil {
			t.Errorf("fetch of %s: %+v", r.ID, work)
		}
	}
}

func TestPageOfAWorkIsItsURLWhereItHasNoOther(t *testing.T) {
	libs := fleet{
		memory(library.Local, "Home", librarytest.Works()),
		memory(library.GroupID(4711), "Group", librarytest.Works()),
	}
	for _, opts := range []Options{{Pages: "https://library.example.org/works"}, {Pages: "https://library.example.org/works", Link: providerPage}} {
		c := connectTo(t, catalogOf(t, libs, opts), nil)
		var out searchOutput
		c.ask(t, "search", `{"query":"treatise light colours","limit":100}`, &out)
		for _, r := range out.Results {
			if r.Title != librarytest.TitleLight {
				continue
			}
			want := "https://library.example.org/works/" + r.ID
			if opts.Link != nil && strings.HasPrefix(r.ID, "group:") {
				want = providerPage(library.ItemID{Library: library.GroupID(4711), Key: r.ID[len("group:4711/"):]})
			}
			if r.URL != want {
				t.Errorf("url of %s: %s, want %s", r.ID, r.URL, want)
			}
			for _, name := range []string{"https://library.example.org/works/" + r.ID, " https://library.example.org/works/" + r.ID + "/?q=light&page=2#text"} {
				var work fetchOutput
				c.ask(t, "fetch", fmt.Sprintf(`{"id":%q}`, name), &work)
				if work.ID != r.ID {
					t.Errorf("%s is %s, want %s", name, work.ID, r.ID)
				}
			}
		}
		c.ask(t, "search", `{"query":"analytical engine","library":"local"}`, &out)
		if out.Results[0].URL != "https://doi.org/10.5555/engine.1843" {
			t.Errorf("a work with a DOI: %s", out.Results[0].URL)
		}
	}
	if name := "https://library.example.org/works/local/X"; (&call{}).withoutPage(name) != name {
		t.Error("a page of a server without pages")
	}
}

func TestPagesCoverAllLibrariesOnce(t *testing.T) {
	libs := fleet{
		memory(library.Local, "A", librarytest.Many(37)),
		memory(library.GroupID(1), "B", librarytest.Many(5)),
		memory(library.GroupID(2), "C", nil),
		memory(library.GroupID(3), "D", librarytest.Many(60)),
	}
	c := connect(t, libs)
	for _, arguments := range []string{`"query":"study"`, `"query":""`, `"query":"study","sort":"title"`, `"query":"study","sort":"date"`, `"query":"","sort":"date_added"`} {
		seen := map[string]int{}
		cursor, pages := "", 0
		for {
			var out searchOutput
			c.ask(t, "search", fmt.Sprintf(`{%s,"limit":%d,"cursor":%q}`, arguments, 7+pages%3, cursor), &out)
			if out.Total != 102 || out.Returned != len(out.Results) || len(out.Notices) > 0 {
				t.Fatalf("%s: %d of %d, %q", arguments, out.Returned, out.Total, out.Notices)
			}
			for _, r := range out.Results {
				seen[r.ID]++
			}
			pages++
			if cursor = out.NextCursor; cursor == "" {
				break
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s: %s %d times", arguments, id, n)
			}
		}
		if len(seen) != 102 || pages != 13 {
			t.Errorf("%s: %d works on %d pages", arguments, len(seen), pages)
		}
	}
}

func TestLibrariesMergeInTheOrderAskedFor(t *testing.T) {
	work := func(title, date, abstract string) librarytest.Work {
		return librarytest.Work{Item: library.Item{Type: "book", ParsedDate: date, Fields: map[string]string{"title": title, "abstractNote": abstract}}}
	}
	libs := fleet{
		memory(library.Local, "A", []librarytest.Work{work("Zebra river", "1990", ""), work("Apple", "", "river")}),
		memory(library.GroupID(1), "B", []librarytest.Work{work("Copper river delta", "2001", ""), work("Antiquity river", "-0044", "")}),
	}
	c := connect(t, libs)
	for arguments, want := range map[string][]string{
		`{"query":"copper river delta"}`:     {"Copper river delta", "Zebra river", "Antiquity river", "Apple"},
		`{"query":"river","sort":"date"}`:    {"Copper river delta", "Zebra river", "Antiquity river", "Apple"},
		`{"query":"river","sort":"title"}`:   {"Antiquity river", "Apple", "Copper river delta", "Zebra river"},
		`{"query":"copper river","limit":1}`: {"Copper river delta"},
	} {
		var out searchOutput
		c.ask(t, "search", arguments, &out)
		if got := titles(out.Results); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", arguments, got, want)
		}
	}
}

func TestOneFailingLibraryDoesNotFailTheOthers(t *testing.T) {
	down := memory(library.GroupID(1), "Down", librarytest.Many(3))
	libs := fleet{memory(library.Local, "Up", librarytest.Many(3)), down}
	c := connect(t, libs)
	down.Fail(library.Errorf(library.Unavailable, "the upstream does not answer").WithRetryAfter(30e9))
	var out searchOutput
	c.ask(t, "search", `{"query":"study"}`, &out)
	if len(out.Results) != 3 || len(out.Notices) != 1 || !strings.Contains(out.Notices[0], "group:1") || !strings.Contains(out.Notices[0], "30 seconds") {
		t.Fatalf("%d results, notices %q", len(out.Results), out.Notices)
	}
	if out.NextCursor == "" {
		t.Fatal("no cursor with which to try the failed library again")
	}
	if words := c.refuse(t, "search", `{"query":"study","cursor":"`+out.NextCursor+`"}`, library.Unavailable); !strings.Contains(words, "30 seconds") {
		t.Errorf("only the failed library is left: %q", words)
	}
	down.Fail(nil)
	c.ask(t, "search", `{"query":"study","cursor":"`+out.NextCursor+`"}`, &out)
	if len(out.Results) != 3 || out.Total != 6 || out.NextCursor != "" {
		t.Errorf("after it came back: %d of %d", len(out.Results), out.Total)
	}
	for _, r := range libs {
		r.(*librarytest.Memory).Fail(library.Errorf(library.Unavailable, "the upstream does not answer"))
	}
	c.refuse(t, "search", `{"query":"study"}`, library.Unavailable)
}

func TestSearchNamesWhatItCannotMean(t *testing.T) {
	libs := fleet{
		memory(library.Local, "Same", librarytest.Works()),
		memory(library.GroupID(7), "same", librarytest.Works()),
	}
	c := connect(t, libs)
	for promise, k := range map[string]struct {
		arguments string
		code      library.Code
		words     []string
	}{
		"an unknown library":        {`{"query":"","library":"nowhere"}`, library.NotFound, []string{"local", "group:7"}},
		"an ambiguous library":      {`{"query":"","library":"SAME"}`, library.Invalid, []string{"library", "local", "group:7"}},
		"an unknown collection":     {`{"query":"","collection":"nowhere"}`, library.NotFound, []string{"collection", "list_collections"}},
		"an ambiguous collection":   {`{"query":"","collection":"Machines"}`, library.Invalid, []string{"collection", "local CLL", "group:7 CLL"}},
		"a type that there isn't":   {`{"query":"","item_type":["sonnet"]}`, library.Invalid, []string{"item_type", "journalArticle"}},
		"years the wrong way round": {`{"query":"","year_from":2000,"year_to":1990}`, library.Invalid, []string{"year_from", "year_to"}},
		"a limit out of bounds":     {`{"query":"","limit":101}`, library.Invalid, []string{"limit", "1 to 100"}},
		"no limit":                  {`{"query":"","limit":0}`, library.Invalid, []string{"limit", "1 to 100"}},
		"an unknown sort":           {`{"query":"","sort":"best"}`, library.Invalid, []string{"sort", "relevance", "date_added"}},
		"an unknown argument":       {`{"query":"","colour":"red"}`, library.Invalid, []string{`"colour"`, "query", "tags_any"}},
		"no query":                  {`{}`, library.Invalid, []string{"query"}},
	} {
		t.Run(promise, func(t *testing.T) {
			got := c.refuse(t, "search", k.arguments, k.code)
			for _, w := range k.words {
				if !strings.Contains(got, w) {
					t.Errorf("%q does not say %q", got, w)
				}
			}
		})
	}
}
