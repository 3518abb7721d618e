package librarytest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// The test of a kind of library opens it over the works that the contract gives.
func ExampleRun() {
	_ = func(t *testing.T) { // TestContract
		librarytest.Run(t, func(t *testing.T, works []librarytest.Work) library.Reader {
			// Fill a library with works, open it, and close it with t.Cleanup.
			return librarytest.NewMemory(library.Info{ID: library.Local}, works)
		}, librarytest.OwnSearch)
	}
}

// A library in memory stands in for another one in the tests of what reads it.
func ExampleNewMemory() {
	r := librarytest.NewMemory(library.Info{ID: library.GroupID(4711), Name: "Readings"}, librarytest.Works())
	page, err := r.Search(context.Background(), library.Query{Text: "analytical engine", Limit: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(page.Total, page.Items[0].Item.Title())

	r.Fail(library.Errorf(library.Unavailable, "the upstream does not answer"))
	_, err = r.Info(context.Background())
	fmt.Println(err)
	// Output:
	// 1 Sketch of the Analytical Engine
	// unavailable: the upstream does not answer
}
