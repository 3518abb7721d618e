package index

import (
	"fmt"
	"testing"

	"github.com/stackroom-mcp/stackroom/pkg/library"
)

type nowhere struct{}

func (nowhere) Item(string) (*library.Item, bool)                { return nil, false }
func (nowhere) Pages(string, string) ([]library.TextPage, error) { return nil, nil }

func TestSmallUpdatesAreMergedInMemory(t *testing.T) {
	x, err := Memory(nowhere{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }()
	for n := range 200 {
		it := &library.Item{ID: library.ItemID{Key: fmt.Sprintf("KEY%05d", n)}, Fields: map[string]string{"title": "a title"}}
		if err := x.Update(t.Context(), []Document{{Item: it}}, nil); err != nil {
			t.Fatal(err)
		}
		v, err := x.acquire()
		if err != nil {
			t.Fatal(err)
		}
		if len(v.segments) > maxSegments || v.works != n+1 {
			t.Fatalf("%d segments, %d works after %d updates", len(v.segments), v.works, n+1)
		}
		_ = v.snap.Close()
	}
}
