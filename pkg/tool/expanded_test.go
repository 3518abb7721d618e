package tool

import (
	"context"
	"fmt"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// adding is a library that proposes a word of its own to every query, and whose
// works are all similar.
type adding struct {
	*librarytest.Memory
	word string
}

func (a adding) Statistics(_ context.Context, q library.Query) (*library.Statistics, error) {
	if q.Statistics == nil {
		return &library.Statistics{Works: 100, Words: []library.Frequency{{Works: 30}}}, nil
	}
	added := append([]library.AddedTerm(nil), q.Statistics.Added...)
	for i := range added {
		added[i].Works = 5
	}
	return &library.Statistics{Added: added}, nil
}

func (a adding) Feedback(_ context.Context, q library.Query) ([]library.Feedback, error) {
	if q.Statistics.Works != 200 {
		return nil, fmt.Errorf("feedback is asked for by the statistics of %d works", q.Statistics.Works)
	}
	return []library.Feedback{{Key: a.word, Score: float64(len(a.word)), Terms: []library.Proposal{{Term: a.word, Word: a.word, Weight: 1}}}}, nil
}

func (a adding) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	page, err := a.Memory.Search(ctx, q)
	page.Expanded = q.Statistics.AddedWords()
	for i := range page.Items {
		page.Items[i].Similar = true
	}
	page.Total = 0
	return page, err
}

// TestSearch_AddsTheSameWordsToAllLibraries has two libraries, each with a word to
// add: both score by both words, the better one's first.
func TestSearch_AddsTheSameWordsToAllLibraries(t *testing.T) {
	works := []librarytest.Work{titledWork("river one"), titledWork("river two")}
	c := connect(t, fleet{adding{memory(library.Local, "A", works), "lake"}, adding{memory(library.GroupID(1), "B", works), "streams"}})
	for mode, want := range map[string]string{"auto": "streams, lake", "broad": "streams, lake", "exact": ""} {
		var out searchOutput
		c.ask(t, "search", fmt.Sprintf(`{"query":"river","limit":3,"mode":%q}`, mode), &out)
		if out.Expanded != want || out.Total != 0 || len(out.Results) != 3 || !out.Results[0].Similar {
			t.Errorf("%s: %q are added, total %d, %+v", mode, out.Expanded, out.Total, out.Results)
		}
		var next searchOutput
		c.ask(t, "search", fmt.Sprintf(`{"query":"river","limit":3,"mode":%q,"cursor":%q}`, mode, out.NextCursor), &next)
		if next.Expanded != "" || len(next.Results) != 1 {
			t.Errorf("%s: the second page has %q and %d works", mode, next.Expanded, len(next.Results))
		}
	}
}
