package extra

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestLine(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"AD", "Berlin", "AD: Berlin"},
		{"AD", "two\nlines:\r\n x", "AD: two lines: x"},
		{"a:b\nc", "x", "ab c: x"},
		{"", "x", "x"},
		{"AD", " \n", ""},
	}
	for _, tt := range tests {
		if got := Line(tt.name, tt.value); got != tt.want {
			t.Errorf("Line(%q, %q) = %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestLabelNamesItsField(t *testing.T) {
	for field, label := range map[string]string{
		"archiveID": "Archive ID", "originalDate": "Original Date", "DOI": "DOI", "PMCID": "PMCID", "url": "Url", "title": "Title", "citationKey": "Citation Key",
	} {
		if got := Label(field); got != label {
			t.Errorf("Label(%q) = %q, want %q", field, got, label)
		}
		itemType := "journalArticle"
		switch field {
		case "archiveID":
			itemType = "preprint"
		case "originalDate":
			itemType = "book"
		}
		if got, ok := FieldNamed(itemType, label); got != field || !ok {
			t.Errorf("FieldNamed(%q, %q) = %q, %v; want %q", itemType, label, got, ok, field)
		}
	}
}

func TestAbsorb(t *testing.T) {
	item := &library.Item{Type: "thesis", Fields: map[string]string{"title": "T"}}
	got := Absorb(item, []string{
		"Publisher: U", "place: Rome", "Title: another", "free text", "translator: A || B", "Contributor: Institute", "Extra: x", "number-of-pages: 3", "PMID:", strings.Repeat("x", 50) + ": y",
	})
	kept := []string{"Title: another", "free text", "translator: A || B", "Extra: x", "number-of-pages: 3", "PMID:", strings.Repeat("x", 50) + ": y"}
	if diff := cmp.Diff(kept, got); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"title": "T", "university": "U", "place": "Rome"}, item.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]library.Creator{{Role: "contributor", Name: "Institute"}}, item.Creators); diff != "" {
		t.Errorf("creators (-want +got):\n%s", diff)
	}
}
