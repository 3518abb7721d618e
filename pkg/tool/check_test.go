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
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/resolve"
	"github.com/stackroom-mcp/stackroom/pkg/resolve/resolvetest"
)

// checker returns a client whose registries are a stand-in.
func checker(t *testing.T, libs Libraries, registry *resolvetest.Registry) *client {
	t.Helper()
	r, err := resolve.New(resolve.Options{Names: resolve.Names(), BaseURL: registry.URL, OpenAlexKey: "key"})
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

var _ = []any{context.Background, time.Now, cmp.Diff, mcp.NewServer, library.Local, librarytest.Works}
