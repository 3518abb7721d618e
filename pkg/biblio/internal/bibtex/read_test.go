package bibtex

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/source"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func read(t testing.TB, bib string) *model.Document {
	t.Helper()
	doc, err := Read(t.Context(), strings.NewReader(bib), "test.bib")
	if err != nil {
		t.Fatalf("Read(%.200q): %v", bib, err)
	}
	return doc
}

// summary writes a document as lines: "type key field=value …", the fields
// asked for in their order.
func summary(doc *model.Document, fields ...string) string {
	var lines []string
	for _, e := range doc.Entries {
		var line strings.Builder
		line.WriteString(e.Item.Type + " " + e.Item.Field("citationKey"))
		for _, f := range fields {
			line.WriteString(" " + f + "=" + e.Item.Field(f))
		}
		lines = append(lines, line.String())
	}
	return strings.Join(lines, "\n")
}

func TestFields(t *testing.T) {
	tests := []struct{ name, bib, field, want string }{
		{"numbers without braces", `@book{k, year = 1999, volume = 3}`, "date", "1999"},
		{"values in quotes", `@book{k, title = "a {"}b{"} c"}`, "title", `a "b" c`},
		{"parentheses around the entry", `@book(k, title = {a (b) c})`, "title", "a (b) c"},
		{"names in capitals", `@BOOK{k, TITLE = {T}}`, "title", "T"},
		{"macros and concatenation", `@string{p = "Dover"} @book{k, publisher = p # " " # {Books} # 2}`, "publisher", "Dover Books2"},
		{"macros defined later", `@book{k, publisher = p} @string{p = "Dover"}`, "publisher", "Dover"},
		{"months", `@book{k, year = 2013, month = mar}`, "date", "2013-03"},
		{"months with days", `@book{k, year = 2013, month = 10 # "~" # mar}`, "date", "2013-03-10"},
		{"months as numbers", `@book{k, year = 2013, month = 3, day = 7}`, "date", "2013-03-07"},
		{"months in words", `@book{k, year = 2013, month = {September/October}}`, "date", "September/October 2013"},
		{"years in words", `@book{k, year = {in press}}`, "date", "in press"},
		{"a date in EDTF", `@book{k, date = {1723~}}`, "date", "1723~"},
		{"pages", `@article{k, pages = {42--63}}`, "pages", "42-63"},
		{"a book's pages", `@book{k, pages = {214}}`, "numPages", "214"},
		{"a subtitle", `@book{k, title = {A}, subtitle = {B}}`, "title", "A: B"},
		{"a subtitle after a question", `@book{k, title = {A?}, subtitle = {B}}`, "title", "A? B"},
		{"a journal and its abbreviation", `@article{k, journal = {Adv. Math.}, fjournal = {Advances}}`, "journalAbbreviation", "Adv. Math."},
		{"a number of a journal", `@article{k, number = 7}`, "issue", "7"},
		{"a number in a series", `@book{k, number = 7}`, "seriesNumber", "7"},
		{"a number of a report", `@techreport{k, number = 7}`, "reportNumber", "7"},
		{"a school", `@phdthesis{k, school = {MIT}}`, "university", "MIT"},
		{"the kind of thesis", `@mastersthesis{k}`, "thesisType", "Master's Thesis"},
		{"an institution", `@techreport{k, institution = {MIT}}`, "institution", "MIT"},
		{"a publisher before an organization", `@book{k, organization = {IEEE}, publisher = {ACM}}`, "publisher", "ACM"},
		{"where the conference was", `@inproceedings{k, location = {Rome}, address = {New York}}`, "eventPlace", "Rome"},
		{"an address", `@misc{k, url = {http://a.b/c\_d--e}}`, "url", "http://a.b/c_d--e"},
		{"an address in howpublished", `@misc{k, howpublished = {\url{http://a.b/c}}}`, "url", "http://a.b/c"},
		{"a DOI with signs", `@article{k, doi = {10.1002/(SICI)19:4<377::AID>3.0.CO;2-P}}`, "DOI", "10.1002/(SICI)19:4<377::AID>3.0.CO;2-P"},
		{"what has no field", `@book{k, langidopts = {variant=american}}`, "extra", "tex.langidopts: variant=american"},
		{"what would take another's place", `@book{k, publisher = {A}, organization = {B}}`, "extra", "tex.organization: B"},
		{"a field that comes twice", `@book{k, volume = 1, volume = 2}`, "extra", "tex.volume: 2"},
		{"identifiers", `@book{k, mrnumber = {MR1}, lccn = {L2}, pmid = 3}`, "extra", "MR: MR1\nLCCN: L2\nPMID: 3"},
		{"identifiers with a field", `@article{k, pmid = 3}`, "PMID", "3"},
		{"arXiv as BibLaTeX has it", `@misc{k, eprint = {2101.00001}, eprinttype = {arxiv}}`, "extra", "arXiv: 2101.00001"},
		{"arXiv as arXiv has it", `@misc{k, eprint = {2101.00001}, archivePrefix = {arXiv}, primaryClass = {cs.CL}}`, "extra", "arXiv: 2101.00001 [cs.CL]"},
		{"an unknown archive", `@misc{k, eprint = {7}, eprinttype = {attic}}`, "extra", "tex.eprint: 7\ntex.eprinttype: attic"},
		{"a note that is an identifier", `@article{k, note = {{PMID:} 23439512}}`, "extra", "PMID: 23439512"},
		{"a DOI with a resolver", `@article{k, doi = {http://dx.doi.org/10.1119/1.1971267}}`, "DOI", "10.1119/1.1971267"},
		{"a second DOI", `@article{k, doi = {10.1000/1; doi:10.1000/2}}`, "extra", "DOI: 10.1000/2"},
		{"what is no DOI", `@article{k, doi = {n/a}}`, "DOI", "n/a"},
		{"a title addon alone", `@image{k, titleaddon = {A photo}}`, "title", "A photo"},
		{"a book's own booktitle", `@book{k, title = {{A} Book}, booktitle = {A book}}`, "extra", ""},
		{"a date of a patent", `@patent{k, date = {1998-02}}`, "issueDate", "1998-02"},
	}
	for _, tt := range tests {
		doc := read(t, tt.bib)
		if len(doc.Entries) != 1 {
			t.Errorf("%s: %d entries", tt.name, len(doc.Entries))
			continue
		}
		if got := doc.Entries[0].Item.Field(tt.field); got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.name, tt.field, got, tt.want)
		}
		if len(doc.Problems) > 0 {
			t.Errorf("%s: problems %v", tt.name, doc.Problems)
		}
	}
}

