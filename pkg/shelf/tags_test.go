package shelf

import (
	"slices"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// TestTags_CountWorksOnce holds that names that look the same are one tag, and
// that a work with several of them counts once, in a base and in the log.
func TestTags_CountWorksOnce(t *testing.T) {
	works := []*library.Item{
		{ID: library.ItemID{Key: "WRKA2222"}, Type: "book", Tags: []string{"café", "cafe\u0301", "caf\u0065\u0301\u200b"}},
		{ID: library.ItemID{Key: "WRKB2222"}, Type: "book", Tags: []string{"cafe\u0301", "cafe\u0301 "}},
		{ID: library.ItemID{Key: "WRKC2222"}, Type: "book", Tags: []string{"<i>café</i>", "Café"}},
	}
	s := mustOpen(t, t.TempDir())
	commitTo(t, s, 1, func(tx *Tx) error {
		for _, it := range works {
			if err := tx.Put(it); err != nil {
				return err
			}
		}
		return nil
	})
	for _, where := range []string{"in the log", "in a base"} {
		got, err := s.Tags(t.Context(), library.TagQuery{Limit: 10})
		if want := []library.Tag{{Name: "café", Items: 3}, {Name: "Café", Items: 1}}; err != nil || !slices.Equal(got.Items, want) {
			t.Errorf("%s: %+v, want %+v, %v", where, got.Items, want, err)
		}
		compactNow(t, s)
	}
}
