package shelf_test

import (
	"context"
	"fmt"
	"os"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// Works are imported all together, or not at all, and then searched.
func ExampleImport() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "library")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	works := []shelf.Work{
		{Item: library.Item{Type: "book", Fields: map[string]string{"title": "Tidal Estuaries"}}, Origin: "refs.bib:1"},
		{Item: library.Item{Type: "book", Fields: map[string]string{"title": "Hedgerow Birds"}}, Origin: "refs.bib:9"},
	}
	source := &shelf.Input{ID: "/home/ada/refs.bib", Tell: func(take func(shelf.Work) error) (whole bool, err error) {
		for _, w := range works {
			if err := take(w); err != nil {
				return false, err
			}
		}
		return true, nil
	}}
	report, err := shelf.Import(ctx, dir, []*shelf.Input{source}, shelf.ImportOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Added, "works added")

	s, err := shelf.Open(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()
	page, err := s.Search(ctx, library.Query{Text: "birds OR estuary", Limit: 10})
	fmt.Println(page.Total, "works found", err)
	// Output:
	// 2 works added
	// 2 works found <nil>
}

// A transaction changes works, texts and collections together. Readers see all
// of it, or nothing.
func ExampleShelf_Begin() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "library")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := shelf.Open(ctx, dir, shelf.WithLibrary(library.GroupID(4711)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()

	tx, err := s.Begin(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tx.Rollback()
	item := &library.Item{ID: library.ItemID{Key: "ABCD2345"}, Version: 12, Type: "letter", Fields: map[string]string{"title": "To the Society"}}
	if err := tx.Put(item); err != nil {
		fmt.Println(err)
		return
	}
	if err := tx.Commit(ctx, 12); err != nil {
		fmt.Println(err)
		return
	}
	changes, err := s.Changes(ctx, library.ChangeQuery{SinceVersion: 11, Limit: 10})
	for _, c := range changes.Items {
		fmt.Println(c.Kind, c.Item.ID, c.Version, err)
	}
	// Output:
	// added group:4711/ABCD2345 12 <nil>
}
