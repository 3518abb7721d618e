package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// checker returns a client whose registries are a stand-in.
func checker(t *testing.T, libs Libraries, registry *resolvetest.Registry) *client {
	t.Helper()
	r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: registry.URL, OpenAlexKey: func() string { return "key" }})
	if err != nil {
		t.Fatal(err)
	}
	return connectTo(t, catalogOf(t, libs, Options{Registries: r}), nil)
}

func (c *client) check(t *testing.T, in map[string]any) checkOutput {
	t.Helper()
	arguments, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out checkOutput
	c.ask(t, "check_references", string(arguments), &out)
	return out
}

// stated is a work as a reference states it.
type stated struct {
	doi, title, journal, volume, pages string
	year                               int
	authors                            []string // "Family, Given"
}

// sixty returns the works of the test's set.
func sixty(t *testing.T) []stated {
	t.Helper()
	raw, err := os.ReadFile("testdata/check/works.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []stated
	for line := range strings.Lines(string(raw)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		year, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, stated{f[0], f[2], f[4], f[5], f[6], year, strings.Split(f[3], "; ")})
	}
	return all
}

// registered returns the works as the registries have them. Three are retracted,
// as Crossref, OpenAlex and Europe PMC tell.
func registered(all []stated) []resolvetest.Work {
	var works []resolvetest.Work
	for i, s := range all {
		w := resolvetest.Work{DOI: s.doi, Title: s.title, Authors: s.authors, Year: s.year, Journal: s.journal, Volume: s.volume, Pages: s.pages}
		switch i {
		case 44:
			w.Title, w.Updates = "RETRACTED: "+w.Title, []resolvetest.Update{{DOI: "10.1016/s0140-6736(10)60175-4", Type: "retraction", Source: "publisher"}}
		case 45:
			w.Updates = []resolvetest.Update{{DOI: "10.1038/nature13598", Type: "retraction", Source: "retraction-watch"}}
		case 46:
			w.EuropePMC = "Retraction in"
		}
		works = append(works, w)
	}
	return works
}

// alter alters 17 of the works: year, author, title or all of it. It returns
// what must be found of each of the 20 that are altered or retracted.
func alter(all []stated) map[int]string {
	want := map[int]string{44: "retraction", 45: "retraction", 46: "retraction"}
	change := func(i int, what string, do func(*stated)) {
		all[i].authors = slices.Clone(all[i].authors)
		do(&all[i])
		want[i] = what
	}
	for i, years := range map[int]int{0: 1, 7: -1, 14: 10, 21: 2, 28: -3} {
		change(i, "year", func(s *stated) { s.year += years })
	}
	change(3, "author", func(s *stated) { s.authors[0] = "Church, A." })
	change(9, "author", func(s *stated) { s.authors[1] = "Lipman, David" })
	change(16, "author", func(s *stated) { s.authors[2] = "Zunger, Alex" })
	change(33, "author", func(s *stated) { s.authors[0] = "Schrödinger, E." })
	change(5, "title", func(s *stated) { s.title = "Long short-term forgetting" })
	change(10, "title", func(s *stated) { s.title = strings.Replace(s.title, "head", "tail", 1) })
	change(23, "title", func(s *stated) { s.title = "Prospect theory: an analysis of decision under pressure" })
	change(40, "title", func(s *stated) { s.title = strings.Replace(s.title, "bacterial", "mammalian", 1) })
	change(51, "title", func(s *stated) { s.title = strings.Replace(s.title, "RNA-seq", "microarray", 1) })
	for i, title := range map[int]string{19: "Dreaming transformers and the hidden geometry of grief", 35: "Quantum attention in migratory pigeons", 58: "A field guide to imaginary compilers"} {
		change(i, "not_found", func(s *stated) {
			*s = stated{fmt.Sprintf("10.1234/imaginary.%d", i), title, "Journal of Invented Results", "7", "101-119", 2016 + i%3, []string{"Fabricant, Norah", "Phantom, Otto"}}
		})
	}
	return want
}

