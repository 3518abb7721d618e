package duplicate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stackroom-mcp/stackroom/pkg/duplicate"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// item returns a work from "type | creators | year | title | field=value | …". Creators
// are "Family, Given" or a name in one field, with semicolons between.
func item(key, s string) *library.Item {
	parts := strings.Split(s, "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	it := &library.Item{ID: library.ItemID{Library: library.Local, Key: key}, Type: parts[0], ParsedDate: parts[2], Fields: map[string]string{"title": parts[3]}}
	for name := range strings.SplitSeq(parts[1], "; ") {
		family, given, ok := strings.Cut(name, ", ")
		switch {
		case name == "":
		case ok:
			it.Creators = append(it.Creators, library.Creator{Role: "author", Family: family, Given: given})
		default:
			it.Creators = append(it.Creators, library.Creator{Role: "author", Name: name})
		}
	}
	for _, field := range parts[4:] {
		name, value, _ := strings.Cut(field, "=")
		it.Fields[name] = value
	}
	return it
}

// found returns the groups of works: "A+B doi, C+D title".
func found(works ...string) string {
	f := duplicate.NewFinder()
	for i, w := range works {
		f.Add(item(string(rune('A'+i)), w))
	}
	var groups []string
	for _, g := range f.Groups() {
		var keys []string
		for _, id := range g.Works {
			keys = append(keys, id.Key)
		}
		groups = append(groups, strings.Join(keys, "+")+" "+string(g.By))
	}
	return strings.Join(groups, ", ")
}

const article = "journalArticle | Lovelace, Ada; Babbage, Charles | 1843 | Sketch of the Analytical Engine"

func TestGroups_ByIdentifier(t *testing.T) {
	for promise, c := range map[string]struct{ a, b, want string }{
		"a DOI":                       {"journalArticle | | 1990 | One | DOI=10.5555/ABC", "journalArticle | | 1990 | One | DOI=https://doi.org/10.5555/abc", "A+B doi"},
		"a DOI alone":                 {"preprint | A, B | 1990 | One | DOI=10.5555/abc", "journalArticle | C, D | 1991 | Two | extra=DOI: 10.5555/abc", "A+B doi"},
		"an ISBN with 10 digits":      {"book | | 1990 | One | ISBN=0-306-40615-2", "book | | 1990 | Two | ISBN=978-0-306-40615-7", "A+B isbn"},
		"one of several ISBNs":        {"book | | 1990 | One | ISBN=0-8044-2957-X 978-0-306-40615-7", "book | | 1990 | One | ISBN=0306406152", "A+B isbn"},
		"an ISBN of a set of volumes": {"book | | 1990 | Works | ISBN=0306406152 | volume=1", "book | | 1990 | Works | ISBN=0306406152 | volume=2", ""},
		"an ISBN of numbered titles":  {"book | | 1990 | Works I | ISBN=0306406152", "book | | 1990 | Works II | ISBN=0306406152", ""},
		"chapters of one book":        {"bookSection | A, B | 1990 | One thing | ISBN=0306406152", "bookSection | A, B | 1990 | Other thing | ISBN=0306406152", ""},
		"a chapter and its book":      {"bookSection | A, B | 1990 | One thing | ISBN=0306406152", "book | A, B | 1990 | Things | ISBN=0306406152", ""},
		"a wrong ISBN":                {"book | | 1990 | One | ISBN=0306406153", "book | | 1990 | Two | ISBN=0306406153", ""},
		"a PMID":                      {"journalArticle | | 1990 | One | extra=PMID: 123", "journalArticle | | 1990 | Two | extra=PMID: 0123", "A+B pmid"},
		"versions of a preprint":      {"preprint | | 2017 | One | archiveID=arXiv:1706.03762", "preprint | | 2018 | Two | url=https://arxiv.org/abs/1706.03762v5", "A+B arxiv"},
		"two identifiers":             {"journalArticle | | 1990 | One | DOI=10.5555/abc | extra=PMID: 1", "journalArticle | | 1990 | One | DOI=10.5555/abc | extra=PMID: 1", "A+B doi"},
		"no identifier":               {"journalArticle | | 1990 | One", "journalArticle | | 1990 | Two", ""},
	} {
		if got := found(c.a, c.b); got != c.want {
			t.Errorf("%s: %q, want %q", promise, got, c.want)
		}
	}
}

func TestGroups_ByTitle(t *testing.T) {
	for promise, c := range map[string]struct {
		other string
		same  bool
	}{
		"equal":                         {article, true},
		"in another letter case":        {"journalArticle | LOVELACE, A. | 1843 | SKETCH OF THE ANALYTICAL ENGINE.", true},
		"with an article":               {"journalArticle | Lovelace, Ada | 1843 | A sketch of the analytical engine", true},
		"with markup":                   {"journalArticle | Lovelace, Ada | 1843 | Sketch of the <i>Analytical</i> Engine", true},
		"with a wrong letter":           {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Analytcial Engine", true},
		"with a letter too many":        {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Analyticall Engine", true},
		"with two wrong letters":        {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Anolitical Engine", false},
		"without its subtitle":          {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Analytical Engine: with notes by the translator", true},
		"in words written apart":        {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Ana-lytical Engine", true},
		"with the name in one field":    {"journalArticle | Ada Lovelace | 1843 | Sketch of the Analytical Engine", true},
		"with a misspelt name":          {"journalArticle | Lovelase, Ada | 1843 | Sketch of the Analytical Engine", true},
		"with other people in front":    {"journalArticle | Menabrea, Luigi; Babbage, C.; Lovelace, A. | 1843 | Sketch of the Analytical Engine", true},
		"without a year":                {"journalArticle | Lovelace, Ada |  | Sketch of the Analytical Engine", true},
		"in the same volume":            {article + " | volume=3 | DOI=10.5555/x", true},
		"of another year":               {"journalArticle | Lovelace, Ada | 1844 | Sketch of the Analytical Engine", false},
		"of another type":               {"bookSection | Lovelace, Ada | 1843 | Sketch of the Analytical Engine", false},
		"by another person":             {"journalArticle | Menabrea, Luigi | 1843 | Sketch of the Analytical Engine", false},
		"by a namesake":                 {"journalArticle | Lovelace, William | 1843 | Sketch of the Analytical Engine", false},
		"without people":                {"journalArticle |  | 1843 | Sketch of the Analytical Engine", true},
		"a review":                      {"journalArticle | Lovelace, Ada | 1843 | Review of Sketch of the Analytical Engine", false},
		"a review in the subtitle":      {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Analytical Engine: a review", false},
		"an erratum":                    {"journalArticle | Lovelace, Ada | 1843 | Erratum: Sketch of the Analytical Engine", false},
		"a second part":                 {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Analytical Engine: Part 2", false},
		"a second part by number alone": {"journalArticle | Lovelace, Ada | 1843 | Sketch of the Analytical Engine II", false},
		"another title":                 {"journalArticle | Lovelace, Ada | 1843 | Notes on the Analytical Engine", false},
	} {
		want := map[bool]string{true: "A+B title"}[c.same]
		if got := found(article, c.other); got != want {
			t.Errorf("%s: %q, want %q", promise, got, want)
		}
		if got := found(c.other, article); got != want {
			t.Errorf("%s, the other way: %q, want %q", promise, got, want)
		}
	}
}

// TestGroups_KeepApart holds pairs of works with equal titles, people and years.
func TestGroups_KeepApart(t *testing.T) {
	for _, c := range [][2]string{
		{" | volume=3", " | volume=4"}, {" | issue=1", " | issue=2"}, {" | edition=2nd", " | edition=3"}, {" | number=7", " | number=8"},
		{" | DOI=10.5555/a", " | DOI=10.5555/b"}, {" | extra=PMID: 1", " | extra=PMID: 2"},
		{" | archiveID=arXiv:1706.03762", " | archiveID=arXiv:1706.03763"},
	} {
		if got := found(article+c[0], article+c[1]); got != "" {
			t.Errorf("%s and %s: %q", c[0], c[1], got)
		}
	}
	for promise, c := range map[string]struct{ a, b, want string }{
		"editions by another spelling":    {article + " | edition=2nd ed.", article + " | edition=2", "A+B title"},
		"introductions to two books":      {"bookSection | A, B | 1990 | Introduction | bookTitle=Rivers", "bookSection | A, B | 1990 | Introduction | bookTitle=Hills", ""},
		"an introduction twice":           {"bookSection | A, B | 1990 | Introduction | bookTitle=Rivers", "bookSection | A, B | 1990 | Introduction | bookTitle=Rivers", "A+B title"},
		"editorials on two pages":         {"journalArticle | A, B | 1990 | Editorial | pages=1-2", "journalArticle | A, B | 1990 | Editorial | pages=101-102", ""},
		"short titles without a year":     {"book | A, B |  | Poems", "book | A, B |  | Poems", ""},
		"short titles without people":     {"webpage |  | 1990 | About us", "webpage |  | 1990 | About us", ""},
		"short words with a wrong one":    {"book | A, B | 1990 | On bees and other things", "book | A, B | 1990 | On peas and other things", ""},
		"four letters with a wrong one":   {"book | A, B | 1990 | On bees and other things", "book | A, B | 1990 | On bets and other things", ""},
		"three wrong words":               {"book | A, B | 1990 | Common garden insects abroad", "book | A, B | 1990 | Comon gardn insects abrod", ""},
		"three words without people":      {"book | | 1990 | Birds of England", "book | | 1990 | Birds of England", ""},
		"no titles":                       {"book | A, B | 1990 | ", "book | A, B | 1990 | ", ""},
		"long titles without year":        {"book | A, B |  | The birds of the western counties", "book | A, B |  | Birds of the Western Counties", "A+B title"},
		"near titles without year":        {"book | A, B |  | The birds of the western counties", "book | A, B |  | Birds of the Westarn Counties", ""},
		"a title of one Chinese phrase":   {"book | 张, 伟 | 1990 | 深度神经网络综述", "book | 张, 伟 | 1990 | 深度神经网络展述", ""},
		"institutions as authors":         {"report | World Health Organization | 1990 | Report on the state of things", "report | World Health Organization | 1990 | Report on the State of Things", "A+B title"},
		"half of the people in common":    {"book | A, B; Ceder, D | 1990 | The birds of the counties", "book | X, Y; Ceder, D | 1990 | The birds of the counties", "A+B title"},
		"a third of the people in common": {"book | A, B; Ceder, D; E, F | 1990 | The birds of the counties", "book | X, Y; Ceder, D; Z, Z | 1990 | The birds of the counties", ""},
	} {
		if got := found(c.a, c.b); got != c.want {
			t.Errorf("%s: %q, want %q", promise, got, c.want)
		}
	}
}

func TestGroups_OfSeveralWorks(t *testing.T) {
	undated := "journalArticle | Lovelace, Ada |  | Sketch of the Analytical Engine"
	preprint := "preprint | Lovelace, Ada | 1842 | Sketch of an Engine | DOI=10.5555/a"
	for promise, c := range map[string]struct {
		works []string
		want  string
	}{
		"three by title":                      {[]string{article, article, article}, "A+B+C title"},
		"by identifier and title":             {[]string{preprint, article + " | DOI=10.5555/a", article}, "A+B+C doi"},
		"two groups in the order of works":    {[]string{"book | A, B | 1990 | The tale of a tub", article, "book | A, B | 1990 | The tale of a tub", article}, "A+C title, B+D title"},
		"one without a year joins one of two": {[]string{article, undated, strings.Replace(article, "1843", "1844", 1)}, "A+B title"},
	} {
		if got := found(c.works...); got != c.want {
			t.Errorf("%s: %q, want %q", promise, got, c.want)
		}
	}
	if got := found(); got != "" {
		t.Errorf("no works: %q", got)
	}
	if got := found(slices.Repeat([]string{article}, 26)...); !strings.HasPrefix(got, "A+B+C") || strings.Contains(got, ",") {
		t.Errorf("26 copies: %q", got)
	}
}

// TestGroups_ManyCopies holds that works of which all are the same take time in
// proportion to their number, and are one group.
func TestGroups_ManyCopies(t *testing.T) {
	f := duplicate.NewFinder()
	const n = 20_000
	for i := range n {
		f.Add(item(fmt.Sprint(i), article))
	}
	start := time.Now()
	groups := f.Groups()
	if len(groups) != 1 || len(groups[0].Works) != n {
		t.Errorf("%d groups", len(groups))
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("%s", took)
	}
}

// BenchmarkGroups finds the duplicates of 40,000 works, a tenth of which are there
// twice.
func BenchmarkGroups(b *testing.B) {
	words := strings.Fields("river mountain copper signal harvest lantern meadow orchard granite compass theory method analysis structure network")
	var works []*library.Item
	for i := range 40_000 {
		n := i
		if i%10 == 9 {
			n = i - 1
		}
		works = append(works, item(fmt.Sprintf("K%07d", i), fmt.Sprintf("journalArticle | Author%d, A | %d | The %s of the %s and the %s %s | DOI=10.5555/%d",
			n%5000, 1950+n%70, words[n%15], words[n/15%15], words[n/225%15], words[n/3375%15], n)))
	}
	for b.Loop() {
		f := duplicate.NewFinder()
		for _, it := range works {
			f.Add(it)
		}
		if got := len(f.Groups()); got < 4000 {
			b.Fatalf("%d groups", got)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/40_000, "ns/work")
}
