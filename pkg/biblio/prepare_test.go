package biblio_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func written(t *testing.T, format biblio.Format, items ...*library.Item) string {
	t.Helper()
	var out bytes.Buffer
	if err := biblio.Write(&out, format, items); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWrite_OneKeyInEveryFormat(t *testing.T) {
	items := []*library.Item{
		{Type: "book", Fields: map[string]string{"title": "T", "citationKey": "O'Hara_1999"}},
		{Type: "book", Fields: map[string]string{"title": "T", "extra": "Citation Key: doe2000"}},
		{Type: "book", ParsedDate: "1843", Fields: map[string]string{"title": "Notes"}, Creators: []library.Creator{{Role: "author", Family: "Lovelace", Given: "Ada"}}},
		{Type: "book", CitationKey: "given2001a", Fields: map[string]string{"title": "T", "citationKey": "given2001"}},
	}
	for i, want := range []string{"O'Hara_1999", "doe2000", "lovelace1843notes", "given2001a"} {
		if got := biblio.CitationKey(items[i]); got != want {
			t.Errorf("the key is %q, want %q", got, want)
		}
		if got := written(t, biblio.BibTeX, items...); !strings.Contains(got, "@book{"+want+",") {
			t.Errorf("BibTeX has no %q:\n%s", want, got)
		}
		if got := written(t, biblio.BibLaTeX, items...); !strings.Contains(got, "@book{"+strings.ReplaceAll(want, "'", "")+",") {
			t.Errorf("BibLaTeX has no %q:\n%s", want, got)
		}
		if got := written(t, biblio.RIS, items...); !strings.Contains(got, "M2  - Citation Key: "+want+"\r\n") {
			t.Errorf("RIS has no %q:\n%s", want, got)
		}
		var csl []struct{ ID string }
		if err := json.Unmarshal([]byte(written(t, biblio.CSLJSON, items...)), &csl); err != nil || csl[i].ID != want {
			t.Errorf("CSL-JSON has %+v, %v; want %q", csl, err, want)
		}
	}
}

func TestWrite_FormerKeysAreIDs(t *testing.T) {
	item := &library.Item{Type: "book", Fields: map[string]string{"title": "T", "extra": "ids: old99, Other00, old_{98}"}}
	other := &library.Item{Type: "book", Fields: map[string]string{"title": "U", "citationKey": "other00", "extra": "ids: old99"}}
	for _, format := range []biblio.Format{biblio.BibTeX, biblio.BibLaTeX} {
		got := written(t, format, item, other)
		doc, err := biblio.Read(t.Context(), strings.NewReader(got), "a.bib", format)
		if !strings.Contains(got, "ids = {old99, old_98}") || strings.Count(got, "ids =") != 1 || err != nil || doc.Entries[0].Item.Field("extra") != "ids: old99, old_98" {
			t.Errorf("%v\n%s", err, got)
		}
	}
}

func TestDocument_IsCut(t *testing.T) {
	for text, want := range map[string]bool{
		"@misc{a, title = {A}}\n@misc{b, title = {B": true, "@misc{a, title = {A}}\n@misc{b, title = {B}": true, "@misc{a, title = {A}}\n@misc{b, title {B}}": false,
		"@misc{a, title = {A\n@misc{b, title = {B}}": false, "@misc{a, title = {A}}": false, "": false,
		"TY  - JOUR\nTI  - A\nER  - \nTY  - JOUR\nTI  - B\n": true, "TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\nER  - \n": false,
	} {
		format := biblio.BibTeX
		if strings.HasPrefix(text, "TY") {
			format = biblio.RIS
		}
		if doc, err := biblio.Read(t.Context(), strings.NewReader(text), "a", format); err != nil || doc.IsCut() != want {
			t.Errorf("%q: cut %t, %v", text, doc.IsCut(), err)
		}
	}
}

func TestWrite_LiftsExtra(t *testing.T) {
	item := &library.Item{Type: "journalArticle", Fields: map[string]string{"title": "T", "extra": "DOI: https://doi.org/10.1000/1\nPMID: 7\nfree text"}}
	for format, marks := range map[biblio.Format][]string{
		biblio.BibTeX: {"doi = {10.1000/1}", "pmid = {7}", "extra = {free text}"}, biblio.BibLaTeX: {"doi = {10.1000/1}", "pmid = {7}"},
		biblio.RIS: {"DO  - 10.1000/1", "M2  - free text"}, biblio.CSLJSON: {`"DOI":"10.1000/1"`, `"PMID":"7"`, `"note":"free text"`},
	} {
		for _, mark := range marks {
			if got := written(t, format, item); !strings.Contains(got, mark) {
				t.Errorf("%s has no %q:\n%s", format, mark, got)
			}
		}
	}
}

func TestWrite_HasNoControlCharacters(t *testing.T) {
	const bad = "a\x1b[31m\x00\u0085\x7fb"
	item := &library.Item{Type: "book", Fields: map[string]string{"title": bad, "abstractNote": bad, "extra": bad, "DOI": bad, "url": bad},
		Creators: []library.Creator{{Role: "author", Name: bad}, {Role: "editor", Given: bad, Family: bad}}, Tags: []string{bad},
		Notes: []library.Note{{Text: bad}}, Attachments: []library.Attachment{{Title: bad, Filename: bad, URL: bad, ContentType: bad}}}
	for _, format := range biblio.Formats() {
		got := written(t, format, item)
		for _, c := range []string{"\x1b", "\x00", "\u0085", "\x7f", `\u001b`, `\u0000`} {
			if strings.Contains(got, c) {
				t.Errorf("%s has %q:\n%s", format, c, got)
			}
		}
	}
	if item.Fields["title"] != bad || item.Creators[0].Name != bad || item.Tags[0] != bad {
		t.Error("the item itself changed")
	}
}

// BenchmarkWrite writes a thousand works; the yardstick is BibLaTeX, which needs
// no TeX.
func BenchmarkWrite(b *testing.B) {
	items := make([]*library.Item, 1000)
	for i := range items {
		items[i] = whole()
	}
	for _, format := range []biblio.Format{biblio.BibLaTeX, biblio.BibTeX, biblio.RIS, biblio.CSLJSON} {
		b.Run(string(format), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := biblio.Write(io.Discard, format, items); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