// styles are ways to write a reference.
func referenceStyles() map[string]func(i int, s stated, doi bool) string {
	names := func(s stated, write func(family, given string) string) []string {
		var all []string
		for _, a := range s.authors {
			family, given, person := strings.Cut(a, ", ")
			if !person {
				all = append(all, a)
				continue
			}
			all = append(all, write(family, given))
		}
		return all
	}
	initials := func(given, after string) string {
		var b strings.Builder
		for part := range strings.FieldsSeq(given) {
			b.WriteString(string([]rune(part)[0]) + after)
		}
		return strings.TrimSpace(b.String())
	}
	end := func(s stated, doi bool) string {
		if doi {
			return " https://doi.org/" + s.doi
		}
		return ""
	}
	return map[string]func(int, stated, bool) string{
		"apa": func(_ int, s stated, doi bool) string {
			list := names(s, func(f, g string) string { return f + ", " + initials(g, ". ") })
			return fmt.Sprintf("%s (%d). %s. %s, %s, %s.%s", strings.Join(list, ", & "), s.year, s.title, s.journal, s.volume, strings.ReplaceAll(s.pages, "-", "–"), end(s, doi))
		},
		"vancouver": func(i int, s stated, doi bool) string {
			list := names(s, func(f, g string) string { return f + " " + initials(g, "") })
			return fmt.Sprintf("%d. %s. %s. %s. %d;%s:%s.%s", i+1, strings.Join(list, ", "), s.title, s.journal, s.year, s.volume, s.pages, strings.Replace(end(s, doi), "https://doi.org/", "doi: ", 1))
		},
		"ieee": func(i int, s stated, doi bool) string {
			list := names(s, func(f, g string) string { return initials(g, ". ") + " " + f })
			return fmt.Sprintf("[%d] %s, “%s,” %s, vol. %s, pp. %s, %d.%s", i+1, strings.Join(list, ", "), s.title, s.journal, s.volume, s.pages, s.year, end(s, doi))
		},
		"mla": func(_ int, s stated, doi bool) string {
			list := names(s, func(f, g string) string { return f + ", " + g })
			return fmt.Sprintf("%s. “%s.” %s, vol. %s, %d, pp. %s.%s", strings.Join(list, ", and "), s.title, s.journal, s.volume, s.year, s.pages, end(s, doi))
		},
		"chicago": func(_ int, s stated, doi bool) string {
			list := names(s, func(f, g string) string { return g + " " + f })
			return fmt.Sprintf("%s. %d. “%s.” %s %s: %s.%s", strings.Join(list, ", "), s.year, s.title, s.journal, s.volume, strings.ReplaceAll(s.pages, "-", "–"), end(s, doi))
		},
		"nature": func(i int, s stated, doi bool) string {
			list := names(s, func(f, g string) string { return f + ", " + initials(g, ". ") })
			return fmt.Sprintf("%d.\t%s et al. %s. %s %s, %s (%d).%s", i+1, list[0], s.title, s.journal, s.volume, strings.ReplaceAll(s.pages, "-", "–"), s.year, end(s, doi))
		},
		"harvard": func(_ int, s stated, doi bool) string {
			list := names(s, func(f, g string) string { return f + ", " + initials(g, ".") })
			return fmt.Sprintf("%s (%d) ‘%s’, %s, %s, pp. %s.%s", strings.Join(list, " and "), s.year, s.title, s.journal, s.volume, s.pages, strings.Replace(end(s, doi), " https", " Available at: https", 1))
		},
		"ris": func(i int, s stated, doi bool) string {
			b := "TY  - JOUR\nTI  - " + s.title + "\nAU  - " + strings.Join(s.authors, "\nAU  - ") + fmt.Sprintf("\nT2  - %s\nVL  - %s\nPY  - %d\nSP  - %s\n", s.journal, s.volume, s.year, strings.Replace(s.pages, "-", "\nEP  - ", 1))
			if doi {
				b += "DO  - " + s.doi + "\n"
			}
			return b + "ER  - \n"
		},
		"bibtex": func(i int, s stated, doi bool) string {
			b := fmt.Sprintf("@article{key%d, author={%s}, title={{%s}}, journal={%s}, year={%d}, volume={%s}, pages={%s}", i, strings.Join(names(s, func(f, g string) string { return f + ", " + g }), " and "), s.title, s.journal, s.year, s.volume, strings.ReplaceAll(s.pages, "-", "--"))
			if doi {
				b += ", doi={" + s.doi + "}"
			}
			return b + "}"
		},
	}
}

