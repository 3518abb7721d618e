package zschema

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFieldFor(t *testing.T) {
	tests := []struct{ itemType, name, want string }{
		{"bookSection", "publicationTitle", "bookTitle"},
		{"bookSection", "bookTitle", "bookTitle"},
		{"journalArticle", "publicationTitle", "publicationTitle"},
		{"case", "title", "caseName"},
		{"statute", "date", "dateEnacted"},
		{"thesis", "publisher", "university"},
		{"book", "publicationTitle", ""},
		{"book", "Title", ""},
		{"book", "", ""},
		{"book", "title abstractNote", ""},
		{"thesis", "university=publisher", ""},
		{"nothing", "title", ""},
		{"note", "title", ""},
	}
	for _, tt := range tests {
		got, ok := FieldFor(tt.itemType, tt.name)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("FieldFor(%q, %q) = %q, %v; want %q", tt.itemType, tt.name, got, ok, tt.want)
		}
	}
}

func TestBaseIsTheInverseOfFieldFor(t *testing.T) {
	for _, itemType := range []string{"bookSection", "case", "podcast", "journalArticle"} {
		for _, field := range Fields(itemType) {
			if got, _ := FieldFor(itemType, Base(itemType, field)); got != field {
				t.Errorf("%s: %s has base %s, which leads to %q", itemType, field, Base(itemType, field), got)
			}
		}
	}
}

func TestCreators(t *testing.T) {
	if !ValidCreator("book", "seriesEditor") || ValidCreator("book", "recipient") || ValidCreator("book", "") {
		t.Error("a book has series editors and no recipients")
	}
	if got := PrimaryCreator("film"); got != "director" {
		t.Errorf("the primary creator of a film is %q", got)
	}
}

// TestTablesAreZoteros compares the tables with Zotero's own schema.
func TestTablesAreZoteros(t *testing.T) {
	folder := os.Getenv("STACKROOM_FIXTURES")
	if folder == "" {
		t.Skip("STACKROOM_FIXTURES is not set: Zotero's schema is not at hand")
	}
	data, err := os.ReadFile(filepath.Join(folder, "schema", "schema-v43.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		ItemTypes []struct {
			ItemType     string
			Fields       []struct{ Field, BaseField string }
			CreatorTypes []struct {
				CreatorType string
				Primary     bool
			}
		}
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	for _, it := range schema.ItemTypes {
		switch it.ItemType {
		case "note", "attachment", "annotation":
			continue
		}
		var fields []string
		for _, f := range it.Fields {
			fields = append(fields, f.Field)
			if want := f.BaseField; want != "" && Base(it.ItemType, f.Field) != want {
				t.Errorf("%s: the base of %s is %q, want %q", it.ItemType, f.Field, Base(it.ItemType, f.Field), want)
			}
		}
		if got, want := strings.Join(Fields(it.ItemType), " "), strings.Join(fields, " "); got != want {
			t.Errorf("%s has fields\n%s, want\n%s", it.ItemType, got, want)
		}
		for _, c := range it.CreatorTypes {
			if !ValidCreator(it.ItemType, c.CreatorType) || c.Primary && PrimaryCreator(it.ItemType) != c.CreatorType {
				t.Errorf("%s: creator %s is wrong", it.ItemType, c.CreatorType)
			}
		}
	}
}