// TestUnknownTypes reads entry types that no program has: each is reported
// once, at its first entry.
func TestUnknownTypes(t *testing.T) {
	doc := read(t, "@scroll{a, title = {T}}\n@book{b}\n@scroll{c}\n@Scroll{d}\n@tablet{e}\n@IEEEtranBSTCTL{f}")
	if got := doc.Entries[0].Item; got.Type != "document" || got.Field("extra") != "tex.entrytype: scroll" || len(doc.Entries) != 5 {
		t.Errorf("%d entries, the first %+v", len(doc.Entries), got)
	}
	want := []struct {
		line   int
		entry  string
		reason string
	}{{1, "a", "@scroll is not known and was taken for a document; so were 2 more"}, {5, "e", "@tablet is not known"}, {6, "f", "a setting of a style"}}
	if len(doc.Problems) != len(want) {
		t.Fatalf("problems %v", doc.Problems)
	}
	for i, p := range doc.Problems {
		if p.Line != want[i].line || p.Entry != want[i].entry || !strings.Contains(p.Reason, want[i].reason) {
			t.Errorf("problem %+v, want %+v", p, want[i])
		}
	}
}

func TestRoles(t *testing.T) {
	for bib, want := range map[string]string{
		`@video{k, editor = {A, B}, editortype = {director}}`:                                                  "director",
		`@movie{k, author = {A, B}, editor = {C, D}}`:                                                          "director scriptwriter",
		`@collection{k, editor = {A, B}, editortype = {compiler}, editora = {C, D}, editoratype = {redactor}}`: "editor contributor",
		`@book{k, editor = {A, B}, editortype = {wizard}}`:                                                     "editor",
		`@book{k, author = {A, B}, collaborator = {C, D}}`:                                                     "author contributor",
		`@presentation{k, author = {A, B}, editora = {C, D}, editoratype = {chair}}`:                           "presenter chair",
		`@book{k, author = {Cullis, A.G.; Hutchison, J.L.}, editor = {Ada Lovelace; Charles Babbage}}`:         "author author editor editor",
	} {
		var roles []string
		doc := read(t, bib)
		for _, c := range doc.Entries[0].Item.Creators {
			roles = append(roles, c.Role)
		}
		if got := strings.Join(roles, " "); got != want {
			t.Errorf("%s has %q, want %q", bib, got, want)
		}
		if kept := doc.Entries[0].Item.Field("extra"); (kept != "") != strings.Contains(bib, "wizard") {
			t.Errorf("%s keeps %q", bib, kept)
		}
	}
}