// TestCheckReferences_Sixty checks sixty references of which twenty are altered,
// in four styles, with and without identifiers: each altered one is found, and
// no other is accused.
func TestCheckReferences_Sixty(t *testing.T) {
	for name, style := range referenceStyles() {
		for _, doi := range []bool{true, false} {
			if testing.Short() && name != "harvard" {
				continue
			}
			t.Run(fmt.Sprint(name, " doi ", doi), func(t *testing.T) {
				all := sixty(t)
				registry := resolvetest.New(t, registered(all)...)
				want := alter(all)
				if len(all) != 60 || len(want) != 20 {
					t.Fatalf("%d works, %d altered", len(all), len(want))
				}
				var text strings.Builder
				for i, s := range all {
					text.WriteString(style(i, s, doi) + "\n")
				}
				out := checker(t, fleet{}, registry).check(t, map[string]any{"text": text.String()})
				if len(out.References) != 60 {
					t.Fatalf("%d references: %v", len(out.References), out.Notices)
				}
				if len(out.Quotes) > 0 {
					t.Errorf("titles are taken for quotations: %+v", out.Quotes)
				}
				if name == "nature" { // names the first author alone
					want[9], want[16] = "", ""
				}
				for i, r := range out.References {
					if problem := problemOf(r, want[i]); problem != "" {
						t.Errorf("%s\n  %s: %+v", r.Reference, problem, r)
					}
				}
				for _, service := range resolve.Names() {
					n := len(registry.Calls(service)) // of two calls of the tool, the second of which uses what was kept
					if most := map[bool]int{true: 10, false: 70}[doi]; n > most {
						t.Errorf("%d calls of %s", n, service)
					}
				}
			})
		}
	}
}

// problemOf says what is wrong with the answer to a reference of which
// something, or nothing, is altered.
func problemOf(r checkedReference, altered string) string {
	fields := map[string]bool{}
	for _, d := range r.Differences {
		fields[d.Field] = true
	}
	switch altered {
	case "":
		if r.Verdict != verdictFound || len(r.Updates) > 0 {
			return "accused"
		}
	case "retraction":
		if r.Verdict != verdictFound || len(r.Updates) == 0 || r.Updates[0].Kind != "retraction" {
			return "the retraction is not told"
		}
	case "not_found":
		if r.Verdict != verdictNotFound || len(r.Differences) > 0 {
			return "found"
		}
	default:
		if r.Verdict != verdictDiffers || !fields[altered] || len(fields) > 1 {
			return "altered " + altered
		}
	}
	return ""
}

// quotable is a library with a work whose text is known.
func quotable() *librarytest.Memory {
	return memory(library.Local, "Home", []librarytest.Work{
		{Item: library.Item{
			Type: "journalArticle", ParsedDate: "1953", Fields: map[string]string{"title": "Molecular structure of nucleic acids", "date": "1953", "DOI": "10.1038/171737a0", "citationKey": "wc53", "publicationTitle": "Nature"},
			Creators:    []library.Creator{{Role: "author", Family: "Watson", Given: "J. D."}, {Role: "author", Family: "Crick", Given: "F."}},
			Attachments: []library.Attachment{{Title: "Text", Filename: "a.txt", ContentType: "text/plain", Text: library.TextStatus{Available: true, Pages: 2, PagesRead: 2}}},
		}, Texts: [][]library.TextPage{{
			{Number: 1, Label: "737", Offset: 0, Text: "We wish to suggest a structure for the salt of deoxyribose nucleic acid.\n"},
			{Number: 2, Label: "738", Offset: 73, Text: "It has not escaped our notice that the specific pairing we have postulated immediately suggests a possible copying mechanism for the genetic material.\n"},
		}}},
		{Item: library.Item{Type: "book", ParsedDate: "1859", Fields: map[string]string{"title": "On the origin of species", "date": "1859", "citationKey": "darwin"}, Creators: []library.Creator{{Role: "author", Family: "Darwin", Given: "Charles"}}}},
	})
}

