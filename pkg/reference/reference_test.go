package reference

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// helix is a work as a registry knows it.
func helix() Known {
	return Known{
		Item: &library.Item{Type: "journalArticle", Fields: map[string]string{
			"title": "Molecular Structure of Nucleic Acids: A Structure for Deoxyribose Nucleic Acid", "publicationTitle": "Nature", "volume": "171", "issue": "4356", "pages": "737-738", "date": "1953-04",
		}, Creators: []library.Creator{{Role: "author", Family: "WATSON", Given: "J. D."}, {Role: "author", Family: "CRICK", Given: "F. H. C."}}},
		Years: []int{1953}, Journals: []string{"Nature"},
	}
}

// maize is another one, with an abbreviated journal and accents.
func maize() Known {
	return Known{
		Item: &library.Item{Type: "journalArticle", Fields: map[string]string{
			"title": "Colour and behaviour of TGF-β in maize", "publicationTitle": "Proceedings of the National Academy of Sciences", "volume": "112", "pages": "e1234", "date": "2015",
		}, Creators: []library.Creator{{Role: "author", Family: "van der Müller", Given: "Ana María"}, {Role: "author", Family: "García Márquez", Given: "José"}, {Role: "author", Family: "Smith", Given: "Robert"}}},
		Years: []int{2014, 2015}, Journals: []string{"Proc. Natl. Acad. Sci. U.S.A."},
	}
}

func fieldsOf(ds []Difference) string {
	var names []string
	for _, d := range ds {
		if !slices.Contains(names, string(d.Field)) {
			names = append(names, string(d.Field))
		}
	}
	return strings.Join(names, " ")
}

func item(fields string, creators ...string) *library.Item {
	it := &library.Item{Type: "journalArticle", Fields: map[string]string{}}
	for pair := range strings.SplitSeq(fields, "|") {
		name, value, _ := strings.Cut(pair, "=")
		it.Fields[name] = value
	}
	for _, c := range creators {
		family, given, _ := strings.Cut(c, ", ")
		it.Creators = append(it.Creators, library.Creator{Role: "author", Family: family, Given: given})
	}
	return it
}

func TestCompare_TextsOfStyles(t *testing.T) {
	for text, want := range map[string]string{
		"Watson, J. D., & Crick, F. H. C. (1953). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Nature, 171(4356), 737–738. https://doi.org/10.1038/171737a0": "",
		"[1] J. D. Watson and F. H. C. Crick, “Molecular structure of nucleic acids,” Nature, vol. 171, no. 4356, pp. 737–738, Apr. 1953.":                                                      "",
		"Watson JD, Crick FHC. Nature 1953;171:737": "",
		"Watson JD, Crick FH. Molecular structure of nucleic acids; a structure for deoxyribose nucleic acid. Nature. 1953 Apr 25;171(4356):737-8.":                         "",
		"Watson, James D., and Francis H. C. Crick. “Molecular Structure of Nucleic Acids: A Structure for Deoxyribose Nucleic Acid.” Nature 171, no. 4356 (1953): 737–38.": "",
		"WATSON, J. D.; CRICK, F. H. C. Molecular structure of nucleic acids. Nature, v. 171, p. 737, 1953.":                                                                "",
		"Watson, J. D., & Crick, F. H. C. (1954). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Nature, 171(4356), 737–738.":              "year",
		"Watson, J. D., & Crick, F. H. C. (1953). Molecular structure of amino acids: A structure for deoxyribose nucleic acid. Nature, 171(4356), 737–738.":                "title",
		"Wilkins, J. D., & Crick, F. H. C. (1953). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Nature, 171(4356), 737–738.":             "author",
		"Watson, J. D., & Franklin, R. C. (1953). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Nature, 171(4356), 737–738.":              "author",
		"Watson, J. D., & Crick, F. H. C. (1953). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Science, 171(4356), 737–738.":             "journal",
		"Watson, J. D., & Crick, F. H. C. (1953). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Nature, 172(4356), 737–738.":              "volume",
		"Watson, J. D., & Crick, F. H. C. (1953). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Nature, 171(4356), 773–774.":              "pages",
		"Watson JD, Crick FHC. Nature 1955;171:737":                                                         "year",
		"Franklin RE, Gosling RG. Molecular configuration in sodium thymonucleate. Nature 1953;171:740-741": "title author pages",
	} {
		r := FromText("", text)
		if got := fieldsOf(Compare(&r, helix())); got != want {
			t.Errorf("%s\n  differs in %q, want %q: %+v", text, got, want, Compare(&r, helix()))
		}
	}
}

