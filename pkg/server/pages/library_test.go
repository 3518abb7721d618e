package pages

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestSearch_ShowsPassageAndWhere(t *testing.T) {
	s := newSite(t, librarytest.Works())
	root, status := s.get("/search?q=refrangibility")
	text := mainText(root)
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	contains(t, text, "1 work.", librarytest.TitleLight, "Isaac Newton · 1704 · book · Home", "in the full text, page 2")
	if marks := all(root, "mark"); len(marks) != 1 || textOf(marks[0]) != "refrangibility" || attribute(marks[0], "class") != "" {
		t.Errorf("marked: %v", marks)
	}
	if to := linked(root, librarytest.TitleLight); !strings.HasPrefix(to, "/works/local/") || !strings.HasSuffix(to, "?q=refrangibility") {
		t.Errorf("the result links to %s", to)
	}
	to := linked(root, "in its page")
	if root, _ = s.get(to); !strings.Contains(to, "page=2&q=refrangibility") {
		t.Errorf("the passage links to %s", to)
	}
	contains(t, mainText(root), "Page 2 of 3")
	if !slices.ContainsFunc(all(root, "mark"), func(n *html.Node) bool {
		return strings.Contains(textOf(n), "refrangibility") && attribute(n, "class") != ""
	}) {
		t.Error("the passage is not marked in its page")
	}
}

func TestSearch_FirstPageSaysWhatIsSearched(t *testing.T) {
	root, _ := newSite(t, librarytest.Works()).get("/search")
	contains(t, mainText(root), "Searches Home (6 works).")
	if len(all(root, "ol")) > 0 {
		t.Error("results without a search")
	}
}

func TestSearch_Filters(t *testing.T) {
	s := newSite(t, librarytest.Works())
	collection := ""
	root, _ := s.get("/collections")
	for _, a := range all(root, "a") {
		if textOf(a) == "Reading/Machines" {
			collection = attribute(a, "href")
		}
	}
	for address, want := range map[string]string{
		"/search?type=thesis": librarytest.TitleOperators, "/search?from=1930&to=1940": librarytest.TitleOperators,
		"/search?tag=physics": librarytest.TitleLight, "/search?creator=Newton": librarytest.TitleLight,
		collection: librarytest.TitleEngine,
		"/search?library=Home&q=heredity&sort=date": librarytest.TitleHeredity,
	} {
		root, status := s.get(address)
		if results := all(root, "ol"); status != 200 || len(results) != 1 || len(all(results[0], "li")) != 1 || !strings.Contains(textOf(results[0]), want) {
			t.Errorf("%s: status %d, %s", address, status, mainText(root))
		}
	}
	root, _ = s.get("/search?q=light&type=book&from=1700&sort=title")
	form := all(root, "form")[0]
	for name, want := range map[string]string{"q": "light", "from": "1700"} {
		for _, in := range all(form, "input") {
			if attribute(in, "name") == name && attribute(in, "value") != want {
				t.Errorf("the form lost %s", name)
			}
		}
	}
	var chosen []string
	for _, o := range all(form, "option") {
		if slices.ContainsFunc(o.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
			chosen = append(chosen, attribute(o, "value"))
		}
	}
	if !slices.Equal(chosen, []string{"book", "", "title"}) {
		t.Errorf("chosen: %q", chosen)
	}
	for _, details := range all(form, "details") {
		if !slices.ContainsFunc(details.Attr, func(a html.Attribute) bool { return a.Key == "open" }) {
			t.Error("the filters in use are hidden")
		}
	}
}

func TestCriteria_LimitQuery(t *testing.T) {
	for query, want := range map[string]string{
		"q=jacquard&in=notes": "jacquard in:notes", "in=notes": "", "q=jacquard": "jacquard",
		"text=yes": "has:text", "q=whale+OR+seal&text=yes": "has:text whale OR seal", "q=seal&in=notes&text=yes": "has:text seal in:notes", "q=seal&text=no": "seal",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if got := readCriteria(values).arguments()["query"]; got != want {
			t.Errorf("%s searches for %q, want %q", query, got, want)
		}
	}
}