func TestCheckReferences_TextWithBibliography(t *testing.T) {
	lib := quotable()
	registry := resolvetest.New(t, registered(sixty(t))...)
	text := "As @wc53 wrote, “We wish to suggest a structure for the salt of deoxyribose nucleic acid” [@wc53, p. 737]. " +
		"“It has not escaped our attention that the specific pairing we have postulated suggests a copying mechanism” \\cite{wc53}. " +
		"“Endless forms most beautiful and most wonderful have been evolved” [@darwin]. See also @missing and @shannon48."
	bibliography := "@article{wc53, author={Watson, J. D. and Crick, F. H. C.}, title={Molecular structure of nucleic acids}, journal={Nature}, year=1953, doi={10.1038/171737a0}}\n" +
		"@article{shannon48, author={Shannon, C.}, title={A mathematical theory of communication}, year=1948}\n" +
		"@article{shannon1948, author={Shannon, Claude E.}, title={A Mathematical Theory of Communication}, year=1948}\n@book{never, author={Nemo, A.}, title={Never cited at all}, year=2001}"
	out := checker(t, fleet{lib}, registry).check(t, map[string]any{"text": text, "bibliography": bibliography})
	if diff := cmp.Diff(&checkedCitations{Unresolved: []string{"@missing"}, Uncited: []string{"shannon1948", "never"}, Doubled: []string{"shannon48 = shannon1948"}}, out.Citations); diff != "" {
		t.Error(diff)
	}
	verdicts := map[string]string{}
	for _, r := range out.References {
		verdicts[r.Label] = r.Verdict + " " + r.ID
	}
	keys := lib.Keys()
	if diff := cmp.Diff(map[string]string{"wc53": "found local/" + keys[0], "shannon48": "found ", "shannon1948": "found ", "never": "not_found ", "darwin": "not_found local/" + keys[1]}, verdicts); diff != "" {
		t.Error(diff)
	}
	if len(out.Quotes) != 3 || out.Total != 8 || out.Returned != 8 {
		t.Fatalf("%d quotations, %d of %d: %+v", len(out.Quotes), out.Returned, out.Total, out.Quotes)
	}
	if q := out.Quotes[0]; q.Verdict != quoteExact || q.Page != "737" || q.ID != "local/"+keys[0] {
		t.Errorf("%+v", q)
	}
	q := out.Quotes[1]
	if q.Verdict != quoteNearly || q.Page != "738" || !strings.HasPrefix(q.Nearest, "It has not escaped our notice") {
		t.Errorf("%+v", q)
	}
	if diff := cmp.Diff([]checkedField{{"words", "attention", "notice"}, {"words", "", "immediately"}, {"words", "", "possible"}}, q.Changes); diff != "" {
		t.Error(diff)
	}
	if q := out.Quotes[2]; q.Verdict != verdictNotChecked || !strings.Contains(q.Reason, "text can't be read") {
		t.Errorf("%+v", q)
	}
}

func TestCheckReferences_CitationsByNumber(t *testing.T) {
	out := checker(t, fleet{}, resolvetest.New(t)).check(t, map[string]any{"text": "As was shown [1, 2], and later [5].\n\nReferences\n[1] Doe, J. A first title of words. 1999.\n[2] Roe, R. A second title of words. 2000.\n[3] Poe, P. A third title of words. 2001."})
	if diff := cmp.Diff(&checkedCitations{Unresolved: []string{"[5]"}, Uncited: []string{"3"}}, out.Citations); diff != "" {
		t.Error(diff)
	}
}

// TestCheckReferences_TellsUncitedOfTextsWithKeys gives a bibliography with a text that
// has no citation keys, and with one that cites another work.
func TestCheckReferences_TellsUncitedOfTextsWithKeys(t *testing.T) {
	const entry = "@book{doe, author={Doe, J.}, title={A first title of words}, year={1999}}"
	c := checker(t, fleet{}, resolvetest.New(t))
	if out := c.check(t, map[string]any{"text": "He wrote a book.", "bibliography": entry}); out.Citations != nil {
		t.Errorf("no citations: %+v", out.Citations)
	}
	want := &checkedCitations{Unresolved: []string{"@roe"}, Uncited: []string{"doe"}}
	if diff := cmp.Diff(want, c.check(t, map[string]any{"text": "She wrote another [@roe].", "bibliography": entry}).Citations); diff != "" {
		t.Error(diff)
	}
}

func TestCheckReferences_QuoteOfAnotherWork(t *testing.T) {
	lib := quotable()
	keys := lib.Keys()
	out := checker(t, fleet{lib}, resolvetest.New(t)).check(t, map[string]any{"text": `Darwin wrote "the specific pairing we have postulated immediately suggests a possible copying mechanism" (Darwin, 1859). And "a passage that stands in no work of this library at all, surely" too.`, "ids": []string{"@darwin"}})
	if q := out.Quotes[0]; q.Verdict != quoteExact || q.ID != "local/"+keys[0] || !strings.Contains(q.Reason, "another work than the one cited, local/"+keys[1]) {
		t.Errorf("%+v", q)
	}
	if q := out.Quotes[1]; q.Verdict != verdictNotFound || q.ID != "" {
		t.Errorf("%+v", q)
	}
}

