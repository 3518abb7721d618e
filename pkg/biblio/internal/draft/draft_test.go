package draft

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestWholePages(t *testing.T) {
	for in, want := range map[string]string{"6913-7": "6913-6917", "123-34": "123-134", "1-9": "1-9", "99-101": "99-101", "5-6, 110-2": "5-6, 110-112", "e7": "e7"} {
		if got := WholePages(in); got != want {
			t.Errorf("WholePages(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestInitials(t *testing.T) {
	for in, want := range map[string]string{"J E": "J. E.", "J.E.": "J. E.", "Ada K": "Ada K.", "JE": "JE", "Kumar.": "Kumar", "A.": "A.", "": ""} {
		if got := Initials(in, false); got != want {
			t.Errorf("Initials(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Initials("JE", true); got != "J. E." {
		t.Errorf("short initials: %q", got)
	}
}

// TestDraft sets what a type has a field for, what it has none for, and values
// that come twice.
func TestDraft(t *testing.T) {
	d := New("report")
	for _, set := range [][2]string{
		{"title", " A\n title "}, {"publisher", "One"}, {"publisher", "One"}, {"publisher", "Two"}, {"publicationTitle", "Journal"}, {"DOI", "https://doi.org/10.1000/1 10.1000/2"}, {"date", "May 1999"},
	} {
		d.Set(set[0], set[1])
	}
	d.Set("DOI", "none")
	d.Names("author", "Doe, J; Roe, Richard")
	d.Person("editor", "Ada K Lovelace")
	d.Creator(library.Creator{Role: "recipient", Name: "Society"})
	d.Creator(library.Creator{Role: "author", Family: "Doe", Given: "J."})
	d.Tag("a", " a ", "", "b")
	item := d.Item()
	want := library.Item{
		Type: "report", ParsedDate: "1999-05", Tags: []string{"a", "b"},
		Fields:   map[string]string{"title": "A title", "institution": "One", "DOI": "10.1000/1", "date": "May 1999", "extra": "Publisher: Two\nPublication Title: Journal\nDOI: 10.1000/2\nIdentifier: none"},
		Creators: []library.Creator{{Role: "author", Family: "Doe", Given: "J."}, {Role: "author", Family: "Roe", Given: "Richard"}, {Role: "editor", Family: "Lovelace", Given: "Ada K."}, {Role: "contributor", Name: "Society"}},
	}
	if diff := cmp.Diff(want, item); diff != "" {
		t.Errorf("item (-want +got):\n%s", diff)
	}
	if New("nonsense").Type() != "document" {
		t.Error("an unknown type is no document")
	}
}