func TestSearch_ListsEveryWorkByLinks(t *testing.T) {
	works := librarytest.Many(searchResults*2 + 3)
	s := newSite(t, works)
	seen := map[string]bool{}
	parts := 0
	for address := "/search?sort=date_added&type=" + works[0].Item.Type; address != ""; parts++ {
		root, status := s.get(address)
		if status != 200 || parts > 5 {
			t.Fatalf("%s: status %d after %d parts", address, status, parts)
		}
		for _, h := range all(root, "h2") {
			if links := all(h, "a"); len(links) == 1 {
				seen[attribute(links[0], "href")] = true
			}
		}
		if parts == 0 && len(seen) != 15 {
			t.Errorf("the first page has %d works", len(seen))
		}
		address = linked(root, "More works")
	}
	same := 0
	for _, w := range works {
		if w.Item.Type == works[0].Item.Type {
			same++
		}
	}
	if len(seen) != same {
		t.Errorf("%d of %d works are listed, in %d parts", len(seen), same, parts)
	}
}

func TestSearch_NarrowsByCounts(t *testing.T) {
	s := newSite(t, librarytest.Works())
	root, _ := s.get("/search?sort=date")
	if len(all(root, "svg")) != 0 {
		t.Error("a chart without a search")
	}
	root, _ = s.get("/search?from=1")
	charts := all(root, "svg")
	if len(charts) != 1 || !strings.Contains(attribute(charts[0], "aria-label"), "Works by year. ") {
		t.Fatalf("charts: %v", charts)
	}
	to := linked(root, "thesis 1")
	if to == "" {
		t.Fatalf("no link narrows to theses: %s", mainText(root))
	}
	root, _ = s.get(to)
	contains(t, mainText(root), "1 work.", librarytest.TitleOperators)
}

func TestSearch_SaysWhatIsWrong(t *testing.T) {
	s := newSite(t, librarytest.Works())
	for address, want := range map[string]string{
		"/search?q=a&from=soon": "A year has to be a number", "/search?q=a&to=2000.5": "A year has to be a number", "/search?q=a&from=1%2B1": "leave them empty",
		"/search?q=a&from=20000": "9999", "/search?q=a&from=2000&to=1990": "later", "/search?q=a&library=Nowhere": "library",
		"/search?q=a&cursor=made-up": "cursor",
	} {
		root, status := s.get(address)
		if status < 400 || status >= 500 || !strings.Contains(mainText(root), want) {
			t.Errorf("%s: status %d, %s", address, status, mainText(root))
		}
	}
}

func TestSearch_SetsApartWhatLacksWords(t *testing.T) {
	s := newSite(t, librarytest.Works())
	s.fake = map[string]string{"search": `{"total": 1, "returned": 3, "results": [
		{"id": "local/A", "title": "Whole"}, {"id": "local/B", "title": "Lacking", "partial": ["thorax"]}, {"id": "local/C", "title": "Related", "similar": true}]}`}
	root, _ := s.get("/search?q=thorax")
	contains(t, spaced(root), "1 work.", "Whole Others, with some of the words or related ones: Lacking", "Without: thorax Related")
	s.fake["search"] = `{"total": 0, "returned": 1, "results": [{"id": "local/B", "title": "Lacking", "partial": ["thorax"]}], "notices": ["no work has all the words; those listed lack the words in partial"]}`
	root, _ = s.get("/search?q=thorax")
	if text := spaced(root); strings.Contains(text, "Others") || strings.Contains(text, "partial") || !strings.Contains(text, "those below have some of them. Lacking") {
		t.Errorf("%s", text)
	}
}

func TestSearch_SaysNoticesAsSentences(t *testing.T) {
	s := newSite(t, librarytest.Works())
	s.fake = map[string]string{"search": `{"total": 1, "returned": 1, "results": [{"id": "local/A", "title": "Whole"}], "notices": ["a library did not answer", "no work has a year after 2030", "a library did not answer"]}`}
	root, _ := s.get("/search?q=whole")
	contains(t, spaced(root), "1 work. A library did not answer. No work has a year after 2030. Whole")
}

