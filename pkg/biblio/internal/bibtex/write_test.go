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

// TestWrittenDates compares the date fields with what BibTeX and biber read,
// and what is read again with the date.
func TestWrittenDates(t *testing.T) {
	tests := []struct{ date, bibtex, biblatex, again, fromBiber string }{
		{"2008", "year = {2008}", "date = {2008}", "2008", "2008"},
		{"2008-06", "year = {2008}, month = jun", "date = {2008-06}", "2008-06", "2008-06"},
		{"2008-06-26", "year = {2008}, month = jun, day = {26}", "date = {2008-06-26}", "2008-06-26", "2008-06-26"},
		{"October 1, 2016", "year = {2016}, month = oct, day = {1}", "date = {2016-10-01}", "2016-10-01", "2016-10-01"},
		{"25 April 1953", "year = {1953}, month = apr, day = {25}", "date = {1953-04-25}", "1953-04-25", "1953-04-25"},
		{"12/2014", "year = {2014}, month = dec", "date = {2014-12}", "2014-12", "2014-12"},
		{"June 2008", "year = {2008}, month = jun", "date = {2008-06}", "2008-06", "2008-06"},
		{"26/6/2008", "year = {2008}, month = jun, day = {26}", "date = {2008-06-26}", "2008-06-26", "2008-06-26"},
		{"Summer 1992", "year = {1992}, month = {Summer}", "date = {1992-22}", "Summer 1992", "1992-22"},
		{"September/October 2013", "year = {2013}, month = {September/October}", "date = {2013-09/2013-10}", "September/October 2013", "2013-09/2013-10"},
		{"26-28 June 2008", "year = {2008}, month = jun, day = {26}, date = {2008-06-26/2008-06-28}", "date = {2008-06-26/2008-06-28}", "2008-06-26/2008-06-28", "2008-06-26/2008-06-28"},
		{"1999/2001", "year = {1999/2001}", "date = {1999/2001}", "1999/2001", "1999/2001"},
		{"1999-05/open", "year = {1999}, month = may, date = {1999-05/}", "date = {1999-05/}", "1999-05/", "1999-05/"},
		{"1723~", "year = {1723}, date = {1723~}", "date = {1723~}", "1723~", "1723~"},
		{"199X", "year = {199X}", "date = {199X}", "199X", "199X"},
		{"2016-07-18T20:26:06+10:00", "year = {2016}, month = jul, day = {18}, date = {2016-07-18T20:26:06+10:00}", "date = {2016-07-18T20:26:06+10:00}", "2016-07-18T20:26:06+10:00", "2016-07-18T20:26:06+10:00"},
		{"-0044", "year = {-0044}", "date = {-0044}", "-0044", "-0044"},
		{"44 BC", "year = {44 BC}", "year = {44 BC}", "44 BC", "44 BC"},
		{"y52000", "year = {y52000}", "date = {Y52000}", "y52000", "Y52000"},
		{"in press", "year = {in press}", "year = {in press}", "in press", "in press"},
		{"y-51234", "year = {y-51234}", "date = {Y-51234}", "y-51234", "Y-51234"},
		{"2008-02-30", "year = {2008}, month = feb", "date = {2008-02}", "2008-02", "2008-02"},
		{"}{", "year = {{\\textbraceright}{\\textbraceleft}}", "year = {{\\textbraceright}{\\textbraceleft}}", "}{", "}{"},
	}
	for _, tt := range tests {
		item := &library.Item{Type: "book", Fields: map[string]string{"title": "T", "date": tt.date, "citationKey": "k"}}
		for _, d := range []Dialect{BibTeX, BibLaTeX} {
			want, again := tt.bibtex, tt.again
			if d == BibLaTeX {
				want, again = tt.biblatex, tt.fromBiber
			}
			if got := written(t, item, d); got != "@book{k, title = {T}, "+want+" }" {
				t.Errorf("%s: %q is written as %s, want %s", d, tt.date, got, want)
			}
			if got := rewrite(t, []*library.Item{item}, d).Entries[0].Item.Field("date"); got != again {
				t.Errorf("%s: %q became %q, want %q", d, tt.date, got, again)
			}
		}
	}
}

