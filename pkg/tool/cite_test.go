package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// citable is a library with works to cite. Its keys are in the order of works.
func citable() *librarytest.Memory {
	work := func(title, family, given, date, doi, key string) librarytest.Work {
		return librarytest.Work{Item: library.Item{
			Type: "journalArticle", ParsedDate: date,
			Fields:   map[string]string{"title": title, "date": date, "publicationTitle": "Journal of Tides", "volume": "7", "pages": "11-19", "DOI": doi, "citationKey": key, "url": "https://www.example.org/" + key + "/"},
			Creators: []library.Creator{{Role: "author", Family: family, Given: given}},
		}}
	}
	return memory(library.Local, "Home", []librarytest.Work{
		work("Tides at night", "Lovelace", "Ada", "1840", "10.5555/tides", "lovelace1840"),
		work("Tides by day", "Lovelace", "Ada", "1840", "10.5555/day", "lovelace1840b"),
		work("The <i>Fucus</i> of shores", "Babbage", "Charles", "1832", "", "babbage1832"),
	})
}

func TestCite_Bibliography(t *testing.T) {
	lib := citable()
	keys := lib.Keys()
	var out citeOutput
	c := connect(t, fleet{lib})
	c.ask(t, "cite", fmt.Sprintf(`{"ids":["local/%s","10.5555/DAY","@babbage1832"]}`, keys[0]), &out)
	want := []citedEntry{
		{"local/" + keys[2], "Babbage, C. (1832). The Fucus of shores. Journal of Tides, 7, 11–19. https://www.example.org/babbage1832/"},
		{"local/" + keys[0], "Lovelace, A. (1840a). Tides at night. Journal of Tides, 7, 11–19. https://doi.org/10.5555/tides"},
		{"local/" + keys[1], "Lovelace, A. (1840b). Tides by day. Journal of Tides, 7, 11–19. https://doi.org/10.5555/day"},
	}
	if !slices.Equal(out.Bibliography, want) || out.Style != "apa" || out.Locale != "en-US" || len(out.Citations) != 0 || out.Total != 3 || len(out.Missing)+len(out.Notices) != 0 {
		t.Errorf("got %+v\nwant %+v", out, want)
	}
}

func TestCite_CitationsOfAText(t *testing.T) {
	lib := citable()
	keys := lib.Keys()
	citations := fmt.Sprintf(`["see @local/%s, pp. 3-4; @lovelace1840b","-@babbage1832, chap. 2","@https://example.org/babbage1832"]`, keys[0])
	for _, tt := range []struct {
		style, mode string
		want        []string
	}{
		{"apa", "citation", []string{"(see Lovelace, 1840a, pp. 3–4, 1840b)", "(1832, Chapter 2)", "(Babbage, 1832)"}},
		{"ieee", "citation", []string{"see [1, pp. 3–4], [2]", "[3, ch. 2]", "[3]"}},
	} {
		var out citeOutput
		connect(t, fleet{lib}).ask(t, "cite", fmt.Sprintf(`{"citations":%s,"style":%q,"mode":%q}`, citations, tt.style, tt.mode), &out)
		if !slices.Equal(out.Citations, tt.want) || len(out.Bibliography) != 3 {
			t.Errorf("%s: %q, %d entries\nwant %q", tt.style, out.Citations, len(out.Bibliography), tt.want)
		}
	}
}

func TestCite_NotesKnowEarlierNotes(t *testing.T) {
	var out citeOutput
	c := connect(t, fleet{citable()})
	for _, mode := range []string{"note", "citation"} { // in a style of notes they are the same
		c.ask(t, "cite", fmt.Sprintf(`{"citations":["@lovelace1840, 12","@babbage1832","@lovelace1840"],"style":"chicago-notes","mode":%q}`, mode), &out)
		if len(out.Citations) != 3 || !strings.Contains(out.Citations[0], "Journal of Tides") || strings.Contains(out.Citations[2], "Journal") {
			t.Errorf("%s: %+v", mode, out)
		}
	}
	// The first note of a work is named by its number in some styles.
	c.ask(t, "cite", `{"citations":["@babbage1832","@lovelace1840","@babbage1832"],"style":"ieee","mode":"note"}`, &out)
	if want := []string{"[1]", "[2]", "[1]"}; !slices.Equal(out.Citations, want) {
		t.Errorf("%q, want %q", out.Citations, want)
	}
}