func TestWork_ShowsAllParts(t *testing.T) {
	s := newSite(t, librarytest.Works())
	root, status := s.get(s.workOf(librarytest.TitleLight))
	if status != 200 {
		t.Fatalf("status %d", status)
	}
	contains(t, mainText(root), librarytest.TitleLight, "Isaac Newton · 1704 · book · Home", "Experiments with prisms show that white light is a mixture.",
		"yellow highlight, page 2", "refrangible rays", "Comment: the decisive experimentum crucis", "Full text text/plain · 3 pages",
		"Newton, I. (1704).", "publisherRoyal Printers", "physics", "Reading")
	contains(t, textOf(element(t, root, "history").Parent), "Added2 Mar 2026, 09:00 UTC", "Last changed2 Mar 2026, 09:00 UTC", "Version")
	if details := textOf(element(t, root, "details").Parent); strings.Contains(details, "date added") || linked(root, "Recent changes of the library") != "/changes?library=local" {
		t.Errorf("%s, changes at %q", details, linked(root, "Recent changes of the library"))
	}
	if rects := all(root, "rect"); len(rects) != 1 || attribute(rects[0], "class") != "yellow" {
		t.Errorf("swatches: %v", rects)
	}
	root, _ = s.get(s.workOf(librarytest.TitleEngine))
	contains(t, mainText(root), "Lovelace (translator)", "Compare with the punched cards of Jacquard's loom.")
	if to := linked(root, "Open the work's own page"); to != "https://doi.org/10.5555/engine.1843" {
		t.Errorf("the work's own page: %q", to)
	}
	if len(all(root, "rect")) != 0 {
		t.Error("a swatch without an annotation")
	}
}

func TestWork_MarksPassageInItsPage(t *testing.T) {
	s := newSite(t, librarytest.Works())
	root, _ := s.get(s.workOf(librarytest.TitleLight) + "?q=refrangibility")
	section := element(t, root, "text")
	contains(t, textOf(section), "Page 2 of 3", "Lights which differ in colour differ also")
	marks := all(section, "mark")
	if len(marks) != 1 || !strings.Contains(textOf(marks[0]), "degrees of refrangibility") || attribute(marks[0], "class") != "passage" {
		t.Errorf("the passage is not marked: %s", textOf(section))
	}
	if to := linked(root, "in its page"); !strings.Contains(to, "page=2") || !strings.HasSuffix(to, "#text") {
		t.Errorf("the passage links to %q", to)
	}
}

func TestWork_ReadsTextByLinks(t *testing.T) {
	s := newSite(t, librarytest.Works())
	root, _ := s.get(s.workOf(librarytest.TitleLight))
	var read []string
	address := linked(root, "Read the text")
	for range 5 {
		if address == "" {
			break
		}
		root, _ = s.get(address)
		if to := linked(root, "Page before"); (to != "") != (len(read) > 0) {
			t.Errorf("before page %d: %q", len(read)+1, to)
		}
		for _, h := range all(element(t, root, "text"), "h3") {
			read = append(read, textOf(h))
		}
		address = linked(root, "Read on")
	}
	if want := []string{"Page 1 of 3", "Page 2 of 3", "Page 3 of 3"}; !slices.Equal(read, want) {
		t.Errorf("read %q", read)
	}
	root, _ = s.get(linked(root, "Page before"))
	contains(t, textOf(element(t, root, "text")), "Page 2 of 3")
	root, _ = s.get(s.workOf(librarytest.TitleEngine))
	if to := linked(root, "Read the text"); to != "" {
		t.Errorf("a work without a text offers %s", to)
	}
}

