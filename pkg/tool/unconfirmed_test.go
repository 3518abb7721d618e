package tool

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestUnconfirmedWorksAreTold(t *testing.T) {
	guess := library.Item{ID: library.ItemID{Library: library.Local, Key: "GUESSED2"}, Type: "document", Fields: map[string]string{"title": "Winter lakes"}, Tags: []string{library.Unconfirmed}}
	sure := library.Item{ID: library.ItemID{Library: library.Local, Key: "SURELY22"}, Type: "book", Fields: map[string]string{"title": "Summer lakes"}}
	c := connect(t, fleet{memory(library.Local, "Home", []librarytest.Work{{Item: guess}, {Item: sure}})})
	var found searchOutput
	c.ask(t, "search", `{"query":"lakes"}`, &found)
	if notices := strings.Join(found.Notices, "\n"); !strings.Contains(notices, "unconfirmed: local/GUESSED2") || strings.Contains(notices, "SURELY22") {
		t.Errorf("notices %q", notices)
	}
	for _, r := range found.Results {
		var work fetchOutput
		c.ask(t, "fetch", `{"id":"`+r.ID+`"}`, &work)
		if told := strings.Contains(strings.Join(work.Notices, "\n"), "unconfirmed"); told != (r.Title == "Winter lakes") {
			t.Errorf("%s: notices %q", r.Title, work.Notices)
		}
	}
	if len(found.Results) != 2 {
		t.Errorf("%d works", len(found.Results))
	}
}
