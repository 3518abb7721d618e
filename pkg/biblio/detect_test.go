package biblio_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
)

func TestDetect(t *testing.T) {
	tests := []struct {
		name, file, head string
		want             biblio.Format
	}{
		{"BibTeX", "a.bib", "@book{key,\n title = {T}}", biblio.BibTeX},
		{"BibTeX without an extension", "a", "% a comment\n\n@Article(key, title = \"T\")", biblio.BibTeX},
		{"BibTeX that begins with a string", "a.txt", "@string{jan = \"January\"}", biblio.BibTeX},
		{"BibTeX behind a long preface", "a.txt", strings.Repeat("Some words.\n", 100) + "@misc{x, y = 1}", biblio.BibTeX},
		{"BibLaTeX by its name", "a.biblatex", "@online{key,\n}", biblio.BibLaTeX},
		{"an empty .bib", "a.bib", "", biblio.BibTeX},
		{"RIS", "a.ris", "TY  - JOUR\r\nTI  - T\r\n", biblio.RIS},
		{"RIS in a .txt", "a.txt", "\ufeffTY  - JOUR\nER  - \n", biblio.RIS},
		{"RIS behind a preface", "export", "Provider: X\n\nTY  - JOUR\n", biblio.RIS},
		{"RIS in a .bib", "a.bib", "TY  - JOUR\nER  - \n", biblio.RIS},
		{"RIS in UTF-16", "a", "\xff\xfeT\x00Y\x00 \x00 \x00-\x00 \x00B\x00", biblio.RIS},
		{"RIS with carriage returns", "a", "TY  - JOUR\rTI  - T\r", biblio.RIS},
		{"RIS in Latin-1", "a", "TY  - JOUR\nTI  - caf\xe9\n", biblio.RIS},
		{"RIS without a type, by its name", "a.ris", "AU  - A, B\n", biblio.RIS},
		{"CSL-JSON", "a.json", `[{"id":"a","type":"book"}]`, biblio.CSLJSON},
		{"CSL-JSON in a .txt", "a.txt", "\n[\n {\"type\": \"article-journal\"", biblio.CSLJSON},
		{"CSL-JSON under items", "a", `{"items":[{"type":"webpage"}]}`, biblio.CSLJSON},
		{"an empty array", "a.json", "[]", biblio.CSLJSON},
		{"an item that begins long", "a.csl.json", `[{"abstract":"` + strings.Repeat("x", 1<<17), biblio.CSLJSON},
		{"a package", "package.json", `{"name":"x","type":"module","version":"1"}`, ""},
		{"JSON of Mendeley", "a.json", `[{"type":"highlight","profile_id":"x"}]`, ""},
		{"a list of something else", "a.json", `[{"type":"highlight"}]`, ""},
		{"OpenAlex", "a.json", `{"id":"https://openalex.org/W1","type":"article"}`, biblio.OpenAlex},
		{"DataCite", "a.json", `{"data":[{"attributes":{"types":{"resourceTypeGeneral":"Text"},"type":"article"}}]}`, biblio.DataCite},
		{"Crossref's CSL-JSON", "a.json", `{"type":"journal-article","title":"T"}`, biblio.CSLJSON},
		{"BibTeX behind comments like refer's tags", "a.bib", "%A comment\n%B comment\n@book{k,", biblio.BibTeX},
		{"some JSON", "a", `[{"key":"x"}]`, ""},
		{"JSON with an e-mail address", "a.json", `{"x":"@article{a,"}`, ""},
		{"prose", "a.txt", "Write to me@example.org, or to@x{y.", ""},
		{"a picture", "a.bib", "\x89PNG\r\n\x1a\n\x00\x00\x00", ""},
		{"a PDF", "a.pdf", "%PDF-1.7\n", ""},
		{"a web page", "a.bib", "<!doctype html><p>@book{x,", ""},
		{"EndNote XML", "a.xml", "<?xml version=\"1.0\"?><xml>", ""},
		{"nothing", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := biblio.Detect(tt.file, []byte(tt.head))
			if !ok {
				got = ""
			}
			if got != tt.want {
				t.Errorf("Detect gave %q, want %q", got, tt.want)
			}
		})
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("a.bib", []byte("@book{a,"))
	f.Add("a.txt", []byte("\xff\xfeT\x00Y\x00"))
	f.Add("a", []byte("\x00T\x00Y\x00 \x00-"))
	f.Add("x.json", []byte(`[{"type":"book"`))
	f.Add("x.json", []byte(`{"id":"https://openalex.org/W1"`))
	f.Fuzz(func(t *testing.T, name string, head []byte) {
		format, ok := biblio.Detect(name, head)
		if ok && !slices.Contains(biblio.Readable(), format) {
			t.Fatalf("Detect gave the unknown format %q", format)
		}
	})
}