// written returns an item's entry on one line.
func written(t *testing.T, item *library.Item, d Dialect) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, []*library.Item{item}, d); err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// TestWrittenTeX compares fields with what pdflatex sets.
func TestWrittenTeX(t *testing.T) {
	tests := []struct {
		name  string
		item  library.Item
		want  []string
		never []string
	}{
		{"symbols", library.Item{Fields: map[string]string{"title": "An α-Cu₂O ≤ ∞"}}, []string{`title = {An {$\alpha$-Cu$_{2}$O} $\leq$ $\infty$}`}, []string{"unicode-"}},
		{"letters", library.Item{Fields: map[string]string{"title": "Über ḥ"}, Creators: []library.Creator{{Role: "author", Given: "Émile", Family: "Müller"}}},
			[]string{`title = {Über {\d{h}}}`, `author = {M{\"{u}}ller, {\'{E}}mile}`}, nil},
		{"Cyrillic", library.Item{Fields: map[string]string{"title": "Мир"}, Creators: []library.Creator{{Role: "author", Given: "Лев", Family: "Толстой"}}},
			[]string{"title = {Mir}", "unicode-title = {Мир}", "author = {Tolstoi, Lev}", "unicode-author = {Толстой, Лев}"}, nil},
		{"institutions with signs", library.Item{Creators: []library.Creator{{Role: "author", Name: "A & B"}, {Role: "author", Name: "Ünder <x>"}, {Role: "author", Given: "A_", Family: "C & D"}}},
			[]string{`author = {A{ }{\&}{ }B and {\"{U}}nder{ }{\textless}x{\textgreater} and C {\&} D, A{\_}}`}, nil},
		{"an abstract that no style prints", library.Item{Fields: map[string]string{"abstractNote": "Мир"}}, []string{"abstract = {Мир}"}, []string{"unicode-"}},
		{"an address", library.Item{Fields: map[string]string{"url": "https://a.b/ü"}}, []string{"url = {https://a.b/%C3%BC}"}, nil},
		{"an access date", library.Item{Fields: map[string]string{"accessDate": "2024-01-02T10:11:12Z"}}, []string{"urldate = {2024-01-02}"}, nil},
		{"another access date", library.Item{Fields: map[string]string{"accessDate": "2024-01-02 10:11:12"}}, []string{"urldate = {2024-01-02}"}, nil},
		{"arXiv", library.Item{Fields: map[string]string{"extra": "arXiv: 2005.14017 [cs, eess]"}}, []string{"eprint = {2005.14017}", "archiveprefix = {arXiv}", "primaryclass = {cs}", "extra = {arXiv: 2005.14017 [cs, eess]}"}, nil},
		{"arXiv's archive ID", library.Item{Type: "preprint", Fields: map[string]string{"archiveID": "arXiv:2005.14017", "repository": "arXiv"}}, []string{"eprint = {2005.14017}", "archiveprefix = {arXiv}"}, []string{"archiveid"}},
		{"a protected word", library.Item{Fields: map[string]string{"title": `On <span class="nocase">pH</span> and <i>E. coli</i>`}}, []string{`title = {On {pH} and \textit{{E}. coli}}`}, nil},
	}
	for _, tt := range tests {
		if tt.item.Type == "" {
			tt.item.Type = "book"
		}
		got := written(t, &tt.item, BibTeX)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s has no %s", tt.name, got, want)
			}
		}
		for _, never := range tt.never {
			if strings.Contains(got, never) {
				t.Errorf("%s: %s has %s", tt.name, got, never)
			}
		}
	}
	arxiv := &library.Item{Type: "book", Fields: map[string]string{"extra": "arXiv: 2005.14017 [cs]"}}
	if got := written(t, arxiv, BibLaTeX); !strings.Contains(got, "eprint = {2005.14017}, eprinttype = {arxiv}, eprintclass = {cs}") {
		t.Errorf("arXiv in BibLaTeX: %s", got)
	}
}

// TestNamesForBiber writes names with commas, which biber counts within braces
// too.
func TestNamesForBiber(t *testing.T) {
	for want, c := range map[string]library.Creator{
		`author = {"family={Miller}", "given={J., D., Firby}"}`: {Role: "author", Family: "Miller", Given: "J., D., Firby"},
		`author = {Miller, Jr., J.}`:                            {Role: "author", Family: "Miller", Given: "J., Jr."},
		`author = {{Miller, a = b, c, d}}`:                      {Role: "author", Family: "Miller", Given: "a = b, c, d"},
		`author = {{A, B, C, and D}}`:                           {Role: "author", Name: "A, B, C, and D"},
	} {
		item := &library.Item{Type: "book", Fields: map[string]string{"citationKey": "k"}, Creators: []library.Creator{c}}
		if got := written(t, item, BibLaTeX); got != "@book{k, "+want+" }" {
			t.Errorf("%+v is written as %s, want %s", c, got, want)
		}
	}
}

func TestUnicodeIsRestored(t *testing.T) {
	item := &library.Item{Type: "book", Fields: map[string]string{"title": "Война и мир α", "publisher": "Наука"},
		Creators: []library.Creator{{Role: "author", Given: "Лев", Family: "Толстой"}, {Role: "editor", Name: "学会"}}}
	got := rewrite(t, []*library.Item{item}, BibTeX).Entries[0].Item
	if got.Title() != item.Title() || got.Field("publisher") != "Наука" || got.Creators[0].Family != "Толстой" || got.Creators[1].Name != "学会" || got.Field("extra") != "" {
		t.Errorf("read again it is %+v", got)
	}
	doc := read(t, "@book{k, title = {War and Peace}, unicode-title = {Мир}, unicode-series = {X}}")
	if got := doc.Entries[0].Item; got.Title() != "War and Peace" || got.Field("extra") != "" || len(doc.Problems) != 1 ||
		!strings.Contains(doc.Problems[0].Reason, "title was edited") || !strings.Contains(doc.Problems[0].Reason, "unicode-series") {
		t.Errorf("an edited title is read as %q, problems %v", got.Title(), doc.Problems)
	}
}

func TestKeysInEntries(t *testing.T) {
	item := &library.Item{Type: "book", Fields: map[string]string{"citationKey": "O'Hara_1999"}}
	if got := written(t, item, BibTeX); !strings.HasPrefix(got, "@book{O'Hara_1999, }") {
		t.Errorf("BibTeX: %s", got)
	}
	if got := written(t, item, BibLaTeX); !strings.HasPrefix(got, "@book{OHara_1999, }") {
		t.Errorf("BibLaTeX: %s", got)
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
