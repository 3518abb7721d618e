package biblio_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// whole is a work with everything that a library holds of one.
func whole() *library.Item {
	return &library.Item{
		Type: "journalArticle", ParsedDate: "2008-06-26",
		Fields: map[string]string{
			"title": `The <i>E. coli</i> of α-Cu₂O & <span class="nocase">pH</span>: война`, "publicationTitle": "Journal of Ü & Co.", "journalAbbreviation": "J. Ü",
			"date": "2008-06-26", "volume": "3", "issue": "1", "pages": "42-63", "DOI": "10.1000/a_b<c>", "url": "https://example.org/ü?a=b%20c&d=~e#f", "accessDate": "2024-01-02 10:11:12",
			"abstractNote": "One α.\n\nTwo & <b>bold</b>.", "ISSN": "1234-5678", "PMID": "77", "PMCID": "PMC9", "language": "en", "series": "S", "shortTitle": "Short", "rights": "CC-BY", "citationKey": "O'Hara_1999",
			"libraryCatalog": "Catalogue", "callNumber": "QA 76", "archive": "Attic", "archiveLocation": "Box 1",
			"extra": "arXiv: 2005.14017 [cs, eess]\nfree text\ntex.custom: value",
		},
		Creators: []library.Creator{
			{Role: "author", Given: "Émile", Family: "van der Groß"}, {Role: "author", Name: "World Health Organization, Geneva"}, {Role: "author", Given: "Лев", Family: "Толстой"},
			{Role: "editor", Given: "A., Jr.", Family: "Doe"}, {Role: "translator", Given: "T", Family: "Roe"}, {Role: "reviewedAuthor", Given: "R", Family: "Reviewed"},
		},
		Tags:  []string{"one", "two, three", "vier; fünf"},
		Notes: []library.Note{{Text: "A *note*.\n\nIn two parts."}, {Text: "Another."}},
		Attachments: []library.Attachment{
			{Title: "Full Text", Filename: "files/1/paper.pdf", ContentType: "application/pdf"}, {Title: "Page", URL: "https://example.org/page", ContentType: "text/html"},
		},
	}
}

// TestRoundTrip writes a work in each format and reads it again. The table says
// all that changes; everything else comes back as it was.
func TestRoundTrip(t *testing.T) {
	ascii := map[string]string{
		"title": "The <i>E. coli</i> of α-Cu₂O & pH: война", "accessDate": "2024-01-02", "url": "https://example.org/%C3%BC?a=b%20c&d=~e#f",
	}
	tests := map[biblio.Format]struct {
		fields map[string]string
		tags   []string
		notes  []string
		files  []string
		links  []string
	}{
		// What protects a word's case, the time of access and links are gone;
		// both notes are one, and an address is in ASCII.
		biblio.BibTeX: {fields: ascii, notes: []string{"A *note*.\n\nIn two parts.\n\nAnother."}, files: []string{"files/1/paper.pdf"}},
		// An apostrophe in a key would stop biber.
		biblio.BibLaTeX: {
			fields: map[string]string{"title": ascii["title"], "accessDate": "2024-01-02", "citationKey": "OHara_1999"},
			notes:  []string{"A *note*.\n\nIn two parts.\n\nAnother."}, files: []string{"files/1/paper.pdf"},
		},
		// RIS has no formatting, and one line of text; its keywords are split
		// at semicolons.
		biblio.RIS: {
			fields: map[string]string{"title": "The E. coli of α-Cu₂O & pH: война", "abstractNote": "One α.\nTwo & <b>bold</b>."},
			tags:   []string{"one", "two, three", "vier", "fünf"}, notes: []string{"A *note*.\n\nIn two parts.", "Another."}, files: []string{"files/1/paper.pdf"}, links: []string{"https://example.org/page"},
		},
		// CSL-JSON has one note and no files. Its dates have no time, its
		// keywords are split at semicolons; an abstract with tags is HTML, and
		// there is one variable for titles of series.
		biblio.CSLJSON: {
			fields: map[string]string{"accessDate": "2024-01-02", "abstractNote": "One α. Two & **bold**.", "series": "", "seriesTitle": "S"},
			tags:   []string{"one", "two, three", "vier", "fünf"}, notes: []string{"A *note*.\n\nIn two parts.\n\nAnother."},
		},
	}
	for format, tt := range tests {
		t.Run(string(format), func(t *testing.T) {
			item := whole()
			doc, err := biblio.Read(t.Context(), strings.NewReader(written(t, format, item)), "x", format)
			if err != nil || len(doc.Entries) != 1 || len(doc.Problems) != 0 {
				t.Fatalf("%+v, %v", doc, err)
			}
			got := doc.Entries[0]
			want := whole()
			for field, value := range tt.fields {
				if want.Fields[field] = value; value == "" {
					delete(want.Fields, field)
				}
			}
			for _, fields := range []map[string]string{want.Fields, got.Item.Fields} {
				lines := strings.Split(fields["extra"], "\n")
				slices.Sort(lines)
				fields["extra"] = strings.Join(lines, "\n")
			}
			if tt.tags != nil {
				want.Tags = tt.tags
			}
			byRole := func(a, b library.Creator) int { return strings.Compare(a.Role, b.Role) }
			slices.SortStableFunc(want.Creators, byRole)
			creators := slices.Clone(got.Item.Creators)
			slices.SortStableFunc(creators, byRole)
			var notes, files, links []string
			for _, n := range got.Item.Notes {
				notes = append(notes, n.Text)
			}
			for _, f := range got.Files {
				files = append(files, f.Path)
			}
			for _, a := range got.Item.Attachments {
				links = append(links, a.URL)
			}
			for what, diff := range map[string]string{
				"fields": cmp.Diff(want.Fields, got.Item.Fields), "creators": cmp.Diff(want.Creators, creators), "tags": cmp.Diff(want.Tags, got.Item.Tags),
				"notes": cmp.Diff(tt.notes, notes, cmpopts.EquateEmpty()), "files": cmp.Diff(tt.files, files, cmpopts.EquateEmpty()), "links": cmp.Diff(tt.links, links, cmpopts.EquateEmpty()),
				"type and date": cmp.Diff(want.Type+want.ParsedDate, got.Item.Type+got.Item.ParsedDate),
			} {
				if diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
			// A second time nothing changes any more.
			if again := written(t, format, &got.Item); format != biblio.RIS {
				second, err := biblio.Read(t.Context(), bytes.NewReader([]byte(again)), "x", format)
				if err != nil || written(t, format, &second.Entries[0].Item) != again {
					t.Errorf("it changes once more: %v\n%s\n%s", err, again, written(t, format, &second.Entries[0].Item))
				}
			}
		})
	}
}
