package shelf

import (
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// TestStatistics_KeptByMode asks for the statistics of one text in two modes, of
// which one corrects words.
func TestStatistics_KeptByMode(t *testing.T) {
	s := mustOpen(t, t.TempDir())
	putAll(t, s, []*library.Item{volume99("AAAA2222", "", "Engine", 1)})
	for range 2 {
		for mode, want := range map[library.Mode]int{library.ModeAuto: 1, library.ModeExact: 0} {
			st, err := s.Statistics(t.Context(), library.Query{Text: "enigne.", Mode: mode})
			if err != nil || len(st.Spellings) != want {
				t.Errorf("%s: %+v, %v", mode, st, err)
			}
		}
	}
}
