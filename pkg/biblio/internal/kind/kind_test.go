package kind

import (
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/zschema"
)

func TestOf(t *testing.T) {
	k := New()
	for name, want := range map[string]string{
		"article": "journalArticle", "web_page": "webpage", "book_section": "bookSection", "Magazine Article": "magazineArticle", "newspaper-article": "newspaperArticle",
		"bookSection": "bookSection", "article-journal": "journalArticle", "paper-conference": "conferencePaper", "entry-encyclopedia": "encyclopediaArticle",
		"softwareVersion": "computerProgram", "legadminmaterial": "statute", "legislation": "statute", "Legal Rule or Regulation": "statute", "jurthesis": "thesis",
		"Electronic Article": "journalArticle", "motion_picture": "film", "personal_communication": "letter", "scroll": "", "": "",
	} {
		if got, ok := k.Of(name); got != want || ok != (want != "") {
			t.Errorf("Of(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
}

func TestTablesAreZoteros(t *testing.T) {
	seen := map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(table)) {
		words := strings.Fields(line)
		if !zschema.KnownType(words[0]) {
			t.Errorf("%q is no item type", words[0])
		}
		for _, name := range words[1:] {
			if Fold(name) != name {
				t.Errorf("%q is not folded", name)
			}
			if seen[name] != "" && seen[name] != words[0] {
				t.Errorf("%q means both %s and %s", name, seen[name], words[0])
			}
			seen[name] = words[0]
		}
	}
}

func TestRole(t *testing.T) {
	for _, tt := range []struct{ itemType, name, want string }{
		{"film", "director", "director"}, {"book", "director", "contributor"}, {"film", "writer", "scriptwriter"}, {"book", "writer", "author"},
		{"book", "compiler", "editor"}, {"book", "Series Editor", "seriesEditor"}, {"tvBroadcast", "execproducers", "executiveProducer"},
		{"presentation", "chair", "chair"}, {"book", "wizard", ""}, {"book", "", ""}, {"book", "trl", "translator"}, {"film", "performer", "castMember"},
	} {
		if got := Role(tt.itemType, tt.name); got != tt.want {
			t.Errorf("Role(%s, %q) = %q, want %q", tt.itemType, tt.name, got, tt.want)
		}
	}
}
