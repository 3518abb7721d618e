package biblio_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestFormats(t *testing.T) {
	for _, format := range biblio.Formats() {
		if format.ContentType() == "" || !strings.HasPrefix(format.Extension(), ".") {
			t.Errorf("%s has content type %q and extension %q", format, format.ContentType(), format.Extension())
		}
	}
	unknown := biblio.Format("endnote")
	if _, err := biblio.Read(t.Context(), strings.NewReader(""), "x", unknown); library.CodeOf(err) != library.Invalid {
		t.Errorf("reading an unknown format: %v", err)
	}
	if err := biblio.Write(io.Discard, unknown, nil); library.CodeOf(err) != library.Invalid {
		t.Errorf("writing an unknown format: %v", err)
	}
	if unknown.ContentType() != "" || unknown.Extension() != "" {
		t.Error("an unknown format has a content type or an extension")
	}
}

// TestWhatIsWrittenIsRead writes works in every format and reads them back.
func TestWhatIsWrittenIsRead(t *testing.T) {
	items := []*library.Item{
		{
			Type:     "journalArticle",
			Fields:   map[string]string{"title": "On Computable Numbers", "publicationTitle": "Proceedings", "date": "1936-11-12", "DOI": "10.1112/plms/s2-42.1.230", "pages": "230-265", "citationKey": "turing1936"},
			Creators: []library.Creator{{Role: "author", Family: "Turing", Given: "Alan M."}},
		},
		{
			Type:     "book",
			Fields:   map[string]string{"title": "Über die Größe: naïve & 50 %", "date": "1867", "publisher": "Müller & Söhne", "citationKey": "gross1867"},
			Creators: []library.Creator{{Role: "author", Family: "van der Groß", Given: "Çelik"}, {Role: "editor", Name: "World Health Organization"}},
		},
	}
	for _, format := range biblio.Formats() {
		t.Run(string(format), func(t *testing.T) {
			var out bytes.Buffer
			if err := biblio.Write(&out, format, items); err != nil {
				t.Fatal(err)
			}
			found, ok := biblio.Detect("x", out.Bytes())
			if !ok || found.Extension() != format.Extension() {
				t.Errorf("what was written is detected as %q", found)
			}
			doc, err := biblio.Read(t.Context(), &out, "x", format)
			if err != nil {
				t.Fatal(err)
			}
			if len(doc.Entries) != len(items) || len(doc.Problems) != 0 {
				t.Fatalf("%d entries, problems %+v", len(doc.Entries), doc.Problems)
			}
			for i, want := range items {
				got := doc.Entries[i].Item
				if got.Type != want.Type || got.Title() != want.Title() || got.ParsedDate != want.Fields["date"] ||
					got.Fields["DOI"] != want.Fields["DOI"] || !slices.Equal(got.Creators, want.Creators) || got.Fields["citationKey"] != want.Fields["citationKey"] {
					t.Errorf("got %+v\nwant %+v", got, *want)
				}
			}
		})
	}
}

// TestAnyBytesAreRead gives every reader what belongs to another, cut at any
// place: an answer or a plain error, never a panic.
func TestAnyBytesAreRead(t *testing.T) {
	texts := []string{
		"@article{a, title = {T}, author = {A and B}}\n", "TY  - JOUR\nTI  - T\nER  - \n", `[{"type":"book","title":"T"}]`,
		"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff\x00", "\x00", strings.Repeat("{", 1000), strings.Repeat("\"", 1000), strings.Repeat("@", 1000),
	}
	for _, format := range biblio.Formats() {
		for _, text := range texts {
			for end := 0; end <= min(len(text), 50); end++ {
				_, err := biblio.Read(t.Context(), strings.NewReader(text[:end]), "x", format)
				if code := library.CodeOf(err); err != nil && code != library.Invalid {
					t.Errorf("%s of %q: %v", format, text[:end], err)
				}
			}
		}
	}
}
