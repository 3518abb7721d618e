package bibtex

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestWrittenForm(t *testing.T) {
	item := &library.Item{
		Type: "journalArticle",
		Fields: map[string]string{"title": "On the DNA of <i>Natrix</i>", "publicationTitle": "Oil & Gas", "date": "2008-06-26",
			"pages": "42-63", "DOI": "10.1000/a_b", "url": "https://a.b/c%20d_e", "extra": "arXiv: 2101.1", "abstractNote": "One.\n\nTwo."},
		Creators: []library.Creator{{Role: "author", Given: "Ludwig", Family: "van Beethoven"}, {Role: "author", Name: "IEEE"}, {Role: "editor", Given: "A", Family: "B"}},
		Tags:     []string{"x", "y, z"},
	}
	tests := map[Dialect]string{
		BibTeX: `@article{vanbeethoven2008dna,
  author = {van Beethoven, Ludwig and {IEEE}},
  editor = {B, A},
  title = {On the {DNA} of \textit{{Natrix}}},
  journal = {Oil \& Gas},
  year = {2008},
  month = jun,
  day = {26},
  abstract = {One.\par Two.},
  pages = {42--63},
  doi = {10.1000/a_b},
  url = {https://a.b/c%20d_e},
  eprint = {2101.1},
  archiveprefix = {arXiv},
  keywords = {x, {y, z}}
}
`,
		BibLaTeX: `@article{vanbeethoven2008dna,
  author = {van Beethoven, Ludwig and {IEEE}},
  editor = {B, A},
  title = {On the {DNA} of \textit{{Natrix}}},
  journaltitle = {Oil \& Gas},
  date = {2008-06-26},
  abstract = {One.\par Two.},
  pages = {42--63},
  doi = {10.1000/a_b},
  url = {https://a.b/c%20d_e},
  eprint = {2101.1},
  eprinttype = {arxiv},
  keywords = {x, {y, z}}
}
`,
	}
	item.ParsedDate = "2008-06-26"
	for d, want := range tests {
		var out bytes.Buffer
		if err := Write(&out, []*library.Item{item}, d); err != nil {
			t.Fatal(err)
		}
		if out.String() != want {
			t.Errorf("%s:\n%s\nwant\n%s", d, out.String(), want)
		}
	}
}

func TestDatesRoundTrip(t *testing.T) {
	for _, d := range []Dialect{BibTeX, BibLaTeX} {
		for _, date := range []string{"2008", "2008-06", "2008-06-26", "June 2008", "1999/2001", "1723~", "-0044", "in press", "Summer 1992", "26/6/2008", "y-51234", "2016-07-18T20:26:06+10:00", "}{"} {
			item := &library.Item{Type: "book", Fields: map[string]string{"title": "T", "date": date}}
			if got := rewrite(t, []*library.Item{item}, d).Entries[0].Item.Field("date"); got != date {
				t.Errorf("%s: %q became %q", d, date, got)
			}
		}
	}
}

// TestHostileTextStaysInItsEntry puts texts that would end a value or begin
// an entry into every place of an item.
func TestHostileTextStaysInItsEntry(t *testing.T) {
	for _, s := range hostileTexts {
		for _, d := range []Dialect{BibTeX, BibLaTeX} {
			checkHostile(t, s, d)
		}
	}
}

var hostileTexts = []string{
	"}\n@book{evil, title = {x}}", "{", "}", `\`, `a\`, `\}`, `"`, "%", "#", "a\n\n@book{evil,\n}", "@comment{", " = {", ",", "and", "x and y",
	"--", "''", "$", "~", "\x00", "\xff", "tex.crossref: victim", "tex.a: b\ntex.title: c", "tex.entrytype: comment", "tex.entrytype: evil}", "tex.x}y: z", ";:\\", ")",
}

func checkHostile(t *testing.T, s string, d Dialect) {
	t.Helper()
	hostile := func(itemType string) *library.Item {
		return &library.Item{
			Type: itemType,
			Fields: map[string]string{"title": s, "publicationTitle": s, "date": s, "DOI": s, "url": s, "pages": s, "extra": s, "citationKey": s,
				"abstractNote": s, "issue": s, "publisher": s, "accessDate": s, "series": s, "shortTitle": s, "language": s},
			Creators: []library.Creator{{Role: "author", Name: s}, {Role: "editor", Given: s, Family: s}, {Role: s, Name: s}},
			Tags:     []string{s}, Notes: []library.Note{{Text: s}},
			Attachments: []library.Attachment{{Title: s, Filename: s, ContentType: s}},
		}
	}
	items := []*library.Item{hostile("journalArticle"), hostile("book"), hostile("document"), hostile(s),
		{Type: "book", Fields: map[string]string{"title": "Last", "citationKey": "last"}}}
	doc := rewrite(t, items, d)
	last := doc.Entries[len(doc.Entries)-1].Item
	if last.Title() != "Last" || last.Field("citationKey") != "last" || len(last.Creators) > 0 {
		t.Errorf("%s: %q changed the next entry: %+v", d, s, last)
	}
}

func TestKeys(t *testing.T) {
	book := func(key, title string) *library.Item {
		return &library.Item{Type: "book", ParsedDate: "1999", Fields: map[string]string{"citationKey": key, "title": title},
			Creators: []library.Creator{{Role: "author", Given: "A", Family: "Müller"}}}
	}
	items := []*library.Item{book("", "The Title"), book("", "A title"), book("muller1999title", "X"), book("Same", "X"), book("same", "X"),
		book("a b,c}", "X"), book("%%", "Die Welt"), {Type: "book"}, {Type: "book"}}
	want := []string{"muller1999titlea", "muller1999titleb", "muller1999title", "Same", "samea", "abc", "muller1999welt", "anonymous", "anonymousa"}
	doc := rewrite(t, items, BibTeX)
	for i, e := range doc.Entries {
		if got := e.Item.Field("citationKey"); got != want[i] {
			t.Errorf("item %d has key %q, want %q", i, got, want[i])
		}
	}
}

func TestWriteFailsWithItsWriter(t *testing.T) {
	full := errors.New("disk full")
	if err := Write(failingWriter{full}, []*library.Item{{Type: "book"}}, BibTeX); !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// FuzzRead checks that any text is read without a panic, that what is read
// can be written, and that it reads back as as many clean entries.
func FuzzRead(f *testing.F) {
	for _, s := range append(hostileTexts,
		"@book{a, title = {A {B,\n year = {1999}\n}\n@book{b}", `@string{a = "b" # c} @article(k, author = a # " and x", month = 10 # jan)`,
		"@comment{jabref-meta: groupstree:\n1 ExplicitGroup:A\\;0\\;k\\;;}\n@misc{k, groups = {A, B}}",
		"@inbook{a, crossref = {b}}\n@book{b, crossref = {a}, xdata = {a,b}}", `@misc{k, file = {a:b\:c:pdf;d}, eprint = {x}, archiveprefix = {arXiv}}`,
		`@misc{k, title = {\"{a} $x_{10}$ \em b}, date = {1999~/..}, pages = {1--2}}`, "%@book{a,\n@book{b, x = \"\\\"{a}\"}") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := Read(t.Context(), strings.NewReader(s), "fuzz.bib")
		if err != nil {
			if library.CodeOf(err) == library.Internal {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		items := pointers(doc)
		for _, d := range []Dialect{BibTeX, BibLaTeX} {
			rewrite(t, items, d)
		}
	})
}

func FuzzWrite(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range []Dialect{BibTeX, BibLaTeX} {
			checkHostile(t, s, d)
		}
	})
}
