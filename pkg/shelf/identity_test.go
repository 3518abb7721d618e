package shelf

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// work returns a work of that type with fields "name=value", by one author.
func work(itemType string, author string, fields ...string) Work {
	it := library.Item{Type: itemType, Fields: map[string]string{}}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] == "year" {
			it.ParsedDate = fields[i+1]
			it.Fields["date"] = fields[i+1]
			continue
		}
		it.Fields[fields[i]] = fields[i+1]
	}
	if author != "" {
		it.Creators = []library.Creator{{Role: "author", Family: author}}
	}
	return Work{Item: it, Origin: "refs.bib:1"}
}

func TestTheSameWorkIsRecognised(t *testing.T) {
	const theory = "A Theory of Everything"
	for _, c := range []struct {
		promise string
		a, b    Work
		by      kind // "" if they are two works
	}{
		{"by its DOI, however it is written",
			work("journalArticle", "A", "title", theory, "DOI", "10.1000/ABC.1"),
			work("journalArticle", "A", "title", "A theory of everything.", "DOI", "https://doi.org/10.1000/abc.1", "citationKey", "x"), byDOI},
		{"by a DOI in extra", work("book", "A", "title", theory, "extra", "DOI: 10.1000/1"), work("book", "A", "title", theory, "DOI", "10.1000/1"), byDOI},
		{"by a DOI with the subtitle left out", work("book", "A", "title", theory, "DOI", "10.1/1"), work("book", "A", "title", theory+": A Polemic", "DOI", "10.1/1"), byDOI},
		{"by a DOI with a typing error in the title", work("book", "A", "title", theory, "DOI", "10.1/1"), work("book", "A", "title", "A Theroy of Everythng", "DOI", "10.1/1"), byDOI},
		{"not a review with the DOI of the book", work("book", "A", "title", theory, "DOI", "10.1/1"), work("journalArticle", "B", "title", "Review of "+theory, "DOI", "10.1/1"), ""},
		{"not an erratum with the DOI of the article", work("journalArticle", "A", "title", theory, "DOI", "10.1/1"), work("journalArticle", "A", "title", "Erratum: "+theory, "DOI", "10.1/1"), ""},
		{"not a chapter with the DOI of the book", work("book", "A", "title", theory, "DOI", "10.1/1"), work("bookSection", "B", "title", "Quarks and Leptons", "DOI", "10.1/1"), ""},
		{"by its arXiv ID in any version", work("preprint", "A", "title", theory, "archiveID", "arXiv:1706.03762v1"), work("preprint", "A", "title", theory, "url", "https://arxiv.org/abs/1706.03762v5"), byArXiv},
		{"by an old arXiv ID", work("preprint", "A", "title", theory, "extra", "arXiv: hep-th/9901001"), work("preprint", "A", "title", theory, "archiveID", "arXiv:hep-th/9901001v2"), byArXiv},
		{"by the arXiv ID in its DOI", work("preprint", "A", "title", theory, "DOI", "10.48550/arXiv.1706.03762"), work("preprint", "A", "title", theory, "archiveID", "arXiv:1706.03762"), byArXiv},
		{"by its PMID", work("journalArticle", "A", "title", theory, "PMID", "123"), work("journalArticle", "A", "title", theory, "extra", "PMID: 123"), byPMID},
		{"by its ISBN, with 10 or 13 digits", work("book", "A", "title", theory, "ISBN", "0-306-40615-2"), work("book", "A", "title", theory, "ISBN", "978-0-306-40615-7", "citationKey", "z"), byISBN},
		{"not two chapters of one book", work("bookSection", "A", "title", "Quarks", "ISBN", "9780306406157"), work("bookSection", "B", "title", "Leptons", "ISBN", "9780306406157"), ""},
		{"not a chapter and its book", work("book", "A", "title", theory, "ISBN", "9780306406157"), work("bookSection", "A", "title", theory, "ISBN", "9780306406157"), ""},
		{"not two volumes with one ISBN", work("book", "A", "title", theory, "volume", "1", "ISBN", "9780306406157"), work("book", "A", "title", theory, "volume", "2", "ISBN", "9780306406157"), ""},
		{"not two parts with one ISBN", work("book", "A", "title", theory+" I", "ISBN", "9780306406157"), work("book", "A", "title", theory+" II", "ISBN", "9780306406157"), ""},
		{"not by an ISBN whose check digit is wrong", work("book", "A", "title", theory, "ISBN", "9780306406158"), work("book", "B", "title", theory, "ISBN", "9780306406158"), ""},
		{"by its citation key and title", work("book", "A", "title", theory, "citationKey", "a1"), work("book", "A", "title", "A Theory of Everything!", "publisher", "P", "citationKey", "a1"), byKey},
		{"not by a citation key that another file uses for another work", work("book", "A", "title", theory, "citationKey", "smith2020"), work("book", "A", "title", "Cooking for Two", "citationKey", "smith2020"), ""},
		{"not by a citation key with another DOI", work("book", "A", "title", theory, "citationKey", "a1", "DOI", "10.1/1"), work("book", "A", "title", theory, "citationKey", "a1", "DOI", "10.1/2"), ""},
		{"not by a citation key years apart", work("book", "A", "title", theory, "citationKey", "a", "year", "1990"), work("book", "A", "title", theory, "citationKey", "a", "year", "2010"), ""},
		{"not by a citation key and the beginning of a title on other pages", work("bookSection", "A", "title", theory+" for beginners", "citationKey", "a", "pages", "306-317"), work("bookSection", "A", "title", theory, "citationKey", "a", "pages", "107-114"), ""},
		{"by all that is known of it", work("book", "A", "title", theory, "year", "1990"), work("book", "A", "title", theory, "year", "1990", "abstractNote", "New."), byContent},
		{"not by all that is known under another key", work("book", "A", "title", theory, "year", "1990", "citationKey", "a"), work("book", "A", "title", theory, "year", "1990", "citationKey", "b"), ""},
		{"not by a title alone", work("book", "", "title", "Introduction"), work("book", "", "title", "Introduction", "abstractNote", "x"), ""},
		{"not one of a numbered series", work("report", "A", "title", "Annual Report 2019", "citationKey", "r"), work("report", "A", "title", "Annual Report 2018", "citationKey", "r"), ""},
		{"in Chinese", work("book", "王", "title", "红楼梦", "citationKey", "h"), work("book", "王", "title", "红楼梦", "citationKey", "h", "place", "北京"), byKey},
		{"not in Chinese by a key alone", work("book", "王", "title", "红楼梦", "citationKey", "h"), work("book", "王", "title", "西游记", "citationKey", "h"), ""},
		{"when it says exactly the same", work("document", "", "note", "x"), work("document", "", "note", "x"), byEntry},
	} {
		for range 2 { // in either order
			got := take(t, c.a, c.b)
			want := Report{Read: 2, Added: 2}
			if c.by != "" {
				want = Report{Read: 2, Added: 1, Merged: 1}
			}
			if got.Read != want.Read || got.Added != want.Added || got.Merged != want.Merged {
				t.Errorf("%s: added %d and merged %d, want %d and %d", c.promise, got.Added, got.Merged, want.Added, want.Merged)
			} else if c.by != "" && got.Merges[0].By != string(c.by) {
				t.Errorf("%s: recognised by %s, want %s", c.promise, got.Merges[0].By, c.by)
			}
			c.a, c.b = c.b, c.a
		}
	}
}

