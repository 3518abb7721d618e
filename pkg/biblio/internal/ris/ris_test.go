package ris

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func read(t testing.TB, text string) *model.Document {
	t.Helper()
	doc, err := Read(t.Context(), strings.NewReader(text), "x.ris")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// one reads a file of one entry.
func one(t testing.TB, text string) model.Entry {
	t.Helper()
	doc := read(t, text)
	if len(doc.Entries) != 1 {
		t.Fatalf("read %d entries, want 1", len(doc.Entries))
	}
	return doc.Entries[0]
}

func TestFields(t *testing.T) {
	tests := []struct {
		name, in string
		itemType string
		want     map[string]string
	}{
		{"a journal article", "TY  - JOUR\nTI  - T\nT2  - J\nVL  - 1\nIS  - 2\nSP  - 3\nEP  - 9\nSN  - 0027-8424\nER  - \n", "journalArticle",
			map[string]string{"title": "T", "publicationTitle": "J", "volume": "1", "issue": "2", "pages": "3-9", "ISSN": "0027-8424"}},
		{"old tags", "TY  - JOUR\nT1  - T\nJF  - Journal\nJA  - J.\nN2  - A\nY1  - 1990/02/27\nER  - \n", "journalArticle",
			map[string]string{"title": "T", "publicationTitle": "Journal", "journalAbbreviation": "J.", "abstractNote": "A", "date": "1990-02-27"}},
		{"the abbreviation for a missing name", "TY  - JOUR\nJO  - J. Neurosurg.\nER  - \n", "journalArticle",
			map[string]string{"publicationTitle": "J. Neurosurg.", "journalAbbreviation": "J. Neurosurg."}},
		{"a chapter", "TY  - CHAP\nTI  - T\nT2  - Book\nT3  - Series\nIS  - 3\nER  - \n", "bookSection",
			map[string]string{"title": "T", "bookTitle": "Book", "series": "Series", "numberOfVolumes": "3"}},
		{"a thesis", "TY  - THES\nTI  - T\nPB  - U\nM3  - PhD\nSP  - 120\nER  - \n", "thesis",
			map[string]string{"title": "T", "university": "U", "thesisType": "PhD", "numPages": "120"}},
		{"a case", "TY  - CASE\nTI  - A v. B\nDA  - 1950/01/02/\nPB  - Court\nSV  - 12\nER  - \n", "case",
			map[string]string{"caseName": "A v. B", "dateDecided": "1950-01-02", "court": "Court", "docketNumber": "12"}},
		{"a conference with its place in either tag", "TY  - CPAPER\nTI  - T\nC1  - Rome\nC3  - Proc.\nT2  - Conf\nER  - \n", "conferencePaper",
			map[string]string{"title": "T", "place": "Rome", "proceedingsTitle": "Proc.", "conferenceName": "Conf"}},
		{"a web page of EndNote", "TY  - WEB\nTI  - T\nVL  - 2009\nM1  - 2009/05/06\nER  - \n", "webpage",
			map[string]string{"title": "T", "accessDate": "2009-05-06"}},
		{"an access date with time", "TY  - ELEC\nTI  - T\nY2  - 1997/06/13/23:59:58\nER  - \n", "webpage",
			map[string]string{"title": "T", "accessDate": "1997-06-13 23:59:58"}},
		{"an ISSN on a book", "TY  - BOOK\nTI  - T\nSN  - 0027-8424\nER  - \n", "book", map[string]string{"title": "T", "ISSN": "0027-8424"}},
		{"a DOI in a URL, in M3", "TY  - JOUR\nM3  - https://doi.org/10.1000/a%2Fb\nER  - \n", "journalArticle", map[string]string{"DOI": "10.1000/a/b"}},
		{"several addresses", "TY  - JOUR\nUR  - http://a/1\nhttp://a/2\nER  - \n", "journalArticle", map[string]string{"url": "http://a/1", "extra": "URL: http://a/2"}},
		{"a PubMed ID for an address", "TY  - JOUR\nUR  - PM:123\nER  - \n", "journalArticle", map[string]string{"PMID": "123"}},
		{"the year for a day without one", "TY  - JOUR\nDA  - Jun 26\nPY  - 2008\nER  - \n", "journalArticle", map[string]string{"date": "2008 Jun 26"}},
		{"a copyright year", "TY  - BOOK\nPY  - c2008\nER  - \n", "book", map[string]string{"date": "c2008"}},
		{"a date in words", "TY  - JOUR\nDA  - 26-Jun-08\nER  - \n", "journalArticle", map[string]string{"date": "26-Jun-08"}},
		{"no date, in words", "TY  - JOUR\nPY  - in press\nER  - \n", "journalArticle", map[string]string{"date": "in press"}},
		{"words for a date, as Zotero has them", "TY  - JOUR\nDA  - Date of Print\nER  - \n", "journalArticle", map[string]string{"date": "0000 Date", "extra": "Date: Date of Print"}},
		{"a season", "TY  - JOUR\nPY  - 2008///Spring\nER  - \n", "journalArticle", map[string]string{"date": "2008", "extra": "Date: 2008///Spring"}},
		{"a date with nonsense behind", "TY  - JOUR\nDA  - 2019/10//undefined\nPY  - 2019\nER  - \n", "journalArticle", map[string]string{"date": "2019-10"}},
		{"the newer tag before the older", "TY  - JOUR\nY1  - 1900\nDA  - 1950\nER  - \n", "journalArticle", map[string]string{"date": "1950", "extra": "Date: 1900"}},
		{"no year", "TY  - JOUR\nTI  - T\nPY  - 0000\nER  - \n", "journalArticle", map[string]string{"title": "T"}},
		{"HTML in a title", "TY  - JOUR\nTI  - <i>E. coli</i> &amp; p<q and x>y\nER  - \n", "journalArticle", map[string]string{"title": "E. coli & p<q and x>y"}},
		{"what has no field", "TY  - JOUR\nAD  - Berlin\nU1  - x\nID  - 12\nLB  - key\nCY  - Rome\nET  - 2\nER  - \n", "journalArticle",
			map[string]string{"place": "Rome", "extra": "U1: x\nAuthor Address: Berlin\nID: 12\nLabel: key\nEdition: 2"}},
		{"libraries of Citavi", "TY  - BOOK\nH1  - UB A\nH2  - 1\nH1  - UB B\nH2  - 2\nER  - \n", "book",
			map[string]string{"libraryCatalog": "UB A", "callNumber": "1", "extra": "Library Catalog: UB B\nCall Number: 2"}},
		{"labels of ProCite", "TY  - BOOK\nN1  - Record ID: 7\nVL  - 2\nN1  - Series Title: S\nN1  - Extent of Work: 2 vols.\nER  - \n", "book",
			map[string]string{"volume": "2", "series": "S", "numberOfVolumes": "2", "extra": "ID: 7"}},
		{"a line of extra that names a field", "TY  - JOUR\nM2  - Citation Key: doe2000\nM2  - free text\nER  - \n", "journalArticle",
			map[string]string{"citationKey": "doe2000", "extra": "free text"}},
		{"a line of extra that names the type", "TY  - SOUND\nM2  - Type: podcast\nTI  - T\nER  - \n", "podcast", map[string]string{"title": "T"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := one(t, tt.in)
			if e.Item.Type != tt.itemType {
				t.Errorf("type %q, want %q", e.Item.Type, tt.itemType)
			}
			if diff := cmp.Diff(tt.want, e.Item.Fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForms(t *testing.T) {
	const want = "A long title"
	tests := map[string]string{
		"the specification's":      "TY  - BOOK\r\nTI  - A long title\r\nER  - \r\n",
		"carriage returns":         "TY  - BOOK\rTI  - A long title\rER  - \r",
		"a byte-order mark":        "\ufeffTY  - BOOK\nTI  - A long title\nER  - \n",
		"one space (EndNote)":      "TY - BOOK\nTI - A long title\nER -\n",
		"a wrapped value":          "TY  - BOOK\nTI  - A long\n  title\nER  - \n",
		"lower case":               "ty  - BOOK\nti  - A long title\ner  - \n",
		"a lower-case type":        "TY  - book\nTI  - A long title\nER  - \n",
		"no end":                   "TY  - BOOK\nTI  - A long title",
		"text before":              "Provider: ACM\nContent: text/plain\n\nTY  - BOOK\nTI  - A long title\nER  - \n",
		"an end too many":          "ER  - \nTY  - BOOK\nTI  - A long title\nER  - \nER  - \n",
		"Unicode line separators":  "TY  - BOOK\nTI  - A long\u2028title\nER  - \n",
		"UTF-16 with a mark":       "\xff\xfeT\x00Y\x00 \x00 \x00-\x00 \x00B\x00O\x00O\x00K\x00\n\x00T\x00I\x00 \x00 \x00-\x00 \x00A\x00 \x00l\x00o\x00n\x00g\x00 \x00t\x00i\x00t\x00l\x00e\x00\n\x00",
		"UTF-16 without":           "\x00T\x00Y\x00 \x00 \x00-\x00 \x00B\x00O\x00O\x00K\x00\n\x00T\x00I\x00 \x00 \x00-\x00 \x00A\x00 \x00l\x00o\x00n\x00g\x00 \x00t\x00i\x00t\x00l\x00e\x00\n",
		"no space before the text": "TY  -BOOK\nTI  -A long title\nER  -\n",
	}
	for name, in := range tests {
		t.Run(name, func(t *testing.T) {
			e := one(t, in)
			if e.Item.Type != "book" || e.Item.Title() != want {
				t.Errorf("a %s %q, want a book %q", e.Item.Type, e.Item.Title(), want)
			}
		})
	}
}

func TestCreators(t *testing.T) {
	tests := []struct {
		name, in string
		want     []library.Creator
	}{
		{"person, suffix, institution", "TY  - BOOK\nAU  - Baldwin,S.A.\nAU  - King, Martin Luther, Jr.\nAU  - World Health Organization\n",
			[]library.Creator{{Role: "author", Family: "Baldwin", Given: "S.A."}, {Role: "author", Family: "King", Given: "Martin Luther, Jr."}, {Role: "author", Name: "World Health Organization"}}},
		{"institutions with commas", "TY  - BOOK\nAU  - University of California,, Berkeley\nAU  - NASA,\n",
			[]library.Creator{{Role: "author", Name: "University of California, Berkeley"}, {Role: "author", Name: "NASA"}}},
		{"roles by type", "TY  - BOOK\nA2  - S, E\nA3  - E, E\nA4  - T, T\nED  - X, Y\n",
			[]library.Creator{{Role: "seriesEditor", Family: "S", Given: "E"}, {Role: "editor", Family: "E", Given: "E"}, {Role: "translator", Family: "T", Given: "T"}, {Role: "editor", Family: "X", Given: "Y"}}},
		{"an edited book", "TY  - EDBOOK\nAU  - E, E\n", []library.Creator{{Role: "editor", Family: "E", Given: "E"}}},
		{"a film", "TY  - MPCT\nAU  - D, D\nA3  - P, P\n", []library.Creator{{Role: "director", Family: "D", Given: "D"}, {Role: "producer", Family: "P", Given: "P"}}},
		{"no name", "TY  - BOOK\nAU  - ,\nAU  -\n", nil},
		{"roles of ProCite", "TY  - BOOK\nA1  - A, A\nN1  - Author, Monographic: Bea Bee; Cy Cee\nN1  - Author Role: Edited by\n",
			[]library.Creator{{Role: "author", Family: "A", Given: "A"}, {Role: "editor", Family: "Bee", Given: "Bea"}, {Role: "editor", Family: "Cee", Given: "Cy"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, one(t, tt.in).Item.Creators); diff != "" {
				t.Errorf("creators (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTagsNotesAndFiles(t *testing.T) {
	long := strings.Repeat("word ", 20)
	e := one(t, "TY  - BOOK\nTI  - T\nKW  - one; two\n%K three\nKW  - two\nN1  - T\nN1  - <p>A <b>note</b></p>\nN1  - "+long+"\nnext line\n"+
		"L1  - internal-pdf://a b.pdf\nfile:///home/x/c%20d.pdf\nfile:///C:/My%20Papers/f.pdf\nL1  - C:\\papers\\e.pdf\nL2  - http://x/y.html\nER  - \n")
	if diff := cmp.Diff([]string{"one", "two", "three"}, e.Item.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	var notes []string
	for _, n := range e.Item.Notes {
		notes = append(notes, n.Text)
	}
	if diff := cmp.Diff([]string{"A **note**", strings.TrimSpace(long) + " \nnext line"}, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	files := []model.File{{Path: "PDF/a b.pdf", Title: "a b"}, {Path: "/home/x/c d.pdf", Title: "c d"}, {Path: "C:/My Papers/f.pdf", Title: "f"}, {Path: `C:\papers\e.pdf`, Title: "e"}}
	if diff := cmp.Diff(files, e.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if len(e.Item.Attachments) != 1 || e.Item.Attachments[0].URL != "http://x/y.html" || e.Item.Attachments[0].ContentType != "text/html" {
		t.Errorf("links: %+v", e.Item.Attachments)
	}
	if tags := one(t, "TY  - BOOK\nKW  - a, b ,c\n").Item.Tags; len(tags) != 3 {
		t.Errorf("a lone keyword with commas gives %q", tags)
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name, in string
		entries  int
		want     []string // "line severity reason"
	}{
		{"a missing end", "TY  - BOOK\nTI  - A\nTY  - BOOK\nTI  - B\nER  - \n", 2, []string{"1 repaired its end (ER) is missing"}},
		{"no type", "AU  - A, B\nTI  - T\nER  - \n", 1, []string{"1 repaired it has no type (TY)"}},
		{"an unknown type", "TY  - WHAT\nER  - \n", 1, []string{"1 repaired its type (TY) is unknown"}},
		{"a strange date", "TY  - JOUR\nPY  - 10 15\nER  - \n", 1, []string{"1 repaired its date can't be read"}},
		{"Latin-1", "TY  - JOUR\nTI  - caf\xe9\nER  - \n", 1, []string{"1 repaired it is not in UTF-8"}},
		{"lines outside", "hello\nworld\nTY  - JOUR\nER  - \n\nbye\n", 1, []string{"1 repaired 2 lines outside", "6 repaired a line outside"}},
		{"an entry too large", "TY  - BOOK\nTI  - T\n" + strings.Repeat("KW  - "+strings.Repeat("x", 1000)+"\n", 9<<10) + "ER  - \nTY  - BOOK\nER  - \n", 2, []string{"1 repaired it is larger than 8 MiB"}},
		{"text that looks like a tag", "TY  - BOOK\nER  - \nQQ  - what\nER  - \n", 1, []string{"3 skipped it has no type"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc := read(t, tt.in)
			if len(doc.Entries) != tt.entries {
				t.Errorf("%d entries, want %d", len(doc.Entries), tt.entries)
			}
			if len(doc.Problems) != len(tt.want) {
				t.Fatalf("problems %+v, want %q", doc.Problems, tt.want)
			}
			for i, p := range doc.Problems {
				got := strings.Join([]string{string(rune('0' + p.Line)), string(p.Severity), p.Reason}, " ")
				if !strings.HasPrefix(got, tt.want[i]) || p.File != "x.ris" {
					t.Errorf("problem %q of %s, want %q", got, p.File, tt.want[i])
				}
			}
		})
	}
}

func TestMEDLINE(t *testing.T) {
	doc := read(t, "\nPMID- 8692918\nOWN - NLM\nTI  - The structure of a\n      thing.\nPG  - 6913-7\nDP  - 1996 Jul 9\nIS  - 0027-8424 (Print)\n"+
		"FAU - van Raaij, M J\nAU  - van Raaij MJ\nCN  - The HOPE ABC\nJT  - Proceedings\nTA  - Proc\nPMC - PMC38908\nAID - 10.1000/1 [doi]\nMH  - Animals\nOT  - proteins\nAD  - Medical\n      Council\n\n"+
		"PMID- 2\nTI  - Two\nPMID- 3\nTI  - Three\nBTI - A book\nED  - Cee BD\n")
	if len(doc.Entries) != 3 || len(doc.Problems) != 0 {
		t.Fatalf("%d entries, problems %+v", len(doc.Entries), doc.Problems)
	}
	want := library.Item{
		Type: "journalArticle",
		Fields: map[string]string{
			"title": "The structure of a thing.", "pages": "6913-6917", "date": "1996 Jul 9", "ISSN": "0027-8424", "publicationTitle": "Proceedings",
			"journalAbbreviation": "Proc", "PMID": "8692918", "PMCID": "PMC38908", "DOI": "10.1000/1", "extra": "OWN: NLM\nAD: Medical Council",
		},
		Creators:   []library.Creator{{Role: "author", Family: "van Raaij", Given: "M. J."}, {Role: "author", Name: "The HOPE ABC"}},
		Tags:       []string{"Animals", "proteins"},
		ParsedDate: "1996-07-09",
	}
	if diff := cmp.Diff(want, doc.Entries[0].Item); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
	third := doc.Entries[2]
	if third.Item.Type != "bookSection" || third.Item.Fields["bookTitle"] != "A book" || third.Item.Creators[0] != (library.Creator{Role: "editor", Family: "Cee", Given: "B. D."}) || third.Line != 23 {
		t.Errorf("the third is %+v", third)
	}
}

func TestFilesThatAreNotRIS(t *testing.T) {
	tests := map[string]struct {
		in   string
		code library.Code
	}{
		"binary":     {"TY  - \x00\x01\x02", library.Invalid},
		"prose":      {"Dear all,\nas - you know - this is no bibliography.\n", library.Invalid},
		"BibTeX":     {"@book{a,\n title = {T}\n}\n", library.Invalid},
		"an archive": {"PK\x03\x04\x00\x00", library.Invalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			doc, err := Read(t.Context(), strings.NewReader(tt.in), "x")
			if library.CodeOf(err) != tt.code || doc != nil {
				t.Errorf("Read gave %v, %v; want code %s", doc, err, tt.code)
			}
		})
	}
	if doc := read(t, " \n\n"); len(doc.Entries) != 0 {
		t.Error("an empty file has entries")
	}
}

func TestReadEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: much work of one goroutine")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, endless{}, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
	many := strings.NewReader(strings.Repeat("TY  -\n", 500_001))
	if _, err := Read(t.Context(), many, "x"); library.CodeOf(err) != library.TooLarge {
		t.Errorf("half a million entries: %v", err)
	}
	broken := io.MultiReader(strings.NewReader("TY  - BOOK\n"), failing{})
	if _, err := Read(t.Context(), broken, "x"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a reader that fails: %v", err)
	}
}

// endless is a file without an end; failing one that can't be read.
type (
	endless struct{}
	failing struct{}
)

func (endless) Read(p []byte) (int, error) { return copy(p, "TI  - more\n"), nil }
func (failing) Read([]byte) (int, error)   { return 0, io.ErrUnexpectedEOF }