// TestCheckReferences_Faults lets each registry fail in each way: what could not
// be asked is named, and nothing is called not found.
func TestCheckReferences_Faults(t *testing.T) {
	all := sixty(t)[:3]
	var text strings.Builder
	for i, s := range all {
		text.WriteString(referenceStyles()["apa"](i, s, i != 2) + "\n")
	}
	for _, fault := range []resolvetest.Fault{resolvetest.NotFound, resolvetest.RateLimited, resolvetest.Broken, resolvetest.Cut, resolvetest.Page, resolvetest.Wrong, resolvetest.Empty} {
		registry := resolvetest.New(t, registered(all)...)
		registry.Fail("crossref", fault)
		registry.Fail("datacite", fault)
		r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: registry.URL})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		arguments, _ := json.Marshal(map[string]any{"text": text.String()})
		raw, err := catalogOf(t, fleet{quotable()}, Options{Registries: r}).Call(ctx, "check_references", arguments)
		cancel()
		var out checkOutput
		if err != nil || json.Unmarshal(raw, &out) != nil {
			t.Fatalf("%s: %v", fault, err)
		}
		for i, line := range out.References {
			if want := verdictNotChecked; line.Verdict != want && !(fault == resolvetest.Wrong && i == 2) {
				t.Errorf("%s: %+v", fault, line)
			}
		}
		if out.References[0].ID == "" {
			t.Errorf("%s: the work is not found in the library", fault)
		}
		if asked := strings.Join(out.Asked, "\n"); !strings.Contains(asked, "Crossref: 0 identifiers answered, 2 not: ") {
			t.Errorf("%s: %s", fault, asked)
		}
		if strings.Contains(string(raw), "not retracted") {
			t.Errorf("%s: %s", fault, raw)
		}
	}
}

func TestCheckReferences_WithoutRegistries(t *testing.T) {
	var out checkOutput
	connect(t, fleet{quotable()}).ask(t, "check_references", `{"text":"Watson JD, Crick F. Molecular structure of nucleic acids. Nature 1954;171:737\n\n10.1234/none"}`, &out)
	if len(out.References) != 2 || out.References[1].Verdict != verdictNotChecked || !strings.Contains(strings.Join(out.Notices, " "), "STACKROOM_RESOLVERS") || len(out.Asked) != 0 {
		t.Errorf("%+v", out)
	}
	want := []checkedField{{"year", "1954", "1953"}}
	if r := out.References[0]; r.Verdict != verdictNotChecked || r.Source != "the library" || !cmp.Equal(want, r.Differences) {
		t.Errorf("%+v", r)
	}
}

func TestCheckReferences_Identifiers(t *testing.T) {
	registry := resolvetest.New(t,
		resolvetest.Work{DOI: "10.1000/one", Title: "A work of one kind", Authors: []string{"Doe, Jane"}, Year: 2001, Journal: "Journal", Volume: "1", Pages: "1-2"},
		resolvetest.Work{DOI: "10.1430/x", Agency: "mEDRA"}, resolvetest.Work{ArXiv: "1706.03762", Title: "Attention Is All You Need", Authors: []string{"Vaswani, Ashish"}, Year: 2017},
		resolvetest.Work{ISBN: "9780306406157", Title: "Whole book of things", Authors: []string{"Doe, Jane"}, Year: 1998}, resolvetest.Work{DOI: "10.5281/z", Agency: "DataCite", Title: "Some data", Authors: []string{"Roe, R."}, Year: 2020})
	c := checker(t, fleet{}, registry)
	for text, want := range map[string]string{
		"10.1000/one": "found Crossref", "doi:10.1430/x": "not_checked ", "10.1000/two": "not_found ", "arXiv:1706.03762": "found arXiv", "10.5281/z": "found DataCite",
		"Doe, J. (1998). Whole book of things. Press. ISBN 978-0-306-40615-7":                                                      "found Open Library",
		"Doe, J. (1999). Whole book of things. Press. ISBN 978-0-306-40615-7":                                                      "differs Open Library year",
		"Doe, J. (1998). Whole book of things. Press. ISBN 978-0-306-40615-8":                                                      "differs  isbn",
		"Roe, R. (1999). Something else entirely of another kind. Other, 3, 4-5. https://doi.org/10.1000/one":                      "other_work Crossref title author year volume pages",
		"@incollection{a, author={Poe, P.}, title={A chapter}, booktitle={Whole book of things}, year=1998, isbn={9780306406157}}": "found Open Library",
		"@misc{b, author={Poe, P.}, title={A page of a person}, year=2020, url={https://example.org}, howpublished={web}}":         "not_found ",
	} {
		out := c.check(t, map[string]any{"text": text})
		if len(out.References) != 1 {
			t.Errorf("%s: %+v", text, out.References)
			continue
		}
		r := out.References[0]
		got := r.Verdict + " " + r.Source
		for _, d := range r.Differences {
			if !strings.HasSuffix(got, d.Field) {
				got += " " + d.Field
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s: %+v", text, got, want, r)
		}
	}
}