func TestTypes(t *testing.T) {
	tests := map[string]string{
		"article": "journalArticle", "book": "book", "inbook": "bookSection", "incollection": "bookSection",
		"inproceedings": "conferencePaper", "conference": "conferencePaper", "phdthesis": "thesis", "techreport": "report",
		"misc": "document", "online": "webpage", "electronic": "webpage", "unpublished": "manuscript", "manual": "book",
		"proceedings": "book", "patent": "patent", "software": "computerProgram", "dataset": "dataset",
		"inreference": "encyclopediaArticle", "mvbook": "book", "periodical": "journalArticle", "unheardof": "document",
		"web_page": "webpage", "book_section": "bookSection", "magazine_article": "magazineArticle", "newspaper-article": "newspaperArticle",
		"bookSection": "bookSection", "article-journal": "journalArticle", "softwareversion": "computerProgram", "legadminmaterial": "statute",
		"legislation": "statute", "jurthesis": "thesis", "commented": "book", "url": "webpage", "generic": "journalArticle",
	}
	for kind, want := range tests {
		if got := read(t, "@"+kind+"{k, title = {T}}").Entries[0].Item.Type; got != want {
			t.Errorf("@%s is a %s, want %s", kind, got, want)
		}
	}
	for bib, want := range map[string]string{
		`@article{k, entrysubtype = {newspaper}}`:        "newspaperArticle",
		`@article{k, entrysubtype = {magazine}}`:         "magazineArticle",
		`@video{k, entrysubtype = {film}}`:               "film",
		`@video{k, entrysubtype = {tvepisode}}`:          "tvBroadcast",
		`@online{k, entrysubtype = {blog post}}`:         "blogPost",
		`@book{k, title = {A}, booktitle = {{A}}}`:       "book",
		`@book{k, title = {A}, booktitle = {B}}`:         "bookSection",
		`@misc{k, title = {A}, itemtype = {podcast}}`:    "podcast",
		`@misc{k, title = {A}, itemtype = {annotation}}`: "document",
	} {
		if got := read(t, bib).Entries[0].Item.Type; got != want {
			t.Errorf("%s is a %s, want %s", bib, got, want)
		}
	}
}

func TestInheritance(t *testing.T) {
	doc := read(t, `
@inproceedings{paper, crossref = {PROC}, author = {A B}, title = {Paper}}
@incollection{chapter, crossref = {coll}, title = {Chapter}}
@inbook{part, crossref = {mono}, author = {C D}, title = {Part}}
@book{volume, crossref = {works}, title = {Volume 2}}
@article{letter, xdata = {shared, other}, title = {Letter}}
@article{lost, crossref = {nowhere}, title = {Lost}}
@article{self, crossref = {self}, title = {Self}}
@article{ping, crossref = {pong}}
@article{pong, crossref = {ping}, volume = 4}
@proceedings{proc, title = {Proceedings}, booktitle = {Short Proceedings}, year = 1991, editor = {E F}, doi = {10.1000/proc}}
@collection{coll, title = {Collection}, subtitle = {Sub}, date = {1992}, publisher = {P}}
@book{mono, title = {Mono}, author = {C D}, date = {1993}}
@mvbook{works, title = {Works}, date = {1994}}
@xdata{shared, journal = {J}, year = 1995}
@xdata{other, volume = 7}
`)
	want := `conferencePaper paper title=Paper proceedingsTitle=Short Proceedings bookTitle= date=1991 DOI= volume= extra=
bookSection chapter title=Chapter proceedingsTitle= bookTitle=Collection: Sub date=1992 DOI= volume= extra=
bookSection part title=Part proceedingsTitle= bookTitle=Mono date=1993 DOI= volume= extra=
book volume title=Volume 2 proceedingsTitle= bookTitle= date=1994 DOI= volume= extra=tex.maintitle: Works
journalArticle letter title=Letter proceedingsTitle= bookTitle= date=1995 DOI= volume=7 extra=
journalArticle lost title=Lost proceedingsTitle= bookTitle= date= DOI= volume= extra=tex.crossref: nowhere`
	got := summary(doc, "title", "proceedingsTitle", "bookTitle", "date", "DOI", "volume", "extra")
	if !strings.HasPrefix(got, want) {
		t.Errorf("inheritance (-want +got)\n%s", cmp.Diff(want, got))
	}
	roles := map[string]string{}
	for _, e := range doc.Entries {
		for _, c := range e.Item.Creators {
			roles[e.Item.Field("citationKey")] += c.Role + " "
		}
	}
	if roles["paper"] != "author editor " || roles["part"] != "author bookAuthor " {
		t.Errorf("inherited creators: %v", roles)
	}
	if n := len(doc.Problems); n != 2 || doc.Problems[0].Severity != model.Skipped {
		t.Errorf("the xdata entries are reported as skipped, no more: %v", doc.Problems)
	}
}

