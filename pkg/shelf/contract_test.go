package shelf_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
	"github.com/stackroom-mcp/stackroom/pkg/shelf"
)

// works turns the contract's works into works on their way into a shelf.
func works(from []librarytest.Work) []shelf.Work {
	out := []shelf.Work{}
	for i, w := range from {
		out = append(out, shelf.Work{Item: w.Item, Collections: w.Collections, Texts: w.Texts, Origin: fmt.Sprintf("test.bib:%d", i+1)})
	}
	return out
}

// imported returns a folder into which the works have been imported.
func imported(t *testing.T, from []shelf.Work) string {
	t.Helper()
	dir := t.TempDir()
	if _, err := shelf.Import(t.Context(), dir, slices.Values(from), shelf.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, dir string) *shelf.Shelf {
	t.Helper()
	s, err := shelf.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestALibraryInMemoryKeepsTheContract(t *testing.T) {
	librarytest.Run(t, func(t *testing.T, from []librarytest.Work) library.Reader {
		s, err := shelf.FromWorks(t.Context(), "In memory", works(from))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}

func TestALibraryOnDiskKeepsTheContract(t *testing.T) {
	librarytest.Run(t, func(t *testing.T, from []librarytest.Work) library.Reader {
		return open(t, imported(t, works(from)))
	})
}
