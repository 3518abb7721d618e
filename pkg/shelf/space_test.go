package shelf

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// A base of 500 works has a latent space among its files, so that a copy has it
// too. Without that file the library is searched all the same.
func TestBase_HasASpace(t *testing.T) {
	dir := t.TempDir()
	mustImport(t, dir, books(1, 501)...)
	m := manifestOf(t, dir)
	const space = "subjects.lsa"
	if !slices.Contains(m.Index, space) || !slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == space }) {
		t.Errorf("the base has the files %v", m.Files)
	}
	for range 2 {
		s := mustOpen(t, dir)
		page, err := s.Search(t.Context(), library.Query{Text: "harvest", Mode: library.ModeBroad, Limit: 10})
		if err != nil || len(page.Items) != 10 || page.Statistics == nil {
			t.Errorf("%d works, %v", len(page.Items), err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = os.Remove(filepath.Join(dir, "gen-000001", space))
	}
}