func TestGroups(t *testing.T) {
	doc := read(t, `
@comment{jabref-meta: groupsversion:3;}
@comment{jabref-meta: groupstree:
0 AllEntriesGroup:;
1 ExplicitGroup:Physics\;0\;old\;both\;;
2 ExplicitGroup:Quantum\\\; ha
rd\;0\;both\;;
1 KeywordGroup:Reviews\;0\;keywords\;review\;0\;0\;;
}
@article{old, title = {A}}
@article{both, title = {B}}
@article{new, title = {C}, groups = {Physics, Unknown}}
@article{word, title = {D}, keywords = {letter, Review}}
@article{mendeley, title = {E}, mendeley-groups = {Top/Sub,Other}}
`)
	want := [][][]string{
		{{"Physics"}}, {{"Physics"}, {"Physics", "Quantum; hard"}}, {{"Physics"}, {"Unknown"}}, {{"Reviews"}}, {{"Top", "Sub"}, {"Other"}},
	}
	var got [][][]string
	for _, e := range doc.Entries {
		got = append(got, e.Collections)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got)\n%s", diff)
	}
}

func TestFiles(t *testing.T) {
	tests := []struct {
		name, value string
		want        []model.File
	}{
		{"Zotero", `Full Text:files/12/a\:b\;c.pdf:application/pdf;Snapshot:files/13/x.html:text/html`, []model.File{
			{Path: "files/12/a:b;c.pdf", Title: "Full Text", ContentType: "application/pdf"}, {Path: "files/13/x.html", Title: "Snapshot", ContentType: "text/html"}}},
		{"Mendeley", `:Users/me/Adams\_Huay.pdf:pdf;::`, []model.File{{Path: "Users/me/Adams_Huay.pdf", ContentType: "application/pdf"}}},
		{"JabRef", `:a b.pdf:PDF`, []model.File{{Path: "a b.pdf", ContentType: "application/pdf"}}},
		{"a path alone", `papers/x.txt`, []model.File{{Path: "papers/x.txt", ContentType: "text/plain"}}},
		{"several paths", `a.pdf;b.md`, []model.File{{Path: "a.pdf", ContentType: "application/pdf"}, {Path: "b.md", ContentType: "text/markdown"}}},
		{"a Windows path", `C:\Users\me\x.pdf`, []model.File{{Path: `C:\Users\me\x.pdf`, ContentType: "application/pdf"}}},
		{"a Windows path in a record", `T:C\:\\Users\\me\\x.pdf:pdf`, []model.File{{Path: `C:\Users\me\x.pdf`, Title: "T", ContentType: "application/pdf"}}},
		{"a drive without escape", `:C:/me/x.pdf:PDF`, []model.File{{Path: `C:/me/x.pdf`, ContentType: "application/pdf"}}},
	}
	for _, tt := range tests {
		doc := read(t, "@misc{k, file = {"+tt.value+"}}")
		if diff := cmp.Diff(tt.want, doc.Entries[0].Files); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestNotesAndTags(t *testing.T) {
	item := read(t, `@book{k, note = {First {\em note}}, annote = "Second

with two paragraphs", keywords = {a; b, {c, d},a}}`).Entries[0].Item
	if diff := cmp.Diff([]string{"a", "b", "c, d"}, item.Tags); diff != "" {
		t.Error(diff)
	}
	want := []library.Note{{Text: "First note"}, {Text: "Second\n\nwith two paragraphs"}}
	if diff := cmp.Diff(want, item.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestRecovery(t *testing.T) {
	const good = "@book{good, title = {Good}}\n"
	tests := []struct{ name, bib, want, problem string }{
		{"a missing brace at the end", "@book{a, title = {A}\n" + good, "book a title=A", "1 repaired"},
		{"a value without an end", "@book{a,\n title = {A {B,\n year = {1999}\n}\n" + good, "book a title=A B", "1 repaired"},
		{"a quote without an end", "@book{a,\n title = \"A,\n year = {1999}\n}\n" + good, "book a title=A", "1 repaired"},
		{"a brace too many", "@book{a, title = {A}},\n year = {1999}\n}\n" + good, "book a title=A", "1 repaired"},
		{"a missing comma", "@book{a, title = {A}\n year = 1999}\n" + good, "book a title=A", "1 repaired"},
		{"a missing comma after the key", "@book{a\n title = {A}}\n" + good, "book a title=A", "1 repaired"},
		{"a missing key", "@book{title = {A}}\n" + good, "book  title=A", "1 repaired"},
		{"a missing equals sign", "@book{a, title {A}}\n" + good, "book a title=A", "1 repaired"},
		{"junk between fields", "@book{a, title = {A}, ???, year = 1999}\n" + good, "book a title=A", "1 repaired"},
		{"an unknown abbreviation", "@book{a, title = TITLE}\n" + good, "book a title=TITLE", "1 repaired"},
		{"an entry without a brace", "\n@book a, title\n" + good, "", "2 skipped"},
		{"an entry that is commented out", "%@book{a, title = {A}}\n" + good, "", "1 skipped"},
		{"comments of all sorts", "@comment nothing\n@comment{@book{x, title = {X}}}\n@preamble{\"x\"}\nme@example.org {x}\n% x\n" + good, "", ""},
		{"an escaped brace without its pair", `@book{a, title = {A \{ B}}` + "\n" + good, "book a title=A { B", ""},
		{"a backslash before the closing brace", `@book{a, note = {C:\dir\}, title = {A}` + "\n}\n" + good, "book a title=A", ""},
		{"carriage returns alone", "@book{a, title = {A}}\r\r@book{b, title = {B}\r" + strings.ReplaceAll(good, "\n", "\r"), "book a title=A\nbook b title=B", "3 repaired"},
		{"Windows-1252", "@book{a, title = {Caf\xe9}}\n" + good, "book a title=Café", "1 repaired"},
		{"an entry that the file cuts off", good + "@book{a, title = {A", "", "2 repaired"},
	}
	for _, tt := range tests {
		doc := read(t, tt.bib)
		got := summary(doc, "title")
		if tt.want != "" && !strings.HasPrefix(got, tt.want+"\n") || !strings.Contains(got, "book good title=Good") {
			t.Errorf("%s: read as\n%s", tt.name, got)
		}
		var problem strings.Builder
		for _, p := range doc.Problems {
			problem.WriteString(" " + string(rune('0'+p.Line)) + " " + string(p.Severity))
			if p.File != "test.bib" || p.Reason == "" {
				t.Errorf("%s: problem %+v", tt.name, p)
			}
		}
		if strings.TrimSpace(problem.String()) != tt.problem {
			t.Errorf("%s: problems %v, want %q", tt.name, doc.Problems, tt.problem)
		}
	}
}

func TestEncodings(t *testing.T) {
	const bib = "@book{a, title = {Größe — ℡}}\n"
	units := utf16.Encode([]rune("\ufeff" + bib))
	little, big := new(bytes.Buffer), new(bytes.Buffer)
	_ = binary.Write(little, binary.LittleEndian, units)
	_ = binary.Write(big, binary.BigEndian, units)
	for name, data := range map[string]string{"UTF-8": bib, "UTF-8 with mark": "\ufeff" + bib, "UTF-16 LE": little.String(), "UTF-16 BE": big.String()} {
		if got := read(t, data).Entries[0].Item.Title(); got != "Größe — ℡" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestFilesThatAreNotBibTeX(t *testing.T) {
	if _, err := Read(t.Context(), strings.NewReader("\x7fELF\x02\x01\x01\x00\x00\x00"), "x"); library.CodeOf(err) != library.Invalid {
		t.Errorf("a binary file: %v", err)
	}
	if doc := read(t, ""); len(doc.Problems) != 0 {
		t.Errorf("an empty file: %v", doc.Problems)
	}
	if doc := read(t, "Dear diary\n"); len(doc.Problems) != 1 || doc.Problems[0].Severity != model.Skipped {
		t.Errorf("prose: %v", doc.Problems)
	}
	if _, err := Read(t.Context(), strings.NewReader(strings.Repeat("@a{b}", source.MaxEntries+1)), "x"); library.CodeOf(err) != library.TooLarge {
		t.Errorf("too many entries: %v", err)
	}
	broken := errors.New("disk on fire")
	if _, err := Read(t.Context(), io.MultiReader(strings.NewReader("@book{a, title = {"), failing{broken}), "x"); !errors.Is(err, broken) {
		t.Errorf("a read error: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, strings.NewReader("@book{a}"), "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled read: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
