package biblio_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// sample is a file in a format that is only read.
type sample struct {
	format biblio.Format
	file   string
}

func samples() []sample {
	return []sample{
		{biblio.EndNoteXML, "endnote.xml"}, {biblio.Refer, "refer.enw"}, {biblio.WebOfScience, "savedrecs.ciw"}, {biblio.RefWorks, "export.refworks"},
		{biblio.PubMed, "pubmed.nbib"}, {biblio.PubMedXML, "pubmed.xml"}, {biblio.MODS, "mods.xml"}, {biblio.ZoteroRDF, "zotero.rdf"},
		{biblio.ZoteroCSV, "zotero.csv"}, {biblio.DataCite, "datacite.json"}, {biblio.OpenAlex, "openalex.json"},
	}
}

func (s sample) data(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", s.file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// line writes what matters most of an entry on one line.
func line(e biblio.Entry) string {
	it := e.Item
	parts := []string{it.Type, it.Title()}
	for _, c := range it.Creators {
		parts = append(parts, c.Role+" "+c.Sortable())
	}
	parts = append(parts, it.ParsedDate)
	for _, field := range []string{"publicationTitle", "bookTitle", "proceedingsTitle", "conferenceName", "volume", "issue", "pages", "publisher", "place", "DOI", "ISSN", "ISBN", "PMID", "url", "citationKey", "abstractNote", "extra"} {
		if it.Fields[field] != "" {
			parts = append(parts, field+"="+it.Fields[field])
		}
	}
	parts = append(parts, it.Tags...)
	for _, n := range it.Notes {
		parts = append(parts, "note "+n.Text)
	}
	for _, f := range e.Files {
		parts = append(parts, "file "+f.Path)
	}
	for _, c := range e.Collections {
		parts = append(parts, "in "+strings.Join(c, "/"))
	}
	return strings.Join(parts, "|")
}

func TestReadable(t *testing.T) {
	want := map[biblio.Format][]string{
		biblio.EndNoteXML: {
			"journalArticle|Notes on <i>the Engine</i>|author Lovelace, Ada K.|author Analytical Society|editor Taylor, Richard|1843-09-08|publicationTitle=Scientific Memoirs|volume=3|issue=1|pages=666-731|DOI=10.1000/ada|ISSN=1234-5678|url=https://example.org/ada|citationKey=ada1843|abstractNote=On numbers & engines.|extra=Accession Number: A1|engine|number|note Read it.|file PDF/ada.pdf",
			"bookSection|A Chapter|author Doe, Jane|editor Roe, Richard|2001|bookTitle=A Book|publisher=Press|place=Rome|ISBN=9780306406157",
			"document|Odd|",
		},
		biblio.Refer: {
			"journalArticle|Notes on the Engine|author Lovelace, Ada|author Babbage, Charles|editor Taylor, Richard|author Analytical Society|1843-09|publicationTitle=Scientific Memoirs|volume=3|issue=1|pages=666-731|DOI=10.1000/refer|ISSN=1234-5678|url=https://example.org/r|citationKey=ada1843|abstractNote=On numbers.|engine|number|note Read it.",
			"document|Odd|author Doe, Jane|",
			"book|A Book|2001|publisher=Press|place=Rome|ISBN=9780306406157",
		},
		biblio.WebOfScience: {
			"journalArticle|Notes on the Engine|author Lovelace, Ada|author Babbage, Charles E.|1843-09-08|publicationTitle=MEMOIRS|volume=3|issue=1|pages=666-731|publisher=PRESS|place=LONDON|DOI=10.1000/wos|ISSN=1234-5678, 8765-4321|abstractNote=On numbers.|extra=Web of Science ID: WOS:1|engine|number",
			"conferencePaper|A Paper|author Doe, J.|editor Roe, R.|2001|proceedingsTitle=Proceedings of X|conferenceName=Conference X|extra=Document Type: Proceedings Paper",
		},
		biblio.RefWorks: {
			"journalArticle|Notes on the Engine|author Lovelace, Ada|author Babbage, Charles|1843-09-08|publicationTitle=Scientific Memoirs|volume=3|issue=1|pages=666-731|DOI=10.1000/rw|ISSN=1234-5678|url=https://example.org/rw|abstractNote=On numbers.|extra=Accession Number: 77\nID: 1|engine|number",
			"bookSection|A Chapter|author Doe, Jane|editor Roe, Richard|2001|bookTitle=A Book|publisher=Press|place=Rome",
		},
		biblio.PubMed: {"journalArticle|Effects of engines.|author Walker, J. E.|2003-02|publicationTitle=Journal of engines|volume=7|pages=6913-6917|DOI=10.1000/nbib|PMID=12345|extra=OWN: NLM\nPT: Journal Article"},
		biblio.PubMedXML: {
			"journalArticle|Effects of <i>E. coli</i> & others|author Walker, J. E.|author Engine Group|2003-02-04|publicationTitle=Journal of Engines|volume=7|issue=2|pages=6913-6917|place=London|DOI=10.1000/pm|ISSN=1234-5678|PMID=123|abstractNote=AIM: To see.\nRESULT: Seen.|Humans",
			"bookSection|A Gene|editor Adam, Mary|1999|bookTitle=Gene Reviews|publisher=NCBI|place=Bethesda|url=http://www.ncbi.nlm.nih.gov/books/NBK1/|extra=PMID: 5",
		},
		biblio.MODS: {
			"journalArticle|The Engine: an essay|author Babbage, Charles|1837|publicationTitle=Proceedings|volume=4|pages=1-9|DOI=10.1000/mods|ISSN=1234-5678|url=https://example.org/m|abstractNote=About it.|engines",
			"book|A Book|1901|publisher=Press|place=Bath",
		},
		biblio.ZoteroRDF: {
			"journalArticle|Notes|author Lovelace, Ada|1843-09-08|publicationTitle=Memoirs|volume=3|issue=1|pages=1-9|DOI=10.1000/rdf|ISSN=1234-5678|PMID=7|url=https://example.org/a|citationKey=ada1843|abstractNote=On it.|engine|auto|note A **note**|file files/4/ada.txt|in Top/Below",
			"preprint|Draft|",
		},
		biblio.ZoteroCSV: {
			`journalArticle|Notes, on "it"|author Lovelace, Ada|author Babbage, Charles|editor Taylor, Richard|contributor Society|1843-09-08|publicationTitle=Memoirs|volume=3|issue=1|pages=1-9|DOI=10.1000/csv|ISSN=1234-5678|PMID=7|url=https://example.org/c|abstractNote=On it.|engine|number|auto|note A note|file /home/ada/notes.pdf`,
			"document|Odd||extra=Item Type: oddity",
		},
		biblio.DataCite: {"dataset|Engine runs: all of them|author Lovelace, Ada|author Engine Lab|2020-05-06|DOI=10.5072/X|url=https://example.org/d|abstractNote=Of the engine.|engine"},
		biblio.OpenAlex: {"journalArticle|Notes on the Engine|author Lovelace, Ada|author Babbage, C. E.|1843-09-08|publicationTitle=Memoirs|volume=3|issue=1|pages=666-731|publisher=Press|DOI=10.1000/oa|ISSN=1234-5678|PMID=77|abstractNote=On numbers and numbers|extra=OpenAlex: https://openalex.org/W1|Engine"},
	}
	for _, s := range samples() {
		t.Run(string(s.format), func(t *testing.T) {
			data := s.data(t)
			for _, name := range []string{s.file, "export.txt"} {
				if got, ok := biblio.Detect(name, data); got != s.format || !ok {
					t.Errorf("as %s it is detected as %q", name, got)
				}
			}
			doc, err := biblio.Read(t.Context(), bytes.NewReader(data), s.file, s.format)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, e := range doc.Entries {
				got = append(got, line(e))
				if e.Line < 1 || i > 0 && e.Line < doc.Entries[i-1].Line {
					t.Errorf("entry %d is on line %d", i, e.Line)
				}
			}
			if diff := cmp.Diff(want[s.format], got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			for _, p := range doc.Problems {
				if p.Severity != biblio.Repaired || !strings.Contains(p.Reason, "taken for a document") {
					t.Errorf("problem %+v", p)
				}
			}
		})
	}
	for _, f := range biblio.Readable() {
		if f != biblio.Archive && !slices.Contains(biblio.Formats(), f) && want[f] == nil {
			t.Errorf("format %s has no sample", f)
		}
	}
}

// TestReadable_GoesOnAfterBrokenRecords cuts every sample at every place, and
// puts two after each other around something broken.
func TestReadable_GoesOnAfterBrokenRecords(t *testing.T) {
	for _, s := range samples() {
		data := s.data(t)
		for end := 0; end < len(data); end += 7 {
			if _, err := biblio.Read(t.Context(), bytes.NewReader(data[:end]), s.file, s.format); err != nil && library.CodeOf(err) != library.Invalid {
				t.Errorf("%s, cut at byte %d: %v", s.format, end, err)
			}
		}
	}
	tests := []struct {
		format  biblio.Format
		text    string
		entries int
		problem string
	}{
		{biblio.EndNoteXML, "<records><record><titles><title>A</title></titles><ref-type name=\"Book\">6</ref-type></record>\n<record><titles><title x=</record>\n<record><ref-type name=\"Book\">6</ref-type></record></records>", 2, "not well-formed"},
		{biblio.EndNoteXML, "<records><record><ref-type name=\"Book\">6</ref-type></record>\n<record><titles>", 1, "the file ends within it"},
		{biblio.MODS, "<mods><titleInfo><title>A &bomb; &amp; &eacute;\x01</title></titleInfo></mods>", 1, ""},
		{biblio.MODS, "<mods>" + strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100) + "</mods><mods><titleInfo><title>B</title></titleInfo></mods>", 1, "nested too deeply"},
		{biblio.WebOfScience, "PT J\nTI A\nPT J\nTI B\nER\n", 2, "its end (ER) is missing"},
		{biblio.ZoteroCSV, "\"Key\",\"Item Type\",\"Title\"\n\"A\",\"book\",\"T\"\nB\n", 2, "item type is not known"},
		{biblio.DataCite, `{"data":[{"attributes":{"doi":"10.5072/1","titles":[{"title":"A"}]}},{"attributes":{}},7]}`, 1, "is no work of DataCite"},
		{biblio.OpenAlex, `[{"id":"https://openalex.org/W1","title":"A"},{"id"`, 1, "not valid JSON"},
	}
	for _, tt := range tests {
		doc, err := biblio.Read(t.Context(), strings.NewReader(tt.text), "x", tt.format)
		if err != nil {
			t.Errorf("%s of %.40q: %v", tt.format, tt.text, err)
			continue
		}
		if len(doc.Entries) != tt.entries || !strings.Contains(fmt.Sprint(doc.Problems), tt.problem) || (len(doc.Problems) > 0) != (tt.problem != "") {
			t.Errorf("%s of %.40q: %d entries, problems %v; want %d, %q", tt.format, tt.text, len(doc.Entries), doc.Problems, tt.entries, tt.problem)
		}
	}
}

// TestXML_HasNoEntities reads a file whose entities would fill the memory.
func TestXML_HasNoEntities(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("<?xml version=\"1.0\"?><!DOCTYPE xml [<!ENTITY a0 \"xxxxxxxxxx\">")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "<!ENTITY a%d \"%s\">", i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
	}
	bomb.WriteString("<!ENTITY file SYSTEM \"file:///etc/passwd\">]><xml><records><record><ref-type name=\"Book\">6</ref-type><titles><title>A &a11; &file;</title></titles></record></records></xml>")
	doc, err := biblio.Read(t.Context(), strings.NewReader(bomb.String()), "x", biblio.EndNoteXML)
	if err != nil || len(doc.Entries) != 1 || doc.Entries[0].Item.Title() != "A &a11; &file;" {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestReadable_InOtherEncodings(t *testing.T) {
	doc, err := biblio.Read(t.Context(), strings.NewReader("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><mods><titleInfo><title>Caf\xe9</title></titleInfo></mods>"), "x", biblio.MODS)
	if err != nil || doc.Entries[0].Item.Title() != "Café" {
		t.Errorf("Latin-1 in XML: %+v, %v", doc, err)
	}
	for format, text := range map[biblio.Format]string{
		biblio.Refer: "%0 Book\n%T Caf\xe9\n", biblio.RefWorks: "RT Book, Whole\nT1 Caf\xe9\n", biblio.WebOfScience: "PT B\nTI Caf\xe9\nER\n",
	} {
		doc, err := biblio.Read(t.Context(), strings.NewReader(text), "x", format)
		if err != nil || doc.Entries[0].Item.Title() != "Café" || len(doc.Problems) != 1 || !strings.Contains(doc.Problems[0].Reason, "Windows-1252") {
			t.Errorf("%s: %+v, %v", format, doc, err)
		}
	}
	utf16 := []byte("\xff\xfe")
	for _, c := range "%0 Book\n%T Ünder\n" {
		utf16 = append(utf16, byte(c), byte(c>>8))
	}
	if doc, err := biblio.Read(t.Context(), bytes.NewReader(utf16), "x", biblio.Refer); err != nil || doc.Entries[0].Item.Title() != "Ünder" {
		t.Errorf("UTF-16: %+v, %v", doc, err)
	}
}

func TestEndings(t *testing.T) {
	want := []string{".bib", ".biblatex", ".bibtex", ".ciw", ".csljson", ".csv", ".enw", ".isi", ".json", ".mods", ".nbib", ".rdf", ".refer", ".refworks", ".ris", ".xml", ".zip"}
	if got := biblio.Endings(); !slices.Equal(got, want) {
		t.Errorf("endings %q, want %q", got, want)
	}
	if !biblio.HasEnding(`C:\Refs\My.BIB`) || biblio.HasEnding("notes.txt") || biblio.HasEnding("bib") {
		t.Error("a name has an ending that it doesn't have, or the other way round")
	}
}

func TestRefusal(t *testing.T) {
	for _, tt := range []struct{ name, head, what, way string }{
		{"a.pdf", "%PDF-1.7", "a PDF", "field \"file\""}, {"refs.bib", "%PDF-1.7", "a PDF", "bibliography"}, {"zotero.sqlite", "SQLite format 3\x00", "a Zotero database", "Zotero RDF"},
		{"my.enl", "", "an EndNote library", "XML"}, {"x.xml", `<?xml?><b:Sources xmlns:b="x">`, "reference list of Word", "JabRef"}, {"x.mrc", "00714cam a2200205 a 4500", "MARC", "MODS"},
		{"x", `<?xml?><collection xmlns="http://www.loc.gov/MARC21/slim">`, "MARC", "MODS"}, {"apa.csl", `<style xmlns="http://purl.org/net/xbiblio/csl">`, "a CSL style", "has none"},
		{"CITATION.cff", "cff-version: 1.2.0", "CITATION.cff", "cffconvert"}, {"a.html", "<!DOCTYPE html><p>", "a web page", "export"}, {"a.xml", "<x/>", "XML that is no", "BibTeX"},
		{"a.docx", "PK\x03\x04", "a Word document", "export"}, {"a.json", `{"message-type":"work"}`, "Crossref", "Accept"}, {"a.json", `[{"key":"A","data":{"itemType":"book"}}]`, "Zotero's API", "format=bibtex"},
		{"a.json", `{"x":1}`, "JSON that is neither", "CSL-JSON"}, {"a.csv", "a,b\n", "a table", "Zotero"}, {"a.ctv6", "", "a Citavi project", "RIS"}, {"a.txt", "prose", "not a bibliography", "Web of Science"},
		{"a.rdf", "<rdf:RDF xmlns:rdf='x'>", "RDF of another", "MODS"},
	} {
		if format, ok := biblio.Detect(tt.name, []byte(tt.head)); ok && tt.name != "refs.bib" {
			t.Errorf("%s is detected as %s", tt.name, format)
		}
		err := biblio.Refusal(tt.name, []byte(tt.head))
		hint := library.AsError(err).Hint
		if library.CodeOf(err) != library.Invalid || !strings.Contains(err.Error(), tt.what) || !strings.Contains(hint, tt.way) {
			t.Errorf("%s: %v (%s), want %q and %q", tt.name, err, hint, tt.what, tt.way)
		}
	}
}

func FuzzReadable(f *testing.F) {
	all := biblio.Readable()
	for i, format := range all {
		for _, s := range samples() {
			if s.format == format {
				f.Add(uint8(i), s.data(f))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		format := all[int(which)%len(all)]
		doc, err := biblio.Read(t.Context(), bytes.NewReader(data), "fuzz", format)
		if err != nil {
			if library.CodeOf(err) == library.Internal {
				t.Fatalf("%s of %q: %v", format, data, err)
			}
			return
		}
		items := make([]*library.Item, len(doc.Entries))
		for i := range doc.Entries {
			items[i] = &doc.Entries[i].Item
		}
		for _, as := range biblio.Formats() {
			var out bytes.Buffer
			if err := biblio.Write(&out, as, items); err != nil {
				t.Fatalf("%s of %q, written as %s: %v", format, data, as, err)
			}
		}
	})
}