// take takes works into an empty catalogue.
func take(t *testing.T, works ...Work) Report {
	t.Helper()
	c, err := newCatalogue(newRows(), importTime, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := c.takeAll(t.Context(), works); err != nil {
		t.Fatal(err)
	}
	return c.report
}

func FuzzIdentities(f *testing.F) {
	f.Add("A Theory of <i>Everything</i>", "10.1000/ABC", "978-0-306-40615-7", "arXiv: 1706.03762v5\nids: a, b\nhttps://x.org", "arXiv:hep-th/9901001")
	f.Add("", "https://doi.org/10.1/\x00", "0-8044-2957-X 978", "PMID: 0001\nDOI:10.2/2", "math.GT/0309136v")
	f.Fuzz(func(t *testing.T, title, doi, isbn, extra, archive string) {
		w := work("book", title, "title", title, "DOI", doi, "ISBN", isbn, "extra", extra, "archiveID", archive, "citationKey", archive)
		p, err := prepare(w)
		if err != nil {
			t.Fatal(err)
		}
		ids := identities(p.item)
		if !slices.Equal(ids, identities(merged(p.item))) {
			t.Errorf("merging a work into nothing changes by what it is recognised: %q", ids)
		}
		if again := take(t, w, w); again.Added != 1 || again.Merged != 1 {
			t.Errorf("the same entry twice is %d works", again.Added)
		}
	})
}
