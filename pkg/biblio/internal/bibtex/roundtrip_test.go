package bibtex

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/edtf"
	"github.com/stackroom-mcp/stackroom/pkg/biblio/internal/model"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

// rewrite writes items and reads them again.
func rewrite(t testing.TB, items []*library.Item, d Dialect) *model.Document {
	var out bytes.Buffer
	if err := Write(&out, items, d); err != nil {
		t.Fatal(err)
	}
	doc, err := Read(t.Context(), bytes.NewReader(out.Bytes()), "again.bib")
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Problems) > 0 {
		t.Errorf("what was written is not clean: %v\n%.2000s", doc.Problems, out.String())
	}
	if len(doc.Entries) != len(items) {
		t.Fatalf("%d items written, %d read again\n%.2000s", len(items), len(doc.Entries), out.String())
	}
	return doc
}

// comparable returns the item without what the format can't say: the order of
// the lines of "extra", and the borders between notes.
func comparable(item library.Item) library.Item {
	item.Fields = cloneFields(item.Fields)
	lines := strings.Split(item.Fields["extra"], "\n")
	slices.Sort(lines)
	item.Fields["extra"] = strings.Join(lines, "\n")
	for field, value := range item.Fields {
		// An address has its bytes in ASCII, and hyphens are one character.
		if decoded, err := url.PathUnescape(value); err == nil && field == "url" {
			value = decoded
		}
		item.Fields[field] = strings.NewReplacer("\u2010", "-", "\u00ad", "").Replace(value)
	}
	for _, field := range []string{"date", "issueDate", "originalDate"} {
		if normal, ok := edtf.Normal(item.Fields[field]); ok {
			item.Fields[field] = normal
		}
	}
	var notes []string
	for _, n := range item.Notes {
		notes = append(notes, n.Text)
	}
	item.Notes = []library.Note{{Text: strings.Join(notes, "\n\n")}}
	return item
}

func cloneFields(fields map[string]string) map[string]string {
	clone := map[string]string{}
	maps.Copy(clone, fields)
	return clone
}

func sameItems(t *testing.T, want, got *model.Document) {
	t.Helper()
	options := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreFields(library.Item{}, "Added", "Modified", "Attachments")}
	shown := 0
	for i := range want.Entries {
		a, b := comparable(want.Entries[i].Item), comparable(got.Entries[i].Item)
		if a.Fields["citationKey"] == "" || strings.HasPrefix(b.Fields["citationKey"], a.Fields["citationKey"]) {
			delete(a.Fields, "citationKey")
			delete(b.Fields, "citationKey")
		}
		if diff := cmp.Diff(a, b, options); diff != "" && shown < 8 {
			shown++
			t.Errorf("entry %s changed:\n%s", want.Entries[i].Item.Fields["citationKey"], diff)
		}
	}
}

// TestRoundTripOfRealFiles reads files, writes the items, and reads them
// again.
func TestRoundTripOfRealFiles(t *testing.T) {
	folder := fixtures(t)
	files, _ := filepath.Glob(filepath.Join(folder, "*", "*.bib*"))
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		first, err := Read(t.Context(), bytes.NewReader(data), file)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []Dialect{BibTeX, BibLaTeX} {
			t.Run(filepath.Base(file)+" "+string(d), func(t *testing.T) {
				sameItems(t, first, rewrite(t, pointers(first), d))
			})
		}
	}
}

func pointers(doc *model.Document) []*library.Item {
	items := make([]*library.Item, len(doc.Entries))
	for i := range doc.Entries {
		items[i] = &doc.Entries[i].Item
	}
	return items
}

// TestRoundTripOfEveryField writes an item of every type with every field
// that the type has.
func TestRoundTripOfEveryField(t *testing.T) {
	types := []string{"artwork", "audioRecording", "bill", "blogPost", "book", "bookSection", "case", "computerProgram",
		"conferencePaper", "dataset", "dictionaryEntry", "document", "email", "encyclopediaArticle", "film", "forumPost",
		"hearing", "instantMessage", "interview", "journalArticle", "letter", "magazineArticle", "manuscript", "map",
		"newspaperArticle", "patent", "podcast", "preprint", "presentation", "radioBroadcast", "report", "standard",
		"statute", "thesis", "tvBroadcast", "videoRecording", "webpage"}
	for _, d := range []Dialect{BibTeX, BibLaTeX} {
		for _, itemType := range types {
			t.Run(fmt.Sprintf("%s %s", itemType, d), func(t *testing.T) {
				item := &library.Item{Type: itemType, Fields: map[string]string{}}
				for _, field := range zschema.Fields(itemType) {
					item.Fields[field] = "Some " + field + " & 50% of {it}, C:\\x_1 #2 ~ ^ $5"
				}
				item.Fields["citationKey"] = "key"
				item.Fields["extra"] = "free line: of text\ntex.custom: thing\narXiv: 2101.00001"
				item.Fields["url"] = "https://example.org/a_b?c=%20d&e=~f"
				item.Fields["DOI"] = "10.1000/(a_b)<c>"
				item.Fields["accessDate"] = "2024-01-02"
				for _, base := range []string{"date", "originalDate"} {
					if name, ok := zschema.FieldFor(itemType, base); ok {
						item.Fields[name] = "1999-12-31"
					}
				}
				if item.Fields["PMID"] != "" {
					item.Fields["PMID"], item.Fields["PMCID"] = "123", "PMC123"
				}
				item.ParsedDate = "1999-12-31"
				for _, role := range zschema.Creators(itemType) {
					item.Creators = append(item.Creators, library.Creator{Role: role, Given: "Ann B.", Family: "von " + role})
				}
				want := &model.Document{Entries: []model.Entry{{Item: *item}}}
				got := rewrite(t, []*library.Item{item}, d)
				// Roles come back in the order of the format.
				for _, doc := range []*model.Document{want, got} {
					slices.SortStableFunc(doc.Entries[0].Item.Creators, func(a, b library.Creator) int { return strings.Compare(a.Role, b.Role) })
				}
				sameItems(t, want, got)
			})
		}
	}
}