func TestWork_ReadsLongPageWhole(t *testing.T) {
	works := librarytest.Works()[1:2]
	var long strings.Builder
	for i := range 3_000 {
		fmt.Fprintf(&long, "word%d ", i)
	}
	works[0].Texts[0] = []library.TextPage{{Number: 1, Text: long.String()}, {Number: 2, Offset: len(long.String()), Text: "The end."}}
	works[0].Item.Attachments[0].Text = library.TextStatus{Available: true, Pages: 2, PagesRead: 2}
	s := newSite(t, works)
	var read strings.Builder
	address := s.workOf(librarytest.TitleLight) + "?page=1"
	for range 10 {
		root, status := s.get(address)
		if status != 200 {
			t.Fatalf("%s: %d", address, status)
		}
		for _, p := range all(element(t, root, "text"), "p") {
			read.WriteString(textOf(p) + " ")
		}
		if address = linked(root, "Read on"); address == "" {
			break
		}
	}
	seen := read.String()
	for i := range 3_000 {
		if !strings.Contains(seen, fmt.Sprintf("word%d ", i)) {
			t.Fatalf("word%d was not shown", i)
		}
	}
	contains(t, seen[len(seen)-40:], "The end.")
}

func TestWork_ContinuesNotes(t *testing.T) {
	works := librarytest.Works()[:1]
	for i := range 40 {
		works[0].Item.Notes = append(works[0].Item.Notes, library.Note{Text: fmt.Sprintf("note%d. ", i) + strings.Repeat("long ", 500)})
	}
	s := newSite(t, works)
	var read strings.Builder
	address := s.workOf(librarytest.TitleEngine)
	for range 10 {
		root, _ := s.get(address)
		read.WriteString(mainText(root))
		if address = linked(root, "More notes and annotations"); address == "" {
			break
		}
	}
	for i := range 40 {
		if !strings.Contains(read.String(), fmt.Sprintf("note%d.", i)) {
			t.Errorf("note%d was not shown", i)
		}
	}
}

func TestWork_CitesInChosenStyle(t *testing.T) {
	s := newSite(t, librarytest.Works())
	work := s.workOf(librarytest.TitleLight)
	for style, want := range map[string]string{"": "Newton, I. (1704).", "ieee": "[1]", "vancouver": "Newton I."} {
		root, _ := s.get(work + "?style=" + style)
		contains(t, textOf(element(t, root, "cite")), want)
	}
	root, status := s.get(work + "?style=no-such-style-anywhere")
	if status != 200 || !strings.Contains(mainText(root), "could not be cited") || !strings.Contains(mainText(root), "Royal Printers") {
		t.Errorf("an unknown style: %d %s", status, mainText(root))
	}
}

func TestWork_Unknown(t *testing.T) {
	s := newSite(t, librarytest.Works())
	for _, address := range []string{"/works/local/ZZZZ2222", "/works/group:1/ABCD2345"} {
		if root, status := s.get(address); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", address, status, mainText(root))
		}
	}
}

func TestLists(t *testing.T) {
	s := newSite(t, librarytest.Works())
	root, _ := s.get("/collections?library=local")
	contains(t, mainText(root), "Reading/Machines", "Mathematics")
	root, _ = s.get("/tags?prefix=phy")
	if text := mainText(root); !strings.Contains(text, "physics 1") || strings.Contains(text, "mathematics") {
		t.Errorf("tags that begin with phy: %s", text)
	}
	root, _ = s.get(linked(root, "physics 1"))
	contains(t, mainText(root), librarytest.TitleLight)
	root, _ = s.get("/libraries")
	contains(t, mainText(root), "Home", "6 works", "tools only read it", "local")
}

func TestPages_LeadToSignIn(t *testing.T) {
	s := newSite(t, librarytest.Works())
	s.fail = library.Errorf(library.Unauthenticated, "access to the library has been revoked")
	root, status := s.get("/search?q=a+b")
	if to := linked(root, "Sign in"); status != http.StatusUnauthorized || to != "/sign-in?to=%2Fsearch%3Fq%3Da%2Bb" {
		t.Errorf("status %d, link %q", status, to)
	}
	s.fail = library.Errorf(library.Unavailable, "zotero is down").WithHint("try again")
	root, status = s.get("/search?q=a")
	contains(t, mainText(root), "Zotero is down.", "Try again.")
	if status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
}