func TestCompare_Fields(t *testing.T) {
	right := "title=Color and behavior of TGF-beta in maize|publicationTitle=PNAS|volume=112|date=2014"
	for _, tt := range []struct {
		fields   string
		creators []string
		want     string
	}{
		{right, []string{"Mueller, A. M.", "García, J", "Smith, R."}, ""},
		{right, []string{"Müller, Ana María van der", "others"}, ""},
		{"title=Colour and behaviour of TGF-β in maize: a review|publicationTitle=Proc Natl Acad Sci U S A|pages=1-10", nil, ""},
		{"title=Colour and behaviour of TGF-β in rice", nil, "title"},
		{"title=Colour and behaviour of TGF-α in maize", nil, "title"},
		{right, []string{"Muller, Ana", "Jones, R."}, "author"},
		{right, []string{"Muller, Ana", "Smith, K."}, "author"},
		{right, []string{"Smith, Robert", "Muller, Ana"}, "author"},
		{"date=2016", nil, "year"},
		{"date=March 2015", nil, ""},
		{"publicationTitle=Proceedings of the Royal Society", nil, "journal"},
		{"volume=Vol. CXII", nil, ""},
		{"volume=113", nil, "volume"},
		{"pages=e1235", nil, "pages"},
		{"pages=E1234", nil, ""},
	} {
		r := FromItem(item(tt.fields, tt.creators...))
		if got := fieldsOf(Compare(&r, maize())); got != tt.want {
			t.Errorf("%s %v: differs in %q, want %q: %+v", tt.fields, tt.creators, got, tt.want, Compare(&r, maize()))
		}
	}
}

func TestCompare_OtherScripts(t *testing.T) {
	known := Known{Item: item("title=深度学习在医学中的应用|date=2019|publicationTitle=中国科学|volume=49|pages=123-130", "张, 伟明", "李, 四")}
	roman := Known{Item: item("title=Applications of deep learning in medicine|date=2019|publicationTitle=Scientia Sinica|volume=49|pages=123-130", "Zhang, Weiming")}
	for text, want := range map[string]string{
		"[1] 张伟明, 李四. 深度学习在医学中的应用[J]. 中国科学, 2019, 49(3): 123-130.": "",
		"[1] 张伟明, 李四. 深度学习在医学中的应用[J]. 中国科学, 2018, 49(3): 123-130.": "year",
		"[1] 王五. 深度学习在医学中的应用[J]. 中国科学, 2019, 49(3): 123-130.":      "author",
		"[1] 张伟明, 李四. 深度学习在农业中的应用[J]. 中国科学, 2019, 49(3): 123-130.": "title",
	} {
		r := FromText("", text)
		if got := fieldsOf(Compare(&r, known)); got != want {
			t.Errorf("%s: differs in %q, want %q: %+v", text, got, want, Compare(&r, known))
		}
		if got := fieldsOf(Compare(&r, roman)); want != "year" && got != "" {
			t.Errorf("%s: differs from a record in another script in %q: %+v", text, got, Compare(&r, roman))
		}
	}
	for creator, want := range map[string]string{"张, 伟明": "", "张伟明, ": "", "王, 五": "author", "Zhang, Weiming": ""} {
		r := FromItem(item("title=深度学习在医学中的应用", creator))
		if got := fieldsOf(Compare(&r, known)); got != want {
			t.Errorf("%s: %q", creator, got)
		}
	}
}

func TestParse_Numbers(t *testing.T) {
	got := Parse("As shown [1, 3–5] and [7]; `[9]`.\n\nReferences\n[1] A. 1999.\n[2] B. 2000.")
	if diff := cmp.Diff([]string{"1", "3", "4", "5", "7"}, got.Numbers); diff != "" || len(got.References) != 2 {
		t.Error(diff, got.References)
	}
}

func BenchmarkCompare(b *testing.B) {
	r := FromText("", "Watson, J. D., & Crick, F. H. C. (1953). Molecular structure of nucleic acids: A structure for deoxyribose nucleic acid. Nature, 171(4356), 737–738. https://doi.org/10.1038/171737a0")
	for b.Loop() {
		Compare(&r, helix())
	}
}

func BenchmarkParse(b *testing.B) {
	text := strings.Repeat("Watson JD, Crick FHC. Molecular structure of nucleic acids. Nature 1953;171:737. doi:10.1038/171737a0\n", 100)
	for b.Loop() {
		Parse(text)
	}
}

