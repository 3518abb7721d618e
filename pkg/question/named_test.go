package question_test

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/question"
)

func TestNamed(t *testing.T) {
	tests := []struct {
		text string
		want string // identifiers; "" if the text names nothing
		sure bool
	}{
		{"10.1000/ABC", "doi:10.1000/abc", true},
		{" 10.1000/abc. ", "doi:10.1000/abc", true},
		{"doi:10.1000/abc", "doi:10.1000/abc", true},
		{"DOI: 10.1000/abc", "doi:10.1000/abc", true},
		{"doi 10.1000/abc", "doi:10.1000/abc", true},
		{"https://doi.org/10.1000/abc", "doi:10.1000/abc", true},
		{"https://doi.org/10.1000%2Fabc", "doi:10.1000/abc", true},
		{"http://dx.doi.org/10.1000/abc/?utm_source=x#top", "doi:10.1000/abc", true},
		{"www.doi.org/10.1000/abc", "doi:10.1000/abc", true},
		{"<https://doi.org/10.1000/abc>", "doi:10.1000/abc", true},
		{"10.1016/S0140-6736(97)11096-0", "doi:10.1016/s0140-6736(97)11096-0", true},
		{"10.1175/1520-0469(1967)024<0241:TEOTAW>2.0.CO;2", "doi:10.1175/1520-0469(1967)024<0241:teotaw>2.0.co;2", true}, // a SICI
		{"<10.1000/abc>", "doi:10.1000/abc", true},
		{"(10.1000/abc)", "key:(10.1000/abc)", false},
		{"10.48550/arXiv.2301.00001", "doi:10.48550/arxiv.2301.00001 arxiv:2301.00001", true},
		{"978-0-14-043205-3", "isbn:9780140432053", true},
		{"978 0 14 043205 3", "isbn:9780140432053", true},
		{"ISBN 0-14-043205-1", "isbn:9780140432053", true},
		{"isbn:0140432051", "isbn:9780140432053", true},
		{"ISBN-13: 9780140432053", "isbn:9780140432053", true},
		{"0140432052", "isbn:9780140432053", false}, // the check digit is wrong
		{"ISBN 0140432052", "isbn:9780140432053", true},
		{"9870140432053", "isbn:9870140432051", false},
		{"080442957X", "isbn:9780804429573", true},
		{"2301.00001", "arxiv:2301.00001", true},
		{"arXiv:2301.00001v2", "arxiv:2301.00001", true},
		{"arXiv:2301.00001v2 [cs.LG]", "arxiv:2301.00001", true},
		{"https://arxiv.org/abs/2301.00001", "arxiv:2301.00001", true},
		{"https://arxiv.org/pdf/2301.00001v3.pdf", "arxiv:2301.00001", true},
		{"hep-th/9901001", "arxiv:hep-th/9901001", true},
		{"arXiv:math.GT/0309136v1", "arxiv:math/0309136", true},
		{"2313.00001", "key:2313.00001", false}, // no month 13
		{"pmid:12345", "pmid:12345", true},
		{"PMID 0012345", "pmid:12345", true},
		{"https://pubmed.ncbi.nlm.nih.gov/12345/", "pmid:12345", true},
		{"https://www.ncbi.nlm.nih.gov/pubmed/12345", "pmid:12345", true},
		{"@Darwin1859", "key:darwin1859", true},
		{"Darwin1859", "key:darwin1859", false},
		{"https://www.Example.org/a/b/?utm_source=x&id=3&fbclid=1#c", "url:example.org/a/b?id=3", true},
		{"http://example.org:80", "url:example.org", true},
		{"www.example.org/a", "url:example.org/a", true},
		{"example.org/a", "url:example.org/a", false},
		{"https://example.org/a?b=2&a=1", "url:example.org/a?a=1&b=2", true},
		{"https://example.org/%C3%A9", "url:example.org/é", true},
		{"https://onlinelibrary.wiley.com/doi/10.1111/abc/full?x=y", "url:onlinelibrary.wiley.com/doi/10.1111/abc/full?x=y doi:10.1111/abc/full doi:10.1111/abc", true},
		{"https://www.zotero.org/groups/1/g/items/ABCD2345/library", "url:zotero.org/groups/1/g/items/ABCD2345/library key:abcd2345", true},
		{"Nature 171 737", "Nature|171|737", false},
		{"Nature 171, 737–738", "Nature|171|737", false},
		{"Nature 171(4356): 737-8 (1953)", "Nature|171|737", false},
		{"Nature (1953) 171, 737.", "Nature|171|737", false},
		{"Nature. 1953;171(4356):737-8.", "Nature|171|737", false},
		{"Phys. Rev. 47, 777", "Phys. Rev|47|777", false},
		{"Phys. Rev. Lett. vol. 47, p. L777", "Phys. Rev. Lett|47|l777", false},
		{"Phys Rev 47:777", "Phys Rev|47|777", false},
		{"1984 12 13", "", false},
		{"deep learning", "", false},
		{`"Darwin1859"`, "", false},
		{"doi:10.1000/abc and more", "", false},
		{"", "", false},
		{strings.Repeat("1", 9_000), "", false},
	}
	for _, tc := range tests {
		t.Run(tc.text[:min(len(tc.text), 40)], func(t *testing.T) {
			n, ok := question.Named(tc.text)
			var got []string
			for _, id := range n.IDs {
				got = append(got, id.String())
			}
			if c := n.Citation; c != nil {
				got = append(got, c.Journal+"|"+c.Volume+"|"+c.Page)
			}
			if s := strings.Join(got, " "); s != tc.want || ok != (tc.want != "") || ok && n.Sure != tc.sure {
				t.Errorf("%q, sure %v, want %q, sure %v", s, n.Sure, tc.want, tc.sure)
			}
		})
	}
}

