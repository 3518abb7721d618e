package library_test

import (
	"context"
	"fmt"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

func ExampleParseItemID() {
	id, err := library.ParseItemID("group:4711/ABCD2345")
	fmt.Println(id.Library.Kind(), id.Library, id.Key, err)

	_, err = library.ParseItemID("ABCD2345")
	fmt.Println(library.CodeOf(err), "-", library.AsError(err).Hint)
	// Output:
	// group group:4711 ABCD2345 <nil>
	// invalid - an item ID looks like "group:4711/ABCD2345"; take it from a search result
}

// A library checks a query before it answers it, so that a caller learns what to
// change.
func ExampleQuery_Validate() {
	q := library.Query{Text: "plant heredity", Limit: 500}
	fmt.Println(q.Validate())
	q.Limit = library.MaxLimit
	fmt.Println(q.Validate())
	// Output:
	// invalid: limit must be 1 to 100, not 500
	// <nil>
}

// Errors carry a code for programs and a hint for people; other errors become
// internal ones.
func ExampleAsError() {
	err := library.Errorf(library.NotFound, "no item has that key").WithHint("take the item's ID from a search result")
	e := library.AsError(fmt.Errorf("fetch: %w", err))
	fmt.Println(e.Code, "-", e.Message, "-", e.Hint)
	fmt.Println(library.CodeOf(context.DeadlineExceeded))
	// Output:
	// not_found - no item has that key - take the item's ID from a search result
	// unavailable
}
