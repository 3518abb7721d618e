package librarytest_test

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	librarytest.Run(t, func(_ *testing.T, works []librarytest.Work) library.Reader {
		return librarytest.NewMemory(library.Info{ID: library.GroupID(4711)}, works)
	}, librarytest.OwnSearch)
}
