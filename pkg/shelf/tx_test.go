package shelf

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// item returns a work as an upstream has it.
func item(key, title string) *library.Item {
	return &library.Item{
		ID: library.ItemID{Key: key}, Type: "book", Fields: map[string]string{"title": title},
		Creators: []library.Creator{{Role: "author", Family: "Writer"}},
	}
}

func mustPut(t *testing.T, tx *Tx, items ...*library.Item) {
	t.Helper()
	for _, it := range items {
		if err := tx.Put(it); err != nil {
			t.Fatal(err)
		}
	}
}

// commit makes a transaction whose version is the next one.
func commit(t *testing.T, s *Shelf, change func(*Tx)) {
	t.Helper()
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	change(tx)
	if err := tx.Commit(t.Context(), tx.Version()+1); err != nil {
		t.Fatal(err)
	}
}
