package tool

import (
	"context"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/change/changetest"
	"github.com/stackroom-mcp/stackroom/pkg/library"
	"github.com/stackroom-mcp/stackroom/pkg/library/librarytest"
)

// partial is a library that is still being read: a search gives one page.
type partial struct{ *changetest.Library }

func (l partial) Search(ctx context.Context, q library.Query) (library.Page[library.Hit], error) {
	q.Limit = 1
	page, err := l.Library.Search(ctx, q)
	page.More = false
	return page, err
}

// TestOrganize_NeedsAllWorks renames a tag of several works of which the library gives
// one, and a tag of one work.
func TestOrganize_NeedsAllWorks(t *testing.T) {
	works := make([]librarytest.Work, 3)
	for i := range works {
		works[i].Item = library.Item{Type: "book", Fields: map[string]string{"title": "Ducks"}, Tags: []string{"bird"}}
	}
	works[1].Item.Tags = []string{"bird", "rare"}
	l := changetest.New(library.Local, works)
	c := connectTo(t, catalogOf(t, fleet{partial{l}}, Options{Writing: writingOf(t, "")}), nil)
	c.fail(t, "organize", `{"library":"local","action":"remove_tags","tags":["bird"]}`, library.Unavailable)
	if out := c.do(t, "organize", `{"library":"local","action":"remove_tags","tags":["rare"]}`); out.Status != statusPlanned || out.Total != 1 {
		t.Errorf("%+v", out)
	}
}
