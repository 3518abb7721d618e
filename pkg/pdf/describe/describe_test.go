package describe

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/pdf"
	"github.com/stackroom-mcp/stackroom/pkg/pdf/pdftest"
)

// described returns a file's work as "type | title | creators | date | DOI | arXiv".
func described(t *testing.T, name string, f pdftest.File) string {
	t.Helper()
	if pdf.Check() != nil {
		t.Skip("pdftotext is not on the PATH")
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, f.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	it, err := Work(t.Context(), file, name)
	if err != nil {
		return err.Error()
	}
	if !it.IsUnconfirmed() {
		t.Errorf("%s: tags %q", name, it.Tags)
	}
	return inOneLine(it)
}

func inOneLine(it *library.Item) string {
	var people []string
	for _, c := range it.Creators {
		people = append(people, c.Sortable())
	}
	return strings.Join([]string{it.Type, it.Title(), strings.Join(people, "; "), it.ParsedDate, it.DOI(), it.ArXiv()}, " | ")
}

const packet = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" prism:volume="12">
<dc:title><rdf:Alt><rdf:li xml:lang="de">Tiere im Winter</rdf:li><rdf:li xml:lang="x-default">Animals in winter</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>Ada Lovelace</rdf:li><rdf:li>Ludwig van Beethoven</rdf:li></rdf:Seq></dc:creator>
<prism:doi>10.5555/Winter.1</prism:doi><prism:publicationName>Journal of Snow</prism:publicationName><prism:startingPage>7</prism:startingPage><prism:endingPage>9</prism:endingPage>
<prism:coverDate>2013-08-22</prism:coverDate></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

func TestWork(t *testing.T) {
	made := map[string]string{"CreationDate": "D:20090312101500Z"}
	info := func(title, author string) map[string]string {
		return map[string]string{"CreationDate": "D:20090312101500Z", "Title": title, "Author": author}
	}
	body := []string{"Abstract", "We show that the ice is thick where the winter is long, and thin where it is not.", "Further words stand here so that the page is long enough."}
	for _, c := range []struct {
		name string
		file pdftest.File
		want string
	}{
		{"metadata stream", pdftest.File{Info: info("other.doc", "admin"), XMP: packet, Pages: pdftest.Article("Animals in winter", "Mary Noel", "as in doi:10.5555/cited")},
			"journalArticle | Animals in winter | Lovelace, Ada; van Beethoven, Ludwig | 2013-08-22 | 10.5555/winter.1 | "},
		{"information dictionary", pdftest.File{Info: info("The strength of ice", "Ada Lovelace and Charles Babbage"), Pages: pdftest.Article("The strength of ice", "Mary Noel", body...)},
			"document | The strength of ice | Lovelace, Ada; Babbage, Charles | 2009 |  | "},
		{"a title that no page has", pdftest.File{Info: info("Template for submissions", ""), Pages: pdftest.Article("The strength of ice", "Ada Lovelace, Charles Babbage", body...)},
			"document | The strength of ice | Lovelace, Ada; Babbage, Charles | 2009 |  | "},
		{"a title that a program made", pdftest.File{Info: info("Microsoft Word - ice.docx", "user"), Pages: pdftest.Article("The strength of ice", "Ada Lovelace1,2 & Charles Babbage*", body...)},
			"document | The strength of ice | Lovelace, Ada; Babbage, Charles | 2009 |  | "},
		{"running head, DOI and year", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "Journal of Snow 12 (2010) 7-9, https://doi.org/10.5555/ICE.7", "Published online: 3 May 2010", "As Smith said (doi:10.5555/smith), much is known of how ice of lakes behaves in a winter.")},
			"document | The strength of ice | Lovelace, Ada | 2010 | 10.5555/ice.7 | "},
		{"only cited DOIs", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "As Smith said (doi:10.5555/smith), much is known.", "So we begin with what we know of all the lakes of the north, see doi:10.5555/lakes", "References", "10.5555/alone", "[1] Smith, J. Lakes. doi:10.5555/one")},
			"document | The strength of ice | Lovelace, Ada | 2009 |  | "},
		{"a citation above its DOI", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "Smith, J. (2001). Of lakes.", "https://doi.org/10.5555/lakes")},
			"document | The strength of ice | Lovelace, Ada | 2009 |  | "},
		{"its own citation", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "Citation: Lovelace A (2011) The strength of ice.", "Of the snow and the ice of all the lakes there. Snow 5(1): e1. doi:10.5555/snow.1")},
			"document | The strength of ice | Lovelace, Ada | 2009 | 10.5555/snow.1 | "},
		{"DOI in the dictionary", pdftest.File{Info: map[string]string{"CreationDate": "D:20090312101500Z", "Subject": "Snow, 12 (2009) 7-9. doi:10.5555/Snow.9"}, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "doi:10.5555/other")},
			"document | The strength of ice | Lovelace, Ada | 2009 | 10.5555/snow.9 | "},
		{"a line of names and a DOI", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "Smith Babbage Noel Hopper Turing Shannon Dirac Bohr Planck doi:10.5555/x")},
			"document | The strength of ice | Lovelace, Ada | 2009 |  | "},
		{"a short sentence and a DOI", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "as we had said before, doi:10.5555/x")},
			"document | The strength of ice | Lovelace, Ada | 2009 |  | "},
		{"marks of notes", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: []pdftest.Text{{X: 72, Y: 720, Size: 18, Text: "The strength of ice"}, {X: 72, Y: 690, Size: 11, Text: "Ada Lovelace"},
			{X: 139, Y: 694, Size: 6, Text: "a"}, {X: 148, Y: 690, Size: 11, Text: "and Charles Babbage"}}}}},
			"document | The strength of ice | Lovelace, Ada; Babbage, Charles | 2009 |  | "},
		{"a small line above, a journal's name", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: append([]pdftest.Text{{X: 72, Y: 740, Size: 8, Text: "Volume twelve of the year"},
			{X: 72, Y: 700, Size: 30, Text: "SNOW"}}, pdftest.Block(72, 600, 14, "The strength of ice")...)}}},
			"document | The strength of ice |  | 2009 |  | "},
		{"a short page of one size", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: pdftest.Lines(10, append([]string{"The strength of ice"}, slices.Repeat([]string{"Characteristically internationalization overgeneralizes"}, 6)...)...)}}},
			"document | The strength of ice |  | 2009 |  | "},
		{"arXiv's stamp", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: append(pdftest.Article("The strength of ice", "Ada Lovelace", body...)[0].Texts, pdftest.Text{X: 30, Y: 200, Size: 24, Text: "arXiv:1706.03762v5 [cs.CL] 6 Dec 2017", Up: true})}}},
			"preprint | The strength of ice | Lovelace, Ada | 2017 |  | 1706.03762"},
		{"1706.03762v5.pdf", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "see arXiv:1234.56789")},
			"preprint | The strength of ice | Lovelace, Ada | 2017 |  | 1706.03762"},
		{"cites arXiv", pdftest.File{Info: made, Pages: pdftest.Article("The strength of ice", "Ada Lovelace", "see arXiv:1234.56789")},
			"document | The strength of ice | Lovelace, Ada | 2009 |  | "},
		{"a title of two lines", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: append(pdftest.Lines(18, "The strength of ice and of", "other things in win- *"), pdftest.Block(72, 600, 10, body...)...)}}},
			"document | The strength of ice and of other things in win- |  | 2009 |  | "},
		{"the journal's name is larger", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: append(pdftest.Lines(30, "SNOW"), pdftest.Block(72, 600, 14, "The strength of ice")...)}}},
			"document | The strength of ice |  | 2009 |  | "},
		{"Research Article.pdf", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: append(pdftest.Lines(20, "Research Article"), pdftest.Block(72, 600, 14, "The strength of ice")...)}}},
			"document | The strength of ice |  | 2009 |  | "},
		{"one size", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: pdftest.Lines(10, "The strength of ice", strings.Repeat("and so on it goes ", 4), strings.Repeat("and so on it goes ", 4), strings.Repeat("and so on it goes ", 4),
			strings.Repeat("and so on it goes ", 4), strings.Repeat("and so on it goes ", 4), strings.Repeat("and so on it goes ", 4))}}},
			"document | The strength of ice |  | 2009 |  | "},
		{"ten.pdf", pdftest.File{Info: made, Pages: []pdftest.Page{{Texts: pdftest.Lines(10, "10.5555/ten")}}}, "document | ten |  | 2009 | 10.5555/ten | "},
		{"a scan with a title", pdftest.File{Info: info("On lakes", "Babbage, Charles"), Pages: []pdftest.Page{{}}}, "document | On lakes | Babbage, Charles | 2009 |  | "},
		{"a scan", pdftest.File{Info: made, Pages: []pdftest.Page{{}}}, ErrUntitled.Error()},
		{"locked", pdftest.File{Locked: true, Pages: pdftest.Article("The strength of ice", "Ada Lovelace")}, pdf.ErrProtected.Error()},
	} {
		if got := described(t, c.name, c.file); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestPerson(t *testing.T) {
	for text, want := range map[string]string{
		"Ada Lovelace; Charles Babbage":        "Lovelace, Ada; Babbage, Charles",
		"Lovelace, Ada":                        "Lovelace, Ada",
		"Lovelace, A., Babbage, C.":            "Lovelace, A.; Babbage, C.",
		"A. Lovelace, C. Babbage, and M. Noel": "Lovelace, A.; Babbage, C.; Noel, M.",
		"Ludwig van Beethoven":                 "van Beethoven, Ludwig",
		"张伟明":                                  "张伟明",
		"The Snow Group":                       "The Snow Group",
		"admin":                                "", "": "", "C:\\Users\\x": "", "a b@c.org": "",
	} {
		it := &library.Item{}
		for _, name := range splitNames(text) {
			if c, ok := person(name); ok {
				it.Creators = append(it.Creators, c)
			}
		}
		if got := strings.Split(inOneLine(it), " | ")[2]; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzXMP(f *testing.F) {
	f.Add([]byte(packet))
	f.Add([]byte("<a><b><rdf:li></b></rdf:li><rdf:li xml:lang='x-default'>x"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		for property, values := range readXMP(packet) {
			for _, v := range values {
				if v == "" || strings.ContainsAny(v, "\n\x00") || property == "" {
					t.Errorf("%q: %q", property, v)
				}
			}
		}
	})
}

// FuzzWork reads what a page and the information dictionary may say.
func FuzzWork(f *testing.F) {
	f.Add("The strength of ice", "Ada Lovelace, Charles Babbage", "doi:10.5555/x Published 2010", 12.0)
	f.Add("", "A, B; C", "arXiv:1706.03762v5 [cs.CL]", -1.0)
	f.Fuzz(func(t *testing.T, title, author, text string, height float64) {
		page := pdf.Page{}
		for i, s := range []string{title, author, text} {
			l := pdf.Line{}
			for w := range strings.FieldsSeq(s) {
				l.Words = append(l.Words, pdf.Word{Text: w, Box: pdf.Box{Right: 50, Bottom: height / float64(i+1)}})
			}
			page.Lines = append(page.Lines, l)
		}
		doc := &pdf.Document{Info: map[string]string{"Title": title, "Author": author, "CreationDate": text}, Pages: []pdf.Page{page}}
		it, err := work(&source{name: title, doc: doc, meta: metadata{"dc:creator": {author}, "dc:date": {text}}})
		if errors.Is(err, ErrUntitled) {
			return
		}
		if it.Title() == "" || len(it.Creators) > maxPeople || !it.IsUnconfirmed() {
			t.Errorf("%+v", it)
		}
	})
}
