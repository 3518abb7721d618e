package index_test

import (
	"context"
	"fmt"

	"github.com/stackroom-mcp/stackroom/pkg/index"
	"github.com/stackroom-mcp/stackroom/pkg/library"
)

// books is where an index reads what it shows: it keeps no text itself.
type books map[string]*library.Item

func (b books) Item(key string) (*library.Item, bool) { it, ok := b[key]; return it, ok }

func (b books) Pages(string, string) ([]library.TextPage, error) { return nil, nil }

// An index never changes; With returns the next version of it.
func ExampleIndex_With() {
	ctx := context.Background()
	source := books{}
	var docs []index.Document
	for key, title := range map[string]string{"ABCD2345": "Uptake of N<sub>2</sub>O by soils", "BCDE3456": "深度神经网络综述与展望"} {
		it := &library.Item{ID: library.ItemID{Library: library.Local, Key: key}, Type: "book", Fields: map[string]string{"title": title}}
		source[key] = it
		docs = append(docs, index.Document{Item: it})
	}
	x, err := index.New(source).With(ctx, source, docs, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"soil N2O", "神经网络"} {
		found, err := x.Search(ctx, library.Query{Text: text, Limit: 5}, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d %s %q in the %s\n", found.Total, found.Hits[0].Key, found.Hits[0].Match.Text, found.Hits[0].Match.Source)
	}
	// Output:
	// 1 ABCD2345 "Uptake of N2O by soils" in the title
	// 1 BCDE3456 "深度神经网络综述与展望" in the title
}
