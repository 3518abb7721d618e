package extra

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func TestLift(t *testing.T) {
	tests := []struct {
		name, itemType, extra string
		fields                map[string]string
		wantType, rest        string
	}{
		{"identifiers", "journalArticle", "DOI: 10.1000/1\nPMID: 7\nPMCID: PMC8\nCitation Key: doe2000", map[string]string{"DOI": "10.1000/1", "PMID": "7", "PMCID": "PMC8", "citationKey": "doe2000"}, "journalArticle", ""},
		{"an empty key", "book", "Citation Key:\nShelf mark 7", nil, "book", "Citation Key:\nShelf mark 7"},
		{"CSL variables", "book", "original-date: 1867\npublisher-place: Rome\nNumber of Pages: 3\ncollection-title: S", map[string]string{"originalDate": "1867", "place": "Rome", "numPages": "3", "series": "S"}, "book", ""},
		{"a field with another value", "book", "Place: Rome", map[string]string{"place": "Paris"}, "book", "Place: Rome"},
		{"a field with that value", "book", "Place: Paris", map[string]string{"place": "Paris"}, "book", ""},
		{"a type of CSL", "document", "type: dataset\nPublisher: P\nversion: 2", map[string]string{"repository": "P", "versionNumber": "2"}, "dataset", ""},
		{"the type it is", "journalArticle", "Type: article-journal", nil, "journalArticle", ""},
		{"another's word", "book", "Type: hardback\nfree: text", nil, "book", "Type: hardback\nfree: text"},
		{"other lines", "book", "tex.custom: x\narXiv: 2101.00001\nprose", nil, "book", "tex.custom: x\narXiv: 2101.00001\nprose"},
	}
	l := NewLifter()
	for _, tt := range tests {
		item := &library.Item{Type: tt.itemType, Fields: map[string]string{"extra": tt.extra}}
		if tt.fields["place"] == "Paris" {
			item.Fields["place"] = "Paris"
		}
		got := l.Lift(item)
		want := map[string]string{}
		maps.Copy(want, tt.fields)
		if tt.rest != "" {
			want["extra"] = tt.rest
		}
		if diff := cmp.Diff(want, got.Fields); diff != "" || got.Type != tt.wantType {
			t.Errorf("%s: type %s, fields (-want +got):\n%s", tt.name, got.Type, diff)
		}
		if item.Fields["extra"] != tt.extra {
			t.Errorf("%s: the item itself changed", tt.name)
		}
	}
}

func TestLift_Creators(t *testing.T) {
	item := &library.Item{Type: "document", Creators: []library.Creator{{Role: "author", Family: "A", Given: "B"}},
		Fields: map[string]string{"date": "1999", "archiveLocation": "x", "extra": "Type: motion_picture\ndirector: C || D\nscript-writer: E"}}
	got := NewLifter().Lift(item)
	want := []library.Creator{{Role: "director", Family: "A", Given: "B"}, {Role: "director", Family: "C", Given: "D"}, {Role: "scriptwriter", Name: "E"}}
	if diff := cmp.Diff(want, got.Creators); diff != "" || got.Type != "film" || item.Creators[0].Role != "author" {
		t.Errorf("%s, creators (-want +got):\n%s", got.Type, diff)
	}
	if got.ParsedDate != "1999" {
		t.Errorf("the date is %q", got.ParsedDate)
	}
}