func TestSameJournal(t *testing.T) {
	for pair, want := range map[string]bool{
		"J. Biol. Chem.|Journal of Biological Chemistry": true, "Nature|Nature Genetics": false, "The Lancet|Lancet (London, England)": true,
		"N Engl J Med|New England Journal of Medicine": true, "JAMA|Journal of the American Medical Association": true, "Phys. Rev. A|Physical Review B": false,
		"Cell|Cell Reports": false, "Annals of Botany|Annals of Physics": false, "Angew Chem Int Ed|Angewandte Chemie International Edition": true,
		"Science|Sci": true, "Zeitschrift für Physik|Z. Phys.": true, "Proteins|Proteins: Structure, Function, and Bioinformatics": false,
	} {
		a, b, _ := strings.Cut(pair, "|")
		if got := sameJournal(a, b); got != want {
			t.Errorf("%s: %v", pair, got)
		}
	}
}

func TestSamePages(t *testing.T) {
	for pair, want := range map[string]bool{
		"737-8|737-738": true, "737|737-738": true, "pp. 737–738|737--738": true, "737-739|737-738": false, "736-738|737-738": false, "1-10|e0123456": true,
		"e12|e13": false, "s12-s15|S12-S15": true, "0012|12": true, "xi-xx|xi-xx": true, "123456|1-12": true, "12|13": false, "12, 14|12": true,
	} {
		a, b, _ := strings.Cut(pair, "|")
		if got := samePages(a, b); got != want {
			t.Errorf("%s: %v", pair, got)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	for text, want := range map[string]string{
		"see https://doi.org/10.1000/ABC.1, and": "doi:10.1000/abc.1",
		"(doi:10.1016/S0140-6736(97)11096-0).":   "doi:10.1016/s0140-6736(97)11096-0",
		"(https://doi.org/10.1000/1)":            "doi:10.1000/1",
		"arXiv:1706.03762v5 [cs.CL]":             "arxiv:1706.03762",
		"https://arxiv.org/abs/hep-th/9901001":   "arxiv:hep-th/9901001",
		"arXiv:math.GT/0309136v2":                "arxiv:math/0309136",
		"**10.1000/182**.":                       "doi:10.1000/182",
		"doi:10.48550/arXiv.1706.03762":          "doi:10.48550/arxiv.1706.03762",
		"PMID: 13054692; PMCID: PMC1":            "pmid:13054692",
		"https://pubmed.ncbi.nlm.nih.gov/123/":   "pmid:123",
		"ISBN 0-306-40615-2":                     "isbn:9780306406157",
		"ISBN-13: 978-0-306-40615-7":             "isbn:9780306406157",
		"ISBN 978-0-306-40615-8":                 "invalid 978-0-306-40615-8",
		`10.1000/a\_b`:                           "doi:10.1000/a_b",
		"version 10.2 of 1953":                   "",
		"10.1000/1 10.1000/1 PMID 5 10.1000/2":   "doi:10.1000/1 doi:10.1000/2 pmid:5",
	} {
		ids, invalid := Identifiers(text)
		var got []string
		for _, id := range ids {
			got = append(got, id.String())
		}
		for _, s := range invalid {
			got = append(got, "invalid "+s)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", text, s, want)
		}
	}
}

func TestParse_Lists(t *testing.T) {
	const a, b = "Watson JD, Crick FHC. Nature 1953;171:737", "Franklin RE, Gosling RG. Molecular configuration. Nature 1953;171:740"
	long := "Müller, A. (2001). A title that goes on\n    and on. Journal of Lines, 3, 5–9.\nWorld Health Organization. (2019). Report.\nde Vries, H. (1901). Die Mutationstheorie."
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"lines":      {a + "\n" + b, []string{"|" + a, "|" + b}},
		"one":        {a, []string{"|" + a}},
		"numbered":   {"[1] " + a + "\n[2] Franklin RE, Gosling RG. Molecular\nconfiguration. Nature 1953;171:740", []string{"1|" + a, "2|" + b}},
		"heading":    {"Some text in 1999.\n\n## References\n\n1. " + a + "\n2. " + b + "\n", []string{"1|" + a, "2|" + b}},
		"paragraphs": {"REFERENCES\n\n" + a + "\n\nA book without year or author\n", []string{"|" + a, "|A book without year or author"}},
		"hanging":    {"References\n" + long, []string{"|Müller, A. (2001). A title that goes on and on. Journal of Lines, 3, 5–9.", "|World Health Organization. (2019). Report.", "|de Vries, H. (1901). Die Mutationstheorie."}},
		"prose":      {"In 1953 Watson and Crick found it (see doi:10.1038/171737a0), and Franklin, too.", []string{"|doi:10.1038/171737a0"}},
		"no prose":   {"Watson, who in 1953 had moved to Cambridge, met Crick there.\nThey talked.", nil},
		"bibitem":    {"\\begin{thebibliography}{9}\n\\bibitem{wc} " + a + "\n\\bibitem{fg} " + b + "\n\\end{thebibliography}", []string{"wc|" + a, "fg|" + b}},
		"DOIs":       {"10.1000/1\nhttps://doi.org/10.1000/2\n", []string{"|10.1000/1", "|https://doi.org/10.1000/2"}},
	} {
		var got []string
		for _, r := range Parse(tt.text).References {
			got = append(got, r.Label+"|"+r.Text)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParse_KeysAndQuotes(t *testing.T) {
	got := Parse("As @doe99 [p. 3] says, \"it is not the strongest of the species that survives\". See [see @roe01, 5; -@{a b}] and \\citep[p.~3]{poe02,\nzoe03}.\n" +
		"write to a@b.c; `@code`; “We wish to suggest a structure for the salt” (Watson & Crick, 1953, p. 737). «De nobis ipsis silemus, de re autem» [4, 5].\n\n> A block of words that another author wrote\n> in two lines [@moe04].\n")
	if diff := cmp.Diff([]string{"doe99", "roe01", "a b", "poe02", "zoe03", "moe04"}, got.Keys); diff != "" {
		t.Error(diff)
	}
	want := []Quote{
		{Text: "it is not the strongest of the species that survives", Keys: []string{"doe99"}},
		{Text: "We wish to suggest a structure for the salt", Names: []string{"Watson & Crick, 1953, p. 737"}},
		{Text: "De nobis ipsis silemus, de re autem", Keys: []string{"4", "5"}},
		{Text: "A block of words that another author wrote in two lines", Keys: []string{"moe04"}},
	}
	if diff := cmp.Diff(want, got.Quotes); diff != "" {
		t.Error(diff)
	}
}

func TestBest(t *testing.T) {
	notes := Known{Item: item("title=Notes|date=1953|publicationTitle=Nature|volume=171|pages=12", "Watson, J.")}
	for text, want := range map[string]int{
		"Watson JD, Crick FHC. Nature 1953;171:737":                                                                       1,
		"Watson JD, Crick FHC. Molecular structure of nucleic acids. Nature 1955":                                         1,
		"Wilkins J. Molecular structure of nucleic acids. Nature 1953;171:737-738":                                        1,
		"Watson JD, Crick FHC. Molecular structure of amino acids: a structure for deoxyribose nucleic acid. Nature 1953": 1,
		"Watson JD. A brief history of everything that ever was. Nature 1953;12:1":                                        -1,
		"Wilkins J. Molecular structure of nucleic acids. Journal of Reviews 1999;12:1":                                   -1,
		"Watson J. Notes. Science 1953;3:4":                                                                               -1,
		"Smith K. Colour and behaviour of mice in boxes. Journal of Mice 2015;112:3":                                      -1,
		"van der Müller AM, Smith R. Colour and behaviour of TGF-β in maize. Proc Natl Acad Sci 2015;112:e1234.":          2,
		// Nine of eleven words, with the author but not the year, are too few.
		"Watson JD, Crick FHC. Molecular structure of nucleic acids: a structure for ribose protein acid. Nature 1990": -1,
		// Six of ten words are too few, with author and year.
		"Watson JD. Molecular structure of proteins and of some other acid in cells. Journal 1953;1:1": -1,
	} {
		r := FromText("", text)
		if got := Best(&r, []Known{notes, helix(), maize()}); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	const text = "We wish to suggest a structure for the salt of deoxyribose nucleic acid (D.N.A.). This structure has novel fea-\ntures which are of considerable biological interest."
	for passage, want := range map[string]struct {
		exact bool
		found string
	}{
		"wish to suggest a structure for the salt":               {true, "wish to suggest a structure for the salt"},
		"“This structure has novel features”":                    {true, "This structure has novel fea-\ntures"},
		"We wish to suggest … considerable biological interest":  {true, "We wish to suggest a structure for the salt of deoxyribose nucleic acid (D.N.A.). This structure has novel fea-\ntures which are of considerable biological interest"},
		"We wish to suggest a [molecular] structure":             {true, "We wish to suggest a structure"},
		"which are of great biological interest":                 {false, "which are of considerable biological interest"},
		"biological interest ... We wish to suggest a structure": {false, "We wish to suggest a structure"},
		"nothing that is there at all in any way, zebra quagga":  {false, "a"},
	} {
		got := Find(passage, text)
		if s := text[got.From:got.To]; got.Exact != want.exact || want.found != "a" && s != want.found {
			t.Errorf("%s: %v %q", passage, got, s)
		}
		if want.found == "a" && got.Share > 0.5 {
			t.Errorf("%s: %v", passage, got)
		}
	}
}

func TestChanges(t *testing.T) {
	got := Changes("which are of great biological interest", "which are of considerable and biological interest now")
	if diff := cmp.Diff([]Change{{"great", "considerable"}, {"", "now"}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestIdentifiers_ReadsSICIs(t *testing.T) {
	for text, want := range map[string]string{
		"Manabe, doi:10.1175/1520-0469(1967)024<0241:TEOTAW>2.0.CO;2.": "[doi:10.1175/1520-0469(1967)024<0241:teotaw>2.0.co;2]",
		"<https://doi.org/10.1000/abc>, <b>10.1000/x</b>":              "[doi:10.1000/abc doi:10.1000/x]",
	} {
		if ids, _ := Identifiers(text); fmt.Sprint(ids) != want {
			t.Errorf("%q: %v, want %s", text, ids, want)
		}
	}
}

func TestParse_SkipsCodeAndComments(t *testing.T) {
	for text, want := range map[string]string{
		"In 60 % of works [@a] and 5% [@b].\n\nThen [@c].":              "a b c",
		"![A curve](c.png){width=60%}\n\nAs @a says.":                   "a",
		"`[@a]` and [@b]\n```\n[@c]\n```\n[@d]":                         "b d",
		"See \\cite{a}. % \\cite{b}\nAnd \\cite{c}, 5\\% of \\cite{d}.": "a c d",
		"% \\cite{a}\nSee \\cite{b}.":                                   "b",
		"\\section{One}\n% [@a]\n[@b]":                                  "b",
	} {
		if got := strings.Join(Parse(text).Keys, " "); got != want {
			t.Errorf("%q cites %q, want %q", text, got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	same := func(a, b Reference) bool {
		return slices.ContainsFunc(a.Keys(), func(key string) bool { return slices.Contains(b.Keys(), key) })
	}
	a, b := FromText("", "A. https://doi.org/10.1000/1"), FromItem(item("DOI=10.1000/1|title=A"))
	c, d := FromItem(item("title=One two three four|date=1999", "Doe, J.")), FromItem(item("title=One Two Three Four!|date=1999", "Doe, Jane"))
	e := FromItem(item("title=One two three four|date=2001", "Doe, J."))
	f, g := FromText("1", "Doe J. One, two. 1999"), FromText("2", "Doe, J. One two (1999)")
	h, i := FromItem(item("title=A|ISBN=9780306406157")), FromItem(item("title=B|ISBN=9780306406157"))
	if !same(a, b) || !same(c, d) || !same(f, g) || same(a, c) || same(c, e) || same(h, i) {
		t.Error(same(a, b), same(c, d), same(f, g), same(a, c), same(c, e), same(h, i))
	}
}

func TestBibliography(t *testing.T) {
	list, _, ok, err := Bibliography(t.Context(), "@article{wc53, author={Watson, J. D. and Crick, F.}, title={Structure}, journal={Nature}, year=1953, doi={10.1038/171737A0}}")
	if err != nil || !ok || len(list) != 1 || list[0].Label != "wc53" || list[0].IDs[0].Value != "10.1038/171737a0" {
		t.Errorf("%+v %v %v", list, ok, err)
	}
	if _, _, ok, _ := Bibliography(t.Context(), "Watson JD. Nature 1953"); ok {
		t.Error("free text is read as a bibliography")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"References\n[1] A, 1999. 10.1000/1", "“a b c d e f g h” [@k]; ISBN 0306406152", "> quoted words of a block\n", "\\bibitem{", "Doe J. 1999;1:2-3\n x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Parse(s)
		for i := range got.References {
			r := &got.References[i]
			Compare(r, helix())
			Best(r, []Known{helix(), maize()})
			r.Cites(s)
			if len([]rune(r.Query())) > maxQuery {
				t.Errorf("a query of %d characters", len(r.Query()))
			}
		}
		for _, q := range got.Quotes {
			if found := Find(q.Text, s); found.Share == 0 {
				t.Errorf("%q is not found in its own text", q.Text)
			}
		}
	})
}
