package biblio_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
)

// TestDocsListFormats compares the table of docs/formats.md with the formats.
func TestDocsListFormats(t *testing.T) {
	page, err := os.ReadFile("../../docs/formats.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range biblio.Readable() {
		row := ""
		for line := range strings.Lines(string(page)) {
			if strings.Contains(line, " | `"+string(f)+"` |") {
				row = line
			}
		}
		if row == "" || !strings.Contains(row, "| yes |") {
			t.Errorf("the table has no row for %s", f)
		}
		if f.Extension() != "" && !strings.Contains(row, "`"+f.Extension()+"`") {
			t.Errorf("the row for %s has no %s: %s", f, f.Extension(), row)
		}
	}
	for _, ending := range biblio.Endings() {
		if !strings.Contains(string(page), "`"+ending+"`") {
			t.Errorf("the page has no %s", ending)
		}
	}
}
