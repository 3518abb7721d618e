package biblio_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/stackroom-mcp/stackroom/pkg/biblio"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

const bibtex = `@book{newton1704, author = {Newton, Isaac}, title = {Opticks}, year = 1704}
@article{lost, title = {No end`

// Reading goes on after a damaged entry and says what it repaired or skipped.
func ExampleRead() {
	doc, err := biblio.Read(context.Background(), strings.NewReader(bibtex), "refs.bib", biblio.BibTeX)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range doc.Entries {
		fmt.Printf("%s %q %s\n", e.Item.Type, e.Item.Title(), cmp.Or(e.Item.ParsedDate, "-"))
	}
	for _, p := range doc.Problems {
		fmt.Printf("%s line %d: %s\n", p.Severity, p.Line, p.Reason)
	}
	// Output:
	// book "Opticks" 1704
	// journalArticle "No end" -
	// repaired line 2: the file ends within the entry; a value without an end was closed
}

func ExampleWrite() {
	it := &library.Item{
		Type:       "book",
		Fields:     map[string]string{"title": "Opticks", "date": "1704", "citationKey": "newton1704"},
		Creators:   []library.Creator{{Role: "author", Given: "Isaac", Family: "Newton"}},
		ParsedDate: "1704",
	}
	if err := biblio.Write(os.Stdout, biblio.BibTeX, []*library.Item{it}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// @book{newton1704,
	//   author = {Newton, Isaac},
	//   title = {Opticks},
	//   year = {1704}
	// }
}

func ExampleDetect() {
	format, ok := biblio.Detect("export.txt", []byte("TY  - BOOK\nTI  - Opticks\nER  - \n"))
	fmt.Println(format, ok)
	// Output:
	// ris true
}