func TestCite_TouchesAWorkOnce(t *testing.T) {
	lib := citable()
	var told []string
	c := catalogOf(t, fleet{lib}, Options{Touched: func(_ context.Context, ids ...string) { told = append(told, ids...) }})
	_, err := c.Call(t.Context(), "cite", json.RawMessage(fmt.Sprintf(`{"ids":["local/%s","10.5555/tides","lovelace1840"]}`, lib.Keys()[0])))
	if n := len(slices.DeleteFunc(told, func(id string) bool { return !strings.Contains(id, "/") })); err != nil || n != 1 {
		t.Errorf("%d times, %v", n, err)
	}
}

func TestCite_Formats(t *testing.T) {
	for format, want := range map[string]string{"text": "Journal of Tides, 7", "markdown": "*Journal of Tides*, *7*", "html": "<i>Journal of Tides</i>, <i>7</i>"} {
		// Not over the client of these tests, which takes no HTML.
		raw, err := catalogOf(t, fleet{citable()}, Options{}).Call(t.Context(), "cite", json.RawMessage(fmt.Sprintf(`{"ids":["lovelace1840"],"format":%q}`, format)))
		if err != nil {
			t.Fatal(err)
		}
		var out citeOutput
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatal(err)
		}
		if len(out.Bibliography) != 1 || !strings.Contains(out.Bibliography[0].Text, want) {
			t.Errorf("%s: %+v", format, out.Bibliography)
		}
	}
}

func TestCite_ReportsWhatIsMissing(t *testing.T) {
	double := citable()
	other := memory(library.GroupID(7), "Group", []librarytest.Work{{Item: library.Item{Type: "book", Fields: map[string]string{"title": "Twice", "citationKey": "lovelace1840"}}}})
	var out citeOutput
	c := connect(t, fleet{double, other})
	c.ask(t, "cite", `{"citations":["@lovelace1840","@nobody2000; @babbage1832","@group:9/ABCD2345"],"mode":"citation"}`, &out)
	if want := []string{"lovelace1840", "nobody2000", "group:9/ABCD2345"}; !slices.Equal(out.Missing, want) {
		t.Errorf("missing %q, want %q", out.Missing, want)
	}
	if len(out.Notices) != 1 || !strings.Contains(out.Notices[0], `"lovelace1840": The citation key in argument "ids" names 2 works: local/`) {
		t.Errorf("notices %q", out.Notices)
	}
	if want := []string{"", "(Babbage, 1832)", ""}; !slices.Equal(out.Citations, want) {
		t.Errorf("citations %q", out.Citations)
	}
}

func TestCite_Refuses(t *testing.T) {
	c := connect(t, fleet{citable()})
	for arguments, want := range map[string]library.Code{
		`{}`: library.Invalid, `{"ids":["lovelace1840"],"citations":["@lovelace1840"]}`: library.Invalid,
		`{"citations":["see nothing"]}`: library.Invalid, `{"ids":["lovelace1840"],"style":"no-such-style-at-all"}`: library.NotFound,
		`{"citations":[` + strings.TrimSuffix(strings.Repeat(`"@a; @b; @c",`, 200), ",") + `]}`: library.TooLarge,
	} {
		c.refuse(t, "cite", arguments, want)
	}
}

func TestCite_SaysWhichStyleItTook(t *testing.T) {
	var out citeOutput
	c := connect(t, fleet{citable()})
	c.ask(t, "cite", `{"ids":["lovelace1840"],"style":"vancuver","locale":"xx-XX"}`, &out)
	all := strings.Join(out.Notices, "\n")
	if out.Style != "vancouver" || !strings.Contains(all, "comes closest") || !strings.Contains(all, "xx-XX") {
		t.Errorf("%s %q", out.Style, out.Notices)
	}
}