// TestNormalURL_LongAddresses checks that addresses that differ at their end do.
func TestNormalURL_LongAddresses(t *testing.T) {
	long := "https://example.org/" + strings.Repeat("a", 400)
	one, _ := question.NormalURL(long + "1")
	two, _ := question.NormalURL(long + "2")
	if one == two || len(one.Value) > 220 {
		t.Errorf("%q and %q", one.Value, two.Value)
	}
	for _, s := range []string{"", "https://", "a b", "https:///x"} {
		if id, ok := question.NormalURL(s); ok {
			t.Errorf("%q is %v", s, id)
		}
	}
}

func TestAbbreviates(t *testing.T) {
	words := strings.Fields
	for _, tc := range []struct {
		short, name string
		want        bool
	}{
		{"nature", "nature", true},
		{"phys rev", "physical review", true},
		{"phys rev lett", "physical review letters", true},
		{"phys rev", "physical review letters", true},
		{"phys rev lett", "physical review", false},
		{"j am chem soc", "journal of the american chemical society", true},
		{"proc natl acad sci", "proceedings of the national academy of sciences", true},
		{"pnas", "proceedings of the national academy of sciences", true},
		{"pnas", "proceedings of the national academy", false},
		{"prl", "physical review letters", true},
		{"nature", "science", false},
		{"rev phys", "physical review", false},
		{"über", "überblick", true},
		{"", "nature", false},
		{"of", "of nature", false},
		{"p", "physical", true},
	} {
		if got := question.Abbreviates(words(tc.short), words(tc.name)); got != tc.want {
			t.Errorf("%q for %q: %v", tc.short, tc.name, got)
		}
	}
}

func FuzzNamed(f *testing.F) {
	for _, s := range []string{
		"10.1000/a(b)c", "978-0-14-043205-3", "arXiv:math.GT/0309136v1", "https://a.org/?b&c#d", "Nature 171(1):737-8", "@x", "www.a.b/%zz", "pmid:0", "\xff\xfe",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, ok := question.Named(text)
		if ok == (len(n.IDs) == 0 && n.Citation == nil) {
			t.Fatalf("%+v, %v", n, ok)
		}
		for _, id := range n.IDs {
			if id.Value == "" || len(id.Value) > 1_600 {
				t.Errorf("%+v", id)
			}
			if id.Kind == question.URL {
				plain := strings.Trim(id.Value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/&=") == "" && !strings.Contains(id.Value, "//")
				if again, ok := question.NormalURL("https://" + id.Value); ok && len(id.Value) < 200 && plain && again != id {
					t.Errorf("%q becomes %q", id.Value, again.Value)
				}
			}
		}
		if ok && n.Kind() == "" {
			t.Error("no kind")
		}
	})
}