func TestCite_Pages(t *testing.T) {
	works := librarytest.Many(80)
	for i := range works {
		works[i].Item.Fields["title"] += strings.Repeat(" and its long history", 10)
	}
	lib := memory(library.Local, "Home", works)
	ids := make([]string, 80)
	for i, key := range lib.Keys()[:80] {
		ids[i] = strconv.Quote("local/" + key)
	}
	catalog := catalogOf(t, fleet{lib}, Options{ResultChars: MinResultChars})
	c := connectTo(t, catalog, nil)
	var got []string
	citations, pages, cursor := 0, 0, ""
	for {
		var out citeOutput
		c.ask(t, "cite", fmt.Sprintf(`{"ids":[%s],"mode":"citation","cursor":%q}`, strings.Join(ids, ","), cursor), &out)
		pages++
		citations += len(out.Citations)
		for _, e := range out.Bibliography {
			got = append(got, e.ID)
		}
		if out.Total != 160 || out.Returned != len(out.Citations)+len(out.Bibliography) {
			t.Fatalf("page %d: total %d, returned %d", pages, out.Total, out.Returned)
		}
		if cursor = out.NextCursor; cursor == "" {
			break
		}
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != 80 || citations != 80 || pages < 2 {
		t.Errorf("%d entries, %d citations, %d pages", len(got), citations, pages)
	}
}

func TestExport_Bibliography(t *testing.T) {
	lib := citable()
	keys := lib.Keys()
	c := connect(t, fleet{lib})
	const (
		babbage = "Babbage, C. (1832). The *Fucus* of shores. *Journal of Tides*, *7*, 11–19. https://www.example.org/babbage1832/\n"
		night   = "Lovelace, A. (1840a). Tides at night. *Journal of Tides*, *7*, 11–19. https://doi.org/10.5555/tides\n"
		day     = "Lovelace, A. (1840b). Tides by day. *Journal of Tides*, *7*, 11–19. https://doi.org/10.5555/day\n"
	)
	for arguments, want := range map[string]string{
		`"library":"local"`: babbage + "\n" + night + "\n" + day,
		fmt.Sprintf(`"ids":["local/%s","@babbage1832"]`, keys[1]):    babbage + "\n" + strings.Replace(day, "1840b", "1840", 1),
		`"creator":"Babbage","style":"apa","locale":"de-DE"`:         babbage,
		`"query":"tides","style":"ieee","creator":"Lovelace"`:        `\[1\] A. Lovelace`,
		`"creator":"Babbage","style":"chicago-notes"`:                "Babbage, Charles.",
		fmt.Sprintf(`"ids":["@babbage1832","local/%s"]`, "NNNNNNNN"): babbage,
	} {
		var out exportOutput
		c.ask(t, "export", `{"format":"bibliography",`+arguments+`}`, &out)
		if out.Text != want && (strings.HasSuffix(want, "\n") || !strings.HasPrefix(out.Text, want)) {
			t.Errorf("%s:\n%s\nwant\n%s", arguments, out.Text, want)
		}
		if len(out.Missing) > 0 != strings.Contains(arguments, "NNNN") {
			t.Errorf("%s: missing %q", arguments, out.Missing)
		}
	}
	for arguments, words := range map[string]string{
		`{"library":"local","style":"apa"}`:                              "format",
		`{"library":"local","format":"ris","locale":"de-DE"}`:            "format",
		`{"library":"local","format":"bibliography","abstracts":true}`:   "abstracts",
		`{"library":"local","format":"bibliography","notes":true}`:       "notes",
		`{"format":"bibliography"}`:                                      "which works",
		`{"ids":"a b","format":"bibliography"}`:                          "ids",
		`{"library":"local","format":"bibliography","cursor":"nothing"}`: "cursor",
	} {
		if got := c.refuse(t, "export", arguments, library.Invalid); !strings.Contains(got, words) {
			t.Errorf("%s: %q", arguments, got)
		}
	}
	c.refuse(t, "export", `{"library":"local","format":"bibliography","style":"no such style at all"}`, library.NotFound)
}

// The pages of a bibliography are parts of one list: sorted, numbered and
// disambiguated over all its works, more than one page of a search.
func TestExport_BibliographyInPages(t *testing.T) {
	works := librarytest.Many(250)
	lib := memory(library.Local, "Home", works)
	c := connect(t, fleet{lib})
	next, cursor := 1, ""
	for {
		var out exportOutput
		c.ask(t, "export", fmt.Sprintf(`{"library":"local","format":"bibliography","style":"ieee","limit":100,"cursor":%q}`, cursor), &out)
		entries := strings.Split(strings.TrimSpace(out.Text), "\n\n")
		if out.Total != 250 || len(entries) != out.Returned {
			t.Fatalf("%d entries, it says %d of %d", len(entries), out.Returned, out.Total)
		}
		for _, e := range entries {
			if !strings.HasPrefix(e, fmt.Sprintf(`\[%d\] `, next)) {
				t.Fatalf("entry %d: %q", next, e)
			}
			next++
		}
		if cursor = out.NextCursor; cursor == "" {
			break
		}
	}
	if next != 251 {
		t.Errorf("%d entries", next-1)
	}
	many := connect(t, fleet{memory(library.Local, "Home", librarytest.Many(maxStyled+1))})
	if got := many.refuse(t, "export", `{"library":"local","format":"bibliography"}`, library.TooLarge); !strings.Contains(got, "1001 works") {
		t.Error(got)
	}
}
